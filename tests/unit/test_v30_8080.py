"""8080 emulation mode: every opcode against an independent model, programs, the ways in and out, on all engines."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference_8080 import Model

from korgm1.bus.memory import MemoryMap
from korgm1.bus.unmapped import UnmappedLog
from korgm1.cpu.engine import CpuOptions
from korgm1.cpu.lockstep_engine import LockstepEngine
from korgm1.cpu.unicorn_engine import UnicornEngine
from korgm1.cpu.v30_engine import V30Engine

DATA = 0x1000
"""DS0: the 8080's data and stack; its code too, where PS = DS0."""
NATIVE = 0x3000
NEC = 0xED
LIKE_8080 = CpuOptions(flags_8080="8080", clocks_8080="8080")


class Rig:
    """256 KB of RAM, every port; native code at 3000:0000, 8080 code at 1000:xxxx, native stack at 2000:8000."""

    def __init__(self, native: str = "", kind: type[V30Engine] = V30Engine, options: CpuOptions | None = None) -> None:
        self.memory = MemoryMap(UnmappedLog(now=lambda: 0))
        self.memory.map_ram(0, 0x40000)
        self.memory.image[0:0x40000] = bytes(0x40000)
        self.out: list[tuple[int, int]] = []
        self.input = 0x5A
        self.acknowledged = 0
        self.cpu = kind(self.memory, self, self.acknowledge, options=options or CpuOptions())
        self.poke(NATIVE * 16, native)
        registers = {"ps": NATIVE, "pc": 0, "ss": 0x2000, "sp": 0x8000, "ds0": DATA, "ds1": 0x2000, "psw": 0xF002}
        self.cpu.set_registers(registers)

    def read(self, port: int) -> int:
        return self.input

    def write(self, port: int, value: int) -> None:
        self.out.append((port, value))

    def acknowledge(self) -> int:
        self.acknowledged += 1
        self.cpu.set_int(0)
        return 0x21

    def poke(self, address: int, code: str | bytes) -> None:
        data = bytes.fromhex(code) if isinstance(code, str) else code
        self.memory.image[address : address + len(data)] = data
        self.cpu.host_wrote(address, len(data))

    def vector(self, number: int, segment: int, offset: int) -> None:
        self.poke(number * 4, offset.to_bytes(2, "little") + segment.to_bytes(2, "little"))

    def word(self, segment: int, offset: int) -> int:
        image = self.memory.image
        return image[segment * 16 + offset] | image[segment * 16 + (offset + 1 & 0xFFFF)] << 8

    def step(self, count: int = 1) -> None:
        for _ in range(count):
            self.cpu.run(self.cpu.clock + 1)

    def state(self, **values: int | list[int]) -> None:
        self.cpu.restore({**self.cpu.snapshot(), "halted": 0, "shadow": 0, **values})

    def __getitem__(self, name: str) -> int:
        return self.cpu.registers()[name]


def enter(code: str, kind: type[V30Engine] = V30Engine, options: CpuOptions | None = None, native: str = "") -> Rig:
    """A rig in 8080 mode at 1000:0100 by BRKEM 40 from 3000:0000."""
    rig = Rig("0fff40" + native, kind, options)
    rig.vector(0x40, DATA, 0x100)
    rig.poke(DATA * 16 + 0x100, code)
    rig.step()
    return rig


@pytest.mark.parametrize("second", [0xFF, 0x40, 0x60, 0x80, 0xA0, 0xC0, 0xE4, 0x77])
def test_brkem_and_its_aliases(second: int) -> None:
    rig = Rig(f"0f{second:02x}40")
    rig.vector(0x40, DATA, 0x100)
    rig.cpu.set_registers({"psw": 0xFED7})
    rig.cpu.bus.record(16)
    rig.step()
    assert (rig["ps"], rig["pc"], rig["sp"]) == (DATA, 0x100, 0x7FFA)
    assert rig["psw"] == 0x7ED7, "MD = 0, IE and BRK stay"
    cycles = [(cycle.kind, cycle.address, cycle.data) for cycle in rig.cpu.bus.recorded()]
    assert cycles == [
        ("MEMR", 0x100, 0x100), ("MEMR", 0x102, DATA),
        ("MEMW", 0x27FFE, 0xFED7), ("MEMW", 0x27FFC, NATIVE), ("MEMW", 0x27FFA, 3),
    ]  # fmt: skip
    assert rig.cpu.clock == 38


def test_unprobed_aliases_can_be_made_to_stop() -> None:
    for second, stops in ((0xFF, False), (0xE4, False), (0x77, True)):
        rig = Rig(f"0f{second:02x}40", options=CpuOptions(undefined="stop"))
        rig.step()
        assert bool(rig.cpu.stopped) == stops


def test_retem_goes_back_and_shuts_md() -> None:
    rig = enter("3e77 edfd", native="9d 90")
    rig.step(2)
    assert (rig["ps"], rig["pc"], rig["psw"], rig["sp"], rig["aw"] & 0xFF) == (NATIVE, 3, 0xF002, 0x8000, 0x77)
    rig.poke(0x20000 + 0x8000, "0200")
    rig.step()
    assert rig["psw"] == 0xF002, "POP PSW no longer reaches MD"


def test_before_brkem_md_is_shut() -> None:
    rig = Rig("9d cf")
    rig.poke(0x28000, "0200 34120030 0200")
    rig.step()
    assert rig["psw"] == 0xF002
    rig.step()
    assert (rig["psw"], rig["pc"]) == (0xF002, 0x1234)


@pytest.mark.parametrize("keeps", [True, False])
def test_calln_and_reti(keeps: bool) -> None:
    rig = enter("fb eded50 3e99", options=CpuOptions(calln_keeps=keeps))
    rig.vector(0x50, NATIVE, 0x200)
    rig.poke(NATIVE * 16 + 0x200, "b011 cf")
    rig.step(2)
    assert (rig["ps"], rig["pc"], rig["sp"]) == (NATIVE, 0x200, 0x7FF4)
    assert rig["psw"] == (0xF202 if keeps else 0xF002)
    assert [rig.word(0x2000, at) for at in (0x7FF8, 0x7FF6, 0x7FF4)] == [0x7202, DATA, 0x104]
    rig.step(2)
    assert (rig["ps"], rig["pc"], rig["psw"], rig["aw"] & 0xFF) == (DATA, 0x104, 0x7202, 0x11)
    rig.step()
    assert rig["aw"] & 0xFF == 0x99


def test_pop_psw_in_the_called_native_code_enters_8080_mode() -> None:
    rig = enter("eded50")
    rig.vector(0x50, NATIVE, 0x200)
    rig.poke(NATIVE * 16 + 0x200, "9d 3e66")
    rig.step()
    rig.poke(0x20000 + rig["sp"], "0200")
    rig.step(2)
    assert (rig["psw"], rig["aw"] & 0xFF) == (0x7002, 0x66), "3E 66 is MVI A, not a prefix"


@pytest.mark.parametrize("source", ["int", "nmi"])
def test_interrupts_go_native_and_reti_comes_back(source: str) -> None:
    rig = enter("fb 00 04 04")
    for vector in (2, 0x21):
        rig.vector(vector, NATIVE, 0x200)
    rig.poke(NATIVE * 16 + 0x200, "cf")
    if source == "int":
        rig.cpu.set_int(1)
        rig.step()
        rig.step()
        assert rig.acknowledged == 0, "EI puts INT off by one instruction"
    else:
        rig.step(2)
        rig.cpu.nmi()
    rig.step()
    assert (rig["ps"], rig["pc"], rig["psw"], rig["sp"]) == (NATIVE, 0x200, 0xF002, 0x7FF4)
    assert rig.word(0x2000, 0x7FF8) == 0x7202 and rig.word(0x2000, 0x7FF4) == 0x102
    rig.step(2)
    assert (rig["ps"], rig["pc"], rig["psw"] & 0xFF00, rig["cw"]) == (DATA, 0x103, 0x7200, 0x100)


def test_halt_wakes_in_8080_mode_with_ie_0_and_in_native_mode_with_ie_1() -> None:
    rig = enter("76 04")
    rig.cpu.run(1_000)
    assert rig.cpu.halted and rig.cpu.clock == 1_000
    rig.cpu.set_int(1)
    rig.step(2)
    assert (rig["cw"], rig.acknowledged, rig["psw"] & 0x8000) == (0x100, 0, 0)
    rig = enter("fb 76 04")
    rig.vector(0x21, NATIVE, 0x200)
    rig.cpu.run(1_000)
    rig.cpu.set_int(1)
    rig.step()
    assert (rig["pc"], rig["psw"], rig.word(0x2000, 0x7FF4)) == (0x200, 0xF002, 0x102)


def test_single_step_traps_behind_an_8080_instruction() -> None:
    rig = Rig("0fff40")
    rig.vector(0x40, DATA, 0x100)
    rig.vector(1, NATIVE, 0x200)
    rig.poke(NATIVE * 16 + 0x200, "cf")
    rig.poke(DATA * 16 + 0x100, "04 04")
    rig.cpu.set_registers({"psw": 0xF102})
    rig.step(2)
    assert (rig["pc"], rig["psw"], rig.word(0x2000, 0x7FFA - 6)) == (0x200, 0xF002, 0x100)
    rig.step(3)
    assert (rig["pc"], rig["cw"], rig.word(0x2000, 0x7FFA - 6)) == (0x200, 0x100, 0x101)


def test_reset_is_native() -> None:
    rig = enter("00")
    rig.cpu.reset()
    assert rig["psw"] == 0xF002
    rig.poke(NATIVE * 16, "9d 90")
    rig.cpu.set_registers({"ps": NATIVE, "pc": 0, "sp": 0x8000})
    rig.step()
    assert rig["psw"] & 0x8000, "and MD is shut"


def test_ed_with_another_second_byte_does_nothing_or_stops() -> None:
    rig = enter("ed44 04")
    before = rig.cpu.registers()
    rig.step()
    assert rig.cpu.registers() == {**before, "pc": 0x102}
    rig = enter("ed44 04", options=CpuOptions(undefined="stop"))
    rig.step()
    assert rig.cpu.stopped == "undefined opcode ED 44 at 1000:0100: a V30 runs away or locks up on it"


def one(code: bytes, registers: dict[str, int], memory: bytes, flags: str) -> None:
    """One instruction of `code` at the model's pc, on the core and on the model."""
    rig = Rig(options=CpuOptions(flags_8080=flags))
    image = bytearray(memory)
    for index, byte in enumerate(code):
        image[registers["pc"] + index & 0xFFFF] = byte
    rig.poke(DATA * 16, bytes(image))
    r = {name: registers[name] for name in "abcdehl"}
    pairs = [0x4200 | r["a"], r["b"] << 8 | r["c"], r["d"] << 8 | r["e"], r["h"] << 8 | r["l"]]
    psw = 0x7C02 | registers["f"] & 0xD5
    rig.state(psw=psw, md_writable=1, pc=registers["pc"], s=[0x2222, DATA, 0x2000, DATA],
              r=[*pairs, 0x8000, registers["sp"], 0x1111, 0x3333])
    model = Model(r, registers["sp"], registers["pc"], registers["f"] & 0xD5 | 2, image, flags)
    rig.step()
    model.step()
    after = rig.cpu.registers()
    expected = {
        "aw": 0x4200 | model.r["a"], "cw": model.pair(0), "dw": model.pair(1), "bw": model.pair(2), "sp": 0x8000,
        "bp": model.sp, "ix": 0x1111, "iy": 0x3333, "ds1": 0x2222, "ps": DATA, "ss": 0x2000, "ds0": DATA,
        "pc": model.pc, "psw": (0x7C00 if flags == "8080" else after["psw"] & 0x800 | 0x7400) | model.f,
    }  # fmt: skip
    expected["psw"] = expected["psw"] & ~0x200 | (0x200 if model.ie else 0)
    assert after == expected, code.hex()
    assert rig.memory.image[DATA * 16 : DATA * 16 + 0x10000] == model.memory, code.hex()
    assert not any(rig.memory.image[0x20000:0x40000]), "nothing outside DS0"
    assert rig.out == model.outputs and rig.cpu.halted == model.halted


CODES = [code for code in range(256) if code != NEC]
BYTE = st.integers(0, 255)
WORD = st.one_of(st.integers(0, 0xFFFF), st.sampled_from((0, 1, 0xFFFE, 0xFFFF)))
STATE = st.fixed_dictionaries({**dict.fromkeys("abcdehlf", BYTE), "sp": WORD, "pc": WORD})


@pytest.mark.parametrize("flags", ["v30", "8080"])
@pytest.mark.parametrize("first", range(0, 256, 16))
def test_every_opcode_on_seeded_states(first: int, flags: str) -> None:
    rng = random.Random(first)
    memory = rng.randbytes(0x10000)
    for code in CODES:
        if code & 0xF0 != first:
            continue
        for _ in range(4):
            state = {name: rng.randrange(256) for name in "abcdehlf"}
            state.update(sp=rng.choice((rng.randrange(0x10000), 0xFFFF, 1)), pc=rng.choice((0xFFFE, 0x0400)))
            one(bytes([code]) + rng.randbytes(2), state, memory, flags)


@settings(max_examples=300, deadline=None)
@given(code=st.sampled_from(CODES), rest=st.binary(min_size=2, max_size=2), state=STATE, fill=BYTE,
       flags=st.sampled_from(("v30", "8080")))
def test_random_states(code: int, rest: bytes, state: dict[str, int], fill: int, flags: str) -> None:
    one(bytes([code]) + rest, state, bytes([fill]) * 0x10000, flags)


@pytest.mark.parametrize("flags", ["v30", "8080"])
def test_arithmetic_is_right_for_every_operand(flags: str) -> None:
    """ADI ACI SUI SBI ANI XRI ORI CPI, DAA, INR, DCR, rotates: all A, a spread of operands, both carries, both AC."""
    rig = enter("", options=CpuOptions(flags_8080=flags))
    operands = sorted({0, 1, 0x0F, 0x10, 0x55, 0x7F, 0x80, 0x99, 0xF0, 0xFF})
    codes = [bytes([op, b]) for op in range(0xC6, 0x100, 8) for b in operands]
    codes += [bytes([op]) for op in (0x07, 0x0F, 0x17, 0x1F, 0x27, 0x2F, 0x37, 0x3F, 0x3C, 0x3D)]
    for a in range(256):
        for f in (0x02, 0x03, 0x12, 0x13):
            model = Model(dict.fromkeys("abcdehl", 0), 0x8000, 0x100, 2, bytearray(0x10000), flags)
            expected = []
            for code in codes:
                model.r["a"], model.f, model.pc = a, f, 0
                model.memory[: len(code)] = code
                model.step()
                expected.append(model.r["a"] << 8 | model.f)
            assert results(rig, codes, a, f) == expected, f"A={a:02X} F={f:02X}"


def results(rig: Rig, codes: list[bytes], a: int, f: int) -> list[int]:
    """A and flags after each of `codes`, run one behind the other: LXI SP, POP PSW, the code, LXI SP, PUSH PSW."""
    out = bytearray()
    for number, code in enumerate(codes):
        out += b"\x31\x00\x90\xf1" + code + b"\x31" + (0xA002 + 2 * number).to_bytes(2, "little") + b"\xf5"
    rig.poke(DATA * 16 + 0x100, bytes(out) + b"\x76")
    rig.poke(DATA * 16 + 0x9000, bytes([f, a]))
    rig.state(pc=0x100)
    rig.cpu.run(rig.cpu.clock + 40_000)
    assert rig.cpu.halted
    return [rig.word(DATA, 0xA000 + 2 * number) for number in range(len(codes))]


BCD_ADD = "21 00 20 11 10 20 06 08 AF 1A 8E 27 77 13 23 05 C2 09 01 76"
"""Eight bytes of BCD at 2010 are added to those at 2000: a loop of LDAX D, ADC M, DAA, MOV M,A."""

MOVE = "21 00 20 11 00 28 01 00 03 7E 12 23 13 0B 78 B1 C2 09 01 76"
"""0300 bytes from 2000 to 2800."""

def digits(value: int) -> bytes:
    return bytes.fromhex(f"{value:016d}")[::-1]


@pytest.mark.parametrize("kind", [V30Engine, UnicornEngine, LockstepEngine])
def test_programs(kind: type[V30Engine]) -> None:
    rng = random.Random(5)
    a, b = rng.randrange(10**15), rng.randrange(10**15)
    rig = enter(BCD_ADD, kind)
    rig.poke(DATA * 16 + 0x2000, digits(a) + bytes(8) + digits(b))
    rig.cpu.run(10_000)
    assert rig.cpu.halted
    assert rig.memory.image[DATA * 16 + 0x2000 : DATA * 16 + 0x2008] == digits(a + b)
    rig = enter(MOVE, kind)
    block = rng.randbytes(0x300)
    rig.poke(DATA * 16 + 0x2000, block)
    rig.cpu.run(200_000)
    assert rig.cpu.halted
    assert rig.memory.image[DATA * 16 + 0x2800 : DATA * 16 + 0x2B00] == block


CALLS = "31 00 90 06 0C CD 10 01 78 32 00 20 76 00 00 00 05 C8 0E 01 78 E6 01 C4 30 01 CC 34 01 CD 10 01 C9"
"""A routine that calls itself eleven times and, by the parity of B, one of two others that OUT to ports 1 and 2."""


@pytest.mark.parametrize("kind", [V30Engine, UnicornEngine, LockstepEngine])
def test_conditional_calls(kind: type[V30Engine]) -> None:
    rig = enter(CALLS, kind)
    rig.poke(DATA * 16 + 0x130, "D3 01 B7 C9 D3 02 C9")
    rig.cpu.run(20_000)
    assert rig.cpu.halted and rig["bp"] == 0x9000
    expected: list[tuple[int, int]] = []
    for b in range(11, 0, -1):
        if b & 1:
            expected.append((1, 1))
        else:
            expected.append((2, 0))
    assert rig.out == expected


@pytest.mark.parametrize("kind", [UnicornEngine, LockstepEngine])
def test_mixed_programs_are_the_same_on_every_engine(kind: type[V30Engine]) -> None:
    """Native loop, BRKEM, 8080 work with CALLN, RETEM; interrupts in between; self-modifying 8080 code."""
    rigs = []
    for each in (V30Engine, kind):
        rig = Rig("fb 40 0fff40 81c30100 eb f6", each)
        rig.vector(0x40, DATA, 0x100)
        rig.vector(0x50, NATIVE, 0x200)
        rig.vector(0x21, NATIVE, 0x210)
        rig.poke(NATIVE * 16 + 0x200, "81c13412 cf")
        rig.poke(NATIVE * 16 + 0x210, "42 cf")
        rig.poke(DATA * 16 + 0x100, "31 00 90 3e 01 3c 32 04 01 e5 eded50 e1 29 27 d3 07 fb edfd")
        for number in range(60):
            rig.cpu.run((number + 1) * 331)
            if number % 3 == 0:
                rig.cpu.set_int(1)
        rigs.append(rig)
    alone, other = rigs
    assert other.cpu.registers() == alone.cpu.registers()
    assert (other.cpu.clock, other.cpu.instructions) == (alone.cpu.clock, alone.cpu.instructions)
    assert other.out == alone.out and len(alone.out) > 20 and alone.acknowledged > 10
    assert other.memory.image[:] == alone.memory.image[:]


def test_a_snapshot_in_8080_mode_goes_on() -> None:
    rig = enter(MOVE)
    rig.poke(DATA * 16 + 0x2000, bytes(range(256)) * 3)
    rig.cpu.run(3_000)
    other = Rig(kind=UnicornEngine)
    other.poke(0, rig.memory.image[0:0x40000])
    other.cpu.restore(rig.cpu.snapshot())
    for each in (rig, other):
        each.cpu.run(200_000)
    assert other.cpu.registers() == rig.cpu.registers() and rig.cpu.halted
    assert other.memory.image[:] == rig.memory.image[:]


STATES = {  # Intel's table, by what an assembler calls them; the taken form of calls and returns
    "00": 4, "47": 5, "46": 7, "70": 7, "76": 7, "3e00": 7, "3600": 10, "34": 10, "3c": 5, "80": 4, "86": 7, "c600": 7,
    "c5": 11, "c1": 10, "e3": 18, "09": 10, "03": 5, "010000": 10, "3a0020": 13, "320020": 13, "2a0020": 16,
    "220020": 16, "0a": 7, "02": 7, "eb": 4, "f9": 5, "e9": 5, "c30002": 10, "c20002": 10, "cd0002": 17, "c40002": 17,
    "cc0002": 11, "c9": 10, "c0": 11, "c8": 5, "c7": 11, "db00": 10, "d300": 10, "fb": 4, "27": 4, "07": 4,
}  # fmt: skip


@pytest.mark.parametrize(("code", "states"), STATES.items())
def test_the_clocks_can_be_an_8080s(code: str, states: int) -> None:
    rig = enter(code, options=LIKE_8080)
    rig.state(r=[0, 0x2000, 0x2000, 0x2000, 0x8000, 0x9000, 0, 0])
    before = rig.cpu.clock
    rig.step()
    assert rig.cpu.clock - before == states


@pytest.mark.parametrize(
    ("code", "clocks"),
    [("78", 2), ("7e", 11), ("77", 9), ("c5", 8), ("c40002", 16), ("cc0002", 4), ("c20002", 14), ("ca0002", 4),
     ("c0", 15), ("c9", 15), ("edfd", 27), ("eded50", 38)],
)  # fmt: skip
def test_clocks_like_native_code(code: str, clocks: int) -> None:
    rig = enter(code)
    rig.state(r=[0, 0x2000, 0x2000, 0x2000, 0x8000, 0x9000, 0, 0])
    before = rig.cpu.clock
    rig.step()
    assert rig.cpu.clock - before == clocks


def test_a_word_at_an_odd_address_costs_four_clocks_more() -> None:
    rig = enter("c5")
    rig.state(r=[0, 0, 0, 0, 0x8000, 0x9001, 0, 0])
    before = rig.cpu.clock
    rig.step()
    assert rig.cpu.clock - before == 12 and rig["bp"] == 0x8FFF


def test_writing_psw_from_outside_does_not_change_the_mode() -> None:
    rig = enter("3e66")
    rig.cpu.set_registers({"psw": 0xFED7})
    assert rig["psw"] == 0x7ED7
    rig.step()
    assert rig["aw"] & 0xFF == 0x66

"""The bus unit alone: queue, data cycles, waits by address, refresh, overlapped writes, stale bytes.

Clocks on a V30 are those published with wickerwaka/nec_test (docs/facts/biu_model.md, experiments 1-6 on a
uPD70116C-8); what a V50 adds is the uPD70216's data book 1991.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from korgm1.bus.memory import MemoryMap
from korgm1.bus.unmapped import UnmappedLog
from korgm1.cpu.engine import CpuOptions
from korgm1.cpu.lockstep_engine import LockstepEngine
from korgm1.cpu.unicorn_engine import UnicornEngine
from korgm1.cpu.v30_engine import V30Engine
from korgm1.errors import SnapshotError

V50 = CpuOptions(write_overlap=True)
ENGINES = (V30Engine, UnicornEngine, LockstepEngine)
NOP, INC_AW, DIVU_CW, MOV_BW_AW, MOV_AW_BW = "90", "40", "F7 F1", "89 07", "8B 07"


class Rig:
    """An engine on 1 MB of RAM; ports read 0; vector 20."""

    def __init__(
        self, code: str, at: int = 0x1000, ps: int = 0, kind: type[V30Engine] = V30Engine,
        options: CpuOptions | None = None, **registers: int,
    ) -> None:  # fmt: skip
        log = UnmappedLog(now=lambda: 0)
        self.memory = MemoryMap(log)
        self.memory.map_ram(0, 0x100000)
        self.cpu = kind(self.memory, self, lambda: 0x20, options=options or CpuOptions())
        data = bytes.fromhex(code)
        start = ps * 16 + at
        self.memory.image[start : start + len(data)] = data
        self.cpu.host_wrote(0, 0x100000)
        plain = {"ps": ps, "pc": at, "ss": 0, "sp": 0x800, "ds0": 0, "ds1": 0, "psw": 0xF002, "bw": 0x600, "cw": 3,
                 "dw": 0, "aw": 0, "ix": 0x600, "iy": 0x700}  # fmt: skip
        self.cpu.set_registers({**plain, **registers})

    def read(self, port: int) -> int:
        return 0

    def write(self, port: int, value: int) -> None:
        pass

    def waits(self, lower: int = 0, middle: int = 0, upper: int = 0, io: int = 0, onchip: int = 0) -> Rig:
        """Lower and upper memory 32 KB each; the page of units is 0A."""
        self.cpu.set_waits(0x8000, 0xF8000, lower, middle, upper, io, 0x0A, onchip)
        return self

    def steps(self, count: int) -> list[int]:
        """Clocks of each of so many instructions (elements of repeated ones)."""
        clocks = [self.cpu.clock]
        for _ in range(count):
            self.cpu.run(self.cpu.clock + 1)
            clocks.append(self.cpu.clock)
        return [b - a for a, b in pairwise(clocks)]

    def unit(self) -> tuple[int, bool]:
        """Bytes that are in the queue or on their way, and whether that way is still the bus."""
        packed: int = self.cpu.snapshot()["bus_unit"]
        current, settled = packed >> 8 & 7, packed >> 11 & 7
        under_way = {1: 1, 2: 2}.get(current, 0) + (settled - 1 if 2 <= settled <= 3 else 0)
        return (packed & 7) + (packed >> 3 & 3) + under_way, under_way > 0


def full(code: str, **more: Any) -> Rig:
    """A rig with a full queue and an idle bus."""
    rig = Rig(code, **more)
    rig.cpu.prefetch(6)
    return rig


# ---- queue ----


def test_the_queue_has_six_bytes_and_is_refilled_at_two_free_ones() -> None:
    rig = full(f"{NOP * 3} {DIVU_CW}")
    rig.steps(1)
    assert rig.unit() == (5, False), "one byte taken: no fetch"
    rig.steps(1)
    assert rig.unit() == (6, True), "two bytes taken: a word is on its way"
    idle = full(f"{DIVU_CW} {NOP * 8}", dw=0, aw=9)
    idle.steps(1)
    assert idle.unit() == (6, False)


def test_a_word_fetch_takes_four_clocks() -> None:
    """INC AW takes two clocks a byte, as long as fetches do not fall behind."""
    assert full(INC_AW * 60).steps(50)[10:] == [2] * 40
    assert full(NOP * 60).steps(50)[10:] == [3] * 40


def test_an_odd_target_is_fetched_as_one_byte() -> None:
    def after_jump(distance: int) -> list[int]:
        rig = full(f"EB {distance:02X} {INC_AW * 20}")
        return rig.steps(5)

    even, odd = after_jump(2), after_jump(3)
    assert even[0] == odd[0] == 12
    assert even[1:] == [2, 2, 2, 2], "two bytes came at once"
    assert odd[1:] == [4, 2, 2, 2], "the second byte takes a fetch of its own"


def test_a_flush_throws_away_the_fetch_under_way() -> None:
    """Taken branches are timed with the refetch of the target: 13 clocks for Bcond whatever was being fetched."""
    lead = [full(f"{NOP * n} 74 04 {NOP * 10}", psw=0xF042).steps(n + 1)[-1] for n in range(8)]
    assert min(lead) == 13 and max(lead) <= 15
    assert full("75 04", psw=0xF042).steps(1) == [4]


def test_data_cycles_go_first_and_wait_for_the_fetch_under_way() -> None:
    """Experiment 4: a stream of MOV [BW],AW takes 11 clocks each: 4 of the write, 4 of a fetch, 3 idle."""
    assert full(MOV_BW_AW * 20).steps(20)[5:] == [11] * 15


@pytest.mark.parametrize(("code", "even", "odd"), [("8B 07", 13, 17), ("89 07", 11, 15), ("01 07", 19, 27)])
def test_words_at_odd_addresses_take_two_cycles(code: str, even: int, odd: int) -> None:
    assert full(code).steps(1) == [even]
    assert full(code, bw=0x601).steps(1) == [odd]


# ---- waits ----


@pytest.mark.parametrize("waits", [1, 2, 3])
def test_waits_on_a_saturated_bus(waits: int) -> None:
    """Each wait lengthens the fetch by a clock; with waits, the next is settled behind T4, one clock more.
    Experiment 5: at three waits NOPs take 3 and 5 clocks in turn."""
    clocks = Rig(INC_AW * 120).waits(lower=waits).steps(100)
    assert sum(clocks[40:]) == 60 // 2 * (4 + waits + 1)
    if waits == 3:
        assert sorted(set(Rig(NOP * 120).waits(lower=3).steps(100)[40:])) == [3, 5]


@pytest.mark.parametrize("waits", [1, 2, 3])
def test_waits_do_not_touch_what_needs_no_bus(waits: int) -> None:
    rig = full(f"{DIVU_CW} {NOP * 8}", aw=9).waits(waits, waits, waits, waits)
    assert rig.steps(1) == [28]


@pytest.mark.parametrize("waits", [1, 2, 3])
@pytest.mark.parametrize(
    ("address", "block"), [(0x7FFE, "lower"), (0x8000, "middle"), (0xF7FFE, "middle"), (0xF8000, "upper")]
)
def test_an_operand_has_the_waits_of_its_address(waits: int, address: int, block: str) -> None:
    """The segment's base lies in the lower block, or in the middle one; the code has no waits."""
    segment, offset = (0, address) if address < 0x10000 else (address - 0x8000 >> 4, 0x8000)
    for name in ("lower", "middle", "upper"):
        rig = Rig(f"{MOV_AW_BW} {NOP * 8}", at=0x100, ps=0x2000 if block != "middle" else 0, ds0=segment, bw=offset)
        code_block = "middle" if block != "middle" else "lower"
        rig.waits(**{name: waits})
        rig.cpu.prefetch(6)
        expected = 13 + (waits + 1 if name == block else 0)
        if name != code_block:
            assert rig.steps(1) == [expected], name


def test_both_bytes_of_a_word_across_two_blocks_have_their_own() -> None:
    assert full(MOV_AW_BW, bw=0x7FFF).waits(middle=3).steps(1) == [17 + 3 + 1]
    assert full(MOV_AW_BW, bw=0x7FFD).waits(middle=3).steps(1) == [17]
    assert full("A5", ix=0x7000, iy=0x9000).waits(middle=2).steps(1) == [13 + 2 + 1], "MOVBK: only its target"
    assert full("A5", ix=0x9000, iy=0x7000).waits(middle=2).steps(1)[0] > 13, "only its source"


def test_code_has_the_waits_of_where_it_is_fetched() -> None:
    slow = Rig(INC_AW * 80, at=0x8000).waits(middle=3).steps(60)
    assert sum(slow[20:]) == 40 // 2 * 8
    across = Rig(INC_AW * 160, at=0x8000 - 60).waits(middle=3).steps(120)
    assert across[10:50] == [2] * 40, "below the end of the block"
    assert sum(across[80:]) == 40 // 2 * 8, "above it"
    jump = Rig(f"E9 FD 7F {NOP}").waits(middle=3)   # from 1000 to 9000
    plain = Rig(f"E9 FD 7F {NOP}")
    assert jump.steps(1)[0] == plain.steps(1)[0] + 3 + 1, "the target's first fetch"


@pytest.mark.parametrize(
    ("dw", "extra"), [(0x0900, 3), (0xFF10, 0), (0x0A02, 0), (0x0A03, 3), (0x0B02, 3)],
    ids=["off chip", "system area", "a unit", "beside it in its page", "the same in another page"],
)  # fmt: skip
def test_io_waits_are_for_ports_off_the_chip(dw: int, extra: int) -> None:
    for code in ("EC", "EE"):
        rig = full(f"{code} {NOP * 8}", dw=dw).waits(io=2, onchip=1 << 2)
        assert rig.steps(1) == [full(code, dw=dw).steps(1)[0] + extra], code
    for code in ("6C", "6E"):   # INM, OUTM
        plain, slow = full(code, dw=dw), full(code, dw=dw).waits(io=2, onchip=1 << 2)
        assert slow.steps(1)[0] - plain.steps(1)[0] == extra


def test_what_is_remembered_knows_no_block_s_end() -> None:
    """A core that has run the same code for long takes the same clocks across the end as one that has seen nothing."""
    for before in range(48, 62):
        warm = Rig(INC_AW * 160, at=0x8000 - 60).waits(middle=3)
        warm.steps(before)
        fresh = Rig(INC_AW * 160, at=0x8000 - 60).waits(middle=3)
        fresh.cpu.restore(warm.cpu.snapshot())
        assert warm.steps(1) == fresh.steps(1)
        assert warm.cpu.snapshot() == fresh.cpu.snapshot()


@pytest.mark.parametrize("kind", ENGINES)
@pytest.mark.parametrize("refresh", [0, 72])
def test_what_is_remembered_knows_which_cycles_wait(kind: type[V30Engine], refresh: int) -> None:
    """A loop that meets no waits, then waits at a port, then at its operand too: long-remembered instructions take what
    they take in a core that has seen nothing."""
    def rig(slow: bool) -> Rig:
        made = Rig(f"{MOV_AW_BW} 43 43 {NOP} {INC_AW} E4 10 {NOP} E2 F5", kind=kind, bw=0x7F00, cw=200, options=V50)
        return made.waits(middle=2, io=1 if slow else 0)

    warm = rig(False)
    for n in range(1200):
        if n == 500:
            warm.waits(middle=2, io=1)
            warm.cpu.set_refresh(refresh, 1)
        if n % 5 or not (490 < n < 530 or 1010 < n < 1060 or n > 1150):
            warm.steps(1)
            continue
        fresh = rig(n >= 500)
        if n >= 500:
            fresh.cpu.set_refresh(refresh, 1)
        fresh.cpu.restore(warm.cpu.snapshot())
        fresh.memory.image[:] = warm.memory.image
        assert warm.steps(1) == fresh.steps(1), n
        assert warm.cpu.snapshot() == fresh.cpu.snapshot(), n


def test_a_write_that_begins_in_the_next_element_keeps_its_waits() -> None:
    rig = full("F3 AB", cw=30, iy=0x9000).waits(middle=3)
    assert rig.steps(30)[5:25] == [4 + 3 + 1] * 20
    assert full("F3 AB", cw=30, iy=0x9000).steps(30)[5:25] == [4] * 20


def test_acknowledge_cycles_have_no_waits() -> None:
    def entry(io: int = 0, lower: int = 0, upper: int = 0) -> int:
        rig = full(NOP * 8, at=0x9000, psw=0xF202, ss=0xF900).waits(io=io, lower=lower, upper=upper)
        rig.cpu.set_int(1)
        return rig.steps(1)[0]

    def software(lower: int = 0, upper: int = 0) -> int:
        return full(f"CC {NOP * 8}", at=0x9000, ss=0xF900).waits(lower=lower, upper=upper).steps(1)[0]

    assert entry(io=3) == entry()
    for block in ({"lower": 3}, {"upper": 3}):
        assert entry(**block) - entry() == software(**block) - software() > 0, "the vector's reads, or the pushes"


def test_long_instructions_go_on_with_their_waits() -> None:
    """PREPARE of 60 levels: from the 25th cycle on the list of waits turns round."""
    plain, slow = full("C8 00 00 3C", bp=0x700), full("C8 00 00 3C", bp=0x700, ss=0x900).waits(middle=1)
    plain_clocks, slow_clocks = plain.steps(1)[0], slow.steps(1)[0]
    reads_and_writes = 59 + 59 + 2
    assert reads_and_writes <= slow_clocks - plain_clocks <= 2 * reads_and_writes


@pytest.mark.parametrize("kind", ENGINES)
def test_engines_agree_about_waits(kind: type[V30Engine]) -> None:
    code = f"{MOV_BW_AW} 43 {MOV_AW_BW} 50 58 FF 37 8F 07 A5 EC E2 F1"

    def run(kind: type[V30Engine]) -> tuple[int, int]:
        rig = Rig(code, kind=kind, bw=0x7FF0, ds1=0x900, cw=40, options=V50).waits(lower=1, middle=2, io=3)
        rig.cpu.set_refresh(72, 1)
        while rig.cpu.registers()["cw"] > 1:
            rig.cpu.run(rig.cpu.clock + 37)
        return rig.cpu.clock, rig.cpu.instructions

    assert run(kind) == run(V30Engine)


# ---- refresh ----


def busy(refresh: tuple[int, int], instructions: int = 2000, waits: int = 0) -> int:
    """Clocks of code that leaves the bus no idle clock."""
    rig = Rig(INC_AW * instructions)
    rig.waits(lower=waits)
    rig.cpu.set_refresh(*refresh)
    return sum(rig.steps(instructions))


@pytest.mark.parametrize(("interval", "waits"), [(72, 0), (72, 3), (40, 1), (256, 2)])
def test_refreshes_take_their_cycles_from_a_busy_bus(interval: int, waits: int) -> None:
    """Four clocks, its waits, and with waits the clock in which the next cycle is settled."""
    plain, refreshed = busy((0, 0)), busy((interval, waits))
    each = 4 + waits + (waits > 0)
    asked = refreshed // interval
    assert (asked - 7) * each <= refreshed - plain <= asked * each, "up to seven are still to come"


def test_refreshes_fill_idle_clocks() -> None:
    rig, plain = (full(DIVU_CW * 60, aw=9, cw=1, dw=0) for _ in range(2))
    rig.cpu.set_refresh(40, 0)
    clocks, without = sum(rig.steps(50)), sum(plain.steps(50))
    asked = clocks // 40
    assert asked > 30
    assert clocks - without <= asked, "seldom in the way"


def test_the_seventh_refresh_goes_first() -> None:
    """Until seven wait, a saturated bus is left alone; then four are done in a row."""

    def lost_until(clocks: int) -> int:
        rig, plain = Rig(INC_AW * 2000), Rig(INC_AW * 2000)
        rig.cpu.set_refresh(256, 0)
        rig.steps(1)   # the queue is filled: at its first clock nothing was to be refreshed
        plain.steps(1)
        rig.cpu.run(clocks)
        plain.cpu.run(clocks)
        return plain.cpu.instructions - rig.cpu.instructions

    assert lost_until(7 * 256 - 20) == 0
    assert lost_until(7 * 256 + 60) == 4 * 4 // 2, "four cycles of four clocks, two clocks an instruction"
    assert lost_until(10 * 256 - 20) == 8


def test_no_refresh_without_it_and_none_too_often() -> None:
    rig = Rig(INC_AW * 2000)
    rig.cpu.set_refresh(72, 0)
    rig.cpu.set_refresh(0, 0)
    assert sum(rig.steps(2000)) == busy((0, 0))
    with pytest.raises(ValueError, match="refresh every 39"):
        rig.cpu.set_refresh(39, 0)


@pytest.mark.parametrize("kind", ENGINES)
def test_time_in_halt_is_the_same_in_slices(kind: type[V30Engine]) -> None:
    def run(step: int) -> tuple[dict[str, Any], int]:
        rig = Rig(f"FB F4 {INC_AW * 40}", kind=kind, options=V50).waits(lower=2)
        rig.cpu.set_refresh(72, 1)
        rig.memory.image[0x80:0x84] = bytes.fromhex("02 10 00 00")
        rig.cpu.host_wrote(0x80, 4)
        while rig.cpu.clock < 100_003:
            rig.cpu.run(min(rig.cpu.clock + step, 100_003))
        rig.cpu.set_int(1, rig.cpu.clock)
        rig.cpu.run(rig.cpu.clock + 300)
        return rig.cpu.snapshot(), rig.cpu.instructions

    assert run(1_000_000) == run(9_973) == run(101)


@pytest.mark.parametrize("kind", ENGINES)
@pytest.mark.parametrize("refresh", [(0, 0), (72, 1)])
@pytest.mark.parametrize("waits", [{}, {"lower": 1, "middle": 2, "io": 3}])
def test_time_that_passes_moves_nothing_but_the_clock(
    kind: type[V30Engine], refresh: tuple[int, int], waits: dict[str, int]
) -> None:
    """At many boundaries, with and without INT: as if the clock in a block of a snapshot were another."""
    code = f"FB {MOV_BW_AW} 43 {MOV_AW_BW} 50 58 FF 37 8F 07 B9 05 00 F3 A5 EC FF 0E 90 09"
    code += f" 75 {0x100 - len(bytes.fromhex(code)) - 2:02X} F4 EB FD"   # 30 rounds, then HALT
    rigs = [Rig(code, kind=k, iy=0x2000, bw=0x7FF0, options=V50).waits(**waits) for k in (kind, kind, V30Engine)]
    for rig in rigs:
        rig.memory.image[0x80:0x84] = bytes.fromhex("00 30 00 00")
        rig.memory.image[0x3000:0x3002] = bytes.fromhex("40 CF")
        rig.memory.image[0x990:0x992] = b"\x1e\0"
        rig.cpu.host_wrote(0, 0x4000)
        rig.cpu.set_refresh(*refresh)
    passed, put_in, _ = (rig.cpu for rig in rigs)
    for n in range(500):
        for rig in rigs:
            rig.cpu.run(rig.cpu.clock + 37)
        before = passed.snapshot()
        clocks = (0, 1, 4, 23, 300, 70_000)[n % 6]
        for cpu in (passed, rigs[2].cpu):
            cpu.pass_time(clocks)
        assert passed.snapshot() == {**before, "clock": before["clock"] + clocks}
        put_in.restore({**put_in.snapshot(), "clock": put_in.clock + clocks})
        assert passed.snapshot() == put_in.snapshot() == rigs[2].cpu.snapshot()
        for rig in rigs:
            rig.cpu.set_int(n % 5 == 0, rig.cpu.clock - n % 7)
    assert passed.halted
    assert len({bytes(rig.memory.image) for rig in rigs}) == 1


# ---- what a V50 does otherwise ----


@pytest.mark.parametrize(
    ("code", "v30", "less"),
    [
        ("89 07", 11, 2), ("C7 07 00 00", 11, 2), ("8C 1F", 11, 2), ("50", 9, 2), ("AB", 9, 2), ("A5", 13, 2),
        ("01 07", 19, 2), ("FF 07", 20, 2), ("8B 07", 13, 0), ("58", 8, 0), ("AD", 9, 0), ("EF", 8, 0), ("40", 2, 0),
        ("E8 00 00", 19, 0), ("C3", 15, 0),
    ],
)  # fmt: skip
def test_an_instruction_begins_while_a_memory_write_ends(code: str, v30: int, less: int) -> None:
    """The data book gives a V50 two clocks less than a V30 where an instruction ends in a memory write, odd or even."""
    assert full(f"{code} {NOP * 8}").steps(1) == [v30]
    assert full(f"{code} {NOP * 8}", options=V50).steps(1) == [v30 - less]
    odd = {"bw": 0x601, "sp": 0x801, "ix": 0x601, "iy": 0x701}
    assert full(code, **odd).steps(1)[0] - full(code, options=V50, **odd).steps(1)[0] == less


def test_what_needs_the_bus_waits_for_the_end_of_the_write() -> None:
    stream = full(MOV_BW_AW * 20, options=V50).steps(20)[5:]
    assert sum(stream) >= 15 * 8, "a write and a fetch for each"
    assert sum(stream) < 15 * 11


# ---- stale bytes ----


def self_writing(distance: int, kind: type[V30Engine] = V30Engine, options: CpuOptions | None = None) -> Rig:
    """MOV byte [T],90 at 500, behind a jump; INC AW `distance` bytes behind its end, at T."""
    target = 0x505 + distance
    rig = Rig(f"C6 06 {target & 0xFF:02X} {target >> 8:02X} 90 {NOP * distance} {INC_AW} {NOP * 8} F4", at=0x500,
              kind=kind, options=options)  # fmt: skip
    return rig


@pytest.mark.parametrize("kind", ENGINES)
def test_bytes_in_the_queue_are_executed_as_fetched(kind: type[V30Engine]) -> None:
    """Experiment 6b: the bytes 1 and 2 behind the end of the MOV are old, those from 3 on are new."""

    def executed(distance: int, options: CpuOptions | None = None) -> int:
        rig = self_writing(distance, kind, options)
        rig.cpu.run(rig.cpu.clock + 200)
        assert rig.cpu.halted
        assert rig.memory.image[0x505 + distance] == 0x90
        return rig.cpu.registers()["aw"]

    assert [executed(distance) for distance in range(1, 9)] == [1, 1, 0, 0, 0, 0, 0, 0]
    assert [executed(distance, CpuOptions(stale_queue=False)) for distance in range(1, 9)] == [0] * 8


def test_a_jump_fetches_the_new_bytes() -> None:
    rig = Rig("C6 06 07 05 90 EB 00 40 F4", at=0x500)
    rig.cpu.prefetch(6)
    rig.cpu.run(rig.cpu.clock + 200)
    assert rig.cpu.halted and rig.cpu.registers()["aw"] == 0


def test_the_byte_from_before_the_first_of_two_stores_stays() -> None:
    """MOV [BW],AL and MOV [BW],AH over an INC AW behind them."""
    rig = full(f"88 07 88 27 {INC_AW} {NOP} F4", at=0x500, bw=0x504, aw=0x9048)
    rig.steps(2)
    assert rig.cpu.snapshot()["stale"] == [[0x504, 0x40]]
    rig.cpu.run(rig.cpu.clock + 100)
    assert rig.cpu.halted and rig.memory.image[0x504] == 0x90
    assert rig.cpu.registers()["aw"] == 0x9049


def test_stale_bytes_are_part_of_a_snapshot() -> None:
    rig = self_writing(1)
    rig.cpu.run(rig.cpu.clock + 1)
    block = rig.cpu.snapshot()
    assert block["stale"] == [[0x506, 0x40]]
    other = Rig("", at=0x500)
    other.memory.image[:] = rig.memory.image[:]
    other.cpu.restore(block)
    for each in (rig, other):
        each.cpu.run(each.cpu.clock + 200)
    assert other.cpu.snapshot() == rig.cpu.snapshot()
    assert other.cpu.registers()["aw"] == 1
    with pytest.raises(SnapshotError):
        other.cpu.restore({**block, "stale": [[0, 0]] * 7})
    with pytest.raises(SnapshotError):
        other.cpu.restore({**block, "refresh_interval": 8})


def test_an_older_block_is_taken_with_its_queue_to_be_filled() -> None:
    rig = full(INC_AW * 20, at=0x1001)
    rig.steps(3)
    new = rig.cpu.snapshot()
    old = {name: value for name, value in new.items() if name != "stale" and not name.startswith("refresh")}
    rig.cpu.restore(rig.cpu.upgrade({**old, "bus_unit": 0x3FFFFFF}, 1))
    flushed = Rig(INC_AW * 20, at=0x1004)
    assert rig.steps(8) == flushed.steps(8)

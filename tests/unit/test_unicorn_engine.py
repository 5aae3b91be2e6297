"""The Unicorn engine against what a V30 does, in single points; test_engines_agree.py compares it whole."""

from __future__ import annotations

import gc
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from korgm1.bus.memory import PAGE_RAM, MemoryMap
from korgm1.bus.unmapped import UnmappedLog
from korgm1.cpu import unicorn_engine
from korgm1.cpu.engine import CpuOptions
from korgm1.cpu.lockstep_engine import LockstepEngine
from korgm1.cpu.trace import TraceFilter, Tracer
from korgm1.cpu.unicorn_engine import UnicornEngine
from korgm1.cpu.v30_engine import V30Engine
from korgm1.errors import UserError

CODE = 0x1000
ROM = 0xE0000
Engines = type[V30Engine] | type[UnicornEngine]
BOTH = pytest.mark.parametrize("kind", [V30Engine, UnicornEngine], ids=lambda kind: kind.name)


class Board:
    """RAM in 00000-0FFFF, ROM in E0000-FFFFF; ports that note the clock and may do something."""

    sink = None
    sink_ports = bytearray(0x2000)

    def __init__(
        self, kind: Engines, code: bytes, at: int = CODE, options: CpuOptions | None = None, **registers: int
    ) -> None:
        self.memory = MemoryMap(UnmappedLog(now=lambda: 0))
        self.memory.map_ram(0, 0x10000)
        self.memory.map_rom(ROM, b"\x90" * 0x20000)
        self.memory.image[at : at + len(code)] = code
        self.seen: list[tuple[str, int, int, int]] = []
        self.on_port: Callable[[int], None] = lambda port: None
        self.vector = 0x20
        self.engine = kind(self.memory, self, self.acknowledge, options=options or CpuOptions())
        start = {"ps": at >> 4, "pc": at & 15, "ss": 0, "sp": 0x8000, "ds0": 0, "ds1": 0}
        self.engine.set_registers({**start, **registers})

    def read(self, port: int) -> int:
        self.seen.append(("in", self.engine.clock, port, 0))
        self.on_port(port)
        return port & 0xFF

    def write(self, port: int, value: int) -> None:
        self.seen.append(("out", self.engine.clock, port, value))
        self.on_port(port)

    def acknowledge(self) -> int:
        self.seen.append(("ack", self.engine.clock, 0, 0))
        self.engine.set_int(0)
        return self.vector

    def steps(self, count: int) -> dict[str, int]:
        """Run `count` boundaries on; the registers."""
        for _ in range(count):
            self.engine.run(self.engine.clock + 1)
        return self.engine.registers()


def unicorn(code: str, at: int = CODE, **registers: int) -> Board:
    return Board(UnicornEngine, bytes.fromhex(code), at, **registers)


def test_plain_code_is_left_to_unicorn() -> None:
    board = unicorn("40 03 d8 49 75 fa eb f8", at=ROM, aw=0, bw=0, cw=0)
    assert isinstance(board.engine, UnicornEngine)
    board.engine.run(100_000)
    assert board.engine.instructions > 10_000
    assert board.engine.delegated == 0


@pytest.mark.parametrize("until", [1, 2, 3, 17, 100, 101, 5_000])
def test_a_run_ends_at_the_first_boundary_at_or_after_the_horizon(until: int) -> None:
    code = bytes.fromhex("40 f7 e3 01 06 01 20 75 02 43 43 e2 f2 b9 05 00 f3 a4 eb eb")
    ends = []
    for kind in (V30Engine, UnicornEngine):
        board = Board(kind, code, ds1=0x300, cw=3, bw=7)
        board.engine.run(until)
        ends.append((board.engine.clock, board.engine.instructions, board.engine.registers()))
    assert ends[0] == ends[1]
    assert ends[0][0] >= until


@BOTH
def test_a_taken_branch_costs_more_than_one_not_taken(kind: Engines) -> None:
    taken = Board(kind, bytes.fromhex("74 02 90 90 90"), psw=0xF042)
    fell = Board(kind, bytes.fromhex("74 02 90 90 90"), psw=0xF002)
    to_itself = Board(kind, bytes.fromhex("74 00 90"), psw=0xF042)
    assert taken.steps(1)["pc"] == 4
    assert fell.steps(1)["pc"] == 2
    assert to_itself.steps(1)["pc"] == 2
    assert taken.engine.clock == to_itself.engine.clock > fell.engine.clock


@BOTH
def test_a_word_at_an_odd_address_costs_four_clocks_more(kind: Engines) -> None:
    even, odd = (Board(kind, bytes.fromhex("8b 07"), bw=at) for at in (0x2000, 0x2001))
    even.steps(1)
    odd.steps(1)
    assert odd.engine.clock == even.engine.clock + 4


@BOTH
def test_a_jump_to_itself_takes_its_clocks_again_and_again(kind: Engines) -> None:
    board = Board(kind, b"\xeb\xfe")
    board.engine.prefetch(6)
    board.engine.run(1_000)
    assert board.engine.instructions == -(-1_000 // 12)
    assert board.engine.registers()["pc"] == 0


@BOTH
def test_words_wrap_at_the_end_of_a_segment(kind: Engines) -> None:
    """MOV AW,[FFFF], MOV [BW],AW at DS0 = 0200, 0300; PUSH AW with SP = 1 at SS = 0400."""
    board = Board(kind, bytes.fromhex("a1 ff ff 89 07 50"), bw=0xFFFF, sp=1, ds0=0x200, ss=0x400)
    board.memory.map_ram(0x10000, 0x10000)
    board.engine.pages_changed()
    image = board.memory.image
    image[0x11FFF], image[0x2000] = 0x34, 0x12
    assert board.steps(1)["aw"] == 0x1234
    board.engine.set_registers({"ds0": 0x300})
    board.steps(2)
    assert (image[0x12FFF], image[0x3000]) == (0x34, 0x12)
    assert (image[0x13FFF], image[0x4000]) == (0x34, 0x12)


@BOTH
def test_memory_above_the_megabyte_is_memory_from_0(kind: Engines) -> None:
    board = Board(kind, bytes.fromhex("a3 20 00 a0 21 00"), ds0=0xFFFF, aw=0x1234)
    assert board.steps(2)["aw"] == 0x1212
    assert board.memory.image[0x10:0x12] == b"\x34\x12"


@BOTH
def test_code_runs_on_from_the_end_of_its_segment_to_its_beginning(kind: Engines) -> None:
    board = Board(kind, b"\x40\xb8\x34", at=0xFFFD, ps=0, pc=0xFFFD, aw=0)
    board.memory.image[0] = 0x12
    registers = board.steps(2)
    assert (registers["aw"], registers["pc"]) == (0x1234, 1)


@BOTH
def test_open_bus_is_read_byte_by_byte_and_written_to_nobody(kind: Engines, monkeypatch: pytest.MonkeyPatch) -> None:
    log: list[tuple[str, int]] = []
    board = Board(kind, bytes.fromhex("40 8b 07 87 47 02 01 07"), ds0=0x5000, bw=0x10, aw=0x1111)
    monkeypatch.setattr(board.memory._unmapped, "note", lambda what, where, value: log.append((what, where)))
    assert board.steps(2)["aw"] == 0xFFFF
    registers = board.steps(2)
    assert registers["psw"] & 0x11 == 0x11
    assert board.memory.image[0x50010:0x50014] == b"\xff" * 4
    reads, writes = ([where - 0x50010 for what, where in log if what == wanted] for wanted in ("mem read", "mem write"))
    assert reads == [0, 1, 2, 3, 0, 1]
    assert writes == [2, 3, 0, 1]


@BOTH
def test_code_may_run_into_open_bus(kind: Engines) -> None:
    board = Board(kind, b"\x40\x40", at=0xFFFE, ps=0xFFF, pc=0xE, aw=0)
    assert board.steps(2)["aw"] == 2
    board.steps(1)
    assert board.engine.registers()["pc"] != 0x10


@BOTH
def test_writes_to_rom_are_dropped(kind: Engines) -> None:
    rom = {"ds0": 0xE000, "ds1": 0xE000, "ss": 0xE000}
    board = Board(kind, bytes.fromhex("c7 07 55 aa ff 07 ab 53 8b 07"), iy=0x100, bw=0x100, **rom)
    registers = board.steps(5)
    assert registers["aw"] == 0x9090
    assert board.memory.image[ROM : ROM + 0x20000] == b"\x90" * 0x20000


@BOTH
@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("c6 06 06 10 99 b0 11 b2 22", {"aw": 0x99, "dw": 0x22}),
        ("90 2e 01 1e 05 00 f4 b0 11 b2 22", {"aw": 0x11, "dw": 0x22}),
        ("fe 06 05 10 b0 11 b2 22", {"aw": 0x12, "dw": 0x22}),
        ("ff 06 05 10 b0 ff b1 22", {"aw": 0x00, "dw": 0x22}),
    ],
    ids=["immediate ahead", "itself, at an odd address", "byte ahead", "word ahead at an odd address"],
)
def test_a_store_into_the_running_block_happens_once(kind: Engines, code: str, expected: dict[str, int]) -> None:
    """With a queue that follows memory; with one that does not, both engines execute the same old bytes."""
    start = {"aw": 0, "bw": 0x9CC0, "dw": 0}
    board = Board(kind, bytes.fromhex(code), options=CpuOptions(stale_queue=False), **start)
    board.engine.run(60)
    registers = board.engine.registers()
    assert {name: registers[name] for name in expected} == expected
    stale, core = Board(kind, bytes.fromhex(code), **start), Board(V30Engine, bytes.fromhex(code), **start)
    for each in (stale, core):
        each.engine.run(60)
    assert stale.engine.snapshot() == core.engine.snapshot()
    assert stale.memory.image[CODE : CODE + 16] == core.memory.image[CODE : CODE + 16]


@BOTH
def test_flags_survive_a_store_into_the_running_block(kind: Engines) -> None:
    """SUB AW,1 borrows; MOV writes the operand of the SUBC AL,imm behind it, which takes the borrow."""
    board = Board(kind, bytes.fromhex("2d 01 00 c6 06 09 10 05 1c 00 f4"), options=CpuOptions(stale_queue=False), aw=0)
    board.engine.run(100)
    assert board.engine.registers()["aw"] == 0xFFF9


@BOTH
@pytest.mark.parametrize("loop", ["e0 03", "e1 03", "e2 03", "e3 03"])
def test_flags_survive_the_end_of_a_loop(kind: Engines, loop: str) -> None:
    """ADDC, CMP, then a loop whose CW runs out: all flags are those of the CMP."""
    board = Board(kind, bytes.fromhex(f"15 3b 13 3c f3 {loop} 90 90 90 f4"), aw=0x206C, cw=1)
    board.engine.run(200)
    assert board.engine.registers()["psw"] == 0xF087


@BOTH
def test_what_the_host_wrote_is_executed(kind: Engines) -> None:
    board = Board(kind, bytes.fromhex("b8 01 00 eb fb"))
    board.engine.run(200)
    for value in (7, 9, 11):
        board.memory.image[CODE + 1] = value
        board.engine.host_wrote(CODE + 1, 1)
        board.engine.run(board.engine.clock + 100)
        assert board.engine.registers()["aw"] == value


@BOTH
def test_what_a_device_wrote_in_its_callback_is_executed_next(kind: Engines) -> None:
    """OUT, then MOV AL,1: a device changes the 1 while the OUT runs, in code that was translated long ago."""
    board = Board(kind, bytes.fromhex("90 e6 10 b0 01 eb f9"))
    board.engine.run(500)

    def change(port: int) -> None:
        board.memory.image[CODE + 4] += 1
        board.engine.host_wrote(CODE + 4, 1)

    board.on_port = change
    for _ in range(3):
        while board.engine.registers()["pc"] != 1:
            board.steps(1)
        before = board.memory.image[CODE + 4]
        assert board.steps(2)["aw"] & 0xFF == before + 1


@BOTH
def test_stores_of_repeated_and_delegated_instructions_reach_translated_code(kind: Engines) -> None:
    """REP STM rewrites the operand of a MOV that ran before."""
    board = Board(kind, bytes.fromhex("b3 00 aa eb fb"), ds1=0x100, iy=1, aw=0x40)
    board.engine.run(13)
    for value in (0x41, 0x42):
        board.engine.set_registers({"pc": 2, "iy": 1, "aw": value})
        board.steps(3)
        assert board.engine.registers()["bw"] & 0xFF == value


@BOTH
def test_a_port_callback_can_end_the_run(kind: Engines) -> None:
    board = Board(kind, bytes.fromhex("40 40 e6 10 40 40 40 40 40 40 40 40 40 40 40 40 eb fe"), aw=0)
    board.on_port = lambda port: board.engine.lower_horizon(board.engine.clock + 12)
    board.engine.run(1_000)
    out = board.seen[0][1]
    assert out + 12 <= board.engine.clock < out + 12 + 2


@BOTH
def test_ports_are_stamped_with_the_start_of_the_instruction(kind: Engines) -> None:
    board = Board(kind, bytes.fromhex("40 40 40 e5 20 40 e7 31 eb f6"), aw=0x1234)
    board.engine.prefetch(6)
    board.engine.run(60)
    expected = [("in", 0x20), ("in", 0x21), ("out", 0x31), ("out", 0x32)]
    assert [(what, port) for what, _, port, _ in board.seen[:4]] == expected
    assert board.seen[0][1] == board.seen[1][1] == 6
    assert board.seen[2][1] == board.seen[3][1]


@BOTH
def test_an_interrupt_is_taken_between_two_instructions(kind: Engines) -> None:
    board = Board(kind, bytes.fromhex("fa 40 fb 40 40 40 40"), aw=0)
    board.memory.image[0x80:0x84] = bytes.fromhex("00 02 00 00")
    board.engine.set_int(1)
    board.steps(4)
    assert board.engine.registers()["aw"] == 2, "EI puts off the interrupt by one instruction"
    registers = board.steps(1)
    assert (registers["pc"], registers["ps"], registers["psw"] & 0x200) == (0x200, 0, 0)
    assert board.memory.image[0x7FFA:0x7FFE] == bytes.fromhex("04 00 00 01")


@BOTH
def test_an_interrupt_raised_in_a_callback_comes_after_that_instruction(kind: Engines) -> None:
    board = Board(kind, bytes.fromhex("fb 40 e6 10 40 40"), aw=0)
    board.memory.image[0x80:0x84] = bytes.fromhex("00 02 00 00")
    board.on_port = lambda port: board.engine.set_int(1)
    board.steps(4)
    assert board.engine.registers()["pc"] == 0x200
    assert board.memory.image[0x7FFA] == 4


@BOTH
def test_nmi_and_single_step(kind: Engines) -> None:
    board = Board(kind, bytes.fromhex("40 40 40 40"), aw=0)
    board.memory.image[4:12] = bytes.fromhex("00 03 00 00 00 04 00 00")
    board.engine.nmi()
    assert board.steps(1)["pc"] == 0x400
    board.engine.set_registers({"ps": CODE >> 4, "pc": 0, "psw": 0xF102})
    assert board.steps(2)["pc"] == 0x300


@BOTH
def test_halt_lets_the_time_pass_until_an_interrupt(kind: Engines) -> None:
    board = Board(kind, bytes.fromhex("fb 40 f4 40 40"), aw=0)
    board.memory.image[0x80:0x84] = bytes.fromhex("00 02 00 00")
    board.engine.run(5_000)
    assert board.engine.halted
    assert board.engine.clock == 5_000
    board.engine.set_int(1)
    board.steps(1)
    assert board.engine.registers()["pc"] == 0x200
    assert not board.engine.halted


@BOTH
def test_an_exception_of_a_device_comes_out_of_run(kind: Engines) -> None:
    board = Board(kind, bytes.fromhex("40 e6 10 eb fb"), aw=0)

    def fail(port: int) -> None:
        raise RuntimeError("the device broke")

    board.on_port = fail
    with pytest.raises(RuntimeError, match="the device broke"):
        board.engine.run(10_000)
    board.on_port = lambda port: None
    board.engine.run(20_000)
    assert board.engine.clock >= 20_000


@BOTH
def test_pages_may_change_in_a_callback(kind: Engines) -> None:
    """OUT maps RAM with code in it, which is jumped to at once; the next OUT takes it away under the code."""
    board = Board(kind, bytes.fromhex("e6 10 ea 00 00 00 20"), aw=0)
    board.memory.image[0x20000:0x20005] = bytes.fromhex("40 a3 80 00 f4")

    def change(port: int) -> None:
        board.memory.pages[0x20] = PAGE_RAM
        board.engine.pages_changed()

    board.on_port = change
    board.engine.set_registers({"ds0": 0x2000})
    board.engine.run(200)
    assert board.memory.image[0x20080] == 1
    assert board.engine.halted


@pytest.mark.parametrize(("first", "second"), [(V30Engine, UnicornEngine), (UnicornEngine, V30Engine)])
def test_a_snapshot_goes_on_in_the_other_engine(first: Engines, second: Engines) -> None:
    code = bytes.fromhex("40 f7 e3 01 06 01 20 75 02 43 43 e2 f2 b9 05 00 f3 a4 eb eb")
    whole = Board(first, code, ds1=0x300, cw=3, bw=7)
    half = Board(first, code, ds1=0x300, cw=3, bw=7)
    for board in (whole, half):
        board.engine.run(777)
    rest = Board(second, code)
    rest.memory.image[:] = half.memory.image[:]
    rest.engine.host_wrote(0, 0x100000)
    rest.engine.restore(half.engine.snapshot())
    whole.engine.run(3_000)
    rest.engine.run(3_000)
    assert rest.engine.snapshot() == whole.engine.snapshot()
    assert rest.memory.image[:] == whole.memory.image[:]


def test_the_recorded_bus_cycles_are_those_of_the_v30() -> None:
    code = bytes.fromhex("ff 06 00 20 ff 06 01 20 50 8b 07 87 0e 03 20 a2 05 20 e6 10 c4 07 58 eb e3")
    cycles = []
    for kind in (V30Engine, UnicornEngine):
        board = Board(kind, code, bw=0x2000)
        board.engine.run(100)
        board.engine.bus.record(1_000)
        board.engine.run(1_000)
        cycles.append(board.engine.bus.recorded())
        board.engine.bus.record(0)
        board.engine.run(2_000)
    assert len(cycles[0]) > 50
    assert cycles[0] == cycles[1]


def test_two_engines_do_not_disturb_each_other() -> None:
    boards = [unicorn(f"b8 {value:02x} 00 40 eb fd", aw=0) for value in (1, 2)]
    for _ in range(50):
        for board in boards:
            board.engine.run(board.engine.clock + 50)
    alone = unicorn("b8 01 00 40 eb fd", aw=0)
    alone.engine.run(boards[0].engine.clock)
    assert boards[0].engine.registers() == alone.engine.registers()
    assert boards[1].engine.registers()["aw"] == alone.engine.registers()["aw"] + 1


def test_engines_are_freed() -> None:
    statm = Path("/proc/self/statm")
    if not statm.exists():
        pytest.skip("no /proc to see the process's memory in")

    def pages_after(count: int) -> int:
        for _ in range(count):
            unicorn("40 eb fd").engine.run(1_000)
        gc.collect()
        return int(statm.read_text().split()[0])

    before = pages_after(3)
    assert pages_after(20) - before < 20 * 1_000, "each engine has over 8,000 pages"


def test_unicorn_s_python_module_is_not_imported() -> None:
    program = "import sys, korgm1.cpu.unicorn_engine as u; u.library_path(); sys.exit('unicorn' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_a_missing_library_names_the_other_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unicorn_engine, "find_spec", lambda name: None)
    unicorn_engine.library_path.cache_clear()
    try:
        with pytest.raises(UserError, match=r"not installed.*2\.1\.4(?s:.*)--engine v30"):
            unicorn("90")
    finally:
        unicorn_engine.library_path.cache_clear()


def test_a_library_that_is_another_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    other = tmp_path / "libunicorn.so.2"
    other.write_bytes(b"not a library")
    monkeypatch.setattr(unicorn_engine, "library_path", lambda: other)
    with pytest.raises(UserError, match=r"cannot be loaded(?s:.*)--engine v30"):
        unicorn("90")


@pytest.mark.parametrize("data_page", [0, 3, 6])
@pytest.mark.parametrize("code_page", [0, 3, 6])
def test_a_store_happens_once_on_memory_in_several_pieces(code_page: int, data_page: int) -> None:
    """Every offset of the store within its page, against every place of the code: RAM at pages 0, 3-4 and 6."""
    for offset in range(0x100, 0x110):
        states = []
        for kind in (V30Engine, UnicornEngine):
            memory = MemoryMap(UnmappedLog(now=lambda: 0))
            for start, size in ((0, 0x1000), (0x3000, 0x2000), (0x6000, 0x1000)):
                memory.map_ram(start, size)
            at, data = code_page * 0x1000 + 0x104, data_page * 0x1000 + offset
            memory.image[at : at + 8] = bytes([0x01, 0x06, data & 0xFF, data >> 8, 0x90, 0x90, 0xEB, 0xFE])
            if code_page == data_page and offset >= 0x103:
                continue
            engine = kind(memory, Board(V30Engine, b""), lambda: 0)
            engine.set_registers({"ps": 0, "pc": at, "ds0": 0, "ss": 0, "sp": 0x800, "aw": 0x0101})
            engine.run(100)
            states.append((engine.clock, engine.registers(), bytes(memory.image)))
        assert not states or states[0] == states[1], f"{offset:03X}"


@BOTH
def test_code_that_changes_itself_all_the_time_goes_on_right(kind: Engines) -> None:
    board = Board(kind, bytes.fromhex("fe060610 90 b011 ebf7"))
    board.engine.run(200_000)
    reference = Board(V30Engine, bytes.fromhex("fe060610 90 b011 ebf7"))
    reference.engine.run(200_000)
    assert board.engine.registers() == reference.engine.registers()
    assert board.engine.instructions == reference.engine.instructions
    assert board.memory.image[0x1006] == reference.memory.image[0x1006]


@pytest.mark.parametrize("stale", [True, False])
def test_a_page_that_keeps_changing_is_still_watched_for_the_page_before_it(stale: bool) -> None:
    """CALL 1FF2, whose MOV word [2000],22B0 changes a MOV AL,11 in its own queue, when page 2 has changed 130 times."""
    code = {
        0x3000: "be0100 e8ecef b98200", 0x3009: "fe060121 e8f0f0 49 75f6", 0x3013: "c606012011 e8d7ef f4",
        0x1FF2: "d40ad40a9090 c7060020b022 9090 b011 c3", 0x2100: "b300c3",
    }  # fmt: skip
    ends = []
    for kind in (V30Engine, UnicornEngine, LockstepEngine):
        board = Board(kind, b"", options=CpuOptions(stale_queue=stale))
        for address, text in code.items():
            data = bytes.fromhex(text)
            board.memory.image[address : address + len(data)] = data
        board.engine.host_wrote(0, 0x10000)
        board.engine.set_registers({"ps": 0, "pc": 0x3000, "ss": 0, "sp": 0x8000})
        board.engine.run(40_000)
        assert board.engine.halted
        ends.append((board.engine.registers(), board.engine.instructions))
    assert ends[0] == ends[1] == ends[2]
    assert ends[0][0]["aw"] & 0xFF == (0x11 if stale else 0x22)


def test_traced_time_passes_in_halt_until_a_pin_that_lies_ahead() -> None:
    clocks = []
    for kind in (V30Engine, UnicornEngine, LockstepEngine):
        board = Board(kind, bytes.fromhex("fb f4 90 ebfd"))
        tracer = Tracer(TraceFilter.parse("exec"), lambda block: None)
        board.engine.trace(tracer)
        board.engine.run(100)
        board.engine.set_int(1, since=board.engine.clock + 200)
        board.engine.run(1000)
        clocks.append((board.engine.clock, board.engine.halted))
    assert clocks[0] == clocks[1] == clocks[2] and clocks[0][0] >= 1000 and not clocks[0][1]


@BOTH
def test_code_translated_when_a_run_ended_in_front_of_it_may_change(kind: Engines) -> None:
    """A jump to a page far away is the last of a run; what the host writes there before the next run is executed."""
    board = Board(kind, bytes.fromhex("e9fd2f"))
    board.memory.image[CODE + 0x3000 : CODE + 0x3003] = bytes.fromhex("b011f4")
    assert board.steps(1)["pc"] == 0x3000
    board.memory.image[CODE + 0x3001] = 0x22
    board.engine.host_wrote(CODE + 0x3001, 1)
    assert board.steps(1)["aw"] & 0xFF == 0x22

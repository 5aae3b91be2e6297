"""The lockstep engine: devices see one CPU, and a difference is reported with all that is needed to look into it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest

from korgm1.bus.memory import MemoryMap
from korgm1.bus.unmapped import UnmappedLog
from korgm1.cpu.lockstep_engine import LockstepEngine
from korgm1.cpu.v30_engine import V30Engine
from korgm1.errors import EXIT_CPU_FAULT, CpuDivergence

CODE = 0x1000


class Board:
    """64 KB of RAM; a port that counts its reads."""

    sink = None
    sink_ports = bytearray(0x2000)

    def __init__(self, code: str, kind: type[V30Engine] = LockstepEngine, **registers: int) -> None:
        self.memory = MemoryMap(UnmappedLog(now=lambda: 0))
        self.memory.map_ram(0, 0x10000)
        self.memory.image[0:0x400] = b"\x00\x02\x00\x00" * 0x100
        self.memory.image[CODE : CODE + len(bytes.fromhex(code))] = bytes.fromhex(code)
        self.seen: list[tuple[str, int, int, int]] = []
        self.on_port: Callable[[], None] = lambda: None
        self.reads = 0
        self.engine = kind(self.memory, self, self.acknowledge)
        start = {"ps": CODE >> 4, "pc": 0, "ss": 0, "sp": 0x8000, "ds0": 0, "ds1": 0}
        self.engine.set_registers({**start, **registers})

    def read(self, port: int) -> int:
        self.reads += 1
        self.seen.append(("in", self.engine.clock, port, self.reads))
        self.on_port()
        return self.reads & 0xFF

    def write(self, port: int, value: int) -> None:
        self.seen.append(("out", self.engine.clock, port, value))
        self.on_port()

    def acknowledge(self) -> int:
        self.seen.append(("ack", self.engine.clock, 0, 0))
        self.engine.set_int(0)
        return 0x20


def test_port_traffic_happens_once() -> None:
    """IN AL / OUT AL / INM word: every read gives another value, and both engines got the same."""
    code = "e4 10 e6 11 bf 00 30 ba 20 00 6d eb f3"
    board, alone = Board(code), Board(code, V30Engine)
    for each in (board, alone):
        each.engine.run(2_000)
    assert board.seen == alone.seen
    assert board.reads > 30
    assert board.engine.snapshot() == alone.engine.snapshot()
    assert board.memory.image[:] == alone.memory.image[:]


def test_reads_of_open_bus_happen_once(monkeypatch: pytest.MonkeyPatch) -> None:
    log: list[int] = []
    board = Board("8b 07 89 07 eb fa", ds0=0x5000, bw=1)
    monkeypatch.setattr(board.memory._unmapped, "note", lambda what, where, value: log.append(where))
    board.engine.run(28)
    assert log == [0x50001, 0x50002, 0x50001, 0x50002]


def test_interrupts_from_outside_and_out_of_a_callback() -> None:
    board = Board("fb 40 e6 10 40 eb fa", aw=0)
    board.memory.image[0x200] = 0xCF
    board.engine.host_wrote(0x200, 1)
    board.on_port = lambda: board.engine.set_int(1) if len(board.seen) % 3 == 0 else None
    for number in range(40):
        board.engine.run(board.engine.clock + 137)
        if number % 4 == 0:
            board.engine.set_int(1)
        if number % 9 == 0:
            board.engine.nmi()
    assert sum(what == "ack" for what, *_ in board.seen) > 15


def test_the_host_may_write_memory_and_registers() -> None:
    board = Board("a0 00 20 eb fb")
    for value in (1, 2, 3):
        board.memory.image[0x2000] = value
        board.engine.host_wrote(0x2000, 1)
        board.engine.set_registers({"cw": value})
        board.engine.run(board.engine.clock + 500)
        assert board.engine.registers()["aw"] == value


def test_pages_may_change_in_a_callback() -> None:
    board = Board("e6 10 a0 00 00 eb fe", ds0=0x2000, aw=0)

    def change() -> None:
        board.memory.map_ram(0x20000, 0x1000)
        board.memory.image[0x20000] = 0x77
        board.engine.pages_changed()

    board.on_port = change
    board.engine.run(200)
    assert board.engine.registers()["aw"] == 0x77


def _alike(code: str, on_port: Callable[[Board], None], clocks: int = 3_000, **registers: int) -> list[Board]:
    """The V30 core and lockstep on the same program, whose ports do the same; they end alike."""
    boards = [Board(code, kind, **registers) for kind in (V30Engine, LockstepEngine)]
    for board in boards:
        board.on_port = partial(on_port, board)
        board.engine.run(clocks)
    assert boards[1].seen == boards[0].seen
    assert len(boards[1].seen) > 20
    assert boards[1].engine.snapshot() == boards[0].engine.snapshot()
    assert boards[1].memory.image[:] == boards[0].memory.image[:]
    return boards


def test_a_device_may_write_memory_in_the_middle_of_a_block() -> None:
    """What was read before it must still be the old byte, what is read behind it the new one."""

    def store(board: Board) -> None:
        board.memory.image[0x2000] = len(board.seen) & 0xFF
        board.engine.host_wrote(0x2000, 1)

    _alike("02 06 00 20 e6 10 02 06 00 20 aa eb f3", store, iy=0x3000)


def test_a_device_may_write_the_code_that_follows() -> None:
    def patch(board: Board) -> None:
        board.memory.image[CODE + 4] = len(board.seen) & 0xFF
        board.engine.host_wrote(CODE + 4, 1)

    _alike("e6 10 90 04 00 aa eb f8", patch, iy=0x3000)


def test_the_acknowledge_may_write_the_vector() -> None:
    def request(board: Board) -> None:
        board.engine.set_int(1)

    boards = [Board("fb 40 e6 10 eb fb", kind) for kind in (V30Engine, LockstepEngine)]
    for board in boards:
        board.memory.image[0x200:0x203] = b"\x4b\xcf\x90"
        board.engine.host_wrote(0x200, 3)
        board.on_port = partial(request, board)

        def acknowledge(board: Board = board) -> int:
            board.memory.image[0x80] = len(board.seen) & 1
            board.engine.host_wrote(0x80, 1)
            return board.acknowledge()

        board.engine.bus.int_ack = acknowledge
        board.engine.run(3_000)
    assert boards[0].seen == boards[1].seen
    assert sum(what == "ack" for what, *_ in boards[0].seen) > 10
    assert boards[0].engine.snapshot() == boards[1].engine.snapshot()


def test_a_device_may_set_the_waits_and_the_poll_pin() -> None:
    def change(board: Board) -> None:
        waits = len(board.seen) & 3
        board.engine.set_waits(0x2000, 0x8000, waits, 3 - waits, 1, waits, 0xFF, 0)
        board.engine.set_poll(int(len(board.seen) == 60))

    boards = _alike("e6 10 ff 06 00 20 9b 50 58 eb f5", change, 20_000)
    assert len(boards[1].seen) == 60 and boards[1].engine.polling


def test_a_device_may_bring_the_horizon_forward() -> None:
    def earlier(board: Board) -> None:
        if len(board.seen) == 30:
            board.engine.lower_horizon(board.engine.clock + 11)

    boards = _alike("e6 10 40 43 eb fa", earlier, 10_000)
    assert boards[1].engine.clock < 1_000


@pytest.mark.parametrize("when", [1, 700, 1_500])
def test_a_snapshot_taken_between_runs_has_the_same_future(when: int) -> None:
    code = "fb 40 e6 10 ff 06 00 20 50 5b 8e db 8e c3 e2 f2"
    board = Board(code, cw=1_000)
    board.engine.run(when)
    block, memory = board.engine.snapshot(), board.memory.image[:]
    board.engine.run(4_000)
    other = Board(code)
    other.memory.image[:] = memory
    other.engine.host_wrote(0, len(memory))
    other.engine.restore(block)
    other.engine.run(4_000)
    assert other.engine.snapshot() == board.engine.snapshot()
    assert other.memory.image[:] == board.memory.image[:]


def test_halt_and_a_stopped_cpu_let_the_time_pass() -> None:
    board = Board("fa f4")
    board.engine.run(1_000)
    assert (board.engine.halted, board.engine.clock) == (True, 1_000)
    stopped = Board("0f 34 00")
    stopped.engine.run(1_000)
    assert stopped.engine.clock == 1_000
    assert stopped.engine.stopped is not None


def test_the_recorder_gets_the_cycles_once() -> None:
    code = "ff 06 00 20 50 58 e4 10 eb f6"
    cycles = []
    for kind in (V30Engine, LockstepEngine):
        board = Board(code, kind)
        board.engine.bus.record(1_000)
        board.engine.run(500)
        cycles.append(board.engine.bus.recorded())
    assert cycles[0] == cycles[1]
    assert len(cycles[0]) > 20


def test_an_exception_of_a_device_comes_out_of_run() -> None:
    board = Board("e6 10 eb fc")

    def fail() -> None:
        raise RuntimeError("the device broke")

    board.on_port = fail
    with pytest.raises(RuntimeError, match="the device broke"):
        board.engine.run(1_000)


def test_a_difference_in_registers_is_reported() -> None:
    """A byte changed behind the engine's back is in one of the two memories only."""
    board = Board("90 40 a0 00 20 eb fa", aw=0)
    board.engine.run(100)
    board.memory.image[0x2000] = 0x5A
    with pytest.raises(CpuDivergence) as caught:
        board.engine.run(1_000)
    report = str(caught.value)
    assert caught.value.exit_code == EXIT_CPU_FAULT
    assert "differ in the state" in report
    assert "0100:0002 a0 00 20" in report
    before, first, second = report.splitlines()[1:4]
    assert "pc=0002" in before and "pc=0005" in first and "pc=0005" in second
    assert first.split("aw=")[1][2:4] == "5A"
    assert second.split("aw=")[1][2:4] == "FF"
    assert "--engine v30" in report


def test_a_difference_in_a_written_byte_is_reported() -> None:
    """The byte beside a written one is compared as well: here it is not the same on both sides."""
    board = Board("c6 06 00 20 11 eb f9")
    board.engine.run(100)
    board.memory.image[0x2001] = 0x5A
    with pytest.raises(CpuDivergence, match=r"the memory(?s:.*)memory 02001: v30 5A, unicorn FF"):
        board.engine.run(1_000)


def test_what_a_stopped_block_wrote_is_reported_as_it_was_at_the_step() -> None:
    """The byte is written again within the same block; the report has the first time, and its code."""
    board = Board("fe 06 00 20 c6 06 01 10 06 eb f5")
    board.memory.image[0x2000] = 0x5A
    with pytest.raises(CpuDivergence) as caught:
        board.engine.run(1_000)
    report = str(caught.value)
    assert "after instruction 1, begun at clock 0, 0100:0000 fe 06 00 20" in report
    assert "MEMR 02000=5A5A/1  MEMW 02000=5B5B/1" in report
    assert "MEMR 02000=FFFF/1  MEMW 02000=0000/1" in report
    assert board.memory.image[0x1001] == 6
    board.engine.run(2_000)

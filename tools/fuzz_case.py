"""A case of tools/fuzz_cpu.py: memory, a state of the core, events; running it on two engines, and making it smaller.

Ports, device memory and the interrupt vector answer by address and clock, so a case can begin at any of its clocks.
"""

from __future__ import annotations

import json
import mmap
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from korgm1.cpu.engine import CpuOptions
from korgm1.cpu.lockstep_engine import LockstepEngine, SteppingLockstepEngine
from korgm1.cpu.unicorn_engine import UnicornEngine
from korgm1.cpu.v30_engine import V30Engine
from korgm1.errors import CpuDivergence

MEMORY = 0x100000
OPEN, RAM, ROM, DEVICE = range(4)


Event = tuple[int, str, int, bytes]


@dataclass(frozen=True)
class Case:
    """`core` is a snapshot of the V30 core, and "waits" for `waits_of`; `events` are (clock, what, where, bytes): int,
    nmi, poke."""

    memory: bytes
    pages: bytes
    core: dict[str, Any]
    events: tuple[Event, ...]
    until: int

    def to_json(self) -> str:
        """Readable: memory as runs of bytes that are not 0 (FF in open pages)."""
        return json.dumps({
            "memory": {f"{start:05X}": data.hex() for start, data in _runs(self.memory, self.pages)},
            "pages": {f"{page:02X}": kind for page, kind in enumerate(self.pages) if kind != RAM},
            "core": self.core, "events": [[clock, what, at, data.hex()] for clock, what, at, data in self.events],
            "until": self.until,
        }, indent=1) + "\n"  # fmt: skip


def from_json(path: Path) -> Case:
    """The case of a file that `Case.to_json` made."""
    data = json.loads(path.read_text("utf-8"))
    pages = bytearray([RAM]) * 256
    for page, kind in data["pages"].items():
        pages[int(page, 16)] = kind
    memory = bytearray(_blank(bytes(pages)))
    for start, hexes in data["memory"].items():
        run = bytes.fromhex(hexes)
        memory[int(start, 16) : int(start, 16) + len(run)] = run
    events = tuple((clock, what, at, bytes.fromhex(hexes)) for clock, what, at, hexes in data["events"])
    return Case(bytes(memory), bytes(pages), data["core"], events, data["until"])


def _blank(pages: bytes) -> bytes:
    return b"".join((b"\xff" if kind == OPEN else b"\0") * 0x1000 for kind in pages)


def _runs(memory: bytes, pages: bytes) -> Iterator[tuple[int, bytes]]:
    blank = _blank(pages)
    for start in range(0, MEMORY, 16):
        if memory[start : start + 16] != blank[start : start + 16]:
            yield start, memory[start : start + 16]


def waits_of(value: int) -> tuple[int, int, int, int, int, int, int, int]:
    """Arguments of `Engine.set_waits`: none in a quarter of the values, else other ones in each block."""
    if value & 3 == 0:
        return 0x80000, 0x80000, 0, 0, 0, 0, 0, 0
    lower, upper = 0x8000 << (value >> 2 & 3), 0x100000 - (0x8000 << (value & 3))
    return lower, upper, value >> 4 & 3, value & 3, value >> 5 & 3, value >> 6, value, 0x1234 << value & (1 << 256) - 1


@dataclass
class Board:
    """What an engine runs on; `traffic` is all it did to the outside."""

    sink = None
    sink_ports = bytearray(0x2000)

    image: mmap.mmap = field(default_factory=lambda: mmap.mmap(-1, MEMORY))
    pages: bytearray = field(default_factory=lambda: bytearray(256))
    traffic: list[tuple[str, int, int, int]] = field(default_factory=list)
    engine: Any = None

    def read(self, port: int) -> int:
        clock = self.engine.clock
        self.traffic.append(("in", clock, port, 0))
        return port * 37 + clock * 11 + (clock >> 5) & 0xFF

    def write(self, port: int, value: int) -> None:
        """Some ports move the interrupt lines, at once, or by an event that comes earlier than the horizon; others the
        POLL# pin, the waits, refresh, a byte of RAM, the kind of a page."""
        self.traffic.append(("out", self.engine.clock, port, value))
        what, page = port & 0x1F, port >> 8 ^ value
        if what == 5:
            self.engine.set_int(value & 1)
        elif what == 6:
            self.engine.nmi()
        elif what == 7:
            self.engine.lower_horizon(self.engine.clock + (value & 15))
        elif what == 8:
            self.engine.set_poll(int(value & 15 == 15))
        elif what == 9:
            self.engine.set_waits(*waits_of(value))
        elif what == 10 and self.pages[page] == RAM:
            self.image[page * 0x1000 + (port & 0xFFF)] = value
            self.engine.host_wrote(page * 0x1000 + (port & 0xFFF), 1)
        elif what == 11 and self.pages[page] in (RAM, ROM):
            self.pages[page] = RAM + ROM - self.pages[page]
            self.engine.pages_changed()
        elif what == 12:
            self.engine.set_refresh(8 * max(value >> 3, 5) if value & 4 else 0, value & 3)

    def device_read(self, address: int) -> int:
        self.traffic.append(("read", self.engine.clock, address, 0))
        if self.pages[address >> 12] == OPEN:
            return 0xFF
        return address * 29 + self.engine.clock & 0xFF

    def device_write(self, address: int, value: int) -> None:
        self.traffic.append(("write", self.engine.clock, address, value))

    def acknowledge(self) -> int:
        clock: int = self.engine.clock
        self.traffic.append(("ack", clock, 0, 0))
        self.engine.set_int(0)
        return clock >> 2 & 0xFF


Make = Callable[[Board], V30Engine]


def make_engine(kind: type[V30Engine], options: CpuOptions | None = None) -> Make:
    """A maker of that engine for `Runner`."""

    def make(board: Board) -> V30Engine:
        return kind(board, board, board.acknowledge, options=options or CpuOptions(write_overlap=True))

    return make


class Runner:
    """Engines that run cases: one (lockstep, which compares by itself), or two that are compared at the end.

    Args:
        makers: one or two.
        slice_clocks: the second engine runs in slices of at most so many clocks; 0 = whole.
    """

    def __init__(self, makers: tuple[Make, ...], slice_clocks: int = 0) -> None:
        self.boards = []
        self.slice_clocks = slice_clocks
        for make in makers:
            board = Board()
            board.engine = make(board)
            self.boards.append(board)
        self.instructions = 0

    def load(self, memory: bytes, pages: bytes) -> None:
        """Memory and page kinds, for all engines."""
        for board in self.boards:
            board.pages[:] = pages
            board.image[:] = memory
            board.engine.pages_changed()
            board.engine.host_wrote(0, MEMORY)

    def run(self, case: Case) -> str:
        """Run from `case.core` on the memory as it is; "" or the difference in words."""
        ends = []
        for number, board in enumerate(self.boards):
            board.traffic.clear()
            if board.pages != case.pages:
                board.pages[:] = case.pages
                board.engine.pages_changed()
            board.engine.set_waits(*waits_of(case.core.get("waits", 0)))
            board.engine.restore(case.core)
            try:
                _run(board, case, self.slice_clocks if number else 0)
            except CpuDivergence as difference:
                return str(difference)
            ends.append(board)
        engine = ends[0].engine
        self.instructions += engine.instructions - case.core["instructions"]
        return _difference(*ends) if len(ends) == 2 else ""

    def check(self, case: Case) -> str:
        """`load` and `run`."""
        self.load(case.memory, case.pages)
        return self.run(case)


def _run(board: Board, case: Case, slice_clocks: int) -> None:
    engine = board.engine
    for clock, what, at, data in (*case.events, (case.until, "end", 0, b"")):
        while engine.clock < clock:
            engine.run(min(clock, engine.clock + slice_clocks) if slice_clocks else clock)
        if what == "int":
            engine.set_int(at)
        elif what == "nmi":
            engine.nmi()
        elif what == "poke":
            board.image[at : at + len(data)] = data
            engine.host_wrote(at, len(data))


def _difference(one: Board, other: Board) -> str:
    a, b = one.engine.snapshot(), other.engine.snapshot()
    for name in a:
        if a[name] != b[name]:
            return f"{name} is {a[name]!r} and {b[name]!r}"
    for number, (x, y) in enumerate(zip(one.traffic, other.traffic, strict=False)):
        if x != y:
            return f"access {number} is {x} and {y}"
    if len(one.traffic) != len(other.traffic):
        return f"{len(one.traffic)} and {len(other.traffic)} accesses"
    x_image, y_image = one.image[:], other.image[:]
    if x_image != y_image:
        at = next(address for address in range(MEMORY) if x_image[address] != y_image[address])
        return f"memory {at:05X} is {x_image[at]:02X} and {y_image[at]:02X}"
    return ""


LOCKSTEP = (make_engine(SteppingLockstepEngine),)
BLOCKS = (make_engine(LockstepEngine),)
FREE = (make_engine(V30Engine), make_engine(UnicornEngine))


def shrink(case: Case, makers: tuple[Make, ...], slice_clocks: int = 0) -> Case | None:
    """A smaller case on which fresh engines still differ; None when fresh ones do not differ on this one."""

    def fails(candidate: Case) -> bool:
        return bool(Runner(makers, slice_clocks).check(candidate))

    if not fails(case):
        return None
    case = _earlier_end(case, fails)
    case = _later_start(case, makers[0] if len(makers) == 2 else make_engine(V30Engine), fails)
    for event in case.events:
        case = _take(case, replace(case, events=tuple(each for each in case.events if each != event)), fails)
    for page in range(256):
        if case.pages[page] != RAM:
            kinds = case.pages[:page] + bytes([RAM]) + case.pages[page + 1 :]
            case = _take(case, replace(case, pages=kinds), fails)
    return _plain_core(_blank_memory(case, fails), fails)


def _take(case: Case, candidate: Case, fails: Callable[[Case], bool]) -> Case:
    return candidate if fails(candidate) else case


def _earlier_end(case: Case, fails: Callable[[Case], bool]) -> Case:
    low, high = int(case.core["clock"]), case.until
    while high - low > 1:
        middle = (low + high) // 2
        events = tuple(event for event in case.events if event[0] <= middle)
        if fails(replace(case, until=middle, events=events)):
            high = middle
        else:
            low = middle
    return replace(case, until=high, events=tuple(event for event in case.events if event[0] <= high))


def _later_start(case: Case, make: Make, fails: Callable[[Case], bool]) -> Case:
    """Begin as few boundaries before the end as will do."""
    starts = [case]
    runner = Runner((make,))
    runner.load(case.memory, case.pages)
    board = runner.boards[0]
    engine = board.engine
    engine.restore(case.core)
    engine.set_waits(*waits_of(case.core.get("waits", 0)))
    events = list(case.events)
    while engine.clock < case.until and len(starts) < 5000:
        ahead = engine.clock + 1
        while events and events[0][0] <= engine.clock:
            _run(board, replace(case, events=(events.pop(0),), until=engine.clock), 0)
        engine.run(ahead)
        if engine.stopped or engine.halted:
            break
        starts.append(replace(case, core=engine.snapshot(), memory=b"", events=tuple(events)))
    distance = 1
    while distance < len(starts):
        candidate = _at(starts[-1 - distance], case, make)
        if fails(candidate):
            return candidate
        distance *= 2
    return case


def _at(start: Case, case: Case, make: Make) -> Case:
    """`start` with the memory as the first engine leaves it there."""
    runner = Runner((make,))
    events = tuple(event for event in case.events if event not in start.events)
    runner.check(replace(case, until=start.core["clock"], events=events))
    return replace(start, memory=runner.boards[0].image[:])


def _blank_memory(case: Case, fails: Callable[[Case], bool]) -> Case:
    blank = _blank(case.pages)
    for size in (0x40000, 0x8000, 0x1000, 0x100, 0x10, 1):
        for start in range(0, MEMORY, size):
            part = slice(start, start + size)
            if case.memory[part] != blank[part]:
                memory = case.memory[:start] + blank[part] + case.memory[start + size :]
                case = _take(case, replace(case, memory=memory), fails)
    return case


def _plain_core(case: Case, fails: Callable[[Case], bool]) -> Case:
    """Registers and latches 0 where that changes nothing."""
    latches = ("int_line", "nmi_latch", "poll_line", "shadow", "trap_armed", "md_writable")
    for name in ("waits", "refresh_interval", *latches):
        case = _take(case, replace(case, core={**case.core, name: 0}), fails)
    for name in ("r", "s"):
        for index in range(len(case.core[name])):
            values = list(case.core[name])
            values[index] = 0
            case = _take(case, replace(case, core={**case.core, name: values}), fails)
    return _take(case, replace(case, core={**case.core, "psw": case.core["psw"] & 0x8000 | 0x7002}), fails)

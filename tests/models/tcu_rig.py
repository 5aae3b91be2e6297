"""A TCU at reset with its edges written down, and counters of their own."""

from __future__ import annotations

from korgm1.clock import Scheduler
from korgm1.line import Line
from korgm1.onchip.tcu import Tcu
from korgm1.onchip.tcu_counter import Counter


class Rig:
    """A TCU at reset (TCKS 0: a timer clock every 2 CPU clocks), with its edges written down."""

    def __init__(self, tcks: int = 0) -> None:
        self.scheduler = Scheduler()
        self.lines = [Line(f"TOUT{n}") for n in range(3)]
        self.edges: list[list[tuple[int, int]]] = [[], [], []]
        self.periods: list[int | None] = []
        self.tcu = Tcu(self.scheduler, *self.lines, lambda period, fall: self.periods.append(period))
        self.tcu.reset("power")
        self.tcu.set_tcks(tcks)
        for line, edges in zip(self.lines, self.edges, strict=True):
            line.connect(lambda level, edges=edges: edges.append((self.scheduler.now, level)))

    def run(self, clock: int) -> None:
        self.scheduler.run_due(clock)

    def program(self, timer: int, mode: int, count: int, bcd: int = 0) -> None:
        self.tcu.write(3, timer << 6 | 0x30 | mode << 1 | bcd)
        self.tcu.write(timer, count & 0xFF)
        self.tcu.write(timer, count >> 8)

    def count(self, timer: int) -> int:
        self.tcu.write(3, timer << 6)
        return self.tcu.read(timer) | self.tcu.read(timer) << 8

    def status(self, timer: int) -> int:
        self.tcu.write(3, 0xE0 | 2 << timer)
        return self.tcu.read(timer)


def wave(counter: Counter, ticks: int) -> list[tuple[int, int]]:
    seen = []
    for _ in range(ticks):
        counter.advance(1)
        seen.append((counter.value(), counter.out))
    return seen


def programmed(mode: int, count: int, **how: object) -> Counter:
    counter = Counter(**how)  # type: ignore[arg-type]
    counter.control(mode, False)
    counter.write_count(count)
    return counter

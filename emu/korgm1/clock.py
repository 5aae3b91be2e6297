"""The one timeline: CPU clocks of 8 MHz since power-on, an integer.

32 MHz crystal / 2 = 16 MHz into the V50, / 2 inside = 8 MHz CLKOUT (facts: m1-hardware 1.1).
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from typing import Any

CPU_HZ = 8_000_000
"""CPU clocks a second."""
FRAME_RATE = CPU_HZ // 256
"""Frames of sound a second, by which times and frequencies are named; H-FS=250 makes them 2.4 % shorter and higher."""


def seconds(clocks: int) -> float:
    """Clocks as seconds, for people to read; never used to schedule.

    >>> seconds(4_000_000)
    0.5
    """
    return clocks / CPU_HZ


def clocks(seconds: float) -> int:
    """Seconds as the nearest whole clock.

    >>> clocks(0.001)
    8000
    """
    return round(seconds * CPU_HZ)


class Timer:
    """One named event that a device starts, restarts and cancels; made by `Scheduler.timer`."""

    def __init__(self, scheduler: Scheduler, name: str, fire: Callable[[], None]) -> None:
        self._scheduler = scheduler
        self.name = name
        self._fire = fire
        self._entry: list[Any] | None = None

    @property
    def due(self) -> int | None:
        """The clock at which it fires, or None while it is not running."""
        return None if self._entry is None else int(self._entry[0])

    def start(self, delay: int) -> None:
        """Fire `delay` clocks from now (0 or more); a running timer is moved."""
        self.start_at(self._scheduler.now + delay)

    def start_at(self, clock: int) -> None:
        """Fire at the absolute `clock`; one that has passed fires at the next boundary."""
        self.cancel()
        self._entry = self._scheduler._push(clock, self)

    def cancel(self) -> None:
        """Stop it; a timer that is not running stays so."""
        if self._entry is not None:
            self._entry[2] = None
            self._entry = None
            self._scheduler._one_cancelled()


class Scheduler:
    """Events on the timeline; ties fire in the order they were started.

    The CPU runs up to `headroom()` clocks, then `run_due` fires what has come due. `now` is exact inside a port
    callback (it asks `time_source`, the running CPU) and is the event's own due clock inside its callback.

    >>> s = Scheduler()
    >>> t = s.timer("tick", lambda: print("tick at", s.now))
    >>> t.start(10)
    >>> s.headroom(100)
    10
    >>> s.run_due(12)
    tick at 10
    """

    def __init__(self) -> None:
        self._clock = 0
        self._queue: list[list[Any]] = []
        self._order = 0
        self._cancelled = 0
        self._timers: dict[str, Timer] = {}
        self.time_source: Callable[[], int] | None = None
        self.on_earlier: Callable[[int], None] | None = None

    @property
    def now(self) -> int:
        """The current clock."""
        return self._clock if self.time_source is None else self.time_source()

    def timer(self, name: str, fire: Callable[[], None]) -> Timer:
        """A new timer under a unique name (the name is its identity in a snapshot).

        Raises:
            ValueError: the name is taken.
        """
        if name in self._timers:
            raise ValueError(f"two timers named {name!r}")
        timer = self._timers[name] = Timer(self, name, fire)
        return timer

    def headroom(self, limit: int) -> int:
        """Clocks from now until the next event, at most `limit`, at least 0."""
        queue = self._queue
        if queue and queue[0][2] is None:
            self._drop_cancelled()
        if not queue:
            return limit
        room = int(queue[0][0]) - self._clock
        return limit if room > limit else room if room > 0 else 0

    def run_due(self, clock: int) -> None:
        """Move to `clock` (an instruction boundary) and fire, in order, every event due by then."""
        source, self.time_source = self.time_source, None
        try:
            while self._queue:
                due, _, timer = self._queue[0]
                if timer is None:
                    self._drop_cancelled()
                    continue
                if due > clock:
                    break
                heapq.heappop(self._queue)
                if due > self._clock:
                    self._clock = int(due)
                timer._entry = None
                timer._fire()
            self._clock = clock
        finally:
            self.time_source = source

    def snapshot(self) -> dict[str, Any]:
        """The clock, and the running timers as [name, clocks from now], in firing order."""
        running = sorted(e for e in self._queue if e[2] is not None)
        return {"clock": self._clock, "timers": [[e[2].name, e[0] - self._clock] for e in running]}

    def restore(self, block: dict[str, Any]) -> None:
        """Take a snapshot back: every timer is set running or stopped as it was.

        Raises:
            KeyError: the snapshot names a timer this machine has not got.
        """
        for timer in self._timers.values():
            timer.cancel()
        self._queue.clear()
        self._cancelled = 0
        self._clock = int(block["clock"])
        for name, offset in block["timers"]:
            timer = self._timers[name]
            timer._entry = self._push(self._clock + int(offset), timer)

    def _push(self, clock: int, timer: Timer) -> list[Any]:
        self._order += 1
        entry: list[Any] = [clock, self._order, timer]
        heapq.heappush(self._queue, entry)
        if self.on_earlier is not None and self._queue[0] is entry:
            self.on_earlier(clock)
        return entry

    def _one_cancelled(self) -> None:
        """At most as many cancelled entries stay in the queue as there are timers."""
        self._cancelled += 1
        if self._cancelled > len(self._timers):
            self._queue = [entry for entry in self._queue if entry[2] is not None]
            heapq.heapify(self._queue)
            self._cancelled = 0

    def _drop_cancelled(self) -> None:
        while self._queue and self._queue[0][2] is None:
            heapq.heappop(self._queue)
            self._cancelled -= 1

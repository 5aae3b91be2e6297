"""Where a debugger wants the CPU to stop: tables by address, port and vector that every engine looks at in C.

While there are some, every engine steps with the V30 core (cext/stops.c), as under a trace; clocks are the same, and
lockstep goes on comparing. A stop ends the run at an instruction boundary: in front of a marked instruction, behind the
one that made a marked access, in front of the first instruction of a marked interrupt's handler.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from korgm1.cpu.native import CYCLE_KINDS, ffi, lib

NEVER = (1 << 64) - 1
EXEC, ACCESS, VECTOR, LIMIT, PLACE, RETURN, HOST = (
    int(n) for n in (
        lib.STOPS_EXEC, lib.STOPS_ACCESS, lib.STOPS_VECTOR, lib.STOPS_LIMIT, lib.STOPS_PLACE, lib.STOPS_RETURN,
        lib.STOPS_HOST,
    )
)
"""Bits of `Stops.hit`."""
_MEMORY = {"exec": lib.TRACE_EXEC, "memr": lib.TRACE_MEMR, "memw": lib.TRACE_MEMW}
_PORT = {"in": lib.TRACE_IN, "out": lib.TRACE_OUT}
_KINDS = {"MEMR": "memr", "MEMW": "memw", "IOR": "in", "IOW": "out"}


class Match(NamedTuple):
    """An access that was marked: "memr", "memw", "in" or "out", where, the value, and whether it was a word."""

    kind: str
    address: int
    value: int
    word: bool


class Stops:
    """The C side; hand it to a machine's or a session's `stop_at`. Between `begin` and `end` runs stop.

    >>> stops = Stops(); stops.mark([("exec", 0xFFFF0, 0xFFFF0), ("out", 0xA00, 0xA0F)], vectors=[0x20])
    >>> stops.steps, stops.hit
    (0, 0)
    """

    def __init__(self) -> None:
        self.pointer = ffi.new("stops *")
        self._cpu: Any = ffi.NULL
        self._marked: list[tuple[str, int, int]] = []
        self.end()

    def attach(self, cpu: Any) -> None:
        """The core that runs with them from now on."""
        self._cpu = cpu

    def mark(
        self, ranges: Iterable[tuple[str, int, int]], vectors: Iterable[int] = (), follow_vectors: bool = False
    ) -> None:
        """Stop there from now on, and nowhere else.

        Args:
            ranges: ("exec", "memr", "memw", "in" or "out", first, last): physical addresses, or ports.
            vectors: of interrupts and traps.
            follow_vectors: say of every step which vector it took, too.
        """
        pointer = self.pointer
        for kind, first, last in self._marked:
            self._flags(kind)[first : last + 1] = bytes(last + 1 - first)
        self._marked = list(ranges)
        for kind, first, last in self._marked:
            flags, bit = self._flags(kind), _MEMORY.get(kind) or _PORT[kind]
            flags[first : last + 1] = bytes(value | bit for value in bytes(flags[first : last + 1]))
        pointer.accesses = any(kind != "exec" for kind, _, _ in self._marked)
        wanted = set(vectors)
        ffi.buffer(pointer.vector)[:] = bytes(number in wanted for number in range(256))
        pointer.vectors = bool(wanted) or follow_vectors

    def _flags(self, kind: str) -> Any:
        return ffi.buffer(self.pointer.memory if kind in _MEMORY else self.pointer.port)

    @property
    def hit(self) -> int:
        """What ended the run, bits as `EXEC`; 0 while nothing did."""
        return int(self.pointer.hit)

    @property
    def steps(self) -> int:
        """Steps so far: instructions, elements of repeated ones, interrupts taken."""
        return int(self.pointer.steps)

    @steps.setter
    def steps(self, count: int) -> None:
        self.pointer.steps = count

    @property
    def taken(self) -> bool:
        """The last step was an interrupt, or the end of HALT, and no instruction."""
        return bool(self.pointer.taken)

    @property
    def began(self) -> tuple[int, int, int]:
        """Clock, PS and PC of the last step's begin."""
        place = int(self.pointer.from_place)
        return int(self.pointer.from_clock), place >> 16, place & 0xFFFF

    @property
    def is_here(self) -> bool:
        """A marked instruction is next."""
        return bool(lib.stops_is_here(self.pointer, self._cpu))

    @property
    def matches(self) -> list[Match]:
        """The marked accesses of the last step, in their order, eight at most."""
        found = []
        for cycle in self.pointer.matches[0 : self.pointer.count]:
            word = not cycle.ube and not cycle.address & 1
            value = cycle.data if word else cycle.data >> 8 if cycle.address & 1 else cycle.data & 0xFF
            found.append(Match(_KINDS[CYCLE_KINDS[cycle.kind]], int(cycle.address), int(value), word))
        return found

    @property
    def vector(self) -> int | None:
        """The vector the last step took, where vectors are followed."""
        return None if self.pointer.taken_vector < 0 else int(self.pointer.taken_vector)

    def begin(self, quiet: bool = False, limit: int = NEVER, passed: int = NEVER) -> None:
        """Runs may go on, and stop.

        Args:
            quiet: at `limit` alone.
            limit: of `steps`.
            passed: an instruction there (PS << 16 | PC) does not stop the first time.
        """
        pointer = self.pointer
        pointer.hit = pointer.to_wanted = pointer.return_wanted = 0
        pointer.quiet, pointer.limit, pointer.passed_place = quiet, limit, passed

    def until(self, place: int, sp: int) -> None:
        """Stop in front of an instruction (PS << 16 | PC), too, when SP is there or above."""
        self.pointer.to_wanted, self.pointer.to_place, self.pointer.to_sp = 1, place, sp

    def until_return(self, sp: int) -> None:
        """Stop behind a return, too, that began with SP there or above."""
        self.pointer.return_wanted, self.pointer.return_sp = 1, sp

    def end(self) -> None:
        """Nothing stops any more; steps are counted."""
        self.begin(quiet=True)

    def hit_now(self) -> None:
        """Called out of a device's callback: the run ends at the next boundary, unless it is quiet."""
        if not self.pointer.quiet:
            self.pointer.hit |= HOST
            if self._cpu:
                self._cpu.horizon = 0

"""Where a debugger wants the CPU to stop: rules with conditions, which every engine looks at in C.

While there are some, every engine steps with the V30 core (cext/stops.c), as under a trace; clocks are the same, and
lockstep goes on comparing. A stop ends the run at an instruction boundary: in front of a rule's instruction, behind the
one that made its access, in front of the first instruction of its interrupt's handler.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from korgm1.cpu.conditions import Program, compiled
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


class Rule(NamedTuple):
    """What is stopped at.

    Attributes:
        kinds: any of "exec", "memr", "memw", "in", "out", "int".
        first, last: physical addresses, ports or vectors.
        condition: holds where it leaves a number that is not 0; empty: always.
    """

    kinds: tuple[str, ...]
    first: int
    last: int
    condition: Program = ()


class Stops:
    """The C side; hand it to a machine's or a session's `stop_at`. Between `begin` and `end` runs stop.

    >>> stops = Stops(); stops.mark([Rule(("exec",), 0xFFFF0, 0xFFFF0), Rule(("out",), 0xA00, 0xA0F)])
    >>> stops.steps, stops.hit
    (0, 0)
    """

    def __init__(self) -> None:
        self.pointer = ffi.new("stops *")
        self._cpu: Any = ffi.NULL
        self._rules: list[Rule] = []
        self._kept: list[Any] = []
        self._handle = ffi.new_handle(self)
        self.pointer.user, self.pointer.peek = self._handle, lib.stops_peek
        self.peek: Callable[[int], int] = lambda address: 0xFF
        """Of memory that a device answers, without side effects."""
        self.end()

    def attach(self, cpu: Any, peek: Callable[[int], int]) -> None:
        """The core that runs with them from now on, and how its devices' memory is peeked at."""
        self._cpu, self.peek = cpu, peek

    def mark(self, rules: Iterable[Rule], follow_vectors: bool = False) -> None:
        """Stop there from now on, and nowhere else.

        Args:
            rules: each one stops; `held` has them by their place here.
            follow_vectors: say of every step which vector it took, too.
        """
        pointer = self.pointer
        for rule in self._rules:
            for kind in rule.kinds:
                if kind != "int":
                    self._flags(kind)[rule.first : rule.last + 1] = bytes(rule.last + 1 - rule.first)
        self._rules = list(rules)
        programs = [compiled(rule.condition) for rule in self._rules]
        native = ffi.new("stops_rule[]", len(self._rules) or 1)
        for rule, own, program in zip(self._rules, native, programs, strict=False):
            own.first, own.last, own.program, own.length = rule.first, rule.last, program, len(rule.condition)
            for kind in rule.kinds:
                self._put(rule, own, kind)
        self._kept = [native, *programs]
        pointer.rules, pointer.rule_count, pointer.held = native, len(self._rules), 0
        kinds = {kind for rule in self._rules for kind in rule.kinds}
        pointer.accesses = bool(kinds - {"exec", "int"})
        pointer.vectors = "int" in kinds or follow_vectors

    def _put(self, rule: Rule, own: Any, kind: str) -> None:
        if kind == "int":
            own.vector = 1
            return
        bit, flags = _MEMORY.get(kind) or _PORT[kind], self._flags(kind)
        if kind in _MEMORY:
            own.memory |= bit
        else:
            own.port |= bit
        there = bytes(flags[rule.first : rule.last + 1])
        flags[rule.first : rule.last + 1] = there.translate(bytes(value | bit for value in range(256)))

    def _flags(self, kind: str) -> Any:
        return ffi.buffer(self.pointer.memory if kind in _MEMORY else self.pointer.port)

    @property
    def held(self) -> dict[int, int]:
        """The rules that are hit at this boundary, by their place in `mark`, and the place in `matches` that did it.

        Those of the instruction that is next are among them if the run stopped in front of it, or after `is_here`.
        """
        rules = self.pointer.rules
        return {place: int(rules[place].match) for place in range(self.pointer.rule_count) if rules[place].held}

    def last_byte(self, way: str, port: int) -> int:
        """The byte that was last read from ("in") or written to a port ("out") while these stops followed; -1: none."""
        ports = self.pointer.ports
        if not ports.seen[port] & _PORT[way]:
            return -1
        return int((getattr(ports, "in") if way == "in" else ports.out)[port])

    def last_bytes(self) -> bytes:
        """All of `last_byte`, packed, for `put_last_bytes`."""
        return zlib.compress(bytes(ffi.buffer(ffi.addressof(self.pointer, "ports"))), 1)

    def put_last_bytes(self, packed: bytes | None) -> None:
        """Take them back; None: nothing was read or written yet."""
        size = ffi.sizeof("condition_ports")
        ffi.buffer(ffi.addressof(self.pointer, "ports"))[:] = bytes(size) if packed is None else zlib.decompress(packed)

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

    def is_here(self) -> bool:
        """An instruction of a rule is next; it is among `held` from now on."""
        return bool(lib.stops_is_here(self.pointer, self._cpu))

    @property
    def matches(self) -> list[Match]:
        """The accesses of the last step that rules cover, in their order, eight at most."""
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

    def begin(self, quiet: bool = False, limit: int = NEVER, passed: int = NEVER, again: bool = False) -> None:
        """Runs may go on, and stop.

        Args:
            quiet: at `limit` alone.
            limit: of `steps`.
            passed: an instruction there (PS << 16 | PC) does not stop the first time.
            again: it was all run before, and no trace is to have it twice.
        """
        pointer = self.pointer
        pointer.hit = pointer.to_wanted = pointer.return_wanted = 0
        pointer.quiet, pointer.limit, pointer.passed_place, pointer.again = quiet, limit, passed, again

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


@ffi.def_extern()  # type: ignore[untyped-decorator]
def stops_peek(user: Any, address: int) -> int:
    stops: Stops = ffi.from_handle(user)
    return stops.peek(address)

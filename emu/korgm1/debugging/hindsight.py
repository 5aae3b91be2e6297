"""Hindsight: back in time, and what can be told of the past by running it again."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

from korgm1.cpu.stops import NEVER
from korgm1.debugging.looking import Line
from korgm1.debugging.running import SLICE, Running
from korgm1.debugging.stop import Halt, Stop
from korgm1.errors import UsageError


class PortAccess(NamedTuple):
    """An access to a port: clock, "in" or "out", port, byte, and where the instruction stands."""

    clock: int
    way: str
    port: int
    value: int
    ps: int
    pc: int


class Step(NamedTuple):
    """A step that was made.

    Attributes:
        clock: at which it began.
        line: the instruction; of an interrupt the one in front of which it was taken.
        taken: it was an interrupt, or the end of HALT.
        operand: segment, offset, bytes and value of its memory operand in front of it, or None.
        port: in DW, and the byte that went there or came, of IN and OUT by DW; or None.
        changed: the registers that it changed, PC aside, with what they were and became.
    """

    clock: int
    line: Line
    taken: bool
    operand: tuple[int, int, int, int] | None
    port: tuple[int, int] | None
    changed: dict[str, tuple[int, int]]


class Hindsight(Running):
    """See `Debugger`."""

    def back(self, n: int = 1) -> Halt:
        """`n` steps back; inputs on the way are undone.

        Raises:
            UsageError: a recording is under way, or no such number.
        """
        self._check_count(n)
        self._check_unrecorded()
        self._journal.mark("back")
        reached, undone = self._journal.back_to(self._native.steps - n)
        return self._halt("step" if reached else "start", undone=undone)

    def back_to_stop(self, asked: Callable[[], object] = lambda: False) -> Halt:
        """Back to the last time before now that a stop was hit; to the beginning of what is remembered if never.

        Raises:
            UsageError: a recording is under way.
        """
        self._check_unrecorded()
        self._journal.mark("back-to-stop")
        halt = self._travel(asked)
        if halt is None:
            self._journal.restore(0)
            halt = self._halt("start", undone=self._journal.forget_behind(0))
        return halt

    def back_to(self, stop: Stop, asked: Callable[[], object] = lambda: False, here: bool = True) -> Halt:
        """Back to the last time that this one was hit, whatever other stops there are.

        Where it never was, in what is remembered, it stays where it is: "never".

        Args:
            stop: not of `add`.
            asked: as for `go`; ends it where it began.
            here: what the last step did counts, too.

        Raises:
            UsageError: a recording is under way.
        """
        self._check_unrecorded()
        self._journal.mark(f"back to {stop.describe()}")
        own, self.stops = self.stops, {0: stop}
        self._mark()
        try:
            halt = self._travel(asked, here)
            if halt is None:
                self._journal.undo()
                return self._halt("never")
            return halt
        finally:
            self.stops = own
            self._mark()

    @property
    def remembered_since(self) -> int:
        """The clock of the earliest state that can be gone back to, since the power was last switched on."""
        moments = self._journal.moments
        return next(moment.clock for moment in moments if moment.switched == moments[-1].switched)

    def _travel(self, asked: Callable[[], object], here: bool = False) -> Halt | None:
        """Back to the last hit of any stop, by the last step, too, with `here`; None: never, and now is somewhere."""
        journal = self._journal
        moments = journal.moments
        end = self._native.steps
        self._counts = False
        try:
            for place in range(len(moments) - 1, -1, -1):
                if asked():
                    journal.undo()
                    return self._halt("asked")
                found = self._last_hit(place, end, here)
                if found is not None:
                    undone = journal.forget_behind(place)
                    journal.restore(place)
                    journal.run_quietly(found[0])
                    return replace(found[1], undone=undone)
                if moments[place].steps <= end:
                    end, here = moments[place].steps, True
        finally:
            self._counts = True
        return None

    def _last_hit(self, place: int, end: int, at_end: bool) -> tuple[int, Halt] | None:
        """The last hit of a stretch up to so many steps; its end is looked at first, as there may be many."""
        begin = self._journal.moments[place].steps
        self._journal.restore(place)
        if begin >= end or self._hits(end, at_end, first_only=True) is None:
            return None
        window = 1 << 10
        while begin < end:
            self._journal.restore(place)
            self._journal.run_quietly(end - window)
            found = self._hits(end, at_end)
            if found is not None or end - window <= begin:
                return found
            window <<= 4
        return None

    def _hits(self, end: int, at_end: bool, first_only: bool = False) -> tuple[int, Halt] | None:
        """The last hit from here up to so many steps, or the first.

        Args:
            end: steps; in front of the instruction there is no hit.
            at_end: what the last step before it did is one.
            first_only: the first.
        """
        own, found, passed = self._native, None, NEVER
        self._shown = self._texts_shown()
        while own.steps < end and self.session.powered:
            self._appeared = set()
            own.begin(limit=end, passed=passed, again=True)
            try:
                while not own.hit and self.session.stopped is None and self.session.frozen is None:
                    self.session.run_until(self.session.clock + SLICE)
                if not own.hit or (own.steps >= end and not at_end):
                    return found
                stops = [stop for stop in self._matched(own.hit) if own.steps < end or stop.kind != "exec"]
                if stops:
                    found = own.steps, self._halt("stop", tuple(stops))
                    if first_only:
                        return found
                passed = self._packed(self.where)
            finally:
                own.end()
        return found

    def last_port_accesses(self, count: int, first: int = 0, last: int = 0xFFFF) -> list[PortAccess]:
        """The latest accesses to ports before now, the oldest first, found by running the last stretches again.

        Args:
            count: so many at most; fewer where the two stretches before now have fewer.
            first, last: of these ports.

        Raises:
            UsageError: a recording is under way.
        """
        self._check_unrecorded()
        found: deque[PortAccess] = deque(maxlen=count)

        def seen(way: str, port: int, value: int) -> None:
            if first <= port <= last:
                _, ps, pc = self._native.began
                found.append(PortAccess(self.session.clock, way, port, value, ps, pc))

        self._journal.again(seen)
        return list(found)

    def history(self, count: int, register: str | None = None) -> list[Step]:
        """The last steps before now, the oldest first, made again one by one.

        Args:
            count: so many; fewer at the beginning of what is remembered.
            register: only steps that changed it, by NEC's name, of so many.

        Raises:
            UsageError: a recording is under way.
        """
        self._check_unrecorded()
        steps: list[Step] = []

        def run(end: int) -> None:
            while self._native.steps < end:
                if self._native.steps < start:
                    self._journal.run_quietly(min(start, end))
                    continue
                before, reached = self.registers(), self._native.steps
                line = self.disassemble()[0]
                operand = self._operand_value(line)
                self._journal.run_quietly(reached + 1)
                if self._native.steps == reached:
                    return
                now = self.registers()
                changed = {name: (old, now[name]) for name, old in before.items() if now[name] != old and name != "pc"}
                if register is None or register in changed:
                    form = line.instruction.form
                    by_dw = form is not None and form.name in ("EC", "ED", "EE", "EF")
                    port = (before["dw"], now["aw"] & 0xFF) if by_dw else None
                    steps.append(Step(self._native.began[0], line, self._native.taken, operand, port, changed))

        start = max(0, self._native.steps - count)
        self._journal.through(start, run)
        return steps

    def _operand_value(self, line: Line) -> tuple[int, int, int, int] | None:
        operand = self.operand(line)
        if operand is None:
            return None
        segment, offset, size = operand
        return segment, offset, size, int.from_bytes(self.read(self.address(segment, offset), size), "little")

    # small things

    def _check_unrecorded(self) -> None:
        if self.session.recording:
            raise UsageError("a recording is under way, which knows no way back", "no --record")

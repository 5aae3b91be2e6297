"""What a debugger runs, and what stops it."""

from __future__ import annotations

from collections.abc import Callable

from korgm1.clock import CPU_HZ
from korgm1.cpu import stops as native
from korgm1.cpu.stops import NEVER, Match, Stops
from korgm1.debugging.journal import Journal
from korgm1.debugging.looking import Looking
from korgm1.debugging.stop import Halt, Stop
from korgm1.errors import UsageError
from korgm1.session import Session

IDLE = 10 * CPU_HZ
"""Clocks without a step after which nothing will wake the CPU any more: ten seconds."""
SLICE = CPU_HZ // 8
"""Clocks after which somebody may ask a run to end."""


class Running(Looking):
    """Run control: see `Debugger`."""

    longest: int | None = None

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.stops: dict[int, Stop] = {}
        self._marked: list[Stop] = []
        self._native = Stops()
        self._shown: set[str] = set()
        self._appeared: set[str] = set()
        self._last_number = 0
        self._counts = True
        self.told: Callable[[Halt], None] = lambda halt: None
        """Called at a stop that only tells."""
        session.stop_at(self._native, self._lcd_changed)
        self._journal = Journal(session, self._native)

    def detach(self) -> None:
        """The session is free again, exactly where it is."""
        self._native.end()
        self.session.stop_at(None)

    # stops

    def add(self, stop: Stop) -> int:
        """Stop there from now on.

        Returns:
            Its number.
        """
        self._last_number += 1
        stop.number = self._last_number
        self.stops[stop.number] = stop
        self._mark()
        return stop.number

    def remove(self, number: int) -> None:
        """Forget a stop.

        Raises:
            UsageError: there is none of that number.
        """
        self.stop(number)
        del self.stops[number]
        self._mark()

    def enable(self, number: int, enabled: bool = True) -> None:
        """Have a stop stop, or not.

        Raises:
            UsageError: there is none of that number.
        """
        self.stop(number).enabled = enabled
        self._mark()

    def stop(self, number: int) -> Stop:
        """One of `stops`.

        Raises:
            UsageError: there is none of that number.
        """
        if number not in self.stops:
            known = ", ".join(map(str, self.stops))
            if known:
                raise UsageError(f"there is no stop {number}", f"one of {known}")
            raise UsageError(f"there is no stop {number}, none is set")
        return self.stops[number]

    def _mark(self) -> None:
        rules = [(stop, stop.rule) for stop in self.stops.values() if stop.enabled]
        self._marked = [stop for stop, rule in rules if rule is not None]
        self._native.mark(rule for _, rule in rules if rule is not None)

    def _lcd_changed(self) -> None:
        shown = self._texts_shown()
        if shown - self._shown:
            self._appeared |= shown - self._shown
            self._native.hit_now()
        self._shown = shown

    def _texts_shown(self) -> set[str]:
        """Of the texts to stop at, those that the LCD shows."""
        texts = {stop.text for stop in self.stops.values() if stop.kind == "lcd" and stop.enabled}
        lcd = self.session.machine.lcd.text() if texts else ()
        return {text for text in texts if any(text in line for line in lcd)}

    # running

    def step(self, n: int = 1, asked: Callable[[], object] = lambda: False) -> Halt:
        """`n` steps: instructions, elements of repeated ones, interrupts taken. A stop ends it earlier."""
        self._check_count(n)
        self._journal.mark("step")
        return self._run(limit=self._native.steps + n, asked=asked)

    def go(self, limit: int | None = None, asked: Callable[[], object] = lambda: False) -> Halt:
        """Run to a stop.

        Args:
            limit: or to this clock since power-on.
            asked: looked at every eighth of an emulated second; a true value ends it.
        """
        self._journal.mark("go" if limit is None else "run")
        return self._run(end=limit, asked=asked)

    def step_over(self, asked: Callable[[], object] = lambda: False) -> Halt:
        """One instruction, and all that it calls or repeats, and the interrupts meanwhile."""
        self._journal.mark("over")
        return self._step_over(asked)

    def finish(self, asked: Callable[[], object] = lambda: False) -> Halt:
        """Run to behind the return of this function or handler: the first that begins with SP where it is, or above."""
        self._journal.mark("finish")
        return self._run(return_sp=self.registers()["sp"], asked=asked)

    def until_lcd(
        self, text: str, seconds: float | None = None, asked: Callable[[], object] = lambda: False
    ) -> Halt:
        """Run until a line of the LCD has this text in it.

        Args:
            text: part of a line.
            seconds: at most so long.
            asked: as for `go`.
        """
        stop = Stop("lcd", text)
        if any(text in line for line in self.session.lcd):
            return self._halt("stop", (stop,))
        return self.until(stop, seconds, asked)

    def until(self, stop: Stop, seconds: float | None = None, asked: Callable[[], object] = lambda: False) -> Halt:
        """Run to a stop that is not kept, or to another.

        Args:
            stop: not of `add`.
            seconds: at most so long.
            asked: as for `go`.
        """
        self._journal.mark(f"until {stop.describe()}")
        self.stops[0] = stop
        self._mark()
        try:
            return self._run(end=None if seconds is None else self.session.clock + round(seconds * CPU_HZ), asked=asked)
        finally:
            del self.stops[0]
            self._mark()

    def _step_over(self, asked: Callable[[], object]) -> Halt:
        sp = self.registers()["sp"]
        behind = self._behind_call()
        if behind is not None:
            return self._run(place=behind, sp=sp, asked=asked)
        while True:
            place = self.where
            halt = self._run(limit=self._native.steps + 1, asked=asked)
            if halt.reason != "step" or not self._native.taken or self.where == place:
                return halt
            halt = self._run(place=place, sp=sp, asked=asked)
            if halt.reason != "step":
                return halt

    def _run(
        self, end: int | None = None, limit: int = NEVER, place: tuple[int, int] | None = None, sp: int = 0,
        return_sp: int | None = None, asked: Callable[[], object] = lambda: False,
    ) -> Halt:
        """Run to a stop, or one of these: a clock, a count of steps, a place with SP at least so high, a return."""
        session, stops = self.session, self._native
        if not session.powered:
            return self._halt("off")
        self._shown = self._texts_shown()
        if self.longest is not None:
            end = min(NEVER if end is None else end, session.clock + self.longest)
        last_step, idle_since = stops.steps, session.clock
        try:
            while True:
                if session.stopped is not None or session.frozen is not None:
                    return self._halt("stopped" if session.stopped is not None else "frozen")
                self._appeared = set()
                stops.begin(limit=limit, passed=self._packed(self.where))
                if place is not None:
                    stops.until(self._packed(place), sp)
                if return_sp is not None:
                    stops.until_return(return_sp)
                while not stops.hit:
                    if end is not None and session.clock >= end:
                        return self._halt("time")
                    if asked():
                        return self._halt("asked")
                    if stops.steps != last_step:
                        last_step, idle_since = stops.steps, session.clock
                    elif session.clock - idle_since >= IDLE:
                        return self._halt("halted")
                    session.run_until(min(end or NEVER, self._journal.due, session.clock + SLICE))
                    if not stops.hit:
                        if session.stopped is not None or session.frozen is not None:
                            break
                        self._journal.look()
                if (halt := self._judge()) is not None:
                    return halt
        finally:
            stops.end()

    def _judge(self) -> Halt | None:
        """What was hit: a stop, the end of a run, or only stops that are to be ignored yet."""
        hit = self._native.hit
        stops = self._matched(hit)
        if stops:
            halt = self._halt("stop", tuple(stops))
            if not all(stop.tells for stop in stops):
                return halt
            self.told(halt)
        if hit & (native.LIMIT | native.PLACE | native.RETURN):
            return self._halt("step")
        return None

    def _matched(self, hit: int) -> list[Stop]:
        """The stops that are hit at this boundary, counted."""
        own = self._native
        if not hit & native.EXEC:
            own.is_here()
        held = {self._marked[place].number for place in own.held}
        held |= {stop.number for stop in self.stops.values() if stop.enabled and stop.text in self._appeared}
        found = []
        for stop in list(self.stops.values()):
            if stop.number not in held:
                continue
            if self._counts:
                stop.hits += 1
                if stop.ignore:
                    stop.ignore -= 1
                    continue
            found.append(stop)
        return found

    def _halt(self, reason: str, stops: tuple[Stop, ...] = (), undone: tuple[str, ...] = ()) -> Halt:
        own = self._native
        ran = own.hit != 0
        halt = Halt(
            reason, stops[0] if stops else None, self.session.clock, self.where, stops,
            tuple(own.matches) if own.hit & native.ACCESS else (), own.vector if ran else None,
            own.began[1:] if ran else None, undone, self._match(stops) if ran else None,
        )
        for stop in stops:
            if stop.once and self._counts and stop.number in self.stops:
                self.remove(stop.number)
        return halt

    def _match(self, stops: tuple[Stop, ...]) -> Match | None:
        """The access that hit the first stop."""
        own = self._native
        for place, match in own.held.items():
            stop = self._marked[place]
            if stops and stop is stops[0] and own.hit & native.ACCESS and stop.kind not in ("exec", "int"):
                return own.matches[match]
        return None

    # small things

    @staticmethod
    def _check_count(n: int) -> None:
        if n < 1:
            raise UsageError(f"{n} steps cannot be made", "1 or more")

    @staticmethod
    def _packed(place: tuple[int, int]) -> int:
        return place[0] << 16 | place[1]

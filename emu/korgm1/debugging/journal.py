"""The way back: states on the way, between which everything can be run again: only inputs come from outside.

A position is a number of steps (instructions, elements of repeated ones, interrupts) and a clock: while the CPU is in
HALT time passes without steps. Every input ends a stretch: behind it stands a state with a label.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from korgm1.cpu.stops import Stops
from korgm1.desk.history import Entry, History
from korgm1.errors import UsageError
from korgm1.session import Session

EVERY = 16_000_000
"""Clocks between two states of a stretch: two seconds, which are run again in a few hundredths."""
LONGEST = 600
"""States that are kept: twenty minutes."""
MARKS = 64
"""Commands that can be undone."""


class Moment(NamedTuple):
    """A place in time, and what was done there.

    Attributes:
        switched: how often the power was switched before; clocks begin anew then.
        steps, clock: see above.
        label: the input whose result it is, or "".
        card: the file of the card that is in.
        last_bytes: of the ports, packed (`Stops.last_bytes`); only states have them.
    """

    switched: int
    steps: int
    clock: int
    label: str
    card: Path | None = None
    last_bytes: bytes | None = None


class Mark(NamedTuple):
    """Where a command began."""

    name: str
    moment: Moment
    entries: tuple[Entry, ...]


class Journal:
    """States of a session and its way between them.

    Args:
        session: the instrument; the stops are its.
        stops: which count the steps.
    """

    def __init__(self, session: Session, stops: Stops) -> None:
        self._session = session
        self._stops = stops
        self._history = History(LONGEST)
        self._number = 0
        self._switched = 0
        self._marks: deque[Mark] = deque(maxlen=MARKS)
        self.keep()

    @property
    def now(self) -> Moment:
        """Where the session is."""
        return Moment(self._switched, self._stops.steps, self._session.clock, "", self._session.card_path)

    @property
    def moments(self) -> list[Moment]:
        """Of the states, the oldest first."""
        return [entry.extra for entry in self._history.entries]

    def keep(self, label: str = "") -> None:
        """Keep the state of now."""
        self._number += 1
        moment = self.now._replace(label=label, last_bytes=self._stops.last_bytes())
        self._history.add(self._number, self._session.take(), moment)
        self._next = moment.clock + EVERY

    def switched(self) -> None:
        """The power was switched on or off, or another state was taken: nothing was read or written before."""
        self._switched += 1
        self._stops.put_last_bytes(None)

    def look(self) -> None:
        """Between two stretches of running: keep a state if it is time."""
        if self._session.clock >= self._next:
            self.keep()

    @property
    def due(self) -> int:
        """The clock at which `look` wants to be called."""
        return self._next

    # commands

    def mark(self, name: str) -> None:
        """A command begins here."""
        self._marks.append(Mark(name, self.now, tuple(self._history.entries)))

    def undo(self) -> str:
        """Go to where the last command began.

        Returns:
            Its name.

        Raises:
            UsageError: there is none.
        """
        if not self._marks:
            raise UsageError("there is nothing to undo", "a command that changed something")
        mark = self._marks.pop()
        self._history.entries = list(mark.entries)
        self.to(mark.moment)
        return mark.name

    # going

    def to(self, moment: Moment) -> None:
        """Go to a moment of this way, forgetting what comes behind it."""
        places = [place for place, one in enumerate(self.moments) if one[:3] <= moment[:3]]
        self._restore(places[-1] if places else 0)
        self.run_quietly(moment.steps)
        if self._session.powered and self._session.clock < moment.clock:
            self._session.run_until(moment.clock)   # in HALT

    def back_to(self, steps: int) -> tuple[bool, tuple[str, ...]]:
        """Go back to where there were so many steps.

        Returns:
            Whether it is there, and not at the beginning of what is remembered; the inputs undone, the latest first.
        """
        moments, best = self.moments, 0
        for place, moment in enumerate(moments):
            if moment.steps < steps or (moment.steps == steps and (moment.label or place == 0)):
                best = place
        undone = tuple(moment.label for moment in reversed(moments[best + 1 :]) if moment.label)
        reached = moments[best].steps <= steps
        self._restore(best)
        self.run_quietly(steps)
        return reached, undone

    def restore(self, place: int) -> None:
        """Have the state number `place`, and forget nothing: for looking at a stretch again."""
        entry = self._history.entries[place]
        self._session.restore(entry.state(), entry.extra.card)
        self._switched, self._stops.steps = entry.extra.switched, entry.extra.steps
        self._stops.put_last_bytes(entry.extra.last_bytes)

    def again(self, seen: Callable[[str, int, int], None]) -> None:
        """Run the last stretches again, up to now, telling every access to a port as (way, port, value)."""
        def run(end: int) -> None:
            ports = self._session.machine.ports
            ports.watch = seen
            try:
                self.run_quietly(end)
            finally:
                ports.watch = None

        now, moments = self.now, self.moments
        place = next((n for n in range(len(moments) - 1, -1, -1) if moments[n].steps < now.steps), 0)
        self.through(moments[max(0, place - 1)].steps, run)

    def through(self, start: int, run: Callable[[int], None]) -> None:
        """Run again what led here, stretch by stretch, from the state at or before `start` steps on.

        Args:
            start: steps; nothing in front of the last switching of the power is run.
            run: called with the count of steps a stretch ends with; has to go on up to there.
        """
        now, moments = self.now, self.moments
        here = len(moments) - 1
        first = next((n for n in range(here, -1, -1) if moments[n].steps <= start), 0)
        for n in range(first, here + 1):
            if moments[n].switched != now.switched:
                continue
            self.restore(n)
            run(moments[n + 1].steps if n < here else now.steps)
        if self._session.powered and self._session.clock < now.clock:
            self._session.run_until(now.clock)   # in HALT

    def forget_behind(self, place: int) -> tuple[str, ...]:
        """Forget the states behind number `place`.

        Returns:
            The inputs among them, the latest first.
        """
        gone = self.moments[place + 1 :]
        del self._history.entries[place + 1 :]
        self._next = self.moments[-1].clock + EVERY
        return tuple(moment.label for moment in reversed(gone) if moment.label)

    def run_quietly(self, steps: int) -> None:
        """Run on to where there are so many steps, stopping at nothing."""
        session, stops = self._session, self._stops
        if not session.powered or stops.steps >= steps:
            return
        stops.begin(quiet=True, limit=steps, again=True)
        try:
            while not stops.hit and session.stopped is None and session.frozen is None:
                session.run_until(session.clock + EVERY)
        finally:
            stops.end()

    def _restore(self, place: int) -> None:
        self.restore(place)
        self.forget_behind(place)



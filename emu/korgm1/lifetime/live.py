"""Living through events: each is something done to a Session, and what came of it is written down (see `looking`)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from korgm1.clock import CPU_HZ
from korgm1.lifetime.events import Event, parse_events
from korgm1.lifetime.looking import cells_lost, passed, sense_mah, stray, supply, woken
from korgm1.lifetime.memory import loss_course
from korgm1.lifetime.report import Report, Step
from korgm1.physics.ageing import Span, lie
from korgm1.physics.bench_supply import Cell
from korgm1.physics.supply_history import SupplyHistory
from korgm1.session import Session
from korgm1.session.supply import another_cell

AFTER_FREEZE = 1.0
"""Seconds a frozen instrument is watched."""


def live(
    session: Session,
    events: str | Iterable[str] | Iterable[Event],
    progress: Callable[[str], object] | None = None,
    course: bool = True,
    asked_to_stop: Callable[[], object] = lambda: False,
) -> Report:
    """Let a session live through events, in their order.

    No time passes but what the events say. The firmware runs at `on` and `dip` only. The session is left as the last
    event leaves it.

    Args:
        session: whose cell, supply and RAM this is; its power may be on.
        events: a text, words, or what `parse_events` made of them.
        progress: told each word before it happens.
        course: find out how many cells were lost along the way (some 40 questions to the law a stretch), not only when
            the first was.
        asked_to_stop: looked at between events and during boots; a true value ends the life there.

    Raises:
        UsageError: a word that cannot be; nothing has happened then.

    >>> from korgm1.session import Session
    >>> life = live(Session(battery="CR2032", seed=1), "use=1y:3h/week on off=30y look", course=False)
    >>> [step.event.name for step in life.steps], life.steps[1].boot.lcd[0].rstrip()
    (['use', 'on', 'off', 'look'], 'Prog I00 Init Prog')
    >>> life.steps[3].woken.cells_lost > 500_000
    True
    """
    parsed = _parsed(session, events)
    life, before, elapsed = _Life(session, course, asked_to_stop), session.sram, 0.0
    steps: list[Step] = []
    for event in parsed:
        if asked_to_stop():
            break
        if progress is not None:
            progress(event.word)
        steps.append(life.step(event, elapsed))
        elapsed += steps[-1].seconds
    firmware = session.firmware
    return Report(
        model=session.model.name,
        firmware={"name": firmware.name, "version": firmware.version, "sha1": firmware.sha1},
        seed=session.seed,
        faults=session.faults.texts,
        hypotheses=session.hypotheses.changed(),
        steps=tuple(steps),
        sram_sha1_before=hashlib.sha1(before).hexdigest(),
        sram_sha1_after=hashlib.sha1(session.sram).hexdigest(),
    )


def _parsed(session: Session, events: str | Iterable[str] | Iterable[Event]) -> list[Event]:
    given = [events] if isinstance(events, str) else list(events)
    words = [part.word if isinstance(part, Event) else str(part) for part in given]
    return parse_events(words, session.powered)


@dataclass
class _Life:
    """A session, whether to look closely, and whether to go on."""

    session: Session
    course: bool
    asked_to_stop: Callable[[], object]

    def step(self, event: Event, begins: float) -> Step:
        """Do what an event says."""
        self._told()
        before, known = supply(self.session), len(self.session.stray_writes)
        does: Callable[[Event, Step], Step] = getattr(self, f"_{event.name.replace('-', '_')}")
        step = does(event, Step(event, begins, 0.0, self.session.battery.celsius, before, before))
        self._told()
        strays = tuple(self.session.stray_writes[known:])
        lost = 0 if self.session.powered else cells_lost(self.session, self.session.battery.history)
        return replace(step, celsius=self.session.battery.celsius, after=supply(self.session), lost=lost,
                       stray=stray(self.session, strays))

    # events

    def _temp(self, event: Event, step: Step) -> Step:
        self.session.set_celsius(event.number)
        return step

    def _cell(self, event: Event, step: Step) -> Step:
        self.session.set_battery(event.cell)
        return step

    def _contact(self, event: Event, step: Step) -> Step:
        self.session.set_contact(event.number)
        return step

    def _off(self, event: Event, step: Step) -> Step:
        self._switch_off()
        history = self._history()
        span = self.session.leave(event.seconds or 0.0, on_share=event.share)
        drawn = supply(self.session).drawn_mah - step.before.drawn_mah
        sense = sense_mah(self.session.battery.network, span, drawn) if drawn else 0.0
        step = replace(step, seconds=event.seconds or 0.0, share=event.share, sense_mah=sense)
        return self._course(step, span, history)

    _use = _off

    def _cell_out(self, event: Event, step: Step) -> Step:
        return self._empty_holder(event, step, self.session.battery.cell)

    def _swap_cell(self, event: Event, step: Step) -> Step:
        return self._empty_holder(event, step, event.cell)

    def _empty_holder(self, event: Event, step: Step, then: str | Cell | None) -> Step:
        """`Session.swap_cell`, with a look at the supply on the way."""
        session, seconds = self.session, event.seconds or 0.0
        step = replace(step, seconds=seconds)
        if session.powered:
            session.swap_cell(then, seconds)
            return step
        history, cell = self._history(), session.battery.cell
        if isinstance(then, str):
            then = another_cell(then, cell, session.hypotheses, session.seed)
        session.set_battery(None)
        span = session.leave(seconds)
        if then is cell:
            lie(cell, seconds, session.battery.celsius)
        session.set_battery(then)
        return self._course(step, span, history, empty=True)

    def _off_switch(self, event: Event, step: Step) -> Step:
        self._switch_off()
        return step

    def _on(self, event: Event, step: Step) -> Step:
        kept = self.session.sram
        self.session.power_on()
        found = woken(self.session, kept)
        result = self.session.boot(event.seconds, asked_to_stop=self.asked_to_stop)
        return replace(step, seconds=result.clocks / CPU_HZ, woken=found, boot=result)

    def _look(self, event: Event, step: Step) -> Step:
        kept = self.session.sram
        self.session.power_on()
        found = woken(self.session, kept)
        self._switch_off()
        return replace(step, woken=found)

    def _dip(self, event: Event, step: Step) -> Step:
        session, seconds = self.session, event.seconds or 0.0
        kept, clock = session.sram, session.clock
        outcome = session.dip(seconds)
        found = None
        if outcome == "power cycle":
            found, clock = woken(session, kept), 0
        if outcome in ("reset", "power cycle"):
            session.boot(asked_to_stop=self.asked_to_stop)
        elif outcome == "freeze":
            session.run(AFTER_FREEZE)
        lasted = (session.clock - clock) / CPU_HZ + (seconds if outcome == "power cycle" else 0.0)
        result = session.result()
        since = tuple(row for row in result.timeline if row.clock >= clock)
        return replace(step, seconds=lasted, dip=outcome, woken=found, boot=replace(result, timeline=since))

    # what they are made of

    def _told(self) -> None:
        """The session is told that no time passes but what events say."""
        if not self.session.powered:
            self.session.leave(0)

    def _switch_off(self) -> None:
        if self.session.powered:
            self.session.power_off()

    def _history(self) -> SupplyHistory:
        history = SupplyHistory()
        history.restore(self.session.battery.history.snapshot())
        return history

    def _course(self, step: Step, span: Span, history: SupplyHistory, empty: bool = False) -> Step:
        """The step with what was passed in a stretch; history: from before it, empty: without a cell."""
        def count(history: SupplyHistory) -> int:
            return cells_lost(self.session, history)

        marks = passed(self.session, None if empty else step.before, span, history)
        course = loss_course(count, history, span) if self.course else ()
        return replace(step, span=span, marks=marks, lost_course=course)

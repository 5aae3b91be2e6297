"""Living through events: each is something done to a Session, and what came of it is written down."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from math import isinf

import numpy as np
import numpy.typing as npt

from korgm1.clock import CPU_HZ
from korgm1.lifetime.events import Event, parse_events
from korgm1.lifetime.memory import first_loss, loss_course
from korgm1.lifetime.names import hit
from korgm1.lifetime.report import Mark, Report, Step, Supply, Woken
from korgm1.physics.ageing import Span, lie
from korgm1.physics.bench_supply import Cell
from korgm1.physics.cell_cr2032 import Cr2032
from korgm1.physics.retention_current import conductance
from korgm1.physics.sram_retention import GUARANTEED_VOLTS
from korgm1.physics.supply_history import SupplyHistory
from korgm1.session import Session

METER_OHMS = 10e6
WARNING_CODE = 0x80
"""OpenM1 calls a cell low below this code of the ADC. Korg's limit is not known; MAME's driver feeds 80h."""
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
    life, before, elapsed = _Life(session, session.battery.celsius, course, asked_to_stop), session.sram, 0.0
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
    """A session, the temperature around it, whether to look closely, and whether to go on."""

    session: Session
    celsius: float
    course: bool
    asked_to_stop: Callable[[], object]

    def step(self, event: Event, begins: float) -> Step:
        """Do what an event says."""
        self._told()
        before = self.supply()
        blank = Step(event, begins, 0.0, self.celsius, before, before)
        does: Callable[[Event, Step], Step] = getattr(self, f"_{event.name.replace('-', '_')}")
        step = does(event, blank)
        self._told()
        return replace(step, celsius=self.celsius, after=self.supply(), lost=self._lost())

    def supply(self) -> Supply:
        """The cell and the RAMs' supply now."""
        battery, celsius = self.session.battery, self.celsius
        cell, adc_code = battery.cell, self.session.machine.battery_code()
        if cell is None:
            return Supply("none", 0.0, 0.0, battery.ram_volts, adc_code)
        volts = cell.open_volts(celsius)
        amps = battery.network.cell_amps(cell, celsius, self.session.powered)
        measured = cell.volts(amps + volts / METER_OHMS, celsius)
        if not isinstance(cell, Cr2032):
            return Supply("supply", volts, measured, battery.ram_volts, adc_code)
        return Supply(
            "CR2032", volts, measured, battery.ram_volts, adc_code, cell.capacity_mah, cell.drawn_mah,
            cell.self_discharged_mah, cell.dry,
        )

    # events

    def _temp(self, event: Event, step: Step) -> Step:
        self.celsius = event.number
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
        drawn = self.supply().drawn_mah
        span = self.session.leave(event.seconds or 0.0, self.celsius, event.share)
        into_ram = conductance(self.celsius, self.session.battery.network.ram_factor) * _integral(span) / 3.6
        after = self.supply()
        sense = max(0.0, after.drawn_mah - drawn - into_ram) if after.cell == "CR2032" else 0.0
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
        if session.powered:
            session.swap_cell(then, seconds)
            return replace(step, seconds=seconds)
        history, cell = self._history(), session.battery.cell
        session.set_battery(None)
        span = session.leave(seconds, self.celsius)
        step = self._course(replace(step, seconds=seconds), span, history)
        if then is cell:
            lie(cell, seconds, self.celsius)
        session.set_battery(then)
        return step

    def _off_switch(self, event: Event, step: Step) -> Step:
        self._switch_off()
        return step

    def _on(self, event: Event, step: Step) -> Step:
        kept = self.session.sram
        self.session.power_on()
        woken = self._woken(kept)
        result = self.session.boot(event.seconds, asked_to_stop=self.asked_to_stop)
        return replace(step, seconds=result.clocks / CPU_HZ, woken=woken, boot=result)

    def _look(self, event: Event, step: Step) -> Step:
        kept = self.session.sram
        self.session.power_on()
        woken = self._woken(kept)
        self._switch_off()
        return replace(step, woken=woken)

    def _dip(self, event: Event, step: Step) -> Step:
        session, seconds = self.session, event.seconds or 0.0
        kept, clock = session.sram, session.clock
        outcome = session.dip(seconds)
        woken = None
        if outcome == "power cycle":
            woken, clock = self._woken(kept), 0
        if outcome in ("reset", "power cycle"):
            session.boot(asked_to_stop=self.asked_to_stop)
        elif outcome == "freeze":
            session.run(AFTER_FREEZE)
        lasted = (session.clock - clock) / CPU_HZ + (seconds if outcome == "power cycle" else 0.0)
        return replace(step, seconds=lasted, dip=outcome, woken=woken, boot=session.result())

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

    def _course(self, step: Step, span: Span, history: SupplyHistory) -> Step:
        marks = []
        warned = self._warned_at(step.before, span) if self.session.battery.cell is not None else None
        if warned is not None:
            marks.append(Mark(warned, "warning"))
        low = span.crossing(GUARANTEED_VOLTS)
        if low is not None and span.supply_volts[0] >= GUARANTEED_VOLTS:
            marks.append(Mark(low, "not guaranteed"))
        if not self._count(history):
            lost = first_loss(self._count, history, span)
            if lost is not None:
                marks.append(Mark(lost, "first loss"))
        course = loss_course(self._count, history, span) if self.course else ()
        return replace(step, span=span, marks=tuple(sorted(marks, key=lambda m: m.seconds)), lost_course=course)

    def _warned_at(self, before: Supply, span: Span) -> float | None:
        """Where the cell falls so low that the converter gives less than the warning code."""
        after = self.supply()
        if before.adc_code < WARNING_CODE or after.adc_code >= WARNING_CODE:
            return None
        lost = span.cell_volts[-1] - self.session.battery.sense_microvolts() / 1e6
        least = -(-(2 * WARNING_CODE - 1) * self.session.machine.adc.reference // 512) / 1e6
        return span.crossing(least + lost, "cell")

    def _count(self, history: SupplyHistory) -> int:
        """The cells a history costs these chips."""
        return self.session.machine.sram.cells_lost(history, self.session.seed)

    def _lost(self) -> int:
        return 0 if self.session.powered else self._count(self.session.battery.history)

    def _woken(self, kept: bytes) -> Woken | None:
        """What the RAM is like right after power-on, beside what it was before."""
        wake, now = self.session.wake, self.session.sram
        if wake is None:
            return None
        kept = now if wake.blank else kept
        before, after = np.frombuffer(kept, np.uint8), np.frombuffer(now, np.uint8)
        flipped = before ^ after
        layout, regions, records = hit(kept, now)
        return Woken(
            lowest_volts=None if isinf(wake.lowest_volts) else wake.lowest_volts,
            cells_lost=wake.lost,
            bits_flipped=int(np.unpackbits(flipped).sum()),
            to_one=int(np.unpackbits(flipped & after).sum()),
            bytes_changed=int(np.count_nonzero(flipped)),
            ranges=_runs(flipped != 0),
            regions=regions,
            records=records,
            layout=layout,
        )


def _runs(changed: npt.NDArray[np.bool_]) -> tuple[tuple[int, int], ...]:
    """First and last index of each run of true values."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], changed.astype(np.int8), [0]])))
    return tuple((int(first), int(last) - 1) for first, last in edges.reshape(-1, 2))


def _integral(span: Span) -> float:
    """Volt-seconds of the RAMs' supply while the power was off."""
    v, t = span.supply_volts, span.seconds
    return float(((v[1:] + v[:-1]) / 2 * np.diff(t)).sum()) * (1 - span.on_share)

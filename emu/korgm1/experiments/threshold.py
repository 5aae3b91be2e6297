"""The battery: which ADC codes make a message, when the code is taken, whether it is looked at again.

The cell's voltage is all that differs between two boots; the RAM is whole in both.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

from korgm1.clock import CPU_HZ
from korgm1.experiments.bench import NOMINAL, Bench, Seen, on_bench
from korgm1.experiments.record import Progress, Record, quiet
from korgm1.romset.load import RomSet
from korgm1.session import Session

GRID = (*range(0, 256, 16), 255)
MOST_STEPS = 8
MOMENT = CPU_HZ // 2000
"""Half a millisecond: how exactly a moment is found."""
STAYS = 20.0
"""Seconds for which a message is watched."""


@dataclass(frozen=True)
class Step(Record):
    """Where what a boot shows changes: the last code before, the first code after, and what is said on either side."""

    before: int
    after: int
    said_before: tuple[str, ...]
    said_after: tuple[str, ...]


@dataclass(frozen=True)
class Threshold(Record):
    """What the firmware thinks of its cell.

    Attributes:
        code: the lowest ADC code for which no low-battery message comes; None: none comes at any code.
        volts_low, volts_high: cell volts that still make the message, and that do not, H-VREF and the sense path as
            the machine has them.
        boots: how many it took.
        message: what is said below.
        high_code, high_message: the highest code without a message for a voltage that is too high, and that message.
        steps: every change found along the codes 00 to FF.
        taken_at: seconds after power-on between which the deciding code is taken; None: no message, nothing to decide.
        stays: whether the message still stands after 20 seconds without a key.
        gone_by_key: the first key tried that takes the message away, or "".
        watched: whether a cell that falls while the instrument runs is noticed within 20 seconds.
        notes: what else is to be said.
        recovers: the lowest code without the message at the power-on after one with it, where that is another: the
            firmware remembers; None: the same, or not tried.
    """

    code: int | None
    volts_low: float | None
    volts_high: float | None
    boots: int
    message: str
    high_code: int | None
    high_message: str
    steps: tuple[Step, ...]
    taken_at: tuple[float, float] | None
    stays: bool | None
    gone_by_key: str
    watched: bool | None
    notes: tuple[str, ...]
    recovers: int | None = None


def battery_threshold(
    firmware: RomSet, model: str = "m1", progress: Progress = quiet, bench: Bench | None = None, times: bool = True,
) -> Threshold:
    """Find the codes at which the battery message comes and goes, by bisection.

    Args:
        firmware: any 128 KB firmware.
        model: the instrument.
        progress: told how far it is.
        bench: one that has booted it before.
        times: find out when the code is taken and how long the message stays, too.

    >>> from korgm1.romset.load import load_os
    >>> found = battery_threshold(load_os(None, "m1"), times=False)
    >>> found.code, found.message, round(found.volts_high, 2)
    (128, 'Battery Low (Internal)', 2.49)
    """
    bench = on_bench(firmware, model, bench)
    before = bench.boots
    if bench.problem:
        return Threshold(None, None, None, 2, "", None, "", (), None, None, "", None, (bench.problem,))
    search = _Search(bench, progress)
    steps = search.steps()
    normal = search.nominal
    low = next((row for row in reversed(steps) if row.after <= normal), None)
    high = next((row for row in steps if row.before >= normal), None)
    notes = []
    if len(steps) > MOST_STEPS:
        notes.append(f"what is shown changes at {len(steps)} places at least: perhaps the voltage itself is shown")
    if bench.texts_differ:
        notes.append("two boots alike do not show the same texts, so a change may have another cause")
    message = _said(low.said_before) if low else ""
    taken, stays, key, watched, recovers = None, None, "", None, None
    if low is not None and times:
        taken = search.moment(low.before)
        stays, key = search.staying(low)
        watched = search.watching(low)
        recovers = search.recovering(low)
    return Threshold(
        code=low.after if low else None,
        volts_low=search.volts(low.before)[1] if low else None,
        volts_high=search.volts(low.after)[0] if low else None,
        boots=bench.boots - before, message=message,
        high_code=high.before if high else None, high_message=_said(high.said_after) if high else "",
        steps=tuple(steps), taken_at=taken, stays=stays, gone_by_key=key, watched=watched, notes=tuple(notes),
        recovers=recovers,
    )


def _said(lines: tuple[str, ...]) -> str:
    return " / ".join(lines)


class _Search:
    def __init__(self, bench: Bench, progress: Progress) -> None:
        self._bench, self._progress = bench, progress
        self._seen: dict[int, Seen] = {}
        probe = bench.session()
        self._reference = probe.machine.adc.reference
        self.nominal = probe.machine.battery_code()

    def volts(self, code: int) -> tuple[float, float]:
        """The lowest and highest cell voltage that read as this code, to the microvolt."""
        first = -(-(2 * code - 1) * self._reference // 512)
        last = -(-(2 * code + 1) * self._reference // 512) - 1
        return max(0, first) / 1e6, last / 1e6

    def at(self, code: int) -> Seen:
        """The boot with a cell of this code."""
        if code not in self._seen:
            self._progress(len(self._seen), len(GRID) + 16, f"booting with ADC code {code:02X}")
            first, last = self.volts(code)
            middle = (first + last) / 2
            self._seen[code] = self._bench.boot(
                self._bench.valid, f"cell at ADC code {code:02X}", prepare=lambda one: one.set_battery(middle)
            )
        return self._seen[code]

    def steps(self) -> list[Step]:
        """Every place between neighbours of the grid where what is shown changes."""
        normal = self.at(self.nominal)
        places = sorted({*GRID, self.nominal})
        found: list[Step] = []
        for left, right in itertools.pairwise(places):
            while self.at(left).texts != self.at(right).texts and len(found) <= MOST_STEPS:
                low, high = left, right
                while high - low > 1:
                    middle = (low + high) // 2
                    if self.at(middle).texts == self.at(left).texts:
                        low = middle
                    else:
                        high = middle
                found.append(Step(low, high, self.at(low).new(normal), self.at(high).new(normal)))
                left = high
        return found

    def moment(self, code: int) -> tuple[float, float] | None:
        """Between which seconds the deciding code is taken: the cell is low until then, and good afterwards."""
        bench, bad = self._bench, self.volts(code)[0]
        low_texts = self.at(code).texts
        low, high = 0, bench.reference.pictures[-1].clock

        def low_until(clock: int) -> bool:
            def prepare(session: Session) -> None:
                session.set_battery(bad)
                session.run_until(clock)
                session.set_battery(NOMINAL)
            return bench.boot(bench.valid, "cell low for a moment at power-on", prepare=prepare).texts == low_texts

        if not low_until(high):
            return None
        while high - low > MOMENT:
            self._progress(len(self._seen), len(self._seen) + 8, "looking when the code is taken")
            middle = (low + high) // 2
            if low_until(middle):
                high = middle
            else:
                low = middle
        return round(low / CPU_HZ, 4), round(high / CPU_HZ, 4)

    def staying(self, low: Step) -> tuple[bool, str]:
        """Whether the message stands for long, and which key takes it away."""
        session = self._bench.session(self._bench.valid)
        session.power_on()
        session.set_battery(self.volts(low.before)[0])
        self._bench.finish(session, f"cell at ADC code {low.before:02X}")
        session.run(STAYS)
        if not _has(session, low.said_before):
            return False, ""
        state = session.take()
        for key in ("COMBI", "PROG", "INT", "0", "PAGE+", "UP"):
            session.restore(state)
            session.press(key)
            session.run(0.5)
            if not _has(session, low.said_before):
                return True, key
        return True, ""

    def recovering(self, low: Step) -> int | None:
        """The code from which on a RAM that has seen the message is rid of it; None: as any other."""
        ram = self.at(low.before).sram

        def says(code: int) -> bool:
            volts = sum(self.volts(code)) / 2
            seen = self._bench.boot(ram, f"cell at ADC code {code:02X}, low at the power-on before",
                                    prepare=lambda one: one.set_battery(volts))
            return bool(set(low.said_before) & seen.lines)

        if not low.said_before or not says(low.after) or says(self.nominal):
            return None
        still, good = low.after, self.nominal
        while good - still > 1:
            middle = (still + good) // 2
            still, good = (middle, good) if says(middle) else (still, middle)
        return good

    def watching(self, low: Step) -> bool:
        """Whether a cell that falls while the play page stands is noticed, with a key pressed, too."""
        session = self._bench.session(self._bench.valid)
        session.power_on()
        self._bench.finish(session, "a fresh cell")
        session.set_battery(self.volts(low.before)[0])
        session.run(STAYS)
        noticed = _has(session, low.said_before)
        session.press("COMBI")
        session.run(1)
        return noticed or _has(session, low.said_before)


def _has(session: Session, lines: tuple[str, ...]) -> bool:
    return any(line in row for line in lines for row in session.lcd)

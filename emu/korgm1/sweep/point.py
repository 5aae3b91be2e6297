"""One point of a sweep: leave the instrument off with a used cell, switch it on, see what came to pass."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import NamedTuple, get_type_hints

from korgm1.board.adc_m58990 import code
from korgm1.board.battery import Battery
from korgm1.hypotheses import Hypotheses
from korgm1.machine.faults import Faults
from korgm1.session import Session
from korgm1.sweep.grid import Place
from korgm1.sweep.outcome import outcome, ram_error, shown_at, warned
from korgm1.sweep.template import Template

DIGITS = 6
"""Decimals of volts and seconds in a row."""
MEMORY = 4096
"""Boots a bench remembers."""


class Row(NamedTuple):
    """What is known of a point.

    Attributes:
        volts, off_seconds, celsius, seed: the point.
        cell_volts_end: of the cell, at the end of the time off.
        supply_min: the least the RAMs had at VCC meanwhile.
        cells_lost: of 524,288, those that forgot; bits_flipped: those of them that woke as the other value.
        outcome: see `korgm1.sweep.outcome`.
        warned: 1 if a battery message was seen, else 0.
        ram_error: the code of a RAM error that was seen, or "".
        boot_seconds: emulated, from power-on to the last picture.
        lcd1, lcd2: that picture, without the blanks at the end.
        sram_sha1: of the RAM after the boot.
    """

    volts: float
    off_seconds: float
    celsius: float
    seed: int
    cell_volts_end: float
    supply_min: float
    cells_lost: int
    bits_flipped: int
    outcome: str
    warned: int
    ram_error: str
    boot_seconds: float
    lcd1: str
    lcd2: str
    sram_sha1: str


KINDS: Mapping[str, type] = get_type_hints(Row)
"""The type of each column."""


class Booted(NamedTuple):
    """The part of a row that the boot decides."""

    outcome: str
    warned: int
    ram_error: str
    boot_seconds: float
    lcd1: str
    lcd2: str
    sram_sha1: str


class Found(NamedTuple):
    """What the RAM lost, and what came of it."""

    lost: int
    flipped: int
    booted: Booted


class Bench:
    """Computes points of one template.

    Args:
        template: the instrument.
        memo: take the boot of an earlier point where RAM and ADC code at power-on are the same; where the supply never
            fell to where a cell may forget, the RAM is known without a session. Nothing else that differs between
            points reaches the CPU; with faults, which may go by the seed, that must be the same, too.
    """

    def __init__(self, template: Template, memo: bool = True) -> None:
        self._template = template
        self._guess = Hypotheses(template.hypotheses)
        self._network = Faults(template.faults).network()
        self._reference = round(self._guess["H-VREF"] * 1_000_000)
        self._remembers = memo
        self._boots: dict[tuple[str, int, int], Booted] = {}
        self._intact: dict[tuple[int, int], Found] = {}

    def point(self, place: Place) -> Row:
        """Compute a point; the same one always gives the same row."""
        holder = Battery.from_text(_cell(place), self._guess, place.seed, place.celsius, self._network)
        span = holder.leave(place.off_seconds)
        alike = (code(holder.sense_microvolts(), self._reference), place.seed if self._template.faults else 0)
        found = self._intact.get(alike) if holder.history.empty else None
        if found is None:
            found = self._found(place, alike)
            if holder.history.empty and self._remembers:
                self._intact[alike] = found
        return Row(
            *place, round(holder.cell_volts, DIGITS), round(float(span.supply_volts.min()), DIGITS),
            found.lost, found.flipped, **found.booted._asdict(),
        )

    def _found(self, place: Place, alike: tuple[int, int]) -> Found:
        t = self._template
        session = Session(
            model=t.model, roms=t.firmware, engine=t.engine, battery=_cell(place), sram=t.image, seed=place.seed,
            hypotheses=t.hypotheses, power_ups=1, celsius=place.celsius, faults=t.faults,
        )
        session.leave(place.off_seconds)
        session.power_on()
        wake = session.wake
        assert wake is not None
        key = (hashlib.sha1(session.sram).hexdigest(), *alike)
        booted = self._boots.get(key)
        if booted is None:
            booted = self._booted(session)
            if self._remembers:
                if len(self._boots) >= MEMORY:
                    self._boots.clear()
                self._boots[key] = booted
        return Found(wake.lost, wake.flipped, booted)

    def _booted(self, session: Session) -> Booted:
        result = session.boot()
        message = warned(result.timeline)
        return Booted(
            outcome(self._template.reference, session.sram, result.ended, message), int(message),
            ram_error(result.timeline), round(shown_at(result), DIGITS),
            result.lcd[0].rstrip(), result.lcd[1].rstrip(), result.sram_sha1,
        )


def _cell(place: Place) -> str:
    """The cell of a point as a `--battery` text."""
    return f"CR2032@{place.volts!r}"

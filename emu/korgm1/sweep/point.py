"""One point of a sweep: leave the instrument off with a used cell, switch it on, see what came to pass."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import NamedTuple, get_type_hints

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


class Bench:
    """Computes points of one template.

    Args:
        template: the instrument.
        memo: take the boot of an earlier point where RAM and ADC code at power-on are the same. Nothing else that
            differs between points reaches the CPU; with faults, which may go by the seed, that must be the same, too.
    """

    def __init__(self, template: Template, memo: bool = True) -> None:
        self._template = template
        self._memo: dict[tuple[str, int, int], Booted] | None = {} if memo else None

    def point(self, place: Place) -> Row:
        """Compute a point; the same one always gives the same row."""
        session, cell_volts, supply = self._left_off(place)
        session.power_on()
        ram = session.sram
        flipped = (int.from_bytes(ram, "little") ^ int.from_bytes(self._template.image, "little")).bit_count()
        booted = self._booted(session, ram, place.seed)
        return Row(*place, round(cell_volts, DIGITS), round(supply, DIGITS), flipped, flipped, **booted._asdict())

    def _left_off(self, place: Place) -> tuple[Session, float, float]:
        """The instrument at the end of its time off; the volts of its cell, and the least its RAM had."""
        t = self._template
        session = Session(
            model=t.model, roms=t.firmware, engine=t.engine, battery=place.volts, sram=t.image, seed=place.seed,
            hypotheses=t.hypotheses, power_ups=1,
        )
        return session, session.battery.cell_volts, session.battery.ram_volts

    def _booted(self, session: Session, ram: bytes, seed: int) -> Booted:
        key = (hashlib.sha1(ram).hexdigest(), session.machine.battery_code(), seed if self._template.faults else 0)
        if self._memo is not None and key in self._memo:
            return self._memo[key]
        result = session.boot()
        message = warned(result.timeline)
        booted = Booted(
            outcome(self._template.reference, session.sram, result.ended, message), int(message),
            ram_error(result.timeline), round(shown_at(result), DIGITS),
            result.lcd[0].rstrip(), result.lcd[1].rstrip(), result.sram_sha1,
        )
        if self._memo is not None:
            if len(self._memo) >= MEMORY:
                self._memo.clear()
            self._memo[key] = booted
        return booted

"""One point of a sweep: leave the instrument off with a used cell, switch it on, see what came to pass."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import NamedTuple, TypeVar, get_type_hints

import numpy as np

from korgm1.board.adc_m58990 import code
from korgm1.board.battery import Battery
from korgm1.hypotheses import Hypotheses
from korgm1.machine.faults import Faults
from korgm1.physics.sram_retention import share_decayed
from korgm1.physics.supply_history import SupplyHistory
from korgm1.session import Session
from korgm1.sweep.grid import Place
from korgm1.sweep.outcome import outcome, ram_error, shown_at, warned
from korgm1.sweep.template import Template

DIGITS = 6
"""Decimals of volts and seconds in a row."""
MEMORY = 4096
"""Boots a bench remembers."""
LONGEST_DECAY = 3.0
"""The highest factor of a pair's decay times (physics.sram_retention)."""
KEPT = -1
"""In place of a level: the supply was never so low that a cell may forget."""

Key = TypeVar("Key")
Value = TypeVar("Value")


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
        memo: take the boot of an earlier point where RAM and ADC code at power-on are the same. If the supply never
            fell to where a cell may forget, or stood so long at its lowest that its level alone decides, the RAM is
            known without a session. Nothing else that differs between points reaches the CPU; with faults, which may
            go by the seed, that must be the same, too.
    """

    def __init__(self, template: Template, memo: bool = True) -> None:
        self._template = template
        self._guess = Hypotheses(template.hypotheses)
        self._network = Faults(template.faults).network()
        self._reference = round(self._guess["H-VREF"] * 1_000_000)
        self._remembers = memo
        self._boots: dict[tuple[str, int, int], Booted] = {}
        self._settled_boots: dict[tuple[int | None, int, int], Found] = {}

    def point(self, place: Place) -> Row:
        """Compute a point; the same one always gives the same row."""
        holder = Battery.from_text(_cell(place), self._guess, place.seed, place.celsius, self._network)
        span = holder.leave(place.off_seconds)
        adc = code(holder.sense_microvolts(), self._reference)
        level = self._settled(holder.history)
        seed = 0 if level == KEPT and not self._template.faults else place.seed
        known = (level, adc, seed)
        found = self._settled_boots.get(known)
        if found is None:
            found = self._found(place, adc)
            if level is not None and self._remembers:
                _remember(self._settled_boots, known, found)
        return Row(
            *place, round(holder.cell_volts, DIGITS), round(float(span.supply_volts.min()), DIGITS),
            found.lost, found.flipped, **found.booted._asdict(),
        )

    def _settled(self, history: SupplyHistory) -> int | None:
        """What alone decides which cells of a pair forgot, if one number does.

        KEPT: none can have. Else the lowest level of the history, if the supply was there so long that each cell
        whose retention voltage is higher has forgotten. With an imprint the time counts, too: None.
        """
        if history.empty:
            return KEPT
        held = np.flatnonzero(history.seconds)
        if self._guess["H-SRAM-IMPRINT"] or not held.size:
            return None
        longest = self._guess["H-SRAM-DECAY"] or LONGEST_DECAY
        return int(held[0]) if share_decayed(float(history.seconds[held[0]]) / longest) == 1 else None

    def _found(self, place: Place, adc: int) -> Found:
        t = self._template
        session = Session(
            model=t.model, roms=t.firmware, engine=t.engine, battery=_cell(place), sram=t.image, seed=place.seed,
            hypotheses=t.hypotheses, power_ups=1, celsius=place.celsius, faults=t.faults,
        )
        session.leave(place.off_seconds)
        session.power_on()
        wake = session.wake
        assert wake is not None
        key = (hashlib.sha1(session.sram).hexdigest(), adc, place.seed if t.faults else 0)
        booted = self._boots.get(key)
        if booted is None:
            booted = self._booted(session)
            if self._remembers:
                _remember(self._boots, key, booted)
        return Found(wake.lost, wake.flipped, booted)

    def _booted(self, session: Session) -> Booted:
        result = session.boot()
        message = warned(result.timeline)
        return Booted(
            outcome(self._template.reference, session.sram, result.ended, message), int(message),
            ram_error(result.timeline), round(shown_at(result), DIGITS),
            result.lcd[0].rstrip(), result.lcd[1].rstrip(), result.sram_sha1,
        )


def _remember(memory: dict[Key, Value], key: Key, value: Value) -> None:
    """Keep it; a memory that is full begins anew."""
    if len(memory) >= MEMORY:
        memory.clear()
    memory[key] = value


def _cell(place: Place) -> str:
    """The cell of a point as a `--battery` text."""
    return f"CR2032@{place.volts!r}"

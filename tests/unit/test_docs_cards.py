"""The figures of docs/cards.md are the model's, and its ids exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from korgm1.board.card import CAPACITANCE, SIZE, Card, network_of
from korgm1.cardfile.card_format import FORMATS
from korgm1.hypotheses import Hypotheses, all_hypotheses
from korgm1.physics.cell_cr2016 import Cr2016
from korgm1.physics.cell_law import CellLaw
from korgm1.quantities import YEAR

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "cards.md").read_text("utf-8")
MEDIAN = CellLaw(capacity_spread=0, seal_spread=0)
WARNING = 2.4903
"""Volts of a cell at which OpenM1's ADC code turns to 7Fh."""
PLACES = {"drawer": False, "slot": True}


def life(place: str, microamperes: float, celsius: float) -> str:
    """Years to the warning, to 2.0 V and to 1.0 V at the RAM, of a card that gets no +5 V."""
    card = Card(bytes(SIZE), cell=Cr2016(0, MEDIAN), hypotheses=Hypotheses({"H-SRAM-CURRENT": 2 * microamperes}))
    card.place(PLACES[place])
    span = card.supply.leave(60 * YEAR, celsius)
    settled = span.crossing(WARNING, "cell"), span.crossing(2.0), span.crossing(1.0)
    return " / ".join("-" if time is None else f"{time / YEAR:.1f}" for time in settled)


def test_how_long_a_card_lasts() -> None:
    rows = re.findall(r"^\| (drawer|slot), ([\d.]+) uA \| (.*) \|$", TEXT, re.MULTILINE)
    assert len(rows) == 6
    for place, microamperes, cells in rows:
        expected = [life(place, float(microamperes), celsius) for celsius in (15, 20, 25, 30, 35)]
        assert cells.split(" | ") == expected, f"| {place}, {microamperes} uA | {' | '.join(expected)} |"


def test_the_sizes() -> None:
    assert f"{Cr2016.nominal_share * MEDIAN.capacity_mah:.0f} mAh" in TEXT
    assert f"{CAPACITANCE * 1e6:g} uF" in TEXT
    for form in FORMATS:
        assert f"{form.name} | {form.size:,}" in TEXT


def test_what_a_change_on_the_table_costs() -> None:
    """The capacitor's time constant in the text."""
    seconds = re.search(r"falls to a third in (\d\.\d) s", TEXT)
    guess = Hypotheses({"H-SRAM-CURRENT": 1.0})
    assert seconds is not None
    assert float(seconds[1]) == pytest.approx(network_of(guess, 0, False).fall_tau(25.0), abs=0.05)


def test_every_id_exists() -> None:
    named = set(re.findall(r"\bH-[A-Z][A-Z0-9-]*[A-Z0-9]\b", TEXT))
    assert named <= set(all_hypotheses()) and {"H-CARD-CELL", "H-CARD-FORMAT", "H-ADC-CH"} <= named

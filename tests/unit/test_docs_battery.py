"""The figures of docs/battery.md are the model's."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from korgm1.hypotheses import all_hypotheses
from korgm1.physics.ageing import Span, leave
from korgm1.physics.backup_network import BackupNetwork
from korgm1.physics.cell_cr2032 import CellLaw, Cr2032
from korgm1.physics.cell_curve import CURVES
from korgm1.quantities import YEAR

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "battery.md").read_text("utf-8")
MEDIAN = CellLaw(capacity_spread=0, seal_spread=0)
WARNING = 2.4903
"""Volts of a cell at which OpenM1's ADC code turns to 7Fh."""


def life(microamperes: float, celsius: float, sense_leak: bool = True) -> Span:
    network = BackupNetwork(ram_factor=microamperes, sense_leak=sense_leak)
    return leave(Cr2032(0, MEDIAN), network, 60 * YEAR, celsius)


def test_how_long_a_cell_lasts() -> None:
    rows = re.findall(r"^\| ([\d.]+) uA \| (.*) \|$", TEXT, re.MULTILINE)
    assert len(rows) == 10
    for number, (microamperes, cells) in enumerate(rows):
        for celsius, cell in zip((15, 20, 25, 30, 35), cells.split(" | "), strict=True):
            span = life(float(microamperes), celsius, number < 5)
            times = (span.crossing(WARNING, "cell"), span.crossing(2.0), span.crossing(1.0))
            expected = " / ".join("-" if time is None else f"{time / YEAR:.1f}" for time in times)
            assert cell == expected, (microamperes, celsius)


def test_what_comes_first() -> None:
    rows = re.findall(r"^\| (?:RAM supply below )?([\d.]+) V: [^|]* \| (\d+) \| (\d+) \| (\d+) \|$", TEXT, re.MULTILINE)
    assert len(rows) == 7
    for volts, *months in rows:
        for celsius, month in zip((20, 25, 30), months, strict=True):
            span = life(1, celsius)
            low, warned = span.crossing(float(volts)), span.crossing(WARNING, "cell")
            assert low is not None and warned is not None
            assert int(month) == pytest.approx((low - warned) / YEAR * 12, abs=0.51)


def test_the_curve() -> None:
    head, _, body = re.search(r"^\| p % (.*)\n(.*)\n\| volts (.*)$", TEXT, re.MULTILINE).groups()  # type: ignore[union-attr]
    points = [[float(cell) for cell in row.split("|") if cell.strip()] for row in (head, body)]
    assert [(p / 100, volts) for p, volts in zip(*points, strict=True)] == [(p, v) for p, v in CURVES["light"]]


def test_every_id_exists() -> None:
    named = set(re.findall(r"\bH-[A-Z][A-Z0-9-]*[A-Z0-9]\b", TEXT))
    assert named <= set(all_hypotheses())
    assert {key for key in all_hypotheses() if key.startswith(("H-CELL", "H-SRAM", "H-BACKUP"))} <= named

"""What the supply's history keeps: whole, in parts, at levels and temperatures."""

from __future__ import annotations

import json
from math import inf

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from korgm1.physics.ageing import Span, leave
from korgm1.physics.backup_network import BackupNetwork
from korgm1.physics.cell_cr2032 import YEAR, Cr2032
from korgm1.physics.supply_history import SupplyHistory

VOLTS, SECONDS, CELSIUS = st.floats(0, 2.5), st.floats(0, 1e8), st.floats(-40, 85)


def stayed(*stays: tuple[float, float, float]) -> SupplyHistory:
    history = SupplyHistory()
    for stay in stays:
        history.stay(*stay)
    return history


def test_2_volts_and_above_leave_no_trace() -> None:
    history = stayed((2.0, 1e9, 85.0), (3.0, 1e9, -40.0), (1.0, 0.0, 25.0))
    history.fall(5.0, 2.0, 100.0, 60.0, 30.0)
    assert history.empty and history.lowest == inf and not history.seconds.any()


@settings(deadline=None)
@given(VOLTS, SECONDS, st.floats(0, 1), CELSIUS)
def test_a_stay_in_two_parts_is_the_same(volts: float, seconds: float, part: float, celsius: float) -> None:
    whole = stayed((volts, seconds, celsius))
    parts = stayed((volts, seconds * part, celsius), (volts, seconds * (1 - part), celsius))
    assert parts.seconds == pytest.approx(whole.seconds, rel=1e-9)
    assert parts.lowest == whole.lowest or seconds * part == 0 or seconds * (1 - part) == 0


def test_warmth_counts_double_for_10_kelvin_and_lifts_the_level() -> None:
    cool, warm = stayed((1.0, 60, 25.0)), stayed((1.0, 60, 45.0))
    assert cool.seconds[100] == pytest.approx(60) and cool.below(1.01) == 60 and cool.below(1.0) == 0
    assert warm.seconds[99] == pytest.approx(240) and warm.lowest == 1.0


@settings(deadline=None)
@given(st.floats(0, 5), st.floats(0, 5), st.floats(0.01, 1e4), st.floats(0.01, 0.99), CELSIUS, st.floats(0.06, 100))
def test_a_fall_keeps_its_time_and_may_be_cut(
    start: float, end: float, seconds: float, part: float, celsius: float, taus: float
) -> None:
    tau = seconds * taus
    whole, parts = SupplyHistory(), SupplyHistory()
    whole.fall(start, end, seconds, celsius, tau)
    decay = np.exp(-seconds / tau)
    if decay > 0.999_99:
        middle = start + (end - start) * part
    else:
        goal = (end - start * decay) / (1 - decay)
        middle = goal + (start - goal) * np.exp(-seconds * part / tau)
    parts.fall(start, middle, seconds * part, celsius, tau)
    parts.fall(middle, end, seconds * (1 - part), celsius, tau)
    scale = 2 ** ((celsius - 25) / 10)
    assert parts.seconds / scale == pytest.approx(whole.seconds / scale, abs=seconds * 1e-4)
    assert whole.below(9.0) <= seconds * scale * (1 + 1e-9)
    if max(start, end) < 2:
        assert whole.below(9.0) == pytest.approx(seconds * scale)
    assert whole.lowest == (min(start, end) if min(start, end) < 2 else inf)


def test_a_capacitor_spends_the_time_its_law_says_below_each_level() -> None:
    network = BackupNetwork()
    history = SupplyHistory()
    history.fall(2.9, network.fall_volts(2.9, 60, 25.0), 60, 25.0, network.fall_tau(25.0))
    for volts in (1.8, 1.2, 0.9, 0.6):
        expected = 60 - network.fall_seconds(2.9, volts - 0.005, 25.0)
        assert history.below(volts) == pytest.approx(expected, rel=0.001)


def test_a_span_is_the_sum_of_its_pieces() -> None:
    cell = Cr2032(0)
    span = leave(cell, BackupNetwork(), 25 * YEAR, 25.0, 0.1)
    history = SupplyHistory()
    history.span(span)
    crossing = span.crossing(1.995)
    assert crossing is not None
    assert history.below(2.0) == pytest.approx((25 * YEAR - crossing) * 0.9, rel=1e-6)
    assert history.lowest == pytest.approx(span.supply_volts.min())
    pieces = SupplyHistory()
    for n in range(span.seconds.size - 1):
        v, t = span.supply_volts, span.seconds
        pieces.fall(float(v[n]), float(v[n + 1]), float(t[n + 1] - t[n]) * 0.9, 25.0, inf)
    assert pieces.seconds == pytest.approx(history.seconds, rel=1e-6, abs=1.0)


def test_a_flat_span_is_a_stay() -> None:
    history = SupplyHistory()
    history.span(Span(np.array([0.0, 50.0]), np.full(2, 1.5), np.full(2, 1.23), np.zeros(2), 35.0, 0.5))
    assert history.seconds == pytest.approx(stayed((1.23, 25.0, 35.0)).seconds)
    history.clear()
    assert history.empty and history.below(2.0) == 0
    history.span(Span(np.array([0.0, 50.0]), np.full(2, 1.5), np.full(2, 1.23), np.zeros(2), 35.0, 1.0))
    assert history.empty


def test_snapshot() -> None:
    history, other = stayed((1.234, 3.5, 31.0), (0.2, 1e9, 20.0)), stayed((0.5, 5, 25))
    other.restore(json.loads(json.dumps(history.snapshot())))
    assert np.array_equal(other.seconds, history.seconds) and other.lowest == history.lowest
    other.restore(json.loads(json.dumps(SupplyHistory().snapshot())))
    assert other.empty


@pytest.mark.parametrize("change", [
    {"levels": [-1]}, {"levels": [1.5]}, {"levels": [201]}, {"levels": [1, 2]}, {"seconds": [-1.0]},
    {"seconds": [float("nan")]}, {"seconds": [1.0, 2.0]}, {"lowest": -0.1}, {"lowest": float("nan")},
])  # fmt: skip
def test_a_history_that_cannot_be_is_refused(change: dict[str, object]) -> None:
    history = SupplyHistory()
    with pytest.raises((ValueError, IndexError)):
        history.restore({"levels": [7], "seconds": [1.0], "lowest": 0.07, **change})
    assert history.empty and not history.seconds.any()

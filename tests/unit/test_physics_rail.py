"""The +5 V after the mains fails."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from korgm1.physics.rail import Rail

RAIL = Rail()


@pytest.mark.parametrize(
    ("milliseconds", "volts"), [(0, 5), (5, 5), (20, 5), (23, 4), (26, 3), (35, 0), (40, 0), (10_000, 0)]
)
def test_20_milliseconds_hold_and_5_volts_go_in_15(milliseconds: float, volts: float) -> None:
    assert RAIL.lowest(milliseconds / 1000) == pytest.approx(volts)


@given(st.floats(0, 0.2), st.floats(0, 0.2))
def test_longer_dips_go_deeper_and_stay_longer(one: float, two: float) -> None:
    short, long = sorted((one, two))
    assert RAIL.lowest(long) <= RAIL.lowest(short)
    inner, outer = RAIL.time_below(short, 4.25), RAIL.time_below(long, 4.25)
    if inner is not None:
        assert outer is not None and outer[0] == inner[0] and outer[1] >= inner[1] > inner[0]


def test_the_reset_point_lies_between_4_15_and_4_35_by_seed() -> None:
    points = np.array([Rail.of_seed(seed).reset_volts for seed in range(200)])
    assert 4.15 <= points.min() < 4.17 and 4.33 < points.max() <= 4.35
    assert abs(points.mean() - 4.25) < 0.02
    assert Rail.of_seed(5) == Rail.of_seed(5) != Rail.of_seed(6)
    dip = 0.020 + 0.015 * (5 - 4.35) / 5
    assert all(Rail.of_seed(seed).time_below(dip, Rail.of_seed(seed).reset_volts) is None for seed in range(50))


def test_stray_writes_come_2000_a_second_between_4_and_3_volts() -> None:
    counts = []
    for seed in range(300):
        writes = RAIL.stray_writes(seed, 0.1)
        counts.append(len(writes))
        seconds = [second for second, _, _ in writes]
        assert seconds == sorted(seconds)
        assert all(0.023 <= second <= 0.026 for second in seconds)
    assert np.mean(counts) == pytest.approx(6, abs=0.5)
    assert np.var(counts) == pytest.approx(6, rel=0.3)
    every = [write for seed in range(300) for write in RAIL.stray_writes(seed, 0.1)]
    assert np.mean([address for _, address, _ in every]) == pytest.approx(32768, rel=0.06)
    assert all(0 <= address < 65536 and (value is None or 0 <= value < 256) for _, address, value in every)
    assert np.mean([value is None for _, _, value in every]) == pytest.approx(0.5, abs=0.05)


def test_a_dip_that_ends_between_3_and_4_volts_is_written_through_both_ways() -> None:
    window = RAIL.time_below(0.0255, 4.0)
    assert window is not None and RAIL.lowest(0.0255) > 3.0
    seconds = [write[0] for seed in range(100) for write in RAIL.stray_writes(seed, 0.0255)]
    assert window[0] <= min(seconds) < 0.0240 and 0.0265 < max(seconds) <= window[1]


def test_the_laws_of_stray_writes() -> None:
    assert RAIL.stray_writes(1, 0.022) == []
    assert RAIL.stray_writes(1, 0.1, "none") == []
    assert RAIL.stray_writes(1, 0.1) == RAIL.stray_writes(1, 0.1)
    (second, address, value), = RAIL.stray_writes(1, 0.1, "last")
    assert second == pytest.approx(0.026) and 0 <= address < 65536 and value is None
    assert RAIL.stray_writes(1, 0.024, "last") == []

"""The law of the RAM's bits against the measured and expected figures of the facts."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from korgm1.physics import sram_retention
from korgm1.physics.sram_retention import share_at_risk, share_decayed
from korgm1.physics.sram_wake import wake
from korgm1.physics.supply_history import SupplyHistory

HOUR = 3600.0


def lost(seed: int, volts: float, seconds: float, celsius: float = 25.0) -> np.ndarray:
    history = SupplyHistory()
    history.stay(volts, seconds, celsius)
    return sram_retention.lost(seed, history, 1.0)


def share(mask: np.ndarray) -> float:
    return float(np.unpackbits(mask).mean())


@pytest.mark.parametrize("seed", range(8))
def test_waking_looks_like_real_chips(seed: int) -> None:
    first, second, other = wake(seed, 0), wake(seed, 1), wake(seed + 100, 0)
    assert 0.48 <= share(first) <= 0.53
    assert 0.03 <= share(first ^ second) <= 0.04
    assert 0.37 <= share(first ^ other) <= 0.40
    assert 0.37 <= share(first[0::2] ^ first[1::2]) <= 0.40
    bits = np.unpackbits(first[0::2], bitorder="little")
    assert 0.59 <= (bits[1:] == bits[:-1]).mean() <= 0.66


def test_most_bits_are_the_same_at_every_power_up() -> None:
    reads = [np.unpackbits(wake(5, n)) for n in range(19)]
    ones = np.sum(reads, axis=0)
    assert 0.87 <= float(((ones == 0) | (ones == 19)).mean()) <= 0.91


def test_it_is_deterministic() -> None:
    assert np.array_equal(wake(3, 2), wake(3, 2))
    assert np.array_equal(lost(3, 0.7, 2.0), lost(3, 0.7, 2.0))
    assert not np.array_equal(wake(3, 2), wake(4, 2))
    assert wake(2**64 - 1, 0).size == wake(-1, 0).size == 65536


@pytest.mark.parametrize(
    ("volts", "cells"),
    [(2, 0), (1.95, 0), (1.2, 7), (1.0, 44), (0.9, 760), (0.8, 12_000), (0.7, 83_200), (0.5, 441_200), (0, 524_288)],
)
def test_cells_lost_at_a_low_supply(volts: float, cells: int) -> None:
    found = round(share(lost(1, volts, HOUR)) * 524_288)
    assert abs(found - cells) <= 4 * cells**0.5 + 0.02 * cells


@pytest.mark.parametrize(("seconds", "part"), [(0.3, 0), (0.7, 0.02), (1.0, 0.11), (1.5, 0.39), (2, 0.65), (5, 0.994)])
def test_time_factor(seconds: float, part: float) -> None:
    assert share(lost(2, 0.0, seconds)) == pytest.approx(part, abs=0.005)


@settings(deadline=None, max_examples=15)
@given(st.floats(0, 2.2), st.floats(0, 2.2), st.floats(0, 10), st.floats(0, 10))
def test_lower_and_longer_lose_what_was_lost_already(v1: float, v2: float, t1: float, t2: float) -> None:
    mild = lost(9, max(v1, v2), min(t1, t2))
    hard = lost(9, min(v1, v2), max(t1, t2))
    assert not (mild & ~hard).any()


def test_cold_holds_longer() -> None:
    assert share_decayed(2.0, 15.0) == pytest.approx(share_decayed(1.0, 25.0))
    assert share_decayed(-1.0) == share_decayed(0.0) == 0.0
    assert share_at_risk(1.0, 60.0) > share_at_risk(1.0, 25.0)

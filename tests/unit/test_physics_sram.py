"""The law of the RAM's bits against the measured and expected figures of the facts."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

from korgm1.physics import sram_retention
from korgm1.physics.sram_retention import retention_volts, share_at_risk, share_decayed, unit_factor
from korgm1.physics.sram_wake import wake
from korgm1.physics.supply_history import SupplyHistory

HOUR = 3600.0
RANDOM = np.random.default_rng(1).integers(0, 256, 65536, np.uint8)


def history(*stays: tuple[float, float, float]) -> SupplyHistory:
    made = SupplyHistory()
    for stay in stays:
        made.stay(*stay)
    return made


def lost(seed: int, volts: float, seconds: float, celsius: float = 25.0) -> np.ndarray:
    """Of the median chip."""
    return sram_retention.lost(seed, history((volts, seconds, celsius)), 1.0)


def share(mask: np.ndarray) -> float:
    return float(np.unpackbits(mask).mean())


# waking


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
    majority = ones > 9
    assert 0.021 <= float(np.mean([(read != majority).mean() for read in reads])) <= 0.027


def test_it_is_deterministic() -> None:
    assert np.array_equal(wake(3, 2), wake(3, 2))
    assert np.array_equal(lost(3, 0.7, 2.0), lost(3, 0.7, 2.0))
    assert not np.array_equal(wake(3, 2), wake(4, 2))
    assert not np.array_equal(lost(3, 0.7, 2.0), lost(4, 0.7, 2.0))
    assert wake(2**64 - 1, 0).size == wake(-1, 0).size == 65536


def test_imprint_moves_the_preferred_state_towards_what_was_held() -> None:
    plain = wake(1, 0)
    assert np.array_equal(wake(1, 0, RANDOM, 0.0), plain)
    assert np.array_equal(wake(1, 0, RANDOM, 20.0, 0.0), plain)
    agreed = [share(~(wake(1, 0, RANDOM, years) ^ RANDOM)) for years in (0.0, 1.0, 10.0, 40.0)]
    assert agreed[0] == pytest.approx(0.5, abs=0.003) and agreed == sorted(agreed)
    # 0.05 of a standard deviation around the middle of a normal one
    assert agreed[2] - agreed[0] == pytest.approx(0.05 / (2 * np.pi) ** 0.5, rel=0.15)


# levels


EXPECTED = [
    (2.00, 0.0), (1.60, 8.5e-7), (1.50, 1.7e-6), (1.40, 3.5e-6), (1.30, 6.9e-6), (1.20, 1.35e-5), (1.10, 2.7e-5),
    (1.00, 8.3e-5), (0.90, 1.45e-3), (0.85, 6.3e-3), (0.80, 2.3e-2), (0.75, 6.7e-2), (0.70, 0.159), (0.60, 0.50),
    (0.50, 0.841), (0.40, 0.977), (0.0, 1.0),
]
FLIPPED = [
    (1.10, 7.0), (1.00, 22), (0.90, 380), (0.85, 1650), (0.80, 6000), (0.75, 17_500), (0.70, 41_600), (0.60, 131_000),
    (0.50, 220_600), (0.40, 256_000), (0.0, 262_000),
]


@pytest.mark.parametrize(("volts", "part"), EXPECTED)
def test_share_of_cells_at_risk(volts: float, part: float) -> None:
    assert share_at_risk(volts) == pytest.approx(part, rel=0.03)


@pytest.mark.parametrize(("volts", "part"), EXPECTED)
def test_cells_lost_after_an_hour(volts: float, part: float) -> None:
    seeds = range(20) if part < 1e-4 else range(1)
    cells = part * 524_288 * len(seeds)
    found = sum(round(share(lost(seed, volts, HOUR)) * 524_288) for seed in seeds)
    assert abs(found - cells) <= 4 * cells**0.5 + 0.02 * cells


@pytest.mark.parametrize(("volts", "bits"), FLIPPED)
def test_half_of_the_lost_bits_read_differently(volts: float, bits: float) -> None:
    gone = lost(1, volts, HOUR)
    found = int(np.unpackbits((RANDOM ^ wake(1, 0)) & gone).sum())
    assert abs(found - bits) <= 4 * bits**0.5 + 0.03 * bits


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 5), st.floats(2.0, 6.0), st.floats(0, 1e9), st.floats(-40, 85))
def test_nothing_is_lost_at_2_volts_and_above(seed: int, volts: float, seconds: float, celsius: float) -> None:
    assert not lost(seed, volts, seconds, celsius).any()
    assert share_at_risk(volts, celsius) == 0


def test_no_retention_voltage_reaches_2_volts_even_when_hot() -> None:
    for seed in range(4):
        assert retention_volts(seed).max() + 0.0005 * (85 - 25) < 2.0
    assert retention_volts(1).mean() == pytest.approx(0.605, abs=0.002)
    assert retention_volts(1).std() == pytest.approx(0.10, abs=0.003)


# times


@pytest.mark.parametrize(
    ("seconds", "part"),
    [(0.3, 3e-5), (0.5, 0.002), (0.7, 0.02), (1.0, 0.11), (1.5, 0.39), (2, 0.65), (3, 0.91), (5, 0.994)],
)
def test_time_factor(seconds: float, part: float) -> None:
    assert share(lost(2, 0.0, seconds)) == pytest.approx(part, abs=0.006, rel=0.02)
    assert share_decayed(seconds) == pytest.approx(part, abs=0.006, rel=0.06)


CHIP_E = [(0.1, 0, 4e-6), (0.2, 4e-6, 1.1e-5), (0.3, 4e-5, 5e-5), (0.5, 9e-4, 8e-4), (1.0, 0.052, 0.045),
          (1.5, 0.203, 0.181), (2.0, 0.329, 0.307), (3.0, 0.455, 0.440), (5.0, 0.495, 0.492), (10.0, 0.499, 0.499)]
CHIP_A = [(0.1, 2.2e-4, 6e-5), (0.2, 0.0056, 0.0019), (0.3, 0.038, 0.018), (0.5, 0.185, 0.152), (1.0, 0.430, 0.441),
          (1.5, 0.477, 0.483)]


@pytest.mark.parametrize(
    ("unit", "seconds", "zeros", "ones"), [(1.0, *row) for row in CHIP_E] + [(0.35, *row) for row in CHIP_A]
)
def test_decay_as_measured_on_two_chips(unit: float, seconds: float, zeros: float, ones: float) -> None:
    """Shares of flipped bits of arrays filled with 0 and 1; the second chip decays in a third of the time."""
    gone = sram_retention.lost(1, history((0.0, seconds, 25.0)), unit)
    woken = wake(1, 0)
    assert share(gone & woken) == pytest.approx(zeros, abs=0.03)
    assert share(gone & ~woken) == pytest.approx(ones, abs=0.03)
    assert share(gone) / 2 == pytest.approx((zeros + ones) / 2, abs=0.016)


def test_10_kelvin_colder_takes_twice_the_time() -> None:
    assert share_decayed(2.0, 15.0) == pytest.approx(share_decayed(1.0, 25.0))
    assert share_decayed(-1.0) == share_decayed(0.0) == 0.0
    assert np.array_equal(lost(3, 0.0, 2.0, 15.0), lost(3, 0.0, 1.0, 25.0))
    assert share_at_risk(1.0, 60.0) > share_at_risk(1.0, 25.0)


@settings(deadline=None, max_examples=25)
@given(
    st.floats(0, 2.2), st.floats(0, 2.2), st.floats(0, 10), st.floats(0, 10), st.floats(-20, 60), st.floats(-20, 60)
)
def test_lower_longer_and_warmer_lose_what_was_lost_already(
    v1: float, v2: float, t1: float, t2: float, c1: float, c2: float
) -> None:
    mild = lost(9, max(v1, v2), min(t1, t2), min(c1, c2))
    hard = lost(9, min(v1, v2), max(t1, t2), max(c1, c2))
    assert not (mild & ~hard).any()


# histories


def test_exposures_of_many_levels_add_up_bit_by_bit() -> None:
    """Against the same law written out for every bit."""
    made = history((1.3, 0.9, 25.0), (0.9, 0.5, 40.0), (0.62, 0.8, 10.0), (0.55, 0.4, 25.0), (0.3, 0.6, 25.0))
    made.fall(0.7, 0.1, 2.0, 25.0, 1.5)
    draws = np.stack([sram_retention._draws(6, chip).reshape(-1, 8) for chip in (0, 1)], 1).ravel()
    decay = 1.7 * np.exp(0.43 * norm.ppf(((draws & np.uint64(0xFFFFFFFF)).astype(float) + 0.5) / 2**32)) * 0.8
    below = retention_volts(6)
    exposed = np.array([made.seconds[: round(volts * 100)].sum() for volts in np.unique(below)])
    expected = exposed[np.searchsorted(np.unique(below), below)] >= decay
    found = np.unpackbits(sram_retention.lost(6, made, 0.8), bitorder="little")
    assert 0.05 < expected.mean() < 0.95
    assert (found != expected).sum() <= 2


@settings(deadline=None, max_examples=25)
@given(st.lists(st.tuples(st.floats(0, 2.0), st.floats(0, 3), st.floats(0, 50)), max_size=5),
       st.tuples(st.floats(0, 2.0), st.floats(0, 3), st.floats(0, 50)))
def test_what_happens_later_brings_nothing_back(stays: list[tuple[float, float, float]],
                                                more: tuple[float, float, float]) -> None:
    before, after = (sram_retention.lost(2, history(*stays, *extra)) for extra in ((), (more,)))
    assert not (before & ~after).any()


def test_two_short_stays_lose_what_one_long_one_does() -> None:
    one = sram_retention.lost(4, history((0.6, 2.0, 25.0)))
    two = sram_retention.lost(4, history((0.6, 1.0, 25.0), (0.6, 1.0, 25.0)))
    assert np.array_equal(one, two) and one.any()


def test_pairs_decay_0_3_to_3_times_as_fast() -> None:
    factors = np.array([unit_factor(seed) for seed in range(300)])
    assert 0.3 < factors.min() < 0.33 and 2.7 < factors.max() < 3
    assert np.median(np.log(factors)) == pytest.approx(np.log(0.9**0.5), abs=0.2)
    assert 0.8 < unit_factor(0) < 1.25
    made = history((0.0, 1.7, 25.0))
    shares = [share(sram_retention.lost(1, made, unit)) for unit in (3.0, 1.0, 0.3)]
    assert shares == sorted(shares) and shares[1] == pytest.approx(0.5, abs=0.005)
    assert np.array_equal(sram_retention.lost(1, made), sram_retention.lost(1, made, unit_factor(1)))


def test_a_call_costs_milliseconds_and_none_at_all_without_a_low_supply() -> None:
    made = history((0.1, HOUR, 25.0), (0.9, HOUR, 25.0))

    def best(seeds: range, what: SupplyHistory) -> float:
        took = []
        for seed in seeds:
            begin = time.perf_counter()
            sram_retention.lost(seed, what)
            took.append(time.perf_counter() - begin)
        return min(took)

    assert best(range(50, 55), made) < 0.05, "25 ms is what it should be"
    assert best(range(5), SupplyHistory()) < 0.001

"""The CR2032's laws against their tables, and what holds for any cell."""

from __future__ import annotations

import json
from math import exp, log

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from korgm1.errors import UsageError
from korgm1.physics.arrhenius import doubling, factor
from korgm1.physics.bench_supply import BenchSupply, cell_from_snapshot
from korgm1.physics.cell_cr2032 import HIGHEST, YEAR, CellLaw, Cr2032
from korgm1.physics.cell_curve import CURVES, EMPTY, usable_share, volts_at
from korgm1.physics.cell_decline import dry_per_second, drying, self_share_per_second
from korgm1.physics.cell_recovery import loaded
from korgm1.physics.cell_resistance import ohms_at
from korgm1.physics.retention_current import chip_factor, ram_amps

CURVE_A = [
    (0, 3.25), (1, 3.15), (5, 3.05), (10, 3.02), (20, 3.00), (30, 2.98), (40, 2.96), (50, 2.94), (60, 2.91), (70, 2.86),
    (75, 2.83), (80, 2.78), (85, 2.70), (90, 2.58), (94, 2.44), (97, 2.28), (100, 2.00), (103, 1.50), (106, 1.00),
    (110, 0.50),
]
CURVE_B = [
    (0, 3.00), (10, 2.95), (20, 2.90), (30, 2.85), (40, 2.80), (50, 2.75), (60, 2.70), (70, 2.60), (75, 2.55),
    (80, 2.50), (85, 2.45), (90, 2.40), (94, 2.24), (97, 2.12), (100, 2.00),
]
CURVE_C = [
    (0, 3.00), (10, 2.98), (20, 2.97), (30, 2.95), (40, 2.93), (50, 2.91), (60, 2.89), (70, 2.82), (75, 2.79),
    (80, 2.75), (85, 2.67), (90, 2.54), (94, 2.44), (97, 2.27), (100, 2.10),
]


@pytest.mark.parametrize(
    ("curve", "percent", "volts"),
    [(name, *row) for name, rows in (("light", CURVE_A), ("sheets", CURVE_B), ("segments", CURVE_C)) for row in rows],
)
def test_curve_points(curve: str, percent: float, volts: float) -> None:
    assert float(volts_at(np.array(percent / 100), 23.0, curve)) == pytest.approx(volts, abs=0.0075)


@pytest.mark.parametrize(
    ("percent", "ohms"), [(0, 15), (60, 20), (70, 30), (80, 45), (90, 90), (95, 160), (100, 300)]
)
def test_resistance_points(percent: float, ohms: float) -> None:
    assert float(ohms_at(np.array(percent / 100), 23.0)) == pytest.approx(ohms)


@pytest.mark.parametrize(("celsius", "times"), [(60, 0.6), (40, 0.8), (23, 1), (0, 2), (-10, 3), (-20, 4.5)])
def test_resistance_by_temperature(celsius: float, times: float) -> None:
    assert Cr2032().resistance(celsius) == pytest.approx(15 * times)


@pytest.mark.parametrize(("celsius", "share"), [(-20, 0.90), (0, 0.97), (23, 1), (60, 1)])
def test_usable_share(celsius: float, share: float) -> None:
    assert usable_share(celsius) == pytest.approx(share)


def test_a_light_load_sees_0_4_millivolts_a_kelvin() -> None:
    warm, cold = (Cr2032.reading(2.94).open_volts(celsius) for celsius in (43.0, 23.0))
    assert warm - cold == pytest.approx(0.008)


def test_self_discharge_is_1_percent_a_year_and_doubles_in_10_kelvin_around_23() -> None:
    assert self_share_per_second(1.0, 23.0) * YEAR == pytest.approx(0.01)
    assert self_share_per_second(1.0, 28.0) / self_share_per_second(1.0, 18.0) == pytest.approx(2)
    for celsius in (13.0, 33.0, 43.0):
        assert self_share_per_second(1.0, celsius) * YEAR * 100 == pytest.approx(doubling(celsius, 23), rel=0.1)


def test_the_seal_follows_the_published_lives_at_60_and_90_degrees() -> None:
    assert factor(90, 60, 0.95) == pytest.approx(28 / 1.8, rel=0.03)
    assert dry_per_second(25 * YEAR, 25.0) * 25 * YEAR == pytest.approx(1)
    assert 2.3 < dry_per_second(1.0, 70.0) / dry_per_second(1.0, 60.0) < 2.7


def test_drying_is_late_and_steep() -> None:
    moved = [drying(share) for share in (0.5, 0.7, 0.9, 1.0, 1.5)]
    assert moved[0] < 0.005 and moved[1] < 0.07 and moved[2] > 0.4 and moved[3] == moved[4] == EMPTY


def test_makers_spread() -> None:
    capacities = np.array([Cr2032(seed).capacity_mah for seed in range(400)])
    assert capacities.mean() == pytest.approx(220, rel=0.01)
    assert capacities.std() / 220 == pytest.approx(0.04, rel=0.15)
    lives = np.array([Cr2032(seed).seal_seconds for seed in range(400)]) / YEAR
    assert np.median(lives) == pytest.approx(25, rel=0.05)
    assert np.log(lives).std() == pytest.approx(0.25, rel=0.15)
    assert Cr2032(7).capacity_mah == Cr2032(7).capacity_mah != Cr2032(8).capacity_mah
    assert Cr2032(0).capacity_mah == pytest.approx(220, rel=0.02)
    assert Cr2032(0).seal_seconds / YEAR == pytest.approx(25, rel=0.06)


def test_sudden_death_is_a_smaller_capacity_and_a_contact_that_turns_bad() -> None:
    cells = [Cr2032(seed, CellLaw(sudden_death=True, capacity_spread=0)) for seed in range(100)]
    capacities = [cell.capacity_mah for cell in cells]
    assert 110 <= min(capacities) < 120 and 210 < max(capacities) <= 220
    for cell in cells:
        new = cell.resistance(23.0)
        assert new == pytest.approx(15)
        cell.spend(0, 0, cell.jump_seconds, 0)
        assert 1e3 <= cell.resistance(23.0) - new <= 1e7
    assert 2 < min(cell.jump_seconds for cell in cells) / YEAR < max(cell.jump_seconds for cell in cells) / YEAR < 22
    assert Cr2032(1).jump_seconds == float("inf")


@settings(deadline=None)
@given(st.floats(0, HIGHEST), st.floats(-20, 60), st.integers(0, 9), st.sampled_from(sorted(CURVES)))
def test_reading_reads_what_it_was_asked_to(volts: float, celsius: float, seed: int, curve: str) -> None:
    cell = Cr2032.reading(volts, seed, celsius, CellLaw(curve=curve))
    assert cell.open_volts(celsius) == pytest.approx(volts, abs=1e-9)
    assert 0 <= cell.position(celsius) <= EMPTY + 1e-9 and cell.seed == seed


@pytest.mark.parametrize("volts", [-0.1, 3.351, 6.0, float("nan"), float("inf")])
def test_no_cell_reads_that(volts: float) -> None:
    with pytest.raises(UsageError, match=r"no CR2032 reads .*0 to 3.35 V"):
        Cr2032.reading(volts)


def test_a_reading_above_the_curve_is_gone_within_a_hundredth() -> None:
    cell = Cr2032.reading(3.33)
    cell.spend(0.02 * cell.capacity_mah, 0, 0, 0)
    assert cell.open_volts(23.0) == pytest.approx(3.125)


@settings(deadline=None, max_examples=60)
@given(st.floats(0, 1.3), st.floats(0, 0.3), st.floats(0, 1.2), st.floats(0, 0.3), st.floats(-20, 60))
def test_volts_fall_with_depth_and_dryness(depth: float, more: float, dry: float, drier: float, celsius: float) -> None:
    def volts(depth: float, dry: float) -> float:
        cell = Cr2032(3)
        cell.spend(depth * cell.capacity_mah, 0, 0, dry)
        return cell.open_volts(celsius)

    assert volts(depth + more, dry) <= volts(depth, dry)
    assert volts(depth, dry + drier) <= volts(depth, dry)
    assert volts(depth, dry) >= 0


def test_capacity_goes_in_the_cold_and_comes_back() -> None:
    cell = Cr2032.reading(2.44)
    warm = cell.open_volts(23.0)
    assert cell.open_volts(-20.0) < warm - 0.1
    assert cell.open_volts(23.0) == warm


def test_charge_is_conserved() -> None:
    cell = Cr2032(4)
    cell.spend(100.0, 3.0, 1e8, 0.2)
    cell.load(0.002, 3600, 40.0)
    assert cell.drawn_mah == pytest.approx(102.0)
    assert cell.self_discharged_mah == pytest.approx(3.0 + 3600 * cell.self_mah_per_second(40.0))
    assert cell.depth * cell.capacity_mah == pytest.approx(cell.drawn_mah + cell.self_discharged_mah)


# loads and recovery


def test_a_load_drops_by_the_resistance_and_a_rest_brings_it_back() -> None:
    cell = Cr2032.reading(2.94)
    before = cell.open_volts(23.0)
    assert cell.load(0.0002, 1, 23.0) == pytest.approx(before - 0.0002 * cell.resistance(23.0), abs=0.001)
    cell.load(0.0002, 36_000, 23.0)
    sagged = before - cell.open_volts(23.0)
    assert sagged == pytest.approx(0.15 * cell.depth, rel=0.1)
    assert 0.15 * cell.depth < sagged + 0.002
    cell.load(0.0, 600, 23.0)
    assert cell.polarised_volts == pytest.approx(0.15 * 0.5 * exp(-1), rel=0.05)
    cell.load(0.0, 86_400, 23.0)
    assert cell.open_volts(23.0) == pytest.approx(float(volts_at(np.array(cell.depth), 23.0)), abs=1e-6)
    assert before - 0.004 < cell.open_volts(23.0) < before


@pytest.mark.parametrize("ohms", [100.0, 15_000.0, 1e7])
def test_the_load_line(ohms: float) -> None:
    cell = Cr2032.reading(2.58)
    amps = cell.amps_into(ohms, 23.0)
    assert cell.volts(amps, 23.0) == pytest.approx(amps * ohms)
    assert amps * ohms < 2.58
    assert BenchSupply(3.0).amps_into(ohms, 23.0) == 3.0 / ohms


def test_microamperes_do_not_polarise_and_the_switch_works() -> None:
    cell = Cr2032.reading(2.94)
    cell.load(1e-6, 86_400, 23.0)
    assert cell.polarised_volts < 0.001
    other = Cr2032.reading(2.94, law=CellLaw(recovery=False))
    other.load(0.002, 3600, 23.0)
    assert other.polarised_volts == 0


@settings(deadline=None, max_examples=50)
@given(st.floats(0, 0.005), st.floats(1, 20_000), st.floats(0.01, 0.99), st.floats(0, 0.1))
def test_a_load_in_two_parts_is_the_same_load(amps: float, seconds: float, part: float, depth: float) -> None:
    whole, parts = Cr2032.reading(2.9), Cr2032.reading(2.9)
    whole.load(amps, seconds, 23.0)
    parts.load(amps, seconds * part, 23.0)
    parts.load(amps, seconds * (1 - part), 23.0)
    for name in ("drawn_mah", "self_discharged_mah", "polarised_volts", "dry", "age_seconds"):
        assert getattr(parts, name) == pytest.approx(getattr(whole, name), rel=1e-9, abs=1e-12), name


def test_polarisation_solves_its_equation() -> None:
    p, steps = 0.01, 20_000
    for n in range(steps):
        depth = 0.3 + 0.4 * (n + 0.5) / steps
        p += (0.15 * depth * 0.5 - p) / 600 * 1800 / steps
    assert loaded(0.01, 0.0001, 1800, 0.3, 0.7) == pytest.approx(p, rel=1e-4)


# the others with the same face


def test_a_bench_supply_stays() -> None:
    supply = BenchSupply(2.4)
    supply.spend(500, 5, 1e9, 2)
    assert supply.load(1.0, 1e6, 60.0) == supply.volts(0.1, 0.0) == supply.open_volts(-20) == 2.4
    assert supply.resistance(25.0) == supply.depth == supply.drawn_mah == supply.dry == 0


@pytest.mark.parametrize("made", [Cr2032(5), Cr2032.reading(3.3, 2), BenchSupply(0.4)])
def test_snapshots_are_plain_and_come_back(made: Cr2032 | BenchSupply) -> None:
    made.load(0.001, 100, 30.0)
    block = json.loads(json.dumps(made.snapshot()))
    again = cell_from_snapshot(block)
    assert again.snapshot() == block
    assert again.volts(0.001, 10.0) == made.volts(0.001, 10.0)
    with pytest.raises(ValueError, match="potato"):
        cell_from_snapshot({"kind": "potato"})


@pytest.mark.parametrize("change", [
    {"drawn_mah": -1e9}, {"drawn_mah": float("nan")}, {"self_mah": float("inf")}, {"age_seconds": -1}, {"dry": -0.1},
    {"polarised_volts": -1}, {"offset_volts": -0.1}, {"kind": "supply", "volts": -1},
    {"kind": "supply", "volts": float("nan")},
])  # fmt: skip
def test_a_state_that_cannot_be_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"cannot be|a supply of"):
        cell_from_snapshot({**Cr2032.reading(2.9).snapshot(), **change})


def test_retention_current() -> None:
    assert ram_amps(3.0, 25.0) == pytest.approx(1e-6)
    assert ram_amps(2.0, 35.0, 1.5) == pytest.approx(2e-6)
    factors = np.log([chip_factor(seed) for seed in range(500)])
    assert np.median(factors) == pytest.approx(0.11, abs=0.1)
    assert factors.std() == pytest.approx(log(2) / 2**0.5, rel=0.15)
    assert 0.8 < chip_factor(0) < 1.25

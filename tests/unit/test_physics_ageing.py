"""Years in the instrument: the published lives, charge, time and the cost."""

from __future__ import annotations

from math import inf
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from korgm1.physics.ageing import Span, leave, lie
from korgm1.physics.arrhenius import doubling
from korgm1.physics.backup_network import BackupNetwork
from korgm1.physics.bench_supply import BenchSupply
from korgm1.physics.cell_cr2032 import EMPTY, YEAR, CellLaw, Cr2032

NETWORK = BackupNetwork()
TABLE_LAW = CellLaw(capacity_mah=215, capacity_spread=0, seal_years=0)


class ConstantLoad:
    """A network that draws the same whatever the cell gives, as the published table assumes."""

    def __init__(self, amps: float) -> None:
        self.amps = amps

    def solve(self, open_volts: np.ndarray, ohms: np.ndarray, celsius: float) -> tuple[np.ndarray, np.ndarray]:
        return np.full_like(open_volts, self.amps), open_volts

    def cell_amps(self, cell: Any, celsius: float, on: bool = False) -> float:
        return 0.0 if on else self.amps


LIVES = [
    (0.5, (44, 31, 22), (18, 15, 13)),
    (1, (27, 19, 13.5), (14, 12, 9.4)),
    (2, (15, 11, 7.6), (10, 7.9, 6.1)),
    (3, (10.5, 7.5, 5.3), (7.8, 6.0, 4.5)),
    (6, (5.5, 3.9, 2.8), (4.7, 3.5, 2.5)),
]


@pytest.mark.parametrize(
    ("microamperes", "celsius", "sense", "years"),
    [(load, celsius, sense, rows[n]) for load, *both in LIVES for sense, rows in zip((0.0, 0.8), both, strict=True)
     for n, celsius in enumerate((20.0, 25.0, 30.0))],
)
def test_battery_life(microamperes: float, celsius: float, sense: float, years: float) -> None:
    load = (microamperes * doubling(celsius, 25) + sense) * 1e-6
    span = leave(Cr2032(0, TABLE_LAW), ConstantLoad(load), 60 * YEAR, celsius)  # type: ignore[arg-type]
    life = float(np.interp(1.0, span.depth, span.seconds)) / YEAR
    assert life == pytest.approx(years, rel=0.04)


def fine(cell: Cr2032, network: BackupNetwork, seconds: float, celsius: float, on_share: float, steps: int) -> None:
    """The same by midpoint steps of equal length, one cell and one solution each."""
    step = seconds / steps
    for _ in range(steps):
        before = cell.snapshot()
        if cell.position(celsius) >= EMPTY:
            cell.spend(0, 0, step, cell.dry_per_second(celsius) * step)
            continue
        inside, dry = cell.self_mah_per_second(celsius) * step, cell.dry_per_second(celsius) * step
        half = network.cell_amps(cell, celsius) * (1 - on_share) * step / 2 / 3.6
        cell.spend(half, inside / 2, step / 2, dry / 2)
        whole = network.cell_amps(cell, celsius) * (1 - on_share) * step / 3.6
        cell.restore(before)
        cell.spend(whole, inside, step, dry)


@pytest.mark.parametrize(
    ("years", "celsius", "on_share", "seed"), [(9, 25, 0.02, 0), (14, 28, 0.0, 3), (30, 15, 0.3, 1)]
)
def test_it_agrees_with_fine_steps_within_half_a_percent(
    years: float, celsius: float, on_share: float, seed: int
) -> None:
    network = BackupNetwork(ram_factor=1.3)
    fast, slow = Cr2032(seed), Cr2032(seed)
    leave(fast, network, years * YEAR, celsius, on_share)
    fine(slow, network, years * YEAR, celsius, on_share, 3000)
    assert fast.drawn_mah == pytest.approx(slow.drawn_mah, rel=0.001)
    assert fast.self_discharged_mah == pytest.approx(slow.self_discharged_mah, rel=0.005)
    assert fast.dry == pytest.approx(slow.dry) and fast.age_seconds == pytest.approx(slow.age_seconds)


CELLS = st.builds(Cr2032, st.integers(0, 50)) | st.builds(Cr2032.reading, st.floats(0, 3.3), st.integers(0, 50))
YEARS = st.floats(0, 40)
CELSIUS = st.floats(-20, 60)
SHARES = st.floats(0, 1)


@settings(deadline=None, max_examples=60)
@given(CELLS, YEARS, CELSIUS, SHARES)
def test_charge_is_conserved_and_nothing_rises_with_time(
    cell: Cr2032, years: float, celsius: float, share: float
) -> None:
    drawn, inside = cell.drawn_mah, cell.self_discharged_mah
    span = leave(cell, NETWORK, years * YEAR, celsius, share)
    assert cell.depth * cell.capacity_mah == pytest.approx(cell.drawn_mah + cell.self_discharged_mah, abs=1e-9)
    assert cell.drawn_mah >= drawn and cell.self_discharged_mah >= inside
    assert span.depth[-1] == pytest.approx(cell.depth, abs=1e-12)
    assert span.seconds[0] == 0 and span.seconds[-1] == pytest.approx(years * YEAR)
    assert 2 <= span.seconds.size <= 400 or years == 0
    assert (np.diff(span.seconds) >= 0).all() and (np.diff(span.depth) >= -1e-12).all()
    assert (np.diff(span.cell_volts) <= 1e-12).all() and (np.diff(span.supply_volts) <= 1e-12).all()


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 20), st.floats(1, 12), st.floats(15, 30))
def test_what_flowed_is_the_integral_of_the_current(seed: int, years: float, celsius: float) -> None:
    cell = Cr2032(seed)
    span = leave(cell, NETWORK, years * YEAR, celsius)
    positions = np.interp(-span.cell_volts, -cell.curve_volts(np.linspace(0, EMPTY, 5000), celsius),
                          np.linspace(0, EMPTY, 5000))
    amps, _ = NETWORK.solve(span.cell_volts, cell.curve_ohms(positions, celsius), celsius)
    flowed = float(((amps[1:] + amps[:-1]) / 2 * np.diff(span.seconds)).sum()) / 3.6
    assert cell.drawn_mah == pytest.approx(flowed, rel=0.005)


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 20), YEARS, st.floats(0.01, 0.99), st.floats(-10, 50), SHARES)
def test_two_stretches_are_one(seed: int, years: float, part: float, celsius: float, share: float) -> None:
    """Within 0.2 % of the charge: the steps fall elsewhere."""
    whole, parts = Cr2032(seed), Cr2032(seed)
    leave(whole, NETWORK, years * YEAR, celsius, share)
    leave(parts, NETWORK, years * part * YEAR, celsius, share)
    leave(parts, NETWORK, years * (1 - part) * YEAR, celsius, share)
    assert parts.depth == pytest.approx(whole.depth, rel=0.002, abs=0.006 if whole.position(celsius) >= EMPTY else 1e-9)
    assert parts.dry == pytest.approx(whole.dry) and parts.age_seconds == pytest.approx(whole.age_seconds)


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 20), st.floats(0, 6), st.floats(0, 6), st.floats(23, 60), st.floats(23, 60))
def test_longer_and_warmer_take_more(seed: int, y1: float, y2: float, t1: float, t2: float) -> None:
    mild, hard = Cr2032(seed), Cr2032(seed)
    leave(mild, NETWORK, min(y1, y2) * YEAR, min(t1, t2))
    leave(hard, NETWORK, max(y1, y2) * YEAR, max(t1, t2))
    assert min(hard.position(25.0), EMPTY) >= min(mild.position(25.0), EMPTY) - 1e-4
    assert hard.age_seconds >= mild.age_seconds and hard.dry >= mild.dry


NETWORKS = st.builds(
    BackupNetwork, diode=st.sampled_from(["silicon", "schottky"]), contact_ohms=st.sampled_from([0, 1e5, 1e9, inf]),
    series_ohms=st.sampled_from([0, 1000]), sense_leak=st.booleans(), adc_leakage_amps=st.sampled_from([0, 1e-5]),
    ram_factor=st.floats(0.001, 1000), cell_diode=st.sampled_from(["ok", "open", "short"]),
    isolation_diode=st.sampled_from(["ok", "short"]), sense_open=st.booleans(),
    pull_up_ohms=st.sampled_from([None, 0, 1e4]),
)


@settings(deadline=None, max_examples=80)
@given(CELLS | st.none() | st.builds(BenchSupply, st.floats(0, 6)), NETWORKS, YEARS, st.floats(-40, 85), SHARES)
def test_any_network_and_any_fault_give_plain_numbers(
    cell: Cr2032 | BenchSupply | None, network: BackupNetwork, years: float, celsius: float, share: float
) -> None:
    span = leave(cell, network, years * YEAR, celsius, share)
    assert span.seconds.size <= 400
    for line in (span.seconds, span.cell_volts, span.supply_volts, span.depth):
        assert line.size == span.seconds.size and np.isfinite(line).all() and (line >= 0).all()
    assert 0 <= network.sense_volts(cell, celsius) <= 6
    assert np.isfinite([network.cell_amps(cell, celsius, on) for on in (False, True)]).all()


def test_power_on_spares_the_cell_all_but_its_self_discharge() -> None:
    cell = Cr2032(0)
    leave(cell, NETWORK, 10 * YEAR, 23.0, on_share=1.0)
    assert cell.drawn_mah == 0
    assert cell.self_discharged_mah == pytest.approx(0.1 * cell.capacity_mah)


def test_a_diode_that_charges_stores_nothing() -> None:
    cell = Cr2032.reading(2.9)
    before = cell.drawn_mah
    leave(cell, BackupNetwork(cell_diode="short"), YEAR, 23.0, on_share=1.0)
    assert cell.drawn_mah == before


def test_a_seal_at_its_end_takes_a_cell_that_nobody_used() -> None:
    dead, kept = Cr2032(0), Cr2032(0, CellLaw(seal_years=0))
    for cell in (dead, kept):
        leave(cell, BackupNetwork(cell_diode="open", sense_leak=False), 35 * YEAR, 25.0)
    assert dead.open_volts(25.0) == 0 and kept.open_volts(25.0) > 2.7


def test_a_contact_that_turns_bad_does_so_in_the_middle() -> None:
    cell = next(c for c in (Cr2032(s, CellLaw(sudden_death=True)) for s in range(50)) if 1 < c.jump_seconds / YEAR < 8)
    new = Cr2032(cell.seed, cell.law).resistance(25.0)
    span = leave(cell, NETWORK, 8 * YEAR, 25.0)
    assert cell.resistance(25.0) > new + 900
    assert float(cell.jump_seconds) in span.seconds.tolist()


def test_it_does_so_wherever_the_time_is_cut() -> None:
    """Ages are sums of seconds, whose rounding must not put the jump off to the next stretch."""
    for seed in range(200):
        cell = Cr2032(seed, CellLaw(sudden_death=True))
        jump = cell.jump_seconds
        cell.spend(0.0, 0.0, jump * 0.123456789, 0.0)
        leave(cell, BackupNetwork(contact_ohms=inf), jump - cell.age_seconds, 25.0)
        assert cell.resistance(25.0) > 900, seed


def test_a_cell_on_the_bench_discharges_itself_only() -> None:
    cell, fitted = Cr2032(3), Cr2032(3)
    lie(cell, 10 * YEAR, 30.0)
    leave(fitted, BackupNetwork(contact_ohms=inf), 10 * YEAR, 30.0)
    assert cell.snapshot() == fitted.snapshot()
    assert cell.drawn_mah == 0 and cell.depth == pytest.approx(0.1 * 2 ** 0.7, rel=0.02) and cell.dry > 0.3
    lie(None, 1.0, 25.0)


def test_a_heavy_load_empties_it_within_days_and_then_time_just_passes() -> None:
    cell = Cr2032(0)
    span = leave(cell, BackupNetwork(isolation_diode="short"), 20 * YEAR, 25.0)
    dead = span.crossing(1.0, "cell")
    assert dead is not None and 3 < dead / 86_400 < 10
    assert cell.age_seconds == pytest.approx(20 * YEAR) and span.supply_volts[-1] < 0.05


def test_bench_supplies_and_empty_holders_stay_as_they_are() -> None:
    span = leave(BenchSupply(2.4), NETWORK, 20 * YEAR, 25.0)
    assert span.seconds.tolist() == [0.0, 20 * YEAR] and (span.cell_volts == 2.4).all()
    assert span.supply_volts.tolist() == [NETWORK.supply_volts(BenchSupply(2.4), 25.0)] * 2
    assert leave(None, NETWORK, 60, 25.0).supply_volts.tolist() == [0.0, 0.0]


@pytest.mark.parametrize(("seconds", "share"), [(-1, 0), (1, -0.1), (1, 1.1), (float("nan"), 0), (float("inf"), 0)])
def test_times_that_make_no_sense(seconds: float, share: float) -> None:
    with pytest.raises(ValueError, match="power on"):
        leave(Cr2032(), NETWORK, seconds, 25.0, share)


def test_crossings() -> None:
    line = np.array([3.0, 2.0, 1.0])
    span = Span(np.array([0.0, 10.0, 30.0]), line + 0.5, line, line, 25.0, 0.0)
    assert span.crossing(2.5) == 5.0 and span.crossing(1.5) == 20.0 and span.crossing(2.5, "cell") == 10.0
    assert span.crossing(3.0) == 0.0 and span.crossing(0.9) is None


def test_20_years_with_daily_use_take_a_few_hundred_steps() -> None:
    """bench/battery.py has the milliseconds."""
    span = leave(Cr2032(0), NETWORK, 20 * YEAR, 25.0, on_share=1 / 24)
    assert len(span.seconds) <= 400

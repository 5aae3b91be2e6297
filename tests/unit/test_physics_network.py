"""The backup network against the facts' tables, and its faults."""

from __future__ import annotations

from math import inf

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from korgm1.hypotheses import Hypotheses
from korgm1.physics.backup_network import R29_OHMS, BackupNetwork
from korgm1.physics.bench_supply import BenchSupply
from korgm1.physics.cell_cr2032 import CellLaw, Cr2032
from korgm1.physics.diode import drop
from korgm1.physics.retention_current import ram_amps

NETWORK = BackupNetwork()


@pytest.mark.parametrize(
    ("kind", "amps", "volts", "within"),
    [("silicon", 1e-7, 0.17, 0.005), ("silicon", 1e-6, 0.28, 0.005), ("silicon", 2e-6, 0.32, 0.005),
     ("silicon", 6e-6, 0.37, 0.005), ("schottky", 1e-7, 0.02, 0.005), ("schottky", 1e-6, 0.065, 0.001),
     ("schottky", 2e-6, 0.08, 0.005), ("schottky", 6e-6, 0.11, 0.005)],
)
def test_diode_drops(kind: str, amps: float, volts: float, within: float) -> None:
    assert drop(amps, kind, 25.0) == pytest.approx(volts, abs=within)


def test_a_silicon_diode_loses_2_millivolts_less_a_kelvin() -> None:
    assert (drop(1e-6, "silicon", 35.0) - drop(1e-6, "silicon", 25.0)) / 10 == pytest.approx(-0.0025, abs=0.0006)
    assert drop(0.0, "silicon", 25.0) == 0


HOLD_UP = [(0.2e-6, 1, 0.22, 0.64, 0.95), (10e-6, 1, 11, 32, 47), (10e-6, 6, 1.9, 5.3, 7.9), (100e-6, 1, 111, 320, 470)]


@pytest.mark.parametrize(
    ("farads", "microamperes", "volts", "seconds"),
    [(row[0], row[1], volts, seconds) for row in HOLD_UP
     for volts, seconds in zip((2.0, 1.0, 0.6), row[2:], strict=True)],
)
def test_hold_up_with_the_cell_out(farads: float, microamperes: float, volts: float, seconds: float) -> None:
    network = BackupNetwork(capacitance=farads, ram_factor=microamperes)
    assert network.fall_seconds(2.9, volts, 25.0) == pytest.approx(seconds, rel=0.025)
    assert network.fall_volts(2.9, network.fall_seconds(2.9, volts, 25.0), 25.0) == pytest.approx(volts)
    assert network.fall_seconds(volts, 2.9, 25.0) == 0 and network.fall_seconds(2.9, 0.0, 25.0) == inf


def test_10_kelvin_colder_holds_twice_as_long() -> None:
    assert NETWORK.fall_seconds(2.9, 1.0, 15.0) == pytest.approx(2 * NETWORK.fall_seconds(2.9, 1.0, 25.0))


@settings(deadline=None, max_examples=100)
@given(st.floats(0, 6), st.floats(-40, 85), st.sampled_from(["silicon", "schottky"]), st.floats(0, 1e7),
       st.floats(0.05, 1000), st.booleans())
def test_the_solution_satisfies_kirchhoff(
    volts: float, celsius: float, diode: str, contact: float, ram: float, leak: bool
) -> None:
    network = BackupNetwork(diode=diode, contact_ohms=contact, ram_factor=ram, sense_leak=leak)
    amps, supply = (float(x) for x in network.solve(np.array(volts), np.array(20.0), celsius))
    into_ram = ram_amps(supply, celsius, ram)
    holder = supply + drop(into_ram, diode, celsius) + into_ram * 1000
    assert holder == pytest.approx(volts - amps * (20.0 + contact), abs=1e-6)
    assert amps - into_ram == pytest.approx(max(0.0, holder - 0.6) / R29_OHMS if leak else 0.0, abs=1e-12)
    assert 0 <= supply <= volts


@settings(deadline=None, max_examples=50)
@given(st.floats(0, 3.3), st.floats(0, 3.3), st.floats(-20, 60))
def test_more_cell_gives_more_supply(one: float, two: float, celsius: float) -> None:
    low, high = (NETWORK.supply_volts(BenchSupply(v), celsius) for v in sorted((one, two)))
    assert low <= high


def test_the_sense_path_takes_0_8_microamperes_of_a_3_volt_cell_while_off() -> None:
    cell = BenchSupply(3.0)
    without = BackupNetwork(sense_leak=False)
    assert NETWORK.cell_amps(cell, 25.0) - without.cell_amps(cell, 25.0) == pytest.approx(0.8e-6, rel=0.001)
    assert NETWORK.cell_amps(cell, 25.0, on=True) == 0
    cut = BackupNetwork(sense_open=True)
    assert cut.cell_amps(cell, 25.0) == pytest.approx(without.cell_amps(cell, 25.0))
    assert cut.sense_volts(cell, 25.0) == 0


def test_what_a_player_meets() -> None:
    """Warning at 2.5 V to 2.0 V at the RAM is 4.7 % of the charge, from there to 1.0 V another 7 %."""
    def position(supply: float) -> float:
        depths = np.linspace(0.9, 1.14, 2000)
        cell = Cr2032(0, CellLaw(capacity_spread=0))
        _, volts = NETWORK.solve(np.maximum(0, cell.curve_volts(depths, 23.0)), cell.curve_ohms(depths, 23.0), 25.0)
        return float(np.interp(-supply, -volts, depths))

    warned = Cr2032.reading(2.5).depth
    assert position(2.0) - warned == pytest.approx(0.047, abs=0.004)
    assert position(1.0) - position(2.0) == pytest.approx(0.07, abs=0.01)
    assert NETWORK.supply_volts(BenchSupply(2.28), 25.0) == pytest.approx(2.0, abs=0.02)


# power on, faults


def test_power_on() -> None:
    assert NETWORK.powered_volts() == pytest.approx(4.4)
    assert NETWORK.powered_volts(4.0) == pytest.approx(3.4)
    assert NETWORK.sense_volts(Cr2032.reading(2.9), 23.0) == pytest.approx(2.9)
    assert NETWORK.sense_volts(None, 25.0) == 0
    assert NETWORK.sense_volts(Cr2032(), 25.0, on=False) == 0.6


def test_a_leaking_adc_drops_3_volts_a_microampere() -> None:
    network = BackupNetwork(adc_leakage_amps=0.5e-6)
    assert network.sense_volts(BenchSupply(3.19), 25.0) == pytest.approx(1.69)
    assert BackupNetwork(adc_leakage_amps=2e-6).sense_volts(BenchSupply(3.19), 25.0) == 0


def test_a_bad_contact_starves_the_ram_while_the_meter_sees_a_good_cell() -> None:
    cell = Cr2032.reading(3.19)
    supplies = [BackupNetwork(contact_ohms=ohms).supply_volts(cell, 25.0) for ohms in (0, 1e5, 1e6, 1e7, inf)]
    assert supplies == sorted(supplies, reverse=True) and supplies[0] > 2.8 and supplies[-1] == 0
    assert BackupNetwork(contact_ohms=1e6).sense_volts(cell, 23.0) == pytest.approx(3.19)
    assert BackupNetwork(contact_ohms=inf).sense_volts(cell, 23.0) == 0
    assert BackupNetwork(contact_ohms=inf).cell_amps(cell, 23.0) == 0


def test_an_open_cell_diode_leaves_the_reading_and_takes_the_supply() -> None:
    network, cell = BackupNetwork(cell_diode="open"), Cr2032()
    assert network.supply_volts(cell, 25.0) == 0
    assert network.sense_volts(cell, 23.0) == pytest.approx(3.25)
    assert network.cell_amps(cell, 25.0) == pytest.approx((3.25 - 0.6) / R29_OHMS, rel=0.01)


def test_a_shorted_cell_diode_is_charged_while_on() -> None:
    network, cell = BackupNetwork(cell_diode="short"), Cr2032.reading(3.0)
    assert network.supply_volts(cell, 25.0) == pytest.approx(3.0, abs=0.005)
    assert network.cell_amps(cell, 25.0, on=True) < -0.001
    assert network.sense_volts(cell, 25.0) > 3.0
    assert network.sense_volts(None, 25.0) == pytest.approx(4.4)


def test_a_shorted_isolation_diode_puts_the_whole_board_on_the_cell() -> None:
    network, cell = BackupNetwork(isolation_diode="short"), Cr2032()
    assert network.supply_volts(cell, 25.0) < 0.5 and network.cell_amps(cell, 25.0) > 0.001
    assert network.powered_volts() == 5.0
    assert network.fall_seconds(2.9, 1.0, 25.0) < 0.01


def test_10_kilohms_from_5_volts_lift_the_empty_holder_above_4_5() -> None:
    network = BackupNetwork(pull_up_ohms=10e3)
    assert 4.4 < network.sense_volts(None, 25.0) < 4.9
    assert network.sense_volts(None, 25.0, on=False) == 0
    assert BackupNetwork(pull_up_ohms=10e3, cell_diode="open").sense_volts(None, 25.0) == pytest.approx(5.0)
    assert network.sense_volts(Cr2032.reading(3.0), 23.0) == pytest.approx(3.0, abs=0.01)


@pytest.mark.parametrize("sense_leak", [True, False])
def test_with_the_power_off_they_drain_the_cell_into_the_dead_rail(sense_leak: bool) -> None:
    network, cell = BackupNetwork(pull_up_ohms=10e3, sense_leak=sense_leak), Cr2032.reading(3.0)
    plain = BackupNetwork(sense_leak=sense_leak)
    drain = network.cell_amps(cell, 23.0) - plain.cell_amps(cell, 23.0)
    assert drain == pytest.approx(3.0 / 10_100, rel=0.01)
    assert network.holder_volts(cell, 23.0, on=False) == pytest.approx(3.0 - drain * cell.resistance(23.0), abs=1e-3)
    assert plain.supply_volts(cell, 23.0) - 0.01 < network.supply_volts(cell, 23.0) < plain.supply_volts(cell, 23.0)


def test_hypotheses_choose_it() -> None:
    network = BackupNetwork.from_hypotheses(
        Hypotheses({"H-BATT-DIODE": "schottky", "H-BACKUP-C": 47, "H-ISOLATION": 0.3, "H-SENSE-LEAK": False,
                    "H-BATT-DIVIDER": 0.25, "H-SRAM-CURRENT": 6})
    )
    assert network == BackupNetwork("schottky", capacitance=47e-6, isolation_volts=0.3, sense_leak=False,
                                    adc_leakage_amps=0.25e-6, ram_factor=6.0)
    drawn = [BackupNetwork.from_hypotheses(Hypotheses(), seed).ram_factor for seed in range(4)]
    assert len(set(drawn)) == 4

"""The holder: --battery texts, what RAM and ADC get, and the history of the RAM's supply since +5 V went."""

from __future__ import annotations

from math import inf
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from korgm1.board.adc_m58990 import code
from korgm1.board.battery import PRESETS, UNTOLD, Battery, network_of, parse_cell, parse_volts
from korgm1.errors import UsageError
from korgm1.hypotheses import Hypotheses
from korgm1.machine.faults import Faults
from korgm1.physics.backup_network import BackupNetwork
from korgm1.physics.bench_supply import BenchSupply
from korgm1.physics.cell_cr2032 import Cr2032

YEAR = 31_557_600.0
PLAIN = BackupNetwork()


def holder(text: str, *faults: str, **hypotheses: Any) -> Battery:
    guesses = Hypotheses({key.replace("_", "-"): value for key, value in hypotheses.items()})
    return Battery.from_text(text, guesses, faults=Faults(faults).network())


def test_presets_mean_what_they_say() -> None:
    cells = {name: holder(name) for name in PRESETS}
    codes = {name: code(cell.sense_microvolts(), 5_000_000) for name, cell in cells.items()}
    assert codes == {"fresh": 0xA4, "low": 0x7B, "dead": 0x14, "absent": 0}
    assert cells["fresh"].ram_volts > cells["low"].ram_volts >= 2.0
    assert cells["dead"].ram_volts < 0.3 and cells["absent"].ram_volts == 0
    assert [cell.kind for cell in cells.values()] == ["supply", "supply", "supply", None]


@pytest.mark.parametrize("seed", range(40))
def test_low_keeps_every_seeds_ram(seed: int) -> None:
    assert Battery.from_text("low", Hypotheses(), seed).ram_volts >= 2.0


@pytest.mark.parametrize(("volts", "expected"), [(2.49, 0x7F), (2.4903, 0x80), (2.495, 0x80), (2.5, 0x80)])
def test_the_warning_begins_below_2_4903_volts(volts: float, expected: int) -> None:
    """OpenM1 warns below code 80h; microvolts are not rounded before the converter rounds."""
    assert code(Battery(BenchSupply(volts)).sense_microvolts(), 5_000_000) == expected


def test_hypotheses_and_faults_reach_the_network() -> None:
    leaking = holder("3.0", H_BATT_DIVIDER=0.1, H_BATT_DIODE="schottky")
    assert leaking.cell_volts == 3.0 and leaking.sense_microvolts() == 2_700_000 and leaking.ram_volts > 2.9
    assert holder("3.19", "ic29-an6-leak=0.5").sense_microvolts() == 1_690_000
    assert holder("3.19", "ic29-an6-leak=2").sense_microvolts() == 0
    assert holder("3.19", "ic29-an6-leak=0", H_BATT_DIVIDER=1.0).sense_microvolts() == 3_190_000
    assert holder("3.2", "r29-open").sense_microvolts() == 0 and holder("3.2", "r29-open").ram_volts > 2.8
    for fault in ("cell-contact=open", "cell-diode-open"):
        assert holder("3.2", fault).ram_volts == 0
    assert holder("3.2", "cell-contact=open").sense_microvolts() == 0
    assert holder("3.2", "cell-diode-open").sense_microvolts() == 3_200_000
    assert holder("3.2", "cell-contact=1M").ram_volts < holder("3.2").ram_volts - 0.5
    assert holder("3.2", "isolation-diode-short").ram_volts < 0.5
    assert holder("CR2032", "cell-diode-short").ram_volts > holder("CR2032").ram_volts + 0.2
    assert 4.3 < holder("absent", "node-pull-up=10k").sense_microvolts() / 1e6 < 4.9


@pytest.mark.parametrize(
    ("text", "volts"), [("fresh", 3.2), (" Dead ", 0.4), ("0", 0), ("6", 6), ("2.75v", 2.75), ("-0", 0)]
)
def test_text(text: str, volts: float) -> None:
    assert str(parse_volts(text)) == str(float(volts))


@pytest.mark.parametrize("text", ["", "full", "-0.1", "6.01", "nan", "inf", "1e9", "3,2", "vv", "CR2025", "2.9@CR2032"])
def test_bad_text(text: str) -> None:
    with pytest.raises(UsageError, match=r"fresh, low, dead, absent or volts from 0 to 6, or CR2032"):
        parse_cell(text, Hypotheses())


@pytest.mark.parametrize(("text", "word"), [("7", "out of range"), ("-1", "out of range"), ("full", "not known")])
def test_a_number_that_is_too_high_is_not_called_unknown(text: str, word: str) -> None:
    with pytest.raises(UsageError, match=f"battery '{text}' is {word}"):
        parse_volts(text)


def test_cells() -> None:
    new, used = parse_cell("CR2032", Hypotheses(), 5), parse_cell(" cr2032 @ 2.6V", Hypotheses(), 5)
    assert isinstance(new, Cr2032) and isinstance(used, Cr2032)
    assert new.depth == 0 and 0.85 < used.depth < 0.9 and new.capacity_mah == used.capacity_mah
    assert used.open_volts(23.0) == pytest.approx(2.6)
    for text in ("CR2032@", "CR2032@x", "CR2032@3.4", "CR2032@-1"):
        with pytest.raises(UsageError, match=r"battery|no CR2032 reads"):
            parse_cell(text, Hypotheses())
    law = parse_cell("CR2032", Hypotheses({"H-CELL-SELF": 3.0}))
    assert isinstance(law, Cr2032) and law.law.self_discharge == 3.0


# time without power


def test_a_supply_of_2_volts_at_the_ram_leaves_no_trace() -> None:
    battery = holder("low")
    battery.power(False)
    battery.leave(20 * YEAR)
    assert battery.history.empty and battery.history.lowest == inf


def test_the_capacitor_holds_the_ram_for_a_while() -> None:
    """A dead cell is noticed when the capacitor has fallen to it, not before."""
    for text in ("dead", "absent"):
        battery = holder(text)
        battery.power(False)
        battery.leave(5)
        assert battery.history.empty
        battery.leave(600)
        assert battery.history.lowest < 0.3
        assert battery.history.below(0.5) < 600
    fast = holder("absent", H_BACKUP_C=0.01)
    fast.power(False)
    fast.leave(5)
    assert fast.history.lowest < 0.01


@given(st.lists(st.floats(0, 1e4), min_size=1, max_size=5), st.sampled_from(["absent", "dead", "1.5", "3.0"]))
@settings(max_examples=40, deadline=None)
def test_time_in_pieces_is_the_same_time(pieces: list[float], text: str) -> None:
    one, many = holder(text), holder(text)
    one.power(False)
    many.power(False)
    one.leave(sum(pieces))
    for piece in pieces:
        many.leave(piece)
    assert np.allclose(one.history.seconds, many.history.seconds, rtol=1e-6, atol=1e-3)
    assert one.ram_volts == many.ram_volts and one.held_years == pytest.approx(many.held_years)


def test_a_cell_ages_and_a_supply_does_not() -> None:
    cell, supply = holder("CR2032"), holder("3.25")
    for battery in (cell, supply):
        battery.power(False)
        span = battery.leave(8 * YEAR, 30.0)
        assert span.seconds[-1] == pytest.approx(8 * YEAR) and np.all(np.diff(span.seconds) >= 0)
        assert span.supply_volts[0] == pytest.approx(4.4) and span.celsius == 30.0
    assert supply.cell_volts == 3.25 and 2.0 < cell.cell_volts < 2.99


def test_with_power_on_the_cell_only_discharges_itself() -> None:
    off, used = holder("CR2032"), holder("CR2032")
    for battery, on_share in ((off, 0.0), (used, 1.0)):
        battery.power(False)
        battery.leave(5 * YEAR, on_share=on_share)
    assert isinstance(off.cell, Cr2032) and isinstance(used.cell, Cr2032)
    assert used.cell.drawn_mah == 0 < off.cell.drawn_mah
    assert used.cell.self_discharged_mah == off.cell.self_discharged_mah
    on = holder("CR2032")
    on.power(False, seconds=5 * YEAR)
    assert isinstance(on.cell, Cr2032) and on.cell.self_discharged_mah == pytest.approx(used.cell.self_discharged_mah)


def test_nobody_says_how_long_is_a_day() -> None:
    told, untold = holder("1.5"), holder("1.5")
    for battery in (told, untold):
        battery.power(False)
    told.leave(UNTOLD)
    for battery in (told, untold):
        battery.end_of_off()
        battery.end_of_off()
    assert untold.history.below(2.0) >= told.history.below(2.0) > UNTOLD * 0.9
    exact = holder("dead")
    exact.power(False)
    exact.leave(1)
    exact.end_of_off()
    assert exact.history.empty, "what was told is all the time there was"


def test_each_cell_nobody_timed_was_in_for_a_day() -> None:
    battery = holder("fresh")
    battery.power(False)
    battery.put(None)
    battery.put(BenchSupply(3.2))
    battery.end_of_off()
    assert battery.history.below(0.1) > UNTOLD * 0.9
    battery.power(True)
    assert battery.history.empty
    battery.put(None)
    battery.put(BenchSupply(3.2))
    battery.power(False)
    battery.end_of_off()
    assert battery.history.empty, "with the power on a change of the cell does nothing"


@pytest.mark.parametrize("seconds", [30.0, 600.0, 1e5, 20 * YEAR])
@pytest.mark.parametrize("text", ["absent", "dead"])
def test_a_span_shows_when_the_capacitor_passed_2_volts(text: str, seconds: float) -> None:
    battery = holder(text)
    battery.power(False)
    span = battery.leave(seconds)
    network = battery.network
    expected = network.fall_seconds(network.powered_volts(), 2.0, 25.0)
    assert span.crossing(2.0) == pytest.approx(expected, rel=0.01)
    assert span.seconds[-1] == pytest.approx(seconds)
    assert battery.history.lowest < 3.2 and np.all(np.diff(span.supply_volts) <= 0)


def test_how_long_the_content_was_held() -> None:
    battery = holder("fresh")
    battery.power(False)
    battery.leave(YEAR)
    battery.power(True)
    battery.power(False, seconds=YEAR)
    assert battery.held_years == pytest.approx(2)
    battery.power(True, lost=True)
    assert battery.held_years == 0


def test_bad_temperature() -> None:
    for celsius in (-41, 86, float("nan")):
        with pytest.raises(UsageError, match="-40 to 85"):
            Battery.from_text("fresh", Hypotheses(), celsius=celsius)


@pytest.mark.parametrize("text", ["CR2032@2.5", "2.345", "absent"])
def test_snapshot(text: str) -> None:
    battery = holder(text)
    battery.power(False)
    battery.leave(3 * YEAR, 35.0)
    other = holder("3.0")
    other.restore(battery.snapshot())
    assert other.snapshot() == battery.snapshot()
    assert (other.cell_volts, other.ram_volts, other.kind) == (battery.cell_volts, battery.ram_volts, battery.kind)
    for each in (battery, other):
        each.leave(YEAR)
    assert other.snapshot() == battery.snapshot()


def test_a_block_of_the_first_layout() -> None:
    battery = Battery(None, PLAIN)
    battery.restore(battery.upgrade({"volts": 2.345}, 1))
    assert battery.cell_volts == 2.345 and battery.history.empty
    battery.was_at(0.5)
    assert battery.history.lowest == 0.5
    battery.restore(battery.upgrade({"volts": 0.0}, 1))
    assert battery.cell is None


def test_the_network_is_the_seeds() -> None:
    assert network_of(Hypotheses(), 1) == network_of(Hypotheses(), 1) != network_of(Hypotheses(), 2)

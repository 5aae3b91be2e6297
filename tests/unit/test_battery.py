"""The cell: presets, what the RAM and the ADC get of it, and the --battery text."""

import pytest

from korgm1.board.adc_m58990 import code
from korgm1.board.battery import PRESETS, Battery, parse_volts
from korgm1.errors import UsageError
from korgm1.hypotheses import Hypotheses


def test_presets_mean_what_they_say() -> None:
    cells = {name: Battery(volts) for name, volts in PRESETS.items()}
    codes = {name: code(cell.sense_microvolts(), 5_000_000) for name, cell in cells.items()}
    assert codes == {"fresh": 0xA4, "low": 0x7B, "dead": 0x14, "absent": 0}
    assert cells["fresh"].ram_volts > cells["low"].ram_volts >= 2.0
    assert cells["dead"].ram_volts < 0.2 and cells["absent"].ram_volts == 0


@pytest.mark.parametrize(("diode", "drop"), [("silicon", 0.28), ("schottky", 0.065)])
def test_diode_drop_at_1_microampere(diode: str, drop: float) -> None:
    assert 3.0 - Battery(3.0, diode=diode).ram_volts == pytest.approx(drop, abs=0.005)


@pytest.mark.parametrize(("volts", "expected"), [(2.49, 0x7F), (2.4903, 0x80), (2.495, 0x80), (2.5, 0x80)])
def test_the_warning_begins_below_2_4903_volts(volts: float, expected: int) -> None:
    """OpenM1 warns below code 80h; microvolts are not rounded before the converter rounds."""
    assert code(Battery(volts).sense_microvolts(), 5_000_000) == expected


def test_from_text_takes_the_hypotheses() -> None:
    cell = Battery.from_text("3.0", Hypotheses({"H-BATT-DIVIDER": 0.1, "H-BATT-DIODE": "schottky"}))
    assert cell.cell_volts == 3.0 and cell.sense_microvolts() == 2_700_000 and cell.ram_volts > 2.9


def test_a_leaking_input_drops_3_volts_a_microampere() -> None:
    assert Battery(3.19, leakage_ua=0.5).sense_microvolts() == 1_690_000
    assert Battery(3.19, leakage_ua=2).sense_microvolts() == 0


@pytest.mark.parametrize(
    ("text", "volts"), [("fresh", 3.2), (" Dead ", 0.4), ("0", 0), ("6", 6), ("2.75v", 2.75), ("-0", 0)]
)
def test_text(text: str, volts: float) -> None:
    assert str(parse_volts(text)) == str(float(volts))


@pytest.mark.parametrize("text", ["", "full", "-0.1", "6.01", "nan", "inf", "1e9", "3,2", "vv"])
def test_bad_text(text: str) -> None:
    with pytest.raises(UsageError, match=r"fresh, low, dead, absent or volts from 0 to 6"):
        parse_volts(text)


@pytest.mark.parametrize(("text", "word"), [("7", "out of range"), ("-1", "out of range"), ("full", "not known")])
def test_a_number_that_is_too_high_is_not_called_unknown(text: str, word: str) -> None:
    with pytest.raises(UsageError, match=f"battery '{text}' is {word}"):
        parse_volts(text)


def test_snapshot() -> None:
    cell = Battery(2.345)
    other = Battery(0.0)
    other.restore(cell.snapshot())
    assert other.cell_volts == 2.345

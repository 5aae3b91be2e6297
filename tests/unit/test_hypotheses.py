"""The list of guesses: complete entries, working switches, and the page made from it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import korgm1
from korgm1.errors import UsageError
from korgm1.hypotheses import SETTLED, Hypotheses, all_hypotheses, still_open
from korgm1.session import Session
from korgm1.verbs.hypotheses import markdown

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = Path(korgm1.__file__).parent


def test_the_page_is_the_list() -> None:
    assert (ROOT / "docs" / "hypotheses.md").read_text("utf-8") == markdown(), "korgm1 hypotheses --markdown"


@pytest.mark.parametrize("key", all_hypotheses())
def test_entry_is_complete_and_in_use(key: str) -> None:
    row = all_hypotheses()[key]
    assert row.confidence in {"high", "medium", "low"}
    assert all((row.claim, row.evidence, row.falsifier, row.switch))
    assert not row.choices or row.default in row.choices
    used = [p for p in PACKAGE.rglob("*.py") if f'"{key}"' in p.read_text("utf-8")]
    assert used or "none" in row.switch, f"{key} switches nothing"


def test_every_id_named_in_the_code_has_an_entry() -> None:
    sources = [*PACKAGE.rglob("*.py"), *(ROOT / "cext").glob("*.[ch]")]
    named = {name for path in sources for name in re.findall(r"\bH-[A-Z][A-Z0-9-]*[A-Z0-9]\b", path.read_text("utf-8"))}
    assert named - set(all_hypotheses()) == set(SETTLED), "a settled one is named where it is settled, only"


@pytest.mark.parametrize(("key", "value"), [
    ("H-VREF", "x"), ("H-POLL", "7"), ("H-LCD-BAR", "maybe"), ("H-NONE", "1"), ("H-VREF", "0"), ("H-VREF", "nan"),
    ("H-OPENBUS", "300"), ("H-LCD-FOSC", "-1"), ("H-RESET-DELAY", "inf"), ("H-BATT-DIVIDER", "inf"),
])
def test_a_value_that_cannot_be_used_is_refused(key: str, value: str) -> None:
    with pytest.raises(UsageError):
        Hypotheses({key: value})


@pytest.mark.parametrize("value", ["battery", "foo,joystick_y,value,aftertouch,pedal1,pedal2,battery,none"])
def test_channels_that_do_not_exist_are_refused(value: str) -> None:
    with pytest.raises(UsageError, match="H-ADC-CH"):
        Session(hypotheses={"H-ADC-CH": value})


def test_another_reference_changes_the_code_of_the_same_cell() -> None:
    codes = [Session(battery=2.4, hypotheses={"H-VREF": volts}).boot().battery["adc_code"] for volts in (5.0, 4.5)]
    assert codes == [0x7B, 0x89]


def test_each_choice_boots() -> None:
    for key, row in all_hypotheses().items():
        for choice in row.choices:
            result = Session(hypotheses={key: choice}).boot()
            assert result.stopped is None, (key, choice)
            assert result.lcd[0].startswith("Prog I00"), (key, choice)
            assert result.hypotheses == ({} if choice == row.default else {key: choice})


def test_a_settled_guess_is_dropped_from_an_older_file_or_refuses_it() -> None:
    assert not set(SETTLED) & set(all_hypotheses())
    assert still_open({"H-TCU-ODD": "8254", "H-POLL": 1, "H-GONE": 2}) == {"H-POLL": 1, "H-GONE": 2}
    with pytest.raises(UsageError, match=r"made with H-TCU-ODD=82C54, a guess that turned out wrong since.*=8254"):
        still_open({"H-TCU-ODD": "82C54"})

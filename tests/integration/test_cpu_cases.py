"""Every public hardware recording on the V30 core: registers, all flags, memory, data bus cycles."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from korgm1.verbs.cpu_check import cpu_check

ROOT = Path(__file__).resolve().parents[2]
FILES = {"v30-public.jsonl.gz": 17_500, "i8086-public.jsonl.gz": 11_840, "i80286-public.jsonl.gz": 1_232}


# INT at the end of POP PSW with IE already 1: which of the two PSWs lives on is a race, by a law nobody has found.
RACES = 16


def recorded(name: str) -> Path:
    path = Path(os.environ.get("KORGM1_DATA") or ROOT.parent / "shared" / "data") / name
    if not path.exists():
        pytest.skip(f"{name} is not there: neither in $KORGM1_DATA nor in ../shared/data")
    return path


@pytest.mark.parametrize("name", FILES)
def test_every_recorded_case(name: str) -> None:
    result = cpu_check([recorded(name)], "v30")
    races = RACES if name.startswith("v30") else 0
    assert [form for form, tally in result.forms.items() if tally.first and form != "INT.9D"] == []
    assert (result.passed, result.total) == (FILES[name] - races, FILES[name])
    if races:
        assert sum(form.timed for form in result.forms.values()) == FILES[name]
        assert [form for form, tally in result.forms.items() if tally.errors and form != "INT.F3AA"] == []
        assert sum(form.exact for form in result.forms.values()) >= FILES[name] - 2


def test_the_clocks_are_the_same_on_unicorn() -> None:
    name = "v30-public.jsonl.gz"
    result = cpu_check([recorded(name)], "unicorn")
    assert result.passed == FILES[name] - RACES
    assert sum(form.exact for form in result.forms.values()) >= FILES[name] - 2

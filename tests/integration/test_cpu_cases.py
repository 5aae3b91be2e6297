"""Every public hardware recording on the V30 core: registers, all flags, memory, data bus cycles."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from korgm1.verbs.cpu_check import cpu_check

ROOT = Path(__file__).resolve().parents[2]
FILES = {"v30-public.jsonl.gz": 16_660, "i8086-public.jsonl.gz": 11_840, "i80286-public.jsonl.gz": 1_232}


@pytest.mark.parametrize("name", FILES)
def test_every_recorded_case(name: str) -> None:
    path = Path(os.environ.get("KORGM1_DATA") or ROOT.parent / "shared" / "data") / name
    if not path.exists():
        pytest.skip(f"{name} is not there: neither in $KORGM1_DATA nor in ../shared/data")
    result = cpu_check([path], "v30")
    assert {form: tally.first for form, tally in result.forms.items() if tally.first} == {}
    assert (result.passed, result.total) == (FILES[name], FILES[name])

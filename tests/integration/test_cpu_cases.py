"""Every public hardware recording, on each engine: registers, all flags, memory, data bus cycles."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from korgm1.machine.engines import NAMES
from korgm1.verbs.cpu_check import cpu_check

FILES = {"v30-public.jsonl.gz": 17_500, "i8086-public.jsonl.gz": 11_840, "i80286-public.jsonl.gz": 1_232}


@pytest.mark.parametrize("engine", NAMES)
@pytest.mark.parametrize("name", FILES)
def test_every_recorded_case(name: str, engine: str, data_path: Callable[[str], Path]) -> None:
    result = cpu_check([data_path(name)], engine)
    assert [form for form, tally in result.forms.items() if tally.first] == []
    assert (result.passed, result.total) == (FILES[name], FILES[name])
    if name.startswith("v30"):
        assert sum(form.timed for form in result.forms.values()) == FILES[name]
        assert [form for form, tally in result.forms.items() if tally.exact != tally.timed] == []

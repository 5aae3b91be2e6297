"""docs/conformance.md is what tools/conformance.py prints.

Running every case on both engines again would take a minute: the CPU part is compared with the number of cases in the
files, all passed but the known ones, which test_cpu_cases proves.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import conformance

RENEW = "docs/conformance.md is out of date: run python tools/conformance.py --write"


@pytest.fixture(scope="module")
def committed() -> str:
    return conformance.PAGE.read_text("utf-8")


def test_the_unit_part_is_what_the_tool_prints(committed: str) -> None:
    part = conformance.unit_part(conformance.collected())
    if not committed.endswith(part):
        missing = [line for line in part.splitlines() if line not in committed.splitlines()]
        pytest.fail(RENEW + "\n" + "\n".join(missing))


def test_the_cpu_part_is_what_the_tool_prints(committed: str, data_path: Callable[[str], Path]) -> None:
    folder = data_path(next(iter(conformance.SOURCES))).parent
    part = conformance.cpu_part(conformance.count_cases(folder))
    if part not in committed:
        missing = [line for line in part.splitlines() if line not in committed.splitlines()]
        pytest.fail(RENEW + "\n" + "\n".join(missing[:20]))


def test_every_engine_has_its_cell() -> None:
    tally: conformance.Tally = {
        ("00", "v30-public.jsonl.gz"): {"cases": 5, "v30": 5, "unicorn": 4},
        ("00", "i8086-public.jsonl.gz"): {"cases": 2, "v30": 2, "unicorn": 2},
        ("NMI.90", "v30-public.jsonl.gz"): {"cases": 3, "v30": 0, "unicorn": 3},
    }
    rows = conformance.cpu_part(tally).splitlines()
    assert "| 00 | V30 5, 8086 2 | 7 | 7 | 6 |" in rows
    assert "| NMI.90 | V30 3 | 3 | 0 | 3 |" in rows
    assert "| V30 | NEC uPD70116C-8 | wickerwaka/nec_test tests/v30/v0.1, GPL-2 | 8 | 5 | 7 |" in rows


def test_a_unit_names_its_tests_sources_and_guesses() -> None:
    rows = {line.split(" | ")[0]: line for line in conformance.unit_part({"tests/unit/test_scu.py": 7}).splitlines()}
    row = rows["| onchip/scu"]
    assert "| 7 | facts v50-chip 2.3, 8; NEC data book 1991, uPD70216 and uPD71051 | H-TBRDY (" in row
    assert "| 0 |" in rows["| board/battery"]

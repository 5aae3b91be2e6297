"""docs/conformance.md is what tools/conformance.py prints.

Running every case on both engines again would take a minute: the CPU part is compared with the number of cases in the
files, all passed but the known ones, which test_cpu_cases proves.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

import conformance
from korgm1.errors import UserError

RENEW = "docs/conformance.md is out of date: run .venv/bin/python tools/conformance.py --write"


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


def test_the_part_of_8080_mode_is_what_the_tool_prints(committed: str) -> None:
    """How many are compared; that they are as the model's, test_exercise_8080 proves."""
    part = conformance.emulation_part(conformance.count_exerciser())
    assert part in committed, RENEW
    assert part.splitlines()[-1].startswith("| all | | | 1") and "| conditions | Jumps, calls and" in part


def test_the_hypotheses_of_the_cpu_are_what_the_tool_prints(committed: str) -> None:
    part = conformance.guesses_part()
    assert part in committed, RENEW
    rows = re.findall(r"^\| (H-[A-Z0-9-]+) \| (?:high|medium|low) \|", part, re.MULTILINE)
    assert rows == [
        "H-POPSEG", "H-WAITS", "H-REFRESH", "H-WRITE-OVERLAP", "H-STALE", "H-UNDEFINED", "H-8080-FLAGS",
        "H-8080-CLOCKS", "H-CALLN", "H-POLL",
    ]


def test_every_unit_names_where_it_comes_from(committed: str) -> None:
    assert "none named" not in committed


def test_what_the_exerciser_finds_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conformance.exercise_8080, "exercise", lambda *_: (1, "A=00, expected A=01"))
    with pytest.raises(UserError, match="8080 mode on v30, flags of a v30: A=00, expected A=01"):
        conformance.run_exerciser()


def test_every_engine_and_the_clocks_have_their_cells() -> None:
    def row(cases: int, v30: int, unicorn: int, timed: int = 0, exact: int = 0, errors: int = 0) -> dict[str, int]:
        return {"cases": cases, "v30": v30, "unicorn": unicorn, "timed": timed, "exact": exact, "errors": errors,
                "clocks": 10 * timed}  # fmt: skip

    tally: conformance.Tally = {
        ("00", "v30-public.jsonl.gz"): row(5, 5, 4, 5, 5),
        ("00", "i8086-public.jsonl.gz"): row(2, 2, 2),
        ("NMI.90", "v30-public.jsonl.gz"): row(3, 0, 3, 3, 1, 6),
    }
    rows = conformance.cpu_part(tally).splitlines()
    assert "| 00 | V30 5, 8086 2 | 7 | 7 | 6 | 5 of 5, 0 |" in rows
    assert "| NMI.90 | V30 3 | 3 | 0 | 3 | 1 of 3, 2.0000 |" in rows
    assert "| V30 | NEC uPD70116C-8 | wickerwaka/nec_test tests/v30/v0.1, GPL-2 | 8 | 5 | 7 | 6 of 8, 0.7500 |" in rows
    assert "| 8086 | Intel P80C86A-2 | SingleStepTests/8086, MIT | 2 | 2 | 2 | - |" in rows
    assert "| all | | 2 forms | 10 | 7 | 9 | 6 of 8, 0.7500 |" in rows
    assert "Of 10 cases fail 3 on v30 and 1 on unicorn. Of 8 with clocks 6 (75.00 %) take just" in rows
    assert "the recorded ones; the others are off by 6 clocks of 80 (7.5000 %)." in rows


def test_known_misses_are_taken_off(data_path: Callable[[str], Path]) -> None:
    tally = conformance.count_cases(data_path(next(iter(conformance.SOURCES))).parent)
    file = next(iter(conformance.SOURCES))
    for form, (cases, clocks, _) in conformance.KNOWN_CLOCKS.items():
        row = tally[form, file]
        assert (row["exact"], row["errors"]) == (row["timed"] - cases, clocks)
    assert all(row["exact"] == row["timed"] for (form, _), row in tally.items() if form not in conformance.KNOWN_CLOCKS)


def test_a_unit_names_its_tests_sources_and_guesses() -> None:
    rows = {line.split(" | ")[0]: line for line in conformance.unit_part({"tests/unit/test_scu.py": 7}).splitlines()}
    row = rows["| onchip/scu"]
    assert "| 7 | facts v50-chip 2.3, 8; NEC data book 1991, uPD70216 and uPD71051 | H-TBRDY (" in row
    assert "| 0 |" in rows["| board/battery"]

"""The C core alone: random code under the sanitisers, and its decoder against what it executes."""

from __future__ import annotations

from pathlib import Path

from c_programs import CEXT, compiled, run_sanitised

SOURCES = [Path(__file__).with_name("v30_fuzz.c"), *sorted(CEXT.glob("v30*.c"))]


def test_the_core_compiles_without_a_warning(tmp_path: Path) -> None:
    done = compiled(tmp_path / "fuzz", SOURCES, "-O2")
    assert done.returncode == 0, done.stderr


def test_random_code_is_clean_and_its_clocks_are_foretold(tmp_path: Path) -> None:
    printed = run_sanitised(tmp_path / "fuzz", SOURCES, "150")
    assert int(printed.split()[0]) > 100_000

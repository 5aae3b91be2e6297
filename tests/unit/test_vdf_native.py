"""The VDF's C alone: no warnings, a million random writes under the sanitisers."""

from __future__ import annotations

from pathlib import Path

from c_programs import CEXT, compiled, run_sanitised

SOURCES = [Path(__file__).with_name("vdf_fuzz.c"), *sorted(CEXT.glob("vdf_*.c"))]


def test_the_chip_compiles_without_a_warning(tmp_path: Path) -> None:
    done = compiled(tmp_path / "fuzz", SOURCES, "-O2", "-Wshadow", "-Wconversion", "-Wno-sign-conversion")
    assert done.returncode == 0, done.stderr


def test_a_million_random_writes_are_clean(tmp_path: Path) -> None:
    """Overflow, memory, 24 bits, and copies damaged after the check, which stay valid."""
    printed = run_sanitised(tmp_path / "fuzz", SOURCES, "1000")
    writes, frames, damaged = map(int, printed.split())
    assert writes == 1_000_000 and frames > 500_000 and damaged > 50

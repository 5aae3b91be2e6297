"""The MDE's C alone: no warnings, a million random writes under the sanitisers with its assertions on."""

from __future__ import annotations

from pathlib import Path

from c_programs import CEXT, compiled, run_sanitised

SOURCES = [Path(__file__).with_name("mde_fuzz.c"), *sorted(CEXT.glob("mde_*.c"))]


def test_the_chip_compiles_without_a_warning(tmp_path: Path) -> None:
    done = compiled(tmp_path / "fuzz", SOURCES, "-O2", "-Wshadow")
    assert done.returncode == 0, done.stderr


def test_a_million_random_writes_are_clean(tmp_path: Path) -> None:
    """Overflow, memory, the 168 accesses (an assertion), 20 bits, and copies damaged after the check."""
    printed = run_sanitised(tmp_path / "fuzz", SOURCES, "1000")
    writes, frames, damaged = map(int, printed.split())
    assert writes == 1_000_000 and frames > 1_000_000 and damaged > 50

"""The sound board's C with its chips: no warnings, and a million random writes under the sanitisers."""

from __future__ import annotations

from pathlib import Path

from c_programs import CEXT, compiled, run_sanitised

CHIPS = ("tg_*.c", "vdf_*.c", "mde_*.c", "sound_*.c")
SOURCES = [Path(__file__).with_name("sound_fuzz.c"), *(path for name in CHIPS for path in sorted(CEXT.glob(name)))]


def test_the_board_compiles_without_a_warning(tmp_path: Path) -> None:
    done = compiled(tmp_path / "fuzz", SOURCES, "-O2", "-Wshadow")
    assert done.returncode == 0, done.stderr


def test_a_million_random_writes_are_clean(tmp_path: Path) -> None:
    """Overflow, memory, 20 bits, and the same from a board that never skips silence."""
    writes, skipped = map(int, run_sanitised(tmp_path / "fuzz", SOURCES, "1000").split())
    assert writes == 1_000_000 and skipped > 100_000

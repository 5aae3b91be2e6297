"""The tone generator's C alone: no warnings, a million random writes under the sanitisers, the same words from every
compiler and every optimisation."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from c_programs import CEXT, compiled, run_sanitised
from tg_golden_scripts import GOLDEN, SCRIPTS, WORDS

from korgm1.sound.tg_mb87402 import Mb87402

CHIP = sorted(CEXT.glob("tg_*.c"))
HERE = Path(__file__).parent


def test_the_chip_compiles_without_a_warning(tmp_path: Path) -> None:
    done = compiled(tmp_path / "fuzz", [HERE / "tg_fuzz.c", *CHIP], "-O2", "-Wshadow")
    assert done.returncode == 0, done.stderr


def test_a_million_random_writes_are_clean(tmp_path: Path) -> None:
    """Overflow, memory, widths, and copies damaged after the check."""
    printed = run_sanitised(tmp_path / "fuzz", [HERE / "tg_fuzz.c", *CHIP], "1100")
    writes, frames, damaged = map(int, printed.split())
    assert writes > 1_000_000 and frames > 1_000_000 and damaged > 1000


def lines(name: str) -> str:
    """A script as tg_golden.c reads it."""
    wiring, script = SCRIPTS[name]
    chip = Mb87402(**wiring).pointer    # type: ignore[arg-type]
    said = [f"{chip.interpolation} {chip.loop_inclusive} {chip.headroom_shift} {chip.pan_power} {len(WORDS)}"]
    said += map(str, WORDS.tolist())
    for step in script:
        said += [f"f {step}"] if isinstance(step, int) else [f"w {offset} {value}" for offset, value in step]
    return "\n".join(said)


def hashes(program: Path) -> dict[str, str]:
    found = {}
    for name in SCRIPTS:
        done = subprocess.run([str(program)], input=lines(name), capture_output=True, text=True, check=True)
        words = np.array(done.stdout.split(), np.int64).astype("<i4")
        found[name] = hashlib.sha256(words.tobytes()).hexdigest()[:16]
    return found


@pytest.mark.parametrize("option", ["-O0", "-O1", "-O2", "-O3"])
def test_every_optimisation_gives_the_same_words(tmp_path: Path, option: str) -> None:
    done = compiled(tmp_path / "golden", [HERE / "tg_golden.c", *CHIP], option)
    assert done.returncode == 0, done.stderr
    assert hashes(tmp_path / "golden") == GOLDEN


def test_another_compiler_gives_the_same_words(tmp_path: Path) -> None:
    clang = shutil.which("clang")
    if clang is None:
        pytest.skip("no clang")
    sources = [str(path) for path in (HERE / "tg_golden.c", *CHIP)]
    subprocess.run([clang, "-std=c11", "-O2", f"-I{CEXT}", *sources, "-o", str(tmp_path / "golden")], check=True)
    assert hashes(tmp_path / "golden") == GOLDEN

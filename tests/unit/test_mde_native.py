"""The MDE's C alone: no warnings, a million random writes under the sanitisers with its assertions on."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = [Path(__file__).with_name("mde_fuzz.c"), *sorted((ROOT / "cext").glob("mde_*.c"))]


def compile_with(out: Path, *options: str) -> subprocess.CompletedProcess[str]:
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        pytest.skip("no C compiler")
    command = [compiler, "-std=c11", "-Wall", "-Wextra", "-Werror", f"-I{ROOT / 'cext'}", *options]
    return subprocess.run([*command, *map(str, SOURCES), "-o", str(out)], capture_output=True, text=True)


def test_the_chip_compiles_without_a_warning(tmp_path: Path) -> None:
    done = compile_with(tmp_path / "fuzz", "-O2", "-Wshadow")
    assert done.returncode == 0, done.stderr


def test_a_million_random_writes_are_clean(tmp_path: Path) -> None:
    """Overflow, memory, the 168 accesses (an assertion), 20 bits, and copies damaged after the check."""
    program = tmp_path / "fuzz"
    done = compile_with(program, "-O1", "-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all")
    if "libasan" in done.stderr or "libubsan" in done.stderr:   # the linker's words, as they are in every language
        pytest.skip("the compiler has no sanitisers: " + done.stderr.splitlines()[0])
    assert done.returncode == 0, done.stderr
    run = subprocess.run([str(program), "1000"], capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr
    writes, frames, damaged = map(int, run.stdout.split())
    assert writes == 1_000_000 and frames > 1_000_000 and damaged > 50

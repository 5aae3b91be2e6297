"""The C core alone: random code under the sanitisers, and its decoder against what it executes."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = [Path(__file__).with_name("v30_fuzz.c"), *sorted((ROOT / "cext").glob("v30*.c"))]


def compile_with(out: Path, *options: str) -> subprocess.CompletedProcess[str]:
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        pytest.skip("no C compiler")
    command = [compiler, "-std=c11", "-Wall", "-Wextra", "-Werror", f"-I{ROOT / 'cext'}", *options]
    return subprocess.run([*command, *map(str, SOURCES), "-o", str(out)], capture_output=True, text=True)


def test_the_core_compiles_without_a_warning(tmp_path: Path) -> None:
    done = compile_with(tmp_path / "fuzz", "-O2")
    assert done.returncode == 0, done.stderr


def test_random_code_is_clean_and_its_clocks_are_foretold(tmp_path: Path) -> None:
    program = tmp_path / "fuzz"
    done = compile_with(program, "-O1", "-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all")
    if "libasan" in done.stderr or "libubsan" in done.stderr:   # the linker's words, as they are in every language
        pytest.skip("the compiler has no sanitisers: " + done.stderr.splitlines()[0])
    assert done.returncode == 0, done.stderr
    run = subprocess.run([str(program), "150"], capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr
    assert int(run.stdout.split()[0]) > 100_000

"""The C sources built into programs of their own, without Python: how strictly, and under which sanitisers."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

import pytest

CEXT = Path(__file__).resolve().parents[2] / "cext"


def compiled(out: Path, sources: Iterable[Path], *options: str) -> subprocess.CompletedProcess[str]:
    """Compile `sources` to `out` as C11, every warning an error; the test is skipped where there is no compiler."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        pytest.skip("no C compiler")
    command = [compiler, "-std=c11", "-Wall", "-Wextra", "-Werror", f"-I{CEXT}", *options]
    return subprocess.run([*command, *map(str, sources), "-o", str(out)], capture_output=True, text=True)


def run_sanitised(out: Path, sources: Iterable[Path], argument: str, *options: str) -> str:
    """Build under ASan and UBSan and run with one argument: what the program printed; any finding fails the test."""
    done = compiled(out, sources, "-Og", "-g1", "-fsanitize=address,undefined", "-fno-sanitize-recover=all", *options)
    if "libasan" in done.stderr or "libubsan" in done.stderr:   # the linker's words, as they are in every language
        pytest.skip("the compiler has no sanitisers: " + done.stderr.splitlines()[0])
    assert done.returncode == 0, done.stderr
    run = subprocess.run([str(out), argument], capture_output=True, text=True)
    assert run.returncode == 0, f"{run.returncode} {run.stdout} {run.stderr}"
    return run.stdout

"""The whole extension, V30 core, Unicorn glue, lockstep and trace, built with AddressSanitizer and UBSan, and run."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
RUNS = Path(__file__).with_name("sanitised_runs.py")
FLAGS = "-fsanitize=address,undefined -fno-sanitize-recover=undefined"
BUILD = """
import sys
sys.path.insert(0, "cext")
import build_native
print(build_native.ffibuilder.compile(tmpdir=sys.argv[1]))
"""


def runtime(name: str) -> str:
    """The compiler's sanitiser library, which has to be loaded before anything else; skips where there is none."""
    compiler = os.environ.get("CC", "cc").split()[0]
    try:
        done = subprocess.run([compiler, f"-print-file-name={name}"], capture_output=True, text=True)
    except FileNotFoundError:
        pytest.skip("no C compiler")
    path = done.stdout.strip()
    if not Path(path).is_absolute():
        pytest.skip(f"the compiler has no {name}")
    return path


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., str]:
    """Runs a task of sanitised_runs.py on a sanitised build and returns what it printed."""
    preload = " ".join(runtime(name) for name in ("libasan.so", "libubsan.so"))
    folder = tmp_path_factory.mktemp("sanitised")
    (folder / "cext").symlink_to(ROOT / "cext")   # where the compiler looks for the sources
    build = {**os.environ, "CFLAGS": FLAGS + " -Og -g1", "LDFLAGS": FLAGS}
    made = subprocess.run(
        [sys.executable, "-c", BUILD, str(folder)], cwd=ROOT, env=build, capture_output=True, text=True
    )
    assert made.returncode == 0, made.stdout + made.stderr
    extension = made.stdout.split()[-1]
    code = Path(extension).read_bytes()
    assert b"__asan_" in code and b"__ubsan_" in code, "the build is not sanitised"

    def run_task(task: str, *arguments: str) -> str:
        # what Python and Unicorn leave at the end of the process is not ours to free
        options = {"LD_PRELOAD": preload, "ASAN_OPTIONS": "detect_leaks=0", "UBSAN_OPTIONS": "print_stacktrace=1"}
        done = subprocess.run(
            [sys.executable, str(RUNS), extension, task, *arguments],
            env={**os.environ, **options}, capture_output=True, text=True,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return run_task


def test_openm1_boots_on_every_engine(run: Callable[..., str]) -> None:
    assert int(run("boot").split()[-1]) > 100_000


def test_random_code_on_every_engine(run: Callable[..., str]) -> None:
    assert int(run("fuzz").split()[-1]) > 50_000


def test_recorded_cases_on_every_engine(run: Callable[..., str], data_path: Callable[[str], Path]) -> None:
    folder = data_path("v30-public.jsonl.gz").parent
    assert int(run("cases", str(folder)).split()[-1]) > 3 * 1_400

#!/usr/bin/env python3
"""One command for everything, from a fresh clone: makes .venv, builds the C extension, and runs.

    python3 tools/m1.py boot --battery dead     any korgm1 command
    python3 tools/m1.py test                    linters and the whole test suite
    python3 tools/m1.py test -k lcd             pytest's own options go through
    python3 tools/m1.py setup                   only make or renew .venv

Needs Python 3.11 or newer, a C compiler, and the package index. Uses nothing outside the standard library.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = Path(os.environ.get("KORGM1_VENV") or ROOT / ".venv")
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")


def say(text: str) -> None:
    print(f"[m1] {text}", file=sys.stderr, flush=True)


def fail(text: str) -> None:
    say(text)
    raise SystemExit(1)


def fingerprint(extra: str) -> str:
    """What an installation depends on: build files, C sources, the wave ROM's recipes, the interpreter, the extra."""
    package = ROOT / "emu" / "korgm1"
    recipes = [*sorted((package / "waves").glob("*.py")), package / "physics" / "uniform.py"]
    made = [ROOT / "pyproject.toml", ROOT / "setup.py", ROOT / "tools" / "build_waves.py"]
    files = [*made, *sorted((ROOT / "cext").iterdir()), *recipes]
    total = hashlib.sha256(f"{sys.version}|{extra}|{ROOT}".encode())
    for file in files:
        if file.suffix in {".toml", ".py", ".c", ".h", ".cdef"}:
            total.update(file.name.encode() + b"\0" + file.read_bytes())
    return total.hexdigest()


def run_logged(what: str, command: list[str], log: Path) -> None:
    """Run a step quietly; on failure show the end of what it printed and where the rest is."""
    say(what)
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as out:
        code = subprocess.call(command, cwd=ROOT, stdout=out, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
    if code:
        tail = log.read_text("utf-8", "replace").splitlines()[-25:]
        print("\n".join(tail), file=sys.stderr)
        fail(f"that failed (exit code {code}); the whole output is in {log}")


def prepare(extra: str) -> None:
    """Bring .venv up to date for the sources as they are now."""
    stamp = VENV / f"korgm1-{extra or 'run'}.stamp"
    wanted = fingerprint(extra)
    covers = [stamp] if extra else [stamp, VENV / "korgm1-dev.stamp"]
    for found in covers:
        kind = "dev" if found.name == "korgm1-dev.stamp" else ""
        if found.exists() and found.read_text() == (wanted if kind == extra else fingerprint(kind)):
            return
    compiler = os.environ.get("CC", "").split(" ")[0] or "cc"
    if os.name != "nt" and not (shutil.which(compiler) or shutil.which("gcc") or shutil.which("clang")):
        fail("no C compiler was found; install one (Debian: apt-get install gcc python3-dev) and run this again")
    log = VENV / "setup.log"
    if not (BIN / "pip").exists() and not (BIN / "pip.exe").exists():
        shutil.rmtree(VENV, ignore_errors=True)
        say(f"making {VENV}")
        made = subprocess.run([sys.executable, "-m", "venv", str(VENV)], capture_output=True, text=True)
        if made.returncode:
            print(made.stdout + made.stderr, file=sys.stderr)
            fail("no virtual environment could be made (Debian: apt-get install python3-venv)")
    target = f".[{extra}]" if extra else "."
    pip = [str(BIN / "python"), "-m", "pip", "install", "--disable-pip-version-check", "-e", target]
    run_logged("installing what it needs and building the C extension (about a minute, once)", pip, log)
    stamp.write_text(wanted)


def test(arguments: list[str]) -> int:
    """ruff, mypy --strict and pytest; the first that fails decides."""
    python = str(BIN / "python")
    for what, command in (
        ("ruff", [python, "-m", "ruff", "check", "."]),
        ("mypy --strict", [python, "-m", "mypy"]),
    ):
        say(what)
        code = subprocess.call(command, cwd=ROOT)
        if code:
            return code
    say("pytest")
    return subprocess.call([python, "-m", "pytest", "-n", "auto", *arguments], cwd=ROOT)


def main() -> int:
    if sys.version_info < (3, 11):  # noqa: UP036  (this file alone runs before any installer has checked)
        fail(f"this is Python {sys.version.split()[0]}; korgm1 needs 3.11 or newer (try python3.11 tools/m1.py)")
    arguments = sys.argv[1:]
    if not arguments or arguments[0] in {"-h", "--help"}:
        print(__doc__)
        return 0
    try:
        prepare("dev" if arguments[0] == "test" else "")
        if arguments[0] == "setup":
            say(f"ready: {BIN / 'korgm1'}")
            return 0
        if arguments[0] == "test":
            return test(arguments[1:])
        return subprocess.call([str(BIN / "python"), "-m", "korgm1", *arguments])
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    raise SystemExit(main())

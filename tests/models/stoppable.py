"""A korgm1 of the command line that says when a signal may come."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

PROGRAM = """
import contextlib, signal
from korgm1 import start

@contextlib.contextmanager
def heard(begin=start.asked_to_stop):
    with begin() as asked:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGINT])
        yield asked

start.asked_to_stop = heard
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
print("ready", flush=True)
raise SystemExit(start.main())
"""
"""A SIGINT that comes between `ready` and the first line of the program waits for it."""


def started(words: Sequence[str], folder: Path) -> subprocess.Popen[str]:
    """`korgm1 WORDS` in a folder, stdout and stderr piped; from now on it is to stand every SIGINT."""
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, *words], cwd=folder, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout is not None and process.stdout.readline() == "ready\n"
    return process

"""The error tree: what the user did that cannot work, never what the firmware did.

A hang, a dead cell or corrupt RAM is an ordinary input of the emulated machine and raises nothing.
"""

from __future__ import annotations

import shlex
import sys


def pip_install(what: str) -> str:
    """The command that installs something for this very Python, for a hint.

    >>> pip_install("korgm1[plot]").endswith(" -m pip install 'korgm1[plot]'")
    True
    """
    return f"{shlex.quote(sys.executable or 'python3')} -m pip install {shlex.quote(what)}"


class M1Error(Exception):
    """Base of every error this package raises on purpose.

    Args:
        found: what was there, one sentence.
        expected: what was wanted, or "".
        hint: what to do next, ideally a command, or "".

    ``exit_code`` is the process exit code the command line ends with.

    >>> str(M1Error("the file is 12 bytes", "65,536 bytes", "korgm1 rom identify FILE"))
    'the file is 12 bytes; expected 65,536 bytes\\n  try: korgm1 rom identify FILE'
    """

    exit_code = 1

    def __init__(self, found: str, expected: str = "", hint: str = "") -> None:
        self.found = found
        self.expected = expected
        self.hint = hint
        text = found
        if expected:
            text += f"; expected {expected}"
        if hint:
            text += f"\n  try: {hint}"
        super().__init__(text)


class UserError(M1Error):
    """A file, device or value that cannot be used (exit code 1)."""

    exit_code = 1


class UsageError(M1Error):
    """A command line or an argument that makes no sense (exit code 2)."""

    exit_code = 2


class RomError(M1Error):
    """A ROM set that is missing, incomplete or broken (exit code 3)."""

    exit_code = 3


class SnapshotError(M1Error):
    """A snapshot that is damaged or of another machine or format (exit code 1)."""

    exit_code = 1


class ReplayDifference(M1Error):
    """A replay did something else than was recorded; the text says what, first (exit code 1)."""

    exit_code = 1


class Stopped(M1Error):
    """Somebody stopped it with Ctrl-C or a signal; the text says what there is of it (exit code 130)."""

    exit_code = 130


class CpuDivergence(M1Error):
    """Lockstep found the two engines different; the text is the report (exit code 4)."""

    exit_code = 4


EXIT_OK = 0
EXIT_CPU_FAULT = 4
"""The emulated CPU stopped: not an exception but a result; the command line exits with this code."""

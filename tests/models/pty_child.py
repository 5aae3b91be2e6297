"""A program in a pseudo-terminal, and the screen it draws."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import termios
import time
from codecs import getincrementaldecoder
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType

from patience import LIMIT
from vt_screen import VtScreen

LAST = b"\x04\x05"
"""Bytes that no child writes. What was written before them comes out before them, however late."""


class PtyChild:
    """A child process whose terminal this is.

    Args:
        words: the program and its arguments.
        environment: of the child.
        size: columns and lines.
    """

    def __init__(self, words: Sequence[str], environment: Mapping[str, str], size: tuple[int, int] = (80, 24)) -> None:
        self.screen = VtScreen(*size)
        self.seen = ""
        self._decoder = getincrementaldecoder("utf-8")("replace")
        self._rest, self._ended = b"", False
        self.master, self.slave = pty.openpty()
        self._set_size(*size)
        self.before = termios.tcgetattr(self.slave)
        self.process = subprocess.Popen(
            words, env=dict(environment), stdin=self.slave, stdout=self.slave, stderr=self.slave, preexec_fn=self._own
        )

    def __enter__(self) -> PtyChild:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self.master)
        os.close(self.slave)

    def type(self, text: str) -> None:
        """Keys."""
        os.write(self.master, text.encode())

    def resize(self, columns: int, rows: int) -> None:
        """The terminal's window has another size now."""
        self.screen.resize(columns, rows)
        self._set_size(columns, rows)
        os.killpg(os.tcgetpgrp(self.master), signal.SIGWINCH)

    def wait_for(self, wanted: str | Callable[[VtScreen], bool]) -> None:
        """Wait until the screen has this text, or until this is true of it."""
        test = wanted if callable(wanted) else lambda screen: wanted in screen.text
        end = time.monotonic() + LIMIT
        while not test(self.screen):
            assert self._read(end), f"{wanted!r} never came:\n{self.screen.text}\n{self.seen[-2000:]!r}"

    def wait(self) -> int:
        """Wait for the end; returns the exit code."""
        end = time.monotonic() + LIMIT
        while self.process.poll() is None:
            self._read(min(end, time.monotonic() + 0.05))
            assert time.monotonic() < end, self.screen.text
        os.write(self.slave, LAST)
        while not self._ended:
            assert self._read(end), "what the child wrote last never came"
        return self.process.returncode

    def _read(self, end: float) -> bool:
        ready, _, _ = select.select([self.master], [], [], max(0.0, end - time.monotonic()))
        if not ready:
            return False
        data, last, _ = (self._rest + os.read(self.master, 1 << 16)).partition(LAST)
        self._ended = bool(last)
        self._rest = b"" if last else data[len(data.rstrip(LAST)) :]
        text = self._decoder.decode(data[: len(data) - len(self._rest)])
        self.seen += text
        self.screen.feed(text)
        return True

    def _set_size(self, columns: int, rows: int) -> None:
        fcntl.ioctl(self.slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def _own(self) -> None:
        os.setsid()
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)

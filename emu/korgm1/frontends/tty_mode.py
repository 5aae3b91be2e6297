"""The terminal as a device: keys one by one, the whole screen, and all given back as it was, whatever ends it."""

from __future__ import annotations

import contextlib
import os
import select
import shutil
import signal
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any, TextIO

from korgm1.frontends.terminal_keys import Typed

ESCAPE_WAIT = 0.05
"""Host seconds after which a lone ESC was the Escape key; what a slow line cuts off comes sooner."""
_ENTER, _LEAVE = "\x1b[?1049h\x1b[?25l\x1b[2J", "\x1b[?25h\x1b[?1049l"
"""The other screen without a cursor, and back."""
_ASCII = str.maketrans(dict(zip("→←¥█⓪①②③④⑤⑥⑦", "><Y#01234567", strict=True)))


class Tty:
    """The terminal the process was started in.

    Args:
        out: where to; standard output by default.
        keys: a file descriptor keys come from; standard input by default. Only a terminal is read key by key.
        screen: is the whole screen wanted? Only a terminal that can has it: `in_place` tells.
        again: called after the program was put aside (Ctrl-Z) and has come back: the screen is empty.
    """

    def __init__(
        self, out: TextIO | None = None, keys: int | None = None, screen: bool = True,
        again: Callable[[], None] = lambda: None,
    ) -> None:  # fmt: skip
        self.out = out or sys.stdout
        self.in_place = screen and self.out.isatty() and os.environ.get("TERM", "") not in ("", "dumb")
        self.colours = self.in_place and not os.environ.get("NO_COLOR")
        self._keys = _keyboard(keys)
        self._typed = Typed()
        self._saved: Any = None
        self._again = again
        self._old_handlers: dict[int, Any] = {}
        self._asked_aside = False
        self._enter()
        self._watch()

    @property
    def interactive(self) -> bool:
        """Is there a keyboard?"""
        return self._keys is not None

    def size(self) -> tuple[int, int]:
        """Columns and lines."""
        columns, rows = shutil.get_terminal_size()
        return max(1, columns), max(1, rows)

    def read(self, wait: float) -> list[str]:
        """The keys typed within `wait` seconds, as soon as there are some."""
        if self._keys is None:
            select.select([], [], [], max(0.0, wait))
            return []
        ready = self._ready(max(0.0, wait))
        if self._asked_aside:
            self._put_aside()
            return []
        if not ready:
            return []
        found = self._take()
        while self._keys is not None and self._typed.waiting:
            found += self._take() if self._ready(ESCAPE_WAIT) else self._typed.flush()
        return found

    def write(self, text: str) -> None:
        """Put text out, in what characters the terminal has."""
        encoding = self.out.encoding or "ascii"
        try:
            text.encode(encoding)
        except UnicodeEncodeError:
            text = text.translate(_ASCII).encode(encoding, "replace").decode(encoding)
        self.out.write(text)
        self.out.flush()

    def close(self) -> None:
        """Give the terminal back as it was."""
        for number, handler in self._old_handlers.items():
            signal.signal(number, handler)
        self._old_handlers = {}
        self._leave()

    def _ready(self, wait: float) -> bool:
        return self._keys is not None and bool(select.select([self._keys], [], [], wait)[0])

    def _take(self) -> list[str]:
        assert self._keys is not None
        try:
            data = os.read(self._keys, 1024)
        except OSError:
            data = b""
        if not data:
            self._keys = None
            return self._typed.flush() if self._typed.waiting else []
        return self._typed.keys(data)

    def _enter(self) -> None:
        if self._keys is not None:
            self._saved = _raw(self._keys)
        if self.in_place:
            self.write(_ENTER)

    def _leave(self) -> None:
        if self.in_place:
            with contextlib.suppress(OSError, ValueError):
                self.write(_LEAVE)
        if self._saved is not None and self._keys is not None:
            import termios

            with contextlib.suppress(termios.error):
                termios.tcsetattr(self._keys, termios.TCSADRAIN, self._saved)
        self._saved = None

    def _watch(self) -> None:
        """Ctrl-Z puts the program aside with the terminal as it was; fg brings its screen back."""
        if self._keys is None or not hasattr(signal, "SIGTSTP"):
            return
        with contextlib.suppress(ValueError):
            self._old_handlers[signal.SIGTSTP] = signal.signal(signal.SIGTSTP, self._aside)

    def _aside(self, number: int, frame: FrameType | None) -> None:
        """Only noted here: the signal may have come in the middle of a write."""
        self._asked_aside = True

    def _put_aside(self) -> None:
        self._asked_aside = False
        self._leave()
        signal.signal(signal.SIGTSTP, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGTSTP)
        signal.signal(signal.SIGTSTP, self._aside)
        self._enter()
        self._again()


def _keyboard(keys: int | None) -> int | None:
    """The descriptor to read keys from, or None where that is no terminal."""
    try:
        descriptor = sys.stdin.fileno() if keys is None else keys
        return descriptor if os.isatty(descriptor) else None
    except (OSError, ValueError, AttributeError):
        return None


def _raw(descriptor: int) -> Any:
    """Keys one by one, without echo, Ctrl-S and Ctrl-Q among them; returns the settings to go back to.

    Ctrl-C and Ctrl-Z stay signals; Ctrl-backslash, which would leave the terminal as it is now, does nothing.
    None where there is no termios.
    """
    try:
        import termios
        import tty
    except ImportError:
        return None
    saved = termios.tcgetattr(descriptor)
    tty.setcbreak(descriptor)
    settings = termios.tcgetattr(descriptor)
    settings[0] &= ~termios.IXON
    settings[6][termios.VQUIT] = b"\x00"
    termios.tcsetattr(descriptor, termios.TCSADRAIN, settings)
    return saved

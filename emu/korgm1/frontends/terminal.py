"""The instrument in a terminal: the two LCD lines and the lights, redrawn in place, and the keyboard as the panel.

Where the output is no terminal (a pipe, a log, a screen reader) each finished picture of the LCD, one that has stood
for 10 ms, is a line of plain text with its emulated seconds.
"""

from __future__ import annotations

import contextlib
import os
import select
import shutil
import sys
from typing import TYPE_CHECKING, Any, TextIO

from korgm1.clock import CPU_HZ

if TYPE_CHECKING:
    from korgm1.result import LcdChange
    from korgm1.session import Session

KEYS = {
    **{str(digit): str(digit) for digit in range(10)},
    **{letter: letter.upper() for letter in "abcdefgh"},
    "I": "INT", "R": "CARD", "C": "COMBI", "M": "EDIT COMBI", "P": "PROG", "E": "EDIT PROG", "S": "SEQ", "G": "GLOBAL",
    ".": "10HOLD", "w": "REC/WRITE", " ": "START/STOP", "r": "RESET", "t": "REST/TIE", "o": "COMPARE",
    "\x1b[A": "UP", "\x1b[B": "DOWN", "\x1b[D": "PAGE-", "\x1b[C": "PAGE+",
    "\x1bOA": "UP", "\x1bOB": "DOWN", "\x1bOD": "PAGE-", "\x1bOC": "PAGE+",
    "\x1bOP": "INT", "\x1bOQ": "COMBI", "\x1bOR": "PROG", "\x1bOS": "SEQ", "\x1b[11~": "INT", "\x1b[12~": "COMBI",
    "\x1b[13~": "PROG", "\x1b[14~": "SEQ", "\x1b[15~": "CARD", "\x1b[17~": "EDIT COMBI", "\x1b[18~": "EDIT PROG",
    "\x1b[19~": "GLOBAL", "\x1b[2~": "REC/WRITE", "\x1b[H": "RESET", "\x1b[1~": "RESET", "\x1b[F": "REST/TIE",
    "\x1b[4~": "REST/TIE", "\x7f": "COMPARE", "\x08": "COMPARE",
}  # fmt: skip
"""What a key sends -> the panel key. Capitals and F1-F8 are the modes, a-h the cursor keys."""

HELP = (
    "0-9 numbers   . 10's HOLD   a-h cursor A-H   arrows UP DOWN PAGE- PAGE+",
    "+ - VALUE   o COMPARE   F1-F8 the modes, or:",
    "I INT   C COMBI   P PROG   S SEQ   R CARD   M EDIT COMBI   E EDIT PROG",
    "G GLOBAL   w REC/WRITE   space START/STOP   r RESET   t REST/TIE",
    "? less help   q power off",
)
TAP, PAUSE = CPU_HZ // 10, CPU_HZ // 20
"""Clocks a key is held, and let go before the next one: a terminal tells only that it was typed."""
_QUIT = ("q", "\x03", "\x04")


class Terminal:
    """The terminal view of one session.

    Args:
        session: what is shown and played.
        out: where to; the process's standard output by default.
        keys: a file descriptor keys come from; standard input by default. Only a terminal is read.
    """

    def __init__(self, session: Session, out: TextIO | None = None, keys: int | None = None) -> None:
        self._session = session
        self._out = out or sys.stdout
        self._in_place = self._out.isatty() and os.environ.get("TERM") != "dumb"
        self._keys = _keyboard(keys)
        self._saved = _raw(self._keys) if self._keys is not None else None
        self._free_at = 0
        self._help = False
        self._height = 0
        self._shown: list[str] = []
        self._size = os.terminal_size((0, 0))
        self._printed: LcdChange | None = None
        self._status = ""
        if self._in_place:
            self._write("\x1b[?25l")

    def poll(self, wait: float) -> bool:
        """Take what was typed, waiting for it `wait` seconds at most.

        Returns:
            False after q, Ctrl-C or Ctrl-D.
        """
        ready, _, _ = select.select([] if self._keys is None else [self._keys], [], [], max(0.0, wait))
        if not ready or self._keys is None:
            return True
        data = os.read(self._keys, 1024)
        if not data:
            self._keys = None
            return True
        keys = split_keys(data.decode("utf-8", "replace"))
        return all(self._take(key) for key in keys)

    def draw(self, status: str = "") -> None:
        """Show what has changed. `status` is a hint for the user, or ""."""
        if not self._in_place:
            self._log(status)
            return
        columns, rows = size = shutil.get_terminal_size()
        lines = self._picture(status, columns, rows)
        up = f"\x1b[{self._height}A" if self._height else ""
        if size != self._size:
            up = "\x1b[H\x1b[2J" if self._height else ""
        elif lines == self._shown:
            return
        self._write(up + "".join(f"\r{line}\x1b[K\n" for line in lines) + "\x1b[J")
        self._height, self._shown, self._size = len(lines), lines, size

    def close(self) -> None:
        """Give the terminal back as it was."""
        if self._in_place:
            self._write("\x1b[?25h")
        if self._saved is not None and self._keys is not None:
            import termios

            with contextlib.suppress(termios.error):
                termios.tcsetattr(self._keys, termios.TCSADRAIN, self._saved)
            self._saved = None

    def _take(self, key: str) -> bool:
        session = self._session
        if key in _QUIT:
            return False
        if key == "?":
            self._help = not self._help
        elif key in "+=-":
            value = (session.machine.panel.controls()["value"] >> 1) + (-1 if key == "-" else 1)
            session.slide(max(0, min(127, value)))
        elif key in KEYS:
            at = max(session.clock, self._free_at)
            self._free_at = at + TAP + PAUSE
            session.press_at(KEYS[key], at / CPU_HZ, TAP / CPU_HZ)
        return True

    def _log(self, status: str) -> None:
        """The pictures that were finished since the last time, and a status that is new."""
        timeline = self._session.timeline
        seen = next((n for n in range(len(timeline), 0, -1) if timeline[n - 1] is self._printed), 0)
        for change in timeline[seen:]:
            self._write(f"{change.seconds:9.4f} s  |{change.lcd[0]}|{change.lcd[1]}|\n")
            self._printed = change
        if status and status != self._status:
            self._write(f"{status}\n")
        self._status = status

    def _picture(self, status: str, columns: int, rows: int) -> list[str]:
        """The lines that are shown; where they do not all fit, the less important ones are left out."""
        session = self._session
        lights = "  ".join(f"[{name}]" if lit else f" {name} " for name, lit in session.leds.items())
        bar = "+" + "-" * 40 + "+"
        title = f"{session.model.title}, {session.firmware.name} {session.firmware.version}"
        help_lines = HELP if self._help else ("? help   q power off",)
        first, second = (f"|{line}|" for line in session.lcd)
        lines = [(5, title), (4, bar), (0, first), (0, second), (4, bar), (2, lights)]
        lines += [(3, line) for line in help_lines] + [(1 if status else 6, status)]
        shown = sorted(sorted(range(len(lines)), key=lambda n: lines[n][0])[: max(2, rows - 1)])
        return [lines[n][1][: columns - 1] for n in shown]

    def _write(self, text: str) -> None:
        encoding = self._out.encoding or "ascii"
        self._out.write(text.encode(encoding, "replace").decode(encoding))
        self._out.flush()


def split_keys(text: str) -> list[str]:
    """Typed text as keys: an escape sequence is one key.

    >>> split_keys("4\\x1b[A\\x1bOPq")
    ['4', '\\x1b[A', '\\x1bOP', 'q']
    """
    keys = []
    at = 0
    while at < len(text):
        end = at + 1
        if text[at] == "\x1b" and text[at + 1 : at + 2] in ("[", "O"):
            end = at + 3 if text[at + 1] == "O" else at + 2
            while text[at + 1] == "[" and end < len(text) and not "@" <= text[end] <= "~":
                end += 1
            end += text[at + 1] == "["
        keys.append(text[at:end])
        at = end
    return keys


def _keyboard(keys: int | None) -> int | None:
    """The descriptor to read keys from, or None where that is no terminal."""
    try:
        descriptor = sys.stdin.fileno() if keys is None else keys
        return descriptor if os.isatty(descriptor) else None
    except (OSError, ValueError, AttributeError):
        return None


def _raw(descriptor: int) -> Any:
    """Keys one by one and without echo; returns the settings to go back to, None where there is no termios."""
    try:
        import termios
        import tty
    except ImportError:
        return None
    saved = termios.tcgetattr(descriptor)
    tty.setcbreak(descriptor)
    return saved

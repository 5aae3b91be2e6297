"""The instrument in a terminal: the two LCD lines, the lights, what is said, a line for commands; keys as the panel.

Where the output is no terminal, or one that cannot move its cursor (a pipe, a log, TERM=dumb), each finished picture of
the LCD is a line of plain text with its desk seconds, and so is everything else that is new.
"""

from __future__ import annotations

import re
import textwrap
from collections import deque
from typing import TextIO

from korgm1.clock import CPU_HZ
from korgm1.desk import Desk, Message
from korgm1.frontends.lcd_words import readable
from korgm1.frontends.tty_mode import Tty
from korgm1.frontends.typist import Typist
from korgm1.keymap import TERMINAL, Keymap, table
from korgm1.keymap import readable as spelt
from korgm1.keymap.showing import NOTES
from korgm1.result import LcdChange

SAID_FOR = 8 * CPU_HZ
"""Clocks a message stays on the screen; an error twice as long."""
MESSAGES = 4
"""Messages that are on the screen at once."""
_NEWS = 3
"""How important answers and help are among the lines of the screen, older messages a little less; 0 is the display."""
_LATEST = 2.5
"""The latest message is more important than those."""
_RED, _UNDER, _PLAIN = "\x1b[1;31m", "\x1b[4m", "\x1b[0m"


class Terminal:
    """The terminal view of a desk.

    Args:
        desk: what is shown and played.
        keymap: what keys do.
        out: where to; standard output by default.
        keys: a file descriptor keys come from; standard input by default. Only a terminal is read.
    """

    def __init__(self, desk: Desk, keymap: Keymap, out: TextIO | None = None, keys: int | None = None) -> None:
        self._desk = desk
        self._keymap = keymap
        self._typist = Typist(desk, keymap)
        self._answer: list[str] = []
        self._shown: list[str] = []
        self._size = (0, 0)
        self._pictures: deque[LcdChange] = deque()
        self._heard = desk.messages[-1].number if desk.messages else 0
        self._status = ""
        self._echo = ""
        self._page, self._pages = 0, 1
        self._tty = Tty(out, keys, again=self._forget)
        if not self._tty.in_place:
            desk.on_picture(self._pictures.append)

    def poll(self, wait: float) -> bool:
        """Take what was typed, waiting for it `wait` seconds at most.

        Returns:
            False after q, Ctrl-D or the command quit.
        """
        for key in self._tty.read(wait):
            if key == "ctrl+l":
                self._forget()
                continue
            self._answer = []
            if self._turns_page(key):
                continue
            if not self._typist.take(key):
                return False
            self._answer = self._typist.said
            self._typist.said = []
            if not self._tty.in_place:
                self._tell_typed()
        self._typist.tick()
        return True

    def draw(self, status: str = "") -> None:
        """Show what has changed. `status` is a hint for the user, or ""."""
        if not self._tty.in_place:
            self._log(status)
            return
        size = self._tty.size()
        lines = self._screen(status, *size)
        if size != self._size:
            self._size, self._shown = size, []
            self._tty.write("\x1b[2J")
        old = self._shown + [""] * (len(lines) - len(self._shown))
        lines += [""] * (len(old) - len(lines))
        new = [(row, line) for row, line in enumerate(lines) if line != old[row]]
        if new:
            self._tty.write("".join(f"\x1b[{row + 1};1H{line}\x1b[K" for row, line in new))
        self._shown = lines

    def close(self) -> None:
        """Give the terminal back as it was."""
        self._tty.close()

    def _forget(self) -> None:
        """The screen is not what was put there: all of it is drawn anew."""
        self._size = (0, 0)

    # a screen

    def _screen(self, status: str, columns: int, rows: int) -> list[str]:
        """The lines that are shown; where they do not all fit, the less important ones are left out."""
        desk, session = self._desk, self._desk.session
        first, second = readable(desk.lcd, session.machine.lcd.cgram)
        framed = columns > 42
        bar = "+" + "-" * 40 + "+"
        title = f"{session.model.title}, {session.firmware.name} {session.firmware.version}"
        lines: list[tuple[float, str]] = [(6, title), (5, bar if framed else "")]
        lines += [(0, f"|{line}|" if framed else line.rstrip()) for line in (first, second)]
        lines += [(5, bar if framed else ""), (2, self._lights(columns)), (4, self._controls())]
        lines += [(1, self._prompt())] if self._typist.prompt else []
        lines += [(1, status)] if status else []
        lines += [(_NEWS, line) for text in self._answer for line in _wrapped(text, columns) or [""]]
        news = self._messages()
        for older, message in zip(reversed(range(len(news))), news, strict=True):
            text = ("! " if message.kind == "error" else "") + message.text
            rank = _NEWS + older / (MESSAGES + 1) if older else _LATEST
            lines += [(rank, line) for part in text.splitlines() for line in _wrapped(part, columns) or [""]]
        offers = "  ".join(self._typist.prompt.offers) if self._typist.prompt is not None else ""
        lines += [(_NEWS, line) for line in _wrapped(offers, columns)]
        lines += [(7, "")] if not self._typist.help else []
        lines += self._help_page(columns, rows - len(lines), rows - sum(rank < _NEWS for rank, _ in lines))
        ranked = sorted(range(len(lines)), key=lambda n: lines[n][0])
        left_out = [n for n in ranked[rows:] if int(lines[n][0]) == _NEWS]
        if left_out and int(lines[ranked[rows - 1]][0]) == _NEWS:
            lines[ranked[rows - 1]] = (_NEWS, f"... and {len(left_out) + 1} lines more than fit here")
        shown = sorted(ranked[:rows])
        return [self._styled(lines[n][1][:columns], lines[n][0] == 2, n) for n in shown]

    def _styled(self, line: str, lights: bool, number: int) -> str:
        """A line with the display's cursor underlined, and lights red as well as bracketed."""
        if lights and self._tty.colours:
            return re.sub(r"\[[^]]+\]", lambda found: _RED + found[0] + _PLAIN, line)
        cursor = self._desk.session.machine.lcd.cursor
        if cursor is not None and number == 2 + cursor[0]:
            at = cursor[1] + line.startswith("|")
            return f"{line[:at]}{_UNDER}{line[at : at + 1]}{_PLAIN}{line[at + 1 :]}"
        return line

    def _lights(self, columns: int) -> str:
        leds = self._desk.leds
        line = "  ".join(f"[{name}]" if lit else f" {name} " for name, lit in leds.items())
        if len(line) <= columns:
            return line
        return "lit: " + (", ".join(name for name, lit in leds.items() if lit) or "none")

    def _controls(self) -> str:
        desk, typist = self._desk, self._typist
        words = [f"VALUE {desk.value}", f"VOLUME {desk.volume}"]
        if not desk.powered:
            words.insert(0, "POWER OFF")
        if typist.piano:
            base = f"{NOTES[typist.base % 12]}{typist.base // 12 + 2}"
            words.append(f"piano from {base}, velocity {typist.velocity}")
        words += ["damper down"] * typist.damper
        return "   ".join(words)

    def _prompt(self) -> str:
        prompt = self._typist.prompt
        assert prompt is not None
        at = prompt.cursor
        return f":{prompt.text[:at]}_{prompt.text[at:]}"

    def _messages(self) -> list[Message]:
        now = self._desk.now
        return [
            message for message in list(self._desk.messages)[-MESSAGES:]
            if message.number > self._heard and now - message.at < SAID_FOR * (1 + (message.kind == "error"))
        ]

    def _help(self, columns: int) -> list[str]:
        if not self._typist.help:
            words = [f"{self._key(action)} {says}" for action, says in _HINTS if self._key(action)]
            return _wrapped("   ".join(words), columns)[:1]
        return help_lines(self._keymap, max(3, columns - 1), rack=not self._desk.session.keyboard)

    def _help_page(self, columns: int, free: int, most: int) -> list[tuple[float, str]]:
        """The hint, or the keys: in the free rows, else page by page in as many as there are without what is new."""
        keys = self._help(columns)
        if not self._typist.help or len(keys) <= free:
            self._page, self._pages = 0, 1
            return [(_NEWS if self._typist.help else _NEWS + 0.9, line) for line in keys]
        room = max(1, most - 1)
        self._pages = -(-len(keys) // room)
        self._page = min(self._page, self._pages - 1)
        foot = f"page {self._page + 1} of {self._pages}, {self._key('help')} goes on"
        return [(_NEWS, line) for line in [*keys[self._page * room :][:room], foot]]

    def _turns_page(self, key: str) -> bool:
        """The key of the help shows its next page, and after the last puts it away."""
        if not self._typist.help or self._typist.prompt is not None:
            return False
        if self._page + 1 >= self._pages or self._keymap.for_terminal(key, self._typist.piano) != "help":
            return False
        self._page += 1
        return True

    def _key(self, action: str) -> str:
        keys = [key for key, what in self._keymap.terminal.items() if what == action]
        return spelt(min(keys, key=len), TERMINAL) if keys else ""

    # plain lines

    def _log(self, status: str) -> None:
        """Pictures that were finished, messages, and a status that is new."""
        while self._pictures:
            change = self._pictures.popleft()
            lcd = readable(change.lcd, self._desk.session.machine.lcd.cgram)
            self._tty.write(f"{change.seconds:9.4f} s  |{lcd[0]}|{lcd[1]}|\n")
        for message in self._desk.messages:
            if message.number > self._heard:
                self._heard = message.number
                self._tty.write(("error: " if message.kind == "error" else "") + message.text + "\n")
        if status and status != self._status:
            self._tty.write(f"{status}\n")
        self._status = status

    def _tell_typed(self) -> None:
        """The command that is being typed, and answers, without moving a cursor."""
        prompt = self._typist.prompt
        text = "" if prompt is None else ":" + prompt.text
        if text.startswith(self._echo):
            self._tty.write(text[len(self._echo) :])
        else:
            self._tty.write("\n" + text)
        self._echo = text
        lines = list(self._answer)
        if prompt is not None and prompt.offers:
            lines, self._echo = ["", "  ".join(prompt.offers)], ""
        if self._typist.help:
            self._typist.help = False
            lines = help_lines(self._keymap, 78, rack=not self._desk.session.keyboard)
        if lines:
            self._tty.write("".join(f"{line}\n" for line in lines))


_HINTS = (
    ("help", "keys"), ("prompt", "commands"), ("piano", "piano"), ("command power toggle", "power"),
    ("quit", "power off and leave"),
)  # fmt: skip


def help_lines(keymap: Keymap, width: int = 78, rack: bool = False) -> list[str]:
    """The keys of the terminal in few lines.

    >>> from korgm1.keymap import default
    >>> help_lines(default())[0]
    'Modes: INT = I, F2; COMBI = C, F3; PROG = P, F4; SEQ = S, F5; CARD = R, F6;'
    """
    lines = []
    for group in table(keymap, rack):
        rows = "; ".join(f"{row.what} = {row.terminal}" for row in group.rows if row.terminal)
        if rows:
            title = f"{group.title} (after {group.before})" if group.before else group.title
            lines += textwrap.wrap(f"{title}: {rows}", width, subsequent_indent="  ", break_on_hyphens=False)
    return lines


def _wrapped(text: str, columns: int) -> list[str]:
    return textwrap.wrap(text, max(2, columns - 1), break_on_hyphens=False)

"""The instrument as plain lines for a screen reader or a voice: changed words of the display, lights, messages.

No escape sequence is written and nothing twice. Keys are typed as in the terminal where standard input is one; from a
pipe come commands, a line each (docs/accessibility.md).
"""

from __future__ import annotations

import os
import re
import select
import sys
from typing import TextIO

from korgm1.clock import CPU_HZ
from korgm1.desk import Desk
from korgm1.frontends.lcd_words import readable
from korgm1.frontends.narrator import Narrator
from korgm1.frontends.terminal import help_lines
from korgm1.frontends.tty_mode import Tty
from korgm1.frontends.typist import Typist
from korgm1.keymap import Keymap
from korgm1.keymap.showing import NOTES
from korgm1.result import LcdChange

UNSEEN = CPU_HZ // 2
"""Clocks after which a turn of VALUE that changed nothing on the display is told."""
SIGNS = {
    "+": "plus", "-": "minus", "=": "equals", "_": "underscore", "*": "star", ",": "comma", ".": "dot",
    ";": "semicolon", ":": "colon", "/": "slash", "`": "backquote", "'": "quote", "[": "left bracket",
    "]": "right bracket", "<": "less than", ">": "greater than", "?": "question mark", "\\": "backslash",
}  # fmt: skip
LONGEST = 1 << 16
"""Bytes of a line of commands; one that goes on and on is no command."""


class Speaker:
    """The spoken view of a desk.

    Args:
        desk: what is told of and played.
        keymap: what keys do.
        out: where to; standard output by default.
        keys: a file descriptor keys or commands come from; standard input by default.
    """

    def __init__(self, desk: Desk, keymap: Keymap, out: TextIO | None = None, keys: int | None = None) -> None:
        self._desk = desk
        self._keymap = keymap
        self._typist = Typist(desk, keymap)
        self._narrator = Narrator()
        self._heard = desk.messages[-1].number if desk.messages else 0
        self._powered = desk.powered
        self._status = ""
        self._tty = Tty(out, keys, screen=False)
        self._commands = None if self._tty.interactive else _lines_from(keys)
        self._rest = b""
        self._hands = self._hand_states()
        self._turned: tuple[int, int, tuple[str, str]] | None = None
        self._picture: LcdChange | None = None
        self._seen, self._since = ("", ""), desk.now
        desk.on_picture(self._take_picture)
        session = desk.session
        self._say([f"{session.model.title}, {session.firmware.name} {session.firmware.version}"])

    def poll(self, wait: float) -> bool:
        """Take what was typed, waiting for it `wait` seconds at most.

        Returns:
            False after q, Ctrl-D or the command quit.
        """
        on = self._poll_commands(wait) if self._commands is not None else self._poll_keys(wait)
        self._typist.tick()
        return on

    def draw(self, status: str = "") -> None:
        """Say what has changed. `status` is a hint for the user, or ""."""
        desk = self._desk
        news = []
        for message in list(desk.messages):
            if message.number > self._heard:
                self._heard = message.number
                news += [("error: " if message.kind == "error" else "") + line for line in message.text.splitlines()]
        news += self._changed_hands()
        if desk.powered != self._powered:
            self._powered, self._narrator = desk.powered, Narrator()
            switched = "power on" if desk.powered else "power off"
            news = [switched] * (not any(line.startswith(switched) for line in news)) + news
        self._say(news)
        if status and status != self._status:
            self._say([status])
        self._status = status
        if desk.powered:
            lcd = desk.session.machine.lcd
            if desk.lcd != self._seen:
                finished = self._picture is not None and self._picture.lcd == desk.lcd
                self._seen, self._since = desk.lcd, self._picture.clock if self._picture and finished else desk.now
            lines = readable(desk.lcd, lcd.cgram)
            self._say(self._narrator.look(desk.now, lines, self._since, lcd.cursor, desk.leds, desk.touched))

    def close(self) -> None:
        """Give the terminal back as it was."""
        self._tty.close()

    def _hand_states(self) -> dict[str, str]:
        """What keys change that no display shows, in words."""
        typist = self._typist
        return {
            "piano": "letters play notes" if typist.piano else "letters work the panel",
            "base": f"piano from {NOTES[typist.base % 12]}{typist.base // 12 + 2}",
            "velocity": f"velocity {typist.velocity}",
            "damper": f"damper {'down' if typist.damper else 'up'}",
            "volume": f"volume {self._desk.volume}",
        }

    def _changed_hands(self) -> list[str]:
        """Those of them that are new; and VALUE, where the display has not followed it."""
        before, self._hands = self._hands, self._hand_states()
        news = [words for name, words in self._hands.items() if words != before[name]]
        if self._turned is not None and (self._desk.lcd != self._turned[2] or self._desk.now >= self._turned[0]):
            news += [f"VALUE {self._turned[1]}"] * (self._desk.lcd == self._turned[2])
            self._turned = None
        return news

    def _take_picture(self, picture: LcdChange) -> None:
        self._picture = picture

    def _poll_keys(self, wait: float) -> bool:
        for key in self._tty.read(wait):
            typing, value = self._typist.prompt, self._desk.value
            if not self._typist.take(key):
                return False
            if self._desk.value != value:
                self._turned = self._desk.now + UNSEEN, self._desk.value, self._desk.lcd
            self._answer(typed=typing is not None and self._typist.prompt is None and key == "enter")
            if self._typist.prompt is not None and typing is None:
                self._say(["command:"])
            elif self._typist.prompt is not None and self._typist.prompt.offers:
                self._say(["one of " + ", ".join(self._typist.prompt.offers)])
            elif self._typist.prompt is not None and key == "tab":
                self._say([self._typist.prompt.text])
        return True

    def _poll_commands(self, wait: float) -> bool:
        assert self._commands is not None
        ready, _, _ = select.select([self._commands], [], [], max(0.0, wait))
        if not ready:
            return True
        data = os.read(self._commands, 4096)
        if not data:
            self._commands = None
            data = b"\n" * bool(self._rest)
        *lines, self._rest = (self._rest + data).split(b"\n")
        if len(self._rest) > LONGEST:
            self._rest = b""
            self._say([f"error: a command has at most {LONGEST:,} bytes"])
        for line in lines:
            text = line.decode("utf-8", "replace").strip()
            if text and not text.startswith("#"):
                if not self._typist.command(text.removeprefix(":")):
                    return False
                self._answer(typed=False)
                self.draw(self._status)
        return True

    def _answer(self, typed: bool) -> None:
        """What the key or the command was answered, "ok" for one at the prompt that says nothing."""
        lines, self._typist.said = self._typist.said, []
        if self._typist.help:
            self._typist.help = False
            lines = [spoken(line) for line in help_lines(self._keymap, 1000, rack=not self._desk.session.keyboard)]
        lines += self._changed_hands()
        said = self._desk.messages[-1].number if self._desk.messages else 0
        if typed and not lines and said == self._heard:
            lines = ["ok"]
        self._say(lines)

    def _say(self, lines: list[str]) -> None:
        if lines:
            self._tty.write("".join(f"{line}\n" for line in lines))


def spoken(keys: str) -> str:
    """Keys that are a sign alone, by their names: voices leave signs out.

    >>> spoken("VALUE -10 = _; VALUE +1 = +, =; 10's HOLD = Enter, .; notes = , l . ; /")
    "VALUE -10 = underscore; VALUE +1 = plus, equals; 10's HOLD = Enter, dot; notes = comma l dot semicolon slash"
    """
    return re.sub(r"(?<!\S)([^\w\s]|_)(?=[,;]?(?:\s|$))", _named, keys)


def _named(sign: re.Match[str]) -> str:
    """The sign "=" between blanks is what stands between a deed and its keys, unless another one went before it."""
    if sign[1] == "=" and sign.string[: sign.start()].rstrip()[-1:] not in (",", "="):
        return "="
    return SIGNS.get(sign[1], sign[1])


def _lines_from(keys: int | None) -> int | None:
    """The descriptor commands come from, None where there is none."""
    try:
        return sys.stdin.fileno() if keys is None else keys
    except (OSError, ValueError, AttributeError):
        return None

"""As much of a terminal as `korgm1 run --tty` talks to: a screen of characters that understands a few sequences."""

from __future__ import annotations

import re

_TOKEN = re.compile(r"\x1b\[(\??)([0-9;]*)([A-Za-z])|\x1b(.)|([\x00-\x1f])|([^\x00-\x1f\x1b]+)", re.DOTALL)


class VtScreen:
    """A screen; unknown sequences are kept in `odd`, every other one does what it does in xterm.

    >>> screen = VtScreen(20, 4); screen.feed("\\x1b[2;3Hhello\\x1b[1;31m!\\x1b[0m"); screen.lines[1]
    '  hello!'
    """

    def __init__(self, columns: int = 80, rows: int = 24) -> None:
        self.columns, self.rows = columns, rows
        self.row = self.column = 0
        self.cursor_shown, self.other = True, False
        self.odd: list[str] = []
        self.cleared = 0
        self._main: list[list[str]] | None = None
        self._place = 0, 0
        self._rest = ""
        self._cells = self._blank()

    @property
    def lines(self) -> list[str]:
        """What stands there, without blanks at the ends."""
        return ["".join(row).rstrip() for row in self._cells]

    @property
    def text(self) -> str:
        """All lines."""
        return "\n".join(self.lines)

    def resize(self, columns: int, rows: int) -> None:
        """Another size; what was there is gone."""
        self.columns, self.rows = columns, rows
        self._cells = self._blank()
        self._main = None if self._main is None else self._blank()
        self.row = self.column = 0
        self._place = 0, 0

    def feed(self, text: str) -> None:
        """Output of the program; a sequence may be cut anywhere."""
        text = self._rest + text
        at = 0
        while at < len(text):
            token = _TOKEN.match(text, at)
            if token is None or (token.end() == len(text) and token[0] == "\x1b["):
                break
            if token[4] == "[":
                break
            self._token(token)
            at = token.end()
        self._rest = text[at:]

    def _blank(self) -> list[list[str]]:
        return [[" "] * self.columns for _ in range(self.rows)]

    def _token(self, token: re.Match[str]) -> None:
        private, numbers, letter, other, control, plain = token.groups()
        if plain:
            for char in plain:
                self._put(char)
        elif control:
            self._control(control)
        elif letter:
            self._sequence(private, [int(number or 0) for number in numbers.split(";")], letter)
        else:
            self.odd.append("\x1b" + other)

    def _put(self, char: str) -> None:
        if self.column >= self.columns:
            self.column = 0
            self._down()
        self._cells[self.row][self.column] = char
        self.column += 1

    def _control(self, char: str) -> None:
        if char == "\n":
            self._down()
        elif char == "\r":
            self.column = 0
        elif char == "\b":
            self.column = max(0, self.column - 1)

    def _down(self) -> None:
        if self.row == self.rows - 1:
            self._cells = [*self._cells[1:], [" "] * self.columns]
        else:
            self.row += 1

    def _sequence(self, private: str, numbers: list[int], letter: str) -> None:
        if private:
            if numbers == [25]:
                self.cursor_shown = letter == "h"
            elif numbers == [1049]:
                self._switch(letter == "h")
            return
        if letter == "H":
            row, column = (*numbers, 1)[:2] if len(numbers) < 2 else numbers[:2]
            self.row, self.column = min(max(row, 1), self.rows) - 1, min(max(column, 1), self.columns) - 1
        elif letter == "K":
            self._cells[self.row][self.column :] = [" "] * (self.columns - self.column)
        elif letter == "J" and numbers == [2]:
            self._cells = self._blank()
            self.cleared += 1
        elif letter != "m":
            self.odd.append(f"{numbers}{letter}")

    def _switch(self, on: bool) -> None:
        if on and not self.other:
            self._main, self._cells = self._cells, self._blank()
            self._place = self.row, self.column
        elif not on and self._main is not None:
            self._cells, self._main = self._main, None
            self.row, self.column = self._place
        self.other = on

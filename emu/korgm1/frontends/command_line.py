"""The line a command is typed on: moving about in it, what was typed before, and what a word may go on with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import takewhile

KEPT = 200
"""Lines that are remembered."""


class CommandLine:
    """One line being typed.

    Args:
        complete: for the text before the cursor, the place where its last word begins and the words it may become.

    >>> line = CommandLine(lambda text: (0, ["press", "power"]))
    >>> [line.take(key) for key in ("p", "tab", "r", "x", "backspace", "e", "tab", "enter")][-1], line.offers
    ('pre', [])
    """

    def __init__(self, complete: Callable[[str], tuple[int, Sequence[str]]] = lambda text: (0, ())) -> None:
        self.text = ""
        self.cursor = 0
        self.offers: list[str] = []
        """What Tab found where there is more than one word."""
        self._complete = complete
        self._history: list[str] = []
        self._place = 0
        self._draft = ""

    def take(self, key: str) -> str | None:
        """A key was typed.

        Returns:
            The line when Enter ended it, "" when it was given up (Escape, Backspace on an empty line); else None.
        """
        self.offers = []
        if key == "enter":
            return self._end()
        if key == "escape" or key == "ctrl+g" or (key in ("backspace", "ctrl+d") and not self.text):
            self._set("")
            return ""
        if key in ("up", "down"):
            self._recall(-1 if key == "up" else 1)
        elif key == "tab":
            self._tab()
        elif key in _EDITS:
            self.text, self.cursor = _EDITS[key](self.text, self.cursor)
        elif len(key) == 1 or key == "space":
            char = " " if key == "space" else key
            self.text = self.text[: self.cursor] + char + self.text[self.cursor :]
            self.cursor += 1
        return None

    def _end(self) -> str:
        line = self.text.strip()
        if line and (not self._history or self._history[-1] != line):
            self._history = [*self._history[1 - KEPT :], line]
        self._set("")
        self._place = len(self._history)
        return line

    def _set(self, text: str) -> None:
        self.text, self.cursor = text, len(text)

    def _recall(self, step: int) -> None:
        place = self._place + step
        if not 0 <= place <= len(self._history):
            return
        if self._place == len(self._history):
            self._draft = self.text
        self._place = place
        self._set(self._draft if place == len(self._history) else self._history[place])

    def _tab(self) -> None:
        front, rest = self.text[: self.cursor], self.text[self.cursor :]
        begins, words = self._complete(front)
        common = "".join(chars[0] for chars in takewhile(_same, zip(*words, strict=False)))
        if len(words) == 1 and not common.endswith("/"):
            common += " "
        if len(common) > len(front) - begins:
            front = front[:begins] + common
            self.text, self.cursor = front + rest, len(front)
        self.offers = list(words) if len(words) > 1 else []


def _same(chars: Sequence[str]) -> bool:
    return len(set(chars)) == 1


def _word_back(text: str, cursor: int) -> tuple[str, int]:
    kept = text[:cursor].rstrip()
    kept = kept[: kept.rfind(" ") + 1]
    return kept + text[cursor:], len(kept)


_EDITS: dict[str, Callable[[str, int], tuple[str, int]]] = {
    "left": lambda text, at: (text, max(0, at - 1)),
    "right": lambda text, at: (text, min(len(text), at + 1)),
    "home": lambda text, at: (text, 0),
    "ctrl+a": lambda text, at: (text, 0),
    "end": lambda text, at: (text, len(text)),
    "ctrl+e": lambda text, at: (text, len(text)),
    "backspace": lambda text, at: (text[: max(0, at - 1)] + text[at:], max(0, at - 1)),
    "delete": lambda text, at: (text[:at] + text[at + 1 :], at),
    "ctrl+d": lambda text, at: (text[:at] + text[at + 1 :], at),
    "ctrl+u": lambda text, at: (text[at:], 0),
    "ctrl+k": lambda text, at: (text[:at], at),
    "ctrl+w": _word_back,
}

"""What a voice says of the panel: only what has changed, once, when it has come to rest.

A display is looked at; a voice cannot be. So a picture is said when it has stood for a moment, and of it only the words
that are others than before, with the heading that stands above them. What changes by itself again and again (a counter,
something that blinks) is said when it rests.
"""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass

from korgm1.clock import CPU_HZ

STAND = CPU_HZ // 5
"""Clocks a picture must stand before it is said: no page of a scroll, no step of a slider that is still moving."""
REST = CPU_HZ
"""The same for words that changed by themselves before."""
LIGHT = CPU_HZ * 3 // 20
"""Clocks a light must stand."""
BLINKS, WITHIN = 4, 3 * CPU_HZ
"""A light that changes so often within so many clocks blinks."""
_FIELD = re.compile(r"\S+(?: \S+)*")
_MARK = ">"
"""What stands before the value that UP and DOWN change, in OpenM1."""

Lines = tuple[str, str]


@dataclass(frozen=True)
class Field:
    """Words with single blanks between them: their text, where they begin and end, whether the mark stands before."""

    text: str
    start: int
    end: int
    marked: bool


def fields(line: str) -> list[Field]:
    """The fields of a line.

    >>> [(field.text, field.start, field.marked) for field in fields("Master      >+00      +00  ")]
    [('Master', 0, False), ('+00', 13, True), ('+00', 22, False)]
    """
    found = []
    for match in _FIELD.finditer(line):
        text = match[0]
        marked = len(text) > 1 and text[0] == _MARK and text[1] != " "
        found.append(Field(text[marked:], match.start() + marked, match.end(), marked))
    return found


def whole(line: str) -> str:
    """A line as a voice reads it, "" for a blank one.

    >>> whole("Master      >+00      +00  "), whole("█" * 40), whole(" " * 40)
    ('Master, selected +00, +00', 'solid bar', '')
    """
    if line and not line.strip("█"):
        return "solid bar"
    return ", ".join("selected " * field.marked + field.text for field in fields(line))


def difference(before: Lines, after: Lines) -> list[str]:
    """What to say of a display that was `before` and is `after`: a line at a time.

    >>> page = "GLOBAL 0-1   Tune     Transpose         "
    >>> difference((page, "Master      >+00      +00"), (page, "Master      >+01      +00"))
    ['Tune +01']
    >>> difference((page, "Master      >+00      +00"), (page, "Master       +00     >+00"))
    ['Transpose +00']
    >>> difference(("Prog I00 Init Prog", "SINGLE  POLY"), ("Prog I01 Strings", "SINGLE  POLY"))
    ['Prog I01 Strings']
    """
    said = []
    for number, (old, new) in enumerate(zip(before, after, strict=True)):
        if old == new:
            continue
        changed = _changed(old, new)
        if changed is None:
            said.append(whole(new))
            continue
        above = after[0] if number and before[0] == after[0] else ""
        said += [f"{heading(above, field)} {field.text}".strip() for field in changed]
    return [text for text in said if text]


def heading(above: str, field: Field) -> str:
    """The field of the line above that stands over this one, "" if none does.

    >>> heading("GLOBAL 0-1   Tune     Transpose", Field("+00", 22, 25, False))
    'Transpose'
    """
    return next((over.text for over in fields(above) if abs(over.start - field.start) <= 1), "")


def under(lines: Lines, cursor: tuple[int, int]) -> str:
    """The field in which the cursor is, with its heading; "" on a blank.

    >>> under(("GLOBAL 0-1   Tune", "Master       +00"), (1, 14))
    'Tune +00'
    """
    row, column = cursor
    found = next((field for field in fields(lines[row]) if field.start <= column < field.end), None)
    return "" if found is None else f"{heading(lines[0] if row else '', found)} {found.text}".strip()


def _changed(old: str, new: str) -> list[Field] | None:
    """The fields of a line that are others; None where it is better said whole."""
    width = max(len(old), len(new))
    old, new = old.ljust(width), new.ljust(width)
    columns = {column for column in range(width) if old[column] != new[column]}
    now, then = fields(new), fields(old)
    moved = [field for field in now if field.marked and field.start - 1 in columns and old[field.start - 1] != _MARK]
    marks = {field.start - 1 for field in (*now, *then) if field.marked}
    if moved and columns <= marks:
        return moved
    places = [(field.start, field.text) for field in then]
    others = [field for field in now if (field.start, field.text) not in places]
    if not others or len(others) * 2 > len(now) or len(now) < 2:
        return None
    return others


class Narrator:
    """Follows display and lights, and says what has changed.

    >>> narrator = Narrator()
    >>> narrator.look(0, ("Prog I00", ""), 0, None, {"INT": True})
    []
    >>> narrator.look(2_000_000, ("Prog I00", ""), 0, None, {"INT": True})
    ['INT on', 'Prog I00']
    """

    def __init__(self) -> None:
        self._said: tuple[Lines, tuple[int, int] | None] = (("", ""), None)
        self._said_at = -1
        self._alone: set[tuple[int, int]] = set()
        self._earlier: deque[Lines] = deque(maxlen=3)
        self._lights: dict[str, bool] = {}
        self._lights_since: dict[str, deque[int]] = {}
        self._told: dict[str, bool] = {}
        self._blinking: set[str] = set()

    def look(
        self, now: int, lines: Lines, since: int, cursor: tuple[int, int] | None, leds: dict[str, bool],
        touched: int = 0,
    ) -> list[str]:  # fmt: skip
        """Look at the panel; may be called as often as one likes.

        Args:
            now: the clock.
            lines: of the display.
            since: the clock at which they became what they are.
            cursor: line and column of its cursor, or None.
            leds: which lights are lit.
            touched: the clock at which somebody last did something.

        Returns:
            What to say now, a line at a time.
        """
        return self._look_at_lights(now, leds) + self._look_at_lcd(now, lines, since, cursor, touched)

    def _look_at_lcd(
        self, now: int, after: Lines, since: int, cursor: tuple[int, int] | None, touched: int
    ) -> list[str]:
        if (after, cursor) == self._said:
            return []
        before, _ = self._said
        by_itself = touched < self._said_at
        places = _places(before, after)
        often = by_itself and bool(places) and places <= self._alone
        if now - since < (REST if often else STAND):
            return []
        blinks = by_itself and list(self._earlier)[-2:-1] == [after] and len(set(self._earlier)) < len(self._earlier)
        self._alone = self._alone | places if by_itself else set()
        self._said, self._said_at = (after, cursor), now
        self._earlier.append(after)
        if blinks:
            return []
        if before == after:
            return [text for text in [under(after, cursor)] if text] if cursor else []
        return difference(before, after)

    def _look_at_lights(self, now: int, leds: dict[str, bool]) -> list[str]:
        for name, lit in leds.items():
            if self._lights.get(name, False) != lit:
                times = self._lights_since.setdefault(name, deque(maxlen=BLINKS))
                times.append(now)
            self._lights[name] = lit
        said: list[str] = []
        on: list[str] = []
        off: list[str] = []
        for name, times in self._lights_since.items():
            if len(times) == BLINKS and times[-1] - times[0] <= WITHIN and now - times[-1] < WITHIN:
                if name not in self._blinking:
                    self._blinking.add(name)
                    said.append(f"{name} blinks")
                continue
            lit = self._lights[name]
            stood = self._told.get(name, False) != lit and now - times[-1] >= LIGHT
            if stood or name in self._blinking:
                self._blinking.discard(name)
                self._told[name] = lit
                (on if lit else off).append(name)
        if on:
            said.append(", ".join(on) + " on")
        elif off:
            said.append(", ".join(off) + " off")
        return said


def _places(before: Lines, after: Lines) -> set[tuple[int, int]]:
    """Where two pictures differ, by lines and groups of eight columns."""
    return {
        (row, column // 8)
        for row, (old, new) in enumerate(zip(before, after, strict=True))
        for column, (a, b) in enumerate(zip(old.ljust(len(new)), new.ljust(len(old)), strict=True)) if a != b
    }

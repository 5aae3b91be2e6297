"""Controls with parts: rows and flows of others, a text field, a list, a section that folds."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from itertools import pairwise

from korgm1.frontends.canvas import Box, KeyDown
from korgm1.frontends.widget_ground import (
    ACCENT,
    BAR,
    DIM,
    EDGE,
    FACE,
    GAP,
    GROUND,
    HOT,
    INK,
    LINE,
    OFF,
    SIZE,
    SMALL,
    Brush,
    Ruler,
    Text,
    Touch,
    Widget,
    ring,
    said,
)

LONGEST = 500
"""Characters a field takes."""


class Row(Widget):
    """Controls side by side in one line.

    Args:
        parts: the controls.
        shares: how the width is shared out; equally if nothing is said.
    """

    def __init__(self, *parts: Widget, shares: Sequence[float] = ()) -> None:
        super().__init__()
        self._parts = parts
        self._shares = shares or [1.0] * len(parts)

    def _widths(self, width: int) -> list[int]:
        room = width - GAP * (len(self._parts) - 1)
        edges = [round(room * sum(self._shares[:n]) / sum(self._shares)) for n in range(len(self._parts) + 1)]
        return [right - left for left, right in pairwise(edges)]

    def height(self, width: int, ruler: Ruler) -> int:
        return max(part.height(wide, ruler) for part, wide in zip(self._parts, self._widths(width), strict=True))

    def place(self, box: Box, ruler: Ruler) -> list[Widget]:
        x, y, width, height = self.box = box
        found = []
        for part, wide in zip(self._parts, self._widths(width), strict=True):
            tall = min(height, part.height(wide, ruler))
            found += part.place((x, y + (height - tall) // 2, wide, tall), ruler)
            x += wide + GAP
        return found


class Flow(Widget):
    """Controls as wide as they like, in as many lines as it takes; each line is filled."""

    def __init__(self, *parts: Widget) -> None:
        super().__init__()
        self._parts = parts

    def _lines(self, width: int, ruler: Ruler) -> list[list[tuple[Widget, int]]]:
        lines: list[list[tuple[Widget, int]]] = [[]]
        for part in self._parts:
            wide = min(width, part.natural(ruler))
            if lines[-1] and sum(other + GAP for _, other in lines[-1]) + wide > width:
                lines.append([])
            lines[-1].append((part, wide))
        return lines

    def height(self, width: int, ruler: Ruler) -> int:
        return len(self._lines(width, ruler)) * (LINE + GAP) - GAP

    def place(self, box: Box, ruler: Ruler) -> list[Widget]:
        x, y, width, _ = self.box = box
        found = []
        for line in self._lines(width, ruler):
            spare, at = width - sum(wide for _, wide in line) - GAP * (len(line) - 1), x
            for index, (part, wide) in enumerate(line):
                wide += spare // len(line) + (1 if index < spare % len(line) else 0)
                found += part.place((at, y, wide, LINE), ruler)
                at += wide + GAP
            y += LINE + GAP
        return found


class Field(Widget):
    """A line of text to type.

    Args:
        empty: what is shown, dim, while there is none.
        action: gets the text at Enter; False: it cannot be used, and stays to be mended.
        value: what it holds while nobody types; "" if there is none.
        keep: leave the text in it after Enter.
    """

    takes_focus = True

    def __init__(
        self, empty: Text, action: Callable[[str], object], value: Callable[[], str] | None = None, hint: Text = "",
        keep: bool = False,
    ) -> None:
        super().__init__()
        self._empty, self._action, self._value, self.hint, self._keep = empty, action, value, hint, keep
        self._typed: str | None = None
        self._cursor = 0
        self._places: list[float] = []

    @property
    def value(self) -> str:
        """What is in it now."""
        return self._typed if self._typed is not None else self._value() if self._value else ""

    def natural(self, ruler: Ruler) -> int:
        return 110

    def look(self) -> Hashable:
        return self.value, self._cursor

    def paint(self, brush: Brush, touch: Touch) -> None:
        x, y, width, height = self.box
        brush.rect(self.box, GROUND, 4)
        brush.rect(self.box, ACCENT if touch.focus else EDGE if touch.hot else FACE, 4, 1)
        text, room, middle = self.value, width - 14, y + height / 2
        if not text:
            brush.text(said(self._empty), x + 7, middle, room, OFF)
            if not touch.focus:
                return
        cursor = min(self._cursor, len(text)) if touch.focus else 0
        first = 0
        while first < cursor and brush.ruler.width(text[first:cursor]) > room - 2:
            first += 1
        shown = text[first:] if not touch.focus else self._whole(brush, text[first:], room)
        brush.text(shown, x + 7, middle, room, INK)
        if touch.focus:
            at = x + 7 + brush.ruler.width(text[first:cursor])
            brush.rect((round(at), y + 4, 1, height - 8), ACCENT)
        self._places = [brush.ruler.width(text[first:n]) if n >= first else -1.0 for n in range(len(text) + 1)]

    @staticmethod
    def _whole(brush: Brush, text: str, room: float) -> str:
        while text and brush.ruler.width(text) > room:
            text = text[:-1]
        return text

    def down(self, x: float, y: float) -> None:
        near = [(abs(place - (x - 7)), index) for index, place in enumerate(self._places) if place >= 0]
        self._cursor = min(near)[1] if near else len(self.value)

    def blur(self) -> None:
        if self._value is not None:
            self._typed = None

    def text(self, text: str) -> bool:
        now, at = self.value, min(self._cursor, len(self.value))
        new = "".join(letter for letter in text if letter.isprintable())[: LONGEST - len(now)]
        self._typed, self._cursor = now[:at] + new + now[at:], at + len(new)
        return True

    def key(self, event: KeyDown) -> bool:
        now, at = self.value, min(self._cursor, len(self.value))
        if event.key in ("enter", "kp enter"):
            if not event.repeat:
                stays = self._action(now) is False or self._keep
                self._typed, self._cursor = (now, len(now)) if stays else (None, 0)
        elif event.key == "escape":
            self._typed, self._cursor = None, 0
            return False
        elif event.key in ("backspace", "delete"):
            cut = at - 1 if event.key == "backspace" else at
            if 0 <= cut < len(now):
                self._typed, self._cursor = now[:cut] + now[cut + 1 :], cut
        elif event.key in ("left", "right"):
            self._cursor = min(len(now), max(0, at + (1 if event.key == "right" else -1)))
        elif event.key in ("home", "end"):
            self._cursor = 0 if event.key == "home" else len(now)
        else:
            return event.key not in ("up", "down", "tab") and not event.ctrl and not event.alt
        return True


class Items(Widget):
    """A list, one line an item; one of them may be chosen.

    Args:
        rows: the items: key, text.
        chosen: the key of the one that is; "" for none.
        choose: gets the key of the one that was pointed at.
        opened: at Enter on the chosen one.
    """

    takes_focus = True
    _LINE = 18

    def __init__(
        self, rows: Callable[[], Sequence[tuple[str, str]]], chosen: Callable[[], str], choose: Callable[[str], object],
        opened: Callable[[], object] = lambda: None, hint: Text = "",
    ) -> None:
        super().__init__()
        self._rows, self._chosen, self._choose, self._opened, self.hint = rows, chosen, choose, opened, hint

    def height(self, width: int, ruler: Ruler) -> int:
        return self._LINE * len(self._rows())

    def look(self) -> Hashable:
        return tuple(self._rows()), self._chosen()

    def paint(self, brush: Brush, touch: Touch) -> None:
        x, y, width, _ = self.box
        chosen = self._chosen()
        for index, (key, text) in enumerate(self._rows()):
            top = y + index * self._LINE
            if key == chosen:
                brush.rect((x, top, width, self._LINE), HOT, 3)
            brush.text(text, x + 5, top + self._LINE / 2, width - 10, INK if key == chosen else DIM, SMALL)
        ring(brush, self.box, touch)

    def down(self, x: float, y: float) -> None:
        rows = self._rows()
        if 0 <= int(y // self._LINE) < len(rows):
            self._choose(rows[int(y // self._LINE)][0])

    def key(self, event: KeyDown) -> bool:
        keys = [key for key, _ in self._rows()]
        if event.key in ("enter", "kp enter") and self._chosen() in keys:
            self._opened()
            return True
        if event.key not in ("up", "down") or not keys:
            return False
        now = keys.index(self._chosen()) if self._chosen() in keys else -1
        new = now + (1 if event.key == "down" else -1)
        if not 0 <= new < len(keys):
            return False
        self._choose(keys[new])
        return True


class Head(Widget):
    """The title of a section: folds it."""

    takes_focus = True

    def __init__(self, title: str, section: Section) -> None:
        super().__init__()
        self._title, self._section = title, section

    def look(self) -> Hashable:
        return self._section.folded, self._section.summary() if self._section.folded else ""

    def paint(self, brush: Brush, touch: Touch) -> None:
        x, y, width, height = self.box
        middle, at = y + height / 2, x + 12
        brush.rect(self.box, FACE if touch.hot else BAR, 4)
        arrow = [(at - 3, middle - 5), (at - 3, middle + 5), (at + 4, middle)]
        if not self._section.folded:
            arrow = [(at - 5, middle - 3), (at + 5, middle - 3), (at, middle + 4)]
        brush.polygon(arrow, ACCENT)
        wide = brush.ruler.width(self._title, SIZE + 1)
        brush.text(self._title, x + 24, middle, width - 30, INK, SIZE + 1)
        if self._section.folded:
            brush.text(self._section.summary(), x + width - 8, middle, width - wide - 44, DIM, SMALL, 1.0)
        ring(brush, self.box, touch)

    def up(self, inside: bool) -> None:
        if inside:
            self._section.folded = not self._section.folded

    def key(self, event: KeyDown) -> bool:
        if event.key in ("enter", "kp enter", "space", "left", "right"):
            self._section.folded = event.key == "left" if event.key in ("left", "right") else not self._section.folded
            return True
        return False


class Section(Widget):
    """A title and the controls below it, which fold away.

    Args:
        title: what it is called.
        parts: its controls, or a function that gives those of the moment.
        folded: whether it begins folded.
        summary: what stands beside the title while it is folded.
    """

    def __init__(
        self, title: str, parts: Sequence[Widget] | Callable[[], Sequence[Widget]], folded: bool = False,
        summary: Callable[[], str] = lambda: "",
    ) -> None:
        super().__init__()
        self.title, self.folded, self.summary = title, folded, summary
        self._parts = parts
        self._head = Head(title, self)

    @property
    def parts(self) -> Sequence[Widget]:
        """Its controls at present, folded or not."""
        return self._parts() if callable(self._parts) else self._parts

    def arrange(self, x: int, y: int, width: int, ruler: Ruler) -> tuple[list[Widget], int]:
        """Place it from there down.

        Returns:
            Its controls that can be seen, the title first, and where it ends.
        """
        found = self._head.place((x, y, width, LINE + 2), ruler)
        y += LINE + 2 + GAP
        for part in () if self.folded else self.parts:
            tall = part.height(width - 8, ruler)
            if tall:
                found += part.place((x + 4, y, width - 8, tall), ruler)
                y += tall + GAP
        return found, y

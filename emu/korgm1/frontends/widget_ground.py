"""What the drawer's controls stand on: colours, sizes, measured text, painting in points, and what a control is.

Pure: no pygame, no clock, no desk. Controls measure and paint in points; a `Brush` knows where on the canvas they are
and how many pixels a point has. A control is told about input with places counted from its own box, tells with `look`
when it must be painted again, and does what it does through the callables it was made with. `frontends.drawer` places
them one below the other, `Row` and `Flow` side by side.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass

from korgm1.frontends.canvas import Box, Canvas, Colour, KeyDown

GROUND: Colour = (25, 26, 29)
BAR: Colour = (39, 41, 46)
FACE: Colour = (58, 61, 68)
HOT: Colour = (72, 76, 85)
HELD: Colour = (96, 101, 112)
EDGE: Colour = (84, 88, 98)
INK: Colour = (230, 230, 226)
DIM: Colour = (158, 161, 170)
OFF: Colour = (104, 107, 115)
ACCENT: Colour = (104, 190, 206)
GOOD: Colour = (126, 204, 128)
WARN: Colour = (240, 190, 90)
BAD: Colour = (255, 116, 100)

SIZE = 13
SMALL = 11.5
LINE = 22
"""Points of a line of controls; text is `SIZE` or `SMALL` points high."""
LEADING = 15
"""Points from line to line of running text."""
GAP = 6
"""Points between controls."""

Text = str | Callable[[], str]
Shown = Callable[[], str | tuple[str, Colour]]


def said(text: Text) -> str:
    """A text that is fixed, or what its function says now.

    >>> said("a"), said(lambda: "b")
    ('a', 'b')
    """
    return text if isinstance(text, str) else text()


class Ruler:
    """How wide text is, in points; remembered, because it is asked often.

    Args:
        canvas: what it is painted on.
        scale: pixels a point.
    """

    def __init__(self, canvas: Canvas, scale: float) -> None:
        self._canvas, self._scale = canvas, scale
        self._widths: dict[tuple[str, float, bool, bool], float] = {}
        self._wraps: dict[tuple[str, float, int], list[str]] = {}

    def width(self, text: str, size: float = SIZE, bold: bool = False, mono: bool = False) -> float:
        """Points of a text in one line."""
        key = (text, size, bold, mono)
        if key not in self._widths:
            if len(self._widths) > 4000:
                self._widths.clear()
            pixels = self._canvas.text_width(text, max(1, round(size * self._scale)), bold=bold, mono=mono)
            self._widths[key] = pixels / self._scale
        return self._widths[key]

    def fit(self, text: str, width: float, size: float = SIZE, bold: bool = False, mono: bool = False) -> str:
        """The text, its end replaced by "..." where it has no room; "" where there is none at all."""
        if self.width(text, size, bold, mono) <= width:
            return text
        low, high = 0, len(text)
        while low < high:
            middle = (low + high + 1) // 2
            if self.width(text[:middle].rstrip() + "...", size, bold, mono) <= width:
                low = middle
            else:
                high = middle - 1
        return text[:low].rstrip() + "..." if low else ""

    def wrap(self, text: str, width: int, size: float = SMALL) -> list[str]:
        """Its lines, none wider than that; a word that is too long is cut."""
        key = (text, size, width)
        if key not in self._wraps:
            if len(self._wraps) > 500:
                self._wraps.clear()
            self._wraps[key] = [row for part in text.split("\n") for row in self._rows(part, width, size)]
        return self._wraps[key]

    def _rows(self, text: str, width: int, size: float) -> list[str]:
        rows, row = [], ""
        for word in text.split():
            longer = f"{row} {word}" if row else word
            if self.width(longer, size) <= width:
                row = longer
                continue
            if row:
                rows.append(row)
            row = word
            while len(row) > 1 and self.width(row, size) > width:
                count = next(n for n in range(len(row) - 1, 0, -1) if n == 1 or self.width(row[:n], size) <= width)
                rows.append(row[:count])
                row = row[count:]
        return [*rows, row] if row or not rows else rows


class Brush:
    """A canvas in points.

    Args:
        canvas: what is painted on.
        ruler: of the same canvas and scale.
        x, y: pixels of its point 0, 0.
        scale: pixels a point.
    """

    def __init__(self, canvas: Canvas, ruler: Ruler, x: int, y: int, scale: float) -> None:
        self.canvas, self.ruler, self.scale = canvas, ruler, scale
        self._x, self._y = x, y

    def at(self, x: float, y: float) -> tuple[int, int]:
        """Pixels of a point."""
        return self._x + round(x * self.scale), self._y + round(y * self.scale)

    def box(self, box: Box) -> Box:
        """Pixels of a box in points."""
        x, y = self.at(box[0], box[1])
        right, bottom = self.at(box[0] + box[2], box[1] + box[3])
        return x, y, right - x, bottom - y

    def rect(self, box: Box, colour: Colour, radius: int = 0, line: int = 0) -> None:
        """A filled box, or its edge `line` pixels wide."""
        self.canvas.rect(self.box(box), colour, round(radius * self.scale), line and max(1, round(line * self.scale)))

    def text(
        self, text: str, x: float, y: float, width: float, colour: Colour = INK, size: float = SIZE, align: float = 0.0,
        bold: bool = False, mono: bool = False,
    ) -> None:
        """Text in so many points from x (its left, middle or right end by `align`), y its middle; cut to the width."""
        words = self.ruler.fit(text, width, size, bold, mono)
        if words:
            px, py = self.at(x, y)
            self.canvas.text(words, px, py, max(1, round(size * self.scale)), colour, align, bold=bold, mono=mono)

    def polygon(self, points: Sequence[tuple[float, float]], colour: Colour) -> None:
        """A filled polygon."""
        self.canvas.polygon([self.at(x, y) for x, y in points], colour)


@dataclass(frozen=True)
class Touch:
    """How a control is being looked at: under the pointer, with the keyboard's focus, held down."""

    hot: bool = False
    focus: bool = False
    held: bool = False


class Widget:
    """What all controls can be asked.

    Attributes:
        box: where it was placed last, in points.
        hint: what is said about it while the pointer or the focus is on it.
        takes_focus: whether the keyboard can reach it.
        works: whether it does anything at present.
    """

    takes_focus = False
    hint: Text = ""

    def __init__(self) -> None:
        self.box: Box = (0, 0, 0, 0)
        self.works: Callable[[], bool] = lambda: True

    def height(self, width: int, ruler: Ruler) -> int:
        """Points it needs when it is so wide."""
        return LINE

    def natural(self, ruler: Ruler) -> int:
        """Points it would like to be wide, among others in a `Flow`."""
        return 60

    def place(self, box: Box, ruler: Ruler) -> list[Widget]:
        """Put it there; the controls it is made of, itself if it is one."""
        self.box = box
        return [self]

    def look(self) -> Hashable:
        """What it shows: painted again when it is another."""
        return None

    def paint(self, brush: Brush, touch: Touch) -> None:
        """Paint it into its box; the ground is there already."""

    def down(self, x: float, y: float) -> None:
        """The pointer goes down at that place of its box; moves and the release come to it as well."""

    def drag(self, x: float, y: float) -> None:
        """The pointer that went down on it moves."""

    def up(self, inside: bool) -> None:
        """That pointer comes up, on it or beside it."""

    def lost(self) -> None:
        """That pointer will never come up: the window lost it, or the control is gone."""

    def key(self, event: KeyDown) -> bool:
        """A key while it has the focus; False: not for it."""
        return False

    def text(self, text: str) -> bool:
        """Text typed while it has the focus; False: not for it."""
        return False

    def step(self, steps: int) -> bool:
        """The wheel turned over it while it has the focus; False: not for it."""
        return False

    def blur(self) -> None:
        """The focus went."""


def ring(brush: Brush, box: Box, touch: Touch) -> None:
    """The focus around a box."""
    if touch.focus:
        brush.rect(box, ACCENT, 4, 1)

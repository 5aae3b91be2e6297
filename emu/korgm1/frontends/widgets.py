"""A small set of controls painted on a `Canvas`: label, value, button, switch, choice, slider; their common ground.

Pure: no pygame, no clock, no desk. Controls measure and paint in points; a `Brush` knows where on the canvas they are and
how many pixels a point has. A control is told about input with places counted from its own box, tells with `look` when
it must be painted again, and does what it does through the callables it was made with. Several of them are placed one
below the other by `frontends.drawer`, side by side by `Row` and `Flow`.
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


class Label(Widget):
    """Running text, broken into lines; no height when it says nothing."""

    def __init__(self, text: Text, colour: Colour | Callable[[], Colour] = DIM, size: float = SMALL) -> None:
        super().__init__()
        self._text, self._colour, self._size = text, colour, size

    def height(self, width: int, ruler: Ruler) -> int:
        text = said(self._text)
        return LEADING * len(ruler.wrap(text, width, self._size)) if text else 0

    def look(self) -> Hashable:
        return said(self._text), self._tint()

    def _tint(self) -> Colour:
        return self._colour() if callable(self._colour) else self._colour

    def paint(self, brush: Brush, touch: Touch) -> None:
        x, y, width, _ = self.box
        for index, row in enumerate(brush.ruler.wrap(said(self._text), width, self._size)):
            brush.text(row, x, y + LEADING * (index + 0.5), width + 1, self._tint(), self._size)


class Value(Widget):
    """A name and what it is now."""

    def __init__(self, name: str, shown: Shown, hint: Text = "") -> None:
        super().__init__()
        self._name, self._shown, self.hint = name, shown, hint

    def height(self, width: int, ruler: Ruler) -> int:
        return 18

    def look(self) -> Hashable:
        return self._shown()

    def paint(self, brush: Brush, touch: Touch) -> None:
        x, y, width, height = self.box
        shown = self._shown()
        text, colour = shown if isinstance(shown, tuple) else (shown, INK)
        name = min(brush.ruler.width(self._name, SMALL), width * 0.6)
        brush.text(self._name, x, y + height / 2, name + 1, DIM, SMALL)
        brush.text(text, x + width, y + height / 2, width - name - GAP, colour, SIZE, 1.0)


class Button(Widget):
    """Does something when the pointer comes up on it, or at Enter or Space."""

    takes_focus = True

    def __init__(
        self, text: Text, action: Callable[[], object], hint: Text = "", works: Callable[[], bool] | None = None
    ) -> None:
        super().__init__()
        self._text, self._action, self.hint = text, action, hint
        self.works = works or self.works

    def natural(self, ruler: Ruler) -> int:
        return round(ruler.width(said(self._text)) + 18)

    def look(self) -> Hashable:
        return said(self._text), self.works()

    def paint(self, brush: Brush, touch: Touch) -> None:
        x, y, width, height = self.box
        works = self.works()
        brush.rect(self.box, BAR if not works else HELD if touch.held else HOT if touch.hot else FACE, 4)
        brush.text(said(self._text), x + width / 2, y + height / 2, width - 6, INK if works else OFF, align=0.5)
        ring(brush, self.box, touch)

    def up(self, inside: bool) -> None:
        if inside and self.works():
            self._action()

    def key(self, event: KeyDown) -> bool:
        if event.key in ("enter", "kp enter", "space"):
            self.up(inside=not event.repeat)
            return True
        return False


class Switch(Button):
    """On or off."""

    def __init__(
        self, text: Text, on: Callable[[], bool], action: Callable[[bool], object], hint: Text = "",
        works: Callable[[], bool] | None = None,
    ) -> None:
        super().__init__(text, lambda: action(not on()), hint, works)
        self._on = on

    def natural(self, ruler: Ruler) -> int:
        return round(ruler.width(said(self._text)) + 44)

    def look(self) -> Hashable:
        return said(self._text), self._on(), self.works()

    def paint(self, brush: Brush, touch: Touch) -> None:
        x, y, width, height = self.box
        on, works = self._on(), self.works()
        middle = y + height // 2
        slot: Box = (x + 2, middle - 7, 28, 14)
        brush.rect(slot, (ACCENT if on else HOT if touch.hot else FACE) if works else BAR, 7)
        brush.rect((x + (18 if on else 4), middle - 5, 10, 10), GROUND if on else DIM if works else OFF, 5)
        brush.text(said(self._text), x + 36, middle, width - 38, INK if works else OFF)
        ring(brush, self.box, touch)


class Choice(Widget):
    """One of several: the left end goes back, the rest forward."""

    takes_focus = True

    def __init__(
        self, options: Callable[[], Sequence[str]], value: Callable[[], str], action: Callable[[str], object],
        name: str = "", hint: Text = "",
    ) -> None:
        super().__init__()
        self._options, self._value, self._action, self._name, self.hint = options, value, action, name, hint
        self._back = False

    def natural(self, ruler: Ruler) -> int:
        name = ruler.width(self._name, SMALL) + GAP if self._name else 0
        return round(max((ruler.width(row) for row in self._options()), default=20.0) + name + 48)

    def look(self) -> Hashable:
        return self._value()

    def paint(self, brush: Brush, touch: Touch) -> None:
        x, y, width, height = self.box
        middle = y + height / 2
        brush.rect(self.box, HELD if touch.held else HOT if touch.hot else FACE, 4)
        for side, to in ((x + 12, -4), (x + width - 12, 4)):
            brush.polygon([(side - to / 2, middle - 4), (side - to / 2, middle + 4), (side + to / 2, middle)], DIM)
        room = width - 44
        name = min(brush.ruler.width(self._name, SMALL), room * 0.5) if self._name else 0
        if name:
            brush.text(self._name, x + 22, middle, name + 1, DIM, SMALL)
        centre = x + 22 + (name + GAP if name else 0) + (room - (name + GAP if name else 0)) / 2
        brush.text(self._value(), centre, middle, room - (name + GAP if name else 0), INK, align=0.5)
        ring(brush, self.box, touch)

    def down(self, x: float, y: float) -> None:
        self._back = x < 24

    def up(self, inside: bool) -> None:
        if inside:
            self.step(-1 if self._back else 1)

    def key(self, event: KeyDown) -> bool:
        if event.key in ("left", "right", "enter", "kp enter", "space"):
            return self.step(-1 if event.key == "left" else 1)
        return False

    def step(self, steps: int) -> bool:
        options, value = list(self._options()), self._value()
        if options:
            self._action(options[(options.index(value) + steps) % len(options) if value in options else 0])
        return True


class Slider(Widget):
    """A number by its place on a line: drag, Left and Right, wheel.

    Args:
        low, high: whole numbers at its ends, asked each time.
        value: where it stands.
        action: gets the new number, while it is dragged if `live`, else at the release.
        shown: the words for a number.
    """

    takes_focus = True

    def __init__(
        self, low: Callable[[], int], high: Callable[[], int], value: Callable[[], int], action: Callable[[int], object],
        shown: Callable[[int], str] = str, name: str = "", live: bool = False, hint: Text = "",
    ) -> None:
        super().__init__()
        self._low, self._high, self._value, self._action = low, high, value, action
        self._shown, self._name, self._live, self.hint = shown, name, live, hint
        self._dragged: int | None = None

    def height(self, width: int, ruler: Ruler) -> int:
        return 36

    @property
    def _at(self) -> int:
        return self._value() if self._dragged is None else self._dragged

    def look(self) -> Hashable:
        return self._at, self._low(), self._high()

    def paint(self, brush: Brush, touch: Touch) -> None:
        x, y, width, _ = self.box
        low, high, at = self._low(), self._high(), self._at
        brush.text(self._name, x, y + 9, width * 0.5, DIM, SMALL)
        brush.text(self._shown(at), x + width, y + 9, width * 0.5, INK, SIZE, 1.0)
        share = min(1.0, max(0.0, (at - low) / (high - low))) if high > low else 0.0
        knob = x + 7 + round(share * (width - 14))
        brush.rect((x, y + 24, width, 4), FACE, 2)
        brush.rect((x, y + 24, knob - x, 4), ACCENT, 2)
        brush.rect((knob - 7, y + 19, 14, 14), INK if touch.hot or touch.held else DIM, 7)
        ring(brush, self.box, touch)

    def _go(self, x: float) -> None:
        low, high = self._low(), self._high()
        share = min(1.0, max(0.0, (x - 7) / max(1, self.box[2] - 14)))
        new = low + round(share * (high - low))
        if self._live and new != self._at:
            self._action(new)
        self._dragged = new

    def down(self, x: float, y: float) -> None:
        self._go(x)

    def drag(self, x: float, y: float) -> None:
        self._go(x)

    def up(self, inside: bool) -> None:
        new, self._dragged = self._dragged, None
        if new is not None and not self._live and new != self._value():
            self._action(new)

    def step(self, steps: int) -> bool:
        new = min(self._high(), max(self._low(), self._value() + steps))
        if new != self._value():
            self._action(new)
        return True

    def key(self, event: KeyDown) -> bool:
        steps = {"left": -1, "right": 1, "page up": 10, "page down": -10}.get(event.key)
        return steps is not None and self.step(steps)

"""The simple controls: running text, a name with its value, button, switch, choice, slider."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence

from korgm1.frontends.canvas import Box, Colour, KeyDown
from korgm1.frontends.widget_ground import (
    ACCENT,
    BAR,
    DIM,
    FACE,
    GAP,
    GROUND,
    HELD,
    HOT,
    INK,
    LEADING,
    OFF,
    SIZE,
    SMALL,
    Brush,
    Ruler,
    Shown,
    Text,
    Touch,
    Widget,
    ring,
    said,
)


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
        self, low: Callable[[], int], high: Callable[[], int], value: Callable[[], int],
        action: Callable[[int], object], shown: Callable[[int], str] = str, name: str = "", live: bool = False,
        hint: Text = "",
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

    def lost(self) -> None:
        self._dragged = None

    def step(self, steps: int) -> bool:
        new = min(self._high(), max(self._low(), self._value() + steps))
        if new != self._value():
            self._action(new)
        return True

    def key(self, event: KeyDown) -> bool:
        steps = {"left": -1, "right": 1, "page up": 10, "page down": -10}.get(event.key)
        return steps is not None and self.step(steps)

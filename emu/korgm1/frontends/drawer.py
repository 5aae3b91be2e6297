"""The bench in a drawer beside the panel: sections that fold, one below the other, with a line of help at the bottom.

The window gives it a box and its events, and asks it to paint after each of its own pictures:

    if not drawer.take(event): ...            # it was for somebody else
    if drawer.paint(canvas, box, scale): ...  # something in the box is new

What it shows is looked at ten times a second and after each input; only what is another is painted. Closed, it costs
nothing. Keys: Tab opens it with the keyboard in it: arrows go through it, Enter does, Escape gives the keyboard back to
the panel. A field takes every key until Enter or Escape.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from korgm1.frontends import canvas as ui
from korgm1.frontends.canvas import Box, Canvas
from korgm1.frontends.drawer_bench import Bench
from korgm1.frontends.drawer_parts import engine, faults, guesses
from korgm1.frontends.drawer_supply import cell, power, ram
from korgm1.frontends.drawer_travel import cards, messages, scenarios, states
from korgm1.frontends.widgets import ACCENT, BAD, BAR, DIM, EDGE, GOOD, GROUND, HOT, INK, OFF, SMALL, Brush, Ruler, Touch, Widget
from korgm1.frontends.widgets_more import Field, Section

if TYPE_CHECKING:
    from korgm1.desk import Desk

WIDTH = 380
"""Points it would like to be wide; 300 to 500 are sensible."""
IDLE = "Point at a control, or go to it with the arrows, to read what it is for."
"""What stands at the bottom otherwise."""
LOOK = 0.1
"""Host seconds from look to look."""
TOP, FOOT, EDGES, BAR_WIDTH = 28, 66, 10, 10
"""Points: the title, the help at the bottom, left and right of the controls, the scroll bar."""
WHEEL = 48
"""Points a step of the wheel scrolls."""
_ARROWS = {"up": -1, "down": 1}


class Drawer:
    """The drawer of one desk.

    Args:
        desk: what is worked.
        folder: where saved states and cards are kept; None: states cannot be saved, cards go by their path.
        clock: host seconds.

    Attributes:
        open: whether it is out. The window gives it no box while it is not.
        WIDTH: points it would like to be wide.
    """

    WIDTH = WIDTH

    def __init__(
        self, desk: Desk, folder: Path | None = None, clock: Callable[[], float] = time.monotonic,
        sections: Callable[[Bench], Sequence[Section]] | None = None,
    ) -> None:
        self.open = False
        self._bench = Bench(desk, folder, clock)
        self._sections = list((sections or all_sections)(self._bench))
        self._clock = clock
        self._box: Box = (0, 0, 0, 0)
        self._scale = 1.0
        self._ruler: Ruler | None = None
        self._canvas: Canvas | None = None
        self._widgets: list[Widget] = []
        self._placed: list[tuple[Widget, Box]] = []
        self._looks: dict[Widget, Hashable] = {}
        self._foot: Hashable = None
        self._length = 0
        self._scroll = 0
        self._due = 0.0
        self._all = True
        self._hot: Widget | None = None
        self._focus: Widget | None = None
        self._keys = False
        self._held: dict[int, Widget] = {}
        self._pulled: dict[int, tuple[str, float, int]] = {}

    # for the window

    @property
    def focused(self) -> bool:
        """Whether the keyboard is in it."""
        return self.open and self._keys

    @property
    def typing(self) -> bool:
        """Whether a field takes all keys."""
        return self.focused and isinstance(self._focus, Field)

    def toggle(self) -> None:
        """Out, with the keyboard in it, or in."""
        self.open = not self.open
        self._all = True
        self._drop()
        if self.open:
            self._keys = True
            self._due = 0.0

    def invalidate(self) -> None:
        """Somebody painted over it: everything is painted next time."""
        self._all = True

    def paint(self, canvas: Canvas, box: Box, scale: float) -> bool:
        """Paint what is another since the last time.

        Args:
            canvas: what is painted on.
            box: its place there, in pixels.
            scale: pixels a point.

        Returns:
            Whether anything was painted.
        """
        if not self.open or box[2] < 1 or box[3] < 1:
            return False
        now = self._clock()
        if (canvas, box, scale) != (self._canvas, self._box, self._scale):
            self._canvas, self._box, self._scale, self._all = canvas, box, scale, True
            self._ruler = Ruler(canvas, scale)
        if not self._all and now < self._due:
            return False
        self._due = now + LOOK
        assert self._ruler is not None
        self._arrange(self._ruler)
        return self._paint(canvas, self._ruler)

    def take(self, event: ui.Event) -> bool:
        """What happened in the window; True: it was for the drawer, and nobody else should act on it."""
        if not self.open:
            return False
        taken = self._take(event)
        if taken:
            self._due = 0.0
        return taken

    # events

    def _take(self, event: ui.Event) -> bool:
        match event:
            case ui.PointerDown(pointer, x, y):
                return self._down(pointer, x, y)
            case ui.PointerMove(pointer, x, y):
                return self._move(pointer, x, y)
            case ui.PointerUp(pointer, x, y):
                return self._up(pointer, x, y)
            case ui.Hover(x, y):
                self._point(x, y)
                return ui.inside(x, y, self._box)
            case ui.Wheel(x, y, steps):
                return self._wheel(x, y, steps)
            case ui.KeyDown():
                return self._key(event)
            case ui.Text(text):
                return self.typing and self._focus is not None and self._focus.text(text)
            case ui.FocusLost():
                self._held.clear()
                self._pulled.clear()
                self._hot = None
                self._due = 0.0
        return False

    def _points(self, x: float, y: float) -> tuple[float, float]:
        return (x - self._box[0]) / self._scale, (y - self._box[1]) / self._scale

    @property
    def _wide(self) -> int:
        return int(self._box[2] / self._scale)

    @property
    def _view(self) -> tuple[int, int]:
        """Where the scrolled part begins and how high it is, in points."""
        return TOP, max(0, int(self._box[3] / self._scale) - TOP - FOOT)

    def _at(self, x: float, y: float) -> Widget | None:
        top, tall = self._view
        if not top <= y < top + tall:
            return None
        return next((w for w in self._widgets if ui.inside(x, y - top + self._scroll, w.box)), None)

    def _point(self, x: float, y: float) -> None:
        hot = self._at(*self._points(x, y)) if ui.inside(x, y, self._box) else None
        if hot is not self._hot:
            self._hot, self._due = hot, 0.0

    def _down(self, pointer: int, x: float, y: float) -> bool:
        if not ui.inside(x, y, self._box):
            if pointer >= 0:
                self._drop()
            return False
        if pointer < 0:
            return True
        px, py = self._points(x, y)
        self._hot = found = self._at(px, py)
        if py < TOP and px >= self._wide - TOP:
            self.toggle()
        elif px >= self._wide - BAR_WIDTH and self._longer:
            self._pulled[pointer] = ("bar", py, self._scroll)
        elif found is None or not found.takes_focus:
            self._drop()
            self._pulled[pointer] = ("page", py, self._scroll)
        else:
            self._to(found)
            self._held[pointer] = found
            found.down(px - found.box[0], py - TOP + self._scroll - found.box[1])
        return True

    def _move(self, pointer: int, x: float, y: float) -> bool:
        px, py = self._points(x, y)
        if pointer in self._held:
            widget = self._held[pointer]
            widget.drag(px - widget.box[0], py - TOP + self._scroll - widget.box[1])
            return True
        if pointer in self._pulled:
            what, begin, scroll = self._pulled[pointer]
            factor = self._length / max(1, self._view[1]) if what == "bar" else -1.0
            self._scroll_to(scroll + round((py - begin) * factor))
            return True
        return False

    def _up(self, pointer: int, x: float, y: float) -> bool:
        if pointer in self._held:
            widget = self._held.pop(pointer)
            widget.up(inside=self._at(*self._points(x, y)) is widget)
            return True
        return self._pulled.pop(pointer, None) is not None

    def _wheel(self, x: float, y: float, steps: int) -> bool:
        if not ui.inside(x, y, self._box):
            return False
        over = self._at(*self._points(x, y))
        if over is None or over is not self._focus or not self._keys or not over.step(steps):
            self._scroll_to(self._scroll - steps * WHEEL)
            self._point(x, y)
        return True

    def _key(self, event: ui.KeyDown) -> bool:
        if not self._keys or ((event.ctrl or event.alt) and not self.typing):
            return False
        if self._focus is not None and self._focus.key(event):
            return True
        if event.shift or event.ctrl or event.alt:
            return False
        if event.key == "escape":
            self._drop()
        elif event.key in _ARROWS:
            self._next(_ARROWS[event.key])
        elif event.key in ("page up", "page down"):
            self._scroll_to(self._scroll + (self._view[1] - WHEEL) * (1 if event.key == "page down" else -1))
        else:
            return event.key in ("left", "right", "enter", "kp enter")
        return True

    def _next(self, by: int) -> None:
        able = [widget for widget in self._widgets if widget.takes_focus and widget.works()]
        if not able:
            return
        if self._focus in able:
            self._to(able[min(len(able) - 1, max(0, able.index(self._focus) + by))])
        else:
            self._to(able[0])
        assert self._focus is not None
        _, y, _, height = self._focus.box
        tall = self._view[1]
        self._scroll_to(min(y - 30, max(self._scroll, y + height + 10 - tall)) if height < tall else y)

    def _to(self, widget: Widget) -> None:
        if self._focus is not None and self._focus is not widget:
            self._focus.blur()
        self._focus, self._keys = widget, True

    def _drop(self) -> None:
        if self._focus is not None:
            self._focus.blur()
        self._focus, self._keys, self._due = None, False, 0.0

    @property
    def _longer(self) -> bool:
        return self._length > self._view[1]

    def _scroll_to(self, scroll: int) -> None:
        scroll = min(max(0, scroll), max(0, self._length - self._view[1]))
        if scroll != self._scroll:
            self._scroll, self._all = scroll, True

    # painting

    def _arrange(self, ruler: Ruler) -> None:
        """Place what is seen, below each other; another place paints everything."""
        self._widgets, y = [], 4
        for section in self._sections:
            found, y = section.arrange(EDGES, y, self._wide - EDGES - BAR_WIDTH - 4, ruler)
            self._widgets += found
            y += 2
        self._length = y
        placed = [(widget, widget.box) for widget in self._widgets]
        if placed != self._placed:
            self._placed, self._all = placed, True
        there = set(self._widgets)
        if self._focus is not None and self._focus not in there:
            self._focus.blur()
            self._focus = None
        self._hot = self._hot if self._hot in there else None
        self._held = {pointer: widget for pointer, widget in self._held.items() if widget in there}
        self._scroll_to(self._scroll)

    def _touch(self, widget: Widget) -> Touch:
        focus = self._keys and widget is self._focus
        return Touch(widget is self._hot, focus, widget in self._held.values())

    def _paint(self, canvas: Canvas, ruler: Ruler) -> bool:
        x, y, width, height = self._box
        top, tall = self._view
        brush = Brush(canvas, ruler, x, y + round((top - self._scroll) * self._scale), self._scale)
        frame = Brush(canvas, ruler, x, y, self._scale)
        whole, self._all = self._all, False
        if whole:
            self._looks.clear()
            self._foot = None
            canvas.clip(self._box)
            canvas.rect(self._box, GROUND)
            self._title(frame)
            self._bar(frame)
        canvas.clip(frame.box((0, top, self._wide, tall)))
        painted = whole
        for widget in self._widgets:
            if widget.box[1] >= self._scroll + tall or widget.box[1] + widget.box[3] <= self._scroll:
                continue
            touch = self._touch(widget)
            look = (widget.look(), touch)
            if self._looks.get(widget) != look or widget not in self._looks:
                self._looks[widget] = look
                if not whole:
                    brush.rect(widget.box, GROUND)
                widget.paint(brush, touch)
                painted = True
        canvas.clip(self._box)
        painted |= self._help(frame, int(height / self._scale))
        canvas.clip(None)
        return painted

    def _title(self, brush: Brush) -> None:
        wide = self._wide
        brush.rect((0, 0, wide, TOP), BAR)
        brush.text("Bench", EDGES + 2, TOP / 2, 80, INK, 15)
        brush.text("Tab: in and out", wide - TOP - 6, TOP / 2, wide - TOP - 110, DIM, SMALL, 1.0)
        middle, end = TOP / 2, wide - TOP / 2
        for rise in (-5, 5):
            brush.canvas.line([brush.at(end - 5, middle - rise), brush.at(end + 5, middle + rise)], INK, 1.6 * brush.scale)

    def _bar(self, brush: Brush) -> None:
        top, tall = self._view
        if self._longer and tall > 20:
            size = max(20, tall * tall // self._length)
            at = (tall - size) * self._scroll // max(1, self._length - tall)
            brush.rect((self._wide - 8, top + at, 5, size), HOT, 2)

    def _help(self, brush: Brush, height: int) -> bool:
        """The lines at the bottom: what went wrong or was done last; what the control at hand is for."""
        shown = self._focus if self._keys and self._focus is not None else None
        about = self._hot if self._hot is not None and _hint(self._hot) else shown
        words, wrong = self._bench.said
        if not words and about is not None:
            words, colour = _hint(about), DIM
        elif not words:
            words, colour = IDLE, OFF
        else:
            colour = BAD if wrong else GOOD
        if (words, colour) == self._foot:
            return False
        self._foot = (words, colour)
        brush.rect((0, height - FOOT, self._wide, FOOT), GROUND)
        brush.rect((0, height - FOOT, self._wide, 1), EDGE)
        rows = brush.ruler.wrap(words, self._wide - 2 * EDGES)
        if len(rows) > 4:
            rows = [*rows[:3], brush.ruler.fit(rows[3] + " " + rows[4], self._wide - 2 * EDGES, SMALL)]
        for index, row in enumerate(rows):
            brush.text(row, EDGES, height - FOOT + 11 + 15 * index, self._wide - EDGES, colour, SMALL)
        return True


def _hint(widget: Widget) -> str:
    return widget.hint if isinstance(widget.hint, str) else widget.hint()


def all_sections(bench: Bench) -> list[Section]:
    """The sections in their order."""
    return [
        power(bench), cell(bench), ram(bench), cards(bench), states(bench), scenarios(bench), faults(bench),
        guesses(bench), engine(bench), messages(bench),
    ]

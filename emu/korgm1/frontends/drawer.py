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

from korgm1.frontends.canvas import Box, Canvas
from korgm1.frontends.drawer_bench import Bench
from korgm1.frontends.drawer_cards import cards
from korgm1.frontends.drawer_hands import BAR_WIDTH, EDGES, TOP, DrawerHands
from korgm1.frontends.drawer_parts import engine, faults, guesses
from korgm1.frontends.drawer_scenes import messages, scenarios
from korgm1.frontends.drawer_states import states
from korgm1.frontends.drawer_supply import cell, power, ram
from korgm1.frontends.widget_ground import (
    BAD,
    BAR,
    DIM,
    EDGE,
    GOOD,
    GROUND,
    HOT,
    INK,
    LEADING,
    OFF,
    SMALL,
    Brush,
    Ruler,
    Touch,
    Widget,
)
from korgm1.frontends.widgets_more import Section

if TYPE_CHECKING:
    from korgm1.desk import Desk

WIDTH = 380
"""Points it would like to be wide; 300 to 500 are sensible."""
IDLE = "Point at a control, or go to it with the arrows, to read what it is for."
"""What stands at the bottom otherwise."""
LOOK = 0.1
"""Host seconds from look to look."""


class Drawer(DrawerHands):
    """The drawer of one desk.

    Args:
        desk: what is worked.
        folder: where saved states and cards are kept; None: states cannot be saved, cards go by their path.
        clock: host seconds.

    Attributes:
        WIDTH: points it would like to be wide.
    """

    WIDTH = WIDTH

    def __init__(
        self, desk: Desk, folder: Path | None = None, clock: Callable[[], float] = time.monotonic,
        sections: Callable[[Bench], Sequence[Section]] | None = None,
    ) -> None:
        super().__init__()
        self._bench = Bench(desk, folder, clock)
        self._sections = list((sections or all_sections)(self._bench))
        self._clock = clock
        self._ruler: Ruler | None = None
        self._canvas: Canvas | None = None
        self._placed: list[tuple[Widget, Box]] = []
        self._looks: dict[Widget, Hashable] = {}
        self._foot: Hashable = None
        self._wanted: Section | None = None
        self._told = False

    def show(self, title: str) -> None:
        """Unfold a section and scroll to it, at the next picture."""
        for section in self._sections:
            if section.title == title:
                section.folded = False
                self._wanted, self._due = section, 0.0

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
        if self._told:
            self._bench.go_on()
            self._due = 0.0
        now = self._clock()
        if (canvas, box, scale) != (self._canvas, self._box, self._scale):
            self._canvas, self._box, self._scale, self._all = canvas, box, scale, True
            self._ruler = Ruler(canvas, scale)
        if not self._all and now < self._due:
            return False
        self._due = now + LOOK
        assert self._ruler is not None
        self._arrange(self._ruler)
        painted = self._paint(canvas, self._ruler)
        self._told = self._bench.waiting is not None
        return painted

    def _arrange(self, ruler: Ruler) -> None:
        """Place what is seen, below each other; another place paints everything."""
        self._widgets, y, wanted = [], 4, self._scroll
        for section in self._sections:
            if section is self._wanted:
                wanted = y
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
        for pointer, widget in list(self._held.items()):
            if widget not in there:
                self._held.pop(pointer).lost()
        self._scroll_to(wanted)
        self._wanted = None

    def _touch(self, widget: Widget) -> Touch:
        focus = self._keys and widget is self._focus
        return Touch(widget is self._hot, focus, widget in self._held.values())

    def _paint(self, canvas: Canvas, ruler: Ruler) -> bool:
        x, y, _, height = self._box
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
            ends = [brush.at(end - 5, middle - rise), brush.at(end + 5, middle + rise)]
            brush.canvas.line(ends, INK, 1.6 * brush.scale)

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
        foot, wide = self._foot_height, self._wide - 2 * EDGES
        brush.rect((0, height - foot, self._wide, foot), GROUND)
        brush.rect((0, height - foot, self._wide, 1), EDGE)
        rows, most = brush.ruler.wrap(words, wide), (foot - 4) // LEADING
        if len(rows) > most:
            rows[most - 1 :] = [brush.ruler.fit(" ".join(rows[most - 1 : most + 1]), wide, SMALL)]
        for index, row in enumerate(rows):
            brush.text(row, EDGES, height - foot + 10 + LEADING * index, wide + 1, colour, SMALL)
        return True


def _hint(widget: Widget) -> str:
    return widget.hint if isinstance(widget.hint, str) else widget.hint()


def all_sections(bench: Bench) -> list[Section]:
    """The sections in their order."""
    return [
        power(bench), cell(bench), ram(bench), cards(bench), states(bench), scenarios(bench), faults(bench),
        guesses(bench), engine(bench), messages(bench),
    ]

"""The page over the panel that says which computer key does what (F1): the key map in force, as `korgm1 keys` shows it.

It stands in as many columns as fit, and scrolls where it does not fit.
"""

from __future__ import annotations

from itertools import zip_longest

from korgm1.frontends import canvas as ui
from korgm1.frontends.canvas import Box, Canvas
from korgm1.frontends.widget_ground import (
    ACCENT,
    BAR,
    DIM,
    EDGE,
    GROUND,
    HOT,
    INK,
    SMALL,
    Brush,
    Ruler,
)
from korgm1.keymap import Keymap, table

Line = tuple[str, str, bool]
"""What is done, by which keys, whether it is a title."""
COLUMN, ROW, EDGE_WIDTH, TOP, FOOT = 290, 17, 16, 44, 26
"""Points: a column's least width, a row, the margin, the title's and the bottom line's height."""
WHEEL = 51
"""Points a step of the wheel scrolls."""
LETTERS = SMALL + 0.5


class HelpPage:
    """The page of one key map.

    Args:
        keymap: what is in force.
        place: where its file is, or would be; "" says nothing of it.
        rack: of an M1R.

    Attributes:
        open: whether it is shown.
    """

    def __init__(self, keymap: Keymap, place: str = "", rack: bool = False) -> None:
        self.open = False
        groups = [
            (group.title, [(row.what, row.window or "-") for row in group.rows if row.window or row.button])
            for group in table(keymap, rack)
        ]
        self._groups = [(title, rows) for title, rows in groups if rows]
        self._place = place
        self._scroll = self._most = 0
        self._painted: tuple[Canvas, Box, float, int] | None = None
        self._box: Box = (0, 0, 0, 0)
        self._scale = 1.0
        self._pulled: dict[int, tuple[float, int]] = {}

    def toggle(self) -> None:
        """Show it, or put it away."""
        self.open = not self.open
        self._painted = None
        self._scroll = 0
        self._pulled.clear()

    def invalidate(self) -> None:
        """Somebody painted over it: it is painted next time."""
        self._painted = None

    def paint(self, canvas: Canvas, box: Box, scale: float) -> bool:
        """Paint it, if it is not there already.

        Args:
            canvas: what is painted on.
            box: its place there, in pixels; all of it is covered.
            scale: pixels a point.

        Returns:
            Whether anything was painted.
        """
        if not self.open or self._painted == (canvas, box, scale, self._scroll):
            return False
        self._box, self._scale = box, scale
        ruler = Ruler(canvas, scale)
        wide, tall = int(box[2] / scale), int(box[3] / scale)
        view = max(0, tall - TOP - FOOT)
        count = max(1, (wide - EDGE_WIDTH) // COLUMN)
        room = (wide - EDGE_WIDTH) // count
        columns = self._columns(count, room - EDGE_WIDTH, ruler)
        self._most = max(0, max(len(column) for column in columns) * ROW - view)
        self._scroll = min(self._scroll, self._most)
        self._painted = (canvas, box, scale, self._scroll)
        frame = Brush(canvas, ruler, box[0], box[1], scale)
        canvas.clip(box)
        canvas.rect(box, GROUND)
        canvas.clip(frame.box((0, TOP, wide, view)))
        brush = Brush(canvas, ruler, box[0], box[1] + round((TOP - self._scroll) * scale), scale)
        for number, column in enumerate(columns):
            self._column(brush, EDGE_WIDTH + number * room, room - EDGE_WIDTH, column)
        canvas.clip(box)
        self._frame(frame, wide, tall, view)
        canvas.clip(None)
        return True

    def take(self, event: ui.Event) -> bool:
        """What happened; True: it was for the page. Escape, F1 and a click that is no drag put it away."""
        if not self.open:
            return False
        match event:
            case ui.KeyDown(key=("escape" | "f1")):
                self.toggle()
            case ui.KeyDown(key=("up" | "down" | "page up" | "page down") as key):
                far = max(ROW, int(self._box[3] / self._scale) - TOP - FOOT - ROW) if "page" in key else 2 * ROW
                self._to(self._scroll + (far if "down" in key else -far))
            case ui.Wheel(_, _, steps):
                self._to(self._scroll - steps * WHEEL)
            case ui.PointerDown(pointer, x, y) if ui.inside(x, y, self._box):
                self._pulled[pointer] = (y, self._scroll)
            case ui.PointerMove(pointer, _, y) if pointer in self._pulled:
                begin, scroll = self._pulled[pointer]
                self._to(scroll - round((y - begin) / self._scale))
            case ui.PointerUp(pointer, _, y) if pointer in self._pulled:
                begin, _ = self._pulled.pop(pointer)
                if abs(y - begin) < 4 * self._scale:
                    self.toggle()
            case ui.Hover():
                pass
            case _:
                return False
        return True

    def _to(self, scroll: int) -> None:
        self._scroll = min(max(0, scroll), self._most)

    def _row(self, what: str, keys: str, wide: int, ruler: Ruler) -> list[Line]:
        """A row in as many lines as it needs."""
        if ruler.width(what, LETTERS) + ruler.width(keys, LETTERS) + 8 <= wide:
            return [(what, keys, False)]
        left = ruler.wrap(what, wide // 2, LETTERS)
        right = ruler.wrap(keys, wide - round(max(ruler.width(line, LETTERS) for line in left)) - 9, LETTERS)
        return [(*pair, False) for pair in zip_longest(left, right, fillvalue="")]

    def _columns(self, count: int, wide: int, ruler: Ruler) -> list[list[Line]]:
        """The groups over the columns: whole ones where they fit, as even as their order allows otherwise."""
        groups: list[list[Line]] = []
        for title, rows in self._groups:
            lines = [line for what, keys in rows for line in self._row(what, keys, wide, ruler)]
            groups.append([(title, "", True), *lines, ("", "", False)])
        high = max(len(group) for group in groups)
        while True:
            columns: list[list[Line]] = [[]]
            for group in groups:
                if columns[-1] and len(columns[-1]) + len(group) - 1 > high:
                    columns.append([])
                columns[-1] += group
            if len(columns) <= count:
                return columns
            high += 1

    def _column(self, brush: Brush, x: int, wide: int, lines: list[Line]) -> None:
        for index, (name, chords, title) in enumerate(lines):
            y = index * ROW
            if title:
                brush.text(name, x, y + ROW / 2, wide, ACCENT, 14)
                brush.rect((x, y + ROW - 1, wide, 1), EDGE)
                continue
            room = brush.ruler.width(name, LETTERS)
            brush.text(name, x, y + ROW / 2, wide, INK, LETTERS)
            brush.text(chords, x + wide, y + ROW / 2, wide - room - 8, DIM, LETTERS, 1.0)

    def _frame(self, brush: Brush, wide: int, tall: int, view: int) -> None:
        brush.rect((0, 0, wide, TOP - 10), BAR)
        brush.text("Keys", EDGE_WIDTH, TOP / 2 - 5, 80, INK, 16)
        brush.text("F1, Escape or a click: back", wide - EDGE_WIDTH, TOP / 2 - 5, wide - 120, DIM, SMALL, 1.0)
        more = "Names of keys are by place, as on a US keyboard. "
        if self._place:
            more += f"Change them in {self._place} (korgm1 keys)"
        brush.text(more, EDGE_WIDTH, tall - FOOT / 2, wide - 2 * EDGE_WIDTH, DIM, SMALL)
        if self._most and view > 20:
            size = max(20, view * view // (view + self._most))
            brush.rect((wide - 8, TOP + (view - size) * self._scroll // self._most, 5, size), HOT, 2)

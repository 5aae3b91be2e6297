"""The page over the panel that says which computer key does what (F1), made from the key map that is in force.

`table` is pure; `HelpPage` paints it in as many columns as fit, and scrolls where it does not fit.
"""

from __future__ import annotations

from collections.abc import Iterator

from korgm1.board.panel import Panel
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
from korgm1.keymap import Keymap, parts, readable
from korgm1.keymap.showing import COMMANDS

Rows = list[tuple[str, str]]

MODES = ("INT", "CARD", "COMBI", "EDIT COMBI", "PROG", "EDIT PROG", "SEQ", "GLOBAL")
CURSOR = (*"ABCDEFGH", "PAGE-", "PAGE+", "UP", "DOWN")
DIGITS = (*"0123456789", "10HOLD")
NOTES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
COLUMN, ROW, EDGE_WIDTH, TOP, FOOT = 290, 17, 16, 44, 26
"""Points: a column's least width, a row, the margin, the title's and the bottom line's height."""
WHEEL = 51
"""Points a step of the wheel scrolls."""
_JOYSTICK = {"left": "bend down", "right": "bend up", "up": "pitch modulation", "down": "filter modulation"}


def table(keymap: Keymap) -> list[tuple[str, Rows]]:
    """The map in groups: title, rows of what is done and by which chords.

    >>> from korgm1.keymap import default
    >>> groups = dict(table(default()))
    >>> groups["Modes"][:2]
    [('INT', 'F2'), ('CARD', 'F6')]
    >>> [title for title in groups]
    ['Modes', 'Cursor, pages, value', 'Digits', 'Sequencer, compare', 'Piano', 'Playing', 'Bench']
    """
    chords: dict[str, list[str]] = {}
    for chord, action in keymap.window.items():
        if action != "none":
            chords.setdefault(action, []).append(chord)
    others = [name for name in Panel().keys() if name not in (*MODES, *CURSOR, *DIGITS)]  # noqa: SIM118
    groups = [
        ("Modes", _keys(chords, MODES)),
        ("Cursor, pages, value", [*_keys(chords, CURSOR), *_of(chords, "value")]),
        ("Digits", _keys(chords, DIGITS)),
        ("Sequencer, compare", _keys(chords, others)),
        ("Piano", [*_piano(chords), *_of(chords, "octave"), *_of(chords, "velocity")]),
        ("Playing", [*_of(chords, "joystick"), *_of(chords, "damper"), *_of(chords, "volume")]),
        ("Bench", [*_of(chords, "drawer"), *_of(chords, "help"), *_of(chords, "full screen"),
                   *_of(chords, "command"), *_of(chords, "quit")]),
    ]  # fmt: skip
    return [(title, rows) for title, rows in groups if rows]


def words(action: str) -> str:
    """What an action does, for people.

    >>> words("key EDIT PROG"), words("octave +1"), words("command rewind 1"), words("joystick left")
    ('EDIT PROG', 'octave up', 'a second back', 'joystick: bend down')
    """
    kind, argument = parts(action)
    if kind == "key":
        return argument
    if kind == "command":
        return COMMANDS.get(argument, argument)
    if kind == "joystick":
        return f"joystick: {_JOYSTICK[argument]}"
    if kind in ("octave", "velocity", "value", "volume"):
        name = kind.upper() if kind in ("value", "volume") else kind
        by = argument.lstrip("+-")
        return f"{name} {'down' if argument.startswith('-') else 'up'}" + (f" by {by}" if by != "1" else "")
    return {"damper": "damper pedal", "drawer": "the bench: in and out", "help": "this page",
            "quit": "power off and leave"}.get(kind, action)  # fmt: skip


def _shown(chords: list[str]) -> str:
    return ", ".join(readable(chord) for chord in chords)


def _keys(chords: dict[str, list[str]], names: tuple[str, ...] | list[str]) -> Rows:
    return [(name, _shown(chords.get(f"key {name}", ["-"]))) for name in names]


def _of(chords: dict[str, list[str]], kind: str) -> Rows:
    return [(words(action), _shown(found)) for action, found in chords.items() if parts(action)[0] == kind]


def _piano(chords: dict[str, list[str]]) -> Rows:
    """The piano's keys in runs: those that follow each other on the computer's keys as the notes do."""
    keys = [(int(parts(action)[1]), chord) for action, found in chords.items() if parts(action)[0] == "note"
            for chord in found]  # fmt: skip

    runs: list[list[tuple[int, str]]] = []
    for note, chord in sorted(keys, key=lambda key: (_row_of(key[1]), key[0])):
        if runs and note == runs[-1][-1][0] + 1 and _row_of(chord) == _row_of(runs[-1][-1][1]):
            runs[-1].append((note, chord))
        else:
            runs.append([(note, chord)])
    return [(_span(run[0][0], run[-1][0]), " ".join(readable(chord) for _, chord in run)) for run in runs]


def _row_of(chord: str) -> int:
    """Which pair of rows of a US keyboard a piano key is in: 0 the lower two, 1 the upper two."""
    return int(chord in "1234567890-=qwertyuiop[]")


def _span(first: int, last: int) -> str:
    up = f", {first // 12} up" if first >= 12 else ""
    return NOTES[first % 12] + up if first == last else f"from {NOTES[first % 12]}{up}"


class HelpPage:
    """The page of one key map.

    Args:
        keymap: what is in force.
        place: where its file is, or would be; "" says nothing of it.

    Attributes:
        open: whether it is shown.
    """

    def __init__(self, keymap: Keymap, place: str = "") -> None:
        self.open = False
        self._groups = table(keymap)
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
        columns = self._columns(count, view // ROW)
        self._most = max(0, max(len(column) for column in columns) * ROW - view)
        self._scroll = min(self._scroll, self._most)
        self._painted = (canvas, box, scale, self._scroll)
        frame = Brush(canvas, ruler, box[0], box[1], scale)
        canvas.clip(box)
        canvas.rect(box, GROUND)
        canvas.clip(frame.box((0, TOP, wide, view)))
        brush = Brush(canvas, ruler, box[0], box[1] + round((TOP - self._scroll) * scale), scale)
        room = (wide - EDGE_WIDTH) // count
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

    def _lines(self) -> Iterator[list[tuple[str, str, bool]]]:
        """Each group as lines: text, chords, whether it is a title; one of nothing behind it."""
        for title, rows in self._groups:
            yield [(title, "", True), *((name, chords, False) for name, chords in rows), ("", "", False)]

    def _columns(self, count: int, tall: int) -> list[list[tuple[str, str, bool]]]:
        """The groups over the columns: whole ones where they fit, as even as their order allows otherwise."""
        groups = list(self._lines())
        high = max(len(group) for group in groups)
        while True:
            columns: list[list[tuple[str, str, bool]]] = [[]]
            for group in groups:
                if columns[-1] and len(columns[-1]) + len(group) - 1 > high:
                    columns.append([])
                columns[-1] += group
            if len(columns) <= count:
                return columns
            high += 1

    def _column(self, brush: Brush, x: int, wide: int, lines: list[tuple[str, str, bool]]) -> None:
        for index, (name, chords, title) in enumerate(lines):
            y = index * ROW
            if title:
                brush.text(name, x, y + ROW / 2, wide, ACCENT, 14)
                brush.rect((x, y + ROW - 1, wide, 1), EDGE)
                continue
            room = brush.ruler.width(name, SMALL + 0.5)
            brush.text(name, x, y + ROW / 2, wide, INK, SMALL + 0.5)
            brush.text(chords, x + wide, y + ROW / 2, wide - room - 8, DIM, SMALL + 0.5, 1.0)

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

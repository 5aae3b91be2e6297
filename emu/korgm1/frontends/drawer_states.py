"""The drawer's section about saved states and going back."""

from __future__ import annotations

import time
import zlib
from pathlib import Path

from korgm1 import snapshot as snapshots
from korgm1.errors import M1Error
from korgm1.files import read_file
from korgm1.frontends.canvas import Colour, KeyDown
from korgm1.frontends.drawer_bench import Bench
from korgm1.frontends.widget_ground import DIM, EDGE, INK, OFF, Brush, Ruler, Touch, Widget
from korgm1.frontends.widgets import Button, Slider
from korgm1.frontends.widgets_more import Field, Row, Section

SLOTS = tuple(str(number) for number in range(1, 9))
GLASS: Colour = (131, 136, 139)
DOTS: Colour = (52, 48, 50)
EMPTY_GLASS: Colour = (52, 54, 58)
"""Colours of a slot's picture, those of the LCD (board.lcd_picture)."""


class Slot:
    """One saved state: its file, when it was saved, what its display showed."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._stamp: tuple[int, int] | None = None
        self.when = ""
        self.lcd: tuple[str, str] | None = None

    def look(self) -> bool:
        """Look at the file again, if it is another one.

        Returns:
            Whether it was read.
        """
        try:
            stat = self.path.stat()
        except OSError:
            self._stamp, self.when, self.lcd = None, "", None
            return False
        stamp = (stat.st_mtime_ns, stat.st_size)
        if stamp == self._stamp:
            return False
        self._stamp = stamp
        self.when = time.strftime("%Y-%m-%d %H:%M", time.localtime(stat.st_mtime))
        try:
            self.lcd = lcd_of(read_file(self.path, "a saved state"))
        except (M1Error, LookupError, TypeError, ValueError, zlib.error):
            self.lcd = ("cannot be read", "")
        return True


def lcd_of(data: bytes) -> tuple[str, str]:
    """The last finished LCD picture of a snapshot.

    Raises:
        SnapshotError: it is none.
        LookupError, TypeError: it has no such picture.

    >>> from korgm1.session import Session
    >>> m1 = Session(); _ = m1.boot(); lcd_of(m1.snapshot())[0][:8]
    'Prog I00'
    """
    read = snapshots.decode(data)
    if not read.manifest.get("powered", True):
        return "power off", ""
    display = read.blocks["session"]["display"]
    first, second = display["picture"] or display["rows"][-1][1:]
    return str(first), str(second)


class SlotView(Widget):
    """The eight slots: number, picture, time; one of them is chosen."""

    takes_focus = True
    _HIGH = 38

    def __init__(self, slots: list[Slot], chosen: list[int], load: Button) -> None:
        super().__init__()
        self._slots, self._chosen, self._load = slots, chosen, load
        self.hint = self._about

    def _about(self) -> str:
        when = self._slots[self._chosen[0]].when
        what = f"Slot {self._chosen[0] + 1}, " + (f"saved {when}." if when else "empty.")
        return what + " Choose one, then save into it or load it; Enter loads it."

    def _across(self, width: int) -> int:
        return 2 if width >= 330 else 1

    def height(self, width: int, ruler: Ruler) -> int:
        return -(-len(self._slots) // self._across(width)) * self._HIGH

    def look(self) -> tuple[object, ...]:
        any(slot.look() for slot in self._slots)
        return (self._chosen[0], *((slot.when, slot.lcd) for slot in self._slots))

    def paint(self, brush: Brush, touch: Touch) -> None:
        x, y, width, _ = self.box
        across = self._across(width)
        wide = width // across
        for index, slot in enumerate(self._slots):
            left, top = x + index % across * wide, y + index // across * self._HIGH
            mine = index == self._chosen[0]
            brush.text(str(index + 1), left + 8, top + self._HIGH / 2 - 2, 12, INK if mine else DIM, align=0.5)
            glass = (left + 18, top + 1, wide - 24, self._HIGH - 6)
            brush.rect(glass, GLASS if slot.lcd else EMPTY_GLASS, 3)
            middle = left + 18 + (wide - 24) / 2
            if slot.lcd:
                for row, line in enumerate((slot.lcd[0], slot.lcd[1].rstrip() or slot.when)):
                    brush.text(line.rstrip(), left + 23, top + 10 + 13 * row, wide - 34, DOTS, 10.5)
            else:
                brush.text("empty", middle, top + self._HIGH / 2 - 2, wide - 30, OFF, 10.5, 0.5)
            if mine:
                brush.rect((glass[0] - 1, glass[1] - 1, glass[2] + 2, glass[3] + 2), INK if touch.focus else EDGE, 4, 1)

    def down(self, x: float, y: float) -> None:
        across = self._across(self.box[2])
        index = int(y // self._HIGH) * across + min(across - 1, int(x * across // max(1, self.box[2])))
        if 0 <= index < len(self._slots):
            self._chosen[0] = index

    def key(self, event: KeyDown) -> bool:
        key = event.key
        across = self._across(self.box[2])
        if key in ("enter", "kp enter"):
            self._load.up(inside=True)
            return True
        step = {"left": -1, "right": 1, "up": -across, "down": across}.get(key)
        if step is None or not 0 <= self._chosen[0] + step < len(self._slots):
            return False
        self._chosen[0] += step
        return True


def states(bench: Bench) -> Section:
    """Slots to save to and load from, a file by its path, and the way back through the last minutes."""
    folder = None if bench.folder is None else bench.folder / "states"
    slots = [] if folder is None else [Slot(folder / f"slot-{number}.state") for number in SLOTS]
    chosen = [0]

    def slot() -> Slot:
        return slots[chosen[0]]

    def save() -> None:
        folder = slot().path.parent
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            bench.say(f"{folder} cannot be made: {error.strerror or error}", wrong=True)
            return
        bench.do("save", path=str(slot().path))

    def load() -> None:
        bench.do("load", path=str(slot().path))

    def gone() -> int:
        return bench.desk.ahead

    def go(seconds: int) -> None:
        bench.do("rewind", seconds=-seconds - gone())

    loads = Button(lambda: f"load {chosen[0] + 1}", load, "Go on where this state was saved.",
                   lambda: bool(slots) and slot().lcd is not None)  # fmt: skip
    by_slot: list[Widget] = [] if not slots else [
        SlotView(slots, chosen, loads),
        Row(Button(lambda: f"save to {chosen[0] + 1}", save, "What was in the slot is replaced."), loads),
    ]
    return Section("States and rewind", [
        Slider(lambda: -bench.desk.history - gone(), lambda: 0, lambda: -gone(), go,
               lambda at: "now" if not at else f"{-at} s back", "rewind", live=True,
               hint="The last minutes, second by second; drag, or Ctrl+Z. Whatever is done then drops what was later."),
        *by_slot,
        Field("save to a file: path", lambda path: bench.do("save", path=path.strip()) if path.strip() else None,
              hint="Where to save the whole instrument; Enter saves."),
        Field("load a file: path", lambda path: bench.do("load", path=path.strip()) if path.strip() else None,
              hint="A file of save, or of korgm1 state save; Enter loads it."),
    ], folded=True, summary=lambda: f"{gone()} s back" if gone() else f"{bench.desk.history} s to go back")  # fmt: skip

"""The drawer's sections about cards, saved states, going back, scenarios, and what was said."""

from __future__ import annotations

import time
import zlib
from pathlib import Path

from korgm1 import snapshot as snapshots
from korgm1.clock import CPU_HZ
from korgm1.errors import M1Error
from korgm1.files import read_file
from korgm1.frontends.drawer_bench import Bench
from korgm1.frontends.widgets import BAD, DIM, EDGE, INK, OFF, Brush, Button, Colour, Label, Ruler, Slider, Switch, Touch, Value, Widget
from korgm1.frontends.widgets_more import Field, Flow, Items, Row, Section
from korgm1.scenario.description import all_scenarios

CARD_FILES = ("*.card", "*.bin")
MOST_FILES = 12
"""Files of the card folder that are listed."""
SLOTS = tuple(str(number) for number in range(1, 9))
SHOWN = 8
"""Messages that are shown."""
GLASS: Colour = (131, 136, 139)
DOTS: Colour = (52, 48, 50)
EMPTY_GLASS: Colour = (52, 54, 58)
"""Colours of a slot's picture, those of the LCD (board.lcd_picture)."""


class Files:
    """The cards in a folder, looked up again now and then."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self._until = -1.0
        self._found: list[tuple[str, str]] = []

    def __call__(self) -> list[tuple[str, str]]:
        now = self._bench.clock()
        if now >= self._until:
            self._until = now + 2
            folder = None if self._bench.folder is None else self._bench.folder / "cards"
            paths = [] if folder is None else sorted(path for kind in CARD_FILES for path in folder.glob(kind))
            self._found = [(str(path), path.name) for path in paths[:MOST_FILES]]
        return self._found


def cards(bench: Bench) -> Section:
    """The program card and the PCM card."""
    files, chosen = Files(bench), [""]

    def there() -> bool:
        return bench.session.card is not None

    def program_card() -> str | tuple[str, Colour]:
        path = bench.session.card_path
        return (path.name if path is not None else "without a file") if there() else ("slot empty", OFF)

    def pcm_card() -> str | tuple[str, Colour]:
        data = bench.session.pcm_card
        return ("slot empty", OFF) if data is None else f"{len(data) / 1024:.0f} KB"

    def cell() -> str:
        card = bench.session.card
        if card is None:
            return "-"
        kind = card.supply.kind
        return f"{kind}, {card.supply.cell_volts:.2f} V" if kind else "holder empty"

    def insert(path: str) -> None:
        if path.strip():
            bench.do("card insert", Path(path.strip()).expanduser())

    def pcm(path: str) -> None:
        if path.strip():
            bench.do("pcm-card insert", Path(path.strip()).expanduser())

    return Section("Cards", [
        Value("program card", program_card),
        Items(files, lambda: chosen[0], lambda path: chosen.__setitem__(0, path), lambda: insert(chosen[0]),
              "Cards of the card folder. Enter, or the button, puts the chosen one in."),
        Row(
            Button("insert", lambda: insert(chosen[0]), "Put the chosen card into the slot.",
                   lambda: bool(chosen[0]) and not there()),
            Button("eject", lambda: bench.do("card eject"), "Take the card out; its file is written.", there),
        ),
        Field("path of a program card", insert, hint="The file of a program card (korgm1 card new); Enter inserts it."),
        Switch("write protect", lambda: getattr(bench.session.card, "protected", False),
               lambda on: bench.do("card protect", "on" if on else "off"), "The switch on the card.", there),
        Value("its cell", cell, "The card's own cell, a CR2016."),
        Value("PCM card", pcm_card),
        Field("path of a PCM card's dump", pcm, hint="16-bit words, low byte first; Enter inserts it."),
        Button("eject the PCM card", lambda: bench.do("pcm-card eject"), "Voices that play it lose their words.",
               lambda: bench.session.pcm_card is not None),
    ], folded=True, summary=lambda: "program card in" if there() else "slot empty")  # fmt: skip


class Slot:
    """One saved state: its file, when it was saved, what its display showed."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._stamp: tuple[int, int] | None = None
        self.when = ""
        self.lcd: tuple[str, str] | None = None

    def look(self) -> None:
        """Look at the file again, if it is another one."""
        try:
            stat = self.path.stat()
        except OSError:
            self._stamp, self.when, self.lcd = None, "", None
            return
        stamp = (stat.st_mtime_ns, stat.st_size)
        if stamp == self._stamp:
            return
        self._stamp = stamp
        self.when = time.strftime("%Y-%m-%d %H:%M", time.localtime(stat.st_mtime))
        try:
            self.lcd = lcd_of(read_file(self.path, "a saved state"))
        except (M1Error, LookupError, TypeError, ValueError, zlib.error):
            self.lcd = ("cannot be read", "")


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
    hint = "Saved states. Choose one, then save into it or load it; Enter loads it."
    _HIGH = 38

    def __init__(self, slots: list[Slot], chosen: list[int], load: Button) -> None:
        super().__init__()
        self._slots, self._chosen, self._load = slots, chosen, load

    def _across(self, width: int) -> int:
        return 2 if width >= 330 else 1

    def height(self, width: int, ruler: Ruler) -> int:
        return -(-len(self._slots) // self._across(width)) * self._HIGH

    def look(self) -> tuple[object, ...]:
        for slot in self._slots:
            slot.look()
        return (self._chosen[0], *((slot.when, slot.lcd) for slot in self._slots))

    def paint(self, brush: Brush, touch: Touch) -> None:
        x, y, width, _ = self.box
        across = self._across(width)
        wide = width // across
        for index, slot in enumerate(self._slots):
            left, top = x + index % across * wide, y + index // across * self._HIGH
            mine = index == self._chosen[0]
            brush.text(str(index + 1), left + 8, top + self._HIGH / 2 - 2, 12, INK if mine else DIM, align=0.5, bold=mine)
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

    def key(self, event: object) -> bool:
        key = getattr(event, "key", "")
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
        slot().path.parent.mkdir(parents=True, exist_ok=True)
        bench.do("save", slot().path)

    def load() -> None:
        bench.do("load", slot().path)

    def gone() -> int:
        return bench.desk.ahead

    def go(seconds: int) -> None:
        bench.do("rewind", -seconds - gone())

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
        Field("save to a file: path", lambda path: bench.do("save", path.strip()) if path.strip() else None,
              hint="Where to save the whole instrument; Enter saves."),
        Field("load a file: path", lambda path: bench.do("load", path.strip()) if path.strip() else None,
              hint="A file of save, or of korgm1 state save; Enter loads it."),
    ], folded=True, summary=lambda: f"{gone()} s back" if gone() else f"{bench.desk.history} s to go back")  # fmt: skip


def scenarios(bench: Bench) -> Section:
    """The reports that can be played, and how far one is."""
    rows = [(row.name, row.title) for row in all_scenarios().values() if not row.cannot]
    chosen = [rows[0][0]]

    def reported() -> str:
        row = all_scenarios()[chosen[0]]
        return f"{row.reported}"

    def start() -> None:
        bench.do("scenario", chosen[0])

    def running() -> bool:
        return bench.desk.scenario is not None

    items = Items(lambda: rows, lambda: chosen[0], lambda name: chosen.__setitem__(0, name), start, hint=reported)
    return Section("Scenarios", [
        items,
        Row(
            Button("start", start, "Play it on another instrument; yours is switched off and saved before.",
                   lambda: not running()),
            Button("stop", lambda: bench.do("scenario", "stop"), "Back to your own instrument.", running),
        ),
        Label(lambda: f"playing: {bench.desk.scenario}" if running() else "", INK),
        Lines(bench, 4, lambda: running()),
    ], folded=True, summary=lambda: bench.desk.scenario or f"{len(rows)} reports")  # fmt: skip


class Lines(Widget):
    """The newest messages of the desk, the newest first."""

    def __init__(self, bench: Bench, count: int, shown: object = None) -> None:
        super().__init__()
        self._bench, self._count, self._shown = bench, count, shown

    def _rows(self) -> list[tuple[str, Colour]]:
        if callable(self._shown) and not self._shown():
            return []
        found = list(self._bench.desk.messages)[-self._count :][::-1]
        return [
            (f"{row.at / CPU_HZ:,.1f} s  {row.text}", BAD if row.kind == "error" else INK if not index else DIM)
            for index, row in enumerate(found)
        ]

    def height(self, width: int, ruler: Ruler) -> int:
        return sum(15 * len(ruler.wrap(text, width)) + 3 for text, _ in self._rows())

    def look(self) -> tuple[object, ...]:
        return tuple(self._rows())

    def paint(self, brush: Brush, touch: Touch) -> None:
        x, y, width, _ = self.box
        for text, colour in self._rows():
            for row in brush.ruler.wrap(text, width):
                brush.text(row, x, y + 7.5, width + 1, colour, 11.5)
                y += 15
            y += 3


def messages(bench: Bench) -> Section:
    """What was said lately."""

    def last() -> str:
        return bench.desk.messages[-1].text if bench.desk.messages else "none"

    return Section("Messages", [Lines(bench, SHOWN)], summary=last)

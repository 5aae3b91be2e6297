"""The instrument in a window: the drawn panel, hands and keys on it, the drawer beside it, the page of keys over it.

It keeps no time of its own: `poll` waits for input, `draw` paints what has changed since. A dropped file goes where its
content belongs.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from korgm1.clock import CPU_HZ
from korgm1.desk.commands import attempt
from korgm1.errors import M1Error
from korgm1.frontends import canvas as ui
from korgm1.frontends.canvas import Box
from korgm1.frontends.drop import command_for
from korgm1.frontends.help_page import HelpPage
from korgm1.frontends.panel_hands import PanelHands
from korgm1.frontends.panel_keys import PanelKeys
from korgm1.frontends.panel_layout import Part, layout_of
from korgm1.frontends.panel_lcd import EMPTY, Glass
from korgm1.frontends.panel_notes import Note, note_beside, note_in, said
from korgm1.frontends.panel_paint import Seen
from korgm1.frontends.panel_view import PanelView
from korgm1.frontends.sdl import Screen, driver
from korgm1.keymap import readable

if TYPE_CHECKING:
    from korgm1.desk import Desk
    from korgm1.frontends.drawer import Drawer
    from korgm1.keymap import Keymap

__all__ = ["Window", "driver"]

FLICKER = CPU_HZ // 16
"""Clocks a socket's light stays on after a byte."""
NARROW = 560
"""Points the panel has at least where the drawer is beside it."""
SLIM = 300
"""Points the drawer has at least: it leaves the panel what it can until that has its full size."""
HIGH = 640
"""Points the window is high at least while the drawer is out, if the desktop is."""
LETTERS = 13.0
"""Size of the notes' letters, points."""
HINTS = {
    "value": "VALUE: drag, or wheel", "volume": "VOLUME: drag, or wheel",
    "contrast": "contrast of the display: drag up or down, or wheel",
    "joystick": "joystick: drag; it springs back (the wheel holds it up or down)",
    "card": "card slot: click, or drop a file on it", "pcm-card": "PCM card slot: click, or drop a file on it",
    "power": "power switch", "damper": "damper pedal: hold", "pedal1": "pedal 1: drag up or down, or wheel",
    "pedal2": "pedal 2: drag up or down, or wheel",
}  # fmt: skip


class Window:
    """The window of one desk.

    Args:
        desk: what is shown and worked.
        keymap: what the computer's keys do.
        full_screen: begin on the whole screen.
        bench: begin with the drawer open.
        folder: where the drawer keeps saved states and looks for cards.
        keys_file: where the user's key map is, or would be; the page of keys names it.

    Raises:
        UserError: the display cannot be opened.
    """

    def __init__(
        self, desk: Desk, keymap: Keymap, full_screen: bool = False, bench: bool = False, folder: Path | None = None,
        keys_file: str = "",
    ) -> None:
        self._desk = desk
        self._drawer: Drawer | None = None
        self._folder = folder
        session = desk.session
        self._help = HelpPage(keymap, keys_file, session.model.rack)
        self._screen = Screen(_title(desk, keymap), layout_of(session.model.rack).size, full_screen)
        self._screen.on_lost(self._display_lost)
        self._keys = PanelKeys(desk, keymap, self._damper, self._command, self._do)
        self._alive = True
        self._over: Part | None = None
        self._damped = False
        self._given: tuple[float, float] | None = None
        self._sent_at = -CPU_HZ
        self._notes: list[Note] = []
        self._told: object = None
        self._telling: Note | None = None
        self._of: object = None
        self._placed: object = None
        self._view: PanelView
        self._hands: PanelHands
        self._instrument()
        desk.on_midi_out(self._sent)
        desk.window_picture = self.save
        if bench:
            self._do("drawer")

    def poll(self, wait: float) -> bool:
        """Take input, waiting for it `wait` seconds at most.

        Returns:
            False when the window was closed.
        """
        for event in self._screen.events(wait):
            try:
                self._take(event)
            except M1Error as error:
                self._desk.say(str(error), "error")
        return self._alive

    def draw(self, status: str = "") -> None:
        """Paint what has changed. `status` stands below: a hint, or ""."""
        self._instrument()
        screen, desk, drawer = self._screen, self._desk, self._drawer
        panel, beside = self._boxes()
        if (panel, beside) != self._placed and not self._help.open:
            self._placed = panel, beside
            self._view.fit(screen, panel)
            self._notes = []
            if drawer is not None:
                drawer.invalidate()
        dots = desk.session.machine.lcd.dots() if desk.powered else EMPTY
        self._view.glass.look(dots, desk.contrast, desk.powered, desk.backlight_hours, desk.now)
        if self._help.open:
            self._placed = None
            if self._help.paint(screen, (0, 0, *screen.size), screen.scale):
                screen.show()
            return
        boxes = self._view.paint(screen, self._seen())
        boxes += self._paint_notes(panel, status, boxes)
        if drawer is not None and drawer.open and drawer.paint(screen, beside, screen.scale):
            boxes.append(beside)
        if boxes:
            screen.show(boxes)

    def save(self, path: str) -> None:
        """What was painted last, as a PNG.

        Raises:
            UserError: the file cannot be written.
        """
        self._screen.save(path)

    def close(self) -> None:
        """Close the window."""
        self._let_go()
        self._desk.window_picture = None
        self._screen.close()

    def _display_lost(self) -> None:
        """Nothing more can be shown, and the process is about to end: power off, the files saved."""
        try:
            self._desk.close()
            print("korgm1: the display is gone; the power is off and every file saved", file=sys.stderr, flush=True)
        except M1Error as error:
            print(f"korgm1: the display is gone; {error}", file=sys.stderr, flush=True)

    # what is shown

    def _boxes(self) -> tuple[Box, Box]:
        """Where the panel is and where the drawer is: right of it, or below where the window is narrow."""
        width, height = self._screen.size
        if self._drawer is None or not self._drawer.open:
            return (0, 0, width, height), (0, 0, 0, 0)
        spare = width / self._screen.scale - self._view.layout.size[0]
        wide = round(min(self._drawer.WIDTH, max(SLIM, spare)) * self._screen.scale)
        if width - wide >= NARROW * self._screen.scale:
            return (0, 0, width - wide, height), (width - wide, 0, wide, height)
        of = self._view.layout.size
        high = min(round(width * of[1] / of[0]), height // 2)
        return (0, 0, width, high), (0, high, width, height - high)

    def _instrument(self) -> None:
        """The desk may have another instrument on it since the last look."""
        session = self._desk.session
        firmware = f"{session.firmware.name} {session.firmware.version}"
        guesses = {name: session.hypotheses[name] for name in ("H-LCD-GHOST", "H-EL-HALF")}
        of = (session.model.name, firmware, tuple(guesses.values()))
        if of == self._of:
            return
        if self._of is not None:
            self._let_go()
        self._of, self._placed = of, None
        layout = layout_of(session.model.rack)
        self._screen.rename(_title(self._desk, self._keys.keymap))
        self._view = PanelView(layout, Glass(guesses), session.model.title, firmware)
        self._hands = PanelHands(self._desk, layout, self._damper, self._slot, self._command)

    def _seen(self) -> Seen:
        desk = self._desk
        heard = {"MIDI OUT"} if 0 <= desk.now - self._sent_at < FLICKER else set()
        if desk.now < desk.midi_until + FLICKER:
            heard |= {"MIDI IN", "MIDI THRU"}
        path = desk.session.card_path
        return Seen(
            powered=desk.powered,
            held=desk.held,
            leds=desk.leds,
            controls=desk.controls,
            knobs={"volume": desk.volume, "contrast": desk.contrast},
            notes=desk.notes,
            cards={"card": (path.stem if path else "card") if desk.card_in else "",
                   "pcm-card": "" if desk.session.pcm_card is None else "PCM"},
            traffic=frozenset(heard),
            damper=self._damped,
            over=self._over,
        )  # fmt: skip

    def _paint_notes(self, panel: Box, status: str, boxes: list[Box]) -> list[Box]:
        """Paint the notes over the panel; where one has gone, the panel again."""
        screen = self._screen
        size = max(10.0, LETTERS * self._view.place.scale)
        told = panel, said(self._desk.messages, self._desk.now, status), size
        if told != self._told:
            self._told, self._telling = told, note_in(screen, *told)
        wanted = [self._telling]
        if self._over is not None:
            about = self._view.place.box(self._over.area, 4)
            wanted.append(note_beside(screen, panel, about, self._hint(self._over), size * 0.9))
        notes = [note for note in wanted if note is not None]
        shown: list[Box] = []
        gone = [note.box for note in self._notes if note not in notes]
        for box in gone:
            self._view.again(screen, box)
            shown.append(box)
        for note in notes:
            if note not in self._notes or any(_meet(note.box, box) for box in (*boxes, *gone)):
                note.paint(screen)
                shown.append(note.box)
        self._notes = notes
        return shown

    def _hint(self, part: Part) -> str:
        if part.kind == "key":
            chord = self._keys.chord_for(part.name)
            return f"{part.name}: computer key {readable(chord)}" if chord else part.name
        return HINTS.get(part.name, "")

    def _sent(self, clock: int, byte: int) -> None:
        self._sent_at = clock

    # input

    def _take(self, event: ui.Event) -> None:
        mine = isinstance(event, (ui.PointerMove, ui.PointerUp)) and self._hands.holds(event.pointer)
        if not mine and (self._help.take(event) or (self._drawer is not None and self._drawer.take(event))):
            self._over = None
            if self._drawer is not None and not self._drawer.open:
                self._make_room()
            return
        points = self._view.place.points
        match event:
            case ui.Quit():
                self._alive = False
            case ui.KeyDown():
                self._keys.down(event)
            case ui.KeyUp(key):
                self._keys.up(key)
            case ui.PointerDown(pointer, x, y):
                self._hands.down(pointer, *points(x, y))
            case ui.PointerMove(pointer, x, y):
                self._hands.move(pointer, *points(x, y))
            case ui.PointerUp(pointer):
                self._hands.up(pointer)
            case ui.Hover(x, y):
                over = self._view.touched(x, y)
                self._over = over if over is not None and over.kind not in ("piano", "jack", "midi") else None
            case ui.Wheel(x, y, steps):
                self._hands.wheel(*points(x, y), steps)
            case ui.FocusLost():
                self._let_go()
            case ui.FileDropped(path, x, y):
                part = self._view.touched(x, y)
                self._command(command_for(Path(path), part.name if part is not None else ""))
            case _:
                pass

    def _let_go(self) -> None:
        self._keys.let_go()
        self._hands.let_go()
        self._desk.let_go()
        self._over = None

    def _command(self, line: str) -> bool:
        return attempt(self._desk, line)

    def _do(self, what: str) -> None:
        """What only a window can."""
        if what == "quit":
            self._alive = False
        elif what == "full screen":
            self._screen.toggle_full_screen()
            self._placed = None
            self._help.invalidate()
        elif what == "help":
            self._help.toggle()
        elif what == "drawer":
            if self._drawer is None:
                from korgm1.frontends.drawer import Drawer

                self._drawer = Drawer(self._desk, self._folder)
            self._drawer.toggle()
            self._make_room()

    def _make_room(self) -> None:
        """The drawer has come out or gone in: the window is larger by it where there is room."""
        assert self._drawer is not None
        screen, given = self._screen, self._given
        if self._drawer.open and given is None:
            high = screen.size[1] / screen.scale
            self._given = screen.grow(self._drawer.WIDTH, max(0.0, HIGH - high))
        elif not self._drawer.open and given is not None:
            screen.grow(-given[0], -given[1])
            self._given = None

    def _damper(self, down: bool) -> None:
        """The pedal as MIDI controller 64 on channel 1: where its jack is wired to is not known."""
        self._damped = down
        self._desk.midi_in(bytes([0xB0, 64, 127 if down else 0]))

    def _slot(self, name: str) -> None:
        """A click takes a card out; an empty slot opens the drawer, where cards are chosen."""
        inside = self._desk.card_in if name == "card" else self._desk.session.pcm_card is not None
        if inside:
            self._command(f"{name} eject")
        else:
            self._desk.say("drop a card's file here, or choose one in the drawer")
            if self._drawer is None or not self._drawer.open:
                self._do("drawer")
            assert self._drawer is not None
            self._drawer.show("Cards")


def _title(desk: Desk, keymap: Keymap) -> str:
    """The window's name, with the two keys that lead to all others."""
    keys = [(readable(chord), says) for act, says in _LEADS for chord, what in keymap.window.items() if what == act]
    return " - ".join(["korgm1", desk.session.model.title, *(f"{chord}: {says}" for chord, says in keys)])


_LEADS = (("help", "keys"), ("drawer", "bench"))


def _meet(a: Box, b: Box) -> bool:
    return a[0] < b[0] + b[2] and b[0] < a[0] + a[2] and a[1] < b[1] + b[3] and b[1] < a[1] + a[3]

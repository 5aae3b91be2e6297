"""What every part of the desk stands on: its time, its sound, its messages, and who is told what comes out.

Desk time is CPU clocks of 8 MHz that go on over power-off, another engine, states and rewinding. A machine begins at 0
with each power-on; `_base` is the desk time of that 0.
"""

from __future__ import annotations

import bisect
import contextlib
from collections import deque
from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from korgm1.clock import CPU_HZ
from korgm1.desk.status import MESSAGES, LiveStatus, Message
from korgm1.result import LcdChange
from korgm1.session import Session


class Core:
    """Time, sound, messages and listeners of a desk.

    Attributes:
        session: the instrument; another one while a scenario is played.
        live: what the live loop fills in.
        volume: 0-100, the VOLUME pot behind the outputs.
        contrast: 0-100, the LCD's pot; 50 is right.
        touched: desk time of the last thing that was done.
        midi_until: desk time at which the last byte into MIDI IN is over.
        messages: what was said, newest last.
        play_midi_file: plays a file into MIDI IN ("stop" ends it); None where nobody can.
        window_picture: draws the whole view to a file; None where the view has no picture.
    """

    def __init__(self, session: Session) -> None:
        self.session = session
        self.live = LiveStatus()
        self.volume = 100
        self.contrast = 50
        self.touched = self.midi_until = -CPU_HZ
        self.messages: deque[Message] = deque(maxlen=MESSAGES)
        self.play_midi_file: Callable[[str], object] | None = None
        self.window_picture: Callable[[str], None] | None = None
        self._said = 0
        self._base = 0
        self._stopped_at = session.clock if session.powered else 0
        self._foil_clocks = 0
        self._foil_from = 0
        self._agenda: list[tuple[int, int, Callable[[], None]]] = []
        self._order = 0
        self._listening = False
        self._frames: list[NDArray[np.int32]] = []
        self._made = self._sound_from = 0
        self._rate = session.sound_rate
        self._midi: list[tuple[int, int]] = []
        self._lights: list[dict[str, bool]] = []
        self._midi_listeners: list[Callable[[int, int], None]] = []
        self._picture_listeners: list[Callable[[LcdChange], None]] = []
        self._led_listeners: list[Callable[[dict[str, bool]], None]] = []
        self._row: LcdChange | None = None
        self._shown: tuple[str, str] | None = None
        self._lit: dict[str, bool] = self.leds
        self._attend()

    # time

    @property
    def now(self) -> int:
        """Desk time, in CPU clocks."""
        return self._base + self.session.clock if self.session.powered else self._stopped_at

    @property
    def backlight_hours(self) -> float:
        """How long the EL foil of the display has been lit, in hours of this desk and of what it was set to."""
        lit = self.now - self._foil_from if self.session.powered else 0
        return (self._foil_clocks + lit) / CPU_HZ / 3600

    @backlight_hours.setter
    def backlight_hours(self, hours: float) -> None:
        self._foil_clocks, self._foil_from = round(hours * 3600 * CPU_HZ), self.now

    def run(self, until: int) -> None:
        """Let time pass to desk time `until`: to the first instruction boundary there, as `Session.run_until`.

        With the power off only time passes, and silence comes.

        >>> from korgm1.desk import Desk
        >>> desk = Desk(Session()); desk.power(True); desk.run(16_000_000); desk.power(False); desk.run(24_000_000)
        >>> desk.now, desk.session.clock >= 16_000_000
        (24000000, True)
        """
        while True:
            self._due()
            now = self.now
            if now >= until:
                return
            goal = min([until, *(at for at in self._goals() if at > now)])
            if self.session.powered:
                self.session.run_until(goal - self._base)
            else:
                self._stopped_at = goal
                self._fill_sound()
            self._tell()

    def skip(self, length: int) -> None:
        """Let so many clocks pass at once; what is made of sound meanwhile is dropped."""
        self._collect_sound()
        kept, made, begun = self._frames, self._made, self.now
        self._frames = []
        self.run(begun + length)
        self._collect_sound()
        self._frames, self._made = kept, made
        self._sound_from += self.now - begun

    def at(self, clock: int, deed: Callable[[], None]) -> None:
        """Have something done at a desk time, from `run`; deeds of one time in the order of the calls."""
        self._at(clock, deed)

    def _goals(self) -> list[int]:
        """Desk times at which something is to be done."""
        return [self._agenda[0][0]] if self._agenda else []

    def _due(self) -> None:
        """Do what is due now."""
        while self._agenda and self._agenda[0][0] <= self.now:
            self._agenda.pop(0)[2]()

    def _at(self, clock: int, deed: Callable[[], None]) -> None:
        self._order += 1
        bisect.insort(self._agenda, (clock, self._order, deed))

    def _did(self) -> None:
        """Somebody did something."""
        self.touched = self.now

    @contextlib.contextmanager
    def _change(self) -> Iterator[None]:
        """What is done inside may switch the session or give it another machine; desk time goes on."""
        before, old = self.now, self.session.machine
        was_on = self.session.powered
        self._collect_sound()
        self._tell()
        try:
            yield
        finally:
            session = self.session
            same = was_on and session.powered and session.machine is old
            if same:
                before = self.now
            self._stopped_at, self._base = before, before - session.clock
            if was_on and not session.powered:
                self._foil_clocks += before - self._foil_from
            elif session.powered and not was_on:
                self._foil_from = before
            self._fill_sound()
            if session.machine is not old:
                self._row = session.timeline[-1] if session.timeline else None
                self._show(LcdChange(before, self.lcd) if self._row is not None else None)
            self._lights.append(self.leds)
            self._tell()

    # sound

    def listen(self, on: bool) -> None:
        """Keep the sound for `heard` from now on, or keep no more."""
        self._listening = on
        self.session.listen(on)
        self._frames, self._made, self._sound_from = [], 0, self.now

    def heard(self) -> NDArray[np.int32]:
        """The frames since the last call, as `Session.heard`; silence for the time without power.

        >>> from korgm1.desk import Desk
        >>> desk = Desk(Session()); desk.listen(True); desk.run(8_000_000); desk.heard().shape
        (31250, 4)
        """
        self._collect_sound()
        frames, self._frames = self._frames, []
        if not frames:
            return np.zeros((0, 4), np.int32)
        return frames[0] if len(frames) == 1 else np.concatenate(frames)

    def _collect_sound(self) -> None:
        if self._listening:
            self._keep(self.session.heard())

    def _keep(self, frames: NDArray[np.int32]) -> None:
        if len(frames):
            self._frames.append(frames)
            self._made += len(frames)

    def _fill_sound(self) -> None:
        """As many frames as desk time has: silence for those that nobody made, none of those that are too many."""
        if not self._listening:
            return
        self._collect_sound()
        rate = self.session.sound_rate
        if rate != self._rate:
            self._rate, self._made, self._sound_from = rate, 0, self.now
        missing = (self.now - self._sound_from) * rate // CPU_HZ - self._made
        if missing > 0:
            self._keep(np.zeros((missing, 4), np.int32))
        while missing < -1 and self._frames:
            last = self._frames.pop()
            kept = last[: max(0, len(last) + missing)]
            self._made -= len(last)
            missing += len(last) - len(kept)
            self._keep(kept)

    # what is said and shown

    def say(self, text: str, kind: str = "info") -> None:
        """Have something told to whoever is at the desk.

        Args:
            text: a sentence or two.
            kind: "info" or "error".
        """
        self._said += 1
        self.messages.append(Message(self._said, self.now, kind, text))

    @property
    def lcd(self) -> tuple[str, str]:
        """The two lines as they are seen; blank with the power off."""
        return self.session.lcd

    @property
    def leds(self) -> dict[str, bool]:
        """Name -> lit; all dark with the power off."""
        lit = self.session.leds
        return lit if self.session.powered else dict.fromkeys(lit, False)

    def on_midi_out(self, listener: Callable[[int, int], None]) -> None:
        """Have `listener(desk clock, byte)` called from `run` for each byte of MIDI OUT, active sensing included."""
        self._midi_listeners.append(listener)

    def on_picture(self, listener: Callable[[LcdChange], None]) -> None:
        """Have `listener(picture)` called from `run` for each finished LCD picture; its clock is desk time."""
        self._picture_listeners.append(listener)

    def on_leds(self, listener: Callable[[dict[str, bool]], None]) -> None:
        """Have `listener(leds)` called from `run` whenever one changes."""
        self._led_listeners.append(listener)

    def _attend(self) -> None:
        """Listen to the present session."""
        self.session.watch_outputs(
            lambda clock, byte: self._midi.append((clock, byte)), lambda leds: self._lights.append(leds)
        )
        if self._listening:
            self.session.listen(True)

    def _tell(self) -> None:
        """Pass on what came out since the last time."""
        midi, self._midi[:] = list(self._midi), []
        for clock, byte in midi:
            for midi_listener in self._midi_listeners:
                midi_listener(self._base + clock, byte)
        lights, self._lights[:] = list(self._lights), []
        for leds in lights:
            if leds != self._lit:
                self._lit = leds
                for led_listener in self._led_listeners:
                    led_listener(leds)
        for picture in self._new_pictures():
            self._show(picture)

    def _show(self, picture: LcdChange | None) -> None:
        if picture is not None and picture.lcd != self._shown:
            self._shown = picture.lcd
            for listener in self._picture_listeners:
                listener(picture)

    def _new_pictures(self) -> list[LcdChange]:
        if not self.session.powered:
            return [LcdChange(self.now, self.lcd)]
        rows, new = self.session.timeline, 0
        while new < len(rows) and rows[-1 - new] is not self._row:
            new += 1
        if not new:
            return []
        self._row = rows[-1]
        return [LcdChange(self._base + row.clock, row.lcd) for row in rows[len(rows) - new :]]

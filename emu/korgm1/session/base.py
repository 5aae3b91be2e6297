"""What every part of a session stands on: the instrument, its time, and who watches it."""

from __future__ import annotations

import bisect
import os
from collections.abc import Callable
from math import isfinite
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from korgm1.board.battery import Battery
from korgm1.board.card import Card
from korgm1.board.sram import Wake
from korgm1.clock import clocks
from korgm1.cpu.stops import Stops
from korgm1.errors import UsageError, UserError
from korgm1.files import read_file, write_atomic
from korgm1.hypotheses import Hypotheses
from korgm1.machine.build import build
from korgm1.machine.faults import Faults
from korgm1.machine.m1 import M1
from korgm1.machine.models import Model
from korgm1.machine.open_waves import open_wave_rom
from korgm1.profiling.live import Follower
from korgm1.recording import Monitor
from korgm1.result import LcdChange, Timeline
from korgm1.romset.load import RomSet
from korgm1.romset.pcm_card import card_words
from korgm1.romset.waves import WaveSet
from korgm1.snapshot import Snapshot
from korgm1.sound.waverom import WaveRom
from korgm1.tracing import TraceFile

ACTIVE_SENSING = 0xFE


class Base:
    """State and time of a session; `Session` makes it whole.

    Attributes:
        model, firmware, engine_name, hypotheses, battery, seed, faults: what the instrument is.
        waves, pcm_card: the sample ROMs and the dump of the PCM card; None: the open wave ROM, an empty slot.
        wake: what the last power-on found in the RAM; None before the first.
        machine: the board; another one after each power-on.
        powered: the switch.
    """

    model: Model
    firmware: RomSet
    engine_name: str
    hypotheses: Hypotheses
    battery: Battery
    seed: int
    faults: Faults
    wake: Wake | None
    machine: M1
    powered: bool
    _sram_path: Path | None
    _card_path: Path | None
    _kept: bytes | None
    _card: bytes | None
    _card_text: str | None
    _card_files: dict[Path, tuple[bytes, str]]
    _unsaved: list[tuple[Path, bytes, int]]
    _power_ups: int
    _used: bool
    _monitor: Monitor | None
    _tracer: TraceFile | Follower | None
    _foreign: Snapshot
    waves: WaveSet | None
    pcm_card: bytes | None
    _wave_rom: WaveRom | None
    _pcm_cards: dict[str, bytes]
    _listening: bool
    _logging: bool
    _past_frames: list[NDArray[np.int32]]
    _past_writes: list[NDArray[Any]]
    _display: Timeline
    _actions: list[tuple[int, int, str, Any]]
    _order: int
    _sent_at: int
    _on_midi: Callable[[int, int], None] | None = None
    _on_leds: Callable[[dict[str, bool]], None] | None = None
    _stops: Stops | None = None
    _on_lcd: Callable[[], None] | None = None

    def run(self, seconds: float) -> None:
        """Let `seconds` of emulated time pass.

        >>> from korgm1.session import Session
        >>> m1 = Session(); m1.power_on(); m1.run(0.5)
        >>> m1.clock >= 4_000_000
        True
        """
        self.run_until(self.machine.clock + to_clocks(seconds))

    def run_until(self, clock: int) -> None:
        """Run to the first instruction boundary at or after `clock` (8 MHz clocks since power-on), or to a stop.

        Raises:
            UsageError: the power is off.
        """
        self._need_power()
        while self._actions and self._actions[0][0] <= clock:
            at, _, name, value = self._actions[0]
            self._advance(at)
            if self.machine.clock < at:
                break
            self._actions.pop(0)
            getattr(self, f"_do_{name}")(value)
        self._advance(clock)
        self._display.settle(self.machine.clock)

    @property
    def timeline(self) -> list[LcdChange]:
        """The finished LCD pictures since power-on."""
        return self._display.pictures

    @property
    def clock(self) -> int:
        """CPU clocks since power-on."""
        return self.machine.clock

    @property
    def stopped(self) -> str | None:
        """Why the CPU stopped for good, a sentence, or None."""
        return self.machine.engine.stopped

    @property
    def frozen(self) -> str | None:
        """Why the CPU stands still for good although the power is on, a sentence, or None."""
        return self.machine.frozen if self.powered else None

    @property
    def midi_out(self) -> bytes:
        """The bytes that came out of MIDI OUT since power-on, the latest 1,048,576 of them."""
        return self.machine.midi_out.data

    @property
    def lcd(self) -> tuple[str, str]:
        """The two lines of 40 characters as they are seen."""
        return self.machine.lcd.text()

    @property
    def leds(self) -> dict[str, bool]:
        """Name -> lit."""
        return self.machine.panel.leds()

    @property
    def keyboard(self) -> bool:
        """Whether it has keys to play on (not a rack, and H-SCAN)."""
        return self.machine.keyscan.fitted

    @property
    def image_path(self) -> Path | None:
        """The file the RAM's image is written to at power-off, or None."""
        return self._sram_path

    @property
    def card_path(self) -> Path | None:
        """The file of the program card that is in the slot, or None."""
        return self._card_path

    @property
    def recording(self) -> bool:
        """Whether a recording or a replay is under way."""
        return self._monitor is not None

    @property
    def sram(self) -> bytes:
        """The 65,536 bytes of the battery-backed RAM, now."""
        if self.powered or self._kept is None:
            return self.machine.sram.image()
        return self._kept

    def _need_power(self) -> None:
        if not self.powered:
            raise UsageError("the power is off", "power on first")

    def _new_machine(self, card: Card | None, before: M1 | None = None) -> M1:
        """A machine without power, with that program card; the player's hands are as on the one before."""
        machine = build(
            self.model, self.firmware.image, self.engine_name, self.hypotheses, self.battery, card, self.faults,
            self._wave_rom,
        )
        if before is not None:
            machine.panel.lay_hands(before.panel.held, before.panel.controls())
        return self._adopt(machine)

    def _wave_rom_of(self, hypotheses: Hypotheses, pcm_card: bytes | None) -> WaveRom | None:
        """What the TG plays with these guesses and this card; None for the open wave ROM alone."""
        if self.waves is None and pcm_card is None:
            return None
        words = open_wave_rom().words if self.waves is None else self.waves.words
        card = None if pcm_card is None else card_words(pcm_card)
        return WaveRom(words, card, hypotheses, self.model.ex)

    def _know_pcm_card(self) -> None:
        """A snapshot says which PCM card was in; those that have been in this slot can be put in again."""
        if self.pcm_card is not None and self._wave_rom is not None:
            self._pcm_cards[str(self._wave_rom.card_sha1)] = self.pcm_card

    def _battery_of(self, battery: str | float, celsius: float) -> Battery:
        """A holder with that cell, wired as hypotheses and faults say."""
        return Battery.from_text(str(battery), self.hypotheses, self.seed, celsius, self.faults.network())

    def _adopt(self, machine: M1) -> M1:
        """Make it this session's machine and listen to it."""
        self.machine = machine
        machine.sound_board.listen(self._listening)
        machine.sound_board.log(self._logging)
        if self._tracer is not None:
            self._tracer.detach()
            if self.powered:
                self._tracer.attach(machine)
        machine.stop_at(self._stops)
        machine.lcd.on_change(self._lcd_changed)
        machine.midi_out.listener = self._midi_sent
        machine.panel.on_leds(self._leds_changed)
        return machine

    def watch_outputs(
        self, midi: Callable[[int, int], None] | None = None, leds: Callable[[dict[str, bool]], None] | None = None,
    ) -> None:
        """Have somebody told what comes out, over power-off and power-on too. They must not act on the session.

        Args:
            midi: called with the clock since power-on and each byte of MIDI OUT, when its frame is over.
            leds: called with all LEDs when one has changed.

        >>> from korgm1.session import Session
        >>> said = []; m1 = Session(); m1.watch_outputs(leds=said.append); _ = m1.boot()
        >>> [name for name, lit in said[-1].items() if lit]
        ['INT', 'PROG']
        """
        self._on_midi, self._on_leds = midi, leds

    def stop_at(self, stops: Stops | None, on_lcd: Callable[[], None] | None = None) -> None:
        """Have runs end where a debugger wants them to, over power-off and `restore` too; None: no longer.

        Args:
            stops: where.
            on_lcd: called when the LCD shows something else; it may hit `stops`, and must not act on the session.
        """
        self._stops, self._on_lcd = stops, on_lcd
        self.machine.stop_at(stops)

    def _lcd_changed(self) -> None:
        self._display.change(self.machine.scheduler.now, self.machine.lcd.text())
        if self._on_lcd is not None:
            self._on_lcd()

    def _midi_sent(self, clock: int, byte: int) -> None:
        if byte != ACTIVE_SENSING:
            self._sent_at = clock
        if self._on_midi is not None:
            self._on_midi(clock, byte)

    def _leds_changed(self, leds: dict[str, bool]) -> None:
        if self._on_leds is not None:
            self._on_leds(leds)

    def _busy_until(self) -> int:
        last = max((action[0] for action in self._actions), default=0)
        return max(last, self.machine.midi_in.idle_at)

    def _act(self, clock: int, name: str, value: Any) -> None:
        self._order += 1
        bisect.insort(self._actions, (clock, self._order, name, value))

    def _note(self, name: str, **fields: Any) -> None:
        if self._monitor is not None:
            self._monitor.input(name, **fields)

    def _advance(self, clock: int) -> None:
        """Run to `clock`; the monitor's checkpoints are looked at on the way."""
        monitor = self._monitor
        while monitor is not None and monitor.next_check <= clock:
            self.machine.run_until(monitor.next_check)
            if self.machine.clock < monitor.next_check:
                return
            self._display.settle(self.machine.clock)
            monitor.check(self.timeline)
        self.machine.run_until(clock)

    def _unsaved_image(self, path: Path) -> bytes | None:
        """What waits to be written to this file."""
        return next((image for other, image, _ in self._unsaved if other.resolve() == path.resolve()), None)

    def _to_write(self, path: Path, image: bytes, backups: int = 0) -> None:
        """Have this image written to its file; one that waited for the same file is older."""
        self._unsaved = [row for row in self._unsaved if row[0].resolve() != path.resolve()]
        self._unsaved.append((path, image, backups))

    def take_unsaved(self, other: Base) -> None:
        """What another session could not write is this one's to write from now on."""
        for path, image, backups in other._unsaved:
            self._to_write(path, image, backups)
        other._unsaved = []

    @property
    def unsaved(self) -> list[Path]:
        """The files that could not be written yet."""
        return [path for path, _, _ in self._unsaved]

    def rescue(self, folder: Path) -> list[Path]:
        """Write what waits to be written into another folder, under names that are free there; nothing waits then.

        Returns:
            The files that were written.

        Raises:
            UserError: one cannot be written there either.
        """
        written = []
        while self._unsaved:
            path, image, _ = self._unsaved[0]
            place = folder / path.name
            number = 1
            while place.exists():
                number, place = number + 1, folder / f"{path.stem}-{number}{path.suffix}"
            write_atomic(place, image)
            written.append(place)
            del self._unsaved[0]
        return written

    def save_files(self) -> None:
        """Write the images that wait to be written: those of a `power_off` or `eject_card` that could not.

        Raises:
            UserError: one still cannot be, and goes on waiting; the others are written.
        """
        waiting, failed = [], None
        for path, image, backups in self._unsaved:
            try:
                write_atomic(path, image, backups)
            except UserError as error:
                waiting.append((path, image, backups))
                failed = failed or error
        self._unsaved = waiting
        if failed is not None:
            raise failed


def to_clocks(seconds: float) -> int:
    """A time or length in seconds as clocks."""
    if not (isfinite(seconds) and 0 <= seconds <= 1e9):
        raise UsageError(f"{seconds!r} is no time", "seconds, 0 or more")
    return clocks(seconds)


def read_image(
    source: bytes | str | os.PathLike[str] | None, size: int, what: str
) -> tuple[Path | None, bytes | None]:
    """A memory's content from bytes or a path: the path, and the bytes where there are any."""
    if source is None:
        return None, None
    if isinstance(source, bytes | bytearray | memoryview):
        path, data, name = None, bytes(source), what
    else:
        path = Path(source)
        if not os.path.exists(path):
            return path, None
        data, name = read_file(path, f"{what} of {size:,} bytes"), str(path)
    if len(data) != size:
        raise UserError(f"{name} has {len(data):,} bytes", f"{what} of {size:,} bytes")
    return path, data

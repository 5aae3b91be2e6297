"""The public API: one instrument on the bench. Everything else that people use is a shell around this.

>>> from korgm1.session import Session
>>> m1 = Session(battery="dead")
>>> result = m1.boot()
>>> result.lcd[0].rstrip(), result.lcd[1].rstrip()
('Prog I00 Init Prog', 'Battery Low (Internal)')
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable, Generator, Iterable, Mapping
from pathlib import Path
from typing import Any

from korgm1 import snapshot as snapshots
from korgm1.board import sram as sram_chip
from korgm1.board.card import CELLS as CARD_CELLS
from korgm1.board.card import Card
from korgm1.board.lcd_picture import png_bytes, render
from korgm1.clock import CPU_HZ
from korgm1.errors import SnapshotError, UsageError
from korgm1.files import check_writable, read_file, write_atomic
from korgm1.hypotheses import Hypotheses
from korgm1.machine.faults import Faults
from korgm1.machine.models import model_named
from korgm1.result import BootResult, LcdChange, Timeline
from korgm1.romset.load import RomSet, load_os, load_same
from korgm1.romset.pcm_card import card_warnings, read_pcm_card
from korgm1.romset.waves import WaveSet, load_waves
from korgm1.session.base import read_image, to_clocks
from korgm1.session.changing import Changing
from korgm1.session.watching import Watching
from korgm1.snapshot import Snapshot

PLAY_PAGE = re.compile(r"\s*(prog|combi)\b", re.IGNORECASE)
"""How line 1 of a play page begins, in OpenM1 and by the owners' reports (facts: m1-hardware 7.6)."""

STILL = CPU_HZ
"""Clocks without a change after which a boot on the play page is over: one second."""
HUNG = 10 * CPU_HZ
"""The same on any other page: ten seconds, longer than any known banner."""
GIVE_UP = 120 * CPU_HZ
"""Clocks after the last input at which a display that never stands still ends the boot."""


class Session(Changing, Watching):
    """One instrument with its power switch, panel, jacks and cell.

    Args:
        model: "m1", "m1ex", "m1r" or "m1rex".
        roms: a folder, zip or file with an OS ROM dump ("" for $KORGM1_ROMS or roms/), "openm1:19" for a build of
            OpenM1, or one that was loaded; None runs OpenM1 #24.
        engine: "unicorn", "v30" or "lockstep".
        battery: "fresh", "low", "dead", "absent", or volts ("2.6" or 2.6): a supply of that voltage in the cell's
            place; "CR2032" or "CR2032@2.9": a cell that ages, new or used until it reads 2.9 V.
        sram: an image (65,536 bytes), or the path of one: read at power-on where it exists, written back with
            backups at power-off. None: a part that was never powered.
        seed: which particular instrument this is: its RAM chips, cell and power board.
        hypotheses: id -> value, see `korgm1 hypotheses`.
        card: a program card to have in the slot: an image (32,768 bytes), or the path of one, see `insert_card`.
        power_ups: how often the RAM chips were powered before.
        celsius: the temperature around the board, where nobody says otherwise.
        waves: a folder or zip with dumps of the sample ROMs IC36 to IC43, or a set that was loaded (an M1EX's is made
            with `sound.waverom.with_extension`); None plays the open wave ROM.
        pcm_card: the dump of a PCM card to have in its slot, or the path of one: 16-bit words, low byte first
            (ASSUMED), 524,288 bytes at most. It is only read.
        faults: what is broken: words as "r29-open" or "cell-contact=open", see `korgm1 faults`.

    Raises:
        UsageError: a name or value that does not exist.
        RomError: the dump cannot be run.
        UserError: the SRAM or a card's image cannot be read, or has another size.

    >>> m1 = Session()
    >>> m1.boot().battery["adc_code"]
    164
    """

    def __init__(
        self,
        model: str = "m1",
        roms: str | os.PathLike[str] | RomSet | None = None,
        engine: str = "unicorn",
        battery: str | float = "fresh",
        sram: bytes | str | os.PathLike[str] | None = None,
        seed: int = 0,
        hypotheses: Mapping[str, Any] | None = None,
        card: Card | bytes | str | os.PathLike[str] | None = None,
        power_ups: int = 0,
        celsius: float = 25.0,
        faults: Iterable[str] = (),
        waves: WaveSet | str | os.PathLike[str] | None = None,
        pcm_card: bytes | str | os.PathLike[str] | None = None,
    ) -> None:
        self.model = model_named(model)
        self.firmware = roms if isinstance(roms, RomSet) else load_os(roms, model)
        self.engine_name = engine
        self.hypotheses = Hypotheses(hypotheses)
        if not isinstance(seed, int):
            raise UsageError(f"seed {seed!r} cannot be used", "a whole number")
        self.seed = seed
        self.faults = Faults(faults)
        self.battery = self._battery_of(battery, celsius)
        self._sram_path, self._kept = read_image(sram, sram_chip.SIZE, "an SRAM image")
        if self._sram_path is not None:
            check_writable(self._sram_path)
        self._unsaved = []
        self._card_path = self._card = self._card_text = None
        self._card_files = {}
        inserted = None if card is None else self._card_from(card)
        if inserted is not None:
            inserted.supply.celsius = self.battery.celsius
        self.stray_writes = []
        self._power_ups = power_ups
        self.wake = None
        self.waves = None if waves is None else waves if isinstance(waves, WaveSet) else load_waves(waves)
        self.pcm_card = None if pcm_card is None else read_pcm_card(pcm_card)
        self._wave_rom = self._wave_rom_of(self.hypotheses, self.pcm_card)
        self._pcm_cards = {}
        self._know_pcm_card()
        self._listening = self._logging = False
        self._past_frames, self._past_writes = [], []
        self._monitor = None
        self._tracer = None
        self._foreign = Snapshot()
        self.machine = self._new_machine(inserted)
        self._used = False
        self.powered = False
        self._display = Timeline()
        self._actions = []
        self._order = 0
        self._sent_at = 0

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self.power_off()
        finally:
            try:
                self.record_end()
            finally:
                self.trace_end()

    # time

    def boot(
        self,
        seconds: float | None = None,
        hold: Iterable[str] = (),
        asked_to_stop: Callable[[], object] = lambda: False,
    ) -> BootResult:
        """Switch on (if it is off) and run until the play page has stood still, and MIDI OUT been silent, for a second.

        Input that is still to come (`press_at`, `midi_in` after `power_on`) is waited for.

        Args:
            seconds: run exactly this long instead.
            hold: keys held at power-on.
            asked_to_stop: looked at every quarter of an emulated second; a true value ends the boot there.

        Returns:
            What it came to; a low battery or a CPU that stopped is a result, too.
        """
        if not self.powered:
            self.power_on(hold)
        ways = self.booting(seconds, asked_to_stop)
        while True:
            try:
                clock = next(ways)
            except StopIteration as end:
                return self.result(end.value)
            self.run_until(clock)

    def booting(
        self, seconds: float | None = None, asked_to_stop: Callable[[], object] = lambda: False
    ) -> Generator[int, None, str]:
        """`boot` in pieces, for somebody who lets time pass himself: the clocks to run to, one after the other.

        Returns:
            How it ended, as in `BootResult`.

        >>> m1 = Session(); m1.power_on()
        >>> for clock in m1.booting(): m1.run_until(clock)
        >>> m1.lcd[0][:8]
        'Prog I00'
        """
        if seconds is not None:
            end = self.machine.clock + to_clocks(seconds)
            while self.machine.clock < end and not asked_to_stop():
                yield min(end, self.machine.clock + CPU_HZ // 4)
            return "stopped" if self.stopped else "time"
        last_input = self.machine.clock
        while True:
            if asked_to_stop():
                return "time"
            busy_until = self._busy_until()
            last_input = max(last_input, busy_until)
            still_since = max(self._display.changed_at, self._sent_at, last_input)
            clock = self.machine.clock
            if self.stopped:
                return "stopped"
            if self.frozen is not None and clock >= still_since + STILL:
                self._display.settle(clock)
                return "frozen"
            playing = PLAY_PAGE.match(self.lcd[0]) is not None
            due = still_since + (STILL if playing or self.frozen is not None else HUNG)
            if clock >= due:
                self._display.settle(clock)
                return "play page" if playing else "still"
            if clock >= last_input + GIVE_UP:
                return "time"
            yield max(clock + 1, min(due, last_input + GIVE_UP, clock + CPU_HZ // 4))

    def screenshot(self, path: str | os.PathLike[str] | None = None, scale: int = 4) -> bytes:
        """The LCD drawn dot by dot as a PNG.

        Args:
            path: where to write it, too.
            scale: pixels from dot to dot, 2 to 32.

        Returns:
            The PNG file's bytes.

        Raises:
            UsageError: a scale outside 2 to 32.
            UserError: the file cannot be written.
        """
        if not 2 <= scale <= 32:
            raise UsageError(f"scale {scale} cannot be used", "2 to 32 pixels a dot")
        data = png_bytes(render(self.machine.lcd.dots(), scale=scale))
        if path is not None:
            write_atomic(Path(path), data)
        return data

    def keep_in(self, path: str | os.PathLike[str] | None) -> None:
        """The RAM's image is written to this file, with backups, at every power-off from now on; it is not read.

        None: to none any more.

        Raises:
            UserError: it cannot be written.

        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     m1 = Session(); m1.keep_in(folder + "/x.sram"); m1.power_on(); m1.power_off()
        ...     (Path(folder) / "x.sram").stat().st_size
        65536
        """
        if path is not None:
            check_writable(Path(path))
        self._sram_path = None if path is None else Path(path)

    def set_sram(self, image: bytes) -> None:
        """Have another content in the RAM, with the power off.

        Raises:
            UsageError: the power is on, or a recording is under way.
            UserError: it has another size.

        >>> m1, other = Session(), Session(); _ = other.boot(); other.power_off()
        >>> m1.set_sram(other.sram); m1.sram == other.sram
        True
        """
        self._check_free()
        if self.powered:
            raise UsageError("the power is on", "the power off")
        self._kept = read_image(image, sram_chip.SIZE, "an SRAM image")[1]

    # state

    @property
    def dump_warnings(self) -> tuple[str, ...]:
        """What is doubtful about the dumps it runs with, of OS, sample ROMs and PCM card, a sentence each.

        >>> Session().dump_warnings
        ()
        """
        return (
            *self.firmware.warnings,
            *(() if self.waves is None else self.waves.warnings),
            *(() if self.pcm_card is None else card_warnings(self.pcm_card)),
        )

    def result(self, ended: str = "time") -> BootResult:
        """The state of things as a `BootResult`."""
        cpu = self.machine.engine
        registers = cpu.registers()
        warnings = list(self.dump_warnings)
        if self._busy_until() > self.machine.clock:
            warnings.append("it ended before all keys and MIDI that were planned")
        if self.card is not None and self.card.lost:
            warnings.append(f"the program card had lost {self.card.lost:,} of its {CARD_CELLS:,} cells")
        return BootResult(
            model=self.model.name,
            firmware={"name": self.firmware.name, "version": self.firmware.version, "sha1": self.firmware.sha1},
            engine=self.engine_name,
            battery={
                "volts": self.battery.cell_volts, "adc_code": self.machine.battery_code(), "kind": self.battery.kind,
                "ram_volts": self.battery.ram_volts, "celsius": self.battery.celsius,
            },
            timeline=tuple(self.timeline) or (LcdChange(self._display.changed_at, self.lcd),),
            lcd=self.lcd,
            leds=self.leds,
            sram_sha1=hashlib.sha1(self.sram).hexdigest(),
            clocks=self.machine.clock,
            ended=ended,
            stopped=self.stopped,
            frozen=self.frozen,
            wake=None if self.wake is None else self.wake.to_dict(),
            faults=self.faults.texts,
            cpu={
                "at": f"{registers['ps']:04X}:{registers['pc']:04X}",
                "halted": cpu.halted,
                "interrupts": bool(registers["psw"] & 0x0200),
                "instructions": cpu.instructions,
            },
            midi_out=self.midi_out,
            hypotheses=self.hypotheses.changed(),
            warnings=tuple(warnings),
        )

    @classmethod
    def load(
        cls, path: str | os.PathLike[str], roms: str | os.PathLike[str] | None = None, engine: str | None = None,
        waves: WaveSet | str | os.PathLike[str] | None = None,
        pcm_card: bytes | str | os.PathLike[str] | None = None,
    ) -> Session:
        """A session that goes on where the one that saved `path` was.

        Args:
            path: a file of `save`.
            roms: where the OS dump is, as for `Session`, if the snapshot is not of a build of OpenM1.
            engine: another engine than the one it was saved on.
            waves: the sample ROMs, as for `Session`, if it was saved with some.
            pcm_card: the PCM card, as for `Session`, if it was saved with one.

        Raises:
            M1Error: the file cannot be read, is damaged, or is of another firmware.

        >>> import tempfile
        >>> m1 = Session(battery="low"); m1.power_on(); m1.run(1.5)
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     m1.save(folder + "/x.state")
        ...     Session.load(folder + "/x.state", engine="v30").clock == m1.clock
        True
        """
        data = read_file(Path(path), "a snapshot (korgm1 state save)")
        manifest = snapshots.decode(data).manifest
        try:
            model, saved_engine = str(manifest["model"]), str(manifest["engine"])
            firmware = load_same(roms, model, manifest["firmware"]["sha1"])
        except (KeyError, TypeError) as error:
            raise SnapshotError(f"the manifest of {path} has no {error}") from error
        session = cls(model=model, roms=firmware, engine=engine or saved_engine, waves=waves, pcm_card=pcm_card)
        session.restore(data)
        return session

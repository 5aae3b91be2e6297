"""The public API: one instrument on the bench. Everything else that people use is a shell around this.

>>> from korgm1.session import Session
>>> m1 = Session(battery="dead")
>>> result = m1.boot()
>>> result.lcd[0].rstrip(), result.lcd[1].rstrip()
('Prog I00 Init Prog', 'Battery Low (Internal)')
"""

from __future__ import annotations

import bisect
import hashlib
import os
import re
from collections.abc import Callable, Iterable, Mapping
from math import isfinite
from pathlib import Path
from typing import Any

from korgm1 import __version__
from korgm1 import snapshot as snapshots
from korgm1.board import sram as sram_chip
from korgm1.board.battery import Battery
from korgm1.board.card import SIZE as CARD_SIZE
from korgm1.board.lcd_picture import png_bytes, render
from korgm1.clock import CPU_HZ, clocks
from korgm1.errors import SnapshotError, UsageError, UserError
from korgm1.files import BACKUPS, check_writable, read_file, write_atomic
from korgm1.hypotheses import Hypotheses
from korgm1.machine.build import build
from korgm1.machine.m1 import M1
from korgm1.machine.models import model_named
from korgm1.recording import Monitor, Recorder, pack
from korgm1.result import BootResult, LcdChange, Timeline
from korgm1.romset.load import RomSet, load_os
from korgm1.snapshot import Snapshot
from korgm1.tracing import TraceFile

PLAY_PAGE = re.compile(r"\s*(prog|combi)\b", re.IGNORECASE)
"""How line 1 of a play page begins, in OpenM1 and by the owners' reports (facts: m1-hardware 7.6)."""

STILL = CPU_HZ
"""Clocks without a change after which a boot on the play page is over: one second."""
HUNG = 10 * CPU_HZ
"""The same on any other page: ten seconds, longer than any known banner."""
GIVE_UP = 120 * CPU_HZ
"""Clocks after the last input at which a display that never stands still ends the boot."""
HOLD_TIME = 2 * CPU_HZ
"""How long keys held at power-on stay down: two seconds."""
ACTIVE_SENSING = 0xFE


class Session:
    """One instrument with its power switch, panel, jacks and cell.

    Args:
        model: "m1", "m1ex", "m1r" or "m1rex".
        roms: a folder, zip or file with an OS ROM dump ("" for $KORGM1_ROMS or roms/); None runs the embedded OpenM1.
        engine: "unicorn", "v30" or "lockstep".
        battery: "fresh", "low", "dead", "absent", or volts ("2.6" or 2.6).
        sram: an image (65,536 bytes), or the path of one: read at power-on where it exists, written back with
            backups at power-off. None: a part that was never powered.
        seed: which particular RAM chips these are.
        hypotheses: id -> value, see `korgm1 hypotheses`.
        card: a program card image (32,768 bytes) to have in the slot, or the path of one, which is written back with
            backups at power-off if the card was written to.
        power_ups: how often the RAM chips were powered before.

    Raises:
        UsageError: a name or value that does not exist.
        RomError: the dump cannot be run.
        UserError: the SRAM or card image cannot be read, or has another size.

    >>> m1 = Session()
    >>> m1.boot().battery["adc_code"]
    164
    """

    def __init__(
        self,
        model: str = "m1",
        roms: str | os.PathLike[str] | None = None,
        engine: str = "unicorn",
        battery: str | float = "fresh",
        sram: bytes | str | os.PathLike[str] | None = None,
        seed: int = 0,
        hypotheses: Mapping[str, Any] | None = None,
        card: bytes | str | os.PathLike[str] | None = None,
        power_ups: int = 0,
    ) -> None:
        self.model = model_named(model)
        self.firmware: RomSet = load_os(roms, model)
        self.engine_name = engine
        self.hypotheses = Hypotheses(hypotheses)
        self.battery = Battery.from_text(str(battery), self.hypotheses)
        if not isinstance(seed, int):
            raise UsageError(f"seed {seed!r} cannot be used", "a whole number")
        self.seed = seed
        self._sram_path, self._kept = _image(sram, sram_chip.SIZE, "an SRAM image")
        self._card_path, self._card = _image(card, CARD_SIZE, "a program card image")
        if self._card_path is not None and self._card is None:
            raise UserError(f"{self._card_path} is not there", f"a program card image of {CARD_SIZE:,} bytes")
        for path in (self._sram_path, self._card_path):
            if path is not None:
                check_writable(path)
        self._unsaved: list[tuple[Path, bytes]] = []
        self._power_ups = power_ups
        self._monitor: Monitor | None = None
        self._tracer: TraceFile | None = None
        self._foreign = Snapshot()
        self.machine: M1 = self._new_machine()
        self._used = False
        self.powered = False
        self._display = Timeline()
        self._actions: list[tuple[int, int, str, Any]] = []
        self._order = 0
        self._sent_at = 0

    # power

    def power_on(self, hold: Iterable[str] = ()) -> None:
        """Switch on. Time starts at 0; RAM holds what the cell kept.

        Args:
            hold: panel keys held down for the first two seconds.

        Raises:
            UsageError: it is on already, or there is no such key.
        """
        if self.powered:
            raise UsageError("the instrument is on already", "power_off() first")
        hold = tuple(hold)
        for key in hold:
            self.machine.panel.check_key(key)
        if self._used:
            self.machine = self._new_machine()
        self._used = True
        machine = self.machine
        if self._monitor is not None:
            self._monitor.attach(machine)
            self._monitor.input("power_on", battery=self.battery.cell_volts)
        if self._tracer is not None:
            self._tracer.attach(machine)
        machine.power_up(self._kept, self.seed, self._power_ups)
        self._power_ups += 1
        self.powered = True
        self._actions = []
        self._sent_at = 0
        self._display = Timeline(machine.lcd.text())
        for key in hold:
            self.key_down(key)
            self._act(HOLD_TIME, "release", key)

    def power_off(self) -> None:
        """Switch off: the cell takes over, and the image files, if there are any, are written.

        Raises:
            UserError: a file cannot be written; the image is still in `sram`, and another `power_off` tries again.
        """
        if self.powered:
            self._switch_off()
        while self._unsaved:
            path, image = self._unsaved[0]
            write_atomic(path, image, backups=BACKUPS)
            del self._unsaved[0]

    def _switch_off(self) -> None:
        if self._monitor is not None:
            self._display.settle(self.machine.clock)
            self._monitor.check(self.timeline)
            self._monitor.input("power_off")
            self._monitor.detach()
        if self._tracer is not None:
            self._tracer.detach()
        self._kept = self.machine.sram.image()
        self.powered = False
        self.machine.power_down()
        if self._sram_path is not None:
            self._unsaved.append((self._sram_path, self._kept))
        if self._card is not None and (card := self.machine.card.image()) != self._card:
            self._card = card
            if self._card_path is not None:
                self._unsaved.append((self._card_path, card))

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *_: object) -> None:
        self.power_off()
        self.record_end()
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
        if seconds is not None:
            end = self.machine.clock + _clocks(seconds)
            while self.machine.clock < end and not asked_to_stop():
                self.run_until(min(end, self.machine.clock + CPU_HZ // 4))
            return self.result("stopped" if self.stopped else "time")
        last_input = self.machine.clock
        while True:
            if asked_to_stop():
                return self.result("time")
            busy_until = self._busy_until()
            last_input = max(last_input, busy_until)
            still_since = max(self._display.changed_at, self._sent_at, last_input)
            clock = self.machine.clock
            if self.stopped:
                return self.result("stopped")
            playing = PLAY_PAGE.match(self.lcd[0]) is not None
            due = still_since + (STILL if playing else HUNG)
            if clock >= due:
                self._display.settle(clock)
                return self.result("play page" if playing else "still")
            if clock >= last_input + GIVE_UP:
                return self.result("time")
            self.run_until(max(clock + 1, min(due, last_input + GIVE_UP, clock + CPU_HZ // 4)))

    def run(self, seconds: float) -> None:
        """Let `seconds` of emulated time pass.

        >>> m1 = Session(); m1.power_on(); m1.run(0.5)
        >>> m1.clock >= 4_000_000
        True
        """
        self.run_until(self.machine.clock + _clocks(seconds))

    def run_until(self, clock: int) -> None:
        """Run to the first instruction boundary at or after `clock` (8 MHz clocks since power-on).

        Raises:
            UsageError: the power is off.
        """
        self._need_power()
        while self._actions and self._actions[0][0] <= clock:
            at, _, name, value = self._actions[0]
            self._advance(at)
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

    # panel and jacks

    def press(self, key: str, seconds: float = 0.1) -> None:
        """Press a key for `seconds`, let go, and let a tenth of a second pass.

        Raises:
            UsageError: no such key; the message lists them.

        >>> m1 = Session(); _ = m1.boot()
        >>> m1.press("4"); m1.press("2"); m1.lcd[0][:8]
        'Prog I42'
        """
        self.key_down(key)
        self.run(seconds)
        self.key_up(key)
        self.run(0.1)

    def key_down(self, key: str) -> None:
        """Put a panel key down; it stays down until `key_up`.

        Raises:
            UsageError: no such key; the message lists them.
        """
        self.machine.panel.press(key)
        self._note("key_down", key=key)

    def key_up(self, key: str) -> None:
        """Let a panel key go.

        Raises:
            UsageError: no such key.
        """
        self.machine.panel.release(key)
        self._note("key_up", key=key)

    def press_at(self, key: str, at: float, seconds: float = 0.1) -> None:
        """Have `key` pressed `at` seconds after power-on, for `seconds`; `run` and `boot` carry it out.

        Raises:
            UsageError: no such key, no such time, or the power is off.
        """
        self._need_power()
        self.machine.panel.check_key(key)
        self._act(_clocks(at), "press", key)
        self._act(_clocks(at + seconds), "release", key)

    def slide(self, value: int) -> None:
        """Move the VALUE slider to 0-127."""
        self.machine.panel.set_slider(value)
        self._note("slide", value=value)

    def move(self, control: str, value: int) -> None:
        """Set an analogue control of the panel ("joystick_x" ...) to 0-255.

        Raises:
            UsageError: no such control on this model, or a value outside 0-255.
        """
        self.machine.panel.move(control, value)
        self._note("move", control=control, value=value)

    def slide_at(self, value: int, at: float) -> None:
        """Have the VALUE slider moved to 0-127 `at` seconds after power-on.

        Raises:
            UsageError: no such position or time, or the power is off.
        """
        self._need_power()
        if not 0 <= value <= 127:
            raise UsageError(f"the VALUE slider cannot be set to {value}", "0 to 127")
        self._act(_clocks(at), "slide", value)

    def midi_in(self, data: bytes, at: float | None = None) -> None:
        """Send `data` into MIDI IN at 31,250 baud, back to back, from `at` seconds after power-on (None: now).

        Raises:
            UsageError: no such time, no bytes, or the power is off.
        """
        self._need_power()
        try:
            data = bytes(data)
        except (TypeError, ValueError) as error:
            raise UsageError(f"{data!r} cannot be sent: {error}", "bytes") from None
        clock = None if at is None else _clocks(at)
        self.machine.midi_in.send(data, clock)
        self._note("midi_in", data=data.hex(), at=clock)

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
    def sram(self) -> bytes:
        """The 65,536 bytes of the battery-backed RAM, now."""
        if self.powered or self._kept is None:
            return self.machine.sram.image()
        return self._kept

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

    # state

    def result(self, ended: str = "time") -> BootResult:
        """The state of things as a `BootResult`."""
        cpu = self.machine.engine
        registers = cpu.registers()
        warnings = list(self.firmware.warnings)
        if self._busy_until() > self.machine.clock:
            warnings.append("it ended before all keys and MIDI that were planned")
        return BootResult(
            model=self.model.name,
            firmware={"name": self.firmware.name, "version": self.firmware.version, "sha1": self.firmware.sha1},
            engine=self.engine_name,
            battery={"volts": self.battery.cell_volts, "adc_code": self.machine.battery_code()},
            timeline=tuple(self.timeline) or (LcdChange(self._display.changed_at, self.lcd),),
            lcd=self.lcd,
            leds=self.leds,
            sram_sha1=hashlib.sha1(self.sram).hexdigest(),
            clocks=self.machine.clock,
            ended=ended,
            stopped=self.stopped,
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

    def snapshot(self) -> bytes:
        """The whole instrument, to be taken back with `restore` in any process, on any engine.

        >>> m1 = Session(); m1.power_on(); m1.run(0.2); state = m1.snapshot()
        >>> m1.run(1); later = m1.lcd
        >>> m1.restore(state); m1.run(1); m1.lcd == later
        True
        """
        machine, clock = self.machine, self.machine.clock
        return snapshots.encode(Snapshot(
            manifest={
                "program": __version__,
                "model": self.model.name,
                "firmware": {"name": self.firmware.name, "version": self.firmware.version, "sha1": self.firmware.sha1},
                "engine": self.engine_name,
                "clock": clock,
                "powered": self.powered,
                "hypotheses": self.hypotheses.all(),
                "seed": self.seed,
            },
            blocks={
                "session": {
                    "kept": self._kept,
                    "card": self._card,
                    "power_ups": self._power_ups,
                    "actions": [[at - clock, order, name, value] for at, order, name, value in self._actions],
                    "order": self._order,
                    "sent_at": self._sent_at,
                    "display": self._display.snapshot(),
                },
                **machine.snapshot(),
                **self._foreign.blocks,
            },
            versions={**machine.versions(), **self._foreign.versions},
        ))

    def restore(self, data: bytes) -> None:
        """Take a snapshot back: the session, its guesses and seed included, goes on exactly as the other one did.

        The engine stays this session's. Blocks that this program does not know are kept for the next `snapshot`.

        Raises:
            SnapshotError: damaged, or of another model, firmware or program version; nothing has changed then.
            UsageError: a recording is under way.

        >>> one = Session(engine="v30"); one.power_on(); one.run(0.2)
        >>> other = Session(engine="unicorn"); other.restore(one.snapshot())
        >>> one.run(1); other.run(1); one.sram == other.sram
        True
        """
        if self._monitor is not None:
            raise UsageError("a recording is under way, which a snapshot would break", "record_end() first")
        saved = snapshots.decode(data)
        manifest = saved.manifest
        try:
            model, sha1 = manifest["model"], manifest["firmware"]["sha1"]
            if (model, sha1) != (self.model.name, self.firmware.sha1):
                raise SnapshotError(
                    f"the snapshot is of {model} with firmware {sha1[:12]}",
                    f"{self.model.name} with firmware {self.firmware.sha1[:12]}", "--model and --roms of that one",
                )
            if "session" not in saved.blocks:
                raise SnapshotError("the snapshot has no block 'session'")
            block = saved.blocks["session"]
            hypotheses = Hypotheses(manifest["hypotheses"])
            battery = Battery.from_text("fresh", hypotheses)
            machine = build(self.model, self.firmware.image, self.engine_name, hypotheses, battery, block["card"])
            machine.restore(saved.blocks, saved.versions)
            clock = machine.clock
            display = Timeline.restored(block["display"])
            actions = [(int(a) + clock, int(b), str(c), d) for a, b, c, d in block["actions"]]
            for _, _, name, _ in actions:
                getattr(self, f"_do_{name}")
            numbers = [int(block[name]) for name in ("power_ups", "order", "sent_at")]
            if block["kept"] is not None:
                sram_chip.check_image(block["kept"], "the RAM of the snapshot")
            kept, card, powered, seed = block["kept"], block["card"], bool(manifest["powered"]), int(manifest["seed"])
        except (LookupError, TypeError, ValueError, AttributeError, OverflowError, UsageError) as error:
            raise SnapshotError(
                f"the snapshot does not fit this machine: {error}", "one of the same program version"
            ) from error
        self.powered = powered
        self._adopt(machine)
        self.hypotheses, self.battery = hypotheses, battery
        self._display, self._actions = display, actions
        self._power_ups, self._order, self._sent_at = numbers
        self._kept, self._card, self.seed = kept, card, seed
        self._used = True
        known = {"session", *machine.parts()}
        self._foreign = Snapshot(
            blocks={name: b for name, b in saved.blocks.items() if name not in known},
            versions={name: version for name, version in saved.versions.items() if name not in known},
        )

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write `snapshot` to a file; an older file stays whole until the new one is.

        Raises:
            UserError: it cannot be written.
        """
        write_atomic(Path(path), self.snapshot())

    @classmethod
    def load(
        cls, path: str | os.PathLike[str], roms: str | os.PathLike[str] | None = None, engine: str | None = None
    ) -> Session:
        """A session that goes on where the one that saved `path` was.

        Args:
            path: a file of `save`.
            roms: where the OS dump is, as for `Session`, if the snapshot is not of OpenM1.
            engine: another engine than the one it was saved on.

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
        except (KeyError, TypeError) as error:
            raise SnapshotError(f"the manifest of {path} has no {error}") from error
        session = cls(model=model, roms=roms, engine=engine or saved_engine)
        session.restore(data)
        return session

    # recordings and traces

    def record(self, path: str | os.PathLike[str]) -> None:
        """Write every input from the next power-on to `record_end` to a file that `korgm1.replay` can check.

        The file is PATH.part until `record_end`.

        Raises:
            UsageError: the power is on, or a recording is under way.
            UserError: the file cannot be written.

        >>> import tempfile
        >>> from korgm1.replay import replay
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     m1 = Session(battery="low"); m1.record(folder + "/x.rec")
        ...     _ = m1.boot(); m1.press("4"); m1.power_off(); m1.record_end()
        ...     replay(folder + "/x.rec", engine="v30").inputs
        4
        """
        self._check_unwatched()
        self.watch(Recorder(Path(path), {
            "program": __version__,
            "model": self.model.name,
            "firmware": {"name": self.firmware.name, "version": self.firmware.version, "sha1": self.firmware.sha1},
            "engine": self.engine_name,
            "hypotheses": self.hypotheses.all(),
            "seed": self.seed,
            "power_ups": self._power_ups,
            "sram": pack(self._kept),
            "card": pack(self._card),
        }))

    def record_end(self) -> None:
        """The recording is over; nothing happens if there is none.

        Raises:
            UserError: the file cannot be written.
        """
        monitor = self.unwatch()
        if isinstance(monitor, Recorder):
            monitor.close()

    def watch(self, monitor: Monitor) -> None:
        """Have a recorder or checker watch from the next power-on.

        Raises:
            UsageError: the power is on, or one is watching.
        """
        self._check_unwatched()
        self._monitor = monitor

    def unwatch(self) -> Monitor | None:
        """A last checkpoint for who watches, if the power is on; then nobody does."""
        monitor, self._monitor = self._monitor, None
        if monitor is not None and self.powered:
            self._display.settle(self.machine.clock)
            monitor.check(self.timeline)
            monitor.detach()
        return monitor

    def trace(self, path: str | os.PathLike[str], words: str = "all") -> None:
        """Write what the CPU does, from now (or the next power-on) to `trace_end`, to a file.

        Args:
            path: the file, called PATH.part until `trace_end`; gzip'd when it ends in .gz.
            words: what is written down, see `korgm1.cpu.trace.TraceFilter.parse`.

        Raises:
            UsageError: the filter cannot be understood, or a trace is being made.
            UserError: the file cannot be written.

        >>> import tempfile; m1 = Session()
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     m1.trace(folder + "/x.trace", "exec"); m1.power_on(); m1.run(0.001); m1.trace_end()
        ...     rows = Path(folder, "x.trace").read_text().splitlines()
        >>> [row for row in rows if row[0] != "#"][0]
        '0000 exec FFFF:0000 EA000000F0'
        """
        if self._tracer is not None:
            raise UsageError("a trace is being made already", "trace_end() first")
        self._tracer = TraceFile(Path(path), words, {
            "program": __version__,
            "model": self.model.name,
            "firmware": f"{self.firmware.name} {self.firmware.version} sha1 {self.firmware.sha1}",
            "engine": self.engine_name,
        })
        if self.powered:
            self._tracer.attach(self.machine)

    def trace_end(self) -> None:
        """The trace is over; nothing happens if there is none.

        Raises:
            UserError: the file cannot be written.
        """
        tracer, self._tracer = self._tracer, None
        if tracer is not None:
            tracer.close()

    # inside

    def _need_power(self) -> None:
        if not self.powered:
            raise UsageError("the power is off", "power_on() or boot() first")

    def _new_machine(self) -> M1:
        machine = build(self.model, self.firmware.image, self.engine_name, self.hypotheses, self.battery, self._card)
        return self._adopt(machine)

    def _adopt(self, machine: M1) -> M1:
        """Make it this session's machine and listen to it."""
        self.machine = machine
        if self._tracer is not None:
            self._tracer.detach()
            if self.powered:
                self._tracer.attach(machine)
        machine.lcd.on_change(self._lcd_changed)
        machine.midi_out.listener = self._midi_sent
        return machine

    def _lcd_changed(self) -> None:
        self._display.change(self.machine.scheduler.now, self.machine.lcd.text())

    def _midi_sent(self, clock: int, byte: int) -> None:
        if byte != ACTIVE_SENSING:
            self._sent_at = clock

    def _busy_until(self) -> int:
        last = max((action[0] for action in self._actions), default=0)
        return max(last, self.machine.midi_in.idle_at)

    def _act(self, clock: int, name: str, value: Any) -> None:
        self._order += 1
        bisect.insort(self._actions, (clock, self._order, name, value))

    def _do_press(self, key: str) -> None:
        self.key_down(key)

    def _do_release(self, key: str) -> None:
        self.key_up(key)

    def _do_slide(self, value: int) -> None:
        self.slide(value)

    def _check_unwatched(self) -> None:
        if self.powered or self._monitor is not None:
            raise UsageError("a recording begins before power-on", "an instrument that is off, and no other recording")

    def _note(self, name: str, **fields: Any) -> None:
        if self._monitor is not None:
            self._monitor.input(name, **fields)

    def _advance(self, clock: int) -> None:
        """Run to `clock`; the monitor's checkpoints are looked at on the way."""
        monitor = self._monitor
        while monitor is not None and monitor.next_check <= clock:
            self.machine.run_until(monitor.next_check)
            self._display.settle(self.machine.clock)
            monitor.check(self.timeline)
        self.machine.run_until(clock)


def _clocks(seconds: float) -> int:
    """A time or length in seconds as clocks."""
    if not (isfinite(seconds) and 0 <= seconds <= 1e9):
        raise UsageError(f"{seconds!r} is no time", "seconds, 0 or more")
    return clocks(seconds)


def _image(
    source: bytes | str | os.PathLike[str] | None, size: int, what: str
) -> tuple[Path | None, bytes | None]:
    """A memory's content from bytes or a path: the path, and the bytes where there are any."""
    if source is None:
        return None, None
    if isinstance(source, bytes | bytearray | memoryview):
        path, data, name = None, bytes(source), what
    else:
        path = Path(source)
        if not path.exists():
            return path, None
        data, name = read_file(path, f"{what} of {size:,} bytes"), str(path)
    if len(data) != size:
        raise UserError(f"{name} has {len(data):,} bytes", f"{what} of {size:,} bytes")
    return path, data

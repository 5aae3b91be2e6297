"""Recordings (docs/record-format.md), traces (docs/trace-format.md) and profiles of a session."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from korgm1 import __version__
from korgm1.board.card import Card
from korgm1.errors import UsageError
from korgm1.physics.bench_supply import BenchSupply
from korgm1.profiling import Profile
from korgm1.profiling.live import Follower
from korgm1.recording import Monitor, Recorder, pack
from korgm1.session.base import Base
from korgm1.tracing import TraceFile


class Watching(Base):
    """Who writes down what the session does."""

    def record(self, path: str | os.PathLike[str]) -> None:
        """Write every input from the next power-on to `record_end` to a file that `korgm1.replay` can check.

        The file is PATH.part until `record_end`.

        Raises:
            UsageError: the power is on, or a recording is under way.
            UserError: the file cannot be written.

        >>> import tempfile
        >>> from korgm1.replay import replay
        >>> from korgm1.session import Session
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     m1 = Session(battery="low"); m1.record(folder + "/x.rec")
        ...     _ = m1.boot(); m1.press("4"); m1.power_off(); m1.record_end()
        ...     replay(folder + "/x.rec", engine="v30").inputs
        4
        """
        self._check_unwatched()
        state = None if self.machine.card.card is None else self.machine.card.card.snapshot()
        self.watch(Recorder(Path(path), {
            "program": __version__,
            "model": self.model.name,
            "firmware": {"name": self.firmware.name, "version": self.firmware.version, "sha1": self.firmware.sha1},
            "engine": self.engine_name,
            "hypotheses": self.hypotheses.all(),
            "seed": self.seed,
            "waves": self.machine.wave_rom.sha1,
            "pcm_card": self.machine.wave_rom.card_sha1,
            "power_ups": self._power_ups,
            "sram": pack(self._kept),
            "card": pack(None if state is None else state.pop("data")),
            "card_protected": self.machine.card.protected,
            "card_state": state,
            "battery": self.battery.cell_volts,
            "supply": self.battery.snapshot(),
            "faults": list(self.faults.texts),
            "held": sorted(self.machine.panel.held),
            "controls": self.machine.panel.controls(),
        }))

    def begin_as(self, header: Mapping[str, Any]) -> None:
        """Have panel, card, cell and its past as the header of a recording has them; the power is off.

        Raises:
            TypeError, ValueError, AttributeError: the header is damaged.
            UsageError: it has a key or control that this panel has not.
        """
        if "supply" in header:
            self.battery.restore(header["supply"])
        elif "battery" in header:
            self.battery.put(BenchSupply(float(header["battery"])))
            if header.get("lowest_volts") is not None:
                self.battery.was_at(float(header["lowest_volts"]))
        card = self.machine.card.card
        if card is not None:
            if header.get("card_state") is not None:
                card = Card.restored({**header["card_state"], "data": card.data}, self.hypotheses)
                self.machine.insert_card(card)
            card.protected = bool(header.get("card_protected", False))
        self.machine.panel.lay_hands(header.get("held", ()), header.get("controls", {}))

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
            path: the file, called PATH.part until `trace_end`; binary when it ends in .kmt.
            words: what is written down, see `korgm1.cpu.trace.TraceFilter.parse`.

        Raises:
            UsageError: the filter cannot be understood, or a trace is being made.
            UserError: the file cannot be written.

        >>> import tempfile
        >>> from korgm1.session import Session
        >>> m1 = Session()
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     m1.trace(folder + "/x.trace", "exec"); m1.power_on(); m1.run(0.001); m1.trace_end()
        ...     rows = Path(folder, "x.trace").read_text().splitlines()
        >>> [row for row in rows if row[0] != "#"][0]
        '0000 exec FFFF:0000 EA000000F0'
        """
        self._check_untraced()
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

    def follow(self, profile: Profile | None, words: str = "all") -> None:
        """Count what the CPU does, from now (or the next power-on) on, over power-off and power-on; None ends it.

        Args:
            profile: counts it; it can be read at any time.
            words: what is counted, see `korgm1.cpu.trace.TraceFilter.parse`; instructions and interrupts must be in it.

        Raises:
            UsageError: the words leave them out or cannot be understood, or a trace is being made, or one is followed.

        >>> from korgm1.profiling import Profile
        >>> from korgm1.session import Session
        >>> m1, profile = Session(), Profile()
        >>> m1.follow(profile); m1.power_on(); m1.run(0.001); m1.follow(None)
        >>> profile.span == m1.clock, int(profile.counts[0xFFFF0])
        (True, 1)
        """
        if profile is None:
            if isinstance(self._tracer, Follower):
                self.trace_end()
            return
        self._check_untraced()
        self._tracer = Follower(profile, words)
        if self.powered:
            self._tracer.attach(self.machine)

    def _check_untraced(self) -> None:
        if isinstance(self._tracer, Follower):
            raise UsageError("a profile follows the CPU already", "follow(None) first")
        if self._tracer is not None:
            raise UsageError("a trace is being made already", "trace_end() first")

    def _check_unwatched(self) -> None:
        if self.powered or self._monitor is not None:
            raise UsageError("a recording begins before power-on", "an instrument that is off, and no other recording")

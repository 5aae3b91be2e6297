"""One instrument on the bench while a scenario is played: does the steps, and keeps what was seen since a mark."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from korgm1.lifetime.events import Event
from korgm1.lifetime.live import AFTER_FREEZE, live
from korgm1.machine.m1 import M1
from korgm1.result import LcdChange
from korgm1.scenario import bank
from korgm1.scenario.steps import Step
from korgm1.session import Session
from korgm1.session.base import to_clocks
from korgm1.session.supply import SAME

SETTLE = 0.5
"""Seconds after the last byte of a `send`."""


class Bench:
    """A session, and what has been seen of it.

    Args:
        session: the instrument, off.
        celsius: how warm it is.
        asked: looked at during boots; a true value ends them.

    Attributes:
        pictures: the finished LCD pictures since `mark`, with their clocks since their own power-on.
        midi: what came out of MIDI OUT since `mark`, without active sensing.
        dipped: what the last dip did.
    """

    def __init__(
        self, session: Session, celsius: float = 25.0, asked: Callable[[], object] = lambda: False
    ) -> None:
        self.session = session
        self.celsius = celsius
        self.dipped = ""
        self._asked = asked
        self.pictures: list[LcdChange] = []
        self.midi = b""
        self._hold: tuple[str, ...] = ()
        self._machine: M1 = session.machine
        self._rows = self._bytes = 0

    def mark(self) -> None:
        """Forget what was seen; the picture that stands now is the first of the next."""
        self.collect()
        session = self.session
        self.pictures = [LcdChange(session.clock, session.lcd)] if session.powered else []
        self.midi = b""

    def collect(self) -> None:
        """Take over what the session has shown and said since the last time."""
        session = self.session
        if session.machine is not self._machine:
            self._machine, self._rows, self._bytes = session.machine, 0, 0
        rows = session.timeline[self._rows :]
        if self.pictures and rows and rows[0].lcd == self.pictures[-1].lcd:
            rows = rows[1:]
        self.pictures += rows
        self._rows = len(session.timeline)
        said = session.midi_out
        self.midi += bytes(byte for byte in said[self._bytes :] if byte != 0xFE)
        self._bytes = len(said)

    def do(self, step: Step) -> None:
        """Do a step.

        Raises:
            M1Error: the session's, for what cannot be done.
        """
        for clock in self.doing(step):
            self.session.run_until(clock)

    def doing(self, step: Step) -> Iterator[int]:
        """A step in pieces, for somebody who lets time pass himself: the clocks of the session to run to.

        Raises:
            M1Error: as `do`.
        """
        deed = getattr(self, "_do_" + step.word.replace("-", "_"), self._live)
        yield from deed(step.value) or ()
        self.collect()

    def _live(self, event: Event) -> None:
        if event.name in ("off", "use", "off-switch") and self.session.powered:
            self._switch_off()
        live(self.session, [f"temp={self.celsius:g}", event.word], course=False, asked_to_stop=self._asked)

    def _switch_off(self) -> None:
        """A picture that only stood there since the mark is none of what happens from here on."""
        if len(self.pictures) == 1 and self.pictures[0].clock == self.session.clock:
            self.pictures.clear()
        self.session.power_off()

    def _do_off_switch(self, event: Event) -> None:
        self._switch_off()

    def _do_temp(self, event: Event) -> None:
        self.celsius = event.number
        self.session.set_celsius(event.number)

    def _do_on(self, event: Event) -> Iterator[int]:
        hold, self._hold = self._hold, ()
        self.session.power_on(hold)
        return self.session.booting(event.seconds, self._asked)

    def _do_dip(self, event: Event) -> Iterator[int]:
        """As in a lifetime: what comes of it is watched until it stands still."""
        self.dipped = self.session.dip(event.seconds or 0.0)
        if self.dipped in ("reset", "power cycle"):
            yield from self.session.booting(asked_to_stop=self._asked)
        elif self.dipped == "freeze":
            yield self._in(AFTER_FREEZE)

    def _do_swap_cell(self, event: Event) -> Iterator[int]:
        """With the power on a swap takes its time; years without it are lived at once."""
        if self.session.powered:
            yield from self.session.swapping(event.cell, event.seconds or 0.0)
        else:
            self._live(event)

    def _do_cell_out(self, event: Event) -> Iterator[int]:
        if self.session.powered:
            yield from self.session.swapping(SAME, event.seconds or 0.0)
        else:
            self._live(event)

    def _do_hold(self, keys: tuple[str, ...]) -> None:
        self._hold += keys

    def _do_run(self, seconds: float) -> Iterator[int]:
        yield self._in(seconds)

    def _do_press(self, key: str) -> Iterator[int]:
        self.session.key_down(key)
        yield self._in(0.1)
        self.session.key_up(key)
        yield self._in(0.1)

    def _do_note_on(self, note: tuple[int, int]) -> Iterator[int]:
        self.session.note_on(*note)
        yield self._in(0.05)

    def _do_note_off(self, key: int) -> Iterator[int]:
        self.session.note_off(key)
        yield self._in(0.05)

    def _do_stray(self, what: tuple[int, int]) -> None:
        self.session.supply("stray", *what)

    def _do_send(self, what: bytes | int | None) -> Iterator[int]:
        data = what if isinstance(what, bytes) else bank.dump()[:what]
        self.session.midi_in(data)
        yield self._in(len(data) * bank.BYTE_SECONDS + SETTLE)

    def _in(self, seconds: float) -> int:
        return self.session.clock + to_clocks(seconds)

"""One instrument on the bench while a scenario is played: does the steps, and keeps what was seen since a mark."""

from __future__ import annotations

from collections.abc import Callable

from korgm1.lifetime.events import Event
from korgm1.lifetime.live import live
from korgm1.machine.m1 import M1
from korgm1.result import LcdChange
from korgm1.scenario import bank
from korgm1.scenario.steps import Step
from korgm1.session import Session

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
        deed = getattr(self, "_do_" + step.word.replace("-", "_"), self._live)
        deed(step.value)
        self.collect()

    def _live(self, event: Event) -> None:
        if event.name in ("off", "use", "off-switch") and self.session.powered:
            self._switch_off()
        done = live(self.session, [f"temp={self.celsius:g}", event.word], course=False,
                    asked_to_stop=self._asked).steps[1:]
        self.dipped = next((step.dip for step in done if step.dip), self.dipped)

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

    def _do_on(self, event: Event) -> None:
        hold, self._hold = self._hold, ()
        self.session.power_on(hold)
        self.session.boot(event.seconds, asked_to_stop=self._asked)

    def _do_hold(self, keys: tuple[str, ...]) -> None:
        self._hold += keys

    def _do_run(self, seconds: float) -> None:
        self.session.run(seconds)

    def _do_press(self, key: str) -> None:
        self.session.press(key)

    def _do_note_on(self, note: tuple[int, int]) -> None:
        self.session.note_on(*note)
        self.session.run(0.05)

    def _do_note_off(self, key: int) -> None:
        self.session.note_off(key)
        self.session.run(0.05)

    def _do_stray(self, what: tuple[int, int]) -> None:
        self.session.supply("stray", *what)

    def _do_send(self, what: bytes | int | None) -> None:
        data = what if isinstance(what, bytes) else bank.dump()[:what]
        self.session.midi_in(data)
        self.session.run(len(data) * bank.BYTE_SECONDS + SETTLE)

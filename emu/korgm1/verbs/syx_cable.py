"""The wires a bank goes over: to the emulated instrument by its own time, to a real one at the host's ports."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from korgm1.clock import CPU_HZ
from korgm1.errors import Stopped, UsageError, UserError
from korgm1.midi_stream import Assembler

if TYPE_CHECKING:
    from korgm1.session import Session
    from korgm1.verbs.live_midi import PortIn

BYTE_SECONDS = 10 / 31_250
"""A MIDI byte has ten bits."""


@dataclass(frozen=True)
class Pace:
    """How fast a long message is sent.

    Attributes:
        size: bytes that go out in one piece; 0: all.
        seconds: from piece to piece.
    """

    size: int = 0
    seconds: float = 0.0

    @classmethod
    def parse(cls, text: str) -> Pace:
        """"full", or BYTES/TIME as "256/100ms", "64/1s".

        Raises:
            UsageError: anything else.

        >>> Pace.parse("256/100ms")
        Pace(size=256, seconds=0.1)
        """
        if text == "full":
            return cls()
        match = re.fullmatch(r"([0-9]{1,5})/([0-9]+(?:\.[0-9]+)?)(ms|s)", text)
        if match is None:
            raise UsageError(f"there is no pace {text!r}", "full, or bytes in a time, as 256/100ms or 64/1s")
        seconds = float(match[2]) / (1000 if match[3] == "ms" else 1)
        if not int(match[1]) or not 0 < seconds <= 60:
            raise UsageError(f"there is no pace {text!r}", "1 byte or more, up to a minute")
        return cls(int(match[1]), seconds)


class Wire(Protocol):
    """What the two kinds of wire have in common."""

    def send(self, message: bytes, pace: Pace, progress: Callable[[int], None]) -> None:
        """Send a whole message, and come back when its last byte is on the wire."""

    def came(self, seconds: float) -> list[bytes]:
        """Wait so long at most for the next messages; none when nothing came."""

    @property
    def receives(self) -> bool:
        """Whether anything can come back."""


class SessionWire:
    """To the emulated instrument: time is its own.

    Args:
        session: switched on.
        asked_to_stop: looked at ten times an emulated second.
    """

    receives = True

    def __init__(self, session: Session, asked_to_stop: Callable[[], object] = lambda: False) -> None:
        self._session = session
        self._asked = asked_to_stop
        self._assembler = Assembler()
        self._heard = session.machine.midi_out.total

    def send(self, message: bytes, pace: Pace, progress: Callable[[int], None]) -> None:
        """Send a whole message."""
        size = pace.size or len(message)
        start = self._session.clock / CPU_HZ
        for number, at in enumerate(range(0, len(message), size)):
            self._run_to(start + number * pace.seconds)
            self._session.midi_in(message[at : at + size])
            self._run_until_sent(min(at + size, len(message)), progress)

    def came(self, seconds: float) -> list[bytes]:
        """Run so long at most, until messages have come."""
        end = self._session.clock / CPU_HZ + seconds
        while True:
            new = self._session.machine.midi_out.total - self._heard
            self._heard += new
            data = self._session.midi_out[-new:] if new else b""
            found = [one for byte in data for one in self._assembler.take(byte) if one[0] < 0xF8]
            if found or self._session.clock / CPU_HZ >= end:
                return found
            self._step(min(0.1, max(0.001, end - self._session.clock / CPU_HZ)))

    def _run_until_sent(self, end: int, progress: Callable[[int], None]) -> None:
        """Until byte `end` of the message is over."""
        cable = self._session.machine.midi_in
        while cable.busy:
            left = (cable.idle_at - self._session.clock) / CPU_HZ
            progress(end - round(left / BYTE_SECONDS))
            self._step(min(0.1, left))
        progress(end)

    def _run_to(self, at: float) -> None:
        while (left := at - self._session.clock / CPU_HZ) > 1e-6:
            self._step(min(0.1, left))

    def _step(self, seconds: float) -> None:
        if self._asked():
            raise Stopped("stopped before all was sent or received")
        self._session.run(seconds)
        if self._session.stopped:
            raise UserError(f"the CPU has stopped: {self._session.stopped}", "", "korgm1 boot")


class Sending(Protocol):
    """An open output, as a bank is sent to it."""

    name: str
    in_pieces: bool

    def send(self, message: bytes, at: float | None = None) -> None:
        """Have a message sent."""

    def send_piece(self, piece: bytes) -> None:
        """Send a piece of an exclusive message."""

    def drain(self, seconds: float = 60.0) -> None:
        """Wait until all is sent."""

    def close(self) -> None:
        """Let it go."""


class PortWire:
    """To a real instrument at the host's ports.

    Args:
        output: where to.
        inputs: where answers come from.
        clock, sleep: the host's time, in seconds.
    """

    def __init__(
        self, output: Sending | None, inputs: Sequence[PortIn], clock: Callable[[], float],
        sleep: Callable[[float], object],
    ) -> None:  # fmt: skip
        self._output = output
        self._inputs = inputs
        self._clock = clock
        self._sleep = sleep

    @property
    def receives(self) -> bool:
        """Whether there is an input."""
        return bool(self._inputs)

    def send(self, message: bytes, pace: Pace, progress: Callable[[int], None]) -> None:
        """Send a whole message, in pieces where the port can."""
        output = self._output
        if output is None:
            raise UsageError("there is no port to send to", "--midi-out PORT", "korgm1 midi list")
        start = self._clock()
        if not pace.size or not output.in_pieces or len(message) <= pace.size:
            output.send(message)
            output.drain()
        else:
            for number, at in enumerate(range(0, len(message), pace.size)):
                self._sleep(max(0.0, start + number * pace.seconds - self._clock()))
                output.send_piece(message[at : at + pace.size])
                progress(min(at + pace.size, len(message)))
        cable = start + len(message) * BYTE_SECONDS
        while (left := cable - self._clock()) > 0:
            self._sleep(min(0.1, left))
        progress(len(message))

    def came(self, seconds: float) -> list[bytes]:
        """Wait so long at most for the next messages."""
        end = self._clock() + seconds
        while True:
            found = [message for port in self._inputs for _, message in port.take() if message and message[0] < 0xF8]
            if found or self._clock() >= end:
                return found
            self._sleep(0.005)

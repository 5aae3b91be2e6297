"""Open ports of python-rtmidi's clients.

rtmidi calls back in a thread of its own, with the time since the message before; messages wait here until they are
taken.
Sources: the documentation of python-rtmidi 1.5 (callbacks, ignore_types, send_message).
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from typing import Any

from korgm1.errors import UserError
from korgm1.frontends.midi_receiver import Receiver
from korgm1.frontends.midi_sender import Sender

_LATEST = 0.25
"""Host seconds a callback may come behind its message before its delta time is no longer believed."""
_CREEP = 0.01
"""Share of a callback's delay by which the times follow it: the two clocks drift apart by less."""
_WHOLE, _PIECE = 1024, 256
"""Bytes of an exclusive message up to which it goes out at once; a longer one goes in pieces, as fast as a cable: JACK
loses what is longer than 16,384, and repeats or drops where too many pieces come at once."""
_BYTE = 10 / 31_250
"""Seconds of a byte on a cable."""
_UNHEADED = 3
"""Bytes rtmidi takes at most where the first is not F0."""


class Input(Receiver):
    """An open input.

    Args:
        client: rtmidi's.
        name: the port's whole name.
        clock: host seconds.
    """

    def __init__(self, client: Any, name: str, clock: Callable[[], float]) -> None:
        super().__init__(name, clock)
        self._client = client
        self._last: float | None = None
        client.ignore_types(sysex=False, timing=False, active_sense=False)
        client.set_callback(self._called)

    def present(self) -> bool:
        """Whether the port is still there."""
        return self.name in self._client.get_ports()

    def close(self) -> None:
        """Let the port go."""
        with contextlib.suppress(Exception):
            self._client.cancel_callback()
            self._client.close_port()
            self._client.delete()

    def _called(self, event: tuple[list[int], float], _: object = None) -> None:
        message, delta = event
        now = self.clock()
        at = now if self._last is None else self._last + delta
        at += (now - at) * _CREEP
        if not now - _LATEST <= at <= now:
            at = now
        self._last = at
        self.messages.append((at, bytes(message)))


class Output(Sender):
    """An open output.

    Args:
        client: rtmidi's.
        name: the port's whole name.
        clock: host seconds.
        in_pieces: whether the backend takes an exclusive message piece by piece.
    """

    def __init__(self, client: Any, name: str, clock: Callable[[], float], in_pieces: bool) -> None:
        self.in_pieces = in_pieces
        self._client = client
        super().__init__(name, clock)

    def write(self, message: bytes) -> None:
        """Send a whole message, or a piece of an exclusive one.

        Raises:
            UserError: it cannot be sent.
        """
        if message[:1] != b"\xf0" and len(message) > _UNHEADED:
            self.send_piece(message)
            return
        if len(message) <= _WHOLE or not self.in_pieces:
            self._give(message)
            return
        for at in range(0, len(message), _PIECE):
            self.send_piece(message[at : at + _PIECE])
            time.sleep(_PIECE * _BYTE)

    def send_piece(self, piece: bytes) -> None:
        """Send a piece of an exclusive message at once, where `in_pieces` is true.

        Raises:
            UserError: it cannot be sent.
        """
        if piece[:1] == b"\xf0":
            self._give(piece)
            return
        for at in range(0, len(piece), _UNHEADED):
            self._give(piece[at : at + _UNHEADED])

    def present(self) -> bool:
        """Whether the port is still there and takes what it is sent."""
        return not self.failed and self.name in self._client.get_ports()

    def close(self) -> None:
        """Let the port go; what is not sent yet is dropped."""
        super().close()
        with contextlib.suppress(Exception):
            self._client.close_port()
            self._client.delete()

    def _give(self, data: bytes) -> None:
        try:
            self._client.send_message(data)
        except Exception as error:
            raise UserError(f"{self.name} cannot be sent to: {error}", hint="korgm1 midi list") from error


class VirtualInput(Input):
    """An input of our own: it cannot vanish."""

    def present(self) -> bool:
        """True."""
        return True


class VirtualOutput(Output):
    """An output of our own: it cannot vanish."""

    def present(self) -> bool:
        """Whether it takes what it is sent."""
        return not self.failed

"""The frames of GDB's remote serial protocol: $payload#checksum, acknowledgements, Ctrl-C, escapes, run-lengths.

Source: "Debugging with GDB", appendix E.1 Overview of the remote protocol. Bytes in, bytes out; no sockets here.

A client never sends run-lengths, so a * that comes in is an asterisk; in what goes out it is escaped. Nothing that
comes in raises: what is no frame is passed over, and a frame with a wrong checksum is a `BROKEN` one.
"""

from __future__ import annotations

import re
from enum import Enum
from typing import NamedTuple

PACKET_SIZE = 0x4000
"""Bytes of a payload as they go over the wire, the most that is taken (MAME's stub has the same)."""
INTERRUPT_BYTE = 0x03
_DOLLAR, _BRACE, _STAR = b"$}*"
_MARK = re.compile(rb"[$#]")
"""What ends a payload, or begins another."""
_LONGEST = 97
"""Copies behind the first that one run-length can say: 126 (~), the last printable character, less 29."""
_FORBIDDEN = {6, 7, 14, 16}
"""Run-lengths that would be written as # $ + -."""


class Kind(Enum):
    """What came over the wire."""

    PACKET = "packet"
    BROKEN = "broken"
    """A frame whose checksum is wrong or none: the other side is asked for it again."""
    TOO_LONG = "too long"
    ACK = "+"
    NAK = "-"
    INTERRUPT = "ctrl-c"


class Event(NamedTuple):
    """One thing that came; `data` is the payload of a packet, its escapes undone."""

    kind: Kind
    data: bytes = b""


class Reader:
    """Takes the bytes of a connection as they come, in any pieces.

    Args:
        limit: bytes of the longest payload.

    >>> reader = Reader()
    >>> reader.feed(b"+$qSup"), reader.feed(b"ported#37\\x03")
    ([Event(kind=<Kind.ACK: '+'>, data=b'')], [Event(kind=<Kind.PACKET: 'packet'>, data=b'qSupported'), \
Event(kind=<Kind.INTERRUPT: 'ctrl-c'>, data=b'')])
    """

    def __init__(self, limit: int = PACKET_SIZE) -> None:
        self._limit = limit
        self._payload: bytearray | None = None
        self._digits: bytearray | None = None
        self._long = False

    def feed(self, data: bytes) -> list[Event]:
        """What these bytes complete."""
        events, place = [], 0
        while place < len(data):
            if self._payload is not None and self._digits is None:
                end = _MARK.search(data, place)
                stop = len(data) if end is None else end.start()
                self._long |= len(self._payload) + stop - place > self._limit
                self._payload += data[place : min(stop, place + self._limit - len(self._payload))]
                place = stop
            if place < len(data):
                event = self._take(data[place])
                if event is not None:
                    events.append(event)
                place += 1
        return events

    def _take(self, byte: int) -> Event | None:
        """A byte that does not stand inside of a payload."""
        if self._digits is not None:
            self._digits.append(byte)
            return self._end() if len(self._digits) == 2 else None
        if byte == _DOLLAR:
            self._payload, self._long = bytearray(), False
        elif self._payload is None:
            return _BARE.get(byte)
        else:
            self._digits = bytearray()
        return None

    def _end(self) -> Event:
        payload, digits, long = bytes(self._payload or b""), bytes(self._digits or b""), self._long
        self._payload = self._digits = None
        if long:
            return Event(Kind.TOO_LONG)
        if not all(digit in b"0123456789abcdefABCDEF" for digit in digits) or int(digits, 16) != checksum(payload):
            return Event(Kind.BROKEN)
        return Event(Kind.PACKET, unescaped(payload))


_BARE = {
    ord("+"): Event(Kind.ACK), ord("-"): Event(Kind.NAK), INTERRUPT_BYTE: Event(Kind.INTERRUPT),
}  # fmt: skip
"""What means something between two frames."""


def checksum(data: bytes) -> int:
    """The sum of all bytes, modulo 256."""
    return sum(data) & 0xFF


def unescaped(data: bytes) -> bytes:
    """A payload whose } pairs are undone; a } at its end stands for itself.

    >>> unescaped(b"X}" + bytes([ord("#") ^ 0x20]) + b"}")
    b'X#}'
    """
    if _BRACE not in data:
        return data
    out, place = bytearray(), 0
    while place < len(data):
        if data[place] == _BRACE and place + 1 < len(data):
            place += 1
            out.append(data[place] ^ 0x20)
        else:
            out.append(data[place])
        place += 1
    return bytes(out)


def frame(data: bytes) -> bytes:
    """A payload as it goes over the wire to GDB: escaped, runs of a byte shortened.

    >>> frame(b"OK"), frame(b"0" * 8), frame(b"#")
    (b'$OK#9a', b'$0*"00#dc', b'$}\\x03#80')
    """
    payload = _SHORTENED.sub(_short, data)
    return b"$%s#%02x" % (payload, checksum(payload))


_SHORTENED = re.compile(rb"[#$}*]|([^#$}*])\1{3,%d}" % _LONGEST, re.DOTALL)
"""What is escaped, and runs that are worth a run-length."""


def _short(found: re.Match[bytes]) -> bytes:
    run = found[0]
    if found[1] is None:
        return bytes([_BRACE, run[0] ^ 0x20])
    copies = len(run) - 1
    while copies in _FORBIDDEN:
        copies -= 1
    return bytes([run[0], _STAR, copies + 29]) + run[1 + copies :]

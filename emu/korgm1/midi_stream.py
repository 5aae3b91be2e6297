"""A cable's bytes as whole MIDI messages, and notes that hang when a cable is pulled.

Sources: MIDI 1.0 (the specification's rules of running status, realtime and exclusive messages).
"""

from __future__ import annotations

_LENGTHS = {0x8: 3, 0x9: 3, 0xA: 3, 0xB: 3, 0xC: 2, 0xD: 2, 0xE: 3, 0xF1: 2, 0xF2: 3, 0xF3: 2, 0xF6: 1}
"""Status (of a channel its upper half) -> bytes of the message."""
_UNDEFINED = (0xF9, 0xFD)
LONGEST = 1 << 20
"""Bytes of an exclusive message; a longer one is dropped."""
SENSING = 0xFE


class Assembler:
    """Makes messages of bytes: running status is written out, realtime bytes come out of the middle of others.

    What is not whole, when another status byte comes, is dropped, as a receiver drops it.

    Args:
        piece: bytes after which an exclusive message is handed out in pieces; 0: never. One that breaks off after a
            piece was handed out is ended with F7.

    >>> to = Assembler()
    >>> [whole.hex(" ") for byte in b"\\x90<d\\xf8>\\x40" for whole in to.take(byte)]
    ['90 3c 64', 'f8', '90 3e 40']
    """

    def __init__(self, piece: int = 0) -> None:
        self._piece = piece
        self._begun = False
        self._status = 0
        self._message = bytearray()

    def take(self, byte: int) -> tuple[bytes, ...]:
        """The messages this byte completes, mostly none."""
        if byte >= 0xF8:
            return () if byte in _UNDEFINED else (bytes([byte]),)
        done: tuple[bytes, ...] = ()
        if byte & 0x80 and self._status == 0xF0:
            if byte == 0xF7:
                done = (bytes(self._message) + b"\xf7",)
            elif self._begun:
                done = (b"\xf7",)
        if byte & 0x80:
            self._begun = False
            self._status = 0 if byte == 0xF7 else byte
            self._message = bytearray([byte])
            if byte != 0xF6:
                return done
        elif not self._status:
            return ()
        else:
            if not self._message and self._status != 0xF0:
                self._message.append(self._status)
            self._message.append(byte)
        if self._status == 0xF0:
            if self._piece and len(self._message) >= self._piece:
                part, self._message, self._begun = self._message, bytearray(), True
                return (bytes(part),)
            if len(self._message) > LONGEST:
                self._status, self._message = 0, bytearray()
            return ()
        wanted = _LENGTHS.get(self._status if self._status >= 0xF0 else self._status >> 4)
        if wanted is None:
            self._status, self._message = 0, bytearray()
            return ()
        if len(self._message) < wanted:
            return ()
        whole, self._message = self._message, bytearray()
        if self._status >= 0xF0:
            self._status = 0
        return (*done, bytes(whole))


class Held:
    """Which notes and dampers somebody holds by what he sent.

    >>> held = Held()
    >>> held.note(b"\\x90<d"); held.note(b"\\xb0@\\x7f")
    >>> held.release().hex(" ")
    '90 3c 00 b0 40 00'
    """

    def __init__(self) -> None:
        self._notes: dict[tuple[int, int], None] = {}
        self._dampers: dict[int, None] = {}

    def note(self, message: bytes) -> None:
        """A message was sent; one that is no whole channel message does nothing."""
        kind, channel = message[0] >> 4, message[0] & 15
        if len(message) != 3:
            return
        if kind == 9 and message[2]:
            self._notes[channel, message[1]] = None
        elif kind in (8, 9):
            self._notes.pop((channel, message[1]), None)
        elif kind == 0xB and message[1] == 64:
            if message[2] >= 64:
                self._dampers[channel] = None
            else:
                self._dampers.pop(channel, None)

    def less(self, other: Held) -> Held:
        """What is held here and not there.

        >>> here, there = Held(), Held()
        >>> for key in b"<>": here.note(bytes([0x90, key, 100]))
        >>> there.note(b"\\x90<d"); here.less(there).release().hex(" ")
        '90 3e 00'
        """
        rest = Held()
        rest._notes = {note: None for note in self._notes if note not in other._notes}
        rest._dampers = {channel: None for channel in self._dampers if channel not in other._dampers}
        return rest

    def release(self) -> bytes:
        """What lets all of them go; nothing is held afterwards."""
        notes = b"".join(bytes([0x90 | channel, key, 0]) for channel, key in self._notes)
        dampers = b"".join(bytes([0xB0 | channel, 64, 0]) for channel in self._dampers)
        self._notes.clear()
        self._dampers.clear()
        return notes + dampers

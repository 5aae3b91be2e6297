"""The exclusive messages of a standard MIDI file, byte for byte as they stand in it.

event                      its bytes
F0 length bytes            F0 and the bytes; F7 is the last of them unless the message goes on
F7 length bytes            the bytes: the rest of a message that goes on, or anything else, of which F0 ... counts

Sources: Standard MIDI Files 1.0 (chunks, variable lengths, running status, exclusive events).
"""

from __future__ import annotations

from collections.abc import Iterator

_ONE = (0xC, 0xD)
"""Upper halves of the status of channel messages with one byte behind it."""


def exclusive(data: bytes) -> list[bytes]:
    """Its messages in the order of their times.

    Args:
        data: the file, from MThd.

    Raises:
        ValueError: it is damaged, a sentence says how.

    >>> track = bytes.fromhex("00 F0 02 42 30  00 90 3C 40  10 F7 02 19 F7  00 FF 2F 00")
    >>> head = b"MThd" + bytes.fromhex("00000006 0000 0001 0060") + b"MTrk" + len(track).to_bytes(4, "big")
    >>> [one.hex(" ") for one in exclusive(head + track)]
    ['f0 42 30 19 f7']
    """
    found: list[tuple[int, bytes]] = []
    at, tracks = 0, int.from_bytes(data[10:12], "big")
    while at < len(data) and (tracks or not at):
        size = int.from_bytes(data[at + 4 : at + 8], "big")
        body = data[at + 8 : at + 8 + size]
        if len(data) < at + 8 or len(body) < size:
            raise ValueError("it ends too early")
        if data[at : at + 4] == b"MTrk":
            tracks -= 1
            try:
                found += _of_track(body)
            except IndexError:
                raise ValueError("a track ends in the middle of an event") from None
        at += 8 + size
    return [message for _, message in sorted(found, key=lambda row: row[0])]


def _of_track(body: bytes) -> Iterator[tuple[int, bytes]]:
    """Tick and message. Running status goes on behind other events, as many files have it."""
    at = tick = status = begun = 0
    message = b""
    while at < len(body):
        delta, at = _number(body, at)
        tick += delta
        first = body[at]
        if first < 0x80 and not status:
            raise ValueError(f"a track has {first:02X} where a status byte belongs")
        if first >= 0xF0:
            at += 1 + (first == 0xFF)
            size, end = _number(body, at)
            at = end + size
            if at > len(body):
                raise IndexError
            if first == 0xFF:
                continue
            if first not in (0xF0, 0xF7):
                raise ValueError(f"a track has the status byte {first:02X}")
            payload = body[end:at]
            if message and first == 0xF7:
                message += payload
            elif first == 0xF0 or payload[:1] == b"\xf0":
                if message:
                    yield begun, message
                begun, message = tick, b"\xf0" * (first == 0xF0) + payload
            if message.endswith(b"\xf7"):
                yield begun, message
                message = b""
            continue
        if first >= 0x80:
            status, at = first, at + 1
        at += 1 if status >> 4 in _ONE else 2
    if message:
        yield begun, message


def _number(body: bytes, at: int) -> tuple[int, int]:
    """A number of variable length at a place, and the place behind it."""
    value = 0
    for place in range(at, at + 4):
        value = value << 7 | body[place] & 0x7F
        if body[place] < 0x80:
            return value, place + 1
    raise ValueError("a track has a length of more than four bytes")

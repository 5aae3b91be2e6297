"""The M1's dumps on MIDI, as far as several modules speak it: the head, the records of ALL DATA, seven bits for eight.

ALL DATA (function 50h): global, 100 combinations, 100 programs (with 50 of each in the other allocation), sequences.
Source: facts m1-hardware 6.2, 6.3 (the published MIDI implementation).
"""

from __future__ import annotations

HEAD = bytes.fromhex("F0 42 30 19")
"""Of every message, on channel 1; a function code follows."""
GLOBAL_SIZE, COMBI_SIZE, PROGRAM_SIZE = 861, 124, 143
"""Bytes, unpacked."""
NAME_SIZE = 10
"""Characters, at the beginning of a combination or program."""


def pack(data: bytes) -> bytes:
    """Eight bits as seven: groups of seven bytes, their high bits in a byte before them.

    >>> pack(bytes([0x80, 1, 0xFF])).hex(" ")
    '05 00 01 7f'
    """
    groups = (data[at : at + 7] for at in range(0, len(data), 7))
    return b"".join(
        bytes([sum((byte >> 7) << place for place, byte in enumerate(group)), *(byte & 0x7F for byte in group)])
        for group in groups
    )


def unpack(data: bytes) -> bytes:
    """The data of `pack`.

    >>> unpack(pack(b"\\x80korg\\xff m1"))
    b'\\x80korg\\xff m1'
    """
    groups = (data[at : at + 8] for at in range(0, len(data), 8))
    return b"".join(
        bytes(byte | (group[0] >> place & 1) << 7 for place, byte in enumerate(group[1:])) for group in groups
    )

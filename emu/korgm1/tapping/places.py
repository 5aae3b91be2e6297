"""Which chip a port belongs to, and what it is called there: by our stand-in protocol, or by its address alone."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import NamedTuple

from korgm1.sound import registers

WINDOWS = {"VDF1": (0x0100, 0x100), "VDF2": (0x0200, 0x100), "MDE": (0x0500, 4), "TG": (0x1000, 0x200)}
"""First port and ports of each chip's window (Confirmed: facts m1-hardware 2)."""
FIRST_VOICE = {"TG": 0, "VDF1": 0, "VDF2": 8}
"""The voice of the first 32 ports of a window, if each voice has 32 ports: 16 in the TG, eight in each VDF."""
PORTS_A_VOICE = 32


class Place(NamedTuple):
    """What a port is called.

    Attributes:
        chip: "TG", "VDF1", "VDF2" or "MDE".
        voice: 0-15, or None; a guess where nothing is decoded.
        register: "LEVEL"; where nothing is decoded the offset in the voice's ports, as "+02".
        part, width: which byte of the register this is, from 0, the low one; and how many it has.
    """

    chip: str
    voice: int | None
    register: str
    part: int
    width: int


def chip_of(port: int) -> str | None:
    """The chip whose window a port lies in.

    >>> chip_of(0x01FF), chip_of(0x11FF), chip_of(0x0504)
    ('VDF1', 'TG', None)
    """
    return next((chip for chip, (first, count) in WINDOWS.items() if first <= port < first + count), None)


@cache
def places(decoded: bool) -> Mapping[int, Place]:
    """Every port of the sound chips.

    Args:
        decoded: whether names are those of our stand-in protocol.

    >>> places(False)[0x1026], places(True)[0x1023].register
    (Place(chip='TG', voice=1, register='+06', part=0, width=1), 'LEVEL')
    """
    return {
        port: (_decoded(port) if decoded else None) or _plain(chip, port, port - first)
        for chip, (first, count) in WINDOWS.items()
        for port in range(first, first + count)
    }


def _decoded(port: int) -> Place | None:
    known = registers.decode(port)
    return None if known is None else Place(known.chip, known.voice, known.name, known.part, known.width)


def _plain(chip: str, port: int, offset: int) -> Place:
    if chip == "MDE":
        return Place(chip, None, f"+{offset:02X}", 0, 1)
    voice, within = divmod(offset, PORTS_A_VOICE)
    return Place(chip, FIRST_VOICE[chip] + voice, f"+{within:02X}", 0, 1)

"""Which chip a port belongs to, and what it is called there: by our stand-in protocol, or by its address alone."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import NamedTuple

from korgm1.sound import registers

FIRST_VOICE = {"TG": 0, "VDF1": 0, "VDF2": 8}
"""Of each window, if each voice has 32 ports: 16 in the TG, eight in each VDF."""


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


@cache
def places(decoded: bool, split: str | None = None) -> Mapping[int, Place]:
    """Every port of the sound chips.

    Args:
        decoded: whether names are those of our stand-in protocol.
        split: which voices are which VDF's there, see `registers.decode`.

    >>> places(False)[0x1026], places(True)[0x1023].register
    (Place(chip='TG', voice=1, register='+06', part=0, width=1), 'LEVEL')
    """
    return {
        port: _decoded(port, split) if decoded else _plain(chip, port - first)
        for chip, (first, count) in registers.WINDOWS.items()
        for port in range(first, first + count)
    }


def _decoded(port: int, split: str | None) -> Place:
    known = registers.decode(port, split)
    assert known is not None
    return Place(known.chip, known.voice, known.name, known.part, known.width)


def _plain(chip: str, offset: int) -> Place:
    if chip == "MDE":
        return Place(chip, None, f"+{offset:02X}", 0, 1)
    voice, within = divmod(offset, registers.VOICE)
    return Place(chip, FIRST_VOICE[chip] + voice, f"+{within:02X}", 0, 1)

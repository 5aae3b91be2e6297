"""The dump of a PCM card. Nothing public documents one: its words are taken to have their low byte first (ASSUMED)."""

from __future__ import annotations

import os
from pathlib import Path

from korgm1.errors import UserError
from korgm1.files import read_file
from korgm1.sound.waverom import CARD, Words, join, swapped

SIZES = f"16-bit words, an even number of bytes, 2 to {2 * CARD:,}"


def read_pcm_card(source: bytes | str | os.PathLike[str]) -> bytes:
    """The bytes of a card, from memory or from a file.

    Raises:
        UserError: the file cannot be read, or has a size that no card has.

    >>> read_pcm_card(b"ab")
    b'ab'
    """
    if isinstance(source, bytes | bytearray | memoryview):
        data, name = bytes(source), "a PCM card"
    else:
        data, name = read_file(Path(source), "the dump of a PCM card"), str(source)
    if len(data) % 2 or not 0 < len(data) <= 2 * CARD:
        raise UserError(f"{name} has {len(data):,} bytes", SIZES)
    return data


def card_words(data: bytes) -> Words:
    """The signed words of a card's dump.

    >>> card_words(bytes([0x34, 0x12, 0xFF, 0xFF])).tolist()
    [4660, -1]
    """
    return join(data[0::2], data[1::2])


def card_warnings(data: bytes) -> tuple[str, ...]:
    """What is doubtful about a card's dump, a sentence each.

    >>> card_warnings(bytes([0x34, 0x12]))
    ('the PCM card: the low byte of each word is taken to come first (ASSUMED)',)
    """
    said = "the PCM card: the low byte of each word is taken to come first (ASSUMED)"
    if swapped(data[0::2], data[1::2]):
        said += "; its bytes speak for the other order: the first of each two are the smooth ones"
    return (said,)

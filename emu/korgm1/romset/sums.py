"""Sums of a dump as programs for EPROM readers print them, to compare with what others have written down."""

from __future__ import annotations

import hashlib
import zlib

from korgm1.romset.crc16 import crc16
from korgm1.romset.image import IMAGE, split

CRC16S = ("CRC-16/ARC", "CRC-16/XMODEM", "CRC-16/CCITT-FALSE")
"""The kinds of CRC-16 that are printed; a program that says CRC-16 may mean any."""


def sums(data: bytes) -> dict[str, str]:
    """Sums of some bytes, as hexadecimal digits by name.

    "sum-32" is the sum of all bytes, "sum-16" its last four digits.

    >>> found = sums(b"123456789")
    >>> found["sum-16"], found["sum-32"], found["crc-32"], found["CRC-16/ARC"]
    ('01DD', '000001DD', 'cbf43926', 'BB3D')
    """
    total = sum(data)
    return {
        "sum-16": f"{total & 0xFFFF:04X}", "sum-32": f"{total & 0xFFFFFFFF:08X}", "crc-32": f"{zlib.crc32(data):08x}",
        **{name: f"{crc16(name, data):04X}" for name in CRC16S},
        "md5": hashlib.md5(data, usedforsecurity=False).hexdigest(), "sha-1": hashlib.sha1(data).hexdigest(),
    }


def chip_sums(data: bytes) -> dict[str, dict[str, str]]:
    """`sums` of a dump and, if it holds both chips, of each: by "", IC32 and IC23.

    >>> list(chip_sums(bytes(0x10000))), list(chip_sums(bytes(0x20000)))
    ([''], ['', 'IC32', 'IC23'])
    """
    found = {"": sums(data)}
    if len(data) == IMAGE:
        found |= {ic: sums(half) for ic, half in zip(("IC32", "IC23"), split(data), strict=True)}
    return found

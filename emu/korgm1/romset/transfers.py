"""Dumps that a computer or a reader changed on the way without losing anything: text mode, UTF-8, 16 bits, a cut end.

Each function returns what it is and the bytes without it, or None.
"""

from __future__ import annotations

import zlib
from functools import cache

from korgm1.romset.database import Database, Part
from korgm1.romset.finding import Confidence, Finding
from korgm1.romset.image import HALF, IMAGE

Step = tuple[Finding, bytes]
RAW = "send the file again, as binary"
VARIED = 16
"""Different bytes from which on a chip is no blank one."""
LONGEST_CUT = 4096
"""Bytes at the end that may be missing."""
_POLYNOMIAL = 0xEDB88320
_FIELD = 4
"""Bytes that a CRC-32 determines."""


def widened(data: bytes) -> Step | None:
    """A chip read as one of 16 bits: every second byte is FF or 00.

    >>> finding, chip = widened(bytes(value for at in range(0x10000) for value in (at % 251, 0xFF)))
    >>> finding.code, len(chip)
    ('wide-reader', 65536)
    """
    if len(data) != IMAGE:
        return None
    lanes = data[0::2], data[1::2]
    hint = "set the reader to 27C512, an 8-bit chip; or read the other chip"
    for lane, (empty, chip) in enumerate((lanes, lanes[::-1])):
        if empty[0] in (0x00, 0xFF) and len(set(empty)) == 1 and len(set(chip)) >= VARIED:
            ic = "IC23" if lane else "IC32"
            place = "odd" if lane else "even"
            text = (
                f"every byte at an {place} address is {empty[0]:02X}: one chip, read as one of 16 bits; or a pair of "
                f"which {ic} gave nothing"
            )
            return Finding("wide-reader", Confidence.LIKELY, text, hint, {"empty": place}), chip
    return None


def transferred(data: bytes, database: Database) -> Step | None:
    """A file sent as text: each 0A became 0D 0A, or each byte from 80 on two bytes of UTF-8.

    >>> from korgm1.romset.database import known_roms
    >>> sent = (bytes(range(256)) * 256).decode("latin-1").encode("utf-8")
    >>> transferred(sent, known_roms())[0].code
    'text-transfer'
    """
    for unit in (HALF, IMAGE):
        if not unit < len(data) <= 2 * unit:
            continue
        if len(data) - data.count(b"\r\n") == unit and data.count(b"\r\n") == data.count(b"\n"):
            whole = data.replace(b"\r\n", b"\n")
            return _sent("every byte 0A became the two bytes 0D 0A, as text mode does", whole, database)
        try:
            whole = data.decode("utf-8").encode("latin-1")
        except UnicodeError:
            continue
        if len(whole) == unit:
            return _sent("every byte from 80 on became two bytes of UTF-8", whole, database)
    return None


def _sent(what: str, whole: bytes, database: Database) -> Step:
    part = database.find(whole)
    word = Confidence.CERTAIN if part else Confidence.LIKELY
    text = f"the file was sent as text: {what}"
    return Finding("text-transfer", word, f"{text}: put right it is {part.title}" if part else text, RAW), whole


def lost_in_text(data: bytes) -> Finding | None:
    """A file that went through a program for text which wrote EF BF BD for what it could not read.

    >>> lost_in_text(b"\\xef\\xbf\\xbd" * 12000).code
    'text-lost'
    """
    count = data.count(b"\xef\xbf\xbd")
    if len(data) < HALF // 2 or count < len(data) // 64:
        return None
    text = f"the file was sent as text: {count:,} bytes were replaced by EF BF BD and are lost"
    return Finding("text-lost", Confidence.CERTAIN, text, RAW, {"lost": count})


def completed(data: bytes, database: Database) -> Step | None:
    """A known chip whose end is missing, where that end is blank or short enough to follow from its CRC-32.

    >>> from korgm1.romset.database import known_roms
    >>> from korgm1.romset.openm1 import OPENM1_BUILDS
    >>> chip = OPENM1_BUILDS["24"].pair()[0]
    >>> finding, whole = completed(chip[:-3], known_roms())
    >>> finding.code, whole == chip
    ('cut-short', True)
    """
    missing = HALF - len(data)
    if not 0 < missing <= LONGEST_CUT:
        return None
    for part in database.parts:
        if part.size != HALF:
            continue
        ends = [b"\xff" * missing, bytes(missing)]
        ends += [_end(data, missing, part)] if missing <= _FIELD else []
        for end in ends:
            if database.find(data + end) is part:
                shown = f"all {end[0]:02X}" if len(set(end)) == 1 else end.hex(" ").upper()
                text = f"the last {missing:,} bytes are missing; with them ({shown}) it is {part.title}"
                return Finding("cut-short", Confidence.CERTAIN, text, "read the chip again", {"missing": missing}), (
                    data + end
                )
    return None


def _end(data: bytes, missing: int, part: Part) -> bytes:
    """The last bytes that give the CRC-32 of a part; `missing` is 4 at most."""
    table, back = _tables()
    register = part.crc32 ^ 0xFFFFFFFF
    for _ in range(_FIELD):
        register = (register << 8 & 0xFFFFFFFF ^ table[back[register >> 24]] << 8 & 0xFFFFFFFF) | back[register >> 24]
    start = zlib.crc32(data[: len(data) - (_FIELD - missing)]) ^ 0xFFFFFFFF
    return (register ^ start).to_bytes(_FIELD, "little")[_FIELD - missing :]


@cache
def _tables() -> tuple[tuple[int, ...], dict[int, int]]:
    """The table of CRC-32, and which entry has a given highest byte."""
    table = []
    for value in range(256):
        for _ in range(8):
            value = value >> 1 ^ _POLYNOMIAL if value & 1 else value >> 1
        table.append(value)
    return tuple(table), {entry >> 24: number for number, entry in enumerate(table)}

"""Dumps of the wrong length: the same chip several times over, filled up, something stuck to an end, sent as text."""

from __future__ import annotations

from korgm1.romset.database import Database
from korgm1.romset.finding import Confidence, Finding
from korgm1.romset.image import HALF, IMAGE, reset_jump
from korgm1.romset.transfers import completed, transferred, widened

READER = "set the reader to 27C512 and read it again"
LONGEST_EXTRA = 4096
"""Bytes that may be stuck to an end: a header or a trailer of a reader's own format."""
MOST_STEPS = 3
"""Things that are put right one after the other."""
_FILL = (0x00, 0xFF)


def trimmed(data: bytes, database: Database) -> tuple[tuple[Finding, ...], bytes]:
    """All that is wrong with the length of a dump, step by step, and the bytes without it.

    >>> from korgm1.romset.database import known_roms
    >>> steps, rest = trimmed(bytes(value for at in range(0x20000) for value in (at % 251, 0xFF)), known_roms())
    >>> [step.code for step in steps], len(rest)
    ([], 262144)
    """
    steps: list[Finding] = []
    while len(steps) < MOST_STEPS and database.find(data) is None:
        found = trim(data, database)
        if found is None:
            break
        steps.append(found[0])
        data = found[1]
    return tuple(steps), data


def trim(data: bytes, database: Database) -> tuple[Finding, bytes] | None:
    """One thing that is wrong with the length of a dump, and the bytes without it; None where nothing is.

    >>> from korgm1.romset.database import known_roms
    >>> finding, rest = trim(bytes(range(256)) * 256 * 4, known_roms())
    >>> finding.text, len(rest)
    ('overdump: the same 64 KB 4 times, as a 27C512 read as a larger chip gives', 65536)
    """
    size = len(data)
    for unit in (HALF, IMAGE):
        head, rest = data[:unit], data[unit:]
        if size <= unit or len(set(head)) < 2:
            continue
        times = size // unit
        if size % unit == 0 and data == head * times:
            text = f"overdump: the same {unit >> 10} KB {times} times, as a 27C512 read as a larger chip gives"
            return Finding("overdump", Confidence.CERTAIN, text, READER, {"used": [0, unit - 1]}), head
        if rest[0] in _FILL and len(set(rest)) == 1 and (unit == IMAGE or reset_jump(data[:IMAGE]) is None):
            text = f"overdump: {unit >> 10} KB, then {len(rest):,} bytes of {rest[0]:02X}"
            return Finding("overdump", Confidence.LIKELY, text, READER, {"used": [0, unit - 1]}), head
    for unit in (HALF, IMAGE):
        first, tail = data[:-unit], data[-unit:]
        if size > unit and first[0] in _FILL and len(set(first)) == 1 and len(set(tail)) > 1:
            if reset_jump(data[-IMAGE:]) is not None and unit == HALF:
                continue
            text = f"overdump: {len(first):,} bytes of {first[0]:02X}, then {unit >> 10} KB"
            return Finding("overdump", Confidence.LIKELY, text, READER, {"used": [size - unit, size - 1]}), tail
    return widened(data) or transferred(data, database) or _ends(data, database) or completed(data, database)


def _ends(data: bytes, database: Database) -> tuple[Finding, bytes] | None:
    """A few bytes stuck to an end, where what is left is known, or starts."""
    for unit in (HALF, IMAGE):
        extra = len(data) - unit
        if not 0 < extra <= LONGEST_EXTRA:
            continue
        for used, where in ((data[extra:], "before"), (data[:unit], "behind")):
            known = database.find(used)
            if known is None and (unit == HALF or reset_jump(used) is None):
                continue
            word = Confidence.CERTAIN if known else Confidence.LIKELY
            text = f"overdump: {extra:,} bytes {where} {known.title if known else 'what has a start at FFFF0'}"
            at = extra if where == "before" else 0
            return Finding("overdump", word, text, READER, {"used": [at, at + unit - 1]}), used
    return _within(data, database)


def _within(data: bytes, database: Database) -> tuple[Finding, bytes] | None:
    """A known chip with something at both ends."""
    extra = len(data) - HALF
    if not 0 < extra <= LONGEST_EXTRA:
        return None
    for at in range(1, extra):
        known = database.find(data[at : at + HALF])
        if known is not None:
            text = f"overdump: {at:,} bytes before and {extra - at:,} bytes behind {known.title}"
            return Finding("overdump", Confidence.CERTAIN, text, READER, {"used": [at, at + HALF - 1]}), (
                data[at : at + HALF]
            )
    return None

"""A dump that is a known ROM but for one or two wrong bits: found by its CRC-32, proved by SHA-1.

A CRC is linear: flipping a bit changes it by an amount that depends on the place of the bit alone. So the difference
between a dump's CRC-32 and a known one tells which bit, or which two, would explain it; whether they do, the SHA-1
decides.
"""

from __future__ import annotations

import zlib
from functools import cache

import numpy as np
import numpy.typing as npt

from korgm1.romset.chip_27c512 import DATA_PINS
from korgm1.romset.database import Database, Part
from korgm1.romset.finding import Confidence, Finding
from korgm1.romset.image import HALF

POLYNOMIAL = 0xEDB88320
Crcs = npt.NDArray[np.uint32]


def nearly_known(data: bytes, database: Database) -> tuple[Finding, bytes] | None:
    """The known part of 64 KB that a dump is but for one or two bits, and the part's bytes.

    >>> from korgm1.romset.database import known_roms
    >>> from korgm1.romset.openm1 import OPENM1_BUILDS
    >>> good = OPENM1_BUILDS["24"].pair()[0]
    >>> bad = bytearray(good); bad[0x1234] ^= 0x10
    >>> finding, mended = nearly_known(bytes(bad), known_roms())
    >>> mended == good, finding.details["bits"]
    (True, [[4660, 4]])
    """
    if len(data) != HALF:
        return None
    crc = zlib.crc32(data)
    for part in database.parts:
        if part.size != HALF:
            continue
        for places in _places(part.crc32 ^ crc):
            mended = bytearray(data)
            for place in places:
                mended[place >> 3] ^= 1 << (place & 7)
            if database.find(bytes(mended)) == part:
                return _finding(places, mended, part), bytes(mended)
    return None


def _finding(places: tuple[int, ...], mended: bytearray, part: Part) -> Finding:
    bits = [(place >> 3, place & 7) for place in places]
    shown = " and ".join(
        f"D{bit} (pin {DATA_PINS[bit]}) of {address:04X}, which must be {mended[address] >> bit & 1}"
        for address, bit in bits
    )
    text = f"{'one bit is' if len(bits) == 1 else 'two bits are'} wrong, {shown}: put right it is {part.title}"
    hint = "read the chip again, to see whether the chip or the read is wrong"
    return Finding("wrong-bits", Confidence.CERTAIN, text, hint, {"bits": [list(bit) for bit in bits]})


def _places(difference: int) -> list[tuple[int, ...]]:
    """Each bit, and each two, that change a CRC-32 by so much; a bit is 8 times its address and its number."""
    changes, order, ordered, tops = _changes()
    found: list[tuple[int, ...]] = [(int(place),) for place in np.flatnonzero(changes == difference)]
    wanted = changes ^ np.uint32(difference)
    firsts = np.flatnonzero(tops[wanted >> 8])
    at = np.minimum(np.searchsorted(ordered, wanted[firsts]), len(ordered) - 1)
    met = ordered[at] == wanted[firsts]
    pairs = zip(firsts[met].tolist(), order[at[met]].tolist(), strict=True)
    return found + [(first, second) for first, second in pairs if first < second]


@cache
def _changes() -> tuple[Crcs, npt.NDArray[np.int64], Crcs, npt.NDArray[np.bool_]]:
    """By how much each bit of 64 KB changes the CRC-32; the order that sorts them; sorted; their upper 24 bits."""
    table = np.arange(256, dtype=np.uint32)
    for _ in range(8):
        table = np.where(table & 1, table >> 1 ^ np.uint32(POLYNOMIAL), table >> 1)
    changes = np.empty((HALF, 8), np.uint32)
    row = table[1 << np.arange(8)]
    for address in range(HALF - 1, -1, -1):
        changes[address] = row
        row = row >> 8 ^ table[row & 0xFF]
    flat = changes.reshape(-1)
    order = np.argsort(flat)
    tops = np.zeros(1 << 24, np.bool_)
    tops[flat >> 8] = True
    return flat, order, flat[order], tops

"""The RAM maps of OpenM1's versions: where the stored data begin, what makes them valid, whose an image is.

All are alike but for what `Map` holds; addresses in the docstring of `openm1` are those of #24.

Sources: roms/openm1 (version.inc, ram.inc, store.asm), this project's own firmware.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

import numpy as np

GLOBAL_SIZE, COMBI_SIZE, PROGRAM_SIZE, SONGS_SIZE = 861, 124, 143, 1522
"""Combinations begin behind the global data; then programs, then songs with patterns and offsets, then steps."""
ALLOCATIONS = {0: (100, 4400), 1: (50, 7700)}
"""Allocation -> programs and combinations, steps."""
LIKELY = 0.6
"""Share of name characters that can be displayed, above which an image is taken for this layout; noise has 0.37."""
LIKELY_MODES = 0.3
"""Share of records whose oscillator mode or type is possible, needed besides; noise has 0.016."""
DAMAGED_SIGNATURE_BITS = 32
"""Of 128; noise differs in about 64 and hardly ever in fewer than 40."""
WRONG_SUMS = 8
"""As many wrong bits of a signature as sums that do not agree weigh; versions' signatures differ in one or two."""


@dataclass(frozen=True)
class Map:
    """One version's map.

    `header` is where the signature stands; `skip` is how many bytes of the settings the sums leave out, `seed` what the
    first sum begins with.
    """

    version: str
    header: int
    signature: bytes
    skip: int = 0
    seed: int = 0

    @property
    def settings(self) -> int:
        """Where the settings begin, and what the journal may lead to."""
        return self.header + 0x20

    @property
    def pool(self) -> int:
        """Where the global data begin, and with them what an ALL DATA dump carries."""
        return self.header + 0x40

    @property
    def end(self) -> int:
        """Behind the last byte the sums cover."""
        return self.header + 0xB69C

    @property
    def combis(self) -> int:
        """Where the combinations begin."""
        return self.pool + GLOBAL_SIZE


def _signature(number: int) -> bytes:
    return f"OpenM1 RAM  #{number}".encode("ascii") + b"\xa5\x5a"


MAPS = (
    Map("#24", 0x1000, _signature(1)),
    Map("#19", 0x1000, _signature(0), skip=0x20),
    Map("#29", 0x1100, _signature(1)),
    Map("#06", 0x1000, _signature(2)),
    Map("#12", 0x1080, _signature(2), seed=0x5A5A),
)
"""The default build's first: it wins where nothing tells."""


def signature_bits(image: bytes, where: Map = MAPS[0]) -> int:
    """How many bits of the signature are wrong."""
    return sum((a ^ b).bit_count() for a, b in zip(image[where.header :], where.signature, strict=False))


def sums(image: bytes, where: Map = MAPS[0]) -> tuple[int, int]:
    """The two sums of what they guard: of the words, and of the first sum after each word; modulo 65536.

    >>> image = bytearray(65536); image[0x1021] = 1
    >>> [hex(value) for value in sums(bytes(image))]
    ['0x100', '0x3e00']
    """
    words = np.frombuffer(image[where.settings + where.skip : where.end], "<u2").astype(np.uint64)
    left = np.arange(words.size, 0, -1, dtype=np.uint64)
    first, second = int(words.sum()), int((words * left).sum())
    return first + where.seed & 0xFFFF, second + where.seed * words.size & 0xFFFF


def sums_agree(image: bytes, where: Map) -> bool:
    """The sums in the header are those of the data."""
    return sums(image, where) == struct.unpack_from("<HH", image, where.header + 0x10)


def recognise(image: bytes) -> tuple[Map | None, str]:
    """Whose an image is and how that is known; None and "" when it is no version's.

    Args:
        image: 65,536 bytes.

    >>> recognise(bytes(65536))
    (None, '')
    """
    bits = {where: wrong for where in MAPS if (wrong := signature_bits(image, where)) <= DAMAGED_SIGNATURE_BITS}
    if bits:
        best = min(bits, key=lambda where: bits[where] + WRONG_SUMS * (not sums_agree(image, where)))
        wrong = bits[best]
        damaged = f", damaged in {wrong} bit{'s' if wrong > 1 else ''}" if wrong else ""
        return best, f"by its signature{damaged}"
    for where in MAPS:
        if any(image[where.settings : where.end]) and sums_agree(image, where):
            return where, "by its sums; the signature is gone"
    shares = {where: max(readable(image, allocation, where) for allocation in ALLOCATIONS) for where in MAPS}
    best = max(shares, key=lambda where: shares[where])
    if shares[best] >= LIKELY:
        how = f"guessed from its names, {shares[best]:.0%} of their characters readable; the signature is gone"
        return best, how
    return None, ""


def readable(image: bytes, allocation: int, where: Map) -> float:
    """Share of name characters that can be displayed; 0 where the modes behind the names are not those of sounds.

    Bytes that are all zero are no names: 0.
    """
    sounds, _ = ALLOCATIONS[allocation]
    data = np.frombuffer(image, np.uint8)
    programs = where.combis + COMBI_SIZE * sounds
    end = programs + PROGRAM_SIZE * sounds
    rows = [
        (data[where.combis : programs].reshape(sounds, COMBI_SIZE), 4),
        (data[programs:end].reshape(sounds, PROGRAM_SIZE), 2),
    ]
    names = np.concatenate([table[:, :10].ravel() for table, _ in rows])
    modes = float(np.concatenate([table[:, 10] <= highest for table, highest in rows]).mean())
    return float(((names >= 0x20) & (names < 0x7F)).mean()) if modes >= LIKELY_MODES else 0.0

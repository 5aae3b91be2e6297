"""Which sum over a range of RAM a firmware keeps: known ways are computed over several valid images and compared.

A way fits if what is stored is, in all images, the computed sum plus one and the same number, its seed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache, reduce
from operator import xor

from korgm1.experiments.record import Range, Record

CRCS = (
    ("1021", 0x1021, False), ("8005", 0x8005, False),
    ("1021 reflected", 0x8408, True), ("8005 reflected", 0xA001, True),
)
"""The usual polynomials of 16 bits, the highest bit first or, reflected, the lowest."""


@dataclass(frozen=True)
class Sum(Record):
    """A stored sum that is understood.

    Attributes:
        address: of the word, low byte first.
        how: the way it is made.
        seed: what it begins with.
        start, end: the range it covers, to before `end`.
    """

    address: int
    how: str
    seed: int
    start: int
    end: int

    def __str__(self) -> str:
        return f"{self.address:04X}: {self.how} over {Range(self.start, self.end)}, begins with {self.seed:04X}"


def stored_sums(images: Sequence[bytes], stored: Iterable[Range], start: int, end: int) -> tuple[Sum, ...]:
    """The sums that are kept in `stored`.

    Args:
        images: valid ones with different contents, two at least; more of them make it surer.
        stored: where sums are kept; at an end of what is covered, they are not covered.
        start, end: what they cover.

    >>> one = bytes([6, 0, 1, 0, 2, 0, 3, 0])
    >>> other = bytes([9, 0, 2, 0, 3, 0, 4, 0])
    >>> [str(row) for row in stored_sums([one, other], [Range(0, 2)], 0, 8)]
    ['0000: sum of words over 0002-0007, begins with 0000']
    """
    stored = list(stored)
    for row in stored:
        start = row.end if row.start <= start < row.end else start
        end = row.start if row.start < end <= row.end else end
    contents = [_words(image[start:end]) for image in images]
    if len(images) < 2 or len({tuple(words) for words in contents}) < 2:
        return ()
    found: list[Sum] = []
    first_seed: int | None = None
    for address in [at for row in stored for at in range(row.start, row.end - 1, 2)]:
        kept = [image[address] | image[address + 1] << 8 for image in images]
        for how, sums in (
            ("sum of words", [sum(words) for words in contents]),
            ("sum of bytes", [sum(image[start:end]) for image in images]),
            ("sum of the first sum after each word", [_second(words, first_seed or 0) for words in contents]),
        ):
            seeds = {(have - made) & 0xFFFF for have, made in zip(kept, sums, strict=True)}
            if len(seeds) == 1:
                seed = seeds.pop()
                found.append(Sum(address, how, seed, start, end))
                first_seed = seed if how == "sum of words" and first_seed is None else first_seed
                break
        else:
            seeds = {have ^ reduce(xor, words, 0) for have, words in zip(kept, contents, strict=True)}
            if len(seeds) == 1:
                found.append(Sum(address, "exclusive or of words", seeds.pop(), start, end))
            else:
                found += _crc(address, kept, [image[start:end] for image in images], start, end)
    return tuple(found)


def _crc(address: int, kept: list[int], contents: list[bytes], start: int, end: int) -> list[Sum]:
    """The 16-bit CRC that fits: what is stored and the CRC from 0 differ by the same bits in all images."""
    for name, polynomial, reflected in CRCS:
        rest = {have ^ crc(data, polynomial, reflected) for have, data in zip(kept, contents, strict=True)}
        if len(rest) == 1:
            seed = _before(rest.pop(), end - start, polynomial, reflected)
            return [Sum(address, f"CRC-16 {name}", seed, start, end)]
    return []


def crc(data: bytes, polynomial: int, reflected: bool, seed: int = 0) -> int:
    """A CRC of 16 bits.

    Args:
        data: what it covers.
        polynomial: its bits, the highest power first, or the lowest if `reflected`.
        reflected: whether each byte goes in with its lowest bit first.
        seed: what it begins with.

    >>> hex(crc(b"123456789", 0x1021, False, 0xFFFF)), hex(crc(b"123456789", 0xA001, True))
    ('0x29b1', '0xbb3d')
    """
    table = _table(polynomial, reflected)
    if reflected:
        for byte in data:
            seed = seed >> 8 ^ table[(seed ^ byte) & 0xFF]
    else:
        for byte in data:
            seed = seed << 8 & 0xFFFF ^ table[seed >> 8 ^ byte]
    return seed


@lru_cache
def _table(polynomial: int, reflected: bool) -> tuple[int, ...]:
    rows = []
    for value in range(256):
        row = value if reflected else value << 8
        for _ in range(8):
            if reflected:
                row = row >> 1 ^ (polynomial if row & 1 else 0)
            else:
                row = row << 1 & 0xFFFF ^ (polynomial if row & 0x8000 else 0)
        rows.append(row)
    return tuple(rows)


def _before(value: int, count: int, polynomial: int, reflected: bool) -> int:
    """Which seed comes to this value when `count` bytes of 00 have gone in."""
    for _ in range(8 * count):
        if reflected:
            value = (value ^ polynomial) << 1 & 0xFFFF | 1 if value & 0x8000 else value << 1
        else:
            value = (value ^ polynomial) >> 1 | 0x8000 if value & 1 else value >> 1
    return value


def _words(data: bytes) -> list[int]:
    return [low | high << 8 for low, high in zip(data[::2], data[1::2], strict=False)]


def _second(words: list[int], seed: int) -> int:
    total, running = 0, seed
    for word in words:
        running += word
        total += running
    return total

"""Which sum over a range of RAM a firmware keeps: known ways are computed over several valid images and compared.

A way fits if what is stored is, in all images, the computed sum plus one and the same number, its seed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import xor

from korgm1.experiments.record import Range, Record


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
        images: valid ones with different contents, two at least.
        stored: where sums are kept.
        start, end: what they cover.

    >>> one = bytes([6, 0, 1, 0, 2, 0, 3, 0])
    >>> other = bytes([9, 0, 2, 0, 3, 0, 4, 0])
    >>> [str(row) for row in stored_sums([one, other], [Range(0, 2)], 2, 8)]
    ['0000: sum of words over 0002-0007, begins with 0000']
    """
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
    return tuple(found)


def _words(data: bytes) -> list[int]:
    return [low | high << 8 for low, high in zip(data[::2], data[1::2], strict=False)]


def _second(words: list[int], seed: int) -> int:
    total, running = 0, seed
    for word in words:
        running += word
        total += running
    return total

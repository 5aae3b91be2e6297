"""Checksums of 8 bits, which alone prove nothing: only what both chips have alike is told.

One test in 256 hits by chance, so of each chip's some hundred tests a few always do. That the same test hits in both
happens once in 65,536.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import reduce
from operator import xor

import numpy as np

from korgm1.romset.image import HALF

Key = tuple[str, str, int]
"""Algorithm, stretch, offset of the field in the chip."""
VARIED = 16
_FIELDS = (0, 1, *range(HALF - 16, HALF))
_BLANK = (0x00, 0xFF)
ALL = HALF - 1
"""Stands for the place of a sum over the whole chip, of which any byte may be the field."""


def alike(even: bytes, odd: bytes) -> tuple[list[tuple[Key, int, int]], int]:
    """The 8-bit sums that hold in both chips, with the fields of IC32 and IC23; and how many were tried.

    >>> chip = bytes(range(1, 256)) * 257
    >>> even = chip + bytes([-sum(chip) & 0xFF])
    >>> alike(even, even[::-1])[0][0][0]
    ('8-bit sum of all bytes', 'all', 65535)
    """
    if len(even) != HALF or len(odd) != HALF or min(len(set(even)), len(set(odd))) < VARIED:
        return [], 0
    first, second = dict(_holding(even)), dict(_holding(odd))
    tests = 8 + 5 * len(_FIELDS)
    return [(key, field, second[key]) for key, field in first.items() if key in second], tests


def _holding(chip: bytes) -> Iterator[tuple[Key, int]]:
    total, crossed = sum(chip) & 0xFF, reduce(xor, chip)
    for name, value in (("8-bit sum of all bytes", total), ("8-bit XOR of all bytes", crossed)):
        if value in _BLANK:
            yield (name, "all", ALL), value
    running = np.concatenate([[0], np.cumsum(np.frombuffer(chip, np.uint8), dtype=np.int64)])
    crosses = np.concatenate([[0], np.bitwise_xor.accumulate(np.frombuffer(chip, np.uint8))])
    for at in _FIELDS:
        stored, before = chip[at], int(running[at]) & 0xFF
        if stored in _BLANK:
            continue
        kinds = [("8-bit sum of bytes", before), ("8-bit sum of bytes, negated", -before & 0xFF),
                 ("8-bit sum of bytes, inverted", ~before & 0xFF), ("8-bit XOR of bytes", int(crosses[at]))]
        for name, value in kinds if at > 1 else ():
            if value == stored:
                yield (name, "before", at), stored
        if total - stored & 0xFF == stored and at < HALF - 1:
            yield ("8-bit sum of bytes", "around", at), stored

"""How much there is in each 256 bytes of a dump: blank, text, code, noise.

Shannon's entropy of the byte values in bits a byte: 0 where all bytes are equal, about 7.2 for 256 random ones (8 needs
256 different ones).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

BLOCK = 256
KINDS = ("blank", "sparse", "text", "code or data", "dense")
"""What a block looks like."""
SPARSE, DENSE = 3.0, 6.9
"""Bits a byte: below is sparse (tables of small numbers), from it on dense (random, packed or sampled)."""
TEXT = 0.85
"""Share of printable bytes from which on a block is text."""

Blocks = npt.NDArray[np.float64]


def entropy(data: bytes) -> Blocks:
    """Bits a byte of each block of 256 bytes; what is left at the end counts as a block.

    >>> entropy(bytes(256) + bytes(range(256))).tolist()
    [0.0, 8.0]
    """
    out = []
    for at in range(0, len(data), BLOCK):
        counts = np.bincount(np.frombuffer(data[at : at + BLOCK], np.uint8))
        share = counts[counts > 0] / min(BLOCK, len(data) - at)
        out.append(abs(float(-(share * np.log2(share)).sum())))
    return np.array(out)


def kinds(data: bytes) -> list[str]:
    """What each block looks like, one of `KINDS`.

    >>> kinds(bytes(256) + b"Init Prog " * 25)
    ['blank', 'text']
    """
    return [_kind(data[BLOCK * n : BLOCK * (n + 1)], value) for n, value in enumerate(entropy(data))]


def _kind(block: bytes, bits: float) -> str:
    if len(set(block)) == 1:
        return "blank"
    if sum(0x20 <= byte < 0x7F for byte in block) >= TEXT * len(block):
        return "text"
    return "sparse" if bits < SPARSE else "dense" if bits >= DENSE else "code or data"


def summary(found: Sequence[str]) -> str:
    """The kinds of an image in one line.

    >>> summary(["blank", "text", "text"])
    'blank 33 %, text 67 %'
    """
    counts = Counter(found)
    return ", ".join(f"{kind} {100 * counts[kind] / len(found):.0f} %" for kind in KINDS if counts[kind])

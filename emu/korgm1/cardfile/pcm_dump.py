"""What the dump of a PCM card looks like: its words, their level, silence, and names that stand in it.

Nothing public documents such a card's directory; names are runs of readable characters (ASSUMED to be names).
Sources: facts m1-sound 2, 5; m1-hardware 1.5.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from math import log10

import numpy as np

from korgm1.romset.pcm_card import card_words
from korgm1.sound.waverom import swapped

QUIET = 4
"""A word this near to 0 is silence."""
SHORTEST_SILENCE = 64
"""Words in a row."""
_NAME = re.compile(rb"[ -~]{10,}")
_WORDS = re.compile(r"[A-Z]?[a-z]{3,}| +")
"""Most of a name; of noise that can be read, little."""


@dataclass(frozen=True)
class PcmDump:
    """A dump by its looks.

    Attributes:
        words: how many.
        peak: the largest word, without its sign.
        rms: root of the mean square.
        silence: share of the words that are silent, and in a row.
        full: the last word that is neither 0 nor FFFF, counted from 1; 0: there is none.
        swapped: whether its bytes speak for the other order.
        names: (byte address, text) of what may be names, by address.
    """

    words: int
    peak: int
    rms: float
    silence: float
    full: int
    swapped: bool
    names: tuple[tuple[int, str], ...]


def look(data: bytes) -> PcmDump:
    """What a dump holds.

    Args:
        data: 16-bit words, low byte first (ASSUMED), an even number of bytes.

    >>> seen = look(bytes(200) + (1000).to_bytes(2, "little") * 100)
    >>> seen.words, seen.peak, seen.silence, seen.names
    (200, 1000, 0.5, ())
    """
    words = card_words(data).astype(np.int32)
    quiet = np.concatenate([[False], np.abs(words) <= QUIET, [False]])
    edges = np.flatnonzero(quiet[1:] != quiet[:-1])
    runs = edges[1::2] - edges[::2]
    used = np.flatnonzero((words != 0) & (words != -1))
    return PcmDump(
        len(words), int(np.abs(words).max()), float(np.sqrt(np.mean(words.astype(np.float64) ** 2))),
        float(runs[runs >= SHORTEST_SILENCE].sum() / len(words)), int(used[-1]) + 1 if used.size else 0,
        swapped(data[0::2], data[1::2]), tuple(_names(data)),
    )


def decibels(level: float) -> float:
    """How far a level is below full scale (32,768), in dB; infinity for silence.

    >>> round(decibels(16384)), decibels(0)
    (6, inf)
    """
    return abs(20 * log10(level / 32768)) if level > 0 else float("inf")


def _names(data: bytes) -> list[tuple[int, str]]:
    found = [(match.start(), match.group().decode("ascii")) for match in _NAME.finditer(data)]
    return [(at, text) for at, text in found if len(_WORDS.sub("", text)) * 2 <= len(text)]

"""A plain look at a sound: words played at a step, looped, with the straight line between neighbours.

This is a view for listening and measuring, not the tone generator: no envelope, no filter, float64, and what the M1
does between words is not known.
"""

from __future__ import annotations

import numpy as np

from korgm1.waves.arithmetic import Floats, exp2
from korgm1.waves.bank import Bank
from korgm1.waves.directory import RATE, ROOT_UNIT, UNITY, Sound, Zone


def step(zone: Zone, key: float, tracking: bool = True) -> float:
    """How many words a frame moves on; 1 where the keyboard is not followed.

    >>> step(Zone(127, 0, 0, 8, 6_000_000, 256), 72)
    2.0
    """
    return float(exp2((key * 100 - zone.root / ROOT_UNIT) / 1200)) if tracking else 1.0


def play(bank: Bank, sound: Sound, key: int = 60, seconds: float = 2.0) -> Floats:
    """A key held for so long, at 31,250 Hz, between -1 and 1.

    Args:
        bank: where the words are.
        sound: one of its multisounds or drums.
        key: MIDI number, 0 to 127.
        seconds: how long; a one-shot sound is followed by silence.
    """
    zone = sound.zone(key)
    words = bank.words[zone.start : zone.loop_end].astype(np.float64)
    at = np.arange(round(seconds * RATE)) * step(zone, key, sound.tracking)
    place = np.floor(at)
    between = at - place
    first = place.astype(np.int64)
    second = first + 1
    loop = zone.loop_end - zone.loop_start
    if loop:
        begin = zone.loop_start - zone.start
        first, second = (np.where(i >= begin, (i - begin) % loop + begin, i) for i in (first, second))
    else:
        words = np.concatenate((words, np.zeros(1)))
        first, second = (np.minimum(i, len(words) - 1) for i in (first, second))
    low, high = words[first], words[second]
    heard: Floats = (low + (high - low) * between) * (zone.level / UNITY / 32768.0)
    return heard

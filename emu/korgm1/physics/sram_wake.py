"""How a pair of static RAMs wakes after having lost everything: a pattern of its own, nearly the same each time.

quantity          law                                                                    standing
preferred state   1 where 0.6 x pattern of the type + 0.8 x the cell's own + leaning > 0 MEASURED on a CY62256
leaning           of a chip, even from -0.03 to 0.06: ones 0.49 to 0.52                  MEASURED on a CY62256
power-up noise    15 % of the cells, each differs with its probability 0.5 u^2           MEASURED on a CY62256
imprint           + strength x (years / 10)^0.3 towards a value held for years           ASSUMED, off; H-SRAM-IMPRINT

Two chips so differ in 38 % of their bits, two power-ups of one in 3.5 %; 89 % of the bits are the same in 19 reads.
The type's pattern is constant over 64 cells of a chip: neighbours agree in 62 %. Hypothesis H-SRAM-WAKE.
Sources: facts battery-sram 4.2, 4.3, 4.4 (points 3-5).
"""

from __future__ import annotations

from functools import lru_cache
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from korgm1.physics.sram_retention import CHIP_BITS, Mask, interleave
from korgm1.physics.uniform import key, uniform, uniform_at

_PATTERN_RUN = 64
_LEVELS = 64
_TYPE_SEED = 0x43256
_CELL, _LEANING, _WAKE = 0, 4, 6
"""Streams of a seed, one for each chip from there."""


def wake(
    seed: int, power_ups: int, held: bytes | Mask | None = None, held_years: float = 0.0, strength: float = 0.05
) -> Mask:
    """The 65,536 bytes of a pair that wakes after having lost everything.

    Args:
        seed: which two chips.
        power_ups: how many times they woke before; the noise differs each time.
        held: 65,536 bytes they held for years before that; None = no imprint.
        held_years: for how long.
        strength: of the imprint after ten years, in standard deviations of the cells' preference.

    >>> a, b = wake(1, 0), wake(1, 1)
    >>> a.size, bool(0 < np.unpackbits(a ^ b).mean() < 0.05)
    (65536, True)
    """
    shift = strength * (max(0.0, held_years) / 10) ** 0.3 if held is not None else 0.0
    content = np.frombuffer(held, np.uint8) if held is not None else None
    chips = []
    for chip in (0, 1):
        was = np.unpackbits(content[chip::2], bitorder="little").view(np.bool_) if content is not None else None
        chips.append(_wake_chip(seed, chip, power_ups, was if shift else None, shift))
    return interleave(chips)


def _wake_chip(
    seed: int, chip: int, power_ups: int, held: npt.NDArray[np.bool_] | None, shift: float
) -> npt.NDArray[np.bool_]:
    leaning = 0.09 * int(uniform(key(seed, _LEANING + chip), 1)[0]) / 2**64 - 0.03
    pattern = _pattern()
    cell = uniform(key(seed, _CELL + chip), CHIP_BITS)
    own = cell.reshape(-1, _PATTERN_RUN) & np.uint64(0xFFFFFFFF)
    if held is None:
        bits: npt.NDArray[np.bool_] = (own < _thresholds(leaning)[pattern][:, None]).ravel()
    else:
        one, zero = (_thresholds(leaning + side * shift)[pattern][:, None] for side in (1, -1))
        bits = (own < np.where(held.reshape(-1, _PATTERN_RUN), one, zero)).ravel()

    noisy = np.flatnonzero(cell >> np.uint64(48) < np.uint64(round(0.15 * 2**16)))
    u = cell[noisy] >> np.uint64(32) & np.uint64(0xFFFF)
    coin = uniform_at(key(seed, _WAKE + 2 * power_ups + chip), noisy) >> np.uint64(32)
    bits[noisy] ^= coin < u * u >> np.uint64(1)
    return bits


def _thresholds(leaning: float) -> npt.NDArray[np.uint64]:
    """By level of the pattern: a cell whose own number is below this prefers 1."""
    usual = NormalDist()
    levels = [usual.inv_cdf((level + 0.5) / _LEVELS) for level in range(_LEVELS)]
    return np.array([round(usual.cdf((0.6 * level + leaning) / 0.8) * 2**32) for level in levels], np.uint64)


@lru_cache(maxsize=1)
def _pattern() -> npt.NDArray[np.uint64]:
    return uniform(_TYPE_SEED, CHIP_BITS // _PATTERN_RUN) >> np.uint64(58)

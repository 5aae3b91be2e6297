"""What a 64 KB pair of static RAMs holds when its supply was low or gone: a law for every bit, nothing stored.

Each bit's constants come from a hash of (seed, chip, bit), and each question becomes "is this uniform number below a
share?", so one seed gives the same chips on every machine. Bit number = byte x 8 + bit; even bytes are one chip.

quantity          law at 25 C                                                            standing
retention volts   Normal(0.60, 0.10); one cell in 10,000: 0.90 + Exp(0.15); all < 1.95   ASSUMED
decay time        LogNormal(median 1.7 s, sigma 0.43), halved by +10 K                   MEASURED on a CY62256
preferred state   0.6 x pattern of the type + 0.8 x the cell's own + the chip's leaning  MEASURED on a CY62256
power-up noise    15 % of the cells, probability 0.5 u^2                                 MEASURED on a CY62256

A cell is lost if its supply was below its retention voltage for its decay time; it then wakes in its preferred state.
First version: one lowest level and one time; a history of levels is summed in a later one. The type's pattern is
constant over 64 cells of a chip. Hypothesis H-SRAM-CELLS.
Sources: facts battery-sram 4.2, 4.4 (points 1-4).
"""

from __future__ import annotations

from math import erf, exp, log, sqrt
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

SIZE = 0x10000
GUARANTEED_VOLTS = 2.0
"""At this supply or above nothing is lost (DATASHEET, uPD43256B family)."""

_CHIP_BITS = SIZE * 8 // 2
_PATTERN_RUN = 64
_LEVELS = 64
_MASK = (1 << 64) - 1
_GOLDEN = 0x9E3779B97F4A7C15
_TYPE_SEED = 0x43256
_CELL, _SUPPLY, _LEANING, _WAKE = range(4)

Mask = npt.NDArray[np.uint8]
"""A byte of the RAM in each element."""


def wake(seed: int, power_ups: int) -> Mask:
    """The 65,536 bytes of a pair that wakes after having lost everything.

    Args:
        seed: which two chips.
        power_ups: how many times they woke before; the noise differs each time.

    >>> a, b = wake(1, 0), wake(1, 1)
    >>> a.size, bool(0 < np.unpackbits(a ^ b).mean() < 0.05)
    (65536, True)
    """
    return _interleave([_wake_chip(seed, chip, power_ups) for chip in (0, 1)])


def lost(seed: int, volts: float, seconds: float, celsius: float = 25.0) -> Mask:
    """Which bits did not survive, as a mask of 65,536 bytes (1 = lost).

    Args:
        seed: which two chips.
        volts: the lowest supply at the chips' VCC pin.
        seconds: how long it was that low.
        celsius: their temperature.

    >>> [int(np.unpackbits(lost(1, volts, 3600)).sum()) for volts in (2.0, 0.0)]
    [0, 524288]
    """
    at_risk = np.uint64(round(share_at_risk(volts, celsius) * 2**32))
    decayed = np.uint64(round(share_decayed(seconds, celsius) * 2**32))
    chips = []
    for chip in (0, 1):
        draw = _uniform(_key(seed, chip, _SUPPLY), _CHIP_BITS)
        chips.append((draw >> np.uint64(32) < at_risk) & (draw & np.uint64(0xFFFFFFFF) < decayed))
    return _interleave(chips)


def share_at_risk(volts: float, celsius: float = 25.0) -> float:
    """The share of cells whose retention voltage is above a supply.

    >>> [f"{share_at_risk(v):.2g}" for v in (2.0, 1.5, 1.0, 0.8, 0.6, 0.0)]
    ['0', '1.8e-06', '8.3e-05', '0.023', '0.5', '1']
    """
    volts -= 0.0005 * (celsius - 25)
    weak = exp(-max(0.0, volts - 0.90) / 0.15) if volts < 1.95 else 0.0
    usual = 1.0 if volts < 0.1 else _above((volts - 0.60) / 0.10) if volts < 1.5 else 0.0
    return 1e-4 * weak + (1 - 1e-4) * usual


def share_decayed(seconds: float, celsius: float = 25.0) -> float:
    """The share of unsupplied cells that forget within a time.

    >>> [f"{share_decayed(t):.2f}" for t in (0.0, 0.7, 1.7, 3.0, 60.0)]
    ['0.00', '0.02', '0.50', '0.91', '1.00']
    """
    if seconds <= 0:
        return 0.0
    return 1 - _above((log(seconds / 1.7) + log(2) * (celsius - 25) / 10) / 0.43)


def _above(sigmas: float) -> float:
    return (1 - erf(sigmas / sqrt(2))) / 2


def _wake_chip(seed: int, chip: int, power_ups: int) -> npt.NDArray[np.bool_]:
    leaning = 0.09 * _scramble(_key(seed, chip, _LEANING)) / 2**64 - 0.03
    levels = [NormalDist().inv_cdf((level + 0.5) / _LEVELS) for level in range(_LEVELS)]
    share_of_ones = [NormalDist().cdf((0.6 * level + leaning) / 0.8) for level in levels]
    thresholds = np.array([round(share * 2**32) for share in share_of_ones], np.uint64)
    pattern = _uniform(_TYPE_SEED, _CHIP_BITS // _PATTERN_RUN) >> np.uint64(58)

    cell = _uniform(_key(seed, chip, _CELL), _CHIP_BITS)
    own = cell.reshape(-1, _PATTERN_RUN) & np.uint64(0xFFFFFFFF)
    bits: npt.NDArray[np.bool_] = (own < thresholds[pattern][:, None]).ravel()

    noisy = np.flatnonzero(cell >> np.uint64(48) < np.uint64(round(0.15 * 2**16)))
    u = cell[noisy] >> np.uint64(32) & np.uint64(0xFFFF)
    coin = _uniform(_key(seed, chip, _WAKE + power_ups), _CHIP_BITS)[noisy] >> np.uint64(32)
    bits[noisy] ^= coin < u * u >> np.uint64(1)
    return bits


def _interleave(chips: list[npt.NDArray[np.bool_]]) -> Mask:
    even, odd = (np.packbits(chip, bitorder="little") for chip in chips)
    return np.stack([even, odd], 1).ravel()


def _key(seed: int, chip: int, stream: int) -> int:
    return _scramble(_scramble(seed & _MASK) + 2 * stream + chip & _MASK)


def _scramble(number: int) -> int:
    return int(_uniform(number, 1)[0])


def _uniform(key: int, count: int) -> npt.NDArray[np.uint64]:
    """Uniform 64-bit numbers of a key: the SplitMix64 generator from that state, all places at once."""
    z = np.arange(1, count + 1, dtype=np.uint64) * np.uint64(_GOLDEN) + np.uint64(key)
    z = (z ^ z >> np.uint64(30)) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ z >> np.uint64(27)) * np.uint64(0x94D049BB133111EB)
    return z ^ z >> np.uint64(31)

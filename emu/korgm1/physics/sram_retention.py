"""What a 64 KB pair of static RAMs holds when its supply was low or gone: a law for every bit, nothing stored.

Each bit's constants come from a hash of (seed, chip, bit), and each question becomes "is this uniform number below a
share?", so one seed gives the same chips on every machine. Bit number = byte x 8 + bit; even bytes are one chip.

quantity          law at 25 C                                                            standing
retention volts   Normal(0.60, 0.10); one cell in 10,000: 0.90 + Exp(0.15); all < 1.95   ASSUMED
  temperature     +0.5 mV/K                                                              ASSUMED
decay time        LogNormal(median 1.7 s, sigma 0.43), halved by +10 K                   MEASURED on a CY62256
  of the pair     x 0.3 to 3, even over the logarithm, by seed                           ASSUMED, H-SRAM-DECAY

A bit is lost if the time its supply spent below its retention voltage, in units of its decay time, sums to 1: the
exposure of `SupplyHistory` up to its own level. Hypothesis H-SRAM-CELLS. What a lost bit then reads: `sram_wake`.
Retention volts are kept to 10 mV, those of the lowest 99.6 % of the bits on a grid of 1 / 65,536 of all bits.
Sources: facts battery-sram 4.1-4.4 (points 1, 2).
"""

from __future__ import annotations

from functools import lru_cache
from math import erf, exp, log, sqrt

import numpy as np
import numpy.typing as npt

from korgm1.physics.arrhenius import doubling
from korgm1.physics.supply_history import GUARANTEED_VOLTS, LEVELS, PER_KELVIN, STEP, SupplyHistory
from korgm1.physics.uniform import Draws, key, share, uniform

__all__ = ["GUARANTEED_VOLTS", "SIZE", "Mask", "lost", "retention_volts", "share_at_risk", "share_decayed",
           "unit_factor"]

SIZE = 0x10000
CHIP_BITS = SIZE * 8 // 2
_SUPPLY, _UNIT = 2, 0x62257
"""Streams of a seed; the second is chosen so that seed 0 is close to the middle."""

Mask = npt.NDArray[np.uint8]
"""A byte of the RAM in each element."""


def lost(seed: int, history: SupplyHistory, unit: float | None = None) -> Mask:
    """Which bits did not survive, as a mask of 65,536 bytes (1 = lost).

    Args:
        seed: which two chips.
        history: of their supply.
        unit: factor of their decay times; None: the seed's, `unit_factor`.

    >>> history = SupplyHistory()
    >>> int(np.unpackbits(lost(1, history)).sum())
    0
    >>> history.stay(0.0, 3600, 25)
    >>> int(np.unpackbits(lost(1, history)).sum())
    524288
    """
    if not history.seconds.any():
        return np.zeros(SIZE, np.uint8)
    exposure = np.cumsum(history.seconds) / (unit_factor(seed) if unit is None else unit)
    shares = [share_decayed(seconds) for seconds in exposure.tolist()]
    decayed = np.array([round(share * 2**32) for share in shares], np.uint64)
    edges = _thresholds()
    at_risk = edges[np.flatnonzero(history.seconds)[0]]
    for_sure = np.flatnonzero(decayed == 2**32)
    gone = edges[for_sure[0]] if for_sure.size else np.uint64(0)
    chips = []
    for chip in (0, 1):
        draw = _draws(seed, chip)
        level = draw >> np.uint64(32)
        bits = level < gone
        places = np.flatnonzero((level < at_risk) & ~bits)
        found = draw[places]
        bits[places] = found & np.uint64(0xFFFFFFFF) < decayed[_levels(found >> np.uint64(32))]
        chips.append(bits)
    return interleave(chips)


def retention_volts(seed: int) -> npt.NDArray[np.float64]:
    """The retention voltage of each bit at 25 C, to 10 mV: 524,288 numbers, bit 0 of byte 0 first.

    >>> volts = retention_volts(1)
    >>> bool(volts.max() < 2.0), round(float(np.median(volts)), 1)
    (True, 0.6)
    """
    even, odd = (_levels(_draws(seed, chip) >> np.uint64(32)).reshape(-1, 8) for chip in (0, 1))
    return (np.stack([even, odd], 1).ravel() + 1).astype(np.float64) * np.float64(STEP)


def share_at_risk(volts: float, celsius: float = 25.0) -> float:
    """The share of cells whose retention voltage is above a supply.

    >>> [f"{share_at_risk(v):.2g}" for v in (2.0, 1.5, 1.0, 0.8, 0.6, 0.0)]
    ['0', '1.7e-06', '8.3e-05', '0.023', '0.5', '1']
    """
    if volts >= GUARANTEED_VOLTS:
        return 0.0
    volts -= PER_KELVIN * (celsius - 25)
    if volts < 0.1:
        return 1.0
    weak = max(0.0, exp(-max(0.0, volts - 0.90) / 0.15) - exp(-7))
    usual = _above((volts - 0.60) / 0.10) if volts < 1.5 else 0.0
    return 1e-4 * weak + (1 - 1e-4) * usual


def share_decayed(seconds: float, celsius: float = 25.0) -> float:
    """The share of unsupplied cells that forget within a time.

    >>> [f"{share_decayed(t):.2f}" for t in (0.0, 0.7, 1.7, 3.0, 60.0)]
    ['0.00', '0.02', '0.50', '0.91', '1.00']
    """
    if seconds <= 0:
        return 0.0
    return 1 - _above(log(seconds * doubling(celsius, 25) / 1.7) / 0.43)


def unit_factor(seed: int) -> float:
    """By what the decay times of one pair differ from the median chip's: 0.3 to 3.

    >>> 0.3 < unit_factor(1) < 3
    True
    """
    return float(0.3 * 10 ** share(key(seed, _UNIT, 0)))


def interleave(chips: list[npt.NDArray[np.bool_]]) -> Mask:
    """The bits of the two chips as bytes of the RAM: even ones from the first."""
    even, odd = (np.packbits(chip, bitorder="little") for chip in chips)
    return np.stack([even, odd], 1).ravel()


def _above(sigmas: float) -> float:
    return (1 - erf(sigmas / sqrt(2))) / 2


@lru_cache(maxsize=8)
def _draws(seed: int, chip: int) -> Draws:
    """A bit's retention voltage (high half) and decay time (low half)."""
    draws = uniform(key(seed, _SUPPLY + chip), CHIP_BITS)
    draws.flags.writeable = False
    return draws


@lru_cache(maxsize=1)
def _thresholds() -> npt.NDArray[np.uint64]:
    """By level: draws below this have their retention voltage above it."""
    return np.array([round(share_at_risk(level * STEP) * 2**32) for level in range(LEVELS)], np.uint64)


@lru_cache(maxsize=1)
def _coarse() -> npt.NDArray[np.uint8]:
    """The highest level that is too low, by the upper 16 bits of the draw."""
    edges = np.arange(0x10000, dtype=np.uint64) << np.uint64(16)
    return np.searchsorted(-_thresholds().astype(np.int64), -edges.astype(np.int64), "left").astype(np.uint8) - 1


def _levels(draws: Draws) -> npt.NDArray[np.intp]:
    """The highest level that is too low for each draw (32 bits); the rarest 1 in 256 exactly."""
    levels = _coarse()[(draws >> np.uint64(16)).astype(np.intp)].astype(np.intp)
    rare = np.flatnonzero(draws < np.uint64(1 << 24))
    exact = np.searchsorted(-_thresholds().astype(np.int64), -draws[rare].astype(np.int64), "left")
    levels[rare] = exact - 1
    return levels

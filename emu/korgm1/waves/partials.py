"""Sines before they sound: how high, how loud when struck and when held, how fast they come and go."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from korgm1.waves.arithmetic import SIXTY_DECIBELS, Floats, decline, ease, exp2, noise, power, resonate, sine
from korgm1.waves.directory import RATE


@dataclass(frozen=True)
class Partials:
    """Sines, one number each: Hz; amplitude held and struck; seconds to fall by 60 dB, and to rise."""

    hz: Floats
    held: Floats
    struck: Floats
    fall: Floats
    rise: Floats

    def __add__(self, other: Partials) -> Partials:
        mine, theirs = (
            (one.hz, one.held, one.struck, one.fall, one.rise) for one in (self, other)
        )
        return Partials(*(np.concatenate(pair) for pair in zip(mine, theirs, strict=True)))

    def __mul__(self, gain: float) -> Partials:
        return Partials(self.hz, self.held * gain, self.struck * gain, self.fall, self.rise)


def partials(
    hz: npt.ArrayLike, held: npt.ArrayLike, struck: npt.ArrayLike | None = None, fall: npt.ArrayLike = 0.3,
    rise: npt.ArrayLike = 0.004,
) -> Partials:
    """Sines; one number for all where there is one. Without `struck` the amplitude is `held` from the beginning."""
    at = np.atleast_1d(np.asarray(hz, dtype=np.float64))
    full = [
        np.ascontiguousarray(np.broadcast_to(np.asarray(value, dtype=np.float64), at.shape))
        for value in (held, held if struck is None else struck, fall, rise)
    ]
    return Partials(at, *full)


def ringing(
    hz: npt.ArrayLike, struck: npt.ArrayLike, fall: npt.ArrayLike, seconds: float, rise: npt.ArrayLike = 0.001
) -> Partials:
    """Sines that ring down freely; what is left after `seconds` is held."""
    left = exp2(-SIXTY_DECIBELS * seconds / np.asarray(fall, dtype=np.float64))
    return partials(hz, np.asarray(struck, dtype=np.float64) * left, struck, fall, rise)


def unit(parts: Partials) -> Partials:
    """The same with a root mean square of 1 where it is loudest, held or struck."""
    loud = max(_total(parts.held * parts.held), _total(parts.struck * parts.struck))
    return parts * float(1.4142135623730951 / np.sqrt(loud))


def below(parts: Partials, ceiling: float) -> Partials:
    """Those that can be heard in the whole zone; the first always stays."""
    which = np.flatnonzero((parts.hz < ceiling) | (np.arange(len(parts.hz)) == 0))
    return Partials(parts.hz[which], parts.held[which], parts.struck[which], parts.fall[which], parts.rise[which])


def series(hz: float, ceiling: float, most: int = 160) -> Floats:
    """The numbers 1, 2, 3... of the harmonics below `ceiling` Hz: one at least, `most` at most."""
    return np.arange(1, max(1, min(most, int(ceiling / hz))) + 1, dtype=np.float64)


def formants(hz: Floats, peaks: Sequence[tuple[float, float, float]]) -> Floats:
    """How much resonances pass at some frequencies.

    Args:
        hz: the frequencies.
        peaks: centre and half width in Hz and gain of each.
    """
    total = np.zeros_like(hz)
    for centre, width, gain in peaks:
        away = (hz - centre) / width
        total = total + gain / (1 + away * away)
    return total


def comb(k: Floats, place: float) -> Floats:
    """How strongly a string is set in motion at `place` (0 to 0.5 of its length), by harmonic: never quite 0."""
    return np.abs(sine(k * (place / 2))) + 0.02


def hiss(seed: int, low: float, high: float, ceiling: float, count: int = 90) -> Partials:
    """Noise of a band as many sines, root mean square 1."""
    high = min(high, ceiling)
    low = min(low, high / 2)
    places = (noise(seed, count) + 1) / 2
    return unit(partials(low + (high - low) * places, (noise(seed + 1, count) + 1.6) / 2, rise=0.03))


def knock(seed: int, hz: float, width: float, seconds: float, level: float, ceiling: float = 15_000.0) -> Floats:
    """A short noise of a band, `level` at its loudest."""
    count = int(seconds * RATE)
    hz = min(hz, ceiling * 0.9)
    sound = resonate(noise(seed, count), hz, min(width, 2 * hz), RATE) * decline(seconds, count, RATE)
    sound[-32:] *= ease(32)[::-1]
    return sound * (level / float(np.abs(sound).max()))


def rolloff(k: Floats, exponent: float) -> Floats:
    """k to the power of -exponent."""
    return power(k, -exponent)


def _total(values: Floats) -> float:
    return float(np.add.accumulate(values)[-1])

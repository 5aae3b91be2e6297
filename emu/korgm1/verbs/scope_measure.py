"""What can be said of a signal in numbers: levels, spectrum, strongest partials."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import log10

import numpy as np

from korgm1.verbs.wav_reading import Signal

LONGEST = 32_768
"""Samples of one stretch of a spectrum."""
SHORTEST = 16
"""Samples of the shortest signal that is measured."""
FLOOR = -160.0
"""dB; nothing is said to be lower, but silence."""
_LOBE = 4
"""Bins from the top of the window's main lobe to its foot."""
_CROWD = 100
"""Bins on each side of a peak that it stands out of."""


@dataclass(frozen=True)
class Partial:
    """A peak of a spectrum: frequency in Hz and level in dBFS, a full-scale sine is 0."""

    hertz: float
    level: float


@dataclass(frozen=True)
class Measured:
    """One channel.

    Attributes:
        peak: highest level of a sample, dBFS; None: silent. `peak_at`: when, in seconds from the signal's beginning.
        rms: dBFS, a full-scale square wave is 0; None: silent.
        mean: the DC in it, 1.0 is full scale.
        hertz, levels: the spectrum without DC, dBFS, a full-scale sine is 0; the mean power of stretches that overlap
            by half, or more at the end.
        partials: the strongest, strongest first.
    """

    peak: float | None
    peak_at: float
    rms: float | None
    mean: float
    hertz: Signal
    levels: Signal
    partials: tuple[Partial, ...]

    def words(self, digits: int) -> str:
        """Peak and RMS for people, with so many digits behind the point."""
        if self.peak is None or self.rms is None:
            return "silent"
        return f"peak {self.peak:.{digits}f} dBFS, RMS {self.rms:.{digits}f} dBFS"


def measure(signal: Signal, rate: int, most: int = 8) -> Measured:
    """Measure one channel.

    Args:
        signal: shape (n,), n >= 16, 1.0 is full scale.
        rate: samples a second.
        most: partials wanted.

    >>> sine = 0.5 * np.sin(2 * np.pi * 1000 / 31250 * np.arange(31250))
    >>> found = measure(sine, 31250)
    >>> f"{found.peak:.2f} {found.rms:.2f}", [f"{p.hertz:.2f} Hz {p.level:.2f}" for p in found.partials]
    ('-6.02 -9.03', ['1000.00 Hz -6.02'])
    """
    mean = float(np.mean(signal))
    hertz, levels = spectrum(signal - mean, rate)
    sizes = np.abs(signal)
    at = int(np.argmax(sizes))
    return Measured(
        decibels(float(sizes[at])), at / rate, decibels(float(np.sqrt(np.mean(signal**2)))), mean,
        hertz, levels, tuple(partials(hertz, levels)[:most]),
    )  # fmt: skip


def twins(samples: Signal, numbers: Iterable[int]) -> dict[int, int]:
    """Channels that are bit for bit an earlier one: number -> the earlier one's, of those that are asked for, from 1.

    >>> twins(np.array([[1.0, 0.0, 1.0], [2.0, 2.0, 2.0]]), (1, 2, 3))
    {3: 1}
    """
    found: dict[int, int] = {}
    first: list[int] = []
    for number in numbers:
        same = [one for one in first if np.array_equal(samples[:, one - 1], samples[:, number - 1])]
        if same:
            found[number] = same[0]
        else:
            first.append(number)
    return found


def decibels(size: float) -> float | None:
    """dB of a size, 1.0 = 0 dB; None for 0.

    >>> decibels(0.5), decibels(0.0)
    (-6.020599913279624, None)
    """
    return 20 * log10(size) if size else None


def spectrum(signal: Signal, rate: int) -> tuple[Signal, Signal]:
    """Frequencies in Hz and levels in dBFS, `FLOOR` at least; a sine of full scale reaches 0."""
    size = min(LONGEST, len(signal))
    turn = 2 * np.pi * np.arange(size) / size
    window: Signal = 0.35875 - 0.48829 * np.cos(turn) + 0.14128 * np.cos(2 * turn) - 0.01168 * np.cos(3 * turn)
    last = len(signal) - size
    begins = sorted({*range(0, last, size // 2), last})
    power = np.zeros(size // 2 + 1)
    for begin in begins:
        power += np.abs(np.fft.rfft(signal[begin : begin + size] * window)) ** 2
    sizes = 2 * np.sqrt(power / len(begins)) / window.sum()
    hertz: Signal = np.arange(len(sizes), dtype=np.float64) * (rate / size)
    levels: Signal = np.maximum(20 * np.log10(np.maximum(sizes, 1e-12)), FLOOR)
    return hertz, levels


def partials(hertz: Signal, levels: Signal, range_db: float = 80.0) -> list[Partial]:
    """The peaks of a spectrum, strongest first: the highest within the window's lobe, at most `range_db` below the top.

    Frequency and level are those of the parabola through a peak's three bins. In a spectrum of `LONGEST` samples a peak
    is 15 dB above the median of the bins around it; the peaks of noise are not.
    """
    top = float(levels[1:].max())
    found = []
    for k in range(1, len(levels) - 1):
        near = levels[max(k - _LOBE, 0) : k + _LOBE + 1]
        if levels[k] < near.max() or levels[k] <= max(top - range_db, -120.0) or levels[k] <= levels[k + 1]:
            continue
        if len(levels) > LONGEST // 2 and levels[k] < np.median(levels[max(k - _CROWD, 0) : k + _CROWD]) + 15:
            continue
        low, middle, high = levels[k - 1 : k + 2]
        bend = low - 2 * middle + high
        shift = 0.5 * (low - high) / bend if bend else 0.0
        found.append(Partial(float((k + shift) * hertz[1]), float(middle - 0.25 * (low - high) * shift)))
    return sorted(found, key=lambda partial: -partial.level)

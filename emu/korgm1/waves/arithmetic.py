"""Arithmetic that gives the same bits everywhere: + - * / and square root of float64, each rounded once, and integers.

No function of the C library, no FFT and no sum whose order is left to the machine; sine, 2^x and log2 are polynomials
of our own (errors below 1e-15), noise is SplitMix64 (physics.uniform).
"""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt

from korgm1.physics.uniform import uniform

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

LN2 = 0.6931471805599453
HALF_PI = 1.5707963267948966
SIXTY_DECIBELS = 9.965784284662087
"""A fall by 60 dB is so many halvings."""
TURN = 1 << 16
"""Steps of a turn in `oscillate`."""


def sine(turns: Floats) -> Floats:
    """The sine of angles in turns, any size below 2^40.

    >>> sine(np.array([0.0, 0.25, 0.5, 1 / 12])).round(12).tolist()
    [0.0, 1.0, 0.0, 0.5]
    """
    x = turns - np.rint(turns)
    x = np.where(x > 0.25, 0.5 - x, np.where(x < -0.25, -0.5 - x, x)) * (4 * HALF_PI)
    square = x * x
    total = np.full_like(x, 1.0)
    for k in range(21, 1, -2):
        total = 1.0 - total * square / (k * (k - 1))
    return total * x


def exp2(x: npt.ArrayLike) -> Floats:
    """2 to the power of x.

    >>> exp2([0.0, 0.5, -3.0]).round(12).tolist()
    [1.0, 1.414213562373, 0.125]
    """
    values = np.asarray(x, dtype=np.float64)
    whole = np.rint(values)
    part = (values - whole) * LN2
    total = np.full_like(part, 1.0)
    for k in range(16, 0, -1):
        total = 1.0 + total * part / k
    result: Floats = np.ldexp(total, np.maximum(whole, -1000).astype(np.int32))
    return result


def log2(x: npt.ArrayLike) -> Floats:
    """The logarithm to base 2 of positive numbers.

    >>> log2([1.0, 8.0, 0.5, 440.0]).round(9).tolist()
    [0.0, 3.0, -1.0, 8.781359714]
    """
    part, power = np.frexp(np.asarray(x, dtype=np.float64))
    low = part < 0.7071067811865476
    part = np.where(low, part * 2, part)
    z = (part - 1) / (part + 1)
    square = z * z
    total = np.zeros_like(z)
    for k in range(25, 0, -2):
        total = total * square + 1.0 / k
    result: Floats = total * z * (2 / LN2) + (power - low)
    return result


def power(base: npt.ArrayLike, exponent: float) -> Floats:
    """Positive numbers to a power.

    >>> power([4.0, 10.0], -0.5).round(9).tolist()
    [0.5, 0.316227766]
    """
    return exp2(log2(base) * exponent)


def hertz(key: float) -> float:
    """The frequency of a MIDI key, A4 = 69 = 440 Hz.

    >>> hertz(57)
    220.0
    """
    return 440.0 * float(exp2((key - 69) / 12))


def cents(hz: float) -> float:
    """The pitch of a frequency in cents above MIDI key 0.

    >>> round(cents(440.0), 6)
    6900.0
    """
    return 6900.0 + 1200.0 * float(log2(hz / 440.0))


@cache
def turn_table(steps: int = TURN) -> Floats:
    """The sine of 0 to steps - 1 parts of a turn; `steps` is a power of two up to `TURN`."""
    if steps == TURN:
        return sine(np.arange(TURN) / TURN)
    return np.ascontiguousarray(turn_table()[:: TURN // steps])


def oscillate(hz: Floats, rate: int, phase: float = 0.0) -> Floats:
    """A sine whose frequency changes from word to word.

    Args:
        hz: the frequency of each word.
        rate: words a second.
        phase: where it begins, in turns.
    """
    steps = np.rint(hz * (4294967296.0 / rate)).astype(np.uint64)
    angle = np.add.accumulate(steps) - steps + np.uint64(round(phase % 1 * 4294967296))
    result: Floats = turn_table()[(angle >> np.uint64(16) & np.uint64(TURN - 1)).astype(np.int64)]
    return result


def noise(seed: int, count: int) -> Floats:
    """White noise between -1 and 1.

    >>> bool((noise(1, 5) == noise(1, 9)[:5]).all())
    True
    """
    return (uniform(seed, count) >> np.uint64(11)).astype(np.float64) / 4503599627370496.0 - 1.0


def decline(seconds: float, count: int, rate: int) -> Floats:
    """1, then falling by 60 dB in so many seconds.

    >>> decline(1.0, 3, 2).round(4).tolist()
    [1.0, 0.0316, 0.001]
    """
    ratio = float(exp2(-SIXTY_DECIBELS / (seconds * rate)))
    steps = np.full(count, ratio)
    steps[:1] = 1.0
    return np.multiply.accumulate(steps)


def ease(count: int) -> Floats:
    """From 0 (before the first) to 1 (the last) with a level tangent at both ends: 3 x^2 - 2 x^3.

    >>> ease(2).tolist()
    [0.5, 1.0]
    """
    x = np.arange(1, count + 1) / max(count, 1)
    return x * x * (3 - 2 * x)


def loudest(samples: Floats, window: int) -> float:
    """The root mean square of the loudest `window` words (of all, if there are fewer)."""
    window = min(window, len(samples))
    sums = np.concatenate(([0.0], np.add.accumulate(samples * samples)))
    mean = float((sums[window:] - sums[:-window]).max()) / window
    return float(np.sqrt(max(mean, 0.0)))


def resonate(samples: Floats, hz: float, width: float, rate: int) -> Floats:
    """A band-pass of two poles: 1 at `hz`, `width` Hz wide.

    Args:
        samples: what goes in.
        hz: the centre, below half the rate.
        width: between the points at -3 dB, about.
        rate: words a second.
    """
    radius = float(exp2(-width / rate * HALF_PI * 2 / LN2))
    a1 = 2 * radius * float(sine(np.array([hz / rate + 0.25]))[0])
    a2 = -radius * radius
    gain = (1 - radius * radius) / 2
    out = []
    y1 = y2 = x1 = x2 = 0.0
    for x in samples.tolist():
        y = gain * (x - x2) + a1 * y1 + a2 * y2
        x2, x1, y2, y1 = x1, x, y1, y
        out.append(y)
    return np.array(out)


def soften(samples: Floats, words: int) -> Floats:
    """A low-pass: the mean of the last `words` words."""
    sums = np.add.accumulate(np.concatenate((np.zeros(words), samples)))
    result: Floats = (sums[words:] - sums[:-words]) / words
    return result


def sharpen(samples: Floats) -> Floats:
    """A high-pass: half of what each word differs from the one before."""
    return (samples - np.concatenate(([0.0], samples[:-1]))) / 2

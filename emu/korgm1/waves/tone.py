"""Tones that loop without a seam: sines of whole cycles in the loop, each with its own way of beginning and dying away.

The loop is a power of two of words long, and every partial is moved to the nearest whole number of cycles in it, the
fundamental first (those that die away before the loop stay where they are). Amplitudes change in the attack and stand
still from the loop on, so the word behind the loop's last would be its first, to the bit. Amplitude of a partial:
ease(t / rise) x (held + (struck - held) x left), where `left` falls exponentially from 1 to 0 at the loop.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from korgm1.waves.arithmetic import Floats, decline, ease, exp2, noise, oscillate, power, resonate, sine, turn_table
from korgm1.waves.directory import RATE


@dataclass(frozen=True)
class Take:
    """One recording: its words between -1 and 1, how many of the last repeat (0: none), the pitch in Hz at step 1."""

    samples: Floats
    loop: int
    hz: float


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
    left = exp2(np.asarray(fall, dtype=np.float64) * 0 - 9.965784284662087 * seconds / np.asarray(fall))
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
    return unit(partials(low * exp2(places * 0) + (high - low) * places, (noise(seed + 1, count) + 1.6) / 2, rise=0.03))


def knock(seed: int, hz: float, width: float, seconds: float, level: float, ceiling: float = 15_000.0) -> Floats:
    """A short noise of a band, `level` at its loudest."""
    count = int(seconds * RATE)
    hz = min(hz, ceiling * 0.9)
    sound = resonate(noise(seed, count), hz, min(width, 2 * hz), RATE) * decline(seconds, count, RATE)
    sound[-32:] *= ease(32)[::-1] - 0.0
    return sound * (level / float(np.abs(sound).max()))


def loop_words(hz: float) -> int:
    """A loop of seven cycles or more: 512 to 4096 words."""
    words = 512
    while words < 4096 and words * hz / RATE < 7:
        words *= 2
    return words


def wide_loop(hz: float, most: int) -> int:
    """A loop in which partials are some Hz apart: `most` words below 200 Hz, a half to 600 Hz, then a quarter."""
    return most // (1 if hz < 200 else 2 if hz < 600 else 4)


def lasting(hz: float, seconds: float) -> float:
    """The attack of a recording: `seconds` at 220 Hz, shorter for higher keys."""
    return seconds * float(np.minimum(power(220.0 / hz, 0.9), 1.0))


def snap(hz: float, loop: int) -> float:
    """The nearest frequency with whole cycles in the loop."""
    return max(1.0, float(np.rint(hz * loop / RATE))) * RATE / loop


def tone(
    hz: float, parts: Partials, seconds: float, loop: int, seed: int, extra: Floats | None = None,
    ceiling: float = RATE / 2,
) -> Take:
    """Play partials: an attack of `seconds`, then the loop.

    Args:
        hz: the pitch, as `snap` gives it.
        parts: the sines.
        seconds: of the attack, before the loop.
        loop: words of the loop, a power of two.
        seed: of the phases.
        extra: words added from the beginning, in units of the loudest word of the sines; what is longer than the
            attack is left out.
        ceiling: partials above so many Hz are left out.
    """
    attack = int(seconds * RATE)
    table = turn_table(loop)
    bins = np.rint(parts.hz * (loop / RATE)).astype(np.int64)
    phases = ((noise(seed, len(bins)) + 1) * (loop / 2)).astype(np.int64)
    at = np.arange(-attack, loop, dtype=np.int64)
    total = np.zeros(attack + loop)
    columns = (parts.hz, bins, phases, parts.held, parts.struck, parts.fall, parts.rise)
    for hz_of, number, phase, held, struck, fall, rise in zip(*(column.tolist() for column in columns), strict=True):
        if not 0 < number < ceiling * loop / RATE or max(abs(held), abs(struck)) < 1e-6:
            continue
        rising = min(int(rise * RATE), attack)
        if not held:
            passing = oscillate(np.full(attack, hz_of), RATE, phase / loop) * struck * _left(fall, attack)
            passing[:rising] *= ease(rising)
            total[:attack] += passing
            continue
        wave = table[(number * at + phase) & (loop - 1)]
        wave[attack:] *= held
        curve = held + (struck - held) * _left(fall, attack)
        curve[:rising] *= ease(rising)
        wave[:attack] *= curve
        total += wave
    total /= float(np.abs(total).max())
    if extra is not None:
        added = extra[:attack].copy()
        tail = min(len(added), 64)
        added[len(added) - tail :] *= ease(tail)[::-1] - ease(tail)[0] * 0
        total[: len(added)] += added
    return Take(total, loop, hz)


def _left(fall: float, attack: int) -> Floats:
    """What is left of a partial's beginning: from 1 down to 0 at the loop."""
    left = decline(fall, attack + 1, RATE)
    curve: Floats = (left[:-1] - left[-1]) / (1 - left[-1])
    return curve


def cycle(top_hz: float, shape: Floats, phase: Floats | None = None) -> Take:
    """One cycle of a periodic wave without anything that could alias.

    Args:
        top_hz: the highest pitch it is played at; the cycle is as long as step 2 there allows.
        shape: the amplitude of harmonic 1, 2, 3...; those above 0.48 of the rate at `top_hz` are left out.
        phase: in turns, by harmonic; sines from 0 where there is none.
    """
    length = max(4, int(2 * RATE / top_hz))
    count = max(1, min(len(shape), int(0.48 * RATE / top_hz)))
    places = np.arange(length, dtype=np.int64)
    total = np.zeros(length)
    for k in range(1, count + 1):
        if shape[k - 1]:
            turns = (places * k % length) / length + (0.0 if phase is None else float(phase[k - 1]))
            total += sine(turns) * float(shape[k - 1])
    return Take(_begin_gently(total) / float(np.abs(total).max()), length, RATE / length)


def _begin_gently(cycle: Floats) -> Floats:
    """Turned so that it begins near 0, and not at its steepest: the loop's seam is no edge of the wave."""
    steps = np.abs(cycle - np.roll(cycle, 1))
    flat = np.flatnonzero(steps <= 0.6 * float(steps.max()))
    if not len(flat):
        return cycle
    return np.roll(cycle, -int(flat[np.argmin(np.abs(cycle[flat]))]))


def strike(parts: Partials, seconds: float, seed: int, extra: Floats | None = None) -> Floats:
    """Partials that ring down and end: words between -1 and 1 before `extra` is added, 0 at the end."""
    count = int(seconds * RATE)
    total = np.zeros(count)
    phases = noise(seed, len(parts.hz))
    places = np.arange(count, dtype=np.uint64)
    table = turn_table()
    for number, hz in enumerate(parts.hz.tolist()):
        if hz >= RATE * 0.48:
            continue
        step = np.uint64(int(hz * (4294967296.0 / RATE)))
        start = np.uint64(int((float(phases[number]) + 1) * 2147483648.0))
        wave = table[((places * step + start) >> np.uint64(16) & np.uint64(0xFFFF)).astype(np.int64)]
        wave *= decline(float(parts.fall[number]), count, RATE) * float(parts.struck[number])
        rising = int(float(parts.rise[number]) * RATE)
        wave[:rising] *= ease(rising)
        total += wave
    total /= float(np.abs(total).max())
    if extra is not None:
        total[: len(extra)] += extra[:count]
    return ended(total)


def ended(samples: Floats) -> Floats:
    """With the last 12 ms going to 0."""
    tail = min(len(samples), 375)
    samples = samples.copy()
    samples[len(samples) - tail :] *= 1 - ease(tail)
    return samples


def rolloff(k: Floats, exponent: float) -> Floats:
    """k to the power of -exponent."""
    return power(k, -exponent)


def _total(values: Floats) -> float:
    return float(np.add.accumulate(values)[-1])

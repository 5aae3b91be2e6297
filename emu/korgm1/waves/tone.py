"""Tones that loop without a seam: sines of whole cycles in the loop, each with its own way of beginning and dying away.

The loop is a power of two of words long, and every partial is moved to the nearest whole number of cycles in it, the
fundamental first (those that die away before the loop stay where they are). Amplitudes change in the attack and stand
still from the loop on, so the word behind the loop's last would be its first, to the bit. Amplitude of a partial:
ease(t / rise) x (held + (struck - held) x left), where `left` falls exponentially from 1 to 0 at the loop.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from korgm1.waves.arithmetic import Floats, decline, ease, noise, oscillate, power, sine, turn_table
from korgm1.waves.directory import RATE
from korgm1.waves.partials import Partials


@dataclass(frozen=True)
class Take:
    """One recording: its words between -1 and 1, how many of the last repeat (0: none), the pitch in Hz at step 1."""

    samples: Floats
    loop: int
    hz: float


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
        added[len(added) - tail :] *= ease(tail)[::-1]
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

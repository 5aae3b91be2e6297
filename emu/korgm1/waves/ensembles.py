"""Strings, choir, voices and the waves that move: many players a little apart, in a loop of a quarter of a second.

A player who is out of tune, and who wavers, spreads each harmonic over neighbouring cycles of the loop, more so the
higher it lies; the sum is a chorus that comes round without a seam.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from korgm1.waves.arithmetic import Floats, exp2, noise, power
from korgm1.waves.directory import RATE
from korgm1.waves.instrument import COARSE, MEDIUM, SUNG, Instrument
from korgm1.waves.partials import Partials, formants, hiss, knock, partials, rolloff, series, unit
from korgm1.waves.tone import Take, lasting, snap, tone, wide_loop

LOOP = 8192
"""Words of the loop of low keys: 0.26 s; cycles are 3.8 Hz apart."""

Peaks = tuple[tuple[float, float, float], ...]

AH: Peaks = ((730, 110, 1.0), (1100, 120, 0.6), (2500, 200, 0.25), (3400, 300, 0.12))
OO: Peaks = ((330, 80, 1.0), (820, 110, 0.35), (2300, 250, 0.06))
OH: Peaks = ((480, 90, 1.0), (880, 110, 0.6), (2450, 220, 0.12), (3300, 300, 0.05))
FEMALE: Peaks = ((850, 130, 1.0), (1250, 150, 0.55), (2850, 250, 0.3), (3700, 350, 0.15))


def crowd(k: Floats, hz: float, loop: int, levels: Floats, cents: float, rise: Floats, seed: int) -> Partials:
    """Each harmonic as a cluster around it, `cents` wide, the middle the loudest."""
    step = RATE / loop
    found = partials(hz, 0.0)
    for number, harmonic in enumerate(k.tolist()):
        width = hz * harmonic * cents / 1731.0 / step
        reach = max(1, min(4, int(2 * width + 0.5)))
        away = np.arange(-reach, reach + 1, dtype=np.float64)
        shape = 0.5 * exp2(-away * away / (2 * width * width + 0.12)) * (1 + 0.4 * noise(seed + number, len(away)))
        shape[reach] = 1.0
        shape = shape / float(np.sqrt(np.add.accumulate(shape * shape)[-1]))
        found = found + partials(
            hz * harmonic + away * step, shape * float(levels[number]), rise=np.full(len(away), float(rise[number]))
        )
    return found


def strings(hz: float, ceiling: float) -> Take:
    """A section: sawtooth-like bows in a wooden body."""
    loop = wide_loop(hz, 2 * LOOP)
    hz = snap(hz, loop)
    k = series(hz, ceiling, 60)
    at = hz * k
    body = 1 + formants(at, ((290, 80, 0.5), (480, 120, 0.5), (1100, 400, 0.4), (2700, 900, 0.5)))
    levels = rolloff(k, 0.95) * exp2(-at / 5200) * body
    sound = unit(crowd(k, hz, loop, levels, 7.5, 0.06 + 0.0 * k, 400))
    rosin = hiss(401, hz * 2, 8000, ceiling, 120) * 0.025
    return tone(hz, sound + rosin, lasting(hz, 0.12), loop, 402, knock(403, 2500, 3000, 0.08, 0.03, ceiling), ceiling)


def sung(
    hz: float, ceiling: float, peaks: Peaks, cents: float, air: float, seed: int, most: int = LOOP // 2
) -> Take:
    """Voices on one vowel.

    Args:
        hz, ceiling: as of a recipe.
        peaks: the vowel's formants.
        cents: how far they are apart.
        air: how loud the breath is.
        seed: of phases.
        most: words of the loop of low keys, `LOOP` of them at most.
    """
    loop = min(LOOP, wide_loop(hz, most))
    hz = snap(hz, loop)
    k = series(hz, min(ceiling, 8000), 70)
    at = hz * k
    levels = rolloff(k, 0.7) * (formants(at, peaks) + 0.012)
    sound = unit(crowd(k, hz, loop, levels, cents, np.minimum(0.06 + 0.002 * k, 0.08), seed))
    wind = hiss(seed + 2, 1500, 6500, ceiling) * air
    return tone(hz, sound + wind, lasting(hz, 0.11), loop, seed + 1, None, ceiling)


def pan_wave(hz: float, ceiling: float) -> Take:
    """An airy pipe that shimmers."""
    loop = wide_loop(hz, LOOP // 2)
    hz = snap(hz, loop)
    k = np.array([1.0, 2.0, 3.0, 5.0, 7.0])
    sound = unit(crowd(k, hz, loop, np.array([1.0, 0.12, 0.3, 0.1, 0.05]), 5.0, 0.03 * k, 430))
    return tone(hz, sound + hiss(431, hz * 1.5, 7000, ceiling, 140) * 0.12, lasting(hz, 0.13), loop, 432,
                knock(433, hz * 3, hz * 3, 0.05, 0.25, ceiling), ceiling)


def ping_wave(hz: float, ceiling: float) -> Take:
    """A glassy ping over a soft tone that stays."""
    loop = wide_loop(hz, 4096)
    hz = snap(hz, loop)
    stays = unit(partials(hz * np.array([1.0, 2.0, 3.0]), [1.0, 0.25, 0.1]))
    rings = partials(hz * np.array([4.02, 6.98, 9.5, 13.1]), 0.0, [0.6, 0.5, 0.35, 0.25], [0.6, 0.45, 0.3, 0.2], 0.001)
    return tone(hz, stays + rings, lasting(hz, 0.2), loop, 440, None, ceiling)


def lore(hz: float, ceiling: float) -> Take:
    """A chord of glass and voices: fifths and octaves that waver, with a slow beginning."""
    loop = wide_loop(hz, LOOP)
    hz = snap(hz, loop)
    k = np.array([1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0, 12.0])
    levels = np.array([1.0, 0.35, 0.5, 0.45, 0.2, 0.25, 0.12, 0.08])
    glass = unit(crowd(k, hz, loop, levels, 7.0, np.minimum(0.05 + 0.02 * k, 0.25), 450))
    bells = partials(hz * np.array([5.4, 8.93, 11.3]), 0.0, [0.4, 0.3, 0.2], 0.5, 0.001)
    return tone(hz, glass + bells, lasting(hz, 0.2), loop, 451, knock(452, 5000, 5000, 0.1, 0.1, ceiling), ceiling)


def wire(hz: float, ceiling: float) -> Take:
    """A long wire: stiff partials that beat."""
    loop = wide_loop(hz, LOOP // 2)
    hz = snap(hz, loop)
    k = series(hz, ceiling, 40)
    at = hz * k * np.sqrt(1 + 0.0009 * k * k)
    held = rolloff(k, 0.5) * exp2(-at / 5000)
    pair = partials(at, held, held * 2.5, 0.8) + partials(at + RATE / loop, held * 0.6, held * 1.6, 0.6)
    return tone(hz, pair, lasting(hz, 0.17), loop, 460, knock(461, 4500, 4000, 0.03, 0.2, ceiling), ceiling)


def distorted(hz: float, ceiling: float) -> Take:
    """An overdriven amplifier: the fundamental, its fifth and what they make together, flat up to the loudspeaker."""
    loop = wide_loop(hz, 4096)
    hz = snap(hz, loop)
    k = series(hz, min(ceiling, 6500), 70)
    at = hz * k
    held = rolloff(k, 0.35) * (1 + formants(at, ((700, 300, 0.6), (2400, 900, 1.0)))) / (1 + power(at / 4500, 4.0))
    beside = partials(at + RATE / loop, held * 0.12)
    return tone(hz, partials(at, held, held * 1.3, 0.2, 0.002) + beside, lasting(hz, 0.15), loop, 470,
                knock(471, 1800, 2500, 0.03, 0.3, ceiling), ceiling)


INSTRUMENTS = {
    "Strings": Instrument(strings, MEDIUM, "clusters around the harmonics, a wooden body"),
    "Voices": Instrument(partial(sung, peaks=AH, cents=5.5, air=0.05, seed=410, most=2 * LOOP), SUNG,
                         "clusters under a vowel, ah"),
    "Choir": Instrument(partial(sung, peaks=OH, cents=7.5, air=0.03, seed=415, most=2 * LOOP), SUNG,
                        "clusters under a vowel, oh"),
    "FvWave": Instrument(partial(sung, peaks=FEMALE, cents=3.0, air=0.08, seed=420), SUNG, "a female vowel"),
    "MvWave": Instrument(partial(sung, peaks=OO, cents=3.0, air=0.06, seed=424), SUNG, "a male vowel, oo"),
    "VoiceWave": Instrument(partial(sung, peaks=AH, cents=4.0, air=0.2, seed=426), SUNG, "a breathed vowel"),
    "PanWave": Instrument(pan_wave, COARSE, "few harmonics with air"),
    "PingWave": Instrument(ping_wave, COARSE, "soft tone with a glassy ping"),
    "Lore": Instrument(lore, COARSE, "clusters in fifths and octaves, glass"),
    "Wire": Instrument(wire, COARSE, "stiff partials in pairs"),
    "Distortion": Instrument(distorted, COARSE, "harmonics after an amplifier and a loudspeaker"),
}

"""Flute, pan flute, bottles, brass, saxophone, double reed: harmonics that rise one after the other, and breath."""

from __future__ import annotations

from functools import partial

import numpy as np

from korgm1.waves.arithmetic import exp2
from korgm1.waves.instrument import FORMANTS, Instrument, Recipe
from korgm1.waves.partials import formants, hiss, knock, partials, rolloff, series, unit
from korgm1.waves.tone import Take, lasting, snap, tone, wide_loop


def blown(
    hz: float, ceiling: float, *, slope: float, edge: float, peaks: tuple[tuple[float, float, float], ...] = (),
    even: float = 1.0, breath: float = 0.03, chiff: float = 0.1, rise: float = 0.02, later: float = 0.004,
    over: float = 0.15, seed: int = 300, most: int = 4096,
) -> Take:
    """A tube that is blown.

    Args:
        hz, ceiling: as of a recipe.
        slope: amplitude goes as 1 / k^slope.
        edge: Hz in which the sound loses half of its amplitude, on top of that.
        peaks: resonances: Hz, half width, gain over 1.
        even: how loud the even harmonics are.
        breath: how loud the air is beside the tone, as it goes on.
        chiff: the noise of its beginning.
        rise: seconds the fundamental needs, and `later` each further harmonic.
        over: how far the attack is above what follows.
        seed: of phases and noise.
        most: words of the loop of low keys.
    """
    loop = wide_loop(hz, most)
    hz = snap(hz, loop)
    k = series(hz, ceiling, 80)
    at = hz * k
    held = rolloff(k, slope) * exp2(-at / edge) * (1 + formants(at, peaks)) * np.where(k % 2 == 0, even, 1.0)
    rises = np.minimum(rise + later * (k - 1), 0.07)
    body = unit(partials(at, held, held * (1 + over), 0.25, rises))
    air = hiss(seed + 1, hz * 0.8, 7500, ceiling, 140) * breath
    noise = knock(seed + 3, min(hz * 2.5, 5000), min(hz * 3, 5000), 0.06, chiff, ceiling) if chiff else None
    return tone(hz, body + air, lasting(hz, 0.1), loop, seed, noise, ceiling)


def bottle(hz: float, ceiling: float) -> Take:
    """Air over the neck of a bottle: nearly a sine, much wind."""
    loop = wide_loop(hz, 4096)
    hz = snap(hz, loop)
    body = unit(partials(hz * np.array([1.0, 2.0, 3.0]), [1.0, 0.05, 0.06], rise=[0.05, 0.06, 0.07]))
    air = hiss(331, hz * 0.7, hz * 2.2, ceiling) * 0.16 + hiss(333, 2000, 6000, ceiling) * 0.06
    return tone(hz, body + air, lasting(hz, 0.1), loop, 330, knock(335, hz * 1.5, hz * 2, 0.09, 0.3, ceiling), ceiling)


def breath(hz: float, ceiling: float) -> Take:
    """Air alone, with a hint of the pitch."""
    loop = 8192
    hz = snap(hz, loop)
    air = hiss(341, hz * 0.9, hz * 1.15, ceiling, 40) * 0.25 + hiss(343, 250, 7500, ceiling, 260)
    return tone(hz, air + partials(hz, 0.06), 0.05, loop, 340, None, ceiling)


def stopped(hz: float, ceiling: float) -> Take:
    """The recipe of the muted trumpet: the mute lets the upper harmonics through."""
    return blown(hz, ceiling, slope=0.1, edge=6000, peaks=((1900, 500, 3.0), (3400, 900, 2.0)), breath=0.02,
                 chiff=0.08, rise=0.012, later=0.001, seed=350, most=2048)


def _recipe(**options: object) -> Recipe:
    return partial(blown, **options)  # type: ignore[arg-type]


INSTRUMENTS = {
    "Flute": Instrument(_recipe(slope=1.6, edge=2500, peaks=((750, 350, 0.8),), even=1.1, breath=0.05, chiff=0.14,
                                rise=0.045, later=0.006, over=0.0, seed=310), FORMANTS, "harmonics and air"),
    "PanFlute": Instrument(_recipe(slope=1.5, edge=1800, even=0.25, breath=0.12, chiff=0.5, rise=0.03, later=0.004,
                                   over=0.2, seed=320), FORMANTS, "odd harmonics, much air"),
    "Bottles": Instrument(bottle, FORMANTS, "nearly a sine, wind"),
    "Brass1": Instrument(_recipe(slope=0.6, edge=2600, peaks=((1200, 600, 0.8),), breath=0.01, chiff=0.04, rise=0.02,
                                 later=0.004, seed=360, most=2048), FORMANTS, "harmonics that rise in turn"),
    "Brass2": Instrument(_recipe(slope=0.4, edge=4200, peaks=((1500, 800, 0.8),), breath=0.015, chiff=0.05,
                                 rise=0.012, later=0.0025, over=0.3, seed=364, most=2048), FORMANTS,
                         "the same, brighter"),
    "TenorSax": Instrument(_recipe(slope=0.55, edge=2600, breath=0.07, chiff=0.14, rise=0.02, later=0.002,
                                   peaks=((450, 200, 1.0), (1250, 350, 1.2), (2600, 600, 0.9)), even=0.85, seed=370),
                           FORMANTS, "conical tube with formants and air"),
    "MuteTP": Instrument(stopped, FORMANTS, "brass behind a mute"),
    "Trumpet": Instrument(_recipe(slope=0.3, edge=3600, peaks=((1300, 500, 1.0),), breath=0.012, chiff=0.06,
                                  rise=0.014, later=0.002, over=0.25, seed=380, most=2048), FORMANTS,
                          "harmonics that rise in turn"),
    "TubaFlugel": Instrument(_recipe(slope=0.9, edge=1100, peaks=((350, 200, 0.7),), breath=0.02, chiff=0.06,
                                     rise=0.03, later=0.006, over=0.1, seed=384, most=2048), FORMANTS, "mellow brass"),
    "DoubleReed": Instrument(_recipe(slope=0.15, edge=3800, peaks=((1000, 250, 2.2), (2900, 500, 1.6)), even=0.9,
                                     breath=0.02, chiff=0.05, rise=0.02, later=0.001, over=0.05, seed=390, most=2048),
                             FORMANTS, "harmonics under two formants"),
    "Breath": Instrument(breath, (66, 127), "air, as a sum of many sines", pitched=False),
}

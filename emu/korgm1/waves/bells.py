"""Vibraphone, bells, tubes, kalimba, mallets: modes of bars, plates and tubes, each ringing down at its own rate.

Ratios of the modes: a free uniform bar 1, 2.756, 5.404, 8.933; a tuned vibraphone bar 1, 4, 10; a church bell hum 0.5,
prime 1, tierce 1.2, quint 1.5, nominal 2 (textbook acoustics; Fletcher and Rossing, "The Physics of Musical
Instruments").
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np

from korgm1.waves.instrument import COARSE, MEDIUM, ONE, Instrument, Recipe
from korgm1.waves.partials import below, knock, partials, ringing
from korgm1.waves.tone import Take, lasting, snap, strike, tone

Modes = Sequence[tuple[float, float, float]]
"""Ratio, level, seconds to fall by 60 dB."""

VIBES: Modes = ((1, 1, 6), (4, 0.35, 1.2), (10, 0.12, 0.4), (16.2, 0.04, 0.2))
CHURCH: Modes = ((0.5, 0.25, 8), (1, 1.0, 6), (1.2, 0.5, 4), (1.5, 0.3, 3), (2, 0.6, 3), (2.5, 0.2, 2),
                 (2.66, 0.2, 2), (3.01, 0.3, 1.5), (4.16, 0.3, 1.2), (5.43, 0.25, 0.8), (6.8, 0.15, 0.6))
TUBE: Modes = ((1, 1, 5), (2, 0.75, 4), (2.99, 0.5, 3), (4.1, 0.5, 2.5), (5.3, 0.3, 1.6), (6.6, 0.2, 1.1),
               (8.1, 0.12, 0.8))
HANDBELL: Modes = ((1, 1, 6), (2.0, 0.2, 3), (3.0, 0.55, 3), (5.1, 0.3, 1.2), (7.6, 0.25, 0.7), (10.5, 0.1, 0.5))
KALIMBA: Modes = ((1, 1, 2.2), (6.27, 0.18, 0.35), (17.5, 0.06, 0.12), (2.02, 0.06, 0.8))
MALLET: Modes = ((1, 1, 4), (2.0, 0.25, 2), (3.93, 0.5, 0.7), (7.02, 0.25, 0.4), (11.0, 0.2, 0.25))
SAW: Modes = ((1, 1, 3), (2.76, 0.45, 1.6), (5.4, 0.4, 1.0), (8.93, 0.2, 0.7))


def modal(
    hz: float, ceiling: float, *, modes: Modes, seconds: float, seed: int, hammer: tuple[float, float],
    loop: int = 2048, beat: bool = False,
) -> Take:
    """Modes of one body, looped where they have become few.

    Args:
        hz, ceiling: as of a recipe.
        modes: ratios, levels, times.
        seconds: of the attack at 220 Hz.
        seed: of the phases.
        hammer: Hz and level of the noise of the stroke.
        loop: words of the loop.
        beat: each mode twice, a little apart.
    """
    hz = snap(hz, loop)
    ratio, level, fall = (np.array(column, dtype=np.float64) for column in zip(*modes, strict=True))
    length = lasting(hz, seconds)
    parts = ringing(ratio * hz, level, fall, length, 0.0008)
    if beat:
        away = ratio * hz * 1.0035 + 2
        parts = parts + partials(away, 0.0, level * 0.6, fall * 0.7, 0.001)
    noise = knock(seed + 1, hammer[0], hammer[0], 0.012, hammer[1], ceiling)
    return tone(hz, parts, length, loop, seed, noise, ceiling)


def flexatone(hz: float, ceiling: float) -> Take:
    """A steel blade struck again and again, as one loop."""
    loop = 4096
    hz = snap(hz, loop // 2)
    modes = partials(hz * np.array([1.0, 2.76, 5.4, 8.9]), 0, [1, 0.4, 0.25, 0.1], [0.7, 0.4, 0.25, 0.15], 0.001)
    total = np.zeros(loop)
    for stroke in range(2):
        sound = strike(below(modes, ceiling), 4096 / 31_250, 520, knock(521 + stroke, 5000, 4000, 0.01, 0.3, ceiling))
        total += np.roll(sound, stroke * loop // 2) * (1.0 - 0.15 * (stroke % 2))
    return Take(total, loop, hz)


def wind_bells(hz: float, ceiling: float) -> Take:
    """Small bells one after the other, as one loop of a second."""
    loop = 24_576
    hz = snap(hz, 8192)
    total = np.zeros(loop)
    places = (0, 2700, 4500, 7900, 9800, 12_900, 14_200, 17_600, 20_100, 22_600)
    ratios = (4.0, 5.04, 6.0, 4.76, 8.0, 5.34, 7.13, 6.35, 4.24, 9.0)
    for number, (place, ratio) in enumerate(zip(places, ratios, strict=True)):
        bell = partials(hz * ratio * np.array([1.0, 2.74, 4.9]), 0, [1, 0.4, 0.15], [1.0, 0.5, 0.25], 0.001)
        total += np.roll(strike(below(bell, ceiling), loop / 31_250, 530 + number), place) * (0.6 + 0.1 * (number % 5))
    return Take(total, loop, hz)


def _recipe(**options: object) -> Recipe:
    return partial(modal, **options)  # type: ignore[arg-type]


INSTRUMENTS = {
    "Vibes": Instrument(_recipe(modes=VIBES, seconds=0.17, seed=500, hammer=(1400, 0.08)), MEDIUM, "tuned bar"),
    "Bell": Instrument(_recipe(modes=HANDBELL, seconds=0.22, seed=503, hammer=(5000, 0.12), beat=True), COARSE,
                       "hand bell, modes in pairs"),
    "Tubular": Instrument(_recipe(modes=TUBE, seconds=0.22, seed=506, hammer=(3000, 0.12), beat=True), COARSE,
                          "tube, modes in pairs"),
    "BellRing": Instrument(_recipe(modes=CHURCH, seconds=0.22, seed=509, hammer=(2500, 0.15), beat=True),
                           COARSE, "church bell, modes in pairs"),
    "Karimba": Instrument(_recipe(modes=KALIMBA, seconds=0.14, seed=512, hammer=(1800, 0.25)), COARSE,
                          "tongue over a box"),
    "SynMallet": Instrument(_recipe(modes=MALLET, seconds=0.14, seed=515, hammer=(4000, 0.1)), COARSE, "mallet"),
    "Flexatone": Instrument(flexatone, (54, 72, 90, 127), "steel blade struck in a loop"),
    "WindBells": Instrument(wind_bells, ONE, "small bells in a loop", pitched=False),
}

"""Guitars, sitars, basses, koto: plucked strings as sums of partials, each ringing down at its own rate."""

from __future__ import annotations

from functools import partial

import numpy as np

from korgm1.waves.arithmetic import exp2, power
from korgm1.waves.directory import RATE
from korgm1.waves.instrument import BASS, MEDIUM, Instrument, Recipe
from korgm1.waves.partials import below, comb, formants, knock, partials, ringing, rolloff, series
from korgm1.waves.tone import Take, lasting, loop_words, snap, strike, tone


def string(
    hz: float, ceiling: float, *, place: float, slope: float, dull: float, ring: float, damp: float, seconds: float,
    seed: int, pick: tuple[float, float], body: tuple[tuple[float, float, float], ...] = (), buzz: float = 0.0,
) -> Take:
    """A plucked string.

    Args:
        hz, ceiling: as of a recipe.
        place: where it is plucked, 0 to 0.5.
        slope: amplitude goes as 1 / k^slope.
        dull: Hz in which the plectrum loses half of the amplitude.
        ring: seconds in which the fundamental falls by 60 dB.
        damp: Hz at which a partial rings half as long.
        seconds: of the attack at 220 Hz.
        seed: of the phases.
        pick: Hz and level of the noise of the plectrum.
        body: resonances: Hz, half width, gain over 1.
        buzz: of a curved bridge: the upper partials swell behind the pluck.
    """
    loop = loop_words(hz)
    hz = snap(hz, loop)
    k = series(hz, ceiling)
    at = hz * k * np.sqrt(1 + 0.00004 * k * k)
    struck = comb(k, place) * rolloff(k, slope) * exp2(-at / dull) * (1 + formants(at, body))
    fall = ring / (1 + at / damp)
    length = lasting(hz, seconds)
    parts = ringing(at, struck, fall, length, 0.001)
    if buzz:
        swell = formants(at, ((2200, 900, buzz), (4200, 1500, buzz * 0.7)))
        parts = parts + ringing(at, swell * rolloff(k, 0.6), fall * 2.5, length, 0.06)
    noise = knock(seed + 1, pick[0], pick[0] * 1.2, 0.018, pick[1], ceiling)
    return tone(hz, parts, length, loop, seed, noise, ceiling)


def synth_bass(hz: float, ceiling: float, seed: int, odd: bool, sweep: float) -> Take:
    """A sawtooth or a square behind a filter that closes."""
    loop = loop_words(hz)
    hz = snap(hz, loop)
    k = series(hz, min(ceiling, 9000))
    wave = np.where(k % 2 == 1, 1.0, 0.0 if odd else 1.0) / k
    closed = wave / (1 + power(hz * k / (hz * 3), 3.0))
    resonant = wave * formants(hz * k, ((hz * 9, hz * 3, 1.2),))
    return tone(hz, partials(hz * k, closed, wave + resonant, sweep, 0.002), lasting(hz, 0.15), loop, seed,
                None, ceiling)


def thumb(hz: float, ceiling: float) -> Take:
    """A bass string hit with the thumb against the frets."""
    return string(hz, ceiling, place=0.3, slope=0.35, dull=3200, ring=5, damp=600, seconds=0.14, seed=250,
                  pick=(2600, 0.5), body=((800, 500, 0.8), (3000, 900, 1.2)))


def tremolo(hz: float, ceiling: float, seed: int, wood: bool, strokes: int = 2) -> Take:
    """Strokes that follow each other and overlap, as one loop."""
    k = series(hz, ceiling, 30)
    step = 2500
    hz = snap(hz, step)
    if wood:
        parts = partials(hz * np.array([1, 2.01, 4.0, 6.4, 9.9]), 0, [1, 0.25, 0.35, 0.15, 0.08],
                         [0.5, 0.3, 0.22, 0.12, 0.08], 0.001)
    else:
        parts = partials(hz * k, 0, comb(k, 0.09) * rolloff(k, 0.45) * exp2(-hz * k / 5000), 1.4 / (1 + hz * k / 2500))
    loop = step * strokes
    total = np.zeros(loop)
    for stroke in range(strokes):
        loud = 1.0 if stroke % 2 == 0 else 0.8
        click = knock(seed + 10 + stroke, 2500, 2500, 0.012, 0.22, ceiling)
        sound = strike(below(parts, ceiling), step * 2 / RATE, seed, click) * loud
        places = (np.arange(len(sound)) + stroke * step) % loop
        for begin in range(0, len(sound), loop):
            part = places[begin : begin + loop]
            total[part] += sound[begin : begin + loop]
    return Take(total, loop, hz)


def _recipe(**options: object) -> Recipe:
    return partial(string, **options)  # type: ignore[arg-type]


NYLON = ((105, 30, 1.2), (210, 50, 0.9), (420, 120, 0.5))
STEEL = ((100, 30, 0.9), (200, 60, 0.8), (2800, 1500, 0.4))
UPRIGHT = ((70, 25, 0.9), (150, 60, 0.8), (600, 250, 0.5))

STROKES = (54, 72, 90, 127)

INSTRUMENTS = {
    "Guitar1": Instrument(_recipe(place=0.22, slope=0.85, dull=1700, ring=5, damp=900, seconds=0.17, seed=200,
                                  pick=(700, 0.12), body=NYLON), MEDIUM, "plucked nylon string with a body"),
    "Guitar2": Instrument(_recipe(place=0.15, slope=0.55, dull=3600, ring=7, damp=1600, seconds=0.17, seed=202,
                                  pick=(3200, 0.14), body=STEEL), MEDIUM, "plucked steel string with a body"),
    "E.Guitar": Instrument(_recipe(place=0.26, slope=0.7, dull=2300, ring=8, damp=1500, seconds=0.17, seed=204,
                                   pick=(2000, 0.08), body=((2600, 1200, 0.7),)), MEDIUM, "plucked string, pickup"),
    "Sitar1": Instrument(_recipe(place=0.08, slope=0.5, dull=4000, ring=6, damp=2500, seconds=0.17, seed=206,
                                 pick=(3000, 0.12), buzz=0.5), MEDIUM, "plucked string on a curved bridge"),
    "Sitar2": Instrument(_recipe(place=0.12, slope=0.35, dull=5000, ring=7, damp=3000, seconds=0.17, seed=208,
                                 pick=(3600, 0.12), buzz=1.1), MEDIUM, "the same, more bridge"),
    "A.Bass": Instrument(_recipe(place=0.28, slope=1.0, dull=900, ring=3.5, damp=350, seconds=0.14, seed=210,
                                 pick=(450, 0.2), body=UPRIGHT), BASS, "plucked gut string, upright body"),
    "PickBass": Instrument(_recipe(place=0.12, slope=0.6, dull=2200, ring=6, damp=700, seconds=0.14, seed=212,
                                   pick=(2400, 0.25)), BASS, "bass string and plectrum"),
    "E.Bass": Instrument(_recipe(place=0.2, slope=0.9, dull=1300, ring=6, damp=500, seconds=0.14, seed=214,
                                 pick=(900, 0.1)), BASS, "bass string and finger"),
    "Fretless": Instrument(_recipe(place=0.25, slope=0.75, dull=1400, ring=7, damp=450, seconds=0.14, seed=216,
                                   pick=(500, 0.06), buzz=0.25), BASS, "bass string that swells"),
    "SynthBass1": Instrument(partial(synth_bass, seed=218, odd=False, sweep=0.5), BASS, "sawtooth, filter closing"),
    "SynthBass2": Instrument(partial(synth_bass, seed=219, odd=True, sweep=0.8), BASS, "square, filter closing"),
    "KotoTrem": Instrument(partial(tremolo, seed=220, wood=False), STROKES, "plucked strings in strokes, looped"),
    "BambooTrem": Instrument(partial(tremolo, seed=240, wood=True), STROKES, "bamboo bars in strokes, looped"),
    "BassThumb": Instrument(thumb, BASS, "bass string hit with the thumb"),
}

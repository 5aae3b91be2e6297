"""Piano, electric pianos, clavinet, harpsichord, organs: strings and tines that are struck, drawbars."""

from __future__ import annotations

import numpy as np

from korgm1.waves.arithmetic import exp2
from korgm1.waves.directory import RATE
from korgm1.waves.instrument import FINE, MEDIUM, Instrument
from korgm1.waves.partials import comb, hiss, knock, partials, ringing, rolloff, series, unit
from korgm1.waves.tone import Take, lasting, loop_words, snap, tone, wide_loop


def piano(hz: float, ceiling: float) -> Take:
    """A struck string, a little stiff; the higher partials die first."""
    loop = loop_words(hz) * (2 if hz < 500 else 1)
    hz = snap(hz, loop)
    k = series(hz, ceiling)
    stiff = 0.00012 + 0.0000008 * hz
    at = hz * k * np.sqrt((1 + stiff * k * k) / (1 + stiff))
    struck = comb(k, 0.12) * rolloff(k, 0.6) * exp2(-at / (900 + 2.2 * hz))
    struck[:1] *= 1.25
    fall = 9.0 / (1 + hz / 400) / (1 + at / 1500)
    seconds = lasting(hz, 0.37)
    body = knock(101, 180 + hz / 4, 300, 0.06, 0.22) + knock(102, 2600, 3000, 0.06, 0.05, ceiling)
    parts = ringing(at, struck, fall, seconds, 0.001) + partials(at, 0.0, struck * 0.5, 0.1 * fall, 0.001)
    return tone(hz, parts, seconds, loop, 100, body, ceiling)


def tine(hz: float, ceiling: float) -> Take:
    """A tine beside its pickup: a round tone and a bell that is soon gone."""
    loop = loop_words(hz)
    hz = snap(hz, loop)
    k = series(hz, ceiling, 9)
    seconds = lasting(hz, 0.17)
    tone_bar = ringing(hz * k, exp2(-1.7 * (k - 1)) + 0.10 * (k == 2), 7 / k / (1 + hz / 900), seconds, 0.002)
    bell = partials([hz * 6.99, hz * 11.6, hz * 17.3], 0.0, [0.30, 0.12, 0.05], [0.5, 0.25, 0.15], 0.001)
    return tone(hz, tone_bar + bell, seconds, loop, 110, knock(111, 900, 1200, 0.02, 0.08), ceiling)


def reed(hz: float, ceiling: float) -> Take:
    """A brighter one, with a bark and a longer bell."""
    loop = loop_words(hz)
    hz = snap(hz, loop)
    k = series(hz, ceiling, 40)
    seconds = lasting(hz, 0.17)
    body = ringing(hz * k, rolloff(k, 1.15) * exp2(-k * hz / 2500), 6 / (1 + 0.5 * k), seconds, 0.001)
    bell = ringing([hz * 4, hz * 14.02], [0.25, 0.16], [2.0, 0.9], seconds)
    return tone(hz, body + bell, seconds, loop, 120, knock(121, 1500, 2000, 0.02, 0.10), ceiling)


def clav(hz: float, ceiling: float) -> Take:
    """A string hammered at its end against two pickups in opposition."""
    loop = loop_words(hz)
    hz = snap(hz, loop)
    k = series(hz, ceiling)
    seconds = lasting(hz, 0.17)
    struck = comb(k, 0.07) * comb(k, 0.21) * rolloff(k, 0.35) * exp2(-hz * k / 3500)
    return tone(hz, ringing(hz * k, struck, 4 / (1 + hz * k / 1800), seconds), seconds, loop, 130,
                knock(131, 2200, 2500, 0.015, 0.15, ceiling), ceiling)


def harpsichord(hz: float, ceiling: float) -> Take:
    """Two choirs of plucked strings, the second an octave higher."""
    loop = loop_words(hz)
    hz = snap(hz, loop)
    k = series(hz, ceiling)
    seconds = lasting(hz, 0.17)
    eight = comb(k, 0.14) * rolloff(k, 0.25) * exp2(-hz * k / 5500)
    four = np.where(k % 2 == 0, comb(k / 2, 0.19) * rolloff(k, 0.2) * exp2(-hz * k / 6000), 0.0)
    return tone(hz, ringing(hz * k, eight + 0.6 * four, 4.5 / (1 + hz * k / 2500), seconds), seconds, loop, 140,
                knock(141, 4000, 5000, 0.012, 0.18, ceiling), ceiling)


DRAWBARS = np.array([0.5, 1, 1.5, 2, 3, 4, 5, 6, 8], dtype=np.float64)


def drawbars(hz: float, ceiling: float, bars: str, seed: int, click: float, attack: float) -> Take:
    """Nine sines after an organ's drawbars, with a key click.

    Args:
        hz, ceiling: as of a recipe.
        bars: nine digits 0 to 8, from 16' to 1'.
        seed: of the phases.
        click: how loud the key is.
        attack: seconds before the loop.
    """
    loop = loop_words(hz)
    hz = snap(hz, loop // 2) if loop > 2048 else snap(hz / 2, loop) * 2
    levels = np.array([0.0 if bar == "0" else float(exp2((int(bar) - 8) / 2)) for bar in bars])
    at = hz * DRAWBARS
    at = np.where(at > min(ceiling, 6000), at / 2, at)
    body = partials(at, levels, rise=0.003)
    if click > 0.2:
        body = body + partials([hz * 3], 0.0, 0.5, 0.35, 0.001)
    return tone(hz, body, attack, loop, seed, knock(seed + 1, 3200, 4000, 0.012, click, ceiling), ceiling)


def organ1(hz: float, ceiling: float) -> Take:
    """Full drawbars."""
    return drawbars(hz, ceiling, "888000345", 150, 0.12, lasting(hz, 0.06))


def organ2(hz: float, ceiling: float) -> Take:
    """Few drawbars, with percussion."""
    return drawbars(hz, ceiling, "838000000", 152, 0.3, lasting(hz, 0.15))


def magic_organ(hz: float, ceiling: float) -> Take:
    """A pipe organ in a hall: principals of several feet, a little apart, with wind."""
    loop = wide_loop(hz, 4096)
    hz = snap(hz, loop)
    feet = np.array([1.0, 2.0, 3.0, 4.0, 6.0, 8.0])
    body = partials(hz, 0.0)
    for number, foot in enumerate(feet.tolist()):
        k = series(hz * foot, min(ceiling, 9000), 14)
        spread = RATE / loop if foot == 4 else 0.0
        level = (0.9 - 0.1 * number) * (0.4 if spread else 1.0)
        body = body + partials(hz * foot * k + spread, rolloff(k, 1.5) * level, rise=0.03 + 0.01 * k)
    wind = hiss(160, hz * 2, hz * 12, min(ceiling, 7000)) * 0.05
    return tone(hz, unit(body) + wind, lasting(hz, 0.1), loop, 161,
                knock(162, hz * 4, hz * 4, 0.05, 0.1, ceiling), ceiling)


INSTRUMENTS = {
    "A.Piano": Instrument(piano, FINE, "stiff struck string, sum of ringing partials"),
    "E.Piano1": Instrument(tine, MEDIUM, "tine: harmonics and three bell partials"),
    "E.Piano2": Instrument(reed, MEDIUM, "reed: harmonics and two bell partials"),
    "Clav": Instrument(clav, MEDIUM, "string struck at its end, two pickups"),
    "Harpsichord": Instrument(harpsichord, MEDIUM, "plucked string of 8' and 4'"),
    "Organ1": Instrument(organ1, MEDIUM, "nine drawbars"),
    "Organ2": Instrument(organ2, MEDIUM, "drawbars with percussion"),
    "MagicOrgan": Instrument(magic_organ, MEDIUM, "principals of six feet with wind"),
}

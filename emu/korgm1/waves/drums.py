"""Drums and cymbals: skins as modes of a membrane with a falling pitch, wires and plates as filtered noise.

Ratios of an ideal membrane's modes: 1, 1.59, 2.14, 2.30, 2.65, 2.92 (textbook acoustics).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from korgm1.waves.arithmetic import Floats, decline, exp2, noise, oscillate, resonate, sharpen, soften
from korgm1.waves.directory import RATE
from korgm1.waves.hits import scaled
from korgm1.waves.partials import knock, partials
from korgm1.waves.tone import strike

MEMBRANE = np.array([1.0, 1.59, 2.14, 2.30, 2.65, 2.92])


def kick(low: float, high: float, drop: float, seconds: float, click: float, seed: int) -> Floats:
    """A bass drum: a sine that falls from `high` to `low` Hz (its half time `drop` seconds), and the beater."""
    count = int(seconds * RATE)
    at = np.arange(count) / RATE
    sound = oscillate(low + (high - low) * exp2(-at / drop), RATE, 0.1) * decline(seconds * 1.5, count, RATE)
    beater = knock(seed, 2200, 2500, 0.02, click)
    skin = knock(seed + 1, 400, 500, 0.05, click * 0.7)
    sound[: len(beater)] += beater
    sound[: len(skin)] += skin
    return scaled(sound)


def snare(skin: float, wires: float, bright: float, seconds: float, seed: int) -> Floats:
    """A snare drum: two heads, and wires as noise; `bright` is how much of the wires lies high."""
    count = int(seconds * RATE)
    modes = partials(skin * MEMBRANE, 0, [1, 0.7, 0.4, 0.35, 0.25, 0.2], [0.25, 0.2, 0.16, 0.15, 0.12, 0.1], 0.0005)
    white = noise(seed, count)
    rattle = sharpen(white) * bright + resonate(white, 3200, 3500, RATE) * 1.2 + resonate(white, 1500, 1500, RATE)
    rattle *= decline(seconds * 1.1, count, RATE) / float(np.abs(rattle).max())
    sound = strike(modes, seconds, seed + 1) + wires * rattle
    crack = knock(seed + 2, 4000, 6000, 0.015, 0.5)
    sound[: len(crack)] += crack
    return scaled(sound)


def skin(hz: float, seconds: float, bend: float, slap: float, seed: int, ring: float = 1.0) -> Floats:
    """Tom, conga, timbale: the modes of a membrane that begin a little high."""
    count = int(seconds * RATE)
    at = np.arange(count) / RATE
    total = np.zeros(count)
    for number, ratio in enumerate(MEMBRANE.tolist()):
        level = ring / (1 + number) if number else 1.0
        sweep = hz * ratio * (1 + bend * exp2(-at / 0.025))
        curve = decline(1.5 * seconds / (1 + 0.45 * number), count, RATE)
        total += level * oscillate(sweep, RATE, 0.13 * number) * curve
    total /= float(np.abs(total).max())
    hand = knock(seed, hz * 6, hz * 6, 0.02, slap)
    total[: len(hand)] += hand
    return scaled(total)


def metal(seconds: float, low: float, body: float, seed: int, lines: int = 60) -> Floats:
    """Hi-hat, cymbal: inharmonic lines above `low` Hz over bright noise; `body` is how loud the lines are."""
    count = int(seconds * RATE)
    places = low + (14_000 - low) * (noise(seed, lines) + 1) / 2
    falls = seconds * (0.7 + 0.6 * (noise(seed + 1, lines) + 1))
    plate = strike(partials(places, 0, (noise(seed + 2, lines) + 1.5) / 2, falls, 0.0008), seconds, seed + 3)
    white = sharpen(sharpen(noise(seed + 4, count)))
    white *= decline(seconds * 1.2, count, RATE) / float(np.abs(white).max())
    return scaled(body * plate + white)


def side_stick() -> Floats:
    """A stick laid on the head, struck on the rim."""
    modes = partials([480.0, 1670.0, 2350.0, 3900.0], 0, [0.4, 1, 0.6, 0.3], [0.1, 0.07, 0.06, 0.04], 0.0004)
    return scaled(strike(modes, 0.12, 840, knock(841, 2600, 2600, 0.008, 0.6)))


def cowbell() -> Floats:
    """Two stiff modes, and those above."""
    modes = partials([562.0, 845.0, 1510.0, 2410.0, 3800.0], 0, [1, 0.9, 0.5, 0.35, 0.2],
                     [0.6, 0.55, 0.25, 0.18, 0.1], 0.0005)
    return scaled(strike(modes, 0.45, 850, knock(851, 3000, 3000, 0.01, 0.4)))


def claps() -> Floats:
    """Four pairs of hands, not together, in a small room."""
    count = int(0.3 * RATE)
    white = resonate(noise(855, count), 1150, 900, RATE) * 1.6 + resonate(noise(856, count), 2600, 2400, RATE)
    curve = np.zeros(count)
    for place, level in ((0, 0.8), (330, 0.9), (640, 1.0), (960, 1.0)):
        curve[place:] = np.maximum(curve[place:], level * decline(0.035, count - place, RATE))
    curve[960:] += 0.25 * decline(0.28, count - 960, RATE)
    return scaled(white * curve)


def tambourine() -> Floats:
    """Jingles: high lines that begin one after the other, over a frame's knock."""
    count = int(0.3 * RATE)
    total = np.zeros(count)
    for place, level in ((0, 1.0), (900, 0.5), (1700, 0.35), (2900, 0.2)):
        sound = metal(0.2, 5200, 0.8, 860 + place, 24)[: count - place]
        total[place : place + len(sound)] += level * sound
    return scaled(total)


def electric_tom() -> Floats:
    """A triangle-like tone that falls far, with noise."""
    count = int(0.36 * RATE)
    at = np.arange(count) / RATE
    sweep = 75 + 210 * exp2(-at / 0.07)
    tone = oscillate(sweep, RATE) + 0.11 * oscillate(3 * sweep, RATE)
    return scaled((tone + 0.25 * noise(870, count) * exp2(-at / 0.02)) * decline(0.4, count, RATE))


def rap() -> Floats:
    """A record pushed under the needle: noise and tone whose pitch goes up and down."""
    count = int(0.3 * RATE)
    at = np.arange(count) / RATE
    push = 1 - np.abs(at / 0.15 - 1)
    tone = oscillate(180 + 1300 * push, RATE) + 0.6 * oscillate(300 + 2900 * push, RATE, 0.3)
    return scaled((tone * 0.6 + soften(noise(875, count), 4)) * np.sqrt(np.maximum(push, 0.0)))


def whip() -> Floats:
    """A rush of air that ends in a crack."""
    count = int(0.4 * RATE)
    begin = int(0.16 * RATE)
    rush = resonate(noise(880, begin), 1800, 1800, RATE) * (np.arange(begin) / begin) * (np.arange(begin) / begin)
    total = np.zeros(count)
    total[:begin] = 0.5 * rush / float(np.abs(rush).max())
    crack = sharpen(noise(881, count - begin)) + 0.8 * resonate(noise(882, count - begin), 2400, 2600, RATE)
    total[begin:] += crack * decline(0.13, count - begin, RATE) / float(np.abs(crack).max())
    return scaled(total)


def shaker() -> Floats:
    """Seeds thrown forwards: bright noise that swells for 40 ms."""
    count = int(0.14 * RATE)
    at = np.arange(count) / RATE
    swell = np.minimum(at / 0.04, 1.0)
    curve = swell * swell * np.where(at > 0.04, exp2(-(at - 0.04) / 0.012), 1.0)
    return scaled(resonate(sharpen(noise(885, count)), 7000, 5000, RATE) * curve)


def tube(hz: float, seed: int) -> Floats:
    """A tubular bell that rings out."""
    ratio = np.array([1, 2, 2.99, 4.1, 5.3, 6.6])
    modes = partials(hz * ratio, 0, [1, 0.75, 0.5, 0.5, 0.3, 0.2], [0.8, 0.7, 0.6, 0.5, 0.4, 0.3], 0.0008)
    more = partials(hz * ratio * 1.003 + 1.5, 0, [0.5, 0.4, 0.3, 0.2, 0.1, 0.1], [0.7, 0.6, 0.5, 0.4, 0.3, 0.3], 0.001)
    return scaled(strike(modes + more, 0.35, seed, knock(seed + 1, 3000, 3000, 0.012, 0.15)))


def metronome(hz: float, seed: int) -> Floats:
    """A click of one pitch."""
    modes = partials([hz, hz * 2.01], 0, [1, 0.3], [0.06, 0.03], 0.0003)
    return scaled(strike(modes, 0.06, seed))


DRUM_RECIPES: dict[str, tuple[Callable[[], Floats], str]] = {
    "Kick1": (partial(kick, 52.0, 150.0, 0.02, 0.35, 0.35, 800), "falling sine and a beater"),
    "Kick2": (partial(kick, 46.0, 210.0, 0.014, 0.3, 0.6, 802), "the same, harder"),
    "Kick3": (partial(kick, 42.0, 320.0, 0.03, 0.4, 0.15, 804), "the same, electric"),
    "Snare1": (partial(snare, 190.0, 0.8, 1.0, 0.28, 810), "membrane and wires"),
    "Snare2": (partial(snare, 230.0, 1.2, 1.6, 0.25, 814), "membrane and wires, tight"),
    "Snare3": (partial(snare, 165.0, 0.9, 0.6, 0.34, 818), "membrane and wires, deep"),
    "Snare4": (partial(snare, 250.0, 1.8, 2.2, 0.32, 822), "mostly wires"),
    "SideStick": (side_stick, "stick on the rim"),
    "Tom1": (partial(skin, 145.0, 0.42, 0.25, 0.3, 826), "membrane"),
    "Tom2": (partial(skin, 92.0, 0.5, 0.25, 0.3, 827), "membrane, low"),
    "ClosedHH1": (partial(metal, 0.07, 3200.0, 0.7, 830), "lines and noise, short"),
    "OpenHH1": (partial(metal, 0.4, 3200.0, 0.7, 830), "the same, long"),
    "ClosedHH2": (partial(metal, 0.09, 4600.0, 1.3, 900), "lines and noise, short, thin"),
    "OpenHH2": (partial(metal, 0.4, 4600.0, 1.3, 900), "the same, long"),
    "Crash": (partial(metal, 0.75, 450.0, 1.0, 910, 120), "many lines and noise"),
    "Conga1": (partial(skin, 215.0, 0.35, 0.05, 0.45, 832), "membrane, slap"),
    "Conga2": (partial(skin, 160.0, 0.45, 0.05, 0.2, 833), "membrane, open"),
    "Timbales1": (partial(skin, 330.0, 0.4, 0.03, 0.6, 834, 2.0), "membrane, metal shell"),
    "Timbales2": (partial(skin, 245.0, 0.45, 0.03, 0.6, 835, 2.0), "membrane, metal shell, low"),
    "Cowbell": (cowbell, "stiff modes"),
    "Claps": (claps, "bursts of noise"),
    "Tambourine": (tambourine, "jingles"),
    "E.Tom": (electric_tom, "tone that falls"),
    "Ride": (partial(metal, 0.5, 700.0, 2.2, 920, 50), "lines, little noise"),
    "Rap": (rap, "scratch"),
    "Whip": (whip, "rush and crack"),
    "Shaker": (shaker, "swelling noise"),
    "Tubular1": (partial(tube, 261.6, 890), "tube"),
    "Tubular2": (partial(tube, 329.6, 892), "tube"),
    "Tubular3": (partial(tube, 392.0, 894), "tube"),
    "Tubular4": (partial(tube, 523.3, 896), "tube"),
    "Metronome1": (partial(metronome, 1760.0, 898), "click"),
    "Metronome2": (partial(metronome, 1320.0, 899), "click"),
}
"""Drum sounds of their own; the other eleven are multisounds, too."""

SHARED = {
    "Pole": "Pole", "Block": "Block", "FingerSnap": "FingerSnap", "Drop": "Drop", "VibeHit": "VibeHit",
    "Hammer": "Hammer", "MetalHit": "MetalHit", "Pluck": "Pluck", "FlexaTone": "Flexatone", "WindBell": "WindBells",
    "BellRing": "BellRing",
}
"""Drum sounds that play the words of a multisound at its root."""

"""Short sounds that end: poles, blocks, snaps, drops, plectra, hammers."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from korgm1.waves.arithmetic import Floats, decline, exp2, noise, oscillate, resonate, sharpen
from korgm1.waves.bells import SAW
from korgm1.waves.directory import RATE
from korgm1.waves.instrument import ONE, Instrument
from korgm1.waves.partials import below, comb, knock, partials, rolloff, series
from korgm1.waves.tone import Take, ended, strike

SPREAD = (60, 127)

Hit = Callable[[float, float], Floats]


def pole(hz: float, ceiling: float) -> Floats:
    """A metal pole struck with a stick: a tube's modes, dry."""
    ratio = np.array([1.0, 2.76, 5.4, 8.93, 13.3])
    modes = partials(hz * 1.5 * ratio, 0, [1, 0.8, 0.6, 0.35, 0.2], [0.45, 0.4, 0.3, 0.2, 0.12], 0.0006)
    return strike(below(modes, ceiling), 0.3, 600, knock(601, 3800, 3500, 0.012, 0.5, ceiling))


def block(hz: float, ceiling: float) -> Floats:
    """A wood block: two modes, very short."""
    modes = partials(hz * np.array([3.0, 4.35, 7.4]), 0, [1, 0.5, 0.2], [0.12, 0.08, 0.05], 0.0005)
    return strike(below(modes, ceiling), 0.12, 603, knock(604, 2200, 2200, 0.008, 0.4, ceiling))


def snap(hz: float, ceiling: float) -> Floats:
    """Fingers: the hand as a resonator of noise."""
    count = int(0.16 * RATE)
    air = resonate(noise(606, count), 2100, 900, RATE) * 1.4 + resonate(noise(607, count), 5200, 2500, RATE)
    sound = air * decline(0.11, count, RATE)
    slip = np.zeros(count)
    slip[260:] = sound[: count - 260]
    return scaled(slip + 0.2 * air * decline(0.01, count, RATE))


def pop(hz: float, ceiling: float) -> Floats:
    """A cork, or a finger in the cheek: a resonance that rises in 40 ms."""
    count = int(0.12 * RATE)
    at = np.arange(count) / RATE
    sweep = 350 + 700 * np.minimum(at / 0.04, 1.0)
    return scaled(oscillate(sweep, RATE) * decline(0.1, count, RATE))


def drop(hz: float, ceiling: float) -> Floats:
    """A drop of water: a bubble's tone that rises as it closes."""
    count = int(0.25 * RATE)
    at = np.arange(count) / RATE
    first = oscillate(hz * 3.2 * exp2(at * 7.0), RATE) * decline(0.16, count, RATE)
    second = np.zeros(count)
    late = int(0.07 * RATE)
    second[late:] = (oscillate(hz * 4.4 * exp2(at * 8.0), RATE) * decline(0.14, count, RATE))[: count - late]
    return scaled(first + 0.6 * second)


def pluck(hz: float, ceiling: float) -> Floats:
    """A string plucked and damped at once."""
    k = series(hz, ceiling, 40)
    modes = partials(hz * k, 0, comb(k, 0.12) * rolloff(k, 0.4) * exp2(-hz * k / 4500), 0.35 / (1 + hz * k / 2500))
    return strike(modes, 0.24, 612, knock(613, 3000, 3000, 0.012, 0.25, ceiling))


def vibe_hit(hz: float, ceiling: float) -> Floats:
    """The stroke on a vibraphone's bar without the bar's ringing."""
    modes = partials(hz * np.array([1.0, 4.0, 10.0, 16.2]), 0, [0.6, 1, 0.7, 0.3], [0.35, 0.4, 0.2, 0.1], 0.0008)
    return strike(below(modes, ceiling), 0.24, 615, knock(616, 1500, 1500, 0.01, 0.3, ceiling))


def hammer(hz: float, ceiling: float) -> Floats:
    """A hammer on iron: many modes close together."""
    places = 700 + 5500 * (noise(618, 26) + 1) / 2
    modes = partials(places, 0, (noise(619, 26) + 1.5) / 2, 0.25 + 0.0 * places, 0.0004)
    return strike(modes, 0.22, 620, knock(621, 2500, 4000, 0.02, 1.2))


def metal_hit(hz: float, ceiling: float) -> Floats:
    """A sheet of metal: stiff modes and noise."""
    ratio, level, fall = (np.array(column) for column in zip(*SAW, strict=True))
    modes = partials(hz * 1.7 * ratio, 0, level, fall * 0.22, 0.0005)
    more = partials(hz * 1.7 * ratio * 1.19, 0, level * 0.8, fall * 0.25, 0.0005)
    return strike(below(modes + more, ceiling), 0.4, 624, knock(625, 4500, 5000, 0.05, 0.6, ceiling))


def pick(hz: float, ceiling: float) -> Floats:
    """A plectrum on a muted string."""
    count = int(0.08 * RATE)
    scratch = sharpen(noise(627, count)) * decline(0.03, count, RATE)
    return scaled(scratch + 1.5 * resonate(noise(628, count), 1200, 600, RATE) * decline(0.06, count, RATE))


def scaled(samples: Floats) -> Floats:
    """Ended, with the loudest word 1."""
    samples = ended(samples)
    return samples / float(np.abs(samples).max())


def rhythm(hz: float, ceiling: float) -> Take:
    """A bar of blocks, snaps and poles of sixteenths at 188 a minute, as one loop."""
    loop = 20_000
    total = np.zeros(loop)
    pattern: tuple[tuple[int, Hit, float, float], ...] = (
        (0, pole, 110.0, 0.9), (0, block, 200.0, 0.5), (2, block, 320.0, 0.5), (3, snap, 261.0, 0.8),
        (4, block, 200.0, 0.6), (5, pole, 160.0, 0.5), (6, drop, 261.0, 0.5), (7, block, 320.0, 0.4),
        (7, snap, 261.0, 0.4),
    )
    for place, hit, pitch, level in pattern:
        sound = hit(pitch, ceiling)
        places = (np.arange(len(sound)) + place * loop // 8) % loop
        total[places] += sound * level
    return Take(total, loop, hz)


def once(hz: float, ceiling: float, hit: Hit) -> Take:
    """The recipe of a sound that ends."""
    return Take(hit(hz, ceiling), 0, hz)


INSTRUMENTS = {
    "Rhythm": Instrument(rhythm, ONE, "a bar of short sounds, looped", pitched=False),
    "Pole": Instrument(partial(once, hit=pole), SPREAD, "tube struck with a stick", pitched=False),
    "Block": Instrument(partial(once, hit=block), SPREAD, "wood block", pitched=False),
    "FingerSnap": Instrument(partial(once, hit=snap), ONE, "noise in the hand", pitched=False),
    "Pop": Instrument(partial(once, hit=pop), ONE, "rising resonance", pitched=False),
    "Drop": Instrument(partial(once, hit=drop), ONE, "rising bubbles", pitched=False),
    "Pluck": Instrument(partial(once, hit=pluck), ONE, "damped string", pitched=False),
    "VibeHit": Instrument(partial(once, hit=vibe_hit), ONE, "stroke on a bar", pitched=False),
    "Hammer": Instrument(partial(once, hit=hammer), ONE, "iron", pitched=False),
    "MetalHit": Instrument(partial(once, hit=metal_hit), ONE, "sheet of metal", pitched=False),
    "Pick": Instrument(partial(once, hit=pick), ONE, "plectrum on a muted string", pitched=False),
}

"""From recipes to the bank: every zone played once, scaled, rounded to 16 bits and entered in the directory."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from korgm1.waves import bells, cycles, drums, ensembles, hits, keyboards, strings, winds
from korgm1.waves.arithmetic import Floats, cents, exp2, hertz, loudest
from korgm1.waves.bank import LIMIT, Bank
from korgm1.waves.directory import DRUMS, MULTISOUNDS, RATE, ROOT_UNIT, TWINS, UNITY, Sound, Zone
from korgm1.waves.instrument import HALVES, Instrument
from korgm1.waves.tone import Take, cycle

PEAK = 0.97
"""The loudest word of every take, of full scale."""
LOUDNESS = 0.16
"""Root mean square, of full scale, that the loudest 50 ms of every take have behind its level; where the words
themselves are softer, the level is full."""
WINDOW = RATE // 20
DRUM_ROOT = 6000 * ROOT_UNIT
"""Every drum sound has step 1 at key 60."""
HEADROOM = 0.46
"""The highest partial, of the rate the words are played at."""

INSTRUMENTS: dict[str, Instrument] = {
    **keyboards.INSTRUMENTS, **strings.INSTRUMENTS, **winds.INSTRUMENTS, **ensembles.INSTRUMENTS, **bells.INSTRUMENTS,
    **hits.INSTRUMENTS,
}

Progress = Callable[[str, float], None]


class _Words:
    """What is put one behind the other."""

    def __init__(self) -> None:
        self.parts: list[npt.NDArray[np.int16]] = []
        self.count = 0

    def add(self, samples: Floats) -> int:
        """The address at which the words begin."""
        at = self.count
        self.parts.append(np.rint(samples * 32767.0).astype(np.int16))
        self.count += len(samples)
        return at


def build(progress: Progress | None = None) -> Bank:
    """The whole bank: some seconds of work, the same bits each time.

    Args:
        progress: called with each name and how much of the work is done, 0 to 1.
    """
    words = _Words()
    found: dict[str, Sound] = {}
    for number, name in enumerate(MULTISOUNDS):
        if progress is not None:
            progress(name, number / (len(MULTISOUNDS) + len(DRUMS)))
        if name in TWINS:
            continue
        found[name] = _cycles(number, name, words) if name in cycles.SHAPES else _sampled(number, name, words)
    for number, name in enumerate(MULTISOUNDS):
        if name in TWINS:
            found[name] = _twin(number, name, found[TWINS[name]])
    kit = []
    for number, name in enumerate(DRUMS, 1):
        if progress is not None:
            progress(name, (len(MULTISOUNDS) + number) / (len(MULTISOUNDS) + len(DRUMS)))
        kit.append(_drum(number, name, words, found))
    table = np.concatenate(words.parts)
    if len(table) > LIMIT:
        raise ValueError(f"{len(table):,} words, {LIMIT:,} at most")
    table.flags.writeable = False
    return Bank(table, tuple(found[name] for name in MULTISOUNDS), tuple(kit))


def _sampled(number: int, name: str, words: _Words) -> Sound:
    instrument = INSTRUMENTS[name]
    zones = []
    low = instrument.tops[0] - 12
    once = False
    for top in instrument.tops:
        if len(instrument.tops) == 1:
            take = instrument.recipe(hertz(60), RATE * HEADROOM)
        elif not instrument.pitched:
            take = instrument.recipe(hertz(low + 6), RATE * HEADROOM / 2)
        else:
            root = top - min((top - low) * 0.45, 9)
            take = instrument.recipe(hertz(root), RATE * HEADROOM / float(exp2((top - root) / 12)))
        once = once or not take.loop
        zones.append(_zone(top, take, words))
        low = top + 1
    return Sound(number, name, tuple(zones), True, once, instrument.pitched, instrument.made)


def _cycles(number: int, name: str, words: _Words) -> Sound:
    shape, made = cycles.SHAPES[name]
    levels = shape()
    phase = np.full(len(levels), 0.25) if name in cycles.COSINES else None
    zones = [_zone(top, cycle(hertz(top), levels, phase), words) for top in HALVES]
    return Sound(number, name, tuple(zones), True, False, True, f"single cycles: {made}")


def _twin(number: int, name: str, other: Sound) -> Sound:
    """One zone of the other, at one pitch: the one of middle C; of the second of two, the one above."""
    place = other.zones.index(other.zone(60))
    if name.endswith("2"):
        place = min(place + 1, len(other.zones) - 1)
    zone = other.zones[place]
    whole = Zone(127, zone.start, zone.loop_start, zone.loop_end, zone.root, zone.level)
    return Sound(number, name, (whole,), False, other.one_shot, False, f"{other.name} at one pitch")


def _drum(number: int, name: str, words: _Words, found: dict[str, Sound]) -> Sound:
    if name in drums.SHARED:
        base = found[drums.SHARED[name]]
        (zone,) = _twin(number, name, base).zones
        return Sound(number, name, (replace(zone, root=DRUM_ROOT),), True, base.one_shot, False, base.made)
    make, made = drums.DRUM_RECIPES[name]
    zone = _zone(127, Take(make(), 0, hertz(60)), words)
    return Sound(number, name, (zone,), True, True, False, made)


def _zone(top: int, take: Take, words: _Words) -> Zone:
    samples = take.samples * (PEAK / float(np.abs(take.samples).max()))
    heard = samples
    while take.loop and len(heard) < WINDOW:
        heard = np.concatenate((heard, heard[-take.loop :]))
    level = min(UNITY, round(UNITY * LOUDNESS / loudest(heard, WINDOW)))
    start = words.add(samples)
    end = start + len(samples)
    return Zone(top, start, end - take.loop, end, round(cents(take.hz) * ROOT_UNIT), level)

"""Register scripts for the tone generator, and waves to play, that its tests share."""

from __future__ import annotations

from collections.abc import Iterable
from math import pi, sin

import numpy as np
from numpy.typing import NDArray

Write = tuple[int, int]
"""Offset 0-1FF, value 0-255."""
Words = NDArray[np.int16]

PLACES = {
    "control": (0x00, 1), "pan": (0x01, 1), "level": (0x02, 2), "level_ramp": (0x04, 1), "pitch_ramp": (0x05, 1),
    "increment": (0x06, 3), "start": (0x0A, 3), "loop": (0x0E, 3), "end": (0x12, 3),
}
"""First offset and bytes of each register."""
ONE = 1 << 20
"""INCREMENT of a word a frame."""
KEY, LOOP = 1, 2


def put(voice: int = 0, **values: int) -> list[Write]:
    """Writes of registers in the order of the arguments, low byte first."""
    return [
        (0x20 * voice + PLACES[name][0] + k, value >> 8 * k & 0xFF)
        for name, value in values.items() for k in range(PLACES[name][1])
    ]


def play(voice: int = 0, *, start: int = 0, loop: int = 0xFFFFFF, end: int, increment: int = ONE, level: int = 0xFFFF,
         pan: int = 0, control: int = KEY) -> list[Write]:
    """A whole voice, keyed; at once at its level and pitch."""
    return put(voice, start=start, loop=loop, end=end, increment=increment, level=level, pan=pan, control=control)


def cycle(length: int, amplitude: int = 32000, periods: int = 1) -> Words:
    """A sine that closes at its end."""
    return np.array([round(amplitude * sin(2 * pi * periods * k / length)) for k in range(length)], np.int16)


def noise(length: int, seed: int = 1) -> Words:
    """Words of any value, the two extremes among them."""
    words = np.random.default_rng(seed).integers(-32768, 32768, length).astype(np.int16)
    words[length // 3], words[length // 2] = -32768, 32767
    return words


def run(chip: object, words: Words, script: Iterable[Iterable[Write] | int]) -> NDArray[np.int32]:
    """Writes and numbers of frames in turn; what came out of all of them."""
    parts = [np.empty((0, 4), np.int32)]
    for step in script:
        if isinstance(step, int):
            parts.append(chip.frames(words, step))    # type: ignore[attr-defined]
        else:
            for offset, value in step:
                chip.write(offset, value)             # type: ignore[attr-defined]
    return np.vstack(parts)

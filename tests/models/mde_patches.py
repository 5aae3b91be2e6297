"""Effect blocks and signals that the tests of the MDE share."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from korgm1.clock import FRAME_RATE
from korgm1.sound.mde_mb87405 import Mde
from korgm1.sound.mde_parameters import parameters, start

MODULATION = (12, 13, 14, 15, 16, 17, 18, 19, 24, 25, 30, 31, 32, 33)
"""The effects with an asterisk in the manual's list (facts m1-sound 4, m1-hardware 7.3)."""

Words = NDArray[np.int32]


def eight(number: int, **values: int) -> bytes:
    """An effect's bytes: what it starts with and these; `pre_delay` is "pre-delay", other underscores are blanks."""
    made = start(number)
    for key, value in values.items():
        name = key.replace("pre_delay", "pre-delay").replace("_", " ")
        made = parameters(number)[name].put(made, value)
    return made


def block(one: int = 34, two: int = 34, first: bytes = bytes(8), second: bytes = bytes(8), balance: int = 100,
          pans: tuple[int, int] = (0, 0), io: int = 0x1F) -> bytes:
    """A whole effect block; io 1F is serial with all channels on."""
    return bytes([one - 1, two - 1, *[balance] * 4, *pans, io]) + first + second


def alone(number: int, balance: int = 100, **values: int) -> Mde:
    """A chip with one effect in slot 1, wet only, in serial before Through."""
    mde = Mde()
    mde.load(block(number, 34, eight(number, **values), balance=balance))
    return mde


def noise(frames: int, level: int = 100_000, seed: int = 1, buses: int = 4) -> Words:
    """The same noise on every call; buses beyond the first `buses` are silent."""
    made = np.zeros((frames, 4), np.int32)
    made[:, :buses] = np.random.default_rng(seed).integers(-level, level + 1, (frames, buses))
    return made


def impulse(frames: int, level: int = 400_000, left: bool = True, right: bool = True) -> Words:
    """One word on A and B."""
    made = np.zeros((frames, 4), np.int32)
    made[0, :2] = level * left, level * right
    return made


def tone(hertz: float, frames: int, level: float = 100_000) -> Words:
    """A sine on A and B."""
    made = np.zeros((frames, 4), np.int32)
    made[:, :2] = np.rint(level * np.sin(2 * np.pi * hertz / FRAME_RATE * np.arange(frames)))[:, None]
    return made


def silence(frames: int) -> Words:
    """Nothing."""
    return np.zeros((frames, 4), np.int32)

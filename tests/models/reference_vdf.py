"""A VDF written from its description, in exact fractions, a frame at a time: slow, and nothing like the C."""

from __future__ import annotations

from fractions import Fraction
from math import floor, pi, sin, sqrt

RATE = 31_250
ONE = 1 << 24
PLACES = {0x02: False, 0x06: True, 0x08: True}
"""First byte of CUTOFF, EG and MG, and whether it is signed."""


def share(hertz: float, poles: int) -> float:
    """How far one of so many poles goes in a frame, so that all together are at -3.01 dB at this frequency.

    |H|^2 = k^2 / (k^2 + 4 (1 - k) s^2) of each is 2^(-1 / poles); solved for k.
    """
    each = 2 ** (-1 / poles)
    c = 4 * sin(pi * hertz / RATE) ** 2 * each / (1 - each)
    return (sqrt(c * c + 4 * c) - c) / 2


def shares(poles: int) -> list[int]:
    """The table: keys 0 to 134 in 1/2^24; from key 130 straight to 1."""
    table = [share(440 * 2 ** ((key - 69) / 12), poles) for key in range(131)]
    return [round(k * ONE) for k in table + [table[130] + (1 - table[130]) * n / 4 for n in range(1, 5)]]


class ReferenceRamp:
    """A number on its way: `start` was it when the last write came, `frames` ago, `length` frames the way takes."""

    def __init__(self) -> None:
        self.start, self.target, self.frames, self.length = Fraction(0), Fraction(0), 0, 1

    @property
    def value(self) -> Fraction:
        return self.start + (self.target - self.start) * min(Fraction(self.frames, self.length), Fraction(1))

    def go(self, target: int, length: int) -> None:
        self.start = Fraction(floor(self.value * 2**15), 2**15)
        self.target, self.frames, self.length = Fraction(target), 0, length


class ReferenceVdf:
    """Eight voices; `law` "pole" has each pole at -3 dB where the code says."""

    def __init__(self, poles: int = 2, law: str = "whole") -> None:
        self.poles = poles
        self.table = shares(1 if law == "pole" else poles)
        self.bytes = [[0] * 32 for _ in range(8)]
        self.ramps = [{place: ReferenceRamp() for place in PLACES} for _ in range(8)]
        self.state = [[0] * poles for _ in range(8)]

    def write(self, offset: int, value: int) -> None:
        voice, place = divmod(offset, 32)
        row = self.bytes[voice]
        row[place] = value
        if place == 0 and value % 2 == 0:
            self.state[voice] = [0] * self.poles
            self.ramps[voice] = {place: ReferenceRamp() for place in PLACES}
        if place - 1 in PLACES:
            word = row[place - 1] + 256 * row[place]
            if PLACES[place - 1] and word >= 0x8000:
                word -= 0x10000
            self.ramps[voice][place - 1].go(word, 2 ** (row[4] % 16))

    def code(self, voice: int) -> int:
        return max(0, min(0xFFFF, floor(sum(ramp.value for ramp in self.ramps[voice].values()))))

    def k(self, code: int) -> int:
        key, part = divmod(code, 256)
        if key >= 134:
            return ONE
        return self.table[key] + (self.table[key + 1] - self.table[key]) * part // 256

    def frame(self, voice: int, sample: int) -> int:
        for ramp in self.ramps[voice].values():
            ramp.frames += 1
        if self.bytes[voice][0] % 2 == 0:
            return sample
        x = max(-(1 << 23), min((1 << 23) - 1, sample)) * 256
        k = self.k(self.code(voice))
        for number, y in enumerate(self.state[voice]):
            way = abs(x - y)
            step = -(-way * k // ONE)
            x = self.state[voice][number] = y + step if x > y else y - step
        return (x + 128) // 256

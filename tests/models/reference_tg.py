"""The tone generator in plain Python, from the register table: fractions instead of fixed points, and addresses that
are never brought back into the loop but looked up in it."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction as F
from math import floor

import numpy as np
from numpy.typing import NDArray

POWERS = (0, 10362, 14654, 17948, 20724, 23170, 25382, 27416, 29309, 31086, 32768)


class Ramp:
    """A value on its way, in steps of 1 / `grain`."""

    def __init__(self, grain: int) -> None:
        self.grain, self.origin, self.target, self.frame, self.frames = grain, F(0), F(0), 1, 1

    @property
    def value(self) -> F:
        way = self.origin + (self.target - self.origin) * F(self.frame, self.frames)
        return F(floor(way * self.grain), self.grain)

    def go(self, target: F, bits: int) -> None:
        self.origin, self.target, self.frame, self.frames = self.value, target, 0, 2 ** (bits % 16)

    def step(self) -> F:
        self.frame = min(self.frame + 1, self.frames)
        return self.value


@dataclass
class Voice:
    """One voice: `place` grows for ever, in words from address 0; None while it does not sound."""

    ports: list[int] = field(default_factory=lambda: [0] * 32)
    level: Ramp = field(default_factory=lambda: Ramp(1 << 24))
    increment: Ramp = field(default_factory=lambda: Ramp(1 << 20))
    place: F | None = None
    been_back: bool = False
    loop: int = 0
    end: int = 0

    def word(self, at: int) -> int:
        return int.from_bytes(bytes(self.ports[at : at + 3]), "little")


class Reference:
    """The chip with the arguments of Mb87402."""

    def __init__(self, interpolation: str = "linear", loop: str = "exclusive", headroom: int = 6,
                 pan: str = "ratio") -> None:
        self.interpolation, self.inclusive, self.headroom, self.power = (
            interpolation, loop == "inclusive", headroom // 6, pan == "power")
        self.voices = [Voice() for _ in range(16)]

    def write(self, offset: int, value: int) -> None:
        v, place = self.voices[offset // 32], offset % 32
        if place == 0 and v.place is not None and (v.ports[0] ^ value) & 2:
            v.been_back = v.been_back or v.place >= v.end
            v.place = F(self.address(v, floor(v.place)) or 0) + v.place % 1
        before, v.ports[place] = v.ports[place], value
        if place == 0:
            if value % 2 == 0:
                v.place = None
            elif before % 2 == 0:
                v.loop, v.end, v.place, v.been_back = v.word(14), v.word(18) + self.inclusive, F(v.word(10)), False
                self.finish(v)
        elif place == 3:
            v.level.go(F(v.ports[2] + 256 * value, 65536), v.ports[4])
        elif place == 8:
            v.increment.go(F(v.word(6), 1 << 20), v.ports[5])

    @staticmethod
    def address(v: Voice, place: int) -> int | None:
        """Where the word of a place lies; None: behind a sound without loop."""
        if place < v.end:
            return v.end - 1 if v.been_back and place == v.loop - 1 else place
        if v.ports[0] & 2 and v.loop < v.end:
            return v.loop + (place - v.end) % (v.end - v.loop)
        return None

    def finish(self, v: Voice) -> None:
        if v.place is not None and self.address(v, floor(v.place)) is None:
            v.place = None

    def sample(self, v: Voice, words: NDArray[np.int16]) -> int:
        """24 bits."""
        if v.place is None:
            return 0
        at, part = floor(v.place), v.place % 1

        def word(place: int) -> int:
            address = self.address(v, place)
            return int(words[address]) if address is not None and 0 <= address < len(words) else 0

        a, b = word(at), word(at + 1)
        if self.interpolation == "none":
            return a * 256
        if self.interpolation == "linear":
            return floor((a + (b - a) * part) * 256 + F(1, 2))
        before, c = word(at - 1), word(at + 2)
        inner = F(0)
        for coefficient in (c - before + 3 * (a - b), 2 * before - 5 * a + 4 * b - c, b - before):
            inner = F(floor((coefficient + inner) * part * 4096), 4096)
        return max(-(1 << 23), min((1 << 23) - 1, floor((2 * a + inner) * 128 + F(1, 2))))

    def shares(self, pan: int) -> list[F]:
        """Of the buses A to D."""
        if pan > 10:
            return [F(0), F(0), F(pan in (11, 12)), F(pan >= 12)]
        tenths = (10 - pan, pan)
        return [F(POWERS[k] if self.power else round(3276.8 * k), 32768) for k in tenths] + [F(0), F(0)]

    def frames(self, words: NDArray[np.int16], frames: int) -> NDArray[np.int32]:
        """As Mb87402.frames."""
        out = np.zeros((frames, 4), np.int32)
        for frame in range(frames):
            buses = [0] * 4
            for v in self.voices:
                step, level, sample = v.increment.step(), v.level.step(), self.sample(v, words)
                if v.place is not None:
                    v.place += step
                    self.finish(v)
                for bus, share in enumerate(self.shares(min(v.ports[1], 13)) if sample else ()):
                    gain = F(floor(level * share * 2**31), 2**31)
                    buses[bus] += floor(F(sample, 16) / 2**self.headroom * gain + F(1, 2))
            out[frame] = [max(-(1 << 19), min((1 << 19) - 1, bus)) for bus in buses]
        return out

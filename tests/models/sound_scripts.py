"""What tests of the sound board write to it: a note, random music, random nonsense; and a board with its chips."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from korgm1.hypotheses import Hypotheses
from korgm1.snapshot import Block
from korgm1.sound.mde_mb87405 import Mde
from korgm1.sound.sound_board import SoundBoard
from korgm1.sound.tg_mb87402 import Mb87402
from korgm1.sound.vdf_mb87404 import Mb87404
from korgm1.sound.waverom import WaveRom

Write = tuple[int, int, int]
"""Clock, port, value."""
FLAT = np.full(1000, 16384, np.int16)
"""A wave that stands still: every frame in which it sounds is alike."""
NOISE = np.random.default_rng(5).integers(-32768, 32768, 5000).astype(np.int16)
WINDOWS = (*range(0x0100, 0x0300), *range(0x0500, 0x0504), *range(0x1000, 0x1200))


def bytes_to(port: int, *values: int) -> list[tuple[int, int]]:
    """Values to ports in a row."""
    return [(port + n, value) for n, value in enumerate(values)]


def keyed(
    voice: int, end: int = 1000, step: int = 1 << 20, level: int = 0xFFFF, pan: int = 0, loop: bool = True,
    ramp: int = 0,
) -> list[tuple[int, int]]:
    """Port writes that start a voice on the words from 0 to `end`."""
    base = 0x1000 + 0x20 * voice
    return [
        *bytes_to(base + 0x0A, 0, 0, 0), *bytes_to(base + 0x0E, 0, 0, 0),
        *bytes_to(base + 0x12, *end.to_bytes(3, "little")),
        (base + 1, pan), *bytes_to(base + 4, ramp, ramp), *bytes_to(base + 2, *level.to_bytes(2, "little")),
        *bytes_to(base + 6, *step.to_bytes(3, "little")), (base, 1 | 2 * loop),
    ]


def effects(block: bytes) -> list[tuple[int, int]]:
    """Port writes that load an effect block."""
    return [(0x0500, 0), *((0x0502, value) for value in block), (0x0501, 0)]


@dataclass
class Wired:
    """A sound board and its chips."""

    wave: NDArray[np.int16] = field(default_factory=lambda: FLAT)
    guesses: dict[str, object] = field(default_factory=dict)
    deaf: bool = False
    tireless: bool = False
    clock: int = 0

    def __post_init__(self) -> None:
        guess = Hypotheses(self.guesses)
        self.tg, self.vdf1, self.vdf2 = Mb87402.of(guess), Mb87404.of(guess), Mb87404.of(guess)
        self.mde = Mde.of(guess)
        self.board = SoundBoard(
            lambda: self.clock, guess["H-FS"], self.tg.pointer, self.vdf1.pointer, self.vdf2.pointer, self.mde.pointer,
            WaveRom(self.wave), interleaved=guess["H-VDF8"] == "interleaved", deaf=self.deaf, tireless=self.tireless,
        )
        self.board.hold(1)
        self.board.listen(True)

    def write(self, *writes: tuple[int, int]) -> None:
        """To ports, now."""
        for port, value in writes:
            self.board.write(port, value)

    def play(self, script: list[Write], end: int) -> NDArray[np.int32]:
        """Writes at their clocks; what is heard up to `end`."""
        for clock, port, value in script:
            self.clock = clock
            self.board.write(port, value)
        self.clock = end
        return self.board.heard()

    def parts(self) -> dict[str, Block]:
        """The snapshot of everything."""
        chips = {"tg": self.tg, "vdf1": self.vdf1, "vdf2": self.vdf2, "mde": self.mde}
        return {"board": self.board.snapshot(), **{name: chip.snapshot() for name, chip in chips.items()}}

    def restore(self, parts: dict[str, Block]) -> None:
        """Take it back."""
        for name, part in (("board", self.board), ("tg", self.tg), ("vdf1", self.vdf1), ("vdf2", self.vdf2),
                           ("mde", self.mde)):
            part.restore(parts[name])


def music(seed: int, end: int) -> list[Write]:
    """Notes with ramps, filters and effects, with rests between them, up to the clock `end`."""
    draw = random.Random(seed)

    def gestures() -> Iterator[list[tuple[int, int]]]:
        while True:
            voice = draw.randrange(16)
            base, vdf = 0x1000 + 0x20 * voice, 0x0100 + 0x20 * voice
            kind = draw.randrange(8)
            if kind < 3:
                yield keyed(voice, draw.randrange(2, 5000), draw.randrange(1 << 18, 1 << 22), draw.randrange(0x10000),
                            draw.randrange(16), draw.random() < 0.3, draw.randrange(12))
            elif kind == 3:
                yield [(base, 0)]
            elif kind == 4:
                yield [*bytes_to(base + 4, draw.randrange(16)), *bytes_to(base + 2, 0, draw.randrange(256))]
            elif kind == 5:
                yield [(vdf + 4, draw.randrange(16)), (vdf, draw.randrange(2)),
                       *bytes_to(vdf + 2, 0, draw.randrange(256)), *bytes_to(vdf + 6, 0, draw.randrange(256))]
            elif kind == 6:
                types = draw.randrange(35), draw.randrange(35)
                yield effects(bytes([*types, *(draw.randrange(128) for _ in range(23))]))
            else:
                yield [(0x1000 + 0x20 * v, 0) for v in range(16)]

    script, clock = [], 0
    for gesture in gestures():
        clock += draw.choice((0, 1, 40, 300, 5_000, 60_000, draw.randrange(1_000_000)))
        if clock >= end:
            return script
        script += [(clock, port, value) for port, value in gesture]
    return script


def nonsense(seed: int, count: int) -> list[Write]:
    """Random values to random ports of all windows, a little time between them."""
    draw = random.Random(seed)
    clock, script = 0, []
    for _ in range(count):
        clock += draw.choice((0, 7, 100, 700))
        script.append((clock, draw.choice(WINDOWS), draw.randrange(256)))
    return script

"""What the sound costs: the sound board alone as times real time, by voices; its worst blocks; silence; beside a peer.

    .venv/bin/python bench/sound.py [--seconds 10] [--runs 5] [--json]

CPU time of one core, best of several runs; the blocks are taken by the wall clock, where other work on the machine
shows, so of several runs of the same blocks each block's best counts. Nothing here is a test: a slow machine is no bug.
"""

from __future__ import annotations

import json
import time
from typing import Any

import numpy as np

from korgm1.clock import FRAME_RATE
from korgm1.sound.mde_mb87405 import Mde
from korgm1.sound.mde_parameters import start
from korgm1.sound.sound_board import SoundBoard
from korgm1.sound.tg_mb87402 import Mb87402
from korgm1.sound.vdf_mb87404 import Mb87404
from korgm1.sound.waverom import WaveRom
from korgm1.waves.bank import open_bank
from timing import best, line, options

REACH = 150.0
"""Times real time, 16 voices and two halls on one core."""
WORST_MS = 0.1
"""A block of 32 frames at most, of the 1.024 ms it lasts."""
BLOCK, FRAME = 32, 256
VOICES = (0, 1, 2, 4, 8, 16)
HALLS = bytes([0, 0, 50, 50, 50, 50, 0, 0, 0x1F]) + start(1) + start(1)
PEER = "Nuked-SC55 about 1.2, a fork of it 2.4 times real time on one core (by its users' task managers)"
"""Published figures of another machine with other computers' cores, not measured here: facts m1-sound 6."""


class Bench:
    """A sound board with a clock of its own, loops of the open wave ROM on its voices."""

    def __init__(self, voices: int, block: bytes = HALLS) -> None:
        self.clock = 0
        self.tg, self.vdf1, self.vdf2, self.mde = Mb87402(), Mb87404(), Mb87404(), Mde()
        bank = open_bank()
        self.board = SoundBoard(
            lambda: self.clock, FRAME, self.tg.pointer, self.vdf1.pointer, self.vdf2.pointer, self.mde.pointer,
            WaveRom(bank.words),
        )
        self.board.hold(1)
        for byte, value in [(0x0500, 0), *((0x0502, value) for value in block), (0x0501, 0)]:
            self.board.write(byte, value)
        sounds = [sound for sound in bank.multisounds if not sound.one_shot]
        for voice in range(voices):
            self.key(voice, sounds[5 * voice].zones[0])

    def key(self, voice: int, zone: Any) -> None:
        """A voice with everything in motion that can be: pitch, level and filter on ramps of a second."""
        tg, vdf = 0x1000 + 0x20 * voice, 0x0100 + 0x20 * voice
        words = ((0x0A, zone.start), (0x0E, zone.loop_start), (0x12, zone.loop_end), (0x06, (1 << 20) - 3000 * voice))
        rows = [(tg + at + n, value >> 8 * n & 0xFF) for at, value in words for n in range(3)]
        rows += [(tg + 1, 1 + voice % 9), (tg + 4, 15), (tg + 5, 15), (tg + 2, 0xFF), (tg + 3, 0x60)]
        rows += [(vdf, 1), (vdf + 2, 0), (vdf + 3, 70 + voice), (vdf + 4, 15), (vdf + 6, 0), (vdf + 7, 20)]
        for port, value in (*rows, (tg + 8, 0x12), (tg, 3)):
            self.board.write(port, value)

    def run(self, frames: int) -> None:
        """Let frames pass."""
        self.clock += FRAME * frames
        self.board.catch_up()


def speed(voices: int, seconds: float, runs: int, block: bytes = HALLS) -> float:
    """Times real time of the whole board."""
    return seconds / best(runs, lambda: Bench(voices, block), lambda bench: bench.run(round(seconds * FRAME_RATE)))


def blocks(seconds: float, runs: int) -> dict[str, float]:
    """Milliseconds of blocks of 32 frames with 16 voices and two halls, the calls from Python included."""
    count = round(seconds * FRAME_RATE / BLOCK)
    least = np.full(count, np.inf)
    for _ in range(runs):
        bench, took = Bench(16), np.empty(count)
        for n in range(count):
            begun = time.perf_counter_ns()
            bench.run(BLOCK)
            took[n] = (time.perf_counter_ns() - begun) / 1e6
        least = np.minimum(least, took)
    return {"median": float(np.median(least)), "99.9 %": float(np.quantile(least, 0.999)), "worst": float(least.max())}


def main() -> None:
    """Print a line a case."""
    args = options(__doc__, 10.0, 5).parse_args()
    rows = {f"{voices} voices, two halls": speed(voices, args.seconds, args.runs) for voices in VOICES}
    rows["16 voices, effects Through"] = speed(16, args.seconds, args.runs, bytes([33, 33, *bytes(23)]))
    worst = blocks(min(args.seconds, 5.0), args.runs)
    idle = rows.pop("0 voices, two halls")
    if args.json:
        print(json.dumps({
            "times real time": {key: round(value, 1) for key, value in rows.items()}, "silence": round(idle),
            "reach": REACH, "block ms": {key: round(value, 4) for key, value in worst.items()}, "reach ms": WORST_MS,
            "peer": PEER,
        }))
        return
    for key, value in rows.items():
        print(line(key, value, REACH if key.startswith("16 v") else None))
    print(line("silence", idle))
    print("a block of 32 frames, 16 voices, two halls: " + ", ".join(
        f"{key} {value:.4f} ms" for key, value in worst.items()) + f" (to reach: {WORST_MS} of 1.024 ms)")
    print(f"elsewhere: {PEER}")


if __name__ == "__main__":
    main()

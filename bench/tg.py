"""What the tone generator costs: CPU time by the number of voices, as times real time, best of several runs.

    .venv/bin/python bench/tg.py [--seconds 4] [--runs 7] [--json]

Every voice plays a loop at a pitch of its own, panned between A and B. "moving": its level and pitch are under way all
the time. Nothing here is a test: a slow machine is not a bug.
"""

from __future__ import annotations

import numpy as np

from korgm1.clock import FRAME_RATE
from korgm1.sound.tg_mb87402 import VOICES, Mb87402
from timing import as_json, best, options

REACH = 300.0
"""Times real time, 16 voices with lines between the words, on one core."""
WORDS = np.random.default_rng(1).integers(-32768, 32768, 1 << 21).astype(np.int16)


def write(chip: Mb87402, offset: int, value: int, size: int) -> None:
    """A register, low byte first."""
    for k in range(size):
        chip.write(offset + k, value >> 8 * k & 0xFF)


def move(chip: Mb87402, voices: int, second: int, moving: bool) -> None:
    """A level and a pitch for each voice, there at once or in a little more than a second."""
    for voice in range(voices):
        at, way = 0x20 * voice, 15 * moving
        write(chip, at + 0x04, way | way << 8, 2)
        write(chip, at + 0x02, 0x3000 if second % 2 else 0x1000, 2)
        write(chip, at + 0x06, (1 << 20) + 70_000 * voice + second % 2 * 5000, 3)


def speed(voices: int, interpolation: str, moving: bool, seconds: int, runs: int) -> float:
    """Times real time."""

    def make() -> Mb87402:
        chip = Mb87402(interpolation)
        for voice in range(voices):
            at, start = 0x20 * voice, 100_000 * voice
            write(chip, at + 0x01, 5, 1)
            write(chip, at + 0x0A, start, 3)
            write(chip, at + 0x0E, start, 3)
            write(chip, at + 0x12, start + (100 if voice % 2 else 5000), 3)
            write(chip, at, 3, 1)
        return chip

    def work(chip: Mb87402) -> None:
        for second in range(seconds):
            move(chip, voices, second, moving)
            chip.frames(WORDS, FRAME_RATE)

    return seconds / best(runs, make, work)


def main() -> None:
    """Print a line a case."""
    args = options(__doc__, 4, 7).parse_args()
    found = {
        f"{voices} voices, {interpolation}{', moving' if moving else ''}":
            speed(voices, interpolation, moving, args.seconds, args.runs)
        for interpolation, moving, counts in (
            ("linear", True, (0, 1, 2, 4, 8, VOICES)), ("linear", False, (VOICES,)), ("none", True, (VOICES,)),
            ("4-point", True, (VOICES,)))
        for voices in counts
    }
    if args.json:
        print(as_json(found, REACH))
        return
    idle = 1e6 / FRAME_RATE / found["0 voices, linear, moving"]
    for key, value in found.items():
        voices, cost = int(key.split()[0]), 1e6 / FRAME_RATE / value
        each = f"   {1000 * (cost - idle) / voices:4.1f} ns a voice and frame" if voices else ""
        print(f"{key:28} {value:7.0f} x real time   {1000 * cost:5.1f} ns a frame{each}"
              + (f"   (to reach: {REACH:.0f})" if key == f"{VOICES} voices, linear, moving" else ""))


if __name__ == "__main__":
    main()

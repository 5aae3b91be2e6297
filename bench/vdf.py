"""What the filters cost: CPU time of 16 voices on both chips, as times real time, best of several runs.

    .venv/bin/python bench/vdf.py [--seconds 5] [--runs 5] [--json]

Nothing here is a test: a slow machine is not a bug.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from korgm1.clock import FRAME_RATE
from korgm1.sound.vdf_mb87404 import Mb87404
from timing import as_json, best, line, options

REACH = 600.0
"""Times real time, 16 voices of two poles on one core."""
LONG = 15
"""RAMP of a way that takes more than a second."""


def chip(poles: int, cutoff: int) -> Mb87404:
    """One of the two, its eight voices at a code."""
    made = Mb87404(poles)
    for voice in range(8):
        for place, value in ((0, 1), (2, cutoff & 255), (3, cutoff >> 8), (4, LONG)):
            made.write(32 * voice + place, value)
    return made


def speed(seconds: int, runs: int, poles: int = 2, cutoff: int = 90 << 8, moving: bool = False,
          sounding: int = 0xFF) -> float:
    """Times real time of both chips on noise; `moving` has EG and MG of all voices on their way all the time."""
    rows = np.random.default_rng(1).integers(-8_000_000, 8_000_001, (8, FRAME_RATE)).astype(np.int32)

    def work(chips: list[Mb87404]) -> None:
        for second in range(seconds):
            for one in chips:
                for place in range(0x07, 0x100, 0x20) if moving else ():
                    one.write(place, 5 * (second % 3))
                    one.write(place + 2, second % 4)
                one.samples(rows, sounding)

    return seconds / best(runs, lambda: [chip(poles, cutoff) for _ in range(2)], work)


def main() -> None:
    """Print a line a case."""
    args = options(__doc__, 5, 5).parse_args()
    cases: dict[str, dict[str, Any]] = {
        "16 voices, two poles": {}, "the same, EG and MG under way": {"moving": True},
        "one pole": {"poles": 1}, "four poles": {"poles": 4}, "open": {"cutoff": 134 << 8},
        "4 voices of 16": {"sounding": 0x03}, "silence": {"sounding": 0},
    }  # fmt: skip
    found = {name: speed(args.seconds, args.runs, **options) for name, options in cases.items()}
    if args.json:
        print(as_json(found, REACH))
        return
    for number, (key, value) in enumerate(found.items()):
        print(line(key, value, None if number else REACH))


if __name__ == "__main__":
    main()

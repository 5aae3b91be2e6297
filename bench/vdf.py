"""What the filters cost: CPU time of 16 voices on both chips, as times real time, best of several runs.

    .venv/bin/python bench/vdf.py [--seconds 5] [--runs 5] [--json]

Nothing here is a test: a slow machine is not a bug.
"""

from __future__ import annotations

import argparse
import json
import time
from typing import Any

import numpy as np

from korgm1.sound.registers import FRAME_RATE
from korgm1.sound.vdf_mb87404 import Mb87404

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
    best = float("inf")
    for _ in range(runs):
        chips = [chip(poles, cutoff) for _ in range(2)]
        begun = time.process_time()
        for second in range(seconds):
            for one in chips:
                for place in range(0x07, 0x100, 0x20) if moving else ():
                    one.write(place, 5 * (second % 3))
                    one.write(place + 2, second % 4)
                one.samples(rows, sounding)
        best = min(best, time.process_time() - begun)
    return seconds / best


def main() -> None:
    """Print a line a case."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    cases: dict[str, dict[str, Any]] = {
        "16 voices, two poles": {}, "the same, EG and MG under way": {"moving": True},
        "one pole": {"poles": 1}, "four poles": {"poles": 4}, "open": {"cutoff": 134 << 8},
        "4 voices of 16": {"sounding": 0x03}, "silence": {"sounding": 0},
    }  # fmt: skip
    found = {name: speed(args.seconds, args.runs, **options) for name, options in cases.items()}
    if args.json:
        print(json.dumps({"reach": REACH, "times real time": {key: round(value) for key, value in found.items()}}))
        return
    for number, (key, value) in enumerate(found.items()):
        print(f"{key:40} {value:9.0f} x real time" + (f"   (to reach: {REACH:.0f})" if not number else ""))


if __name__ == "__main__":
    main()

"""What the effects cost: CPU time of 33 effects and of two halls, as times real time, best of several runs.

    .venv/bin/python bench/mde.py [--seconds 2] [--runs 5] [--json]

Nothing here is a test: a slow machine is not a bug.
"""

from __future__ import annotations

import argparse
import json
import time

import numpy as np

from korgm1.sound.mde_mb87405 import FRAME_RATE, Mde
from korgm1.sound.mde_parameters import names, parameters, start

REACH = 600.0
"""Times real time, two halls and the routing on one core."""


def effect(number: int, db: int = 0) -> bytes:
    """The bytes it starts with, its EQ raised."""
    made = start(number)
    for name in ("EQ high", "EQ low"):
        if db and name in parameters(number):
            made = parameters(number)[name].put(made, db)
    return made


def speed(one: int, two: int, seconds: int, runs: int, db: int = 0) -> float:
    """Times real time of two effects in serial, half dry, on noise."""
    words = np.random.default_rng(1).integers(-100_000, 100_001, (FRAME_RATE, 4)).astype(np.int32)
    best = float("inf")
    for _ in range(runs):
        mde = Mde()
        mde.load(bytes([one - 1, two - 1, 50, 50, 50, 50, 0, 0, 0x1F]) + effect(one, db) + effect(two, db))
        begun = time.process_time()
        for _ in range(seconds):
            mde.frames(words)
        best = min(best, time.process_time() - begun)
    return seconds / best


def main() -> None:
    """Print a line a case."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=2)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    found = {"two halls": speed(1, 1, args.seconds, args.runs)}
    found["two halls, all EQs at +6 dB"] = speed(1, 1, args.seconds, args.runs, 6)
    found["nothing: Through twice"] = speed(34, 34, args.seconds, args.runs)
    for number in range(1, 34):
        found[f"{number} {names()[number - 1]}"] = speed(number, 34, args.seconds, args.runs)
    if args.json:
        print(json.dumps({"reach": REACH, "times real time": {key: round(value) for key, value in found.items()}}))
        return
    for key, value in found.items():
        print(f"{key:32} {value:7.0f} x real time" + (f"   (to reach: {REACH:.0f})" if key == "two halls" else ""))


if __name__ == "__main__":
    main()

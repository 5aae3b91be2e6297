"""What the effects cost: CPU time of 33 effects and of two halls, as times real time, best of several runs.

    .venv/bin/python bench/mde.py [--seconds 2] [--runs 5] [--json]

Nothing here is a test: a slow machine is not a bug.
"""

from __future__ import annotations

import numpy as np

from korgm1.clock import FRAME_RATE
from korgm1.sound.mde_mb87405 import Mde
from korgm1.sound.mde_parameters import names, parameters, start
from timing import as_json, best, line, options

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

    def make() -> Mde:
        mde = Mde()
        mde.load(bytes([one - 1, two - 1, 50, 50, 50, 50, 0, 0, 0x1F]) + effect(one, db) + effect(two, db))
        return mde

    def work(mde: Mde) -> None:
        for _ in range(seconds):
            mde.frames(words)

    return seconds / best(runs, make, work)


def main() -> None:
    """Print a line a case."""
    args = options(__doc__, 2, 5).parse_args()
    found = {"two halls": speed(1, 1, args.seconds, args.runs)}
    found["two halls, all EQs at +6 dB"] = speed(1, 1, args.seconds, args.runs, 6)
    found["nothing: Through twice"] = speed(34, 34, args.seconds, args.runs)
    for number in range(1, 34):
        found[f"{number} {names()[number - 1]}"] = speed(number, 34, args.seconds, args.runs)
    if args.json:
        print(as_json(found, REACH))
        return
    for key, value in found.items():
        print(line(key, value, REACH if key == "two halls" else None))


if __name__ == "__main__":
    main()

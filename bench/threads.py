"""Two machines in two threads against one: the GIL is released while the C core or Unicorn runs.

    .venv/bin/python bench/threads.py [--seconds 10] [--json]

The CPU-bound firmware on two boards that share nothing, which next to never enters Python; and OpenM1's play loop in
two sessions, where each event and most port accesses are Python's, one thread at a time. By the wall clock: the
shortest of TRIALS short runs of one and of two; with other work on the machine the number means little, so the cores
that two busy processes get (CPU time / wall time) are printed beside it.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from functools import partial

from board import Board
from firmware import rom_image
from korgm1.clock import CPU_HZ
from korgm1.session import Session

ENGINES = ("unicorn", "v30")
TRIALS = 20
SPIN = """
import time
start, end = time.time(), time.process_time() + 0.5
while time.process_time() < end: pass
print(time.time() - start)
"""


def gain(engine: str, seconds: float) -> float:
    """How much more two threads get done than one, CPU-bound."""
    alone = min(_wall([Board(rom_image(), engine)], seconds) for _ in range(TRIALS))
    together = min(_wall([Board(rom_image(), engine) for _ in range(2)], seconds) for _ in range(TRIALS))
    return 2 * alone / together


def _wall(boards: list[Board], seconds: float) -> float:
    """Wall seconds until all boards have run, each in its own thread, after a warm-up."""
    for board in boards:
        board.run_until(CPU_HZ // 10)
    end = CPU_HZ // 10 + int(seconds * CPU_HZ)
    return _race([partial(board.run_until, end) for board in boards])


def _race(runs: list[Callable[[], None]]) -> float:
    """Wall seconds until all runs have ended, each in its own thread."""
    workers = [threading.Thread(target=run) for run in runs]
    start = time.perf_counter()
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return time.perf_counter() - start


def play_gain(engine: str, seconds: float) -> float:
    """The same of two OpenM1 sessions in the play loop, each trial a stretch of `seconds`."""
    sessions = [Session(engine=engine) for _ in range(2)]
    for session in sessions:
        session.boot()
    alone, together = (
        min(_race([partial(session.run, seconds) for session in sessions[:count]]) for _ in range(TRIALS))
        for count in (1, 2)
    )
    return 2 * alone / together


def free_cores() -> float:
    """How many cores two busy processes get just now, 2 at most."""
    command = [sys.executable, "-c", SPIN]
    spinning = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    return sum(0.5 / float(process.communicate()[0]) for process in spinning)


def both_engines(seconds: float = 10) -> dict[str, float]:
    """`gain` by engine, `play_gain` by "play " + engine, and "free cores" of the machine's "cores"."""
    found = {engine: gain(engine, seconds) for engine in ENGINES}
    found |= {f"play {engine}": play_gain(engine, seconds) for engine in ENGINES}
    return {**found, "free cores": free_cores(), "cores": float(os.cpu_count() or 1)}


def as_text(found: dict[str, float]) -> str:
    """Three lines."""
    gains = ", ".join(f"{engine} {found[engine]:.2f}" for engine in ENGINES)
    play = ", ".join(f"{engine} {found[f'play {engine}']:.2f}" for engine in ENGINES)
    return (
        f"two machines in two threads against one: {gains}   reach >= 1.8 on two cores\n"
        f"two OpenM1 sessions in their play loop: {play}   most of it is Python, one thread at a time\n"
        f"two busy processes got {found['free cores']:.2f} of {found['cores']:.0f} cores just then"
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=10, help="emulated seconds a machine")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    found = both_engines(args.seconds)
    print(json.dumps(found) if args.json else as_text(found))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

"""Speed as ratios in one run: every engine on OpenM1's play loop, MAME on the same image, time to the first text.

    python bench/bench.py [--seconds 20] [--json]

Nothing here is a test: a slow machine is not a bug. What counts is the last column.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time
from pathlib import Path

from korgm1.clock import CPU_HZ
from korgm1.session import Session

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tools"))
import mame


def real_time_factor(engine: str, seconds: float) -> tuple[float, float]:
    """Emulated seconds a host second in the play loop, best of three; and instructions an emulated second."""
    session = Session(engine=engine)
    session.boot()
    best = 0.0
    before = session.machine.engine.instructions
    for _ in range(3):
        clock, start = session.clock, time.perf_counter()
        session.run(seconds)
        best = max(best, (session.clock - clock) / CPU_HZ / (time.perf_counter() - start))
    return best, (session.machine.engine.instructions - before) / (3 * seconds)


def first_text() -> tuple[float, float]:
    """Host seconds from process start to the first LCD text, and the emulated time of that text."""
    session = Session()
    session.power_on()
    session.run(1.0)
    at = next(c.seconds for c in session.timeline if any(ch.isalnum() for ch in c.lcd[0]))
    command = [sys.executable, "-m", "korgm1", "boot", "--seconds", f"{at + 0.011:.3f}"]
    times = []
    for _ in range(7):
        start = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        times.append(time.perf_counter() - start)
    return statistics.median(times), at


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=20, help="emulated seconds a measurement")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    rows = {engine: real_time_factor(engine, args.seconds) for engine in ("unicorn", "v30")}
    rows["lockstep"] = real_time_factor("lockstep", min(args.seconds, 2))
    peer = max(mame.run_mame(int(args.seconds)).speed for _ in range(2)) if mame.find_mame() else None
    host, at = first_text()
    if args.json:
        print(json.dumps({"real_time": rows, "mame": peer, "first_text_seconds": host}))
        return 0
    print(f"OpenM1's play loop, {args.seconds:g} emulated seconds, best of three")
    print(f"{'engine':10} {'x real time':>12} {'instr/s emulated':>17} {'x MAME':>8}   reach")
    reach = {"unicorn": ">= 1 x MAME", "v30": ">= 2 x MAME", "lockstep": ""}
    for engine, (factor, rate) in rows.items():
        ratio = f"{factor / peer:8.2f}" if peer else "       -"
        print(f"{engine:10} {factor:12.1f} {rate:17,.0f} {ratio}   {reach[engine]}")
    print(f"{'MAME':10} {peer:12.1f}" if peer else "MAME is not installed: no peer in this run")
    print(f"process start to first LCD text: {host:.3f} s (text at {at:.3f} s emulated)   reach < 0.5 s")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

"""Speed as ratios in one run: every engine and MAME on the same two firmwares, what the pieces cost, two threads.

    .venv/bin/python bench/bench.py [--seconds 20] [--quick] [--json]

Firmwares: OpenM1 in its play loop, which waits most of the time and talks to devices, and the CPU-bound mix of
firmware.py. Times are CPU time, which other work on the machine does not enter; only the first text and the two threads
are taken by the wall clock. Nothing here is a test: a slow machine is not a bug. What counts is the ratio.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import costs
import threads
from board import Board
from firmware import COUNTER, rom_image
from korgm1.clock import CPU_HZ
from korgm1.machine.engines import NAMES
from korgm1.session import Session

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tools"))
import mame

REACH = {"unicorn": 1.0, "v30": 2.0, "lockstep": 0.3}
"""Times MAME's speed."""
MAME_SECONDS = 60
"""Emulated seconds that MAME runs, beyond the short run that stands for its start."""
MAME_START = 2


@dataclass(frozen=True)
class Speed:
    """Emulated seconds a CPU second; instructions an emulated second; nanoseconds of CPU time an instruction."""

    factor: float
    instructions: float
    nanoseconds: float


def play_loop(engine: str, seconds: float) -> Speed:
    """OpenM1's play loop, best of three."""
    session = Session(engine=engine)
    session.boot()
    return _best(lambda: session.clock, lambda: session.machine.engine.instructions, session.run, seconds)


def busy_loop(engine: str, seconds: float) -> tuple[Speed, float]:
    """The CPU-bound mix, best of three; and the instructions of one pass."""
    board = Board(rom_image(), engine)
    cpu = board.engine
    speed = _best(
        lambda: board.clock, lambda: cpu.instructions, lambda s: board.run_until(board.clock + int(s * CPU_HZ)), seconds
    )
    return speed, cpu.instructions / int.from_bytes(board.memory.image[COUNTER : COUNTER + 4], "little")


def _best(clock, instructions, run, seconds: float) -> Speed:  # type: ignore[no-untyped-def]
    run(seconds / 4)
    found = []
    for _ in range(3):
        at, count, start = clock(), instructions(), time.process_time()
        run(seconds)
        used = time.process_time() - start
        emulated, done = (clock() - at) / CPU_HZ, instructions() - count
        found.append(Speed(emulated / used, done / emulated, used / done * 1e9))
    return max(found, key=lambda speed: speed.factor)


def on_mame(rom: bytes | None, a_pass: float) -> Speed:
    """The same on MAME, its start subtracted; instructions by the counter of passes (0: not counted)."""
    halves = (None, None) if rom is None else (rom[0::2], rom[1::2])
    start = min((mame.run_mame(MAME_START, *halves) for _ in range(3)), key=lambda run: run.cpu_seconds)
    whole = min((mame.run_mame(MAME_START + MAME_SECONDS, *halves) for _ in range(3)), key=lambda run: run.cpu_seconds)
    used = whole.cpu_seconds - start.cpu_seconds
    done = (_passes(whole) - _passes(start)) * a_pass
    return Speed(MAME_SECONDS / used, done / MAME_SECONDS, used / done * 1e9 if done else 0.0)


def _passes(run: mame.MameRun) -> int:
    return int.from_bytes(run.nvram[COUNTER : COUNTER + 4], "little")


def first_text() -> tuple[float, float, float]:
    """From process start to the first LCD text: wall seconds (median), CPU seconds (least), emulated seconds."""
    session = Session()
    session.power_on()
    session.run(1.0)
    at = next(c.seconds for c in session.timeline if any(ch.isalnum() for ch in c.lcd[0]))
    command = [sys.executable, "-m", "korgm1", "boot", "--seconds", f"{at + 0.011:.3f}"]
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    times, used = [], []
    for _ in range(7):
        start, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(command, check=True, capture_output=True, env=environment)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        times.append(time.perf_counter() - start)
        used.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return statistics.median(times), min(used), at


def print_speeds(title: str, rows: dict[str, Speed], peer: Speed | None) -> None:
    """One firmware's table."""
    print(title)
    print(f"{'engine':10}{'x real time':>12}{'M instr/s':>11}{'ns/instr':>10}{'x MAME':>9}   reach")
    for engine, speed in rows.items():
        ratio = f"{speed.factor / peer.factor:9.2f}" if peer else "        -"
        figures = f"{speed.factor:12.1f}{speed.instructions / 1e6:11.3f}{speed.nanoseconds:10.1f}{ratio}"
        print(f"{engine:10}{figures}   >= {REACH[engine]} x MAME")
    if peer is None:
        print("MAME is not installed: no peer in this run")
    elif peer.nanoseconds:
        print(f"{'MAME':10}{peer.factor:12.1f}{peer.instructions / 1e6:11.3f}{peer.nanoseconds:10.1f}{1:9.2f}")
    else:
        print(f"{'MAME':10}{peer.factor:12.1f}{'-':>11}{'-':>10}{1:9.2f}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=20, help="emulated seconds a measurement")
    parser.add_argument("--quick", action="store_true", help="speeds only")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    idle = {engine: play_loop(engine, args.seconds) for engine in NAMES}
    both = {engine: busy_loop(engine, args.seconds) for engine in NAMES}
    busy = {engine: speed for engine, (speed, _) in both.items()}
    peers: list[Speed | None] = [None, None]
    if mame.find_mame():
        peers = [on_mame(None, 0), on_mame(rom_image(), both["v30"][1])]
    more = None if args.quick else (first_text(), costs.all_costs(4_000_000), threads.both_engines())
    if args.json:
        result = {
            "play_loop": {name: asdict(speed) for name, speed in idle.items()},
            "cpu_bound": {name: asdict(speed) for name, speed in busy.items()},
            "mame": [peer and asdict(peer) for peer in peers],
            **({"first_text": more[0], "costs": more[1], "threads": more[2]} if more else {}),
        }
        print(json.dumps(result))
        return 0
    print_speeds(f"OpenM1's play loop, {args.seconds:g} emulated seconds, best of three", idle, peers[0])
    print()
    print_speeds("The CPU-bound mix", busy, peers[1])
    if more:
        (host, used, at), pieces, gains = more
        print(f"\nprocess start to first LCD text (at {at:.3f} s emulated): {host:.3f} s, {used:.3f} s of CPU time")
        print("reach < 0.5 s\n")
        print(costs.as_text(pieces))
        print()
        print(threads.as_text(gains))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

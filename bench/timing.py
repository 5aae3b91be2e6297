"""What the benches of the sound share: their options, the best CPU time of several runs, a line a case."""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Mapping
from typing import TypeVar

Made = TypeVar("Made")


def options(doc: str | None, seconds: float, runs: int) -> argparse.ArgumentParser:
    """--seconds, --runs and --json, with these defaults; `doc` is the bench's own."""
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=type(seconds), default=seconds)
    parser.add_argument("--runs", type=int, default=runs)
    parser.add_argument("--json", action="store_true")
    return parser


def best(runs: int, make: Callable[[], Made], work: Callable[[Made], object]) -> float:
    """CPU seconds of `work` on what `make` gives, which is made anew for each run and not counted."""
    least = float("inf")
    for _ in range(runs):
        made = make()
        begun = time.process_time()
        work(made)
        least = min(least, time.process_time() - begun)
    return least


def as_json(found: Mapping[str, float], reach: float) -> str:
    """The cases, times real time."""
    return json.dumps({"reach": reach, "times real time": {key: round(value) for key, value in found.items()}})


def line(name: str, value: float, reach: float | None = None) -> str:
    """A case; `reach` where it has one."""
    return f"{name:40} {value:9.1f} x real time" + ("" if reach is None else f"   (to reach: {reach:.0f})")

"""The live instrument: start to first picture, what the loop costs, how soon a key is seen, what rewinding costs.

    .venv/bin/python bench/live.py [--starts 5] [--presses 30] [--notes 10] [--json]

The view draws nothing and the sound goes nowhere: what a window adds is bench/drawing.py, what a display adds
bench/latency.py. Presses are by the wall, so other work on the machine enters; medians are told. A start is told by the
wall, in CPU time, and by the wall without the time in which it waited for a core (Linux): what it takes when nothing
else is at work. The modules are compiled before, as installing does. The rest is CPU time.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable

from korgm1.clock import CPU_HZ
from korgm1.desk import Desk
from korgm1.performance import Frames
from korgm1.session import Session
from korgm1.verbs.concert import stage
from korgm1.verbs.live import live
from korgm1.verbs.live_sound import LiveSound

START = """
import os, sys, time
from korgm1 import cli
def tell():
    now, used = time.monotonic(), time.process_time()
    try:
        waited = int(open("/proc/self/schedstat").read().split()[1]) / 1e9
    except OSError:
        waited = 0.0
    os.write(1, f"{now} {used} {waited}\\n".encode())
class View:
    def __init__(self, desk, keymap, **options): pass
    def poll(self, wait): return False
    def draw(self, status=""):
        tell()
    def close(self): pass
if sys.argv.pop(1) == "null":
    cli.FRONTENDS["window"] = View
else:
    shown = cli.FRONTENDS["window"]
    def opened(*words, **options):
        view = shown(*words, **options)
        draw = view.draw
        def drawn(*words):
            draw(*words)
            tell()
            raise SystemExit
        view.draw = drawn
        return view
    cli.FRONTENDS["window"] = opened
sys.argv[0] = "korgm1"
cli.main(["run", "--no-sram", "--mute", "--seconds", "0.01"])
"""


class View:
    """Acts when it is asked for input, and looks when it is drawn."""

    def __init__(self, poll: Callable[[float], bool], draw: Callable[[], None]) -> None:
        self.poll = poll
        self._draw = draw

    def draw(self, status: str = "") -> None:
        """Look."""
        self._draw()

    def close(self) -> None:
        """Nothing."""


class Nowhere:
    """An output whose card takes sound by the host's clock, in blocks of 10 ms."""

    rate, gaps, name, alive, lag = 48000, 0, "nowhere", True, 0.0

    def __init__(self, depth: float) -> None:
        self.depth = depth
        self.begun = 0.0

    @property
    def taken(self) -> int:
        """Samples, in whole blocks."""
        return int((time.monotonic() - self.begun) / 0.01) * 480 if self.begun else 0

    @property
    def waiting(self) -> float:
        """Nobody asks."""
        return 0.0

    def play(self, block: Frames) -> None:
        """Drop it; the first starts the card."""
        self.begun = self.begun or time.monotonic()

    def drain(self) -> None:
        """Nothing."""

    def close(self) -> None:
        """Nothing."""


def starts(count: int, what: str) -> dict[str, float]:
    """Median milliseconds from the start of a process to its first picture; the first start is not counted."""
    environment = {**os.environ, "SDL_VIDEODRIVER": "dummy"}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    rows = []
    for _ in range(count + 1):
        begun = time.monotonic()
        done = subprocess.run(
            [sys.executable, "-c", START, what], capture_output=True, text=True, check=False, env=environment
        )
        shown, used, waited = (float(word) for word in done.stdout.splitlines()[-1].split())
        rows.append((shown - begun, used, shown - begun - waited))
    wall, cpu, alone = (statistics.median(column) * 1000 for column in zip(*rows[1:], strict=True))
    return {"wall": wall, "cpu": cpu, "alone": alone}


def ready() -> Desk:
    """An instrument on its play page."""
    desk = Desk(Session())
    desk.power(True)
    desk.run(3 * CPU_HZ)
    return desk


def idle(seconds: float, sound: bool) -> float:
    """The share of a core that the loop takes while nobody does anything; scipy is there already."""
    desk = ready()
    if sound:
        stage(desk.session, "analogue", Nowhere.rate, 2)
    until = time.monotonic() + seconds
    output = (lambda: LiveSound(desk.session, Nowhere(0.15))) if sound else (lambda: "")
    view = View(lambda wait: time.sleep(wait) or time.monotonic() < until, lambda: None)
    begun, cpu = time.monotonic(), time.process_time()
    live(desk, view, output, None, None, [])
    return (time.process_time() - cpu) / (time.monotonic() - begun)


def presses(count: int, sound: bool) -> dict[str, float]:
    """Milliseconds from a press at a random moment to the next changed picture, by the host and emulated."""
    desk = ready()
    host: list[float] = []
    emulated: list[float] = []
    state = {"next": time.monotonic() + 0.3, "at": 0.0, "clock": 0, "lcd": desk.lcd}

    def poll(wait: float) -> bool:
        now = time.monotonic()
        if not state["at"] and state["next"] <= now + wait:
            time.sleep(max(0.0, state["next"] - now))
            desk.tap("UP" if len(host) % 2 else "DOWN")
            state.update(at=time.monotonic(), clock=desk.now, lcd=desk.lcd)
        else:
            time.sleep(wait)
        return len(host) < count

    def draw() -> None:
        if state["at"] and desk.lcd != state["lcd"]:
            host.append((time.monotonic() - state["at"]) * 1000)
            emulated.append((desk.now - state["clock"]) / CPU_HZ * 1000)
            state.update(at=0.0, next=time.monotonic() + 0.25 + len(host) % 7 * 0.0123)

    output = (lambda: LiveSound(desk.session, Nowhere(0.15))) if sound else (lambda: "")
    live(desk, View(poll, draw), output, None, None, [])
    host.sort()
    return {
        "host_median": statistics.median(host), "host_95": host[int(len(host) * 0.95)],
        "emulated_median": statistics.median(emulated), "emulated_most": max(emulated),
    }


class Ear(Nowhere):
    """Knows when the first sample that is not silence was handed over, and when the card took it."""

    def __init__(self, depth: float) -> None:
        super().__init__(depth)
        self._put = 0
        self.handed: float | None = None
        self.place: int | None = None

    def play(self, block: Frames) -> None:
        """Listen."""
        super().play(block)
        sounding = block.any(axis=1)
        if self.handed is None and sounding.any():
            self.handed, self.place = time.monotonic(), self._put + int(sounding.argmax())
        self._put += len(block)


def notes(count: int, depth: float) -> dict[str, float]:
    """Milliseconds from a note struck at a random moment to its first sample: handed over, and taken by the card."""
    desk = ready()
    ear = Ear(depth)
    handed: list[float] = []
    heard: list[float] = []
    state = {"next": time.monotonic() + 0.5, "at": 0.0}

    def poll(wait: float) -> bool:
        if not state["at"] and state["next"] <= time.monotonic() + wait:
            time.sleep(max(0.0, state["next"] - time.monotonic()))
            ear.handed = ear.place = None
            state["at"] = time.monotonic()
            desk.note_on(24)
        else:
            time.sleep(wait)
        return len(heard) < count

    def draw() -> None:
        if state["at"] and ear.handed is not None and ear.place is not None and ear.taken > ear.place:
            handed.append((ear.handed - state["at"]) * 1000)
            heard.append((ear.begun + ear.place / ear.rate - state["at"]) * 1000)
            desk.note_off(24)
            state.update(at=0.0, next=time.monotonic() + 3 + len(heard) % 7 * 0.0123)

    live(desk, View(poll, draw), lambda: LiveSound(desk.session, ear, "digital"), None, None, [])
    heard.sort()
    return {
        "handed_median": statistics.median(handed), "heard_median": statistics.median(heard),
        "heard_95": heard[int(len(heard) * 0.95)],
    }


def rewinding(seconds: int) -> dict[str, float]:
    """What the history costs while chords are played and pages turned."""
    desk, keeps = ready(), []
    keep = desk._keep_moment

    def kept() -> None:
        begun = time.process_time()
        keep()
        keeps.append((time.process_time() - begun) * 1000)

    desk._keep_moment = kept  # type: ignore[method-assign]
    for n in range(4 * seconds):
        for key in range(4):
            desk.note(10 + (n * 7 + key * 5) % 40, seconds=0.2)
        if n % 7 == 0:
            desk.tap("0123456789"[n % 10])
        desk.run(desk.now + CPU_HZ // 4)
    begun = time.process_time()
    desk.rewind(seconds // 2)
    back = (time.process_time() - begun) * 1000
    keeps.sort()
    return {
        "snapshot_median": statistics.median(keeps), "snapshot_99": keeps[int(len(keeps) * 0.99)],
        "megabytes": desk._past.size / 1e6, "seconds": desk.history + desk.ahead, "rewind": back,
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--starts", type=int, default=5)
    parser.add_argument("--presses", type=int, default=30)
    parser.add_argument("--notes", type=int, default=10)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    rows = {
        "first picture, a view that draws nothing, ms": starts(args.starts, "null"),
        "first picture, the window on SDL's dummy display, ms": starts(args.starts, "window"),
        "idle loop, share of a core": idle(5, False),
        "idle loop with sound, share of a core": idle(5, True),
        "press to picture, ms": presses(args.presses, False),
        "press to picture at a sound card's pace, ms": presses(args.presses, True),
        "note to first sample, --latency low, ms": notes(args.notes, 0.04),
        "note to first sample, --latency high, ms": notes(args.notes, 0.15),
        "history of 3 minutes, ms": rewinding(185),
    }
    if args.json:
        print(json.dumps(rows, indent=2))
        return
    for name, row in rows.items():
        values = row.items() if isinstance(row, dict) else [("", row)]
        print(f"{name:54}" + "  ".join(f"{key} {value:.3g}".strip() for key, value in values))


if __name__ == "__main__":
    main()

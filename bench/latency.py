"""How soon the window answers: program start to first frame, key press to LCD, and what an idle window costs.

Under Xvfb, at real-time speed, without sound. A key is pressed through the X server (XTest), then the pixels of the
display are looked at until one has changed; so the figure holds all there is between: X, SDL, the step of the live
loop, the firmware's own scanning of its keys (about 10 ms in OpenM1), the LCD's slowness and the painting.

    .venv/bin/python bench/latency.py [--presses 50] [--runs 5]
"""

from __future__ import annotations

import argparse
import ctypes
import ctypes.util
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

sys.path[:0] = [str(Path(__file__).resolve().parent.parent / "tests" / "models")]

from instrument_window import InstrumentWindow  # noqa: E402
from screen_driver import LIMIT, Picture, Screen, missing_tools, screen, started, wait_for  # noqa: E402

UP, DOWN = 0xFF52, 0xFF54
"""X's names of the arrow keys, which are UP and DOWN of the panel."""
IDLE = 5.0
"""Host seconds over which the idle window is measured."""


class Fingers:
    """Computer keys pressed without a process between: the X server's own XTest."""

    def __init__(self, display: str) -> None:
        names = [ctypes.util.find_library(name) for name in ("X11", "Xtst")]
        if None in names:
            raise SystemExit("libX11 and libXtst are needed (apt-get install libxtst6)")
        self._x, self._test = (ctypes.CDLL(name) for name in names)
        self._x.XOpenDisplay.restype = ctypes.c_void_p
        self._x.XKeysymToKeycode.argtypes = [ctypes.c_void_p, ctypes.c_ulong]
        self._test.XTestFakeKeyEvent.argtypes = [ctypes.c_void_p, ctypes.c_uint, ctypes.c_int, ctypes.c_ulong]
        self._x.XFlush.argtypes = [ctypes.c_void_p]
        self._display = self._x.XOpenDisplay(display.encode())

    def move(self, symbol: int, down: bool) -> None:
        """Press or let go."""
        self._test.XTestFakeKeyEvent(self._display, self._x.XKeysymToKeycode(self._display, symbol), down, 0)
        self._x.XFlush(self._display)


def middle(where: Screen) -> Picture:
    """Some pixels of the screen's middle."""
    return where.picture((slice(200, 700, 8), slice(200, 1200, 8)))


def first_frame(where: Screen, folder: Path, empty: Picture) -> tuple[float, float, float]:
    """Milliseconds from the start to the first frame, which is another picture in half of the screen's middle.

    Returns:
        By the wall; of CPU time; by the wall without the time in which the program waited for a core.
    """
    wait_for(lambda: np.array_equal(middle(where), empty), "the last window is still there")
    begun = time.perf_counter()
    with started(where, folder, "--no-sram") as child:
        while (middle(where) == empty).all(axis=-1).mean() > 0.5:
            if child.poll() is not None:
                raise SystemExit(f"korgm1 ended with {child.returncode}")
            time.sleep(0.001)
        took, waited = time.perf_counter() - begun, int(Path(f"/proc/{child.pid}/schedstat").read_text().split()[1])
        return took * 1000, cpu_seconds(child.pid) * 1000, took * 1000 - waited / 1e6


def press_to_lcd(window: InstrumentWindow, fingers: Fingers, presses: int) -> list[float]:
    """Milliseconds from a key to the first changed pixel of the LCD, for each press."""
    x, y, w, h = window.grid.box
    part = slice(window.top + y, window.top + y + h), slice(window.left + x, window.left + x + w)
    found = []
    for number in range(presses):
        symbol = DOWN if number % 2 else UP
        time.sleep(0.6 + number % 7 * 0.003)
        before = window.screen.picture(part)
        begun = time.perf_counter()
        fingers.move(symbol, True)
        while np.array_equal(window.screen.picture(part), before):
            if time.perf_counter() - begun > LIMIT:
                raise SystemExit("a press changed nothing on the LCD")
            time.sleep(0.0003)
        found.append((time.perf_counter() - begun) * 1000)
        time.sleep(0.1)
        fingers.move(symbol, False)
    return found


def cpu_seconds(process: int) -> float:
    """CPU time a process has used."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--presses", type=int, default=50)
    parser.add_argument("--runs", type=int, default=5)
    args = parser.parse_args()
    if missing_tools():
        raise SystemExit(missing_tools())
    with tempfile.TemporaryDirectory() as name, screen(Path(name)) as where:
        folder = Path(name)
        empty = middle(where)
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        starts = [first_frame(where, folder, empty) for _ in range(args.runs + 1)][1:]
        host, used, alone = (statistics.median(one) for one in zip(*starts, strict=True))
        print(
            f"start to first frame  {host:6.0f} ms  (best {min(starts)[0]:.0f}, {args.runs} starts; "
            f"{alone:.0f} without waiting for a core; CPU {used:.0f} ms)"
        )
        with started(where, folder, "--no-sram") as child:
            window = InstrumentWindow(where, child)
            window.shows("Prog")
            waits = sorted(press_to_lcd(window, Fingers(where.display), args.presses))
            late = waits[min(len(waits) - 1, round(0.95 * len(waits)))]
            print(f"press to LCD, median  {statistics.median(waits):6.1f} ms  (p95 {late:.1f}, {len(waits)} presses)")
            time.sleep(1)
            begun, used = time.monotonic(), cpu_seconds(child.pid)
            time.sleep(IDLE)
            share = (cpu_seconds(child.pid) - used) / (time.monotonic() - begun)
            print(f"idle at real time     {share:6.1%} of a core, emulation and drawing")


if __name__ == "__main__":
    main()

"""How far a song has come."""

from __future__ import annotations

import sys
import time


class Bar:
    """How far it has come, on a terminal; nothing elsewhere."""

    WIDTH = 30

    def __init__(self) -> None:
        self._shown = 0.0

    def show(self, done: float, of: float) -> None:
        """Draw it, ten times a second at most."""
        if not sys.stderr.isatty() or time.monotonic() - self._shown < 0.1:
            return
        self._shown = time.monotonic()
        full = round(self.WIDTH * min(1.0, done / of)) if of else self.WIDTH
        bar = "#" * full + "." * (self.WIDTH - full)
        print(f"\r[{bar}] {done:7.1f} of {of:.1f} s", end="", file=sys.stderr, flush=True)

    def __enter__(self) -> Bar:
        return self

    def __exit__(self, *_: object) -> None:
        """Wipe it off."""
        if self._shown:
            print("\r" + " " * 70 + "\r", end="", file=sys.stderr, flush=True)

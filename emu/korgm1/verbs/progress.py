"""How far long work has come, on stderr."""

from __future__ import annotations

import sys
import time

EVERY = 5.0
"""Seconds between two lines about how far it is, where stderr is no terminal."""


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


class Teller:
    """Says on stderr how far it is: one line that changes on a terminal, a line now and then elsewhere."""

    WIDTH = 30

    def __init__(self) -> None:
        self._told = time.monotonic()
        self._shown = False

    def show(self, done: float, of: float, what: str) -> None:
        """Ten times a second at most on a terminal, every `EVERY` seconds elsewhere."""
        now, tty = time.monotonic(), sys.stderr.isatty()
        if now - self._told < (0.1 if tty else EVERY):
            return
        self._told = now
        share = min(1.0, done / of) if of else 1.0
        if tty:
            full = round(self.WIDTH * share)
            print(f"\r[{'#' * full}{'.' * (self.WIDTH - full)}] {share:4.0%} {what[:40]:40}", end="", file=sys.stderr,
                  flush=True)
            self._shown = True
        else:
            print(f"{share:4.0%} {what}", file=sys.stderr, flush=True)

    def __enter__(self) -> Teller:
        return self

    def __exit__(self, *_: object) -> None:
        """Wipe it off."""
        if self._shown:
            print("\r" + " " * (self.WIDTH + 50) + "\r", end="", file=sys.stderr, flush=True)

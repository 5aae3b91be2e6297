"""Ctrl-C and kill as a wish that a loop looks at, so that the power is switched off in good order."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Iterator


@contextlib.contextmanager
def asked_to_stop() -> Iterator[list[int]]:
    """A list that holds something once Ctrl-C, SIGTERM or SIGHUP has come.

    A list, because an exception could strike in the midst of a device that the CPU is just talking to.
    """
    asked: list[int] = []
    signals = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
    before = [signal.signal(number, lambda number, _frame: asked.append(number)) for number in signals]
    try:
        yield asked
    finally:
        for number, handler in zip(signals, before, strict=True):
            signal.signal(number, handler)

"""Ctrl-C and kill as a wish that a loop looks at, so that the power is switched off in good order."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Iterator, Sequence
from types import FrameType

INTERRUPTED = 130
"""Exit code of what was stopped by Ctrl-C or a signal."""
_wishes: list[list[int]] = []
"""Of the blocks of `asked_to_stop` that are under way: a block within another has the list of the outer one."""


_interrupts: list[int] = []
"""Ctrl-Cs that `remember` has noted."""


def remember() -> None:
    """Note each Ctrl-C before it is raised as KeyboardInterrupt.

    Outside of `asked_to_stop` that exception can get lost (a callback from C) or become another one (an import, Python
    3.11): the next `asked_to_stop` has the wish then, and `interrupted` tells. A shell has a SIGINT ignored by what it
    runs in the background; it counts here all the same.
    """
    if signal.getsignal(signal.SIGINT) in (signal.default_int_handler, signal.SIG_IGN):
        signal.signal(signal.SIGINT, _note)


def interrupted() -> bool:
    """Whether there was a Ctrl-C since `remember`, outside of `asked_to_stop`."""
    return bool(_interrupts)


def _note(number: int, frame: FrameType | None) -> None:
    _interrupts.append(number)
    signal.default_int_handler(number, frame)


def hangs_up() -> list[int]:
    """SIGHUP, where there is one, unless it was ignored when the program began: nohup."""
    if not hasattr(signal, "SIGHUP") or signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
        return []
    return [signal.SIGHUP]


@contextlib.contextmanager
def asked_to_stop() -> Iterator[list[int]]:
    """A list that holds something once Ctrl-C, SIGTERM or a SIGHUP that `hangs_up` has come.

    A list, because an exception could strike in the midst of a device that the CPU is just talking to.
    """
    if _wishes:
        yield _wishes[-1]
        return
    asked = list(_interrupts)
    signals = [signal.SIGINT, signal.SIGTERM, *hangs_up()]
    before = [signal.signal(number, lambda number, _frame: asked.append(number)) for number in signals]
    _wishes.append(asked)
    try:
        yield asked
    finally:
        _wishes.remove(asked)
        for number, handler in zip(signals, before, strict=True):
            signal.signal(number, handler)


def stopped(written: Sequence[str] = (), untouched: Sequence[str] = (), when: str = "") -> KeyboardInterrupt:
    """What to raise behind a wish: the command line ends with this line and exit code 130.

    Args:
        written, untouched: files that were written and that were not.
        when: what was going on.

    >>> str(stopped(["z.sram"], ["z.png"])), str(stopped(when="while the years passed"))
    ('stopped; z.sram written, z.png not', 'stopped while the years passed; nothing written')
    """
    done = f"{', '.join(written)} written" if written else "nothing written"
    left = f", {', '.join(untouched)} not" if written and untouched else ""
    return KeyboardInterrupt(f"stopped{' ' * bool(when)}{when}; {done}{left}")

"""What the monitor's commands for running do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from korgm1.clock import clocks
from korgm1.debugging.stop import Stop
from korgm1.errors import UsageError

if TYPE_CHECKING:
    from korgm1.debugging.monitor import Monitor

LONGEST = 1_000_000
"""Seconds, or steps, of a command."""


def count(rest: str, default: int = 1) -> int:
    """A decimal number, or the default.

    Raises:
        UsageError: it is none, or too large.
    """
    if not rest:
        return default
    if not rest.isascii() or not rest.isdecimal() or not 1 <= int(rest[:9]) <= LONGEST or len(rest) > 9:
        raise UsageError(f"{rest!r} is no count", f"1 to {LONGEST}")
    return int(rest)


def step(monitor: Monitor, rest: str) -> None:
    """One instruction, or some."""
    monitor.show(monitor.debugger.step(count(rest), monitor.asked))


def over(monitor: Monitor, rest: str) -> None:
    """The same without what is called."""
    for _ in range(count(rest)):
        halt = monitor.debugger.step_over(monitor.asked)
        if halt.reason != "step":
            break
    monitor.show(halt)


def finish(monitor: Monitor, rest: str) -> None:
    """To the return."""
    monitor.show(monitor.debugger.finish(monitor.asked))


def go(monitor: Monitor, rest: str) -> None:
    """To a stop, or a place."""
    if rest:
        monitor.show(monitor.debugger.until(Stop("exec", monitor.value(rest).number & 0xFFFFF), asked=monitor.asked))
    else:
        monitor.show(monitor.debugger.go(asked=monitor.asked))


def run(monitor: Monitor, rest: str) -> None:
    """Let time pass."""
    try:
        seconds = float(rest)
        if not 0 < seconds <= LONGEST:
            raise ValueError
    except ValueError:
        raise UsageError(f"{rest!r} is no time", "seconds, as run 0.5") from None
    monitor.show(monitor.debugger.go(monitor.session.clock + clocks(seconds), monitor.asked))


def until(monitor: Monitor, rest: str) -> None:
    """To a text, or a condition."""
    if rest[:1] in ("'", '"'):
        monitor.show(monitor.debugger.until_lcd(quoted(rest), asked=monitor.asked))
    elif not rest:
        raise UsageError("until what?", 'until "TEXT", or until CONDITION')
    else:
        stop = Stop("exec", 0, 0xFFFFF, condition=monitor.expression(rest))
        monitor.show(monitor.debugger.until(stop, asked=monitor.asked))


def back(monitor: Monitor, rest: str) -> None:
    """Back by steps."""
    if rest and not rest.isdecimal():
        raise UsageError(f"{rest!r} is no count of steps back", f"1 to {LONGEST}", f"break {rest}")
    monitor.show(monitor.debugger.back(count(rest)))


def back_to_stop(monitor: Monitor, rest: str) -> None:
    """Back to a stop."""
    monitor.show(monitor.debugger.back_to_stop(monitor.asked))


def undo(monitor: Monitor, rest: str) -> None:
    """Take back a command."""
    monitor.say(f"undone: {monitor.debugger.undo()}")
    if monitor.session.powered:
        monitor.show_lines(monitor.debugger.where, 1)


def quoted(text: str) -> str:
    """What stands between quotes.

    Raises:
        UsageError: nothing does.
    """
    inner = text[1:-1] if len(text) > 2 and text[0] == text[-1] and text[0] in "'\"" else ""
    if not inner.strip():
        raise UsageError(f"{text!r} has no text in quotes", 'as "Battery Low"')
    return inner



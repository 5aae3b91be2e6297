"""Steps as GDB wants them: a repeated instruction is one, both ways.

After each step GDB looks whether it stands on a breakpoint of its own; at each element of a repeated instruction it
would take the same one for hit again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from korgm1.debugging.core import Debugger
from korgm1.debugging.stop import Halt, Stop


def forward(debugger: Debugger, asked: Callable[[], object]) -> Halt:
    """An instruction, or an interrupt that is taken; of a repeated one all elements, and the interrupts meanwhile."""
    return debugger.step_over(asked) if debugger.is_repeated() else debugger.step(asked=asked)


def backward(debugger: Debugger, asked: Callable[[], object]) -> Halt:
    """The way back of `forward`: out of a repeated instruction to before its first element.

    Raises:
        UsageError: a recording is under way.
    """
    halt = debugger.back()
    if halt.reason != "step" or not debugger.is_repeated():
        return halt
    begin = Stop("exec", debugger.address(*debugger.where))
    others = [number for number, stop in debugger.stops.items() if stop.enabled]
    for number in others:
        debugger.enable(number, False)
    number = debugger.add(begin)
    try:
        debugger.step()
        found = debugger.back_to_stop(asked)
    finally:
        debugger.remove(number)
        for other in others:
            debugger.enable(other)
    reason = "step" if found.reason == "stop" else found.reason
    return replace(found, reason=reason, stop=None, stops=(), undone=(*halt.undone, *found.undone))

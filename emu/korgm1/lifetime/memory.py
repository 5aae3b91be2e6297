"""When in a stretch of time the cells of the RAM let go: the retention law asked along the supply's course."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from korgm1.physics.ageing import Span
from korgm1.physics.sram_retention import GUARANTEED_VOLTS
from korgm1.physics.supply_history import SupplyHistory

Count = Callable[[SupplyHistory], int]
"""How many of the 524,288 cells a history costs."""
Floats = npt.NDArray[np.float64]

BETWEEN = 6
"""Halvings of the time between two points of a course."""


def first_loss(count: Count, before: SupplyHistory, span: Span) -> float | None:
    """The second of the stretch at which the first cell has lost its content; None if none has by its end.

    Args:
        count: what a history costs.
        before: the supply's history when the stretch began.
        span: its course.
    """
    end = float(span.seconds[-1])
    if count(before):
        return 0.0
    if not count(_until(before, span, end)):
        return None
    safe, lost = 0, len(span.seconds) - 1
    while lost - safe > 1:
        middle = (safe + lost) // 2
        safe, lost = (safe, middle) if count(_until(before, span, float(span.seconds[middle]))) else (middle, lost)
    early, late = float(span.seconds[safe]), float(span.seconds[lost])
    for _ in range(BETWEEN):
        at = (early + late) / 2
        early, late = (early, at) if count(_until(before, span, at)) else (at, late)
    return late


def loss_course(count: Count, before: SupplyHistory, span: Span, points: int = 40) -> tuple[tuple[float, int], ...]:
    """(second, cells lost by then) at so many points of the stretch, its ends among them; never falling."""
    end = float(span.seconds[-1])
    low = np.flatnonzero(span.supply_volts < GUARANTEED_VOLTS)
    if not low.size:
        lost = count(before)
        return ((0.0, lost), (end, lost))
    begins = float(span.seconds[max(0, int(low[0]) - 1)])
    stops = sorted({0.0, *np.linspace(begins, end, points).tolist()})
    return tuple((stop, count(_until(before, span, stop))) for stop in stops)


def _until(before: SupplyHistory, span: Span, seconds: float) -> SupplyHistory:
    """The history when so much of the stretch is over."""
    history = SupplyHistory()
    history.restore(before.snapshot())
    whole = int(np.searchsorted(span.seconds, seconds, "right"))
    if whole and seconds > 0:
        def cut(row: Floats) -> Floats:
            return np.append(row[:whole], np.interp(seconds, span.seconds, row))

        history.span(replace(
            span, seconds=cut(span.seconds), cell_volts=cut(span.cell_volts), supply_volts=cut(span.supply_volts),
            depth=cut(span.depth),
        ))
    return history

"""When in a stretch of time the cells of the RAM let go: the retention law asked along the supply's course."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from korgm1.physics.ageing import Span
from korgm1.physics.sram_retention import GUARANTEED_VOLTS
from korgm1.physics.supply_history import SupplyHistory

Count = Callable[[SupplyHistory], int]
"""How many of the 524,288 cells a history cost."""


def first_loss(count: Count, before: SupplyHistory, span: Span) -> float | None:
    """The second of the stretch at which the first cell has lost its content; None if none has by its end.

    Args:
        count: what a history costs.
        before: the supply's history when the stretch began.
        span: its course.
    """
    if count(before):
        return 0.0
    if not count(_until(before, span, len(span.seconds))):
        return None
    safe, lost = 1, len(span.seconds)
    while lost - safe > 1:
        middle = (safe + lost) // 2
        if count(_until(before, span, middle)):
            lost = middle
        else:
            safe = middle
    return float(span.seconds[lost - 1])


def loss_course(count: Count, before: SupplyHistory, span: Span, points: int = 40) -> tuple[tuple[float, int], ...]:
    """(second, cells lost by then) at so many points of the stretch, its ends among them; never falling."""
    low = np.flatnonzero(span.supply_volts < GUARANTEED_VOLTS)
    if not low.size:
        lost = count(before)
        return ((0.0, lost), (float(span.seconds[-1]), lost))
    last = len(span.seconds)
    first = max(1, int(low[0]))
    stops = sorted({1, last, *(round(stop) for stop in np.linspace(first, last, points))})
    return tuple((float(span.seconds[stop - 1]), count(_until(before, span, stop))) for stop in stops)


def _until(before: SupplyHistory, span: Span, stop: int) -> SupplyHistory:
    history = SupplyHistory()
    history.restore(before.snapshot())
    if stop > 1:
        history.span(replace(
            span, seconds=span.seconds[:stop], cell_volts=span.cell_volts[:stop],
            supply_volts=span.supply_volts[:stop], depth=span.depth[:stop],
        ))
    return history

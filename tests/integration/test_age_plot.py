"""The picture of a life stays readable with a dozen events: no words over each other, no panel too narrow."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import pytest

from korgm1.lifetime import live
from korgm1.session import Session
from korgm1.verbs import age_plot, plotting

FigureCanvasAgg = pytest.importorskip("matplotlib.backends.backend_agg").FigureCanvasAgg

TWELVE = (
    "use=3y:3h/week off=8y contact=50k swap-cell=5s:CR2032@2.9 off=2mo temp=35 cell-out=10s use=4y:3h/week off=30s "
    "cell-out=1h off=9y swap-cell=10s look"
)


def words(axes: Any) -> list[Any]:
    """The texts of a panel that are seen: title, marks, what stands above, ticks."""
    found = [axes.title, axes._left_title, *axes.texts, *axes.get_xticklabels()]
    return [text for text in found if text.get_text() and text.get_visible()]


@pytest.mark.parametrize("events", [TWELVE, "use=12y:3h/week", "off=14y", "off=8y swap-cell=5s look"])
def test_no_words_lie_over_each_other(events: str) -> None:
    fig = age_plot.figure(live(Session(battery="CR2032", sram=bytes(65536)), events, course=False))
    canvas = FigureCanvasAgg(fig)
    with plotting.style():
        canvas.draw()
    renderer = canvas.get_renderer()
    boxes = []
    for axes in fig.axes:
        assert axes.get_window_extent(renderer).width >= 2 * fig.dpi, "a panel is two inches wide at least"
        boxes += [(text.get_text(), text.get_window_extent(renderer)) for text in words(axes)]
    over = [(a, b) for (a, first), (b, second) in combinations(boxes, 2) if first.overlaps(second)]
    assert len(boxes) > 20 and not over


def test_of_many_stretches_the_title_says_how_many_are_left_out() -> None:
    fig = age_plot.figure(live(Session(battery="CR2032", sram=bytes(65536)), "off=1d " * 12, course=False))
    assert "the 9 longest of 12 stretches" in fig.get_suptitle()
    assert len(fig.axes) == 27

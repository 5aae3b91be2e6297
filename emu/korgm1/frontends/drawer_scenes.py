"""The drawer's sections about scenarios and what was said."""

from __future__ import annotations

from collections.abc import Callable

from korgm1.clock import CPU_HZ
from korgm1.frontends.canvas import Colour
from korgm1.frontends.drawer_bench import Bench
from korgm1.frontends.widget_ground import BAD, DIM, INK, LEADING, SMALL, Brush, Ruler, Touch, Widget
from korgm1.frontends.widgets import Button, Label
from korgm1.frontends.widgets_more import Items, Row, Section
from korgm1.scenario.description import all_scenarios

SHOWN = 8
"""Messages that are shown."""


def scenarios(bench: Bench) -> Section:
    """The reports that can be played, and how far one is."""
    rows = [(row.name, row.title) for row in all_scenarios().values() if not row.cannot]
    chosen = [rows[0][0]]

    def reported() -> str:
        row = all_scenarios()[chosen[0]]
        return row.reported

    def start() -> None:
        bench.do_slowly("one moment: its instrument is made ready", "scenario", name=chosen[0])

    def running() -> bool:
        return bench.desk.scenario is not None

    items = Items(lambda: rows, lambda: chosen[0], lambda name: chosen.__setitem__(0, name), start, hint=reported)
    return Section("Scenarios", [
        items,
        Row(
            Button("start", start, "Play it on another instrument; yours is switched off and saved before.",
                   lambda: not running()),
            Button("stop", lambda: bench.do("scenario", name="stop"), "Back to your own instrument.", running),
        ),
        Label(lambda: f"playing: {bench.desk.scenario}" if running() else "", INK),
        Lines(bench, 4, running),
    ], folded=True, summary=lambda: bench.desk.scenario or f"{len(rows)} reports")  # fmt: skip


class Lines(Widget):
    """The newest messages of the desk, the newest first."""

    def __init__(self, bench: Bench, count: int, shown: Callable[[], bool] = lambda: True) -> None:
        super().__init__()
        self._bench, self._count, self._shown = bench, count, shown

    def _rows(self) -> list[tuple[str, Colour]]:
        if not self._shown():
            return []
        found = list(self._bench.desk.messages)[-self._count :][::-1]
        return [
            (f"{row.at / CPU_HZ:,.1f} s  {row.text}", BAD if row.kind == "error" else INK if not index else DIM)
            for index, row in enumerate(found)
        ]

    def height(self, width: int, ruler: Ruler) -> int:
        return sum(LEADING * len(ruler.wrap(text, width)) + 3 for text, _ in self._rows())

    def look(self) -> tuple[object, ...]:
        return tuple(self._rows())

    def paint(self, brush: Brush, touch: Touch) -> None:
        x, y, width, _ = self.box
        for text, colour in self._rows():
            for row in brush.ruler.wrap(text, width):
                brush.text(row, x, y + LEADING / 2, width + 1, colour, SMALL)
                y += LEADING
            y += 3


def messages(bench: Bench) -> Section:
    """What was said lately."""

    def last() -> str:
        return bench.desk.messages[-1].text if bench.desk.messages else "none"

    return Section("Messages", [Lines(bench, SHOWN)], summary=last)

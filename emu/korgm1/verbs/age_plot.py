"""The picture of a life: cell, supply, retention voltages and lost cells; each stretch of time has its own axis."""

from __future__ import annotations

from dataclasses import dataclass
from math import log10
from typing import Any

import numpy as np

from korgm1.board.sram import CELLS
from korgm1.errors import UsageError
from korgm1.lifetime import Report, Step
from korgm1.physics.sram_retention import GUARANTEED_VOLTS, retention_volts
from korgm1.quantities import UNITS, format_duration
from korgm1.verbs import plotting
from korgm1.verbs.plotting import BLUE, INK, ORANGE, RED, SOFT, VIOLET

MOST_STRETCHES, MOST_COLUMNS, MOST_DISPLAYS = 9, 3, 3
"""What one picture shows at most: of more, the longest and the last. More stretches than columns go on below."""
NARROWEST = 0.6
"""Of the widest column, so that its title and its ticks have room."""
NEAR = 0.25
"""Inches: of marks no farther apart than this the last has its name on the right, one in the middle lower down."""
TICK = 0.65
"""Inches from tick to tick, at least."""
TOP_VOLTS = 3.6
LCD_GROUND, LCD_DOTS = "#a3aaa8", "#161417"
UNIT_NAMES = {"y": "years", "mo": "months", "d": "days", "h": "hours", "min": "minutes", "s": "seconds", "ms": "ms"}
_MARKS = {"warning": (BLUE, "warning"), "not guaranteed": (ORANGE, "2.0 V"), "first loss": (RED, "first loss")}


@dataclass(frozen=True)
class _Stretch:
    """A step that took time, the unit it is drawn in, and what was done behind it."""

    step: Step
    unit: str
    after: tuple[str, ...]

    @property
    def width(self) -> float:
        return 0.6 + 0.25 * log10(1 + self.step.seconds)

    @property
    def supply(self) -> Any:
        assert self.step.span is not None
        return self.step.span.supply_volts

    @property
    def end(self) -> float:
        return self.step.seconds / UNITS[self.unit]


def drawn(report: Report) -> bytes:
    """The picture of a report, as the bytes of a PNG file; raises what `figure` does."""
    return plotting.drawn(figure(report))


def figure(report: Report) -> Any:
    """The picture of a report, as a matplotlib Figure.

    Raises:
        UserError: matplotlib is missing.
        UsageError: no time passes in it with the power off.
    """
    stretches, count = _stretches(report)
    displays = [step for step in report.steps if step.boot is not None][-MOST_DISPLAYS:]
    bands = -(-len(stretches) // MOST_COLUMNS)
    columns = -(-len(stretches) // bands)
    heights = [3.0, 1.9, 1.1] * bands + [0.42 * len(displays)] * bool(displays)
    widths = [max(stretch.width for stretch in stretches[column::columns]) for column in range(columns)]
    widths = [max(width, NARROWEST * max(widths)) for width in widths]
    inches = max(9.0, min(14.0, 3.2 * sum(widths)), 3.4 * columns)
    fig = plotting.figure(inches, 1.6 + 1.25 * sum(heights) + 0.4 * bands)
    grid = plotting.subplots(
        fig, len(heights), columns, squeeze=False, height_ratios=heights, width_ratios=widths, sharey="row"
    )
    title = f"{report.firmware['name']} on an {report.model.upper()}, chips and cell of seed {report.seed}"
    title += f", faults {', '.join(report.faults)}" if report.faults else ""
    title += f"; the {len(stretches)} longest of {count} stretches" if len(stretches) < count else ""
    fig.suptitle(title, x=0.01, ha="left", fontsize=12, weight="bold")
    need = retention_volts(report.seed)
    top = max(TOP_VOLTS, *(0.2 + float(stretch.supply.max()) for stretch in stretches))
    for place in range(bands * columns):
        band, column = divmod(place, columns)
        panels = [grid[3 * band + row][column] for row in range(3)]
        if place >= len(stretches):
            for axes in panels:
                axes.remove()
            continue
        wide = inches * widths[column] / sum(widths)
        ticks = max(2, min(8, int(wide / TICK)))
        _volts(panels[0], stretches[place], need, top, ticks, wide)
        _losses(panels[1], stretches[place], ticks, first=not column)
        _charge(panels[2], stretches[place], ticks)
        if band + 1 < bands:
            panels[2].set_xlabel(panels[2].get_xlabel() + "\n")
        if not column:
            for axes, name in zip(panels, ("volts", "cells of the RAM lost", "charge used"), strict=True):
                axes.set_ylabel(name)
    shown = {label: handle for axes in grid[0] for handle, label in zip(*axes.get_legend_handles_labels(), strict=True)}
    fig.legend(shown.values(), shown, loc="outside lower left", ncols=len(shown), fontsize=9, frameon=False)
    if displays:
        _displays(fig, grid[-1], displays)
    return fig


def _stretches(report: Report) -> tuple[list[_Stretch], int]:
    """Those that are drawn, and how many there are."""
    found: list[_Stretch] = []
    for step in report.steps:
        if step.span is not None and step.seconds > 0:
            unit = next(name for name in ("y", "mo", "d", "h", "min", "s", "ms") if step.seconds >= 2 * UNITS[name]
                        or name == "ms")
            found.append(_Stretch(step, unit, ()))
        elif found:
            latest = found[-1]
            found[-1] = _Stretch(latest.step, latest.unit, (*latest.after, step.event.word))
    if not found:
        raise UsageError("there is nothing to draw: no time passes with the power off", "off=TIME or use=TIME:DUTY")
    longest = sorted(found, key=lambda stretch: -stretch.step.seconds)[:MOST_STRETCHES]
    return [stretch for stretch in found if stretch in longest], len(found)


def _volts(axes: Any, stretch: _Stretch, need: Any, top: float, ticks: int, inches: float) -> None:
    step = stretch.step
    assert step.span is not None
    x = step.span.seconds / UNITS[stretch.unit]
    _haze(axes, stretch.end, need, top)
    if not _empty(step):
        axes.plot(x, step.span.cell_volts, color=BLUE, linewidth=2, label="cell")
    axes.plot(x, step.span.supply_volts, color=ORANGE, linewidth=2, label="supply at the RAM, power off")
    axes.axhline(GUARANTEED_VOLTS, color=RED, linewidth=1.2, linestyle="--", label="2.0 V: guaranteed to keep")
    axes.fill_between([], [], color=RED, alpha=0.35, linewidth=0, label="cells that need more than this")
    places = [mark.seconds / UNITS[stretch.unit] for mark in step.marks]
    near = NEAR / inches * stretch.end
    for index, (mark, at) in enumerate(zip(step.marks, places, strict=True)):
        colour, text = _MARKS[mark.what]
        crowded = index > 0 and at - places[index - 1] < near
        between = crowded and index + 1 < len(places) and places[index + 1] - at < near
        right = at < near or (crowded and not between)
        axes.axvline(at, color=colour, linewidth=1, linestyle=":")
        axes.annotate(text, (at, top), xytext=(3 if right else -3, -4 - 52 * between), textcoords="offset points",
                      rotation=90, va="top", ha="left" if right else "right", fontsize=8, color=colour)
    room = f"{step.celsius:g} C" + (f", +5 V {step.share:.1%}" if step.share else "")
    after = "then " + ", ".join(stretch.after[:3]) + (" ..." if len(stretch.after) > 3 else "") if stretch.after else ""
    axes.set_title(f"{step.event.place}. {step.event.word}", fontsize=10, pad=28, loc="left")
    for place, text in ((15, room), (4, after)):
        axes.annotate(text, (0, 1), xytext=(0, place), xycoords="axes fraction", textcoords="offset points", ha="left",
                      va="bottom", fontsize=8, color=SOFT).set_in_layout(False)
    axes.set_ylim(0, top)
    _time(axes, stretch, ticks)


def _haze(axes: Any, end: float, need: Any, top: float) -> None:
    """Where the retention voltages of the cells lie: the denser, the more cells need more than that."""
    counts = np.histogram(need, np.arange(0, top, 0.01))[0]
    above = counts[::-1].cumsum()[::-1]
    haze = np.zeros((len(above), 1, 4))
    haze[..., :3] = (0.76, 0.18, 0.21)
    haze[:, 0, 3] = 0.42 * np.log10(1 + above) / log10(1 + CELLS)
    place = (0, end, 0, 0.01 * len(above))
    axes.imshow(haze, extent=place, origin="lower", aspect="auto", zorder=0.5, interpolation="nearest")


def _losses(axes: Any, stretch: _Stretch, ticks: int, first: bool) -> None:
    step = stretch.step
    course = step.lost_course or ((0.0, 0), (step.seconds, step.lost))
    x = [at / UNITS[stretch.unit] for at, _ in course]
    y = [max(lost, 0.1) for _, lost in course]
    axes.fill_between(x, y, 0.1, color=RED, alpha=0.18, step=None, linewidth=0)
    axes.plot(x, y, color=RED, linewidth=2)
    axes.axhline(CELLS, color=SOFT, linewidth=1, linestyle=":")
    axes.set_yscale("log")
    axes.set_ylim(0.7, 2e6)
    axes.set_yticks([1, 10, 100, 1_000, 10_000, 100_000], labels=["1", "10", "100", "1,000", "10,000", "100,000"])
    axes.minorticks_off()
    if not step.lost:
        axes.text(0.5, 0.5, "none", transform=axes.transAxes, ha="center", va="center", color=SOFT)
    else:
        axes.annotate(f"{step.lost:,}", (x[-1], y[-1]), xytext=(-4, 3), textcoords="offset points", ha="right",
                      va="bottom", fontsize=9, color=RED)
    if first:
        axes.annotate("all 524,288", (0, CELLS), xycoords=("axes fraction", "data"), xytext=(4, 2),
                      textcoords="offset points", va="bottom", fontsize=8, color=SOFT)
    _time(axes, stretch, ticks)


def _charge(axes: Any, stretch: _Stretch, ticks: int) -> None:
    assert stretch.step.span is not None
    _time(axes, stretch, ticks)
    axes.set_xlabel(UNIT_NAMES[stretch.unit])
    axes.set_ylim(0, 120)
    axes.set_yticks([0, 50, 100], labels=["0", "50 %", "100 %"])
    if _empty(stretch.step):
        axes.text(0.5, 0.5, "no cell", transform=axes.transAxes, ha="center", va="center", color=SOFT)
        return
    x = stretch.step.span.seconds / UNITS[stretch.unit]
    depth = np.minimum(stretch.step.span.depth, 1.2) * 100
    axes.fill_between(x, depth, color=VIOLET, alpha=0.18, linewidth=0)
    axes.plot(x, depth, color=VIOLET, linewidth=2)


def _empty(step: Step) -> bool:
    """Whether the holder is empty in that stretch."""
    return step.event.name in ("cell-out", "swap-cell")


def _time(axes: Any, stretch: _Stretch, ticks: int) -> None:
    axes.set_xlim(0, stretch.end)
    axes.locator_params(axis="x", nbins=ticks)


def _displays(fig: Any, row: Any, displays: list[Step]) -> None:
    """The LCD after each power-on, as text on its ground."""
    spec = row[0].get_gridspec()[-1, :]
    for axes in row:
        axes.remove()
    axes = fig.add_subplot(spec)
    axes.axis("off")
    axes.set_xlim(0, 1)
    axes.set_ylim(0, len(displays))
    for place, step in enumerate(displays):
        y = len(displays) - place - 0.5
        assert step.boot is not None
        axes.text(0.0, y, f"{step.event.place}. {step.event.word}", va="center", fontsize=9, color=INK)
        axes.text(
            0.16, y, "\n".join(line.ljust(40) for line in step.boot.lcd), va="center", family="monospace", fontsize=9,
            color=LCD_DOTS, bbox={"facecolor": LCD_GROUND, "edgecolor": LCD_DOTS, "boxstyle": "square,pad=0.35"},
        )
        if step.woken is not None:
            lost = f"{step.woken.cells_lost:,} cells lost, {step.woken.bits_flipped:,} bits read differently"
            axes.text(0.56, y, lost if step.woken.cells_lost else "the RAM kept everything", va="center", fontsize=9,
                      color=RED if step.woken.cells_lost else SOFT)
        elif step.dip is not None:
            axes.text(0.56, y, f"{format_duration(step.event.seconds or 0.0)}: {step.dip}", va="center", fontsize=9,
                      color=SOFT)

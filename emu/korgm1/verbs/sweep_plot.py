"""The picture of a sweep: outcomes and cells lost over cell volts and time off, a column for each temperature."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from math import log10
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from korgm1.board.sram import CELLS
from korgm1.quantities import UNITS, format_duration
from korgm1.sweep.grid import Grid
from korgm1.sweep.outcome import OUTCOMES
from korgm1.sweep.point import Row
from korgm1.sweep.summary import mean_lost, shares, title
from korgm1.verbs import plotting

COLOURS = {
    "play": plotting.GREEN, "warning": plotting.YELLOW, "partial": plotting.ORANGE, "init": plotting.RED,
    "hang": plotting.VIOLET,
}
MEANING = {
    "play": "play: data intact", "warning": "warning: data intact, battery message",
    "partial": "partial: some data corrupt",
    "init": "init: most of what is stored is initialised", "hang": "hang: no play page",
}
LINEAR = 0.05
"""How much the steps of a list may differ, of their mean, to be drawn on a linear axis."""
LABELS = 22
"""The most labels of a logarithmic axis."""
WIDEST, LETTERS = 3.6, 11
"""Inches of the longest entry of the legend; letters of the heading an inch."""
UNKNOWN = -1
"""In place of an outcome: no point there is done."""

Array = npt.NDArray[np.float64]


def draw(path: Path, description: Mapping[str, Any], rows: Sequence[Row]) -> None:
    """Write the picture of a sweep as PNG; points of one that was stopped which are not done are grey.

    Raises:
        UserError: matplotlib is not installed, or the file cannot be written.
    """
    grid = Grid.described(dict(description))
    columns = len(grid.celsius)
    width = max(9.0, 2.5 + 4.4 * columns)
    fig = plotting.figure(width, 9.2)
    axes = plotting.subplots(fig, 2, columns, sharex=True, sharey=True, squeeze=False)
    found, lost = shares(grid, rows), mean_lost(grid, rows)
    kinds = np.where(np.isnan(found[..., 0]), UNKNOWN, found.argmax(axis=3))
    unit, places = _unit(grid.off_seconds)
    volts, spaced = edges(grid.volts, 0.02), evenly(grid.off_seconds)
    heights = [t / unit for t in grid.off_seconds] if spaced else logarithms(grid.off_seconds)
    times = beginnings(heights)
    last = None
    for column, celsius in enumerate(grid.celsius):
        top, bottom = axes[0][column], axes[1][column]
        top.pcolormesh(volts, times, _blend(found[column]).transpose(1, 0, 2))
        _boundaries(top, kinds[column], volts, times, plotting.INK)
        top.set_title(f"{celsius:g} \N{DEGREE SIGN}C")
        seen = np.ma.masked_where(~(lost[column].T > 0), lost[column].T)
        last = bottom.pcolormesh(volts, times, seen, norm="log", vmin=1 / len(grid.seeds), vmax=CELLS, cmap="magma_r")
        undone = kinds[column] == UNKNOWN
        if undone.any():
            bottom.pcolormesh(volts, times, (undone[..., None] * np.append(_rgb(plotting.GRID), 1)).transpose(1, 0, 2))
        _boundaries(bottom, kinds[column], volts, times, plotting.SOFT)
        bottom.set_xlabel("cell at power-off, read without load (V)")
        for ax in (top, bottom):
            ax.grid(False)
            if not spaced:
                shown = apart(heights)
                ax.set_yticks([heights[at] for at in shown], [format_duration(grid.off_seconds[at]) for at in shown])
    for ax, what in zip(axes[:, 0], ("what the boot came to", "cells lost"), strict=True):
        ax.set_ylabel(f"{what}\nleft off ({places})" if spaced else f"{what}\nleft off")
    present = [name for kind, name in enumerate(OUTCOMES) if (found[..., kind] > 0).any()]
    for name in present:
        axes[0][0].scatter([], [], marker="s", s=80, color=COLOURS[name], label=MEANING[name])
    fig.legend(loc="outside lower center", ncols=min(len(present), int(width / WIDEST)), frameon=False)
    fig.colorbar(last, ax=list(axes[1]), label=f"mean of {len(grid.seeds)} chips, of 524,288", pad=0.01)
    key = "the most frequent outcome, paler where chips disagree; lines where it changes"
    key += "; a row is the time off at its lower edge"
    size = f"{len(grid.seeds)} chips x {len(grid.volts)} voltages x {len(grid.off_seconds)} times off"
    count = f"{len(grid):,}"
    if len(rows) < len(grid):
        count, key = f"stopped after {len(rows):,} of {count}", f"{key}; grey: not done"
    lines = [title(description), f"{count} boots: {size}", key]
    text = "\n".join(textwrap.fill(line, int(width * LETTERS)) for line in lines)
    fig.suptitle(text, x=0.01, ha="left", size=12)
    plotting.save(fig, path)


def edges(values: Sequence[float], width: float) -> Array:
    """The borders of cells around values that ascend; a single one has that width.

    >>> edges([1.0, 2.0, 4.0], 1.0).tolist(), edges([3.0], 0.5).tolist()
    ([0.5, 1.5, 3.0, 5.0], [2.75, 3.25])
    """
    at = np.array(values)
    if len(at) == 1:
        return np.array([at[0] - width / 2, at[0] + width / 2])
    middle = (at[1:] + at[:-1]) / 2
    return np.concatenate([[2 * at[0] - middle[0]], middle, [2 * at[-1] - middle[-1]]])


def beginnings(values: Sequence[float]) -> Array:
    """The borders of cells that begin at their values, which ascend; the last is as high as the one before, or 1.

    >>> beginnings([0.0, 2.0, 5.0]).tolist(), beginnings([3.0]).tolist()
    ([0.0, 2.0, 5.0, 8.0], [3.0, 4.0])
    """
    return np.array([*values, values[-1] + (values[-1] - values[-2] if len(values) > 1 else 1.0)])


def evenly(values: Sequence[float]) -> bool:
    """Whether all steps are alike.

    >>> evenly([0, 1, 2]), evenly([1, 10, 100])
    (True, False)
    """
    steps = np.diff(values)
    return len(steps) < 2 or bool(np.ptp(steps) <= LINEAR * steps.mean())


def logarithms(times: Sequence[float]) -> list[float]:
    """Heights on a logarithmic axis; 0, which has none, lies a usual step below the others.

    >>> logarithms([0.0, 1.0, 10.0, 1000.0])
    [-1.5, 0.0, 1.0, 3.0]
    """
    heights = [log10(time) for time in times if time]
    step = float(np.median(np.diff(heights))) if len(heights) > 1 else 1.0
    return [heights[0] - step] * (len(times) - len(heights)) + heights


def apart(heights: Sequence[float]) -> list[int]:
    """Which of some ascending heights are far enough from each other to have a label.

    >>> apart([0.0, 0.01, 0.5, 1.0])
    [0, 2, 3]
    """
    shown = [0]
    for at, height in enumerate(heights):
        if height - heights[shown[-1]] >= (heights[-1] - heights[0]) / LABELS:
            shown.append(at)
    return shown if len(heights) > 1 else [0]


def _unit(times: Sequence[float]) -> tuple[float, str]:
    """Seconds of the unit of a time axis, and its name."""
    names = {"y": "years", "d": "days", "h": "hours", "min": "minutes", "s": "seconds"}
    for name, words in names.items():
        if max(times) >= 2 * UNITS[name]:
            return UNITS[name], words
    return 1.0, "seconds"


def _blend(found: Array) -> Array:
    """The colour of the most frequent outcome, paler the fewer chips came to it; grey for none."""
    colours = np.array([_rgb(COLOURS[name]) for name in OUTCOMES])
    share = found.max(axis=2)[..., None]
    strength = 0.25 + 0.75 * (share - 0.2) / 0.8
    return np.where(np.isnan(share), _rgb(plotting.GRID), 1 - (1 - colours[found.argmax(axis=2)]) * strength)


def _rgb(colour: str) -> list[float]:
    """Red, green and blue, 0 to 1, of #RRGGBB."""
    return [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]


def _boundaries(ax: Any, kinds: npt.NDArray[np.intp], volts: Array, times: Array, ink: str) -> None:
    """Lines where the outcome of neighbouring cells differs."""
    across, along = np.nonzero(_differ(kinds[1:], kinds[:-1]))
    ax.vlines(volts[across + 1], times[along], times[along + 1], color=ink, linewidth=0.9)
    across, along = np.nonzero(_differ(kinds[:, 1:], kinds[:, :-1]))
    ax.hlines(times[along + 1], volts[across], volts[across + 1], color=ink, linewidth=0.9)


def _differ(some: npt.NDArray[np.intp], others: npt.NDArray[np.intp]) -> npt.NDArray[np.bool_]:
    differ: npt.NDArray[np.bool_] = (some != others) & (some != UNKNOWN) & (others != UNKNOWN)
    return differ

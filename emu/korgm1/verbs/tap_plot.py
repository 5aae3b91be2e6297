"""The picture of a sweep of the sound chips' registers: what each that follows was given, or which follow what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from korgm1.verbs import plotting

if TYPE_CHECKING:
    from korgm1.tapping.following import Finding
    from korgm1.tapping.places import Place
    from korgm1.tapping.sweeping import Swept

COLOURS = {
    "linear": plotting.BLUE, "exponential": plotting.RED, "monotone": plotting.GREEN, "step": plotting.YELLOW,
    "changed": plotting.ORANGE, "count": plotting.VIOLET, "timing": plotting.SOFT,
}
PANELS, COLUMNS = 12, 3
"""Panels of one parameter's picture at most; the strongest laws are drawn."""


def draw(path: Path, found: Sequence[Swept], about: Mapping[str, Any], named: Mapping[int, Place]) -> None:
    """Write the picture as PNG: of one parameter its registers' values, of several which register follows which.

    Raises:
        UserError: matplotlib is not installed, or the file cannot be written.
    """
    fig = _one(found[0], about, named) if len(found) == 1 else _many(found, about, named)
    plotting.save(fig, path)


def _title(about: Mapping[str, Any]) -> str:
    firmware = about["firmware"]
    names = "names of the stand-in protocol" if about["decoded"] else "offsets in 32 ports a voice; voices are guessed"
    return f"{firmware['name']} {firmware['version']}, key {about['note'][0]}; {names}"


def _one(swept: Swept, about: Mapping[str, Any], named: Mapping[int, Place]) -> Any:
    from korgm1.tapping.following import best
    from korgm1.verbs.tap_text import law, name

    order = list(COLOURS)
    rows = sorted(best(swept.found).values(), key=lambda row: (order.index(row.kind), row.register))
    shown = rows[:PANELS]
    columns = min(COLUMNS, max(1, len(shown)))
    lines = max(1, -(-len(shown) // columns))
    fig = plotting.figure(max(7.0, 4.4 * columns), 1.2 + 2.7 * lines)
    axes = plotting.subplots(fig, lines, columns, squeeze=False).flat
    for ax, row in zip(axes, shown, strict=False):
        _panel(ax, swept.values, row)
        ax.set_title(f"{name(row.register, named, about['decoded'])}, {row.phase}", size=10)
        ax.set_xlabel(f"{row.kind}: {law(row)}", size=9)
    for ax in list(axes)[len(shown) :]:
        ax.set_visible(False)
    more = f"; {len(rows) - PANELS} more follow" if len(rows) > PANELS else "" if rows else "; no register follows"
    fig.suptitle(f"{swept.parameter.name}{more}\n{_title(about)}", x=0.01, ha="left", size=12)
    return fig


def _panel(ax: Any, xs: Sequence[int], row: Finding) -> None:
    written = [(x, value) for x, value in zip(xs, row.values, strict=True) if value is not None]
    values = np.array([value for _, value in written])
    assert row.law is not None
    if row.law.signed:
        whole = 1 << 8 * row.register.width
        values = np.where(values >= whole // 2, values - whole, values)
    if row.kind in ("linear", "exponential"):
        along = np.linspace(min(xs), max(xs), 65)
        line = row.law.slope * along + row.law.intercept
        ax.plot(along, line if row.kind == "linear" else np.exp2(line), color=plotting.SOFT, linewidth=1)
    ax.plot([x for x, _ in written], values, "o", color=COLOURS[row.kind], markersize=5)
    ax.ticklabel_format(style="plain", useOffset=False)


def _many(found: Sequence[Swept], about: Mapping[str, Any], named: Mapping[int, Place]) -> Any:
    from korgm1.tapping.following import best
    from korgm1.verbs.tap_text import name

    followers = [best(swept.found) for swept in found]
    registers = sorted({register for row in followers for register in row})
    kinds = list(COLOURS)
    fig = plotting.figure(4.5 + 0.32 * max(8, len(registers)), 2.6 + 0.19 * len(found))
    ax = plotting.subplots(fig, 1)
    for index, kind in enumerate(kinds):
        places_of = [
            (registers.index(register), y)
            for y, row in enumerate(followers) for register, one in row.items() if one.kind == kind
        ]
        if places_of:
            across, down = zip(*places_of, strict=True)
            ax.scatter(across, down, marker="s", s=62, color=COLOURS[kind], label=kind, zorder=2 + index)
    ax.set_yticks(range(len(found)), [swept.parameter.name for swept in found], size=7)
    names = [name(register, named, about["decoded"]) for register in registers]
    ax.set_xticks(range(len(registers)), names, size=7, rotation=90)
    ax.set_ylim(len(found) - 0.5, -0.5)
    if registers:
        ax.set_xlim(-0.7, len(registers) - 0.3)
        ax.legend(loc="upper left", bbox_to_anchor=(0, 1.0 + 2.2 / max(20, len(found))), ncols=len(kinds))
    fig.suptitle(f"Which register follows which parameter\n{_title(about)}", x=0.01, ha="left", size=12)
    return fig

"""Pictures of ROM images: the entropy map of `rom verify`, the fault map of `rom fault-map`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from korgm1.faultmap.boots import EFFECTS
from korgm1.faultmap.table import meaning
from korgm1.romset.entropy import BLOCK, KINDS, entropy, kinds
from korgm1.romset.image import BASE, HALF, split
from korgm1.verbs import plotting

if TYPE_CHECKING:
    from korgm1.faultmap.mapping import FaultMap

KIND_COLOURS = {
    "blank": "#e8ebef", "sparse": "#a9c6e3", "text": plotting.YELLOW, "code or data": plotting.BLUE,
    "dense": plotting.VIOLET,
}
COLUMNS = 16
"""Blocks in a row of the entropy map: 4 KB."""


def draw_entropy(path: Path, image: bytes, title: str) -> None:
    """Write the entropy map of a dump as PNG: each 256 bytes a square, for an image of both halves also chip by chip.

    Raises:
        UserError: matplotlib is not installed, or the file cannot be written.
    """
    whole = len(image) == 2 * HALF
    panels = [("as the V50 sees it", image, BASE if whole else 0)]
    if whole:
        even, odd = split(image)
        panels += [("IC32 (even bytes)", even, 0), ("IC23 (odd bytes)", odd, 0)]
    width, height = (13.5, 8.6) if whole else (6.4, 6.4)
    fig = plotting.figure(width, height)
    axes = plotting.subplots(fig, 1, len(panels), squeeze=False)
    with plotting.style():
        for axis, (name, data, base) in zip(axes[0], panels, strict=True):
            _entropy_panel(axis, name, data, base)
        shown = [kind for kind in KINDS if kind in kinds(image)]
        _legend(fig, [(kind, KIND_COLOURS[kind]) for kind in shown])
        fig.suptitle(f"{title}: entropy of each 256 bytes, in bits a byte", fontweight="bold", x=0.01, ha="left")
    plotting.save(fig, path)


def _entropy_panel(axis: Any, name: str, data: bytes, base: int) -> None:
    bits, looks = entropy(data), kinds(data)
    rows = -(-len(bits) // COLUMNS)
    colours = np.ones((rows * COLUMNS, 3))
    for number, look in enumerate(looks):
        colours[number] = _rgb(KIND_COLOURS[look])
    axis.imshow(colours.reshape(rows, COLUMNS, 3), interpolation="nearest", aspect="auto")
    if rows <= 32:
        for number, value in enumerate(bits):
            dark = looks[number] in ("code or data", "dense")
            axis.text(
                number % COLUMNS, number // COLUMNS, f"{value:.1f}", ha="center", va="center", fontsize=5.5,
                color="white" if dark else plotting.INK,
            )
    axis.set_title(name)
    axis.set_xticks(range(0, COLUMNS, 4), [f"+{column * BLOCK:03X}" for column in range(0, COLUMNS, 4)])
    step = max(1, rows // 16)
    axis.set_yticks(range(0, rows, step), [f"{base + row * COLUMNS * BLOCK:05X}" for row in range(0, rows, step)])
    axis.grid(False)


def _legend(fig: Any, entries: list[tuple[str, str]]) -> None:
    axis = fig.axes[0]
    handles = [axis.bar([0], [0], color=colour, label=text) for text, colour in entries]
    fig.legend(handles=handles, loc="outside lower left", ncols=len(handles))


def _rgb(colour: str) -> npt.NDArray[np.float64]:
    return np.array([int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)])


EFFECT_COLOURS = {
    "nothing": "#d8e6d2", "other": plotting.YELLOW, "lcd": plotting.ORANGE, "kills": plotting.RED,
}
UNTOUCHED_COLOUR, UNKNOWN_COLOUR = "#eef0f2", "#ffffff"
ROW = 16
"""Bytes in a row of the fault map, eight cells each, bit 7 first."""
MOST_ROWS = 256
"""Rows of a picture; of larger regions a row has more bytes."""


def draw_faults(path: Path, found: FaultMap, region: tuple[int, int]) -> None:
    """Write the fault map as PNG: a cell a bit, addresses down and across, bit 7 at the left of each byte.

    Raises:
        UserError: matplotlib is not installed, or the file cannot be written.
    """
    wide = ROW
    while (region[1] - region[0] + 1) / wide > MOST_ROWS:
        wide *= 2
    first = region[0] // wide * wide
    rows = region[1] // wide - region[0] // wide + 1
    cells = np.ones((rows, wide * 8, 3))
    for row in found.rows:
        at, column = divmod(row.address - first, wide)
        colour = UNTOUCHED_COLOUR if row.how == "untouched" else EFFECT_COLOURS[row.effect]
        cells[at, column * 8 + 7 - row.bit] = _rgb(colour)
    fig = plotting.figure(min(22.0, 4 + wide * 0.5), min(24.0, max(3.2, 1.8 + rows * 0.22)))
    axis = plotting.subplots(fig, 1)
    with plotting.style():
        axis.imshow(cells, interpolation="nearest", aspect="auto")
        axis.set_xticks([column * 8 + 3.5 for column in range(wide)], [f"+{column:X}" for column in range(wide)])
        step = max(1, rows // 32)
        axis.set_yticks(range(0, rows, step), [f"{first + row * wide:05X}" for row in range(0, rows, step)])
        for column in range(1, wide):
            axis.axvline(column * 8 - 0.5, color="white", linewidth=0.8)
        axis.grid(False)
        axis.set_xlabel("byte, and in it bit 7 to bit 0")
        name = found.description["firmware"].rpartition(" ")[0]
        axis.set_title(f"{name}, {found.description['region']}: what flipping each bit does to a boot")
        entries = [(f"{name}: {meaning(found)[name]}", EFFECT_COLOURS[name]) for name in reversed(EFFECTS)]
        entries.append(("not touched by the boot, so nothing", UNTOUCHED_COLOUR))
        handles = [axis.bar([0], [0], color=colour, label=text) for text, colour in entries]
        fig.legend(handles=handles, loc="outside lower left", ncols=1, fontsize=8)
    plotting.save(fig, path)

"""The coverage map: each byte of ROM and RAM in the colour of what became of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from korgm1.profiling import Profile, coverage
from korgm1.verbs import plotting

COLOURS = ("#e4e7eb", plotting.ORANGE, plotting.BLUE, plotting.GREEN, "#5cb8b2", plotting.YELLOW, plotting.RED)
"""By `coverage.WORDS`."""
WIDTH = 512
"""Bytes a row."""


def draw(path: Path, profile: Profile, title: str) -> None:
    """Write the map as PNG, a dot a byte; dots without a trace of use are light.

    Raises:
        UserError: matplotlib is not installed, or the file cannot be written.
    """
    plotting.save(figure(profile, title), path, dpi=100)


def figure(profile: Profile, title: str) -> Any:
    """The map: the ROM above the RAM, addresses from left to right and downwards, 512 a row."""
    found = coverage.uses(profile)
    fig = plotting.figure(11.5, 9.4)
    fig.suptitle(title, x=0.01, ha="left", fontweight="bold")
    spans = (("OS ROM", coverage.ROM), ("RAM", coverage.RAM))
    axes = plotting.subplots(fig, 2, 1, height_ratios=[len(span) for _, span in spans])
    paint = np.array([_rgb(colour) for colour in COLOURS], np.uint8)
    for ax, (name, span) in zip(axes, spans, strict=True):
        part = found[span.start : span.stop].reshape(-1, WIDTH)
        ax.imshow(paint[part], aspect="auto", interpolation="nearest")
        rows = range(0, len(part), 8192 // WIDTH)
        ax.set_yticks(rows, [f"{span.start + row * WIDTH:05X}" for row in rows], family="monospace")
        ax.set_xticks(range(0, WIDTH, 64), [f"+{x:03X}" for x in range(0, WIDTH, 64)], family="monospace")
        used = 100 * np.count_nonzero(part) / part.size
        ax.set_title(f"{name} {span.start:05X}-{span.stop - 1:05X}: {used:.1f}% used", fontsize=10)
        ax.grid(False)
    for word, colour in zip(coverage.WORDS, COLOURS, strict=True):
        axes[0].plot([], [], "s", color=colour, label=word)
    with plotting.style():
        fig.legend(loc="outside lower center", ncols=4)
    return fig


def _rgb(colour: str) -> tuple[int, ...]:
    return tuple(bytes.fromhex(colour[1:]))

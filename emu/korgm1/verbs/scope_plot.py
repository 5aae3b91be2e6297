"""The picture of a signal: the whole of each channel, a close look at the loudest place, the spectrum."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from korgm1.verbs import plotting
from korgm1.verbs.plotting import BLUE, GREEN, INK, ORANGE, RED, SOFT, VIOLET, YELLOW
from korgm1.verbs.scope_measure import twins

if TYPE_CHECKING:
    from korgm1.verbs.scope_measure import Measured
    from korgm1.verbs.wav_reading import Signal, Wav

COLOURS = (BLUE, ORANGE, GREEN, VIOLET, RED, YELLOW, SOFT, INK)
COLUMNS = 2000
"""Stretches of a long waveform, each drawn as a line from its lowest to its highest sample."""
CLOSE = 0.02
"""Seconds of the close look."""
NAMED = 5
"""Partials with a number."""


def draw(name: str, wav: Wav, found: dict[int, Measured], path: Path) -> None:
    """Draw it and write the PNG.

    Args:
        name: what it is called in the heading.
        wav: the stretch.
        found: what was measured, by channel, from 1; others are not drawn.
        path: the PNG.

    Raises:
        UserError: matplotlib is missing, or the file cannot be written.
    """
    close = wav.seconds > 3 * CLOSE
    heights = [1.1] * len(found) + [1.6] * close + [2.8]
    fig = plotting.figure(11, 1.2 + 1.25 * sum(heights))
    axes = np.atleast_1d(plotting.subplots(fig, len(heights), height_ratios=heights))
    with plotting.style():
        fig.suptitle(f"{name}   {wav.form}, {wav.rate:,} Hz", fontweight="bold", x=0.01, ha="left")
        same = twins(wav.samples, found)
        for place, (number, seen) in enumerate(found.items()):
            _whole(axes[place], wav.samples[:, number - 1], wav.rate, wav.begin, COLOURS[place])
            also = f", the same as channel {same[number]}" if number in same and seen.peak is not None else ""
            axes[place].set_title(f"channel {number}   {seen.words(1)}{also}", fontsize=10)
            axes[place].tick_params(labelbottom=place == len(found) - 1)
        axes[len(found) - 1].set_xlabel("seconds")
        if close:
            _close(axes[-2], wav, found, same)
        _spectrum(axes[-1], wav.rate, found, same)
    plotting.save(fig, path)


def _reach(signal: Signal) -> float:
    """The end of a level axis that shows a signal large, and silence as silence."""
    return float(np.abs(signal).max()) * 1.08 or 1.0


def _whole(axes: Any, signal: Signal, rate: int, begin: float, colour: str) -> None:
    if len(signal) > 2 * COLUMNS:
        size = -(-len(signal) // COLUMNS)
        whole = np.pad(signal, (0, -len(signal) % size), mode="edge").reshape(-1, size)
        at = begin + (np.arange(len(whole)) + 0.5) * size / rate
        axes.fill_between(at, whole.min(axis=1), whole.max(axis=1), color=colour, linewidth=0.4)
    else:
        axes.plot(begin + np.arange(len(signal)) / rate, signal, color=colour, linewidth=0.8)
    reach = _reach(signal)
    axes.set(xlim=(begin, begin + len(signal) / rate), ylim=(-reach, reach), ylabel="of full scale")


def _close(axes: Any, wav: Wav, found: dict[int, Measured], same: dict[int, int]) -> None:
    """Where the loudest channel is highest."""
    loudest = max(found.values(), key=lambda seen: -np.inf if seen.peak is None else seen.peak)
    size = round(CLOSE * wav.rate)
    first = min(max(round(loudest.peak_at * wav.rate) - size // 4, 0), len(wav.samples) - size)
    piece = wav.samples[first : first + size, [number - 1 for number in found]]
    at = wav.begin + (first + np.arange(size)) / wav.rate
    for place, (number, seen) in enumerate(found.items()):
        if number not in same and seen.peak is not None:
            axes.plot(at, piece[:, place], color=COLOURS[place], linewidth=1)
    reach = _reach(piece)
    axes.set(title=f"{1000 * CLOSE:g} ms where it is loudest", xlabel="seconds", ylabel="of full scale",
             xlim=(at[0], at[-1]), ylim=(-reach, reach))
    axes.ticklabel_format(axis="x", useOffset=False)


def _spectrum(axes: Any, rate: int, found: dict[int, Measured], same: dict[int, int]) -> None:
    top = -120.0
    for place, (number, seen) in enumerate(found.items()):
        if number not in same and seen.peak is not None:
            axes.plot(seen.hertz[1:], seen.levels[1:], color=COLOURS[place], linewidth=0.8, label=f"channel {number}")
            top = max(top, float(seen.levels[1:].max()))
    strongest = max(found.values(), key=lambda seen: seen.partials[0].level if seen.partials else -np.inf)
    for partial in strongest.partials[:NAMED]:
        axes.plot([partial.hertz], [partial.level], marker="o", color=INK, markersize=3)
        axes.annotate(f"{partial.hertz:.0f}", (partial.hertz, partial.level), (0, 4), textcoords="offset points",
                      ha="center", fontsize=8, color=INK)
    axes.set(title="spectrum", xlabel="Hz", ylabel="dBFS", xscale="log", xlim=(min(20, rate / 100), rate / 2),
             ylim=(top - 110, top + 10))
    ticks = [hertz for hertz in (20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000) if hertz <= rate / 2]
    axes.set_xticks(ticks, [f"{hertz:,}" for hertz in ticks])
    axes.tick_params(axis="x", which="minor", bottom=False)
    if len(axes.lines) > len(strongest.partials[:NAMED]) and len(found) > 1:
        axes.legend(loc="upper right", ncols=4)

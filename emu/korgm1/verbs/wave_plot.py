"""The picture of one sound: waveform, the loop's seam, spectrum, zones over the keyboard."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from korgm1.verbs import plotting
from korgm1.verbs.plotting import BLUE, GREEN, GRID, INK, ORANGE, RED, SOFT
from korgm1.verbs.wave import key_name
from korgm1.waves.arithmetic import hertz
from korgm1.waves.directory import RATE, UNITY
from korgm1.waves.player import play, step

if TYPE_CHECKING:
    from korgm1.waves.bank import Bank
    from korgm1.waves.directory import Sound

BLACK = (1, 3, 6, 8, 10)


def draw(bank: Bank, sound: Sound, key: int, path: Path) -> None:
    """Draw one sound at one key and write the PNG.

    Raises:
        UserError: matplotlib is missing, or the file cannot be written.
    """
    fig = plotting.figure(11, 8.5)
    whole, seam, spectrum, zones = plotting.subplots(fig, 4, height_ratios=(2, 2, 3, 2))
    fig.suptitle(
        f"{sound.number:02d} {sound.name}, {key_name(key)}: {sound.made}", fontweight="bold", x=0.01, ha="left"
    )
    _waveform(whole, bank, sound, key)
    _seam(seam, bank, sound, key)
    _spectrum(spectrum, bank, sound, key)
    _zones(zones, sound, key)
    plotting.save(fig, path)


def _waveform(axes: Any, bank: Bank, sound: Sound, key: int) -> None:
    zone = sound.zone(key)
    rate = step(zone, key, sound.tracking)
    loop = (zone.loop_start - zone.start) / rate / RATE
    ends = zone.words / rate / RATE
    heard = play(bank, sound, key, max(ends * 1.3, 0.05))
    axes.plot(np.arange(len(heard)) / RATE, heard, color=BLUE, linewidth=0.5)
    if zone.loop_end > zone.loop_start:
        axes.axvspan(loop, ends, color=ORANGE, alpha=0.18, linewidth=0)
        axes.text(loop, 0.97, " loop", color=ORANGE, va="top", transform=axes.get_xaxis_transform())
    axes.set(title="as it is played", xlabel="seconds", ylabel="of full scale")
    axes.margins(x=0.01)


def _seam(axes: Any, bank: Bank, sound: Sound, key: int) -> None:
    zone = sound.zone(key)
    words = bank.words[zone.start : zone.loop_end]
    loop = zone.loop_end - zone.loop_start
    if loop:
        near = min(160, max(loop, 40))
        after = np.resize(words[-loop:], near)
        before = words[-near:] if loop >= near else np.resize(words[-loop:][::-1], near)[::-1]
        both = np.concatenate((before, after)) / 32768
        axes.plot(np.arange(-len(before), near), both, color=BLUE, linewidth=1, marker=".", markersize=2.5)
        axes.axvline(-0.5, color=ORANGE, linewidth=1)
        axes.set(title="round the loop's seam", xlabel="words from the seam", ylabel="of full scale")
    else:
        first = words[: min(1600, len(words))] / 32768
        axes.plot(np.arange(len(first)), first, color=BLUE, linewidth=0.8)
        axes.set(title="the first words (it does not loop)", xlabel="words", ylabel="of full scale")
    axes.margins(x=0.01)


def _spectrum(axes: Any, bank: Bank, sound: Sound, key: int) -> None:
    heard = play(bank, sound, key, 2.0)
    for begin, length, colour, label in ((0, 2048, SOFT, "first 65 ms"), (8192, 32_768, BLUE, "after 0.26 s")):
        part = heard[begin : begin + length]
        level = np.abs(np.fft.rfft(part * np.blackman(len(part)))) / (0.21 * len(part))
        axes.plot(np.fft.rfftfreq(len(part), 1 / RATE), 20 * np.log10(np.maximum(level, 1e-6)), color=colour,
                  linewidth=0.8, label=label)
    if sound.pitched and sound.tracking:
        axes.axvline(hertz(key), color=RED, linewidth=0.8, label=f"{hertz(key):.1f} Hz")
    axes.set(title="spectrum", xlabel="Hz", ylabel="dB", xscale="log", xlim=(20, RATE / 2), ylim=(-110, 3))
    axes.legend(loc="lower left")


def _zones(axes: Any, sound: Sound, key: int) -> None:
    for number in range(128):
        if number % 12 in BLACK:
            axes.axvspan(number - 0.5, number + 0.5, color=GRID, alpha=0.6, linewidth=0)
    low = 0
    for number, zone in enumerate(sound.zones):
        colour = (BLUE, GREEN)[number % 2]
        axes.bar((low + zone.top_key) / 2, zone.level / UNITY, width=zone.top_key - low + 0.9, color=colour, alpha=0.45)
        if sound.tracking:
            axes.plot([zone.root / 100_000], [zone.level / UNITY], marker="v", color=INK, markersize=5)
        low = zone.top_key + 1
    axes.axvline(key, color=RED, linewidth=0.8)
    axes.set(title="zones: level, and the key of step 1 (mark)", xlim=(-0.5, 127.5), ylim=(0, 1.1), ylabel="level",
             xticks=range(0, 128, 12), xticklabels=[key_name(number) for number in range(0, 128, 12)])
    axes.grid(axis="x", visible=False)

"""How long the RAMs' supply was how low: 201 numbers, however many years.

level    0, 10 mV, ... 2.00 V; each holds seconds, at the nearest level
seconds  as at 25 C: doubled for each 10 K above (decay is that much faster, ASSUMED)
volts    less 0.5 mV for each kelvin above 25 C: retention voltages rise with temperature (REMEMBERED 0.17 mV/K for a
         newer process; ASSUMED), so every bit can be compared at its value for 25 C

Nothing at 2.0 V or above is kept: nothing is lost there (DATASHEET). Ten millivolts are the resolution of the whole
memory law. Time spent at a level is exposure of all bits whose retention voltage lies above it (`sram_retention`).
Sources: facts battery-sram 4.4.
"""

from __future__ import annotations

from math import exp, inf
from typing import Any

import numpy as np
import numpy.typing as npt

from korgm1.physics.ageing import Span
from korgm1.physics.arrhenius import doubling

Floats = npt.NDArray[np.float64]

GUARANTEED_VOLTS = 2.0
"""At this supply or above nothing is lost (DATASHEET, uPD43256B family)."""
LEVELS = 201
STEP = 0.01
"""Volts from one level to the next."""
PER_KELVIN = 0.0005
"""Volts by which retention voltages rise."""


class SupplyHistory:
    """What the RAMs' VCC went through since +5 V was last there.

    Attributes:
        seconds: by level, as at 25 C; 201 numbers.
        lowest: the lowest volts there were; inf when always 2.0 V or above.

    >>> history = SupplyHistory()
    >>> history.stay(1.2, 60, 35)
    >>> history.lowest, history.below(2.0), history.below(1.0), history.empty
    (1.2, 120.0, 0.0, False)
    """

    def __init__(self) -> None:
        self.seconds: Floats = np.zeros(LEVELS)
        self.lowest = inf

    @property
    def empty(self) -> bool:
        """Whether the supply was never below 2.0 V."""
        return self.lowest == inf

    def clear(self) -> None:
        """+5 V is back."""
        self.seconds[:] = 0.0
        self.lowest = inf

    def below(self, volts: float) -> float:
        """Seconds, as at 25 C, that count as below a level."""
        return float(self.seconds[: max(0, min(LEVELS, round(volts / STEP)))].sum())

    def stay(self, volts: float, seconds: float, celsius: float) -> None:
        """A supply that stands still.

        Args:
            volts: at VCC; 2.0 and above leave no trace.
            seconds: 0 or more.
            celsius: temperature of the chips.
        """
        if volts >= GUARANTEED_VOLTS or seconds <= 0:
            return
        self.lowest = min(self.lowest, max(0.0, volts))
        self.seconds[_level(volts, celsius)] += seconds * doubling(celsius, 25)

    def fall(self, from_volts: float, to_volts: float, seconds: float, celsius: float, tau: float) -> None:
        """A capacitor that goes from one voltage to another, up or down, with a time constant.

        v = a + (from - a) exp(-t / tau), with the a that gets to `to_volts` in these seconds.

        Args:
            tau: seconds; inf is a straight line.
        """
        if seconds <= 0:
            return
        low, high = min(from_volts, to_volts), max(from_volts, to_volts)
        if low == high:
            return self.stay(low, seconds, celsius)
        if low >= GUARANTEED_VOLTS:
            return
        shift = PER_KELVIN * (celsius - 25)
        edges = np.clip(np.minimum((np.arange(LEVELS + 1) - 0.5) * STEP + shift, GUARANTEED_VOLTS), low, high)
        edges[0], edges[-1] = low, min(high, GUARANTEED_VOLTS)
        decay = exp(-seconds / tau)
        if decay > 0.999_999:
            at = (edges - from_volts) / (to_volts - from_volts) * seconds
        else:
            goal = (to_volts - from_volts * decay) / (1 - decay)
            with np.errstate(divide="ignore"):
                at = -tau * np.log(np.maximum(0.0, (edges - goal) / (from_volts - goal)))
            at = np.where(edges == to_volts, seconds, np.clip(at, 0.0, seconds))
        self.lowest = min(self.lowest, max(0.0, low))
        self.seconds += np.abs(np.diff(at)) * doubling(celsius, 25)

    def span(self, span: Span) -> None:
        """A stretch of `ageing.leave`: straight lines between its points, its share with +5 V left out."""
        v, t = span.supply_volts, span.seconds
        if float(v.min()) >= GUARANTEED_VOLTS or span.on_share >= 1:
            return
        start, end, length = v[:-1], v[1:], np.diff(t)
        low, rise, length = np.minimum(start, end), np.abs(end - start), length * (1 - span.on_share)
        for volts, seconds in zip(low[rise == 0].tolist(), length[rise == 0].tolist(), strict=True):
            self.stay(volts, seconds, span.celsius)
        moving = (rise > 0) & (low < GUARANTEED_VOLTS) & (length > 0)
        low, rise, length = low[moving], rise[moving], length[moving]
        if not low.size:
            return
        edges = (np.arange(LEVELS + 1) - 0.5) * STEP + PER_KELVIN * (span.celsius - 25)
        edges = np.minimum(edges, GUARANTEED_VOLTS)
        edges[0], edges[-1] = -inf, GUARANTEED_VOLTS
        with np.errstate(over="ignore"):
            share = np.clip((edges[:, None] - low) / rise, 0.0, 1.0)
        self.lowest = min(self.lowest, max(0.0, float(low.min())))
        self.seconds += np.diff((share * length).sum(axis=1)) * doubling(span.celsius, 25)

    def snapshot(self) -> dict[str, Any]:
        """The levels that hold anything, and the lowest volts (None: there are none)."""
        held = np.flatnonzero(self.seconds)
        return {
            "levels": held.tolist(), "seconds": self.seconds[held].tolist(),
            "lowest": None if self.empty else self.lowest,
        }

    def restore(self, block: dict[str, Any]) -> None:
        """Take `snapshot` back.

        Raises:
            LookupError, TypeError, ValueError: it is none.
        """
        levels, seconds = np.array(block["levels"]), np.array(block["seconds"], np.float64)
        lowest = inf if block["lowest"] is None else float(block["lowest"])
        if levels.shape != seconds.shape or (levels.size and not (levels.dtype.kind == "i" and levels.min() >= 0)):
            raise ValueError("a level of the supply that cannot be")
        if not (np.isfinite(seconds).all() and (seconds >= 0).all() and lowest >= 0):
            raise ValueError("a time or voltage of the supply that cannot be")
        self.clear()
        self.seconds[levels.astype(np.intp)] = seconds
        self.lowest = lowest


def _level(volts: float, celsius: float) -> int:
    return max(0, min(LEVELS - 1, round((volts - PER_KELVIN * (celsius - 25)) / STEP)))

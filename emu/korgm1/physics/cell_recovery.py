"""Polarisation: what a load takes from a CR2032's voltage beyond its resistance, and how that fades.

dp/dt = (target - p) / 600 s,   target = 0.15 V x depth x (load / 0.2 mA, 1 at most)

Height and time ASSUMED (spent cells are seen to climb back by themselves); 0.2 mA is the makers' standard load. At the
microamperes of a backup it stays below a millivolt: it matters for a meter's load only. Hypothesis H-CELL-RECOVERY.
Sources: facts battery-sram 1.5.
"""

from __future__ import annotations

from math import exp

TAU = 600.0
"""Seconds."""
HEIGHT = 0.15
"""Volts at a depth of 1."""
REFERENCE_AMPS = 0.0002


def faded(polarised: float, seconds: float) -> float:
    """What is left of a polarisation after a rest.

    >>> round(faded(0.1, 600), 4)
    0.0368
    """
    return polarised * exp(-seconds / TAU)


def loaded(polarised: float, amps: float, seconds: float, depth_before: float, depth_after: float) -> float:
    """The polarisation after a constant load: the equation's closed form, with a depth that rises evenly.

    >>> round(loaded(0.0, 0.002, 36000, 0.5, 0.55), 3)
    0.082
    """
    if seconds <= 0:
        return polarised
    strength = HEIGHT * min(1.0, amps / REFERENCE_AMPS)
    lag = (depth_after - depth_before) / seconds * TAU
    start, end = strength * (depth_before - lag), strength * (depth_after - lag)
    return max(0.0, end + (polarised - start) * exp(-seconds / TAU))

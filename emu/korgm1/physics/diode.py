"""The voltage a diode loses at small currents: n x kT/q x ln(1 + I / Is).

kind        Is at 25 C   n      at 0.1    1      2      6 uA, 25 C      standing
silicon     3 nA         1.9    0.17    0.28   0.32   0.37 V            ASSUMED, a 1SS133 or 1N4148 class part
schottky    0.1 uA       1.05   0.02   0.065   0.08   0.11 V            ASSUMED

Is doubles with every 10 K (ASSUMED, as all leakage here): at 1 uA silicon then loses 2.5 mV less for each kelvin, as
such diodes do. Which kind the M1 has: H-BATT-DIODE.
Sources: facts battery-sram 3.
"""

from __future__ import annotations

from math import log1p

from korgm1.physics.arrhenius import BOLTZMANN, KELVIN, doubling

KINDS = {"silicon": (3e-9, 1.9), "schottky": (1e-7, 1.05)}
"""Is in amperes at 25 C, and n."""


def saturation_amps(kind: str, celsius: float) -> float:
    """Is at a temperature."""
    return KINDS[kind][0] * doubling(celsius, 25)


def slope_volts(kind: str, celsius: float) -> float:
    """n x kT/q in volts."""
    return KINDS[kind][1] * BOLTZMANN * (celsius + KELVIN)


def drop(amps: float, kind: str, celsius: float) -> float:
    """Volts lost at a forward current; 0 without one.

    Args:
        amps: of the diode, 0 or more.
        kind: "silicon" or "schottky".
        celsius: its temperature.

    >>> round(drop(1e-6, "silicon", 25), 2), round(drop(1e-6, "schottky", 25), 3)
    (0.28, 0.065)
    """
    return slope_volts(kind, celsius) * log1p(max(0.0, amps) / saturation_amps(kind, celsius))

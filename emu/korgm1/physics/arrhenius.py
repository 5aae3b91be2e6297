"""How much faster something goes when it is warmer.

factor     exp(E / k x (1 / T1 - 1 / T2)), Arrhenius' law with an activation energy E, T in kelvin
doubling   2 to the power of (T2 - T1) / 10 K, the engineer's rule; ASSUMED for every leakage here

A process that doubles from 18 to 28 C has 0.524 eV.
Sources: facts battery-sram 1.4, 4.4.
"""

from __future__ import annotations

from math import exp, log

BOLTZMANN = 8.617333e-5
"""Boltzmann's constant, electronvolts a kelvin."""
KELVIN = 273.15
"""0 C in kelvin."""


def factor(celsius: float, reference_celsius: float, electron_volts: float) -> float:
    """The speed at one temperature as a multiple of that at another, by Arrhenius.

    >>> round(factor(60, 50, 0.95), 2), factor(25, 25, 0.95)
    (2.78, 1.0)
    """
    return exp(electron_volts / BOLTZMANN * (1 / (reference_celsius + KELVIN) - 1 / (celsius + KELVIN)))


def energy_of_doubling(celsius: float, kelvin: float = 10.0) -> float:
    """The activation energy, electronvolts, of what doubles over so many kelvin around a temperature.

    >>> round(energy_of_doubling(23), 3)
    0.524
    """
    low, high = celsius + KELVIN - kelvin / 2, celsius + KELVIN + kelvin / 2
    return BOLTZMANN * log(2) / (1 / low - 1 / high)


def doubling(celsius: float, reference: float, kelvin: float = 10.0) -> float:
    """The same for what doubles with every so many kelvin.

    >>> doubling(45, 25), doubling(15, 25)
    (4.0, 0.5)
    """
    return float(2.0 ** ((celsius - reference) / kelvin))

"""The voltage of a CR2032 without load, by how much of it is gone.

position %  0     1     5     10    20    30    40    50    60    70    75    80    85    90    94    97    100
volts       3.25  3.15  3.05  3.02  3.00  2.98  2.96  2.94  2.91  2.86  2.83  2.78  2.70  2.58  2.44  2.28  2.00
position %  103   106   110   114
volts       1.50  1.00  0.50  0.00

law                        value                                                       standing
curve "light"              the table, for microamperes                                 ASSUMED, a blend of the next two
  below 2.0 V              to nothing at 114 %                                         ASSUMED, nobody says
curve "sheets"             mean of three makers' sheets near 0.2 mA                    DATASHEET
curve "segments"           a chip maker's four straight pieces                         published by that maker
temperature                +0.4 mV/K around 23 C, fading with the volts below 2.0      ASSUMED
usable share of capacity   -20 C 0.90, 0 C 0.97, 23 C and above 1.00                   ASSUMED

Straight lines between the points. Hypothesis H-CELL-CURVE.
Sources: facts battery-sram 1.2, 1.4.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Table = tuple[tuple[float, float], ...]

_TAIL: Table = ((1.03, 1.50), (1.06, 1.00), (1.10, 0.50), (1.14, 0.0))
CURVES: dict[str, Table] = {
    "light": (
        (0, 3.25), (0.01, 3.15), (0.05, 3.05), (0.10, 3.02), (0.20, 3.00), (0.30, 2.98), (0.40, 2.96), (0.50, 2.94),
        (0.60, 2.91), (0.70, 2.86), (0.75, 2.83), (0.80, 2.78), (0.85, 2.70), (0.90, 2.58), (0.94, 2.44), (0.97, 2.28),
        (1.0, 2.0), *_TAIL,
    ),
    "sheets": (
        (0, 3.0), (0.20, 2.9), (0.40, 2.8), (0.60, 2.7), (0.70, 2.6), (0.80, 2.5), (0.90, 2.4), (1.0, 2.0), *_TAIL,
    ),
    "segments": ((0, 3.0), (0.58, 2.9), (0.82, 2.74), (0.94, 2.44), (1.0, 2.1), *_TAIL),
}
"""Position and volts at 23 C."""
EMPTY = 1.14
"""The position at which the last volt is gone."""
REFERENCE_CELSIUS = 23.0

_USABLE: Table = ((-20, 0.90), (0, 0.97), (23, 1.0))
_PER_KELVIN = 0.0004
_FADES_BELOW = 2.0


def volts_at(position: Floats, celsius: float, curve: str = "light") -> Floats:
    """Volts without load.

    Args:
        position: share of the usable charge that is gone, 0 to 1.14; an array.
        celsius: temperature of the cell.
        curve: a name in CURVES.

    >>> volts_at(np.array([0.0, 0.75, 1.0]), 23.0).tolist()
    [3.25, 2.83, 2.0]
    """
    at_23 = np.interp(position, *_columns(curve))
    volts: Floats = at_23 + _PER_KELVIN * (celsius - REFERENCE_CELSIUS) * np.minimum(1.0, at_23 / _FADES_BELOW)
    return volts


def position_of(volts: float, celsius: float, curve: str = "light") -> float:
    """The position at which a cell reads so many volts; 0 for more than the curve has.

    >>> position_of(2.44, 23.0), position_of(9.0, 23.0)
    (0.94, 0.0)
    """
    positions, line = _columns(curve)
    return float(np.interp(_at_23(volts, celsius), line[::-1], positions[::-1]))


def excess(volts: float, celsius: float, curve: str = "light") -> float:
    """By how much so many volts lie above the curve's beginning; 0 where they do not.

    >>> round(excess(3.3, 23.0), 9), excess(3.0, 23.0)
    (0.05, 0.0)
    """
    return max(0.0, _at_23(volts, celsius) - CURVES[curve][0][1])


def usable_share(celsius: float) -> float:
    """The share of the capacity that can be had at microamperes.

    >>> usable_share(0.0), usable_share(40.0)
    (0.97, 1.0)
    """
    return along(_USABLE, celsius)


def along(table: Table, place: float) -> float:
    """A table's value between its points, its last ones outside.

    >>> along(((0, 1.0), (10, 3.0)), 5)
    2.0
    """
    places, values = zip(*table, strict=True)
    return float(np.interp(place, places, values))


def _at_23(volts: float, celsius: float) -> float:
    shift = _PER_KELVIN * (celsius - REFERENCE_CELSIUS)
    return volts - shift if volts - shift >= _FADES_BELOW else volts / (1 + shift / _FADES_BELOW)


@cache
def _columns(curve: str) -> tuple[Floats, Floats]:
    points = np.array(CURVES[curve], np.float64)
    return points[:, 0], points[:, 1]

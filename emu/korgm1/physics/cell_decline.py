"""What a CR2032 loses by itself: charge inside, and its solvent through the seal.

law              value                                                              standing, switch
self-discharge   1 % of the capacity a year at 23 C                                 DATASHEET, H-CELL-SELF
                 0.524 eV: doubles from 18 to 28 C                                  ASSUMED, the engineer's rule
seal             life at 25 C: LogNormal(median 25 years, sigma 0.25) by seed       ASSUMED, H-CELL-DRY
                 0.95 eV                                                            DATASHEET of another lithium cell
                 position on the curve moves on by 1.14 x (share of the life)^8     ASSUMED: late and steep

Sources: facts battery-sram 1.1, 1.4, 3.
"""

from __future__ import annotations

from korgm1.physics.arrhenius import energy_of_doubling, factor
from korgm1.physics.cell_curve import EMPTY
from korgm1.quantities import YEAR

__all__ = ["YEAR", "dry_per_second", "drying", "self_share_per_second"]

_SELF_CELSIUS, _SEAL_CELSIUS = 23.0, 25.0
_SELF_ENERGY = energy_of_doubling(_SELF_CELSIUS)
_SEAL_ENERGY = 0.95
_STEEPNESS = 8


def self_share_per_second(percent_a_year: float, celsius: float) -> float:
    """Share of the capacity that goes inside in a second.

    >>> round(self_share_per_second(1.0, 23.0) * YEAR, 9)
    0.01
    """
    return percent_a_year / 100 / YEAR * factor(celsius, _SELF_CELSIUS, _SELF_ENERGY)


def dry_per_second(seal_seconds: float, celsius: float) -> float:
    """Share of the seal's life that goes in a second; its life is given for 25 C.

    >>> dry_per_second(100.0, 25.0), dry_per_second(float("inf"), 60.0)
    (0.01, 0.0)
    """
    return factor(celsius, _SEAL_CELSIUS, _SEAL_ENERGY) / seal_seconds


def drying(dry: float) -> float:
    """How far a share of the seal's life has moved the position on the curve.

    >>> [round(drying(share), 3) for share in (0.0, 0.5, 0.8, 1.0, 2.0)]
    [0.0, 0.004, 0.191, 1.14, 1.14]
    """
    return float(EMPTY * min(1.0, dry) ** _STEEPNESS)

"""What two uPD43256C-15L draw from the cell while they only hold their content.

I = 1 uA x factor x V / 3 V x 2 to the power of (T - 25 C) / 10 K, for both chips

1 uA at 25 C and 3 V           ASSUMED; the data sheet of the next family allows 6 uA for two at 40 C (H-SRAM-CURRENT)
factor of each chip            log-normal, a factor of 2 for one standard deviation, by seed; ASSUMED
proportional to V, x2 a 10 K   ASSUMED; resistive loads of poly cells, leakage

/CS within 0.2 V of VCC is taken for granted: at TTL levels such a part draws some hundred times more.
Sources: facts battery-sram 2, 4.4.
"""

from __future__ import annotations

from math import exp, log

from korgm1.physics.arrhenius import doubling
from korgm1.physics.uniform import key, normal

TYPICAL_AMPS = 1e-6
"""Of both chips at 25 C and 3 V."""
_STREAM = 0x43256C


def ram_amps(volts: float, celsius: float, factor: float = 1.0) -> float:
    """The current of both chips.

    Args:
        volts: at their VCC, power off.
        celsius: their temperature.
        factor: of these two chips; `chip_factor`, or microamperes at 25 C and 3 V.

    >>> ram_amps(3.0, 25.0), ram_amps(1.5, 35.0)
    (1e-06, 1e-06)
    """
    return conductance(celsius, factor) * volts


def conductance(celsius: float, factor: float = 1.0) -> float:
    """The same as siemens.

    >>> round(conductance(25.0) * 3e6, 6)
    1.0
    """
    return TYPICAL_AMPS * factor * doubling(celsius, 25) / 3.0


def chip_factor(seed: int) -> float:
    """The factor of one pair: the mean of its two chips.

    >>> chip_factor(5) == chip_factor(5) != chip_factor(6)
    True
    """
    return sum(exp(log(2) * normal(key(seed, _STREAM, chip))) for chip in (0, 1)) / 2

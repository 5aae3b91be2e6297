"""The resistance inside a CR2032.

position %   0    60   70   80   90   95    100   110         C        -20   -10   0    23   40    60
ohms         15   20   30   45   90   160   300   3000        factor   4.5   3     2    1    0.8   0.6

To 70 %: DATASHEET (one maker: flat, about 20, then 30); behind it and the temperature: ASSUMED.
Sources: facts battery-sram 1.1, 1.3, 1.4.
"""

from __future__ import annotations

import numpy as np

from korgm1.physics.cell_curve import Floats, Table, along

OHMS: Table = ((0, 15.0), (0.60, 20.0), (0.70, 30.0), (0.80, 45.0), (0.90, 90.0), (0.95, 160.0), (1.0, 300.0),
               (1.10, 3000.0))
FACTORS: Table = ((-20, 4.5), (-10, 3.0), (0, 2.0), (23, 1.0), (40, 0.8), (60, 0.6))


def ohms_at(position: Floats, celsius: float) -> Floats:
    """Ohms by the position on the cell's curve, an array.

    >>> ohms_at(np.array([0.0, 0.7, 1.0]), 0.0).tolist()
    [30.0, 60.0, 600.0]
    """
    places, ohms = zip(*OHMS, strict=True)
    inner: Floats = np.interp(position, places, ohms) * along(FACTORS, celsius)
    return inner

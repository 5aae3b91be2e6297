"""The CR2016 of a RAM card: the chemistry, diameter and seal of a CR2032 (20 mm), half its height.

size      nominal capacity                        standing
CR2016    90 mAh at 0.1 mA to 2.0 V               ASSUMED: tables of equivalents, 75 to 110; no maker's sheet
CR2032    220 mAh                                 see `cell_cr2032`

Curve, resistance, self-discharge and the seal's life are those of the CR2032 (ASSUMED: same discs, same crimp).
Sources: facts m1-hardware 1.5 (a CR2016 in RAM cards); batteryequivalents.com, "CR2016" (90 mAh, 0.1 mA, 2.0 V).
"""

from __future__ import annotations

from korgm1.physics.cell_cr2032 import CoinCell


class Cr2016(CoinCell):
    """The cell of a card.

    >>> 80 < Cr2016().capacity_mah < 100, Cr2016.reading(2.6).kind
    (True, 'CR2016')
    """

    kind = "CR2016"
    nominal_share = 90 / 220

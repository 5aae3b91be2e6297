"""How bright the LCD's backlight, an electroluminescent foil, still is.

A zinc sulphide foil fades while it is lit, quickly at first and ever slower, and not in storage. The law is the usual
1 / (1 + t / half life); there is no end of life. The half life is H-EL-HALF.
Sources: half life 3,000-5,000 h, focuslcds.com "Lifetime of EL backlight vs LED array backlight"; 4,000 h,
gmnameplate.com "Backlighting technologies, part 5"; fading when lit only, quantaflex.com design guide; the formula:
ASSUMED, the usual one for such foils.
"""

from __future__ import annotations


def brightness(hours: float, half_life: float) -> float:
    """Light of a foil by that of a new one.

    Args:
        hours: lit so far, 0 or more.
        half_life: hours until half the light is left.

    >>> brightness(0, 4000), brightness(4000, 4000), brightness(12000, 4000)
    (1.0, 0.5, 0.25)
    """
    return 1 / (1 + max(0.0, hours) / half_life)

"""The 27C512 EPROM in its 28-pin case: which line is which pin, and where its bytes stand in the V50's memory.

IC32 is on D0-D7 of the V50's bus and gives the even addresses, IC23 on D8-D15 and gives the odd ones.
Sources: pins, the JEDEC pinout of a 64 K x 8 EPROM as two public tables give it alike (msarnoff.org/chipdb/27C512;
P. Richards in sci.electronics, 1995-03-01), DATASHEET at second hand; lanes, facts m1-hardware 1.1 (MEAS). Erased cells
read 1 and programming makes zeros (DATASHEET), so a cell that loses its charge turns from 0 to 1.
"""

from __future__ import annotations

from korgm1.romset.image import BASE

DATA_PINS = (11, 12, 13, 15, 16, 17, 18, 19)
"""Pins of D0 to D7."""
ADDRESS_PINS = (10, 9, 8, 7, 6, 5, 4, 3, 25, 24, 21, 23, 2, 26, 27, 1)
"""Pins of A0 to A15."""
ENABLES = "/CE (pin 20) or /OE (pin 22)"
"""The pins without which the chip drives nothing."""
LANES = {"IC32": 0, "IC23": 1}
"""Which byte of a word each chip holds."""
IC_OF_LANE = {"even": "IC32", "odd": "IC23"}


def pin(line: str) -> int:
    """The pin of a line of the chip, D0-D7 or A0-A15.

    Raises:
        KeyError: there is no such line.

    >>> pin("D3"), pin("A12")
    (15, 2)
    """
    pins = {"D": DATA_PINS, "A": ADDRESS_PINS}[line[:1]]
    number = int(line[1:]) if line[1:].isdecimal() else len(pins)
    if number >= len(pins):
        raise KeyError(line)
    return pins[number]


def with_pin(line: str) -> str:
    """A line with its pin, for people.

    >>> with_pin("A15"), with_pin("A16")
    ('A15 (pin 1)', 'A16')
    """
    try:
        return f"{line} (pin {pin(line)})"
    except KeyError:
        return line


def cpu_address(ic: str, address: int) -> int | None:
    """Where the V50 sees a byte of a chip; None while it is not known which chip it is.

    >>> f"{cpu_address('IC23', 0x8000):05X}"
    'F0001'
    """
    return BASE + 2 * address + LANES[ic] if ic in LANES else None

"""What `--battery` and `Session` call a cell.

text          what it is
fresh         a supply of 3.2 V in the cell's place: it never ages
low           2.4 V: below OpenM1's warning (code 80h, 2.49 V), the RAM still has over 2.0 V
dead          0.4 V: everything is lost
absent        no cell in the holder
2.85          a supply of so many volts, 0 to 6
CR2032        a new cell, which ages
CR2032@2.9    one used until it reads 2.9 V without a load, at 23 C

Sources: facts battery-sram 1, 6 (voltages at which instruments behave differently).
"""

from __future__ import annotations

from math import isfinite

from korgm1.errors import UsageError
from korgm1.hypotheses import Hypotheses
from korgm1.physics.bench_supply import HIGHEST, BenchSupply, Cell
from korgm1.physics.cell_cr2032 import HIGHEST as HIGHEST_READING
from korgm1.physics.cell_cr2032 import CellLaw, Cr2032
from korgm1.quantities import COLDEST, HOTTEST

PRESETS = {"fresh": 3.2, "low": 2.4, "dead": 0.4, "absent": 0.0}
"""Supply volts by name."""
CR2032 = "CR2032"


def parse_volts(text: str) -> float:
    """The volts of a `--battery` text: a preset or a number of volts, 0 to 6.

    Raises:
        UsageError: neither of them.

    >>> parse_volts("low"), parse_volts("2.85"), parse_volts("3V")
    (2.4, 2.85, 3.0)
    """
    word = text.strip().lower()
    if word in PRESETS:
        return PRESETS[word]
    try:
        volts = float(word.removesuffix("v"))
    except ValueError:
        volts = float("nan")
    if not (isfinite(volts) and 0 <= volts <= HIGHEST):
        raise UsageError(
            f"battery {text!r} is {'out of range' if isfinite(volts) else 'not known'}",
            f"{', '.join(PRESETS)} or volts from 0 to {HIGHEST:g}, or {CR2032} or {CR2032}@VOLTS",
            "--battery 2.4",
        )
    return abs(volts)


def parse_reading(text: str) -> float:
    """The volts a used CR2032 reads without a load, 0 to 3.35.

    Raises:
        UsageError: none does.

    >>> parse_reading("2.9")
    2.9
    """
    try:
        volts = float(text.strip().lower().removesuffix("v"))
    except ValueError:
        volts = float("nan")
    if not (isfinite(volts) and 0 <= volts <= HIGHEST_READING):
        raise UsageError(
            f"no CR2032 reads {text.strip()!r} volts", f"{CR2032}@VOLTS with 0 to {HIGHEST_READING:g} V", "CR2032@2.9"
        )
    return abs(volts)


def check_celsius(celsius: float) -> float:
    """The temperature itself, if the laws are for it.

    Raises:
        UsageError: outside -40 to 85 degrees Celsius, or no number.

    >>> check_celsius(25.0)
    25.0
    """
    if not COLDEST <= celsius <= HOTTEST:
        raise UsageError(f"{celsius!r} is no temperature", f"{COLDEST:g} to {HOTTEST:g} degrees Celsius")
    return float(celsius)


def parse_cell(text: str, hypotheses: Hypotheses, seed: int = 0) -> Cell | None:
    """What a `--battery` text puts into the holder; None for nothing.

    Args:
        text: see the table above.
        hypotheses: those of the cell's laws.
        seed: which cell of all that were made.

    Raises:
        UsageError: no such cell.

    >>> parse_cell("low", Hypotheses()).volts(0.0, 25.0), parse_cell("absent", Hypotheses())
    (2.4, None)
    >>> round(parse_cell("cr2032@2.9", Hypotheses()).open_volts(23.0), 3)
    2.9
    """
    name, at, volts = text.strip().partition("@")
    if name.strip().upper() == CR2032:
        law = CellLaw.from_hypotheses(hypotheses)
        return Cr2032.reading(parse_reading(volts), seed, law=law) if at else Cr2032(seed, law)
    number = parse_volts(text)
    return BenchSupply(number) if number else None

"""The parameters of the 33 effects, as the table of stored effect blocks has them (sram_layout/effects.toml).

Only the data are read: the same table names what an SRAM image holds and what the chip takes.
Confirmed (owner's manual, second hand): names, bytes, ranges, units, and the reverb times an effect starts with.
MEASURED in Korg's factory programs and combinations: the first of a pair of chorus or tremolo has the MG phase bit set,
the second not. Guessed (H-FXALG): what else an effect starts with.
Sources: facts m1-sound 4, m1-hardware 6.6, 7.3.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from korgm1.errors import UsageError

THROUGH = 34
"""The number of no effect (type byte 21h)."""


@dataclass(frozen=True)
class Parameter:
    """One parameter of an effect.

    Attributes:
        name: as `korgm1 sram show` prints it.
        byte: the first of its bytes among the effect's eight.
        bits: first and last bit of that byte.
        width: 2 = two bytes, low first.
        low, high: the values the panel can set.
        factor, offset, unit: shown as value x factor + offset.
    """

    name: str
    byte: int
    bits: tuple[int, int]
    width: int
    low: int
    high: int
    factor: float
    offset: float
    unit: str

    def put(self, eight: bytes, value: int) -> bytes:
        """An effect's eight bytes with this value in them.

        Raises:
            UsageError: a value the panel cannot set.
        """
        if not self.low <= value <= self.high:
            raise UsageError(f"{self.name} {value}", f"{self.low} to {self.high}")
        made = bytearray(eight)
        if self.width > 1:
            made[self.byte : self.byte + 2] = value.to_bytes(2, "little")
        else:
            first, last = self.bits
            mask = (2 << last) - (1 << first)
            made[self.byte] = made[self.byte] & ~mask | value << first & mask
        return bytes(made)


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads((files("korgm1") / "sram_layout" / "effects.toml").read_text("utf-8"))


@cache
def names() -> tuple[str, ...]:
    """The names of effects 1 to 33, and "Through".

    >>> names()[0], names()[24], len(names())
    ('Hall', 'Rotary Speaker', 34)
    """
    return (*_table()["names"], "Through")


@cache
def parameters(number: int) -> dict[str, Parameter]:
    """The parameters of effect `number` (1-33) by name, those nobody knows the meaning of left out.

    >>> [(row.low, row.high, row.unit) for row in parameters(1).values()][:2]
    [(0, 97, 's'), (0, 99, '')]
    """
    found = {}
    for family in _table()["family"]:
        for row in family["parameters"] if number in family["numbers"] else ():
            bits = tuple(row.get("bits", (0, 7)))
            if row.get("confidence") == "unknown":
                continue
            words = row.get("words")
            high = len(words) - 1 if words else row["max"]
            found[row["name"]] = Parameter(
                row["name"], row["byte"], (bits[0], bits[1]), row.get("width", 1), row.get("min", 0), high,
                row.get("factor", 1), row.get("offset", 0), row.get("unit", ""),
            )  # fmt: skip
    return found


_STARTS: dict[tuple[int, ...], dict[str, int]] = {
    (1, 2, 3, 4, 5, 6): {"high damp": 30, "pre-delay": 30, "early reflection level": 50},
    (7, 8, 9): {"early reflection time": 12, "pre-delay": 0},
    (10, 11): {"delay left": 250, "delay right": 260, "feedback": 30, "high damp": 10},
    (12, 13): {"depth": 60, "speed": 9, "delay": 10},
    (14, 15): {"depth": 80, "speed": 5, "delay": 2, "feedback": -60},
    (16, 17): {"depth": 80, "speed": 5, "feedback": -40, "manual": 50},
    (18, 19): {"depth": 80, "speed": 120},
    (20,): {"mid frequency": 1, "low frequency": 1, "high frequency": 1},
    (21,): {"mid frequency": 1, "drive": 60, "level": 40},
    (22,): {"distortion": 60, "level": 30},
    (23,): {"blend": 50, "emphatic point": 5},
    (24, 25): {"depth": 70},
    (26, 27, 28, 29, 30, 31, 32, 33): {"delay": 250, "feedback": 30, "high damp": 10},
    (26, 27): {"reverb high damp": 30, "pre-delay": 30},
    (28,): {"early reflection time": 12},
    (29,): {"delay left": 250, "delay right": 260, "feedback right": 30, "high damp right": 10},
    (30, 31, 32, 33): {"depth": 60, "speed": 9},
    (12, 14, 15, 16, 18, 30, 31, 33): {"MG phase": 1},
    (1,): {"reverb time": 33}, (2,): {"reverb time": 26}, (3,): {"reverb time": 36}, (4,): {"reverb time": 3},
    (5,): {"reverb time": 13}, (6,): {"reverb time": 18}, (26,): {"reverb time": 33}, (27,): {"reverb time": 3},
}


def start(number: int) -> bytes:
    """The eight bytes an effect starts with when it is selected on the panel.

    >>> start(1).hex(), start(12)[2], start(13)[2], start(THROUGH).hex()
    ('21001e1e32000000', 2, 0, '0000000000000000')
    """
    made = bytes(8)
    if number == THROUGH:
        return made
    rows = parameters(number)
    for numbers, values in _STARTS.items():
        for name, value in values.items() if number in numbers else ():
            if name in rows:
                made = rows[name].put(made, value)
    return made

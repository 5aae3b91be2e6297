"""The CR2032, its diode to the RAM's supply, and its sense path to the ADC.

cell + -> diode -> VCC of both RAMs          supply = cell - n Vt ln(1 + I / Is), I = 1 uA for both chips
cell + -> R29, 3 Mohm -> IC29 IN6            sense = cell - leakage x 3 Mohm

preset   volts   what it stands for
fresh    3.2     a new cell
low      2.4     nearly empty: below OpenM1's warning (code 80h, 2.49 V), the RAM still has over 2.0 V
dead     0.4     empty: everything is lost
absent   0.0     no cell in the holder

Confirmed: cell, two diodes, R29 and its pin (facts m1-hardware 1.2). ASSUMED: Is 3 nA, n 1.9, 1 uA at 25 C. Guessed:
H-BATT-DIODE, silicon, though repair advice for the M1 expects a smaller drop (see there); H-BATT-DIVIDER, the current
IC29's input draws through R29 (0 = drops nothing).
First version: a fixed cell voltage; discharge, temperature and contacts come later.
Sources: facts m1-hardware 1.2, battery-sram 1-4.
"""

from __future__ import annotations

from math import isfinite, log
from typing import Any

from korgm1.errors import UsageError
from korgm1.hypotheses import Hypotheses

PRESETS = {"fresh": 3.2, "low": 2.4, "dead": 0.4, "absent": 0.0}
"""Cell volts by name."""
HIGHEST = 6.0

R29_OHMS = 3e6
THERMAL_VOLTS = 0.0257
"""kT/q at 25 C."""
LOAD_AMPS = 1e-6
DIODES = {"silicon": (3e-9, 1.9), "schottky": (1e-7, 1.05)}
"""Is in amperes and n (ASSUMED, of common types)."""


def parse_volts(text: str) -> float:
    """The cell volts of a `--battery` text: a preset or a number of volts, 0 to 6.

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
            f"{', '.join(PRESETS)} or volts from 0 to {HIGHEST:g}",
            "--battery 2.4",
        )
    return abs(volts)


class Battery:
    """The cell in its holder.

    Args:
        volts: of the cell, 0 to 6; 0 is an empty holder.
        leakage_ua: microamperes into the ADC input (H-BATT-DIVIDER).
        diode: "silicon" or "schottky" (H-BATT-DIODE).

    Attributes:
        cell_volts: of the cell; may be set while it is in use.

    >>> cell = Battery(2.4)
    >>> round(cell.ram_volts, 2), cell.sense_microvolts()
    (2.12, 2400000)
    """

    def __init__(self, volts: float = PRESETS["fresh"], leakage_ua: float = 0.0, diode: str = "silicon") -> None:
        self.cell_volts = volts
        self._sense_drop = leakage_ua * 1e-6 * R29_OHMS
        saturation, emission = DIODES[diode]
        self._diode_drop = emission * THERMAL_VOLTS * log(1 + LOAD_AMPS / saturation)

    @classmethod
    def from_text(cls, text: str, hypotheses: Hypotheses) -> Battery:
        """The cell of a `--battery` text, with the hypotheses of one machine.

        Raises:
            UsageError: see `parse_volts`.

        >>> Battery.from_text("dead", Hypotheses()).cell_volts
        0.4
        """
        return cls(parse_volts(text), hypotheses["H-BATT-DIVIDER"], hypotheses["H-BATT-DIODE"])

    def reset(self, kind: str) -> None:
        """Nothing: a cell is a cell."""

    def snapshot(self) -> dict[str, Any]:
        """The cell volts."""
        return {"volts": self.cell_volts}

    def restore(self, block: dict[str, Any]) -> None:
        """Take `snapshot` back."""
        self.cell_volts = float(block["volts"])

    @property
    def ram_volts(self) -> float:
        """Volts at VCC of the RAMs while the instrument is off."""
        return max(0.0, self.cell_volts - self._diode_drop)

    def sense_microvolts(self) -> int:
        """Microvolts at the ADC's battery input."""
        return max(0, round((self.cell_volts - self._sense_drop) * 1_000_000))

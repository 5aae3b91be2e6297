"""The numbers of the cell's laws that can be switched.

Each number's standing is where its law is: `cell_curve`, `cell_decline`, `cell_recovery`, `cell_cr2032`.
Sources: facts battery-sram 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol


class Guesses(Protocol):
    """`hypotheses.Hypotheses`, as far as the laws look at it."""

    def __getitem__(self, key: str) -> Any: ...


@dataclass(frozen=True)
class CellLaw:
    """What is assumed of all coin cells.

    Attributes:
        capacity_mah: milliampere-hours of a CR2032 down to 2.0 V (DATASHEET: 210 to 240); other sizes by their share.
        capacity_spread: standard deviation between cells, as a share (H-CELL-SPREAD).
        curve: a name in `cell_curve.CURVES` (H-CELL-CURVE).
        self_discharge: percent of the capacity a year at 23 C (H-CELL-SELF).
        seal_years: median life of the seal at 25 C; 0 = it never dries (H-CELL-DRY).
        seal_spread: sigma of its logarithm (ASSUMED).
        recovery: whether a load leaves a polarisation that fades (H-CELL-RECOVERY).
        sudden_death: whether cells can fail early (H-CELL-SUDDEN).

    >>> from korgm1.hypotheses import Hypotheses
    >>> CellLaw.from_hypotheses(Hypotheses({"H-CELL-DRY": 0})).seal_years
    0.0
    """

    capacity_mah: float = 220.0
    capacity_spread: float = 0.04
    curve: str = "light"
    self_discharge: float = 1.0
    seal_years: float = 25.0
    seal_spread: float = 0.25
    recovery: bool = True
    sudden_death: bool = False

    @classmethod
    def from_hypotheses(cls, guess: Guesses) -> CellLaw:
        """The law with the values chosen for a machine."""
        return cls(
            capacity_spread=guess["H-CELL-SPREAD"], curve=guess["H-CELL-CURVE"], self_discharge=guess["H-CELL-SELF"],
            seal_years=guess["H-CELL-DRY"], recovery=guess["H-CELL-RECOVERY"], sudden_death=guess["H-CELL-SUDDEN"],
        )

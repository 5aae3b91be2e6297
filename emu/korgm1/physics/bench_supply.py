"""A bench supply in the holder: volts that stay, whatever is drawn and however long; what `--battery 2.4` is.

It has the same face as a `CoinCell`.
Sources: ours, an instrument of the bench.
"""

from __future__ import annotations

from typing import Any

from korgm1.physics.cell_cr2016 import Cr2016
from korgm1.physics.cell_cr2032 import CellLaw, CoinCell, Cr2032

HIGHEST = 6.0
"""Volts of the highest supply."""


class BenchSupply:
    """An ideal source.

    Args:
        volts: 0 to 6.

    Raises:
        ValueError: less, more, or no number.

    >>> supply = BenchSupply(2.4)
    >>> supply.volts(0.01, 60.0), supply.depth
    (2.4, 0.0)
    """

    kind = "supply"
    depth = drawn_mah = self_discharged_mah = age_seconds = dry = 0.0

    def __init__(self, volts: float) -> None:
        self.set_volts = float(volts)
        if not 0 <= self.set_volts <= HIGHEST:
            raise ValueError(f"a supply of {volts!r} V")

    def open_volts(self, celsius: float) -> float:
        """The volts set."""
        return self.set_volts

    def resistance(self, celsius: float) -> float:
        """None."""
        return 0.0

    def volts(self, amps: float, celsius: float) -> float:
        """The volts set."""
        return self.set_volts

    def amps_into(self, ohms: float, celsius: float) -> float:
        """Amperes into a resistor, above 0 ohms."""
        return self.set_volts / ohms

    def spend(self, drawn_mah: float, self_mah: float, seconds: float, dry: float) -> None:
        """Nothing: it never ages."""

    def load(self, amps: float, seconds: float, celsius: float) -> float:
        """The volts set."""
        return self.set_volts

    def snapshot(self) -> dict[str, Any]:
        """The volts set."""
        return {"kind": self.kind, "volts": self.set_volts}


Cell = CoinCell | BenchSupply
KINDS: dict[str, type[CoinCell]] = {kind.kind: kind for kind in (Cr2032, Cr2016)}
"""Sizes of coin cells by name."""


def cell_from_snapshot(block: dict[str, Any], law: CellLaw | None = None) -> Cell:
    """The cell or supply of a `snapshot`.

    Raises:
        ValueError, KeyError, TypeError: it is no such block.

    >>> cell_from_snapshot(Cr2032.reading(2.5).snapshot()).open_volts(23.0)
    2.5
    """
    if block["kind"] == BenchSupply.kind:
        return BenchSupply(block["volts"])
    if block["kind"] not in KINDS:
        raise ValueError(f"a cell of the kind {block['kind']!r}")
    cell = KINDS[block["kind"]](int(block["seed"]), law)
    cell.restore(block)
    return cell

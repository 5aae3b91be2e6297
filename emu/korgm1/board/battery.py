"""The CR2032 in its holder, its diode to the RAM's supply, and its sense path to the ADC.

cell + -> diode -> VCC of both RAMs (with a capacitor; +5 V comes through a diode of its own while the power is on)
cell + -> R29, 3 Mohm -> IC29 IN6

The laws are in `physics`: the cell, the network, how both age, the RAM's supply (`backed_supply`). Here is what the
board adds: what is wired to what by hypotheses and faults.
Confirmed: cell, two diodes, R29 and its pin (facts m1-hardware 1.2). Guessed: H-BATT-DIODE, H-BATT-DIVIDER and the
hypotheses of the laws, see there.
Sources: facts m1-hardware 1.2, battery-sram 0-4.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from korgm1.board.battery_text import PRESETS, check_celsius, parse_cell, parse_reading, parse_volts
from korgm1.hypotheses import Hypotheses
from korgm1.physics.backed_supply import UNTOLD, BackedSupply
from korgm1.physics.backup_network import BackupNetwork
from korgm1.physics.bench_supply import BenchSupply
from korgm1.physics.cell_law import CellLaw

__all__ = ["PRESETS", "UNTOLD", "Battery", "check_celsius", "network_of", "parse_cell", "parse_reading", "parse_volts"]


def network_of(hypotheses: Hypotheses, seed: int = 0, faults: Mapping[str, Any] | None = None) -> BackupNetwork:
    """The network of one instrument.

    Args:
        hypotheses: its guesses.
        seed: which RAM chips hang on it.
        faults: attributes of `BackupNetwork` that are not as they should be.

    >>> network_of(Hypotheses(), faults={"cell_diode": "open"}).supply_volts(BenchSupply(3.0), 25.0)
    0.0
    """
    return replace(BackupNetwork.from_hypotheses(hypotheses, seed), **(faults or {}))


class Battery(BackedSupply):
    """The holder of the instrument; its arguments and attributes are those of `BackedSupply`.

    >>> holder = Battery(BenchSupply(2.4))
    >>> 2.0 < holder.ram_volts < 2.3, holder.sense_microvolts()
    (True, 2400000)
    >>> holder.put(None); holder.ram_volts, holder.sense_microvolts()
    (0.0, 0)
    """

    snapshot_version = 2

    @classmethod
    def from_text(
        cls, text: str, hypotheses: Hypotheses, seed: int = 0, celsius: float = 25.0,
        faults: Mapping[str, Any] | None = None,
    ) -> Battery:
        """The holder with the cell of a `--battery` text, as hypotheses and faults (see `network_of`) of a machine say.

        Raises:
            UsageError: see `parse_cell`; a temperature outside -40 to 85.

        >>> Battery.from_text("dead", Hypotheses()).cell_volts
        0.4
        """
        cell = parse_cell(text, hypotheses, seed)
        network, law = network_of(hypotheses, seed, faults), CellLaw.from_hypotheses(hypotheses)
        return cls(cell, network, check_celsius(celsius), law)

    def reset(self, kind: str) -> None:
        """Nothing: a cell is a cell."""

    def upgrade(self, block: dict[str, Any], version: int) -> dict[str, Any]:
        """Layout 1 was a supply of so many volts; `on` is then the netlist's to say."""
        volts = float(block["volts"])
        return Battery(BenchSupply(volts) if volts else None, self.network).snapshot()

    def was_at(self, volts: float) -> None:
        """The RAM had this supply for a day since +5 V went: what files of older versions know of that time."""
        self.history.stay(volts, UNTOLD, self.celsius)

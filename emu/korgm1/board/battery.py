"""The CR2032 in its holder, its diode to the RAM's supply, and its sense path to the ADC.

cell + -> diode -> VCC of both RAMs (with a capacitor; +5 V comes through a diode of its own while the power is on)
cell + -> R29, 3 Mohm -> IC29 IN6

The laws are in `physics`: the cell, the network, how both age. Here is what the board adds: which of them are wired to
which by hypotheses and faults, and the history of the RAM's supply since +5 V went. When it goes, the capacitor keeps
the RAM for a while. Nobody has to say how long the power was off: a cell that is in when the power comes back without a
word of `leave` had been alone for a day (ASSUMED, so that a dead cell has the time to show).
Confirmed: cell, two diodes, R29 and its pin (facts m1-hardware 1.2). Guessed: H-BATT-DIODE, H-BATT-DIVIDER and the
hypotheses of the laws, see there.
Sources: facts m1-hardware 1.2, battery-sram 0-4.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from math import inf
from typing import Any

import numpy as np

from korgm1.board.battery_text import HIGHEST, PRESETS, check_celsius, parse_cell, parse_reading, parse_volts
from korgm1.hypotheses import Hypotheses
from korgm1.physics.ageing import Span, leave
from korgm1.physics.backup_network import BackupNetwork
from korgm1.physics.bench_supply import BenchSupply, Cell, cell_from_snapshot
from korgm1.physics.cell_cr2032 import CellLaw
from korgm1.physics.supply_history import SupplyHistory
from korgm1.quantities import COLDEST, HOTTEST, YEAR

__all__ = ["PRESETS", "UNTOLD", "Battery", "check_celsius", "network_of", "parse_cell", "parse_reading", "parse_volts"]

FALL_POINTS = 65
"""Of a span in which the capacitor falls."""
FALLEN = 9.0
"""Time constants after which it has half a millivolt, and such a span needs no more points."""
UNTOLD = 86_400.0
"""Seconds without power where nobody says how long: a day (ASSUMED)."""


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


class Battery:
    """The holder, the network behind it, and what the RAM's supply has been like since +5 V went.

    Args:
        cell: what is in the holder; None for nothing.
        network: from it to RAM and ADC.
        celsius: the temperature around them.
        law: of cells that come out of a snapshot.

    Attributes:
        cell, network, celsius, history: as above; the history is that of VCC of the RAMs.
        on: whether +5 V is there.

    >>> holder = Battery(BenchSupply(2.4))
    >>> 2.0 < holder.ram_volts < 2.3, holder.sense_microvolts()
    (True, 2400000)
    >>> holder.put(None); holder.ram_volts, holder.sense_microvolts()
    (0.0, 0)
    """

    snapshot_version = 2

    def __init__(
        self, cell: Cell | None, network: BackupNetwork | None = None, celsius: float = 25.0,
        law: CellLaw | None = None,
    ) -> None:
        self.cell = cell
        self.network = network or BackupNetwork()
        self.celsius = celsius
        self.history = SupplyHistory()
        self._law = law
        self.on = False
        self._told = False
        self._node = self.network.powered_volts()
        self._held_seconds = 0.0

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

    def snapshot(self) -> dict[str, Any]:
        """The cell, the temperature, and what happened since +5 V went."""
        return {
            "cell": None if self.cell is None else self.cell.snapshot(),
            "celsius": self.celsius,
            "history": self.history.snapshot(),
            "on": self.on,
            "told": self._told,
            "node": self._node,
            "held_seconds": self._held_seconds,
            "contact_ohms": None if self.network.contact_ohms == inf else self.network.contact_ohms,
        }

    def restore(self, block: dict[str, Any]) -> None:
        """Take `snapshot` back.

        Raises:
            LookupError, TypeError, ValueError: it is none.
        """
        celsius, node, held = (float(block[name]) for name in ("celsius", "node", "held_seconds"))
        ohms = inf if block["contact_ohms"] is None else float(block["contact_ohms"])
        if not (COLDEST <= celsius <= HOTTEST and 0 <= node <= HIGHEST and 0 <= held < inf and ohms >= 0):
            raise ValueError("a temperature, voltage, time or resistance that cannot be")
        self.cell = self.cell_of(block["cell"])
        self.celsius, self._node, self._held_seconds = celsius, node, held
        self.history.restore(block["history"])
        self.on, self._told = bool(block["on"]), bool(block["told"])
        self.network = replace(self.network, contact_ohms=ohms)

    def upgrade(self, block: dict[str, Any], version: int) -> dict[str, Any]:
        """Layout 1 was a supply of so many volts; `on` is then the netlist's to say."""
        volts = float(block["volts"])
        return Battery(BenchSupply(volts) if volts else None, self.network).snapshot()

    def cell_of(self, block: dict[str, Any] | None) -> Cell | None:
        """The cell of a cell's `snapshot`, by this machine's laws; None for None.

        Raises:
            ValueError, KeyError, TypeError: it is no such block.
        """
        return None if block is None else cell_from_snapshot(block, self._law)

    # what is measured

    @property
    def kind(self) -> str | None:
        """"CR2032" or "supply"; None for an empty holder."""
        return None if self.cell is None else self.cell.kind

    @property
    def cell_volts(self) -> float:
        """Volts at the holder, as a high-impedance voltmeter reads them; 0 when it is empty."""
        if self.cell is None:
            return 0.0
        return self.cell.volts(self.network.cell_amps(self.cell, self.celsius, self.on), self.celsius)

    @property
    def ram_volts(self) -> float:
        """Volts at VCC of the RAMs with the power off, once the capacitor has nothing more to give."""
        return self._steady(self.celsius)

    def sense_microvolts(self) -> int:
        """Microvolts at the ADC's battery input, with the power on."""
        return round(self.network.sense_volts(self.cell, self.celsius, on=True) * 1_000_000)

    @property
    def held_years(self) -> float:
        """For how long the RAM has held its content, as far as `leave` told it; for its imprint."""
        return self._held_seconds / YEAR

    # what is done

    def put(self, cell: Cell | None) -> None:
        """Change what is in the holder; None empties it."""
        if not self.on:
            self.end_of_off()
        self.cell = cell

    def leave(self, seconds: float, celsius: float | None = None, on_share: float = 0.0) -> Span:
        """Time with the power off.

        Args:
            seconds: how long.
            celsius: how warm; None: as ever.
            on_share: the share of it, 0 to 1, with +5 V there after all.

        Returns:
            What cell and supply went through; without a cell its volts and depth are 0.
        """
        celsius = self.celsius if celsius is None else celsius
        self._told = True
        self._held_seconds += seconds
        floor, fall = self._steady(celsius), None
        if on_share == 0 and self._node > floor:
            falling = min(seconds, self.network.fall_seconds(self._node, floor, celsius))
            fall = self._fall(falling, celsius)
            seconds -= falling
            if seconds <= 0:
                return fall
        span = leave(self.cell, self.network, seconds, celsius, on_share)
        self._node = float(span.supply_volts[-1])
        self.history.span(span)
        return span if fall is None else _joined(fall, span)

    def touch(self, ohms: float) -> None:
        """The holder's contact has another resistance; infinite: nothing touches."""
        if not self.on:
            self.end_of_off()
        self.network = replace(self.network, contact_ohms=ohms)

    def end_of_off(self) -> None:
        """What nobody told of the time without power: a day."""
        if not self._told:
            self.leave(UNTOLD)
            self._told = False

    def power(self, on: bool, lost: bool = False, seconds: float = 0.0) -> None:
        """+5 V comes or goes.

        Args:
            on: whether it comes.
            lost: when it comes, whether most of the RAM lost its content.
            seconds: when it goes, how long it was there; the cell only discharged itself.
        """
        if on and lost:
            self._held_seconds = 0.0
        if not on and seconds:
            leave(self.cell, self.network, seconds, self.celsius, on_share=1.0)
            self._held_seconds += seconds
        self.history.clear()
        self.on, self._told = on, False
        self._node = self.network.powered_volts()

    def was_at(self, volts: float) -> None:
        """The RAM had this supply for a day since +5 V went: what files of older versions know of that time."""
        self.history.stay(volts, UNTOLD, self.celsius)

    def _steady(self, celsius: float) -> float:
        return self.network.supply_volts(self.cell, celsius)

    def _fall(self, seconds: float, celsius: float) -> Span:
        """The capacitor alone feeds the RAM: a cell in the holder waits until its turn comes."""
        begin = self._node
        span = leave(self.cell, self.network, seconds, celsius)
        tau = self.network.fall_tau(celsius)
        steep = min(seconds, FALLEN * tau)
        times = np.linspace(0.0, steep, FALL_POINTS)
        if seconds > steep:
            times = np.append(times, seconds)
        volts = np.array([self.network.fall_volts(begin, at, celsius) for at in times.tolist()])
        self._node = float(volts[-1])
        self.history.fall(begin, self._node, seconds, celsius, tau)
        cell, depth = (np.interp(times, span.seconds, row) for row in (span.cell_volts, span.depth))
        return Span(times, cell, volts, depth, celsius, 0.0)


def _joined(first: Span, second: Span) -> Span:
    """One behind the other."""
    return Span(
        np.concatenate([first.seconds, second.seconds + first.seconds[-1]]),
        np.concatenate([first.cell_volts, second.cell_volts]),
        np.concatenate([first.supply_volts, second.supply_volts]),
        np.concatenate([first.depth, second.depth]),
        second.celsius, second.on_share,
    )

"""What a lithium cell keeps alive: the cell, the network behind it, and the supply of a RAM since +5 V went.

When +5 V goes, the capacitor keeps the RAM for a while. Nobody has to say how long the power was off: a cell that is in
when the power comes back without a word of `leave` had been alone for a day (ASSUMED, so that a dead cell has the time
to show).
Sources: facts battery-sram 0-4; the laws are in the other modules of `physics`.
"""

from __future__ import annotations

from dataclasses import replace
from math import inf
from typing import Any

import numpy as np

from korgm1.physics.ageing import Span, leave
from korgm1.physics.backup_network import BackupNetwork
from korgm1.physics.bench_supply import HIGHEST, Cell, cell_from_snapshot
from korgm1.physics.cell_law import CellLaw
from korgm1.physics.supply_history import SupplyHistory
from korgm1.quantities import COLDEST, HOTTEST, YEAR

FALL_POINTS = 65
"""Of a span in which the capacitor falls."""
FALLEN = 9.0
"""Time constants after which it has half a millivolt, and such a span needs no more points."""
UNTOLD = 86_400.0
"""Seconds without power where nobody says how long: a day (ASSUMED)."""


class BackedSupply:
    """A holder, the network behind it, and what the RAM's supply has been like since +5 V went.

    Args:
        cell: what is in the holder; None for nothing.
        network: from it to the RAM and to whoever senses it.
        celsius: the temperature around them.
        law: of cells that come out of a snapshot.

    Attributes:
        cell, network, celsius, history: as above; the history is that of VCC of the RAM.
        on: whether +5 V is there.

    >>> from korgm1.physics.bench_supply import BenchSupply
    >>> supply = BackedSupply(BenchSupply(2.4))
    >>> 2.0 < supply.ram_volts < 2.3, supply.sense_microvolts()
    (True, 2400000)
    """

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

    def cell_of(self, block: dict[str, Any] | None) -> Cell | None:
        """The cell of a cell's `snapshot`, by this supply's laws; None for None.

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
        """Microvolts at the ADC's input, with the power on."""
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

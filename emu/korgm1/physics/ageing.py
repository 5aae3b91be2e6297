"""Years in the instrument: what the cell gives, and what the RAMs get meanwhile.

With q the charge drawn: dq/dt = I(position), position = (q + s t) / usable + drying((d0 + d t) / life).

I falls with the cell's volts and is tabled once over the position (571 points, solved together); self-discharge and
drying run evenly with time at one temperature. A step is as long as the position moves by 0.005 or the seal by 2.5 %
of its life, so a week and 20 years cost the same: fourth-order Runge-Kutta over at most some 350 steps, no clock.
While +5 V is there (`on_share` of the time, taken as spread evenly) the cell gives its self-discharge only.

Error against 3000 equal steps with a solution of the network each: below 0.1 % of the charge drawn (a test holds it).
A charging current, through a shorted diode, is not stored: a lithium cell takes none (ASSUMED).
Polarisation of an earlier load is taken as faded. Where the position reaches 1.14 nothing is left to go.
Sources: facts battery-sram 1.4, 3, 4.4.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import inf

import numpy as np
import numpy.typing as npt

from korgm1.physics.backup_network import BackupNetwork
from korgm1.physics.bench_supply import Cell
from korgm1.physics.cell_cr2032 import EMPTY, CoinCell
from korgm1.physics.cell_decline import drying

Floats = npt.NDArray[np.float64]

STEP = 0.005
"""Of the position on the cell's curve."""
SEAL_STEP = 0.025
_TABLE = 571
_PIECES = 48


@dataclass(frozen=True)
class Span:
    """A stretch of time with the power off, or off for most of it.

    Attributes:
        seconds: from 0, rising; all arrays have this length, 1 (no time at all) to some 400.
        cell_volts: at the cell's poles under its load.
        supply_volts: at the RAMs' VCC while the power is off.
        depth: share of the cell's capacity that is gone.
        celsius: the temperature.
        on_share: share of the time with +5 V.
    """

    seconds: Floats
    cell_volts: Floats
    supply_volts: Floats
    depth: Floats
    celsius: float
    on_share: float

    def crossing(self, volts: float, what: str = "supply") -> float | None:
        """The second at which a voltage first falls to a level; None where it never does.

        Args:
            volts: the level.
            what: "supply" or "cell".
        """
        line = self.supply_volts if what == "supply" else self.cell_volts
        below = np.flatnonzero(line <= volts)
        if not below.size:
            return None
        at = int(below[0])
        if at == 0:
            return 0.0
        share = (line[at - 1] - volts) / (line[at - 1] - line[at])
        return float(self.seconds[at - 1] + share * (self.seconds[at] - self.seconds[at - 1]))


def leave(
    cell: Cell | None, network: BackupNetwork, seconds: float, celsius: float, on_share: float = 0.0
) -> Span:
    """Let time pass; the cell is older afterwards.

    Args:
        cell: in the holder, or None: the supply is 0 then (`BackupNetwork.fall_volts` is how it gets there).
        network: around it.
        seconds: 0 or more.
        celsius: temperature of everything, constant.
        on_share: share of the time with +5 V, 0 to 1.

    Raises:
        ValueError: a negative time or a share outside 0..1.

    >>> from korgm1.physics.cell_cr2032 import YEAR, Cr2032
    >>> cell = Cr2032()
    >>> span = leave(cell, BackupNetwork(), 20 * YEAR, 25.0)
    >>> 8 < span.crossing(2.0) / YEAR < 16, round(cell.age_seconds / YEAR)
    (True, 20)
    """
    if not (0 <= seconds < inf and 0 <= on_share <= 1):
        raise ValueError(f"{seconds} s with the power on for {on_share} of them")
    if not isinstance(cell, CoinCell):
        volts = cell.open_volts(celsius) if cell is not None else 0.0
        held, supply = volts, network.supply_volts(cell, celsius)
        if cell is not None:
            held = cell.volts(network.cell_amps(cell, celsius), celsius)
        ends = np.array([0.0, seconds])
        return Span(ends, np.full(2, held), np.full(2, supply), np.zeros(2), celsius, on_share)
    rows: list[tuple[float, float, float, float]] = []
    begun = cell.age_seconds
    for stop in _stops(cell, seconds):
        _age(cell, network, begun, stop, celsius, on_share, rows)
    columns = np.array(rows).T
    return Span(columns[0], columns[1], columns[2], columns[3], celsius, on_share)


def lie(cell: Cell | None, seconds: float, celsius: float) -> None:
    """Let time pass for a cell on the bench, out of its holder: it discharges itself and dries.

    >>> from korgm1.physics.cell_cr2032 import Cr2032
    >>> cell = Cr2032(); lie(cell, 31_557_600.0, 23.0)
    >>> round(cell.depth, 4), cell.drawn_mah
    (0.01, 0.0)
    """
    leave(cell, BackupNetwork(contact_ohms=inf), seconds, celsius)


def _stops(cell: CoinCell, seconds: float) -> list[float]:
    """The end, and before it the moment at which the cell's contact turns bad."""
    jump = cell.jump_seconds - cell.age_seconds
    return [jump, seconds] if 0 < jump < seconds else [seconds]


def _age(
    cell: CoinCell, network: BackupNetwork, begun: float, stop: float, celsius: float, on_share: float,
    rows: list[tuple[float, float, float, float]],
) -> None:
    """From where the cell is to `stop` seconds after `begun`, with a row for each step."""
    places = np.linspace(0.0, EMPTY, _TABLE)
    open_volts = np.maximum(0.0, cell.curve_volts(places, celsius))
    ohms = cell.curve_ohms(places, celsius)
    off_amps, supply = network.solve(open_volts, ohms, celsius)
    held = np.maximum(0.0, open_volts - off_amps * ohms)
    on_amps = max(0.0, network.cell_amps(cell, celsius, on=True))
    amps = _lookup((1 - on_share) * off_amps + np.where(open_volts > 0, on_share * on_amps, 0.0))

    usable, capacity = cell.usable_mah(celsius), cell.capacity_mah
    inside_rate, dry_rate = cell.self_mah_per_second(celsius), cell.dry_per_second(celsius)
    drawn0, inside0, dry0 = cell.drawn_mah, cell.self_discharged_mah, cell.dry
    start, length = cell.age_seconds - begun, stop - (cell.age_seconds - begun)

    def position(drawn: float, time: float) -> float:
        inside = inside0 + inside_rate * time
        return (drawn + inside) / usable + drying(dry0 + dry_rate * time)

    def rate(drawn: float, time: float) -> float:
        return amps(position(drawn, time)) / 3.6

    drawn, time, alive = drawn0, 0.0, 0.0
    points = [(0.0, position(drawn, 0.0), drawn)]
    while time < length and points[-1][1] < EMPTY:
        here = points[-1][1]
        now = rate(drawn, time)
        step = min(length - time, length / _PIECES)
        if now + inside_rate > 0:
            step = min(step, STEP * usable / (now + inside_rate))
        if dry_rate > 0 and dry0 + dry_rate * time < 1:
            step = min(step, SEAL_STEP / dry_rate)
        while position(drawn + now * step, time + step) - here > 2 * STEP:
            step /= 2
        half = time + step / 2
        b = rate(drawn + now * step / 2, half)
        c = rate(drawn + b * step / 2, half)
        d = rate(drawn + c * step, time + step)
        drawn += (now + 2 * b + 2 * c + d) / 6 * step
        time = length if step >= length - time else time + step
        points.append((time, position(drawn, time), drawn))
    alive = time
    if time < length:
        points.append((length, EMPTY, drawn))
    inside = inside_rate * alive
    cell.spend(drawn - drawn0, inside, length, dry_rate * length)

    table = np.array(points)
    at = np.minimum(table[:, 1], EMPTY)
    gone = (table[:, 2] + inside0 + inside_rate * np.minimum(table[:, 0], alive)) / capacity
    rows += zip(
        (start + table[:, 0]).tolist(), np.interp(at, places, held).tolist(), np.interp(at, places, supply).tolist(),
        gone.tolist(), strict=True,
    )


def _lookup(values: Floats) -> Callable[[float], float]:
    """The values over the positions 0..1.14, straight lines between them."""
    row, last = values.tolist(), _TABLE - 1
    scale = last / EMPTY

    def at(position: float) -> float:
        place = position * scale
        if place >= last:
            return 0.0
        index = int(place)
        low = row[index]
        return float(low + (row[index + 1] - low) * (place - index))

    return at

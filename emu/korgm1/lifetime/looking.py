"""What is seen of a session between and behind events: its supply, what a stretch of time passed, how the RAM woke."""

from __future__ import annotations

from collections.abc import Sequence
from math import isinf

import numpy as np
import numpy.typing as npt

from korgm1.lifetime.memory import first_loss
from korgm1.lifetime.names import hit
from korgm1.lifetime.report import Mark, Stray, Supply, Woken
from korgm1.physics.ageing import Span
from korgm1.physics.backup_network import BackupNetwork
from korgm1.physics.cell_cr2032 import Cr2032
from korgm1.physics.sram_retention import GUARANTEED_VOLTS
from korgm1.physics.supply_history import SupplyHistory
from korgm1.session import Session
from korgm1.session.supply import StrayWrite

METER_OHMS = 10e6
WARNING_CODE = 0x80
"""OpenM1 calls a cell low below this code of the ADC. Korg's limit is not known; MAME's driver feeds 80h."""


def supply(session: Session) -> Supply:
    """The cell and the RAMs' supply now."""
    battery, celsius = session.battery, session.battery.celsius
    cell, adc_code = battery.cell, session.machine.battery_code()
    if cell is None:
        return Supply("none", 0.0, 0.0, battery.ram_volts, adc_code)
    volts = cell.open_volts(celsius)
    amps = battery.network.cell_amps(cell, celsius, session.powered)
    measured = cell.volts(amps + volts / METER_OHMS, celsius)
    if not isinstance(cell, Cr2032):
        return Supply("supply", volts, measured, battery.ram_volts, adc_code)
    return Supply(
        "CR2032", volts, measured, battery.ram_volts, adc_code, cell.capacity_mah, cell.drawn_mah,
        cell.self_discharged_mah, cell.dry,
    )


def cells_lost(session: Session, history: SupplyHistory) -> int:
    """The cells a history costs these chips, of 524,288."""
    return session.machine.sram.cells_lost(history, session.seed)


def passed(session: Session, before: Supply | None, span: Span, history: SupplyHistory) -> tuple[Mark, ...]:
    """What a stretch of time with the power off passed, in its order.

    Args:
        session: behind the stretch.
        before: the supply when it began; None: the holder was empty.
        span: its course.
        history: the supply's, from before it.
    """
    warned = _warned_at(session, before, span) if before is not None else None
    low = span.crossing(GUARANTEED_VOLTS) if span.supply_volts[0] >= GUARANTEED_VOLTS else None
    lost = None
    if not cells_lost(session, history):
        lost = first_loss(lambda history: cells_lost(session, history), history, span)
    found = ((warned, "warning"), (low, "not guaranteed"), (lost, "first loss"))
    marks = [Mark(seconds, what) for seconds, what in found if seconds is not None]
    return tuple(sorted(marks, key=lambda mark: mark.seconds))


def _warned_at(session: Session, before: Supply, span: Span) -> float | None:
    """Where the cell falls so low that the converter gives less than the warning code."""
    if before.adc_code < WARNING_CODE or session.machine.battery_code() >= WARNING_CODE:
        return None
    lost = span.cell_volts[-1] - session.battery.sense_microvolts() / 1e6
    least = -(-(2 * WARNING_CODE - 1) * session.machine.adc.reference // 512) / 1e6
    return span.crossing(least + lost, "cell")


def sense_mah(network: BackupNetwork, span: Span, drawn_mah: float) -> float:
    """Of the charge the cell gave in a stretch, what did not go to the RAMs' supply: into the ADC's input."""
    volts, seconds, siemens = span.supply_volts, span.seconds, network.capacitance / network.fall_tau(span.celsius)
    volt_seconds = float(((volts[1:] + volts[:-1]) / 2 * np.diff(seconds)).sum()) * (1 - span.on_share)
    return max(0.0, drawn_mah - siemens * volt_seconds / 3.6)


def woken(session: Session, kept: bytes) -> Woken | None:
    """What the RAM is like right after power-on, beside what it was before; None before the first power-on."""
    wake, now = session.wake, session.sram
    if wake is None:
        return None
    kept = now if wake.blank else kept
    before, after = np.frombuffer(kept, np.uint8), np.frombuffer(now, np.uint8)
    flipped = before ^ after
    layout, regions, records = hit(kept, now)
    return Woken(
        lowest_volts=None if isinf(wake.lowest_volts) else wake.lowest_volts,
        cells_lost=wake.lost,
        bits_flipped=int(np.unpackbits(flipped).sum()),
        to_one=int(np.unpackbits(flipped & after).sum()),
        bytes_changed=int(np.count_nonzero(flipped)),
        ranges=_runs(flipped != 0),
        regions=regions,
        records=records,
        layout=layout,
    )


def stray(session: Session, writes: Sequence[StrayWrite]) -> Stray | None:
    """What stray writes came to, by name; None where there were none. They were the session's latest."""
    if not writes:
        return None
    now = session.sram
    before = bytearray(now)
    for write in reversed(writes):
        before[write.address] = write.before
    after = bytearray(before)
    for write in writes:
        after[write.address] = write.after
    layout, regions, records = hit(bytes(before), bytes(after))
    return Stray(tuple(writes), regions, records, layout)


def _runs(changed: npt.NDArray[np.bool_]) -> tuple[tuple[int, int], ...]:
    """First and last index of each run of true values."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], changed.astype(np.int8), [0]])))
    return tuple((int(first), int(last) - 1) for first, last in edges.reshape(-1, 2))

"""What came of a life: a step for each event, and the whole as one object with a unit in every key."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from korgm1.lifetime.events import Event
from korgm1.lifetime.names import Hit
from korgm1.physics.ageing import Span
from korgm1.quantities import YEAR
from korgm1.result import BootResult
from korgm1.session.supply import StrayWrite


@dataclass(frozen=True)
class Supply:
    """The cell, and what comes of it, at one moment.

    Attributes:
        cell: "CR2032", "supply" (a bench supply that never ages) or "none".
        open_volts: without load. meter_volts: in its holder, with a meter of 10 Mohm across it.
        ram_volts: at VCC of the RAMs with the power off.
        adc_code: what a conversion of the battery's channel would give at power-on.
        capacity_mah: of this very cell, 0 for no CR2032.
        drawn_mah: what it has given so far. self_mah: what went inside it. dry: the share of its seal's life gone.
    """

    cell: str
    open_volts: float
    meter_volts: float
    ram_volts: float
    adc_code: int
    capacity_mah: float = 0.0
    drawn_mah: float = 0.0
    self_mah: float = 0.0
    dry: float = 0.0

    @property
    def used(self) -> float:
        """The share of the capacity that is gone."""
        return (self.drawn_mah + self.self_mah) / self.capacity_mah if self.capacity_mah else 0.0


@dataclass(frozen=True)
class Mark:
    """Something that was passed on the way: seconds since the step began, and what."""

    seconds: float
    what: str


@dataclass(frozen=True)
class Woken:
    """What the RAM was like when +5 V came back, before the CPU ran.

    Attributes:
        lowest_volts: the lowest supply it had; None: it stayed above 2.0 V all the time.
        cells_lost: of 524,288. bits_flipped: those of them that read differently now. to_one: of these, the ones.
        bytes_changed: their number. ranges: (first, last) address of each run of them.
        regions, records: what was hit, by name; empty if the image's layout is not known. layout: its name, or "".
    """

    lowest_volts: float | None
    cells_lost: int
    bits_flipped: int
    to_one: int
    bytes_changed: int
    ranges: tuple[tuple[int, int], ...]
    regions: tuple[Hit, ...] = ()
    records: tuple[Hit, ...] = ()
    layout: str = ""


@dataclass(frozen=True)
class Stray:
    """What a CPU without a reset IC wrote while +5 V fell.

    Attributes:
        writes: one by one. regions, records: what they changed, by name; empty if the image's layout is not known.
        layout: its name, or "".
    """

    writes: tuple[StrayWrite, ...]
    regions: tuple[Hit, ...] = ()
    records: tuple[Hit, ...] = ()
    layout: str = ""

    def to_dict(self) -> dict[str, Any]:
        """The object as it stands in a report file."""
        return {
            "bytes_written": len(self.writes),
            "bytes_changed": sum(write.before != write.after for write in self.writes),
            "writes": [
                {"clock": row.clock, "address": f"{row.address:04X}", "before": row.before, "after": row.after}
                for row in self.writes
            ],
            "layout": self.layout,
            "regions_hit": [_hit(row) for row in self.regions],
            "records_hit": [_hit(row) for row in self.records],
        }


@dataclass(frozen=True)
class Step:
    """What one event did.

    Attributes:
        begins: seconds since the first event. seconds: how long it took.
        before, after: the supply.
        celsius, share: of the time it took.
        span: cell and supply over that time; None where no time passed with the power off.
        marks: what was passed on the way.
        lost: cells that have lost their content since +5 V went, at the end. lost_course: (seconds, cells) on the way.
        sense_mah: of what the cell gave, what went into the ADC's input.
        dip: "nothing", "reset", "power cycle" or "freeze".
        woken, boot: at power-on; of a dip, `boot` has the LCD rows since it began.
        stray: what the CPU wrote when +5 V fell without a reset; None: nothing.
    """

    event: Event
    begins: float
    seconds: float
    celsius: float
    before: Supply
    after: Supply
    share: float = 0.0
    span: Span | None = None
    marks: tuple[Mark, ...] = ()
    lost: int = 0
    lost_course: tuple[tuple[float, int], ...] = ()
    sense_mah: float = 0.0
    dip: str | None = None
    woken: Woken | None = None
    boot: BootResult | None = None
    stray: Stray | None = None

    def to_dict(self) -> dict[str, Any]:
        """The step as it stands in a report file."""
        block: dict[str, Any] = {
            "event": self.event.word,
            "begins_seconds": self.begins,
            "lasts_seconds": self.seconds,
            "lasts_years": self.seconds / YEAR,
            "celsius": self.celsius,
            "share_with_power": self.share,
            "before": _supply(self.before),
            "after": _supply(self.after),
            "sense_path_mah": self.sense_mah,
            "passed": [{"after_seconds": mark.seconds, "what": mark.what} for mark in self.marks],
            "cells_lost_so_far": self.lost,
        }
        if self.span is not None:
            block["course"] = {
                "seconds": _numbers(self.span.seconds),
                "cell_volts": _numbers(self.span.cell_volts),
                "ram_volts": _numbers(self.span.supply_volts),
                "depth_of_discharge": _numbers(self.span.depth),
            }
            block["cells_lost_course"] = [{"seconds": at, "cells": lost} for at, lost in self.lost_course]
        if self.dip is not None:
            block["dip"] = self.dip
        if self.stray is not None:
            block["stray_writes"] = self.stray.to_dict()
        if self.woken is not None:
            block["power_on"] = {
                "lowest_ram_volts": self.woken.lowest_volts,
                "cells_lost": self.woken.cells_lost,
                "bits_flipped": self.woken.bits_flipped,
                "bits_flipped_to_one": self.woken.to_one,
                "bytes_changed": self.woken.bytes_changed,
                "address_ranges": [f"{first:04X}-{last:04X}" for first, last in self.woken.ranges],
                "layout": self.woken.layout,
                "regions_hit": [_hit(row) for row in self.woken.regions],
                "records_hit": [_hit(row) for row in self.woken.records],
            }
        if self.boot is not None:
            block["boot"] = self.boot.to_dict()
        return block


@dataclass(frozen=True)
class Report:
    """A life.

    Attributes:
        model, firmware, seed, faults, hypotheses: what the instrument was.
        steps: one for each event.
        sram_sha1_before, sram_sha1_after: of the RAM's content.
        notes: what a reader should know.
        last: what was written when it was switched off behind the last event without a reset.
    """

    model: str
    firmware: dict[str, str]
    seed: int
    faults: tuple[str, ...]
    hypotheses: dict[str, Any]
    steps: tuple[Step, ...]
    sram_sha1_before: str
    sram_sha1_after: str
    notes: tuple[str, ...] = field(default=())
    last: Stray | None = None

    @property
    def seconds(self) -> float:
        """How long all of it took."""
        return sum(step.seconds for step in self.steps)

    def to_dict(self) -> dict[str, Any]:
        """The object `korgm1 age --report` writes.

        >>> from korgm1.lifetime import live, parse_events
        >>> from korgm1.session import Session
        >>> life = live(Session(battery="CR2032"), parse_events("off=1y look")).to_dict()
        >>> life["steps"][0]["event"], life["lasts_years"]
        ('off=1y', 1.0)
        """
        return {
            "model": self.model,
            "firmware": self.firmware,
            "seed": self.seed,
            "faults": list(self.faults),
            "hypotheses": self.hypotheses,
            "lasts_seconds": self.seconds,
            "lasts_years": self.seconds / YEAR,
            "notes": list(self.notes),
            "sram_sha1_before": self.sram_sha1_before,
            "sram_sha1_after": self.sram_sha1_after,
            "steps": [step.to_dict() for step in self.steps],
            **({"stray_writes_at_the_end": self.last.to_dict()} if self.last is not None else {}),
        }


def _hit(row: Hit) -> dict[str, Any]:
    return {"name": row.name, "address": row.address, "bytes": row.bytes, "bits": row.bits}


def _supply(supply: Supply) -> dict[str, Any]:
    return {
        "cell": supply.cell,
        "cell_open_volts": supply.open_volts,
        "cell_meter_volts": supply.meter_volts,
        "ram_volts": supply.ram_volts,
        "adc_code": supply.adc_code,
        "capacity_mah": supply.capacity_mah,
        "drawn_mah": supply.drawn_mah,
        "self_discharged_mah": supply.self_mah,
        "used_share": supply.used,
        "seal_life_gone_share": supply.dry,
    }


def _numbers(values: Any) -> list[float]:
    return [float(f"{value:.6g}") for value in values]

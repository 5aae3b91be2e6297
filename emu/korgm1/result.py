"""What a run came to: the LCD timeline, and everything `korgm1 boot` prints."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from korgm1.clock import CPU_HZ

SETTLE = CPU_HZ // 100
"""A redraw is over when nothing changed for 10 ms; the timeline has the finished picture."""
KEPT = 100_000
"""Pictures a timeline keeps; of a run that makes more, the latest."""


@dataclass(frozen=True)
class LcdChange:
    """A row of the LCD timeline: `clock` of the last change of that picture, and its two 40-character lines."""

    clock: int
    lcd: tuple[str, str]

    @property
    def seconds(self) -> float:
        """The clock in seconds since power-on."""
        return self.clock / CPU_HZ


class Timeline:
    """The finished LCD pictures of a run.

    Attributes:
        pictures: the rows, oldest first.
        changed_at: clock of the last change of the display, finished or not.

    >>> timeline = Timeline(("bar", ""))
    >>> timeline.change(100_000, ("a", "")); timeline.change(100_500, ("ab", "")); timeline.settle(200_000)
    >>> [(row.clock, row.lcd[0]) for row in timeline.pictures]
    [(0, 'bar'), (100500, 'ab')]
    """

    def __init__(self, picture: tuple[str, str] | None = None) -> None:
        self.pictures: list[LcdChange] = []
        self.changed_at = 0
        self._picture = picture

    def change(self, now: int, picture: tuple[str, str]) -> None:
        """The display shows another picture since `now`."""
        self.settle(now)
        self._picture = picture
        self.changed_at = now

    def settle(self, now: int) -> None:
        """It is `now`: a picture that has stood long enough is finished."""
        if self._picture is not None and now - self.changed_at >= SETTLE:
            if not self.pictures or self.pictures[-1].lcd != self._picture:
                self.pictures.append(LcdChange(self.changed_at, self._picture))
                del self.pictures[:-KEPT]
            self._picture = None

    def snapshot(self, last: int = KEPT) -> dict[str, Any]:
        """The rows, or the `last` of them, and the picture that is not finished."""
        rows = [[row.clock, *row.lcd] for row in self.pictures[-last:]]
        return {"changed_at": self.changed_at, "picture": self._picture, "rows": rows}

    @classmethod
    def restored(cls, block: dict[str, Any]) -> Timeline:
        """The timeline of a snapshot.

        Raises:
            LookupError, TypeError, ValueError: it is none of a timeline.
        """
        timeline = cls(None if block["picture"] is None else _lines(block["picture"]))
        timeline.changed_at = int(block["changed_at"])
        timeline.pictures = [LcdChange(int(row[0]), _lines(row[1:])) for row in block["rows"]]
        return timeline


def _lines(pair: Sequence[Any]) -> tuple[str, str]:
    first, second = pair
    return str(first), str(second)


@dataclass(frozen=True)
class BootResult:
    """What a boot came to.

    Attributes:
        battery: "volts" of the cell, "adc_code" the board reads for it, "kind" ("CR2032" or "supply"; None: no cell),
            "ram_volts" it gives the RAM with the power off, "celsius".
        ended: "play page", "still" (nothing moved for ten seconds), "time", "stopped" or "frozen".
        frozen: why the CPU stands still for good although it could run, or None.
        wake: what power-on found in the RAM, see `korgm1.board.sram.Wake.to_dict`.
        faults: what is broken.
        stopped: why the CPU stopped for good, or None.
        cpu: "at" (PS:PC), "halted", "interrupts" (enabled), "instructions", at the end.
        timeline: every finished LCD picture.
        midi_out: the bytes the instrument sent.
        hypotheses: those that were not at their defaults.
    """

    model: str
    firmware: dict[str, str]
    engine: str
    battery: dict[str, Any]
    timeline: tuple[LcdChange, ...]
    lcd: tuple[str, str]
    leds: dict[str, bool]
    sram_sha1: str
    clocks: int
    ended: str
    stopped: str | None
    cpu: dict[str, Any]
    midi_out: bytes
    hypotheses: dict[str, Any] = field(default_factory=dict)
    warnings: tuple[str, ...] = field(default=())
    frozen: str | None = None
    wake: dict[str, Any] | None = None
    faults: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """The object `korgm1 boot --json` prints."""
        return {
            "model": self.model,
            "firmware": self.firmware,
            "engine": self.engine,
            "battery": self.battery,
            "timeline": [{"clock": c.clock, "seconds": c.seconds, "lcd": list(c.lcd)} for c in self.timeline],
            "lcd": list(self.lcd),
            "leds": self.leds,
            "sram_sha1": self.sram_sha1,
            "clocks": self.clocks,
            "ended": self.ended,
            "stopped": self.stopped,
            "cpu": self.cpu,
            "midi_out": self.midi_out.hex(),
            "hypotheses": self.hypotheses,
            "warnings": list(self.warnings),
            "frozen": self.frozen,
            "wake": self.wake,
            "faults": list(self.faults),
        }

"""Port writes as rows: one for each byte, with what it is called and, when a register is whole, what it says."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from korgm1.clock import CPU_HZ
from korgm1.sound import registers
from korgm1.tapping.places import Place, places

Writes = npt.NDArray[Any]
"""Structured: clock u8, port u2, value u1, in order of the clock; as `Session.sound_writes` gives them."""
MEANINGS = 1 << 16
"""Texts that are remembered."""
WRITE = np.dtype([("clock", "<u8"), ("port", "<u2"), ("value", "u1")])


class Row(NamedTuple):
    """A byte that was written; docs/tapping.md has the columns."""

    clock: int
    seconds: float
    port: int
    value: int
    chip: str
    voice: int | None
    register: str
    part: int
    whole: int | None
    meaning: str


@dataclass(frozen=True)
class Wanted:
    """Which writes are wanted.

    Attributes:
        chips: their names; empty for all.
        voice: of this voice only, or None.
        start, end: from this clock on, and before this one.
    """

    chips: Collection[str] = ()
    voice: int | None = None
    start: int = 0
    end: int = 1 << 63

    def covers(self, place: Place) -> bool:
        """Whether the writes of a port are wanted at all."""
        return (not self.chips or place.chip in self.chips) and (self.voice is None or place.voice == self.voice)


@dataclass
class Reader:
    """Makes rows of writes that come in one piece after the other.

    Args:
        decoded: names and meanings of our stand-in protocol; otherwise offsets, and no meaning.
        wanted: see `Wanted`.
        split: see `places`.

    >>> writes = np.array([(800, 0x1022, 0xFF), (800, 0x1023, 0x7F)], WRITE)
    >>> [(row.register, row.part, row.whole) for row in Reader(True).rows(writes)]
    [('LEVEL', 0, None), ('LEVEL', 1, 32767)]
    """

    decoded: bool
    wanted: Wanted = field(default_factory=Wanted)
    split: str | None = None

    def __post_init__(self) -> None:
        everything = places(self.decoded, self.split)
        self._places = {port: place for port, place in everything.items() if self.wanted.covers(place)}
        self._bytes: dict[int, int] = {}
        self._meanings: dict[tuple[str, str, int], str] = {}
        self._index = 0

    def rows(self, writes: Writes) -> Iterator[Row]:
        """The rows of the next writes. A register's bytes are remembered from all writes before, wanted or not."""
        known, start, end = self._places, self.wanted.start, self.wanted.end
        for clock, port, value in writes.tolist():
            place = known.get(port)
            if place is None:
                continue
            whole, meaning = None, ""
            if self.decoded:
                self._bytes[port] = value
                if place.part == place.width - 1:
                    whole = self._whole(port, place)
                    meaning = self._meaning(place, whole)
            if start <= clock < end:
                yield Row(
                    clock, clock / CPU_HZ, port, value, place.chip, place.voice, place.register, place.part, whole,
                    meaning,
                )

    def _whole(self, port: int, place: Place) -> int:
        first = port - place.part
        return sum(self._bytes.get(first + part, 0) << 8 * part for part in range(place.width))

    def _meaning(self, place: Place, whole: int) -> str:
        if place.chip == "MDE":
            return self._effect(place.register, whole)
        key = place.chip, place.register, whole
        if key not in self._meanings:
            if len(self._meanings) > MEANINGS:
                self._meanings.clear()
            self._meanings[key] = registers.meaning(place.register, whole, place.chip)
        return self._meanings[key]

    def _effect(self, name: str, value: int) -> str:
        """What a write to the MDE says: of DATA, which place of the effect block INDEX has come to."""
        if name == "INDEX":
            self._index = value
        if name != "DATA":
            return registers.meaning(name, value, "MDE")
        place, self._index = self._index, min(self._index + 1, 25)
        return f"{registers.meaning('INDEX', place, 'MDE')}: {value}"


@dataclass
class Tally:
    """How often a register was written.

    Attributes:
        count: bytes.
        voices: of which voices.
        first, last: clocks.
    """

    count: int = 0
    voices: set[int] = field(default_factory=set)
    first: int = 0
    last: int = 0


class Summary:
    """What was written, counted by chip and register.

    >>> summary = Summary()
    >>> rows = Reader(False).rows(np.array([(5, 0x1022, 1), (9, 0x1002, 1)], WRITE))
    >>> len(list(summary.of(rows))), summary.tallies["TG", "+02"].count
    (2, 2)
    """

    def __init__(self) -> None:
        self.tallies: dict[tuple[str, str], Tally] = {}

    def of(self, rows: Iterable[Row]) -> Iterator[Row]:
        """The same rows, counted as they go by."""
        for row in rows:
            key = row.chip, row.register
            tally = self.tallies.get(key)
            if tally is None:
                tally = self.tallies[key] = Tally(first=row.clock)
            tally.count += 1
            tally.last = row.clock
            if row.voice is not None:
                tally.voices.add(row.voice)
            yield row

    @property
    def count(self) -> int:
        """All bytes."""
        return sum(tally.count for tally in self.tallies.values())

    def to_dict(self, clocks: int) -> dict[str, Any]:
        """Plain values; rates are bytes a second of so many clocks."""
        return {
            "writes": self.count,
            "clocks": clocks,
            "writes_per_second": _rate(self.count, clocks),
            "registers": [
                {
                    "chip": chip, "register": register, "writes": tally.count,
                    "writes_per_second": _rate(tally.count, clocks), "voices": sorted(tally.voices),
                    "first_clock": tally.first, "last_clock": tally.last,
                }
                for (chip, register), tally in sorted(self.tallies.items())
            ],
        }


def _rate(count: int, clocks: int) -> float:
    return round(count * CPU_HZ / clocks, 3) if clocks else 0.0

"""Where what lies in an SRAM image: regions without gaps, and the records they are made of."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from korgm1.sram_layout.parameter import Value
from korgm1.sram_layout.parameters import Table, table

SIZE = 0x10000
TITLES = {
    "program": "I{n:02d}", "combination": "Combi I{n:02d}", "song": "Song {n}", "pattern": "Pattern {n:02d}",
    "drum_kit": "Drum kit {n1}", "global": "Global", "header": "Header", "settings": "Settings", "step": "Step {n}",
    "offset": "Offset {n}", "freeze": "Freeze note",
}
"""How a record of each table is called; n counts from 0, n1 from 1."""


@dataclass(frozen=True)
class Region:
    """A run of addresses of one kind.

    Attributes:
        name: what it holds, "programs".
        start, end: first address, and the one after the last.
        table: the table of its records, "" when it has none.
        kept: what it holds is data the owner made, or what guards it; the rest is the firmware's workplace.
    """

    name: str
    start: int
    end: int
    table: str = ""
    kept: bool = False

    @property
    def count(self) -> int:
        """Its records."""
        return (self.end - self.start) // table(self.table).size if self.table else 0

    def __str__(self) -> str:
        return f"{self.name} {self.start:04X}-{self.end - 1:04X}"


@dataclass(frozen=True)
class Record:
    """One program, combination, song, ... of an image.

    Attributes:
        kind: the name of its table.
        number: counted from 0.
        start: its first address.
        data: its bytes.
    """

    kind: str
    number: int
    start: int
    data: bytes

    @property
    def table(self) -> Table:
        """What its bytes mean."""
        return table(self.kind)

    @property
    def name(self) -> str:
        """Its name as the LCD shows it; "" for what has none."""
        return "" if self.kind == "header" else self.table.label(self.data)

    @property
    def title(self) -> str:
        """Which one it is: "I42", "Combi I07", "Song 3"."""
        return TITLES[self.kind].format(n=self.number, n1=self.number + 1)

    @property
    def label(self) -> str:
        """Which one it is, with its name."""
        return f"{self.title} {self.name}".rstrip()

    @property
    def values(self) -> dict[str, Value]:
        """Every parameter's value by name."""
        return self.table.values(self.data)

    @property
    def outside(self) -> dict[str, Value]:
        """The values no panel could have set; empty in a sound record."""
        return self.table.outside(self.data)

    def to_dict(self) -> dict[str, Any]:
        """Plain values: what `korgm1 sram show --json` prints of a record."""
        return {
            "kind": self.kind, "number": self.number, "address": self.start, "name": self.name, "values": self.values,
            "impossible": self.outside,
        }


@dataclass(frozen=True)
class Layout:
    """What an image is taken to hold.

    Attributes:
        name: "OpenM1", or "unknown".
        how: how that was recognised, for a person.
        image: the 65,536 bytes.
        regions: without gaps, by address.
        problems: why the firmware will not take it for valid; empty when it will, or when nobody knows.
        checked: whether `problems` means anything.
        facts: what else is known, for a person: name -> text.
        offsets: where the tracks of songs and the patterns begin among the steps, in bytes.
    """

    name: str
    how: str
    image: bytes
    regions: tuple[Region, ...]
    problems: tuple[str, ...] = ()
    checked: bool = False
    facts: Mapping[str, str] = field(default_factory=dict)
    offsets: Sequence[int] = ()

    @property
    def valid(self) -> bool:
        """Whether the firmware will take the image as it is."""
        return self.checked and not self.problems

    @cached_property
    def _starts(self) -> list[int]:
        return [region.start for region in self.regions]

    @cached_property
    def _ordered(self) -> bool:
        return list(self.offsets) == sorted(self.offsets)

    def region_at(self, address: int) -> Region:
        """The region of an address, 0-FFFF."""
        return self.regions[bisect_right(self._starts, address) - 1]

    def record_at(self, address: int, image: bytes | None = None) -> Record | None:
        """The record an address lies in, or None.

        Args:
            address: 0-FFFF.
            image: take its bytes from this image instead.
        """
        region = self.region_at(address)
        if not region.table:
            return None
        size = table(region.table).size
        number = (address - region.start) // size
        start = region.start + number * size
        return Record(region.table, number, start, (image or self.image)[start : start + size])

    def records(self, kind: str) -> Iterator[Record]:
        """Every record of a kind ("program", "combination", "song", ...), in order."""
        for region in self.regions:
            if region.table == kind:
                for number in range(region.count):
                    record = self.record_at(region.start + number * table(kind).size)
                    assert record is not None
                    yield record

    def owner(self, step: int) -> str:
        """What a sequencer step belongs to: "Song 0 track 3", "Pattern 12", or "" when the offsets do not say.

        Args:
            step: its number.
        """
        if not self._ordered:
            return ""
        index = bisect_right(self.offsets, 4 * step) - 1
        return _part(index) if 0 <= index < len(self.offsets) - 1 else ""

    def label(self, record: Record) -> str:
        """The record's label; of steps and offsets with what they belong to."""
        if record.kind == "step":
            owner = self.owner(record.number)
            return f"{record.title} ({owner})" if owner else record.title
        return f"Offset of {_part(record.number)}" if record.kind == "offset" else record.label

    def used(self, region: Region) -> bool:
        """Whether anything in the region is not zero."""
        return any(self.image[region.start : region.end])


def _part(index: int) -> str:
    """What the offset of this number belongs to: 10 songs x 8 tracks, 100 patterns, the end."""
    if index == 180:
        return "the end"
    return f"Song {index // 8} track {index % 8 + 1}" if index < 80 else f"Pattern {index - 80:02d}"

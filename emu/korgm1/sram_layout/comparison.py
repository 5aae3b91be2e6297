"""What differs between two SRAM images: bits, bytes, records, parameters."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from korgm1.sram_layout.layout import SIZE, Layout, Record
from korgm1.sram_layout.parameter import Parameter
from korgm1.sram_layout.parameters import table

_COUNT = np.array([byte.bit_count() for byte in range(256)])


@dataclass(frozen=True)
class Change:
    """A parameter, or a byte that belongs to none, that has another value.

    Attributes:
        address: of its first differing byte.
        region: the region's name.
        record: the record's label with the name it has in the first image, "" outside records.
        parameter: its name; "" for a plain byte.
        before, after: the values in words; bytes in hex where the words are the same, as of a blank that is 00.
        to_one, to_zero: bits that turned 0->1 and 1->0, over all bytes of the parameter.
        bits: which, "bit 5" or "3 bits".
        possible: whether the panel could have set the new value.
    """

    address: int
    region: str
    record: str
    parameter: str
    before: str
    after: str
    to_one: int
    to_zero: int
    bits: str
    possible: bool = True

    def __str__(self) -> str:
        what = f"{self.record}: {self.parameter}" if self.parameter else f"{self.region} {self.address:04X}:"
        return f"{what} {self.before} -> {self.after} ({self.bits}{'' if self.possible else ', impossible'})"


@dataclass(frozen=True)
class Share:
    """What a region or a record suffered: bytes that differ, bits 0->1, bits 1->0."""

    name: str
    address: int
    bytes: int
    to_one: int
    to_zero: int

    @property
    def bits(self) -> int:
        """All of them."""
        return self.to_one + self.to_zero


@dataclass(frozen=True)
class Comparison:
    """What differs between the image of a layout and another one. Changes are looked up when they are asked for.

    Attributes:
        layout: the one both images are read with; it holds the first image.
        after: the second image.
        total: bytes and bits over all.
        regions: those with differences, by address.
        records: those with differences, by address; named as in the first image.
    """

    layout: Layout
    after: bytes
    total: Share
    regions: tuple[Share, ...]
    records: tuple[Share, ...]

    @cached_property
    def changes(self) -> tuple[Change, ...]:
        """Every parameter and every plain byte that differs, by address; work areas too."""
        return tuple(_changes(self.layout, self.after))

    def __bool__(self) -> bool:
        return self.total.bytes > 0

    def to_dict(self) -> dict[str, Any]:
        """Plain values: what `korgm1 sram diff --json` prints."""
        def row(share: Share) -> dict[str, Any]:
            return {"name": share.name, "address": share.address, "bytes": share.bytes, "to_one": share.to_one,
                    "to_zero": share.to_zero}

        return {
            "layout": self.layout.name, "recognised": self.layout.how, "bytes": self.total.bytes,
            "to_one": self.total.to_one, "to_zero": self.total.to_zero,
            "regions": [row(share) for share in self.regions], "records": [row(share) for share in self.records],
            "changes": [vars(change) for change in self.changes],
        }


def compare(before: Layout, after: bytes) -> Comparison:
    """What differs between the image of a layout and another one.

    Args:
        before: the first image, as it is laid out.
        after: 65,536 bytes, read with the same layout.
    """
    old, new = np.frombuffer(before.image, np.uint8), np.frombuffer(after, np.uint8)
    counts = np.stack([old != new, _COUNT[new & ~old], _COUNT[old & ~new]], axis=1).astype(np.int64)
    regions, records = [], []
    for region in before.regions:
        part = counts[region.start : region.end]
        if not part.any():
            continue
        regions.append(_share(region.name, region.start, part.sum(0)))
        if region.table:
            size = table(region.table).size
            rows = part[: region.count * size].reshape(region.count, size, 3).sum(1)
            for number in np.flatnonzero(rows[:, 0]).tolist():
                start = region.start + number * size
                record = before.record_at(start)
                assert record is not None
                records.append(_share(before.label(record), start, rows[number]))
    return Comparison(before, after, _share("all", 0, counts.sum(0)), tuple(regions), tuple(records))


def _share(name: str, address: int, counts: npt.NDArray[np.int64]) -> Share:
    return Share(name, address, *counts.tolist())


def _changes(before: Layout, after: bytes) -> Iterator[Change]:
    done = 0
    for address in range(SIZE):
        if address < done or before.image[address] == after[address]:
            continue
        region = before.region_at(address)
        record = before.record_at(address)
        if record is None:
            yield _byte(address, region.name, before.image[address], after[address])
        else:
            done = record.start + len(record.data)
            yield from _parameters(before, record, after, region.name)


def _parameters(layout: Layout, record: Record, after: bytes, region: str) -> Iterator[Change]:
    """The parameters of a record that differ, both values read as the first image means the bytes."""
    old, new = record.data, after[record.start : record.start + len(record.data)]
    label = layout.label(record)
    for row in record.table.present(old):
        places = list(row.places())
        ones = sum((new[byte] & ~old[byte] & mask).bit_count() for byte, mask in places)
        zeros = sum((old[byte] & ~new[byte] & mask).bit_count() for byte, mask in places)
        if ones + zeros:
            first = next(byte for byte, mask in places if (old[byte] ^ new[byte]) & mask)
            before, now = row.in_words(row.value(old)), row.in_words(row.value(new))
            if before == now:
                before, now = (data[row.byte : row.byte + (row.text or row.width)].hex(" ") for data in (old, new))
            yield Change(
                record.start + first, region, label, row.name, before, now, ones, zeros, _bits(row, old, new),
                row.possible(new),
            )


def _bits(row: Parameter, old: bytes, new: bytes) -> str:
    turned = [
        (byte - row.byte, bit) for byte, mask in row.places() for bit in range(8)
        if (old[byte] ^ new[byte]) & mask & 1 << bit
    ]
    if len(turned) > 1:
        return f"{len(turned)} bits"
    byte, bit = turned[0]
    return f"character {byte + 1} bit {bit}" if row.text else f"bit {bit + 8 * byte}"


def _byte(address: int, region: str, old: int, new: int) -> Change:
    turned = [bit for bit in range(8) if (old ^ new) >> bit & 1]
    bits = f"bit {turned[0]}" if len(turned) == 1 else f"{len(turned)} bits"
    return Change(
        address, region, "", "", f"{old:02X}", f"{new:02X}", (new & ~old).bit_count(), (old & ~new).bit_count(), bits
    )

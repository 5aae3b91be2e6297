"""What a 64 KB SRAM image holds: regions, programs, combinations, songs, and what differs between two of them.

Pure: bytes in, structure out. Images of OpenM1's versions are known to the bit; of others, tables of names are found.

>>> seen = read(bytes(65536))
>>> seen.name, seen.checked
('unknown', False)
"""

from __future__ import annotations

from collections.abc import Mapping

from korgm1.errors import UsageError, UserError
from korgm1.sram_layout import openm1, openm1_maps, unknown
from korgm1.sram_layout.comparison import Change, Comparison, Share, compare
from korgm1.sram_layout.layout import SIZE, Layout, Record, Region
from korgm1.sram_layout.parameter import Parameter, Value
from korgm1.sram_layout.parameters import Table, table

__all__ = [
    "LAYOUTS", "SIZE", "Change", "Comparison", "Layout", "Parameter", "Record", "Region", "Share", "Table", "Value",
    "describe", "diff", "program", "read", "records", "table", "valid",
]

LAYOUTS = ("auto", "openm1", "unknown")
"""What an image can be read as; "auto" recognises it."""


def read(image: bytes, as_layout: str = "auto") -> Layout:
    """How an image is laid out.

    Args:
        image: 65,536 bytes.
        as_layout: one of `LAYOUTS`; "openm1" takes it for OpenM1's whatever is in it.

    Raises:
        UserError: not 65,536 bytes.
        UsageError: no such layout.
    """
    _check(image)
    if as_layout not in LAYOUTS:
        raise UsageError(f"there is no layout {as_layout!r}", "one of " + ", ".join(LAYOUTS))
    where, how = (None, "") if as_layout == "unknown" else openm1_maps.recognise(image)
    if where is not None:
        return openm1.layout(image, how, where)
    if as_layout == "openm1":
        return openm1.layout(image, "as asked; nothing in the image says so")
    return unknown.layout(image)


def describe(image: bytes) -> Layout | None:
    """The layout if the image is a firmware's whose map is known (OpenM1), else None.

    Raises:
        UserError: not 65,536 bytes.
    """
    found = read(image)
    return found if found.checked else None


def records(image: bytes, kind: str = "program") -> list[Record]:
    """The programs, combinations ("combination") or songs ("song") of an image; none where no map is known.

    Raises:
        UserError: not 65,536 bytes.
    """
    return list(read(image).records(kind))


def program(image: bytes, number: int) -> Record:
    """A program of an image: `.name`, `.values`, `.outside`.

    Raises:
        UserError: not 65,536 bytes.
        UsageError: the image has no such program.
    """
    found = records(image)
    if not 0 <= number < len(found):
        there = f"0 to {len(found) - 1}" if found else "an image with programs"
        raise UsageError(f"there is no program {number}", there)
    return found[number]


def valid(values: Mapping[str, Value], kind: str = "program") -> dict[str, Value]:
    """Those of a record's values that no panel could set; empty in a sound one.

    Args:
        values: parameter -> value, as `Record.values` has them; some or all.
        kind: the record's table.

    Raises:
        UsageError: there is no such parameter, or a text where a number belongs.

    >>> valid({"Name": "Universe", "VDF1 cutoff": 120})
    {'VDF1 cutoff': 120}
    """
    return table(kind).wrong(values)


def diff(before: bytes, after: bytes, as_layout: str = "auto") -> Comparison:
    """What differs between two images: bits, bytes, by region, record and parameter.

    Read with the layout of the first image, or of the second where only that is known. Programs and the like are named
    as in the first.

    Args:
        before, after: 65,536 bytes each.
        as_layout: one of `LAYOUTS`.

    Raises:
        UserError: one is not 65,536 bytes.
        UsageError: no such layout.

    >>> found = diff(bytes(65536), bytes([1]) + bytes(65535))
    >>> found.total.bytes, found.total.to_one, str(found.changes[0])
    (1, 1, 'unknown 0000: 00 -> 01 (bit 0)')
    """
    _check(after)
    layout = read(before, as_layout)
    if not layout.checked:
        where, how = (None, "") if as_layout == "unknown" else openm1_maps.recognise(after)
        if where is not None:
            layout = openm1.layout(before, f"as the second image, which is known {how}", where)
    return compare(layout, after)


def _check(image: bytes) -> None:
    if len(image) != SIZE:
        raise UserError(f"the SRAM image is {len(image):,} bytes", f"{SIZE:,} bytes, as saved at power-off")

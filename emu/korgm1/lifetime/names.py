"""Which regions, programs, combinations and songs of an image were hit, by name."""

from __future__ import annotations

from korgm1.sram_layout import Share, describe
from korgm1.sram_layout.comparison import compare

Hit = Share
"""A name, its first address, and the bytes and bits of it that differ."""
UNNAMED = ("steps", "offsets")
"""Regions whose records have no name that says anything."""


def hit(before: bytes, after: bytes) -> tuple[str, tuple[Hit, ...], tuple[Hit, ...]]:
    """The layout of the first image, and the regions and the named records in which the second differs.

    Returns:
        The layout's name, regions and records by address; "" and nothing where the layout is not known.

    >>> hit(bytes(65536), bytes([1]) + bytes(65535))
    ('', (), ())
    """
    layout = describe(before)
    if layout is None:
        return "", (), ()
    found = compare(layout, after)
    named = [row for row in found.records if layout.region_at(row.address).name not in UNNAMED]
    return layout.name, found.regions, tuple(named)

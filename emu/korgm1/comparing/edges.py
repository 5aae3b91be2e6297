"""Where things of a ROM begin, and the segments that their offsets may be in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from korgm1.comparing.shapes import Shapes

OFTEN = 3
"""Times that a constant is used before it is taken for a segment."""


def segments(*sides: Shapes) -> tuple[int, ...]:
    """Where segments begin that offsets may be in: the ROM's two, and constants that are often used as one."""
    often = Counter(
        o.number << 4 for shapes in sides for shape in shapes.by_entry.values() for word in shape.words
        for o in word.operands if o.kind == "number" and o.number >= 0xE000 and o.number & 0xFF == 0
    )
    return tuple(dict.fromkeys([0xF0000, 0xE0000, *(at for at, count in often.most_common(6) if count >= OFTEN)]))


class Edges:
    """Addresses of a ROM at which something begins, or code goes on."""

    def __init__(self, found: Iterable[int]) -> None:
        self._all = set(found)
        self.order = sorted(self._all)

    def __contains__(self, at: int) -> bool:
        return at in self._all


def edges_of(shapes: Shapes, base: int) -> Edges:
    program = shapes.program
    found = {at for at in program.xrefs if at >= base} | set(program.instructions)
    found |= {text.address for text in program.texts} | {table.address for table in program.tables}
    return Edges(found)

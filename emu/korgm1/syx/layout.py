"""What the data of a dump are made of: records of which table, where, and how many bytes that makes.

Sources: facts m1-hardware 6.2, 6.3 (measured in two factory dumps, and the published MIDI implementation).
"""

from __future__ import annotations

from dataclasses import dataclass

from korgm1.sram_layout.layout import TITLES
from korgm1.sram_layout.parameters import table

COUNTS = {0: 100, 1: 50}
"""Allocation -> programs and combinations."""
MOST_STEPS = {0: 4400, 1: 7700}
"""Allocation -> steps of sequences that fit."""
PARTS = {"global": 0x51, "combis": 0x4D, "programs": 0x4C, "sequences": 0x48}
"""The parts of ALL DATA in their order -> the function that carries each alone."""


@dataclass(frozen=True)
class Section:
    """Records of one kind, one behind the other.

    Attributes:
        part: of `PARTS`, "" in an edit buffer.
        kind: the name of their table (`korgm1.sram_layout.table`).
        start: their first byte in the unpacked data.
        count: how many.
    """

    part: str
    kind: str
    start: int
    count: int

    @property
    def size(self) -> int:
        """Bytes of a record."""
        return table(self.kind).size

    @property
    def end(self) -> int:
        """The byte behind the last record."""
        return self.start + self.size * self.count

    def title(self, number: int) -> str:
        """What a record is called.

        >>> sections(0x4C, 0, 0)[0].title(42), sections(0x40, 0, 0)[0].title(0)
        ('I42', 'edit buffer')
        """
        return TITLES[self.kind].format(n=number, n1=number + 1) if self.part else "edit buffer"


def sections(code: int, allocation: int, steps: int) -> tuple[Section, ...]:
    """The sections of a function's data; none where it has no data or their form is not public (45, 47).

    Args:
        code: the function.
        allocation: 0 or 1, where it is one of the function's bytes.
        steps: of sequences, where the function says it.

    >>> [(row.kind, row.start) for row in sections(0x51, 0, 0)]
    [('global', 0), ('drum_kit', 21)]
    """
    rows: list[tuple[str, str, int]] = []
    count = COUNTS[allocation]
    if code in (0x50, 0x51):
        rows += [("global", "global", 1), ("global", "drum_kit", 4)]
    if code in (0x50, 0x4D):
        rows.append(("combis", "combination", count))
    if code in (0x50, 0x4C):
        rows.append(("programs", "program", count))
    if code in (0x50, 0x48):
        rows += [("sequences", "song", 10), ("sequences", "pattern", 100), ("sequences", "offset", 181),
                 ("sequences", "step", steps)]  # fmt: skip
    if code in (0x40, 0x49):
        rows.append(("", "program" if code == 0x40 else "combination", 1))
    made, start = [], 0
    for part, kind, number in rows:
        made.append(Section(part, kind, start, number))
        start = made[-1].end
    return tuple(made)


def data_size(code: int, allocation: int, steps: int) -> int:
    """Bytes of a function's data, unpacked; 0 where it has none or nobody knows.

    >>> data_size(0x50, 0, 3619), data_size(0x40, 0, 0)
    (43559, 143)
    """
    rows = sections(code, allocation, steps)
    return rows[-1].end if rows else 0


def packed_size(size: int) -> int:
    """Bytes on the wire of so many: each begun seven take one more.

    >>> packed_size(143), packed_size(43559), packed_size(0)
    (164, 49782, 0)
    """
    return size + -(-size // 7)


def place(index: int) -> int:
    """Where byte `index` of the data is in the packed data.

    >>> [place(index) for index in (0, 6, 7)]
    [1, 7, 9]
    """
    return index // 7 * 8 + 1 + index % 7

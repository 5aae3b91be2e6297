"""When a display stands still although a few of its cells never do: a cursor that blinks, a star in a corner."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

from korgm1.clock import CPU_HZ
from korgm1.result import LcdChange

Lines = tuple[str, str]
Cells = frozenset[tuple[int, int]]
"""Line and column, 0 and up."""
MOST = 16
"""Cells that may move on a page that stands; a display with more of them is a picture that changes."""
WATCHED = 10 * CPU_HZ
"""Clocks at the end of a boot in which the moving cells are looked for: as long as a page must stand that has none."""
PASSING = CPU_HZ // 10
"""Clocks for which a picture must stand to be read."""
ALIKE = 0.5
"""The share of a line's characters that make two pages the same one: a name or a number in it may be another."""


def moving(pictures: Sequence[LcdChange], end: int) -> Cells:
    """The cells that differ between one picture and the next in the last seconds; none if they are more than `MOST`.

    Args:
        pictures: of a boot that never stood still.
        end: its last clock.

    >>> rows = [LcdChange(number * CPU_HZ, ("Play " + "* "[number % 2], "")) for number in range(12)]
    >>> sorted(moving(rows, 12 * CPU_HZ)), moving(rows[:1], 12 * CPU_HZ) == frozenset()
    ([(0, 5)], True)
    """
    late = [row.lcd for row in pictures if row.clock >= end - WATCHED]
    found = frozenset(
        (line, column) for one, other in pairwise(late) for line in (0, 1)
        for column, (a, b) in enumerate(zip(one[line], other[line], strict=True)) if a != b
    )
    return found if len(found) <= MOST else frozenset()


def without(lcd: Lines, cells: Cells) -> Lines:
    """A picture with blanks for these cells.

    >>> without(("Play *", "A"), frozenset({(0, 5)}))
    ('Play  ', 'A')
    """
    if not cells:
        return lcd
    first, second = (
        "".join(" " if (number, column) in cells else letter for column, letter in enumerate(line))
        for number, line in enumerate(lcd)
    )
    return first, second


def merged(pictures: Iterable[LcdChange], cells: Cells) -> tuple[LcdChange, ...]:
    """The pictures without these cells, those left out that then say what the one before says.

    >>> rows = [LcdChange(5, ("a*", "")), LcdChange(9, ("a ", ""))]
    >>> merged(rows, frozenset({(0, 1)}))
    (LcdChange(clock=5, lcd=('a ', '')),)
    """
    if not cells:
        return tuple(pictures)
    rows: list[LcdChange] = []
    for row in pictures:
        lcd = without(row.lcd, cells)
        if not rows or rows[-1].lcd != lcd:
            rows.append(LcdChange(row.clock, lcd))
    return tuple(rows)


def read(pictures: Sequence[LcdChange]) -> tuple[LcdChange, ...]:
    """The pictures that stood long enough to be read, and the last one; the others may be half drawn.

    >>> rows = [LcdChange(0, ("Play", "")), LcdChange(CPU_HZ, ("GLay", "")), LcdChange(CPU_HZ + 99_999, ("GLOBAL", ""))]
    >>> [row.lcd[0] for row in read(rows)]
    ['Play', 'GLOBAL']
    """
    last = pictures[-1:]
    return (*(row for row, after in pairwise(pictures) if after.clock - row.clock >= PASSING), *last)


def alike(one: str, other: str) -> bool:
    """Whether two lines are the same one, but for a name or a number.

    >>> alike("00>Sound 00  LEVEL 90", "01>Tound 01  LEVEL 90"), alike("Play", "GLOBAL"), alike("", "")
    (True, False, False)
    """
    width = max(len(one), len(other))
    pairs = [(a, b) for a, b in zip(one.ljust(width), other.ljust(width), strict=True) if a != " " or b != " "]
    return bool(pairs) and sum(a == b for a, b in pairs) >= ALIKE * len(pairs)


def named(cells: Cells) -> str:
    """The cells as a person counts them.

    >>> named(frozenset({(0, 39), (1, 0)}))
    'line 1 column 40, line 2 column 1'
    """
    return ", ".join(f"line {line + 1} column {column + 1}" for line, column in sorted(cells))

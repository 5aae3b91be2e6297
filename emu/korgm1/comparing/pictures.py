"""Two LCD timelines side by side: the pictures they share, those that differ, and how long each stood."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from korgm1.clock import CPU_HZ
from korgm1.result import LcdChange

NEAR = 0.5
"""Likeness from which two pictures in the same place of the timelines are taken for one that was changed."""
SHARED = 0.75
"""Likeness of one of their lines from which they are."""
EARLY = CPU_HZ // 50
"""Clocks by which a picture may come earlier or later without being told of: 20 ms."""
COLUMNS = 40
"""Characters of a line."""
MOST = 2000
"""Pictures of a timeline that are looked at."""


@dataclass(frozen=True)
class Row:
    """A row of the two timelines: a picture of A, of B, or of both.

    Attributes:
        a, b: the pictures, None where a side has none.
        stood_a, stood_b: clocks it stood, None for the last of a timeline.
    """

    a: LcdChange | None
    b: LcdChange | None
    stood_a: int | None = None
    stood_b: int | None = None

    @property
    def same(self) -> bool:
        """Both show it."""
        return self.a is not None and self.b is not None and self.a.lcd == self.b.lcd

    @property
    def differing(self) -> tuple[tuple[int, int, int], ...]:
        """Where both have a picture and it is not the same: line, first column, and column behind the last, from 0.

        >>> Row(LcdChange(0, ("Prog I00", "")), LcdChange(0, ("Prog I42", "?"))).differing
        ((0, 6, 8), (1, 0, 1))
        """
        if self.a is None or self.b is None:
            return ()
        found: list[tuple[int, int, int]] = []
        for line, texts in enumerate(zip(self.a.lcd, self.b.lcd, strict=True)):
            one, other = (text.ljust(COLUMNS) for text in texts)
            for column in (n for n in range(COLUMNS) if one[n] != other[n]):
                if found and found[-1][0] == line and found[-1][2] == column:
                    found[-1] = (line, found[-1][1], column + 1)
                else:
                    found.append((line, column, column + 1))
        return tuple(found)

    @property
    def lasts_differently(self) -> bool:
        """Both have the picture, and one for longer."""
        if not (self.a and self.b) or self.stood_a is None or self.stood_b is None:
            return False
        return abs(self.stood_a - self.stood_b) > EARLY


def align(a: Sequence[LcdChange], b: Sequence[LcdChange]) -> tuple[Row, ...]:
    """The rows of two timelines, in their order.

    >>> one, other = LcdChange(0, ("RAM Error 01", "")), LcdChange(0, ("Memory Error 01", ""))
    >>> [(row.same, row.a is None) for row in align([one], [other])]
    [(False, False)]
    """
    a, b = list(a)[:MOST], list(b)[:MOST]
    rows: list[Row] = []
    match = SequenceMatcher(None, [row.lcd for row in a], [row.lcd for row in b], autojunk=False)
    for kind, a0, a1, b0, b1 in match.get_opcodes():
        if kind == "equal":
            rows += [_row(a, b, x, y) for x, y in zip(range(a0, a1), range(b0, b1), strict=True)]
        else:
            rows += _different(a, b, (a0, a1), (b0, b1))
    return tuple(rows)


def _different(a: list[LcdChange], b: list[LcdChange], in_a: tuple[int, int], in_b: tuple[int, int]) -> list[Row]:
    rows: list[Row] = []
    next_b = in_b[0]
    for x in range(*in_a):
        near = [(likeness(a[x].lcd, b[y].lcd), -y) for y in range(next_b, min(in_b[1], next_b + 8))]
        best = max(near, default=(0.0, 0))
        if best[0] >= NEAR:
            rows += [_row(a, b, None, y) for y in range(next_b, -best[1])]
            rows.append(_row(a, b, x, -best[1]))
            next_b = 1 - best[1]
        else:
            rows.append(_row(a, b, x, None))
    return rows + [_row(a, b, None, y) for y in range(next_b, in_b[1])]


def likeness(a: tuple[str, str], b: tuple[str, str]) -> float:
    """How alike two pictures are, 0 to 1, blanks at the ends apart; a line nearly in common is enough to be `NEAR`."""
    shared = any(
        x.strip() and SequenceMatcher(None, x.strip(), y.strip(), autojunk=False).ratio() >= SHARED
        for x, y in zip(a, b, strict=True)
    )
    one, other = ("\n".join(line.strip() for line in lcd) for lcd in (a, b))
    return max(NEAR if shared else 0.0, SequenceMatcher(None, one, other, autojunk=False).ratio())


def _row(a: list[LcdChange], b: list[LcdChange], x: int | None, y: int | None) -> Row:
    return Row(
        None if x is None else a[x], None if y is None else b[y],
        None if x is None else _stood(a, x), None if y is None else _stood(b, y),
    )


def _stood(rows: list[LcdChange], at: int) -> int | None:
    return rows[at + 1].clock - rows[at].clock if at + 1 < len(rows) else None

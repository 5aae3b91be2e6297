"""What is left of two ROMs when code, texts, tables of names and data that code reads are compared: aligned by content.

Long equal pieces that exist once on each side are anchors, wherever they lie. What stands between two anchors, or
between things that are matched otherwise, is compared with what stands between the same two on the other side. All of
it takes time in proportion to the ROMs.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import pairwise
from typing import Protocol

GRAM = 8
"""Bytes of an anchor."""
FILLED = 16
"""Bytes of one value from which they are filling."""
CLOSELY = 1024
"""Bytes between two anchors, on either side, up to which they are aligned byte by byte."""
BETWEEN = 3
"""Equal bytes at most between an insertion and a removal that are one replacement."""
GAP = 1
"""Equal bytes between two different ones that are told as one run."""
_FILLING = re.compile(rb"(.)\1{%d,}" % (FILLED - 1), re.DOTALL)

Opcode = tuple[str, int, int, int, int]
"""As of `SequenceMatcher.get_opcodes`."""


class Places(Protocol):
    """How far what is matched otherwise moved, and which words lead there."""

    def before(self, side: int, at: int) -> int | None:
        """How far the nearest matched thing at or before an address is from its partner; None for none."""

    def behind(self, side: int, at: int) -> int | None:
        """The same for the nearest one behind an address."""

    def unlike(self, x: int, y: int, size: int) -> Iterator[int]:
        """Where two stretches differ, counted from their begin; words that lead to what moved are no difference."""


@dataclass(frozen=True, order=True)
class Run:
    """A difference: bytes from `a` to before `a_end` of one ROM where the other has those from `b` to before `b_end`;
    either may be empty. All are physical addresses."""

    a: int
    a_end: int
    b: int
    b_end: int


class Remains:
    """The remains of one ROM.

    Args:
        image: the bytes.
        base: address of the first.
        covered: (address, bytes) of what is compared otherwise.

    Attributes:
        free: not 0 for each byte that remains, filling apart.
        fill: value -> bytes of filling.
    """

    def __init__(self, image: bytes, base: int, covered: Iterable[tuple[int, int]]) -> None:
        self.image, self.base = image, base
        self.free = bytearray(b"\x01" * len(image))
        for at, size in covered:
            start, end = max(0, at - base), min(len(image), at - base + size)
            self.free[start:end] = bytes(max(0, end - start))
        self.fill: dict[int, int] = {}
        self.blank = bytearray(len(image))
        for start, end in self.segments():
            for first, last in _filled(image, start, end):
                self.fill[image[first]] = self.fill.get(image[first], 0) + last - first
                self.free[first:last] = bytes(last - first)
                self.blank[first:last] = b"\x01" * (last - first)

    def segments(self) -> list[tuple[int, int]]:
        """Offsets from and to before which everything remains."""
        return list(_ones(self.free))

    def grams(self) -> dict[bytes, int]:
        """What stands once in the ROM, `GRAM` bytes each -> its offset."""
        found: dict[bytes, int] = {}
        image, blank = self.image, self.blank
        for at in range(len(image) - GRAM + 1):
            if not blank[at]:
                gram = image[at : at + GRAM]
                found[gram] = -1 if gram in found else at
        return {gram: at for gram, at in found.items() if at >= 0}


def _ones(flags: bytearray) -> Iterator[tuple[int, int]]:
    at = flags.find(1)
    while at >= 0:
        end = flags.find(0, at)
        end = len(flags) if end < 0 else end
        yield at, end
        at = flags.find(1, end)


def _filled(image: bytes, start: int, end: int) -> Iterator[tuple[int, int]]:
    return (found.span() for found in _FILLING.finditer(image, start, end))


def differing(a: Remains, b: Remains, places: Places) -> list[Run]:
    """Where the remains of two ROMs differ, by address; what only moved is not among it.

    Args:
        a, b: what remains.
        places: what is known of the rest.
    """
    return _Alignment(a, b, places).runs()


class _Alignment:
    def __init__(self, a: Remains, b: Remains, places: Places) -> None:
        self._sides, self._places = (a, b), places
        self._to = [-1] * len(a.image), [-1] * len(b.image)
        self._anchors()

    def _anchors(self) -> None:
        grams = [side.grams() for side in self._sides]
        for one in (0, 1):
            mine, theirs = self._sides[one], self._sides[1 - one]
            for start, end in mine.segments():
                at = start
                while at <= end - GRAM:
                    gram = mine.image[at : at + GRAM]
                    there = grams[1 - one].get(gram, -1) if self._to[one][at] < 0 else -1
                    if there < 0 or self._to[1 - one][there] >= 0 or grams[one].get(gram, -1) != at:
                        at += 1
                        continue
                    at = self._claim(one, at, there, start, end, theirs)

    def _claim(self, one: int, at: int, there: int, start: int, end: int, theirs: Remains) -> int:
        """Take what is equal around two places; the offset behind it."""
        mine, to, back = self._sides[one].image, self._to[one], self._to[1 - one]
        other = theirs.image
        first = 0
        while at - first > start and there - first > 0 and mine[at - first - 1] == other[there - first - 1]:
            if to[at - first - 1] >= 0 or back[there - first - 1] >= 0:
                break
            first += 1
        last = 0
        while at + last < end and there + last < len(other) and mine[at + last] == other[there + last]:
            if to[at + last] >= 0 or back[there + last] >= 0:
                break
            last += 1
        for n in range(-first, last):
            to[at + n], back[there + n] = there + n, at + n
        return at + last

    def runs(self) -> list[Run]:
        found: list[Run] = []
        for one in (0, 1):
            side = self._sides[one]
            for start, end in list(_ones(bytearray(
                bool(free) and to < 0 for free, to in zip(side.free, self._to[one], strict=True)
            ))):
                for x, x_end, y, y_end in self._gap(one, start, end):
                    found.append(Run(x, x_end, y, y_end) if one == 0 else Run(y, y_end, x, x_end))
        return _joined(sorted(set(found)))

    def _gap(self, one: int, start: int, end: int) -> Iterator[tuple[int, int, int, int]]:
        """What differs in bytes without a partner: addresses in this ROM, and in the other one."""
        side, theirs = self._sides[one], self._sides[1 - one]
        goals = self._goal(one, start), self._goal(one, end, before=False)
        first, last = side.base + start, side.base + end
        pairs = [(goal, goal + end - start) for goal in (goals[0], None if goals[1] is None else goals[1] - end + start)
                 if goal is not None and self._open(1 - one, goal, goal + end - start)]
        low, high = (-1 if goal is None else goal for goal in goals)
        whole = 0 <= low <= high and self._open(1 - one, low, high)
        if whole and high - low != end - start:
            if all(theirs.blank[low:high]):
                yield first, last, theirs.base + low, theirs.base + low
            else:
                yield from self._pieces(one, start, end, low, high)
            return
        if pairs:
            best = min(pairs, key=lambda pair: len(self._unlike(one, start, pair[0], end - start)))
            differ = self._unlike(one, start, best[0], end - start)
            if whole or 2 * len(differ) <= end - start or all(theirs.blank[best[0] : best[1]]):
                self._mark(one, start, best[0], end - start)
                for n, m in _runs(differ):
                    yield first + n, first + m, theirs.base + best[0] + n, theirs.base + best[0] + m
                return
        at = theirs.base + (goals[0] if goals[0] is not None else 0)
        yield first, last, at, at

    def _goal(self, one: int, at: int, before: bool = True) -> int | None:
        """Where in the other ROM what is at this offset would be, by what stands before it or behind it."""
        side, other = self._sides[one], self._sides[1 - one]
        near = at - 1 if before else at
        if 0 <= near < len(side.image) and self._to[one][near] >= 0:
            return self._to[one][near] + (1 if before else 0)
        shift = (self._places.before if before else self._places.behind)(one, side.base + at)
        goal = None if shift is None else at + shift
        return goal if goal is not None and 0 <= goal <= len(other.image) else None

    def _open(self, one: int, start: int, end: int) -> bool:
        """Whether nothing there has a partner yet."""
        return start >= 0 and end <= len(self._to[one]) and all(to < 0 for to in self._to[one][start:end])

    def _mark(self, one: int, at: int, there: int, size: int) -> None:
        for n in range(size):
            self._to[one][at + n], self._to[1 - one][there + n] = there + n, at + n

    def _unlike(self, one: int, at: int, there: int, size: int) -> list[int]:
        a, b = (at, there) if one == 0 else (there, at)
        return list(self._places.unlike(self._sides[0].base + a, self._sides[1].base + b, size))

    def _pieces(self, one: int, start: int, end: int, first: int, last: int) -> Iterator[tuple[int, int, int, int]]:
        """Two stretches of different size between the same neighbours."""
        mine, theirs = self._sides[one], self._sides[1 - one]
        sizes = end - start, last - first
        least = min(sizes)
        differ = self._unlike(one, start, first, least)
        head = differ[0] if differ else least
        differ = self._unlike(one, end - least, last - least, least)
        tail = min(least - head, least - 1 - differ[-1] if differ else least)
        rows = [("replace", head, sizes[0] - tail, head, sizes[1] - tail)]
        codes = mine.image[start + head : end - tail], theirs.image[first + head : last - tail]
        if head + tail < least and max(map(len, codes)) <= CLOSELY:
            match = SequenceMatcher(None, *codes, autojunk=False)
            balanced = _balanced(match.get_opcodes())
            rows = [(kind, head + m, head + n, head + k, head + j) for kind, m, n, k, j in balanced]
        self._mark(one, start, first, head)
        self._mark(one, end - tail, last - tail, tail)
        for kind, x, x_end, y, y_end in rows:
            if x_end - x == y_end - y:
                self._mark(one, start + x, first + y, x_end - x)
                differ = [] if kind == "equal" else self._unlike(one, start + x, first + y, x_end - x)
                for n, m in _runs(differ):
                    yield mine.base + start + x + n, mine.base + start + x + m, (
                        theirs.base + first + y + n), theirs.base + first + y + m
                continue
            self._mark(one, start + x, first + y, min(x_end - x, y_end - y))
            for n in range(min(x_end - x, y_end - y), y_end - y):
                self._to[1 - one][first + y + n] = start + x
            yield mine.base + start + x, mine.base + start + x_end, theirs.base + first + y, theirs.base + first + y_end


def _balanced(rows: Iterable[Opcode]) -> list[Opcode]:
    """Opcodes in which a removal and an insertion near each other, of one size together, are one replacement."""
    found: list[Opcode] = []
    for row in rows:
        found.append(row)
        if len(found) < 3:
            continue
        (_, a, a_end, b, b_end), (kind, same, same_end, *_), (_, _, x_end, _, y_end) = found[-3:]
        if kind == "equal" and same_end - same <= BETWEEN and a_end - a != b_end - b and x_end - a == y_end - b:
            found[-3:] = [("replace", a, x_end, b, y_end)]
    return found


def _runs(differ: list[int]) -> Iterator[tuple[int, int]]:
    """Numbers that are near each other, from and to before.

    >>> list(_runs([3, 4, 6, 20]))
    [(3, 7), (20, 21)]
    """
    if differ:
        cuts = [n + 1 for n, (x, y) in enumerate(pairwise(differ)) if y - x > GAP + 1]
        for first, last in zip([0, *cuts], [*cuts, len(differ)], strict=True):
            yield differ[first], differ[last - 1] + 1


def _joined(runs: list[Run]) -> list[Run]:
    """Runs that touch on both sides are one."""
    found: list[Run] = []
    for run in runs:
        if found and (found[-1].a_end, found[-1].b_end) == (run.a, run.b):
            found[-1] = Run(found[-1].a, run.a_end, found[-1].b, run.b_end)
        else:
            found.append(run)
    return found


class Shifts:
    """How far things are from their partners, by address.

    Args:
        pairs: (address here, address there).
    """

    def __init__(self, pairs: Iterable[tuple[int, int]]) -> None:
        self._to = dict(pairs)
        self._order = sorted(self._to)

    def before(self, at: int) -> int | None:
        """Of the nearest one at or before an address.

        >>> Shifts([(10, 12), (20, 25)]).before(19)
        2
        """
        place = bisect_right(self._order, at)
        return self._to[self._order[place - 1]] - self._order[place - 1] if place else None

    def behind(self, at: int) -> int | None:
        """Of the nearest one at or behind an address."""
        place = bisect_right(self._order, at - 1)
        return self._to[self._order[place]] - self._order[place] if place < len(self._order) else None

    def near(self, at: int) -> tuple[int, ...]:
        """Of the nearest ones before and behind an address."""
        place = bisect_right(self._order, at)
        return tuple({self._to[n] - n for n in self._order[max(0, place - 1) : place + 1]})

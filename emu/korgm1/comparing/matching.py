"""Which function of one firmware is which of another: by content, by who calls whom, by what stands around it.

Content that exists once on each side is an anchor. From the anchors matches spread: to what matched functions call in
the same place of their code, to those between two neighbours that are matched, to callers. A function too small to be
told by its content is matched through such company only.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher

from korgm1.comparing.shapes import Shape, Shapes

ALIKE = 0.55
"""Likeness from which a function that has company (caller or neighbours in common) is taken for a changed one."""
SURE = 0.8
"""The same in a first round, so that nobody gets a partner while a better one is free."""
ALONE = 0.75
"""The same without company; and no other candidate may come near (`CLEAR`)."""
NEARLY, SMALL = 0.9, 12
"""Likeness of two callers, and instructions of what both call in one place, from which and up to which it is paired
whatever is in it."""
CLEAR = 0.1
CANDIDATES = 12
"""Functions that are compared at most with one that has nobody in common with the other side."""
LENGTHS = 600
"""Instructions of a function that a likeness looks at."""


@dataclass(frozen=True, eq=False)
class Pair:
    """Two functions that are taken for one.

    Attributes:
        a, b: the shapes.
        how: what told: "content", "calls", "neighbours", "vector", "likeness" or "address".
        likeness: 0 to 1 of their instructions, whatever moved.
    """

    a: Shape
    b: Shape
    how: str
    likeness: float


class Matching:
    """The pairs of two programs' functions, and who has none.

    Args:
        a, b: the programs' shapes.
        known: pairs of entries that are given, as the handlers of one vector.

    Attributes:
        pairs: by the address in A.
        gone, new: shapes of A and B without a partner, by address.
    """

    def __init__(self, a: Shapes, b: Shapes, known: Iterable[tuple[int, int]] = ()) -> None:
        self._a, self._b = a.by_entry, b.by_entry
        self._of_a: dict[int, Pair] = {}
        self._of_b: dict[int, Pair] = {}
        self._cache: dict[tuple[int, int], float] = {}
        self._anchors()
        for one, other in known:
            self._offer(one, other, "vector", ALIKE)
        for needed in (SURE, ALIKE):
            self._spread(needed)
            self._in_order(needed)
        self._spread(ALIKE)
        self._alone()
        self._spread(ALIKE)
        self._in_order(ALIKE)
        self._called_alike()
        self._in_place()
        self.pairs = tuple(self._of_a[entry] for entry in self._a if entry in self._of_a)
        self.gone = tuple(shape for entry, shape in self._a.items() if entry not in self._of_a)
        self.new = tuple(shape for entry, shape in self._b.items() if entry not in self._of_b)

    def partner(self, entry: int) -> int | None:
        """The entry in B of a function of A, or None."""
        pair = self._of_a.get(entry)
        return None if pair is None else pair.b.entry

    def _take(self, a: int, b: int, how: str, likeness: float) -> None:
        self._of_a[a] = self._of_b[b] = Pair(self._a[a], self._b[b], how, likeness)

    def _free(self, a: int, b: int) -> bool:
        return a in self._a and b in self._b and a not in self._of_a and b not in self._of_b

    def _offer(self, a: int, b: int, how: str, needed: float) -> bool:
        if not self._free(a, b):
            return False
        likeness = self.likeness(a, b)
        if likeness < needed:
            return False
        self._take(a, b, how, likeness)
        return True

    def likeness(self, a: int, b: int) -> float:
        """How much of two functions' instructions is alike and in the same order, 0 to 1."""
        key = a, b
        if key not in self._cache:
            one, other = self._a[a], self._b[b]
            if one.firm == other.firm:
                self._cache[key] = 1.0
            else:
                match = SequenceMatcher(None, one.loose[:LENGTHS], other.loose[:LENGTHS], autojunk=False)
                self._cache[key] = match.ratio() if match.quick_ratio() >= ALIKE / 2 else 0.0
        return self._cache[key]

    def _anchors(self) -> None:
        """Content that is there once on each side and says enough."""
        sides = []
        for shapes in (self._a, self._b):
            by_content: dict[str, list[int]] = defaultdict(list)
            for entry, shape in shapes.items():
                if shape.distinct:
                    by_content[shape.firm].append(entry)
            sides.append(by_content)
        for content, entries in sides[0].items():
            others = sides[1].get(content, ())
            if len(entries) == 1 and len(others) == 1:
                self._take(entries[0], others[0], "content", 1.0)

    def _spread(self, needed: float) -> None:
        """From matched functions to what they call in the same place, as long as that finds any."""
        work = list(self._of_a.values())
        while work:
            pair = work.pop()
            one, other = pair.a.called, pair.b.called
            if len(one) == len(other):
                steps = list(zip(one, other, strict=True))
            else:
                match = SequenceMatcher(None, pair.a.loose, pair.b.loose, autojunk=False)
                steps = []
                for block in match.get_matching_blocks() if len(pair.a.words) <= LENGTHS else ():
                    for i in range(block.size):
                        words = pair.a.words[block.a + i], pair.b.words[block.b + i]
                        targets = [[o.number for o in w.operands if o.kind == "function"] for w in words]
                        steps += list(zip(targets[0], targets[1], strict=False))
            for x, y in steps:
                if self._offer(x, y, "calls", needed):
                    work.append(self._of_a[x])

    def _in_order(self, needed: float) -> None:
        """Between two matched neighbours: equal content in order first, then what is alike, in order."""
        for ours, theirs in _stretches(list(self._a), list(self._b), {a: p.b.entry for a, p in self._of_a.items()}):
            self._align(ours, theirs, needed)
        for theirs, ours in _stretches(list(self._b), list(self._a), {b: p.a.entry for b, p in self._of_b.items()}):
            self._align(ours, theirs, needed)

    def _align(self, ours: list[int], theirs: list[int], needed: float) -> None:
        content = [self._a[e].firm for e in ours], [self._b[e].firm for e in theirs]
        match = SequenceMatcher(None, content[0], content[1], autojunk=False)
        start_a = start_b = 0
        for block in match.get_matching_blocks():
            self._alike(ours[start_a : block.a], theirs[start_b : block.b], needed)
            for i in range(block.size):
                self._offer(ours[block.a + i], theirs[block.b + i], "neighbours", ALIKE)
            start_a, start_b = block.a + block.size, block.b + block.size

    def _alike(self, ours: list[int], theirs: list[int], needed: float) -> None:
        at = 0
        for one in ours[:200]:
            rows = [(self.likeness(one, other), -place) for place, other in enumerate(theirs[at : at + 8], at)]
            best = max(rows, default=(0.0, 0))
            if best[0] >= needed and self._offer(one, theirs[-best[1]], "neighbours", needed):
                at = 1 - best[1]

    def _called_alike(self) -> None:
        """Small functions that hardly resemble each other, which two that are nearly the same call in one place."""
        for pair in list(self._of_a.values()):
            one, other = pair.a.called, pair.b.called
            if pair.likeness < NEARLY or len(one) != len(other):
                continue
            for x, y in zip(one, other, strict=True):
                if self._free(x, y) and max(len(self._a[x].words), len(self._b[y].words)) <= SMALL:
                    self._take(x, y, "calls", self.likeness(x, y))

    def _in_place(self) -> None:
        """What is left over and is the same, to the address: what an address means may be known on one side only."""
        for entry, shape in self._a.items():
            if self._free(entry, entry) and _code(shape) == _code(self._b[entry]):
                self._take(entry, entry, "address", 1.0)

    def _alone(self) -> None:
        """Functions without company: the most alike one of the other side, if it is clearly that one, both ways."""
        bags = {entry: Counter(shape.loose) for entry, shape in self._b.items() if entry not in self._of_b}
        for entry, shape in self._a.items():
            if entry in self._of_a or not shape.distinct or len(shape.words) < 8:
                continue
            mine = Counter(shape.loose)
            rows = []
            for other, bag in bags.items():
                ratio = len(self._b[other].words) / len(shape.words)
                if other in self._of_b or not 0.5 <= ratio <= 2:
                    continue
                rows.append(((mine & bag).total() / max(mine.total(), bag.total()), other))
            near = sorted(rows, reverse=True)[:CANDIDATES]
            exact = sorted(((self.likeness(entry, o), o) for share, o in near if share >= ALIKE), reverse=True)
            if exact and exact[0][0] >= ALONE and (len(exact) == 1 or exact[0][0] - exact[1][0] >= CLEAR):
                self._offer(entry, exact[0][1], "likeness", ALONE)


def _code(shape: Shape) -> list[tuple[int, str, list[int]]]:
    return [(word.at, word.form, [o.number & 0xFFFF for o in word.operands]) for word in shape.words]


def _stretches(mine: list[int], others: list[int], pairs: dict[int, int]) -> Iterator[tuple[list[int], list[int]]]:
    """Functions without a partner between two that have one, and what lies between those two's partners."""
    order = {entry: place for place, entry in enumerate(others)}
    taken = set(pairs.values())
    stretch: list[int] = []
    before = -1
    for entry in [*mine, -1]:
        if entry != -1 and entry not in pairs:
            stretch.append(entry)
            continue
        after = len(others) if entry == -1 else order[pairs[entry]]
        if stretch and pairs and before + 1 < after <= before + 1 + 4 * len(stretch) + 16:
            yield stretch, [one for one in others[before + 1 : after] if one not in taken]
        stretch = []
        before = after

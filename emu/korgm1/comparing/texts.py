"""The texts of a program, and which of two programs' are the same: whole runs, without what only looks like one."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

from korgm1.analysis import Program, Text

NEAR = 0.6
"""Likeness from which a text in the place of another is that text changed."""
MOST = 400
"""Texts of a side that are compared with each other."""
ALONE = 5
"""Characters of a text that nobody refers to."""
LONGEST_TABLE = 32
"""Bytes of a table of pointers that can be taken for a text."""
_WORDS = re.compile(r"[A-Za-z0-9' ]")


class Texts:
    """The runs of readable characters of a program.

    Neighbours that touch in the midst of a word are one run: a number that looks like an address does not cut it.

    Attributes:
        rows: the runs, by address.
    """

    def __init__(self, program: Program) -> None:
        rows: list[Text] = []
        for text in sorted(program.texts, key=lambda row: row.address):
            if rows and rows[-1].address + len(rows[-1].text) == text.address and _cut(rows[-1].text, text.text):
                rows[-1] = Text(rows[-1].address, rows[-1].text + text.text, rows[-1].refs + text.refs)
            else:
                rows.append(text)
        self.rows = tuple(rows)
        self._starts = [row.address for row in rows]

    @property
    def told(self) -> Iterator[Text]:
        """The runs that are words, and are compared as texts."""
        return (row for row in self.rows if likely(row.text) and (row.refs or len(row.text) >= ALONE))

    def at(self, address: int) -> str:
        """The text that begins here or goes on here, "" for none."""
        place = bisect_right(self._starts, address) - 1
        if place < 0:
            return ""
        row = self.rows[place]
        return row.text[address - row.address :] if address < row.address + len(row.text) else ""


def _cut(one: str, other: str) -> bool:
    """Whether a word goes on from one text to the next."""
    return one[-1:].isalnum() and other[:1].isalnum()


def likely(text: str) -> bool:
    """Whether it is words, and no pointers or code that happen to be readable.

    >>> likely("Memory Protected"), likely("_@f@m@s@"), likely("<")
    (True, False, False)
    """
    return len(text) >= 3 and len(_WORDS.findall(text)) >= 0.7 * len(text) and any(c.isalpha() for c in text)


def pairs(a: Program, b: Program) -> Iterator[tuple[Text | None, Text | None]]:
    """The texts that only one side has, by address; one that was changed together with what it became."""
    rows = [list(Texts(program).told) for program in (a, b)]
    counts = [Counter(t.text for t in side) for side in rows]
    ours = [t for t in rows[0] if counts[0][t.text] > counts[1][t.text] and not _known(a, t, b)]
    theirs = [t for t in rows[1] if counts[1][t.text] > counts[0][t.text] and not _known(b, t, a)]
    partners = dict(_best(ours, theirs))
    for place, text in enumerate(ours):
        yield text, theirs[partners[place]] if place in partners else None
    for place, text in enumerate(theirs):
        if place not in partners.values():
            yield None, text


def _known(program: Program, text: Text, other: Program) -> bool:
    """It is there as often as here, only cut otherwise; or it is a table of pointers that happens to be readable."""
    data = text.text.encode("latin-1", "replace")
    return other.image.count(data) >= program.image.count(data) or _pointers(program, data)


def _pointers(program: Program, data: bytes) -> bool:
    if len(data) > LONGEST_TABLE or len(data) % 2:
        return False
    known = {row.address for row in program.texts} | set(program.xrefs)
    return all(0xF0000 + int.from_bytes(data[at : at + 2], "little") in known for at in range(0, len(data), 2))


def _best(ours: Sequence[Text], theirs: Sequence[Text]) -> Iterator[tuple[int, int]]:
    rows = sorted(
        ((_near(x.text, y.text), -i, -j) for i, x in enumerate(ours[:MOST]) for j, y in enumerate(theirs[:MOST])),
        reverse=True,
    )
    left, right = set(), set()
    for likeness, i, j in rows:
        if likeness >= NEAR and i not in left and j not in right:
            left.add(i)
            right.add(j)
            yield -i, -j


def _near(a: str, b: str) -> float:
    match = SequenceMatcher(None, a.strip().lower()[:200], b.strip().lower()[:200], autojunk=False)
    return match.ratio() if match.real_quick_ratio() >= NEAR and match.quick_ratio() >= NEAR else 0.0

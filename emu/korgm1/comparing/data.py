"""Findings in the data that matched functions read: bytes that differ where no text and no pointer explains it."""

from __future__ import annotations

from collections.abc import Iterator

from korgm1.analysis import Program
from korgm1.comparing.changes import Changes
from korgm1.comparing.finding import Finding

MOST = 8
"""Bytes that are told; of more, how many there are."""
GAP = 1
"""Equal bytes between two different ones that are told as one stretch."""
FEW = 24
"""Findings of data at most; more of them say that the two have different data altogether."""


def data_findings(a: Program, b: Program, changes: Changes) -> Iterator[Finding]:
    """What differs in pairs of stretches that matched functions read, one finding a stretch.

    Texts, tables of names and the ROM's own sums are left out: they are told elsewhere or follow from everything else.
    """
    readers: dict[tuple[int, int], list[str]] = {}
    for change in changes.of:
        for pair in change.data:
            readers.setdefault(pair, []).append(change.pair.a.name)
    covered = _texts(a), _texts(b)
    told = 0
    for x, y, size, other in changes.data:
        who = ", ".join(dict.fromkeys(readers[x, y][:3]))
        if size != other and changes.corresponds(x + size, y + other) and max(size, other) < len(a.image) // 8:
            rows = [(0, size, other)]
        else:
            rows = [(start, end - start, end - start) for start, end in _differing(changes, x, y, min(size, other))]
        for start, m, n in rows:
            if {x + start + i for i in range(m)} & covered[0] or {y + start + i for i in range(n)} & covered[1]:
                continue
            if told == FEW or (_sum(a, x + start) and _sum(b, y + start)):
                continue
            told += 1
            yield Finding.of(
                "table", f"data at {x:05X}, read by {who}" if m == n else f"size of the data at {x:05X}, read by {who}",
                (_hex(a, x + start, m), _hex(b, y + start, n)) if m == n else (f"{m} bytes", f"{n} bytes"),
                () if m == n else tuple(f"{s} {_hex(p, at, k)}" for s, p, at, k in (("A", a, x, m), ("B", b, y, n))),
                (f"A {x + start:05X}", f"B {y + start:05X}"),
            )


def _differing(changes: Changes, x: int, y: int, size: int) -> Iterator[tuple[int, int]]:
    """The stretches of bytes that differ, from and to before, counted from the begin; pointers that moved left out."""
    first = last = -1
    for at in changes.unlike(x, y, size):
        if first >= 0 and at > last + GAP + 1:
            yield first, last + 1
            first = -1
        first, last = (at if first < 0 else first), at
    if first >= 0:
        yield first, last + 1


def _texts(program: Program) -> set[int]:
    rows = [(text.address, len(text.text)) for text in program.texts]
    rows += [(table.address, table.stride * table.count) for table in program.tables if table.kind == "names"]
    return {at for start, size in rows for at in range(start, start + size)}


def _sum(program: Program, at: int) -> bool:
    """Whether the word here, or that around it, is the sum of the even or the odd bytes before it, or of all."""
    for start in (at - program.base, at - program.base - 1):
        word = int.from_bytes(program.image[start : start + 2], "little")
        before = program.image[: start & ~3]
        if word and word in {sum(part) & 0xFFFF for part in (before[::2], before[1::2], before)}:
            return True
    return False


def _hex(program: Program, at: int, size: int) -> str:
    return program.image[at - program.base :][: min(size, MOST)].hex(" ").upper() + (" ..." if size > MOST else "")

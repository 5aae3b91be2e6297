"""Findings in the data that matched functions read: bytes that differ where no text and no pointer explains it."""

from __future__ import annotations

from collections.abc import Iterator

from korgm1.analysis import Program
from korgm1.comparing.changes import Changes
from korgm1.comparing.finding import Finding
from korgm1.comparing.texts import Texts

MOST = 8
"""Bytes that are told; of more, how many there are."""
GAP = 1
"""Equal bytes between two different ones that are told as one stretch."""
FEW = 6
"""Places of one stretch up to which each is a finding."""


def data_findings(a: Program, b: Program, changes: Changes) -> Iterator[Finding]:
    """What differs in pairs of stretches that matched functions read: a finding for each place, or one for all of them
    where they are many.

    Texts, tables of names and the ROM's own sums are left out: they are told elsewhere or follow from everything else.
    """
    readers: dict[tuple[int, int], list[str]] = {}
    for change in changes.of:
        for pair in change.data:
            readers.setdefault(pair, []).append(change.pair.a.name)
    covered = _texts(a), _texts(b)
    for x, y, size, other in changes.data:
        who = ", ".join(dict.fromkeys(readers[x, y][:3]))
        if size != other and changes.corresponds(x + size, y + other) and max(size, other) < len(a.image) // 8:
            rows = [(0, size, other)]
        else:
            rows = [(start, end - start, end - start) for start, end in _differing(changes, x, y, min(size, other))]
        rows = [
            (start, m, n) for start, m, n in rows
            if not {x + start + i for i in range(m)} & covered[0] and not {y + start + i for i in range(n)} & covered[1]
            and not (_sum(a, x + start) and _sum(b, y + start))
        ]
        if len(rows) > FEW:
            yield _many(a, b, x, y, rows, who)
            continue
        for start, m, n in rows:
            yield Finding.of(
                "table", f"data at {x:05X}, read by {who}" if m == n else f"size of the data at {x:05X}, read by {who}",
                (_hex(a, x + start, m), _hex(b, y + start, n)) if m == n else (f"{m} bytes", f"{n} bytes"),
                () if m == n else tuple(f"{s} {_hex(p, at, k)}" for s, p, at, k in (("A", a, x, m), ("B", b, y, n))),
                (f"A {x + start:05X}", f"B {y + start:05X}"),
            )


def _many(a: Program, b: Program, x: int, y: int, rows: list[tuple[int, int, int]], who: str) -> Finding:
    """Many places of one stretch."""
    first, size = rows[0][0], sum(m for _, m, _ in rows)
    shown = [f"{x + start:05X}: {_hex(a, x + start, m)} -> {_hex(b, y + start, n)}" for start, m, n in rows[:MOST]]
    more = [f"and {len(rows) - MOST} more"] if len(rows) > MOST else []
    return Finding(
        "table", f"data at {x:05X}, read by {who}: {size:,} bytes in {len(rows)} places",
        _hex(a, x + first, MOST + 1), _hex(b, y + first, MOST + 1), (*shown, *more),
        (f"A {x + first:05X}", f"B {y + first:05X}"),
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
    rows = [(text.address, len(text.text)) for text in Texts(program).told]
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

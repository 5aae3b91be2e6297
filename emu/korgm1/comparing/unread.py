"""Findings in what nothing is known to read or to reach: data behind pointers, code without a caller, filling.

They are named by what they look like and by what stands before them. None is left out: where many bytes of one piece
differ they are one finding, with their number.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from korgm1.analysis import Program, Text
from korgm1.comparing.changes import Changes
from korgm1.comparing.finding import Finding
from korgm1.comparing.looks import code, describe, dump
from korgm1.comparing.patches import bits
from korgm1.comparing.remains import Remains, Run, Shifts, differing
from korgm1.comparing.texts import Texts
from korgm1.romset.checksums import find_checksums

SINGLE = 3
"""Runs of one piece up to which each is a finding."""
FAR = 256
"""Bytes between two runs from which they belong to different pieces."""
SHOWN = 8
"""Runs of a piece that are shown."""
LEAST_FILL = 256
"""Bytes of filling from which its value is told of."""

TextPair = tuple[Text | None, Text | None]
Unread = tuple[Finding, tuple[Run, ...]]
"""A finding, and where the bytes are that it is about."""


def unread_findings(
    a: Program, b: Program, changes: Changes, texts: Sequence[TextPair], tables: Sequence[tuple[int, int]]
) -> Iterator[Unread]:
    """What differs in the bytes that no other finding can be about, and where.

    Args:
        a, b: the programs.
        changes: their functions, and the data those read.
        texts: those that are not the same on both sides.
        tables: side (0 for A, 1 for B) and address of the tables of names that are compared as such.
    """
    one, other = (
        Remains(program.image, program.base, _covered(program, side, changes, tables))
        for side, program in enumerate((a, b))
    )
    yield from ((found, ()) for found in _filling(one, other))
    for piece in _pieces(differing(one, other, _Known(changes, texts)), (one, other)):
        yield from _told(a, b, piece)


def _covered(
    program: Program, side: int, changes: Changes, tables: Sequence[tuple[int, int]]
) -> Iterator[tuple[int, int]]:
    """Address and bytes of what is compared otherwise, and of the ROM's own sums."""
    for at, placed in program.instructions.items():
        yield at, len(placed.instruction.code)
    texts = list(Texts(program).told)
    counted = 2 * sum(_before(program, text) == len(text.text) for text in texts) > len(texts)
    for text in texts:
        at, end = text.address - counted, text.address + len(text.text)
        yield at, end - at + (program.image[end - program.base :][:1] == b"\0")
    for table in program.tables:
        if (side, table.address) in tables:
            yield table.address, table.stride * table.count
    for *places, size in changes.agreed():
        yield places[side], size
    for *places, m, n in changes.data:
        whole = m != n and changes.corresponds(places[0] + m, places[1] + n)
        yield places[side], (m, n)[side] if whole else min(m, n)
    for found in find_checksums(program.image).sure:
        if "IC" not in found.over:
            yield program.base + found.at, 2
        else:
            yield from ((program.base + 2 * (found.at + n) + (found.over == "IC23"), 1) for n in (0, 1))


def _before(program: Program, text: Text) -> int:
    """The byte before a text: its length, with some programs."""
    return program.image[text.address - program.base - 1]


class _Known:
    """`remains.Places` of two programs."""

    def __init__(self, changes: Changes, texts: Iterable[TextPair]) -> None:
        pairs = list(changes.partners())
        for one, other in texts:
            if one is not None and other is not None:
                pairs += [(one.address, other.address)]
                pairs += [(one.address + len(one.text), other.address + len(other.text))]
        self._changes = changes
        self._shifts = Shifts(pairs), Shifts((y, x) for x, y in pairs)

    def before(self, side: int, at: int) -> int | None:
        return self._shifts[side].before(at)

    def behind(self, side: int, at: int) -> int | None:
        return self._shifts[side].behind(at)

    def unlike(self, x: int, y: int, size: int) -> Iterator[int]:
        for n in self._changes.unlike(x - 1, y - 1, size + 2):      # a word may reach over either end
            if 0 < n <= size:
                yield n - 1


def _filling(a: Remains, b: Remains) -> Iterator[Finding]:
    """Another value in what is not used."""
    values = [max(side.fill, key=lambda value: (side.fill[value], value), default=None) for side in (a, b)]
    sizes = [0 if value is None else side.fill[value] for side, value in zip((a, b), values, strict=True)]
    if values[0] != values[1] and min(sizes) >= LEAST_FILL:
        told = (f"{value:02X} ({size:,} bytes)" for value, size in zip(values, sizes, strict=True))
        yield Finding.of("unread", "what fills the unused space", told)


@dataclass(frozen=True)
class _Piece:
    """Runs between the same things that are known; where it begins and ends in A and in B."""

    runs: tuple[Run, ...]
    within: tuple[tuple[int, int], tuple[int, int]]


def _pieces(runs: Sequence[Run], sides: Sequence[Remains]) -> Iterator[_Piece]:
    """The runs, those of one stretch of remaining bytes together."""
    stretches = [[(s.base + start, s.base + end) for start, end in s.segments()] for s in sides]
    starts = [[start for start, _ in rows] for rows in stretches]

    def within(side: int, at: int) -> tuple[int, int]:
        place = bisect_right(starts[side], at) - 1
        found = stretches[side][place] if place >= 0 else (at, at)
        return found if at < found[1] else (at, at)

    groups: list[list[Run]] = []
    for run in runs:
        last = groups[-1][-1] if groups else None
        together = last is not None and 0 <= run.a - last.a_end < FAR and 0 <= run.b - last.b_end < FAR and (
            within(0, last.a) == within(0, run.a) if last.a < last.a_end and run.a < run.a_end
            else within(1, last.b) == within(1, run.b))
        if together:
            groups[-1].append(run)
        else:
            groups.append([run])
    for group in groups:
        first = group[0]
        yield _Piece(tuple(group), (within(0, first.a), within(1, first.b)))


def _told(a: Program, b: Program, piece: _Piece) -> Iterator[Unread]:
    """One finding a run, or one for all of them."""
    dead = _dead(a, b, piece)
    if dead is not None:
        yield dead, piece.runs
    elif len(piece.runs) <= SINGLE:
        yield from ((_single(a, b, run, piece), (run,)) for run in piece.runs)
    else:
        yield _many(a, b, piece), piece.runs


def _many(a: Program, b: Program, piece: _Piece) -> Finding:
    first, last = piece.runs[0], piece.runs[-1]
    sizes = [sum(run.a_end - run.a for run in piece.runs), sum(run.b_end - run.b for run in piece.runs)]
    what = describe(a, first.a, last.a_end) if sizes[0] else describe(b, first.b, last.b_end)
    rows = [f"{_where(run)}: {dump(a, run.a, run.a_end) or '-'} -> {dump(b, run.b, run.b_end) or '-'}"
            for run in piece.runs[:SHOWN]]
    more = [f"and {len(piece.runs) - SHOWN} more"] if len(piece.runs) > SHOWN else []
    return Finding(
        "unread", f"{len(piece.runs)} places in {what}", f"{sizes[0]:,} bytes", f"{sizes[1]:,} bytes",
        (*rows, *more), (f"A {first.a:05X}", f"B {first.b:05X}"),
    )


def _single(a: Program, b: Program, run: Run, piece: _Piece) -> Finding:
    size = max(run.a_end - run.a, run.b_end - run.b)
    some = "a byte" if size == 1 else f"{size:,} bytes"
    (start, end), program = (piece.within[0], a) if run.a < run.a_end else (piece.within[1], b)
    own = run.a < run.a_end and run.b < run.b_end
    goals = _goals(a, b, run)
    if goals is not None:
        what, values = f"where a pointer at {run.a:05X} leads, in {describe(a, start, end)}", goals
    elif own:
        what = f"{some} at {run.a:05X} in {describe(a, start, end)}"
        values = dump(a, run.a, run.a_end), dump(b, run.b, run.b_end)
    else:
        side, at, last = ("A", run.a, run.a_end) if run.a < run.a_end else ("B", run.b, run.b_end)
        what = f"{some} that only {side} has: {describe(program, at, last)}"
        values = dump(a, run.a, run.a_end), dump(b, run.b, run.b_end)
    where = [f"A {run.a:05X}"] if run.a < run.a_end else []
    where += [f"B {run.b:05X}"] if run.b < run.b_end else []
    evidence = [bits(*(p.image[at - p.base :][:size] for p, at in ((a, run.a), (b, run.b))))] if own else []
    return Finding("unread", what, *values, tuple(evidence), tuple(where))


def _goals(a: Program, b: Program, run: Run) -> tuple[str, str] | None:
    """The names of what a word leads to on either side, if that is a routine or a text on both."""
    if not 0 < run.a_end - run.a == run.b_end - run.b <= 2:
        return None
    for back in range(3 - (run.a_end - run.a)):
        names = []
        for program, at in ((a, run.a - back), (b, run.b - back)):
            goal = at & 0xF0000 | int.from_bytes(program.image[at - program.base :][:2], "little")
            function = program.functions.get(goal)
            text = next((row.text for row in program.texts if row.address == goal), "")
            names.append(function.name if function is not None else repr(text) if text else "")
        if all(names):
            return names[0], names[1]
    return None


def _where(run: Run) -> str:
    return f"{run.a:05X}" if run.a < run.a_end else f"B {run.b:05X}"


def _dead(a: Program, b: Program, piece: _Piece) -> Finding | None:
    """Code that nobody reaches: the whole piece decodes, from its start to its end, on each side that has it."""
    first, last = piece.runs[0], piece.runs[-1]
    ends = (first.a, last.a_end), (first.b, last.b_end)
    spans = [within if start < end and within[0] <= start < end <= within[1] else (start, end)
             for within, (start, end) in zip(piece.within, ends, strict=True)]
    listed = [code(program, *span) if span[0] < span[1] else ()
              for program, span in zip((a, b), spans, strict=True)]
    if None in listed or not any(listed):
        return None
    rows = [tuple(row.split("  ", 1)[1] for row in side or ()) for side in listed]
    if rows[0] and rows[1]:
        values = ["; ".join(row for row in rows[n] if row not in rows[1 - n]) for n in (0, 1)]
    else:
        values = [f"{len(side)} instructions" if side else "" for side in rows]
    program, span = (a, spans[0]) if listed[0] else (b, spans[1])
    what = f"code that nobody is known to reach, {describe(program, *span)}"
    where = [f"{name} {span[0]:05X}" for name, side, span in zip("AB", listed, spans, strict=True) if side]
    return Finding.of("unread", what, values, tuple(listed[1] or listed[0] or ())[:24], tuple(where))

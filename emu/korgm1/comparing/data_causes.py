"""Which findings of data, port writes and vectors only follow from others: bytes that an experiment saw elsewhere."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from korgm1.comparing.finding import Finding
from korgm1.comparing.remains import Run
from korgm1.comparing.static import VERSION, Static

ROTATED = 32
"""Bytes of a row of a table at most that only one side has, whose begin is not certain."""
AROUND = 4
"""Bytes around a difference that must be there, too, where a record of the RAM is said to come from it."""
_PLACE = re.compile(r"\b([0-9A-F]{4}):([0-9A-F]{4})\b")


@dataclass(frozen=True)
class Known:
    """What experiments say that code can be compared with, for A and for B.

    Attributes:
        keys: bits of the panel's rows that combinations of keys at power-on have.
        summed: the first RAM address that a sum covers; None where none is known.
        seeds: what those sums begin with that the experiments understand.
        records: kind, and the first record of it in A and in B after an initialisation.
    """

    keys: tuple[frozenset[int], frozenset[int]] = (frozenset(), frozenset())
    summed: tuple[int | None, int | None] = (None, None)
    seeds: tuple[frozenset[int], frozenset[int]] = (frozenset(), frozenset())
    records: tuple[tuple[str, bytes, bytes], ...] = ()


def what_of(row: Finding) -> str:
    return f"{row.kind}: {row.what}"


def places_of(row: Finding) -> Iterator[int]:
    """The addresses of PS:PC in a finding's evidence, and those it belongs to in A."""
    for text in row.evidence:
        yield from ((int(ps, 16) << 4) + int(pc, 16) & 0xFFFFF for ps, pc in _PLACE.findall(text))
    yield from (int(where[2:], 16) for where in row.where)


def _told(rows: Sequence[Finding], side: int) -> set[str]:
    """Bytes of the ports and values that findings of port writes tell."""
    return {pair for row in rows for pair in re.findall("[0-9A-F]{2}", (row.a, row.b)[side])}


def _hex(value: str) -> str:
    """A decimal number as the byte it is in a ROM; other values as they are."""
    return f"{int(value) & 0xFF:02X}" if re.fullmatch("-?[0-9]{1,3}", value) else value


class DataCauses:
    """Why data differ.

    Args:
        by: the findings by kind.
        static: the programs they are of.
        known: what the experiments tell.
    """

    def __init__(self, by: Mapping[str, Sequence[Finding]], static: Static, known: Known) -> None:
        self._by, self._static, self._known = by, static, known
        self._runs = {id(row): runs for row, runs in static.unread}
        self._fresh = {shape.entry: shape.name for shape in (*static.changes.gone, *static.changes.new)}
        self._versions = {(row.a, row.b) for row in by.get("version", ()) if VERSION.fullmatch(row.a)}
        self._words: dict[tuple[int, ...], str] = {}
        for change in static.changes.of:
            for _, _, a, b in change.numbers:
                self._words.setdefault((a, b), change.pair.a.name)

    def sent(self, row: Finding) -> str:
        """Writes of bytes that differ as those of an initial record do."""
        pairs = [pair for pair in zip(row.a.split(), row.b.split(), strict=False) if pair[0] != pair[1]]
        if len(row.a.split()) != len(row.b.split()) or any(x[:4] != y[:4] for x, y in pairs):
            return ""
        values = {(int(x[5:], 16), int(y[5:], 16)) for x, y in pairs}
        for kind, one, other in self._known.records:
            why = self._initial(kind)
            if why and values and values <= {(x, y) for x, y in zip(one, other, strict=False) if x != y}:
                return why
        return ""

    def vector(self, row: Finding) -> str:
        """Vectors that moved as far as a byte that is written to a port."""
        moved = {int(y, 16) - int(x, 16) for x, y in zip(row.a.split(", "), row.b.split(", "), strict=False)
                 if "same routine" in row.what}
        for one in self._by.get("ports", ()):
            values = [re.findall("=([0-9A-F]{2})", text) for text in (one.a, one.b)]
            if len(values[0]) == len(values[1]) == 1 and moved == {int(values[1][0], 16) - int(values[0][0], 16)}:
                return what_of(one)
        return ""

    def _initial(self, kind: str) -> str:
        rows = [row for row in self._by.get("init", ()) if f"initial {kind}" in row.what]
        return what_of(rows[0]) if rows else ""

    def unread(self, row: Finding) -> str:
        """Bytes behind pointers that another finding tells: of the version, of initial contents, of a new function."""
        reasons = [
            self._same_values(row.a, row.b) or self._run(run) or self._bytewise(run) for run in self._runs[id(row)]
        ]
        return " and ".join(dict.fromkeys(reasons)) if reasons and all(reasons) else ""

    def _bytewise(self, run: Run) -> str:
        """Neighbouring bytes that differ for reasons of their own."""
        rows = [p.image[start - p.base : end - p.base] for p, start, end in (
            (self._static.a, run.a, run.a_end), (self._static.b, run.b, run.b_end))]
        if len(rows[0]) != len(rows[1]):
            return ""
        reasons = [self._same_values(f"{x:02X}", f"{y:02X}") for x, y in zip(*rows, strict=True) if x != y]
        return " and ".join(dict.fromkeys(reasons)) if all(reasons) else ""

    def _run(self, run: Run) -> str:
        programs = self._static.a, self._static.b
        spans = (run.a, run.a_end), (run.b, run.b_end)
        bare = [p.image[start - p.base : end - p.base] for p, (start, end) in zip(programs, spans, strict=True)]
        wide = [p.image[max(0, start - p.base - AROUND) : end - p.base + AROUND]
                for p, (start, end) in zip(programs, spans, strict=True)]
        for x, y in self._versions:
            if x.encode("latin-1") in wide[0] and y.encode("latin-1") in wide[1]:
                return "version"
        for kind, one, other in self._known.records:
            if self._initial(kind) and bare[0] and wide[0] in one and wide[1] in other:
                return self._initial(kind)
        fill = next((one for one in self._by["unread"] if one.what.startswith("what fills")), None)
        if fill is not None and all(set(side) == {int(value[:2], 16)} for side, value in
                                    zip(bare, (fill.a, fill.b), strict=True)):
            return what_of(fill)
        alone = len(bare[0]) * len(bare[1]) == 0
        for program, (start, end) in zip(programs, spans, strict=True):
            slack = end - start if alone and end - start <= ROTATED else 0    # a row that is new may be cut anywhere
            for at in range(start - slack, end - 1 + slack):
                goal = at & 0xF0000 | int.from_bytes(program.image[at - program.base :][:2], "little")
                if goal in self._fresh and goal in program.functions:
                    return f"function {self._fresh[goal]}"
        return ""

    def data(self, row: Finding) -> str:
        """Data whose bytes the ports are given by the function that reads them, or that an experiment tells."""
        if "data at" not in row.what:
            return ""
        first = int(row.what.split("data at ")[1][:5], 16)
        readers = [change for change in self._static.changes.of if any(x == first for x, _ in change.data)]
        inside = {word.at for change in readers for word in change.pair.a.words}
        rows = [one for one in self._by.get("ports", ()) if inside & set(places_of(one))]
        told = all(set(text.split()) <= _told(rows, side) for side, text in enumerate((row.a, row.b)))
        if rows and (told or row.what.startswith("size")):
            return " and ".join(dict.fromkeys(map(what_of, rows)))
        return self._word(row) or self._same_values(row.a, row.b)

    def _word(self, row: Finding) -> str:
        """A word that is changed as a constant of a function is."""
        places = [int(where[2:], 16) for where in row.where]
        for back in (0, 1) if len(places) == 2 and len(row.a) == 2 else ():
            words = tuple(
                int.from_bytes(program.image[at - back - program.base :][:2], "little")
                for program, at in zip((self._static.a, self._static.b), places, strict=True)
            )
            if min(words) > 0xFF and words in self._words:
                return f"function {self._words[words]}"
        return ""

    def _same_values(self, a: str, b: str) -> str:
        """A finding of what the data are for that has the same values on both sides."""
        for kind in ("init", "midi", "version"):
            for one in self._by.get(kind, ()):
                if (a, b) in ((one.a, one.b), (_hex(one.a), _hex(one.b))):
                    return what_of(one)
        return ""

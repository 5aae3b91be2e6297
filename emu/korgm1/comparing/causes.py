"""Which findings only follow from others: a changed function from the text it shows, LCD writes from a text.

A finding is explained only when all that is different in it is; what is left over makes it a difference of its own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from korgm1.comparing.changes import Change
from korgm1.comparing.data_causes import DataCauses, Known, places_of, what_of
from korgm1.comparing.finding import Finding
from korgm1.comparing.patches import SUM as SUM_FIELD
from korgm1.comparing.shapes import Shape, Word
from korgm1.comparing.static import VERSION, Static

SUM = 40
"""Instructions of a function that makes a sum."""
VECTORS = 0x400
"""End of the interrupt vectors in the RAM."""
NEAR = 4
"""Rows around the call of a new function that belong to it: what decides whether it is called."""
LARGE = 10
"""Constants from which the same change of one in several functions has one cause."""
_NUMBER = re.compile(r"\b([0-9A-F]{2,4})h?\b")
_FROM = re.compile(r"from \+([0-9A-F]+)h on")
_SECONDS = re.compile(r"([0-9.]+) s$")


def explain(findings: Sequence[Finding], static: Static, known: Known | None = None) -> list[Finding]:
    """The findings, with `because` where one follows from another; in the order they came.

    Args:
        findings: all of them.
        static: the programs they are of.
        known: what the experiments tell; None: nothing.
    """
    known = known or Known()
    return _Causes([*findings, *_sums(static, known)], static, known).all()


def _sums(static: Static, known: Known) -> Iterator[Finding]:
    """Another constant in the small function that knows the address where the sum over the RAM begins."""
    for change in static.changes.of if None not in known.summed else ():
        used = [
            {o.number for word in shape.words for o in word.operands} for shape in (change.pair.a, change.pair.b)
        ]
        if len(change.pair.a.words) > SUM or known.summed[0] not in used[0] or known.summed[1] not in used[1]:
            continue
        for one, other, a, b in change.numbers:
            if not (a and b) or (a in known.seeds[0] and b in known.seeds[1]):
                yield Finding(
                    "validity", f"constant that the sum over the RAM begins with, in {change.pair.a.name}", f"{a:X}h",
                    f"{b:X}h", (), (f"A {one:05X}", f"B {other:05X}"),
                )


class _Causes:
    def __init__(self, findings: Sequence[Finding], static: Static, known: Known) -> None:
        self._findings, self._static, self._known = findings, static, known
        self._changes = {f"A {change.pair.a.entry:05X}": change for change in static.changes.of}
        self._fresh: dict[int, Shape] = {shape.entry: shape for shape in (*static.changes.gone, *static.changes.new)}
        self._masks = known.keys[0] | known.keys[1]
        self._owners: dict[int, int] = {}       # of A; of B negative
        self._constants: dict[tuple[int, int], str] = {}
        self._by: dict[str, list[Finding]] = {}
        for row in findings:
            self._by.setdefault(row.kind, []).append(row)
        self._data = DataCauses(self._by, static, known)
        self._versions = {(row.a, row.b) for row in self._by.get("version", ()) if VERSION.fullmatch(row.a)}
        named = [row for kind in ("validity", "init", "text") for row in self._by.get(kind, ())
                 if kind != "init" or row.what.startswith("name of")]
        self._words = [(row.a.strip(), row.b.strip(), row) for row in named]

    def all(self) -> list[Finding]:
        reasons: dict[str, Callable[[Finding], str]] = {
            "text": self._text, "ports": self._ports, "nec": self._inside, "function-changed": self._function,
            "function-new": self._callee, "function-gone": self._callee, "layout": self._layout,
            "version": self._version, "bytes": self._bytes, "table": self._data.data,
            "unread": self._data.unread, "vector": self._data.vector,
        }
        return [replace(row, because=reasons[row.kind](row)) if row.kind in reasons else row for row in self._findings]

    def _text(self, row: Finding) -> str:
        for x, y, cause in self._words:
            if cause is row:
                continue
            if cause.kind == "validity" and len(row.a) > 4 and row.a in cause.a and row.b and row.b in cause.b:
                return what_of(cause)
            elsewhere = x != row.a.strip() or cause.kind != "text"
            if x and y and elsewhere and row.a.replace(x, y).strip() == row.b.strip():
                return what_of(cause)
            alone = (row.a.strip() and x and x in row.a and not row.b.strip() and not y) or (
                row.b.strip() and y and y in row.b and not row.a.strip() and not x)
            if alone and cause.kind == "text" and "LCD" in row.what and "LCD" not in cause.what:
                return what_of(cause)
        for one, other in self._versions:
            if one in row.a and row.a.replace(one, other) == row.b:
                return "version"
        for cause in self._by.get("threshold", ()):
            said = re.findall(r"'([^']+)'", " ".join(cause.evidence[:1]))
            if "LCD" in row.what and (row.a.strip() in said or row.b.strip() in said):
                return what_of(cause)
        if table := next((one for one in self._by.get("table", ()) if set(one.where) & set(row.where)), None):
            return what_of(table)
        if not row.a or not row.b:
            return self._inside(row) or self._in_table(row)
        return self._lcd(row)

    def _lcd(self, row: Finding) -> str:
        """A line of the LCD in which several of the other differences meet."""
        if "LCD" not in row.what:
            return ""
        line, used = row.a, []
        pairs = [(x, y, what_of(cause)) for x, y, cause in self._words if cause is not row and "LCD" not in cause.what]
        for x, y, why in sorted([*pairs, *((x, y, "version") for x, y in self._versions)], key=lambda p: -len(p[0])):
            if x and y and x in line:
                line = line.replace(x, y)
                used.append(why)
        return " and ".join(dict.fromkeys(used)) if used and line.split() == row.b.split() else ""

    def _in_table(self, row: Finding) -> str:
        for table in self._by.get("table", ()):
            names = re.findall(r"'([^']+)'|: ([^,]+),", " ".join((table.a, table.b, *table.evidence)))
            if any(name and name.strip() in (row.a or row.b) for pair in names for name in pair):
                return what_of(table)
        return ""

    def _ports(self, row: Finding) -> str:
        if row.what.startswith("writes to LCD"):
            return "the texts" if self._by.get("text") or self._by.get("version") else ""
        if row.what.startswith("writes to"):
            return self._data.sent(row)
        return self._inside(row) if row.what.startswith(("in of", "out of")) else ""

    def _inside(self, row: Finding) -> str:
        """All the places it was seen in belong to functions that only one side has; of a text, some: a number may look
        like a reference to it."""
        places = {int(where[2:], 16) for where in row.where}
        refs = {
            origin for program in (self._static.a, self._static.b) for text in program.texts if text.address in places
            for origin in text.refs
        } if row.kind == "text" else places
        holders = {shape.name for shape in self._fresh.values() if refs & {word.at for word in shape.words}}
        inside = {word.at for shape in self._fresh.values() for word in shape.words}
        all_inside = bool(refs & inside) if row.kind == "text" else bool(refs) and refs <= inside
        return "function " + ", ".join(sorted(holders)) if all_inside else ""

    def _callee(self, row: Finding) -> str:
        """A new function that only another new one calls."""
        program = self._static.a if row.kind == "function-gone" else self._static.b
        entry = int(row.where[0][2:], 16)
        callers = program.functions[entry].callers if entry in program.functions else ()
        names = [program.functions[one].name for one in callers if one in self._fresh and one != entry]
        return "function " + ", ".join(names[:3]) if names and len(names) == len(callers) else ""

    def _layout(self, row: Finding) -> str:
        moved = [a for a, b in self._static.changes.ram.items() if a != b]
        if "code uses" in row.what and self._by.get("vector") and all(at < VECTORS for at in moved):
            return what_of(self._by["vector"][0])
        others = [one for one in self._by["layout"] if "validity" in one.what and one is not row]
        return what_of(others[0]) if others else ""

    def _bytes(self, row: Finding) -> str:
        """Bytes of a function, a text or data told of anyway; a checksum that is right again."""
        if not row.where:
            return ""
        at = int(row.where[0][2:], 16)
        if row.what.endswith(SUM_FIELD):
            others = [one for one in self._by["bytes"] if one.where and not one.what.endswith(SUM_FIELD)]
            return "the bytes that are summed" if others else ""
        for one, _ in self._static.texts:
            if one is not None and one.address <= at < one.address + len(one.text):
                return f"text {one.text.strip()!r}"
        for data in self._by.get("table", ()):
            if data.what.startswith("data at") and 0 <= at - int(data.where[0][2:], 16) < len(data.a.split()):
                return what_of(data)
        for told, runs in self._static.unread:
            if any(run.a <= at < run.a_end for run in runs):
                return what_of(told)
        for change in self._static.changes.of if "code" in row.what else ():
            words = [word for number in change.differs if (word := change.rows[number][0]) is not None]
            code = self._static.a.instructions
            if any(word.at <= at < word.at + len(code[word.at].instruction.code) for word in words):
                return f"function {change.pair.a.name}"
        return ""

    def _version(self, row: Finding) -> str:
        rows = self._by["version"]
        first = next((one for one in reversed(rows) if one.a.startswith("#")), rows[-1])
        return "" if row is first or row.a.lstrip("#0") != first.a.lstrip("#0") else what_of(first)

    def _function(self, row: Finding) -> str:
        change = self._changes.get(row.where[0])
        if change is None:
            return ""
        shared = self._shared(change)
        if shared:
            return shared
        reasons: list[str] = []
        for why in (*self._numbers(change), *self._calls(change), *self._code(change)):
            if not why:
                return ""
            reasons.append(why)
        reasons += ["texts"] if change.texts else []
        reasons += ["RAM addresses"] if change.ram else []
        return " and ".join(dict.fromkeys(reasons)) if reasons else ""

    def _shared(self, change: Change) -> str:
        """Another function that was told of already has the very instructions that differ."""
        entry = change.pair.a.entry
        pairs = [change.rows[row] for row in change.differs]
        places = [word.at if one is not None else -word.at for one, other in pairs for word in (one or other,) if word]
        owners = {self._owners.setdefault(place, entry) for place in places}
        owner = min(owners, default=entry)
        if owner == entry or len(owners) > 1:
            return ""
        return f"function {self._changes[f'A {owner:05X}'].pair.a.name}"

    def _numbers(self, change: Change) -> Iterator[str]:
        for _, _, a, b in change.numbers:
            name = self._constants.setdefault((a, b), change.pair.a.name)
            same = f"function {name}" if min(a, b) >= LARGE and name != change.pair.a.name else ""
            yield self._number(a, b) or same

    def _number(self, a: int, b: int) -> str:
        for kind in ("threshold", "midi", "validity", "layout"):
            for row in self._by.get(kind, ()):
                values = [{int(found, 16) for found in _NUMBER.findall(text)} for text in (row.a, row.b)]
                if a in values[0] and b in values[1]:
                    return what_of(row)
        for row in self._by.get("validity", ()):
            if row.what.startswith("constant") and (f"{a:X}h", f"{b:X}h") == (row.a, row.b):
                return what_of(row)
        for row in self._by.get("keys", ()):
            if a in self._masks and b in self._masks:
                return what_of(row)
        for row in self._by.get("table", ()):
            counts = [re.match(r"([0-9]+) names", text) for text in (row.a, row.b)]
            if counts[0] and counts[1] and (int(counts[0][1]), int(counts[1][1])) in ((a, b), (a >> 8, b >> 8)):
                return what_of(row)
            sizes = [re.match(r"([0-9]+) bytes$", text) for text in (row.a, row.b)]
            if sizes[0] and sizes[1] and row.what.startswith("size") and a * int(sizes[1][1]) == b * int(sizes[0][1]):
                return what_of(row)
        for row in self._by.get("vector", ()):
            first = [int(text[:2], 16) for text in (row.a, row.b) if "same routine" in row.what]
            if first and b - a == first[1] - first[0] and a <= first[0]:
                return what_of(row)
        shifts = {0, *(y - x for x, y in self._static.changes.ram.items())}
        for row in self._by.get("validity", ()):
            sides = [_FROM.search(text) for text in (row.a, row.b)]
            if sides[0] and sides[1]:
                moved = int(sides[1][1], 16) - int(sides[0][1], 16)
                if any(b - a == moved + shift for shift in shifts) or 2 * (a - b) == moved:
                    return what_of(row)
        for row in self._by.get("time", ()):
            times = [_SECONDS.search(text) for text in (row.a, row.b)]
            if times[0] and times[1] and min(a, b) > 1:
                ratio = float(times[1][1]) / max(1e-3, float(times[0][1]))
                if abs(b / a - ratio) < 0.02 * ratio:
                    return what_of(row)
        for row in self._by.get("text", ()):
            column = row.what.startswith("column") and row.a.isdigit() and row.b.isdigit()
            if column and int(row.b) - int(row.a) == b - a:
                return what_of(row)
        return ""

    def _calls(self, change: Change) -> Iterator[str]:
        for a, b in change.calls:
            fresh = self._fresh.get(a) or self._fresh.get(b)
            yield f"function {fresh.name}" if fresh else ""

    def _code(self, change: Change) -> Iterator[str]:
        """Instructions that were added or removed: those around a call of a function that only one side has."""
        near: dict[int, str] = {}
        for number, row in enumerate(change.rows):
            for side, word in enumerate(row):
                names = () if word is None else (*self._goals(word), *self._seen(word, side))
                for name in names:
                    near.update(dict.fromkeys(range(number - NEAR, number + NEAR + 1), name))
        for number in sorted(change.differs):
            one, other = change.rows[number]
            if one is None or other is None:
                yield near.get(number, "")

    def _goals(self, word: Word) -> Iterator[str]:
        for operand in word.operands:
            if operand.kind == "function" and operand.number in self._fresh:
                yield f"function {self._fresh[operand.number].name}"

    def _seen(self, word: Word, side: int) -> Iterator[str]:
        """What an experiment or a boot saw an instruction do: write to a port what the other side does not, compare
        with where a sum begins."""
        for row in self._by.get("ports", ()):
            if word.at in list(places_of(row))[side : side + 1]:
                yield what_of(row)
        rows = [row for row in self._by.get("validity", ()) if _FROM.search(row.b)]
        if rows and self._known.summed[side] in [operand.number for operand in word.operands]:
            yield what_of(rows[0])

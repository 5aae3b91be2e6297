"""Findings that need no run: functions, texts, tables, ports, NEC instructions, version of two programs."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace

from korgm1.analysis import Program, Table, Text
from korgm1.comparing.changes import Change, Changes
from korgm1.comparing.data import data_findings
from korgm1.comparing.finding import Finding
from korgm1.comparing.matching import Matching
from korgm1.comparing.patches import patch_findings
from korgm1.comparing.shapes import Shapes
from korgm1.comparing.texts import likely, pairs
from korgm1.comparing.unread import Unread, unread_findings

RELATED = 0.2
"""Share of matched functions, of the smaller side, below which two programs have nothing to do with each other."""
ALIKE = 0.9
"""Share of equal bytes from which they have, whatever their functions are."""
FEWEST = 5
"""Names of a table; functions in common."""
SHOWN = 3
"""Constants or instructions of a changed function that are told in its line."""
VERSION = re.compile(r"#\s?[0-9]{2}\b")


@dataclass(frozen=True, eq=False)
class Static:
    """What a static comparison found.

    Attributes:
        a, b: the programs.
        matching: which function is which.
        changes: what changed in those.
        findings: the differences.
        texts: (A's text or None, B's or None) that are not the same on both sides.
        unread: the findings of what nothing refers to, and where those bytes are.
    """

    a: Program
    b: Program
    matching: Matching
    changes: Changes
    findings: tuple[Finding, ...]
    texts: tuple[tuple[Text | None, Text | None], ...]
    unread: tuple[Unread, ...]

    @property
    def related(self) -> bool:
        """Whether they are versions of one program."""
        least = min(len(self.a.functions), len(self.b.functions))
        alike = sum(x == y for x, y in zip(self.a.image, self.b.image, strict=False))
        return len(self.matching.pairs) >= max(FEWEST, RELATED * least) or alike >= ALIKE * len(self.a.image)

    @property
    def counts(self) -> dict[str, int]:
        """Functions by class: same, moved, changed, new, gone."""
        found = Counter(change.kind for change in self.changes.of)
        return {
            "same": found["same"], "moved": found["moved"], "changed": found["changed"],
            "new": len(self.changes.new), "gone": len(self.changes.gone),
        }


def compare_programs(a: Program, b: Program) -> Static:
    """What differs between two programs, from their images alone."""
    one, other = Shapes(a), Shapes(b)
    known = [
        (_entry(a, a.vectors[number]), _entry(b, b.vectors[number])) for number in a.vectors if number in b.vectors
    ]
    matching = Matching(one, other, [(0xFFFF0, 0xFFFF0), *known])
    changes = Changes(one, other, matching)
    changes.absorb()
    static = Static(a, b, matching, changes, (), tuple(_together(list(pairs(a, b)), changes)), ())
    unread: tuple[Unread, ...] = ()
    findings = [*_texts(static), *_ports(static), *_nec(a, b), *patch_findings(a, b)]
    if static.related:
        findings += [*_tables(static), *data_findings(a, b, changes), *_vectors(static), *_functions(static)]
        names = [(side, table.address) for side, p in enumerate((a, b)) for table in p.tables if _names(table)]
        unread = tuple(unread_findings(a, b, changes, static.texts, names))
        findings += [row for row, _ in unread]
    return replace(static, findings=tuple(findings), unread=unread)


def _together(rows: list[tuple[Text | None, Text | None]], changes: Changes) -> list[tuple[Text | None, Text | None]]:
    """A text that only A has and one that only B has are one if matched functions use them in the same place, or if
    they stand where what is around them does."""
    used = {pair for change in changes.of for pair in change.texts}
    alone = {other.text: other for one, other in rows if one is None and other is not None}
    found: list[tuple[Text | None, Text | None]] = []
    for one, other in rows:
        if one is not None and other is None:
            other = next((text for text in alone.values() if (one.text, text.text) in used), None) or next(
                (text for text in alone.values() if changes.corresponds(one.address, text.address)), None)
            if other is not None:
                del alone[other.text]
        if one is not None or (other is not None and other.text in alone):
            found.append((one, other))
    return found


def _entry(program: Program, place: tuple[int, int]) -> int:
    return (place[0] << 4) + place[1] & 0xFFFFF


def place(address: int) -> str:
    """An address of the ROM in a report."""
    return f"{address:05X}"


def _texts(static: Static) -> Iterator[Finding]:
    for one, other in static.texts:
        texts = [t.text if t is not None else "" for t in (one, other)]
        versions = [VERSION.search(text) for text in texts]
        if versions[0] and versions[1]:
            if versions[0][0] != versions[1][0]:
                yield Finding(
                    "version", "version in a text of the ROM", versions[0][0], versions[1][0],
                    (f"{texts[0].strip()!r} and {texts[1].strip()!r}",), _where(one, other),
                )
            texts = [VERSION.sub("", text).rstrip() for text in texts]
            if texts[0] == texts[1]:
                continue
        lone = ("A", one) if other is None else ("B", other)
        if not (one and other) and lone[1] is not None and (lone[0], lone[1].address) in static.changes.settled:
            continue
        what = "text" if one and other else "text that only A has" if one else "text that only B has"
        yield Finding.of("text", what, texts, (), _where(one, other))


def _where(one: Text | Table | None, other: Text | Table | None) -> tuple[str, ...]:
    return tuple(f"{side} {place(row.address)}" for side, row in (("A", one), ("B", other)) if row is not None)


def _ports(static: Static) -> Iterator[Finding]:
    sides = [
        {(port, use.way) for port, uses in program.ports.items() for use in uses} for program in (static.a, static.b)
    ]
    for port, way in sorted(sides[0] ^ sides[1]):
        name = static.a.port_names.get(port) or static.b.port_names.get(port) or ""
        used = ["used" if (port, way) in side else "" for side in sides]
        where = tuple(
            f"{side} {place(use.address)}" for side, program in (("A", static.a), ("B", static.b))
            for use in program.ports.get(port, ()) if use.way == way
        )
        label = f"port {port:04X}" if port >= 0 else "a port that is not known"
        yield Finding("ports", f"{way} of {label} {name}".rstrip(), used[0], used[1], (), where[:8])


def _nec(a: Program, b: Program) -> Iterator[Finding]:
    for form in sorted({*a.nec, *b.nec}):
        counts = [len(program.nec.get(form, ())) for program in (a, b)]
        if (counts[0] == 0) == (counts[1] == 0):
            continue
        program, side = (a, "A") if counts[0] else (b, "B")
        first = program.nec[form][0]
        code = program.instructions.get(first)
        mnemonic = "" if code is None else code.instruction.text("nec").split()[0]
        yield Finding.of(
            "nec", f"NEC instruction {mnemonic} ({form})",
            (f"in {count} place{'' if count == 1 else 's'}" if count else "" for count in counts),
            (), tuple(f"{side} {place(at)}" for at in program.nec[form][:8]),
        )


def _tables(static: Static) -> Iterator[Finding]:
    """Tables of names, matched by what refers to them, or by half their names."""
    ours, theirs = ([t for t in program.tables if _names(t)] for program in (static.a, static.b))
    free = list(theirs)
    for table in ours:
        rows = [(_shared(static, table, other), -n) for n, other in enumerate(free)]
        best = max(rows, default=(0.0, 0))
        partner = free.pop(-best[1]) if best[0] >= 0.5 else None
        if partner is None:
            yield Finding("table", "table of names that only A has", _table(table), "", (), _where(table, None))
        elif table.entries != partner.entries:
            gone = [str(e) for e in table.entries if e not in partner.entries]
            new = [str(e) for e in partner.entries if e not in table.entries]
            evidence = [f"only in {side}: " + ", ".join(map(repr, rows[:12])) for side, rows in
                        (("A", gone), ("B", new)) if rows]
            yield Finding(
                "table", f"table of names that begins with {str(table.entries[0]).strip()!r}",
                f"{table.count} names", f"{partner.count} names", tuple(evidence), _where(table, partner),
            )
    for table in free:
        yield Finding("table", "table of names that only B has", "", _table(table), (), _where(None, table))


def _names(table: Table) -> bool:
    """Whether it is a table of names, and no pointers that happen to be readable."""
    good = sum(likely(str(entry).strip()) for entry in table.entries)
    return table.kind == "names" and table.count >= FEWEST and good >= 0.8 * table.count


def _shared(static: Static, a: Table, b: Table) -> float:
    names = [{str(e).strip() for e in t.entries} for t in (a, b)]
    return len(names[0] & names[1]) / max(1, min(map(len, names)))


def _table(table: Table) -> str:
    names = ", ".join(str(e).strip() for e in table.entries[:3])
    return f"{table.count} names: {names} ..."


def _vectors(static: Static) -> Iterator[Finding]:
    """Vectors whose routine is another one; routines that went from vectors to others together are one finding."""
    moves = dict(_moved_vectors(static))
    if moves:
        numbers = (", ".join(f"{number:02X}" for number in side) for side in (moves, moves.values()))
        yield Finding.of(
            "vector", "vectors of the same routines" if len(moves) > 1 else "vector of the same routine", numbers
        )
    for number in sorted({*static.a.vectors, *static.b.vectors} - moves.keys() - set(moves.values())):
        places = [program.vectors.get(number) for program in (static.a, static.b)]
        entries = [None if p is None else (p[0] << 4) + p[1] & 0xFFFFF for p in places]
        if entries[0] is not None and entries[1] is not None:
            if static.matching.partner(entries[0]) == entries[1] or entries[0] == entries[1]:
                continue
            if entries[0] not in static.a.functions or entries[1] not in static.b.functions:
                continue
        names = ["" if p is None else f"{p[0]:04X}:{p[1]:04X}" for p in places]
        yield Finding.of("vector", f"interrupt vector {number:02X}", names)


def _moved_vectors(static: Static) -> Iterator[tuple[int, int]]:
    """Number in A -> number in B of routines that have one vector on each side, and not the same."""
    sides = [{_entry(p, at): number for number, at in sorted(p.vectors.items())} for p in (static.a, static.b)]
    for entry, number in sides[0].items():
        other = sides[1].get(static.matching.partner(entry) or -1, number)
        once = [sum(_entry(p, at) == e for at in p.vectors.values()) == 1
                for p, e in ((static.a, entry), (static.b, static.matching.partner(entry)))]
        if other != number and all(once):
            yield number, other


def _functions(static: Static) -> Iterator[Finding]:
    for shape in static.changes.gone:
        size = f"{len(shape.words)} instructions"
        callers = _callers(static.a, shape.entry)
        yield Finding("function-gone", shape.name, size, "", callers, (f"A {place(shape.entry)}",))
    for shape in static.changes.new:
        size = f"{len(shape.words)} instructions"
        callers = _callers(static.b, shape.entry)
        yield Finding("function-new", shape.name, "", size, callers, (f"B {place(shape.entry)}",))
    for change in static.changes.of:
        if change.kind == "changed":
            pair = change.pair
            values = _values(static, change)
            yield Finding(
                "function-changed", pair.a.name if pair.a.name == pair.b.name else f"{pair.a.name} / {pair.b.name}",
                values[0], values[1], tuple(_told(change)),
                (f"A {place(pair.a.entry)}", f"B {place(pair.b.entry)}", *_places(change)),
            )
    if static.changes.ram:
        moved = Counter(b - a for a, b in static.changes.ram.items() if a != b)
        told = ", ".join(f"{count} by {shift:+X}h" for shift, count in moved.most_common(4))
        first = min((a, b) for a, b in static.changes.ram.items() if a != b)
        yield Finding(
            "layout", "RAM addresses that the code uses", f"{first[0]:04X} ...", f"{first[1]:04X} ...",
            (f"moved: {told}",),
        )


def _callers(program: Program, entry: int) -> tuple[str, ...]:
    """Who calls a function, in a sentence; nothing where nobody is known to."""
    function = program.functions.get(entry)
    names = [] if function is None else [program.functions[one].name for one in function.callers]
    return (f"called from {', '.join(names[:4])}" + (" ..." if len(names) > 4 else ""),) if names else ()


def _values(static: Static, change: Change) -> tuple[str, str]:
    """What a changed function has on either side: constants if nothing else differs, a few instructions, its size."""
    if change.numbers and not (change.code or change.calls or change.texts or change.strange):
        rows = list(dict.fromkeys((a, b) for _, _, a, b in change.numbers))
        if len(rows) <= SHOWN:
            a, b = (", ".join(_constant(row[side]) for row in rows) for side in (0, 1))
            return a, b
    found = []
    for side, program in enumerate((static.a, static.b)):
        words = [word for row in sorted(change.differs) if (word := change.rows[row][side]) is not None]
        code = "; ".join(program.instructions[word.at].instruction.text("intel") for word in words[:SHOWN])
        size = len((change.pair.a, change.pair.b)[side].words)
        found.append(code if len(words) <= SHOWN else f"{len(words)} of {size} instructions")
    return found[0], found[1]


def _constant(value: int) -> str:
    return f"{value:X}h ({value})" if value > 9 else f"{value}"


def _places(change: Change) -> Iterator[str]:
    """Where its differing instructions are."""
    for row in sorted(change.differs)[:12]:
        for side, word in zip("AB", change.rows[row], strict=True):
            if word is not None:
                yield f"{side} {place(word.at)}"


def _told(change: Change) -> Iterator[str]:
    """A sentence for each sort of change in a function."""
    yield f"{change.pair.likeness:.0%} alike, matched by {change.pair.how}"
    if change.numbers:
        yield "constants: " + ", ".join(dict.fromkeys(f"{a:X}h -> {b:X}h" for _, _, a, b in change.numbers[:12]))
    if change.ram:
        yield "RAM addresses: " + ", ".join(f"{a:04X} -> {b:04X}" for a, b in dict.fromkeys(change.ram[:12]))
    if change.texts:
        yield "texts: " + ", ".join(f"{a!r} -> {b!r}" for a, b in change.texts[:6])
    if change.calls:
        yield "calls or uses: " + ", ".join(f"{a:05X} -> {b:05X}" for a, b in change.calls[:6])
    if change.code:
        yield f"{change.code} instruction{'' if change.code == 1 else 's'} added, removed or replaced"

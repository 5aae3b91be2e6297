"""The evidence of the code in a report: functions by class, maps of both ROMs, aligned disassembly, texts, tables."""

from __future__ import annotations

from korgm1.analysis import Program
from korgm1.comparing.changes import Change
from korgm1.comparing.comparison import Comparison
from korgm1.comparing.drawing import COLOURS, rom_map
from korgm1.comparing.page import Html, code, folded, picture, table, text
from korgm1.comparing.shapes import Word
from korgm1.comparing.static import Static

LISTED = 80
"""Changed functions whose disassembly is in the report."""
AROUND = 3
"""Instructions shown around a difference."""
LONGEST = 160
"""Rows of one function."""


def code_sections(found: Comparison) -> list[tuple[str, str, Html]]:
    """Anchor, heading, content."""
    static = found.static
    if static is None:
        return []
    return [
        ("map", "Maps of the ROMs", _maps(static)), ("functions", "Functions", _functions(static)),
        ("changed", "Changed functions, side by side", _changed(static)), ("texts", "Texts", _texts(static)),
    ]


def _maps(static: Static) -> Html:
    legend = "".join(
        f'<span><span class="key" style="background: rgb{colour}"></span>{text(name)}</span>'
        for name, colour in COLOURS.items()
    )
    maps = "".join(
        f"<div><h3>{letter}</h3>{picture(rom_map(static, side), f'map of the ROM of {letter}', 'map')}</div>"
        for side, letter in enumerate("AB")
    )
    lead = "<p>E0000 at the top left, 1 KB a row, FFFFF at the bottom right; four bytes a point.</p>"
    return f'{lead}<p class="legend">{legend}</p><div class="pair">{maps}</div>'


def _functions(static: Static) -> Html:
    heads = {
        "same": "the same, at the same address", "moved": "the same, at another address",
        "changed": "changed", "new": "only in B", "gone": "only in A",
    }
    rows = [[text(name), f"{static.counts[name]:,}", text(what)] for name, what in heads.items()]
    lists = "".join(
        folded(f"{heads[name]}: {len(shapes)}", table(("name", "address", "instructions"), [
            [code(shape.name), code(f"{shape.entry:05X}"), f"{len(shape.words)}"] for shape in shapes[:400]
        ], "", ("", "", "n")))
        for name, shapes in (("new", static.changes.new), ("gone", static.changes.gone)) if shapes
    )
    moved = [row for row in static.changes.of if row.kind in ("moved", "same")]
    listed = table(("A", "at", "B", "at", "matched by"), [
        [code(row.pair.a.name), code(f"{row.pair.a.entry:05X}"), code(row.pair.b.name), code(f"{row.pair.b.entry:05X}"),
         text(row.pair.how)] for row in moved[:1500]
    ], "", ("a", "a", "b", "b", "soft"))
    classes = table(("class", "functions", ""), rows, "", ("", "n", ""))
    return classes + lists + folded(f"unchanged: {len(moved)}", listed)


def _changed(static: Static) -> Html:
    rows = [change for change in static.changes.of if change.kind == "changed"]
    if not rows:
        return "<p>None.</p>"
    parts = [_function(static, change) for change in rows[:LISTED]]
    more = f'<p class="soft">and {len(rows) - LISTED} more</p>' if len(rows) > LISTED else ""
    return "".join(parts) + more


def _function(static: Static, change: Change) -> Html:
    shown: set[int] = set()
    for row in change.differs:
        shown |= set(range(row - AROUND, row + AROUND + 1))
    lines: list[Html] = []
    before = -1
    for number, (one, other) in enumerate(change.rows):
        if number not in shown or len(lines) > LONGEST:
            continue
        if before not in (-1, number - 1):
            lines.append('<tr><td colspan="2" class="soft">...</td></tr>')
        before = number
        mark = ("gone" if other is None else "new" if one is None else "changed") if number in change.differs else ""
        cells = f"<td>{_line(static.a, one)}</td><td>{_line(static.b, other)}</td>"
        lines.append(f'<tr class="{mark}">{cells}</tr>')
    pair = change.pair
    head = f"{pair.a.name} at {pair.a.entry:05X} and {pair.b.name} at {pair.b.entry:05X}: {pair.likeness:.0%} alike"
    return folded(head, '<table class="diff"><tbody>' + "\n".join(lines) + "</tbody></table>")


def _line(program: Program, word: Word | None) -> Html:
    if word is None or word.at not in program.instructions:
        return ""
    line = f"{word.at:05X}  {program.instructions[word.at].instruction.text()}"
    said = [str(o.value) for o in word.operands if o.kind == "text"]
    return code(line + (f"   ; {said[0]!r}" if said else ""))


def _texts(static: Static) -> Html:
    if not static.texts:
        return "<p>Both have the same texts.</p>"
    rows = [
        [*(code("" if t is None else f"{t.address:05X}") for t in pair),
         *(code("" if t is None else t.text) for t in pair)]
        for pair in static.texts[:400]
    ]
    return table(("A at", "B at", "A", "B"), rows, "texts", ("a", "b", "a", "b"))

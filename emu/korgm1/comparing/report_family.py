"""Several firmwares as one HTML page: a column a version, and how much differs between which."""

from __future__ import annotations

from korgm1.comparing.family import Family
from korgm1.comparing.finding import KINDS
from korgm1.comparing.gathering import LETTERS
from korgm1.comparing.page import Html, code, folded, page, table, text
from korgm1.comparing.report import title

SHOWN = 400
"""Rows of a kind."""


def family_html(found: Family) -> str:
    """The report."""
    names = [title(rom) for rom in found.firmware]
    sections = [("matrix", "How much differs between which", _matrix(found)), ("features", "Differences", _rows(found))]
    sections.append(("consequences", "What only follows from these", _consequences(found)))
    head = f"<h1>{text(', '.join(names))} compared</h1>" + table(
        ("", "firmware", "SHA-1 of the 131,072 bytes", "read from", "remarks"),
        [[f"<b>{letter}</b>", text(title(rom)), f'<span class="mono">{text(rom.sha1)}</span>', text(rom.source),
          "<br>".join(map(text, rom.warnings))] for letter, rom in zip(LETTERS, found.firmware, strict=False)],
        "firmware",
    )
    foot = '<p class="soft">korgm1 compare A B gives two of them with all the evidence.</p>'
    return page(f"{len(names)} firmwares compared", sections, head, foot)


def _heads(found: Family) -> list[str]:
    return [f"{letter} {rom.version}" for letter, rom in zip(LETTERS, found.firmware, strict=False)]


def _matrix(found: Family) -> Html:
    heads = _heads(found)
    rows = [[f"<b>{text(head)}</b>", *("-" if x == y else "?" if n is None else f"{n}" for y, n in enumerate(row))]
            for x, (head, row) in enumerate(zip(heads, found.matrix, strict=True))]
    apart = "".join(f"<p>A and {pair.letters[1]}: {text(pair.verdict)}</p>" for pair in found.pairs if not pair.related)
    lead = "<p>Each was compared with the first; a number says in how many of the rows below two of them differ.</p>"
    return lead + table(("", *heads), rows, "", ("", *["n"] * len(heads))) + apart


def _rows(found: Family) -> Html:
    parts = []
    for kind, heading in KINDS.items():
        rows = [row for row in found.features if row.kind == kind]
        cells = [[text(row.what), *(_value(value, row.values[0]) for value in row.values)] for row in rows[:SHOWN]]
        if rows:
            more = f'<p class="soft">and {len(rows) - SHOWN} more</p>' if len(rows) > SHOWN else ""
            parts.append(f"<h3>{text(heading)}</h3>" + table(("what", *_heads(found)), cells) + more)
    lead = "<p>What is not as in the first is in bold letters.</p>"
    return lead + "".join(parts) if parts else "<p>Nothing differs, as far as this looks.</p>"


def _value(value: str | None, first: str | None) -> Html:
    if value is None:
        return '<span class="soft">not compared</span>'
    return code(value) if value == first else f"<b>{code(value)}</b>"


def _consequences(found: Family) -> Html:
    parts = []
    for pair in found.pairs:
        letter = pair.letters[1]
        cells = [[text(row.what), code(row.a), code(row.b), text(row.because)] for row in pair.consequences[:SHOWN]]
        notes = "".join(f"<p>{text(note)}</p>" for note in pair.notes)
        listed = table(("what", "A", letter, "follows from"), cells) if cells else ""
        parts.append(folded(f"A and {letter}: {len(pair.consequences)} consequences", notes + listed))
    return "".join(parts)

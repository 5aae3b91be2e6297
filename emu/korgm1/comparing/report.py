"""A comparison as one HTML page: verdict, findings by kind, then the evidence."""

from __future__ import annotations

from collections.abc import Sequence

from korgm1 import __version__
from korgm1.comparing.comparison import Comparison
from korgm1.comparing.finding import KINDS, Finding, small
from korgm1.comparing.page import Html, code, folded, page, table, text
from korgm1.comparing.report_code import code_sections
from korgm1.comparing.report_runs import run_sections
from korgm1.romset.load import RomSet

SHOWN = 400
"""Rows of a table of findings."""


def html(found: Comparison) -> str:
    """The report.

    >>> from korgm1.comparing import compare; from korgm1.romset.load import load_os
    >>> one = load_os(None, "m1"); "identical" in html(compare(one, one))
    True
    """
    names = [title(rom) for rom in found.firmware]
    sections = [("findings", "Findings", _findings(found))] if found.sides is not None else []
    if found.consequences:
        sections.append(("consequences", "What only follows from these", _consequences(found)))
    sections += run_sections(found)
    sections += code_sections(found)
    sections.append(("limits", "What this does not show", _limits(found)))
    return page(f"{names[0]} and {names[1]} compared", sections, _head(found, names), _foot())


def title(rom: RomSet) -> str:
    """A firmware's name and version."""
    return f"{rom.name} {rom.version}".strip()


def _head(found: Comparison, names: Sequence[str]) -> Html:
    heading = (
        f'<h1><span class="a">{text(names[0])}</span> and <span class="b">{text(names[1])}</span> compared</h1>'
    )
    rows = []
    for side, (letter, rom) in enumerate(zip("AB", found.firmware, strict=True)):
        model = "-" if found.sides is None else found.sides[side].model
        remarks = "<br>".join(text(row) for row in rom.warnings) or '<span class="soft">none</span>'
        rows.append([
            f'<b class="{letter.lower()}">{letter}</b>', text(title(rom)),
            f'<span class="mono">{text(rom.sha1)}</span>',
            text(rom.source), text(model), remarks,
        ])
    verdict = f'<p class="verdict{" same" if not found.differences else ""}"><b>Verdict:</b> {text(found.verdict)}.</p>'
    heads = ("", "firmware", "SHA-1 of the 131,072 bytes", "read from", "ran as", "remarks")
    return heading + verdict + table(heads, rows, "firmware")


def _findings(found: Comparison) -> Html:
    if not found.differences:
        return "<p>Nothing differs, as far as this looks.</p>"
    parts = []
    for kind, heading in KINDS.items():
        rows = [row for row in found.differences if row.kind == kind]
        if rows:
            parts.append(f'<h3 id="kind-{kind}">{text(heading)} <span class="soft">({len(rows)})</span></h3>')
            parts.append(_table(rows))
    counts = [(kind, sum(row.kind == kind for row in found.differences)) for kind in KINDS]
    links = ", ".join(
        f'<a href="#kind-{kind}">{text(small(KINDS[kind]))}</a> {count}' for kind, count in counts if count
    )
    return f"<p>{links}</p>" + "".join(parts)


def _table(rows: Sequence[Finding]) -> Html:
    cells = [
        [text(row.what), code(row.a), code(row.b), "<br>".join(text(one) for one in row.evidence),
         "<br>".join(code(one) for one in row.where[:4])]
        for row in rows[:SHOWN]
    ]
    more = f'<p class="soft">and {len(rows) - SHOWN} more</p>' if len(rows) > SHOWN else ""
    return table(("what", "A", "B", "seen", "where"), cells, "findings", ("", "a", "b", "soft", "")) + more


def _consequences(found: Comparison) -> Html:
    cells = [
        [text(KINDS.get(row.kind, row.kind)), text(row.what), code(row.a), code(row.b), text(row.because)]
        for row in found.consequences[:SHOWN]
    ]
    listed = table(("kind", "what", "A", "B", "follows from"), cells, "consequences", ("", "", "a", "b", "soft"))
    lead = "<p>These differ, too, but each is explained by a finding above; they are not counted in the verdict.</p>"
    return lead + folded(f"{len(found.consequences)} consequences", listed)


def _limits(found: Comparison) -> Html:
    lines = [*found.notes]
    if found.sides is not None:
        lines += [
            "Runs are of the emulated board: times are its clock's, voltages its ADC's (korgm1 hypotheses).",
            "A function that neither side reached by analysis or by running is not compared; the map shows it as data.",
            "What differs only under inputs that were not tried is seen in the code alone. --script adds inputs.",
        ]
    return "<ul>" + "".join(f"<li>{text(line)}</li>" for line in lines) + "</ul>" if lines else "<p>Nothing.</p>"


def _foot() -> Html:
    return f'<p class="soft">korgm1 {text(__version__)}, korgm1 compare. Nothing in this page is loaded.</p>'

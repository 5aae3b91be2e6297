"""The evidence of the runs in a report: boots, LCD timelines with pictures, port writes, experiments, script."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from korgm1.clock import CPU_HZ
from korgm1.comparing.comparison import Comparison
from korgm1.comparing.drawing import lcd
from korgm1.comparing.dynamic import BootPair
from korgm1.comparing.page import Html, code, folded, picture, table, text
from korgm1.comparing.pictures import Row, align
from korgm1.comparing.side import BOOTS
from korgm1.comparing.writes import ChipWrites, Rounds
from korgm1.result import LcdChange

DRAWN = 60
"""LCD pictures of a report; the rest are text."""
PICTURES = 40
"""Rows of a timeline."""
LISTED = 40
"""Differences of a chip's writes that are listed."""


def run_sections(found: Comparison) -> list[tuple[str, str, Html]]:
    """Anchor, heading, content."""
    if found.sides is None:
        return []
    budget = [DRAWN]
    sections = [("boots", "Boots", _boots(found)), ("lcd", "LCD timelines", _timelines(found, budget))]
    sections.append(("writes", "Port writes", "".join(_writes(pair) for pair in found.boots if pair.chips)))
    if found.sides[0].experiments or found.sides[1].experiments:
        sections.append(("experiments", "Experiments", _experiments(found)))
    if found.sides[0].script is not None and found.sides[1].script is not None:
        rows = "".join(
            f"<h3>{text(one.title)}: {code(one.do)}</h3>" + _rows(align(one.pictures, other.pictures), budget)
            for one, other in zip(found.sides[0].script.phases, found.sides[1].script.phases, strict=False)
        )
        sections.append(("script", f"Script: {found.sides[0].script.title}", rows))
    return sections


def _boots(found: Comparison) -> Html:
    assert found.sides is not None
    rows = []
    for pair in found.boots:
        one, other = (side.boots[pair.name] for side in found.sides)
        rows.append([
            text(one.title), f"{one.clocks / CPU_HZ:.2f} s", f"{other.clocks / CPU_HZ:.2f} s", text(one.ended),
            text(other.ended), text(_bytes(one.midi_out)), text(_bytes(other.midi_out)),
        ])
    heads = ("power-on", "A", "B", "A ended", "B ended", "A's MIDI OUT", "B's MIDI OUT")
    lead = "<p>Same inputs, same cell, same RAM chips; the time is until the display has stood still for a second.</p>"
    return lead + table(heads, rows, "", ("", "n a", "n b", "a", "b", "a", "b"))


def _bytes(data: bytes) -> str:
    other = bytes(byte for byte in data if byte != 0xFE)
    return other[:16].hex(" ") or ("active sensing only" if data else "nothing")


def _timelines(found: Comparison, budget: list[int]) -> Html:
    parts = [
        "<p>Pictures in one row are the same one, or stand in the same place of the boot. A white bar is below every "
        "character that differs.</p>"
    ]
    for pair in found.boots:
        same = sum(row.same for row in pair.rows)
        note = f'<span class="soft">({same} of {len(pair.rows)} pictures are the same)</span>'
        parts.append(f"<h3>{text(BOOTS[pair.name][0])} {note}</h3>")
        parts.append(_rows(pair.rows, budget))
    return "".join(parts)


def _rows(rows: Sequence[Row], budget: list[int]) -> Html:
    cells = [
        [f"{number}<br>{_said(row)}", _picture(row.a, row, budget), _picture(row.b, row, budget)]
        for number, row in enumerate(rows[:PICTURES], 1)
    ]
    more = f'<p class="soft">and {len(rows) - PICTURES} more</p>' if len(rows) > PICTURES else ""
    return table(("", "A", "B"), cells, "lcd", ("soft", "", "")) + more


def _said(row: Row) -> Html:
    """What became of a picture, in a word."""
    if row.a is None or row.b is None:
        return f"<b>only {'B' if row.a is None else 'A'}</b>"
    if not row.same:
        return "<b>differs</b>"
    return "same, <b>other time</b>" if row.lasts_differently else "same"


def _picture(shown: LcdChange | None, row: Row, budget: list[int]) -> Html:
    if shown is None:
        return '<span class="soft">no such picture</span>'
    stood = row.stood_a if shown is row.a else row.stood_b
    when = f"{shown.seconds:.3f} s, " + ("stays" if stood is None else f"for {stood / CPU_HZ:.2f} s")
    marked = row.differing
    lines = "\n".join(line.rstrip() for line in shown.lcd)
    if budget[0] <= 0:
        return f'<span class="soft">{when}</span><pre>{_marked(shown.lcd, marked)}</pre>'
    budget[0] -= 1
    alt = (lines.strip() and lines) or "an empty display"
    if marked:
        alt += "; what differs: " + ", ".join(f"line {n + 1}, {_columns(first, end)}" for n, first, end in marked)
    return f'<span class="soft">{when}</span>' + picture(lcd(shown.lcd, 4, marked), alt, "lcd", 494)


def _columns(first: int, end: int) -> str:
    return f"column {end}" if end - first == 1 else f"columns {first + 1} to {end}"


def _marked(lines: Sequence[str], marked: Sequence[tuple[int, int, int]]) -> Html:
    """Lines of text, what differs underlined."""
    rows = []
    for number, line in enumerate(lines):
        at, parts = 0, []
        for _, first, end in (row for row in marked if row[0] == number):
            parts += [text(line[at:first]), f"<u>{text(line[first:end].ljust(end - first))}</u>"]
            at = end
        rows.append("".join([*parts, text(line[at:].rstrip())]))
    return "\n".join(rows)


def _writes(pair: BootPair) -> Html:
    rows = [
        [text(chip.chip), f"{chip.count_a:,}", f"{chip.count_b:,}",
         text(f"{len(chip.differences)} stretches" + ("" if chip.exact else ", not aligned: too many")),
         text("first writes differ" if any(chip.news) else "in the phase of loops, or in texts")]
        for chip in pair.chips if chip.differences
    ]
    same = ", ".join(f"{chip.chip} ({chip.count_a:,})" for chip in pair.chips if not chip.differences)
    listed = "".join(
        folded(f"{chip.chip}: where its writes differ", _differences(chip)) for chip in pair.chips if chip.differences
    )
    heads = ("chip", "writes of A", "of B", "differ, loops counted once", "how")
    told = f"<p>The same in both: {text(same)}.</p>" if same else ""
    return f"<h3>{text(BOOTS[pair.name][0])}</h3>" + table(heads, rows, "", ("", "n a", "n b", "")) + told + listed


def _differences(chip: ChipWrites) -> Html:
    cells = []
    for row in chip.differences[:LISTED]:
        cells.append([_stretch(row.a), _stretch(row.b)])
    more = len(chip.differences) - LISTED
    return table(("A: clock, PS:PC, port = value", "B"), cells, "", ("a", "b")) + (
        f'<p class="soft">and {more} more</p>' if more > 0 else ""
    )


def _stretch(rows: Sequence[Rounds]) -> Html:
    lines = []
    for row in rows[:12]:
        first = row.writes[0]
        values = " ".join(f"{write.port:04X}={write.value:02X}" for write in row.writes[:12])
        times = f" x {row.times}" if row.times > 1 else ""
        lines.append(f"{first.clock:>12,} {first.place} {values}{times}")
    if len(rows) > 12:
        lines.append(f"and {len(rows) - 12} more")
    return code("\n".join(lines))


def _experiments(found: Comparison) -> Html:
    assert found.sides is not None
    one, other = (side.experiments for side in found.sides)
    parts = []
    for name in dict.fromkeys([*one, *other]):
        results = [side[name].to_dict() if name in side else {} for side in (one, other)]
        rows = [
            [text(key.replace("_", " ")), code(_plain(results[0].get(key))), code(_plain(results[1].get(key)))]
            for key in dict.fromkeys([*results[0], *results[1]])
        ]
        differs = sum(row[1] != row[2] for row in rows)
        parts.append(folded(
            f"{name} ({differs or 'no'} field{'' if differs == 1 else 's'} different)",
            table(("", "A", "B"), rows, "sides", ("", "a", "b")),
        ))
    return "<p>Each is described by <code>korgm1 probe</code>, which makes them on one firmware.</p>" + "".join(parts)


def _plain(value: Any, depth: int = 0) -> str:
    """A value in lines; long ones are cut."""
    if value is None:
        return ""
    if isinstance(value, Mapping):
        rows = [f"{key}: {_plain(item, depth + 1)}" for key, item in value.items() if item not in (None, "", [], {})]
        return (", " if depth else "\n").join(rows)[:1500]
    if isinstance(value, list | tuple):
        return ("; " if depth else "\n").join(_plain(item, depth + 1) for item in value[:24])[:1500]
    return str(value)[:1500]

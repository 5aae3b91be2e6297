"""What `korgm1 sram` prints: an image, a record, what differs; as text and as plain values."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

from korgm1.sram_layout import openm1, unknown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from korgm1.sram_layout import Change, Comparison, Layout, Record

PLURALS = {"program": "programs", "combination": "combinations", "song": "songs"}
PER_LINE = 5
WORST = 5
"""Records that are named as most hit."""
TEXTS = 12
"""Runs of text shown of an unknown image."""


def summary(path: str, layout: Layout) -> str:
    """What the image is, whether it is valid, what it holds."""
    seen = unknown.overview(layout.image)
    lines = [f"{path}: {layout.name}, {layout.how}"]
    if layout.checked:
        state = "yes, power-on takes it as it is" if layout.valid else "no: " + "; ".join(layout.problems)
        lines.append(f"{'valid':13} {state}")
        lines += [f"{name:13} {words}" for name, words in layout.facts.items()]
        settings = next(layout.records("settings"))
        shown = [
            f"{row.name} {row.in_words(row.value(settings.data))}"
            for row in settings.table.present(settings.data) if row.name in _SETTINGS
        ]
        lines.append(f"{'settings':13} {', '.join(shown)}")
    lines.append(
        f"{'bits':13} {seen.ones:.1%} are ones; {seen.entropy:.2f} bits of information a byte; "
        f"{seen.common_share:.1%} of the bytes are {seen.common:02X}"
    )
    if layout.checked:
        lines += ["", f"{'region':20} {'addresses':10} {'bytes':>6} records"]
        lines += [
            f"{row.name:20} {row.start:04X}-{row.end - 1:04X}  {row.end - row.start:6,}"
            + (f" {row.count:7,}" if row.table else "") + ("" if layout.used(row) else "  all zero")
            for row in layout.regions
        ]
    else:
        lines += _unknown(seen)
    return "\n".join(lines)


def names(layout: Layout, kinds: Sequence[str]) -> str:
    """The names of the records, five a line; ? marks one with values that no panel could have set."""
    blocks = []
    for kind in kinds:
        rows = list(layout.records(kind))
        if not rows:
            continue
        odd = sum(1 for row in rows if row.outside)
        head = f"{len(rows)} {PLURALS[kind]}" + (f", {odd} with impossible values (?)" if odd else "")
        cells = [f"{row.title.split()[-1]:>3}{'?' if row.outside else ' '}{row.name:12}" for row in rows]
        lines = ["".join(cells[at : at + PER_LINE]).rstrip() for at in range(0, len(cells), PER_LINE)]
        blocks.append("\n".join([head, *lines]))
    return "\n\n".join(blocks) or "no names: no table of programs, combinations or songs is known in this image"


def record_text(record: Record) -> str:
    """A record in full: address, parameter, value in words, and what is impossible."""
    impossible = record.outside
    lines = [f"{record.label}, {record.start:04X}-{record.start + len(record.data) - 1:04X}"]
    for row in record.table.present(record.data):
        low, high = row.range()
        wrong = f"  ? {'-' if low is None else low} to {high} is possible" if row.name in impossible else ""
        if wrong and row.text:
            wrong = "  ? " + record.data[row.byte : row.byte + row.text].hex(" ")
        lines.append(f"{record.start + row.byte:04X}  {row.name:42} {row.in_words(row.value(record.data))}{wrong}")
    return "\n".join(lines)


def record_dict(record: Record) -> dict[str, Any]:
    """The same as plain values."""
    shown = {row.name: row.in_words(row.value(record.data)) for row in record.table.present(record.data)}
    return {**record.to_dict(), "words": shown}


def layout_dict(layout: Layout, kinds: Sequence[str]) -> dict[str, Any]:
    """An image as plain values."""
    seen = unknown.overview(layout.image)
    return {
        "layout": layout.name, "recognised": layout.how,
        "valid": layout.valid if layout.checked else None, "problems": list(layout.problems),
        "facts": dict(layout.facts), "ones": seen.ones, "entropy": seen.entropy,
        "common": {"byte": seen.common, "share": seen.common_share},
        "stretches": [vars(row) for row in seen.stretches],
        "name_tables": [{**vars(row), "kind": row.kind} for row in seen.tables],
        "regions": [
            {"name": row.name, "start": row.start, "end": row.end, "records": row.count, "kept": row.kept}
            for row in layout.regions
        ],
        **{
            PLURALS[kind]: [
                {"number": row.number, "address": row.start, "name": row.name, "impossible": row.outside}
                for row in layout.records(kind)
            ]
            for kind in kinds
        },
    }


def comparison(a: str, b: str, found: Comparison, limit: int | None) -> str:
    """What differs between two images.

    Args:
        a, b: their names.
        found: what was found.
        limit: list so many changes of what is kept, those of programs, combinations and songs first, the most
            hit before the others; None: all, by address, and those of the work areas.
    """
    if not found:
        return f"{a} and {b}: no difference"
    total, layout = found.total, found.layout
    lines = [
        f"{a} and {b}: {total.bytes:,} bytes differ in {total.bits:,} bits, {total.to_one:,} 0->1 and "
        f"{total.to_zero:,} 1->0",
        f"read as {layout.name}, {layout.how}",
    ]
    if layout.checked:
        lines += [f"{path} is {'not valid: ' + '; '.join(why) if why else 'valid'}" for path, why in
                  ((a, layout.problems), (b, openm1.problems(found.after)))]
    lines += ["", f"{'region':20} {'bytes':>7} {'0->1':>7} {'1->0':>7}"]
    lines += [f"{row.name:20} {row.bytes:7,} {row.to_one:7,} {row.to_zero:7,}" for row in found.regions]
    counted = [
        f"{sum(1 for row in found.records if layout.region_at(row.address).table == kind)} of "
        f"{sum(region.count for region in layout.regions if region.table == kind)} {plural}"
        for kind, plural in PLURALS.items() if any(region.table == kind for region in layout.regions)
    ]
    worst = sorted(
        (row for row in found.records if layout.region_at(row.address).table in PLURALS),
        key=lambda row: (-row.bits, row.address),
    )
    if counted:
        lines += ["", "hit: " + ", ".join(counted)]
        if worst:
            named = [f"{row.name} ({row.bits} bit{'' if row.bits == 1 else 's'})" for row in worst[:WORST]]
            more = f" and {len(worst) - WORST:,} more" if len(worst) > WORST else ""
            lines += textwrap.wrap(f"most hit: {', '.join(named)}{more}", 100, subsequent_indent="  ",
                                   break_on_hyphens=False)
    kept = {region.start for region in layout.regions if region.kept}
    every = limit is None or not kept
    changes = [row for row in found.changes if every or layout.region_at(row.address).start in kept]
    if limit is not None:
        hits = {row.address: row.bits for row in worst}

        def place(change: Change) -> tuple[int, int, int]:
            record = layout.record_at(change.address)
            start = -1 if record is None else record.start
            return -hits.get(start, 0), start if start in hits else 0, change.address

        changes.sort(key=place)
    lines += ["", *map(str, changes[:limit])]
    left = len(found.changes) - len(changes[:limit])
    if left:
        lines.append(f"... {left:,} more; --all lists them")
    return "\n".join(lines)


_SETTINGS = {"MIDI channel", "Exclusive", "Protect programs", "Protect combinations", "Protect sequences"}


def _unknown(seen: unknown.Overview) -> list[str]:
    lines = ["", f"{'addresses':10} {'entropy':>7} {'ones':>6}  looks like"]
    lines += [
        f"{row.start:04X}-{row.end - 1:04X}  {row.entropy:7.2f} {row.ones:6.1%}  {_LOOKS.get(row.looks, row.looks)}"
        for row in seen.stretches
    ]
    lines.append("")
    lines += [
        f"{row.count} names every {row.stride} bytes from {row.start:04X}"
        + (f", {row.count - row.readable} unreadable" if row.readable < row.count else "")
        + (f": the size of an M1's {PLURALS[row.kind]}" if row.kind else "")
        for row in seen.tables
    ]
    texts = [
        (at, text) for at, text in seen.texts if not any(row.start <= at < row.last + row.stride for row in seen.tables)
    ]
    if texts:
        lines += ["", f"longest of {len(texts)} runs of text elsewhere"]
        lines += [f"{at:04X}  {text[:100].rstrip()}" for at, text in texts[:TEXTS]]
    return lines


_LOOKS = {"noise": "noise, as a RAM wakes or as packed data"}

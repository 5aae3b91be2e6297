"""Findings of the experiments on either firmware: battery, validity, initial contents, keys, MIDI."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from korgm1.comparing.data_causes import Known
from korgm1.comparing.finding import Finding
from korgm1.comparing.side import Side
from korgm1.experiments.initial import Initial, NameTable
from korgm1.experiments.keys import Held, PowerOnKeys
from korgm1.experiments.midi import MidiReplies, Reply
from korgm1.experiments.threshold import Threshold
from korgm1.experiments.validity import Place, Validity
from korgm1.session import Session

MOST = 40
"""Parameters of one record that are told."""
HELD = {
    "shows": "make it show another text", "initialises": "make it initialise the RAM", "hangs": "make it hang",
    "writes": "make it write other bytes into the RAM",
}
"""What a combination of keys does, `Held.effect`, in words."""
IDENTITY = {"member code": slice(8, 10), "version": slice(10, 14)}
"""Bytes of the reply to an identity request, F0 to F7, behind the maker's and the family's."""

_NUMBER = re.compile(r"\b(?=[0-9A-F]*[0-9])[0-9A-F]+\b")
_FROM = re.compile(r"\+([0-9A-F]+)h")


def experiment_findings(a: Side, b: Side) -> Iterator[Finding]:
    """Where the experiments came to different results."""
    for name in a.experiments:
        one, other = a.experiments[name], b.experiments.get(name)
        if isinstance(one, Threshold) and isinstance(other, Threshold):
            yield from _threshold(one, other)
        elif isinstance(one, Validity) and isinstance(other, Validity):
            yield from _validity(one, other)
        elif isinstance(one, Initial) and isinstance(other, Initial):
            yield from _initial(one, other)
        elif isinstance(one, PowerOnKeys) and isinstance(other, PowerOnKeys):
            yield from _keys(one, other)
        elif isinstance(one, MidiReplies) and isinstance(other, MidiReplies):
            yield from _midi(one, other)


def _threshold(a: Threshold, b: Threshold) -> Iterator[Finding]:
    rows = (
        ("lowest ADC code without a low-battery message", a.code, b.code, (a.message, b.message)),
        ("highest ADC code without a high-battery message", a.high_code, b.high_code, (a.high_message, b.high_message)),
        ("lowest ADC code that ends a low-battery message of the last power-on", a.recovers, b.recovers,
         (a.message, b.message)),
    )
    volts = [
        f"{side}: the low-battery message up to {row.volts_low:.3f} V" for side, row in (("A", a), ("B", b))
        if row.volts_low is not None and row.volts_high is not None
    ]
    for what, one, other, said in rows:
        if one != other:
            evidence = (f"messages {said[0]!r} and {said[1]!r}", *(volts if one == a.code and other == b.code else ()))
            codes = ("" if code is None else f"{code:02X}h" for code in (one, other))
            yield Finding.of("threshold", what, codes, evidence)
    if a.watched != b.watched:
        yield Finding("threshold", "a cell that falls in use is noticed", str(a.watched), str(b.watched))


def _base(found: Validity) -> int:
    """Where the tested data begin: the first place that matters; 0 where nothing does."""
    return min((row.start for row in found.places), default=0)


def _validity(a: Validity, b: Validity) -> Iterator[Finding]:
    bases = _base(a), _base(b)
    if bases[0] != bases[1]:
        yield Finding(
            "layout", "first RAM address that the validity test looks at", f"{bases[0]:04X}", f"{bases[1]:04X}",
            ("found by flipping bytes and booting",),
        )
    for what in ("signature", "fixed value"):
        marks = [[_bytes(row) for row in side.places if row.kind == what and any(row.value)] for side in (a, b)]
        if marks[0] != marks[1]:
            yield Finding(
                "validity", f"{what} that makes the RAM valid", ", ".join(marks[0]), ", ".join(marks[1]),
                ("every bit of it matters alone",),
            )
    sums = [_covered(side.places, base) for side, base in zip((a, b), bases, strict=True)]
    if sums[0] != sums[1]:
        yield Finding.of(
            "validity", "RAM covered by a sum, counted from the first place that is tested", sums,
            ("any byte of it that is flipped makes a complaint",),
        )


def _bytes(row: Place) -> str:
    return "".join(chr(byte) if 0x20 <= byte < 0x7F else f"<{byte:02X}>" for byte in row.value)


def _covered(places: Iterable[Place], base: int) -> str:
    """Where what a sum covers begins; bytes right before it that are tested otherwise, too, count as covered."""
    first = end = -1
    for row in places:
        if row.kind == "covered by a sum":
            return f"from +{(first if row.start == end else row.start) - base:02X}h on"
        if row.kind == "value in range":
            first = first if row.start == end else row.start
            end = row.end
    return ""


def _initial(a: Initial, b: Initial) -> Iterator[Finding]:
    kinds = [{_kind(row): row for row in side.tables} for side in (a, b)]
    for kind in dict.fromkeys([*kinds[0], *kinds[1]]):
        one, other = kinds[0].get(kind), kinds[1].get(kind)
        if one is None or other is None:
            yield Finding("init", f"table of {kind}s after an initialisation", _table(one), _table(other))
            continue
        if (one.start, one.stride, one.count) != (other.start, other.stride, other.count):
            yield Finding("layout", f"where the {kind}s lie", _table(one), _table(other))
        if one.name.rstrip() != other.name.rstrip():
            yield Finding("init", f"name of an initial {kind}", one.name, other.name)
        yield from _parameters(kind, one.values, other.values)
        if not one.values and not other.values:
            yield from _bytes_of(kind, one, other)


def _bytes_of(kind: str, one: NameTable, other: NameTable) -> Iterator[Finding]:
    """The bytes of two records that differ, without their names, which are told by themselves."""
    names = [row.name.rstrip().encode("latin-1", "replace") for row in (one, other)]
    starts = {row.first.find(name) for row, name in zip((one, other), names, strict=True)} - {-1}
    named = {start + n for start in starts for n in range(max(map(len, names)))}
    pairs = enumerate(zip(one.first, other.first, strict=False))
    differ = [n for n, (x, y) in pairs if x != y and n not in named][:MOST]
    if differ:
        places = ", ".join(f"+{n:02X}h" for n in differ)
        told = (" ".join(f"{row.first[n]:02X}" for n in differ) for row in (one, other))
        yield Finding.of("init", f"initial {kind}, counted from {one.start:04X}: {places}", told)


def _table(row: NameTable | None) -> str:
    return "" if row is None else f"{row.start:04X}, {row.count} of {row.stride} bytes"


def _parameters(kind: str, a: Mapping[str, Any], b: Mapping[str, Any]) -> Iterator[Finding]:
    """One finding for the parameters that changed in the same way, as two oscillators' releases."""
    groups: dict[tuple[str, str], list[str]] = {}
    for name in dict.fromkeys([*a, *b]):
        if a.get(name) != b.get(name) and name != "Name":
            groups.setdefault((str(a.get(name, "")), str(b.get(name, ""))), []).append(name)
    for (one, other), names in list(groups.items())[:MOST]:
        yield Finding("init", f"initial {kind}: {', '.join(names)}", one, other)


def _keys(a: PowerOnKeys, b: PowerOnKeys) -> Iterator[Finding]:
    models = (f"A in an {a.model}, B in an {b.model}, whose keys may lie elsewhere",) if a.model != b.model else ()
    rows = [
        {(row.effect, *(row.keys if row.effect == "shows" else ())): row for row in side.found} for side in (a, b)
    ]
    pairs = [(rows[0].get(key), rows[1].get(key)) for key in dict.fromkeys([*rows[0], *rows[1]])]
    for one, other in _together(pairs):
        if one is not None and other is not None and one.keys == other.keys:
            continue
        effect = (one or other).effect  # type: ignore[union-attr]
        said = [" / ".join(row.said) for row in (one, other) if row is not None]
        yield Finding.of(
            "keys", f"keys that, held at power-on, {HELD.get(effect, effect)}",
            ("+".join(row.keys) if row else "" for row in (one, other)),
            (*(f"said: {text}" for text in dict.fromkeys(said) if text), *models),
        )


def _together(pairs: Iterable[tuple[Held | None, Held | None]]) -> Iterator[tuple[Held | None, Held | None]]:
    """Keys that only A has and keys that only B has are one row if they make the same texts appear, numbers
    apart."""
    rows = list(pairs)
    alone = [other for one, other in rows if one is None and other is not None]
    for one, other in rows:
        if one is not None and other is None and one.said:
            other = next((row for row in alone if (row.effect, _words(row)) == (one.effect, _words(one))), None)
            if other is not None:
                alone.remove(other)
        if one is not None or other in alone:
            yield one, other


def _words(row: Held) -> list[str]:
    """What it says without its numbers: a sum of the ROM is another in every version."""
    return [_NUMBER.sub("", text) for text in row.said]


def known(a: Side, b: Side) -> Known:
    """What code can be compared with."""
    return Known((key_masks(a), key_masks(b)), (_summed(a), _summed(b)), (_seeds(a), _seeds(b)), _records(a, b))


def _records(a: Side, b: Side) -> tuple[tuple[str, bytes, bytes], ...]:
    """Kind and first record of both, of the tables that both initialise."""
    found = [side.experiments.get("initial contents") for side in (a, b)]
    if not isinstance(found[0], Initial) or not isinstance(found[1], Initial):
        return ()
    kinds = [{_kind(row): row.first for row in side.tables} for side in found if isinstance(side, Initial)]
    return tuple((kind, first, kinds[1][kind]) for kind, first in kinds[0].items() if kind in kinds[1])


def _kind(row: NameTable) -> str:
    return row.kind or f"table of {row.stride}"


def _summed(side: Side) -> int | None:
    found = side.experiments.get("validity")
    if not isinstance(found, Validity):
        return None
    text = _FROM.search(_covered(found.places, 0))
    return int(text[1], 16) if text else None


def _seeds(side: Side) -> frozenset[int]:
    found = side.experiments.get("validity")
    return frozenset(row.seed for row in found.sums) if isinstance(found, Validity) else frozenset()


def key_masks(side: Side) -> frozenset[int]:
    """The bits of the panel's rows that the combinations found at power-on have in one column: what code compares with.

    Args:
        side: with or without the experiment on keys.
    """
    found = side.experiments.get("power-on keys")
    if not isinstance(found, PowerOnKeys):
        return frozenset()
    panel = Session(model=side.model, roms=side.firmware).machine.panel
    masks: set[int] = set()
    for row in found.found:
        columns: dict[int, int] = {}
        for column, line in map(panel.place, row.keys):
            columns[column] = columns.get(column, 0) | 1 << line
        masks |= set(columns.values())
    return frozenset(masks)


def _midi(a: MidiReplies, b: MidiReplies) -> Iterator[Finding]:
    rows = [{row.name: row for row in side.replies} for side in (a, b)]
    for name in dict.fromkeys([*rows[0], *rows[1]]):
        one, other = rows[0].get(name), rows[1].get(name)
        if one is not None and other is not None and {one.answer, other.answer} == {"identity"}:
            yield from _identity(one.head, other.head)
            continue
        answers = [_reply(row) for row in (one, other)]
        if answers[0] != answers[1]:
            request = (one or other).request.hex(" ").upper()  # type: ignore[union-attr]
            yield Finding.of("midi", f"answer to {request} ({name})", answers)
    if a.senses != b.senses:
        yield Finding("midi", "active sensing", str(a.senses), str(b.senses))


def _identity(a: bytes, b: bytes) -> Iterator[Finding]:
    """The bytes that differ, as decimal numbers."""
    for name, where in IDENTITY.items():
        rows = [(x, y) for x, y in zip(a[where], b[where], strict=False) if x != y]
        if rows:
            yield Finding.of(
                "version" if name == "version" else "midi", f"{name} in the identity reply",
                (" ".join(str(byte) for byte in side) for side in zip(*rows, strict=True)),
                (f"{a.hex(' ')} and {b.hex(' ')}",),
            )


def _reply(row: Reply | None) -> str:
    """Function and length; the data of a dump are what `_initial` tells."""
    if row is None or not row.length:
        return ""
    function = f", function {row.head[4]:02X}" if len(row.head) > 5 and row.head[1] == 0x42 else ""
    return f"{row.answer or 'bytes'}{function}, {row.length} bytes"

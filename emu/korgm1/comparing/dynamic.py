"""Findings of runs: LCD timelines, port writes, boot times."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from korgm1.clock import CPU_HZ
from korgm1.comparing.finding import Finding
from korgm1.comparing.pictures import Row, align
from korgm1.comparing.side import Side
from korgm1.comparing.writes import ChipWrites, compare_writes

SHOWN = 8
"""Writes of a finding."""
V50 = 0xFFE0
"""First port of the CPU's system registers."""
ALIKE = 0.005
"""Seconds by which two differences may differ to be the same finding's."""


@dataclass(frozen=True)
class BootPair:
    """A boot of both firmwares, side by side.

    Attributes:
        name: of `side.BOOTS`.
        rows: the LCD timelines, aligned.
        chips: the port writes, chip by chip.
    """

    name: str
    rows: tuple[Row, ...]
    chips: tuple[ChipWrites, ...]


def chip_names(a: Mapping[int, str], b: Mapping[int, str]) -> Mapping[int, str]:
    """Port -> chip: its name up to the first blank or underscore; the LCD's ports apart from the rest of the PIO, the
    CPU's system registers together."""
    names = {**b, **a}
    return {
        port: "LCD" if name.endswith("LCD") else "V50" if port >= V50 else name.replace("_", " ").split()[0]
        for port, name in names.items() if port >= 0
    }


def pair_boots(a: Side, b: Side) -> tuple[BootPair, ...]:
    """The boots that both have."""
    chips = chip_names(a.program.port_names, b.program.port_names)

    def chip(port: int) -> str:
        return chips.get(port, f"port {port:04X}")

    return tuple(
        BootPair(
            name, align(a.boots[name].pictures, b.boots[name].pictures),
            compare_writes(a.boots[name].writes, b.boots[name].writes, chip),
        )
        for name in a.boots if name in b.boots
    )


def boot_findings(a: Side, b: Side, pairs: Sequence[BootPair]) -> Iterator[Finding]:
    """What differs in the boots; what several boots show is told once."""
    seen: set[tuple[str, str]] = set()
    told: set[tuple[str, str, str]] = set()
    for pair in pairs:
        one, other = a.boots[pair.name], b.boots[pair.name]
        if one.ended != other.ended:
            yield Finding("time", f"how it ends: {one.title}", one.ended, other.ended)
        for row in pair.rows:
            yield from _picture(row, one.title, seen)
        for found in _chips(pair, one.title):
            key = (found.what, found.a, found.b)
            if key not in told:
                told.add(key)
                yield found
    yield from _times([(row, a.boots[pair.name].title) for pair in pairs for row in pair.rows])
    yield from _ports(a, b)


def _picture(row: Row, title: str, seen: set[tuple[str, str]]) -> Iterator[Finding]:
    """The lines of a picture that differ; each pair of lines once."""
    if row.same:
        return
    lines = [("", "") if side is None else side.lcd for side in (row.a, row.b)]
    for number, (x, y) in enumerate(zip(*lines, strict=True), 1):
        if x == y or (x, y) in seen or not (x.strip() or y.strip()):
            continue
        seen.add((x, y))
        when = [f"{side} at {one.seconds:.2f} s" for side, one in (("A", row.a), ("B", row.b)) if one is not None]
        evidence = (f"{title}: " + ", ".join(when), f"{x.rstrip()!r} and {y.rstrip()!r}")
        if x.split() == y.split():
            word, columns = next(
                (m.group(), (m.start(), n.start()))
                for m, n in zip(re.finditer(r"\S+", x), re.finditer(r"\S+", y), strict=True) if m.start() != n.start()
            )
            what = f"column of {word!r} on line {number} of the LCD, from 0"
            yield Finding("text", what, str(columns[0]), str(columns[1]), evidence)
        else:
            yield Finding("text", f"line {number} of the LCD", x.rstrip(), y.rstrip(), evidence[:1])


def _times(rows: Sequence[tuple[Row, str]]) -> Iterator[Finding]:
    """How long pictures stood; those that stand longer in B by the same time are one finding."""
    groups: dict[float, tuple[float, float, list[str]]] = {}
    for row, title in rows:
        if row.a is None or row.stood_a is None or row.stood_b is None or not row.lasts_differently:
            continue
        text = next((line.strip() for line in row.a.lcd if line.strip()), "an empty display")
        times = row.stood_a / CPU_HZ, row.stood_b / CPU_HZ
        longer = next((known for known in groups if abs(known - times[1] + times[0]) < ALIKE), times[1] - times[0])
        groups.setdefault(longer, (*times, []))[2].append(
            f"{text!r} ({title}): {times[0]:.3f} s and {times[1]:.3f} s"
        )
    for one, other, texts in groups.values():
        yield Finding(
            "time", f"how long the LCD shows {texts[0].rsplit(' (', 1)[0]}", f"{one:.2f} s", f"{other:.2f} s",
            tuple(dict.fromkeys(texts)),
        )


def _ports(a: Side, b: Side) -> Iterator[Finding]:
    """Ports that only one side writes in its boots."""
    sides = [
        {write.port: write for boot in reversed(list(side.boots.values())) for write in reversed(boot.writes)}
        for side in (a, b)
    ]
    for port in sorted(set(sides[0]) ^ set(sides[1])):
        writes = [side.get(port) for side in sides]
        name = a.program.port_names.get(port) or b.program.port_names.get(port) or ""
        there = [(side, write) for side, write in zip("AB", writes, strict=True) if write]
        yield Finding.of(
            "ports", f"first write to port {port:04X} {name}".rstrip(),
            ("" if write is None else f"{write.value:02X}h" for write in writes),
            tuple(f"{side} at clock {write.clock:,}" for side, write in there),
            tuple(f"{side} {(write.ps << 4) + write.pc & 0xFFFFF:05X}" for side, write in there),
        )


def _chips(pair: BootPair, title: str) -> Iterator[Finding]:
    for chip in pair.chips:
        if not any(chip.news) or not chip.count_a or not chip.count_b:
            continue
        sides = [" ".join(f"{write.port:04X}={write.value:02X}" for write in rows[:SHOWN]) for rows in chip.news]
        places = [
            f"{side} {rows[0].place} at clock {rows[0].clock:,}"
            for side, rows in zip("AB", chip.news, strict=True) if rows
        ]
        yield Finding.of("ports", f"writes to {chip.chip}", sides, (f"{title}: first difference {', '.join(places)}",))

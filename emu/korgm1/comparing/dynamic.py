"""Findings of runs: LCD timelines, port writes, boot times, and what the experiments say of either firmware."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from korgm1.clock import CPU_HZ
from korgm1.comparing.finding import Finding
from korgm1.comparing.pictures import Row, align
from korgm1.comparing.side import Side
from korgm1.comparing.writes import ChipWrites, Rounds, compare_writes

SLOWER = 0.02
"""Share by which a boot must be longer to be told of."""


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
    """Port -> chip: the name of the port up to the first blank or underscore, or its page where it has no name."""
    names = {**b, **a}
    return {port: name.replace("_", " ").split()[0] for port, name in names.items() if port >= 0}


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
    """What differs in the boots."""
    seen: set[tuple[str, str]] = set()
    for pair in pairs:
        one, other = a.boots[pair.name], b.boots[pair.name]
        if one.ended != other.ended:
            yield Finding("script" if pair.name == "script" else "time", f"how it ends: {one.title}", one.ended, other.ended)
        for row in pair.rows:
            yield from _picture(row, one.title, seen)
        yield from _stood(pair.rows, one.title)
        yield from _chips(pair, one.title)


def _picture(row: Row, title: str, seen: set[tuple[str, str]]) -> Iterator[Finding]:
    """The lines of a picture that differ; each pair of lines once."""
    if row.same:
        return
    lines = [("", "") if side is None else side.lcd for side in (row.a, row.b)]
    for number, (x, y) in enumerate(zip(*lines, strict=True), 1):
        if x == y or (x, y) in seen:
            continue
        seen.add((x, y))
        moved = x.strip() == y.strip()
        columns = [len(line) - len(line.lstrip()) + 1 for line in (x, y)]
        when = [f"{side} at {one.seconds:.2f} s" for side, one in (("A", row.a), ("B", row.b)) if one is not None]
        yield Finding(
            "text", f"column of {x.strip()!r} on line {number} of the LCD" if moved else f"line {number} of the LCD",
            *((f"column {columns[0]}", f"column {columns[1]}") if moved else (x.rstrip(), y.rstrip())),
            (f"{title}: " + ", ".join(when),),
        )


def _stood(rows: Sequence[Row], title: str) -> Iterator[Finding]:
    for row in rows:
        if row.lasts_differently and row.a is not None and row.stood_a is not None and row.stood_b is not None:
            text = next((line.strip() for line in row.a.lcd if line.strip()), "an empty display")
            yield Finding(
                "time", f"how long the LCD shows {text!r}", f"{row.stood_a / CPU_HZ:.2f} s",
                f"{row.stood_b / CPU_HZ:.2f} s", (title,),
            )


def _chips(pair: BootPair, title: str) -> Iterator[Finding]:
    for chip in pair.chips:
        if not chip.differences:
            continue
        first = chip.differences[0]
        sides = [" ".join(_rounds(row) for row in rows[:8]) for rows in (first.a, first.b)]
        more = len(chip.differences) - 1
        places = [
            f"{side} {rows[0].writes[0].place} at clock {rows[0].writes[0].clock:,}"
            for side, rows in (("A", first.a), ("B", first.b)) if rows
        ]
        evidence = [f"{title}: first difference {', '.join(places)}"]
        if more:
            evidence.append(f"{more} more differ{'s' if more == 1 else ''}")
        yield Finding("ports", f"writes to {chip.chip}", *sides, tuple(evidence))


def _rounds(row: Rounds) -> str:
    text = " ".join(f"{write.port:04X}={write.value:02X}" for write in row.writes[:6])
    return f"({text}) x {row.times}" if row.times > 1 else text

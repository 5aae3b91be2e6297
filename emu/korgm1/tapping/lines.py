"""Rows as lines for people: bytes joined to words or registers, and runs of one register folded."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from korgm1.clock import CPU_HZ
from korgm1.tapping.rows import Row

GAP = CPU_HZ // 20
"""Clocks after which a register's next write begins another run: 50 ms."""
SHOWN = 4
"""Values of a folded run that are all shown."""


class Line(NamedTuple):
    """One or more bytes of one register.

    Attributes:
        port: of the first byte.
        value: in hex, the high byte first.
        number: the same as a number.
        guessed: the voice is a guess.
    """

    clock: int
    port: int
    value: str
    number: int
    chip: str
    voice: int | None
    register: str
    meaning: str
    guessed: bool


def bytewise(rows: Iterable[Row], decoded: bool) -> Iterator[Line]:
    """A line for each byte."""
    for row in rows:
        register = f"{row.register}.{row.part}" if decoded else row.register
        yield Line(
            row.clock, row.port, f"{row.value:02X}", row.value, row.chip, row.voice, register, row.meaning, not decoded
        )


def joined(rows: Iterable[Row], decoded: bool) -> Iterator[Line]:
    """A line for the bytes that belong together.

    What one instruction wrote to ports side by side is joined, whatever they mean: both bytes of a word have its
    clock. Where registers are decoded, all bytes of one are joined that come next to each other in order; a register
    whose last byte was written alone has its whole value, one whose last byte is missing only the bytes there are.

    >>> a = Row(8, 1e-6, 0x1002, 0x34, "TG", 0, "+02", 0, None, "")
    >>> b = Row(8, 1e-6, 0x1003, 0x12, "TG", 0, "+03", 0, None, "")
    >>> [(line.port, line.value, line.register) for line in joined([a, b], False)]
    [(4098, '1234', '+02')]
    """
    held: list[Row] = []
    for row in rows:
        if held and not _follows(held[-1], row, decoded):
            yield _line(held, decoded)
            held = []
        held.append(row)
    if held:
        yield _line(held, decoded)


def _follows(before: Row, row: Row, decoded: bool) -> bool:
    if row.port != before.port + 1:
        return False
    if decoded:
        same = (row.chip, row.voice, row.register) == (before.chip, before.voice, before.register)
        return same and row.part == before.part + 1
    return row.clock == before.clock and row.port % 2 == 1


def _line(rows: list[Row], decoded: bool) -> Line:
    first, last = rows[0], rows[-1]
    text = "".join(f"{row.value:02X}" for row in reversed(rows))
    number, register = int(text, 16), first.register
    if decoded and last.whole is not None:
        number = last.whole
        text = f"{number:0{2 * (last.part + 1)}X}"
    elif decoded:
        register = f"{register}.{first.part}"
    return Line(
        first.clock, last.port - last.part if decoded and last.whole is not None else first.port, text, number,
        first.chip, first.voice, register, last.meaning, not decoded,
    )


@dataclass
class _Run:
    """Writes of one register that follow each other."""

    order: int
    first: Line
    last: Line
    values: list[str]
    count: int
    least: int
    most: int


def folded(lines: Iterable[Line]) -> Iterator[Line]:
    """Writes of one register less than 50 ms apart as one line: up to four values, else first, last, count, range.

    Lines come in the order in which their runs begin.
    """
    open_runs: dict[tuple[int, str], _Run] = {}
    waiting: list[tuple[int, _Run]] = []
    order = 0
    for line in lines:
        key = line.port, line.register
        run = open_runs.get(key)
        if run is not None and line.clock - run.last.clock < GAP:
            run.last = line
            run.count += 1
            run.least, run.most = min(run.least, line.number), max(run.most, line.number)
            if run.count <= SHOWN:
                run.values.append(line.value)
            continue
        for old in [name for name, other in open_runs.items() if line.clock - other.last.clock >= GAP]:
            done = open_runs.pop(old)
            heapq.heappush(waiting, (done.order, done))
        oldest = min((other.order for other in open_runs.values()), default=order)
        while waiting and waiting[0][0] < oldest:
            yield _folded(heapq.heappop(waiting)[1])
        open_runs[key] = _Run(order, line, line, [line.value], 1, line.number, line.number)
        order += 1
    for run in open_runs.values():
        heapq.heappush(waiting, (run.order, run))
    while waiting:
        yield _folded(heapq.heappop(waiting)[1])


def _folded(run: _Run) -> Line:
    if run.count == 1:
        return run.first
    span = (run.last.clock - run.first.clock) / CPU_HZ
    text = f"{run.count} in " + (f"{span:.3f} s" if span >= 0.1 else f"{1000 * span:.3f} ms")
    if run.count <= SHOWN:
        values = ", ".join(run.values)
    else:
        values = f"{run.first.value} .. {run.last.value}"
        digits = len(run.first.value)
        text += f", from {run.least:0{digits}X} to {run.most:0{digits}X}"
    meaning = run.first.meaning
    if run.last.meaning != meaning:
        meaning = f"{meaning} .. {run.last.meaning}".strip(" .")
    return run.first._replace(value=values, meaning=f"{meaning}; {text}".removeprefix("; "))


def head() -> str:
    """The line above them."""
    return f"{'clock':>12} {'seconds':>11} port {'value':12} {'chip':4} voice {'register':12} meaning"


def as_text(line: Line) -> str:
    """A line as it is printed; a voice with a question mark is guessed from the address.

    >>> as_text(Line(8_000_000, 0x1002, "7FFF", 32767, "TG", 0, "LEVEL", "-6.0 dB", False))
    '     8000000    1.000000 1002 7FFF         TG   0     LEVEL        -6.0 dB'
    """
    voice = "-" if line.voice is None else f"{line.voice}{'?' * line.guessed}"
    return (
        f"{line.clock:12} {line.clock / CPU_HZ:11.6f} {line.port:04X} {line.value:12} {line.chip:4} {voice:5} "
        f"{line.register:12} {line.meaning}"
    ).rstrip()

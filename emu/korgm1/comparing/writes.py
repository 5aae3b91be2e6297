"""Two runs' port writes, chip by chip, aligned from the first difference to the last.

Chips are compared apart, because an interrupt that comes a little earlier puts its writes elsewhere among the others'
without meaning anything. What a loop repeats (the columns of the key matrix, tick after tick) counts once however often
it comes round, because a run that stands longer on a page has more of it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import NamedTuple

LONGEST_LOOP = 48
"""Writes of a loop that is recognised."""
MOST = 4000
"""Writes on a side, without what both begin and end with, that are aligned exactly."""
FEW = 64
"""Writes of a chip, on either side, up to which each counts."""
KEPT = 400
"""Differences that are kept of one chip."""


class Write(NamedTuple):
    """A port write: clock, port, value, and the PS:PC of its instruction."""

    clock: int
    port: int
    value: int
    ps: int
    pc: int

    @property
    def place(self) -> str:
        """PS:PC."""
        return f"{self.ps:04X}:{self.pc:04X}"


class Rounds(NamedTuple):
    """Writes that come `times` times in a row; once for what is no loop."""

    writes: tuple[Write, ...]
    times: int

    @property
    def told(self) -> tuple[tuple[int, int], ...]:
        """Port and value of each; what two rows are compared by."""
        return tuple((write.port, write.value) for write in self.writes)


@dataclass(frozen=True)
class Difference:
    """A stretch of one chip's writes that only one side has, or both have differently."""

    a: tuple[Rounds, ...]
    b: tuple[Rounds, ...]


@dataclass(frozen=True)
class ChipWrites:
    """What became of one chip.

    Attributes:
        chip: its name.
        count_a, count_b: all its writes.
        differences: in order, the first `KEPT`.
        exact: the alignment is exact; else only what both sequences begin and end with was taken off.
        news: what differs in the first writes to each of its ports (of a chip that is hardly written to: in all
            writes), from the first to the last difference; empty where that is the same. A loop that is met in another
            phase is no difference here, nor a port that only one side writes to.
    """

    chip: str
    count_a: int
    count_b: int
    differences: tuple[Difference, ...]
    exact: bool = True
    news: tuple[tuple[Write, ...], tuple[Write, ...]] = ((), ())


def compare_writes(
    a: Sequence[Write], b: Sequence[Write], chip_of: Callable[[int], str]
) -> tuple[ChipWrites, ...]:
    """Each chip that either side writes to, those that differ first, by the clock of their first difference.

    Args:
        a, b: the writes in their order.
        chip_of: the chip's name of a port.

    >>> one = [Write(10, 0x60, 1, 0, 0), Write(20, 0x60, 2, 0, 0)]
    >>> found = compare_writes(one, [*one, Write(30, 0x62, 9, 0xF000, 0x12)], lambda port: "PIO")
    >>> found[0].differences[0].b[0].writes[0].place
    'F000:0012'
    """
    chips: dict[str, tuple[list[Write], list[Write]]] = {}
    for side, rows in enumerate((a, b)):
        for row in rows:
            chips.setdefault(chip_of(row.port), ([], []))[side].append(row)
    found = [_chip(name, *pair) for name, pair in chips.items()]
    return tuple(sorted(found, key=lambda row: (_first(row), row.chip)))


def _first(row: ChipWrites) -> int:
    if not row.differences:
        return 1 << 62
    first = row.differences[0]
    return min(rounds.writes[0].clock for rounds in (*first.a, *first.b))


def _news(a: list[Write], b: list[Write]) -> tuple[tuple[Write, ...], tuple[Write, ...]]:
    common = {write.port for write in a} & {write.port for write in b}
    a, b = ([write for write in side if write.port in common] for side in (a, b))
    if max(len(a), len(b)) > FEW:
        a, b = (sorted({write.port: write for write in reversed(side)}.values()) for side in (a, b))
    keys = [[(w.port, w.value) for w in side] for side in (a, b)]
    if keys[0] == keys[1]:
        return (), ()
    least = min(map(len, keys))
    head = next((n for n in range(least) if keys[0][n] != keys[1][n]), least)
    tail = next((n for n in range(least - head) if keys[0][-1 - n] != keys[1][-1 - n]), least - head)
    return tuple(a[head : len(a) - tail]), tuple(b[head : len(b) - tail])


def _chip(name: str, a: list[Write], b: list[Write]) -> ChipWrites:
    news = _news(a, b)
    one, other = rounds(a), rounds(b)
    keys = [row.told for row in one], [row.told for row in other]
    head = 0
    while head < min(len(one), len(other)) and keys[0][head] == keys[1][head]:
        head += 1
    tail = 0
    while tail < min(len(one), len(other)) - head and keys[0][-1 - tail] == keys[1][-1 - tail]:
        tail += 1
    mid_a, mid_b = one[head : len(one) - tail], other[head : len(other) - tail]
    if not mid_a and not mid_b:
        return ChipWrites(name, len(a), len(b), (), True, news)
    if max(len(mid_a), len(mid_b)) > MOST:
        return ChipWrites(name, len(a), len(b), (Difference(tuple(mid_a[:KEPT]), tuple(mid_b[:KEPT])),), False, news)
    match = SequenceMatcher(None, keys[0][head : len(one) - tail], keys[1][head : len(other) - tail], autojunk=False)
    differences = [
        Difference(tuple(mid_a[a0:a1]), tuple(mid_b[b0:b1]))
        for kind, a0, a1, b0, b1 in match.get_opcodes() if kind != "equal"
    ]
    return ChipWrites(name, len(a), len(b), tuple(differences[:KEPT]), True, news)


def rounds(writes: Sequence[Write]) -> list[Rounds]:
    """The writes with loops rolled up: the shortest loop that comes at least three times in a row, from the left.

    >>> [(row.told, row.times) for row in rounds([Write(n, 1 + n % 2, 0, 0, 0) for n in range(8)])]
    [(((1, 0), (2, 0)), 4)]
    """
    keys = [(write.port, write.value) for write in writes]
    found: list[Rounds] = []
    at = 0
    while at < len(keys):
        size, times = _loop(keys, at)
        found.append(Rounds(tuple(writes[at : at + size]), times))
        at += size * times
    return found


def _loop(keys: list[tuple[int, int]], at: int) -> tuple[int, int]:
    """Size and rounds of the loop that begins here; (1, 1) for none."""
    key = keys[at]
    for size in range(1, LONGEST_LOOP + 1):
        if at + 3 * size > len(keys):
            break
        if keys[at + size] != key or keys[at + 2 * size] != key:
            continue
        loop = keys[at : at + size]
        if keys[at + size : at + 2 * size] == loop and keys[at + 2 * size : at + 3 * size] == loop:
            times = 3
            while keys[at + times * size : at + (times + 1) * size] == loop:
                times += 1
            return size, times
    return 1, 1

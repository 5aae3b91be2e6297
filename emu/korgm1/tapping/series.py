"""The writes of one trial as series: what each register was given, in order, by phase.

A register is a port; or two side by side, the lower one even, that are nearly always written together, as `OUT DX, AX`
does: a word; or a word and the port above it, if that is nearly always written with it: three bytes. The lowest port
has the lowest byte. Nothing else is known about ports here.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from korgm1.tapping.rows import Writes

TOGETHER = 64
"""Clocks between two bytes of a register at most; two instructions next to each other need fewer."""
NEARLY = 0.9
"""Of the writes to some ports, how many must come together for the ports to be one register."""
PHASES = ("load", "note", "release")
"""While the program is sent; while the note is held; after it."""


class Register(NamedTuple):
    """A port and its width in bytes, 1 to 3.

    >>> str(Register(0x1002, 2)), str(Register(0x0502, 1)), str(Register(0x1006, 3))
    ('1002w', '0502', '1006t')
    """

    port: int
    width: int

    def __str__(self) -> str:
        return f"{self.port:04X}{' wt'[self.width - 1].strip()}"


class Trial(NamedTuple):
    """One playing of the note.

    Attributes:
        writes: clock, port, value of everything that was written.
        loaded, on, off: clocks at which the program was sent, the note began and ended.
    """

    writes: Writes
    loaded: int
    on: int
    off: int

    def phase(self, clock: int) -> str:
        """In which phase a write falls."""
        return PHASES[(clock >= self.on) + (clock >= self.off)]


Series = list[tuple[int, int]]
"""(clocks since the beginning of the phase, value), in order."""


def widths_of(trials: Iterable[Trial]) -> dict[int, int]:
    """The first ports of registers of more than one byte, and how many they have, by how all trials wrote them.

    >>> import numpy as np
    >>> from korgm1.tapping.rows import WRITE
    >>> rows = [(10, 0x1002, 1), (10, 0x1003, 2), (20, 0x1006, 3), (20, 0x1007, 4), (30, 0x1008, 5), (900, 0x1009, 6)]
    >>> widths_of([Trial(np.array(rows, WRITE), 0, 0, 0)])
    {4098: 2, 4102: 3}
    """
    writes: Counter[int] = Counter()
    words: Counter[int] = Counter()
    threes: Counter[int] = Counter()
    for trial in trials:
        rows = trial.writes.tolist()
        writes.update(port for _, port, _ in rows)
        at = 0
        while at < len(rows):
            low = rows[at][1] & ~1
            if not _word(rows, at):
                at += 1
                continue
            words[low] += 1
            at += 2
            third = at < len(rows) and rows[at][1] == low + 2 and rows[at][0] - rows[at - 1][0] <= TOGETHER
            if third and not _word(rows, at):
                threes[low] += 1
                at += 1
    found = {}
    for low, count in sorted(words.items()):
        both = writes[low] + writes[low + 1]
        if 3 * threes[low] >= NEARLY * (both + writes[low + 2]):
            found[low] = 3
        elif 2 * count >= NEARLY * both:
            found[low] = 2
    return found


def _word(rows: Sequence[tuple[int, int, int]], at: int) -> bool:
    """Whether the write at this place and the next are the bytes of a word."""
    return at + 1 < len(rows) and rows[at][1] ^ rows[at + 1][1] == 1 and rows[at + 1][0] - rows[at][0] <= TOGETHER


def series_of(trial: Trial, widths: Mapping[int, int]) -> Mapping[tuple[Register, str], Series]:
    """The series of every register that was written, by register and phase.

    Bytes that came without the others are a write of the whole register, with the other bytes as they were.

    Args:
        widths: of `widths_of`, the same for all trials that are compared.
    """
    begins = dict(zip(PHASES, (trial.loaded, trial.on, trial.off), strict=True))
    register_of = {low + part: Register(low, width) for low, width in widths.items() for part in range(width)}
    found: defaultdict[tuple[Register, str], Series] = defaultdict(list)
    held: dict[int, int] = {}
    rows = trial.writes.tolist()
    at = 0
    while at < len(rows):
        clock, port, value = rows[at]
        register = register_of.get(port) or Register(port, 1)
        held[port] = value
        seen = {port}
        at += 1
        while at < len(rows) and register.width > 1:
            then, port, value = rows[at]
            if port in seen or register_of.get(port) != register or then - rows[at - 1][0] > TOGETHER:
                break
            held[port] = value
            seen.add(port)
            at += 1
        whole = sum(held.get(register.port + part, 0) << 8 * part for part in range(register.width))
        phase = trial.phase(clock)
        found[register, phase].append((clock - begins[phase], whole))
    return found

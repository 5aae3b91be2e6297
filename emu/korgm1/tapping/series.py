"""The writes of one trial as series: what each register was given, in order, by phase.

A register is a port, or two ports side by side, the lower one even, that are nearly always written together: a word,
the low byte first, as `OUT DX, AX` writes it. Nothing else is known about ports here.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from korgm1.tapping.rows import Writes

TOGETHER = 64
"""Clocks between the two bytes of a word at most; two instructions next to each other need fewer."""
PAIRED = 0.9
"""Of the writes to both ports, how many must be of such pairs for the ports to be a word."""
PHASES = ("load", "note", "release")
"""While the program is sent; while the note is held; after it."""


class Register(NamedTuple):
    """A port and its width in bytes, 1 or 2.

    >>> str(Register(0x1002, 2)), str(Register(0x0502, 1))
    ('1002w', '0502')
    """

    port: int
    width: int

    def __str__(self) -> str:
        return f"{self.port:04X}{'w' * (self.width > 1)}"


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


def words_of(trials: Iterable[Trial]) -> frozenset[int]:
    """The even ports that are low bytes of words, by how all trials together wrote them.

    >>> import numpy as np
    >>> from korgm1.tapping.rows import WRITE
    >>> rows = [(10, 0x1002, 1), (10, 0x1003, 2), (20, 0x1004, 3), (900, 0x1005, 4)]
    >>> words_of([Trial(np.array(rows, WRITE), 0, 0, 0)]) == {0x1002}
    True
    """
    single: Counter[int] = Counter()
    pairs: Counter[int] = Counter()
    for trial in trials:
        rows = trial.writes.tolist()
        at = 0
        while at < len(rows):
            low = _low_of_pair(rows, at)
            if low is None:
                single[rows[at][1] & ~1] += 1
                at += 1
            else:
                pairs[low] += 1
                at += 2
    return frozenset(low for low, count in pairs.items() if 2 * count >= PAIRED * (2 * count + single[low]))


def _low_of_pair(rows: Sequence[tuple[int, int, int]], at: int) -> int | None:
    """The even port, if the write at this place and the next are both bytes of a word."""
    if at + 1 == len(rows):
        return None
    (clock, port, _), (then, other, _) = rows[at], rows[at + 1]
    return port & ~1 if port ^ other == 1 and then - clock <= TOGETHER else None


def series_of(trial: Trial, words: frozenset[int]) -> Mapping[tuple[Register, str], Series]:
    """The series of every register that was written, by register and phase.

    A byte of a word that came alone is a write of the word, with the other byte as it was.

    Args:
        words: of `words_of`, the same for all trials that are compared.
    """
    begins = dict(zip(PHASES, (trial.loaded, trial.on, trial.off), strict=True))
    found: defaultdict[tuple[Register, str], Series] = defaultdict(list)
    held: dict[int, int] = {}
    rows = trial.writes.tolist()
    at = 0
    while at < len(rows):
        clock, port, value = rows[at]
        held[port] = value
        low = port & ~1
        register = Register(port, 1)
        if low in words:
            register = Register(low, 2)
            if _low_of_pair(rows, at) is not None:
                at += 1
                held[rows[at][1]] = rows[at][2]
            value = held.get(low, 0) | held.get(low + 1, 0) << 8
        phase = trial.phase(clock)
        found[register, phase].append((clock - begins[phase], value))
        at += 1
    return found

"""Accesses nobody answers: counted by place, the first ones remembered with their clock.

Sources: ours, an instrument of the bench without a counterpart on the board.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Access:
    """One access: clock, kind ("mem read", "mem write", "rom write", "in", "out"), address, value."""

    clock: int
    kind: str
    address: int
    value: int


class UnmappedLog:
    """The log of accesses to nothing and of writes to ROM.

    Args:
        now: gives the current clock.
        open_bus: the byte a read of nothing gives (hypothesis H-OPENBUS).
        keep: how many of the first accesses are remembered one by one; all are counted.

    >>> log = UnmappedLog(now=lambda: 7)
    >>> log.note("in", 0x0B00, 0xFF)
    >>> log.total, log.first
    (1, [Access(clock=7, kind='in', address=2816, value=255)])
    """

    def __init__(self, now: Callable[[], int], open_bus: int = 0xFF, keep: int = 256) -> None:
        self._now = now
        self.open_bus = open_bus
        self._keep = keep
        self.first: list[Access] = []
        self.by_place: Counter[tuple[str, int]] = Counter()

    @property
    def total(self) -> int:
        """How many accesses so far."""
        return self.by_place.total()

    def note(self, kind: str, address: int, value: int) -> None:
        """Write one access down."""
        self.by_place[kind, address] += 1
        if len(self.first) < self._keep:
            self.first.append(Access(self._now(), kind, address, value))

    def clear(self) -> None:
        """Forget everything."""
        self.first.clear()
        self.by_place.clear()

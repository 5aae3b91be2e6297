"""One counter of the TCU: its six modes as arithmetic on whole ticks of its clock, without time or registers.

A tick is one CLK pulse. A load takes one tick (uPD71054/8254), so mode 0 with count N rises N + 1 ticks after the
write. `advance` jumps any number of ticks; `next_change` says how many ticks the output still stays as it is.

| Mode | Output | Gate |
|---|---|---|
| 0 | low at the control word, high when the count reaches 0 | low stops counting |
| 1 | low from the tick after a trigger until 0 | rising edge triggers |
| 2 | low for the one tick on which the count is 1, period N | low: stops, output high; rising edge reloads |
| 3 | N/2 high, N/2 low; odd N: (N+1)/2 high, (N-1)/2 low | as mode 2 |
| 4 | low for one tick at 0 | low stops counting |
| 5 | as 4, started by a trigger | rising edge triggers |

In mode 3 the count goes down by two: N, N-2 ... 2 in either half; odd N: N-1 ... 0 while high, N-1 ... 2 while low.

DATASHEET (uPD70216 figure 22; uPD71054): all of this, the moment of loading, new counts in mid-cycle, triggers ignored
before the first count. ASSUMED: N = 1, illegal in modes 2 and 3, leaves the output high; a new count in mode 3 waits
for the end of the half cycle and the output turns over as ever (the uPD71054's sheet has "goes high" in one place).
Sources: facts v50-chip 2.2; NEC data book 1991, uPD70216 and uPD71054.
"""

from __future__ import annotations

from copy import copy
from typing import Any

_SAVED = (
    "mode", "bcd", "count", "ce", "loaded", "out", "gate", "armed", "pending", "counting", "expired", "held", "null"
)


class Counter:
    """The counting element, its count register and its output flip-flop.

    Args:
        gate: level the gate rests at.

    >>> c = Counter()
    >>> c.control(mode=2, bcd=False)
    >>> c.write_count(4)
    >>> c.next_change()
    4
    >>> c.advance(4)
    >>> c.out, c.value()
    (0, 1)
    """

    __slots__ = _SAVED

    def __init__(self, gate: int = 1) -> None:
        self.gate = gate
        self.loaded = 0
        self.ce = 0
        self.control(0, False)

    def control(self, mode: int, bcd: bool) -> None:
        """A control word: the output goes to its first level and counting ends."""
        self.mode = mode
        self.bcd = bcd
        self.count = 0
        self.out = 0 if mode == 0 else 1
        self.armed = self.pending = self.counting = self.expired = self.held = False
        self.null = True

    def write_count(self, value: int) -> None:
        """A whole new count (0 = 65536, in BCD 10000) is in the count register."""
        self.count = value or self.modulus
        self.armed = self.null = True
        self.held = False
        if self.mode == 0:
            self.out = 0
            self.pending = True
        elif self.mode == 4 or (self.mode in (2, 3) and not self.counting):
            self.pending = True

    def hold(self) -> None:
        """The first of two count bytes was written: mode 0 stops and its output goes low at once."""
        if self.mode == 0:
            self.held = True
            self.out = 0

    def set_gate(self, level: int) -> None:
        """The gate changes to `level`."""
        if level == self.gate:
            return
        self.gate = level
        if level:
            if self.armed and self.mode not in (0, 4):
                self.pending = True
        elif self.mode in (2, 3):
            self.out = 1

    @property
    def modulus(self) -> int:
        """65536, or 10000 in BCD."""
        return 10000 if self.bcd else 65536

    def value(self) -> int:
        """The counting element as a read shows it: 0-65535, or four BCD digits."""
        value = (self._square_value() if self.mode == 3 and self.counting else self.ce) % self.modulus
        return int(str(value), 16) if self.bcd else value

    def advance(self, ticks: int) -> None:
        """Let `ticks` CLK pulses pass."""
        if ticks <= 0:
            return
        if self.mode >= 4:
            self.out = 1
        if self.pending:
            self._load()
            ticks -= 1
            if not ticks:
                return
        if not self.counting:
            return
        if self.mode == 2:
            if self.gate:
                self._rate(ticks)
        elif self.mode == 3:
            if self.gate:
                self._square(ticks)
        elif self.mode in (1, 5) or (self.gate and not self.held):
            self._once(ticks)

    def next_change(self) -> int | None:
        """Ticks until the output may change, or None when nothing but a write or the gate can change it.

        In modes 2 and 3 a count of 1 or a new count may make it one that changes nothing.
        """
        mode = self.mode
        if mode >= 4 and not self.out:
            return 1
        if mode in (1, 5):
            if self.pending:
                return 1 if mode == 1 and self.out else 1 + self.count
            return self.ce if self.counting and not self.expired else None
        if not self.gate or not (self.pending or self.counting):
            return None
        if mode == 2:
            if self.pending or (self.ce == 1 and self.out):
                return self.count if self.count > 1 else None
            return self.ce - 1 if self.ce > 1 else 1
        if mode == 3:
            half = (self.count + 1) // 2 if self.count > 1 else None
            if self.pending:
                return half and 1 + half
            return self.ce if self.loaded > 1 else half and self.ce + half
        if self.pending:
            return 1 + self.count
        return None if self.expired or self.held else self.ce

    def period(self) -> int | None:
        """Ticks of one cycle in modes 2 and 3, or None when the output is not periodic."""
        if self.mode in (2, 3) and self.armed and self.gate and self.count > 1:
            return self.count
        return None

    def next_fall(self) -> int:
        """Ticks until the output falls, of a counter that has a `period`.

        >>> c = Counter()
        >>> c.control(mode=3, bcd=False); c.write_count(8)
        >>> c.next_fall()
        5
        """
        counter, ticks = copy(self), 0
        if not counter.out:
            ticks = counter.next_change() or 0
            counter.advance(ticks)
        return ticks + (counter.next_change() or 0)

    def snapshot(self) -> dict[str, Any]:
        """The whole state."""
        return {name: getattr(self, name) for name in _SAVED}

    def restore(self, block: dict[str, Any]) -> None:
        """Take a snapshot back."""
        for name in _SAVED:
            setattr(self, name, block[name])

    def _load(self) -> None:
        self.pending = self.expired = self.null = False
        self.counting = True
        self.loaded = self.count
        # mode 3 counts what is left of a half cycle; the value read is derived from it
        self.ce = (self.count + 1) // 2 if self.mode == 3 else self.count
        self.out = 0 if self.mode <= 1 else 1

    def _once(self, ticks: int) -> None:
        if self.expired or ticks < self.ce:
            self.ce = (self.ce - ticks) % self.modulus if self.expired else self.ce - ticks
            return
        self.expired = True
        self.out = 0 if self.mode >= 4 and ticks == self.ce else 1
        self.ce = (self.ce - ticks) % self.modulus

    def _rate(self, ticks: int) -> None:
        if ticks >= self.ce:
            ticks = (ticks - self.ce) % self.count
            self.ce = self.loaded = self.count
            self.null = False
            self.out = 1
            if not ticks:
                return
        self.ce -= ticks
        self.out = 0 if self.ce == 1 else 1

    def _square(self, ticks: int) -> None:
        if ticks < self.ce:
            self.ce -= ticks
            return
        ticks -= self.ce
        out = self.out ^ (self.loaded > 1)
        self.loaded = self.count
        self.null = False
        if self.count == 1:
            self.out = self.ce = 1
            return
        high, low = (self.count + 1) // 2, self.count // 2
        ticks %= self.count
        half = high if out else low
        if ticks >= half:
            ticks -= half
            out ^= 1
            half = high if out else low
        self.out = out
        self.ce = half - ticks

    def _square_value(self) -> int:
        n, left = self.loaded, self.ce
        return 2 * left - 2 * self.out if n & 1 else 2 * left

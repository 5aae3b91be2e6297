"""What the SCU's two halves share: the format in SMD, and the falling edges of RTCLK, numbered.

Everything at RxD and TxD happens at a falling edge of RTCLK (timer 1's output): TxD changes tDTX after one, RxD has its
set-up and hold times around one (DATASHEET: uPD70216 AC characteristics, SCU timing). A bit is 16 or 64 of them.
ASSUMED: the counter that divides RTCLK runs freely from power-on, and its first edge is a bit boundary.
Sources: NEC data book 1991, uPD70216 and uPD71051.
"""

from __future__ import annotations

from typing import NamedTuple


class Format(NamedTuple):
    """SMD: data bits, parity (None, 0 even, 1 odd), stop bits sent, RTCLK periods a bit."""

    data: int
    parity: int | None
    stop: int
    factor: int

    @property
    def received(self) -> int:
        """Bits of a character as the receiver counts them: it looks at one stop bit only."""
        return 2 + self.data + (self.parity is not None)


def format_of(smd: int) -> Format:
    """The format an SMD value chooses; codes called illegal act as their neighbours (ASSUMED).

    >>> format_of(0x4E)
    Format(data=8, parity=None, stop=1, factor=16)
    """
    parity = (0 if smd & 0x20 else 1) if smd & 0x10 else None
    return Format(8 if smd & 4 else 7, parity, 2 if smd & 0x80 else 1, 64 if smd & 1 else 16)


class BitClock:
    """Falling edges of RTCLK.

    Attributes:
        period: CPU clocks from one to the next, None while it stands still.
        number: of the first one since the last change of RTCLK.
        at: its clock.

    >>> clock = BitClock()
    >>> clock.change(0, 16, 8)
    >>> clock.clock(2), clock.last(39), clock.boundary(40, 16)
    (40, 1, 16)
    """

    __slots__ = ("at", "number", "period")

    def __init__(self) -> None:
        self.period: int | None = None
        self.number = 0
        self.at = 0

    def change(self, now: int, period: int | None, fall: int) -> None:
        """RTCLK now has this period, and falls at the clock `fall` (of any of its cycles); an edge now is a new one."""
        self.number = self.first(now)
        self.period = period
        self.at = now + (fall - now) % period if period else now

    def last(self, now: int) -> int:
        """Number of the last edge at or before `now`."""
        if not self.period or now < self.at:
            return self.number - 1
        return self.number + (now - self.at) // self.period

    def clock(self, number: int) -> int:
        """Clock of an edge since the last change."""
        return self.at + (number - self.number) * (self.period or 0)

    def first(self, since: int) -> int:
        """Number of the first edge at or after the clock `since`."""
        return self.last(since - 1) + 1

    def boundary(self, since: int, factor: int) -> int:
        """Number of the first edge at or after `since` that begins a bit of `factor` edges."""
        number = self.first(since)
        return number + -number % factor

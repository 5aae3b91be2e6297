"""The +5 V after the mains fails, and what a CPU does on its way down.

law                    value                                                      standing, switch
hold-up at full load   20 ms                                                      ASSUMED
slope, down and up     5 V in 15 ms                                               ASSUMED
reset point            4.25 V, +- 0.1 even by seed                                ASSUMED, of reset ICs of the time
supervisor             pulls RESET at that point, which also deselects the RAMs   H-SUPERVISOR
CPU stops at           3.0 V without a supervisor                                 ASSUMED, a CMOS part of the time
LCD controller forgets below 1.5 V                                                ASSUMED
stray writes           between 4.0 and 3.0 V, 2000 a second, any address, half of ASSUMED, only without a supervisor;
                       them with the bus's value of that moment                   H-STRAY

H-STRAY: "none"; "last", the one write that the CPU was about when it stopped; "poisson", as in the table.
Sources: facts battery-sram 5.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import log

from korgm1.physics.uniform import key, share

FULL = 5.0
"""Volts of the rail."""
_STREAM, _RESET, _WRITES = 0x5AFE, 0, 1
_HIGHEST_STRAY, _LOWEST_STRAY = 4.0, 3.0
_WRITES_A_SECOND = 2000.0

Stray = tuple[float, int, int | None]
"""Seconds since the mains failed, address 0-FFFF, value or None for whatever is on the bus."""


@dataclass(frozen=True)
class Rail:
    """One power board.

    Attributes:
        hold_up: seconds from the mains' failure until +5 V begins to fall.
        slope_seconds: in which it falls or rises by 5 V.
        reset_volts: below it a supervisor holds RESET.
        cpu_volts: below it a CPU without a supervisor stands still.
        lcd_volts: below it the display's controller forgets.

    >>> rail = Rail()
    >>> rail.lowest(0.015), round(rail.lowest(0.023), 2), rail.lowest(0.1)
    (5.0, 4.0, 0.0)
    """

    hold_up: float = 0.020
    slope_seconds: float = 0.015
    reset_volts: float = 4.25
    cpu_volts: float = 3.0
    lcd_volts: float = 1.5

    @classmethod
    def of_seed(cls, seed: int) -> Rail:
        """The rail of one instrument.

        >>> 4.15 < Rail.of_seed(3).reset_volts < 4.35
        True
        """
        return cls(reset_volts=4.15 + 0.2 * share(key(seed, _STREAM, _RESET)))

    def lowest(self, dip_seconds: float) -> float:
        """Volts +5 V falls to when the mains is away for so long."""
        return max(0.0, FULL - FULL * max(0.0, dip_seconds - self.hold_up) / self.slope_seconds)

    def time_below(self, dip_seconds: float, volts: float) -> tuple[float, float] | None:
        """From when to when the rail is below a level, seconds since the mains failed; None: never.

        >>> [round(second, 5) for second in Rail().time_below(0.030, 4.25) or ()]
        [0.02225, 0.03775]
        """
        lowest = self.lowest(dip_seconds)
        if lowest >= volts:
            return None
        per_volt = self.slope_seconds / FULL
        return self.hold_up + (FULL - volts) * per_volt, dip_seconds + (volts - lowest) * per_volt

    def stray_writes(self, seed: int, dip_seconds: float, law: str = "poisson") -> list[Stray]:
        """What a CPU without a supervisor writes while its supply fails, in order.

        A CPU that reached `cpu_volts` writes no more; one that did not goes on until the rail is back at 4.0 V.

        Args:
            seed: of the instrument and the moment.
            dip_seconds: how long the mains is away.
            law: H-STRAY: "none", "last" or "poisson".

        >>> Rail().stray_writes(1, 0.020), len(Rail().stray_writes(1, 0.1, "last"))
        ([], 1)
        """
        window = self.time_below(dip_seconds, _HIGHEST_STRAY)
        if law == "none" or window is None:
            return []
        begin, end = window
        stopped = self.time_below(dip_seconds, max(self.cpu_volts, _LOWEST_STRAY))
        if stopped is not None:
            end = stopped[0]
        stream = key(seed, _STREAM, _WRITES, round(dip_seconds * 1e6))
        if law == "last":
            return [(end, _address(stream, 0), None)] if stopped is not None else []
        writes: list[Stray] = []
        second = begin
        while True:
            number = len(writes)
            second -= log(share(key(stream, 3 * number))) / _WRITES_A_SECOND
            if second >= end:
                return writes
            drawn = int(share(key(stream, 3 * number + 2)) * 512)
            writes.append((second, _address(stream, number), drawn if drawn < 256 else None))


def _address(stream: int, number: int) -> int:
    return int(share(key(stream, 3 * number + 1)) * 0x10000)

"""Ports of the sound chips, remembered and logged; no chip behind them yet.

| window | chip |
|---|---|
| 0100-01FF, 0200-02FF | VDF I and II, MB87404 |
| 0500-0503 | MDE, MB87405 |
| 0600-0601, 0700-0701 | decoded as "OPZ", nothing fitted on the M1 |
| 1000-11FF | TG, MB87402 |

Confirmed (MAME's driver, from the service manual): the addresses. Nothing public says what the registers mean;
a read gives what open bus gives (hypothesis H-OPENBUS).
Sources: facts m1-hardware 2, m1-sound.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from korgm1.snapshot import Block


class PortLog:
    """One chip's window: the last value of each register, and the latest writes with their clocks.

    Args:
        name: the chip ("TG").
        size: ports in the window.
        now: gives the current clock.
        open_bus: the byte a read gives.
        keep: how many of the latest writes are remembered.

    >>> tg = PortLog("TG", 0x200, now=lambda: 5)
    >>> tg.write(3, 0x7F); list(tg.log)
    [(5, 3, 127)]
    """

    def __init__(self, name: str, size: int, now: Callable[[], int], open_bus: int = 0xFF, keep: int = 4096) -> None:
        self.name = name
        self.size = size
        self._now = now
        self._open_bus = open_bus
        self.registers = bytearray(size)
        self.log: deque[tuple[int, int, int]] = deque(maxlen=keep)
        self.writes = 0
        self.held = True

    def reset(self, kind: str) -> None:
        """Registers 0, log empty."""
        self.registers[:] = bytes(self.size)
        self.log.clear()
        self.writes = 0
        self.held = True

    def read(self, offset: int) -> int:
        """What nobody drives."""
        return self._open_bus

    def write(self, offset: int, value: int) -> None:
        """Remember the value and log it."""
        self.registers[offset] = value
        self.writes += 1
        self.log.append((self._now(), offset, value))

    def peek(self, offset: int) -> int:
        """As `read`."""
        return self._open_bus

    def reset_line(self, level: int) -> None:
        """PIO PA7: 0 holds the chip in reset."""
        self.held = not level

    def snapshot(self) -> Block:
        """Registers, count of writes, reset state; the log is a view and not saved."""
        return {"registers": bytes(self.registers), "writes": self.writes, "held": self.held}

    def restore(self, block: Block) -> None:
        """Take a snapshot back."""
        self.registers[:] = block["registers"]
        self.writes = block["writes"]
        self.held = block["held"]
        self.log.clear()

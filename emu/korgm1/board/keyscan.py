"""The keyboard scanner at I/O 0800: which chip it is and what it says are unknown; this is hypothesis H-SCAN.

offset 0, read   the next byte of a FIFO: 00 = empty; open bus (FF, H-OPENBUS) without keyboard (rack, H-SCAN = none)
  key event      two bytes: 80h + key number (0-60, low C = 0), then velocity 1-127 for a press, 0 for a release

Confirmed: an 8-bit port named SCAN (MAME), 61 keys with velocity (OM). Guessed: everything else.
ASSUMED: room for 64 events; one that finds it full is lost whole and counted. No interrupt: the firmware polls.
Sources: facts m1-hardware 1.5, 2, panels 1.1.
"""

from __future__ import annotations

from collections import deque
from typing import Any

from korgm1.errors import UsageError

KEYS = 61
CAPACITY = 64
"""Key events the FIFO holds (ASSUMED)."""


class KeyScan:
    """The scanner.

    Args:
        fitted: False where there is no keyboard: every read gives open bus and keys are refused.
        open_bus: what that reads (H-OPENBUS).

    Attributes:
        fitted: whether there is a keyboard.
        lost: events that found the FIFO full, since the last reset.

    >>> scan = KeyScan()
    >>> scan.press(60, 100); scan.release(60)
    >>> [hex(scan.read(0)) for _ in range(5)]
    ['0xbc', '0x64', '0xbc', '0x0', '0x0']
    """

    def __init__(self, fitted: bool = True, open_bus: int = 0xFF) -> None:
        self._open_bus = open_bus
        self.fitted = fitted
        self._fifo: deque[int] = deque()
        self.lost = 0

    def reset(self, kind: str) -> None:
        """Empty the FIFO, at power-on and at a button reset."""
        self._fifo.clear()
        self.lost = 0

    def read(self, offset: int) -> int:
        """The next byte, which leaves the FIFO; offset 1 is open bus."""
        value = self.peek(offset)
        if self.fitted and not offset and self._fifo:
            self._fifo.popleft()
        return value

    def write(self, offset: int, value: int) -> None:
        """Nothing."""

    def peek(self, offset: int) -> int:
        """The byte `read` would give."""
        if offset or not self.fitted:
            return self._open_bus
        return self._fifo[0] if self._fifo else 0

    def snapshot(self) -> dict[str, Any]:
        """The bytes waiting."""
        return {"fifo": bytes(self._fifo), "lost": self.lost}

    def restore(self, block: dict[str, Any]) -> None:
        """Take `snapshot` back."""
        self._fifo = deque(block["fifo"])
        self.lost = block["lost"]

    def press(self, key: int, velocity: int) -> None:
        """A key goes down: key 0-60, velocity 1-127.

        Raises:
            UsageError: out of range, or there is no keyboard.
        """
        if not 1 <= velocity <= 127:
            raise UsageError(f"velocity {velocity}", "1 to 127")
        self._event(key, velocity)

    def release(self, key: int) -> None:
        """A key comes up.

        Raises:
            UsageError: out of range, or there is no keyboard.
        """
        self._event(key, 0)

    def _event(self, key: int, velocity: int) -> None:
        if not self.fitted:
            raise UsageError("this machine has no keyboard", "MIDI notes, or the keyboard model m1 with H-SCAN=fifo")
        if not 0 <= key < KEYS:
            raise UsageError(f"key {key}", f"0 to {KEYS - 1}")
        if len(self._fifo) > 2 * (CAPACITY - 1):
            self.lost += 1
            return
        self._fifo += (0x80 | key, velocity)

"""Program card (Bee Card, MCR-03 class): 32 KB of battery RAM on the even bytes of 50000-5FFFF.

offset in the window   even: card byte offset / 2     odd: no chip on that lane, open bus
status (card pin 32)   0 = inserted, to PIO PB6

Confirmed: window and lane (MAME, not enabled there), 32,768 bytes of a real dump (DBTX), write-protect switch, pin 32.
ASSUMED: the protect switch only blocks the write strobe (the firmware cannot read it); the card's own cell is good.
What open bus reads is H-OPENBUS.
Sources: facts m1-hardware 1.5, 2.
"""

from __future__ import annotations

from typing import Any

from korgm1.errors import UserError

SIZE = 0x8000
"""Bytes of a card."""


class ProgramCard:
    """The slot and what is in it; empty at first.

    Args:
        open_bus: what the odd lane and an empty slot read (H-OPENBUS).

    >>> slot = ProgramCard()
    >>> slot.status, slot.read(0)
    (1, 255)
    >>> slot.insert(bytes(32768)); slot.write(2, 0x4B); slot.write(3, 0x99)
    >>> slot.status, slot.read(2), slot.read(3), slot.image()[1]
    (0, 75, 255, 75)
    """

    def __init__(self, open_bus: int = 0xFF) -> None:
        self._open_bus = open_bus
        self._data: bytearray | None = None
        self.protected = False
        """The switch on the card: True = writes are lost."""

    def reset(self, kind: str) -> None:
        """Nothing: the card keeps its content."""

    def read(self, offset: int) -> int:
        """The byte at an offset of the window, 0-FFFF."""
        return self.peek(offset)

    def write(self, offset: int, value: int) -> None:
        """Store a byte, if it is an even offset and a card is in and not protected."""
        if self._data is not None and not offset & 1 and not self.protected:
            self._data[offset >> 1] = value & 0xFF

    def peek(self, offset: int) -> int:
        """As `read`."""
        return self._open_bus if self._data is None or offset & 1 else self._data[offset >> 1]

    def snapshot(self) -> dict[str, Any]:
        """The card itself (None: no card) and its switch."""
        return {"data": None if self._data is None else bytes(self._data), "protected": self.protected}

    def restore(self, block: dict[str, Any]) -> None:
        """Take `snapshot` back."""
        self._data = None if block["data"] is None else bytearray(block["data"])
        self.protected = block["protected"]

    @property
    def status(self) -> int:
        """The level of card pin 32: 0 = inserted."""
        return int(self._data is None)

    def insert(self, image: bytes, protected: bool = False) -> None:
        """Put a card in, in place of one that may be there.

        Raises:
            UserError: the image is not 32,768 bytes.
        """
        if len(image) != SIZE:
            raise UserError(f"the card image is {len(image):,} bytes", f"{SIZE:,} bytes, one for each even address")
        self._data = bytearray(image)
        self.protected = protected

    def eject(self) -> None:
        """Take the card out; take its `image()` first to keep it."""
        self._data = None
        self.protected = False

    def image(self) -> bytes:
        """The 32,768 bytes of the card.

        Raises:
            UserError: there is no card.
        """
        if self._data is None:
            raise UserError("there is no program card in the slot", hint="insert one first")
        return bytes(self._data)

"""Program card (Bee Card, MCR-03 class): 32 KB of battery RAM on the even bytes of 50000-5FFFF, and the slot it is in.

offset in the window   even: card byte offset / 2     odd: no chip on that lane, open bus
status (card pin 32)   0 = inserted, to PIO PB6
cell + -> IC29 IN7     what the firmware measures of the card's CR2016 (H-ADC-CH, H-CARD-CELL)

In the slot +5 V feeds the card while the power is on. Else its own CR2016 does, through a diode, with 0.1 uF beside the
RAM: whoever takes the cell out of a card that lies on the table has a second. In an instrument that is off the sense
input drains the cell as the internal one's does (H-SENSE-LEAK); in a drawer nothing does but the RAM.
Confirmed: window and lane (MAME, not enabled there), 32,768 bytes of a real dump (DBTX), write-protect switch, pin 32,
the CR2016. Guessed: H-CARD-CELL, all else of the cell's wiring. ASSUMED: the protect switch only blocks the write
strobe (the firmware cannot read it); one RAM chip, by the laws of the internal ones; nobody who says nothing about the
time without +5 V has left the card for more than a day, which its cell does not notice.
What open bus reads is H-OPENBUS.
Sources: facts m1-hardware 1.5, 2.
"""

from __future__ import annotations

from dataclasses import replace
from math import inf
from typing import Any, Self

import numpy as np

from korgm1.errors import UserError
from korgm1.hypotheses import Hypotheses
from korgm1.physics import sram_retention as retention
from korgm1.physics.backed_supply import UNTOLD, BackedSupply
from korgm1.physics.backup_network import BackupNetwork
from korgm1.physics.bench_supply import Cell
from korgm1.physics.cell_cr2016 import Cr2016
from korgm1.physics.cell_law import CellLaw
from korgm1.physics.sram_wake import wake
from korgm1.physics.uniform import key

SIZE = 0x8000
"""Bytes of a card."""
CELLS = SIZE * 8
CAPACITANCE = 1e-7
"""Farads beside the RAM (ASSUMED: what fits into a card)."""
_CHIP = 0xCA2D
"""The stream of a card's seed in which its RAM chip is drawn."""


def network_of(hypotheses: Hypotheses, seed: int, in_slot: bool) -> BackupNetwork:
    """What lies between a card's cell, its RAM and whoever senses it.

    Args:
        hypotheses: those of the internal network, which the card's is taken to be like.
        seed: which card.
        in_slot: whether the sense input of an instrument hangs on it.

    >>> slot, drawer = (network_of(Hypotheses(), 0, where) for where in (True, False))
    >>> slot.cell_amps(Cr2016(), 25.0) > 2 * drawer.cell_amps(Cr2016(), 25.0)
    True
    """
    network = BackupNetwork.from_hypotheses(hypotheses, seed)
    return replace(
        network, capacitance=CAPACITANCE, ram_factor=network.ram_factor / 2, sense_open=not in_slot,
        sense_leak=network.sense_leak and in_slot and hypotheses["H-CARD-CELL"],
    )


class CardSupply(BackedSupply):
    """The cell of a card and the supply of its RAM."""

    def end_of_off(self) -> None:
        """What nobody told of the time without +5 V: a day, for the RAM; the cell is as old as it was said to be."""
        if not self._told:
            self.history.stay(self.ram_volts, UNTOLD, self.celsius)


class Card:
    """A card, wherever it is.

    Args:
        image: its 32,768 bytes.
        protected: the switch on it: True = writes are lost.
        cell: in its holder, None for nothing; a new CR2016 of this seed unless said otherwise.
        seed: which card: its RAM chip, and its first cell.
        hypotheses: of the laws.

    Attributes:
        data, protected, seed: as above.
        supply: its cell, and what the RAM's supply has been like since +5 V went.
        power_ups: how often +5 V came.
        lost: how many of its 262,144 cells had lost their content when it last came.

    Raises:
        UserError: the image is not 32,768 bytes.

    >>> card = Card(bytes(SIZE), cell=None)
    >>> card.power(True); card.lost, card.data == bytes(SIZE)
    (262144, False)
    """

    def __init__(
        self, image: bytes, protected: bool = False, cell: Cell | str | None = "new", seed: int = 0,
        hypotheses: Hypotheses | None = None,
    ) -> None:
        if len(image) != SIZE:
            raise UserError(f"the card image is {len(image):,} bytes", f"{SIZE:,} bytes, one for each even address")
        self.data = bytearray(image)
        self.protected = protected
        self.seed = seed
        self.power_ups = 0
        self.lost = 0
        self._guess = guess = hypotheses or Hypotheses()
        law = CellLaw.from_hypotheses(guess)
        self.supply = CardSupply(
            Cr2016(seed, law) if isinstance(cell, str) else cell, network_of(guess, seed, in_slot=False), law=law
        )

    @classmethod
    def restored(cls, block: dict[str, Any], hypotheses: Hypotheses | None = None) -> Self:
        """The card of a `snapshot`, in the drawer.

        Raises:
            LookupError, TypeError, ValueError, UserError: it is none.
        """
        card = cls(bytes(block["data"]), bool(block["protected"]), None, int(block["seed"]), hypotheses)
        card.power_ups, card.lost = int(block["power_ups"]), int(block["lost"])
        card.supply.restore(block["supply"])
        return card

    def snapshot(self) -> dict[str, Any]:
        """All of it as plain values and bytes."""
        return {
            "data": bytes(self.data), "protected": self.protected, "seed": self.seed, "power_ups": self.power_ups,
            "lost": self.lost, "supply": self.supply.snapshot(),
        }

    def place(self, in_slot: bool, touches: bool = True) -> None:
        """It is put into a slot, or taken out into a drawer.

        Args:
            in_slot: which of them.
            touches: whether the cell touches its holder.
        """
        ohms = 0.0 if touches else inf
        self.supply.network = replace(network_of(self._guess, self.seed, in_slot), contact_ohms=ohms)

    def power(self, on: bool, seconds: float = 0.0) -> None:
        """+5 V comes (cells that lost their content take the state they wake in), or goes.

        Args:
            on: whether it comes.
            seconds: when it goes, how long it was there.
        """
        if on:
            self.supply.end_of_off()
            self.settle()
        self.supply.power(on, seconds=seconds)

    def settle(self) -> None:
        """Whatever the RAM has lost by now is lost: its content is what the next +5 V would find."""
        lost = self._lost()
        self.lost = int(np.unpackbits(lost).sum())
        if self.lost:
            content = np.frombuffer(bytes(self.data), np.uint8)
            zeros = self._guess["H-SRAM-WAKE"] == "zeros"
            woken = np.zeros(SIZE, np.uint8) if zeros else wake(key(self.seed, _CHIP), self.power_ups)[::2]
            self.data[:] = (content & ~lost | woken & lost).tobytes()
        self.power_ups += 1
        self.supply.history.clear()

    def _lost(self) -> retention.Mask:
        history = self.supply.history
        if history.empty:
            return np.zeros(SIZE, np.uint8)
        if self._guess["H-SRAM-CELLS"] != "cells":
            return np.full(SIZE, 0xFF, np.uint8)
        unit = self._guess["H-SRAM-DECAY"] or retention.unit_factor(self.seed)
        return retention.lost(key(self.seed, _CHIP), history, unit)[::2]


class ProgramCard:
    """The slot and what is in it; empty at first.

    Args:
        open_bus: what the odd lane and an empty slot read (H-OPENBUS).
        hypotheses: of cards that come out of a snapshot.
        cell_touches: False: the cell of whatever card is put in has no contact (a fault).

    Attributes:
        card: what is in it, or None.
        since: the clock at which +5 V came to it.

    >>> slot = ProgramCard()
    >>> slot.status, slot.read(0)
    (1, 255)
    >>> slot.insert(bytes(32768)); slot.write(2, 0x4B); slot.write(3, 0x99)
    >>> slot.status, slot.read(2), slot.read(3), slot.image()[1]
    (0, 75, 255, 75)
    """

    snapshot_version = 2

    def __init__(
        self, open_bus: int = 0xFF, hypotheses: Hypotheses | None = None, cell_touches: bool = True
    ) -> None:
        self._open_bus = open_bus
        self._guess = hypotheses
        self._touches = cell_touches
        self.card: Card | None = None
        self.since = 0

    def reset(self, kind: str) -> None:
        """Nothing: the card keeps its content."""

    def read(self, offset: int) -> int:
        """The byte at an offset of the window, 0-FFFF."""
        return self.peek(offset)

    def write(self, offset: int, value: int) -> None:
        """Store a byte, if it is an even offset and a card is in and not protected."""
        if self.card is not None and not offset & 1 and not self.card.protected:
            self.card.data[offset >> 1] = value & 0xFF

    def peek(self, offset: int) -> int:
        """As `read`."""
        return self._open_bus if self.card is None or offset & 1 else self.card.data[offset >> 1]

    def snapshot(self) -> dict[str, Any]:
        """The card (None: there is none) and since when it has +5 V."""
        return {"card": None if self.card is None else self.card.snapshot(), "since": self.since}

    def restore(self, block: dict[str, Any]) -> None:
        """Take `snapshot` back.

        Raises:
            LookupError, TypeError, ValueError, UserError: it is none.
        """
        card = None if block["card"] is None else Card.restored(block["card"], self._guess)
        if card is not None:
            card.place(True, self._touches)
        self.card, self.since = card, int(block["since"])

    def upgrade(self, block: dict[str, Any], version: int) -> dict[str, Any]:
        """In layout 1 a card had no cell: it gets a new one."""
        if block["data"] is None:
            return {"card": None, "since": 0}
        return {"card": Card(block["data"], bool(block["protected"])).snapshot(), "since": 0}

    @property
    def status(self) -> int:
        """The level of card pin 32: 0 = inserted."""
        return int(self.card is None)

    @property
    def protected(self) -> bool:
        """The switch on the card; False without one."""
        return self.card is not None and self.card.protected

    @protected.setter
    def protected(self, on: bool) -> None:
        if self.card is not None:
            self.card.protected = on

    def sense_microvolts(self) -> int:
        """Microvolts at the ADC's input for the card's cell; 0 for an empty slot."""
        return 0 if self.card is None else self.card.supply.sense_microvolts()

    def insert(self, card: Card | bytes, protected: bool = False) -> None:
        """Put a card in, in place of one that may be there.

        Args:
            card: it, or the 32,768 bytes of one with a new cell.
            protected: the switch, of bytes.

        Raises:
            UserError: the image is not 32,768 bytes.
        """
        self.card = card if isinstance(card, Card) else Card(card, protected, hypotheses=self._guess)
        self.card.place(True, self._touches)

    def eject(self) -> None:
        """Take the card out; it keeps what is on it."""
        if self.card is not None:
            self.card.place(False)
        self.card = None

    def power(self, on: bool, clock: int = 0, seconds: float = 0.0) -> None:
        """+5 V comes to the card in the slot, or goes; without one nothing happens.

        Args:
            on: whether it comes.
            clock: when it comes: CPU clocks since power-on.
            seconds: when it goes, how long it was there.
        """
        self.since = clock if on else 0
        if self.card is not None:
            self.card.power(on, seconds)

    def image(self) -> bytes:
        """The 32,768 bytes of the card.

        Raises:
            UserError: there is no card.
        """
        if self.card is None:
            raise UserError("there is no program card in the slot", hint="insert one first")
        return bytes(self.card.data)

"""The two card slots: program cards with their files, and PCM cards. Everything done to them is recorded."""

from __future__ import annotations

import os
from pathlib import Path

from korgm1.board.card import Card
from korgm1.cardfile.card_file import beside, card_of, card_text, read_image, read_text
from korgm1.errors import UsageError
from korgm1.files import BACKUPS, check_writable
from korgm1.machine.open_waves import open_wave_rom
from korgm1.recording import pack
from korgm1.romset.pcm_card import read_pcm_card
from korgm1.session.base import Base

CardSource = Card | bytes | str | os.PathLike[str]


class Cards(Base):
    """In and out, with the power on or off."""

    @property
    def card(self) -> Card | None:
        """The program card in the slot: its `data`, `protected`, `supply` and what it `lost`; None without one.

        >>> from korgm1.session import Session
        >>> m1 = Session(card=bytes(32768)); m1.card.protected, round(m1.card.supply.cell_volts, 2)
        (False, 3.25)
        """
        return self.machine.card.card

    def insert_card(self, card: CardSource, protected: bool | None = None) -> None:
        """Put a program card into the slot, whether the power is on or off.

        A card whose file could not be written when it was ejected still holds what was on it.

        Args:
            card: an image of 32,768 bytes (its cell is new), a `Card`, which is used itself, or the path of one. What
                is on it is written back with backups when it has been written to and is ejected, or the power goes off;
                its cell and switch are in PATH.toml.
            protected: the switch on the card; None: as it is.

        Raises:
            UsageError: there is a card already.
            UserError: the card's files cannot be used.

        >>> from korgm1.session import Session
        >>> m1 = Session(); m1.power_on(); m1.insert_card(bytes(32768)); len(m1.eject_card())
        32768
        """
        if self.machine.card.status == 0:
            raise UsageError("there is a card in the slot", "an empty slot: eject it first")
        there = self._card_from(card)
        if protected is not None:
            there.protected = protected
        there.supply.celsius = self.battery.celsius
        self._note("insert_card", **_told(there))
        self.machine.insert_card(there)

    def eject_card(self) -> bytes:
        """Take the program card out; its files, if it has any, are written if it changed.

        In the middle of a store it keeps what was written so far.

        Returns:
            Its 32,768 bytes.

        Raises:
            UsageError: there is none.
            UserError: a file cannot be written; the next `power_off` tries again.
        """
        card = self.machine.eject_card()
        if card is None:
            raise UsageError("there is no card in the slot", "one: insert it first")
        self._note("eject_card")
        if not self.powered:
            card.settle()
        self._card_out(card)
        self._card_path = self._card = self._card_text = None
        self.save_files()
        return bytes(card.data)

    def protect_card(self, on: bool) -> None:
        """Move the switch on the program card; it can be reached in the slot (ASSUMED).

        Raises:
            UsageError: there is no card.

        >>> from korgm1.session import Session
        >>> m1 = Session(card=bytes(32768)); m1.protect_card(True); m1.card.protected
        True
        """
        if self.card is None:
            raise UsageError("there is no card in the slot", "one: insert it first")
        self.card.protected = on
        self._note("protect_card", on=on)

    def insert_pcm_card(self, source: bytes | str | os.PathLike[str]) -> None:
        """Put a PCM card into its slot, whether the power is on or off; the TG plays its words from the next frame on.

        Args:
            source: its dump or the path of one, as for `Session`; it is only read.

        Raises:
            UsageError: there is one already.
            UserError: the dump cannot be used.

        >>> from korgm1.session import Session
        >>> m1 = Session(); m1.power_on(); m1.insert_pcm_card(bytes(2000)); m1.machine.wave_rom.size - 2_097_152
        1000
        """
        if self.pcm_card is not None:
            raise UsageError("there is a PCM card in its slot", "an empty slot: eject it first")
        data = read_pcm_card(source)
        if self.recording:  # packing takes longer than all else
            self._note("insert_pcm_card", card=pack(data))
        self._set_pcm_card(data)

    def eject_pcm_card(self) -> bytes:
        """Take the PCM card out; voices that play its words go on with words nobody drives.

        Returns:
            Its dump.

        Raises:
            UsageError: there is none.
        """
        if self.pcm_card is None:
            raise UsageError("there is no PCM card in its slot", "one: insert it first")
        data = self.pcm_card
        self._note("eject_pcm_card")
        self._set_pcm_card(None)
        return data

    def _card_from(self, source: CardSource) -> Card:
        """The card, and where it is to be written; its files are read, what waits to be written goes before them."""
        if isinstance(source, Card):
            self._card_path, card = None, source
        elif isinstance(source, bytes | bytearray | memoryview):
            self._card_path, card = None, Card(bytes(source), hypotheses=self.hypotheses)
        else:
            path = Path(source)
            image, text = self._unsaved_image(path), self._unsaved_image(beside(path))
            card = card_of(
                image or read_image(path), read_text(path) if text is None else text.decode("utf-8"), self.hypotheses,
                str(beside(path)),
            )
            for file in (path, beside(path)):
                check_writable(file)
            self._card_path = path
        self._card_is_written(card)
        return card

    def _card_out(self, card: Card) -> None:
        """The card is taken out, or loses its power: what changed goes to its files."""
        if self._card_path is not None:
            if bytes(card.data) != self._card:
                self._to_write(self._card_path, bytes(card.data), BACKUPS)
            if card_text(card) != self._card_text:
                self._to_write(beside(self._card_path), card_text(card).encode("utf-8"))
        self._card_is_written(card)

    def _card_is_written(self, card: Card) -> None:
        """Its files hold, or soon will, what is on it; no snapshot takes that back."""
        self._card, self._card_text = bytes(card.data), card_text(card)
        if self._card_path is not None:
            self._card_files[self._card_path.resolve()] = self._card, self._card_text

    def _card_comes_back(self, path: Path | None, image: bytes | None) -> None:
        """A snapshot's card is in the slot: `path` is its file, `image` what that held then. One that was in is out."""
        self._card_path = path
        self._card, self._card_text = image, None
        if path is not None and path.resolve() in self._card_files:
            self._card, self._card_text = self._card_files[path.resolve()]

    def _set_pcm_card(self, data: bytes | None) -> None:
        self.pcm_card = data
        self._wave_rom = self._wave_rom_of(self.hypotheses, data)
        self._know_pcm_card()
        self.machine.set_wave_rom(self._wave_rom or open_wave_rom())


def _told(card: Card) -> dict[str, object]:
    """A card as a recording has it."""
    state = card.snapshot()
    return {"card": pack(state.pop("data")), "protected": state["protected"], "state": state}

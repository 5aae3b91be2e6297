"""What the instrument is and what is plugged into it: broken parts, guesses, engine, cards, the MIDI IN cable."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from korgm1.board.midi import BYTE
from korgm1.clock import CPU_HZ
from korgm1.desk.supply import Mains
from korgm1.errors import M1Error, UsageError
from korgm1.hypotheses import Hypotheses, hypothesis_named
from korgm1.machine.faults import Faults
from korgm1.midi_stream import Assembler, Held
from korgm1.session import Session


class Changes(Mains):
    """Screwdriver, cards and cables. RAM, cell and card stay what they are."""

    def __init__(self, session: Session, own_image: bool = False) -> None:
        super().__init__(session, own_image)
        self._cable = Assembler()
        self._cable_holds = Held()

    def set_faults(self, words: Iterable[str]) -> None:
        """Have exactly these parts broken (`korgm1 faults`); an instrument that is on is switched off and on again.

        Nothing is done where they are broken already.

        Raises:
            UsageError: no such fault, or a recording is under way.

        >>> from korgm1.session import Session
        >>> from korgm1.desk import Desk
        >>> desk = Desk(Session()); desk.power(True); desk.set_faults(["adc-dead"]); desk.session.faults.texts
        ('adc-dead',)
        """
        words = tuple(words)
        if Faults(words).texts != self.session.faults.texts:
            self._power_cycle(lambda: self.session.set_faults(words))
        self.say("broken: " + ", ".join(words) if words else "nothing is broken")

    def set_hypothesis(self, id: str, value: str | None) -> None:
        """Have another guess; an instrument that is on is switched off and on again.

        Nothing is done where it is that already.

        Args:
            id: as `korgm1 hypotheses` lists it.
            value: None for the default.

        Raises:
            UsageError: no such guess or value, or a recording is under way.
        """
        changed: dict[str, Any] = self.session.hypotheses.changed()
        changed.pop(hypothesis_named(id).id, None)
        if value is not None:
            changed[id] = value
        if Hypotheses(changed).changed() != self.session.hypotheses.changed():
            self._power_cycle(lambda: self.session.set_hypotheses(changed))
        self.say(f"{id} is {self.session.hypotheses[id]}")

    def set_engine(self, name: str) -> None:
        """Go on exactly here on another CPU engine.

        Raises:
            UsageError: no such engine, or a recording is under way.
        """
        with self._change():
            self.session.set_engine(name)
        self._did()
        self.say(f"the CPU is {name}")

    @property
    def battery_code(self) -> int:
        """The ADC code that the board reads for the cell as it is now."""
        return self.session.machine.battery_code()

    @property
    def card_in(self) -> bool:
        """Whether there is a program card in the slot."""
        return self.session.card is not None

    def insert_card(self, path: str, protected: bool | None = None) -> None:
        """Put a program card's file into the slot.

        Args:
            path: the file.
            protected: the switch on the card; None: as it is.

        Raises:
            UsageError: there is a card in the slot.
            UserError: the file cannot be used.
        """
        self.session.insert_card(Path(path), protected)
        self._did()
        self.say(f"{path} is in the card slot{self._of_card()}")

    def eject_card(self) -> None:
        """Take the program card out; its file is written if the card was.

        A file that cannot be written is told as an error message and tried again.

        Raises:
            UsageError: there is none.
        """
        path = self.session.card_path
        try:
            self.session.eject_card()
        except M1Error as error:
            if self.card_in or not self.session.unsaved:
                raise
            self._say_unsaved(error)
        self._did()
        self.say("the card slot is empty" if path is None else f"{path} is out of the card slot")

    def protect_card(self, on: bool) -> None:
        """Move the switch on the program card.

        Raises:
            UsageError: there is no card in the slot.
        """
        self.session.protect_card(on)
        self._did()
        self.say(f"the card's switch is {'on: it cannot be written' if on else 'off'}")

    def insert_pcm_card(self, path: str) -> None:
        """Put a PCM card's dump into its slot; it is only read.

        Raises:
            UsageError: there is one.
            UserError: the file cannot be used.
        """
        self.session.insert_pcm_card(Path(path))
        self._did()
        self.say(f"{path} is in the PCM card slot")

    def eject_pcm_card(self) -> None:
        """Take the PCM card out; voices that play it go on with words that nobody drives.

        Raises:
            UsageError: there is none.
        """
        self.session.eject_pcm_card()
        self._did()
        self.say("the PCM card slot is empty")

    def _of_card(self) -> str:
        card = self.session.card
        if card is None:
            return ""
        switch = ", write-protected" if card.protected else ""
        lost = f", its RAM lost {card.lost:,} cells" if card.lost else ""
        return f"{switch}, its cell reads {card.supply.cell_volts:.2f} V{lost}"

    def midi_in(self, data: bytes, at: int | None = None) -> None:
        """Bytes into MIDI IN; nobody hears them while the power is off.

        Args:
            data: back to back at 31,250 baud.
            at: desk time at which the first may begin; None or a time that is over: now.

        Raises:
            UsageError: no bytes.
        """
        self._did()
        self.midi_until = max(self.now, at or 0, self.midi_until) + len(data) * BYTE
        if self.session.powered:
            clock = None if at is None or at <= self.now else (at - self._base) / CPU_HZ
            self.session.midi_in(data, clock)
        for byte in data:
            for message in self._cable.take(byte):
                self._cable_holds.note(message)

    def _lay_cable(self, sounding: Held) -> None:
        """The instrument is itself at another time: notes that the cable held there and holds no more are let go."""
        rest = sounding.less(self._cable_holds).release()
        if rest and self.session.powered:
            self.session.midi_in(rest)

    def _power_cycle(self, change: Callable[[], None]) -> None:
        """Do what only an instrument that is off lets be done."""
        if self.session.recording:
            raise UsageError("a recording is under way, which this would break", "the end of the recording first")
        was_on = self.session.powered
        if was_on:
            self._power_off()
        try:
            with self._change():
                change()
        finally:
            self._did()
            if was_on:
                self._power_on()

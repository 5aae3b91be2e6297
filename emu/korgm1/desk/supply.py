"""The mains switch, the cell in its holder, and time in a cellar."""

from __future__ import annotations

from collections.abc import Iterable

from korgm1.board.sram import CELLS
from korgm1.cardfile.card_file import beside
from korgm1.clock import CPU_HZ
from korgm1.desk.hands import Hands
from korgm1.errors import M1Error, UsageError
from korgm1.files import check_apart
from korgm1.quantities import format_duration
from korgm1.session import Session
from korgm1.session.supply import another_cell

AGAIN = 10 * CPU_HZ
"""Clocks until a file that could not be written is tried again."""


class Mains(Hands):
    """Power on and off, as a real event: the cell takes over, and the image is saved.

    Args:
        session: the instrument.
        own_image: its RAM's file is what the user keeps from run to run: a memory that lost cells while the power was
            off is not written over it.
    """

    def __init__(self, session: Session, own_image: bool = False) -> None:
        super().__init__(session)
        self._own_image = own_image
        self._save_at: int | None = None

    @property
    def powered(self) -> bool:
        """Whether the power is on."""
        return self.session.powered

    def power(self, on: bool, hold: Iterable[str] = ()) -> None:
        """Switch on or off; nothing happens if it is so already.

        A file that cannot be written at power-off is told as an error message and tried again.

        Args:
            on: which.
            hold: panel keys held down for the first two seconds.

        Raises:
            UsageError: no such key.

        >>> from korgm1.desk import Desk
        >>> desk = Desk(Session()); desk.power(True); desk.run(16_000_000); desk.lcd[0][:8]
        'Prog I00'
        """
        if on == self.session.powered:
            return
        self._did()
        if on:
            self._power_on(hold)
        else:
            self._power_off()

    def reset(self) -> None:
        """Pull the CPU's /RESET low for a moment, as with a test clip.

        Raises:
            UsageError: the power is off.
        """
        self.session.reset()
        self._did()

    def dip(self, seconds: float) -> str:
        """The mains fail for `seconds`; see `Session.dip` for what it returns. No desk time passes while +5 V is gone.

        Raises:
            UsageError: the power is off, or there is no such time.
        """
        with self._change():
            outcome = self.session.dip(seconds)
        self._did()
        self.say(f"the mains failed for {seconds:g} s: {DIPS[outcome]}")
        if outcome == "power cycle":
            self._look_at_ram()
        return outcome

    def set_cell(self, text: str) -> None:
        """Put another cell in: a word or volts as for --battery; "absent" empties the holder.

        Raises:
            UsageError: no such cell.
        """
        session = self.session
        session.set_battery(another_cell(text, session.battery.cell, session.hypotheses, session.seed))
        self._did()
        battery = session.battery
        self.say("the holder is empty" if battery.cell is None else f"the cell reads {battery.cell_volts:.2f} V")

    def set_celsius(self, celsius: float) -> None:
        """The room has another temperature, -40 to 85 degrees Celsius.

        Raises:
            UsageError: no such temperature.
        """
        self.session.set_celsius(celsius)
        self._did()

    def leave(self, seconds: float) -> None:
        """Leave it off for `seconds`, up to 200 years; it is switched off if it is on, and stays off.

        Raises:
            UsageError: no such time.

        >>> from korgm1.desk import Desk
        >>> desk = Desk(Session(battery="CR2032")); desk.leave(3e8); desk.messages[-1].text[:18]
        '9 y 6 mo without p'
        """
        if not 0 <= seconds <= 200 * 31_557_600:
            raise UsageError(f"{seconds!r} is no time", "seconds, 0 to 200 years")
        self.power(False)
        self.session.leave(seconds)
        self._did()
        battery = self.session.battery
        self.say(
            f"{format_duration(seconds)} without power: the cell reads {battery.cell_volts:.2f} V, "
            f"the RAM has {battery.ram_volts:.2f} V"
        )

    def save_files(self) -> None:
        """Write what could not be written; see `power`."""
        self._save_at = None
        for session in self._sessions:
            try:
                session.save_files()
            except M1Error as error:
                self._say_unsaved(error)

    def check_apart(self, path: str) -> None:
        """Nothing, if a file may be written without writing over the RAM's image or the card.

        Raises:
            UsageError: it is one of them.
        """
        own = [("the RAM's image", session.image_path) for session in self._sessions]
        for session in self._sessions:
            if session.card_path is not None:
                own += [("the card", session.card_path), ("what is known of the card", beside(session.card_path))]
        check_apart([(what, str(file)) for what, file in own if file is not None], [("what is written", path)])

    @property
    def _sessions(self) -> list[Session]:
        """The instruments of this desk."""
        return [self.session]

    def _say_unsaved(self, error: M1Error) -> None:
        self.say(f"{error}; nothing is lost: it is tried again", "error")
        self._save_at = self.now + AGAIN

    def _power_on(self, hold: Iterable[str] = ()) -> None:
        with self._change():
            self.session.power_on(hold)
        for key in self._notes:
            if self.session.keyboard:
                self.session.note_on(key, self._notes[key])
        self._look_at_ram()

    def _power_off(self) -> None:
        self._save_at = None
        path = self.session.image_path
        unsaved: M1Error | None = None
        with self._change():
            try:
                self.session.power_off()
            except M1Error as error:
                if self.session.powered:
                    raise
                unsaved = error
        if unsaved is not None:
            self._say_unsaved(unsaved)
        else:
            self.say(f"power off; the RAM is in {path}" if path is not None else "power off")

    def _look_at_ram(self) -> None:
        """Say what the last power-on found, and keep a spoilt memory out of the user's own file."""
        wake, path = self.session.wake, self.session.image_path
        if wake is None or not wake.lost or wake.blank:
            return
        self.say(f"the RAM lost {wake.lost:,} of {CELLS:,} cells while the power was off")
        if self._own_image and path is not None:
            self.session.keep_in(None)
            self.say(f"your RAM image {path} stays as it was before that")

    def _goals(self) -> list[int]:
        return super()._goals() if self._save_at is None else [*super()._goals(), self._save_at]

    def _due(self) -> None:
        super()._due()
        if self._save_at is not None and self._save_at <= self.now:
            self.save_files()
            if self._save_at is None:
                self.say("what could not be written is written now")


DIPS = {
    "nothing": "the CPU goes on",
    "reset": "the CPU began anew",
    "freeze": "no reset came; the CPU stands still",
    "power cycle": "it went off and on again",
}
"""What a dip did, in words."""

"""The power switch."""

from __future__ import annotations

from collections.abc import Iterable

from korgm1.clock import CPU_HZ
from korgm1.errors import UsageError
from korgm1.files import BACKUPS
from korgm1.result import Timeline
from korgm1.session.cards import Cards
from korgm1.session.inputs import Inputs
from korgm1.session.listening import Listening

HOLD_TIME = 2 * CPU_HZ
"""How long keys held at power-on stay down: two seconds."""


class Switch(Inputs, Cards, Listening):
    """On and off."""

    def power_on(self, hold: Iterable[str] = ()) -> None:
        """Switch on. Time starts at 0; RAM holds what the cell kept, and hands are where they were.

        A key press that the last power-off cut short is over.

        Args:
            hold: panel keys held down for the first two seconds.

        Raises:
            UsageError: it is on already, or there is no such key.
        """
        if self.powered:
            raise UsageError("the instrument is on already", "the power off")
        hold = tuple(hold)
        for key in hold:
            self.machine.panel.check_key(key)
        for _, _, name, value in self._actions:
            if name == "release":
                self.key_up(value)
        if self._used:
            self._keep_sound()
            self.machine = self._new_machine(self.card, self.machine)
        self._used = True
        machine = self.machine
        if self._monitor is not None:
            self._monitor.attach(machine)
            self._monitor.input("power_on")
        if self._tracer is not None:
            self._tracer.attach(machine)
        self.wake = machine.power_up(self._kept, self.seed, self._power_ups)
        self._power_ups += 1
        self.powered = True
        self._actions = []
        self._sent_at = 0
        self._display = Timeline(machine.lcd.text())
        for key in hold:
            self.key_down(key)
            self._act(HOLD_TIME, "release", key)

    def power_off(self) -> None:
        """Switch off: the cell takes over, and the image files, if there are any, are written.

        Raises:
            UserError: a file cannot be written; the image is still in `sram`, and another `power_off` tries again.
        """
        if self.powered:
            self._before_off()
            self._switch_off()
        self.save_files()

    def _before_off(self) -> None:
        """What the board does while +5 V falls."""

    def _switch_off(self) -> None:
        if self._monitor is not None:
            self._display.settle(self.machine.clock)
            self._monitor.check(self.timeline)
            self._monitor.input("power_off")
            self._monitor.detach()
        if self._tracer is not None:
            self._tracer.detach()
        self._kept = self.machine.sram.image()
        self.powered = False
        self.machine.power_down()
        if self._sram_path is not None:
            self._to_write(self._sram_path, self._kept, BACKUPS)
        if self.card is not None:
            self._card_out(self.card)

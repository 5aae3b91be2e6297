"""Everything a player, a cable or a screwdriver does to the instrument. All of it is recorded, with its clock."""

from __future__ import annotations

from korgm1.errors import UsageError
from korgm1.session.base import Base, to_clocks


class Inputs(Base):
    """The panel, the keyboard, the jacks and the reset pin."""

    def press(self, key: str, seconds: float = 0.1) -> None:
        """Press a key for `seconds`, let go, and let a tenth of a second pass.

        Raises:
            UsageError: no such key; the message lists them.

        >>> from korgm1.session import Session
        >>> m1 = Session(); _ = m1.boot()
        >>> m1.press("4"); m1.press("2"); m1.lcd[0][:8]
        'Prog I42'
        """
        self.key_down(key)
        self.run(seconds)
        self.key_up(key)
        self.run(0.1)

    def key_down(self, key: str) -> None:
        """Put a panel key down; it stays down until `key_up`.

        Raises:
            UsageError: no such key; the message lists them.
        """
        self.machine.panel.press(key)
        self._note("key_down", key=key)

    def key_up(self, key: str) -> None:
        """Let a panel key go.

        Raises:
            UsageError: no such key.
        """
        self.machine.panel.release(key)
        self._note("key_up", key=key)

    def press_at(self, key: str, at: float, seconds: float = 0.1) -> None:
        """Have `key` pressed `at` seconds after power-on, for `seconds`; `run` and `boot` carry it out.

        Raises:
            UsageError: no such key, no such time, or the power is off.
        """
        self._need_power()
        self.machine.panel.check_key(key)
        self._act(to_clocks(at), "press", key)
        self._act(to_clocks(at + seconds), "release", key)

    def slide(self, value: int) -> None:
        """Move the VALUE slider to 0-127."""
        self.machine.panel.set_slider(value)
        self._note("slide", value=value)

    def move(self, control: str, value: int) -> None:
        """Set an analogue control of the panel ("joystick_x" ...) to 0-255.

        Raises:
            UsageError: no such control on this model, or a value outside 0-255.
        """
        self.machine.panel.move(control, value)
        self._note("move", control=control, value=value)

    def slide_at(self, value: int, at: float) -> None:
        """Have the VALUE slider moved to 0-127 `at` seconds after power-on.

        Raises:
            UsageError: no such position or time, or the power is off.
        """
        self._need_power()
        if not 0 <= value <= 127:
            raise UsageError(f"the VALUE slider cannot be set to {value}", "0 to 127")
        self._act(to_clocks(at), "slide", value)

    def midi_in(self, data: bytes, at: float | None = None) -> None:
        """Send `data` into MIDI IN at 31,250 baud, back to back, from `at` seconds after power-on (None: now).

        Raises:
            UsageError: no such time, no bytes, or the power is off.
        """
        self._need_power()
        try:
            data = bytes(data)
        except (TypeError, ValueError) as error:
            raise UsageError(f"{data!r} cannot be sent: {error}", "bytes") from None
        clock = None if at is None else to_clocks(at)
        self.machine.midi_in.send(data, clock)
        self._note("midi_in", data=data.hex(), at=clock)

    def note_on(self, key: int, velocity: int = 100) -> None:
        """A key of the keyboard goes down: 0-60, the low C is 0; velocity 1-127.

        Raises:
            UsageError: out of range, no keyboard (a rack, H-SCAN), or the power is off.

        >>> from korgm1.session import Session
        >>> m1 = Session(); _ = m1.boot()
        >>> m1.note_on(24, 64); m1.run(0.05); m1.midi_out[-3:].hex(" ")
        '90 3c 40'
        """
        self._need_power()
        self.machine.keyscan.press(key, velocity)
        self._note("note_on", key=key, velocity=velocity)

    def note_off(self, key: int) -> None:
        """A key of the keyboard comes up.

        Raises:
            UsageError: out of range, no keyboard, or the power is off.
        """
        self._need_power()
        self.machine.keyscan.release(key)
        self._note("note_off", key=key)

    def reset(self) -> None:
        """Pull the CPU's /RESET low for a moment; an M1 has no button for it, a test clip does it.

        Raises:
            UsageError: the power is off.

        >>> from korgm1.session import Session
        >>> m1 = Session(); _ = m1.boot(); m1.reset(); m1.machine.engine.registers()["ps"] == 0xFFFF
        True
        """
        self._need_power()
        self.machine.power.button()
        self._note("reset")

    def _do_press(self, key: str) -> None:
        self.key_down(key)

    def _do_release(self, key: str) -> None:
        self.key_up(key)

    def _do_slide(self, value: int) -> None:
        self.slide(value)

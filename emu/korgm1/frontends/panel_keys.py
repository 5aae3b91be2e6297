"""The computer's keyboard as panel, piano and joystick, by the key map: what a key began ends when it comes up."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from korgm1.frontends.canvas import KeyDown
from korgm1.keymap import parts

if TYPE_CHECKING:
    from korgm1.desk import Desk
    from korgm1.keymap import Keymap

TOP_NOTE = 60
REPEATED = ("value", "volume")
"""Actions that go on while the key repeats."""
STICK = {"left": ("joystick_x", 0), "right": ("joystick_x", 255), "up": ("joystick_y", 255), "down": ("joystick_y", 0)}


class PanelKeys:
    """The computer keys of one window.

    Args:
        desk: what they work.
        keymap: which does what.
        damper: told whether the pedal is down.
        command: carries out a line of the desk's commands.
        view: does what only a view can: "drawer", "help", "full screen", "quit".

    Attributes:
        base: the piano's C, as a key of the keyboard 0-60.
        velocity: 1-127, how hard the piano's keys are struck.
    """

    def __init__(
        self, desk: Desk, keymap: Keymap, damper: Callable[[bool], None], command: Callable[[str], object],
        view: Callable[[str], None],
    ) -> None:  # fmt: skip
        self._desk = desk
        self.keymap = keymap
        self._damper, self._command, self._view = damper, command, view
        self._held: dict[str, tuple[str, str]] = {}
        self.base = 24
        self.velocity = 100

    def down(self, event: KeyDown) -> bool:
        """A key went down; False if it has no action."""
        action = self.keymap.for_window(event.key, event.shift, event.ctrl, event.alt)
        if action is None:
            return False
        kind, argument = parts(action)
        if (event.repeat or event.key in self._held) and kind not in REPEATED:
            return True
        self._begin(event.key, kind, argument)
        return True

    def up(self, key: str) -> None:
        """A key came up."""
        kind, argument = self._held.pop(key, ("", ""))
        others = list(self._held.values())
        if kind == "key" and (kind, argument) not in others:
            self._desk.key_up(argument)
        elif kind == "note" and (kind, argument) not in others:
            self._desk.note_off(int(argument))
        elif kind == "joystick":
            control = STICK[argument][0]
            still = [STICK[word] for other, word in others if other == "joystick" and STICK[word][0] == control]
            self._lean(control, still[-1][1] if still else 128)
        elif kind == "damper":
            self._damper(False)

    def let_go(self) -> None:
        """All keys come up."""
        for key in list(self._held):
            self.up(key)

    def chord_for(self, name: str) -> str:
        """The chord that works a button of the panel, or ""."""
        return next((chord for chord, action in self.keymap.window.items() if action == f"key {name}"), "")

    def _begin(self, key: str, kind: str, argument: str) -> None:
        desk = self._desk
        if kind == "key":
            self._held[key] = kind, argument
            desk.key_down(argument)
        elif kind == "note":
            note = self.base + int(argument)
            if note <= TOP_NOTE:
                self._held[key] = kind, str(note)
                desk.note_on(note, self.velocity)
        elif kind == "joystick":
            self._held[key] = kind, argument
            self._lean(*STICK[argument])
        elif kind == "damper":
            self._held[key] = kind, argument
            self._damper(True)
        elif kind == "octave":
            self.base = max(0, min(48, self.base + 12 * int(argument)))
            desk.say(f"the piano's C is C{self.base // 12 + 2}")
        elif kind == "velocity":
            self.velocity = max(1, min(127, self.velocity + int(argument)))
            desk.say(f"velocity {self.velocity}")
        elif kind == "value":
            desk.turn(int(argument))
        elif kind == "volume":
            desk.volume = max(0, min(100, desk.volume + int(argument)))
        elif kind == "command":
            self._command(argument)
        else:
            self._view(kind)

    def _lean(self, control: str, value: int) -> None:
        if control in self._desk.controls:
            self._desk.move(control, value)

"""What somebody who types does to the instrument: a terminal tells keys, not how long they were held.

So a button is tapped, a note lasts 0.3 s, the joystick is let go after 0.3 s, and the damper pedal stays where it is
until its key comes again.
"""

from __future__ import annotations

from korgm1.clock import CPU_HZ
from korgm1.desk import Desk
from korgm1.errors import M1Error
from korgm1.frontends.command_line import CommandLine
from korgm1.frontends.command_words import carry_out, complete, told
from korgm1.keymap import Keymap, parts

NOTE_SECONDS = 0.3
HELD = int(NOTE_SECONDS * CPU_HZ)
"""Clocks the joystick is held."""
LEFT_AT = 24
"""The piano's base C, in semitones above the lowest key: C4."""
JOYSTICK = {
    "left": ("joystick_x", 0), "right": ("joystick_x", 255), "up": ("joystick_y", 255), "down": ("joystick_y", 0),
}  # fmt: skip
REST = 128
_DAMPER = 64
"""The damper pedal's MIDI controller."""


class Typist:
    """Carries out typed keys.

    Args:
        desk: the instrument.
        keymap: what keys do.

    Attributes:
        base: the piano's base C, in semitones above the lowest key.
        velocity: how hard notes are struck, 1-127.
        piano: whether letters play notes.
        damper: whether the pedal is down.
        help: whether the keys are to be shown.
        prompt: the command that is being typed, or None.
        said: answers for the user since somebody took them, in lines.
    """

    def __init__(self, desk: Desk, keymap: Keymap) -> None:
        self.base = LEFT_AT
        self.velocity = 100
        self.piano = self.damper = self.help = False
        self.prompt: CommandLine | None = None
        self.said: list[str] = []
        self._desk = desk
        self._keymap = keymap
        self._line = CommandLine(lambda text: complete(desk, text))
        self._springs: dict[str, int] = {}

    def take(self, key: str) -> bool:
        """A key was typed; returns False if it switches off."""
        if key == "ctrl+d" and (self.prompt is None or not self.prompt.text):
            return self.prompt is not None and self.command("")
        if self.prompt is not None:
            line = self.prompt.take(key)
            return True if line is None else self.command(line)
        action = self._keymap.for_terminal(key, self.piano)
        if action is None:
            return True
        try:
            return self._do(*parts(action))
        except M1Error as error:
            self.said += told(error)
            return True

    def command(self, line: str) -> bool:
        """A command was typed; returns False if it switches off."""
        self.prompt = None
        if line in ("quit", "q"):
            return False
        if line:
            self.said += carry_out(self._desk, line)
        return True

    def tick(self) -> None:
        """Let the joystick go when it was held long enough."""
        for control, due in list(self._springs.items()):
            if self._desk.now >= due:
                del self._springs[control]
                if control in self._desk.controls:
                    self._desk.move(control, REST)

    def _do(self, kind: str, argument: str) -> bool:
        desk = self._desk
        if kind == "key":
            desk.tap(argument)
        elif kind == "note":
            note = self.base + int(argument)
            if 0 <= note <= 60:
                desk.note(note, self.velocity, NOTE_SECONDS)
        elif kind == "octave":
            self.base = max(0, min(60, self.base + 12 * int(argument)))
        elif kind == "velocity":
            self.velocity = max(1, min(127, self.velocity + int(argument)))
        elif kind == "value":
            desk.turn(int(argument))
        elif kind == "volume":
            desk.volume = max(0, min(100, desk.volume + int(argument)))
        elif kind == "joystick":
            control, place = JOYSTICK[argument]
            desk.move(control, place)
            self._springs[control] = desk.now + HELD
        elif kind == "damper":
            self.damper = not self.damper
            desk.midi_in(bytes([0xB0, _DAMPER, 127 * self.damper]))
        elif kind == "command":
            self.said += carry_out(desk, argument)
        elif kind == "help":
            self.help = not self.help
        elif kind == "piano":
            self._turn_piano()
        elif kind == "prompt":
            self.prompt = self._line
        return kind != "quit"

    def _turn_piano(self) -> None:
        self.piano = not self.piano
        if self.piano and not any(parts(action)[0] == "note" for action in self._keymap.window.values()):
            self.piano = False
            self.said.append('the key map has no piano (piano = "off")')

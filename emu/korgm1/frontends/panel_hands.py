"""Fingers and the mouse on the drawn instrument: each pointer that is down holds one part until it comes up.

Buttons are down as long as the pointer is. Sliders go where they are dragged, knobs and the dial by how far up or down;
with the right button everything goes in steps. The joystick springs back, but the wheel sets it for good. The keyboard
plays glissandi; a key struck nearer to its front end is louder (ASSUMED).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from korgm1.frontends.panel_layout import VALUE_TOP, Layout, Part, part_at, piano_key_at

if TYPE_CHECKING:
    from korgm1.desk import Desk

STEP = 6.0
"""Points of a drag in steps, for each."""
FULL = 150.0
"""Points a knob is dragged from end to end."""
REST = 128
SOFTEST, LOUDEST = 20, 127


@dataclass
class Grip:
    """What one pointer holds.

    Attributes:
        part: it.
        x, y: where it was grasped, in points.
        begin: the value then.
        fine: in steps.
        key: the note it plays, of the keyboard.
    """

    part: Part
    x: float
    y: float
    begin: int
    fine: bool = False
    key: int | None = None


class PanelHands:
    """The pointers over one desk's panel, in points of its layout.

    Args:
        desk: what they work.
        layout: where things are.
        damper: told whether the pedal is down.
        slot: told that a card's slot was clicked: "card" or "pcm-card".
        command: carries out a line of the desk's commands.
    """

    def __init__(
        self, desk: Desk, layout: Layout, damper: Callable[[bool], None], slot: Callable[[str], None],
        command: Callable[[str], object],
    ) -> None:  # fmt: skip
        self._desk = desk
        self.layout = layout
        self._damper, self._slot, self._command = damper, slot, command
        self._grips: dict[int, Grip] = {}
        self._notes: dict[int, int] = {}

    def down(self, pointer: int, x: float, y: float) -> bool:
        """A pointer goes down; False if there is nothing under it."""
        part = part_at(self.layout, x, y) or part_at(self.layout, x, y, 6)
        if part is None or pointer in self._grips:
            return False
        grip = self._grips[pointer] = Grip(part, x, y, self._of(part), fine=pointer < 0)
        if part.kind == "key" and not grip.fine:
            self._desk.key_down(part.name)
        elif part.kind == "piano":
            self._play(grip, x, y)
        elif part.kind == "power":
            self._command("power toggle")
        elif part.kind == "slot":
            self._slot(part.name)
        elif part.name == "damper":
            self._damper(True)
        else:
            self.move(pointer, x, y)
        return True

    def holds(self, pointer: int) -> bool:
        """Whether this pointer has something in its grip."""
        return pointer in self._grips

    def move(self, pointer: int, x: float, y: float) -> None:
        """A pointer that is down was moved, anywhere."""
        grip = self._grips.get(pointer)
        if grip is None:
            return
        part = grip.part
        left, top, width, height = part.area
        if part.kind == "piano":
            self._play(grip, x, y)
        elif part.kind == "stick":
            self._lean("joystick_x", (x - left - width / 2) / 20)
            self._lean("joystick_y", (top + height / 2 - y) / 20)
        elif part.kind in ("value", "volume") and not grip.fine:
            share = 1 - (y - top - 12) / (height - 24)
            self._set(part, round(share * self._most(part)))
        elif part.kind in ("value", "volume", "dial", "knob") or (part.kind == "pedal" and part.name != "damper"):
            far = (grip.y - y) / STEP if grip.fine else (grip.y - y) / FULL * self._most(part)
            self._set(part, grip.begin + int(far))

    def up(self, pointer: int) -> None:
        """A pointer came up."""
        grip = self._grips.pop(pointer, None)
        if grip is None:
            return
        if grip.part.kind == "key" and not grip.fine:
            if all(other.part is not grip.part for other in self._grips.values()):
                self._desk.key_up(grip.part.name)
        elif grip.part.kind == "stick":
            for control in ("joystick_x", "joystick_y"):
                self._desk.move(control, REST)
        elif grip.part.name == "damper":
            self._damper(False)
        elif grip.key is not None:
            self._leave(grip.key)

    def wheel(self, x: float, y: float, steps: int) -> bool:
        """The wheel over a point; over nothing it turns VALUE."""
        part = part_at(self.layout, x, y, 6)
        if part is None or part.kind in ("key", "jack", "midi", "power", "slot"):
            self._desk.turn(steps)
        elif part.kind == "stick":
            now = self._desk.controls["joystick_y"]
            self._desk.move("joystick_y", max(0, min(255, now + 8 * steps)))
        elif part.kind == "piano":
            self._desk.move("aftertouch", max(0, min(255, self._desk.controls["aftertouch"] + 16 * steps)))
        elif part.name != "damper":
            wide = 1 if part.kind in ("value", "dial") else 4
            self._set(part, self._of(part) + steps * wide)
        return True

    def let_go(self) -> None:
        """All pointers come up."""
        for pointer in list(self._grips):
            self.up(pointer)

    def _play(self, grip: Grip, x: float, y: float) -> None:
        """The key under the pointer is the one that is down."""
        left, top, width, height = grip.part.area
        found = piano_key_at(grip.part.area, max(left, min(left + width - 1, x)), max(top, min(top + height - 1, y)))
        if found is None or found[0] == grip.key:
            return
        if grip.key is not None:
            self._leave(grip.key)
        grip.key = found[0]
        self._notes[grip.key] = self._notes.get(grip.key, 0) + 1
        self._desk.note_on(grip.key, round(SOFTEST + (LOUDEST - SOFTEST) * found[1]))

    def _leave(self, key: int) -> None:
        self._notes[key] -= 1
        if not self._notes[key]:
            del self._notes[key]
            self._desk.note_off(key)
        if not self._notes and self._desk.controls.get("aftertouch"):
            self._desk.move("aftertouch", 0)

    def _lean(self, control: str, share: float) -> None:
        value = round(max(-1.0, min(1.0, share)) * 127 + REST)
        if value != self._desk.controls[control]:
            self._desk.move(control, value)

    def _most(self, part: Part) -> int:
        return 255 if part.kind == "pedal" else VALUE_TOP if part.name == "value" else 100

    def _of(self, part: Part) -> int:
        """Where it stands."""
        if part.name == "value":
            return self._desk.value
        if part.name in ("volume", "contrast"):
            return int(getattr(self._desk, part.name))
        return self._desk.controls.get(part.name, 0) if part.kind == "pedal" else 0

    def _set(self, part: Part, value: int) -> None:
        value = max(0, min(self._most(part), value))
        if value == self._of(part):
            return
        if part.name == "value":
            self._desk.slide(value)
        elif part.name in ("volume", "contrast"):
            setattr(self._desk, part.name, value)
        else:
            self._desk.move(part.name, value)

"""SDL's events, by name, as the window's own: fingers numbered, the wheel in whole steps, keys by their place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from korgm1.frontends import canvas as ui
from korgm1.frontends.scancodes import NAMES

SHIFT, CTRL, ALT = 0x0003, 0x00C0, 0x0300
"""Bits of either key in SDL's modifiers."""
POINTERS = {1: 0, 3: -1}
"""Mouse button -> pointer."""
Pair = tuple[int, int]


class Input:
    """What happens in one window.

    Args:
        size: says the window's size in pixels.
        mouse: says where the mouse is in it.
    """

    def __init__(self, size: Callable[[], Pair], mouse: Callable[[], Pair]) -> None:
        self._size, self._mouse = size, mouse
        self._fingers: dict[int, int] = {}
        self._keys: set[int] = set()
        self._rolled = 0.0

    def taken(self, name: str, event: Any) -> ui.Event | None:
        """The event of that name (pygame's, as "KeyDown"), with SDL's attributes; None: nothing of interest.

        >>> from types import SimpleNamespace as Event
        >>> window = Input(lambda: (200, 100), lambda: (0, 0))
        >>> window.taken("FingerDown", Event(finger_id=77, x=0.5, y=0.5))
        PointerDown(pointer=1, x=100.0, y=50.0)
        """
        take = _TAKERS.get(name)
        if take is None or getattr(event, "touch", False):
            return None
        return take(self, event)

    def _button(self, kind: type[ui.PointerDown | ui.PointerUp], event: Any) -> ui.Event | None:
        return kind(POINTERS[event.button], *event.pos) if event.button in POINTERS else None

    def _moved(self, event: Any) -> ui.Event:
        left, _, right = event.buttons
        if left or right:
            return ui.PointerMove(0 if left else -1, *event.pos)
        return ui.Hover(*event.pos)

    def _wheel(self, event: Any) -> ui.Event | None:
        self._rolled += getattr(event, "precise_y", event.y) * (-1 if getattr(event, "flipped", False) else 1)
        steps = int(self._rolled)
        self._rolled -= steps
        return ui.Wheel(*self._mouse(), steps) if steps else None

    def _finger_down(self, event: Any) -> ui.Event:
        number = next(n for n in range(1, 99) if n not in self._fingers.values())
        self._fingers[event.finger_id] = number
        return ui.PointerDown(number, *self._touched(event))

    def _finger_moved(self, event: Any) -> ui.Event | None:
        known = self._fingers.get(event.finger_id)
        return None if known is None else ui.PointerMove(known, *self._touched(event))

    def _finger_up(self, event: Any) -> ui.Event | None:
        known = self._fingers.pop(event.finger_id, None)
        return None if known is None else ui.PointerUp(known, *self._touched(event))

    def _touched(self, event: Any) -> tuple[float, float]:
        width, height = self._size()
        return event.x * width, event.y * height

    def _key_down(self, event: Any) -> ui.Event | None:
        name = NAMES.get(event.scancode)
        shift, ctrl, alt = (bool(event.mod & keys) for keys in (SHIFT, CTRL, ALT))
        repeat = event.scancode in self._keys
        self._keys.add(event.scancode)
        return None if name is None else ui.KeyDown(name, shift, ctrl, alt, repeat)

    def _key_up(self, event: Any) -> ui.Event | None:
        self._keys.discard(event.scancode)
        name = NAMES.get(event.scancode)
        return None if name is None else ui.KeyUp(name)

    def _left(self, _: Any) -> ui.Event:
        self._keys.clear()
        return ui.FocusLost()


_TAKERS: dict[str, Callable[[Input, Any], ui.Event | None]] = {
    "Quit": lambda window, event: ui.Quit(),
    "KeyDown": Input._key_down,
    "KeyUp": Input._key_up,
    "TextInput": lambda window, event: ui.Text(event.text),
    "MouseButtonDown": lambda window, event: window._button(ui.PointerDown, event),
    "MouseButtonUp": lambda window, event: window._button(ui.PointerUp, event),
    "MouseMotion": Input._moved,
    "MouseWheel": Input._wheel,
    "FingerDown": Input._finger_down,
    "FingerMotion": Input._finger_moved,
    "FingerUp": Input._finger_up,
    "WindowLeave": lambda window, event: ui.Hover(-1, -1),
    "WindowSizeChanged": lambda window, event: ui.Resized(*window._size()),
    "WindowFocusLost": Input._left,
    "DropFile": lambda window, event: ui.FileDropped(event.file, *window._mouse()),
}

"""The drawn instrument on a screen: a backdrop that is kept, and on it what has changed since the last picture."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from korgm1.frontends.canvas import Box, Canvas
from korgm1.frontends.panel_backdrop import paint_backdrop
from korgm1.frontends.panel_layout import KEYS, MARGIN, Layout, Part, part_at, piano_keys
from korgm1.frontends.panel_lcd import Glass
from korgm1.frontends.panel_paint import Look, Place, Seen, look, paint_part

if TYPE_CHECKING:
    from typing import Any


class Layered(Canvas, Protocol):
    """A canvas that can keep others."""

    def layer(self, w: int, h: int) -> Any:
        """A canvas of this size that is not on the screen."""

    def blit(self, layer: Any, x: int, y: int, part: Box | None = None) -> None:
        """Copy a layer, or a part of it."""


class PanelView:
    """One instrument's panel in a box of the screen.

    Args:
        layout: which.
        glass: its LCD.
        title: the model's.
        firmware: name and version.
    """

    def __init__(self, layout: Layout, glass: Glass, title: str, firmware: str) -> None:
        self.layout = layout
        self.glass = glass
        self.place = Place(1.0)
        self._title, self._firmware = title, firmware
        self._box: Box = (0, 0, 0, 0)
        self._backdrop: Any = None
        self._looks: dict[Part, Look] = {}
        self._seen: Seen | None = None
        self._keyboards: list[Any] = []

    def fit(self, screen: Layered, box: Box) -> None:
        """Take this box of the screen; everything is painted next time."""
        width, height = self.layout.size
        scale = max(0.05, min(box[2] / width, box[3] / height))
        left, top = round((box[2] - width * scale) / 2), round((box[3] - height * scale) / 2)
        self._box = box
        self._backdrop = screen.layer(max(1, box[2]), max(1, box[3]))
        paint_backdrop(self._backdrop, self.layout, Place(scale, left, top), self._title, self._firmware)
        self.place = Place(scale, box[0] + left, box[1] + top)
        self._looks.clear()
        self._keyboards.clear()

    def touched(self, x: float, y: float) -> Part | None:
        """The part under a point of the screen."""
        return part_at(self.layout, *self.place.points(x, y))

    def paint(self, screen: Layered, seen: Seen) -> list[Box]:
        """Paint what has changed. What `seen` holds must not be changed afterwards: the next look is compared with it.

        Returns:
            The boxes that were.
        """
        whole = not self._looks
        boxes: list[Box] = []
        if whole:
            screen.blit(self._backdrop, self._box[0], self._box[1])
            boxes.append(self._box)
        for part in self.layout.parts if whole or seen != self._seen else ():
            state = look(part, seen)
            before = self._looks.get(part)
            if state == before:
                continue
            self._looks[part] = state
            if part.kind == "piano" and before is not None:
                boxes += self._keys(screen, part, before, state)
                continue
            box = self.place.box(part.area, MARGIN + 2)
            screen.clip(box)
            if not whole:
                screen.blit(self._backdrop, box[0], box[1], self._on_backdrop(box))
            paint_part(screen, self.place, part, state)
            boxes.append(box)
        self._seen = seen
        screen.clip(None)
        boxes += self.glass.paint(screen, self.place.box(self.layout.lcd), whole)
        return [self._box] if whole else boxes

    def again(self, screen: Layered, box: Box) -> None:
        """Paint what is in this box once more: something that lay over it has gone."""
        screen.clip(box)
        screen.blit(self._backdrop, box[0], box[1], self._on_backdrop(box))
        for part, state in self._looks.items():
            if _meet(self.place.box(part.area, MARGIN + 2), box):
                paint_part(screen, self.place, part, state)
        if _meet(self.place.box(self.layout.lcd), box):
            self.glass.paint(screen, self.place.box(self.layout.lcd), True)
        screen.clip(None)

    def _keys(self, screen: Layered, part: Part, before: Look, now: Look) -> list[Box]:
        """Of the keyboard, copy only the keys that moved, and the black ones beside them, from one with all up or down.

        A corner of a black key shows the white ones as they are there: a pixel or two.
        """
        old, new = before[0], now[0]
        assert isinstance(old, frozenset) and isinstance(new, frozenset)
        screen.clip(None)
        left, top, width, height = self.place.box(part.area)
        if not self._keyboards:
            for notes in (frozenset(), frozenset(range(KEYS))):
                layer = screen.layer(width, height)
                paint_part(layer, Place(self.place.scale, self.place.left - left, self.place.top - top), part, (notes,))
                self._keyboards.append(layer)
        keys = {key: (area, black) for key, area, black in piano_keys(part.area)}
        boxes = []
        for key in sorted(old ^ new):
            moved = [key] if keys[key][1] else [key, *(k for k in (key - 1, key + 1) if k in keys and keys[k][1])]
            for number in moved:
                box = self.place.box(keys[number][0])
                place = (box[0] - left, box[1] - top, box[2], box[3])
                screen.blit(self._keyboards[number in new], box[0], box[1], place)
                if number == key:
                    boxes.append(box)
        return boxes

    def _on_backdrop(self, box: Box) -> Box:
        return box[0] - self._box[0], box[1] - self._box[1], box[2], box[3]


def _meet(a: Box, b: Box) -> bool:
    return a[0] < b[0] + b[2] and b[0] < a[0] + a[2] and a[1] < b[1] + b[3] and b[1] < a[1] + a[3]

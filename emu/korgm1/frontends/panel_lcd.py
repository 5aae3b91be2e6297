"""The live LCD in its frame: slow dots, contrast, the backlight's age, the fade when the power goes.

It is looked at once a frame; while nothing on the glass moves, a look costs a comparison. Only the characters that have
changed are painted.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from korgm1.board.lcd_glass import SHOWN, Levels, Shape, follow, ghost, paint, picture, targets
from korgm1.clock import CPU_HZ
from korgm1.physics.el_foil import brightness

if TYPE_CHECKING:
    from typing import Any, Protocol

    from korgm1.frontends.canvas import Box, Canvas, Colour

    class Guesses(Protocol):
        """`Hypotheses`, or a dict."""

        def __getitem__(self, key: str) -> Any: ...

FOIL = (0.08, 0.08)
"""Time constants of the backlight coming and going, seconds: its inverter's capacitors (ASSUMED)."""
SETTLED = 10.0
"""Seconds after which any change is over; a longer time is not followed."""
EMPTY = np.zeros((2, 40, 8, 5), np.bool_)


@lru_cache(maxsize=8)
def glass_in(box: Box) -> tuple[Shape, int, int]:
    """The dots' sizes in a frame of this box, and where the first one's corner is, all in whole pixels.

    >>> glass_in((154, 84, 990, 144))
    (Shape(pitch=4, gap=1, column_gap=3, line_gap=5), 191, 122)
    """
    shape = Shape.fitting(box[2] * 0.98, box[3] * 0.9)
    wide, high = shape.size()
    return shape, box[0] + (box[2] - wide) // 2, box[1] + (box[3] - high) // 2


class Glass:
    """What the LCD looks like now.

    Args:
        guesses: hypothesis id -> value, for H-LCD-GHOST and H-EL-HALF.
    """

    def __init__(self, guesses: Guesses) -> None:
        self._times = ghost(str(guesses["H-LCD-GHOST"]))
        self._half_life = float(guesses["H-EL-HALF"])
        self._levels: Levels = np.zeros(EMPTY.shape, np.float32)
        self._light = np.zeros(1, np.float32)
        self._aims: Levels = self._levels
        self._wanted: object = None
        self._now = 0
        self._moving = False
        self._painted: Levels | None = None
        self._painted_light = -1
        self.shape = Shape.of(1)

    @property
    def moving(self) -> bool:
        """Whether it goes on changing by itself."""
        return self._moving

    def look(self, dots: np.ndarray, contrast: int, powered: bool, hours: float, now: int) -> None:
        """The dots as they are driven at desk time `now` (CPU clocks), the pot, the switch, the foil's age."""
        seconds = min(SETTLED, max(0.0, (now - self._now) / CPU_HZ))
        self._now = now
        wanted = (dots.tobytes(), contrast, powered)
        if wanted != self._wanted:
            self._wanted = wanted
            self._aims = targets(dots, contrast, powered)
            self._moving = True
        foil = brightness(hours, self._half_life) if powered else 0.0
        if self._moving or abs(foil - float(self._light[0])) > SHOWN:
            self._levels = follow(self._levels, self._aims, seconds, self._times)
            self._light = follow(self._light, np.array([foil], np.float32), seconds, FOIL)
            self._moving = self._light[0] != np.float32(foil) or not np.array_equal(self._levels, self._aims)

    def settle(self) -> None:
        """As it will be when nothing changes any more (pictures on paper)."""
        self._levels = self._aims.copy()
        self._moving = False

    def paint(self, canvas: Canvas, box: Box, whole: bool = False) -> list[Box]:
        """Paint what has changed since the last time.

        Args:
            canvas: on what.
            box: the glass, in pixels.
            whole: all of it.

        Returns:
            The boxes that were painted.
        """
        light = round(float(self._light[0]) * 255)
        shape, left, top = glass_in(box)
        wide, high = shape.size()
        self.shape = shape
        if whole or self._painted is None or light != self._painted_light:
            r, g, b = (int(part) for part in paint(light / 255)[0])
            ground: Colour = (r, g, b)
            canvas.rect(box, ground, min(6, box[3] // 20))
            canvas.image(picture(self._levels, shape, light / 255)[:high, :wide], left, top)
            self._painted, self._painted_light = self._levels, light
            return [box]
        if self._levels is self._painted:
            return []
        changed = np.any(np.abs(self._levels - self._painted) >= SHOWN, axis=(2, 3))
        if not changed.any():
            return []
        boxes = []
        fresh = self._painted.copy()
        for line in range(changed.shape[0]):
            columns = np.flatnonzero(changed[line])
            if not len(columns):
                continue
            first, last = int(columns[0]), int(columns[-1]) + 1
            image = picture(self._levels[line : line + 1, first:last], shape, light / 255)
            image = image[: shape.line - shape.line_gap - shape.gap, : (last - first) * shape.column - shape.column_gap]
            x, y = left + first * shape.column, top + line * shape.line
            canvas.image(image, x, y)
            fresh[line, first:last] = self._levels[line, first:last]
            boxes.append((x, y, image.shape[1], image.shape[0]))
        self._painted = fresh
        return boxes

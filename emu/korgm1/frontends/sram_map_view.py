"""The RAM as a live picture: 256 x 256 cells, a byte each, address 0000 at the top left.

Soft colours tell the regions, lighter where more bits are one. A byte that was written another value glows for two
seconds; a byte with cells that were lost at the last power-on is red until it is written, or, where very many
were lost, until the firmware has made a valid memory of it all again. Pure but for the paint.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable

import numpy as np
import numpy.typing as npt

from korgm1.board.sram import Wake
from korgm1.clock import CPU_HZ
from korgm1.errors import UserError
from korgm1.frontends.canvas import KeyDown
from korgm1.frontends.widget_ground import (
    ACCENT,
    INK,
    Brush,
    Ruler,
    Touch,
    Widget,
)
from korgm1.sram_layout import SIZE, Layout, read
from korgm1.sram_layout.picture import SOFT

ROW = 256
GLOW = 2 * CPU_HZ
"""Clocks a changed byte glows."""
LARGEST = 320
"""Points of a side, at most."""
RUINED = SIZE // 4
"""Bytes with lost cells above which no firmware keeps a memory: if it is valid all the same, it was made anew."""
LAYOUT_AGE = CPU_HZ
"""Clocks after which a changed image is laid out anew."""
HOT_BYTE, LOST_BYTE, PLAIN = (255, 246, 190), (224, 52, 44), (150, 154, 162)

_LIGHT = np.array([0.2 + 0.075 * byte.bit_count() for byte in range(256)], np.float32)

Pixels = npt.NDArray[np.uint8]


class SramMap:
    """What the picture is made of, followed from look to look.

    >>> watched = SramMap(); watched.follow(bytes(65536), None, 0); watched.picture(0).shape
    (256, 256, 3)
    >>> watched.follow(bytes(5) + b"x" + bytes(65530), None, 80); tuple(watched.picture(80)[0, 5].tolist()) == HOT_BYTE
    True
    """

    def __init__(self) -> None:
        self.image = b""
        self.layout: Layout | None = None
        self._laid_at = 0
        self._laid: bytes = b""
        self._wake: Wake | None = None
        self._changed = np.full(SIZE, -(1 << 62), np.int64)
        self._lost = np.zeros(SIZE, bool)
        self._glows_until = -1
        self._glowed = False
        self.version = 0
        """Another number when the picture is another."""

    def follow(self, image: bytes, wake: Wake | None, now: int) -> None:
        """This is what it is now.

        Args:
            image: the 65,536 bytes.
            wake: what the last power-on found.
            now: clocks that only grow.
        """
        fresh = not self.image or wake is not self._wake
        if fresh:
            self._wake = wake
            mask = None if wake is None else wake.mask
            self._lost = np.zeros(SIZE, bool) if mask is None else np.frombuffer(mask, np.uint8) != 0
            self._changed[:] = -(1 << 62)
            self._glows_until = -1
        elif image != self.image:
            differs = np.frombuffer(image, np.uint8) != np.frombuffer(self.image, np.uint8)
            self._changed[differs] = now
            self._lost &= ~differs
            self._glows_until = now + GLOW
        glows = now < self._glows_until
        if fresh or image != self.image or glows or self._glowed:
            self.version += 1
        self._glowed = glows
        self.image = image
        if self.layout is None or (image != self._laid and (fresh or now - self._laid_at >= LAYOUT_AGE)):
            self.layout, self._laid, self._laid_at = read(image), image, now
            if self.layout.valid and np.count_nonzero(self._lost) > RUINED:
                self._lost[:] = False

    def picture(self, now: int) -> Pixels:
        """256 x 256 pixels of the last `follow`."""
        base = np.empty((SIZE, 3), np.float32)
        for region in self.layout.regions if self.layout else ():
            base[region.start : region.end] = SOFT.get(region.name.removesuffix(" (guessed)"), PLAIN)
        base *= _LIGHT[np.frombuffer(self.image, np.uint8)][:, None]
        base[self._lost] = LOST_BYTE
        if self._glows_until > now:
            where = np.flatnonzero(self._changed > now - GLOW)
            share = np.clip(1 - (now - self._changed[where]) / GLOW, 0, 1).astype(np.float32)[:, None]
            base[where] += (np.array(HOT_BYTE, np.float32) - base[where]) * share
        return np.asarray(base, np.uint8).reshape(ROW, ROW, 3)

    def about(self, address: int) -> str:
        """What is at an address, in a line or two.

        >>> watched = SramMap(); watched.follow(bytes(65536), None, 0); watched.about(0x1234)
        '1234: 00 (00000000 b), unknown'
        """
        if not self.image or self.layout is None:
            return ""
        value = self.image[address]
        parts = [f"{address:04X}: {value:02X} ({value:08b} b)", self.layout.region_at(address).name]
        try:
            record = self.layout.record_at(address, self.image)
        except (UserError, LookupError, ValueError):
            record = None
        if record is not None:
            parts.append(f"{self.layout.label(record)}, byte {address - record.start}")
        if self._lost[address]:
            parts.append("lost at the last power-on")
        return ", ".join(parts)


class SramView(Widget):
    """The picture as a control: point at a byte, or step to it with the arrows.

    Args:
        image, wake, now: as for `SramMap.follow`, asked at each look.
    """

    takes_focus = True
    hint = "Every byte of the RAM in its place. Click for its address; Left and Right step, with Shift Up and Down too."

    def __init__(
        self, image: Callable[[], bytes], wake: Callable[[], Wake | None], now: Callable[[], int]
    ) -> None:
        super().__init__()
        self._image, self._wake, self._now = image, wake, now
        self.map = SramMap()
        self.address = 0x1000
        """Which byte is told about."""

    def height(self, width: int, ruler: Ruler) -> int:
        return min(width, LARGEST)

    @property
    def _side(self) -> int:
        return self.box[3]

    @property
    def _left(self) -> int:
        return (self.box[2] - self._side) // 2

    @property
    def about(self) -> str:
        """What is at the byte that was pointed at."""
        if not self.map.image:
            self.look()
        return self.map.about(self.address)

    def look(self) -> Hashable:
        self.map.follow(self._image(), self._wake(), self._now())
        return self.map.version, self.address

    def paint(self, brush: Brush, touch: Touch) -> None:
        x, y, _, _ = self.box
        left, top, wide, tall = brush.box((x + self._left, y, self._side, self._side))
        cells = self.map.picture(self._now())
        row, column = divmod(self.address, ROW)
        across, down = (np.arange(size) * ROW // max(1, size) for size in (wide, tall))
        brush.canvas.image(cells.take(down, 0).take(across, 1), left, top)
        px, py = left + (column * wide + wide // 2) // ROW, top + (row * tall + tall // 2) // ROW
        arm, gap = round(7 * brush.scale), round(3 * brush.scale)
        for dx, dy in ((-1, 0), (1, 0), (0, -1), (0, 1)):
            brush.canvas.line([(px + dx * gap, py + dy * gap), (px + dx * arm, py + dy * arm)], INK, brush.scale)
        if touch.focus:
            brush.rect((x + self._left, y, self._side, self._side), ACCENT, 0, 1)

    def down(self, x: float, y: float) -> None:
        side = max(1, self._side)
        column, row = (min(ROW - 1, max(0, int(at * ROW / side))) for at in (x - self._left, y))
        self.address = row * ROW + column

    def drag(self, x: float, y: float) -> None:
        self.down(x, y)

    def key(self, event: KeyDown) -> bool:
        step = {"left": -1, "right": 1, "up": -ROW, "down": ROW}.get(event.key)
        if step is None or (abs(step) == ROW and not event.shift) or not 0 <= self.address + step < SIZE:
            return False
        self.address += step
        return True

"""Short texts over the panel: what the desk says, the live loop's status, and what is under the mouse."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from korgm1.clock import CPU_HZ
from korgm1.frontends.canvas import Box, Canvas, Colour
from korgm1.frontends.widget_ground import Ruler

if TYPE_CHECKING:
    from korgm1.desk import Message

SHOWN = 5 * CPU_HZ
"""Clocks a message stays; an error twice as long."""
MOST = 4
INFO: Colour = (226, 226, 222)
ERROR: Colour = (255, 150, 130)
WARN: Colour = (240, 190, 90)
GROUND: Colour = (12, 12, 14)
EDGE: Colour = (92, 92, 98)


@dataclass(frozen=True)
class Note:
    """Lines in a box.

    Attributes:
        box: in pixels.
        lines: text and colour.
        size: of the letters.
    """

    box: Box
    lines: tuple[tuple[str, Colour], ...]
    size: float

    def paint(self, canvas: Canvas) -> None:
        """Paint it."""
        x, y, _, height = self.box
        canvas.rect(self.box, GROUND, self.size / 2)
        canvas.rect(self.box, EDGE, self.size / 2, 1)
        step = (height - self.size) / len(self.lines)
        for number, (text, colour) in enumerate(self.lines):
            canvas.text(text, x + self.size, y + self.size / 2 + step * (number + 0.5), self.size, colour)


def said(messages: Iterable[Message], now: int, status: str) -> tuple[tuple[str, Colour], ...]:
    """The lines to show at desk time `now`: the newest messages, and the status below them."""
    young = [
        (message.text, ERROR if message.kind == "error" else INFO)
        for message in messages
        if 0 <= now - message.at < SHOWN * (2 if message.kind == "error" else 1)
    ]
    lines = [(line, colour) for text, colour in young[-MOST:] for line in text.splitlines()]
    return tuple(lines[-2 * MOST :] + ([(status, WARN)] if status else []))


def note_in(canvas: Canvas, box: Box, lines: tuple[tuple[str, Colour], ...], size: float) -> Note | None:
    """A note with these lines at the bottom of a box, or None; what is too long for a line goes on in the next."""
    if not lines:
        return None
    ruler = Ruler(canvas, 1)
    room = round(box[2] - 4 * size)
    most = max(1, round((box[3] / 2 - size) / size / 1.5))
    fitting = tuple((row, colour) for text, colour in lines for row in ruler.wrap(text, room, size))[-most:]
    wide = round(max(canvas.text_width(text, size) for text, _ in fitting) + 2 * size)
    high = round(len(fitting) * size * 1.5 + size)
    x, y = box[0] + (box[2] - wide) // 2, box[1] + box[3] - high - round(size)
    return Note((x, y, wide, high), fitting, size)


def note_beside(canvas: Canvas, box: Box, about: Box, text: str, size: float) -> Note | None:
    """A note below (or above) the thing it is about, inside `box`."""
    if not text:
        return None
    wide, high = round(canvas.text_width(text, size) + 2 * size), round(size * 2.1)
    x = max(box[0], min(box[0] + box[2] - wide, about[0] + (about[2] - wide) // 2))
    y = about[1] + about[3] + round(size / 2)
    if y + high > box[1] + box[3]:
        y = about[1] - high - round(size / 2)
    return Note((x, y, wide, high), ((text, INFO),), size)

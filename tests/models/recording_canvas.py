"""A canvas that writes down what is painted, with text half as wide as it is high."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from korgm1.frontends.canvas import Box, Colour, Point


@dataclass
class RecordingCanvas:
    """What is painted: `calls` has each call, `texts` the words with their place."""

    size: tuple[int, int] = (400, 600)
    calls: list[tuple[str, object]] = field(default_factory=list)
    texts: list[tuple[str, Box, Colour]] = field(default_factory=list)
    clipped: Box | None = None

    def rect(self, box: Box, colour: Colour, radius: float = 0, line: int = 0) -> None:
        self.calls.append(("rect", (box, colour)))

    def circle(self, x: float, y: float, r: float, colour: Colour, line: float = 0) -> None:
        self.calls.append(("circle", (x, y, r)))

    def line(self, points: Sequence[Point], colour: Colour, width: float = 1) -> None:
        self.calls.append(("line", tuple(points)))

    def polygon(self, points: Sequence[Point], colour: Colour) -> None:
        self.calls.append(("polygon", tuple(points)))

    def text(
        self, text: str, x: float, y: float, size: float, colour: Colour, align: float = 0.0, bold: bool = False,
        mono: bool = False,
    ) -> int:  # fmt: skip
        width = self.text_width(text, size, bold, mono)
        self.calls.append(("text", text))
        box = (round(x - align * width), round(y - size / 2), width, round(size))
        if self.clipped is None or overlap(box, self.clipped):
            self.texts.append((text, box if self.clipped is None else common(box, self.clipped), colour))
        return width

    def text_width(self, text: str, size: float, bold: bool = False, mono: bool = False) -> int:
        return round(len(text) * size * 0.5)

    def image(self, pixels: NDArray[np.uint8], x: int, y: int) -> None:
        self.calls.append(("image", (pixels.shape, x, y)))

    def clip(self, box: Box | None) -> None:
        self.clipped = box

    def forget(self) -> None:
        """Begin anew."""
        self.calls.clear()
        self.texts.clear()

    def where(self, words: str) -> tuple[float, float]:
        """The middle of the text that begins so, painted last."""
        box = [box for text, box, _ in self.texts if text.startswith(words)][-1]
        return box[0] + box[2] / 2, box[1] + box[3] / 2


def overlap(one: Box, other: Box) -> bool:
    """Whether two boxes share a pixel."""
    return (
        one[0] < other[0] + other[2] and other[0] < one[0] + one[2]
        and one[1] < other[1] + other[3] and other[1] < one[1] + one[3]
    )  # fmt: skip


def common(one: Box, other: Box) -> Box:
    """What two boxes share."""
    left, top = max(one[0], other[0]), max(one[1], other[1])
    right, bottom = min(one[0] + one[2], other[0] + other[2]), min(one[1] + one[3], other[1] + other[3])
    return left, top, max(0, right - left), max(0, bottom - top)

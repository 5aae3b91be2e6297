"""The LCD's glass: how dark each dot is under the contrast pot, how slowly it follows, and the picture of that.

The 1/16 duty, 1/5 bias waveform gives a dot that is on sqrt(0.10) of the LCD's voltage and one that is off sqrt(0.06)
(Alt and Pleshko's law: the ratio of 1.291 is the best there is for 16 lines). Around the threshold darkness is a
logistic function of that. Pot in the middle: the dots that are on and off lie on both sides of it alike; at one end
even those that are on are faint, at the other all cells show.

ASSUMED: the steepness (an off dot at rest is as dark as `lcd_picture` paints it), the pot's range of +-20 %, the colour
of the glass in the light of a room with the foil dark. Guessed: H-LCD-GHOST (how slow the dots are).
Sources: facts m1-hardware 1.5 (colours); the duty is the controller's with two lines (DATASHEET).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import exp, sqrt

import numpy as np
import numpy.typing as npt

from korgm1.board.lcd_picture import COLUMN_GAP, LINE_GAP, LIT, Image, Rgb

Levels = npt.NDArray[np.float32]
"""How dark each dot is, 0 to 1, of shape (lines, columns, rows, 5)."""
ON, OFF = sqrt(0.10), sqrt(0.06)
MIDDLE = 2 / (ON + OFF)
"""The LCD's voltage, by the threshold, at which on and off lie around it alike."""
SPAN = 0.2
STEEP = 0.057
STEPS = 64
"""Shades of a dot."""
SHOWN = 1 / (2 * STEPS)
"""A difference of darkness that nobody sees."""
UNLIT: tuple[Rgb, Rgb] = ((64, 68, 64), (34, 36, 36))
"""Ground and dark dots in the light of a room."""
GAMMA = 2.2


def drive(contrast: int) -> tuple[float, float]:
    """How dark a dot that is on and one that is off become, 0 to 1.

    Args:
        contrast: the pot, 0-100.

    >>> [tuple(round(level, 2) for level in drive(pot)) for pot in (0, 50, 100)]
    [(0.15, 0.01), (0.9, 0.1), (1.0, 0.7)]
    """
    volts = MIDDLE * (1 + SPAN * (contrast - 50) / 50)
    return _dark(volts * ON), _dark(volts * OFF)


def _dark(volts: float) -> float:
    return 1 / (1 + exp((1 - volts) / STEEP))


def targets(dots: npt.NDArray[np.bool_], contrast: int, powered: bool) -> Levels:
    """Where each dot's darkness is going to; with no power all dots go clear.

    >>> float(targets(np.ones((2, 40, 8, 5), bool), 50, False).max())
    0.0
    """
    if not powered:
        return np.zeros(dots.shape, np.float32)
    on, off = drive(contrast)
    return np.where(dots, np.float32(on), np.float32(off))


def ghost(text: str) -> tuple[float, float]:
    """H-LCD-GHOST's times as time constants in seconds: (getting dark, getting clear).

    The text (hypotheses.toml checks it) has milliseconds from 10 to 90 %, which takes ln 9 time constants.

    >>> [round(seconds, 4) for seconds in ghost("150,200")]
    [0.0683, 0.091]
    """
    rise, fall = (float(part) / 1000 / 2.1972 for part in text.split(","))
    return rise, fall


def follow(levels: Levels, aims: Levels, seconds: float, times: tuple[float, float]) -> Levels:
    """The darkness after `seconds` more; dots that are as good as there are there.

    Args:
        levels: now.
        aims: where it is going.
        seconds: that pass.
        times: time constants of getting dark and getting clear, in seconds (0: at once).

    >>> there = follow(np.zeros(2, np.float32), np.array([1, 0], np.float32), 0.1, (0.1, 0.1))
    >>> [round(float(level), 3) for level in there]
    [0.632, 0.0]
    """
    rise, fall = (1 - exp(-seconds / time) if time else 1.0 for time in times)
    far = aims - levels
    out = levels + far * np.where(far > 0, np.float32(rise), np.float32(fall))
    return np.where(np.abs(aims - out) < SHOWN, aims, out).astype(np.float32)


@dataclass(frozen=True)
class Shape:
    """Pixels of the picture: from dot to dot, between dots, and between characters and lines beyond that."""

    pitch: int
    gap: int
    column_gap: int
    line_gap: int

    @classmethod
    def fitting(cls, width: float, height: float, columns: int = 40, lines: int = 2) -> Shape:
        """The largest that fits into a box.

        >>> Shape.fitting(940, 90)
        Shape(pitch=4, gap=1, column_gap=3, line_gap=5)
        """
        pitch = 40
        while pitch > 1:
            shape = cls.of(pitch)
            wide, high = shape.size(columns, lines)
            if wide <= width and high <= height:
                break
            pitch -= 1
        return cls.of(pitch)

    @classmethod
    def of(cls, pitch: int) -> Shape:
        """Every proportion follows from the dot pitch, in whole pixels."""
        gap = 0 if pitch < 3 else max(1, round(pitch / 6))
        return cls(pitch, gap, max(1, pitch * COLUMN_GAP // 4), max(1, pitch * LINE_GAP // 4))

    def size(self, columns: int = 40, lines: int = 2) -> tuple[int, int]:
        """Width and height of so many characters, without the gaps behind the last.

        >>> Shape.of(4).size()
        (916, 68)
        """
        return (
            columns * self.column - self.column_gap - self.gap, lines * self.line - self.line_gap - self.gap,
        )  # fmt: skip

    @property
    def column(self) -> int:
        """From character to character."""
        return 5 * self.pitch + self.column_gap

    @property
    def line(self) -> int:
        """From line to line."""
        return 8 * self.pitch + self.line_gap


def picture(levels: Levels, shape: Shape, light: float) -> Image:
    """Characters as an RGB picture, with the gaps behind the last line and column.

    Args:
        levels: their dots' darkness.
        shape: sizes.
        light: the backlight, 0 to 1.

    Returns:
        uint8 of shape (lines x shape.line, columns x shape.column, 4): red, green, blue and nothing, as four bytes are
        looked up ten times faster than three.

    >>> picture(np.zeros((2, 40, 8, 5), np.float32), Shape.of(4), 1.0).shape
    (74, 920, 4)
    """
    lines, columns, rows, dots = levels.shape
    pitch, size = shape.pitch, shape.pitch - shape.gap
    shades = np.round(levels * (STEPS - 1)).astype(np.uint8).transpose(0, 2, 1, 3)
    # Two rows of pixels for each row of dots are all there are: one of the dots, one of the gap below them.
    thin = np.zeros((lines, 2 * rows, columns, shape.column), np.uint8)
    cells = thin[..., : dots * pitch].reshape(lines, 2 * rows, columns, dots, pitch)
    cells[:, ::2, ..., :size] = shades[..., None]
    stacked, joined = np.minimum(shades[:, :-1], shades[:, 1:]), np.minimum(shades[..., :-1], shades[..., 1:])
    cells[:, 1:-1:2, ..., :size] = (stacked // 3 * 2)[..., None]
    cells[:, ::2, :, :-1, size:] = (joined // 3 * 2)[..., None]
    wide = columns * shape.column
    words = _words(_share(light)).take(thin.reshape(lines, 2 * rows, wide), mode="clip")
    image: Image = words[:, _rows(shape, rows)].view(np.uint8).reshape(lines * shape.line, wide, 4)
    return image


@lru_cache(maxsize=64)
def _words(light: int) -> npt.NDArray[np.uint32]:
    """`_paint` with four bytes a shade, as one number."""
    return np.pad(_paint(light), ((0, 0), (0, 1))).view(np.uint32)[:, 0]


@lru_cache(maxsize=8)
def _rows(shape: Shape, rows: int) -> npt.NDArray[np.intp]:
    """Which of `picture`'s thin rows each row of pixels of a line is; the last is ground, as the gap between lines."""
    dot, within = np.divmod(np.arange(shape.line), shape.pitch)
    thin: npt.NDArray[np.intp] = np.minimum(2 * dot + (within >= shape.pitch - shape.gap), 2 * rows - 1)
    return thin


@lru_cache(maxsize=64)
def _paint(light: int) -> npt.NDArray[np.uint8]:
    share = light / 255
    dark = tuple(
        max(0, round(ground - (ground - dot) / drive(50)[0])) for ground, dot in zip(LIT.ground, LIT.dark, strict=True)
    )
    ends = []
    for lit, unlit in ((LIT.ground, UNLIT[0]), (dark, UNLIT[1])):
        linear = share * (np.array(lit) / 255) ** GAMMA + (1 - share) * (np.array(unlit) / 255) ** GAMMA
        ends.append(linear ** (1 / GAMMA) * 255)
    mix = np.linspace(0, 1, STEPS)[:, None]
    return np.round(ends[0] * (1 - mix) + ends[1] * mix).astype(np.uint8)


def paint(light: float) -> npt.NDArray[np.uint8]:
    """The colours of `STEPS` shades from ground to darkest, uint8 of shape (STEPS, 3), under so much backlight.

    >>> [int(part) for part in paint(1.0)[0]] == list(LIT.ground)
    True
    """
    return _paint(_share(light))


def _share(light: float) -> int:
    return round(max(0.0, min(1.0, light)) * 255)

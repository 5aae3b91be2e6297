"""The LCD's text read from the pixels of a window, as somebody would who looks at it.

Nothing is told but where the dots are. Each is sampled in its middle, light and dark are told apart by the picture's
own contrast, and each character is the one of the font whose dots are there.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from korgm1.board.lcd_font import draw, to_text

LINES, COLUMNS, ROWS, DOTS = 2, 40, 8, 5
LEAST = 16
"""Levels of grey between light and dark dots below which a display shows nothing."""
UNREADABLE = "\ufffd"


@dataclass(frozen=True)
class Grid:
    """Where the dots are, in pixels.

    Attributes:
        left, top: of the first dot.
        pitch: from dot to dot.
        gap: between dots.
        column, line: from character to character.
    """

    left: int
    top: int
    pitch: int
    gap: int
    column: int
    line: int

    @property
    def box(self) -> tuple[int, int, int, int]:
        """Left, top, width, height of all dots."""
        width, height = (COLUMNS - 1) * self.column + DOTS * self.pitch, (LINES - 1) * self.line + ROWS * self.pitch
        return self.left, self.top, width - self.gap, height - self.gap


def samples(picture: NDArray[np.uint8], grid: Grid) -> NDArray[np.float64]:
    """The grey level (0-255) of every dot, of shape (lines, columns, rows, 5); `picture` is (height, width, 3)."""
    middle = (grid.pitch - grid.gap) // 2
    down = grid.top + middle + np.add.outer(np.arange(LINES) * grid.line, np.arange(ROWS) * grid.pitch)
    across = grid.left + middle + np.add.outer(np.arange(COLUMNS) * grid.column, np.arange(DOTS) * grid.pitch)
    grey: NDArray[np.float64] = picture[down[:, None, :, None], across[None, :, None, :]] @ [0.299, 0.587, 0.114]
    return grey


def dark_dots(picture: NDArray[np.uint8], grid: Grid) -> NDArray[np.bool_]:
    """Which dots are dark, of shape (lines, columns, rows, 5); none where there is no contrast."""
    grey = samples(picture, grid)
    low, high = float(grey.min()), float(grey.max())
    if high - low < LEAST:
        return np.zeros(grey.shape, bool)
    dark: NDArray[np.bool_] = grey < (low + high) / 2
    return dark


@cache
def _known() -> dict[bytes, str]:
    """The seven rows of dots above the cursor -> character."""
    known: dict[bytes, str] = {}
    for code in [*range(0x20, 0x80), *range(0xA1, 0x100)]:
        known.setdefault(draw(bytes([code]), bytes(64))[0][:7].tobytes(), to_text(bytes([code])))
    return known


def read_text(dots: NDArray[np.bool_]) -> tuple[str, str]:
    """The two lines; what is no character of the font is U+FFFD. A cursor's row does not disturb."""
    first, second = ("".join(_known().get(cell[:7].tobytes(), UNREADABLE) for cell in line) for line in dots)
    return first, second


def read_lcd(picture: NDArray[np.uint8], grid: Grid) -> tuple[str, str]:
    """The two lines of 40 characters that a picture shows."""
    return read_text(dark_dots(picture, grid))

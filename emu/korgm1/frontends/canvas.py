"""What is painted on and what happens in a window, without a graphics library: `sdl.Screen` does both.

All places and sizes are pixels of the window, x to the right, y downwards, as numbers of any kind; a box has
whole ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

Box = tuple[int, int, int, int]
"""Left, top, width, height."""
Colour = tuple[int, int, int]
"""Red, green, blue, 0-255."""
Point = tuple[float, float]


class Canvas(Protocol):
    """Something to paint on; edges are smooth, what lies outside is cut off."""

    @property
    def size(self) -> tuple[int, int]:
        """Width and height."""

    def rect(self, box: Box, colour: Colour, radius: float = 0, line: int = 0) -> None:
        """A rectangle with round corners; filled, or an outline `line` wide inside its box."""

    def circle(self, x: float, y: float, r: float, colour: Colour, line: float = 0) -> None:
        """A disc, or a ring `line` wide inside it."""

    def line(self, points: Sequence[Point], colour: Colour, width: float = 1) -> None:
        """A line through points."""

    def polygon(self, points: Sequence[Point], colour: Colour) -> None:
        """A filled polygon."""

    def text(
        self, text: str, x: float, y: float, size: float, colour: Colour, align: float = 0.0, bold: bool = False,
        mono: bool = False,
    ) -> int:  # fmt: skip
        """One line of text.

        Args:
            text: what.
            x: where; `align` 0 puts the text right of it, 0.5 centres it there, 1 puts it left of it.
            y: the middle of its capital letters.
            size: the height of the font in pixels (a capital letter is 0.7 of it).
            colour: of the letters.
            align: see `x`.
            bold: heavier.
            mono: every character as wide as the others.

        Returns:
            How wide it came out.
        """

    def text_width(self, text: str, size: float, bold: bool = False, mono: bool = False) -> int:
        """How wide `text` would come out."""

    def image(self, pixels: NDArray[np.uint8], x: int, y: int) -> None:
        """Pixels of shape (height, width, 3), or 4 with a byte of no meaning, with their corner at x, y."""

    def clip(self, box: Box | None) -> None:
        """Paint inside this box only; None: anywhere."""


@dataclass(frozen=True)
class KeyDown:
    """A computer key, by its place on a US keyboard ("a", "page up", "kp 5"), with the keys held beside it."""

    key: str
    shift: bool = False
    ctrl: bool = False
    alt: bool = False
    repeat: bool = False


@dataclass(frozen=True)
class KeyUp:
    """A computer key was let go."""

    key: str


@dataclass(frozen=True)
class Text:
    """Characters were typed, as the user's keyboard layout has them."""

    text: str


@dataclass(frozen=True)
class PointerDown:
    """A pointer: 0 is the mouse's left button, -1 its right one, 1 and up are fingers."""

    pointer: int
    x: float
    y: float


@dataclass(frozen=True)
class PointerMove:
    """A pointer that is down was moved, also outside the window."""

    pointer: int
    x: float
    y: float


@dataclass(frozen=True)
class PointerUp:
    """A pointer came up."""

    pointer: int
    x: float
    y: float


@dataclass(frozen=True)
class Hover:
    """The mouse was moved with no button down; outside the window: -1, -1."""

    x: float
    y: float


@dataclass(frozen=True)
class Wheel:
    """The wheel over x, y: steps away from the user are positive."""

    x: float
    y: float
    steps: int


@dataclass(frozen=True)
class Resized:
    """The window has another size."""

    w: int
    h: int


@dataclass(frozen=True)
class FocusLost:
    """Another window has the keyboard."""


@dataclass(frozen=True)
class FileDropped:
    """A file was dropped on the window."""

    path: str
    x: float
    y: float


@dataclass(frozen=True)
class Quit:
    """The window is to be closed."""


Event = (
    KeyDown | KeyUp | Text | PointerDown | PointerMove | PointerUp | Hover | Wheel | Resized | FocusLost | FileDropped
    | Quit
)  # fmt: skip


def inside(x: float, y: float, box: Box) -> bool:
    """Is this point in the box?

    >>> inside(3, 3, (0, 0, 4, 4)), inside(4, 3, (0, 0, 4, 4))
    (True, False)
    """
    return box[0] <= x < box[0] + box[2] and box[1] <= y < box[1] + box[3]

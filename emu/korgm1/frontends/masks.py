"""Discs and rings with smooth edges, as pixels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from korgm1.frontends.canvas import Colour


def disc(diameter: int, line: float, colour: Colour) -> NDArray[np.uint8]:
    """A disc, or a ring `line` pixels wide inside it, as RGBA of shape (diameter, diameter, 4).

    A pixel is covered by as much of it as lies within half a pixel of the edge.

    >>> disc(3, 0, (1, 2, 3))[1, 1].tolist(), disc(9, 2, (1, 2, 3))[4, 4].tolist()
    ([1, 2, 3, 255], [1, 2, 3, 0])
    """
    at = np.arange(diameter) - (diameter - 1) / 2
    far = np.hypot(at[:, None], at[None, :])
    cover = np.clip(diameter / 2 - far + 0.5, 0, 1)
    if line:
        cover = np.minimum(cover, np.clip(far - (diameter / 2 - line) + 0.5, 0, 1))
    pixels = np.empty((diameter, diameter, 4), np.uint8)
    pixels[..., :3] = colour
    pixels[..., 3] = np.round(cover * 255)
    return pixels

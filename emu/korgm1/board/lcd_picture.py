"""The LCD as a picture: dark dots on a lit ground, gaps between dots and characters, a bezel. Pure functions.

Colours: dark 69,63,66 on 131,136,139 (MAME's; the original's backlight is an EL foil).
Proportions: ASSUMED, of common 40 x 2 modules (dot 0.60 mm, pitch 0.65, characters 3.70 apart), rounded to pixels.
Sources: facts m1-hardware 1.5 (colours); the layout is ours.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Rgb = tuple[int, int, int]
Image = npt.NDArray[np.uint8]

LINE_GAP, COLUMN_GAP = 5, 3
"""Between the dots of lines and of characters, in quarters of a dot pitch."""
GLASS, BEZEL = 22, 14
"""Empty glass around the characters and the frame around the glass, in quarters of a dot pitch."""
_GROUND, _REST, _DARK, _SEAM, _EDGE, _BEZEL = range(6)


@dataclass(frozen=True)
class Colours:
    """What the picture is painted with; `rest` is a dot that is off, as its cell shows against the ground."""

    ground: Rgb = (131, 136, 139)
    rest: Rgb = (125, 130, 132)
    dark: Rgb = (69, 63, 66)
    bezel: Rgb = (24, 24, 26)
    edge: Rgb = (48, 48, 52)


LIT = Colours()


def render(dots: npt.NDArray[np.bool_], scale: int = 4, colours: Colours = LIT) -> Image:
    """The panel as an RGB picture.

    Args:
        dots: True where dark, of shape (lines, columns, rows, 5), as `Hd44780.dots()` gives.
        scale: pixels from dot to dot, 2 or more, one of them the gap.
        colours: the paint.

    Returns:
        uint8 of shape (height, width, 3); 988 x 140 pixels for 2 x 40 characters at scale 4.

    >>> render(np.zeros((2, 40, 8, 5), bool)).shape
    (140, 988, 3)
    """
    lines, columns, rows, width = dots.shape
    tall, wide = rows * scale, width * scale
    below, right, glass_rim, bezel = (max(1, n * scale // 4) for n in (LINE_GAP, COLUMN_GAP, GLASS, BEZEL))
    cells = np.full((lines, tall + below, columns, wide + right), _GROUND, np.uint8)
    on = dots.transpose(0, 2, 1, 3)
    gap = scale - 1
    for y in range(gap):
        for x in range(gap):
            cells[:, y:tall:scale, :, x:wide:scale] = np.where(on, _DARK, _REST)
    stacked, joined = on[:, :-1] & on[:, 1:], on[..., :-1] & on[..., 1:]
    for i in range(gap):
        cells[:, gap : tall - 1 : scale, :, i:wide:scale] = np.where(stacked, _SEAM, _GROUND)
        cells[:, i:tall:scale, :, gap : wide - 1 : scale] = np.where(joined, _SEAM, _GROUND)
    glass = cells.reshape(lines * (tall + below), columns * (wide + right))[: -below - 1, : -right - 1]
    framed = np.pad(np.pad(glass, glass_rim), 1, constant_values=_EDGE)
    framed = np.pad(framed, bezel - 1, constant_values=_BEZEL)
    seam = tuple((a + 2 * b) // 3 for a, b in zip(colours.ground, colours.dark, strict=True))
    paint = np.array([colours.ground, colours.rest, colours.dark, seam, colours.edge, colours.bezel], np.uint8)
    image: Image = paint[framed]
    return image


def png_bytes(image: Image) -> bytes:
    """An RGB picture (uint8, height x width x 3) as a PNG file; the same picture always gives the same bytes.

    >>> png_bytes(np.zeros((1, 1, 3), np.uint8))[:8]
    b'\\x89PNG\\r\\n\\x1a\\n'
    """
    height, width, _ = image.shape
    lines = np.zeros((height, 1 + width * 3), np.uint8)
    lines[:, 1:] = image.reshape(height, width * 3)
    chunks = [
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)),
        (b"IDAT", zlib.compress(lines.tobytes(), 9)),
        (b"IEND", b""),
    ]
    out = b"\x89PNG\r\n\x1a\n"
    for kind, body in chunks:
        out += struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
    return out

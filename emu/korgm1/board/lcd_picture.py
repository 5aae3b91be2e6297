"""The LCD as a picture: dark dots on a lit ground, gaps between dots and characters, a bezel. Pure functions.

Colours: dark 69,63,66 on 131,136,139 (MAME's, facts m1-hardware 1.5; the original's backlight is an EL foil).
Proportions: ASSUMED, of common 40 x 2 modules (dot 0.60 mm, pitch 0.65, characters 3.70 apart), rounded to pixels.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Rgb = tuple[int, int, int]
Image = npt.NDArray[np.uint8]

DOT, PITCH = 3, 4
"""Pixels of a dot and from dot to dot, at scale 1."""
COLUMN, LINE = 5 * PITCH + 3, 8 * PITCH + 5
"""Pixels from character to character and from line to line."""
GLASS, BEZEL = 22, 14
"""Pixels of empty glass around the characters and of the frame around the glass."""
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
UNLIT = Colours(ground=(52, 56, 55), rest=(49, 53, 52), dark=(28, 29, 30))
"""The same panel with its backlight off."""


def picture(dots: npt.NDArray[np.bool_], colours: Colours = LIT, scale: int = 1) -> Image:
    """The panel as an RGB picture.

    Args:
        dots: True where dark, of shape (lines, columns, rows, 5), as `Hd44780.dots()` gives.
        colours: the paint.
        scale: pixels a pixel, 1 or more.

    Returns:
        uint8 of shape (height, width, 3); 988 x 140 pixels for 2 x 40 characters at scale 1.

    >>> picture(np.zeros((2, 40, 8, 5), bool)).shape
    (140, 988, 3)
    """
    lines, columns, rows, width = dots.shape
    cells = np.zeros((lines, LINE, columns, COLUMN), np.uint8)
    on = dots.transpose(0, 2, 1, 3)
    tall, wide = rows * PITCH, width * PITCH
    for y in range(DOT):
        for x in range(DOT):
            cells[:, y:tall:PITCH, :, x:wide:PITCH] = np.where(on, _DARK, _REST)
    below, beside = on[:, :-1] & on[:, 1:], on[..., :-1] & on[..., 1:]
    for i in range(DOT):
        cells[:, DOT : tall - 1 : PITCH, :, i:wide:PITCH] = np.where(below, _SEAM, _GROUND)
        cells[:, i:tall:PITCH, :, DOT : wide - 1 : PITCH] = np.where(beside, _SEAM, _GROUND)
    glass = cells.reshape(lines * LINE, columns * COLUMN)[: tall - LINE - 1, : wide - COLUMN - 1]
    framed = np.pad(glass, GLASS)
    framed = np.pad(framed, 1, constant_values=_EDGE)
    framed = np.pad(framed, BEZEL - 1, constant_values=_BEZEL)
    seam = tuple((a + 2 * b) // 3 for a, b in zip(colours.ground, colours.dark, strict=True))
    paint = np.array([colours.ground, colours.rest, colours.dark, seam, colours.edge, colours.bezel], np.uint8)
    return paint[framed.repeat(scale, 0).repeat(scale, 1)]


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

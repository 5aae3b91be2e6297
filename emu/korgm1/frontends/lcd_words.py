"""The LCD as text for people: what a terminal or a voice has no sign for becomes the nearest thing it has."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from korgm1.board import lcd_font

CUSTOM = "⓪①②③④⑤⑥⑦"
"""The characters of the CGRAM, as `korgm1.board.lcd_font` writes them."""
NEAR = 3
"""Dots of 40 that may differ from the character that is shown in its place."""


def readable(lines: tuple[str, str], cgram: bytes) -> tuple[str, str]:
    """Both lines, with the CGRAM's characters as those they look like.

    Args:
        lines: as `Session.lcd` has them.
        cgram: its 64 bytes.

    >>> arrow = bytes([0, 4, 2, 31, 2, 4, 0, 0])
    >>> readable(("⓪ on", "①②"), arrow + bytes(8) + bytes([31] * 8) + bytes(40))
    ('→ on', ' █')
    """
    if not any(char in CUSTOM for line in lines for char in line):
        return lines
    seen = {ord(char): look_alike(cgram[8 * number : 8 * number + 8], char) for number, char in enumerate(CUSTOM)}
    return lines[0].translate(seen), lines[1].translate(seen)


@lru_cache(maxsize=64)
def look_alike(rows: bytes, otherwise: str) -> str:
    """The character of the ROM that eight rows of five dots look like; `otherwise` if none does.

    A level meter's bars become block elements, by how much of them is dark from below.
    """
    dots = np.array([[row >> (4 - x) & 1 for x in range(5)] for row in rows], bool)
    full = [bool(row.all()) for row in dots]
    height = sum(full)
    if height and all(full[8 - height :]) and not dots[: 8 - height].any():
        return " ▁▂▃▄▅▆▇█"[height]
    codes = bytes(code for code in range(0x20, 0x100) if code not in range(0x80, 0xA1))
    known = lcd_font.draw(codes, bytes(64))[:, :8]
    differing = (known != dots).sum(axis=(1, 2))
    best = int(differing.argmin())
    return lcd_font.to_text(codes[best : best + 1]) if differing[best] <= NEAR else otherwise

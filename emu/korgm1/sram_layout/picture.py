"""An SRAM image as a picture: every byte in its place, what differs in strong colours, the sounds as named tiles.

Left: 256 bytes a row, one cell of 3 x 4 pixels a byte, softly coloured by region; the more bits are one, the darker.
A byte that differs is red (0->1), blue (1->0) or magenta (both), ringed when there are few of them. Right: a tile for
each program, combination and song, redder the more bits of it turned; without a second image, orange where a record
holds values no panel could have set.
"""

from __future__ import annotations

from math import log2

import numpy as np
import numpy.typing as npt

from korgm1.board.lcd_font import draw
from korgm1.sram_layout import openm1
from korgm1.sram_layout.comparison import Comparison
from korgm1.sram_layout.layout import SIZE, Layout, Record

Image = npt.NDArray[np.uint8]
Rgb = tuple[int, int, int]

ROW, WIDE, HIGH = 256, 3, 4
"""Bytes a row, and a byte's cell in pixels."""
FEW = 400
"""Up to so many differing bytes each gets a ring."""
MARGIN, LEFT, TOP, GAP = 16, 72, 84, 20
LABELS = 440
TILE = (128, 38)
KINDS = (("program", "Programs"), ("combination", "Combinations"), ("song", "Songs"))

INK, FAINT, PAPER = (20, 20, 24), (120, 120, 128), (255, 255, 255)
TO_ONE, TO_ZERO, BOTH, ODD = (220, 20, 30), (0, 60, 220), (170, 0, 170), (255, 150, 30)
SOFT: dict[str, Rgb] = {
    "header": (238, 205, 120), "settings": (238, 205, 120), "freeze note": (238, 205, 120),
    "global": (225, 225, 150), "drum kits": (205, 220, 150),
    "combinations": (240, 205, 175), "programs": (175, 220, 185), "songs": (215, 195, 235),
    "patterns": (225, 205, 240), "offsets": (205, 190, 230), "steps": (220, 210, 245),
    "stack": (205, 215, 222), "interrupt vectors": (205, 215, 222), "variables": (205, 215, 222),
    "card programs": (205, 215, 222),
    "MIDI transmit ring": (190, 215, 225), "MIDI receive ring": (190, 215, 225),
}
_OTHER, _HIT = (226, 226, 226), (255, 195, 190)
_SPACING = 19
_WORST = 9
"""log2 of the bits in a record that give the full red: half of a program's."""


def paint(layout: Layout, title: str, against: Comparison | None = None) -> Image:
    """The picture of an image.

    Args:
        layout: the image, laid out.
        title: what stands over it: the file's name.
        against: what differs between it and another one; None for the image alone.

    Returns:
        uint8 of shape (height, width, 3), about 2,500 x 1,200 pixels.
    """
    tiles = [(name, list(layout.records(kind))) for kind, name in KINDS]
    tiles = [(name, rows) for name, rows in tiles if rows]
    tall = sum(_block_height(rows) for _, rows in tiles)
    body = SIZE // ROW * HIGH
    width = LEFT + ROW * WIDE + LABELS + (10 * (TILE[0] + 2) + MARGIN if tiles else 0)
    canvas = np.full((TOP + max(body, tall) + GAP + 40, width, 3), 255, np.uint8)
    _text(canvas, MARGIN, 14, title, 3)
    _text(canvas, MARGIN, 48, _subtitle(layout, against), 2, FAINT)
    _map(canvas, layout, against)
    _labels(canvas, layout, against)
    y, x = TOP, LEFT + ROW * WIDE + LABELS
    for name, rows in tiles:
        _block(canvas, x, y, name, rows, against)
        y += _block_height(rows)
    _legend(canvas, LEFT, TOP + max(body, tall) + GAP, against)
    return canvas


def _subtitle(layout: Layout, against: Comparison | None) -> str:
    if against is not None:
        total = against.total
        text = f"{total.bytes:,} bytes differ, {total.bits:,} bits: {total.to_one:,} 0→1, {total.to_zero:,} 1→0"
        if not layout.checked:
            return text
        problems = openm1.problems(against.after)
        return f"{text}; the second is " + ("not valid: " + "; ".join(problems) if problems else "valid")
    said = "" if not layout.checked else ", valid" if layout.valid else ", not valid: " + "; ".join(layout.problems)
    return f"{layout.name}, {layout.how}{said}"


def _map(canvas: Image, layout: Layout, against: Comparison | None) -> None:
    data = np.frombuffer(layout.image, np.uint8)
    base = np.empty((SIZE, 3))
    for region in layout.regions:
        base[region.start : region.end] = SOFT.get(region.name.removesuffix(" (guessed)"), _OTHER)
    ones = np.unpackbits(data).reshape(SIZE, 8).sum(1)
    cells = (base * (1 - (0.25 if against else 0.55) * ones[:, None] / 8)).astype(np.uint8)
    where = np.zeros(0, np.intp)
    if against is not None:
        new = np.frombuffer(against.after, np.uint8)
        where = np.flatnonzero(data != new)
        to_one, to_zero = (new & ~data)[where] > 0, (data & ~new)[where] > 0
        cells[where] = np.where(
            (to_one & to_zero)[:, None], BOTH, np.where(to_one[:, None], TO_ONE, TO_ZERO)
        ).astype(np.uint8)
    grid = cells.reshape(SIZE // ROW, ROW, 3).repeat(HIGH, 0).repeat(WIDE, 1)
    canvas[TOP : TOP + grid.shape[0], LEFT : LEFT + grid.shape[1]] = grid
    for place in where.tolist() if where.size <= FEW else ():
        _ring(canvas, LEFT + place % ROW * WIDE, TOP + place // ROW * HIGH, cells[place])
    for address in range(0, SIZE, 0x1000):
        y = TOP + address // ROW * HIGH
        _text(canvas, MARGIN, y, f"{address:04X}", 2, FAINT)
        canvas[y, LEFT - 6 : LEFT] = FAINT


def _labels(canvas: Image, layout: Layout, against: Comparison | None) -> None:
    hit = {row.address: row for row in against.regions} if against is not None else {}
    x, y = LEFT + ROW * WIDE, TOP
    for region in layout.regions:
        begins = TOP + region.start // ROW * HIGH
        y = max(y, begins)
        colour = SOFT.get(region.name.removesuffix(" (guessed)"), _OTHER)
        canvas[begins : begins + 2, x : x + 8] = INK
        for step in range(12):
            canvas[begins + (y + 7 - begins) * step // 12, x + 8 + step] = FAINT
        canvas[y : y + 15, x + 22 : x + 32] = colour
        share = hit.get(region.start)
        words = f"{region.start:04X} {region.name}" + (f" {share.bits:,}" if share else "")
        _text(canvas, x + 38, y, words, 2, TO_ONE if share else INK)
        y += _SPACING


def _block_height(rows: list[Record]) -> int:
    return 26 + -(-len(rows) // 10) * (TILE[1] + 2) + 14


def _block(canvas: Image, x: int, y: int, name: str, rows: list[Record], against: Comparison | None) -> None:
    hit = {row.address: row.bits for row in against.records} if against is not None else {}
    odd = {} if against is not None else {row.start: len(row.outside) for row in rows}
    worst = sum(1 for row in rows if hit.get(row.start) or odd.get(row.start))
    verb = "hit" if against is not None else "with impossible values"
    _text(canvas, x, y, f"{name}: {worst} of {len(rows)} {verb}", 2)
    soft = SOFT[name.lower()]
    for index, row in enumerate(rows):
        left, top = x + index % 10 * (TILE[0] + 2), y + 24 + index // 10 * (TILE[1] + 2)
        bits = hit.get(row.start, 0)
        ground, colour, share = (PAPER, soft, 0.6)
        if bits:
            ground, colour, share = _HIT, TO_ONE, min(1.0, log2(bits) / _WORST)
        elif odd.get(row.start):
            colour, share = ODD, 1.0
        mixed = tuple(round(a + (b - a) * share) for a, b in zip(ground, colour, strict=True))
        canvas[top : top + TILE[1], left : left + TILE[0]] = mixed
        ink = PAPER if sum(mixed) < 330 else INK
        note = f"{bits}" if bits else f"?{odd[row.start]}" if odd.get(row.start) else ""
        _text(canvas, left + 4, top + 2, f"{row.title.split()[-1]:7}{note:>3}", 2, ink)
        _text(canvas, left + 4, top + 20, row.name, 2, ink)


def _legend(canvas: Image, x: int, y: int, against: Comparison | None) -> None:
    if against is None:
        words = "a cell is a byte, 256 a row; darker: more bits are one; ?n: n values no panel could have set"
        _text(canvas, x, y, words, 2, FAINT)
        return
    for colour, words in ((TO_ONE, "0→1"), (TO_ZERO, "1→0"), (BOTH, "both ways")):
        canvas[y : y + 14, x : x + 14] = colour
        x = _text(canvas, x + 20, y, words, 2) + 24
    _text(canvas, x, y, "a cell is a byte, 256 a row; numbers are bits that turned", 2, FAINT)


def _ring(canvas: Image, x: int, y: int, colour: npt.NDArray[np.uint8]) -> None:
    top, left, bottom, right = max(TOP, y - 5), max(LEFT, x - 5), y + HIGH + 4, x + WIDE + 4
    canvas[[top, bottom], left : right + 1] = colour
    canvas[top : bottom + 1, [left, right]] = colour


def _text(canvas: Image, x: int, y: int, words: str, scale: int, colour: Rgb = INK) -> int:
    """Write in the LCD's dots, cut off at the edge.

    Returns:
        Where the text ends.
    """
    if not words:
        return x
    codes = bytes(
        0x7E if letter in "→~" else ord(letter) if 0x20 <= ord(letter) < 0x7E else 0x3F for letter in words
    )
    dots = np.pad(draw(codes, bytes(64)), ((0, 0), (0, 0), (0, 1)))
    strip = dots.transpose(1, 0, 2).reshape(8, -1).repeat(scale, 0).repeat(scale, 1)
    part = canvas[y : y + strip.shape[0], x : x + strip.shape[1]]
    part[strip[: part.shape[0], : part.shape[1]]] = colour
    return x + 6 * scale * len(codes)

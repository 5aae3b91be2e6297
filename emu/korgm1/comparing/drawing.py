"""Pictures of a report: the LCD from its text, and a map of a ROM by what became of each byte."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt

from korgm1.analysis import Program
from korgm1.board.lcd_font import draw, to_text
from korgm1.board.lcd_picture import BEZEL, COLUMN_GAP, GLASS, LINE_GAP, Image, Rgb, render
from korgm1.comparing.static import Static

COLUMNS = 256
"""Pixels in a row of a map."""
GRAIN = 4
"""Bytes a pixel."""
ROWS, WIDE = 8, 5
"""Dots of a character."""
BAR: tuple[Rgb, Rgb] = ((255, 255, 255), (0, 0, 0))
"""A bar below characters that differ, and its outline: lighter and darker than anything on the LCD."""
COLOURS: dict[str, Rgb] = {
    "same code": (120, 144, 156), "moved code": (176, 196, 205), "changed code": (230, 126, 34),
    "only here": (192, 57, 43), "text": (39, 130, 80), "table": (91, 80, 160), "data": (214, 205, 180),
    "filling": (240, 240, 238),
}
"""What a byte is -> its colour, later ones of the legend are drawn first."""


@lru_cache(maxsize=1)
def _codes() -> dict[str, int]:
    """Character -> a code that shows it; blanks win over codes that show none."""
    found = {char: code for code, char in reversed(list(enumerate(to_text(bytes(range(256))))))}
    return {**found, " ": 0x20}


@lru_cache(maxsize=256)
def lcd(lines: tuple[str, str], scale: int = 2, marked: tuple[tuple[int, int, int], ...] = ()) -> Image:
    """The LCD as it shows two lines of text; characters of the firmware's own (CGRAM) are blank.

    Args:
        lines: what it shows.
        scale: pixels from dot to dot, at least 4 where something is marked.
        marked: line, first column, and column behind the last, of what gets a bar below it.

    >>> lcd(("OpenM1", "")).shape
    (69, 474, 3)
    """
    codes = _codes()
    rows = [draw(bytes(codes.get(char, 0x20) for char in line[:40].ljust(40)), bytes(64)) for line in lines]
    image = render(np.stack(rows), scale)
    border, below, right = ((GLASS + BEZEL) * scale // 4, LINE_GAP * scale // 4, COLUMN_GAP * scale // 4)
    for line, first, end in marked:
        top = border + line * (ROWS * scale + below) + ROWS * scale
        left = border + first * (WIDE * scale + right)
        width = (end - first) * (WIDE * scale + right) - right
        image[top - 1 : top + below - 1, left : left + width] = BAR[1]
        image[top : top + below - 2, left + 1 : left + width - 1] = BAR[0]
    return image


def rom_map(static: Static, side: int) -> Image:
    """A map of a ROM: 1 KB a row, from the lowest address at the top; every pixel stands for `GRAIN` bytes.

    Args:
        static: the comparison.
        side: 0 for A, 1 for B.
    """
    program = (static.a, static.b)[side]
    kinds = {name: number for number, name in enumerate(COLOURS)}
    data = np.frombuffer(program.image, np.uint8)
    found = np.full(data.size, kinds["data"], np.uint8)
    for value in (0x00, 0xCC, 0xFF):
        runs = np.convolve(data == value, np.ones(16), "same") >= 15
        found[runs & (data == value)] = kinds["filling"]
    for table in program.tables:
        found[table.address - program.base :][: table.stride * table.count] = kinds["table"]
    for text in program.texts:
        found[text.address - program.base :][: len(text.text)] = kinds["text"]
    for change in static.changes.of:
        shape = (change.pair.a, change.pair.b)[side]
        _paint(found, program.base, [word.at for word in shape.words], program, kinds[f"{change.kind} code"])
    for shape in (static.changes.gone, static.changes.new)[side]:
        _paint(found, program.base, [word.at for word in shape.words], program, kinds["only here"])
    size = found.size // GRAIN // COLUMNS * GRAIN * COLUMNS
    cells = found[:size].reshape(-1, COLUMNS, GRAIN).min(axis=2)
    paint = np.array(list(COLOURS.values()), np.uint8)
    image: Image = paint[cells].repeat(2, axis=0).repeat(2, axis=1)
    return image


def _paint(found: npt.NDArray[np.uint8], base: int, places: list[int], program: Program, kind: int) -> None:
    for at in places:
        length = len(program.instructions[at].instruction.code)
        found[at - base : at - base + length] = kind

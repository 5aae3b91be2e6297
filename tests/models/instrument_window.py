"""The window of `korgm1 run` as its user sees it: parts of the panel found by name, the LCD read, lights by colour."""

from __future__ import annotations

import os
import subprocess
from functools import cache
from pathlib import Path

import numpy as np
from lcd_reading import Grid, read_lcd
from numpy.typing import NDArray
from patience import wait_for
from screen_driver import Driven, Picture, Screen

from korgm1.frontends.panel_layout import Layout, Part, layout_of
from korgm1.frontends.panel_lcd import glass_in
from korgm1.frontends.panel_paint import Place

RED, GREEN = (255, 66, 44), (96, 226, 96)
FAR = 40
"""Levels in any channel by which a light may be off its colour."""

LEAST = 24
"""Pixels a text must cover wholly to be told from others."""


def place_of(layout: Layout, width: int, height: int) -> Place:
    """Where the panel is in a window without a drawer: as large as it can be, in the middle."""
    scale = min(width / layout.size[0], height / layout.size[1])
    left, top = (round((have - want * scale) / 2) for have, want in zip((width, height), layout.size, strict=True))
    return Place(scale, left, top)


def grid_of(layout: Layout, place: Place) -> Grid:
    """Where the LCD's dots are: whole pixels a dot, in the middle of its frame."""
    shape, left, top = glass_in(place.box(layout.lcd))
    return Grid(left, top, shape.pitch, shape.gap, shape.column, shape.line)


class InstrumentWindow(Driven):
    """A window with an instrument in it.

    Args:
        screen: where its window is.
        child: the process.
        rack: the M1R.
        beside: pixels at the right that are the drawer's.
    """

    def __init__(self, screen: Screen, child: subprocess.Popen[str], rack: bool = False, beside: int = 0) -> None:
        super().__init__(screen, child)
        self.layout = layout_of(rack)
        self.beside = beside

    @property
    def where(self) -> Place:
        """Points to pixels of the window."""
        return place_of(self.layout, self.width - self.beside, self.height)

    @property
    def grid(self) -> Grid:
        """The LCD's dots."""
        return grid_of(self.layout, self.where)

    def part(self, name: str) -> Part:
        """A part of the panel by its name."""
        return next(part for part in self.layout.parts if part.name == name)

    def middle(self, name: str) -> tuple[int, int]:
        """The middle of a part, in pixels of the window."""
        x, y, width, height = self.where.box(self.part(name).area)
        return x + width // 2, y + height // 2

    def lcd(self) -> tuple[str, str]:
        """What stands on the LCD, read from its pixels, without blanks at the end."""
        first, second = read_lcd(self.picture(), self.grid)
        return first.rstrip(), second.rstrip()

    def shows(self, first: str, second: str = "") -> tuple[str, str]:
        """Wait until the LCD's lines begin so.

        Raises:
            AssertionError: they never do; the text says what stood there.
        """
        def look() -> tuple[str, str] | None:
            lines = self.lcd()
            return lines if lines[0].startswith(first) and lines[1].startswith(second) else None

        return wait_for(look, lambda: f"the LCD should show {first!r}, {second!r}; it shows {self.lcd()}")

    def lights(self) -> set[str]:
        """The mode keys whose lamp is lit: red pixels in the upper third of the key."""
        picture = self.picture()
        return {part.name for part in self.layout.parts if part.led and _has(picture, self._lamp(part), RED)}

    def lit(self, *names: str) -> None:
        """Wait until these lamps are lit and no others; they may change a picture later than the LCD."""
        wait_for(lambda: self.lights() == set(names), lambda: f"{names} should be lit; {self.lights()} are")

    def face(self, name: str) -> Picture:
        """The pixels of a part."""
        x, y, width, height = self.where.box(self.part(name).area)
        return self.picture()[y : y + height, x : x + width].copy()

    def switched_on(self) -> bool:
        """Whether the power switch's mark is lit."""
        return _has(self.picture(), self.where.box(self.part("power").area), RED)

    def press(self, name: str) -> None:
        """Click a key of the panel as a finger does: it comes up when it is seen down."""
        self.move(*self.middle(name))
        before = self.face(name)
        self.down()
        wait_for(lambda: not np.array_equal(self.face(name), before), f"{name} never looked pressed")
        self.up()

    def _lamp(self, part: Part) -> tuple[int, int, int, int]:
        x, y, width, height = part.area
        return self.where.box((x + width / 4, y, width / 2, height / 3))


def _has(picture: Picture, box: tuple[int, int, int, int], colour: tuple[int, int, int]) -> bool:
    x, y, width, height = box
    far = np.abs(picture[y : y + height, x : x + width].astype(int) - colour).max(axis=-1)
    return int((far < FAR).sum()) >= 4


def files(folder: Path) -> list[str]:
    """The names of the files below a folder, sorted."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def find_text(picture: Picture, text: str) -> tuple[int, int] | None:
    """The middle of a text painted by `korgm1.frontends.sdl`, the first from the top; None if it is not there.

    It is there where the pixels that its letters cover wholly all have one colour, and no pixel that they leave empty
    has that colour.
    """
    packed = picture.astype(np.uint32) @ np.array([1 << 16, 1 << 8, 1], np.uint32)
    for bold in (False, True):
        for size in range(16, 7, -1):
            full, empty = _shape_of(text, size, bold)
            if full.sum() < LEAST:
                continue
            high, wide = full.shape
            rows, columns = packed.shape[0] - high + 1, packed.shape[1] - wide + 1
            if rows < 1 or columns < 1:
                continue
            places = np.argwhere(full)
            first = packed[places[0][0] :, places[0][1] :][:rows, :columns]
            fits = np.ones((rows, columns), bool)
            for y, x in places[1:]:
                fits &= packed[y : y + rows, x : x + columns] == first
            for y, x in np.argwhere(empty):
                fits &= packed[y : y + rows, x : x + columns] != first
            found = np.argwhere(fits)
            if len(found):
                return int(found[0][1]) + wide // 2, int(found[0][0]) + high // 2
    return None


@cache
def _shape_of(text: str, size: int, bold: bool) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """The pixels that a text covers wholly and not at all, in the smallest box around it."""
    os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")
    import pygame

    from korgm1.frontends.sdl import Painted

    surface = pygame.Surface((size * len(text) + 40, 3 * size))
    Painted(surface).text(text, 10, round(1.5 * size), size, (255, 255, 255), 0.0, bold)
    cover = pygame.surfarray.array3d(surface)[..., 0].T
    rows, columns = np.flatnonzero(cover.any(1)), np.flatnonzero(cover.any(0))
    cover = cover[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    return cover == 255, cover == 0

"""The window: what is painted reaches the screen here, what happens comes from here. The one importer of pygame.

Shapes are painted with smooth edges at the window's own pixels: corners and discs from masks made by distance, the rest
straight. Text is the font that comes with pygame (no search through the system's fonts).
"""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
import pygame

from korgm1.board.lcd_picture import png_bytes
from korgm1.errors import UserError
from korgm1.files import write_atomic
from korgm1.frontends import canvas as ui
from korgm1.frontends import x_server
from korgm1.frontends.canvas import Box, Colour, Point
from korgm1.frontends.masks import disc
from korgm1.frontends.panel_backdrop import paint_icon
from korgm1.frontends.sdl_events import Input

if TYPE_CHECKING:
    from numpy.typing import NDArray

EM = 0.6875
"""Pixels of font height for a size of 1 of pygame's own font (pygame's constant)."""
SMALL, FINE = 10, 4
"""Below this size letters are drawn so many times larger and made smaller: on whole pixels they would run wide."""
WIDE = 0.62
"""Advance of a mono character in font heights."""
ROOM = 4000
"""Pictures of texts kept."""
REPEAT = (400, 50)
"""Milliseconds until a key that is held repeats, and from then on."""
BIG = 3000
"""Width of a desktop from which a point is two pixels (ASSUMED: SDL 2 does not tell X11's scale)."""


def driver() -> str:
    """What the display is, for `korgm1 doctor`.

    Raises:
        UserError: it cannot be used.
    """
    name = _open_display()
    pygame.display.quit()
    return f"{name}, pygame-ce {pygame.ver}"


def _open_display() -> str:
    """SDL's name of the display. Unasked, SDL draws to nowhere where nothing answers: that is no display for us.

    X11 gets boxes by shared memory: through OpenGL, SDL's own way, every box costs the whole window.
    """
    try:
        pygame.display.init()
        name = pygame.display.get_driver()
    except pygame.error as error:
        raise UserError(f"the display cannot be used: {error}") from None
    if name in ("offscreen", "dummy") and not os.environ.get("SDL_VIDEODRIVER"):
        pygame.display.quit()
        raise UserError(f"the display {os.environ.get('DISPLAY', '')} does not answer")
    if name == "x11":
        os.environ.setdefault("SDL_FRAMEBUFFER_ACCELERATION", "0")
    return name


@lru_cache(maxsize=256)
def _font(size: float, bold: bool) -> pygame.font.Font:
    if not pygame.font.get_init():
        pygame.font.init()
    font = pygame.font.Font(None, max(6, round(size / EM)))
    font.set_bold(bold)
    return font


@lru_cache(maxsize=512)
def _disc(diameter: int, line: float, colour: Colour) -> pygame.Surface:
    """A disc or ring with smooth edges."""
    return pygame.image.frombuffer(disc(diameter, line, colour).tobytes(), (diameter, diameter), "RGBA").convert_alpha()


class Painted:
    """A canvas on a surface."""

    def __init__(self, surface: pygame.Surface) -> None:
        self.surface = surface
        self._texts: OrderedDict[object, pygame.Surface] = OrderedDict()

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self.surface.get_size()

    def fill(self, colour: Colour) -> None:
        """All of it in one colour."""
        self.surface.fill(colour)

    def rect(self, box: Box, colour: Colour, radius: float = 0, line: int = 0) -> None:
        """See `Canvas.rect`."""
        x, y, w, h = box
        r = min(round(radius), w // 2, h // 2)
        fill = self.surface.fill
        if r <= 0:
            if line:
                pygame.draw.rect(self.surface, colour, box, line)
            else:
                fill(colour, box)
            return
        corners = _disc(2 * r, line, colour)
        for left, top, part in (
            (x, y, (0, 0, r, r)), (x + w - r, y, (r, 0, r, r)), (x, y + h - r, (0, r, r, r)),
            (x + w - r, y + h - r, (r, r, r, r)),
        ):  # fmt: skip
            self.surface.blit(corners, (left, top), part)
        if line:
            fill(colour, (x + r, y, w - 2 * r, line))
            fill(colour, (x + r, y + h - line, w - 2 * r, line))
            fill(colour, (x, y + r, line, h - 2 * r))
            fill(colour, (x + w - line, y + r, line, h - 2 * r))
        else:
            fill(colour, (x + r, y, w - 2 * r, h))
            fill(colour, (x, y + r, r, h - 2 * r))
            fill(colour, (x + w - r, y + r, r, h - 2 * r))

    def circle(self, x: float, y: float, r: float, colour: Colour, line: float = 0) -> None:
        """See `Canvas.circle`."""
        diameter = max(1, round(2 * r))
        self.surface.blit(_disc(diameter, line, colour), (round(x - diameter / 2), round(y - diameter / 2)))

    def line(self, points: Sequence[Point], colour: Colour, width: float = 1) -> None:
        """See `Canvas.line`."""
        thick = max(1, round(width))
        for start, end in pairwise(points):
            if start[0] == end[0] or start[1] == end[1]:
                pygame.draw.line(self.surface, colour, start, end, thick)
            else:
                pygame.draw.aaline(self.surface, colour, start, end, thick)

    def polygon(self, points: Sequence[Point], colour: Colour) -> None:
        """See `Canvas.polygon`."""
        pygame.draw.polygon(self.surface, colour, points)
        pygame.draw.aalines(self.surface, colour, True, points)

    def text(
        self, text: str, x: float, y: float, size: float, colour: Colour, align: float = 0.0, bold: bool = False,
        mono: bool = False,
    ) -> int:  # fmt: skip
        """See `Canvas.text`."""
        if not text:
            return 0
        picture = self._picture(text, _whole(size), colour, bold, mono)
        width = picture.get_width()
        self.surface.blit(picture, (round(x - align * width), round(y - picture.get_height() * 0.5)))
        return width

    def text_width(self, text: str, size: float, bold: bool = False, mono: bool = False) -> int:
        """See `Canvas.text_width`."""
        size = _whole(size)
        if mono:
            return len(text) * _advance(size)
        fine = FINE if size < SMALL else 1
        return -(-_font(size * fine, bold).size(text)[0] // fine)

    def image(self, pixels: NDArray[np.uint8], x: int, y: int) -> None:
        """See `Canvas.image`."""
        height, width, depth = pixels.shape
        kind: Literal["RGB", "RGBX"] = "RGB" if depth == 3 else "RGBX"
        self.surface.blit(pygame.image.frombuffer(np.ascontiguousarray(pixels).data, (width, height), kind), (x, y))

    def clip(self, box: Box | None) -> None:
        """See `Canvas.clip`."""
        self.surface.set_clip(box)

    def blit(self, layer: Painted, x: int, y: int, part: Box | None = None) -> None:
        """Copy a layer, or a part of it, to x, y."""
        self.surface.blit(layer.surface, (x, y), part)

    def pixels(self) -> NDArray[np.uint8]:
        """What is painted, as an array of shape (height, width, 3)."""
        width, height = self.size
        raw = np.frombuffer(pygame.image.tobytes(self.surface, "RGB"), np.uint8)
        return raw.reshape(height, width, 3)

    def _picture(self, text: str, size: float, colour: Colour, bold: bool, mono: bool) -> pygame.Surface:
        key = (text, size, colour, bold, mono)
        picture = self._texts.get(key)
        if picture is None:
            font = _font(size, bold)
            if mono:
                advance = _advance(size)
                picture = pygame.Surface((max(1, advance * len(text)), font.get_height()), pygame.SRCALPHA)
                for number, char in enumerate(text):
                    glyph = font.render(char, True, colour)
                    picture.blit(glyph, (number * advance + (advance - glyph.get_width()) // 2, 0))
            elif size < SMALL:
                picture = _font(size * FINE, bold).render(text, True, colour)
                picture = pygame.transform.smoothscale(picture, [-(-side // FINE) for side in picture.get_size()])
            else:
                picture = font.render(text, True, colour)
            self._texts[key] = picture
            if len(self._texts) > ROOM:
                self._texts.popitem(last=False)
        else:
            self._texts.move_to_end(key)
        return picture


def _whole(size: float) -> float:
    """The size that is drawn: whole pixels, halves of small letters."""
    return max(5.0, round(2 * size) / 2 if size < SMALL else round(size))


def _advance(size: float) -> int:
    return max(1, round(size * WIDE))


class Screen(Painted):
    """The window on the screen.

    Args:
        title: its name.
        size: width and height in points; what does not fit the desktop is made smaller.
        full_screen: begin on the whole screen.

    Attributes:
        scale: pixels of a point.

    Raises:
        UserError: there is no display, or it cannot be used.
    """

    def __init__(self, title: str, size: tuple[int, int], full_screen: bool = False) -> None:
        _open_display()
        self._input = Input(lambda: self.size, pygame.mouse.get_pos)
        self._lost: object = None
        self.full_screen = False
        try:
            pygame.font.init()
            pygame.key.set_repeat(*REPEAT)
            self.rename(title)
            icon = Painted(pygame.Surface((32, 32)))
            paint_icon(icon)
            pygame.display.set_icon(icon.surface)
            desktop = pygame.display.get_desktop_sizes()[0]
            self.scale = 2.0 if desktop[0] >= BIG else 1.0
            room = min(1.0, desktop[0] / (size[0] * self.scale), desktop[1] * 0.95 / (size[1] * self.scale))
            if pygame.display.get_driver() == "dummy":
                room = 1.0
            self._windowed = (round(size[0] * self.scale * room), round(size[1] * self.scale * room))
            super().__init__(pygame.display.set_mode(self._windowed, pygame.RESIZABLE))
        except pygame.error as error:
            pygame.quit()
            raise UserError(f"the display cannot be used: {error}") from None
        if full_screen:
            self.toggle_full_screen()

    def rename(self, title: str) -> None:
        """Give the window another name."""
        pygame.display.set_caption(title)

    def events(self, wait: float) -> list[ui.Event]:
        """What has happened, waiting `wait` seconds at most for it; () if nothing."""
        found = map(self._translate, [pygame.event.wait(max(1, round(wait * 1000))), *pygame.event.get()])
        return [event for event in found if event is not None]

    def layer(self, w: int, h: int) -> Painted:
        """A canvas of this size that is not on the screen."""
        return Painted(pygame.Surface((w, h)).convert())

    def show(self, boxes: Iterable[Box] | None = None) -> None:
        """Bring what was painted to the screen: these boxes of it, or all."""
        if boxes is None:
            pygame.display.flip()
        else:
            pygame.display.update([pygame.Rect(box) for box in boxes])

    def toggle_full_screen(self) -> None:
        """Full screen, or a window again."""
        try:
            if self.full_screen:
                self.surface = pygame.display.set_mode(self._windowed, pygame.RESIZABLE)
            else:
                self._windowed = self.surface.get_size()
                self.surface = pygame.display.set_mode(pygame.display.get_desktop_sizes()[0], pygame.FULLSCREEN)
            self.full_screen = not self.full_screen
        except pygame.error as error:
            raise UserError(f"the screen cannot be changed: {error}") from None

    def grow(self, wide: float, high: float) -> tuple[float, float]:
        """Make the window so many points wider and higher (or less so) where the desktop has room; it stays on it.

        On the whole screen that is done to the window it will be again.

        Returns:
            By how many points it was.
        """
        desktop, here = pygame.display.get_desktop_sizes()[0], pygame.display.get_window_position()
        old = self._windowed if self.full_screen else self.size
        wanted = [now + round(by * self.scale) for now, by in zip(old, (wide, high), strict=True)]
        new = [want if 0 < want <= most else now for now, want, most in zip(old, wanted, desktop, strict=True)]
        if self.full_screen:
            self._windowed = new[0], new[1]
        else:
            self.surface = pygame.display.set_mode(new, pygame.RESIZABLE)
            there = [min(at, most - size) for at, most, size in zip(here, desktop, new, strict=True)]
            if there != list(here) and 0 <= here[0] < desktop[0]:
                pygame.display.set_window_position(there)
        return (new[0] - old[0]) / self.scale, (new[1] - old[1]) / self.scale

    def on_lost(self, rescue: Callable[[], None]) -> None:
        """Have `rescue` called if the X server goes away: Xlib ends the process then, whatever anybody says."""
        if pygame.display.get_driver() == "x11":
            self._lost = x_server.on_lost(rescue)

    def save(self, path: str) -> None:
        """What was painted, as a PNG.

        Raises:
            UserError: the file cannot be written.
        """
        write_atomic(Path(path), png_bytes(self.pixels()))

    def close(self) -> None:
        """Close the window."""
        _disc.cache_clear()
        _font.cache_clear()
        pygame.quit()

    def _translate(self, event: pygame.event.Event) -> ui.Event | None:
        if event.type == pygame.WINDOWSIZECHANGED:
            self.surface = pygame.display.get_surface() or self.surface
        elif event.type == pygame.WINDOWEXPOSED:
            self.show()
        return self._input.taken(pygame.event.event_name(event.type), event)

"""The panel in a window: the LCD dot by dot, lights, buttons to click, the VALUE slider, computer keys.

Only this module imports pygame; `display.open_window` imports it when a window is wanted. It keeps no time: `poll`
waits for input, `draw` paints what has changed since. Everything is painted on a canvas of fixed size, which fills the
window.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pygame

from korgm1.board.lcd_picture import LIT, render
from korgm1.clock import CPU_HZ
from korgm1.errors import UserError
from korgm1.frontends.panel_layout import (
    BUTTONS,
    CAPTIONS,
    HEIGHT,
    LCD,
    SLIDER,
    SLIDER_TOP,
    WIDTH,
    Button,
    button_at,
    slider_value,
    slider_y,
)

if TYPE_CHECKING:
    from korgm1.session import Session

SHORTEST = CPU_HZ // 12
"""A key is down for 83 ms at least, longer than any firmware's debounce, however short the click."""

_PANEL, _FRAME, _KEY, _DOWN, _OVER = (27, 27, 30), (60, 60, 66), (50, 51, 56), (84, 86, 94), (60, 61, 67)
_TEXT, _HINT, _CAPTION, _WARN = (226, 226, 222), (132, 134, 142), (150, 152, 160), (240, 190, 90)
_LIT, _DARK, _GLOW = (255, 70, 48), (74, 26, 24), (120, 34, 28)

_KEYS = {
    pygame.K_UP: "UP", pygame.K_DOWN: "DOWN", pygame.K_LEFT: "PAGE-", pygame.K_RIGHT: "PAGE+",
    pygame.K_F1: "INT", pygame.K_F2: "COMBI", pygame.K_F3: "PROG", pygame.K_F4: "SEQ",
    pygame.K_F5: "CARD", pygame.K_F6: "EDIT COMBI", pygame.K_F7: "EDIT PROG", pygame.K_F8: "GLOBAL",
    pygame.K_INSERT: "REC/WRITE", pygame.K_SPACE: "START/STOP", pygame.K_HOME: "RESET", pygame.K_END: "REST/TIE",
    pygame.K_BACKSPACE: "COMPARE", pygame.K_KP_ENTER: "10HOLD",
}  # fmt: skip
_PAD = (
    pygame.K_KP_0, pygame.K_KP_1, pygame.K_KP_2, pygame.K_KP_3, pygame.K_KP_4,
    pygame.K_KP_5, pygame.K_KP_6, pygame.K_KP_7, pygame.K_KP_8, pygame.K_KP_9,
)  # fmt: skip
_KEYS |= {code: str(digit) for digit, code in enumerate(_PAD)}
_TOP_ROW = (
    pygame.KSCAN_0, pygame.KSCAN_1, pygame.KSCAN_2, pygame.KSCAN_3, pygame.KSCAN_4,
    pygame.KSCAN_5, pygame.KSCAN_6, pygame.KSCAN_7, pygame.KSCAN_8, pygame.KSCAN_9,
)  # fmt: skip


def driver() -> str:
    """What the display is, for `korgm1 doctor`.

    Raises:
        UserError: it cannot be used.
    """
    name = _open_display()
    pygame.display.quit()
    return f"{name}, pygame-ce {pygame.ver}"


def _open_display() -> str:
    """SDL's name of the display. Unasked, SDL draws to nowhere where nothing answers: that is no display for us."""
    try:
        pygame.display.init()
        name = pygame.display.get_driver()
    except pygame.error as error:
        raise UserError(f"the display cannot be used: {error}") from None
    if name in ("offscreen", "dummy") and not os.environ.get("SDL_VIDEODRIVER"):
        pygame.display.quit()
        raise UserError(f"the display {os.environ.get('DISPLAY', '')} does not answer")
    return name


def _icon() -> pygame.Surface:
    """A small panel: display, three keys, one light."""
    icon = pygame.Surface((32, 32))
    icon.fill(_PANEL)
    pygame.draw.rect(icon, LIT.ground, (3, 6, 26, 9))
    for x in (3, 12, 21):
        pygame.draw.rect(icon, (98, 100, 108), (x, 20, 8, 7))
    pygame.draw.rect(icon, _LIT, (5, 17, 4, 2))
    return icon


def key_for(code: int, scancode: int, shift: bool) -> str | None:
    """The panel key a computer key works: 1-8 of the top row are A-H, with SHIFT the digits; the rest as printed.

    The top row goes by place (scancode), so that it works on a keyboard with other letters, too.
    """
    if scancode in _TOP_ROW:
        digit = _TOP_ROW.index(scancode)
        if shift:
            return str(digit)
        return "ABCDEFGH"[digit - 1] if 1 <= digit <= 8 else None
    return _KEYS.get(code)


class Window:
    """The window of one session.

    Raises:
        UserError: the display cannot be opened.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        _open_display()
        try:
            pygame.font.init()
            pygame.display.set_caption(f"korgm1 - {session.model.title}")
            pygame.display.set_icon(_icon())
            self._screen = pygame.display.set_mode((WIDTH, HEIGHT), pygame.RESIZABLE)
        except pygame.error as error:
            pygame.quit()
            raise UserError(f"the display cannot be used: {error}") from None
        self._canvas = pygame.Surface((WIDTH, HEIGHT))
        self._fonts = {size: pygame.font.Font(None, size) for size in (18, 20, 24)}
        self._dragging = False
        self._clicked: str | None = None
        self._over: Button | None = None
        self._codes: dict[int, str] = {}
        self._down: dict[str, int] = {}
        self._due: dict[str, int] = {}
        self._shown: object = None

    def poll(self, wait: float) -> bool:
        """Take input, waiting for it `wait` seconds at most.

        Returns:
            False when the window was closed.
        """
        first = pygame.event.wait(max(1, round(wait * 1000)))
        alive = True
        for event in [first, *pygame.event.get()]:
            alive = self._take(event) and alive
        now = self._session.clock
        for key in [key for key, due in self._due.items() if due <= now]:
            del self._due[key]
            self._session.key_up(key)
        return alive

    def draw(self, status: str = "") -> None:
        """Paint, if anything has changed. `status` stands below: a hint, or ""."""
        session = self._session
        dots = session.machine.lcd.dots()
        leds = session.leds
        held = frozenset(session.machine.panel.held)
        size = self._screen.get_size()
        state = (dots.tobytes(), tuple(leds.items()), held, self._over, self._value, status, size)
        if state == self._shown:
            return
        self._shown = state
        self._paint(leds, held, status)
        image = pygame.image.frombuffer(render(dots).tobytes(), LCD[2:], "RGB")
        self._canvas.blit(image, LCD[:2])
        scale, left, top = self._placing()
        self._screen.fill((12, 12, 13))
        if scale == 1:
            self._screen.blit(self._canvas, (left, top))
        else:
            size = (round(WIDTH * scale), round(HEIGHT * scale))
            self._screen.blit(pygame.transform.smoothscale(self._canvas, size), (left, top))
        pygame.display.flip()

    def save(self, path: str) -> None:
        """The canvas as it was painted last, as a PNG."""
        pygame.image.save(self._canvas, path)

    def close(self) -> None:
        """Close the window."""
        self._release_all()
        pygame.quit()

    # input

    def _take(self, event: pygame.event.Event) -> bool:
        if event.type == pygame.QUIT:
            return False
        if event.type == pygame.KEYDOWN:
            key = key_for(event.key, event.scancode, bool(event.mod & pygame.KMOD_SHIFT))
            if key is not None and event.scancode not in self._codes:
                self._codes[event.scancode] = key
                self._press(key)
        elif event.type == pygame.KEYUP:
            key = self._codes.pop(event.scancode, None)
            if key is not None:
                self._release(key)
        elif event.type == pygame.MOUSEBUTTONDOWN and event.button == 1:
            self._click(*self._point(event.pos))
        elif event.type == pygame.MOUSEBUTTONUP and event.button == 1:
            self._dragging = False
            if self._clicked is not None:
                self._release(self._clicked)
                self._clicked = None
        elif event.type == pygame.MOUSEMOTION:
            x, y = self._point(event.pos)
            self._over = button_at(x, y)
            if self._dragging:
                self._slide(slider_value(y))
        elif event.type == pygame.MOUSEWHEEL:
            self._slide(self._value + event.y)
        elif event.type == pygame.WINDOWFOCUSLOST:
            self._release_all()
        return True

    def _click(self, x: float, y: float) -> None:
        button = button_at(x, y)
        left, top, width, height = SLIDER
        if button is not None:
            self._clicked = button.key
            self._press(button.key)
        elif left - 12 <= x < left + width + 12 and top - 16 <= y < top + height + 16:
            self._dragging = True
            self._slide(slider_value(y))

    def _press(self, key: str) -> None:
        self._due.pop(key, None)
        self._down[key] = self._session.clock
        self._session.key_down(key)

    def _release(self, key: str) -> None:
        pressed = self._down.pop(key, None)
        if pressed is not None:
            self._due[key] = pressed + SHORTEST

    def _release_all(self) -> None:
        self._dragging = False
        self._clicked = None
        self._codes.clear()
        for key in list(self._down):
            self._release(key)

    @property
    def _value(self) -> int:
        """Where VALUE stands, 0-127 (the panel counts to 255)."""
        return self._session.machine.panel.controls()["value"] >> 1

    def _slide(self, value: int) -> None:
        self._session.slide(max(0, min(SLIDER_TOP, value)))

    # painting

    def _placing(self) -> tuple[float, int, int]:
        """Scale of the canvas in the window, and where its corner lies."""
        width, height = self._screen.get_size()
        scale = min(width / WIDTH, height / HEIGHT)
        return scale, round((width - WIDTH * scale) / 2), round((height - HEIGHT * scale) / 2)

    def _point(self, position: tuple[int, int]) -> tuple[float, float]:
        scale, left, top = self._placing()
        return (position[0] - left) / scale, (position[1] - top) / scale

    def _text(self, text: str, size: int, colour: tuple[int, int, int], x: int, y: int, align: float = 0.0) -> None:
        """`align` 0 puts the text right of x, 0.5 centres it, 1 puts it left of x; y is its middle."""
        image = self._fonts[size].render(text, True, colour)
        self._canvas.blit(image, (round(x - align * image.get_width()), round(y - image.get_height() / 2)))

    def _paint(self, leds: dict[str, bool], held: frozenset[str], status: str) -> None:
        self._canvas.fill(_PANEL)
        session = self._session
        firmware = session.firmware
        self._text(f"{session.model.title}   {firmware.name} {firmware.version}", 20, _CAPTION, LCD[0], 24)
        self._text(f"cell {session.battery.cell_volts:.2f} V", 20, _CAPTION, LCD[0] + LCD[2], 24, 1.0)
        for text, x, y in CAPTIONS:
            self._text(text, 18, _CAPTION, x, y + 6)
        for button in BUTTONS:
            self._paint_button(button, button.key in held, leds.get(button.key, False))
        self._paint_slider()
        self._text(status, 20, _WARN, 30, HEIGHT - 22)
        if self._over is not None and self._over.shortcut:
            hint = f"{self._over.label}: computer key {self._over.shortcut}"
            self._text(hint, 20, _HINT, WIDTH - 30, HEIGHT - 22, 1.0)

    def _paint_button(self, button: Button, held: bool, lit: bool) -> None:
        rect = pygame.Rect(button.x, button.y, button.width, button.height)
        face = _DOWN if held else _OVER if button is self._over else _KEY
        pygame.draw.rect(self._canvas, (14, 14, 16), rect.move(0, 2), border_radius=6)
        pygame.draw.rect(self._canvas, face, rect, border_radius=6)
        pygame.draw.rect(self._canvas, _FRAME, rect, 1, border_radius=6)
        middle = rect.centery + (-8 if button.shortcut and button.height > 44 else 0)
        if button.led:
            bar = pygame.Rect(rect.centerx - 15, rect.top + 8, 30, 7)
            if lit:
                pygame.draw.rect(self._canvas, _GLOW, bar.inflate(8, 6), border_radius=6)
            pygame.draw.rect(self._canvas, _LIT if lit else _DARK, bar, border_radius=3)
            middle = rect.centery + 4
        self._text(button.label, 24 if len(button.label) < 3 else 20, _TEXT, rect.centerx, middle, 0.5)
        if button.height > 44:
            self._text(button.shortcut, 18, _HINT, rect.centerx, rect.bottom - 11, 0.5)

    def _paint_slider(self) -> None:
        left, top, width, height = SLIDER
        slot = pygame.Rect(left + width // 2 - 3, top, 6, height)
        pygame.draw.rect(self._canvas, (10, 10, 11), slot, border_radius=3)
        knob = pygame.Rect(left, slider_y(self._value) - 10, width, 20)
        pygame.draw.rect(self._canvas, _DOWN if self._dragging else (98, 100, 108), knob, border_radius=4)
        pygame.draw.line(self._canvas, _TEXT, (knob.left + 4, knob.centery), (knob.right - 5, knob.centery), 2)

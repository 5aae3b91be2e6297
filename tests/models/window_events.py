"""What a hand and a computer keyboard do to the window, as SDL tells it, and a window drawn to nowhere."""

from __future__ import annotations

from typing import Any

import pytest

from korgm1.clock import CPU_HZ
from korgm1.desk import Desk
from korgm1.frontends import display
from korgm1.frontends.panel_layout import Part, keyboard, piano_keys
from korgm1.keymap import default


def opened(desk: Desk, monkeypatch: pytest.MonkeyPatch, **how: Any) -> Any:
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    return display.open_window(desk, default(), **how)


def post(kind: str, **values: Any) -> None:
    import pygame

    pygame.event.post(pygame.event.Event(getattr(pygame, kind), **values))


def part(name: str) -> Part:
    return next(part for part in keyboard().parts if part.name == name)


def middle(name: str) -> tuple[int, int]:
    x, y, w, h = part(name).area
    return round(x + w / 2), round(y + h / 2)


def down(where: tuple[int, int], button: int = 1) -> None:
    post("MOUSEBUTTONDOWN", pos=where, button=button)


def move(where: tuple[int, int], buttons: tuple[int, int, int] = (1, 0, 0)) -> None:
    post("MOUSEMOTION", pos=where, rel=(0, 0), buttons=buttons)


def up(where: tuple[int, int] = (0, 0), button: int = 1) -> None:
    post("MOUSEBUTTONUP", pos=where, button=button)


def key(name: str, *, shift: bool = False, ctrl: bool = False, alt: bool = False, repeat: bool = False) -> None:
    import pygame

    from korgm1.frontends.scancodes import NAMES

    mod = pygame.KMOD_LSHIFT * shift | pygame.KMOD_LCTRL * ctrl | pygame.KMOD_LALT * alt
    code = next(number for number, found in NAMES.items() if found == name)
    post("KEYDOWN", key=0, scancode=code, mod=mod, repeat=repeat)


def key_up(name: str) -> None:
    from korgm1.frontends.scancodes import NAMES

    post("KEYUP", key=0, scancode=next(number for number, found in NAMES.items() if found == name), mod=0)


def step(view: Any, desk: Desk, seconds: float = 0.017, times: int = 1) -> None:
    for _ in range(times):
        view.poll(0.001)
        desk.run(desk.now + round(seconds * CPU_HZ))
        view.draw()


def key_point(number: int, depth: float = 0.9) -> tuple[int, int]:
    left, top, wide, high = next(
        area for key, area, _ in piano_keys(part("piano").area) if key == number
    )
    return round(left + wide / 2), round(top + high * depth)

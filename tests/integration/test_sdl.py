"""The canvas that is a window: what shapes and text leave in its pixels, and what SDL's events become."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from korgm1.errors import UserError
from korgm1.frontends import canvas as ui
from korgm1.frontends import display

WHITE, BLACK = (255, 255, 255), (0, 0, 0)


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    module = display._window()
    screen = module.Screen("a title", (200, 100))
    screen.fill(BLACK)
    screen.events(0)
    yield screen
    screen.close()


def post(kind: str, **values: Any) -> None:
    import pygame

    pygame.event.post(pygame.event.Event(getattr(pygame, kind), **values))


def light(screen: Any) -> Any:
    return screen.pixels()[..., 0].astype(int)


@pytest.mark.parametrize(("radius", "line"), [(0, 0), (6, 0), (0, 2), (6, 2), (100, 0)])
def test_a_rectangle_fills_its_box_and_nothing_else(screen: Any, radius: int, line: int) -> None:
    screen.rect((20, 10, 60, 40), WHITE, radius, line)
    found = light(screen)
    assert found[10:50, 20:80].sum() == found.sum() > 0
    assert found[10, 50] > 200 and found[49, 50] > 200 and found[30, 20] > 200 and found[30, 79] > 200
    assert (found[30, 50] == 0) == (line > 0)
    assert (found[10, 20] == 0) == (radius > 0)
    assert np.array_equal(found[10:50, 20:80], found[10:50, 20:80][::-1, ::-1]), "the same on all sides"


def test_round_shapes_have_smooth_edges(screen: Any) -> None:
    screen.circle(60, 50, 20, WHITE)
    found = light(screen)
    assert found.sum() / 255 == pytest.approx(np.pi * 400, rel=0.01)
    assert ((found > 0) & (found < 255)).sum() > 20
    screen.fill(BLACK)
    screen.circle(60, 50, 20, WHITE, 3)
    assert light(screen).sum() / 255 == pytest.approx(np.pi * (400 - 289), rel=0.03)


def test_lines_and_polygons(screen: Any) -> None:
    screen.line([(10, 10), (110, 10), (110, 60)], WHITE)
    assert (light(screen)[10, 10:110] == 255).all() and (light(screen)[10:60, 110] == 255).all()
    screen.fill(BLACK)
    screen.polygon([(20, 20), (60, 20), (20, 60)], WHITE)
    assert light(screen).sum() / 255 == pytest.approx(800, rel=0.1)


@pytest.mark.parametrize("mono", [False, True])
@pytest.mark.parametrize(("align", "left", "right"), [(0.0, 100, 200), (0.5, 50, 150), (1.0, 0, 100)])
def test_text_stands_where_it_is_told(screen: Any, align: float, left: int, right: int, mono: bool) -> None:
    width = screen.text("HELLO", 100, 50, 20, WHITE, align, mono=mono)
    assert width == screen.text_width("HELLO", 20, mono=mono)
    found = light(screen)
    columns, rows = np.flatnonzero(found.sum(axis=0)), np.flatnonzero(found.sum(axis=1))
    assert left <= columns[0] and columns[-1] <= right and width - 8 <= columns[-1] - columns[0] + 1 <= width
    assert 12 <= rows[-1] - rows[0] + 1 <= 17 and abs((rows[0] + rows[-1]) / 2 - 50) <= 2
    assert screen.text("", 5, 5, 20, WHITE) == 0


def test_mono_letters_are_all_as_wide(screen: Any) -> None:
    assert screen.text_width("iiii", 16, mono=True) == screen.text_width("WWWW", 16, mono=True)
    assert screen.text_width("iiii", 16) < screen.text_width("WWWW", 16)


def test_small_letters_are_as_wide_as_their_size(screen: Any) -> None:
    widths = [screen.text_width("START/STOP", size) for size in (5, 6, 7, 8, 9)]
    assert all(6 < width / size < 6.6 for width, size in zip(widths, (5, 6, 7, 8, 9), strict=True)), widths
    for size in (5, 7.5, 9):
        screen.fill(BLACK)
        width = screen.text("START/STOP", 100, 50, size, WHITE, 0.5)
        columns = np.flatnonzero(light(screen).sum(axis=0))
        assert width == screen.text_width("START/STOP", size)
        assert width - 4 <= columns[-1] - columns[0] + 1 <= width


@pytest.mark.parametrize("depth", [3, 4])
def test_pictures_layers_and_clips(screen: Any, depth: int) -> None:
    pixels = np.random.default_rng(1).integers(0, 255, (10, 20, depth), np.uint8)
    screen.image(pixels, 30, 40)
    assert (screen.pixels()[40:50, 30:50] == pixels[..., :3]).all()
    screen.image(pixels[2:8, 3:7], 60, 40)
    assert (screen.pixels()[40:46, 60:64] == pixels[2:8, 3:7, :3]).all()
    layer = screen.layer(50, 50)
    layer.rect((0, 0, 50, 50), WHITE)
    screen.fill(BLACK)
    screen.blit(layer, 5, 6, (10, 10, 8, 4))
    assert light(screen).sum() == 8 * 4 * 255 and (light(screen)[6:10, 5:13] == 255).all()
    screen.fill(BLACK)
    screen.clip((10, 10, 5, 5))
    screen.rect((0, 0, 200, 100), WHITE)
    screen.clip(None)
    assert light(screen).sum() == 25 * 255


def test_a_saved_picture_is_what_is_there(screen: Any, tmp_path: Path) -> None:
    screen.rect((1, 2, 3, 4), WHITE)
    screen.save(str(tmp_path / "x.png"))
    assert (tmp_path / "x.png").read_bytes().startswith(b"\x89PNG")
    with pytest.raises(UserError):
        screen.save(str(tmp_path))


def test_events_are_translated(screen: Any) -> None:
    import pygame

    post("KEYDOWN", scancode=pygame.KSCAN_A, mod=pygame.KMOD_LCTRL | pygame.KMOD_RSHIFT, key=0)
    post("KEYDOWN", scancode=pygame.KSCAN_A, mod=pygame.KMOD_LALT, key=0)
    post("KEYUP", scancode=pygame.KSCAN_A, mod=0, key=0)
    post("KEYDOWN", scancode=pygame.KSCAN_LSHIFT, mod=0, key=0)
    post("TEXTINPUT", text="ä")
    post("MOUSEBUTTONDOWN", pos=(3, 4), button=1)
    post("MOUSEMOTION", pos=(5, 6), rel=(0, 0), buttons=(1, 0, 0))
    post("MOUSEBUTTONUP", pos=(5, 6), button=1)
    post("MOUSEBUTTONDOWN", pos=(3, 4), button=3)
    post("MOUSEBUTTONDOWN", pos=(3, 4), button=4)
    post("MOUSEMOTION", pos=(7, 8), rel=(0, 0), buttons=(0, 0, 0))
    post("WINDOWLEAVE")
    post("WINDOWFOCUSLOST")
    post("DROPFILE", file="/x/y")
    post("QUIT")
    found = screen.events(0.001)
    place = (found[-2].x, found[-2].y)
    assert found == [
        ui.KeyDown("a", shift=True, ctrl=True), ui.KeyDown("a", alt=True, repeat=True), ui.KeyUp("a"), ui.Text("ä"),
        ui.PointerDown(0, 3, 4), ui.PointerMove(0, 5, 6), ui.PointerUp(0, 5, 6), ui.PointerDown(-1, 3, 4),
        ui.Hover(7, 8), ui.Hover(-1, -1), ui.FocusLost(), ui.FileDropped("/x/y", *place), ui.Quit(),
    ]  # fmt: skip


def test_fingers_have_numbers_of_their_own(screen: Any) -> None:
    for number in (900, 901):
        post("FINGERDOWN", touch_id=1, finger_id=number, x=0.5, y=0.25, dx=0, dy=0)
    post("FINGERUP", touch_id=1, finger_id=900, x=0.5, y=0.5, dx=0, dy=0)
    post("FINGERDOWN", touch_id=1, finger_id=902, x=0.0, y=0.0, dx=0, dy=0)
    post("FINGERMOTION", touch_id=1, finger_id=901, x=1.0, y=1.0, dx=0, dy=0)
    post("FINGERMOTION", touch_id=1, finger_id=77, x=1.0, y=1.0, dx=0, dy=0)
    assert screen.events(0.001) == [
        ui.PointerDown(1, 100, 25), ui.PointerDown(2, 100, 25), ui.PointerUp(1, 100, 50), ui.PointerDown(1, 0, 0),
        ui.PointerMove(2, 200, 100),
    ]  # fmt: skip


def test_a_smooth_wheel_makes_whole_steps(screen: Any) -> None:
    for _ in range(5):
        post("MOUSEWHEEL", x=0, y=0, precise_x=0.0, precise_y=0.5, flipped=False)
    post("MOUSEWHEEL", x=0, y=2, flipped=True)
    assert [event.steps for event in screen.events(0.001)] == [1, 1, -1]


def test_full_screen_and_back(screen: Any) -> None:
    import pygame

    before = screen.size
    screen.toggle_full_screen()
    assert screen.full_screen and screen.size == pygame.display.get_desktop_sizes()[0]
    assert screen.grow(100, 0) == (100, 0) and screen.size == pygame.display.get_desktop_sizes()[0]
    assert screen.grow(-100, 0) == (-100, 0)
    screen.toggle_full_screen()
    assert not screen.full_screen and screen.size == before
    screen.grow(50, 20)
    assert screen.size == (before[0] + 50, before[1] + 20)
    screen.grow(100_000, -20)
    assert screen.size == (before[0] + 50, before[1]), "wider than the desktop it does not get"


def test_a_window_that_grows_stays_on_the_desktop(screen: Any) -> None:
    import pygame

    wide = pygame.display.get_desktop_sizes()[0][0]
    pygame.display.set_window_position((wide - screen.size[0] - 10, 7))
    screen.grow(50, 0)
    assert pygame.display.get_window_position() == (wide - screen.size[0], 7)

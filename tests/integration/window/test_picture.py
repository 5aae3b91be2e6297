"""What the window of a real desk shows: power, pages over it and beside it, dropped files, any size, no display."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from window_events import down, key, key_point, key_up, middle, move, opened, part, post, step, up

from korgm1.board.lcd_glass import paint
from korgm1.desk import Desk
from korgm1.desk.commands import perform
from korgm1.errors import UsageError, UserError
from korgm1.frontends import display
from korgm1.frontends.panel_layout import rack
from korgm1.keymap import default
from korgm1.session import Session

# power


def lcd_pixels(view: Any) -> Any:
    x, y, w, h = view._view.place.box(view._view.layout.lcd)
    return view._screen.pixels()[y : y + h, x : x + w]


def test_the_switch_takes_the_light_with_it(desk: Desk, live: Any) -> None:
    step(live, desk, times=120)
    lit = lcd_pixels(live)
    assert (lit.reshape(-1, 3) == paint(1.0)[0]).all(axis=1).mean() > 0.3
    down(middle("power"))
    up()
    live.poll(0.001)
    assert not desk.powered
    step(live, desk)
    fading = lcd_pixels(live)
    assert fading.sum() < lit.sum() and len(np.unique(fading.reshape(-1, 3), axis=0)) > 2, "letters fade, too"
    step(live, desk, times=150)
    dark = lcd_pixels(live)
    ground = (dark.reshape(-1, 3) == paint(0.0)[0]).all(axis=1)
    assert ground.mean() > 0.98, "an empty, dark glass"
    down(middle("power"))
    up()
    live.poll(0.001)
    assert desk.powered


def test_a_controller_that_was_never_initialised_shows_a_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    desk = Desk(Session(faults=["lcd-no-init"]))
    view = opened(desk, monkeypatch)
    desk.power(True)
    step(view, desk, times=120)
    glass = lcd_pixels(view)
    shape = view._view.glass.shape
    dark = (glass.astype(int).sum(axis=2) < paint(1.0)[40].astype(int).sum()).mean(axis=1)
    rows = np.flatnonzero(dark > 0.3)
    assert len(rows) and rows[-1] - rows[0] < 8 * shape.pitch, "one line of dark cells"
    view.close()


# what is over the panel, beside it, dropped on it


def front(view: Any) -> Any:
    """The pixels below the strip with the sockets' lights."""
    return view._screen.pixels()[60:].copy()


def test_the_picture_changes_only_with_what_it_shows(desk: Desk, live: Any) -> None:
    step(live, desk, times=150)
    first = front(live)
    live.draw()
    assert (front(live) == first).all()
    desk.say("a message")
    live.draw("a status")
    with_notes = front(live)
    assert (with_notes != first).any()
    step(live, desk, times=400)
    assert (front(live) == first).all(), "notes leave nothing behind"
    move(middle("INT"), (0, 0, 0))
    step(live, desk)
    assert (front(live) != first).any(), "a hint"
    move((640, 300), (0, 0, 0))
    step(live, desk)
    assert (front(live) == first).all()


def test_the_page_of_keys_covers_it_and_goes(desk: Desk, live: Any) -> None:
    step(live, desk, times=150)
    first = front(live)
    key("f1")
    step(live, desk)
    assert live._help.open and (front(live) != first).mean() > 0.5
    key("escape")
    step(live, desk, times=2)
    assert not live._help.open and (front(live) == first).mean() > 0.999


def test_the_drawer_takes_room_and_gives_it_back(desk: Desk, live: Any) -> None:
    step(live, desk, times=150)
    first = front(live)
    key("tab")
    step(live, desk)
    assert live._drawer.open and live._view.place.scale < 0.8
    x, y = live._view.place.box(part("INT").area)[:2]
    down((x + 4, y + 4))
    live.poll(0.001)
    assert desk.held == {"INT"}, "the panel beside it is still one"
    up()
    key_up("tab")
    step(live, desk, 0.1)
    key("tab")
    step(live, desk, times=2)
    assert not live._drawer.open and live._view.place.scale == 1.0
    assert (front(live) == first).mean() > 0.99


@pytest.mark.parametrize(("size", "scale", "drawer"), [
    ((1280, 690), 980 / 1280, 300), ((900, 600), 600 / 1280, 300), ((1660, 690), 1.0, 380), ((1600, 690), 1.0, 320),
])  # fmt: skip
def test_the_drawer_is_slim_where_the_panel_needs_the_room(
    cold: Desk, window: Any, size: tuple[int, int], scale: float, drawer: int
) -> None:
    import pygame

    window._do("drawer")
    pygame.display.set_mode(size, pygame.RESIZABLE)
    window.poll(0.001)
    window.draw()
    assert window._view.place.scale == pytest.approx(scale, abs=0.002)
    assert window._boxes()[1] == (size[0] - drawer, 0, drawer, size[1])


@pytest.mark.parametrize("page", [False, True])
def test_full_screen_is_painted_even_if_it_is_as_large(cold: Desk, window: Any, page: bool) -> None:
    import pygame

    pygame.display.set_mode(pygame.display.get_desktop_sizes()[0], pygame.RESIZABLE)
    window.poll(0.001)
    if page:
        window._do("help")
    window.draw()
    before = front(window)
    window._screen.surface.fill((255, 0, 255))
    window._do("full screen")
    window.draw()
    assert (front(window) == before).mean() > 0.99
    window._do("full screen")


def test_it_may_begin_with_the_drawer(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    view = opened(desk, monkeypatch, bench=True)
    view.draw()
    assert view._drawer.open
    view.close()


@pytest.mark.parametrize("size", [(640, 360), (900, 500), (1920, 1040), (400, 900)])
def test_a_resized_window_still_hits_its_buttons(cold: Desk, window: Any, size: tuple[int, int]) -> None:
    import pygame

    pygame.display.set_mode(size, pygame.RESIZABLE)
    window.poll(0.001)
    window.draw()
    assert window._screen.size == size
    x, y, w, h = window._view.place.box(part("PROG").area)
    down((x + w // 2, y + h // 2))
    window.poll(0.001)
    assert cold.held == {"PROG"}


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.mid", b"MThd", ""),
        ("a.syx", b"\xf0\x42\x30\x19\x10\xf7", ""),
        ("a.sram", bytes(65536), "SRAM image"),
        ("a.bin", b"what is this", "nothing that the instrument takes"),
        ("b.state", b"\x1f\x8bxx", "snapshot"),
    ],
)
def test_a_dropped_file_goes_where_it_belongs(
    desk: Desk, live: Any, tmp_path: Path, name: str, content: bytes, said: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    before = len(desk.messages)
    post("DROPFILE", file=str(path), window=None)
    assert live.poll(0.001)
    text = "\n".join(message.text for message in list(desk.messages)[before:])
    assert said in text


def test_a_card_is_dropped_in_and_clicked_out(desk: Desk, live: Any, tmp_path: Path) -> None:
    path = tmp_path / "my songs.card"
    path.write_bytes(bytes(32768))
    post("DROPFILE", file=str(path), window=None)
    live.poll(0.001)
    assert desk.card_in
    step(live, desk)
    down(middle("card"))
    up()
    live.poll(0.001)
    assert not desk.card_in


def test_a_file_that_is_not_there_is_told(desk: Desk, live: Any, tmp_path: Path) -> None:
    post("DROPFILE", file=str(tmp_path / "gone.mid"), window=None)
    live.poll(0.001)
    assert "cannot be read" in desk.messages[-1].text and desk.messages[-1].kind == "error"


def test_a_guess_that_cannot_be_used_is_refused_and_nothing_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    desk = Desk(Session())
    view = opened(desk, monkeypatch)
    with pytest.raises(UsageError, match="milliseconds"):
        perform(desk, "hypothesis", {"id": "H-LCD-GHOST", "value": "soon"})
    view.draw()
    assert desk.session.hypotheses["H-LCD-GHOST"] == "150,200"
    view.close()


def test_a_rack_has_its_own_panel(monkeypatch: pytest.MonkeyPatch) -> None:
    desk = Desk(Session(model="m1r"))
    view = opened(desk, monkeypatch)
    view.draw()
    assert view._screen.size == rack().size and view._view.layout is rack()
    x, y, w, h = next(part.area for part in rack().parts if part.kind == "dial")
    down((round(x + w / 2), round(y + h / 2)))
    move((round(x + w / 2), round(y + h / 2) - 75))
    view.poll(0.001)
    assert abs(desk.value - 63) <= 1
    key("left", alt=True)
    key("z")
    assert view.poll(0.001), "no joystick here, and nothing breaks"
    view.close()


def test_a_picture_of_the_window(desk: Desk, live: Any, tmp_path: Path) -> None:
    from korgm1.desk.commands import perform

    perform(desk, "screenshot", {"path": str(tmp_path / "w.png"), "of": "window"})
    assert (tmp_path / "w.png").read_bytes().startswith(b"\x89PNG")


def test_the_sockets_lights_are_bytes_on_the_wire(desk: Desk, live: Any) -> None:
    def light(name: str) -> bool:
        x, y, w, h = part(name).area
        box = live._screen.pixels()[round(y) : round(y + h), round(x) : round(x + w)]
        return bool((box == (96, 226, 96)).all(axis=2).any())

    step(live, desk, 0.4)
    assert not light("MIDI IN") and not light("MIDI THRU")
    desk.midi_in(b"\x90\x3c\x40")
    step(live, desk, 0.01)
    assert light("MIDI IN") and light("MIDI THRU")
    step(live, desk, 0.2)
    step(live, desk)
    assert not light("MIDI IN")
    down(key_point(30))
    step(live, desk, 0.03)
    assert light("MIDI OUT")
    up()


@pytest.mark.parametrize("size", [(1, 1), (60, 40), (3000, 60)])
def test_any_size_can_be_drawn(desk: Desk, live: Any, size: tuple[int, int]) -> None:
    import pygame

    pygame.display.set_mode(size, pygame.RESIZABLE)
    step(live, desk, times=3)
    for name in ("tab", "f1"):
        key(name)
        step(live, desk, times=2)
    assert live.poll(0.001)


def test_a_held_key_repeats_without_power_going_on_and_off(desk: Desk, live: Any) -> None:
    for _ in range(3):
        key("p", ctrl=True)
    live.poll(0.001)
    assert not desk.powered
    key_up("p")
    key("p", ctrl=True)
    live.poll(0.001)
    assert desk.powered


# no display


def test_without_a_display_there_is_a_hint(cold: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "SDL_VIDEODRIVER"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(sys, "platform", "linux")
    with pytest.raises(UserError, match="no display"):
        display.open_window(cold, default())
    assert "terminal" in display.probe()


def test_a_display_that_does_not_answer_is_a_hint(cold: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SDL_VIDEODRIVER", "no-such-driver")
    with pytest.raises(UserError, match="cannot be used"):
        display.open_window(cold, default())
    assert "terminal" in display.probe()


def test_a_display_nobody_serves_is_a_hint(cold: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISPLAY", ":65432")
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.delenv("SDL_VIDEODRIVER", raising=False)
    with pytest.raises(UserError, match="display"):
        display.open_window(cold, default())


def test_the_title_names_the_keys_that_lead_to_the_others(window: Any) -> None:
    import pygame

    assert pygame.display.get_caption()[0] == "korgm1 - M1 Music Workstation - F1: keys - Tab: bench"

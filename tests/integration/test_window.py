"""The window on a real desk, drawn to nowhere: clicks, drags, fingers, keys, files and what is on the screen then."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from korgm1.board.lcd_glass import paint
from korgm1.board.panel import Panel
from korgm1.clock import CPU_HZ
from korgm1.desk import Desk
from korgm1.desk.commands import perform
from korgm1.errors import UsageError, UserError
from korgm1.frontends import display, panel_layout
from korgm1.frontends.panel_layout import Part, keyboard, rack
from korgm1.keymap import default
from korgm1.session import Session

KEY_NAMES = Panel().keys()


@pytest.fixture
def desk() -> Desk:
    desk = Desk(Session(battery="low"))
    desk.power(True)
    desk.run(2 * CPU_HZ)
    return desk


@pytest.fixture
def cold() -> Desk:
    """With the power off: hands can be laid on all the same."""
    return Desk(Session())


def opened(desk: Desk, monkeypatch: pytest.MonkeyPatch, **how: Any) -> Any:
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    return display.open_window(desk, default(), **how)


@pytest.fixture
def window(cold: Desk, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    view = opened(cold, monkeypatch)
    view.draw()
    yield view
    view.close()


@pytest.fixture
def live(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    view = opened(desk, monkeypatch)
    view.draw()
    yield view
    view.close()


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


# buttons


@pytest.mark.parametrize("name", KEY_NAMES)
def test_a_click_presses_and_releases_its_key(cold: Desk, window: Any, name: str) -> None:
    down(middle(name))
    assert window.poll(0.001)
    assert cold.held == {name}
    up(middle(name))
    window.poll(0.001)
    assert cold.held == {name}, "a short click lasts longer than a debounce"
    step(window, cold, 0.1)
    assert cold.held == set()


def test_a_click_changes_the_display(desk: Desk, live: Any) -> None:
    """INT, 4, 2 as somebody clicks them."""
    for name in ("4", "2"):
        down(middle(name))
        step(live, desk, times=8)
        up()
        step(live, desk, times=20)
    assert desk.lcd[0].startswith("Prog I42")


def test_the_mouse_may_leave_the_button_it_holds(cold: Desk, window: Any) -> None:
    down(middle("INT"))
    move((900, 500))
    window.poll(0.001)
    assert cold.held == {"INT"} and not cold.notes
    up((900, 500))
    window.poll(0.001)
    step(window, cold, 0.1)
    assert cold.held == set()


def test_several_fingers_hold_several_keys(cold: Desk, window: Any) -> None:
    width, height = keyboard().size
    for finger, name in enumerate(("INT", "CARD", "COMBI"), 70):
        x, y = middle(name)
        post("FINGERDOWN", touch_id=1, finger_id=finger, x=x / width, y=y / height, dx=0, dy=0)
    window.poll(0.001)
    assert cold.held == {"INT", "CARD", "COMBI"}
    x, y = middle("CARD")
    post("FINGERUP", touch_id=1, finger_id=71, x=x / width, y=y / height, dx=0, dy=0)
    window.poll(0.001)
    step(window, cold, 0.1)
    assert cold.held == {"INT", "COMBI"}
    post("WINDOWFOCUSLOST")
    window.poll(0.001)
    step(window, cold, 0.1)
    assert cold.held == set()


def test_what_sdl_makes_of_a_finger_is_not_taken_twice(cold: Desk, window: Any) -> None:
    post("MOUSEBUTTONDOWN", pos=middle("INT"), button=1, touch=True)
    window.poll(0.001)
    assert cold.held == set()


# sliders, knobs, joystick


def test_the_slider_is_dragged_and_wheeled(cold: Desk, window: Any) -> None:
    x, y, w, h = part("value").area
    down((round(x + w / 2), round(y + h / 2)))
    window.poll(0.001)
    assert abs(cold.value - 63) <= 2
    move((900, round(y) - 50))
    window.poll(0.001)
    assert cold.value == 127
    up()
    post("MOUSEWHEEL", x=0, y=-3, flipped=False, which=0)
    window.poll(0.001)
    assert cold.value == 124
    down(middle("value"), 3)
    move((middle("value")[0], middle("value")[1] - 13), (0, 0, 1))
    window.poll(0.001)
    assert cold.value == 126, "the right button goes in steps"


def test_volume_and_contrast_are_knobs(cold: Desk, window: Any) -> None:
    x, y, w, h = part("volume").area
    down((round(x + w / 2), round(y + h - 5)))
    window.poll(0.001)
    assert cold.volume == 0
    up()
    down(middle("contrast"))
    move((middle("contrast")[0], middle("contrast")[1] - 40))
    window.poll(0.001)
    assert 70 <= cold.contrast <= 80


def test_the_joystick_springs_back(cold: Desk, window: Any) -> None:
    x, y = middle("joystick")
    down((x, y))
    move((x + 40, y - 40))
    window.poll(0.001)
    assert cold.controls["joystick_x"] == 255 and cold.controls["joystick_y"] == 255
    up()
    window.poll(0.001)
    assert cold.controls["joystick_x"] == 128 and cold.controls["joystick_y"] == 128


def test_pedals(desk: Desk, live: Any) -> None:
    x, y = middle("pedal1")
    down((x, y))
    move((x, y - 75))
    live.poll(0.001)
    assert abs(desk.controls["pedal1"] - 127) <= 2
    up()
    down(middle("damper"))
    step(live, desk)
    assert live._damped
    up()
    step(live, desk)
    assert not live._damped


# the keyboard


def key_point(number: int, depth: float = 0.9) -> tuple[int, int]:
    left, top, wide, high = next(
        area for key, area, _ in panel_layout.piano_keys(part("piano").area) if key == number
    )
    return round(left + wide / 2), round(top + high * depth)


def test_a_glissando_plays_each_key_it_crosses(desk: Desk, live: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    played: list[tuple[int, int]] = []
    real = desk.note_on

    def note_on(key: int, velocity: int = 100) -> None:
        played.append((key, velocity))
        real(key, velocity)

    monkeypatch.setattr(desk, "note_on", note_on)
    down(key_point(24, 0.95))
    for number in (26, 28, 29):
        move(key_point(number, 0.95))
    live.poll(0.001)
    assert [key for key, _ in played] == [24, 26, 28, 29] and desk.notes == {29}
    up()
    down(key_point(25, 0.1))
    live.poll(0.001)
    assert played[-1][0] == 25 and played[-1][1] < 50 < 110 < played[0][1], "nearer to the front is louder"
    up()
    live.poll(0.001)
    assert not desk.notes


def test_the_computer_keys_are_a_piano(desk: Desk, live: Any) -> None:
    key("z")
    key("q")
    key("z", repeat=True)
    live.poll(0.001)
    assert desk.notes == {24, 36}
    key_up("z")
    key("page up")
    key("z")
    live.poll(0.001)
    assert desk.notes == {36}, "it is the same note an octave up, held by both"
    key_up("q")
    live.poll(0.001)
    assert desk.notes == {36}
    key_up("z")
    live.poll(0.001)
    assert not desk.notes


@pytest.mark.parametrize("number", [0, 13, 24, 60])
def test_a_key_that_is_down_looks_so_whatever_else_changes(cold: Desk, window: Any, number: int) -> None:
    def face() -> Any:
        return window._screen.pixels()[440:680].copy()

    step(window, cold, times=2)
    before = face()
    cold.key_down("INT")
    cold.contrast = 70
    cold.note_on(number)
    step(window, cold, times=2)
    changed = np.argwhere((face() != before).any(axis=2))
    left, top, wide, high = next(area for key, area, _ in panel_layout.piano_keys(part("piano").area) if key == number)
    (_, x0), (y1, x1) = changed.min(axis=0), changed.max(axis=0)
    assert left - 2 <= x0 and x1 <= left + wide + 2 and y1 + 440 <= top + high + 2
    assert len(changed) > 200 or wide < 20 < len(changed)
    cold.note_off(number)
    step(window, cold, times=2)
    assert (face() == before).all()


def test_focus_lost_lets_everything_go(desk: Desk, live: Any) -> None:
    key("z")
    key("f4")
    key("left", alt=True)
    down(key_point(40))
    live.poll(0.001)
    assert desk.notes == {24, 40} and desk.held == {"PROG"} and desk.controls["joystick_x"] == 0
    post("WINDOWFOCUSLOST")
    live.poll(0.001)
    step(live, desk, 0.1)
    assert not desk.notes and not desk.held and desk.controls["joystick_x"] == 128


def test_what_is_held_comes_up_when_another_instrument_is_there(cold: Desk, window: Any) -> None:
    down(middle("INT"))
    window.poll(0.001)
    assert cold.held == {"INT"}
    cold.set_hypothesis("H-LCD-GHOST", "0,0")
    window.draw()
    up(middle("INT"))
    step(window, cold, 0.1)
    assert not cold.held


# computer keys


def test_every_button_has_a_computer_key(cold: Desk, window: Any) -> None:
    from korgm1.frontends.scancodes import NAMES

    for name in KEY_NAMES:
        words = window._keys.chord_for(name).split("+")
        held = dict.fromkeys(words[:-1], True)
        assert words[-1] in NAMES.values()
        key(words[-1], **held)
        window.poll(0.001)
        assert cold.held == {name}
        key_up(words[-1])
        window.poll(0.001)
        step(window, cold, 0.1)


def test_opposite_ways_of_the_joystick(cold: Desk, window: Any) -> None:
    for name in ("left", "right"):
        key(name, alt=True)
    window.poll(0.001)
    assert cold.controls["joystick_x"] == 255
    key_up("right")
    window.poll(0.001)
    assert cold.controls["joystick_x"] == 0
    key_up("left")
    window.poll(0.001)
    assert cold.controls["joystick_x"] == 128


def test_value_repeats_and_a_button_does_not(cold: Desk, window: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    presses: list[str] = []
    real = cold.key_down
    monkeypatch.setattr(cold, "key_down", lambda name: (presses.append(name), real(name)))
    for _ in range(4):
        key("=", repeat=True)
        key("f2", repeat=bool(presses))
    window.poll(0.001)
    assert cold.value == 4 and presses.count("INT") <= 1


def test_ctrl_q_and_the_cross_close_it(window: Any) -> None:
    assert window.poll(0.001)
    key("q", ctrl=True)
    assert window.poll(0.001) is False


def test_closing_the_window_ends_it(window: Any) -> None:
    post("QUIT")
    assert window.poll(0.001) is False


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

"""Hands on the window of a real desk: clicks, drags, fingers, the drawn keyboard and the computer's keys."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from window_events import down, key, key_point, key_up, middle, move, part, post, step, up

from korgm1.board.panel import Panel
from korgm1.desk import Desk
from korgm1.frontends import panel_layout
from korgm1.frontends.panel_layout import keyboard

KEY_NAMES = Panel().keys()


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

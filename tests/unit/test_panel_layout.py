"""The drawn instruments: every key once, nothing on top of anything, every point hits what it shows."""

from __future__ import annotations

import itertools

import pytest

from korgm1.board.panel import NOT_ON_M1R, REST, Panel
from korgm1.frontends.panel_layout import (
    KEYS,
    Area,
    Layout,
    Part,
    keyboard,
    layout_of,
    part_at,
    piano_key_at,
    piano_keys,
    rack,
)

BOTH = pytest.mark.parametrize("layout", [keyboard(), rack()], ids=["m1", "m1r"])


def apart(a: Area, b: Area) -> bool:
    return a[0] + a[2] <= b[0] or b[0] + b[2] <= a[0] or a[1] + a[3] <= b[1] or b[1] + b[3] <= a[1]


def named(layout: Layout, name: str) -> Part:
    return next(part for part in layout.parts if part.name == name)


@BOTH
def test_every_key_of_the_panel_is_there_once(layout: Layout) -> None:
    assert sorted(part.name for part in layout.parts if part.kind == "key") == sorted(Panel().keys())


@BOTH
def test_nothing_lies_on_anything_else(layout: Layout) -> None:
    areas = [("lcd", layout.lcd), ("plate", layout.plate), *((part.name, part.area) for part in layout.parts)]
    for number, (name, area) in enumerate(areas):
        assert area[0] >= 0 and area[1] >= 0, name
        assert area[0] + area[2] <= layout.size[0] and area[1] + area[3] <= layout.size[1], name
        for other, another in areas[number + 1 :]:
            assert apart(area, another), f"{name} and {other}"


@BOTH
def test_every_part_is_hit_in_its_middle_and_corners(layout: Layout) -> None:
    for part in layout.parts:
        x, y, w, h = part.area
        for px, py in [(x, y), (x + w / 2, y + h / 2), (x + w - 0.1, y + h - 0.1)]:
            assert part_at(layout, px, py) is part
        assert part_at(layout, x - 0.1, y) is not part
    assert part_at(layout, -5, -5) is None


@BOTH
def test_the_lights_are_in_the_mode_keys(layout: Layout) -> None:
    assert {part.name for part in layout.parts if part.led} == set(Panel().leds())


def test_each_control_of_each_model_can_be_worked() -> None:
    shown = {"joystick_x": "joystick", "joystick_y": "joystick", "aftertouch": "piano"}
    for layout, controls in ((keyboard(), set(REST)), (rack(), set(REST) - set(NOT_ON_M1R))):
        names = {part.name for part in layout.parts}
        assert {shown.get(control, control) for control in controls} <= names
        assert {"power", "volume", "contrast", "card", "pcm-card", "MIDI IN", "MIDI OUT", "MIDI THRU"} <= names
    assert not {"joystick", "piano", "damper"} & {part.name for part in rack().parts}


@BOTH
def test_the_groups_are_in_the_order_of_the_instrument(layout: Layout) -> None:
    def places(names: str) -> list[tuple[float, float]]:
        return [named(layout, name).area[:2] for name in names.split(",")]

    for row in ("INT,COMBI,PROG,SEQ", "CARD,EDIT COMBI,EDIT PROG,GLOBAL", "A,B,C,D,E,F,G,H", "7,8,9", "4,5,6", "1,2,3",
                "10HOLD,0", "PAGE-,PAGE+"):
        across = places(row)
        assert [x for x, _ in across] == sorted({x for x, _ in across}) and len({y for _, y in across}) == 1
    for column in ("INT,CARD", "COMBI,EDIT COMBI", "UP,DOWN", "7,4,1,10HOLD", "8,5,2,0"):
        down = places(column)
        assert [y for _, y in down] == sorted({y for _, y in down}) and len({x for x, _ in down}) == 1
    a, lcd, page = named(layout, "A").area, layout.lcd, named(layout, "PAGE-").area
    assert a[1] >= lcd[1] + lcd[3], "the cursor row is under the display"
    assert page[0] > named(layout, "H").area[0] and page[1] == a[1], "and PAGE right of it"


@BOTH
def test_each_cursor_key_is_under_its_five_characters(layout: Layout) -> None:
    x, _, width, _ = layout.lcd
    text = width * (40 * 23 - 3) / 988
    start = x + (width - text) / 2
    for number, name in enumerate("ABCDEFGH"):
        left, _, wide, _ = named(layout, name).area
        assert start + number * text / 8 <= left + 2 and left + wide <= start + (number + 1) * text / 8 + 2


def test_the_keyboard_has_61_keys_from_c_to_c() -> None:
    keys = {key: (area, black) for key, area, black in piano_keys((0, 0, 720, 100))}
    assert sorted(keys) == list(range(KEYS))
    assert [key for key in range(12) if keys[key][1]] == [1, 3, 6, 8, 10]
    assert not keys[60][1] and keys[60][0][0] + keys[60][0][2] == pytest.approx(720)
    whites = [keys[key][0] for key in range(KEYS) if not keys[key][1]]
    assert len(whites) == 36
    assert all(a[0] + a[2] == pytest.approx(b[0]) for a, b in itertools.pairwise(whites))


@pytest.mark.parametrize("key", range(KEYS))
def test_a_key_is_hit_at_its_front_and_a_black_one_before_the_white_ones(key: int) -> None:
    area = (10.0, 20.0, 720.0, 100.0)
    left, top, wide, high = next(where for number, where, _ in piano_keys(area) if number == key)
    found = piano_key_at(area, left + wide / 2, top + high * 0.97)
    assert found is not None and found[0] == key and found[1] == pytest.approx(0.97)
    assert piano_key_at(area, left + wide / 2, 19) is None


def test_the_models_have_their_layouts() -> None:
    assert layout_of(True) is rack() and layout_of(False) is keyboard()
    assert keyboard().size[1] <= 700 and keyboard().size[0] <= 1366

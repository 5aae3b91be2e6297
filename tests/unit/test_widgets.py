"""The drawer's controls, each by what happens to it, on a canvas that writes down what is painted."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest
from recording_canvas import RecordingCanvas, overlap

from korgm1.errors import UsageError
from korgm1.frontends.canvas import Box, FocusLost, Hover, KeyDown, PointerDown, PointerMove, PointerUp, Text, Wheel
from korgm1.frontends.drawer import Drawer
from korgm1.frontends.drawer_bench import Bench
from korgm1.frontends.drawer_hands import FOOT, TOP
from korgm1.frontends.widget_ground import (
    Ruler,
    Widget,
)
from korgm1.frontends.widgets import Button, Choice, Label, Slider, Switch, Value
from korgm1.frontends.widgets_more import Field, Flow, Items, Row, Section

BOX: Box = (0, 0, 400, 600)


class Setup:
    """A drawer with these controls in one section, painted once."""

    def __init__(self, *parts: Widget, folded: bool = False, box: Box = BOX, scale: float = 1.0) -> None:
        self.canvas = RecordingCanvas()
        self.now = 0.0
        self.section = Section("Things", parts, folded=folded)
        self.bench: Bench | None = None

        def sections(bench: Bench) -> Sequence[Section]:
            self.bench = bench
            return [self.section]

        self.drawer = Drawer(None, clock=lambda: self.now, sections=sections)  # type: ignore[arg-type]
        self.drawer.toggle()
        self.box, self.scale = box, scale
        self.paint()

    def paint(self) -> bool:
        """Whether anything was painted, a second later."""
        self.now += 1
        return self.drawer.paint(self.canvas, self.box, self.scale)

    def place(self, widget: Widget, x: float = 0.5, y: float = 0.5) -> tuple[float, float]:
        """Pixels of a place in a control, as shares of its box."""
        left, top, wide, tall = widget.box
        px, py = left + x * wide, top + y * tall - self.drawer._scroll + TOP
        return self.box[0] + px * self.scale, self.box[1] + py * self.scale

    def click(self, widget: Widget, x: float = 0.5, y: float = 0.5, pointer: int = 0) -> None:
        at = self.place(widget, x, y)
        assert self.drawer.take(PointerDown(pointer, *at))
        assert self.drawer.take(PointerUp(pointer, *at))

    def type(self, *events: str) -> list[bool]:
        """Keys by name, text with a leading blank."""
        return [
            self.drawer.take(Text(event[1:]) if event[0] == " " and len(event) > 1 else KeyDown(event))
            for event in events
        ]


def test_button_acts_when_the_pointer_comes_up_on_it() -> None:
    done: list[str] = []
    button = Button("go", lambda: done.append("go"))
    setup = Setup(button)
    at = setup.place(button)
    assert setup.drawer.take(PointerDown(0, *at)) and not done
    assert setup.paint()
    assert setup.drawer.take(PointerUp(0, *at)) and done == ["go"]
    setup.drawer.take(PointerDown(0, *at))
    assert setup.drawer.take(PointerMove(0, at[0], at[1] + 200))
    assert setup.drawer.take(PointerUp(0, at[0], at[1] + 200)) and done == ["go"]


def test_a_finger_works_as_the_mouse_and_the_right_button_does_nothing() -> None:
    done: list[str] = []
    one, two = Button("one", lambda: done.append("one")), Button("two", lambda: done.append("two"))
    setup = Setup(Row(one, two))
    first, second = setup.place(one), setup.place(two)
    for event in (PointerDown(1, *first), PointerDown(2, *second), PointerUp(2, *second), PointerUp(1, *first)):
        assert setup.drawer.take(event)
    assert done == ["two", "one"]
    assert setup.drawer.take(PointerDown(-1, *first))
    setup.drawer.take(PointerUp(-1, *first))
    assert done == ["two", "one"]


def test_a_button_that_does_not_work_does_nothing_and_the_keyboard_passes_it() -> None:
    done: list[int] = []
    dead, live = Button("dead", lambda: done.append(1), works=lambda: False), Button("live", lambda: done.append(2))
    setup = Setup(dead, live)
    setup.click(dead)
    assert done == []
    setup.drawer.toggle()
    setup.drawer.toggle()
    setup.paint()
    assert setup.type("down", "down", "enter") == [True, True, True]
    assert done == [2]


def test_switch_turns_over() -> None:
    on = [False]
    switch = Switch("light", lambda: on[0], lambda new: on.__setitem__(0, new))
    setup = Setup(switch)
    setup.click(switch)
    assert on[0] and setup.paint()
    setup.type("space")
    assert not on[0]


@pytest.mark.parametrize(("x", "value"), [(0.9, "b"), (0.5, "b"), (0.02, "c")])
def test_choice_goes_forward_and_at_its_left_end_back(x: float, value: str) -> None:
    now = ["a"]
    choice = Choice(lambda: "abc", lambda: now[0], lambda new: now.__setitem__(0, new), "letter")
    setup = Setup(choice)
    setup.click(choice, x)
    assert now == [value]
    setup.type("left", "right", "right")
    assert now == [chr((ord(value) - 97 + 1) % 3 + 97)]


def test_slider_acts_at_the_release_or_while_it_is_dragged() -> None:
    for live in (False, True):
        at, told = [50], list[int]()

        def go(value: int, at: list[int] = at, told: list[int] = told) -> None:
            at[0] = value
            told.append(value)

        slider = Slider(lambda: 0, lambda: 100, lambda at=at: at[0], go, live=live)  # type: ignore[misc]
        setup = Setup(slider)
        setup.drawer.take(PointerDown(0, *setup.place(slider, 0.0)))
        assert told == ([0] if live else [])
        setup.drawer.take(PointerMove(0, *setup.place(slider, 2.0)))
        setup.drawer.take(PointerUp(0, *setup.place(slider, 2.0)))
        assert at == [100] and told == ([0, 100] if live else [100])
        setup.type("left", "left", "right")
        assert at == [99]
        assert setup.drawer.take(Wheel(*setup.place(slider), -9)) and at == [90]


@pytest.mark.parametrize("how", ["focus", "in and out"])
def test_a_slider_whose_pointer_is_lost_goes_back_to_its_value(how: str) -> None:
    told: list[int] = []
    slider = Slider(lambda: 0, lambda: 100, lambda: 50, told.append)
    setup = Setup(slider)
    before = slider.look()
    setup.drawer.take(PointerDown(0, *setup.place(slider, 0.0)))
    assert slider.look() != before
    if how == "focus":
        setup.drawer.take(FocusLost())
    else:
        setup.drawer.toggle()
        setup.drawer.toggle()
    assert slider.look() == before and not told


def test_field_takes_every_key_until_enter() -> None:
    told: list[str] = []
    field = Field("a path", told.append)
    setup = Setup(Button("above", lambda: None), field)
    assert setup.canvas.where("a path")
    setup.click(field)
    assert setup.drawer.typing
    assert all(setup.type(" ab", "a", " cd", "left", "left", "backspace", "delete", " X", "home", " >", "end", " <"))
    assert field.value == ">aXd<"
    setup.paint()
    assert setup.canvas.where(">aXd<")
    setup.type("enter")
    assert told == [">aXd<"] and field.value == ""
    setup.type(" zz", "escape")
    assert field.value == "" and told == [">aXd<"] and not setup.drawer.focused


def test_field_shows_a_value_and_goes_back_to_it() -> None:
    told: list[str] = []
    field = Field("", told.append, lambda: "12")
    setup = Setup(field)
    setup.click(field, 0.99)
    setup.type("backspace", " 9")
    assert field.value == "19"
    setup.drawer.take(PointerDown(0, 900, 900))
    assert field.value == "12" and told == []


def test_field_of_a_long_text_shows_the_cursor_and_takes_no_control_characters() -> None:
    field = Field("", lambda text: None)
    setup = Setup(field)
    setup.click(field)
    setup.type(" " + "x" * 300 + "\n\tend")
    setup.canvas.forget()
    setup.paint()
    shown = next(text for text, _, _ in setup.canvas.texts if text.endswith("end"))
    assert setup.canvas.text_width(shown, 13) <= field.box[2] and "\n" not in field.value


def test_list_chooses_by_pointer_and_arrows_and_opens_with_enter() -> None:
    chosen, opened = ["b"], list[str]()
    items = Items(
        lambda: [(key, f"item {key}") for key in "abc"], lambda: chosen[0], lambda key: chosen.__setitem__(0, key),
        lambda: opened.append(chosen[0]),
    )  # fmt: skip
    button = Button("after", lambda: opened.append("after"))
    setup = Setup(items, button)
    setup.click(items, 0.5, 0.1)
    assert chosen == ["a"]
    setup.type("down", "down", "enter", "down", "enter")
    assert chosen == ["c"] and opened == ["c", "after"]


def test_section_folds_and_costs_nothing_folded() -> None:
    asked: list[int] = []

    def shown() -> str:
        asked.append(1)
        return "v"

    value = Value("name", shown)
    setup = Setup(value)
    assert asked
    head = setup.drawer._widgets[0]
    setup.click(head)
    setup.paint()
    asked.clear()
    assert setup.section.folded
    assert not setup.paint() and not asked
    setup.type("right")
    setup.paint()
    assert asked and not setup.section.folded


def test_only_what_is_another_is_painted() -> None:
    text = ["1"]
    setup = Setup(Label("stays the same"), Value("count", lambda: text[0]))
    assert not setup.paint()
    text[0] = "2"
    setup.canvas.forget()
    assert setup.paint()
    assert [words for words, _, _ in setup.canvas.texts] == ["count", "2"]
    setup.drawer.invalidate()
    setup.canvas.forget()
    assert setup.paint()
    assert setup.canvas.where("stays the same")


def test_between_looks_and_closed_nothing_is_asked() -> None:
    asked: list[int] = []

    def shown() -> str:
        asked.append(1)
        return str(len(asked))

    setup = Setup(Value("name", shown))
    asked.clear()
    setup.now += 0.01
    assert not setup.drawer.paint(setup.canvas, BOX, 1.0) and not asked
    setup.drawer.toggle()
    assert not setup.paint() and not asked
    assert not setup.drawer.take(KeyDown("down")) and not setup.drawer.take(PointerDown(0, 50, 50))


def test_it_scrolls_by_wheel_drag_bar_and_keys() -> None:
    buttons = [Button(str(number), lambda: None) for number in range(60)]
    setup = Setup(*buttons)
    assert setup.drawer.take(Wheel(50, 300, -3)) and setup.drawer._scroll == 144
    setup.drawer.take(Wheel(50, 300, 30))
    assert setup.drawer._scroll == 0
    gap = (5.0, 300.0)
    setup.drawer.take(PointerDown(3, *gap))
    setup.drawer.take(PointerMove(3, gap[0], gap[1] - 80))
    assert setup.drawer._scroll == 80
    setup.drawer.take(PointerUp(3, *gap))
    setup.drawer.take(PointerDown(0, 396, 100))
    setup.drawer.take(PointerMove(0, 396, 9999))
    setup.drawer.take(PointerUp(0, 396, 9999))
    setup.paint()
    most = setup.drawer._length - (600 - TOP - FOOT)
    assert setup.drawer._scroll == most
    assert overlap(buttons[-1].box, (0, most, 400, 600))
    setup.click(buttons[-1])
    setup.type(*["up"] * 80)
    assert setup.drawer._scroll == 0
    setup.type("page down")
    assert setup.drawer._scroll > 300


def test_escape_gives_the_keyboard_back_and_other_keys_are_the_panels() -> None:
    setup = Setup(Button("a", lambda: None))
    assert setup.drawer.focused
    assert setup.type("z", "f2", " x") == [False, False, False]
    assert setup.type("down") == [True]
    assert setup.drawer.take(KeyDown("left", alt=True)) is False
    assert setup.type("escape") == [True] and not setup.drawer.focused
    assert setup.type("down", "enter", "escape") == [False, False, False]


def test_a_click_beside_it_is_not_its_own() -> None:
    setup = Setup(Button("a", lambda: None), box=(100, 50, 300, 500))
    assert not setup.drawer.take(PointerDown(0, 50, 100))
    assert not setup.drawer.take(PointerUp(0, 50, 100))
    assert not setup.drawer.take(Wheel(50, 100, 1))
    assert not setup.drawer.take(Hover(50, 100)) and setup.drawer.take(Hover(150, 100))


def test_losing_the_window_lets_everything_go() -> None:
    done: list[int] = []
    button = Button("a", lambda: done.append(1))
    setup = Setup(button)
    at = setup.place(button)
    setup.drawer.take(PointerDown(0, *at))
    assert not setup.drawer.take(FocusLost())
    setup.drawer.take(PointerUp(0, *at))
    assert not done


def test_a_drawer_that_goes_in_lets_everything_go() -> None:
    done: list[int] = []
    button = Button("a", lambda: done.append(1))
    setup = Setup(button)
    at = setup.place(button)
    setup.drawer.take(PointerDown(0, *at))
    setup.drawer.toggle()
    assert not setup.drawer.take(PointerUp(0, *at)), "it is for the panel"
    setup.drawer.toggle()
    assert not setup.drawer.take(PointerMove(0, *at)) and not setup.drawer.take(PointerUp(0, *at)) and not done


def test_hint_and_error_stand_at_the_bottom() -> None:
    setup = Setup(Button("a", lambda: None, "what it is for"))
    setup.drawer.take(Hover(*setup.place(setup.drawer._widgets[1])))
    setup.paint()
    assert setup.canvas.where("what it is for")[1] > 600 - FOOT
    assert setup.bench is not None
    setup.bench.say(str(UsageError("no such cell", "volts")), wrong=True)
    setup.canvas.forget()
    setup.paint()
    words, box, colour = next(row for row in setup.canvas.texts if "no such cell" in row[0])
    assert words == "no such cell; expected volts" and box[1] > 600 - FOOT and colour[0] > 200 > colour[1]
    setup.now += 60
    setup.paint()
    assert setup.canvas.where("what it is for")


@pytest.mark.parametrize("scale", [0.8, 1.0, 1.5, 2.0])
def test_pixels_follow_the_scale(scale: float) -> None:
    done: list[int] = []
    button = Button("a", lambda: done.append(1))
    setup = Setup(button, box=(37, 11, round(380 * scale), round(500 * scale)), scale=scale)
    setup.click(button, 0.98, 0.9)
    assert done == [1]
    assert not setup.drawer.take(PointerDown(0, 36, 100))


@pytest.mark.parametrize("make", [Row, Flow])
@pytest.mark.parametrize("width", [60, 150, 300, 500])
def test_rows_and_flows_stay_in_their_box_and_do_not_overlap(make: Callable[..., Widget], width: int) -> None:
    parts = [Button("x" * size, lambda: None) for size in (1, 9, 4, 14, 2)]
    outer, ruler = make(*parts), Ruler(RecordingCanvas(), 1.0)
    tall = outer.height(width, ruler)
    found = outer.place((7, 3, width, tall), ruler)
    assert found == parts
    for part in parts:
        x, y, wide, high = part.box
        assert x >= 7 and x + wide <= 7 + width and y >= 3 and y + high <= 3 + tall
    assert not any(overlap(a.box, b.box) for a in parts for b in parts if a is not b)


def test_text_is_wrapped_and_cut_to_its_room() -> None:
    ruler = Ruler(RecordingCanvas(), 1.0)
    rows = ruler.wrap("one two three " + "x" * 100, 60)
    assert all(ruler.width(row, 11.5) <= 60 for row in rows)
    assert "".join(rows).replace(" ", "") == "onetwothree" + "x" * 100
    assert ruler.fit("short", 100) == "short" and ruler.fit("x" * 50, 60).endswith("...")
    assert ruler.fit("anything", 3) == "" and ruler.wrap("", 50) == [""]

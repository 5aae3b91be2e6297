"""The painters on a canvas that writes down: what each part shows, and that a part paints inside its own place."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from recording_canvas import RecordingCanvas

from korgm1.frontends.canvas import Box, Colour
from korgm1.frontends.panel_backdrop import paint_backdrop
from korgm1.frontends.panel_layout import MARGIN, Layout, Part, keyboard, rack
from korgm1.frontends.panel_lcd import EMPTY, Glass
from korgm1.frontends.panel_notes import ERROR, WARN, note_beside, note_in, said
from korgm1.frontends.panel_paint import HALO, LIT, OUT, Place, Seen, look, paint_part
from korgm1.frontends.panel_view import PanelView

BOTH = pytest.mark.parametrize("layout", [keyboard(), rack()], ids=["m1", "m1r"])
SCALE = pytest.mark.parametrize("scale", [0.4, 1.0, 2.37])
BUSY = Seen(
    held=frozenset({"INT", "A", "5"}), leds={"INT": True, "SEQ": True}, notes=frozenset({0, 13, 60}), damper=True,
    controls={"value": 200, "joystick_x": 255, "joystick_y": 0, "pedal1": 128, "pedal2": 255},
    knobs={"volume": 30, "contrast": 70}, cards={"card": "a card with a long name", "pcm-card": "PCM"},
    traffic=frozenset({"MIDI IN", "MIDI OUT", "MIDI THRU"}),
)  # fmt: skip


class Coloured(RecordingCanvas):
    """One that notes the colours of discs, too."""

    def circle(self, x: float, y: float, r: float, colour: Colour, line: float = 0) -> None:
        super().circle(x, y, r, colour, line)
        self.calls.append(("disc", colour))


def reached(canvas: RecordingCanvas) -> tuple[float, float, float, float]:
    """The smallest box around all that was painted."""
    boxes: list[tuple[float, float, float, float]] = [(x, y, x + w, y + h) for _, (x, y, w, h), _ in canvas.texts]
    for kind, what in canvas.calls:
        if kind == "rect":
            (x, y, w, h), _ = what  # type: ignore[misc]
            boxes.append((x, y, x + w, y + h))
        elif kind == "circle":
            x, y, r = what  # type: ignore[misc]
            boxes.append((x - r, y - r, x + r, y + r))
        elif kind == "line":
            xs, ys = zip(*what, strict=True)  # type: ignore[call-overload]
            boxes.append((min(xs), min(ys), max(xs), max(ys)))
    left, top, right, bottom = zip(*boxes, strict=True)
    return min(left), min(top), max(right), max(bottom)


@SCALE
@BOTH
def test_a_part_stays_in_its_place(layout: Layout, scale: float) -> None:
    """Its place is what is painted anew when it changes; text may be cut by it, as the font is the canvas's."""
    place = Place(scale, 11, 7)
    for part in layout.parts:
        for seen in (Seen(), BUSY, dataclasses.replace(BUSY, over=part, powered=False)):
            canvas = RecordingCanvas()
            paint_part(canvas, place, part, look(part, seen))
            canvas.texts.clear()
            left, top, right, bottom = reached(canvas)
            x, y, w, h = place.box(part.area, MARGIN + 2)
            slack = 2 + 2 * scale if part.kind == "dial" else 1.5
            assert left >= x - slack and top >= y - slack, (part, left - x, top - y)
            assert right <= x + w + slack and bottom <= y + h + slack, (part, right - x - w, bottom - y - h)


@BOTH
def test_each_part_shows_what_is_done_to_it(layout: Layout) -> None:
    for part in layout.parts:
        if part.kind == "jack":
            continue
        seen = {
            "key": Seen(held=frozenset({part.name})), "piano": Seen(notes=frozenset({30})),
            "power": Seen(powered=False), "slot": Seen(cards={part.name: "x"}),
            "midi": Seen(traffic=frozenset({part.name})),
            "pedal": Seen(controls={part.name: 99}, damper=True), "knob": Seen(knobs={part.name: 50}),
            "volume": Seen(knobs={part.name: 50}), "value": Seen(controls={"value": 99}),
            "dial": Seen(controls={"value": 99}), "stick": Seen(controls={"joystick_x": 0}),
        }[part.kind]  # fmt: skip
        before, after = Coloured(), Coloured()
        paint_part(before, Place(1.0), part, look(part, Seen()))
        paint_part(after, Place(1.0), part, look(part, seen))
        assert look(part, seen) != look(part, Seen()) and before.calls != after.calls, part


def colours(canvas: RecordingCanvas) -> set[Colour]:
    return {what[1] for kind, what in canvas.calls if kind == "rect"}  # type: ignore[index]


def test_a_light_glows_in_its_own_key_only() -> None:
    for part in keyboard().parts:
        if part.kind != "key":
            continue
        dark, lit = RecordingCanvas(), RecordingCanvas()
        paint_part(dark, Place(1.0), part, look(part, Seen()))
        paint_part(lit, Place(1.0), part, look(part, Seen(leds={part.name: True})))
        assert (LIT in colours(lit) and HALO in colours(lit)) == part.led
        assert (OUT in colours(dark)) == part.led and LIT not in colours(dark)


@BOTH
def test_every_label_is_printed(layout: Layout) -> None:
    canvas = RecordingCanvas(size=(1280, 720))
    paint_backdrop(canvas, layout, Place(1.0), "M1 EX Music Workstation", "OpenM1 1.0")
    for part in layout.parts:
        paint_part(canvas, Place(1.0), part, look(part, Seen()))
    words = [text for text, _, _ in canvas.texts]
    for part in layout.parts:
        assert part.kind in ("piano", "stick", "value", "volume", "dial") or part.label in words, part
    for word in ("MODE", "SEQUENCER", "PAGE", "VALUE", "VOLUME", "M1 EX", "MUSIC WORKSTATION", "korgm1   OpenM1 1.0"):
        assert word in words
    assert not any("korg" in word.lower().replace("korgm1", "") for word in words), "no maker's mark"


@BOTH
def test_letters_can_be_read_on_a_small_panel_and_stay_on_their_key(layout: Layout) -> None:
    for scale in (0.47, 0.77):
        for part in layout.parts:
            if part.kind != "key":
                continue
            canvas, place = RecordingCanvas(), Place(scale)
            paint_part(canvas, place, part, look(part, Seen()))
            (_, (left, _, wide, high), _), box = canvas.texts[0], place.box(part.area)
            assert box[0] <= left and left + wide <= box[0] + box[2], part
            assert high >= 9 or wide > 0.8 * box[2] or high == 5, part


class Layers(RecordingCanvas):
    """A recording canvas with layers."""

    def layer(self, w: int, h: int) -> Layers:
        return Layers(size=(w, h))

    def blit(self, layer: Layers, x: int, y: int, part: Box | None = None) -> None:
        self.calls.append(("blit", (x, y, part)))


@pytest.fixture
def view() -> PanelView:
    return PanelView(keyboard(), Glass({"H-LCD-GHOST": "150,200", "H-EL-HALF": 4000.0}), "M1", "OpenM1")


def test_only_what_has_changed_is_painted(view: PanelView) -> None:
    screen = Layers(size=(1280, 690))
    view.fit(screen, (0, 0, 1280, 690))
    assert view.paint(screen, Seen()) == [(0, 0, 1280, 690)]
    screen.forget()
    assert view.paint(screen, Seen()) == [] and not screen.calls
    boxes = view.paint(screen, Seen(held=frozenset({"INT"})))
    assert len(boxes) == 1
    x, y, w, h = boxes[0]
    left, top, wide, high = next(part.area for part in keyboard().parts if part.name == "INT")
    assert x <= left and y <= top and x + w >= left + wide and y + h >= top + high and w < wide + 12
    boxes = view.paint(screen, Seen(held=frozenset({"INT"}), notes=frozenset({4, 6})))
    assert len(boxes) == 2 and all(box[2] < 40 for box in boxes), "of the keyboard only the keys that moved"


def test_the_display_paints_only_the_characters_that_change(view: PanelView) -> None:
    screen = Layers(size=(1280, 690))
    glass = view.glass
    view.fit(screen, (0, 0, 1280, 690))
    glass.look(EMPTY, 50, True, 0.0, 0)
    view.paint(screen, Seen())
    for step in range(1, 200):
        glass.look(EMPTY, 50, True, 0.0, step * 133_333)
        view.paint(screen, Seen())
    assert not glass.moving
    dots = np.array(EMPTY)
    dots[1, 7:9] = True
    glass.look(dots, 50, True, 0.0, 201 * 133_333)
    assert glass.moving
    (box,) = view.paint(screen, Seen())
    assert 30 < box[2] < 2 * glass.shape.column and box[3] < glass.shape.line
    for step in range(202, 400):
        glass.look(dots, 50, True, 0.0, step * 133_333)
        view.paint(screen, Seen())
    assert not glass.moving and view.paint(screen, Seen()) == []
    glass.look(EMPTY, 50, False, 0.0, 401 * 133_333)
    assert glass.moving and view.paint(screen, Seen()), "power off: dots and light fade"
    light = glass._light[0]
    glass.look(EMPTY, 50, False, 0.0, 420 * 133_333)
    assert 0 < glass._light[0] < light


def test_an_older_foil_is_darker() -> None:
    light = []
    for hours in (0.0, 4000.0, 40_000.0):
        glass = Glass({"H-LCD-GHOST": "0,0", "H-EL-HALF": 4000.0})
        glass.look(EMPTY, 50, True, hours, 0)
        glass.look(EMPTY, 50, True, hours, 80_000_000)
        light.append(float(glass._light[0]))
    assert light[0] == pytest.approx(1.0, abs=0.01) and light[1] == pytest.approx(0.5, abs=0.01) and light[2] < 0.1


@dataclasses.dataclass
class Said:
    at: int
    kind: str
    text: str


def test_messages_are_shown_for_a_while_and_errors_longer() -> None:
    second = 8_000_000
    spoken = [Said(0, "info", "hello"), Said(second, "error", "no card\n  try: another")]
    assert [text for text, _ in said(spoken, 2 * second, "slow")] == ["hello", "no card", "  try: another", "slow"]  # type: ignore[arg-type]
    lines = said(spoken, 7 * second, "")  # type: ignore[arg-type]
    assert [colour for _, colour in lines] == [ERROR, ERROR]
    assert said(spoken, 20 * second, "slow") == (("slow", WARN),)  # type: ignore[arg-type]


def test_notes_stay_inside_their_box() -> None:
    canvas = RecordingCanvas()
    box = (20, 10, 300, 200)
    long = note_in(canvas, box, (("word " * 40, WARN), ("short", WARN)), 13)
    assert long is not None and long.lines[0][0].endswith("...") and long.lines[1][0] == "short"
    about: Part
    for about in keyboard().parts:
        beside = note_beside(canvas, box, Place(0.2).box(about.area), "INT: computer key F2", 12)
        assert beside is not None
        for note in (long, beside):
            x, y, w, h = note.box
            assert x >= 20 and x + w <= 320 and y + h <= 210
    assert note_in(canvas, box, (), 13) is None and note_beside(canvas, box, box, "", 13) is None

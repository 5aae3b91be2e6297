"""The F1 page: the whole map is on it, in any window."""

from __future__ import annotations

import pytest
from recording_canvas import RecordingCanvas, overlap

from korgm1.frontends.canvas import Box, KeyDown, PointerDown, PointerMove, PointerUp, Wheel
from korgm1.frontends.help_page import HelpPage, table
from korgm1.keymap import PANEL_KEYS, default, loads, readable


def painted(box: Box, scale: float = 1.0, map_text: str = "") -> tuple[HelpPage, RecordingCanvas]:
    page, canvas = HelpPage(loads(map_text.encode(), "keys.toml") if map_text else default()), RecordingCanvas()
    page.toggle()
    assert page.paint(canvas, box, scale)
    return page, canvas


def test_every_button_and_every_chord_is_in_the_table() -> None:
    rows = [row for _, rows in table(default()) for row in rows]
    assert {name for name, _ in rows} >= set(PANEL_KEYS)
    words = " ".join(chords for _, chords in rows)
    assert all(readable(chord) in words for chord, action in default().window.items() if action != "none")


def test_it_is_made_from_the_map_in_force() -> None:
    changed = loads(b'[window]\n"f12" = "key INT"\nf2 = "none"\n', "keys.toml")
    rows = dict(row for _, rows in table(changed) for row in rows)
    assert rows["INT"] == "F12"
    gone = dict(table(loads(b'piano = "off"\n', "keys.toml")))
    assert not any(name.startswith("from C") for name, _ in gone["Piano"])


@pytest.mark.parametrize(
    ("box", "scale"), [((0, 0, 1280, 640), 1.0), ((40, 20, 2560, 1280), 2.0), ((0, 0, 1920, 640), 1.0)]
)
def test_all_of_it_fits_and_nothing_overlaps(box: Box, scale: float) -> None:
    _, canvas = painted(box, scale)
    there = {text for text, _, _ in canvas.texts}
    for _, rows in table(default()):
        for name, chords in rows:
            assert name in there and chords in there
    boxes = [where for _, where, _ in canvas.texts]
    assert not any(overlap(one, other) for n, one in enumerate(boxes) for other in boxes[n + 1 :])
    right, bottom = box[0] + box[2], box[1] + box[3]
    assert all(box[0] <= x and x + w <= right and box[1] <= y and y + h <= bottom for x, y, w, h in boxes)


@pytest.mark.parametrize("scroll", ["wheel", "keys", "drag"])
def test_a_small_one_scrolls_to_its_end(scroll: str) -> None:
    page, canvas = painted((0, 0, 500, 300))
    last = table(default())[-1][1][-1][0]
    assert last not in {text for text, _, _ in canvas.texts}
    assert not page.paint(canvas, (0, 0, 500, 300), 1.0)
    for _ in range(80):
        if scroll == "wheel":
            assert page.take(Wheel(10, 10, -1))
        elif scroll == "keys":
            assert page.take(KeyDown("page down"))
        else:
            assert page.take(PointerDown(1, 100, 250)) and page.take(PointerMove(1, 100, 50))
            assert page.take(PointerUp(1, 100, 50))
    canvas.forget()
    assert page.open and page.paint(canvas, (0, 0, 500, 300), 1.0)
    assert last in {text for text, _, _ in canvas.texts}


def test_escape_f1_and_a_click_put_it_away() -> None:
    for away in ((KeyDown("escape"),), (KeyDown("f1"),), (PointerDown(0, 9, 9), PointerUp(0, 10, 9))):
        page, canvas = painted((0, 0, 1280, 640))
        assert all(page.take(event) for event in away)
        assert not page.open and not page.take(KeyDown("escape"))
        assert not page.paint(canvas, (0, 0, 1280, 640), 1.0)
        page.toggle()
        assert page.paint(canvas, (0, 0, 1280, 640), 1.0)


def test_it_says_where_the_map_is_changed() -> None:
    page, canvas = HelpPage(default(), "/somewhere/keys.toml"), RecordingCanvas()
    page.toggle()
    page.paint(canvas, (0, 0, 1280, 640), 1.0)
    assert canvas.where("Names of keys are by place")[1] > 600
    assert any("/somewhere/keys.toml" in text for text, _, _ in canvas.texts)

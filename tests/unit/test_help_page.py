"""The F1 page: the whole map is on it, in any window."""

from __future__ import annotations

import pytest
from recording_canvas import RecordingCanvas, overlap

from korgm1.frontends.canvas import Box, KeyDown, PointerDown, PointerMove, PointerUp, Wheel
from korgm1.frontends.help_page import HelpPage
from korgm1.keymap import default, loads, table


def painted(box: Box, scale: float = 1.0, map_text: str = "") -> tuple[HelpPage, RecordingCanvas]:
    page, canvas = HelpPage(loads(map_text.encode(), "keys.toml") if map_text else default()), RecordingCanvas()
    page.toggle()
    assert page.paint(canvas, box, scale)
    return page, canvas


def rows(map_text: str = "", rack: bool = False) -> list[tuple[str, str]]:
    """What must stand there, of all groups."""
    keys = loads(map_text.encode(), "keys.toml") if map_text else default()
    return [(row.what, row.window) for group in table(keys, rack) for row in group.rows if row.window]


def words(canvas: RecordingCanvas) -> list[str]:
    return [text for text, _, _ in canvas.texts]


def test_it_is_made_from_the_map_in_force() -> None:
    changed = 'piano = "off"\n[window]\n"f12" = "key INT"\nf2 = "none"\nf3 = "none"\n'
    _, canvas = painted((0, 0, 1280, 640), map_text=changed)
    there = words(canvas)
    assert there[there.index("INT") + 1] == "F12"
    assert there[there.index("COMBI") + 1] == "-", "a button without a key says so"
    assert "type a command" not in there, "the terminal's own are not the window's"
    assert not any(text.startswith("octave") for text in there)


def test_a_rack_has_no_joystick() -> None:
    for rack in (False, True):
        page, canvas = HelpPage(default(), "", rack), RecordingCanvas()
        page.toggle()
        page.paint(canvas, (0, 0, 1280, 640), 1.0)
        assert ("joystick left" in words(canvas)) is not rack


def test_what_is_too_long_for_its_row_goes_on_in_the_next() -> None:
    long = "[window]\n" + "".join(f'"ctrl+alt+{key}" = "key INT"\n' for key in "abcdefghij")
    _, canvas = painted((0, 0, 640, 640), map_text=long)
    there = " ".join(words(canvas))
    assert all(f"Ctrl+Alt+{key}" in there for key in "ABCDEFGHIJ") and "..." not in there


@pytest.mark.parametrize(
    ("box", "scale"), [((0, 0, 1280, 640), 1.0), ((40, 20, 2560, 1280), 2.0), ((0, 0, 1920, 640), 1.0)]
)
def test_all_of_it_fits_and_nothing_overlaps(box: Box, scale: float) -> None:
    _, canvas = painted(box, scale)
    there = " ".join(words(canvas))
    for what, keys in rows():
        assert what in there and keys in there
    boxes = [where for _, where, _ in canvas.texts]
    assert not any(overlap(one, other) for n, one in enumerate(boxes) for other in boxes[n + 1 :])
    right, bottom = box[0] + box[2], box[1] + box[3]
    assert all(box[0] <= x and x + w <= right and box[1] <= y and y + h <= bottom for x, y, w, h in boxes)


@pytest.mark.parametrize("scroll", ["wheel", "keys", "drag"])
def test_a_small_one_scrolls_to_its_end(scroll: str) -> None:
    page, canvas = painted((0, 0, 500, 300))
    last = rows()[-1][0]
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

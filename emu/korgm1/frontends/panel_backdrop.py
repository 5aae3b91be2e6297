"""What never moves: housing, rear strip, frame of the display, printed headings, name plate."""

from __future__ import annotations

from korgm1.board.lcd_picture import LIT
from korgm1.frontends.canvas import Canvas
from korgm1.frontends.panel_layout import Layout
from korgm1.frontends.panel_paint import BODY, CAP_TOP, DIM, EDGE, FAINT, HOLE, PRINT, SHADOW, Place, letters
from korgm1.frontends.panel_paint import LIT as LAMP

ROOM = (14, 14, 15)
"""Around the instrument."""


def paint_backdrop(canvas: Canvas, layout: Layout, place: Place, title: str, firmware: str) -> None:
    """Paint the empty instrument over all of the canvas.

    Args:
        canvas: on what.
        layout: which instrument.
        place: where.
        title: the model's, for the name plate.
        firmware: what runs in it, below the title.
    """
    width, height = canvas.size
    canvas.rect((0, 0, width, height), ROOM)
    _rear(canvas, layout, place)
    _housing(canvas, layout, place)
    _display(canvas, layout, place)
    for text, x, y in layout.captions:
        canvas.text(text, place.x(x), place.y(y), letters(canvas, place, text, 9.5, 8 * len(text)), DIM, 0.5)
    for left, y, right in layout.rules:
        for start, end in _beside_captions(layout, left, y, right):
            canvas.rect((place.x(start), place.y(y), place.x(end) - place.x(start), 1), FAINT)
    _plate(canvas, layout, place, title, firmware)


def paint_icon(canvas: Canvas) -> None:
    """A small panel on 32 x 32 pixels: display, three keys, one light."""
    canvas.rect((0, 0, 32, 32), BODY)
    canvas.rect((3, 6, 26, 9), LIT.ground)
    for x in (3, 12, 21):
        canvas.rect((x, 20, 8, 7), CAP_TOP)
    canvas.rect((5, 17, 4, 2), LAMP)


def _rear(canvas: Canvas, layout: Layout, place: Place) -> None:
    box = place.box(layout.rear)
    canvas.rect(box, (21, 21, 23), place.px(6))
    canvas.rect((box[0] + place.px(6), box[1], box[2] - 2 * place.px(6), place.px(1)), (44, 44, 47))


def _housing(canvas: Canvas, layout: Layout, place: Place) -> None:
    box = place.box(layout.body)
    radius = place.px(6 if layout.ears else 16)
    canvas.rect(box, EDGE, radius)
    inner = (box[0] + 1, box[1] + place.px(1.2), box[2] - 2, box[3] - place.px(1.2) - 1)
    canvas.rect(inner, BODY, radius)
    for row in range(place.px(90)):
        shade = round(7 * (1 - row / place.px(90)) ** 2)
        if shade and row >= radius:
            canvas.rect((inner[0], inner[1] + row, inner[2], 1), (BODY[0] + shade, BODY[1] + shade, BODY[2] + shade))
    for ear in layout.ears:
        x, y, w, h = ear
        canvas.rect(place.box((x if x else w, y, 1, h)), SHADOW)
        for hole in (y + 34, y + h - 56):
            canvas.rect(place.box((x + 11, hole, w - 22, 20)), HOLE, place.px(10))
            canvas.rect(place.box((x + 11, hole, w - 22, 20)), FAINT, place.px(10), place.px(1))


def _display(canvas: Canvas, layout: Layout, place: Place) -> None:
    frame = place.box(layout.lcd, 7)
    canvas.rect((frame[0], frame[1] + place.px(1), frame[2], frame[3]), (52, 52, 55), place.px(7))
    canvas.rect(frame, (10, 10, 11), place.px(7))


def _beside_captions(layout: Layout, left: float, y: float, right: float) -> list[tuple[float, float]]:
    """A rule leaves its heading free."""
    for text, x, at in layout.captions:
        if abs(at - y) < 12 and left < x < right:
            half = len(text) * 4.2 + 6
            return [(left, x - half), (x + half, right)]
    return [(left, right)]


def _plate(canvas: Canvas, layout: Layout, place: Place, title: str, firmware: str) -> None:
    x, y, w, _ = layout.plate
    model, _, kind = title.partition(" ")
    if kind.startswith("EX "):
        model, kind = f"{model} EX", kind[3:]
    canvas.text(model, place.x(x + w), place.y(y + 20), 34 * place.scale, PRINT, 1.0)
    size = letters(canvas, place, kind.upper(), 10.5, w)
    canvas.text(kind.upper(), place.x(x + w), place.y(y + 48), size, DIM, 1.0)
    canvas.rect(place.box((x + w - 120, y + 59, 120, 1)), FAINT)
    text = f"korgm1   {firmware}"
    canvas.text(text, place.x(x + w), place.y(y + 71), letters(canvas, place, text, 9.5, w), FAINT, 1.0)

"""How the instruments' parts look: each painted at the window's own pixels, on any `Canvas`.

Matt black housing, grey caps, red lights. `Seen` is what can be seen of an instrument; `look` is as much of it as one
part shows, so that a part is painted anew only when its look has changed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import cos, pi, sin

from korgm1.frontends.canvas import Box, Canvas, Colour
from korgm1.frontends.panel_layout import MARGIN, VALUE_TOP, Area, Part, piano_keys

BODY, EDGE, PRINT, DIM, FAINT = (29, 29, 31), (58, 58, 62), (206, 206, 200), (150, 150, 148), (92, 92, 94)
CAP, CAP_TOP, CAP_OVER, CAP_DOWN, SHADOW = (56, 57, 62), (78, 79, 85), (66, 67, 73), (44, 45, 49), (12, 12, 13)
LIT, HALO, OUT = (255, 66, 44), (112, 26, 20), (72, 22, 20)
METAL, METAL_DARK, HOLE = (124, 126, 132), (70, 71, 76), (8, 8, 9)
IVORY, IVORY_DOWN, IVORY_EDGE = (232, 230, 222), (200, 196, 184), (150, 148, 140)
EBONY, EBONY_TOP = (18, 18, 20), (46, 46, 50)
CARD, CARD_TEXT = (38, 66, 104), (226, 230, 236)
GREEN, GREEN_OUT = (96, 226, 96), (22, 52, 24)
LEAST = 9.0
"""Pixels of the smallest letters, where they have room; smaller ones cannot be read."""
ASIDE = 6
"""Points a text may be wider than the part it is under."""
TURN = 0.75 * pi
"""How far a knob turns from its middle to each end, radians."""


@dataclass(frozen=True)
class Seen:
    """What can be seen of an instrument, besides the LCD.

    Attributes:
        powered: the switch.
        held: the panel keys that are down.
        leds: the lights by key.
        controls: the analogue controls, 0-255.
        knobs: "volume" and "contrast", 0-100.
        notes: the keys of the keyboard that are down.
        cards: what is in the slots: "card", "pcm-card" -> a name, "" for an empty slot.
        traffic: the MIDI sockets with bytes on the wire.
        damper: the pedal is down.
        over: the part under the mouse.
    """

    powered: bool = True
    held: frozenset[str] = frozenset()
    leds: Mapping[str, bool] = field(default_factory=dict)
    controls: Mapping[str, int] = field(default_factory=dict)
    knobs: Mapping[str, int] = field(default_factory=dict)
    notes: frozenset[int] = frozenset()
    cards: Mapping[str, str] = field(default_factory=dict)
    traffic: frozenset[str] = frozenset()
    damper: bool = False
    over: Part | None = None


@dataclass(frozen=True)
class Place:
    """Points to pixels: `scale` pixels a point, and where the corner of the layout is."""

    scale: float
    left: int = 0
    top: int = 0

    def box(self, area: Area, margin: float = 0) -> Box:
        """An area in whole pixels."""
        x0, y0 = self.x(area[0] - margin), self.y(area[1] - margin)
        return x0, y0, self.x(area[0] + area[2] + margin) - x0, self.y(area[1] + area[3] + margin) - y0

    def x(self, x: float) -> int:
        """A column."""
        return self.left + round(x * self.scale)

    def y(self, y: float) -> int:
        """A row."""
        return self.top + round(y * self.scale)

    def points(self, x: float, y: float) -> tuple[float, float]:
        """Pixels to points."""
        return (x - self.left) / self.scale, (y - self.top) / self.scale

    def px(self, points: float) -> int:
        """A length, one pixel at least."""
        return max(1, round(points * self.scale))


Look = tuple[object, ...]
Paint = Callable[[Canvas, Place, Part, Look], None]


def look(part: Part, seen: Seen) -> Look:
    """What of `seen` this part shows.

    >>> look(Part("key", "INT", (0, 0, 9, 9), led=True), Seen(leds={"INT": True}))
    (False, False, True)
    """
    over = part == seen.over
    if part.kind == "key":
        return over, part.name in seen.held, bool(part.led and seen.leds.get(part.name, False))
    if part.kind in ("value", "dial"):
        return over, seen.controls.get("value", 0) * VALUE_TOP // 255
    if part.kind in ("volume", "knob"):
        return over, seen.knobs.get(part.name, 0)
    if part.kind == "stick":
        return over, seen.controls.get("joystick_x", 128), seen.controls.get("joystick_y", 128)
    if part.kind == "piano":
        return (seen.notes,)
    if part.kind == "slot":
        return over, seen.cards.get(part.name, "")
    if part.kind == "power":
        return over, seen.powered
    if part.kind == "pedal":
        return over, 255 * seen.damper if part.name == "damper" else seen.controls.get(part.name, 0)
    if part.kind == "midi":
        return (part.name in seen.traffic,)
    return ()


def paint_part(canvas: Canvas, place: Place, part: Part, state: Look) -> None:
    """Paint one part on its ground."""
    _PAINTERS[part.kind](canvas, place, part, state)


def letters(canvas: Canvas, place: Place, text: str, size: float, room: float) -> float:
    """The size in pixels for a text of so many points: legible on a small panel too, if `room` points hold it then."""
    pixels = max(size * place.scale, LEAST)
    while pixels > 5 and canvas.text_width(text, pixels) > room * place.scale:
        pixels -= 0.5
    return pixels


def _label(
    canvas: Canvas, place: Place, text: str, x: float, y: float, size: float, room: float, colour: Colour = DIM,
) -> None:  # fmt: skip
    """A text with its middle at a point, `room` points wide at most."""
    canvas.text(text, place.x(x), place.y(y), letters(canvas, place, text, size, room), colour, 0.5)


def _key(canvas: Canvas, place: Place, part: Part, state: Look) -> None:
    over, down, lit = state
    x, y, w, h = part.area
    radius = min(place.px(7), place.px(h / 2))
    if lit:
        canvas.rect(place.box(part.area, MARGIN), HALO, radius + place.px(MARGIN))
    else:
        canvas.rect(place.box((x - 1, y + 1, w + 2, h + 1.5)), SHADOW, radius + 1)
    drop = 1.0 if down else 0.0
    face = place.box((x, y + drop, w, h - 1))
    canvas.rect(face, CAP_DOWN if down else CAP_TOP, radius)
    canvas.rect((face[0], face[1] + place.px(1.4), face[2], face[3] - place.px(1.4)),
                CAP_DOWN if down else CAP_OVER if over else CAP, radius)
    middle = y + drop + h / 2
    if part.led:
        lamp = place.box((x + w / 2 - 15, y + drop + 7, 30, 6))
        canvas.rect(lamp, LIT if lit else OUT, lamp[3] / 2)
        middle += 6
    size = 15.0 if h > 30 and len(part.label) < 2 else 12.0 if w > 80 else 10.5
    _label(canvas, place, part.label, x + w / 2, middle, size, w - 4, PRINT if not lit else (255, 236, 230))


def _rail(canvas: Canvas, place: Place, part: Part, share: float, over: object, ticks: int) -> None:
    x, y, w, h = part.area
    top, travel = y + 12, h - 24
    for tick in range(ticks + 1):
        at = place.y(top + travel * tick / ticks)
        inset = 3 if tick % (ticks // 2) == 0 else 7
        canvas.rect((place.x(x + inset), at, place.x(x + w - inset) - place.x(x + inset), 1), FAINT)
    slot = place.box((x + w / 2 - 3, top - 4, 6, travel + 8))
    canvas.rect(slot, HOLE, place.px(3))
    middle = top + travel * (1 - share)
    knob = place.box((x + 1, middle - 9, w - 2, 18))
    canvas.rect((knob[0], knob[1] + place.px(2), knob[2], knob[3]), SHADOW, place.px(4))
    canvas.rect(knob, METAL if over else (104, 106, 112), place.px(4))
    canvas.rect((knob[0], knob[1] + knob[3] // 2, knob[2], knob[3] - knob[3] // 2), METAL_DARK, place.px(4))
    canvas.rect(place.box((x + 3, middle - 1, w - 6, 2)), (240, 240, 234))


def _value(canvas: Canvas, place: Place, part: Part, state: Look) -> None:
    _rail(canvas, place, part, int(str(state[1])) / VALUE_TOP, state[0], 10)


def _volume(canvas: Canvas, place: Place, part: Part, state: Look) -> None:
    _rail(canvas, place, part, int(str(state[1])) / 100, state[0], 10)


def _turned(canvas: Canvas, place: Place, x: float, y: float, r: float, share: float, over: object) -> None:
    """A round knob with its pointer."""
    px, py, radius = place.x(x), place.y(y), r * place.scale
    for step in range(11):
        angle = -TURN + 2 * TURN * step / 10
        dot = max(0.6, 0.9 * place.scale)
        canvas.circle(px + sin(angle) * radius * 1.26, py - cos(angle) * radius * 1.26, dot, FAINT)
    canvas.circle(px, py + place.px(1.5), radius, SHADOW)
    canvas.circle(px, py, radius, (40, 41, 45))
    canvas.circle(px, py, radius * 0.86, CAP_OVER if over else CAP)
    canvas.circle(px, py, radius * 0.86, CAP_TOP, max(1, round(0.8 * place.scale)))
    angle = -TURN + 2 * TURN * share
    canvas.line(
        [(px + sin(angle) * radius * 0.3, py - cos(angle) * radius * 0.3),
         (px + sin(angle) * radius * 0.78, py - cos(angle) * radius * 0.78)],
        (240, 240, 234), max(1, 2.2 * place.scale),
    )  # fmt: skip


def _dial(canvas: Canvas, place: Place, part: Part, state: Look) -> None:
    x, y, w, h = part.area
    _turned(canvas, place, x + w / 2, y + h / 2, 34, int(str(state[1])) / VALUE_TOP, state[0])


def _knob(canvas: Canvas, place: Place, part: Part, state: Look) -> None:
    x, y, w, h = part.area
    radius = min(w / 2 - 8, (h - 12) / 2) * 0.78
    _turned(canvas, place, x + w / 2, y + (h - 12) / 2 + 1, radius, int(str(state[1])) / 100, state[0])
    _label(canvas, place, part.label, x + w / 2, y + h - 3, 9, w + ASIDE)


def _stick(canvas: Canvas, place: Place, part: Part, state: Look) -> None:
    x, y, w, h = part.area
    over, across, up = state
    middle, level = x + w / 2, y + h / 2
    px, py = place.x(middle), place.y(level)
    canvas.circle(px, py, 44 * place.scale, (20, 20, 22))
    canvas.circle(px, py, 44 * place.scale, EDGE, place.px(1))
    canvas.circle(px, py, 30 * place.scale, HOLE)
    at_x = middle + (int(str(across)) - 128) / 128 * 20
    at_y = level - (int(str(up)) - 128) / 128 * 20
    canvas.line([(px, py), (place.x(at_x), place.y(at_y))], METAL_DARK, 9 * place.scale)
    canvas.circle(place.x(at_x), place.y(at_y) + place.px(2), 16 * place.scale, SHADOW)
    canvas.circle(place.x(at_x), place.y(at_y), 16 * place.scale, CAP_OVER if over else CAP)
    canvas.circle(place.x(at_x), place.y(at_y), 16 * place.scale, CAP_TOP, place.px(1.2))
    canvas.circle(place.x(at_x), place.y(at_y), 6 * place.scale, CAP_DOWN)


def _piano(canvas: Canvas, place: Place, part: Part, state: Look) -> None:
    x, y, w, h = part.area
    canvas.rect(place.box((x - 4, y - 4, w + 8, h + 6)), HOLE, place.px(3))
    notes = state[0]
    assert isinstance(notes, frozenset)
    line = place.px(0.8)
    for key, area, black in piano_keys(part.area):
        left, top, wide, high = place.box(area)
        down = key in notes
        if black:
            tip = round(high * (0.05 if down else 0.09))
            canvas.rect((left, top, wide, high), (5, 5, 6), place.px(2))
            canvas.rect((left + line, top, wide - 2 * line, high - line), EBONY, place.px(2))
            canvas.rect((left + 2 * line, top, max(1, wide - 4 * line), high - tip - line),
                        (34, 34, 38) if down else EBONY_TOP, place.px(1.5))
        else:
            canvas.rect((left, top, wide - line, high), IVORY_EDGE, place.px(2.5))
            canvas.rect((left, top, wide - line, high - (0 if down else place.px(3))),
                        IVORY_DOWN if down else IVORY, place.px(2.5))
    canvas.rect(place.box((x, y - 4, w, 5)), (60, 14, 16))


def _slot(canvas: Canvas, place: Place, part: Part, state: Look) -> None:
    over, inside = state
    x, y, w, h = part.area
    _label(canvas, place, part.label, x + w / 2, y + h - 5, 9 if h < 60 else 10, w + ASIDE)
    high = 14.0 if h > 60 else 9.0
    mouth = (x + 4, y + (h - 12) / 2 + (h > 60) * 14 - high / 2, w - 8, high)
    canvas.rect(place.box(mouth, 1.5), METAL_DARK if over else EDGE, place.px(3))
    canvas.rect(place.box(mouth), HOLE, place.px(2))
    if inside:
        out = min(46.0, mouth[1] - y + 4) if h > 60 else 14.0
        card = (mouth[0] + 6, mouth[1] + high / 2 - out, mouth[2] - 12, out + 2)
        canvas.rect(place.box(card), CARD, place.px(3))
        canvas.rect(place.box((card[0], card[1], card[2], 2)), (84, 120, 168), place.px(1))
        text, size = str(inside), max(9 * place.scale, LEAST)
        while text and canvas.text_width(text, size) > (card[2] - 6) * place.scale:
            text = text[:-1]
        _label(canvas, place, text, x + w / 2, card[1] + out / 2, 9, card[2], CARD_TEXT)


def _power(canvas: Canvas, place: Place, part: Part, state: Look) -> None:
    over, on = state
    x, y, w, h = part.area
    rocker = (x + w / 2 - 15, y + 1, 30, h - 13)
    canvas.rect(place.box(rocker, 2), HOLE, place.px(4))
    canvas.rect(place.box(rocker), CAP_OVER if over else CAP, place.px(3))
    half = rocker[3] / 2
    canvas.rect(place.box((rocker[0], rocker[1] + (half if on else 0), 30, half)), CAP_DOWN, place.px(3))
    canvas.rect(place.box((x + w / 2 - 1, rocker[1] + half * 0.22, 2, half * 0.56)), LIT if on else PRINT)
    canvas.circle(place.x(x + w / 2), place.y(rocker[1] + half * 1.5), half * 0.3 * place.scale, PRINT, place.px(1.2))
    _label(canvas, place, part.label, x + w / 2, y + h - 3, 9, w + ASIDE)


def _jack(canvas: Canvas, place: Place, part: Part, state: Look) -> None:
    x, y, w, h = part.area
    px, py = place.x(x + w / 2), place.y(y + (h - 12) / 2 + 1)
    radius = min(13.0, (h - 14) / 2) * place.scale
    canvas.circle(px, py, radius, METAL_DARK)
    canvas.circle(px, py, radius * 0.84, METAL)
    canvas.circle(px, py, radius * 0.52, HOLE)
    _label(canvas, place, part.label, x + w / 2, y + h - 3, 9, w + ASIDE)


def _pedal(canvas: Canvas, place: Place, part: Part, state: Look) -> None:
    over, pressed = state
    _jack(canvas, place, part, ())
    x, y, w, h = part.area
    bar = (x + w / 2 + 17, y + 3, 5, h - 17)
    canvas.rect(place.box(bar), HOLE, place.px(2))
    share = int(str(pressed)) / 255
    if share:
        canvas.rect(place.box((bar[0], bar[1] + bar[3] * (1 - share), 5, bar[3] * share)), GREEN, place.px(2))
    elif over:
        canvas.rect(place.box(bar), EDGE, place.px(2), 1)


def _midi(canvas: Canvas, place: Place, part: Part, state: Look) -> None:
    x, y, w, h = part.area
    middle, level = x + w / 2, y + (h - 12) / 2 + 1
    radius = (h - 14) / 2
    canvas.circle(place.x(middle), place.y(level), radius * place.scale, METAL_DARK)
    canvas.circle(place.x(middle), place.y(level), radius * 0.86 * place.scale, (22, 22, 24))
    for pin in range(5):
        angle = pi + pin * pi / 4
        canvas.circle(place.x(middle) + cos(angle) * radius * 0.55 * place.scale,
                      place.y(level) - sin(angle) * radius * 0.55 * place.scale, 1.5 * place.scale, METAL)
    canvas.circle(place.x(middle + radius + 10), place.y(level), 3.6 * place.scale, GREEN if state[0] else GREEN_OUT)
    _label(canvas, place, part.label, middle, y + h - 3, 9, w)


_PAINTERS: dict[str, Paint] = {
    "key": _key, "value": _value, "dial": _dial, "volume": _volume, "knob": _knob, "stick": _stick, "piano": _piano,
    "slot": _slot, "power": _power, "pedal": _pedal, "jack": _jack, "midi": _midi,
}  # fmt: skip

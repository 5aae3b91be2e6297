"""Where everything is on the two drawn instruments, in points. Pure data, no graphics library.

Facts (panels 1.1, 1.2, 1.4): which controls there are; modes in two rows of four with a light in each key; the cursor
row A-H under the display, each key under five characters, PAGE keys right of it; UP over DOWN beside VALUE; the keypad
in calculator order with 10's HOLD left of 0; joystick left of the keys; the program card's slot on top and the PCM
card's at the rear of the keyboard, both at the front of the rack, its headphones and power switch too. ASSUMED: all
proportions (the display is drawn larger than it is, to be readable), the place of the sequencer keys, the order of the
jacks, what the rack's front is like. The strip along the upper edge is the rear, laid flat. Own artwork, no maker's
mark.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from korgm1.board.lcd_picture import COLUMN_GAP

Area = tuple[float, float, float, float]
"""Left, top, width, height."""
WHITE = (0, 2, 4, 5, 7, 9, 11)
"""The white keys of an octave, in semitones."""
KEYS = 61
VALUE_TOP = 127
MARGIN = 3.0
"""Points around a part that belong to it (shadow, glow)."""


@dataclass(frozen=True)
class Part:
    """Something that can be seen move, or be touched.

    Attributes:
        kind: "key", "value" (slider), "dial" (the rack's VALUE), "volume" (slider), "knob", "stick", "piano", "slot",
            "power", "pedal", "jack", "midi".
        name: of the panel's key, the analogue control, the card ("card", "pcm-card"), the knob ("volume",
            "contrast"), the jack.
        area: where it is.
        label: printed on it or beside it.
        led: it has a light of its name.
    """

    kind: str
    name: str
    area: Area
    label: str = ""
    led: bool = False


@dataclass(frozen=True)
class Layout:
    """One instrument.

    Attributes:
        size: width and height.
        body: the housing; above it is the strip with the rear.
        lcd: the frame of the display.
        plate: where model and firmware are written.
        captions: text, middle x, middle y of small headings.
        rules: thin lines over groups: left, y, right.
        ears: a rack's.
    """

    size: tuple[int, int]
    body: Area
    rear: Area
    lcd: Area
    plate: Area
    parts: tuple[Part, ...]
    captions: tuple[tuple[str, float, float], ...]
    rules: tuple[tuple[float, float, float], ...] = ()
    ears: tuple[Area, ...] = ()


def part_at(layout: Layout, x: float, y: float, slack: float = 0) -> Part | None:
    """What a finger at this point touches.

    >>> part_at(keyboard(), 210, 262).name
    'A'
    """
    for part in layout.parts:
        left, top, width, height = part.area
        if left - slack <= x < left + width + slack and top - slack <= y < top + height + slack:
            return part
    return None


@cache
def piano_keys(area: Area) -> tuple[tuple[int, Area, bool], ...]:
    """The keys of a keyboard: number 0-60, where, whether black; the black ones come last.

    >>> keys = piano_keys((0, 0, 360, 100))
    >>> len(keys), keys[0], keys[36][0]
    (61, (0, (0.0, 0, 10.0, 100), False), 1)
    """
    left, top, width, height = area
    wide = width / 36
    white, black = [], []
    for key in range(KEYS):
        octave, tone = divmod(key, 12)
        at = octave * 7 + sum(1 for other in WHITE if other < tone)
        if tone in WHITE:
            white.append((key, (left + at * wide, top, wide, height), False))
        else:
            black.append((key, (left + at * wide - wide * 0.29, top, wide * 0.58, height * 0.62), True))
    return (*white, *black)


def piano_key_at(area: Area, x: float, y: float) -> tuple[int, float] | None:
    """The key under a point and how deep on it the point is, 0 at its far end to 1; None beside the keyboard.

    >>> piano_key_at((0, 0, 360, 100), 5, 90), piano_key_at((0, 0, 360, 100), 10, 31)
    ((0, 0.9), (1, 0.5))
    """
    for key, (left, top, width, height), _ in reversed(piano_keys(area)):
        if left <= x < left + width and top <= y < top + height:
            return key, (y - top) / height
    return None


def _row(names: str, x: float, y: float, step: float, width: float, height: float, led: bool = False) -> list[Part]:
    return [
        Part("key", name, (x + number * step, y, width, height), _LABELS.get(name, name), led)
        for number, name in enumerate(names.split(","))
    ]


_LABELS = {"10HOLD": "10's HOLD", "PAGE-": "-", "PAGE+": "+", "UP": "UP", "DOWN": "DOWN"}
_FIVE = 5 * (5 * 4 + COLUMN_GAP) / (40 * (5 * 4 + COLUMN_GAP) + 72)
"""Share of the display's width that five characters and their gaps take (its glass and frame are 72 of a pitch's 4)."""


def _cursor(lcd: Area, y: float, height: float) -> list[Part]:
    """A-H, each under its five characters."""
    step = lcd[2] * _FIVE
    start = lcd[0] + (lcd[2] - 8 * step) / 2
    return _row("A,B,C,D,E,F,G,H", start + step * 0.07, y, step, step * 0.82, height)


def _sockets(names: str, x: float, y: float, step: float) -> list[Part]:
    kinds = {"MIDI IN": "midi", "MIDI OUT": "midi", "MIDI THRU": "midi", "PEDAL 1": "pedal", "PEDAL 2": "pedal"}
    desk = {"PEDAL 1": "pedal1", "PEDAL 2": "pedal2", "DAMPER": "damper"}
    return [
        Part(kinds.get(name, "pedal" if name == "DAMPER" else "jack"), desk.get(name, name),
             (x + number * step, y, step - 8, 44), name)
        for number, name in enumerate(names.split(","))
    ]  # fmt: skip


@cache
def keyboard() -> Layout:
    """The M1: 61 keys."""
    lcd = (154.0, 84.0, 990.0, 144.0)
    return Layout(
        size=(1280, 690),
        body=(4, 58, 1272, 628),
        rear=(4, 2, 1272, 54),
        lcd=lcd,
        plate=(1012, 316, 250, 104),
        parts=(
            Part("power", "power", (24, 8, 50, 40), "POWER"),
            Part("knob", "contrast", (96, 8, 56, 40), "CONTRAST"),
            Part("slot", "pcm-card", (174, 10, 170, 36), "PCM DATA"),
            *_sockets("PHONES,OUT 4,OUT 3,OUT 2/R,OUT 1/L,DAMPER,PEDAL 1,PEDAL 2", 362, 6, 70),
            *_sockets("MIDI THRU,MIDI OUT,MIDI IN", 934, 6, 106),
            Part("volume", "volume", (18, 100, 32, 180), "VOLUME"),
            Part("value", "value", (63, 100, 32, 180), "VALUE"),
            Part("key", "UP", (102, 118, 38, 62), "UP"),
            Part("key", "DOWN", (102, 194, 38, 62), "DOWN"),
            *_cursor(lcd, 246, 34),
            *_row("PAGE-,PAGE+", 1158, 246, 56, 48, 34),
            Part("slot", "card", (1158, 96, 104, 126), "PROG/SEQ CARD"),
            *_row("INT,COMBI,PROG,SEQ", 24, 324, 102, 92, 44, led=True),
            *_row("CARD,EDIT COMBI,EDIT PROG,GLOBAL", 24, 378, 102, 92, 44, led=True),
            *_row("REC/WRITE,START/STOP,COMPARE", 462, 324, 102, 92, 44),
            *_row("RESET,REST/TIE", 462, 378, 102, 92, 44),
            *(part for row, names in enumerate(("7,8,9", "4,5,6", "1,2,3", "10HOLD,0"))
              for part in _row(names, 792, 310 + row * 29.5, 68, 60, 23)),
            Part("stick", "joystick", (22, 480, 92, 150), "JOYSTICK"),
            Part("piano", "piano", (130, 440, 1134, 236)),
        ),
        captions=(
            ("VOLUME", 34, 88), ("VALUE", 80, 88), ("PAGE", 1210, 237), ("MODE", 225, 306), ("SEQUENCER", 610, 306),
            ("JOYSTICK", 68, 640),
        ),
        rules=((24, 315, 422), (462, 315, 758)),
    )  # fmt: skip


@cache
def rack() -> Layout:
    """The M1R: two rack units, no keys."""
    lcd = (316.0, 80.0, 748.0, 96.0)
    return Layout(
        size=(1280, 394),
        body=(0, 58, 1280, 334),
        rear=(50, 2, 1180, 54),
        lcd=lcd,
        plate=(1076, 262, 152, 104),
        parts=(
            Part("knob", "contrast", (70, 8, 56, 40), "CONTRAST"),
            *_sockets("PEDAL 1,PEDAL 2,OUT 4,OUT 3,OUT 2/R,OUT 1/L", 176, 6, 88),
            *_sockets("MIDI THRU,MIDI OUT,MIDI IN", 830, 6, 124),
            Part("slot", "pcm-card", (62, 84, 114, 98), "PCM DATA CARD"),
            Part("slot", "card", (188, 84, 114, 98), "PROG/SEQ CARD"),
            Part("jack", "PHONES", (64, 258, 66, 70), "PHONES"),
            Part("knob", "volume", (142, 250, 76, 84), "VOLUME"),
            Part("power", "power", (236, 258, 58, 70), "POWER"),
            *_cursor(lcd, 190, 28),
            *_row("PAGE-,PAGE+", 1082, 190, 50, 42, 28),
            Part("dial", "value", (1080, 76, 94, 94), "VALUE"),
            Part("key", "UP", (1184, 82, 44, 38), "UP"),
            Part("key", "DOWN", (1184, 130, 44, 38), "DOWN"),
            *_row("INT,COMBI,PROG,SEQ", 318, 262, 80, 72, 44, led=True),
            *_row("CARD,EDIT COMBI,EDIT PROG,GLOBAL", 318, 322, 80, 72, 44, led=True),
            *_row("REC/WRITE,START/STOP,COMPARE", 652, 262, 78, 70, 44),
            *_row("RESET,REST/TIE", 652, 322, 78, 70, 44),
            *(part for row, names in enumerate(("7,8,9", "4,5,6", "1,2,3", "10HOLD,0"))
              for part in _row(names, 904, 250 + row * 31, 54, 47, 24)),
        ),
        captions=(("VALUE", 1127, 180), ("PAGE", 1128, 226), ("MODE", 474, 244), ("SEQUENCER", 765, 244)),
        rules=((318, 253, 630), (652, 253, 878)),
        ears=((0, 58, 46, 334), (1234, 58, 46, 334)),
    )  # fmt: skip


def layout_of(is_rack: bool) -> Layout:
    """The instrument's."""
    return rack() if is_rack else keyboard()

"""Where everything is on the drawn panel, and which computer key works which button. Pure data, no graphics library.

The groups are those of the instrument (facts: panels 1.2, read from MAME's switch numbers, INF): modes in two rows of
four, the cursor row A-H under the display with the PAGE keys, UP over DOWN beside VALUE, the keypad in calculator order
with 10'S HOLD left of 0. The place of the sequencer keys and all proportions are ASSUMED. Own artwork; no maker's mark.
Computer keys follow MAME's korgm1 (arrows, 1-8, number pad), F1-F8 are the modes row by row (panels 4.2).
"""

from __future__ import annotations

from dataclasses import dataclass

from korgm1.board.lcd_picture import BEZEL, COLUMN, GLASS

WIDTH, HEIGHT = 1240, 492
LCD = (126, 44, 988, 140)
"""x, y, width, height of the display, the size of its picture at scale 1."""
SLIDER = (30, 72, 26, 152)
"""The travel of the VALUE knob's middle: left, top, width, height."""
SLIDER_TOP = 127
"""The value at the upper end; 0 is the lower one."""


@dataclass(frozen=True)
class Button:
    """One button: the panel's name of the key, its rectangle, what is printed on it, and its computer key.

    `shortcut` is the computer key as people read it; `led` tells whether the button has a light of its name.
    """

    key: str
    x: int
    y: int
    width: int
    height: int
    label: str
    shortcut: str = ""
    led: bool = False

    def holds(self, x: float, y: float) -> bool:
        """Is this point on the button?"""
        return self.x <= x < self.x + self.width and self.y <= y < self.y + self.height


def _row(
    keys: str, x: int, y: int, step: int, width: int, height: int, shortcuts: str = "", led: bool = False
) -> list[Button]:
    names = keys.split(",")
    hints = shortcuts.split(",") if shortcuts else [""] * len(names)
    return [
        Button(name, x + number * step, y, width, height, name, hint, led)
        for number, (name, hint) in enumerate(zip(names, hints, strict=True))
    ]


_FIVE = 5 * COLUMN
"""Pixels of five characters: each cursor key stands under its five."""

BUTTONS: tuple[Button, ...] = (
    *_row("UP", 65, 72, 0, 52, 72, "arrow"),
    *_row("DOWN", 65, 152, 0, 52, 72, "arrow"),
    *_row("A,B,C,D,E,F,G,H", LCD[0] + BEZEL + GLASS + 4, 200, _FIVE, 104, 36, "1,2,3,4,5,6,7,8"),
    *_row("PAGE-", 1126, 76, 0, 88, 48, "arrow left"),
    *_row("PAGE+", 1126, 136, 0, 88, 48, "arrow right"),
    *_row("INT,COMBI,PROG,SEQ", 30, 284, 116, 106, 62, "F1,F2,F3,F4", led=True),
    *_row("CARD,EDIT COMBI,EDIT PROG,GLOBAL", 30, 362, 116, 106, 62, "F5,F6,F7,F8", led=True),
    *_row("REC/WRITE,START/STOP", 542, 284, 122, 112, 40, "Insert,Space"),
    *_row("RESET,REST/TIE", 542, 336, 122, 112, 40, "Home,End"),
    *_row("COMPARE", 542, 388, 122, 112, 40, "Backspace"),
    *_row("7,8,9", 924, 284, 98, 90, 36, "pad 7,pad 8,pad 9"),
    *_row("4,5,6", 924, 326, 98, 90, 36, "pad 4,pad 5,pad 6"),
    *_row("1,2,3", 924, 368, 98, 90, 36, "pad 1,pad 2,pad 3"),
    Button("10HOLD", 826, 410, 90, 36, "10's HOLD", "pad Enter"),
    *_row("0", 924, 410, 98, 90, 36, "pad 0"),
)
"""Every key of the panel, once."""

CAPTIONS: tuple[tuple[str, int, int], ...] = (
    ("VALUE", 24, 46),
    ("PAGE", 1126, 52),
    ("MODE", 30, 262),
    ("SEQUENCER", 542, 262),
    ("NUMBER", 924, 262),
)
"""Small headings: text, left, top."""


def button_at(x: float, y: float) -> Button | None:
    """The button under a point.

    >>> button_at(170, 210).key
    'A'
    """
    return next((button for button in BUTTONS if button.holds(x, y)), None)


def slider_value(y: float) -> int:
    """The VALUE, 0-127, for a knob dragged to this height.

    >>> slider_value(0), slider_value(1000)
    (127, 0)
    """
    share = (SLIDER[1] + SLIDER[3] - y) / SLIDER[3]
    return round(max(0.0, min(1.0, share)) * SLIDER_TOP)


def slider_y(value: int) -> int:
    """The height of the knob's middle for a VALUE of 0-127."""
    return SLIDER[1] + SLIDER[3] - round(value * SLIDER[3] / SLIDER_TOP)

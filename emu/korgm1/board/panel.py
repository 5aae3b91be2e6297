"""The front panel: switch matrix, LEDs, and the analogue controls on their way to the ADC.

column PA0-2   PB0      PB1        PB2         PB3       PB4      PB5        (a closed switch pulls its row to 0)
0              -        -          INT         CARD      COMBI    EDIT COMBI
1              -        -          PROG        EDIT PROG SEQ      GLOBAL
2              UP       DOWN       A           B         C        D
3              10HOLD   (five keys, H-SW16)
4              0        1          2           3         4        -
5              5        6          7           8         9        -
6              E        F          G           H         PAGE-    PAGE+
7              -

Confirmed (MAME, found by trying): columns, rows, active low; PROG, SEQ doubtful there. Guessed: H-SW16 (order of
REC/WRITE START/STOP RESET COMPARE REST/TIE), H-LED (which PC bit lights which key), H-M1R-MATRIX (the rack has the same
matrix), H-ADC-CH (which channel each control has: wired by the machine). ASSUMED: no ghost keys (a diode per switch);
controls are pots across +5 V; joystick rests in the middle, everything else at 0; a socket without a pedal reads 0.
Sources: facts m1-hardware 1.2-1.5, panels 1.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from korgm1.errors import UsageError

SW16_ORDER = "REC/WRITE,START/STOP,RESET,COMPARE,REST/TIE"
LED_ORDER = "INT,CARD,COMBI,EDIT COMBI,PROG,EDIT PROG,SEQ,GLOBAL"

_MATRIX: tuple[tuple[str, ...], ...] = (
    ("", "", "INT", "CARD", "COMBI", "EDIT COMBI"),
    ("", "", "PROG", "EDIT PROG", "SEQ", "GLOBAL"),
    ("UP", "DOWN", "A", "B", "C", "D"),
    ("10HOLD",),
    ("0", "1", "2", "3", "4", ""),
    ("5", "6", "7", "8", "9", ""),
    ("E", "F", "G", "H", "PAGE-", "PAGE+"),
)

REST = {"joystick_x": 128, "joystick_y": 128, "value": 0, "aftertouch": 0, "pedal1": 0, "pedal2": 0}
"""The analogue controls and where they stand untouched, 0-255."""
NOT_ON_M1R = ("joystick_x", "joystick_y", "aftertouch")


class Panel:
    """Keys, LEDs and controls of an M1 or an M1R.

    Args:
        rack: an M1R: no joystick, no aftertouch.
        sw16: the five keys of column 3, rows 1-5, comma separated (H-SW16).
        leds: the LED of each bit 0-7 of port C, comma separated (H-LED).
        rail: microvolts across the pots.
        stuck: keys whose switch is closed for ever (a fault).

    Raises:
        UsageError: `sw16` or `leds` is not a permutation of the known names, or there is no such key.

    >>> panel = Panel()
    >>> panel.press("int"); panel.select(0)
    >>> bin(panel.rows())
    '0b111011'
    >>> panel.leds_port(0x11, 0xFF)
    >>> [name for name, lit in panel.leds().items() if lit]
    ['INT', 'PROG']
    """

    def __init__(
        self, rack: bool = False, sw16: str = SW16_ORDER, leds: str = LED_ORDER, rail: int = 5_000_000,
        stuck: Iterable[str] = (),
    ) -> None:
        rows = [list(row) for row in _MATRIX]
        rows[3] += _permutation("H-SW16", sw16, SW16_ORDER)
        self._places = {name: (x, y) for x, row in enumerate(rows) for y, name in enumerate(row) if name}
        self._led_names = _permutation("H-LED", leds, LED_ORDER)
        self._absent = NOT_ON_M1R if rack else ()
        self._rail = rail
        self._listeners: list[Callable[[dict[str, bool]], None]] = []
        self._column = self._lit = 0
        self._closed = [0] * 8
        self._stuck = [0] * 8
        for key in stuck:
            x, y = self._place(key)
            self._stuck[x] |= 1 << y
        self._controls = dict(REST)

    def reset(self, kind: str) -> None:
        """Nothing: hands stay where they are; what drives column and LEDs is reset by itself."""

    def read(self, offset: int) -> int:
        """The rows, as `rows()`: the panel has one register."""
        return self.rows()

    def write(self, offset: int, value: int) -> None:
        """The column, as `select(value)`."""
        self.select(value)

    def peek(self, offset: int) -> int:
        """As `read`."""
        return self.rows()

    def snapshot(self) -> dict[str, Any]:
        """Column, LEDs, keys held and where the controls stand."""
        return {
            "column": self._column,
            "lit": self._lit,
            "held": sorted(self.held),
            "controls": dict(self._controls),
        }

    def restore(self, block: dict[str, Any]) -> None:
        """Take `snapshot` back; tells the listeners if the LEDs differ."""
        self._closed = [0] * 8
        for name in block["held"]:
            self.press(name)
        self._column = block["column"]
        self._controls = dict(block["controls"])
        self._light(block["lit"])

    def select(self, column: int) -> None:
        """The column on PA0-2."""
        self._column = column & 7

    def rows(self) -> int:
        """PB0-5 of the selected column: 0 = closed."""
        return ~(self._closed[self._column] | self._stuck[self._column]) & 0x3F

    def keys(self) -> list[str]:
        """All key names, in the order of the matrix."""
        return list(self._places)

    @property
    def held(self) -> set[str]:
        """The keys that are down."""
        return {name for name, (x, y) in self._places.items() if self._closed[x] >> y & 1}

    def check_key(self, name: str) -> None:
        """Nothing, if there is such a key.

        Raises:
            UsageError: there is none; the message lists them.
        """
        self._place(name)

    def place(self, name: str) -> tuple[int, int]:
        """Column and row of a key.

        Raises:
            UsageError: there is none.

        >>> Panel().place("INT")
        (0, 2)
        """
        return self._place(name)

    def press(self, name: str) -> None:
        """Put a key down; it stays down until `release`.

        Raises:
            UsageError: no such key (upper and lower case are the same).
        """
        x, y = self._place(name)
        self._closed[x] |= 1 << y

    def release(self, name: str) -> None:
        """Let a key go; one that is up stays so.

        Raises:
            UsageError: no such key.
        """
        x, y = self._place(name)
        self._closed[x] &= ~(1 << y)

    def leds_port(self, value: int, driven: int) -> None:
        """Port C: its levels and which bits are outputs; a LED that is not driven is dark."""
        self._light(value & driven & 0xFF)

    def leds(self) -> dict[str, bool]:
        """Which LEDs are lit, by key name in the order of the port bits."""
        return {name: bool(self._lit >> bit & 1) for bit, name in enumerate(self._led_names)}

    def on_leds(self, listener: Callable[[dict[str, bool]], None]) -> None:
        """Call `listener(leds)` whenever one changes."""
        self._listeners.append(listener)

    def controls(self) -> dict[str, int]:
        """Where the controls of this model stand, 0-255."""
        return {name: value for name, value in self._controls.items() if name not in self._absent}

    def move(self, name: str, value: int) -> None:
        """Set a control: 0-255 from end to end; the joystick rests at 128 (x: left to right, y: near to far).

        Raises:
            UsageError: no such control on this model, or a value outside 0-255.
        """
        if name not in self.controls():
            raise UsageError(f"there is no control {name!r}", "one of " + ", ".join(self.controls()))
        if not 0 <= value <= 255:
            raise UsageError(f"{name} cannot be set to {value}", "0 to 255")
        self._controls[name] = value

    def set_slider(self, value: int) -> None:
        """Set the VALUE slider: 0-127, as its MIDI controller counts.

        Raises:
            UsageError: outside 0-127.
        """
        if not 0 <= value <= 127:
            raise UsageError(f"the VALUE slider cannot be set to {value}", "0 to 127")
        self.move("value", value * 255 // 127)

    def lay_hands(self, held: Iterable[str], controls: Mapping[str, int]) -> None:
        """Put these keys down and set these controls; the others stay as they are.

        Raises:
            UsageError: no such key or control, or a value outside 0-255.

        >>> panel = Panel(); panel.lay_hands(["INT"], {"value": 9}); panel.held, panel.controls()["value"]
        ({'INT'}, 9)
        """
        for name in held:
            self.press(name)
        for name, value in controls.items():
            self.move(name, value)

    def microvolts(self, name: str) -> int:
        """The voltage of a control: at the rail as reference its ADC code is its value.

        An M1R's missing joystick reads as one at rest (ASSUMED).
        """
        return self._controls[name] * self._rail // 256

    def _light(self, lit: int) -> None:
        if lit != self._lit:
            self._lit = lit
            for listener in self._listeners:
                listener(self.leds())

    def _place(self, name: str) -> tuple[int, int]:
        place = self._places.get(" ".join(str(name).upper().split()))
        if place is None:
            raise UsageError(f"there is no key {name!r}", "one of " + ", ".join(self._places))
        return place


def _permutation(hypothesis: str, text: str, known: str) -> list[str]:
    names = [name.strip() for name in text.split(",")]
    if sorted(names) != sorted(known.split(",")):
        raise UsageError(f"{hypothesis}={text!r} cannot be used", f"each of {known} once")
    return names

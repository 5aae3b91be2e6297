"""HD44780 with its segment drivers: the 40 x 2 character LCD of the front panel, on PIO port D (DB) and port E.

RS R/W  code      function
0  0    01        clear: DDRAM all 20, address 0, shift 0, I/D = 1
0  0    02        home: address 0, shift 0
0  0    04-07     entry mode: bit 1 I/D, bit 0 S
0  0    08-0F     bit 2 D display, bit 1 C cursor, bit 0 B blink
0  0    10-1F     bit 3 S/C display or cursor, bit 2 R/L
0  0    20-3F     function set: bit 4 DL, bit 3 N, bit 2 F
0  0    40-7F     CGRAM address;  80-FF DDRAM address
0  1              bit 7 BF, bits 6-0 AC
1  x              data

`read`, `write` and `peek` are whole bus cycles (offset = RS; in 4-bit mode the upper half counts); `pins` is the wires.

Confirmed (DATASHEET, RECALL): the table, the memories, the times, power-on state, 10 ms internal reset, N and F taken
only before other instructions unless DL changes. DATASHEET: what a read returns was fetched into DR when the address
was set or the last read ended, so a read right after a write returns the byte written.
Guessed: H-LCD-BUSY (a cycle while busy), H-LCD-FOSC, H-LCD-BAR (1-line duty without display = line 1 dark,
INFERENCE). ASSUMED: no cell at the unused addresses (28-3F, 68-7F; 50-7F of one line): writes are lost, reads give 20;
CGRAM starts as 00.
Sources: facts v50-chip 7.1, m1-hardware 1.5.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from korgm1.board import lcd_font
from korgm1.clock import CPU_HZ, Scheduler

COLUMNS = 40
SHORT_US, LONG_US, ADD_US = 37, 1520, 4
"""DATASHEET at 270 kHz: an instruction; clear and home; from the end of busy until AC has moved."""
POWER_ON_US = 10_000
BLINK_CYCLES = 102_400
"""Oscillator cycles of each half of a blink: 409.6 ms at 250 kHz (DATASHEET)."""


class Hd44780:
    """The controller and its panel.

    Args:
        scheduler: the timeline.
        fosc_khz: its oscillator (H-LCD-FOSC).
        busy_writes: what a cycle while busy does (H-LCD-BUSY): "ignore" or "execute".
        bar: whether a panel in 1-line duty with the display off shows line 1 dark (H-LCD-BAR).

    Attributes:
        ignored: data or instruction cycles that came while busy, since power-on.

    >>> scheduler = Scheduler()
    >>> lcd = Hd44780(scheduler)
    >>> lcd.reset("power")
    >>> lcd.text()[0] == "█" * 40
    True
    >>> for rs, value in [(0, 0x38), (0, 0x0C), *((1, c) for c in b"Prog I00")]:
    ...     scheduler.run_due(lcd.busy_until)
    ...     lcd.write(rs, value)
    >>> lcd.text()[0].rstrip()
    'Prog I00'
    """

    _dl: bool
    _low: bool

    def __init__(
        self, scheduler: Scheduler, *, fosc_khz: int = 270, busy_writes: str = "ignore", bar: bool = True
    ) -> None:
        self._scheduler = scheduler
        self._has_bar = bar
        self._obey = busy_writes == "execute"
        self._short, self._long, self._add, self._power_on = (
            us * (CPU_HZ // 1_000_000) * 270 // fosc_khz for us in (SHORT_US, LONG_US, ADD_US, POWER_ON_US)
        )
        self._blink_half = BLINK_CYCLES * (CPU_HZ // 1000) // fosc_khz
        self._listeners: list[Callable[[], None]] = []
        self._rs = self._rw = self._e = self._db = 0
        self._power_up_state()
        self._powered = False
        self._text = self._visible()

    def reset(self, kind: str) -> None:
        """"power": VCC has risen, the internal reset runs. The part has no reset pin: "button" does nothing."""
        if kind == "power":
            self._power_up_state()
            self._powered = True
            self.busy_until = self._scheduler.now + self._power_on
            self._origin = self._scheduler.now
            self._changed()

    def power_off(self) -> None:
        """VCC has gone: the panel is empty and the bus is dead until reset("power")."""
        self._powered = False
        self._changed()

    def read(self, offset: int) -> int:
        """One read cycle: offset 0 = busy flag and AC, 1 = data. In 4-bit mode half a byte in bits 7-4."""
        value = self.peek(offset)
        self._end_read(offset)
        return value

    def write(self, offset: int, value: int) -> None:
        """One write cycle: offset 0 = instruction, 1 = data."""
        if not self._powered:
            return
        if not self._dl:
            self._low = not self._low
            if self._low:
                self._half = value & 0xF0
                return
            value = self._half | value >> 4
        if self._refused():
            return
        if offset:
            self._store(value & 0xFF)
        else:
            self._execute(value & 0xFF)
        self._changed()

    def peek(self, offset: int) -> int:
        """What `read` would return."""
        if not self._powered:
            return 0xFF
        now = self._scheduler.now
        if offset:
            value = self._dr
        else:
            value = (0x80 if now < self.busy_until else 0) | (self._ac if now >= self._ac_moves else self._ac_old)
        if self._dl:
            return value
        return (value << 4 if self._low else value) & 0xF0 | 0x0F

    def snapshot(self) -> dict[str, Any]:
        """Everything, with the clocks of the busy flag as they are (absolute)."""
        return {name: (bytes(v) if isinstance(v, bytearray) else v) for name in _STATE for v in [getattr(self, name)]}

    def restore(self, block: dict[str, Any]) -> None:
        """Take `snapshot` back; tells the listeners if the text differs."""
        for name in _STATE:
            value = block[name]
            setattr(self, name, bytearray(value) if isinstance(value, bytes) else value)
        self._changed()

    def pins(self, rs: int, rw: int, e: int, data: int) -> int:
        """Put levels on the pins; returns DB0-7 as the controller drives them (FF where it does not: its pull-ups).

        A cycle ends at the falling edge of E and takes RS, R/W and DB from before that edge (hold times of 10 ns).
        """
        if self._e and not e:
            if self._rw:
                self._end_read(self._rs)
            else:
                self.write(self._rs, self._db)
        self._rs, self._rw, self._e, self._db = int(bool(rs)), int(bool(rw)), int(bool(e)), data & 0xFF
        return self.db

    @property
    def db(self) -> int:
        """DB0-7 as the controller drives them now: a value only while E and R/W are high, else FF (pull-ups)."""
        return self.peek(self._rs) if self._e and self._rw else 0xFF

    @property
    def ddram(self) -> bytes:
        """The 80 bytes: 00-27 then 40-67 (two lines), or 00-4F (one line)."""
        return bytes(self._ddram)

    @property
    def cgram(self) -> bytes:
        """The 64 bytes: eight characters of eight rows, bit 4 is the left dot."""
        return bytes(self._cgram)

    def on_change(self, listener: Callable[[], None]) -> None:
        """Call `listener()` whenever `text()` has become another."""
        self._listeners.append(listener)

    def text(self) -> tuple[str, str]:
        """Both lines of 40 characters as seen (codes in Unicode: `lcd_font`).

        Blank where the display is off or has no power. Before its first initialisation (one line, display off) the
        panel shows a solid bar: 40 x U+2588 over blanks.
        """
        return self._text

    def dots(self) -> npt.NDArray[np.bool_]:
        """The dark dots now, cursor and blink included: bool of shape (2 lines, 40 columns, 8 rows, 5)."""
        panel = np.zeros((2, COLUMNS, 8, 5), np.bool_)
        if not self._powered:
            return panel
        if self._bar:
            panel[0] = True
            return panel
        if not self._d:
            return panel
        tall = bool(self._f and not self._n)
        lines = [lcd_font.draw(codes, bytes(self._cgram), tall) for codes in self._codes()]
        self._draw_cursor(lines)
        panel[0] = lines[0][:, :8]
        if tall:
            panel[1, :, :3] = lines[0][:, 8:]
        elif self._n:
            panel[1] = lines[1]
        return panel

    @property
    def cursor(self) -> tuple[int, int] | None:
        """Line and column, 0 and up, of the cursor or the blinking character as seen; None where there is none.

        >>> lcd = Hd44780(Scheduler()); lcd.reset("power")
        >>> for value in (0x38, 0x0E, 0x80 + 0x42):
        ...     lcd._scheduler.run_due(lcd.busy_until); lcd.write(0, value)
        >>> lcd.cursor
        (1, 2)
        """
        if not (self._powered and self._d and (self._c or self._b)):
            return None
        cell = self._cell()
        if cell is None:
            return None
        width = COLUMNS if self._n else 80
        row, column = divmod(cell, width)
        column = (column - self._shift) % width
        return (row, column) if column < COLUMNS else None

    @property
    def _bar(self) -> bool:
        return self._has_bar and not self._n and not self._d

    def _power_up_state(self) -> None:
        self._ddram = bytearray(b" " * 80)
        self._cgram = bytearray(64)
        self._ac = self._ac_old = self._shift = self._half = self.ignored = 0
        self._ac_moves = self.busy_until = self._origin = 0
        self._dr = 0x20
        self._in_cgram = self._s = self._d = self._c = self._b = self._n = self._f = self._locked = False
        self._id, self._dl, self._low = True, True, False

    def _refused(self) -> bool:
        if self._scheduler.now >= self.busy_until:
            return False
        self.ignored += 1
        return not self._obey

    def _end_read(self, rs: int) -> None:
        if not self._powered:
            return
        if not self._dl:
            self._low = not self._low
            if self._low:
                return
        if rs and not self._refused():
            self._step_after_data()
            self._fetch()

    def _store(self, value: int) -> None:
        self._dr = value
        if self._in_cgram:
            self._cgram[self._ac] = value
        else:
            cell = self._cell()
            if cell is not None:
                self._ddram[cell] = value
            if self._s:
                self._move_display(self._id)
        self._step_after_data()

    def _step_after_data(self) -> None:
        self._busy(self._short)
        self._ac_old, self._ac_moves = self._ac, self.busy_until + self._add
        self._step(self._id)

    def _execute(self, code: int) -> None:
        kind = code.bit_length()
        self._busy(self._long if kind in (1, 2) else self._short)
        if kind == 8:
            self._set_address(code & 0x7F, cgram=False)
        elif kind == 7:
            self._set_address(code & 0x3F, cgram=True)
        elif kind == 6:
            self._function_set(code)
        elif kind == 5:
            if code & 8:
                self._move_display(not code & 4)
            else:
                self._step(bool(code & 4))
                self._fetch()
        elif kind == 4:
            self._d, self._c, self._b = bool(code & 4), bool(code & 2), bool(code & 1)
        elif kind == 3:
            self._id, self._s = bool(code & 2), bool(code & 1)
        elif kind:
            self._shift = 0
            if kind == 1:
                self._ddram[:] = b" " * 80
                self._id = True
            self._set_address(0, cgram=False)
        if kind != 6:
            self._locked = True

    def _function_set(self, code: int) -> None:
        dl = bool(code & 0x10)
        if dl != self._dl:
            self._locked = False
            self._dl = dl
        if not self._locked:
            self._n, self._f = bool(code & 8), bool(code & 4)

    def _busy(self, clocks: int) -> None:
        self.busy_until = self._scheduler.now + clocks
        self._ac_moves = 0

    def _set_address(self, address: int, cgram: bool) -> None:
        self._ac, self._in_cgram = address, cgram
        self._fetch()

    def _fetch(self) -> None:
        if self._in_cgram:
            self._dr = self._cgram[self._ac]
        else:
            cell = self._cell()
            self._dr = 0x20 if cell is None else self._ddram[cell]

    def _cell(self) -> int | None:
        if not self._n:
            return self._ac if self._ac < 80 else None
        row, column = divmod(self._ac, 0x40)
        return row * COLUMNS + column if column < COLUMNS else None

    def _step(self, up: bool) -> None:
        ac = self._ac
        if self._in_cgram:
            self._ac = ac + (1 if up else -1) & 0x3F
        else:
            ends = {0x27: 0x40, 0x67: 0x00} if self._n else {0x4F: 0x00}
            if not up:
                ends = {first: last for last, first in ends.items()}
            self._ac = ends.get(ac, ac + (1 if up else -1) & 0x7F)

    def _move_display(self, left: bool) -> None:
        self._shift = (self._shift + (1 if left else -1)) % (COLUMNS if self._n else 80)

    def _codes(self) -> list[bytes]:
        if not self._n:
            return [bytes(self._ddram[self._shift :] + self._ddram[: self._shift])[:COLUMNS]]
        rows = (self._ddram[:COLUMNS], self._ddram[COLUMNS:])
        shift = self._shift % COLUMNS
        return [bytes(row[shift:] + row[:shift]) for row in rows]

    def _draw_cursor(self, lines: list[npt.NDArray[np.bool_]]) -> None:
        if self.cursor is None:
            return
        row, column = self.cursor
        if self._c:
            lines[row][column, -1] = True
        if self._b and (self._scheduler.now - self._origin) // self._blink_half & 1:
            lines[row][column] = True

    def _visible(self) -> tuple[str, str]:
        blank = " " * COLUMNS
        if not self._powered:
            return blank, blank
        if self._bar:
            return "█" * COLUMNS, blank
        if not self._d:
            return blank, blank
        lines = [lcd_font.to_text(codes) for codes in self._codes()]
        return lines[0], lines[1] if self._n else blank

    def _changed(self) -> None:
        text = self._visible()
        if text != self._text:
            self._text = text
            for listener in self._listeners:
                listener()


_STATE = (
    *("_ddram", "_cgram", "_ac", "_ac_old", "_ac_moves", "_dr", "_in_cgram", "_shift", "_id", "_s", "_d", "_c", "_b"),
    *("_n", "_f", "_dl", "_locked", "_low", "_half", "_rs", "_rw", "_e", "_db", "_powered", "_origin"),
    *("busy_until", "ignored"),
)

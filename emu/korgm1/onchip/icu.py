"""ICU, the V50's interrupt control unit (uPD71059 subset): eight levels into the one INT of the CPU.

| Offset | Access | Register |
|---|---|---|
| 0 | write, D4=1 | IIW1: 3 LEV (1 = level), 1 SNGL (1 = no IIW3), 0 II4 (IIW4 follows); begins initialisation |
| 1 | write, next | IIW2: 7-3 vector; IIW3 (if SNGL=0): levels with a slave; IIW4 (if II4=1): 4 EXTN, 1 SFI |
| 1 | read/write | IMKW: 1 masks a level |
| 0 | write, D4-3=00 | IPFW: 7 RP, 6 SIL, 5 FI, 2-0 IL: finish interrupt, rotate priority |
| 0 | write, D4-3=01 | IMDW: 6 SNM, 5 EXCN (exceptional nesting), 2 POL, 1 SR, 0 IS/IR |
| 0 | read | polling byte after POL, else IIS (in service) or IRQ (requests) as SR last chose |

Level 0 is timer 0; 1 and 2 are as OPCN routes them; 3-7 are the pins INTP3-7, pulled up: open they read high, which
requests in level mode and never does in edge mode. What the TCU feeds is edge-triggered whatever LEV says.

DATASHEET (uPD70216, uPD71059): registers, commands, edge rule of the TCU inputs, undefined until IIW1 and untouched by
RESET; a request must stay until the acknowledge, else level 7 is delivered with nothing in service; IIW1 clears IMK,
IIS, edge detectors, priority, exceptional nesting and selects IRQ; the polling byte (7 request, 2-0 level); POL = 0
does nothing, so polling lasts until the next read, and a read of IMKW ends it too and acknowledges as well; normal FI
passes over masked levels under exceptional nesting. ASSUMED: INT stays low before and during initialisation; IIW1 ends
polling and self-FI rotation; a poll without a request reads 00; the vector of a slave level comes from the empty bus as
FF (H-OPENBUS).
Sources: facts v50-chip 2.1; NEC data book 1991, uPD70216 and uPD71059.
"""

from __future__ import annotations

from typing import Any

from korgm1.line import Line

_SAVED = (
    "_inputs", "_latch", "_edge_only", "_edge", "_imk", "_iis", "_vector", "_slaves", "_level_mode", "_extended",
    "_self_finish", "_self_rotate", "_special", "_lowest", "_read_iis", "_poll", "_awaited", "_ready",
)


class Icu:
    """Eight interrupt levels, a mask, an in-service register and the priority between them.

    Args:
        int_line: driven with the request to the CPU.
        bus_vector: what an external slave's vector reads as, nobody being there (hypothesis H-OPENBUS).

    >>> line = Line("INT")
    >>> icu = Icu(line)
    >>> icu.write(0, 0x13); icu.write(1, 0x20); icu.write(1, 0x01)   # edge, no slaves, vectors from 20
    >>> icu.set_input(0, 1)
    >>> line.level, hex(icu.acknowledge()), line.level
    (1, '0x20', 0)
    """

    _poll: bool
    _read_iis: bool

    def __init__(self, int_line: Line, bus_vector: int = 0xFF) -> None:
        self._int = int_line
        self._bus_vector = bus_vector
        self._inputs = 0xFE
        self._edge_only = 0x01
        self._clear()

    def reset(self, kind: str) -> None:
        """Power: not initialised. Button: RESET does not reach the ICU."""
        if kind == "power":
            self._clear()
            self._update()

    def read(self, offset: int) -> int:
        """IMKW, or the polling byte, IIS or IRQ; while polling any read acknowledges."""
        value = self.peek(offset)
        if self._poll:
            self._poll = False
            level = self._highest()
            if level is not None:
                self._enter(level)
        return value

    def write(self, offset: int, value: int) -> None:
        """A command word; which one follows from the offset, D4-D3 and the state of initialisation."""
        if offset:
            self._write_word(value)
        elif value & 0x10:
            self._begin(value)
        elif value & 0x08:
            self._mode_word(value)
        else:
            self._finish_word(value)
        self._update()

    def peek(self, offset: int) -> int:
        """What a read would give, without acknowledging."""
        if offset:
            return self._imk
        if self._poll:
            level = self._highest()
            return 0 if level is None else 0x80 | level
        return self._iis if self._read_iis else self._irq()

    def set_input(self, level_no: int, level: int) -> None:
        """Interrupt input `level_no` (0-7) is now `level`."""
        bit = 1 << level_no
        if level:
            if not self._inputs & bit:
                self._inputs |= bit
                self._latch |= bit
                self._update()
        elif self._inputs & bit:
            self._inputs &= ~bit
            self._latch &= ~bit
            self._update()

    def set_edge_only(self, level_no: int, on: bool) -> None:
        """Whether the TCU feeds this input, which makes it edge-triggered whatever LEV says."""
        bit = 1 << level_no
        self._edge_only = self._edge_only | bit if on else self._edge_only & ~bit
        self._choose_trigger()
        self._update()

    def acknowledge(self) -> int:
        """Both INTA cycles: the vector number; the level goes into service. Level 7 if the request has gone."""
        level = self._highest()
        if level is None:
            level = 7
        else:
            self._enter(level)
        return self._bus_vector if self._slaves >> level & 1 else self._vector | level

    def snapshot(self) -> dict[str, Any]:
        """The whole state."""
        return {name[1:]: getattr(self, name) for name in _SAVED}

    def restore(self, block: dict[str, Any]) -> None:
        """Take a snapshot back; INT follows."""
        for name in _SAVED:
            setattr(self, name, block[name[1:]])
        self._int.restore(1 if self._ready and self._highest() is not None else 0)

    def _clear(self) -> None:
        self._ready = False
        self._awaited: list[int] = []
        self._vector = 0
        self._slaves = 0
        self._level_mode = False
        self._extended = self._self_finish = False
        self._start()

    def _start(self) -> None:
        self._imk = self._iis = self._latch = 0
        self._lowest = 7
        self._special = self._self_rotate = False
        self._read_iis = self._poll = False
        self._choose_trigger()

    def _choose_trigger(self) -> None:
        self._edge = self._edge_only if self._level_mode else 0xFF

    def _begin(self, value: int) -> None:
        self._level_mode = bool(value & 8)
        self._slaves = 0
        self._extended = self._self_finish = False
        self._ready = False
        self._awaited = [2] + ([] if value & 2 else [3]) + ([4] if value & 1 else [])
        self._start()

    def _write_word(self, value: int) -> None:
        if not self._awaited:
            self._imk = value
            return
        word, *self._awaited = self._awaited
        if word == 2:
            self._vector = value & 0xF8
        elif word == 3:
            self._slaves = value & 0xFE
        else:
            self._extended = bool(value & 0x10)
            self._self_finish = bool(value & 2)
        self._ready = not self._awaited

    def _mode_word(self, value: int) -> None:
        if value & 0x40:
            self._special = bool(value & 0x20)
        if value & 2:
            self._read_iis = bool(value & 1)
        self._poll = self._poll or bool(value & 4)

    def _finish_word(self, value: int) -> None:
        rotate, specific, finish = value & 0x80, value & 0x40, value & 0x20
        if finish:
            level: int | None = value & 7 if specific else self._first(self._serving())
            if level is None:
                return
            self._iis &= ~(1 << level)
            if rotate:
                self._lowest = level
        elif rotate and specific:
            self._lowest = value & 7
        elif not specific:
            self._self_rotate = bool(rotate)

    def _irq(self) -> int:
        return self._latch & self._edge | self._inputs & ~self._edge

    def _serving(self) -> int:
        return self._iis & ~self._imk if self._special else self._iis

    def _first(self, bits: int) -> int | None:
        """The bit of the highest priority, that after the lowest one coming first."""
        if not bits:
            return None
        shift = self._lowest + 1 & 7
        turned = (bits | bits << 8) >> shift & 0xFF
        return (turned & -turned).bit_length() - 1 + shift & 7

    def _highest(self) -> int | None:
        """The level that may interrupt now, or None."""
        pending = (self._latch & self._edge | self._inputs & ~self._edge) & ~self._imk
        if not pending:
            return None
        level = self._first(pending)
        assert level is not None
        serving = self._iis & ~self._imk if self._special else self._iis
        if not serving:
            return level
        if self._extended:
            serving &= ~(self._slaves & 1 << level)
        blocking = self._first(serving)
        if blocking is not None and (blocking - self._lowest - 1) & 7 <= (level - self._lowest - 1) & 7:
            return None
        return level

    def _enter(self, level: int) -> None:
        bit = 1 << level
        self._latch &= ~bit
        if not self._self_finish:
            self._iis |= bit
        elif self._self_rotate:
            self._lowest = level
        self._update()

    def _update(self) -> None:
        level = 1 if self._ready and self._highest() is not None else 0
        if level != self._int.level:
            self._int.drive(level)

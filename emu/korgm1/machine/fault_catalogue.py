"""The catalogue of faults: what can be broken on purpose, who reported it, and what its argument is."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import inf, isfinite
from types import MappingProxyType
from typing import Any

ROM = 0xE0000
"""The first address of IC32 and IC23."""

Bit = tuple[int, int, int | None]
"""Address, bit 0-7, and the level it is stuck at; None: it is turned over."""

_BIT = re.compile(r"(?:0[xX])?([0-9A-Fa-f]{1,5})\.([0-7])(?:\s*=\s*([01]))?")
_OHMS = re.compile(r"([0-9]*\.?[0-9]+(?:[eE][+-]?[0-9]+)?)\s*([kKM]?)(?:ohm)?")


@dataclass(frozen=True)
class FaultKind:
    """One row of the catalogue.

    Attributes:
        name: as on the command line.
        argument: what follows `=`, for people; "" for none.
        does: what is changed on the board.
        reported: who saw something like it, and what came of it.
        source: where that is told.
        parse: the argument's value; raises ValueError.
        example: an argument that is one.
        many: it may be given more than once.
        part: what it breaks, where another fault breaks the same; "" for none.
    """

    name: str
    argument: str
    does: str
    reported: str
    source: str
    parse: Callable[[str], Any]
    example: str = ""
    many: bool = False
    part: str = ""

    @property
    def written(self) -> str:
        """How it is written: NAME, NAME=ARGUMENT or NAME[=ARGUMENT]."""
        if self.argument.startswith("["):
            return f"{self.name}[={self.argument[1:]}"
        return f"{self.name}={self.argument}" if self.argument else self.name


def _nothing(text: str) -> bool:
    if text:
        raise ValueError
    return True


def _ohms(text: str) -> float:
    found = _OHMS.fullmatch(text)
    if found is None:
        raise ValueError
    ohms = float(found[1]) * {"": 1, "k": 1e3, "K": 1e3, "M": 1e6}[found[2]]
    if not (isfinite(ohms) and 0 < ohms <= 1e12):
        raise ValueError
    return ohms


def _ohms_or_open(text: str) -> float:
    return inf if text.lower() == "open" else _ohms(text)


def _microamperes(text: str) -> float:
    value = float(text.lower().removesuffix("ua"))
    if not 0 <= value <= 1000:
        raise ValueError
    return value


def _seconds(text: str) -> float:
    value = float(text or 0)
    if not 0 <= value <= 1e6:
        raise ValueError
    return value


def _key(text: str) -> str:
    if not text:
        raise ValueError
    return " ".join(text.upper().split())


def _bit(text: str) -> Bit:
    found = _BIT.fullmatch(text)
    if found is None:
        raise ValueError
    return int(found[1], 16), int(found[2]), None if found[3] is None else int(found[3])


def _ram_bit(text: str) -> Bit:
    address, bit, level = _bit(text)
    if address > 0xFFFF or level is None:
        raise ValueError
    return address, bit, level


def _rom_bit(text: str) -> Bit:
    address, bit, level = _bit(text)
    if address < ROM:
        raise ValueError
    return address, bit, level


_NONE_KNOWN = "no report of an M1; part of the bench"

FAULTS: Mapping[str, FaultKind] = MappingProxyType({kind.name: kind for kind in (
    FaultKind(
        "r29-open", "", "the 3 Mohm resistor from the cell to the ADC is open: IC29 reads 0 V",
        "the warning stays with a cell of 3.19 V and all data there",
        "facts m1-hardware 1.2, 4 (musiker-board 8610917, VSR 6905)", _nothing,
    ),
    FaultKind(
        "ic29-an6-dead", "", "the ADC's battery input is shorted to ground inside: IC29 reads 0 V there",
        "IC29 damaged by a discharge through a pedal jack; the warning stays with a good cell",
        "facts m1-hardware 4 (VSR 6905)", _nothing,
    ),
    FaultKind(
        "ic29-an6-leak", "UA", "the ADC's battery input draws so many microamperes: 3 V are lost in R29 for each",
        "the same report, a part that is damaged less", "facts battery-sram 0", _microamperes, "0.5",
    ),
    FaultKind(
        "adc-dead", "", "IC29 drives nothing: its port reads open bus",
        _NONE_KNOWN, "facts m1-hardware 1.2", _nothing,
    ),
    FaultKind(
        "cell-contact", "OHMS|open", "the holder's contact has a resistance, or none touches",
        "warnings and drop-outs until contacts are cleaned", "facts battery-sram 1.5 (X3, M1)", _ohms_or_open, "open",
    ),
    FaultKind(
        "cell-diode-open", "", "the diode from the cell to the RAM is open: the RAM has nothing with the power off",
        _NONE_KNOWN, "facts m1-hardware 1.2", _nothing, part="the cell's diode",
    ),
    FaultKind(
        "cell-diode-short", "", "that diode is a wire: with the power on +5 V charges the cell",
        "3.8 to 4.6 V read as battery voltage on faulty DX7s", "facts battery-sram 1.5", _nothing,
        part="the cell's diode",
    ),
    FaultKind(
        "isolation-diode-short", "",
        "the diode from +5 V to the RAM is a wire: with the power off the cell feeds the whole board",
        _NONE_KNOWN, "facts m1-hardware 1.2", _nothing,
    ),
    FaultKind(
        "node-pull-up", "OHMS", "a resistor from +5 V to the cell's node",
        "10 kohm without a cell: about 4.5 V there and another message, beginning \"Batter...\"",
        "facts battery-sram 0", _ohms, "10k",
    ),
    FaultKind(
        "fram", "", "ferroelectric RAM in place of the two uPD43256C: it keeps its content without a supply",
        "no cell fitted: the warning at each start, data kept", "facts battery-sram 0", _nothing,
    ),
    FaultKind(
        "no-supervisor", "", "nothing pulls /RESET low when +5 V falls: a dip stops the CPU where it is",
        "freezes when hit or at random (their cause was not told); which reset IC the M1 has is not published",
        "facts m1-hardware 4 (korgforums p=802206), battery-sram 5", _nothing,
    ),
    FaultKind(
        "reset-stuck", "", "/RESET never rises: the CPU does not start",
        "the day after a new cell only a solid bar on LCD line 1 and no LEDs",
        "facts m1-hardware 1.5, 4 (korgforums t=122587)", _nothing,
    ),
    FaultKind(
        "lcd-no-init", "", "the LCD's E is open: the controller never gets a command",
        "a solid bar on LCD line 1; that unit's LEDs were dark, which this fault leaves lit",
        "facts m1-hardware 1.5 (korgforums t=122587)", _nothing,
    ),
    FaultKind(
        "lcd-busy-stuck", "", "DB7 reads 1: the LCD seems busy for ever",
        _NONE_KNOWN, "facts m1-hardware 1.5", _nothing,
    ),
    FaultKind(
        "key-stuck", "NAME", "a panel switch is closed for ever",
        _NONE_KNOWN, "facts m1-hardware 1.1, 1.4", _key, "INT", many=True,
    ),
    FaultKind(
        "sram-bit", "ADDRESS.BIT=LEVEL", "a RAM cell is stuck: it holds this level whatever is written",
        _NONE_KNOWN, "facts battery-sram 4", _ram_bit, "0x1234.5=1", many=True,
    ),
    FaultKind(
        "rom-bit", "ADDRESS.BIT[=LEVEL]", "a bit of the OS ROM is turned over, or stuck at a level",
        "INT held at power-on checks the ROM", "facts m1-hardware 5", _rom_bit, "0xF1234.5", many=True,
    ),
    FaultKind(
        "card-contact", "", "pin 32 of the program card does not touch: the board does not see the card",
        "card banks cannot be selected", "facts m1-hardware 4 (VSR 6905)", _nothing,
    ),
    FaultKind(
        "card-cell-dead", "",
        "the cell of a program card in the slot gives nothing: the card forgets without +5 V; its input reads 0 V",
        "cards' cells that were found dead (what the display said was not told)",
        "facts m1-hardware 1.5, 8 (korgforums 114349; audiofanzine 540343)", _nothing,
    ),
    FaultKind(
        "timer0-dead", "[SECONDS]", "from so many seconds after power-on the V50's timer 0 no longer reaches its "
        "interrupt input, and who waits for a tick waits for ever: with 0.5 OpenM1 stays on its banner; without a "
        "number there is no tick at all, and it stays at the solid bar on line 1, before it has set the LCD up",
        "a unit that hangs stays on the banner, INT and PROG lit, keys dead (its cause was not told)",
        "facts m1-hardware 3.3 (vintagesynth t=114553)", _seconds, "0.5",
    ),
)})
"""All faults by name."""

"""Every parameter of a program reaches the sound chips: with a program in which it matters, another value makes other writes."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest
from sounding import OSC1, OSC2, PITCH_EG, SWITCHES, VDA, VDA_EG, VDF, VDF_EG, Chips, load, talk

from korgm1.session import Session
from korgm1.sram_layout.tables import Parameter, table

BASE = {
    10: 1, 12: 91, 13: 0, 14: 99, 15: 0, 16: 7, 17: 5, 18: 2,
    19: 0xE0, 20: 60, 21: 3, 22: 40, 23: 0xE0, 24: 50, 25: 3, 26: 40,
    27: 2, 28: 30, 29: 20, 30: 30, 31: -20, 32: 2, 33: 30, 34: 40, 35: 1, 36: 40, 37: 1,
}
"""DOUBLE, both MGs on both oscillators with key sync, everything moved by aftertouch and joystick."""
BLOCK = {
    PITCH_EG + 0: 30, PITCH_EG + 1: 8, PITCH_EG + 2: -40, PITCH_EG + 3: 10, PITCH_EG + 4: 8, PITCH_EG + 5: 50,
    PITCH_EG + 6: 30, PITCH_EG + 7: 30,
    VDF + 0: 50, VDF + 1: 60, VDF + 2: 20, VDF + 3: 60, VDF + 4: 40, VDF + 5: 40, VDF + 6: 30,
    VDF_EG + 0: 8, VDF_EG + 1: 70, VDF_EG + 2: 10, VDF_EG + 3: 20, VDF_EG + 4: 10, VDF_EG + 5: -20, VDF_EG + 6: 8,
    VDF_EG + 7: -60,
    VDA + 0: 70, VDA + 1: 60, VDA + 2: 20, VDA + 3: 30, VDA + 4: 40, VDA + 5: 40,
    VDA_EG + 0: 8, VDA_EG + 1: 90, VDA_EG + 2: 10, VDA_EG + 3: 60, VDA_EG + 4: 10, VDA_EG + 5: 70, VDA_EG + 6: 12,
    SWITCHES + 0: 0x5F, SWITCHES + 1: 0x5F, SWITCHES + 2: 0x5F, SWITCHES + 3: 0x5F,
}
OWN_BASE = {"Drum kit": {10: 2}}
"""What a parameter needs besides."""
WITHOUT = {
    "Name": "is shown only",
    "Byte 11 bits 2-7": "nobody knows what it means",
    "Pitch MG byte 19 bits 2-4": "nobody knows what it means",
    "Cutoff MG byte 23 bits 2-4": "nobody knows what it means",
    "Drum kit": "the kits of a memory that was just initialised are empty, all four alike",
}


def base() -> dict[int, int]:
    return BASE | {block + at: value for block in (OSC1, OSC2) for at, value in BLOCK.items()}


def other(parameter: Parameter, value: int) -> int:
    """The byte with another value of the parameter in it, well away and in its range."""
    if parameter.bits is not None:
        low, high = parameter.bits
        return value ^ ((1 << high - low + 1) - 1) << low
    if parameter.words:
        return parameter.min + (value - parameter.min + 1) % len(parameter.words)
    step = max(1, (min(parameter.max, 99) - parameter.min) // 5)
    return value + step if value + step <= min(parameter.max, 99) else value - step


def parameters() -> list[Any]:
    rows = [(0, row) for row in table("program").parameters]
    rows += [(block, row) for block in (OSC1, OSC2) for row in table("oscillator").parameters]
    return [pytest.param(at, row, id=f"{at + row.byte} {row.name}") for at, row in rows]


@cache
def played(snapshot: bytes, data: tuple[tuple[int, int], ...]) -> tuple[tuple[int, int], ...]:
    """Ports and values of two keys, the second above the first, played with joystick and aftertouch, then let go."""
    session = Session()
    session.restore(snapshot)
    load(session, dict(data))
    talk(session, [0xE0, 0, 80, 0xB0, 1, 90, 0xB0, 2, 70, 0xD0, 60])
    chips = Chips(session)
    talk(session, [0x90, 72, 90], 0.25)
    talk(session, [0x90, 76, 100], 0.35)
    talk(session, [0x80, 72, 0, 0x80, 76, 0], 0.25)
    return tuple((port, value) for _, port, value in chips.writes())


@pytest.mark.parametrize(("at", "row"), parameters())
def test_a_parameter_changes_what_the_chips_are_told(booted: bytes, at: int, row: Parameter) -> None:
    if row.name in WITHOUT:
        pytest.skip(f"{row.name} {WITHOUT[row.name]}")
    program = base()
    byte = at + row.byte
    changed = program | {byte: other(row, program.get(byte, 0))}
    assert changed != program
    assert played(booted, tuple(changed.items())) != played(booted, tuple(program.items()))

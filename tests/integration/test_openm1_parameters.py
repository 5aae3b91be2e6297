"""Every parameter of a program reaches the sound chips: where it matters, another value makes other writes."""

from __future__ import annotations

from functools import cache

import pytest
from sounding import OSC1, OSC2, PITCH_EG, SWITCHES, VDA, VDA_EG, VDF, VDF_EG, Chips, send, talk

from korgm1.session import Session
from korgm1.sram_layout.parameter import Parameter
from korgm1.sram_layout.parameters import table
from korgm1.sysex import PROGRAM_SIZE

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
EFFECTS = range(38, 63)
"""Bytes that are the MDE's."""
WITHOUT = ("Byte 11 bits 2-7", "Pitch MG byte 19 bits 2-4", "Cutoff MG byte 23 bits 2-4")
"""Nobody knows what they mean, and OpenM1 does nothing with them."""
def base() -> bytes:
    data = bytearray(b"Parameters".ljust(PROGRAM_SIZE, b"\0"))
    data[38:40] = b"\x21\x21"
    blocks = {block + at: value for block in (OSC1, OSC2) for at, value in BLOCK.items()}
    for byte, value in (BASE | blocks).items():
        data[byte] = value & 0xFF
    return bytes(data)


PARAMETERS = [
    row for row in table("program").parameters if row.byte not in EFFECTS and row.applies(base()) and not row.text
]
"""Without the name, and without the drum kit, which a DOUBLE program has not."""


def other(row: Parameter, data: bytes) -> bytes:
    """The same program with another value of one parameter, a fifth of its range away."""
    value, (low, high) = row.value(data), row.range()
    assert isinstance(value, int)
    if row.bits != (0, 7):
        low, high = 0, (1 << row.bits[1] - row.bits[0] + 1) - 1
    low, high = low or 0, 99 if high is None else min(high, 99)
    step = max(1, (high - low) // 5)
    changed = bytearray(data)
    row.put(changed, value + step if value + step <= high else value - step)
    return bytes(changed)


@cache
def played(snapshot: bytes, data: bytes) -> tuple[tuple[int, int], ...]:
    """Ports and values of two keys, the second above the first, played with joystick and aftertouch, then let go."""
    session = Session()
    session.restore(snapshot)
    send(session, data)
    talk(session, [0xE0, 0, 80, 0xB0, 1, 90, 0xB0, 2, 70, 0xD0, 60])
    chips = Chips(session)
    talk(session, [0x90, 72, 90], 0.5)
    talk(session, [0x90, 76, 100], 0.6)
    talk(session, [0x80, 72, 0, 0x80, 76, 0], 0.25)
    return tuple((port, value) for _, port, value in chips.writes())


@pytest.mark.parametrize("row", [pytest.param(row, id=f"{row.byte} {row.name}") for row in PARAMETERS])
def test_a_parameter_changes_what_the_chips_are_told(booted: bytes, row: Parameter) -> None:
    changed = other(row, base())
    assert changed != base()
    alike = played(booted, changed) == played(booted, base())
    assert alike is (row.name in WITHOUT)


def test_the_same_program_is_played_alike_twice(booted: bytes) -> None:
    """Else any difference would prove nothing."""
    once, again = played.__wrapped__(booted, base()), played(booted, base())
    assert len(once) > 1000 and once == again

"""Every parameter of a program reaches the sound chips: where it matters, another value makes other writes."""

from __future__ import annotations

from functools import cache

import pytest
from openm1_sound import talk
from sounding import Chips, rich_program, send

from korgm1.session import Session
from korgm1.sram_layout.parameter import Parameter
from korgm1.sram_layout.parameters import table

EFFECTS = range(38, 63)
"""Bytes that are the MDE's."""
WITHOUT = ("Byte 11 bits 2-7", "Pitch MG byte 19 bits 2-4", "Cutoff MG byte 23 bits 2-4")
"""Nobody knows what they mean, and OpenM1 does nothing with them."""
PARAMETERS = [
    row for row in table("program").present(rich_program()) if row.byte not in EFFECTS and not row.text
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
    changed = other(row, rich_program())
    assert changed != rich_program()
    alike = played(booted, changed) == played(booted, rich_program())
    assert alike is (row.name in WITHOUT)


def test_the_same_program_is_played_alike_twice(booted: bytes) -> None:
    """Else any difference would prove nothing."""
    once, again = played.__wrapped__(booted, rich_program()), played(booted, rich_program())
    assert len(once) > 1000 and once == again

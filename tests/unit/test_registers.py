"""The register table: every port of the windows is one byte of one register, and values read in units."""

from __future__ import annotations

from collections import Counter

import pytest

from korgm1.sound.registers import PANS, TABLES, UNUSED, WINDOWS, Register, decode, meaning


def test_every_port_of_a_window_is_one_byte_of_its_chip_and_no_other_port_is() -> None:
    ports = {port: decode(port) for port in range(0x10000)}
    known = {port for first, size in WINDOWS.values() for port in range(first, first + size)}
    assert {port for port, row in ports.items() if row} == known and len(known) == 0x200 + 2 * 0x100 + 4
    seen = Counter(row for row in ports.values() if row and row.name != UNUSED)
    assert set(seen.values()) == {1}, "a byte of a register is at one port"
    assert len(seen) == 16 * 18 + 16 * 8 + 3


@pytest.mark.parametrize(("chip", "count"), [("TG", 18), ("VDF1", 8), ("VDF2", 8), ("MDE", 3)])
def test_registers_do_not_overlap(chip: str, count: int) -> None:
    places = [row.offset + part for row in TABLES[chip] for part in range(row.width)]
    assert len(places) == len(set(places)) == count and max(places) < 0x20


@pytest.mark.parametrize(("port", "expected"), [
    (0x1000, ("TG", 0, "CONTROL", 0, 1)), (0x1001, ("TG", 0, "PAN", 0, 1)), (0x1002, ("TG", 0, "LEVEL", 0, 2)),
    (0x11E3, ("TG", 15, "LEVEL", 1, 2)), (0x1024, ("TG", 1, "LEVEL RAMP", 0, 1)),
    (0x1025, ("TG", 1, "PITCH RAMP", 0, 1)), (0x1026, ("TG", 1, "INCREMENT", 0, 3)),
    (0x1028, ("TG", 1, "INCREMENT", 2, 3)), (0x1029, ("TG", 1, UNUSED, 0, 1)), (0x102C, ("TG", 1, "START", 2, 3)),
    (0x1030, ("TG", 1, "LOOP", 2, 3)), (0x1034, ("TG", 1, "END", 2, 3)), (0x1035, ("TG", 1, UNUSED, 0, 1)),
    (0x0100, ("VDF1", 0, "CONTROL", 0, 1)), (0x0143, ("VDF1", 2, "CUTOFF", 1, 2)), (0x01E4, ("VDF1", 7, "RAMP", 0, 1)),
    (0x0207, ("VDF2", 8, "EG", 1, 2)), (0x02E8, ("VDF2", 15, "MG", 0, 2)), (0x0201, ("VDF2", 8, UNUSED, 0, 1)),
    (0x0500, ("MDE", None, "INDEX", 0, 1)), (0x0501, ("MDE", None, "COMMAND", 0, 1)),
    (0x0502, ("MDE", None, "DATA", 0, 1)), (0x0503, ("MDE", None, UNUSED, 0, 1)),
])
def test_a_port_is_its_register(port: int, expected: tuple[str, int | None, str, int, int]) -> None:
    found = decode(port)
    assert found == Register(*expected)
    assert found.last == (found.part == found.width - 1)


def test_interleaved_the_second_chip_has_the_odd_voices() -> None:
    voices = [[decode(first + 0x20 * k, "interleaved").voice for k in range(8)] for first in (0x100, 0x200)]  # type: ignore[union-attr]
    assert voices == [list(range(0, 16, 2)), list(range(1, 16, 2))]
    assert decode(0x1020, "interleaved").voice == 1  # type: ignore[union-attr]


@pytest.mark.parametrize(("name", "value", "chip", "expected"), [
    ("CONTROL", 0, "TG", "key off, once"), ("CONTROL", 0xFE, "TG", "key off, loop"), ("CONTROL", 0, "VDF2", "pass"),
    ("PAN", 0, "TG", "A"), ("PAN", 9, "TG", "1:9"), ("PAN", 12, "TG", "C+D"), ("PAN", 255, "TG", "D"),
    ("LEVEL", 0, "TG", "silent"), ("LEVEL", 0xFFFF, "TG", "0.0 dB"), ("LEVEL", 1, "TG", "-96.3 dB"),
    ("LEVEL RAMP", 0, "TG", "1 frame = 0.03 ms"), ("PITCH RAMP", 0xFF, "TG", "32768 frames = 1048.6 ms"),
    ("INCREMENT", 0xFFFFFF, "TG", "16.000 words/frame"), ("START", 0x12345, "TG", "word 012345"),
    ("CUTOFF", 0, "VDF1", "0.00 semitones = 8 Hz"), ("CUTOFF", 69 << 8, "VDF1", "69.00 semitones = 440 Hz"),
    ("CUTOFF", (134 << 8) - 1, "VDF1", "134.00 semitones = 18.79 kHz"), ("CUTOFF", 134 << 8, "VDF1", "open"),
    ("EG", 0x7FFF, "VDF1", "+128.00 semitones"), ("MG", 0x8000, "VDF1", "-128.00 semitones"),
    ("INDEX", 8, "MDE", "routing"), ("INDEX", 16, "MDE", "parameter 8 of effect 1"),
    ("INDEX", 17, "MDE", "parameter 1 of effect 2"), ("INDEX", 25, "MDE", "beyond the block"),
    ("DATA", 10, "MDE", "0A"), ("COMMAND", 0, "MDE", "take the block over"), (UNUSED, 7, "TG", "07"),
])
def test_values_in_units(name: str, value: int, chip: str, expected: str) -> None:
    assert meaning(name, value, chip) == expected


def test_every_value_of_every_register_has_a_meaning() -> None:
    for chip, rows in TABLES.items():
        for row in rows:
            for value in range(0, 1 << 8 * row.width, 1 if row.width < 3 else 4099):
                assert meaning(row.name, value, chip)


def test_there_are_fourteen_places() -> None:
    assert len(PANS) == 14

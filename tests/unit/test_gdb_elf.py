"""The ELF file with the names of an analysis, read back field by field."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from korgm1.analysis import analyse
from korgm1.debugging.gdb_elf import elf
from korgm1.romset.load import load_os


def read(data: bytes) -> tuple[dict[str, tuple[int, ...]], dict[str, tuple[int, int, int]]]:
    """Sections (type, flags, address, offset, size) and symbols (address, type, section), both by name."""
    assert data[:7] == b"\x7fELF\x01\x01\x01" and struct.unpack_from("<HH", data, 16) == (2, 0), "of no machine"
    start, size, count, names = struct.unpack_from("<I", data, 32) + struct.unpack_from("<HHH", data, 46)
    heads = [struct.unpack_from("<10I", data, start + size * number) for number in range(count)]

    def text(table: tuple[int, ...], at: int) -> str:
        place = table[4] + at
        return data[place : data.index(0, place)].decode()

    sections = {text(heads[names], head[0]): head[1:6] for head in heads}
    table = next(head for head in heads if head[1] == 2)
    strings, symbols = heads[table[6]], {}
    for place in range(table[4] + 16, table[4] + table[5], 16):
        name, value, _, info, _, section = struct.unpack_from("<IIIBBH", data, place)
        assert text(strings, name) not in symbols
        symbols[text(strings, name)] = (value, info & 15, section)
        _, _, _, first, _, length, *_ = heads[section]
        assert first <= value < first + length, "a symbol lies in its section"
    return sections, symbols


@pytest.fixture(scope="module")
def image() -> bytes:
    return load_os(None, "m1").image


def test_the_image_and_every_label_are_there(image: bytes) -> None:
    program = analyse(image)
    data = elf(program)
    sections, symbols = read(data)
    kind, flags, address, offset, size = sections[".rom"]
    assert (kind, flags, address, size) == (1, 6, 0xE0000, 0x20000) and data[offset : offset + size] == image
    assert {address for address, _, _ in symbols.values()} >= set(program.labels)
    for entry, function in program.functions.items():
        assert symbols[function.name][:2] == (entry, 2)
    assert symbols["reset"][0] == 0xFFFF0 and symbols["PIO_PE_LCD"][0] == 0x1000A08


@settings(max_examples=30, deadline=None)
@given(st.binary(min_size=1, max_size=300))
def test_any_image_gives_a_sound_file(code: bytes) -> None:
    read(elf(analyse(code, base=0x100000 - len(code))))

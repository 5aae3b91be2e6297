"""Which line of a source each instruction stands on, as GDB reads it.

Only instructions have lines. Where nothing but data follows, a sequence ends, so that GDB sets no breakpoint into data.

Source: DWARF Debugging Information Format 4, 6.2 and 7.6.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from typing import NamedTuple

ADDRESS = 4
"""Bytes of an address."""
_VERSION = 4
_COPY, _ADVANCE_PC, _ADVANCE_LINE = 1, 2, 3
_EXTENDED, _END_SEQUENCE, _SET_ADDRESS = 0, 1, 2
_OPERANDS = (0, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 1)
"""How many each of the standard words has."""
_LINE_BASE, _LINE_RANGE = -5, 14
"""Of special words, which are not used."""


class Lines(NamedTuple):
    """Where instructions stand in a file.

    Attributes:
        folder: the file's.
        name: the file's, in its folder.
        rows: address, bytes and line, from 1, of each instruction, by the address.
    """

    folder: bytes
    name: bytes
    rows: Sequence[tuple[int, int, int]]


def debug_line(lines: Lines) -> bytes:
    """The section `.debug_line`: a row an instruction, a sequence for those that follow each other.

    >>> debug_line(Lines(b"/", b"x.asm", [(0xFFFF0, 2, 7)]))[-15:].hex(" ")
    '00 05 02 f0 ff 0f 00 03 06 01 02 02 00 01 01'
    """
    program = b"".join(_sequence(rows) for rows in _stretches(lines.rows))
    words = struct.pack("<BBBbBB", 1, 1, 1, _LINE_BASE, _LINE_RANGE, len(_OPERANDS) + 1) + bytes(_OPERANDS)
    head = words + b"\0" + lines.name + b"\0" + bytes(3) + b"\0"
    body = struct.pack("<HI", _VERSION, len(head)) + head + program
    return struct.pack("<I", len(body)) + body


def _stretches(rows: Sequence[tuple[int, int, int]]) -> Iterator[list[tuple[int, int, int]]]:
    """Rows that follow each other without a gap."""
    stretch: list[tuple[int, int, int]] = []
    for row in rows:
        if stretch and row[0] != stretch[-1][0] + stretch[-1][1]:
            yield stretch
            stretch = []
        stretch.append(row)
    if stretch:
        yield stretch


def _sequence(rows: Sequence[tuple[int, int, int]]) -> bytes:
    out = bytearray(bytes([_EXTENDED, 1 + ADDRESS, _SET_ADDRESS]) + struct.pack("<I", rows[0][0]))
    before = 1
    for _, size, line in rows:
        out += bytes([_ADVANCE_LINE]) + sleb128(line - before) + bytes([_COPY, _ADVANCE_PC]) + uleb128(size)
        before = line
    return bytes(out) + bytes([_EXTENDED, 1, _END_SEQUENCE])


def uleb128(value: int) -> bytes:
    """An unsigned number as DWARF has it.

    >>> uleb128(127).hex(), uleb128(128).hex()
    ('7f', '8001')
    """
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def sleb128(value: int) -> bytes:
    """A signed number as DWARF has it.

    >>> sleb128(-2).hex(), sleb128(127).hex(), sleb128(-129).hex()
    ('7e', 'ff00', 'ff7e')
    """
    out = bytearray()
    while not -0x40 <= value < 0x40:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value & 0x7F])

"""Which bytes of a dump's records no panel could have set."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from korgm1.sram_layout.parameters import table
from korgm1.syx.layout import Section, place
from korgm1.syx.message import Piece

Row = tuple[int, str, str, str, str]
"""Offset in the file, kind, where, found, expected."""


def out_of_range(piece: Piece) -> Iterator[Row]:
    """A warning for each parameter whose value is impossible, and for offsets of sequences that lead astray.

    Args:
        piece: a message whose data have the right size.
    """
    data = piece.data
    for section in piece.sections:
        if section.kind == "offset":
            yield from _offsets(piece, section, data)
        elif section.kind != "step":
            for number in range(section.count):
                start = section.start + number * section.size
                yield from _record(piece, section, number, start, data[start : start + section.size])


def _record(piece: Piece, section: Section, number: int, start: int, record: bytes) -> Iterator[Row]:
    rows = table(section.kind)
    for row in rows.present(record):
        if row.possible(record):
            continue
        label = f"{section.title(number)} {rows.label(record)}".rstrip()
        at = start + row.byte
        if row.text:
            name = record[row.byte : row.byte + row.text]
            letter = next(index for index, code in enumerate(name) if code and not 0x20 <= code < 0x80)
            at += letter
            found, wanted = f"{row.name} has the byte {name[letter]:02X}", "20 to 7F, or 00"
        else:
            low, high = row.range()
            found, wanted = f"{row.name} is {row.value(record)}", f"{'any' if low is None else low} to {high}"
        yield piece.at(piece.data_index + place(at)), "warning", label, found, wanted


def _offsets(piece: Piece, section: Section, data: bytes) -> Iterator[Row]:
    """Where songs and patterns begin: in order, on whole steps, the last where the steps end."""
    offsets = struct.unpack_from(f"<{section.count}H", data, section.start)
    before = 0
    for number, value in enumerate(offsets):
        wanted = ""
        if value % 4:
            wanted = "a multiple of 4"
        elif value < before:
            wanted = f"{before} or more, where the part before it begins"
        elif number == section.count - 1 and value != 4 * piece.steps:
            wanted = f"{4 * piece.steps}, where the steps end"
        elif value > 4 * piece.steps:
            wanted = f"{4 * piece.steps} at most, where the steps end"
        if wanted:
            at = piece.at(piece.data_index + place(section.start + 2 * number))
            yield at, "warning", f"{section.title(number)} of sequences", f"it is {value}", wanted
            return
        before = value

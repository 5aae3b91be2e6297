"""Names for GDB: an ELF file with the image and every label of an analysis, which GDB reads as the program it debugs.

The image lies in `.rom`, labels of RAM in `.ram`, the names of ports in `.ports` where `gdb_target` has them; how to
unwind calls stands in `.debug_frame` (`gdb_unwind`), what has which type in `.debug_info` (`gdb_dwarf`), and where in a
source each instruction stands in `.debug_line` (`gdb_lines`). Source of the layout: Tool Interface Standard, ELF 1.2;
there is no machine number for an 8086.
"""

from __future__ import annotations

import os
import re
import struct
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from korgm1.analysis.exports import rows
from korgm1.analysis.listing import Source
from korgm1.analysis.program import Program
from korgm1.debugging.gdb_dwarf import Variable, debug_abbrev, debug_info
from korgm1.debugging.gdb_lines import Lines, debug_line
from korgm1.debugging.gdb_target import PORT_BASE, PORT_COUNT
from korgm1.debugging.gdb_unwind import debug_frame
from korgm1.debugging.gdb_variables import variables

NO_SOURCE = Source("", {})
_HEADER, _SECTION, _SYMBOL = 52, 40, 16
"""Bytes of the file's head, of a section's, of a symbol."""
_EXEC, _NO_MACHINE = 2, 0
"""An executable, of no machine: the target description says i8086; an i386's file GDB takes for 32-bit code."""
_PROGBITS, _SYMTAB, _STRTAB, _NOBITS = 1, 2, 3, 8
_WRITE, _ALLOC, _CODE = 1, 2, 4
_NOTYPE, _OBJECT, _FUNC = 0, 1, 2
_GLOBAL = 1 << 4
_TYPES = {"function": _FUNC, "code": _NOTYPE}


class Section(NamedTuple):
    """A section: its name, kind, flags, address, content (of one without: its size), what it is linked to."""

    name: str
    kind: int
    flags: int = 0
    address: int = 0
    data: bytes = b""
    size: int = 0
    link: int = 0
    info: int = 0
    entry: int = 0


def elf(program: Program, source: Path | None = None, listing: Source = NO_SOURCE) -> bytes:
    """The ELF file.

    Args:
        program: what is found.
        source: the file in which GDB finds its listing; None: there is none.
        listing: what is in that.

    >>> from korgm1.analysis import analyse
    >>> data = elf(analyse(bytes.fromhex("ebfe"), base=0xFFFF0))
    >>> data[:4], b"reset" in data
    (b'\\x7fELF', True)
    """
    base, image = program.base, program.image
    symbols, names, functions = bytearray(_SYMBOL), bytearray(1), {}
    places: dict[int, str] = {}
    for address, name, kind, size in _named(program):
        section = 1 if program.holds(address) else 3 if address >= PORT_BASE else 2
        info = _GLOBAL | _TYPES.get(kind, _OBJECT)
        symbols += struct.pack("<IIIBBH", len(names), address, size, info, 0, section)
        names += name.encode("ascii") + b"\0"
        places[address] = name
        if kind == "function":
            functions[address] = name
    table = None if source is None else _lines(program, source, listing.lines)
    labels = listing.labels
    stands = {address: labels.get(name, 0) for address, name in program.labels.items()}
    known = [each._replace(line=stands.get(each.address, 0)) for each in variables(program, places)]
    rom = Section(".rom", _PROGBITS, _ALLOC | _CODE, base, image)
    sections = _sections(rom, bytes(symbols), bytes(names), functions, known, table)
    return _file(sections, 0xFFFF0)


def _lines(program: Program, source: Path, lines: Mapping[int, int]) -> Lines:
    """The lines of the instructions that are shown; one that lies in another is not."""
    path = source.resolve()
    rows = [(at, len(program.instructions[at].instruction.code), line) for at, line in sorted(lines.items())]
    return Lines(os.fsencode(path.parent), os.fsencode(path.name), rows)


def bare_elf(base: int = 0xE0000) -> bytes:
    """An ELF file of a firmware nobody has looked into: how to unwind it, and no more; not its bytes either.

    >>> b"unknown_caller" in bare_elf(), len(bare_elf()) < 2000
    (True, True)
    """
    rom = Section(".rom", _NOBITS, _ALLOC | _CODE, base, size=0x100000 - base)
    return _file(_sections(rom, bytes(_SYMBOL), b"\0", {}), 0xFFFF0)


def _sections(
    rom: Section, symbols: bytes, names: bytes, functions: Mapping[int, str], known: Sequence[Variable] = (),
    lines: Lines | None = None,
) -> list[Section]:
    """All but the last; symbols say 1, 2 and 3 for the first three."""
    return [
        rom,
        Section(".ram", _NOBITS, _ALLOC | _WRITE, 0, size=min(rom.address, 0xE0000)),
        Section(".ports", _NOBITS, _ALLOC | _WRITE, PORT_BASE, size=PORT_COUNT),
        Section(".symtab", _SYMTAB, data=symbols, link=5, info=1, entry=_SYMBOL),
        Section(".strtab", _STRTAB, data=names),
        Section(".debug_frame", _PROGBITS, data=debug_frame()),
        Section(".debug_info", _PROGBITS, data=debug_info(functions, known, lines)),
        Section(".debug_abbrev", _PROGBITS, data=debug_abbrev()),
        *([] if lines is None else [Section(".debug_line", _PROGBITS, data=debug_line(lines))]),
    ]


def _named(program: Program) -> list[tuple[int, str, str, int]]:
    """Address, name, kind and size of every symbol; no name twice."""
    found = [
        (address, name, kind, _extent(program, address) if kind in _TYPES else size)
        for address, name, kind, size, _ in rows(program)
    ]
    found += [(PORT_BASE + port, name, "port", 1) for port, name in program.port_names.items() if port >= 0]
    taken: dict[str, tuple[int, str, str, int]] = {}
    for address, name, kind, size in found:
        word = re.sub(r"[^A-Za-z0-9_.$]+", "_", name).strip("_") or "_"
        if word in taken:
            word = f"{word}_{address:X}"
        taken[word] = (address, word, kind, size)
    return list(taken.values())


def _extent(program: Program, address: int) -> int:
    """Bytes of code in one piece up to the next label, so that GDB has a name for each of them."""
    at = address
    while at in program.instructions and (at == address or at not in program.labels):
        at += len(program.instructions[at].instruction.code)
    return at - address


def _file(sections: list[Section], entry: int) -> bytes:
    """Head, contents, section heads; the last section, of their names, is made here."""
    names = bytearray(1)
    heads, body = bytearray(_SECTION), bytearray()
    for section in [*sections, Section(".shstrtab", _STRTAB)]:
        name = len(names)
        names += section.name.encode() + b"\0"
        data = bytes(names) if section.name == ".shstrtab" else section.data
        heads += struct.pack(
            "<10I", name, section.kind, section.flags, section.address, _HEADER + len(body), len(data) or section.size,
            section.link, section.info, 1, section.entry,
        )
        body += data + bytes(-len(data) % 4)
    count = len(sections) + 2
    head = b"\x7fELF\x01\x01\x01" + bytes(9) + struct.pack(
        "<HHIIIIIHHHHHH", _EXEC, _NO_MACHINE, 1, entry, 0, _HEADER + len(body), 0, _HEADER, 0, 0, _SECTION, count,
        count - 1,
    )  # fmt: skip
    return head + bytes(body) + bytes(heads)

"""What GDB knows of a firmware beyond names: functions, and variables with their types.

One unit of DWARF 4: `.debug_info` and `.debug_abbrev`; lines are `gdb_lines`'. Its language is assembler: GDB then has
breakpoints stand at a function's first byte, where for other languages it looks for the end of a prologue of 32-bit
code (gdb/symtab.c, find_function_start_sal_1). Its producer calls itself GNU's, for `gdb_unwind`'s rules of unwinding.

Functions follow each other without gaps: GDB takes two frames for the same only where their functions begin at the same
address, and without them a label behind a call would begin another. They have no line of declaration: GDB would refuse
breakpoints on the lines between that and the first instruction.

Source: DWARF Debugging Information Format 4, 2, 3 and 7.5.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Mapping
from itertools import pairwise
from typing import Any, NamedTuple

from korgm1.debugging.gdb_lines import ADDRESS, Lines, uleb128
from korgm1.debugging.gdb_unwind import CODE, VECTORS

_PRODUCER = b"GNU frames 4.5, as korgm1 gdb knows them"
_ASSEMBLER = 0x8001
_VERSION = 4
_COMPILE_UNIT, _SUBPROGRAM, _VARIABLE, _BASE_TYPE, _ARRAY_TYPE, _SUBRANGE = 0x11, 0x2E, 0x34, 0x24, 0x01, 0x21
_LOCATION, _NAME, _BYTE_SIZE, _STMT_LIST, _LOW, _HIGH, _LANGUAGE, _COMP_DIR = (
    0x02, 0x03, 0x0B, 0x10, 0x11, 0x12, 0x13, 0x1B,
)  # fmt: skip
_MADE_BY, _COUNT, _ENCODING, _EXTERNAL, _TYPE = 0x25, 0x37, 0x3E, 0x3F, 0x49
_ADDR, _DATA2, _DATA4, _STRING, _DATA1, _UDATA, _REF4, _OFFSET, _EXPRESSION, _PRESENT = (
    0x01, 0x05, 0x06, 0x08, 0x0B, 0x0F, 0x13, 0x17, 0x18, 0x19,
)  # fmt: skip
_ENTRIES: dict[str, tuple[int, bool, tuple[tuple[int, int], ...]]] = {
    "unit": (_COMPILE_UNIT, True, (
        (_NAME, _STRING), (_MADE_BY, _STRING), (_LANGUAGE, _DATA2), (_LOW, _ADDR), (_HIGH, _DATA4),
    )),
    "unit with lines": (_COMPILE_UNIT, True, (
        (_NAME, _STRING), (_MADE_BY, _STRING), (_LANGUAGE, _DATA2), (_LOW, _ADDR), (_HIGH, _DATA4),
        (_COMP_DIR, _STRING), (_STMT_LIST, _OFFSET),
    )),
    "function": (_SUBPROGRAM, False, ((_NAME, _STRING), (_LOW, _ADDR), (_HIGH, _DATA4), (_EXTERNAL, _PRESENT))),
    "type": (_BASE_TYPE, False, ((_NAME, _STRING), (_BYTE_SIZE, _DATA1), (_ENCODING, _DATA1))),
    "array": (_ARRAY_TYPE, True, ((_TYPE, _REF4),)),
    "range": (_SUBRANGE, False, ((_COUNT, _UDATA),)),
    "variable": (_VARIABLE, False, (
        (_NAME, _STRING), (_TYPE, _REF4), (_EXTERNAL, _PRESENT), (_LOCATION, _EXPRESSION),
    )),
}  # fmt: skip
"""What an entry of each kind is made of: its tag, whether others lie in it, its attributes and their forms."""
_CODES = {kind: number for number, kind in enumerate(_ENTRIES, 1)}
_TYPES = {"byte": (1, 7), "word": (2, 7), "char": (1, 8)}
"""Bytes and encoding of the types that variables have."""
_OP_ADDR = 0x03


class Variable(NamedTuple):
    """Something in memory or a port that has a name.

    Attributes:
        name: of ASCII.
        address: GDB's.
        type: byte, word or char.
        length: how many, of an array; None: it is none.
    """

    name: str
    address: int
    type: str
    length: int | None = None


def debug_abbrev() -> bytes:
    """The section `.debug_abbrev`: what the entries of `debug_info` are made of."""
    out = bytearray()
    for kind, (tag, parent, attributes) in _ENTRIES.items():
        out += bytes([_CODES[kind], tag, parent])
        for attribute in attributes:
            out += bytes(attribute)
        out += bytes(2)
    return bytes(out) + b"\0"


def debug_info(
    functions: Mapping[int, str], variables: Iterable[Variable] = (), lines: Lines | None = None
) -> bytes:
    """The section `.debug_info`: a unit, a function from each address to the next, types, variables.

    Args:
        functions: names by address.
        variables: that are to be known.
        lines: the file they stand in.

    >>> b"unknown_caller" in debug_info({}), b"reset" in debug_info({0xFFFF0: "reset"})
    (True, True)
    """
    out = bytearray(struct.pack("<IHIB", 0, _VERSION, 0, ADDRESS))
    span = (VECTORS[0], CODE[1] - VECTORS[0])
    name = b"firmware" if lines is None else lines.name
    out += _entry("unit" if lines is None else "unit with lines", name, _PRODUCER, _ASSEMBLER, *span, *(
        () if lines is None else (lines.folder, 0)
    ))  # fmt: skip
    begins = sorted((at, word) for at, word in functions.items() if CODE[0] <= at < CODE[1])
    spans = [(*VECTORS, "unknown_caller")]
    spans += [(at, end, word) for (at, word), (end, _) in pairwise([*begins, (CODE[1], "")])]
    for at, end, word in spans:
        out += _entry("function", word.encode("ascii"), at, end - at, None)
    types: dict[tuple[str, int | None], int] = {}
    for word, (size, encoding) in _TYPES.items():
        types[word, None] = len(out)
        out += _entry("type", word.encode("ascii"), size, encoding)
    for variable in variables:
        key = variable.type, variable.length
        if key not in types:
            types[key] = len(out)
            out += _entry("array", types[variable.type, None]) + _entry("range", variable.length) + b"\0"
        place = bytes([_OP_ADDR]) + struct.pack("<I", variable.address)
        out += _entry("variable", variable.name.encode("ascii"), types[key], None, place)
    out += b"\0"
    struct.pack_into("<I", out, 0, len(out) - 4)
    return bytes(out)


def _entry(kind: str, *values: int | bytes | None) -> bytes:
    """One entry, its attributes in `_ENTRIES`' order."""
    out = uleb128(_CODES[kind])
    for (_, form), value in zip(_ENTRIES[kind][2], values, strict=True):
        out += _FORMS[form](value)
    return out


def _number(size: int) -> Callable[[Any], bytes]:
    return lambda value: int(value).to_bytes(size, "little")


_FORMS: dict[int, Callable[[Any], bytes]] = {
    _ADDR: _number(ADDRESS), _DATA1: _number(1), _DATA2: _number(2), _DATA4: _number(4), _REF4: _number(4),
    _OFFSET: _number(4), _UDATA: uleb128, _STRING: lambda value: value + b"\0", _PRESENT: lambda value: b"",
    _EXPRESSION: lambda value: uleb128(len(value)) + value,
}  # fmt: skip

"""The variables that GDB is told of: labels of RAM and of data in the image, and ports, with the types that code shows.

A label's elements are words where any instruction that names it has it as a word, else bytes. It is an array, as far as
the next label, where an instruction names it with an index, or takes its address.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping

from korgm1.analysis.program import Program
from korgm1.cpu.disassembler import Instruction
from korgm1.debugging.gdb_dwarf import Variable
from korgm1.debugging.gdb_target import PORT_BASE

_RAM_END = 0x10000
_LONGEST = 0x1000
_DIRECT = 6
"""Of a modrm byte without the register: an address alone."""


def variables(program: Program, names: Mapping[int, str]) -> list[Variable]:
    """Every label that is no code, and every port.

    Args:
        program: whose.
        names: what GDB calls a label or a port, by GDB's address.

    >>> from korgm1.analysis import analyse
    >>> program = analyse(bytes.fromhex("31c0 8ed8 a21204 a11404 8a870005 ebfe"), base=0xFFFF0)
    >>> [(f"{each.address:X}", each.type, each.length) for each in variables(program, program.labels)]
    [('412', 'byte', None), ('414', 'word', None), ('500', 'byte', 4096)]
    """
    starts = sorted(program.labels)
    texts = {text.address: text.text for text in program.texts}
    tables = {table.address: table for table in program.tables}
    found = []
    for address, name in names.items():
        if address >= PORT_BASE:
            found.append(Variable(name, address, "byte"))
        elif address in program.words:
            found.append(Variable(name, address, "word", program.words[address]))
        elif address in tables:
            table = tables[address]
            size = table.stride * table.count
            kind = "char" if table.kind == "names" else "word" if table.stride % 2 == 0 else "byte"
            found.append(Variable(name, address, kind, size // 2 if kind == "word" else size))
        elif address in texts:
            found.append(Variable(name, address, "char", len(texts[address]) + _closed(program, address, texts)))
        elif not _is_code(program, address):
            place = bisect_right(starts, address)
            end = starts[place] if place < len(starts) else address + _LONGEST
            found.append(_shown(program, address, name, end))
    return found


def _shown(program: Program, address: int, name: str, end: int) -> Variable:
    """What the instructions show that name a place, which reaches to `end` at most."""
    wide = indexed = False
    for ref in program.xrefs.get(address, ()):
        placed = program.instructions.get(ref.origin)
        if placed is not None and ref.kind in ("read", "write"):
            wide |= _is_wide(placed.instruction)
            indexed |= _is_indexed(placed.instruction)
        indexed |= ref.kind == "address"
    limit = _RAM_END if address < _RAM_END else program.end if program.holds(address) else 0x100000
    room = max(min(end - address, limit - address, _LONGEST), 1)
    if wide and room < 2 <= limit - address and not indexed:
        room = 2
    wide &= room >= 2
    count = room // 2 if wide else room
    return Variable(name, address, "word" if wide else "byte", count if indexed and count > 1 else None)


def _is_wide(instruction: Instruction) -> bool:
    operands = instruction.form.operands[0] if instruction.form is not None else ()
    return not any(operand in ("Eb", "Ob") for operand in operands)


def _is_indexed(instruction: Instruction) -> bool:
    return instruction.modrm is not None and instruction.memory and instruction.modrm & 0xC7 != _DIRECT


def _is_code(program: Program, address: int) -> bool:
    """An instruction begins there, or goes on there."""
    return any(
        address - n in program.instructions and n < len(program.instructions[address - n].instruction.code)
        for n in range(8)
    )


def _closed(program: Program, address: int, texts: Mapping[int, str]) -> int:
    """Whether a zero ends a text."""
    end = address + len(texts[address]) - program.base
    return int(end < len(program.image) and program.image[end] == 0)

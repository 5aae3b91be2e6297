"""Code that is only reached by pointers: jump tables, routines stored into RAM, rows of tables.

Nothing here is sure. A pointer counts if it leads to the beginning of an instruction already known, or to where known
code ends, and what stands there reads like code (`Descent.plausible`); the words of a table that a jump names are taken
as far as they do.
"""

from __future__ import annotations

from dataclasses import dataclass

from korgm1.analysis.descent import FREE, START, Descent
from korgm1.analysis.program import Placed, physical
from korgm1.analysis.registers import CS, DS
from korgm1.cpu.disassembler import Instruction

_STRIDES = (2, 3, 4, 5, 6, 8, 10, 12)
_MOST = 256
_ROUNDS = 12
_OVERRIDE = {0x26: None, 0x2E: CS, 0x36: None, 0x3E: DS}


@dataclass(frozen=True)
class JumpTable:
    """Words that an indirect jump or call takes its target from: address of the first, distance, how many, who."""

    address: int
    stride: int
    count: int
    origin: int
    segment: int


def resolve(descent: Descent) -> list[JumpTable]:
    """Follow pointers until nothing new is found; returns the tables of those jumps that name one."""
    tables: dict[int, JumpTable] = {}
    tried: set[int] = set()
    for _ in range(_ROUNDS):
        before = len(descent.placed)
        for origin, placed in list(descent.indirect.items()):
            table = _table(descent, origin, placed)
            if table is not None and (origin not in tables or table.count > tables[origin].count):
                tables[origin] = table
                for n in range(table.count):
                    _enter_word(descent, table.address + n * table.stride, table.segment, placed)
                descent.follow()
        _immediates(descent, tried)
        _rows(descent, tried)
        if len(descent.placed) == before:
            break
    return [tables[origin] for origin in sorted(tables)]


def _table(descent: Descent, origin: int, placed: Placed) -> JumpTable | None:
    instruction = placed.instruction
    if instruction.form is None or instruction.form.name not in ("FF.2", "FF.4") or not instruction.memory:
        return None
    if 0x2E not in instruction.prefixes or instruction.displacement is None:
        return None
    first = physical(placed.segment, instruction.displacement)
    if (instruction.modrm or 0) & 0xC7 == 6:
        count = _run(descent, first, 2, placed.segment, 1)
        return JumpTable(first, 2, count, origin, placed.segment) if count else None
    if not instruction.wide:
        return None
    counts = [(_run(descent, first, stride, placed.segment, _MOST), -stride) for stride in _STRIDES]
    count, stride = max(counts)
    return JumpTable(first, -stride, count, origin, placed.segment) if count >= 2 else None


def _run(descent: Descent, first: int, stride: int, segment: int, most: int) -> int:
    """How many words, one behind the other, lead to what may be code; known code ends the table."""
    for n in range(most):
        at = first + n * stride - descent.base
        if not 0 <= at < len(descent.image) - 1 or descent.cover[at] != FREE or descent.cover[at + 1] != FREE:
            return n
        if n and descent.base + at in descent.refs:
            return n
        offset = descent.image[at] | descent.image[at + 1] << 8
        target = physical(segment, offset)
        if first <= target <= first + n * stride + 1 or not _code(descent, segment, offset):
            return n
    return most


def _code(descent: Descent, segment: int, offset: int) -> bool:
    at = physical(segment, offset) - descent.base
    if not 0 <= at < len(descent.image):
        return False
    return descent.cover[at] == START or (descent.cover[at] == FREE and descent.plausible(segment, offset))


def _enter_word(descent: Descent, address: int, segment: int, placed: Placed) -> None:
    at = address - descent.base
    offset = descent.image[at] | descent.image[at + 1] << 8
    form = placed.instruction.form
    descent.enter(segment, offset, address, "table")
    if form is not None and form.name == "FF.2":
        descent.calls.add(physical(segment, offset))


def constant(instruction: Instruction) -> int | None:
    """The word a MOV or PUSH puts somewhere, if it stands in the instruction.

    >>> from korgm1.cpu.disassembler import decode
    >>> hex(constant(decode(bytes.fromhex("be3412"))))
    '0x1234'
    """
    form = instruction.form
    if form is None:
        return None
    if (form.mnemonic[0] == "mov" and form.operands[0][1:] == ("Iw",)) or form.name == "68":
        return instruction.values[0]
    return None


def _immediates(descent: Descent, tried: set[int]) -> None:
    for address, placed in list(descent.placed.items()):
        value = constant(placed.instruction)
        if value is not None and not placed.emulated:
            _try(descent, placed.segment, value, address, "address", tried)
    descent.follow()


def _rows(descent: Descent, tried: set[int]) -> None:
    """Words in what is not code yet, in each segment that executes code."""
    segments = sorted({placed.segment for placed in descent.placed.values()})[:4]
    behind = _behind_code(descent)
    image, cover = descent.image, descent.cover
    for segment in segments:
        wanted = {address - (segment << 4) for address in behind if 0 <= address - (segment << 4) < 0x10000}
        if not wanted:
            continue
        for offset in wanted:
            pair = offset.to_bytes(2, "little")
            at = image.find(pair)
            tries = 0
            while at >= 0 and tries < 64:
                if not cover[at] and not cover[at + 1]:
                    _try(descent, segment, offset, descent.base + at, "table", tried)
                    break
                at = image.find(pair, at + 1)
                tries += 1
    descent.follow()


def _behind_code(descent: Descent) -> list[int]:
    """Addresses where known code ends with a jump or a return and nothing is known."""
    found = []
    for address, placed in descent.placed.items():
        if placed.instruction.ends:
            at = address + len(placed.instruction.code) - descent.base
            if at < len(descent.image) and descent.cover[at] == FREE:
                found.append(at + descent.base)
    return found


def _try(descent: Descent, segment: int, offset: int, origin: int, kind: str, tried: set[int]) -> None:
    address = physical(segment, offset)
    if not descent.base <= address < descent.end or address in tried:
        return
    if descent.cover[address - descent.base] != FREE or not descent.ends_before(address):
        return
    tried.add(address)
    if descent.plausible(segment, offset):
        descent.enter(segment, offset, origin, kind)
        descent.calls.add(address)
        descent.follow()

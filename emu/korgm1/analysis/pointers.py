"""Code that is only reached by pointers: jump tables, routines stored into RAM, rows of tables.

Nothing here is sure. A pointer counts if it leads to the beginning of an instruction already known, or to where known
code ends, and what stands there reads like code (`Descent.plausible`); the words of a table that a jump names are taken
as far as they do.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping
from dataclasses import dataclass

from korgm1.analysis.descent import FREE, INSIDE, START, Descent
from korgm1.analysis.program import Placed, physical
from korgm1.cpu.disassembler import Instruction

_STRIDES = (2, 3, 4, 5, 6, 8, 10, 12)
_WIDER = 2
"""How many times as many words a greater distance needs to be taken: by chance a few more lead to code."""
_MOST = 256
_ROUNDS = 12
_READABLE = re.compile(rb"[\x20-\x7e]{4}")
_LOOK_BACK = 6
_TRIES = 64
_CODE = (START, INSIDE)


@dataclass(frozen=True)
class JumpTable:
    """What an indirect jump or call takes its target from: address of the first word, distance, how many, who, and the
    segment they are in; None: each word has its own behind it."""

    address: int
    stride: int
    count: int
    origin: int
    segment: int | None

    def target(self, image: bytes, base: int, n: int) -> int:
        """The address that entry `n` leads to."""
        at = self.address - base + n * self.stride
        words = [int.from_bytes(image[where : where + 2], "little") for where in (at, at + 2)]
        return physical(words[1] if self.segment is None else self.segment, words[0])


def resolve(descent: Descent, known: Mapping[int, int]) -> list[JumpTable]:
    """Follow pointers until nothing new is found; returns the tables of those jumps that name one.

    Args:
        descent: the code so far.
        known: instruction -> address in the image that it reads from by DS or ES, where these are known.
    """
    tables: dict[int, JumpTable] = {}
    tried: set[int] = set()
    for _ in range(_ROUNDS):
        before = len(descent.placed)
        read = _read(descent)
        for origin, placed in list(descent.indirect.items()):
            table = _table(descent, origin, placed, known, read)
            if table is not None and (origin not in tables or table.count > tables[origin].count):
                tables[origin] = table
                for n in range(table.count):
                    _enter_word(descent, table, n, placed)
                descent.follow()
        _immediates(descent, tried)
        _rows(descent, tried, read)
        if len(descent.placed) == before:
            break
    return [tables[origin] for origin in sorted(tables)]


def _read(descent: Descent) -> frozenset[int]:
    """Addresses of the code segment that instructions read from, with or without an index: something begins there."""
    return frozenset(
        physical(placed.segment, placed.instruction.displacement) for placed in descent.placed.values()
        if 0x2E in placed.instruction.prefixes and placed.instruction.displacement is not None
    )


def _table(
    descent: Descent, origin: int, placed: Placed, known: Mapping[int, int], read: frozenset[int]
) -> JumpTable | None:
    """The table an indirect jump or call takes its target from, directly or by a register loaded just before."""
    form = placed.instruction.form
    assert form is not None
    reads = placed if placed.instruction.memory else _loaded(descent, origin, (placed.instruction.modrm or 0) & 7)
    if reads is None:
        return None
    instruction = reads.instruction
    at = physical(reads.segment, instruction.pc)
    if 0x2E in instruction.prefixes and instruction.displacement is not None:
        first = physical(reads.segment, instruction.displacement)
    elif at in known:
        first = known[at]
    else:
        return None
    single = (instruction.modrm or 0) & 0xC7 == 6
    if not single and not instruction.wide:
        return None
    far = form.name in ("FF.3", "FF.5")
    if far:
        count = _run(descent, first, 4, None, 1 if single else _MOST, read)
        return JumpTable(first, 4, count, origin, None) if count >= (1 if single else 2) else None
    if single:
        count = _run(descent, first, 2, placed.segment, 1, read)
        return JumpTable(first, 2, count, origin, placed.segment) if count else None
    count, stride = 1, 0
    for wider in _STRIDES:
        run = _run(descent, first, wider, placed.segment, _MOST, read)
        if run >= (_WIDER * count if stride else 2):
            count, stride = run, wider
    return JumpTable(first, stride, count, origin, placed.segment) if stride else None


def _loaded(descent: Descent, origin: int, register: int) -> Placed | None:
    """The MOV from memory that loads a register, a few instructions before `origin` and without a branch between."""
    address = origin
    for _ in range(_LOOK_BACK):
        at = address - descent.base - 1
        while at >= 0 and descent.cover[at] == INSIDE:
            at -= 1
        if at < 0 or descent.cover[at] != START:
            return None
        address = at + descent.base
        placed = descent.placed[address]
        form = placed.instruction.form
        if form is None or placed.instruction.target is not None or placed.instruction.ends:
            return None
        if form.name == "8B" and (placed.instruction.modrm or 0) >> 3 & 7 == register:
            return placed if placed.instruction.memory else None
    return None


def _run(descent: Descent, first: int, stride: int, segment: int | None, most: int, read: frozenset[int]) -> int:
    """How many words, one behind the other, lead to what may be code; known code ends the table, and so does a place
    behind the first row that is read by itself. Without a segment each has its own behind it."""
    size = 2 if segment is not None else 4
    for n in range(most):
        at = first + n * stride - descent.base
        if not 0 <= at <= len(descent.image) - size or any(each in _CODE for each in descent.cover[at : at + size]):
            return n
        if n and descent.base + at in descent.refs:
            return n
        if any(place in read for place in range(first + max(1, n - 1) * stride, first + n * stride + 1) if n):
            return n
        where, offset = _entry(descent, at, segment)
        target = physical(where, offset)
        if first <= target <= first + n * stride + 1 or not _code(descent, where, offset):
            return n
    return most


def _code(descent: Descent, segment: int, offset: int) -> bool:
    at = physical(segment, offset) - descent.base
    if not 0 <= at < len(descent.image):
        return False
    return descent.cover[at] == START or (descent.cover[at] == FREE and descent.plausible(segment, offset))


def _entry(descent: Descent, at: int, segment: int | None) -> tuple[int, int]:
    """Segment and offset that an entry of a table leads to; `at` is an index."""
    offset = descent.image[at] | descent.image[at + 1] << 8
    return (descent.image[at + 2] | descent.image[at + 3] << 8 if segment is None else segment), offset


def _enter_word(descent: Descent, table: JumpTable, n: int, placed: Placed) -> None:
    address = table.address + n * table.stride
    segment, offset = _entry(descent, address - descent.base, table.segment)
    descent.enter(segment, offset, address, "table")
    form = placed.instruction.form
    if form is not None and form.name in ("FF.2", "FF.3"):
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


def _rows(descent: Descent, tried: set[int], read: frozenset[int]) -> None:
    """Words in what is not code yet, in each segment that executes code; what is read from is no code."""
    segments = sorted({placed.segment for placed in descent.placed.values()})[:4]
    behind = [address for address in _behind_code(descent) if address not in read]
    image, cover = descent.image, descent.cover
    for segment in segments:
        wanted = {address - (segment << 4) for address in behind if 0 <= address - (segment << 4) < 0x10000}
        if not wanted:
            continue
        for offset, places in _words_at(image, wanted).items():
            for at in places:
                if not cover[at] and not cover[at + 1] and not _READABLE.match(image, max(at - 3, 0)):
                    _try(descent, segment, offset, descent.base + at, "table", tried)
                    break
    descent.follow()


def _words_at(image: bytes, wanted: set[int]) -> dict[int, list[int]]:
    """Where each of the wanted words stands in the image: the first `_TRIES` places."""
    found: dict[int, list[int]] = {word: [] for word in sorted(wanted)}
    for at, (low, high) in enumerate(itertools.pairwise(image)):
        places = found.get(low | high << 8)
        if places is not None and len(places) < _TRIES:
            places.append(at)
    return found


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

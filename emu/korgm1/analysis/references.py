"""What instructions refer to: memory they use, constants that may be addresses of data."""

from __future__ import annotations

import re
from collections import defaultdict

from korgm1.analysis.descent import BARRED, BLANK, FREE, Descent
from korgm1.analysis.flow import Flow
from korgm1.analysis.pointers import constant
from korgm1.analysis.program import Copy, Placed, Xref, physical

POINTERS = (3, 5, 6, 7)
"""Registers that may hold an address: BX BP SI DI."""
_PUSH_LEA = (b"\x68", b"\x8d")
_CX = 1
_SMALLEST = 0x20
"""A smaller constant is a number, unless it is handed on as a pointer."""
_TEXT = re.compile(rb"[\x20-\x7e]{4}")
_WORD = re.compile(rb" [A-Za-z0-9][\x20-\x7e]{3}")


def data_refs(descent: Descent, flow: Flow, copies: tuple[Copy, ...]) -> dict[int, set[Xref]]:
    """Memory that instructions use, and constants that may be addresses of data.

    An address is looked for in PS. It may also be one in DS, if that holds what was copied from the image; or, if it is
    handed to a routine, in a paragraph that the code names and where constants begin. Where there is such a choice, a
    constant counts only if one place is better than the others: a text begins there, or a word, or there are just data.
    """
    refs: dict[int, set[Xref]] = defaultdict(set)
    for access in flow.accesses:
        if access.kind in ("read", "write"):
            form = descent.placed[access.origin].instruction.form
            size = 4 if form is not None and "Mp" in form.operands[0] else 1 + access.wide
            ref = Xref(access.origin, access.kind, size)
            refs[access.address].add(ref)
            sources = [] if access.indexed else [copy.origin(access.address) for copy in copies]
            for source in sources:
                if source is not None:
                    refs[source].add(ref)
    paragraphs = _paragraphs(descent)
    for address, placed in descent.placed.items():
        value = _pointer(placed)
        if value is None:
            continue
        ref, target = Xref(address, "address"), physical(placed.segment, value)
        places = []
        if register(placed) in POINTERS or placed.instruction.code[:1] in _PUSH_LEA:
            handed = _handed(descent, address, placed)
            places = [paragraph + value for paragraph in paragraphs if handed]
            if flow.data_segment is not None and (handed or value >= _SMALLEST):
                stands = physical(flow.data_segment, value)
                places += [source for copy in copies if (source := copy.origin(stands)) is not None]
            places = [place for place in places if _free(descent, place)]
        own = [target] if value >= _SMALLEST and _free(descent, target) else []
        if places:
            for place in _best(descent, list(dict.fromkeys(own + places))):
                refs[place].add(ref)
        elif own:
            at = target - descent.base
            before = descent.image[at - 1] if at else 0
            if not 0x20 <= before < 0x7F or descent.cover[at - 1] or register(placed) in POINTERS:
                refs[target].add(ref)
    return refs


def _best(descent: Descent, places: list[int]) -> list[int]:
    """The place, if it is the only best one: a text begins there, or a word, or there are data; not amid a word."""
    ranks: dict[int, list[int]] = defaultdict(list)
    for place in places:
        at = place - descent.base
        begins = _TEXT.match(descent.image, at) and not _readable(descent, place - 1)
        if begins or not (_readable(descent, place - 1) and _readable(descent, place)):
            ranks[0 if begins else 2].append(place)
        elif _WORD.match(descent.image, at - 1):
            ranks[1].append(place)
    best = ranks[min(ranks)] if ranks else []
    return best if len(best) == 1 else []


def register(placed: Placed) -> int | None:
    """The register that a MOV puts a constant into, AX = 0 ... DI = 7; None for other instructions."""
    name = placed.instruction.form.name if placed.instruction.form is not None else ""
    return int(name, 16) & 7 if len(name) == 2 and 0xB8 <= int(name, 16) <= 0xBF else None


def _pointer(placed: Placed) -> int | None:
    """The constant of a MOV, PUSH or LEA that may be an address; a count in CX is none."""
    instruction = placed.instruction
    if placed.emulated or instruction.form is None or register(placed) == _CX:
        return None
    if instruction.form.name == "8D" and (instruction.modrm or 0) & 0xC7 == 6:
        return instruction.displacement
    return constant(instruction)


def _handed(descent: Descent, address: int, placed: Placed) -> bool:
    """The constant is pushed: by this instruction or by the next."""
    if placed.instruction.form is not None and placed.instruction.form.name == "68":
        return True
    following = descent.placed.get(address + len(placed.instruction.code))
    number = register(placed)
    return following is not None and number is not None and following.instruction.code == bytes([0x50 + number])


def _free(descent: Descent, address: int) -> bool:
    return address in descent and descent.cover[address - descent.base] in (FREE, BARRED)


def _readable(descent: Descent, address: int) -> bool:
    return address in descent and 0x20 <= descent.image[address - descent.base] < 0x7F


def _paragraphs(descent: Descent) -> list[int]:
    """Addresses of paragraphs of the image that the code names, where data begin behind something blank."""
    found = set()
    for placed in descent.placed.values():
        value = constant(placed.instruction)
        if value is None or not _free(descent, value << 4):
            continue
        at = (value << 4) - descent.base
        if descent.image[at : at + 8] not in BLANK and (at == 0 or descent.image[at - 8 : at] in BLANK):
            found.add(value << 4)
    return sorted(found)

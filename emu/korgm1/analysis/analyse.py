"""`analyse`: a firmware image -> `Program`."""

from __future__ import annotations

from collections.abc import Mapping

from korgm1.analysis.blocks import blocks_of
from korgm1.analysis.copies import find_copies
from korgm1.analysis.descent import Descent
from korgm1.analysis.describe import describe
from korgm1.analysis.dry_run import dry_run
from korgm1.analysis.flow import Access, follow
from korgm1.analysis.pointers import resolve
from korgm1.analysis.program import Executed, Program, physical
from korgm1.analysis.prologues import enter_frames
from korgm1.analysis.told import DATA, Told

RESET = (0xFFFF, 0x0000)
"""PS:PC after reset; as firmware says it F000:FFF0, which `analyse` uses as far as the jump there."""
_BASE = 0xE0000
_ROUNDS = 4
_SHOWN = 8
_INDIRECT = ("8B", "FF.2", "FF.3", "FF.4", "FF.5")


def analyse(image: bytes, executed: Executed | None = None, base: int = _BASE, told: Told | None = None) -> Program:
    """Take a firmware apart. Never fails; time and memory are bounded by its size.

    Args:
        image: up to 1 MB; a dump of both EPROMs has 131,072 bytes.
        executed: what a run of it did, which is worth more than any conclusion.
        base: address of the first byte.
        told: what somebody says of places. What was executed is code all the same, with a note.

    >>> image = bytes.fromhex("b80000 8ed8 e80200 ebfe c3".replace(" ", "")).ljust(0xFFF0, b"\\xff")
    >>> program = analyse(image + bytes.fromhex("ea000000f0").ljust(16, b"\\xff"), base=0xF0000)
    >>> [(f"{each.entry:05X}", each.name) for each in program.functions.values()]
    [('F0000', 'start'), ('F000A', 'sub_F000A'), ('FFFF0', 'reset')]
    """
    executed, told = executed or Executed(), told or Told()
    image = image[: 0x100000 - base]
    bare = dry_run(image, base)
    vectors = {**bare.vectors, **executed.vectors}
    descent = Descent(image, base, vectors)
    descent.prepare(executed)
    _bar(descent, told, executed)
    descent.enter(0xF000, 0xFFF0, physical(*RESET), "reset")
    descent.follow()
    _enter_emulated(descent, executed)
    _enter_vectors(descent, vectors)
    descent.executed(executed)
    descent.follow()
    for address in told.of_kind("function", "code"):
        descent.lead(address, told.kinds[address] == "function")
    known: dict[int, int] = {}
    alone: list[int] = []
    for _ in range(_ROUNDS):
        tables = resolve(descent, known)
        while fresh := enter_frames(descent):
            alone += fresh
            tables = resolve(descent, known)
        found = len(descent.placed), len(descent.calls)
        blocks = blocks_of(descent)
        flow = follow(descent, blocks, tables)
        stored = _stored_vectors(descent, flow.accesses)
        _enter_vectors(descent, {number: at for number, at in stored.items() if number not in executed.vectors})
        before, known = known, _tables_read(descent, flow.accesses)
        if found == (len(descent.placed), len(descent.calls)) and known == before:
            break
    else:
        blocks = blocks_of(descent)
        flow = follow(descent, blocks, tables)
    _tell_alone(descent, alone)
    vectors = {**bare.vectors, **stored, **executed.vectors}
    copies = find_copies(bare.ram, image, base)
    return describe(descent, blocks, flow, tables, vectors, bare.writes, copies, told, executed)


def _tell_alone(descent: Descent, alone: list[int]) -> None:
    """Say which routines were taken for such by their beginning only."""
    guessed = [at for at in alone if at in descent.placed and not descent.refs.get(at) and not descent.ran(at)]
    if guessed:
        shown = " ".join(f"{at:05X}" for at in guessed[:_SHOWN]) + (" ..." if len(guessed) > _SHOWN else "")
        descent.notes.append(f"{len(guessed)} routines that nobody was seen to call, told by their beginning: {shown}")


def _bar(descent: Descent, told: Told, executed: Executed) -> None:
    """Keep the descent out of what is said to be data."""
    places = {physical(*place) for place in executed.places}
    for address in told.of_kind(*DATA):
        end = address + told.extent(descent.image, descent.base, address)
        run = next((at for at in range(address, end) if at in places), None)
        if run is None:
            descent.bar(address, end, told.kinds[address] == "text" or address in told.sizes)
        else:
            descent.notes.append(
                f"{told.row(address)}: {address:05X} is to be {told.kinds[address]}, but {run:05X} was executed"
            )


def _enter_vectors(descent: Descent, vectors: Mapping[int, tuple[int, int]]) -> None:
    """Follow what interrupts lead to; last, as 8080 code, those by which BRKEM enters that mode."""
    for number, (segment, offset) in sorted(vectors.items(), key=lambda vector: (vector[0] in descent.brkem, vector)):
        if _plain(descent, segment, offset):
            emulated = number in descent.brkem
            descent.enter(segment, offset, number * 4, "vector", emulated)
            for origin in descent.traps[number]:
                descent.enter(segment, offset, origin, "call", emulated)
            descent.follow()


def _enter_emulated(descent: Descent, executed: Executed) -> None:
    """Follow what an executed BRKEM leads to, which a run tells from native code by nothing else."""
    for segment, offset in sorted(executed.places):
        at = physical(segment, offset) - descent.base
        if 0 <= at < len(descent.image) - 2 and descent.image[at] == 0x0F and descent.image[at + 1] == 0xFF:
            number = descent.image[at + 2]
            if number in descent.vectors and _plain(descent, *descent.vectors[number]):
                descent.brkem.add(number)
                descent.enter(*descent.vectors[number], number * 4, "vector", True)
                descent.follow()


def _tables_read(descent: Descent, used: list[Access]) -> dict[int, int]:
    """Jumps, calls and loads of a register from the image by a segment that is known: instruction -> address."""
    return {
        access.origin: access.address
        for access in used
        if access.kind == "read" and access.address in descent and _form(descent, access.origin) in _INDIRECT
    }


def _form(descent: Descent, address: int) -> str:
    form = descent.placed[address].instruction.form
    return form.name if form is not None else ""


def _plain(descent: Descent, segment: int, offset: int) -> bool:
    """The place is in the image, and not blank."""
    at = physical(segment, offset) - descent.base
    code = descent.image[max(at, 0) : at + 4]
    return 0 <= at < len(descent.image) - 1 and code not in (b"\xff\xff\xff\xff", b"\0\0\0\0")


def _stored_vectors(descent: Descent, used: list[Access]) -> dict[int, tuple[int, int]]:
    """Vectors that instructions store as constants; a segment nobody stores is the PS of who stores the offset."""
    words: dict[int, int] = {}
    segments: dict[int, int] = {}
    for access in used:
        if access.kind == "write" and access.address < 0x400 and access.wide and access.value is not None:
            words[access.address] = access.value
            segments[access.address] = descent.placed[access.origin].segment
    return {
        address // 4: (words.get(address + 2, segments[address]), words[address])
        for address in sorted(words)
        if address % 4 == 0
    }

"""Bytes that differ in images whose contents lie at the same addresses: what a patch, or a wrong bit, changed.

Where code or data moved, comparing byte by byte says nothing; then there is none of this.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

import numpy as np

from korgm1.analysis import Program
from korgm1.comparing.finding import Finding
from korgm1.romset.checksums import Checksum, find_checksums
from korgm1.romset.image import BASE

MOST = 256
"""Bytes that differ, and at most so many, are told one by one."""
SHOWN = 8
"""Bytes of a run that are shown."""
SUM = "a checksum of the ROM"


def runs(a: bytes, b: bytes) -> list[tuple[int, int]]:
    """Where two images of one size differ: offsets, from and to before; none where more than `MOST` bytes differ.

    >>> runs(b"abcdef", b"aBCdeF")
    [(1, 3), (5, 6)]
    """
    at = np.flatnonzero(np.frombuffer(a, np.uint8) != np.frombuffer(b, np.uint8))
    if len(at) == 0 or len(at) > MOST:
        return []
    return [(int(run[0]), int(run[-1]) + 1) for run in np.split(at, np.flatnonzero(np.diff(at) > 1) + 1)]


def patch_findings(a: Program, b: Program) -> Iterator[Finding]:
    """A finding for each run of bytes that differ, and for each checksum inside the image that is right in one only."""
    found = runs(a.image, b.image)
    if not found:
        return
    sums = [{(one.place, one.over): one for one in find_checksums(p.image).sure} for p in (a, b)]
    fields = {int(place, 16) + byte for side in sums for place, over in side for byte in (0, 1) if "IC" not in over}
    for start, end, within in _pieces(a, found, fields):
        sides = [" ".join(f"{byte:02X}" for byte in program.image[start : min(end, start + SHOWN)]) + (
            " ..." if end > start + SHOWN else "") for program in (a, b)]
        first = BASE + start
        size = f"{end - start} bytes" if end - start > 1 else "byte"
        yield Finding(
            "bytes", f"{size} at {first:05X}, in {within}", sides[0], sides[1],
            (bits(a.image[start:end], b.image[start:end]),), (f"A {first:05X}", f"B {first:05X}"),
        )
    for key in sums[0].keys() & sums[1].keys():
        one, other = sums[0][key], sums[1][key]
        if one.right != other.right:
            yield Finding("bytes", f"{one.algorithm} of the {one.over}, kept at {one.place}", _sum(one), _sum(other))


def _pieces(program: Program, found: list[tuple[int, int]], fields: set[int]) -> Iterator[tuple[int, int, str]]:
    """The runs, divided where one thing ends and another begins: from, to before, what it belongs to."""
    for start, end in found:
        names = [SUM if BASE + at in fields else holder(program, BASE + at) for at in range(start, end)]
        for name, rows in groupby(zip(range(start, end), names, strict=True), key=lambda row: row[1]):
            places = [at for at, _ in rows]
            yield places[0], places[-1] + 1, name


def _sum(one: Checksum) -> str:
    return f"{one.stored:04X}, right" if one.right else f"{one.stored:04X}, but it comes to {one.computed:04X}"


def bits(a: bytes, b: bytes) -> str:
    """How many bits, and which one where it is one: a dump's wrong bit looks so."""
    rows = [(n, bit) for n, (x, y) in enumerate(zip(a, b, strict=True)) for bit in range(8) if (x ^ y) >> bit & 1]
    return f"one bit, D{rows[0][1]}" if len(rows) == 1 else f"{len(rows)} bits"


def holder(program: Program, address: int) -> str:
    """What a physical address of the ROM belongs to, in words."""
    for text in program.texts:
        if text.address <= address < text.address + len(text.text):
            return f"the text {text.text.strip()!r}"
    at = next((at for at in range(address, address - 8, -1) if at in program.instructions), None)
    if at is not None and address < at + len(program.instructions[at].instruction.code):
        owners = [f.name for f in program.functions.values() for start in f.starts
                  if start in program.blocks and program.blocks[start].start <= at < program.blocks[start].end]
        return f"the code of {owners[0]}" if owners else "code"
    gap = next((gap for gap in program.unreached if gap.start <= address < gap.end), None)
    return f"{gap.start:05X}-{gap.end - 1:05X}, which nothing refers to ({gap.looks})" if gap else "data"

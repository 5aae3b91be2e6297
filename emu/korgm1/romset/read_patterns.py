"""What the weak bits of several reads have in common, and what that says about the cause."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from korgm1.romset.chip_27c512 import ENABLES, with_pin
from korgm1.romset.finding import Confidence, Finding

if TYPE_CHECKING:
    from korgm1.romset.reads import Reads

Places = npt.NDArray[np.int64]
Bytes = npt.NDArray[np.uint8]
FEW = 8
"""Weak bits from which on something they share is no chance: 8 bits share one of 16 address lines in an eighth of all
cases, and one of 8 data lines in one of two million."""
MANY = 16
"""The same for an address line: one of 2,000 cases."""
ALIKE = 64
"""Reads of one chip are taken to agree on all but one byte of so many."""
CLEAN = "clean the pins of the chip and the contacts of the reader, and read it again"


def patterns(reads: Reads) -> Iterator[Finding]:
    """Findings about where weak bits are."""
    if not reads.count:
        return
    places = np.unique(reads.addresses)
    yield _weak(reads, len(places))
    alone = _alone(reads)
    if alone is not None:
        yield alone
    if reads.count >= FEW // 2 and len(set(reads.bits.tolist())) == 1:
        line = with_pin(f"D{reads.bits[0]}")
        yield Finding(
            "weak-data-line", Confidence.LIKELY if reads.count >= FEW else Confidence.POSSIBLE,
            f"all weak bits are on data line {line}: a bad contact of that pin rather than weak cells", CLEAN,
            {"line": f"D{reads.bits[0]}"},
        )
    moved = list(_moved(reads))
    yield from moved
    driven = {finding.details["read"] for finding in moved}
    released = [one for one in _released(reads) if one.details["read"] not in driven]
    yield from released
    yield from _another_chip(reads, driven | {one.details["read"] for one in released})
    if len(places) >= MANY and not moved:
        yield from _shared_lines(places, reads.size)
    yield from _bursts(reads, places)
    yield from _directions(reads)
    yield from _worsening(reads)
    yield from _fading(reads)


def _bursts(reads: Reads, places: Places) -> Iterator[Finding]:
    """Weak bits close together, which a read passes one after the other: a moment, or a page of the chip."""
    if len(places) < FEW:
        return
    span = int(places[-1] - places[0]) + 1
    if span <= 4 * len(places) and span < reads.size // 16:
        first, last = int(places[0]), int(places[-1])
        text = (
            f"all weak bits are close together, {first:04X} to {last:04X}: one moment of the reading, or one area of "
            "the chip; another read tells which"
        )
        yield Finding("weak-burst", Confidence.NOTE, text, "", {"first": first, "last": last})


def _directions(reads: Reads) -> Iterator[Finding]:
    """Whether reads err to 1 or to 0, and by how many each bit is doubted."""
    right = 2 * reads.ones > len(reads.names)
    even = 2 * reads.ones == len(reads.names)
    up, down = int((~right & ~even).sum()), int((right & ~even).sum())
    minority = np.minimum(reads.ones, len(reads.names) - reads.ones)
    shares = ", ".join(
        f"{int((minority == number).sum()):,} by {number} read{'s' * (number > 1)}"
        for number in np.unique(minority).tolist()
    )
    text = (
        f"0 in most reads and 1 in some: {up:,}; the other way round: {down:,}; doubted are {shares}"
    )
    yield Finding("weak-directions", Confidence.NOTE, text, "", {"to_1": up, "to_0": down})


def _worsening(reads: Reads) -> Iterator[Finding]:
    """More weak bits from read to read."""
    counts = reads.weak_of
    if len(counts) >= 4 and list(counts) == sorted(counts) and counts[-1] >= max(FEW, 3 * counts[0]):
        text = f"each read has more weak bits than the one before ({', '.join(map(str, counts))})"
        hint = "let the chip and the reader cool down, clean the contacts, and read again"
        yield Finding("weak-worsening", Confidence.POSSIBLE, text, hint)


def _weak(reads: Reads, places: int) -> Finding:
    even = len(reads.undecided)
    text = (
        f"{reads.count:,} weak bit{'s' * (reads.count > 1)} at {places:,} address{'es' * (places > 1)}: "
        f"{len(reads.names)} reads do not agree on them"
    )
    if even:
        text += f", and on {even:,} as many say 1 as 0"
    hint = "read it again until three reads agree; then rom verify --reads ... --majority OUT"
    return Finding("weak-bits", Confidence.CERTAIN, text, hint, {"bits": reads.count, "undecided": even})


def _alone(reads: Reads) -> Finding | None:
    """One read has all the differences, the others agree."""
    number = int(np.argmax(reads.weak_of))
    if len(reads.names) < 3 or reads.weak_of[number] != reads.count:
        return None
    others = len(reads.names) - 1
    text = f"{reads.names[number]} alone differs, in {reads.count:,} bits; the other {others} reads are equal"
    return Finding("odd-read", Confidence.CERTAIN, text, "leave that read out", {"read": number})


def _another_chip(reads: Reads, explained: set[int]) -> Iterator[Finding]:
    """A read that differs from what most say all over the chip, on every data line, and nothing else explains it."""
    right = np.frombuffer(reads.majority, np.uint8)
    for number, at, _ in _against(reads):
        lines = int(np.bitwise_or.reduce(reads.stack[number] ^ right))
        if len(reads.names) > 2 and number not in explained and len(at) >= reads.size // ALIKE and lines == 0xFF:
            text = f"{reads.names[number]} differs from most reads at {len(at):,} addresses: perhaps it is another chip"
            yield Finding("another-chip", Confidence.POSSIBLE, text, "give reads of one chip only", {"read": number})


def _against(reads: Reads) -> Iterator[tuple[int, Places, Bytes]]:
    """Each read that differs from what most say: its number, where, and what is right (of two reads: the other)."""
    right = np.frombuffer(reads.majority, np.uint8)
    for number, row in enumerate(reads.stack):
        other = reads.stack[1 - number] if len(reads.names) == 2 else right
        at = np.flatnonzero(row != other)
        if len(at) >= FEW:
            yield number, at, other


def _moved(reads: Reads) -> Iterator[Finding]:
    """A read that has, where it differs, the bytes of other addresses: one address line did not follow."""
    for number, at, right in _against(reads):
        row = reads.stack[number]
        for line in range((reads.size - 1).bit_length()):
            from_there = at ^ (1 << line)
            if from_there.max() >= reads.size or not np.array_equal(row[at], right[from_there]):
                continue
            high = at >> line & 1
            stuck = "low" if high.all() else "high" if not high.any() else "wrong"
            yield Finding(
                "weak-address-line", Confidence.LIKELY,
                f"{reads.names[number]} has, at {len(at):,} addresses, the bytes that belong to the other value of "
                f"{with_pin(f'A{line}')}: that line was {stuck} there", CLEAN,
                {"line": f"A{line}", "read": number},
            )
            break


def _released(reads: Reads) -> Iterator[Finding]:
    """A read that has one and the same byte wherever it differs: the chip drove nothing."""
    for number, at, _ in _against(reads):
        values = np.unique(reads.stack[number][at])
        if len(values) == 1 and values[0] in (0x00, 0xFF):
            row = reads.stack[number]
            behind = np.flatnonzero(row != values[0])
            tail = int(behind[-1]) + 1 if len(behind) else 0
            loose = reads.size - tail >= MANY and at[0] >= tail
            where = f"at all {len(at):,} addresses where it differs"
            where = f"everywhere from {tail:04X} to the end" if loose else where
            why = f"{ENABLES}, or it came loose" if loose else f"{ENABLES}, or its supply"
            text = f"{reads.names[number]} has {values[0]:02X} {where}: the chip drove nothing there ({why})"
            yield Finding("released", Confidence.LIKELY, text, CLEAN, {"read": number, "value": int(values[0])})


def _shared_lines(places: Places, size: int) -> Iterator[Finding]:
    """Address lines that have the same value at all weak bits: high ones are a range, others a line."""
    lines = (size - 1).bit_length()
    same = [
        (line, int(places[0]) >> line & 1) for line in range(lines) if len(set((places >> line & 1).tolist())) == 1
    ]
    top = lines
    while top and (top - 1) in [line for line, _ in same]:
        top -= 1
    if top < lines:
        first, last = int(places[0]) >> top << top, (int(places[0]) >> top << top) + (1 << top) - 1
        text = f"all weak bits lie within {first:04X}-{last:04X} of the chip"
        yield Finding("weak-range", Confidence.NOTE, text, "", {"first": first, "last": last})
    for line, value in same:
        if line < top:
            text = f"all weak bits lie where address line {with_pin(f'A{line}')} is {value}"
            yield Finding("weak-address-line", Confidence.LIKELY, text, CLEAN, {"line": f"A{line}", "read": -1})


def _fading(reads: Reads) -> Iterator[Finding]:
    """Weak bits that most reads have as 0: cells that lose their charge."""
    decided = 2 * reads.ones != len(reads.names)
    zeros = int((2 * reads.ones < len(reads.names)).sum())
    if decided.sum() >= FEW and zeros >= 0.9 * decided.sum() and len(set(reads.bits.tolist())) > 2:
        text = (
            f"{zeros:,} of {int(decided.sum()):,} weak bits are 0 in most reads and 1 in some, as programmed cells are "
            "that lose their charge"
        )
        hint = "read it soon and often, some reads with VCC lowered to 4.3-4.9 V if the reader can (docs/dumping.md)"
        yield Finding("fading", Confidence.POSSIBLE, text, hint)

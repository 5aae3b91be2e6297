"""Damage of a part of a chip: a line that was dead for a while, lines that follow each other, a chip that came loose.

What is normal in one chip (text has D7 = 0, tables have blank bytes) is told from damage by the other chip: in code
both lanes look alike, since instructions have no fixed length.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

import numpy as np
import numpy.typing as npt

from korgm1.romset.chip_27c512 import ENABLES, with_pin
from korgm1.romset.finding import Confidence, Finding

Bytes = npt.NDArray[np.uint8]
ALONE = 2048
"""Bytes of the shortest stretch in which a line is called dead by one chip alone."""
PAIRED = 512
"""The same where the other chip shows what is normal there."""
SEVEN = 4096
"""The same of D7, which is 0 in text and in tables of MIDI values."""
RARE = 0.08
"""Share of bytes in which a living data line has either value."""
ALIKE = 0.2
"""By how much the lines of two lanes of code differ in it at most."""
PARTS = 4
"""Into how many a stretch is cut: each looks like code in both chips, or it is text and tables one behind the other."""
MANY = 48
"""Different values of the other lines in a stretch that is no table of small numbers."""
FOLLOWS, EQUAL = 0.97, 1.0
"""Share of bytes from which on two data lines follow each other; all of them: they are tied."""
LOOSE = 1024
"""Bytes of FF in one chip where the other has code, from which on the chip gave nothing."""
LOOSE_END = 64
"""The same at the very end, where the vector at FFFF0 is."""
CONTACTS = "clean the pins and press the chip into the socket; read it again"
LOST = ("part-stuck", "part-address", "following-lines", "part-blank")
"""Codes of findings that say bytes of a chip are lost."""


def partial_findings(data: bytes, other: bytes = b"") -> list[Finding]:
    """What of one chip was lost in a part of it.

    Args:
        data: the chip.
        other: the other half, as long, where it is there: shows what is normal.

    >>> partial_findings(bytes(range(256)) * 256)
    []
    """
    chip, mate = np.frombuffer(data, np.uint8), np.frombuffer(other, np.uint8)
    if len(chip) < 2 * ALONE or len(np.unique(chip)) < MANY:
        return []
    found = [*_dead_data(chip, mate), *_dead_address(chip, mate), *_following(chip)]
    return [*found, *_loose(chip, mate)] if len(mate) else found


def _runs(same: npt.NDArray[np.bool_], least: int) -> Iterator[tuple[int, int]]:
    """First and behind the last of each stretch of at least `least` true values."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], same.view(np.int8), [0]])))
    for first, behind in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
        if behind - first >= least:
            yield first, behind


def _shares(part: Bytes) -> npt.NDArray[np.float64]:
    """How often each data line is 1."""
    shares: npt.NDArray[np.float64] = (part[:, None] >> np.arange(8, dtype=np.uint8) & 1).mean(axis=0)
    return shares


def _alive(shares: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
    return (shares >= RARE) & (shares <= 1 - RARE)


def _dead_data(chip: Bytes, mate: Bytes) -> Iterator[Finding]:
    busy = (chip != 0x00) & (chip != 0xFF)
    for bit in range(8):
        line = chip >> bit & 1
        for value in (0, 1):
            for first, behind in _runs(line == value, PAIRED if len(mate) else ALONE):
                part, size = chip[first:behind], behind - first
                if size == len(chip) or len(np.unique(part & ~np.uint8(1 << bit))) < MANY:
                    continue
                shares = _shares(part)
                others = np.arange(8) != bit
                if not _alive(shares)[others].all():
                    continue
                if bit == 7 and value == 0 and size < SEVEN:
                    continue
                if len(mate):
                    if not all(
                        _alive(_shares(two))[bit] and (abs(_shares(two) - _shares(one))[others] <= ALIKE).all()
                        for one, two in zip(np.array_split(part, PARTS), np.array_split(mate[first:behind], PARTS),
                                            strict=True)
                    ):
                        continue
                else:
                    rest = busy.copy()
                    rest[first:behind] = False
                    if (bit == 7 and value == 0) or rest.sum() < PAIRED or not _alive(_shares(chip[rest]))[bit]:
                        continue
                where = f"from {first:04X} to {behind - 1:04X}, and not elsewhere"
                text = f"{with_pin(f'D{bit}')} is always {value} {where}"
                if len(mate):
                    text += "; the other chip has code there"
                word = Confidence.LIKELY if len(mate) else Confidence.POSSIBLE
                details = {"line": f"D{bit}", "value": value, "first": first, "last": behind - 1}
                yield Finding("part-stuck", word, text, CONTACTS, details)


def _dead_address(chip: Bytes, mate: Bytes) -> Iterator[Finding]:
    """A stretch in which one address line, and no other, makes no difference."""
    lines = (len(chip) - 1).bit_length()
    at = np.arange(len(chip))
    equal = [chip == chip[at ^ (1 << line)] for line in range(lines)]
    for line in range(lines):
        if equal[line].all():
            continue
        for first, behind in _runs(equal[line], ALONE):
            part = chip[first:behind]
            near = [other for other in range(lines) if other != line and 1 << other < behind - first]
            if len(np.unique(part)) < MANY or any(equal[other][first:behind].mean() > 0.5 for other in near):
                continue
            if len(mate) and np.array_equal(mate[first:behind], mate[at[first:behind] ^ (1 << line)]):
                continue
            if first > at[first] ^ (1 << line):
                continue
            text = (
                f"{with_pin(f'A{line}')} makes no difference from {first:04X} to {behind - 1:04X}, where every other "
                "line does: it was dead there"
            )
            details = {"line": f"A{line}", "first": first, "last": behind - 1}
            yield Finding("part-address", Confidence.LIKELY, text, CONTACTS, details)


def _following(chip: Bytes) -> Iterator[Finding]:
    """Two data lines that are nearly always equal: one of them floats and takes on what its neighbour drives."""
    blocks = chip[: len(chip) // 256 * 256].reshape(-1, 256)
    busy = blocks[blocks.min(axis=1) != blocks.max(axis=1)].reshape(-1)
    if len(busy) < 2 * ALONE or len(np.unique(busy)) < MANY:
        return
    alive = _alive(_shares(busy))
    for a, b in combinations(range(8), 2):
        share = float(((busy >> a ^ busy >> b) & 1 == 0).mean())
        if alive[a] and alive[b] and FOLLOWS <= share < EQUAL:
            text = (
                f"{with_pin(f'D{a}')} and {with_pin(f'D{b}')} are equal in {share:.1%} of the bytes: one of them "
                "floats and follows the other"
            )
            details = {"lines": [f"D{a}", f"D{b}"], "share": round(share, 4)}
            yield Finding("following-lines", Confidence.LIKELY, text, CONTACTS, details)


def _loose(chip: Bytes, mate: Bytes) -> Iterator[Finding]:
    """FF where the other chip has code: this one gave nothing for a while, or from there on."""
    for first, behind in _runs(chip == 0xFF, LOOSE_END):
        end = behind == len(chip)
        beside = mate[first:behind]
        size = behind - first
        if size < (LOOSE_END if end else LOOSE) or (beside == 0xFF).mean() > 0.3:
            continue
        if len(np.unique(beside)) < min(MANY, size // 3):
            continue
        where = f"from {first:04X} to the end" if end else f"from {first:04X} to {behind - 1:04X}"
        text = (
            f"every byte is FF {where}, where the other chip is full: the chip gave nothing there "
            f"({ENABLES}, or it came loose while it was read)"
        )
        yield Finding("part-blank", Confidence.LIKELY, text, CONTACTS, {"first": first, "last": behind - 1})

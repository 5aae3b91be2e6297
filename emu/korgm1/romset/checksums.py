"""Checksums inside an image: where a field holds what a sum or a CRC of the rest comes to.

Nobody knows what a firmware's checksum is, so all usual ones are tried at the usual places, and each hit is told with
its odds: of some thousand tests of 16 bits, one image in a dozen passes one by chance. What chance does not do is two
hits of one kind side by side, one for each half. OpenM1's sums are known (roms/openm1/README.md), and said right or
wrong.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from korgm1.romset.byte_sums import alike
from korgm1.romset.crc16 import CRCS, Crc
from korgm1.romset.image import BASE, IMAGE

FIELD = 2
"""Bytes of a field."""
_OPENM1 = re.compile(rb"OpenM1 #\d\d")
_OPENM1_FIELD = IMAGE - 4
_FRONT, _BACK = (0, 2), (20, 18, *range(16, 1, -1))
"""Offsets of fields tried, from the start and from the end: just before FFFF0 and anywhere behind it."""
_BLANK = frozenset({0x0000, 0xFFFF})

Words = npt.NDArray[np.int64]
Cut = tuple[int, int | None, int, str]
"""Bytes of the region before the field, and up to behind it (None: what follows is not summed); the field; stretch."""
Summed = Iterator[tuple[int, int | None, int, str, int]]
"""A cut and the sum of it."""


@dataclass(frozen=True)
class Checksum:
    """A field and what it should hold.

    Attributes:
        algorithm: as "sum of bytes", "CRC-16/XMODEM".
        over: the bytes summed: "image", "even bytes", "odd bytes"; or "IC32", "IC23", where the field is in the chip's
            own bytes, too.
        stretch: "before" (all bytes before the field), "before both" (the same without the field just before this
            one), "around" (all but the field) or "all" (the field, too: any byte may be it).
        at: offset of the field: in the image, or in the chip for IC32 and IC23.
        order: of the field's bytes: "low first" or "high first".
        stored, computed: 16 bits.
        known: the layout is documented, not found by searching.
        paired: another field beside it holds the same kind of sum of the other half.
    """

    algorithm: str
    over: str
    stretch: str
    at: int
    order: str
    stored: int
    computed: int
    known: bool = False
    paired: bool = False

    @property
    def right(self) -> bool:
        """Whether the field holds what it should."""
        return self.stored == self.computed

    @property
    def place(self) -> str:
        """Where the field is, for people."""
        if self.stretch == "all":
            return f"{self.over} anywhere"
        return f"{self.over} {self.at:04X}" if self.over in ("IC32", "IC23") else f"{BASE + self.at:05X}"

    @property
    def difference(self) -> str:
        """What of a wrong sum of bytes fits one wrong bit, or ""."""
        if self.right or not self.algorithm.startswith("sum of bytes"):
            return ""
        off = self.computed - self.stored & 0xFFFF
        for size, text in ((off, "1 instead of 0"), (0x10000 - off, "0 instead of 1")):
            if size & (size - 1) == 0 and size < 0x100:
                return f"as if one bit D{size.bit_length() - 1} were {text}"
        return ""

    def to_dict(self) -> dict[str, Any]:
        """It as plain values."""
        return {
            "algorithm": self.algorithm, "over": self.over, "stretch": self.stretch, "place": self.place,
            "order": self.order, "stored": self.stored, "computed": self.computed, "right": self.right,
            "known": self.known, "paired": self.paired, "difference": self.difference,
        }


@dataclass(frozen=True)
class Checksums:
    """What a search found; `tests` of 16 bits were made, of which `expected` hits come by chance."""

    found: tuple[Checksum, ...]
    tests: int = field(default=0)

    @property
    def expected(self) -> float:
        """Hits that come by chance in an image without any checksum."""
        return self.tests / 65536

    @property
    def sure(self) -> tuple[Checksum, ...]:
        """Those that are no chance."""
        return tuple(one for one in self.found if one.known or one.paired)

    @property
    def wrong(self) -> tuple[Checksum, ...]:
        """Those that are wrong."""
        return tuple(one for one in self.found if not one.right)


def find_checksums(image: bytes) -> Checksums:
    """Look for checksums in an image of both halves.

    Args:
        image: 131,072 bytes.

    >>> find_checksums(bytes(IMAGE)).found
    ()
    """
    known = tuple(_openm1(image))
    hits: list[Checksum] = []
    tests = 0
    even, odd = image[0::2], image[1::2]
    for over, source, region, step in (
        ("image", image, image, 1), ("even bytes", image, even, 2), ("odd bytes", image, odd, 2),
        ("IC32", even, even, 1), ("IC23", odd, odd, 1),
    ):
        for one in _tests(over, source, region, step, 1 if over == "odd bytes" else 0):
            tests += 1
            if one.right and one.stored not in _BLANK:
                hits.append(one)
    if known:
        hits = [one for one in hits if one.over in ("IC32", "IC23") or one.at < _OPENM1_FIELD]
    small, more = _bytes(even, odd)
    return Checksums((*known, *_paired(_distinct(hits)), *small), tests + more)


def _bytes(even: bytes, odd: bytes) -> tuple[list[Checksum], int]:
    """Sums of 8 bits that hold in both chips."""
    found, tests = alike(even, odd)
    return [
        Checksum(name, over, stretch, at, "one byte", stored, stored, paired=True)
        for (name, stretch, at), *fields in found
        for over, stored in zip(("IC32", "IC23"), fields, strict=True)
    ], tests // 256


def _openm1(image: bytes) -> Iterator[Checksum]:
    """The two sums of OpenM1, whose text gives it away."""
    if not _OPENM1.search(image):
        return
    for lane, name in enumerate(("even bytes", "odd bytes")):
        at = _OPENM1_FIELD + 2 * lane
        stored = int.from_bytes(image[at : at + FIELD], "little")
        computed = sum(image[lane:_OPENM1_FIELD:2]) & 0xFFFF
        stretch = "before both" if lane else "before"
        yield Checksum("sum of bytes", name, stretch, at, "low first", stored, computed, known=True)


def _distinct(hits: list[Checksum]) -> list[Checksum]:
    """One hit a field and kind: the stretches before and around a last field are the same."""
    unique: dict[tuple[object, ...], Checksum] = {}
    for one in hits:
        unique.setdefault((one.over, one.at, one.order, one.computed, one.algorithm.split(",")[0]), one)
    return list(unique.values())


def _paired(hits: list[Checksum]) -> list[Checksum]:
    """The hits, with those marked that have a neighbour of the same kind for the other half."""
    others = {"even bytes": "odd bytes", "odd bytes": "even bytes", "IC32": "IC23", "IC23": "IC32"}

    def mates(one: Checksum, two: Checksum) -> bool:
        near = (0,) if one.over.startswith("IC") else (-FIELD, FIELD)
        alike = (one.algorithm, one.order) == (two.algorithm, two.order)
        return alike and two.over == others.get(one.over) and two.at - one.at in near

    return [replace(one, paired=any(mates(one, two) for two in hits)) for one in hits]


def _tests(over: str, source: bytes, region: bytes, step: int, lane: int) -> Iterator[Checksum]:
    """Every test of one region; the fields are two bytes of `source`, of which `region` is every `step`th byte."""
    size = len(source)
    cuts: list[Cut] = []
    for at in sorted({*_FRONT, *(size - back for back in _BACK)}):
        both, first, behind = ((place - lane + step - 1) // step for place in (at - FIELD, at, at + FIELD))
        if step > 1 and both > 0:
            cuts.append((both, None, at, "before both"))
        cuts.append((first, None, at, "before"))
        if behind < len(region):
            cuts.append((first, behind, at, "around"))
    cuts.sort(key=lambda cut: cut[0])
    for name, summed in _ALGORITHMS.items():
        for _, _, at, stretch, value in summed(region, cuts):
            for order in ("little", "big"):
                stored = int.from_bytes(source[at : at + FIELD], "little" if order == "little" else "big")
                said = "low first" if order == "little" else "high first"
                for variant, wanted in _variants(name, value):
                    yield Checksum(name + variant, over, stretch, at, said, stored, wanted)


def _variants(name: str, value: int) -> Iterator[tuple[str, int]]:
    yield "", value
    if name.startswith("sum"):
        yield ", negated", -value & 0xFFFF
        yield ", inverted", ~value & 0xFFFF


def _running(totals: Callable[[bytes], Words], width: int) -> Callable[[bytes, list[Cut]], Summed]:
    """A sum whose total around a field is the difference of running totals."""

    def summed(region: bytes, cuts: list[Cut]) -> Summed:
        running = totals(region)
        for first, behind, at, stretch in cuts:
            if first % width or (behind or 0) % width:
                continue
            rest = 0 if behind is None else int(running[-1]) - int(running[behind // width])
            yield first, behind, at, stretch, int(running[first // width]) + rest & 0xFFFF

    return summed


def _totals(dtype: str) -> Callable[[bytes], Words]:
    def totals(region: bytes) -> Words:
        return np.concatenate([[0], np.cumsum(np.frombuffer(region, dtype), dtype=np.int64)])

    return totals


def _crc(crc: Crc) -> Callable[[bytes, list[Cut]], Summed]:
    update, start, final = crc

    def summed(region: bytes, cuts: list[Cut]) -> Summed:
        state, done = start, 0
        for first, behind, at, stretch in cuts:
            state, done = update(region[done:first], state), first
            whole = state if behind is None else update(region[behind:], state)
            yield first, behind, at, stretch, final(whole)

    return summed


_ALGORITHMS: Mapping[str, Callable[[bytes, list[Cut]], Summed]] = {
    "sum of bytes": _running(_totals("u1"), 1),
    "sum of words": _running(_totals("<u2"), 2),
    "sum of words, high byte first": _running(_totals(">u2"), 2),
    **{name: _crc(crc) for name, crc in CRCS.items()},
}

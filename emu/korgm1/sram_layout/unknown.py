"""An image nobody has a map of: what its bytes look like, and tables of names in it.

A firmware keeps its sounds as records of one size that begin with a name. Ten readable characters that come back at a
regular stride show where such a table is and how long its records are; 143 and 124 bytes are a Korg M1's programs and
combinations, as its own dumps have them, 96 its songs.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from korgm1.sram_layout.layout import SIZE, Layout, Region
from korgm1.sram_layout.parameters import table

BLOCK, AROUND = 256, 2
NOISE_BITS = 6.9
"""Entropy of the bytes of a block and those two before and one after it, above which it is noise: 1,024 bytes a RAM
woke with have about 7.3, sounds and songs at most 6.6 (measured on images of this emulator)."""
NAME, SHORTEST, LONGEST, FEWEST = 10, 24, 512, 6
"""Characters of a name; strides looked at; fewest names of a table."""
KNOWN_STRIDES = {143: "program", 124: "combination", 96: "song"}
_READABLE = re.compile(rb"[ -~]{10,}")
_NAME_AT = {"program": 0, "combination": 0, "song": 20}

Bytes = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Stretch:
    """Neighbouring blocks that look alike: "zeros", "FF", "one value", "text", "noise" or "data"."""

    looks: str
    start: int
    end: int
    entropy: float
    ones: float


@dataclass(frozen=True)
class NameTable:
    """Names at a regular stride: the address of the first, bytes from one to the next, how many, how many readable."""

    start: int
    stride: int
    count: int
    readable: int

    @property
    def last(self) -> int:
        """The address of the last name."""
        return self.start + (self.count - 1) * self.stride

    @property
    def kind(self) -> str:
        """What has records of this size on an M1: "program", "combination", "song", else ""."""
        return KNOWN_STRIDES.get(self.stride, "")


@dataclass(frozen=True)
class Overview:
    """Statistics of an image.

    Attributes:
        ones: share of bits that are 1.
        entropy: bits a byte, 0 to 8, over the whole image.
        common: the most frequent byte.
        common_share: its share of the bytes.
        stretches: the image by looks, without gaps.
        tables: the tables of names found, by address.
        texts: (address, text) of runs of readable characters, longest first.
    """

    ones: float
    entropy: float
    common: int
    common_share: float
    stretches: tuple[Stretch, ...]
    tables: tuple[NameTable, ...]
    texts: tuple[tuple[int, str], ...]


def overview(image: bytes) -> Overview:
    """What an image looks like.

    Args:
        image: 65,536 bytes.

    >>> seen = overview(bytes(65536))
    >>> seen.ones, seen.entropy, [(row.looks, row.start, row.end) for row in seen.stretches]
    (0.0, 0.0, [('zeros', 0, 65536)])
    """
    data = np.frombuffer(image, np.uint8)
    counts = np.bincount(data, minlength=256)
    common = int(counts.argmax())
    return Overview(
        _ones(data), entropy(data), common, float(counts[common] / data.size), tuple(_stretches(data)),
        tuple(name_tables(image)), tuple(_texts(image)),
    )


def entropy(data: Bytes) -> float:
    """Bits of information a byte, by how often each value occurs.

    >>> entropy(np.arange(256, dtype=np.uint8))
    8.0
    """
    share = np.bincount(data, minlength=256) / data.size
    share = share[share > 0]
    return abs(float(-(share * np.log2(share)).sum()))


def name_tables(image: bytes) -> list[NameTable]:
    """The tables of names in an image, by address.

    Args:
        image: 65,536 bytes.
    """
    names = _names(np.frombuffer(image, np.uint8))
    found: list[NameTable] = []
    while len(found) < 8:
        best = _best_table(names)
        if best is None:
            break
        found.append(best)
        names[max(0, best.start - NAME) : best.last - NAME] = False
    starts = {row.start for row in found}
    return sorted(
        (replace(row, count=row.count - 1, readable=row.readable - 1) if row.last in starts else row for row in found),
        key=lambda row: row.start,
    )


def layout(image: bytes) -> Layout:
    """A layout as far as names tell: tables of an M1's record sizes, the rest unknown.

    Args:
        image: 65,536 bytes.
    """
    regions: list[Region] = []
    at = 0
    for found in name_tables(image):
        if not found.kind:
            continue
        start = found.start - _NAME_AT[found.kind]
        end = start + found.count * table(found.kind).size
        if start < at or end > SIZE:
            continue
        if start > at:
            regions.append(Region("unknown", at, start))
        regions.append(Region(f"{found.kind}s (guessed)", start, end, found.kind, True))
        at = end
    if at < SIZE:
        regions.append(Region("unknown", at, SIZE))
    named = [region for region in regions if region.table]
    how = "no map of it is known" + (
        "; tables of names have the size of an M1's " + " and ".join(f"{row.table}s" for row in named) if named else ""
    )
    return Layout("unknown", how, image, tuple(regions))


def _texts(image: bytes) -> list[tuple[int, str]]:
    """Runs of at least ten readable characters, half of them letters; in noise there is hardly one."""
    runs = [(match.start(), match.group().decode("ascii")) for match in _READABLE.finditer(image)]
    runs = [(at, text) for at, text in runs if sum(letter.isalpha() for letter in text) * 2 >= len(text)]
    return sorted(runs, key=lambda row: (-len(row[1]), row[0]))


def _ones(data: Bytes) -> float:
    return float(np.unpackbits(data).mean())


def _stretches(data: Bytes) -> list[Stretch]:
    rows: list[tuple[str, int, int]] = []
    for start in range(0, data.size, BLOCK):
        around = data[max(0, start - AROUND * BLOCK) :][: 2 * AROUND * BLOCK]
        looks = _looks(data[start : start + BLOCK], entropy(around))
        if rows and rows[-1][0] == looks:
            rows[-1] = (looks, rows[-1][1], start + BLOCK)
        else:
            rows.append((looks, start, start + BLOCK))
    return [Stretch(looks, a, b, entropy(data[a:b]), _ones(data[a:b])) for looks, a, b in rows]


def _looks(block: Bytes, bits: float) -> str:
    if (block == block[0]).all():
        return {0: "zeros", 0xFF: "FF"}.get(int(block[0]), "one value")
    if ((block >= 0x20) & (block < 0x7F)).mean() > 0.9:
        return "text"
    return "noise" if bits > NOISE_BITS else "data"


def _names(data: Bytes) -> npt.NDArray[np.bool_]:
    """Where a name may begin: ten characters, three or more of them letters; up to four may be 00, which is a blank."""
    letter = ((data | 0x20) >= 0x61) & ((data | 0x20) <= 0x7A)
    zero = data == 0
    windows = np.lib.stride_tricks.sliding_window_view
    begins = (
        windows((data >= 0x20) & (data < 0x7F) | zero, NAME).all(1)
        & (windows(letter, NAME).sum(1) >= 3) & (windows(zero, NAME).sum(1) <= 4)
    )
    found = np.zeros(data.size, np.bool_)
    found[: begins.size] = begins & (data[: begins.size] > 0x20)
    return found


def _best_table(names: npt.NDArray[np.bool_]) -> NameTable | None:
    """The longest row of names at one stride; a few unreadable ones between are allowed."""
    spectrum = np.fft.rfft(names.astype(np.float64), 2 * names.size)
    pairs = np.fft.irfft(spectrum * spectrum.conj())[: LONGEST + 1].round()
    pairs[:SHORTEST] = 0
    best: tuple[int, int, NameTable] | None = None
    often = [int(stride) for stride in np.argsort(-pairs, kind="stable")[:24]]
    for stride in dict.fromkeys([*often, *KNOWN_STRIDES]):
        if pairs[stride] < FEWEST - 1:
            continue
        for score, found in _runs(names, stride):
            if best is None or (score, -found.start) > best[:2]:
                best = score, -found.start, found
    return None if best is None else best[2]


def _runs(names: npt.NDArray[np.bool_], stride: int) -> list[tuple[int, NameTable]]:
    """The best run of each start: a name gives 1, a gap in it takes 1."""
    rows = names.size // stride
    grid = names[: rows * stride].reshape(rows, stride)
    found = []
    for column in np.flatnonzero(grid.sum(0) >= FEWEST):
        top, score, begin = 0, -1, 0
        best = (0, 0)
        for row, hit in enumerate(grid[:, column].tolist()):
            if hit and score < 0:
                score, begin = 0, row
            score = max(-1, score + (1 if hit else -1))
            if hit and score >= top:
                top, best = score, (begin, row + 1)
        first, end = best
        readable = int(grid[first:end, column].sum())
        if top >= FEWEST:
            found.append((top, NameTable(first * stride + int(column), stride, end - first, readable)))
    return found

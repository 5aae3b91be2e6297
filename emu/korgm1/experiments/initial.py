"""What an initialisation writes: the RAM after a boot with noise in it, its tables of names, the first of each.

What two boots from different noise leave alike was written; what they leave as it was is not touched.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from korgm1.experiments.bench import Bench, on_bench, two_noises
from korgm1.experiments.record import Progress, Range, Record, quiet, ranges
from korgm1.romset.load import RomSet
from korgm1.sram_layout import unknown
from korgm1.sram_layout.parameter import Value
from korgm1.sram_layout.parameters import table


@dataclass(frozen=True)
class NameTable(Record):
    """Records of one size that begin with a name, or have it in the same place.

    Attributes:
        start: address of the first name.
        stride, count: bytes from one to the next, and how many.
        kind: "program", "combination", "song" by the size that the published dumps have, else "".
        first: the first record's bytes, from its name on (the stride's length).
        name: the first one.
        same: how many of the records hold what the first one holds.
        values: the first record's parameters, if the size is a known one's.
    """

    start: int
    stride: int
    count: int
    kind: str
    first: bytes
    name: str
    same: int
    values: Mapping[str, Value]


@dataclass(frozen=True)
class Initial(Record):
    """What an initialisation leaves.

    Attributes:
        initialised: whether noise in the RAM makes the firmware write the same content every time (4 KB at least).
        said: the lines shown then and not with a valid RAM.
        written: ranges with the same content after noise of two kinds.
        untouched: ranges that keep the noise.
        zeros: how many of the written bytes are 00.
        tables: tables of names in what was written.
        image: the 65,536 bytes; where they were not written, 00.
        boots: how many it took.
        notes: what else is to be said.
    """

    initialised: bool
    said: tuple[str, ...]
    written: tuple[Range, ...]
    untouched: tuple[Range, ...]
    zeros: int
    tables: tuple[NameTable, ...]
    image: bytes
    boots: int
    notes: tuple[str, ...]


def initial_contents(
    firmware: RomSet, model: str = "m1", progress: Progress = quiet, bench: Bench | None = None,
) -> Initial:
    """Boot with noise in the RAM and see what is in it afterwards.

    >>> from korgm1.romset.load import load_os
    >>> found = initial_contents(load_os(None, "m1"))
    >>> found.said, [(row.kind, row.count, row.name) for row in found.tables][:2]
    (('RAM Error 01',), [('combination', 100, 'Init Combi'), ('program', 100, 'Init Prog')])
    """
    bench = on_bench(firmware, model, bench)
    before = bench.boots
    if bench.problem:
        return Initial(False, (), (), (), 0, (), b"", 2, (bench.problem,))
    seen = []
    noises = two_noises()
    for number, image in enumerate(noises):
        progress(number, len(noises), "booting with noise in the RAM")
        seen.append(bench.boot(image, "a RAM full of noise"))
    one, other = (row.sram for row in seen)
    same = [at for at in range(0x10000) if one[at] == other[at]]
    kept = [at for at in range(0x10000) if one[at] == noises[0][at] and other[at] == noises[1][at]]
    left = bytearray(0x10000)
    for at in same:
        left[at] = one[at]
    notes = []
    if not all(row.usable for row in seen):
        notes.append("with noise in the RAM it does not come to a page that stands still")
    initialised = len(same) > 0x1000
    if not initialised:
        notes.append("noise in the RAM is not replaced: the firmware keeps it, or stops before it writes")
    return Initial(
        initialised, seen[0].new(bench.reference), ranges(same, 1), ranges(kept, 1),
        sum(one[at] == 0 for at in same), tuple(tables(bytes(left))), bytes(left), bench.boots - before, tuple(notes),
    )


def tables(image: bytes) -> list[NameTable]:
    """The tables of names in an image, each with its first record.

    >>> tables(bytes(65536))
    []
    """
    rows = []
    for found in unknown.name_tables(image):
        records = [image[at : at + found.stride] for at in range(found.start, found.last + 1, found.stride)]
        first = records[0]
        rows.append(NameTable(
            found.start, found.stride, found.count, found.kind, first,
            first[:10].decode("ascii", "replace").replace("\0", " ").strip(), sum(row == first for row in records),
            _values(found.kind, first),
        ))
    return rows


def _values(kind: str, record: bytes) -> Mapping[str, Value]:
    return table(kind).values(record) if kind in ("program", "combination") else {}

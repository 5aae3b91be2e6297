"""What the firmware uses the RAM for: what it writes at every power-on, what only an initialisation writes, tables."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from korgm1.experiments.bench import ENGINE, NOMINAL, Bench, noise, on_bench
from korgm1.experiments.initial import NameTable, initial_contents
from korgm1.experiments.record import Progress, Range, Record, quiet, ranges
from korgm1.observing import observe
from korgm1.profiling import READ, WRITTEN
from korgm1.romset.load import RomSet

GAP = 16
"""Bytes that nobody uses between two parts of one range."""
SIZE = 0x10000


@dataclass(frozen=True)
class MemoryMap(Record):
    """Use of the RAM, seen in two boots: of a valid RAM and of one full of noise.

    Attributes:
        work: written in a boot of a valid RAM: vectors, variables, buffers, stack.
        stored: written by an initialisation, and not in a boot of a valid RAM: what is kept.
        checked: read in a boot of a valid RAM and not written: what is tested or shown.
        untouched: neither read nor written in either boot.
        stored_base: where the largest stored range begins; None: there is none of 256 bytes.
        stored_end: where it ends.
        tables: tables of names in the stored data.
        stack: the addresses that the stack pointer stood at when the page stood still, and SS; None: no such page.
        boots: how many it took.
        notes: what else is to be said.
    """

    work: tuple[Range, ...]
    stored: tuple[Range, ...]
    checked: tuple[Range, ...]
    untouched: tuple[Range, ...]
    stored_base: int | None
    stored_end: int | None
    tables: tuple[NameTable, ...]
    stack: tuple[int, int] | None
    boots: int
    notes: tuple[str, ...]


def layout(
    firmware: RomSet, model: str = "m1", progress: Progress = quiet, bench: Bench | None = None,
) -> MemoryMap:
    """Find out what the RAM is used for.

    >>> from korgm1.romset.load import load_os
    >>> found = layout(load_os(None, "m1"))
    >>> hex(found.stored_base), [(row.kind, hex(row.start), row.stride) for row in found.tables][:1]
    ('0x1000', [('combination', '0x139d', 124)])
    """
    bench = on_bench(firmware, model, bench)
    before = bench.boots
    if bench.problem:
        return MemoryMap((), (), (), (), None, None, (), None, 2, (bench.problem,))
    progress(0, 3, "booting a valid RAM, counting what is used")
    valid = bench.observation
    progress(1, 3, "booting noise, counting what is used")
    filled = observe(firmware, model, battery=NOMINAL, sram=noise(1), engine=ENGINE, seconds=None)
    bench.boots += 1
    assert valid.profile is not None and filled.profile is not None
    usual, initialised = valid.profile.touched[:SIZE], filled.profile.touched[:SIZE]
    work = usual & WRITTEN != 0
    stored = (initialised & WRITTEN != 0) & ~work
    checked = (usual & READ != 0) & ~work
    found = ranges(np.flatnonzero(stored).tolist(), GAP)
    largest = max(found, key=lambda row: row.size, default=None)
    if largest is not None and largest.size < 256:
        largest = None
    progress(2, 3, "looking for tables")
    contents = initial_contents(firmware, model, bench=bench)
    notes = list(contents.notes)
    if largest is None:
        notes.append("an initialisation writes nothing that a later power-on leaves alone")
    registers = bench.playing("for its stack pointer").machine.engine.registers()
    return MemoryMap(
        ranges(np.flatnonzero(work).tolist(), GAP), found, ranges(np.flatnonzero(checked).tolist(), GAP),
        ranges(np.flatnonzero((usual | initialised) == 0).tolist()),
        largest.start if largest else None, largest.end if largest else None, contents.tables,
        (registers["ss"], registers["sp"]), bench.boots - before, tuple(notes),
    )

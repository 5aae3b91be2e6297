"""Which keys do something when they are held at power-on: every key alone, pairs and triples, against no key.

Group testing: pairs and triples are held together as long as every column of the matrix reads as it does for each of
them alone. If such a group does nothing that one of its keys does not do alone, none of it does; else its halves are
tried. A firmware that wants exactly two or three keys and none in another column is only found out by those that are
tried alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from korgm1.experiments.bench import QUICK, Bench, Seen, differing, on_bench
from korgm1.experiments.marks import Marked, marked
from korgm1.experiments.record import Progress, Record, quiet
from korgm1.profiling import WRITTEN
from korgm1.romset.load import RomSet

WITH = ("INT",)
"""Keys that are tried with every other one: INT is said to start a ROM check (facts m1-hardware, unknown 12)."""
MARKING = 0.1
"""The share of the progress that is the marking's."""
PAGE = "page"
"""The effect of a key that the page obeys as it does at any time: no effect of power-on."""
DEEPER = 64
"""Bytes that a stack may grow beyond what one boot used of it: two or three frames of an interrupt handler."""
GAP = 16
"""Bytes that a routine may leave out on the stack."""
MANY = 256
"""Bytes that differ afterwards, from which on it is said that the data were replaced."""


@dataclass(frozen=True)
class Held(Record):
    """A combination of keys that does something.

    Attributes:
        keys: held for the first two seconds.
        said: lines shown that are not without keys.
        effect: "initialises" (known data are gone), "hangs", "shows" (texts only), "writes" (RAM only).
        page: the two lines at the end.
        changed: how many bytes of RAM end otherwise, those left out that every power-on writes.
    """

    keys: tuple[str, ...]
    said: tuple[str, ...]
    effect: str
    page: tuple[str, str]
    changed: int


@dataclass(frozen=True)
class PowerOnKeys(Record):
    """What keys do at power-on.

    Attributes:
        model: the instrument.
        found: combinations that do something; those with more keys only where a part of them does not do the same.
        tried: how many combinations were.
        boots: how many it took.
        notes: what else is to be said.
    """

    model: str
    found: tuple[Held, ...]
    tried: int
    boots: int
    notes: tuple[str, ...]


def power_on_keys(
    firmware: RomSet, model: str = "m1", progress: Progress = quiet, bench: Bench | None = None,
    keys: tuple[tuple[str, ...], ...] | None = None,
) -> PowerOnKeys:
    """Hold keys at power-on and see what differs.

    Args:
        firmware: any 128 KB firmware.
        model: the instrument; a rack may know other combinations.
        progress: told how far it is.
        bench: one that has booted it before.
        keys: the combinations; None: every key, every pair of a column or with INT, every triple of a column.

    >>> from korgm1.romset.load import load_os
    >>> tried = ("INT",), ("CARD",), ("INT", "CARD"), ("INT", "CARD", "COMBI")
    >>> found = power_on_keys(load_os(None, "m1"), keys=tried)
    >>> [("+".join(row.keys), row.effect) for row in found.found]
    [('INT', 'shows'), ('INT+CARD+COMBI', 'initialises')]
    """
    bench = on_bench(firmware, model, bench)
    before = bench.boots
    if bench.problem:
        return PowerOnKeys(model, (), 0, 2, (bench.problem,))
    known = marked(bench, lambda done, of, what: progress(MARKING * done, of, what))
    tried = sets(bench) if keys is None else keys
    search = _Search(bench, known, len(tried), progress)
    search.all(tried)
    found: list[Held] = []
    for held in tried:
        row = search.rows.get(held)
        if row is not None and not search.typed(row) and not any(_same(part, row) for part in found):
            found.append(row)
    notes = [] if known.stable else ["two boots alike do not end alike, so an effect may have another cause"]
    pages = ["+".join(held) for held in tried if (row := search.rows.get(held)) is not None and row.effect == PAGE]
    if pages:
        notes.append(f"only the page obeys these, once it stands, so they are left out: {', '.join(pages)}")
    return PowerOnKeys(model, tuple(found), len(tried), bench.boots - before, tuple(notes))


def sets(bench: Bench) -> tuple[tuple[str, ...], ...]:
    """The combinations that are tried, single keys first.

    >>> from korgm1.romset.load import load_os
    >>> tried = sets(Bench(load_os(None, "m1")))
    >>> tried[0], ("INT", "9") in tried, ("INT", "CARD", "COMBI") in tried
    (('INT',), True, True)
    """
    panel = bench.session().machine.panel
    names = panel.keys()
    columns: dict[int, list[str]] = {}
    for name in names:
        columns.setdefault(panel.place(name)[0], []).append(name)
    rows: list[tuple[str, ...]] = [(name,) for name in names]
    for size in (2, 3):
        for column in columns.values():
            rows += combinations(column, size)
        if size == 2:
            rows += [(one, name) for one in WITH for name in names if name != one]
    return tuple(dict.fromkeys(rows))


Keys = tuple[str, ...]


def together(tried: Iterable[Keys], column: Callable[[str], int], acting: frozenset[str]) -> list[list[Keys]]:
    """Combinations in groups that are held at once: in every column, only what each of a group has there by itself.

    Args:
        tried: the combinations.
        column: of the matrix, of a key.
        acting: keys that do something alone; a group's combinations have the same ones.

    >>> columns = {"A": 0, "B": 0, "C": 1, "D": 1}
    >>> together([("A", "B"), ("C", "D"), ("A", "C"), ("A", "D")], lambda key: columns[key], frozenset("C"))
    [[('A', 'B')], [('C', 'D')], [('A', 'C')], [('A', 'D')]]
    >>> together([("A", "B"), ("C", "D"), ("A", "C"), ("A", "D")], lambda key: columns[key], frozenset())
    [[('A', 'B'), ('C', 'D')], [('A', 'C')], [('A', 'D')]]
    """
    packed: list[tuple[frozenset[str], dict[int, frozenset[str]], list[Keys]]] = []
    for held in tried:
        columns: dict[int, frozenset[str]] = {}
        for key in held:
            columns[column(key)] = columns.get(column(key), frozenset()) | {key}
        for keys, places, group in packed:
            same = all(places.get(number, here) == here for number, here in columns.items())
            if same and keys == acting.intersection(held):
                places.update(columns)
                group.append(held)
                break
        else:
            packed.append((acting.intersection(held), columns, [held]))
    return [group for _, _, group in packed]


class _Search:
    """Boots with keys held.

    Attributes:
        rows: what those combinations do that were tried alone; the others do nothing, or what a key of theirs does.
    """

    def __init__(self, bench: Bench, known: Marked, of: int, progress: Progress) -> None:
        self._bench, self._known, self._progress = bench, known, progress
        self._place = bench.session().machine.panel.place
        self._usual = _work(bench)
        self._done, self._of = 0, max(of, 1)
        self.rows: dict[Keys, Held | None] = {}

    def all(self, tried: tuple[Keys, ...]) -> None:
        """Try single keys, then the rest in groups."""
        for held in tried:
            if len(held) == 1:
                self._alone(held)
        acting = frozenset(key for (key,), row in self.rows.items() if row is not None)
        for group in together([held for held in tried if len(held) > 1], lambda key: self._place(key)[0], acting):
            self._try(group)

    def _try(self, group: list[Keys]) -> None:
        if len(group) == 1:
            self._alone(group[0])
            return
        union = tuple(dict.fromkeys(key for held in group for key in held))
        shown, stood = dict(self._bench.shown), set(self._bench.stood)
        row = self._boot(union)
        if row is None or any(part is not None and _same(part, row) for part in map(self.rows.get, _singles(union))):
            self._done += len(group)
            return
        self._bench.shown, self._bench.stood = shown, stood
        middle = len(group) // 2
        self._try(group[:middle])
        self._try(group[middle:])

    def typed(self, row: Held) -> bool:
        """Whether the page does it, not the power-on: with a key that the page obeys, RAM is written, too."""
        acts = [self.rows.get(key) for key in _singles(row.keys)]
        pages = any(one is not None and one.effect == PAGE for one in acts)
        return row.effect == PAGE or (row.effect == "writes" and pages)

    def _alone(self, held: Keys) -> None:
        self.rows[held] = self._boot(held)
        self._done += 1

    def _boot(self, held: Keys) -> Held | None:
        what = "+".join(held)
        self._progress(MARKING + (1 - MARKING) * self._done / self._of, 1, f"holding {what}")
        seen = self._bench.boot(self._known.image, f"held at power-on: {what}", hold=held, still=QUICK)
        changed = frozenset(differing(seen.sram, self._known.seen.sram)) - self._known.volatile
        return _effect(held, seen, changed - self._usual, self._known)


def _singles(keys: Keys) -> list[Keys]:
    return [(key,) for key in keys]


def _work(bench: Bench) -> frozenset[int]:
    """Addresses that every power-on writes: variables, among them which keys are down, and the stack."""
    profile = bench.observation.profile
    if profile is None:
        return frozenset()
    written = frozenset(np.flatnonzero(profile.touched[:0x10000] & WRITTEN).tolist())
    registers = bench.playing("for its stack pointer").machine.engine.registers()
    return written | deeper(written, registers["ss"] * 16 + registers["sp"])


def deeper(written: frozenset[int], stack: int) -> frozenset[int]:
    """The `DEEPER` addresses below what a boot wrote of its stack: an interrupt at another moment pushes there.

    Args:
        written: addresses.
        stack: where the stack pointer stood, as a linear address.

    >>> sorted(deeper(frozenset({0x7FC, 0x7FE, 0x7FF}), 0x800))[-2:]
    [2042, 2043]
    >>> deeper(frozenset({0x7FC}), 0x900)
    frozenset()
    """
    lowest = stack
    while any(lowest - step in written for step in range(1, GAP + 1)):
        lowest = next(lowest - step for step in range(GAP, 0, -1) if lowest - step in written)
    return frozenset(range(max(0, lowest - DEEPER), lowest)) if lowest < stack else frozenset()


def _effect(held: Keys, seen: Seen, changed: frozenset[int], known: Marked) -> Held | None:
    gone = known.addresses and all(seen.sram[at] == known.initial[at] for at in known.addresses)
    said = seen.new(known.seen)
    if not seen.usable:
        effect = "hangs"
    elif gone or (not known.addresses and len(changed) >= MANY):
        effect = "initialises"
    elif seen.texts != known.seen.texts:
        effect = PAGE if seen.texts[: len(known.seen.texts)] == known.seen.texts else "shows"
    elif changed:
        effect = "writes"
    else:
        return None
    return Held(held, said, effect, seen.lcd, len(changed))


def _same(part: Held, row: Held) -> bool:
    return set(part.keys) < set(row.keys) and (part.said, part.effect, part.page) == (row.said, row.effect, row.page)

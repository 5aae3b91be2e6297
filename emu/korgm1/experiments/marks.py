"""Known content in a RAM that the firmware takes for valid, to see afterwards whether it was kept.

A firmware that initialises its RAM puts back what it always puts there. So bytes that an initialisation writes are
changed, the firmware boots, and those changes that it left alone are marks: gone, if a later boot initialises. A
firmware that complains about the change and repairs its sums has then a whole RAM with marks in it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from korgm1.experiments.bench import QUICK, Bench, Seen, differing, two_noises
from korgm1.experiments.record import Progress, quiet

WANTED = 24
SMALLEST = 4
"""Into how many parts the places are divided; those of a part in which no change was kept are tried one by one."""
STEPS = SMALLEST * 2 + WANTED
"""Boots at most, about, for the progress."""
WHAT = "marking data, to see whether they are kept"


@dataclass(frozen=True)
class Marked:
    """A RAM with marks.

    Attributes:
        image: as power-off leaves it.
        initial: the same addresses after an initialisation.
        addresses: where it has marks; none: no change was kept.
        seen: its boot, with which others are compared.
        volatile: addresses that end otherwise from boot to boot.
        stable: whether two boots of it show the same.
    """

    image: bytes = field(repr=False)
    initial: bytes = field(repr=False)
    addresses: tuple[int, ...]
    seen: Seen = field(repr=False)
    volatile: frozenset[int] = field(repr=False)
    stable: bool


def written(bench: Bench) -> list[int]:
    """The addresses to which an initialisation gives one and the same content, whatever was there before."""
    seen = [bench.boot(image, "a RAM full of noise", still=QUICK) for image in two_noises()]
    return [at for at, (a, b, c) in enumerate(zip(seen[0].sram, seen[1].sram, bench.valid, strict=True)) if a == b == c]


def marked(bench: Bench, progress: Progress = quiet) -> Marked:
    """A RAM with marks, made by booting, once for a bench.

    Args:
        bench: of the firmware.
        progress: told how far it is.

    >>> from korgm1.romset.load import load_os
    >>> found = marked(Bench(load_os(None, "m1")))
    >>> found.stable, len(found.addresses) > 8
    (True, True)
    """
    if bench.marks is None:
        bench.marks = _marked(bench, progress)
    return bench.marks


def _marked(bench: Bench, progress: Progress) -> Marked:
    progress(0, STEPS, WHAT)
    places = written(bench)
    step = max(1, len(places) // (4 * WANTED))
    image, initial = bytearray(bench.reference.sram), bench.reference.sram
    kept = _kept(bench, image, places[step // 2 :: step], progress) if places else []
    if kept:
        kept = kept[:: max(1, len(kept) // WANTED)]
        for at in kept:
            image[at] ^= 0x01
        healed = bench.boot(bytes(image), "a RAM with a few bytes changed", still=QUICK).sram
        kept = [at for at in kept if healed[at] == image[at]]
        image = bytearray(healed)
    seen = bench.boot(bytes(image), "the same RAM at the next power-on", still=QUICK)
    again = bench.boot(seen.sram, "the same RAM once more", still=QUICK)
    if (kept and seen.texts != again.texts) or any(seen.sram[at] != image[at] for at in kept):
        kept, image = [], bytearray(initial)
        seen = bench.boot(initial, "an initialised RAM", still=QUICK)
        again = bench.boot(seen.sram, "the same RAM once more", still=QUICK)
    volatile = frozenset(differing(seen.sram, again.sram))
    stable = seen.texts == again.texts and seen.usable
    return Marked(bytes(seen.sram), initial, tuple(kept), again, volatile, stable)


def _kept(bench: Bench, image: bytearray, places: list[int], progress: Progress) -> list[int]:
    """Of these places those whose change is kept: all at once, in halves and quarters where none was, then some of the
    rest one by one."""
    waiting, rest = [places], list[int]()
    found: list[int] = []
    boots = 0

    def kept(group: list[int]) -> list[int]:
        nonlocal boots
        boots += 1
        progress(boots, STEPS, WHAT)
        changed = bytearray(image)
        for at in group:
            changed[at] ^= 0x01
        seen = bench.boot(bytes(changed), "a RAM with a few bytes changed", still=QUICK)
        return [at for at in group if seen.sram[at] == changed[at]]

    while waiting and len(found) < WANTED:
        group = waiting.pop(0)
        here = kept(group)
        found += here
        if not here and len(group) * SMALLEST > len(places) and len(group) > 1:
            waiting += [group[: len(group) // 2], group[len(group) // 2 :]]
        elif not here:
            rest += group
    for at in rest[:: max(1, -(-len(rest) // WANTED))]:
        if len(found) < WANTED:
            found += kept([at])
    return sorted(found)

"""Which bytes of the RAM decide whether a firmware takes it for valid: flip them, boot, see what becomes of it.

Group testing: a block is flipped as a whole; if nothing comes of it, none of its bytes matters (alone). If something
does, its halves are tried, down to single bytes, until a block, both its halves and bytes taken here and there in it
all do the same. Every byte is flipped with a pattern of its own, so that flips do not cancel in a sum.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass, replace

from korgm1.experiments.bench import QUICK, Bench, Seen, differing, noise, on_bench
from korgm1.experiments.marks import Marked, marked
from korgm1.experiments.record import Progress, Range, Record, quiet, ranges
from korgm1.experiments.sums import Sum, stored_sums
from korgm1.observing.standing import alike
from korgm1.romset.load import RomSet

BLOCK = 4096
SAMPLES = 4
"""Single bytes tried in a block whose halves do the same, besides its first and last."""
BUDGET = 900
MARKING = 0.1
"""The share of the progress that is the marking's."""
SHORTEST = 4
"""Bytes from which on a fixed value is called a signature."""
SMALL = 64
"""Bytes up to which a sensitive range can be a signature."""
EFFECTS = ("hangs", "initialises", "complains", "shown", "acts", "ignored")
"""What a flip can do: no page comes; known data elsewhere are gone; a message; another text on a page; other bytes end
otherwise; nothing. The first that applies."""


@dataclass(frozen=True)
class Place(Record):
    """A range of addresses that do the same when they are flipped.

    Attributes:
        start, end: from here to before there.
        effect: of `EFFECTS`.
        said: lines that only then are shown.
        kind: "signature" (every bit of its first byte matters alike), "fixed value" (the same, three bytes at most),
            "value in range" (some bits do), "stored sum" (it is written anew after a complaint), "covered by a sum"
            (long, any byte of it), or "" (nothing is checked).
        value: what stands there when it is valid (64 bytes at most).
        bits: the bits of its first byte that alone do the same, a mask; None: not tried.
        others: what its first byte's other bits do, where that is something.
        resolved: the ends are exact; False: the boots ran out before.
        tried: how many single bytes of it were flipped alone.
    """

    start: int
    end: int
    effect: str
    said: tuple[str, ...]
    kind: str
    value: bytes
    bits: int | None
    others: tuple[tuple[str, tuple[str, ...]], ...]
    resolved: bool
    tried: int

    @property
    def size(self) -> int:
        """Bytes in it."""
        return self.end - self.start

    def __str__(self) -> str:
        return f"{Range(self.start, self.end)} {self.effect}" + (f" ({' / '.join(self.said)})" if self.said else "")


@dataclass(frozen=True)
class Validity(Record):
    """How the firmware decides that its RAM is valid.

    Attributes:
        places: the sensitive ranges, by address; all other bytes are ignored when flipped alone.
        repaired: what the firmware writes anew after a complaint, besides what it always writes: where sums are kept.
        order: whether two bytes of the largest covered range that change by +1 and -1 are noticed (then it is no plain
            sum of bytes or words); None: not tried.
        sums: those of the stored sums that one of the known ways explains.
        marks: how many bytes of known content told whether the data were kept.
        boots: how many it took.
        notes: what else is to be said.
    """

    places: tuple[Place, ...]
    repaired: tuple[Range, ...]
    order: bool | None
    sums: tuple[Sum, ...]
    marks: int
    boots: int
    notes: tuple[str, ...]

    def effect_at(self, address: int) -> str:
        """What flipping the byte at an address does."""
        return next((row.effect for row in self.places if row.start <= address < row.end), "ignored")


def validity(
    firmware: RomSet, model: str = "m1", progress: Progress = quiet, bench: Bench | None = None, budget: int = BUDGET,
    within: tuple[int, int] = (0, 0x10000),
) -> Validity:
    """Locate the bytes that the firmware's test of its RAM looks at.

    Args:
        firmware: any 128 KB firmware.
        model: the instrument.
        progress: told how far it is.
        bench: one that has booted it before.
        budget: boots at most; blocks that are not divided to the end are told.
        within: look only at these addresses, from and to before.

    >>> from korgm1.romset.load import load_os
    >>> found = validity(load_os(None, "m1"), within=(0x1000, 0x1010))
    >>> [str(place) for place in found.places]
    ['1000-100F initialises (RAM Error 01)']
    """
    bench = on_bench(firmware, model, bench)
    before = bench.boots
    if bench.problem:
        return Validity((), (), None, (), 0, 2, (bench.problem,))
    known = marked(bench, lambda done, of, what: progress(MARKING * done, of, what))
    if not known.stable:
        return Validity((), (), None, (), 0, bench.boots - before, (
            "two boots alike do not end alike, so the effect of a flipped byte cannot be told",))
    search = _Search(bench, known, progress, budget, within)
    for start in range(within[0], within[1], BLOCK):
        search.explore(start, min(start + BLOCK, within[1]))
    places = search.places()
    notes = []
    if not known.addresses:
        notes.append("no byte could be changed so that it was kept: what is initialised is told by messages only")
    if search.spent >= budget:
        notes.append(f"{budget} boots were not enough to find every end; ranges that say so may be narrower")
    order, repaired = search.order(places), search.repaired(places)
    places = _as_neighbours([search.named(place, repaired) for place in places])
    return Validity(
        tuple(places), repaired, order, search.sums(places, repaired), len(known.addresses), bench.boots - before,
        tuple(notes),
    )


Key = tuple[str, tuple[str, ...]]


class _Search:
    def __init__(self, bench: Bench, known: Marked, progress: Progress, budget: int, within: tuple[int, int]) -> None:
        self._bench, self._known, self._progress = bench, known, progress
        self._budget, self.spent = budget, 0
        self._within, self._share = within, MARKING
        self._pattern = bytes(byte or 0xA5 for byte in noise(7))
        self._keys: dict[tuple[int, int], Key] = {}
        self._found: list[tuple[int, int, Key, bool]] = []
        self._random = random.Random(0)
        self._valid: list[bytes] = []

    def flipped(self, start: int, end: int) -> bytes:
        """The marked image with these bytes flipped."""
        image = bytearray(self._known.image)
        for at in range(start, end):
            image[at] ^= self._pattern[at]
        return bytes(image)

    def boot(self, image: bytes, changed: Iterable[int], what: str) -> tuple[Key, Seen]:
        """Boot an image that differs from the marked one at these addresses, and say what that did."""
        self.spent += 1
        self._progress(self._share, 1, what)
        seen = self._bench.boot(image, what, still=QUICK)
        return self._effect(seen, set(changed)), seen

    def key(self, start: int, end: int) -> Key:
        """What flipping a range does."""
        if (start, end) not in self._keys:
            what = f"RAM with {Range(start, end)} flipped"
            self._keys[start, end] = self.boot(self.flipped(start, end), range(start, end), what)[0]
        return self._keys[start, end]

    def _effect(self, seen: Seen, changed: set[int]) -> Key:
        known, reference = self._known, self._known.seen
        said = seen.before_last(reference) or seen.new(reference)
        if not seen.usable:
            return "hangs", said
        marks = [at for at in known.addresses if at not in changed]
        if marks and all(seen.sram[at] == known.initial[at] for at in marks):
            return "initialises", said
        if seen.texts != reference.texts:
            if len(seen.texts) > len(reference.texts):
                return "complains", said
            message = _message(seen, reference)
            return ("complains", message) if message else ("shown", said)
        other = set(differing(seen.sram, reference.sram)) - changed - known.volatile
        return ("acts" if other else "ignored"), said

    def explore(self, start: int, end: int) -> None:
        """Find what the bytes of a range do."""
        first, last = self._within
        self._share = MARKING + (1 - MARKING) * (start - first) / (last - first)
        key = self.key(start, end)
        if key[0] == "ignored" or end - start == 1:
            self._found.append((start, end, key, True))
            return
        if self.spent >= self._budget:
            self._found.append((start, end, key, False))
            return
        middle = (start + end) // 2
        if self.key(start, middle) == key == self.key(middle, end) and self._uniform(start, end, key):
            self._found.append((start, end, key, True))
            return
        self.explore(start, middle)
        self.explore(middle, end)

    def _uniform(self, start: int, end: int, key: Key) -> bool:
        some = {start, end - 1, *(self._random.randrange(start, end) for _ in range(SAMPLES))}
        return all(self.key(at, at + 1) == key for at in sorted(some))

    def places(self) -> list[Place]:
        """Neighbours that do the same, joined; what is ignored left out."""
        rows: list[tuple[int, int, Key, bool]] = []
        for start, end, key, whole in self._found:
            if rows and rows[-1][1] == start and rows[-1][2] == key:
                rows[-1] = (rows[-1][0], end, key, rows[-1][3] and whole)
            else:
                rows.append((start, end, key, whole))
        image = self._known.image
        return [
            Place(start, end, key[0], key[1], "", image[start:end][:SMALL], None, (), whole,
                  sum(start <= a and b <= end and b == a + 1 for a, b in self._keys))
            for start, end, key, whole in rows if key[0] != "ignored"
        ]

    def order(self, places: list[Place]) -> bool | None:
        """Whether a byte more here and one less there in the largest covered range is noticed."""
        place = _largest(places)
        if place is None:
            return None
        image = bytearray(self._known.image)
        low = [at for at in range(place.start + place.start % 2, place.end, 2) if 0 < image[at] < 0xFF]
        if len(low) < 2:
            low = list(range(place.start + place.start % 2, place.end, 2))
        one, other = low[0], low[len(low) // 2]
        up, down = (one, other) if image[one] < 0xFF and image[other] > 0 else (other, one)
        if image[up] == 0xFF or image[down] == 0:
            image[up], image[down] = image[down], image[up]
            if image == self._known.image:
                return None
        else:
            image[up] += 1
            image[down] -= 1
        return self.boot(bytes(image), (up, down), "RAM with a byte more and another less")[0] == (
            place.effect, place.said)

    def repaired(self, places: list[Place]) -> tuple[Range, ...]:
        """What differs after a complaint, other than the byte that was flipped."""
        place = _largest([row for row in places if row.effect == "complains"])
        if place is None:
            return ()
        changed: set[int] = set()
        for share in range(1, 9):
            at = place.start + place.size * share // 9 ^ share & 1
            _, seen = self.boot(self.flipped(at, at + 1), (at,), f"RAM with {at:04X} flipped")
            changed |= set(differing(seen.sram, self._known.seen.sram)) - {at} - self._known.volatile
            if seen.sram[at] == self.flipped(at, at + 1)[at]:
                self._valid.append(seen.sram)
        return ranges(at for at in changed if any(row.start <= at < row.end for row in places))

    def sums(self, places: list[Place], repaired: tuple[Range, ...]) -> tuple[Sum, ...]:
        """Those of the sums that are understood, over all that is covered."""
        covered = [row for row in places if row.kind == "covered by a sum"]
        if not covered:
            return ()
        keys = {(row.effect, row.said) for row in covered}
        covered += [row for row in places if row.kind == "value in range" and keys.intersection(row.others)]
        images = (self._known.initial, self._known.image, *self._valid)
        return stored_sums(images, repaired, min(row.start for row in covered), max(row.end for row in covered))

    def named(self, place: Place, repaired: tuple[Range, ...]) -> Place:
        """What the range is likely to be, and which bits of its first byte matter."""
        bits, kind = None, ""
        others: tuple[Key, ...] = ()
        if place.effect in ("hangs", "initialises", "complains"):
            if place.size > SMALL:
                kind = "covered by a sum"
            elif self.spent < self._budget:
                bits, others = self._bits(place)
                stored = any(row.start < place.end and place.start < row.end for row in repaired)
                fixed = "signature" if place.size >= SHORTEST else "fixed value"
                kind = "stored sum" if stored else fixed if bits == 0xFF else "value in range"
        return replace(place, kind=kind, bits=bits, others=others)

    def _bits(self, place: Place) -> tuple[int, tuple[Key, ...]]:
        mask = 0
        others: set[Key] = set()
        for bit in range(8):
            image = bytearray(self._known.image)
            image[place.start] ^= 1 << bit
            what = f"RAM with bit {bit} of {place.start:04X} flipped"
            key = self.boot(bytes(image), (place.start,), what)[0]
            if key == (place.effect, place.said):
                mask |= 1 << bit
            elif key[0] != "ignored":
                others.add(key)
        return mask, tuple(sorted(others))


def _message(seen: Seen, reference: Seen) -> tuple[str, ...]:
    """What the last picture says in the place of a line, on the reference's page; a name that is another is none."""
    kept = [alike(*pair) for pair in zip(seen.lcd, reference.lcd, strict=True)]
    lines = (line.strip() for line, same in zip(seen.lcd, kept, strict=True) if not same)
    return tuple(line for line in lines if line) if any(kept) else ()


def _as_neighbours(places: list[Place]) -> list[Place]:
    """A small range that does what a covered one does is a part of that, cut off by another range between them."""
    covered = {(row.effect, row.said) for row in places if row.kind == "covered by a sum"}
    return [
        replace(row, kind="covered by a sum")
        if row.kind in ("signature", "fixed value", "value in range") and (row.effect, row.said) in covered else row
        for row in places
    ]


def _largest(places: list[Place]) -> Place | None:
    covered = [row for row in places if row.effect in ("initialises", "complains") and row.size > SMALL]
    return max(covered, key=lambda row: row.size, default=None)

"""Which halves belong together: from identified dumps to OS sets, whatever the files are called.

A known half is paired by its entry. Unknown halves are paired within their folder: the lanes must give a jump at FFFF0;
of several fits the one with matching file names wins, then the one with more words of a display. Names are a tie-break,
never a proof.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from korgm1.romset.database import Database, Part, RomSetInfo
from korgm1.romset.identify import Fault, Half, Identity, altered, bad_vector
from korgm1.romset.image import interleave, reset_jump, words

MAX_UNKNOWN = 12
"""Unknown halves of one folder that are tried against each other."""

_LANE_WORDS = {
    "odd": re.compile(r"ic[-_ ]?23|(?<![a-z])(odd|high|msb)(?![a-z])|880[25]\d\d", re.IGNORECASE),
    "even": re.compile(r"ic[-_ ]?32|(?<![a-z])(even|low|lsb)(?![a-z])|880[36]\d\d", re.IGNORECASE),
}


@dataclass(frozen=True)
class Dump:
    """One file as the user knows it (folder/name, or zip:folder/name) and what it is."""

    name: str
    identity: Identity


@dataclass(frozen=True)
class OsSet:
    """An OS, or what there is of one.

    `status` is known, unknown (it runs, with a warning) or broken (it does not). `image` is the 128 KB at E0000, None
    where broken; `sources` are the file names, even half first. `faults` say what is wrong or was put right.
    """

    name: str
    version: str
    id: str
    models: tuple[str, ...]
    status: str
    sources: tuple[str, ...]
    faults: tuple[Fault, ...] = ()
    image: bytes | None = field(default=None, repr=False)

    @property
    def sha1(self) -> str:
        """SHA-1 of the image, "" where there is none."""
        return "" if self.image is None else hashlib.sha1(self.image).hexdigest()


@dataclass(frozen=True)
class _Side:
    """A half with its file, waiting for its partner."""

    name: str
    half: Half
    faults: tuple[Fault, ...] = ()

    @property
    def folder(self) -> str:
        return self.name.rpartition("/")[0] or self.name.rpartition(":")[0]

    @property
    def says(self) -> str:
        """The lane its file name speaks of, or ""."""
        base = self.name.rpartition("/")[2].rpartition(":")[2]
        lanes = [lane for lane, pattern in _LANE_WORDS.items() if pattern.search(base)]
        return lanes[0] if len(lanes) == 1 else ""

    @property
    def stem(self) -> str:
        """Its file name without the words that speak of a lane."""
        base = self.name.rpartition("/")[2].rpartition(":")[2].lower()
        for pattern in _LANE_WORDS.values():
            base = pattern.sub("", base)
        return base


def find_sets(dumps: Sequence[Dump], database: Database) -> list[OsSet]:
    """All OS sets in a list of dumps: the complete ones first, then what is wrong with the rest."""
    sets: list[OsSet] = []
    waiting: dict[str, _Side] = {}
    for dump in sorted(dumps, key=lambda dump: bool(dump.identity.faults)):
        halves = dump.identity.halves
        if len(halves) == 2:
            even, odd = (_Side(dump.name, half) for half in halves)
            sets.append(_judge(even, odd, database, dump.identity.faults))
        elif halves:
            side = _Side(dump.name, halves[0], dump.identity.faults)
            waiting.setdefault(hashlib.sha1(side.half.data).hexdigest(), side)
    rest = list(waiting.values())
    for set_id in database.sets:
        sides = {side.half.lane: side for side in rest if side.half.part and side.half.part.set == set_id}
        if len(sides) == 2:
            sets.append(_judge(sides["even"], sides["odd"], database))
            rest = [side for side in rest if side not in sides.values()]
    for folder in sorted({side.folder for side in rest}):
        sets += _folder_sets([side for side in rest if side.folder == folder], database)
    unique: dict[object, OsSet] = {}
    for one in sets:
        unique.setdefault(one.sha1 or one.sources, one)
    return sorted(unique.values(), key=lambda one: ("known", "unknown", "broken").index(one.status))


def _judge(even: _Side, odd: _Side, database: Database, remarks: tuple[Fault, ...] = ()) -> OsSet:
    """One even and one odd half: do they make an OS? `remarks` are made where they do."""
    sources = (even.name,) if even.name == odd.name else (even.name, odd.name)
    faults = (*even.faults, *odd.faults)
    parts = [part for part in (even.half.part, odd.half.part) if part is not None]
    rows = [database.sets[part.set] for part in parts]
    image = interleave(even.half.data, odd.half.data)
    if len(rows) == 2 and rows[0] is rows[1]:
        return _of(rows[0], "known", sources, (*faults, *remarks), image)
    if len(rows) == 2:
        return _mixed(even, odd, database)
    name = "unknown OS"
    models: tuple[str, ...] = ()
    if rows:
        name, models = f"{rows[0].name} with a foreign half", rows[0].models
        other = next(part for lane, part in database.halves(rows[0].id).items() if lane != parts[0].lane)
        ours, theirs = f"{rows[0].name} {rows[0].version}", f"{other.ic} (CRC {other.crc32:08X})"
        text = f"{parts[0].ic} is {ours}, but the other half is not its {theirs}: damaged, or of another version"
        faults = (*faults, Fault("half-unknown", text, "compare it with a second read of the chip"))
    wrong = altered(even.half.data, odd.half.data) or (bad_vector(image) if reset_jump(image) is None else None)
    if wrong is not None:
        return OsSet(name, "?", "", models, "broken", sources, (*faults, wrong))
    if not rows:
        text = "an OS that no list knows: it may be a version nobody has dumped, or a dump with errors"
        faults = (*faults, Fault("unknown", text, "read both chips twice and compare; its SHA-1 is worth publishing"))
    return OsSet(name, "?", "", models, "unknown", sources, (*faults, *remarks), image)


def _of(
    row: RomSetInfo, status: str, sources: tuple[str, ...], faults: tuple[Fault, ...], image: bytes | None = None
) -> OsSet:
    return OsSet(row.name, row.version, row.id, row.models, status, sources, faults, image)


def _mixed(even: _Side, odd: _Side, database: Database) -> OsSet:
    parts = [side.half.part for side in (odd, even)]
    texts = [f"{part.ic} is {database.sets[part.set].name} {database.sets[part.set].version}" for part in parts if part]
    fault = Fault("mixed-versions", " but ".join(texts), "find the other half of each; they do not run together")
    return OsSet("two versions mixed", "?", "", (), "broken", (even.name, odd.name), (fault,))


def _folder_sets(sides: list[_Side], database: Database) -> list[OsSet]:
    """The sets among halves of one folder that found no partner by their entries."""
    sets: list[OsSet] = []
    known = [side for side in sides if side.half.part]
    unknown = [side for side in sides if not side.half.part][:MAX_UNKNOWN]
    fits = _fits(known[:MAX_UNKNOWN] + unknown)
    while fits:
        best, even, odd = fits[0]
        taken = (even, odd)
        rivals = [score for score, *others in fits[1:] if score[0] == best[0] and any(side in taken for side in others)]
        remarks = _name_faults(even, odd)
        if any(2 * score[1] > best[1] for score in rivals):
            text = f"{even.name} and {odd.name} were taken for a pair, but other halves here fit as well"
            remarks += (Fault("ambiguous", text, "put the two halves of one instrument into a folder of their own"),)
        sets.append(_judge(even, odd, database, remarks))
        fits = [fit for fit in fits if fit[1] not in taken and fit[2] not in taken]
        known = [side for side in known if side not in taken]
        unknown = [side for side in unknown if side not in taken]
    evens, odds = ([side for side in known if side.half.lane == lane] for lane in ("even", "odd"))
    sets += [_mixed(even, odd, database) for even, odd in zip(evens, odds, strict=False)]
    count = min(len(evens), len(odds))
    sets += [_alone(side, database) for side in evens[count:] + odds[count:]]
    return sets + _leftover(unknown, database)


def _fits(sides: list[_Side]) -> list[tuple[tuple[bool, int, bool], _Side, _Side]]:
    """Every (even, odd) pair that has a start at FFFF0, the best first: names match, more words, lanes as named."""
    fits = []
    for even in sides:
        for odd in sides:
            if even is odd or even.half.lane == "odd" or odd.half.lane == "even" or (even.half.part and odd.half.part):
                continue
            image = interleave(even.half.data, odd.half.data)
            if reset_jump(image) is not None:
                named = even.says != "odd" and odd.says != "even"
                fits.append(((even.stem == odd.stem, words(image), named), even, odd))
    return sorted(fits, key=lambda fit: fit[0], reverse=True)


def _name_faults(even: _Side, odd: _Side) -> tuple[Fault, ...]:
    if even.says != "odd" and odd.says != "even":
        return ()
    lanes = f"{even.name} holds the even bytes (IC32), {odd.name} the odd ones (IC23)"
    text = f"the file names have the halves swapped: {lanes}"
    return (Fault("halves-swapped", text, "rename the files"),)


def _alone(side: _Side, database: Database) -> OsSet:
    part = side.half.part
    assert part is not None
    row = database.sets[part.set]
    other: Part = next(other for lane, other in database.halves(part.set).items() if lane != part.lane)
    text = f"{other.ic} is missing (65,536 bytes, CRC {other.crc32:08X})"
    return _of(row, "broken", (side.name,), (Fault("missing-half", text, f"read {other.ic} of the same instrument"),))


def _leftover(sides: list[_Side], database: Database) -> list[OsSet]:
    """Unknown halves without a fit: a pair by name or number gets a diagnosis, a single one misses its other half."""
    if len(sides) == 2:
        even, odd = sides if sides[0].says != "odd" and sides[1].says != "even" else reversed(sides)
        return [_judge(even, odd, database)]
    sets = []
    while sides:
        side = sides.pop(0)
        mate = next(
            (other for other in sides if other.stem == side.stem and {other.says, side.says} == {"even", "odd"}), None
        )
        if mate is not None:
            sides.remove(mate)
            even, odd = (side, mate) if side.says == "even" else (mate, side)
            sets.append(_judge(even, odd, database))
        elif side.says:
            other_ic = {"even": "IC23 (odd bytes)", "odd": "IC32 (even bytes)"}[side.says]
            fault = Fault(
                "missing-half", f"the other half, {other_ic}, is missing", "read it, and put both into one folder"
            )
            sets.append(OsSet("unknown OS", "?", "", (), "broken", (side.name,), (fault,)))
    return sets

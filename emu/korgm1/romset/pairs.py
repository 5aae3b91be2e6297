"""Which halves belong together: from identified dumps to OS sets, whatever the files are called.

A known half is paired by its entry. Unknown halves are paired within their folder (a zip is one): the lanes must give a
jump at FFFF0; of several fits the one with matching file names wins, then the one with more words of a display. Names
are a tie-break, never a proof. What is left is paired across folders beside each other where only one fit is possible,
and what is still alone gets a diagnosis.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath
from typing import TypeVar

from korgm1.romset.database import Database, RomSetInfo
from korgm1.romset.finding import Finding, speaking
from korgm1.romset.identify import Fault, Half, Identity, Verdict, altered, bad_vector, mixed_versions
from korgm1.romset.image import HALF, interleave, reset_jump, sense

MAX_UNKNOWN = 12
"""Unknown halves of one folder that are tried against each other."""

_LANE_WORDS = {
    "odd": re.compile(r"(?:ic|u)[-_ ]?23(?!\d)|(?<![a-z])(odd|high|msb)(?![a-z])|880[25]\d\d", re.IGNORECASE),
    "even": re.compile(r"(?:ic|u)[-_ ]?32(?!\d)|(?<![a-z])(even|low|lsb)(?![a-z])|880[36]\d\d", re.IGNORECASE),
}


@dataclass(frozen=True)
class Dump:
    """One file as the user knows it (folder/name, or zip:folder/name), what it is, the zip it lies in, its bytes.

    `remarks` say how the bytes were got out of the file, where it is no raw binary, and what of them is doubtful.
    """

    name: str
    identity: Identity
    archive: str = ""
    raw: bytes = field(default=b"", repr=False)
    remarks: tuple[Finding, ...] = ()

    @property
    def losses(self) -> tuple[Finding, ...]:
        """Remarks that say bytes of it are lost."""
        return tuple(speaking(self.remarks))

    @property
    def folder(self) -> PurePosixPath:
        """Where it lies; a zip is a folder."""
        inside = self.name[len(self.archive) + 1 :] if self.archive else self.name
        return (PurePosixPath(self.archive) / inside.lstrip("/")).parent

    @property
    def base(self) -> str:
        """Its file name alone."""
        return self.name.rpartition("/")[2].rpartition(":")[2]


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
    """A half with its file, waiting for its partner; `twins` are files of the same folder with the same bytes."""

    name: str
    half: Half
    faults: tuple[Fault, ...] = ()
    folder: PurePosixPath | None = None
    base: str = ""
    twins: tuple[str, ...] = ()

    @property
    def says(self) -> str:
        """The lane its file name speaks of, or ""."""
        return named_lane(self.base)

    @property
    def stem(self) -> str:
        """Its file name without the words that speak of a lane."""
        return _stem(self.base)


def named_lane(name: str) -> str:
    """The lane a file name speaks of, or "".

    >>> named_lane("dumps/m1_ic32.bin")
    'even'
    """
    base = name.rpartition("/")[2]
    lanes = [lane for lane, pattern in _LANE_WORDS.items() if pattern.search(base)]
    return lanes[0] if len(lanes) == 1 else ""


def _stem(base: str) -> str:
    base = base.lower()
    for pattern in _LANE_WORDS.values():
        base = pattern.sub("", base)
    return base


def find_sets(dumps: Sequence[Dump], database: Database) -> list[OsSet]:
    """All OS sets in a list of dumps: the complete ones first, then what is wrong with the rest."""
    sets: list[OsSet] = []
    for dump in dumps:
        if len(dump.identity.halves) == 2:
            even, odd = (_Side(dump.name, half) for half in dump.identity.halves)
            sets.append(_judge(even, odd, database, dump.identity.faults))
    rest = _single(dumps)
    for set_id in database.sets:
        sides = {side.half.lane: side for side in rest if side.half.part and side.half.part.set == set_id}
        if len(sides) == 2:
            sets.append(_judge(sides["even"], sides["odd"], database))
            rest = [side for side in rest if side not in sides.values()]
    folders = sorted({dump.folder for dump in dumps})
    for folder in folders:
        found, taken = _best_fits([side for side in rest if side.folder == folder], database)
        sets += found
        rest = [side for side in rest if side not in taken]
    parents = {dump.folder: dump.folder.parent for dump in dumps}
    for parent in (*sorted(set(parents.values())), None):
        near = [side for side in rest if parent is None or (side.folder and parents[side.folder] == parent)]
        found, taken = _only_fits(near, database)
        sets += found
        rest = [side for side in rest if side not in taken]
    for folder in folders:
        broken = [dump for dump in dumps if dump.folder == folder and _is_broken_half(dump)]
        sets += _diagnose([side for side in rest if side.folder == folder], broken, database)
    unique: dict[object, OsSet] = {}
    for one in sets:
        unique.setdefault(one.sha1 or one.sources, one)
    order = ("known", "unknown", "broken")
    return sorted(unique.values(), key=lambda one: order.index(one.status))


def _single(dumps: Sequence[Dump]) -> list[_Side]:
    """The single halves, each of different bytes once: the reads without a fault go first."""
    sides: dict[str, _Side] = {}
    for dump in sorted(dumps, key=lambda dump: bool(dump.identity.faults)):
        if len(dump.identity.halves) != 1:
            continue
        half = dump.identity.halves[0]
        side = _Side(dump.name, half, dump.identity.faults, dump.folder, dump.base)
        first = sides.setdefault(hashlib.sha1(half.data).hexdigest(), side)
        if first is not side and first.folder == side.folder:
            sides[hashlib.sha1(half.data).hexdigest()] = replace(first, twins=(*first.twins, side.base))
    return list(sides.values())


def _is_broken_half(dump: Dump) -> bool:
    near = dump.identity.size == HALF // 2 or abs(dump.identity.size - HALF) <= 1024
    return dump.identity.verdict is Verdict.BROKEN and not dump.identity.halves and near


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
    assert even.half.part and odd.half.part
    sources = (even.name,) if even.name == odd.name else (even.name, odd.name)
    fault = mixed_versions(even.half.part, odd.half.part, database)
    return OsSet("two versions mixed", "?", "", (), "broken", sources, (fault,))


def _best_fits(sides: list[_Side], database: Database) -> tuple[list[OsSet], list[_Side]]:
    """The sets among halves of one folder that found no partner by their entries, and the halves they took."""
    sets: list[OsSet] = []
    taken: list[_Side] = []
    fits = _fits(sides)
    while fits:
        best, even, odd = fits[0]
        pair = (even, odd)
        rivals = [score for score, *others in fits[1:] if score[0] == best[0] and any(side in pair for side in others)]
        remarks = _name_faults(even, odd)
        if any(2 * score[1] > best[1] for score in rivals):
            text = f"{even.name} and {odd.name} were taken for a pair, but other halves here fit as well"
            remarks += (Fault("ambiguous", text, "put the two halves of one instrument into a folder of their own"),)
        sets.append(_judge(even, odd, database, remarks))
        fits = [fit for fit in fits if fit[1] not in pair and fit[2] not in pair]
        taken += pair
    return sets, taken


def _only_fits(sides: list[_Side], database: Database) -> tuple[list[OsSet], list[_Side]]:
    """The sets among halves of different folders: only those of which no half fits any other, too."""
    fits = _fits(sides)
    counts = Counter(side.name for _, even, odd in fits for side in (even, odd))
    lone = [(even, odd) for _, even, odd in fits if counts[even.name] == counts[odd.name] == 1]
    sets = [_judge(even, odd, database, _name_faults(even, odd)) for even, odd in lone]
    return sets, [side for pair in lone for side in pair]


def _fits(sides: list[_Side]) -> list[tuple[tuple[bool, int, bool], _Side, _Side]]:
    """Every (even, odd) pair that has a start at FFFF0, the best first: names match, more words, lanes as named.

    Of many halves only the first `MAX_UNKNOWN` known and unknown ones are tried.
    """
    fits = []
    known, unknown = ([side for side in sides if bool(side.half.part) is which] for which in (True, False))
    sides = known[:MAX_UNKNOWN] + unknown[:MAX_UNKNOWN]
    for even in sides:
        for odd in sides:
            if even is odd or even.half.lane == "odd" or odd.half.lane == "even" or (even.half.part and odd.half.part):
                continue
            image = interleave(even.half.data, odd.half.data)
            if reset_jump(image) is not None:
                named = even.says != "odd" and odd.says != "even"
                fits.append(((even.stem == odd.stem, sense(image), named), even, odd))
    return sorted(fits, key=lambda fit: fit[0], reverse=True)


def _name_faults(even: _Side, odd: _Side) -> tuple[Fault, ...]:
    if even.says != "odd" and odd.says != "even":
        return ()
    lanes = f"{even.name} holds the even bytes (IC32), {odd.name} the odd ones (IC23)"
    text = f"the file names have the halves swapped: {lanes}"
    return (Fault("halves-swapped", text, "rename the files"),)


def _diagnose(sides: list[_Side], broken: list[Dump], database: Database) -> list[OsSet]:
    """What is wrong with the halves of one folder that found no partner; `broken` are the useless dumps beside them."""
    sets = []
    known = [side for side in sides if side.half.part]
    unknown = [side for side in sides if not side.half.part]
    evens, odds = ([side for side in known if side.half.lane == lane] for lane in ("even", "odd"))
    for even, odd in zip(evens, odds, strict=False):
        sets.append(_mixed(even, odd, database))
    count = min(len(evens), len(odds))
    for side in evens[count:] + odds[count:]:
        mate = _beside(side, unknown)
        if mate is not None:
            unknown.remove(mate)
            sets.append(_judge(*((side, mate) if side.half.lane == "even" else (mate, side)), database))
        else:
            sets.append(_alone(side, _beside(side, broken), database))
    if len(unknown) == 2:
        even, odd = unknown if unknown[0].says != "odd" and unknown[1].says != "even" else reversed(unknown)
        return [*sets, _judge(even, odd, database)]
    alone = len(unknown) == 1
    while unknown:
        side = unknown.pop(0)
        named = [other for other in unknown if {other.says, side.says} == {"even", "odd"} and other.stem == side.stem]
        if named:
            unknown.remove(named[0])
            sets.append(_judge(*((side, named[0]) if side.says == "even" else (named[0], side)), database))
        elif side.says or alone:
            sets.append(_alone(side, _beside(side, broken), database))
    return sets


_Other = TypeVar("_Other", _Side, Dump)


def _beside(side: _Side, others: list[_Other]) -> _Other | None:
    """What lies there for the other half: by its name, or because there is nothing else."""
    lane = side.half.lane or side.says
    free = [other for other in others if not lane or named_lane(other.base) != lane]
    named = [other for other in free if named_lane(other.base) or _stem(other.base) == side.stem]
    return named[0] if named else free[0] if len(free) == 1 else None


def _alone(side: _Side, broken: Dump | None, database: Database) -> OsSet:
    """A half whose other half is missing, or there but `broken`."""
    part = side.half.part
    lane = side.half.lane or side.says
    other = {"even": "IC23 (odd bytes)", "odd": "IC32 (even bytes)", "": "the other half"}[lane]
    size = "65,536 bytes"
    if part is not None:
        entry = next(row for row in database.halves(part.set).values() if row.lane != part.lane)
        other, size = entry.ic, f"65,536 bytes, CRC {entry.crc32:08X}"
    sources: tuple[str, ...] = (side.name,)
    if broken is not None:
        sources = (broken.name, side.name) if lane == "odd" else (side.name, broken.name)
        first = broken.identity.faults[0]
        fault = Fault("half-damaged", f"{other} is there but damaged: {broken.base}: {first.text}", first.hint)
    elif side.twins:
        text = f"{side.base} and {side.twins[0]} are equal: the same chip read twice; {other} is missing ({size})"
        fault = Fault("missing-half", text, f"read {other} of the same instrument")
    else:
        perhaps = "" if lane else "if this is one half of an OS, "
        text = f"{perhaps}{other} is missing ({size})"
        fault = Fault("missing-half", text, f"read {other} of the same instrument, and put both into one folder")
    if part is not None:
        return _of(database.sets[part.set], "broken", sources, (fault,))
    return OsSet("unknown OS", "?", "", (), "broken", sources, (fault,))

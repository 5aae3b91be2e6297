"""Dumps put right: cut to size, unscrambled, in the right order; each step with how sure it is.

What is lost (dead or tied lines, blank reads, weak bits without a majority) stays lost. What was changed without a loss
is changed back only where the result is a known ROM by its SHA-1, or makes an OS by what `identify` looks at.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from korgm1.romset.database import Database
from korgm1.romset.finding import Confidence, Finding, from_fault, speaking
from korgm1.romset.identify import Verdict, identify
from korgm1.romset.image import ALTERATIONS, HALF, IMAGE, interleave, reset_jump, sense, split
from korgm1.romset.lines import likely_change, line_findings, made_sense, proved_change
from korgm1.romset.nearly import nearly_known
from korgm1.romset.pairs import Dump, OsSet, find_sets
from korgm1.romset.partial import partial_findings
from korgm1.romset.preparing import prepared

Halves = tuple[bytes, bytes]


@dataclass(frozen=True)
class Mended:
    """An OS, or one half of it, as it should have been dumped.

    Attributes:
        name, version: of the set.
        halves: bytes of 65,536 by IC; one entry where only one chip could be put right.
        sources: the files it was made from.
        steps: what was done, in order; empty where there was nothing to do.
        proved: SHA-1 says that the result is a known ROM.
        lost: what says that bytes of it are lost, or which of several results is right; empty where it is proved.
    """

    name: str
    version: str
    halves: dict[str, bytes] = field(repr=False)
    sources: tuple[str, ...]
    steps: tuple[Finding, ...]
    proved: bool
    lost: tuple[Finding, ...] = ()

    @property
    def image(self) -> bytes:
        """Both halves as the V50 sees them; empty where there is only one."""
        return interleave(self.halves["IC32"], self.halves["IC23"]) if len(self.halves) == 2 else b""


def mend(dumps: Sequence[Dump], database: Database) -> list[Mended]:
    """What can be made of dumps: OS sets, best first, known halves that found no partner, sets that lost bytes.

    >>> from korgm1.romset.database import known_roms
    >>> from korgm1.romset.openm1 import OPENM1_BUILDS
    >>> known, image = known_roms(), OPENM1_BUILDS["24"].image()
    >>> found = mend([Dump("x", identify(image * 2, known), raw=image * 2)], known)
    >>> found[0].proved, found[0].steps[0].code, found[0].image == image
    (True, 'overdump', True)
    """
    steps: dict[str, list[Finding]] = {}
    better = []
    for dump, done in prepared(dumps, database):
        better.append(_normal(dump, database, steps.setdefault(dump.name, list(done))))
    found: list[Mended] = []
    for one in find_sets(better, database):
        made = None if one.status == "known" else _unscrambled(one, better, steps, database)
        if made is None and one.image is not None:
            made = _whole(one, steps)
        if made is not None:
            found.append(made)
    found = [one if one.proved else replace(one, lost=(*one.lost, *_lost(one, dumps))) for one in found]
    used = {name for one in found for name in one.sources if not one.lost}
    for dump in better:
        if dump.name not in used and len(dump.raw) == IMAGE and dump.identity.verdict is Verdict.BROKEN:
            made = _unscrambled(OsSet("", "?", "", (), "broken", (dump.name,)), better, steps, database)
            if made is not None:
                found.append(made)
        part = dump.identity.halves[0].part if len(dump.identity.halves) == 1 else None
        if dump.name not in used and part is not None:
            done = (*steps[dump.name], *speaking(from_fault(fault, True) for fault in dump.identity.faults))
            version = database.sets[part.set].version
            halves = {part.ic: dump.identity.data}
            found.append(Mended(database.sets[part.set].name, version, halves, (dump.name,), done, True))
    return sorted(found, key=lambda one: (bool(one.lost), -len(one.halves), not one.proved))


def _lost(one: Mended, dumps: Sequence[Dump]) -> tuple[Finding, ...]:
    """What says that bytes of an unproved result are lost."""
    found = [loss for dump in dumps if dump.name in one.sources for loss in dump.losses]
    chips = [dump.raw for dump in dumps if dump.name in one.sources and len(dump.raw) == HALF]
    found += [row for chip in chips for row in line_findings(chip)]
    if len(one.halves) == 2:
        for ic, other in (("IC32", "IC23"), ("IC23", "IC32")):
            rows = [*line_findings(one.halves[ic]), *partial_findings(one.halves[ic], one.halves[other])]
            found += [replace(row, text=f"{ic}: {row.text}") for row in rows]
    return tuple(found)


def _normal(dump: Dump, database: Database, steps: list[Finding]) -> Dump:
    """A dump of the right length with its bits and lines put right, where a SHA-1 proves it."""
    data, identity = dump.raw, dump.identity
    if identity.verdict in (Verdict.PLAUSIBLE, Verdict.BROKEN) and len(data) == HALF:
        change = nearly_known(data, database) or proved_change(data, database)
        if change is not None:
            steps.append(change[0])
            identity = identify(change[1], database)
    if identity.verdict is Verdict.PLAUSIBLE and len(identity.halves) == 2:
        changes = [
            (nearly_known(half.data, database) or proved_change(half.data, database)) if half.part is None else None
            for half in identity.halves
        ]
        if any(changes):
            steps += [change[0] for change in changes if change is not None]
            pairs = zip(identity.halves, changes, strict=True)
            even, odd = (half.data if change is None else change[1] for half, change in pairs)
            identity = identify(interleave(even, odd), database)
    return replace(dump, identity=identity)


def _whole(one: OsSet, steps: dict[str, list[Finding]]) -> Mended:
    assert one.image is not None
    even, odd = split(one.image)
    proved = one.status == "known"
    done = [step for name in dict.fromkeys(one.sources) for step in steps[name]]
    done += speaking(from_fault(fault, proved) for fault in one.faults if fault.code != "half-unknown")
    return Mended(one.name, one.version, {"IC32": even, "IC23": odd}, one.sources, tuple(done), proved)


def raw_halves(one: OsSet, dumps: Sequence[Dump]) -> Halves | None:
    """The even and the odd bytes of a set as they were read, also of one that does not run; None without both."""
    if one.image is not None:
        return split(one.image)
    by_name = {dump.name: dump for dump in dumps}
    data = [by_name[name].identity.data or by_name[name].raw for name in one.sources if name in by_name]
    if len(data) == 1 and len(data[0]) == IMAGE:
        return split(data[0])
    return (data[0], data[1]) if [len(half) for half in data] == [HALF, HALF] else None


def _unscrambled(
    one: OsSet, dumps: Sequence[Dump], steps: dict[str, list[Finding]], database: Database
) -> Mended | None:
    """A set that does not run, or has one known half, changed back in the one way that makes an OS of it."""
    halves = raw_halves(one, dumps)
    if halves is None or any(fault.code == "mixed-versions" for fault in one.faults):
        return None
    made = altered_back(*halves)
    beside_known = any(fault.code == "half-unknown" for fault in one.faults)
    if made is None and (beside_known or (one.id == "" and one.models == ())):
        made = likely_change(*halves)
    if made is None:
        return None
    finding, even, odd = made
    if beside_known and any(
        half != new and database.find(half) is not None for half, new in zip(halves, (even, odd), strict=True)
    ):
        return None
    done = [step for name in dict.fromkeys(one.sources) for step in steps[name]]
    parts = [database.find(even), database.find(odd)]
    if parts[0] is not None and parts[1] is not None and parts[0].set == parts[1].set:
        known = database.sets[parts[0].set]
        return Mended(known.name, known.version, {"IC32": even, "IC23": odd}, one.sources, (*done, finding), True)
    sha1 = hashlib.sha1(interleave(even, odd)).hexdigest()
    lost = (finding,) if finding.details.get("alternatives") else ()
    return Mended("unknown OS", sha1[:8], {"IC32": even, "IC23": odd}, one.sources, (*done, finding), False, lost)


def altered_back(even: bytes, odd: bytes) -> tuple[Finding, bytes, bytes] | None:
    """The alteration of both halves without which they make an OS, and the halves without it."""
    best = sense(interleave(even, odd)) if reset_jump(interleave(even, odd)) is not None else -1
    found = None
    for code, (undo, text) in ALTERATIONS.items():
        for first, second in ((even, odd), (odd, even)):
            one, other = undo(first), undo(second)
            image = interleave(one, other)
            if reset_jump(image) is not None and sense(image) > 2 * best + 2:
                best = sense(image)
                swapped = ", and the halves are swapped" if first is odd else ""
                sentence = f"{text}{swapped}: put right, {made_sense(image)}"
                found = Finding(code, Confidence.LIKELY, sentence), one, other
    return found

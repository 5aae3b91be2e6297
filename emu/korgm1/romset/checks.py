"""Everything that can be said about dumps beyond what they are: `korgm1 rom verify` without its printing.

Known dumps are judged by the database alone. Of all others each check gives findings with a confidence word.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from korgm1.romset.checksums import Checksums, find_checksums
from korgm1.romset.chip_27c512 import IC_OF_LANE
from korgm1.romset.database import Database
from korgm1.romset.entropy import kinds, summary
from korgm1.romset.finding import Confidence, Finding, from_fault, notes, speaking
from korgm1.romset.identify import Fault, Identity, Verdict
from korgm1.romset.image import ALTERATIONS, HALF, IMAGE, interleave, reset_jump, split
from korgm1.romset.labels import Label, label_findings, label_in, unlabelled
from korgm1.romset.lines import likely_change, line_findings, proved_change
from korgm1.romset.mending import raw_halves
from korgm1.romset.nearly import nearly_known
from korgm1.romset.pairs import Dump, OsSet, find_sets, named_lane
from korgm1.romset.partial import LOST, partial_findings
from korgm1.romset.preparing import prepared
from korgm1.romset.scan import Scan
from korgm1.romset.sums import chip_sums
from korgm1.romset.transfers import lost_in_text

MOST_CHANGES = 12
"""Unknown dumps, and again pairs, of one scan that are searched for line faults, a fraction of a second each."""
DAMAGED = frozenset({"stuck-line", "tied-data-lines", "tied-address-lines"})
"""Findings of a chip that lost bytes: what its partner looks like with it says nothing."""
_REPLACED = frozenset({"stuck-line"})
"""Faults that a check here tells better."""
_EXPLAINED = frozenset({"wrong-bits", "inverted-line", "exchanged-lines", "offset", *ALTERATIONS, *DAMAGED})
"""Findings that leave nothing to search for in the pair."""


@dataclass(frozen=True)
class DumpCheck:
    """One file: the dump with its identity, and what speaks against it."""

    dump: Dump
    ic: str
    findings: tuple[Finding, ...]


@dataclass(frozen=True)
class SetCheck:
    """One OS set: `checksums` and `blocks` (what its 256-byte blocks look like) where both halves are there."""

    one: OsSet
    findings: tuple[Finding, ...]
    image: bytes = field(default=b"", repr=False)
    checksums: Checksums | None = None
    blocks: str = ""


@dataclass(frozen=True)
class Checked:
    """All of a scan."""

    dumps: tuple[DumpCheck, ...]
    sets: tuple[SetCheck, ...]

    @property
    def findings(self) -> list[Finding]:
        """Everything that speaks against a dump or a set."""
        return speaking(
            [finding for row in self.dumps for finding in row.findings]
            + [finding for pair in self.sets for finding in pair.findings]
        )


def check(
    found: Scan, database: Database, label: Label | None = None, ic: str = "",
    progress: Callable[[float, float, str], object] = lambda done, of, what: None,
) -> Checked:
    """Check what a scan found.

    Args:
        found: of `korgm1.romset.scan.scan`.
        database: the ROMs we know.
        label: what is printed on the chip; None: as the file names say.
        ic: IC32 or IC23, which chip it was read from; "": as names and bytes say.
        progress: told how many files and sets are done, of how many, and which is next.
    """
    ready = prepared(found.dumps, database)
    cut = [dump for dump, _ in ready]
    pairs = find_sets(cut, database) if any(steps for _, steps in ready) else found.sets
    of = len(found.dumps) + len(pairs)
    of_set = {name: one for one in pairs if one.image is not None for name in one.sources}
    both = {name for one in pairs if raw_halves(one, cut) is not None for name in one.sources}
    room = MOST_CHANGES
    dumps = []
    for number, (dump, (whole, steps)) in enumerate(zip(found.dumps, ready, strict=True)):
        progress(number, of, dump.name)
        searched = whole.identity.verdict in (Verdict.PLAUSIBLE, Verdict.BROKEN) and room > 0
        room -= searched
        row = _check_dump(
            dump, whole, steps, of_set.get(dump.name), database, label, ic, searched, len(found.dumps) == 1
        )
        if dump.name not in both and len(whole.raw) == HALF and whole.identity.verdict is Verdict.PLAUSIBLE:
            row = replace(row, findings=(*row.findings, *partial_findings(whole.raw)))
        dumps.append(row)
    shown = {finding.text for one in dumps for finding in one.findings}
    explained = {row.dump.name for row in dumps if any(finding.code in _EXPLAINED for finding in row.findings)}
    sets = []
    for number, one in enumerate(pairs):
        progress(len(dumps) + number, of, " + ".join(one.sources))
        search = number < MOST_CHANGES and explained.isdisjoint(one.sources)
        sets.append(_check_set(one, cut, shown, search))
    return Checked(tuple(dumps), tuple(sets))


def _as_read(cut: Identity, whole: Identity) -> Identity:
    """What an overdump is without what is too much, with the size and the sums of the file."""
    verdict = Verdict.ALTERED if cut.verdict is Verdict.KNOWN else cut.verdict
    return replace(cut, verdict=verdict, size=whole.size, crc32=whole.crc32, sha1=whole.sha1)


def _check_dump(
    dump: Dump, whole: Dump, steps: tuple[Finding, ...], one: OsSet | None, database: Database, label: Label | None,
    ic: str, search: bool, alone: bool,
) -> DumpCheck:
    """One dump; `whole` is it with the right length, to which the `steps` led."""
    identity = _as_read(whole.identity, dump.identity) if steps else dump.identity
    faults = [fault for fault in identity.faults if fault.code not in _REPLACED]
    lane = whole.identity.halves[0].lane if len(whole.identity.halves) == 1 else ""
    proved = identity.verdict in (Verdict.KNOWN, Verdict.ALTERED)
    findings = [replace(one, confidence=Confidence.NOTE) if proved else one for one in dump.remarks] + list(steps)
    told = _faults(faults, proved)
    if not proved:
        if identity.verdict is Verdict.OTHER:
            told = [replace(one, confidence=Confidence.LIKELY) if one in notes(told) else one for one in told]
        lost = lost_in_text(dump.raw)
        told += [*([lost] if lost else []), *_bytes(whole.raw, database, search)]
    findings += told
    if one is not None and len(one.sources) == 2 and not lane:
        lane = "even" if one.sources[0] == dump.name else "odd"
    chip = IC_OF_LANE.get(lane, "")
    said = ic or IC_OF_LANE.get(named_lane(dump.name), "")
    known = identity.halves[0].part if identity.halves else None
    if chip and said and chip != said and (ic or named_lane(unlabelled(dump.name))):
        where = "--ic says" if ic else "the name says"
        text = f"wrong half: {where} {said}, the bytes are those of {chip}"
        word = Confidence.CERTAIN if known else Confidence.LIKELY
        findings.append(Finding("wrong-half", word, text, "rename the file, or look which chip it was read from"))
    entry = label.entry(database) if label is not None else None
    printed = label_in(dump.name) if label is None or (entry and entry.lane != lane and not alone) else label
    if printed is not None and (identity.halves or one is not None):
        version = one.version if one is not None else ""
        if not version and known is not None:
            version = database.sets[known.set].version
        findings += label_findings(printed, lane, version, one.image if one else None, database)
    return DumpCheck(replace(dump, identity=identity), chip or said, tuple(findings))


def _faults(faults: Iterable[Fault], proved: bool) -> list[Finding]:
    return [from_fault(fault, proved) for fault in faults]


def _bytes(data: bytes, database: Database, search: bool) -> list[Finding]:
    """What the bytes of an unknown dump say."""
    if len(data) == HALF:
        found = line_findings(data)
        if not found and search:
            change = nearly_known(data, database) or proved_change(data, database)
            found += [change[0]] if change is not None else []
        return found
    if len(data) != IMAGE or len(set(data)) < 2:
        return []
    even, odd = split(data)
    joined = reset_jump(data) is None
    found = []
    for chip, half in zip(("the lower 64 KB", "the upper 64 KB") if joined else ("IC32", "IC23"),
                          (data[:HALF], data[HALF:]) if joined else (even, odd), strict=True):
        close = nearly_known(half, database) if search and not joined and database.find(half) is None else None
        for finding in [*line_findings(half), *([close[0]] if close is not None else [])]:
            found.append(Finding(finding.code, finding.confidence, f"{chip}: {finding.text}", finding.hint,
                                 finding.details))
    return found


def _check_set(one: OsSet, dumps: Sequence[Dump], shown: set[str], search: bool) -> SetCheck:
    """The pair: what find_sets said, line faults that only the pair shows, checksums."""
    proved = one.status == "known"
    findings = [finding for finding in _faults(one.faults, proved) if finding.text not in shown]
    halves = raw_halves(one, dumps)
    if halves is None:
        return SetCheck(one, tuple(findings))
    image = interleave(*halves)
    if halves[0] == halves[1]:
        text = "both halves are the same: one chip was read twice"
        findings.append(Finding("same-half", Confidence.CERTAIN, text, "read the other chip"))
    named = {fault.code for fault in one.faults} & {*ALTERATIONS, "mixed-versions"}
    if not proved and halves[0] != halves[1]:
        for chip, half, other in (("IC32", *halves), ("IC23", *halves[::-1])):
            findings += [replace(row, text=f"{chip}: {row.text}") for row in partial_findings(half, other)]
    if {row.code for row in findings} & set(LOST):
        named.add("lost")
    if search and not proved and not named and (change := likely_change(*halves)) is not None:
        findings.append(change[0])
    sums = find_checksums(image)
    known = {
        half.part.ic for dump in dumps if dump.name in one.sources for half in dump.identity.halves if half.part
    }
    for wrong in sums.wrong:
        chip = "IC32" if wrong.over.startswith("even") else "IC23"
        if chip in known:
            continue
        text = (
            f"the {wrong.algorithm} of the {wrong.over} ({chip}) is {wrong.computed:04X}, "
            f"but {wrong.place} says {wrong.stored:04X}"
        )
        text += f": {wrong.difference}" if wrong.difference else ""
        hint = "read that chip again, and compare: korgm1 rom verify --reads"
        findings.append(Finding("checksum", Confidence.LIKELY, text, hint, wrong.to_dict()))
    return SetCheck(one, tuple(findings), image, sums, summary(kinds(image)))


def to_dict(checked: Checked) -> dict[str, Any]:
    """Everything as plain values."""
    return {
        "dumps": [
            {
                "name": row.dump.name, "size": row.dump.identity.size, "crc32": f"{row.dump.identity.crc32:08x}",
                "sha1": row.dump.identity.sha1, "verdict": row.dump.identity.verdict.value,
                "what": row.dump.identity.what, "ic": row.ic, "sums": chip_sums(row.dump.raw),
                "findings": [one.to_dict() for one in row.findings],
            }
            for row in checked.dumps
        ],
        "sets": [
            {
                "name": row.one.name, "version": row.one.version, "status": row.one.status,
                "sources": list(row.one.sources), "sha1": row.one.sha1, "blocks": row.blocks,
                "checksums": [] if row.checksums is None else [one.to_dict() for one in row.checksums.found],
                "checksum_tests": 0 if row.checksums is None else row.checksums.tests,
                "findings": [one.to_dict() for one in row.findings],
            }
            for row in checked.sets
        ],
    }

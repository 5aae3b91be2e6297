"""The first lines of rom verify: is it good, and what to do next."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from korgm1.romset.finding import Confidence, Finding, speaking
from korgm1.romset.image import ALTERATIONS

if TYPE_CHECKING:
    from korgm1.romset.checks import Checked
    from korgm1.romset.reads import Reads

LOSSLESS = frozenset({
    "overdump", "doubled", "wide-reader", "text-transfer", "cut-short", "halves-swapped", "joined", "interleave",
    "inverted-line", "exchanged-lines", "offset", "wrong-bits", *ALTERATIONS,
})
"""Codes of findings that rom fix can put right."""
_PROVING = frozenset({"inverted-line", "exchanged-lines", "offset", "wrong-bits", *ALTERATIONS})
"""Those that are certain only where a SHA-1 says so."""
ASIDE = frozenset({"half-unknown", "reset-vector", "checksum", "wrong-half", "missing-half"})
"""Codes of findings that follow from others, or say nothing of the bytes."""
_ORDER = (Confidence.CERTAIN, Confidence.LIKELY, Confidence.POSSIBLE)


def verdict(checked: Checked, reads: Reads | None, paths: list[str]) -> tuple[str, str]:
    """One sentence on the dumps, and what to do next; "" where there is nothing to do.

    Args:
        checked: all findings.
        reads: the comparison of reads, if there is one.
        paths: as they were named, for the command to run next.
    """
    if not checked.dumps:
        return _of_reads(reads) if reads is not None else ("nothing to judge: there is no ROM dump here", "")
    if reads is not None and reads.count and not checked.findings:
        return _of_reads(reads)
    named = " ".join(shlex.quote(path) for path in paths)
    worst = _worst(checked.findings)
    if worst is None:
        return _unharmed(checked, named)
    if worst.code == "missing-half":
        known = [row for row in checked.dumps if row.dump.identity.verdict.value == "known"]
        good = f"{known[0].dump.identity.what} is good, by its SHA-1; " if len(known) == 1 else ""
        return f"not complete: {good}{worst.text}", worst.hint
    if worst.code == "wrong-half":
        return f"misnamed: {worst.text}", worst.hint
    real = [one for one in checked.findings if one.code not in ASIDE]
    unclear = any(one.details.get("alternatives") for one in real)
    if real and not unclear and all(one.code in LOSSLESS for one in real):
        other = next((one for one in checked.findings if one.code == "missing-half"), None)
        alone = other is not None and not _proved(checked)
        then = other.hint if other is not None and alone else f"korgm1 rom fix {named} -o fixed"
        return f"not as it should be, but nothing is lost: {worst.text}", then
    return f"not good: {worst.text}", worst.hint or "read the chip again, and compare: korgm1 rom verify --reads"


def _worst(findings: list[Finding]) -> Finding | None:
    """The surest finding that does not only follow from another."""
    ranked = sorted(findings, key=lambda one: (one.code in ASIDE, _ORDER.index(one.confidence)))
    return ranked[0] if ranked else None


def _proved(checked: Checked) -> bool:
    """Whether one chip at least is known, as it is or put right: rom fix writes no other without its partner."""
    known = any(row.dump.identity.verdict.value.startswith("known") for row in checked.dumps)
    return known or any(one.code in _PROVING and one.confidence is Confidence.CERTAIN for one in checked.findings)


def _unharmed(checked: Checked, named: str) -> tuple[str, str]:
    known = [row.one for row in checked.sets if row.one.status == "known"]
    if known and len(known) == len(checked.sets):
        names = ", ".join(f"{one.name} {one.version}" for one in known[:3])
        more = f" and {len(known) - 3} more" if len(known) > 3 else ""
        return f"good: both chips of {names}{more}, bit for bit, by their SHA-1", ""
    if any(row.one.status == "unknown" for row in checked.sets):
        return (
            "unproved: nothing speaks against it, but no list knows it",
            "read both chips twice more and compare: korgm1 rom verify --reads a.bin b.bin c.bin",
        )
    if all(row.dump.identity.verdict.value == "known" for row in checked.dumps):
        return "good: known, bit for bit, by SHA-1", f"korgm1 rom identify {named}"
    return "unproved: nothing speaks against it, but no list knows it", "put both chips of one instrument into a folder"


def _of_reads(reads: Reads) -> tuple[str, str]:
    known = any(one.code == "known-read" for one in reads.findings)
    if known:
        same = "good: the reads are equal, and known" if not reads.count else "the reads differ, but the chip is known"
        named = " ".join(map(shlex.quote, reads.names))
        ic = f" --ic {reads.ic}" if reads.ic else ""
        return same, "" if not reads.count else f"korgm1 rom fix --reads {named}{ic} -o fixed"
    if not reads.count:
        return f"{len(reads.names)} equal reads: a read error that comes every time is not excluded", (
            "take the chip out of the reader, put it back, read it once more"
        )
    worst = _worst(speaking(reads.findings))
    return f"not good: {worst.text if worst else 'the reads differ'}", worst.hint if worst else ""

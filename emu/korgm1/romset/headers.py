"""Unknown chips with a few bytes stuck to an end: which end it is, only the other chip of the pair can tell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from korgm1.romset.database import Database
from korgm1.romset.finding import Confidence, Finding
from korgm1.romset.identify import Verdict, identify
from korgm1.romset.image import HALF, interleave, reset_jump, sense
from korgm1.romset.lines import ENOUGH
from korgm1.romset.pairs import Dump
from korgm1.romset.trimming import LONGEST_EXTRA, READER

MOST = 6
"""Dumps of one folder that are tried against each other."""
_AT = ("before", "behind")


def cut_by_partner(dumps: Sequence[Dump], database: Database) -> list[tuple[Dump, Finding | None]]:
    """Each dump, or what is left of it without a header or trailer, and what was cut off.

    Cut is where two chips of one folder make an OS that has a start and makes sense, and at the place where they make
    the most of it.
    """
    out: list[tuple[Dump, Finding | None]] = [(dump, None) for dump in dumps]
    for number, dump in enumerate(dumps):
        if not _odd(dump) or out[number][1] is not None:
            continue
        near = [n for n, one in enumerate(dumps) if n != number and one.folder == dump.folder and _chip(one)][:MOST]
        best: tuple[int, list[tuple[int, str, bytes]]] | None = None
        for other in near:
            for where, mine in _cuts(dump.raw):
                for there, theirs in _cuts(dumps[other].raw):
                    for pair in ((mine, theirs), (theirs, mine)):
                        image = interleave(*pair)
                        score = sense(image) if reset_jump(image) is not None else -1
                        if score >= max(ENOUGH, best[0] + 1 if best else 0):
                            best = score, [(number, where, mine), (other, there, theirs)]
        cuts = best[1] if best else []
        for which, where, data in cuts:
            if where:
                extra = len(dumps[which].raw) - HALF
                mate = dumps[next(each for each, _, _ in cuts if each != which)].base
                text = f"overdump: {extra:,} bytes {where} the 64 KB that make sense with {mate}: a header or a trailer"
                at = extra if where == "before" else 0
                details = {"used": [at, at + HALF - 1]}
                cut = replace(dumps[which], identity=identify(data, database), raw=data)
                out[which] = cut, Finding("overdump", Confidence.LIKELY, text, READER, details)
    return out


def _odd(dump: Dump) -> bool:
    unknown = dump.identity.verdict not in (Verdict.KNOWN, Verdict.ALTERED)
    return unknown and 0 < len(dump.raw) - HALF <= LONGEST_EXTRA


def _chip(dump: Dump) -> bool:
    return len(dump.raw) == HALF or _odd(dump)


def _cuts(data: bytes) -> list[tuple[str, bytes]]:
    """The 64 KB that a dump may be, with where the rest is."""
    if len(data) == HALF:
        return [("", data)]
    return list(zip(_AT, (data[len(data) - HALF :], data[:HALF]), strict=True))

"""Dumps with the right length before anything else is asked of them: what verify and fix both begin with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from korgm1.romset.database import Database
from korgm1.romset.finding import Finding
from korgm1.romset.headers import cut_by_partner
from korgm1.romset.identify import Verdict, identify
from korgm1.romset.pairs import Dump
from korgm1.romset.trimming import trimmed


def prepared(dumps: Sequence[Dump], database: Database) -> list[tuple[Dump, tuple[Finding, ...]]]:
    """Each dump as a chip or a pair of the right length, and what was done to it; known ones as they are.

    >>> from korgm1.romset.database import known_roms
    >>> known, twice = known_roms(), bytes(range(256)) * 512
    >>> (dump, steps), = prepared([Dump("x", identify(twice, known), raw=twice)], known)
    >>> len(dump.raw), [step.code for step in steps]
    (65536, ['overdump'])
    """
    first: list[tuple[Dump, tuple[Finding, ...]]] = []
    for dump in dumps:
        steps, data = trimmed(dump.raw, database) if dump.identity.verdict is not Verdict.KNOWN else ((), dump.raw)
        whole = replace(dump, identity=identify(data, database), raw=data) if steps else dump
        halves = whole.identity.halves
        if len(halves) == 1 and len(whole.raw) == 2 * len(halves[0].data):
            whole = replace(whole, raw=halves[0].data)
        first.append((whole, steps))
    last = cut_by_partner([dump for dump, _ in first], database)
    return [
        (dump, steps if cut is None else (*steps, cut))
        for (dump, cut), (_, steps) in zip(last, first, strict=True)
    ]

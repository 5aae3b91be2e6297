"""Several firmwares: each is looked into once and compared with the first; what differs between any two follows."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from korgm1.comparing.comparison import Comparison, Tell, compare_sides
from korgm1.comparing.finding import KINDS, Finding
from korgm1.comparing.gathering import LETTERS, gather_all
from korgm1.comparing.script import Script
from korgm1.romset.load import RomSet
from korgm1.workers import Asked

MOST = 12
"""Firmwares that are compared at once."""
_ALONE = re.compile("that only [AB] has")


@dataclass(frozen=True)
class Feature:
    """Something that is not the same in all.

    Attributes:
        kind, what: as in a `Finding`.
        values: of each firmware, in their order; "" where it has no such thing, None where it was not compared.
    """

    kind: str
    what: str
    values: tuple[str | None, ...]


@dataclass(frozen=True, eq=False)
class Family:
    """What came of it.

    Attributes:
        firmware: those compared; the first is what the others are compared with.
        pairs: the first with each of the others; what is no version of the first's program has no findings.
        features: what differs anywhere, in the order of `KINDS`.
    """

    firmware: tuple[RomSet, ...]
    pairs: tuple[Comparison, ...]
    features: tuple[Feature, ...]

    @property
    def matrix(self) -> tuple[tuple[int | None, ...], ...]:
        """How many features differ between each two; None where one of them is no version of the first's program."""
        every = range(len(self.firmware))
        apart = {number for number, pair in enumerate(self.pairs, 1) if not pair.related}
        return tuple(
            tuple(
                None if x != y and {x, y} & apart else sum(row.values[x] != row.values[y] for row in self.features)
                for y in every
            ) for x in every
        )

    @property
    def identical(self) -> bool:
        """All are the same image."""
        return len({rom.image for rom in self.firmware}) == 1

    def to_dict(self) -> dict[str, Any]:
        """The object `korgm1 compare --json` prints."""
        return {
            "firmware": [
                {"letter": letter, "name": rom.name, "version": rom.version, "sha1": rom.sha1, "source": rom.source}
                for letter, rom in zip(LETTERS, self.firmware, strict=False)
            ],
            "matrix": [list(row) for row in self.matrix],
            "features": [{"kind": row.kind, "what": row.what, "values": list(row.values)} for row in self.features],
            "pairs": [pair.to_dict() for pair in self.pairs],
        }


def compare_family(
    firmware: Sequence[RomSet], models: Sequence[str], script: Script | None = None, workers: int = 1,
    tell: Tell = lambda text: None, asked: Asked = lambda: 0,
) -> Family:
    """Compare several firmwares, each with the first.

    Args:
        firmware: any 131,072 bytes each.
        models: the instrument each runs in.
        script: inputs of one's own, played on all.
        workers: with 2, two are looked into at a time.
        tell: told what is being done, now and then.
        asked: see `korgm1.workers`.

    Raises:
        UserError: a process died.
        Stopped: `asked` said so.
    """
    sides = gather_all(firmware, models, script, workers, tell, asked)
    pairs = []
    for letter, side in zip(LETTERS[1:], sides[1:], strict=False):
        tell(f"comparing A with {letter}")
        same = sides[0].firmware.image == side.firmware.image
        both = sides[0].firmware, side.firmware
        pair = Comparison(both, None, None, (), ()) if same else compare_sides((sides[0], side))
        pairs.append(replace(pair, letters=("A", letter)))
    return Family(tuple(firmware), tuple(pairs), features([p.findings if p.related else None for p in pairs]))


def features(found: Sequence[Sequence[Finding] | None]) -> tuple[Feature, ...]:
    """What differs anywhere, a value for each firmware; what follows from another in all pairs is left out.

    Args:
        found: the findings of the first firmware and each of the others; None where these two were not compared.

    >>> a_b = [Finding("text", "text", "UP", "ON"), Finding("time", "banner", "1 s", "2 s")]
    >>> [row.values for row in features([a_b, [Finding("text", "text", "UP", "OK")]])]
    [('UP', 'ON', 'OK'), ('1 s', '2 s', '1 s')]
    """
    rows: list[_Row] = []
    for number, side in enumerate(found):
        alike = {id(one): one.b for one in side or ()}
        for equal in (True, False):         # those that another firmware has, too, before those that it has otherwise
            for one in [one for one in side or () if id(one) in alike]:
                key = _key(one)
                function = one.kind == "function-changed"       # by its name in the first: each pair words the change
                same = (row for row in rows if row.key[: 2 if function else 3] == key[: 2 if function else 3]
                        and number not in row.values and (one.b in row.values.values() if equal else one.a or function))
                row = next(same, None)
                if row is None and equal:
                    continue
                if row is None:
                    row = _Row(key)
                    rows.append(row)
                del alike[id(one)]
                row.values[number] = one.b
                row.own |= not one.because
    order = {kind: place for place, kind in enumerate(KINDS)}
    listed = [
        Feature(row.key[0], row.key[1], (
            row.key[2], *(None if side is None else row.values.get(n, row.key[2]) for n, side in enumerate(found))))
        for row in rows if row.own
    ]
    return tuple(sorted(listed, key=lambda row: order.get(row.kind, len(order))))


def _key(one: Finding) -> tuple[str, str, str]:
    what = one.what.partition(" / ")[0] if one.kind == "function-changed" else _ALONE.sub("that not all have", one.what)
    return one.kind, what, one.a


@dataclass
class _Row:
    """A feature as it comes together: kind, what, the first's value; number of a pair -> value of its other side."""

    key: tuple[str, str, str]
    values: dict[int, str] = field(default_factory=dict)
    own: bool = False

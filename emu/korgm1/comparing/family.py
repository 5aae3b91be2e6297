"""Several firmwares: each is looked into once and compared with the first; what differs between any two follows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from korgm1.comparing.comparison import Comparison, Tell, compare_sides
from korgm1.comparing.finding import KINDS, Finding
from korgm1.comparing.gathering import LETTERS, gather_all
from korgm1.comparing.script import Script
from korgm1.romset.load import RomSet
from korgm1.workers import Asked

MOST = 12
"""Firmwares that are compared at once."""


@dataclass(frozen=True)
class Feature:
    """Something that is not the same in all.

    Attributes:
        kind, what: as in a `Finding`.
        values: of each firmware, in their order; "" where it has no such thing.
    """

    kind: str
    what: str
    values: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Family:
    """What came of it.

    Attributes:
        firmware: those compared; the first is what the others are compared with.
        pairs: the first with each of the others.
        features: what differs anywhere, in the order of `KINDS`.
    """

    firmware: tuple[RomSet, ...]
    pairs: tuple[Comparison, ...]
    features: tuple[Feature, ...]

    @property
    def matrix(self) -> tuple[tuple[int, ...], ...]:
        """How many features differ between each two."""
        every = range(len(self.firmware))
        return tuple(tuple(sum(row.values[x] != row.values[y] for row in self.features) for y in every) for x in every)

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
        pairs.append(Comparison(both, None, None, (), ()) if same else compare_sides((sides[0], side)))
    return Family(tuple(firmware), tuple(pairs), features([pair.differences for pair in pairs]))


def features(found: Sequence[Sequence[Finding]]) -> tuple[Feature, ...]:
    """What differs anywhere, a value for each firmware.

    Args:
        found: the differences of the first firmware from each of the others.

    >>> a_b = [Finding("text", "text", "UP", "ON"), Finding("time", "banner", "1 s", "2 s")]
    >>> [row.values for row in features([a_b, [Finding("text", "text", "UP", "OK")]])]
    [('UP', 'ON', 'OK'), ('1 s', '2 s', '1 s')]
    """
    rows: dict[tuple[str, ...], dict[int, str]] = {}
    for number, side in enumerate(found):
        for one in side:
            same = {key for key in rows if key[:3] == (one.kind, one.what, one.a) and number not in rows[key]}
            key = min(same, default=(one.kind, one.what, one.a, f"{number} {len(rows)}"))
            rows.setdefault(key, {})[number] = one.b
    order = {kind: place for place, kind in enumerate(KINDS)}
    listed = [Feature(kind, what, (a, *(values.get(n, a) for n in range(len(found)))))
              for (kind, what, a, _), values in rows.items()]
    return tuple(sorted(listed, key=lambda row: order.get(row.kind, len(order))))


def models_of_all(firmware: Sequence[RomSet], models: Sequence[str]) -> tuple[str, ...]:
    """One instrument that all are made for, or each its own.

    Args:
        firmware: those that are compared.
        models: the names of the instruments, the one to prefer first.
    """
    for model in models:
        if all(model in (rom.models or models) for rom in firmware):
            return (model,) * len(firmware)
    return tuple((rom.models or ("m1",))[0] for rom in firmware)

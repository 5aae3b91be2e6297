"""What is on a program card nobody knows the format of: records found by what they look like.

An M1's own cards have a header that is not public. Their records are those of its dumps, so tables of names at the
strides of programs, combinations and songs show where they are.
Sources: facts m1-hardware 1.5, 6.3.
"""

from __future__ import annotations

from dataclasses import dataclass

from korgm1.board.card import SIZE
from korgm1.cardfile.bank import Bank
from korgm1.cardfile.card_format import name_of
from korgm1.sram_layout.parameters import table
from korgm1.sram_layout.unknown import NameTable, Overview, overview

_NAME_AT = {"song": 20}
MOST = 100
"""Records of a kind a card holds."""


@dataclass(frozen=True)
class Foreign:
    """A card by its looks.

    Attributes:
        looks: "blank (every byte is 00)", "noise" or "data".
        seen: what the bytes look like.
        programs, combinations, songs: the records that were found.
    """

    looks: str
    seen: Overview
    programs: tuple[bytes, ...]
    combinations: tuple[bytes, ...]
    songs: tuple[bytes, ...]

    @property
    def bank(self) -> Bank:
        """Combinations and programs."""
        return Bank(b"", self.combinations, self.programs)

    def names(self, kind: str) -> list[str]:
        """Of "program", "combination" or "song"."""
        rows = {"program": self.programs, "combination": self.combinations, "song": self.songs}[kind]
        return [name_of(row[_NAME_AT.get(kind, 0) :]) for row in rows]


def look(image: bytes) -> Foreign:
    """What is found on a card.

    Args:
        image: 32,768 bytes.

    >>> look(bytes(32768)).looks
    'blank (every byte is 00)'
    """
    seen = overview(image)
    found: dict[str, list[bytes]] = {"program": [], "combination": [], "song": []}
    for row in seen.tables:
        if row.kind:
            found[row.kind] += _records(image, row)
    programs, combinations, songs = (tuple(found[kind][:MOST]) for kind in found)
    if len({*image}) == 1:
        looks = f"blank (every byte is {image[0]:02X})"
    elif all(row.looks == "noise" for row in seen.stretches):
        looks = "noise, as a RAM wakes"
    else:
        looks = "data"
    return Foreign(looks, seen, programs, combinations, songs)


def _records(image: bytes, names: NameTable) -> list[bytes]:
    size = table(names.kind).size
    first = names.start - _NAME_AT.get(names.kind, 0)
    starts = [first + number * names.stride for number in range(names.count)]
    return [image[start : start + size] for start in starts if start >= 0 and start + size <= SIZE]

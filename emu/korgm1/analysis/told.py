"""What a researcher says of a firmware's places: names, comments, what is code and what is not.

A row of a table that was only exported and not changed (its name is the one an analysis gives, of a kind that goes with
it) decides nothing, so that a later analysis is free to find more.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from korgm1.errors import UserError
from korgm1.symbols import Symbol, Symbols

_FORMED = re.compile(
    "(?:(sub|loc|data|text|table|ram)_[0-9A-F]{5}|(reset|start|int_[0-9A-F]{2}(?:_and_others)?)"
    "|(vector)_[0-9A-F]{2}_(?:offset|segment))"
)
_GOES_WITH = {
    "sub": ("function",), "loc": ("code",), "data": ("data",), "text": ("text",), "table": ("table",), "ram": ("ram",),
    "vector": ("ram",), "entry": ("function",),
}  # fmt: skip
DATA = ("data", "words", "text")
"""Kinds of places that are no code."""
_READABLE = frozenset(range(0x20, 0x7F))
_IDENTIFIER = re.compile("[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
_LONGEST = 200


@dataclass(frozen=True)
class Told:
    """What counts of a table of symbols.

    Attributes:
        names: address -> name, where it is not the one an analysis would give.
        kinds: address -> kind, of rows that decide something.
        comments: address -> comment.
        ports: number -> name.
        sizes: address -> bytes, of rows that say so.
        where: for messages: the file.
        lines: address -> line of that file.
    """

    names: dict[int, str] = field(default_factory=dict)
    kinds: dict[int, str] = field(default_factory=dict)
    comments: dict[int, str] = field(default_factory=dict)
    ports: dict[int, str] = field(default_factory=dict)
    sizes: dict[int, int] = field(default_factory=dict)
    where: str = ""
    lines: dict[int, int] = field(default_factory=dict)

    def of_kind(self, *kinds: str) -> list[int]:
        """Addresses of rows of these kinds, in order.

        >>> told_by(Symbols([Symbol(0xF0000, "menu", "code"), Symbol(0xE0000, "", "data")])).of_kind("code")
        [983040]
        """
        return sorted(address for address, kind in self.kinds.items() if kind in kinds)

    def extent(self, image: bytes, base: int, address: int) -> int:
        """Bytes of a place that is no code: as said, else all readable ones of a text, 2 of words, 1 of data.

        What was said of another place ends it.
        """
        size = self.sizes.get(address, 0)
        if not size:
            size = 2 if self.kinds.get(address) == "words" else 1
            if self.kinds.get(address) == "text":
                at = address - base
                while at >= 0 and at + size < len(image) and image[at + size] in _READABLE:
                    size += 1
        return next((at - address for at in range(address + 1, address + size) if at in self.kinds), size)

    def row(self, address: int) -> str:
        """Where something was said of an address, for messages."""
        line = self.lines.get(address)
        return f"{self.where}, row {line}" if line else f"what is said of {address:05X}"


def told_by(symbols: Symbols | None) -> Told:
    """What `symbols` tells an analysis.

    Raises:
        UserError: a name that a source for NASM cannot have, or that an analysis gives to another place.

    >>> rows = Symbol(0xF0123, "sub_F0123", "function", "draws a line"), Symbol(0xA06, "LCD", "port")
    >>> told = told_by(Symbols(rows))
    >>> told.names, told.kinds, told.comments, told.ports
    ({}, {}, {983331: 'draws a line'}, {2566: 'LCD'})
    """
    told = Told(where=symbols.path if symbols is not None else "")
    for row in symbols.rows if symbols is not None else ():
        if row.name:
            _check_name(told, row)
        if row.kind == "port":
            told.ports.setdefault(row.address, row.name)
            continue
        formed = _formed(told, row)
        told.lines.setdefault(row.address, row.line)
        if row.comment:
            told.comments.setdefault(row.address, row.comment)
        if row.name and formed in ("", "entry"):
            told.names.setdefault(row.address, row.name)
        if row.kind and row.kind not in _GOES_WITH.get(formed, ()) and row.address not in told.kinds:
            told.kinds[row.address] = row.kind
            if row.size:
                told.sizes[row.address] = row.size
    return told


def _check_name(told: Told, row: Symbol) -> None:
    if not _IDENTIFIER.fullmatch(row.name) or len(row.name) > _LONGEST:
        raise UserError(
            f"{_line(told, row)}: {row.name[:60]!r} cannot be a label",
            f"letters, figures and _, no figure first, up to {_LONGEST}",
        )


def _formed(told: Told, row: Symbol) -> str:
    """How an analysis forms such a name: the word it begins with; "" where it gives none like that."""
    match = _FORMED.fullmatch(row.name)
    if match is None:
        return ""
    if match[1] and int(row.name[-5:], 16) != row.address:
        raise UserError(
            f"{_line(told, row)}: {row.name} is what an analysis calls {row.name[-5:]}, not {row.address:05X}",
            "a name of your own",
        )
    return match[1] or match[3] or "entry"


def _line(told: Told, row: Symbol) -> str:
    return f"{told.where or 'symbols'}, row {row.line}"

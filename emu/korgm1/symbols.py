"""Names of places, from a CSV file or an analysis, both ways; and what else a researcher has written beside them."""

from __future__ import annotations

import bisect
import csv
import io
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from korgm1.errors import UserError
from korgm1.files import read_file

KINDS = ("function", "code", "data", "words", "text", "table", "ram", "port", "ignore")
"""What the column "kind" may say, or nothing."""
_COLUMNS = {
    "address": ("address", "physical", "addr", "location", "place"), "name": ("name", "label", "symbol"),
    "kind": ("kind",), "comment": ("comment",), "size": ("size",),
}  # fmt: skip
_MOST = 64 << 20
_FARTHEST = 0x400
"""Bytes behind a symbol that are still called by it."""
_EXPECTED = "CSV with the columns address (F0123 or F000:0123) and name, and if you like kind, comment, size"


@dataclass(frozen=True)
class Symbol:
    """A row.

    Attributes:
        address: physical, 00000-FFFFF; of a port its number.
        name: "" if the place keeps the name it has.
        kind: one of `KINDS`, or "" where nothing is said.
        comment: for the listing.
        size: bytes; 0: not said.
        line: of the file, from 1; 0: of no file.
    """

    address: int
    name: str
    kind: str = ""
    comment: str = ""
    size: int = 0
    line: int = 0


class _Place(Protocol):
    """What a trace calls a function or an interrupt by."""

    @property
    def physical(self) -> int: ...

    @property
    def text(self) -> str: ...


class Symbols:
    """Names and physical addresses, both ways. Ports are apart.

    Args:
        names: by address, or rows.
        path: the file they are of, for messages.

    Attributes:
        rows: as they were given; of an address with several names the first counts, the others are found, too.
        names: address -> name.
        functions: those of them that are functions: of the kind "function", all where no row has a kind.
        ports: number -> name.

    >>> symbols = Symbols({0xF0000: "reset"}); symbols.address("RESET"), symbols.name(0xF0003), symbols.name(0x400)
    (983040, 'reset+3', None)
    >>> from korgm1.profiling import Entry
    >>> symbols.of(Entry(0xF000, 0)), symbols.of(Entry(0xF000, 0x124)), hex(symbols.place("sub_F0456"))
    ('reset', 'F000:0124', '0xf0456')
    """

    def __init__(self, names: Mapping[int, str] | Iterable[Symbol] = (), path: str = "") -> None:
        self.path = path
        self.rows: tuple[Symbol, ...] = ()
        self.names: dict[int, str] = {}
        self.ports: dict[int, str] = {}
        self.functions: frozenset[int] = frozenset()
        self._addresses: dict[str, int] = {}
        self._sorted: list[int] = []
        self.add(names)

    def __len__(self) -> int:
        return len(self.names)

    def add(self, names: Mapping[int, str] | Iterable[Symbol]) -> None:
        """Know these, too; a newer name of an address is shown, both are found."""
        rows = [Symbol(at & 0xFFFFF, name) for at, name in names.items()] if isinstance(names, Mapping) else list(names)
        self.rows += tuple(rows)
        fresh: dict[int, str] = {}
        for row in rows:
            if row.kind == "port":
                if row.name:
                    self.ports.setdefault(row.address, row.name)
            elif row.name:
                fresh.setdefault(row.address, row.name)
                self._addresses[row.name.lower()] = row.address
        self.names |= fresh
        kinds = any(row.kind for row in rows)
        self.functions |= {row.address for row in rows if row.kind == "function" or (row.name and not kinds)}
        self._sorted = sorted(self.names)

    def address(self, name: str) -> int | None:
        """Of a name, in any letters; None: there is none."""
        return self._addresses.get(name.lower())

    def exact(self, address: int) -> str | None:
        """The name of just this address."""
        return self.names.get(address)

    def name(self, address: int) -> str | None:
        """The name, with the distance behind it; None where the last one is far."""
        place = bisect.bisect_right(self._sorted, address) - 1
        if place < 0 or address - self._sorted[place] >= _FARTHEST:
            return None
        distance = address - self._sorted[place]
        return self.names[self._sorted[place]] + (f"+{distance:X}" if distance else "")

    def matching(self, part: str) -> list[tuple[int, str]]:
        """Addresses and names with this part, in order of the address."""
        return [(at, self.names[at]) for at in self._sorted if part.lower() in self.names[at].lower()]

    def of(self, entry: _Place) -> str:
        """The name of a function of a trace, or its place as the trace has it."""
        return self.names.get(entry.physical) or entry.text

    def line(self, entries: Iterable[_Place]) -> str:
        """A folded stack: names with semicolons between."""
        return ";".join(self.of(entry).replace(";", ",") for entry in entries)

    def place(self, text: str) -> int:
        """The physical address of a function: its name, F0123, F000:0123, or as an analysis would name it, sub_F0123.

        Raises:
            UserError: it is none of them.
        """
        found = self.address(text)
        if found is not None:
            return found
        try:
            return address_of(re.sub("^(sub|loc)_(?=[0-9A-F]{5}$)", "", text))
        except ValueError:
            hint = "" if self.names else "--symbols or --firmware for names"
            raise UserError(
                f"{text!r} is no function", "a name of the symbols, or an address in hex as F0123 or F000:0123", hint
            ) from None


def address_of(text: str) -> int:
    """A physical address: F0123, 0xF0123, 0F0123h or F000:0123.

    Raises:
        ValueError: it is none.

    >>> hex(address_of("F000:0123")), hex(address_of("0xe0000")), hex(address_of("0A06h"))
    ('0xf0123', '0xe0000', '0xa06')
    """
    segment, colon, offset = text.strip().lower().removesuffix("h").removeprefix("0x").partition(":")
    parts = [segment, offset] if colon else [segment]
    if any(not part or len(part) > 8 or set(part) - set("0123456789abcdef") for part in parts):
        raise ValueError(text)
    address = (int(segment, 16) << 4) + int(offset, 16) if colon else int(segment, 16)
    if not colon and address > 0xFFFFF:
        raise ValueError(text)
    return address & 0xFFFFF


def read_symbols(path: str | os.PathLike[str]) -> Symbols:
    """A CSV file: a row a place, lines that begin with # left out.

    The first line names the columns: address (in hex, as `address_of` takes it) and name; kind, comment and size may be
    there, others do not matter. So the table of `korgm1 rom disassemble --symbols` is one. Without such a line the
    first column is the address, the second the name. Blanks in a name become _.

    Raises:
        UserError: it cannot be read, has no such columns, or a row has no address, no name, or a kind of its own: with
            the line; or a name has two addresses.
    """
    data = read_file(Path(path), "symbols (CSV, as korgm1 rom disassemble --symbols writes)", _MOST)
    try:
        reader = csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""))
        rows = [(reader.line_num, row) for row in reader if any(cell.strip() for cell in row)]
    except (UnicodeDecodeError, csv.Error) as error:
        raise UserError(f"{path} is no CSV: {error}", _EXPECTED) from None
    rows = [(line, row) for line, row in rows if not row[0].lstrip().startswith("#")]
    head = [cell.strip().lower() for cell in rows[0][1]] if rows else []
    columns = {
        column: next((head.index(word) for word in words if word in head), None) for column, words in _COLUMNS.items()
    }
    if columns["address"] is not None and columns["name"] is not None:
        rows = rows[1:]
    elif len(head) > 1 and len(head[0]) > 3 and _is_address(head[0]):
        columns = {**dict.fromkeys(_COLUMNS), "address": 0, "name": 1}
    else:
        raise UserError(f"{path} has the columns {', '.join(head) or 'none'}", _EXPECTED)
    symbols = [_symbol(path, line, row, columns) for line, row in rows]
    first: dict[str, Symbol] = {}
    for one in symbols:
        other = first.setdefault(one.name, one) if one.name else one
        if other.address != one.address or (other.kind == "port") != (one.kind == "port"):
            raise UserError(
                f"{path}, row {one.line}: {one.name} is the name of {other.address:05X} too (row {other.line})",
                "one address a name",
            )
    return Symbols(symbols, str(path))


def _symbol(path: str | os.PathLike[str], line: int, row: list[str], columns: Mapping[str, int | None]) -> Symbol:
    cells = {
        column: row[at].strip() if at is not None and at < len(row) else "" for column, at in columns.items()
    }  # fmt: skip
    name = re.sub(r"\s+", "_", "".join(c if c.isprintable() or c.isspace() else "?" for c in cells["name"]))
    kind = cells["kind"].lower()
    comment = " ".join("".join(c if c.isprintable() else " " for c in cells["comment"]).split())
    where = f"{path}, row {line}"
    try:
        address = address_of(cells["address"])
    except ValueError:
        raise UserError(
            f"{where}, has no address: {cells['address'][:40]!r} in {','.join(row)[:60]!r}",
            "F0123 or F000:0123, in hex, up to FFFFF",
        ) from None
    if kind not in ("", *KINDS):
        raise UserError(f"{where}: {kind[:40]!r} is no kind", f"{', '.join(KINDS)}, or nothing")
    if not (name or kind or comment):
        raise UserError(f"{where}, has only an address: {','.join(row)[:60]!r}", "a name, a kind or a comment as well")
    if kind == "port" and address > 0xFFFF:
        raise UserError(f"{where}: there is no port {address:05X}", "0000 to FFFF")
    if not re.fullmatch("[0-9]{0,7}", cells["size"], re.ASCII):
        raise UserError(f"{where}: {cells['size'][:40]!r} is no size", "a number of bytes, or nothing")
    return Symbol(address, name, kind, comment, int(cells["size"] or 0), line)


def _is_address(text: str) -> bool:
    try:
        address_of(text)
    except ValueError:
        return False
    return True

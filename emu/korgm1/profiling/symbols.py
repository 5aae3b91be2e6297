"""Names of functions: from a CSV file, or none."""

from __future__ import annotations

import csv
import io
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from korgm1.errors import UserError
from korgm1.files import read_file
from korgm1.profiling import Entry

_ADDRESS, _NAME = ("address", "physical", "location", "place"), ("name", "label", "symbol")
_KIND, _FUNCTION = "kind", "function"
_MOST = 64 << 20


@dataclass(frozen=True)
class Symbols:
    """Names by physical address.

    Attributes:
        names: address -> name.
        functions: those of them that are functions; by default all.

    >>> names = Symbols({0xF0123: "lcd_write"})
    >>> names.of(Entry(0xF000, 0x123)), names.of(Entry(0xF000, 0x124)), names.place("lcd_write") == 0xF0123
    ('lcd_write', 'F000:0124', True)
    >>> hex(names.place("sub_F0456"))
    '0xf0456'
    """

    names: Mapping[int, str] = field(default_factory=dict)
    functions: frozenset[int] | None = None

    def __post_init__(self) -> None:
        if self.functions is None:
            object.__setattr__(self, "functions", frozenset(self.names))

    def of(self, entry: Entry) -> str:
        """The name of a function, or its place as a trace has it."""
        return self.names.get(entry.physical) or entry.text

    def line(self, entries: Iterable[Entry]) -> str:
        """A folded stack: names with semicolons between."""
        return ";".join(self.of(entry).replace(";", ",") for entry in entries)

    def place(self, text: str) -> int:
        """The physical address of a function: its name, F0123, F000:0123, or as an analysis would name it, sub_F0123.

        Raises:
            UserError: it is none of them.
        """
        found = next((address for address, name in self.names.items() if name == text), None)
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
    """A physical address: F0123, 0xF0123 or F000:0123.

    Raises:
        ValueError: it is none.

    >>> hex(address_of("F000:0123")), hex(address_of("0xe0000"))
    ('0xf0123', '0xe0000')
    """
    segment, colon, offset = text.strip().lower().removeprefix("0x").partition(":")
    parts = [segment, offset] if colon else [segment]
    if any(not part or len(part) > 8 or set(part) - set("0123456789abcdef") for part in parts):
        raise ValueError(text)
    address = (int(segment, 16) << 4) + int(offset, 16) if colon else int(segment, 16)
    if not colon and address > 0xFFFFF:
        raise ValueError(text)
    return address & 0xFFFFF


def read_symbols(path: str | os.PathLike[str]) -> Symbols:
    """A CSV file with a column of addresses and one of names, which its first line calls so.

    Addresses are in hex, as `address_of` takes them; other columns do not matter, as those of `korgm1 rom disassemble
    --symbols`; but where there is a column "kind", only rows of the kind "function" are functions. Where an address has
    several names the first counts.

    Raises:
        UserError: it cannot be read, or has no such columns, or an address that is none.
    """
    data = read_file(Path(path), "symbols (CSV)", _MOST)
    try:
        rows = list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))
    except (UnicodeDecodeError, csv.Error) as error:
        raise UserError(f"{path} is no CSV: {error}", "a CSV file with the columns address and name") from None
    head = [cell.strip().lower() for cell in rows[0]] if rows else []
    columns = [next((head.index(word) for word in words if word in head), None) for words in (_ADDRESS, _NAME)]
    where, name = columns
    if where is None or name is None:
        raise UserError(f"{path} has the columns {', '.join(head) or 'none'}", "among them address and name")
    names: dict[int, str] = {}
    functions = set()
    kind = head.index(_KIND) if _KIND in head else None
    for number, row in enumerate(rows[1:], 2):
        if not any(row):
            continue
        try:
            address, text = address_of(row[where]), row[name].strip()
            is_function = kind is None or row[kind].strip().lower() == _FUNCTION
        except (ValueError, IndexError):
            raise UserError(
                f"{path}, row {number}, has no address and name: {','.join(row)[:60]!r}", "F0123 or F000:0123, a name"
            ) from None
        names.setdefault(address, "".join(c if c.isprintable() else "?" for c in text))
        if is_function:
            functions.add(address)
    return Symbols(names, frozenset(functions))

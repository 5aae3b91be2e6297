"""Names of addresses, of a CSV file or an analysis, and of ports and memory as the netlist wires them."""

from __future__ import annotations

import bisect
import csv
import io
import re
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from korgm1.errors import UserError
from korgm1.files import read_file
from korgm1.profiling.symbols import address_of

_FARTHEST = 0x400
"""Bytes behind a symbol that are still called by it."""
_ADDRESS = ("address", "physical", "addr", "location")
_NAME = ("name", "label", "symbol")


class Symbols:
    """Names and physical addresses, both ways.

    >>> symbols = Symbols({0xF0000: "reset"}); symbols.address("RESET"), symbols.name(0xF0003), symbols.name(0x400)
    (983040, 'reset+3', None)
    """

    def __init__(self, names: Mapping[int, str] | None = None) -> None:
        self._names: dict[int, str] = {}
        self._addresses: dict[str, int] = {}
        self._sorted: list[int] = []
        self.add(names or {})

    def __len__(self) -> int:
        return len(self._names)

    def add(self, names: Mapping[int, str]) -> None:
        """Know these, too; a newer name of an address is shown, both are found."""
        for address, name in names.items():
            self._names[address & 0xFFFFF] = name
            self._addresses[name.lower()] = address & 0xFFFFF
        self._sorted = sorted(self._names)

    def address(self, name: str) -> int | None:
        """Of a name, in any letters; None: there is none."""
        return self._addresses.get(name.lower())

    def exact(self, address: int) -> str | None:
        """The name of just this address."""
        return self._names.get(address)

    def name(self, address: int) -> str | None:
        """The name, with the distance behind it; None where the last one is far."""
        place = bisect.bisect_right(self._sorted, address) - 1
        if place < 0 or address - self._sorted[place] >= _FARTHEST:
            return None
        distance = address - self._sorted[place]
        return self._names[self._sorted[place]] + (f"+{distance:X}" if distance else "")

    def matching(self, part: str) -> list[tuple[int, str]]:
        """Addresses and names with this part, in order of the address."""
        return [(at, self._names[at]) for at in self._sorted if part.lower() in self._names[at].lower()]


def read_symbols(path: Path) -> dict[int, str]:
    """The names in a CSV file: a column address (hex, physical or PS:PC) and a column name; else the first two.

    Raises:
        UserError: it cannot be read, or has no such rows.
    """
    text = read_file(path, "symbols (korgm1 rom disassemble --symbols)", 16 << 20).decode("utf-8", "replace")
    rows = [row for row in csv.reader(io.StringIO(text)) if row and not row[0].lstrip().startswith("#")]
    head = [word.strip().lower() for word in rows[0]] if rows else []
    at = next((head.index(word) for word in _ADDRESS if word in head), None)
    name = next((head.index(word) for word in _NAME if word in head), None)
    if at is not None and name is not None:
        rows = rows[1:]
    else:
        at, name = 0, 1
    names = {}
    for row in rows:
        if len(row) > max(at, name) and row[name].strip():
            with suppress(ValueError):
                names[address_of(row[at].strip().rstrip("hH"))] = re.sub(r"\s+", "_", row[name].strip())
    if not names:
        raise UserError(f"{path} has no symbols", "CSV with columns address (hex) and name")
    return names

"""What an experiment found, as plain values."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping
from typing import Any

Progress = Callable[[float, float, str], None]
"""Told how much is done, of how much, and what is being done."""


def quiet(done: float, of: float, what: str) -> None:
    """A progress callback for somebody who does not want to know."""


class Record:
    """A dataclass that can be written as JSON.

    >>> @dataclasses.dataclass(frozen=True)
    ... class Found(Record):
    ...     code: int
    ...     data: bytes
    >>> Found(3, b"M1").to_dict()
    {'code': 3, 'data': '4d31'}
    """

    def to_dict(self) -> dict[str, Any]:
        """Every field; bytes as hex digits."""
        return {field.name: plain(getattr(self, field.name)) for field in dataclasses.fields(self)}  # type: ignore[arg-type]


def plain(value: Any) -> Any:
    """A value as JSON has it.

    >>> plain({1: (b"A", None)})
    {'1': ['41', None]}
    """
    if isinstance(value, Record):
        return value.to_dict()
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [plain(item) for item in value]
    return value


@dataclasses.dataclass(frozen=True)
class Range(Record):
    """Addresses `start` to `end` - 1.

    >>> str(Range(0x1000, 0x1010)), str(Range(0x1010, 0x1011))
    ('1000-100F', '1010')
    """

    start: int
    end: int

    def __str__(self) -> str:
        return f"{self.start:04X}" if self.end == self.start + 1 else f"{self.start:04X}-{self.end - 1:04X}"

    @property
    def size(self) -> int:
        """Bytes in it."""
        return self.end - self.start


def ranges(addresses: Iterable[int], gap: int = 0) -> tuple[Range, ...]:
    """Addresses as ranges, in order; up to `gap` missing ones between two of them are bridged.

    >>> [str(row) for row in ranges([1, 2, 3, 8, 10], gap=1)]
    ['0001-0003', '0008-000A']
    """
    rows: list[list[int]] = []
    for address in sorted(set(addresses)):
        if rows and address <= rows[-1][1] + gap:
            rows[-1][1] = address + 1
        else:
            rows.append([address, address + 1])
    return tuple(Range(first, end) for first, end in rows)

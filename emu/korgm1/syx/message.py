"""A file of exclusive messages, cut: messages and what lies between them, each byte with its place in the file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from korgm1 import sysex
from korgm1.syx.functions import FUNCTIONS, Function
from korgm1.syx.layout import Section, sections

_PIECE = re.compile(rb"\xf0[^\xf0\xf7]*\xf7?|[^\xf0]+", re.DOTALL)
_FRAME = 5
"""Bytes from F0 to the function code."""


@dataclass(frozen=True)
class Piece:
    """A run of bytes of a file: a message from F0 to F7 or to whatever ends it, or junk.

    Attributes:
        offset: of its first byte in the file.
        raw: the bytes, as in the file.
    """

    offset: int
    raw: bytes

    @property
    def is_message(self) -> bool:
        """Whether it begins as an exclusive message."""
        return self.raw[:1] == b"\xf0"

    @property
    def closed(self) -> bool:
        """Whether F7 ends it."""
        return self.is_message and self.raw.endswith(b"\xf7")

    @cached_property
    def clean(self) -> bytes:
        """Without the realtime bytes (F8-FF), which may stand anywhere."""
        return bytes(byte for byte in self.raw if byte < 0xF8)

    @cached_property
    def _places(self) -> list[int] | None:
        if len(self.clean) == len(self.raw):
            return None
        return [place for place, byte in enumerate(self.raw) if byte < 0xF8]

    def at(self, index: int) -> int:
        """The offset in the file of byte `index` of `clean`; of the byte behind the last one, too.

        >>> Piece(100, bytes.fromhex("F0 42 F8 30")).at(2)
        103
        """
        places = self._places
        if places is None:
            return self.offset + index
        return self.offset + (places[index] if index < len(places) else len(self.raw))

    @property
    def korg(self) -> bool:
        """Whether its head is that of an M1's message."""
        clean = self.clean
        return len(clean) > 4 and clean[:2] == b"\xf0\x42" and clean[2] >> 4 == 3 and clean[3] == 0x19

    @property
    def channel(self) -> int:
        """The global channel, from 1."""
        return self.clean[2] % 16 + 1

    @property
    def function(self) -> Function | None:
        """What it does, None where it is no message of an M1 or has no known function."""
        return FUNCTIONS.get(self.clean[4]) if self.korg else None

    @property
    def fields(self) -> bytes:
        """The bytes between the function code and the data."""
        return self._behind[: len(self.function.fields)] if self.function else b""

    @property
    def packed(self) -> bytes:
        """The data as they go over the wire."""
        return self._behind[len(self.function.fields) :] if self.function and self.function.data else b""

    @property
    def data(self) -> bytes:
        """The data, eight bits each."""
        return sysex.unpack(self.packed)

    @property
    def data_index(self) -> int:
        """Where the packed data begin in `clean`."""
        return _FRAME + len(self.function.fields if self.function else ())

    @property
    def allocation(self) -> int:
        """0 or 1; 0 where the message does not say or says nonsense."""
        said = self.function is not None and bool(self.fields) and self.function.code in (0x48, 0x4C, 0x4D, 0x50)
        return self.fields[0] if said and self.fields[0] < 2 else 0

    @property
    def steps(self) -> int:
        """Steps of sequences it says it has."""
        long = self.function is not None and self.function.code in (0x48, 0x50) and len(self.fields) == 3
        return self.fields[1] + 128 * self.fields[2] if long else 0

    @property
    def sections(self) -> tuple[Section, ...]:
        """What its data should be made of."""
        return sections(self.function.code, self.allocation, self.steps) if self.function else ()

    @property
    def _behind(self) -> bytes:
        return self.clean[_FRAME : -1 if self.closed else None]


def pieces(data: bytes) -> Iterator[Piece]:
    """A file's messages and the junk between them; put together they are the file.

    >>> [(piece.offset, piece.is_message) for piece in pieces(bytes.fromhex("00 F0 42 F7 F0 7E F7"))]
    [(0, False), (1, True), (4, True)]
    """
    for match in _PIECE.finditer(data):
        yield Piece(match.start(), match.group())


def message(channel: int, code: int, fields: bytes = b"", data: bytes = b"") -> bytes:
    """A whole message.

    Args:
        channel: the global channel, 1 to 16.
        code: the function.
        fields: the bytes behind it.
        data: unpacked.

    >>> message(1, 0x12).hex(" ")
    'f0 42 30 19 12 f7'
    """
    return bytes([0xF0, 0x42, 0x30 | channel - 1, 0x19, code]) + fields + sysex.pack(data) + b"\xf7"

"""The blocks of a binary trace file (docs/trace-format.md): each with its length and its checksums.

A file that was cut off can be read up to its last whole block, and reading can begin at any block.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import BinaryIO

from korgm1.cpu.trace import BLOCK_SIZE, KINDS, TraceBlock
from korgm1.errors import UserError

MAGIC = b"\x89KMT\r\n\x1a\n"
VERSION = 1
START = MAGIC + struct.pack("<I", VERSION)
_SYNC = b"KMTB"
_HEADER = struct.Struct(f"<4sBBHIIIIQQ{len(KINDS)}I")
HEADER_SIZE = _HEADER.size + 4
_SAMPLE = 8192
"""Bytes deflated to see what the rest would become."""


class Kind(IntEnum):
    """What a block holds: packed records, or lines with #."""

    HEAD, RECORDS, MARK, FOOT = range(4)


@dataclass(frozen=True)
class Block:
    """One block's header.

    Attributes:
        kind: what it holds.
        deflated: its bytes are deflated.
        number: 0, 1 ...
        stored, size: bytes in the file, and when inflated.
        crc32: of the bytes in the file.
        begins, ends: clocks of its first and last line.
        counts: lines by `cpu.trace.KINDS`.
    """

    kind: Kind
    deflated: bool
    number: int
    stored: int
    size: int
    crc32: int
    begins: int
    ends: int
    counts: tuple[int, ...]


def encode(kind: Kind, number: int, block: TraceBlock) -> bytes:
    """A block as it stands in the file.

    It is deflated where less than 0.75 bytes a line are left: deflating what does not shrink would take longer than
    the trace itself (bench/trace_cost.py).

    >>> data = encode(Kind.MARK, 3, TraceBlock(b"# begin at clock 0", 0, 0, (0,) * 7))
    >>> len(data) - HEADER_SIZE, data[:5]
    (18, b'KMTB\\x02')
    """
    data, counts = block.data, block.counts
    stored = data
    part = data[:_SAMPLE]
    if 4 * len(zlib.compress(part, 1)) * len(data) <= 3 * sum(counts) * len(part):
        stored = min(zlib.compress(data, 1), data, key=len)
    header = _HEADER.pack(
        _SYNC, kind, stored is not data, 0, number, len(stored), len(data), zlib.crc32(stored), block.begins,
        block.ends, *counts,
    )  # fmt: skip
    return header + struct.pack("<I", zlib.crc32(header)) + stored


class BlockFile:
    """A binary trace, read from its beginning.

    Args:
        path: for messages.
        file: at its beginning, and can seek.

    Raises:
        UserError: it is of another version.
    """

    def __init__(self, path: Path, file: BinaryIO) -> None:
        self._path = path
        self._file = file
        start = file.read(len(START))
        if len(start) < len(START):
            raise self._fault("is cut off in its first bytes")
        version = int.from_bytes(start[len(MAGIC) :], "little")
        if version != VERSION:
            raise UserError(f"{path} is a trace of version {version}", f"version {VERSION}")
        self._whole = len(start)

    def blocks(self) -> Iterator[Block]:
        """The headers up to the foot; between two of them `data` reads the bytes, else they are passed over.

        Raises:
            UserError: the file is damaged or ends without a foot; all blocks before that have been given.
        """
        for number in range(1 << 32):
            self._file.seek(self._whole)
            header = self._file.read(HEADER_SIZE)
            if len(header) < HEADER_SIZE:
                raise self._fault(
                    f"is cut off before block {number} is whole" if header else
                    "is cut off: it has no foot" + (f" behind block {number - 1}" if number else ", and no block")
                )
            block = self._parse(header, number)
            self._whole += HEADER_SIZE + block.stored
            yield block
            if block.kind is Kind.FOOT:
                break
        self._file.seek(self._whole)
        if self._file.read(1):
            raise self._fault("goes on behind its foot")

    def data(self, block: Block) -> bytes:
        """The bytes of the block that `blocks` gave last.

        Raises:
            UserError: they are damaged or not there.
        """
        self._file.seek(self._whole - block.stored)
        stored = self._file.read(block.stored)
        if len(stored) < block.stored:
            raise self._fault(f"is cut off in block {block.number}")
        if zlib.crc32(stored) != block.crc32:
            raise self.damaged(block)
        if not block.deflated:
            return stored
        inflater = zlib.decompressobj()
        try:
            data = inflater.decompress(stored, block.size + 1)
        except zlib.error:
            raise self.damaged(block) from None
        if len(data) != block.size or not inflater.eof:
            raise self.damaged(block)
        return data

    def damaged(self, block: Block) -> UserError:
        """The error of a block whose bytes are not what they should be."""
        return self._fault(f"is damaged in block {block.number}, which begins at clock {block.begins}")

    def _parse(self, header: bytes, number: int) -> Block:
        _, kind, deflated, _, its, stored, size, crc, begins, ends, *counts = _HEADER.unpack_from(header)
        right = (
            zlib.crc32(header[:-4]) == int.from_bytes(header[-4:], "little")
            and header.startswith(_SYNC) and kind in list(Kind) and deflated < 2 and its == number
            and (kind == Kind.HEAD) == (number == 0) and size <= BLOCK_SIZE and stored <= BLOCK_SIZE
            and (deflated or size == stored)
        )  # fmt: skip
        if not right:
            raise self._fault(f"is damaged at the header of block {number}, byte {self._whole}")
        return Block(Kind(kind), bool(deflated), number, stored, size, crc, begins, ends, tuple(counts))

    def _fault(self, what: str) -> UserError:
        return UserError(f"{self._path} {what} (what stands before that can be read)", "a whole trace")

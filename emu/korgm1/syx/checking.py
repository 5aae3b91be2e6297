"""What is wrong with a file of exclusive messages, each finding at its byte.

An error: an M1 would refuse the message, overlook it or take it for another. A warning: it takes it, but no M1
sent it so.

Sources: facts m1-hardware 6.1 to 6.6 (the published MIDI implementation, ranges by the owner's manual).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from korgm1.syx.functions import FUNCTIONS
from korgm1.syx.layout import MOST_STEPS, data_size, packed_size
from korgm1.syx.message import Piece, pieces
from korgm1.syx.ranges import out_of_range

BREAKS_OFF = "the message breaks off"
_IDENTITY_REQUEST = re.compile(rb"\xf0\x7e[\x00-\x7f]\x06\x01\xf7", re.DOTALL)
_IDENTITY_REPLY = re.compile(rb"\xf0\x7e[\x00-\x7f]\x06\x02\x42\x19[\x00-\x7f]{7}\xf7", re.DOTALL)
_HEAD = ((1, 0x42, 0x7F, "Korg (42)"), (2, 0x30, 0x70, "30 to 3F, the format byte with the channel"),
         (3, 0x19, 0x7F, "19, the family of the M1"))  # fmt: skip


@dataclass(frozen=True)
class Finding:
    """Something that is not as it should be.

    Attributes:
        offset: in the file, of the byte it is about.
        kind: "error" or "warning".
        message: the number of the message, from 1; 0 for junk.
        where: which part of it: "I42 Universe", or "".
        found: what stands there.
        expected: what should.
    """

    offset: int
    kind: str
    message: int
    where: str
    found: str
    expected: str

    def __str__(self) -> str:
        which = f"message {self.message}, " if self.message else ""
        where = f"{self.where}: " if self.where else ""
        wanted = f"; expected {self.expected}" if self.expected else ""
        return f"{self.offset:06X} ({self.offset:,}) {self.kind}: {which}{where}{self.found}{wanted}"

    def to_dict(self) -> dict[str, Any]:
        """Plain values."""
        return dict(vars(self))


@dataclass(frozen=True)
class Report:
    """What `check` says of a file.

    Attributes:
        size: bytes of the file.
        pieces: what it is made of.
        findings: in the order of the file.
    """

    size: int
    pieces: tuple[Piece, ...]
    findings: tuple[Finding, ...]

    @property
    def messages(self) -> tuple[Piece, ...]:
        """Its messages."""
        return tuple(piece for piece in self.pieces if piece.is_message)

    @property
    def errors(self) -> int:
        """How many errors there are."""
        return sum(finding.kind == "error" for finding in self.findings)

    def to_dict(self) -> dict[str, Any]:
        """Plain values: what `korgm1 syx check --json` prints."""
        return {
            "size": self.size, "errors": self.errors, "warnings": len(self.findings) - self.errors,
            "messages": [summary(piece) for piece in self.messages],
            "findings": [finding.to_dict() for finding in self.findings],
        }


def check(data: bytes) -> Report:
    """Everything that is wrong with a file.

    >>> print(*check(bytes.fromhex("F0 42 30 19 4E 05 00 F7")).findings)
    000005 (5) error: message 1, mode change: mode is 5; expected 0, 1, 2, 3, 4, 6
    """
    cut = tuple(pieces(data))
    findings: list[Finding] = []
    number = 0
    for piece in cut:
        number += piece.is_message
        if not piece.is_message:
            findings.append(_junk(piece))
            continue
        for at, kind, where, found, expected in _of_message(piece):
            findings.append(Finding(at, kind, number, where, found, expected))
    if not number:
        findings.append(Finding(0, "error", 0, "", "there is no exclusive message", "F0 42 3n 19 ... F7"))
    return Report(len(data), cut, tuple(sorted(findings, key=lambda finding: finding.offset)))


def summary(piece: Piece) -> dict[str, Any]:
    """What a message is, in plain values.

    >>> summary(next(pieces(bytes.fromhex("F0 42 32 19 12 F7"))))["title"]
    'mode request, channel 3'
    """
    function = piece.function
    code = piece.clean[4] if piece.korg else None
    title = f"{function.name}, channel {piece.channel}" if function else _stranger(piece)
    if function and piece.data_index - 5 == len(piece.fields) and function.code in (0x48, 0x4C, 0x4D, 0x50):
        title += f", {100 if piece.allocation == 0 else 50} of each"
        title += f", {piece.steps:,} steps" if function.code in (0x48, 0x50) else ""
    return {
        "offset": piece.offset, "size": len(piece.raw), "function": code, "title": title,
        "fields": list(piece.fields), "data": len(piece.packed), "closed": piece.closed,
    }


_Row = tuple[int, str, str, str, str]
"""Offset, kind, where, found, expected."""


def _junk(piece: Piece) -> Finding:
    size = len(piece.raw)
    found = f"{size:,} byte{'s' if size > 1 else ''} outside of messages: {piece.raw[:8].hex(' ').upper()}"
    headless = re.match(rb"(?:.)?\x42[\x30-\x3f]\x19", piece.raw, re.DOTALL)
    return Finding(
        piece.offset, "error", 0, "", found + (" ..." if size > 8 else ""),
        "F0 here: what follows looks like a message" if headless else "F0 or the file's end",
    )


def _of_message(piece: Piece) -> Iterator[_Row]:
    clean, function = piece.clean, piece.function
    where = function.name if function else ""
    broken = False
    for index, byte in enumerate(clean[1 : -1 if piece.closed else None], 1):
        if byte & 0x80:
            broken = True
            yield piece.at(index), "error", where, f"a status byte {byte:02X} inside the message", "00 to 7F, or F7"
            break
    if len(clean) != len(piece.raw):
        first = next(index for index, byte in enumerate(piece.raw) if byte >= 0xF8)
        more = f" and {len(piece.raw) - len(clean) - 1} more" if len(piece.raw) - len(clean) > 1 else ""
        yield piece.offset + first, "warning", where, f"a realtime byte {piece.raw[first]:02X}{more} inside", "none"
    if function is None:
        yield from _strange(piece)
        return
    if not function.data or not piece.sections:
        yield from _end(piece, where)
    for index, (field, value) in enumerate(zip(function.fields, piece.fields, strict=False), 5):
        if not field.allows(value):
            broken = True
            shown = f"{value:02X}" if field.mask != 0x7F else str(value)
            yield piece.at(index), "error", where, f"{field.name.split(' (')[0]} is {shown}", field.expected
    if len(piece.fields) < len(function.fields):
        missing = function.fields[len(piece.fields)].name
        yield piece.at(5 + len(piece.fields)), "error", where, "the message ends", f"a byte: {missing}"
        return
    if broken or not function.data:
        return
    if not piece.sections:
        yield from _packing(piece, where)
        return
    sized = list(_size(piece, where))
    yield from sized
    if not sized:
        yield from _packing(piece, where)
        yield from out_of_range(piece)


def _end(piece: Piece, where: str) -> Iterator[_Row]:
    """Of messages whose length is fixed, or not known."""
    assert piece.function is not None
    if not piece.closed:
        yield piece.at(len(piece.clean)), "error", where, BREAKS_OFF, "F7"
    elif not piece.function.data:
        extra = len(piece.clean) - 1 - 5 - len(piece.function.fields)
        if extra > 0:
            at = piece.at(5 + len(piece.function.fields))
            yield at, "error", where, f"{extra:,} byte{'s' if extra > 1 else ''} too many", "F7"


def _size(piece: Piece, where: str) -> Iterator[_Row]:
    """Whether the data are as many as function, allocation and steps say."""
    function = piece.function
    assert function is not None
    wants = packed_size(data_size(function.code, piece.allocation, piece.steps))
    has, closed = len(piece.packed), piece.closed
    steps_field = function.code in (0x48, 0x50)
    if steps_field and piece.steps > MOST_STEPS[piece.allocation]:
        found = f"{piece.steps:,} steps"
        yield piece.at(6), "error", where, found, f"{MOST_STEPS[piece.allocation]:,} at most in this allocation"
    if has > wants:
        at = piece.at(piece.data_index + wants)
        more = f" and {has - wants - 1:,} more" if has - wants > 1 else ""
        found = f"{piece.clean[piece.data_index + wants]:02X}{more} behind the data"
        yield at, "error", where, found, f"F7, after {wants:,} bytes of data"
    elif has < wants:
        at = piece.at(piece.data_index + has)
        whole = f"{_record_at(piece, has)}after {has:,} of {wants:,} bytes of data"
        found = "F7" if closed else BREAKS_OFF
        yield at, "error", where, f"{found} {whole}", f"{wants - has:,} bytes more"
    elif not closed:
        yield piece.at(len(piece.clean)), "error", where, BREAKS_OFF, "F7"
    if has != wants and closed and function.fields:
        fits = _fitting(piece, has)
        if fits is not None:
            wrong = next(index for index, byte in enumerate(fits) if byte != piece.fields[index])
            words = f"allocation {fits[0]}" + (f" and {fits[1] + 128 * fits[2]:,} steps" if steps_field else "")
            found = f"the size announced here does not fit {has:,} bytes of data"
            yield piece.at(5 + wrong), "warning", where, found, words


def _fitting(piece: Piece, has: int) -> bytes | None:
    """The bytes behind the function code with which so many bytes of data would be right."""
    function = piece.function
    assert function is not None
    steps_field = function.code in (0x48, 0x50)
    raw = has - -(-has // 8)
    for allocation in sorted(MOST_STEPS, key=lambda one: one != piece.allocation):
        steps, odd = divmod(raw - data_size(function.code, allocation, 0), 4)
        if odd or steps < 0 or steps > (MOST_STEPS[allocation] if steps_field else 0):
            continue
        fits = bytes([allocation, steps & 0x7F, steps >> 7]) if steps_field else bytes([allocation])
        if packed_size(data_size(function.code, allocation, steps)) == has and fits != piece.fields:
            return fits
    return None


def _record_at(piece: Piece, packed: int) -> str:
    """In which record the data break off: "in I42 "."""
    index = packed - -(-packed // 8)
    for row in piece.sections:
        if row.part and row.start <= index < row.end:
            return f"in {row.title((index - row.start) // row.size)} "
    return ""


def _packing(piece: Piece, where: str) -> Iterator[_Row]:
    """The bits of the last group's first byte that stand for no byte."""
    packed = piece.packed
    last = len(packed) % 8
    at = len(packed) - last
    if last == 1:
        yield piece.at(piece.data_index + at), "error", where, "a group of high bits without bytes behind it", "F7"
    elif last and packed[at] >> (last - 1):
        found = f"high bits {packed[at]:02X} of a group of {last - 1} bytes"
        yield piece.at(piece.data_index + at), "error", where, found, f"00 to {(1 << last - 1) - 1:02X}"


def _strange(piece: Piece) -> Iterator[_Row]:
    """A message that is no M1's, or has no known function."""
    clean = piece.clean
    if _IDENTITY_REQUEST.fullmatch(clean) or _IDENTITY_REPLY.fullmatch(clean):
        return
    if not piece.closed:
        yield piece.at(len(clean)), "error", "", BREAKS_OFF, "F7"
    if clean[1:2] == b"\x7e":
        yield piece.at(1), "error", "", "a universal message the instrument overlooks", "an identity request or reply"
        return
    for index, value, mask, wanted in _HEAD:
        if len(clean) - piece.closed <= index:
            yield piece.at(index), "error", "", "the message ends", wanted
            return
        if clean[index] & 0x80 or clean[index] & mask != value:
            yield piece.at(index), "error", "", f"{clean[index]:02X} in the head", wanted
            return
    if len(clean) - piece.closed <= 4:
        yield piece.at(4), "error", "", "the message ends", "a function code"
    elif clean[4] not in FUNCTIONS:
        codes = " ".join(f"{code:02X}" for code in FUNCTIONS)
        yield piece.at(4), "error", "", f"there is no function {clean[4]:02X}", f"one of {codes}"


def _stranger(piece: Piece) -> str:
    if _IDENTITY_REQUEST.fullmatch(piece.clean):
        return "identity request"
    if _IDENTITY_REPLY.fullmatch(piece.clean):
        return "identity reply of an M1"
    return "an unknown function" if piece.korg else "no message of an M1"

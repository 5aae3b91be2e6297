"""A bank taken apart into messages that can each be sent alone, and put together again, byte for byte.

A part is a message of its own: ALL DATA (50) is 51, 4D, 4C and 48 one behind the other; a single program or combination
is what the edit buffer takes (40, 49).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from korgm1.errors import UsageError, UserError
from korgm1.sram_layout.parameters import table
from korgm1.syx.layout import COUNTS, PARTS, data_size, sections
from korgm1.syx.message import Piece, message, pieces

BY = ("message", "part", "sound")
"""How far a file is taken apart."""
_FORMAT = "korgm1 syx split 1"
_SINGLE = {"combis": (0x49, "combination"), "programs": (0x40, "program")}
"""Part -> the function that carries one record of it, and its table."""

_KINDS = {**{own: part for part, own in PARTS.items()}, **{own: part for part, (own, _) in _SINGLE.items()}}
"""Function -> the part of a bank it carries."""


@dataclass(frozen=True)
class Split:
    """A file taken apart.

    Attributes:
        files: name -> bytes.
        index: what goes where, for `join`; plain values.
    """

    files: Mapping[str, bytes]
    index: dict[str, Any]


def split(data: bytes, by: str = "part") -> Split:
    """Take a file of messages apart.

    Args:
        data: the file.
        by: "message": each message as it is; "part": ALL DATA as global, combis, programs and sequences; "sound": each
            program and combination, too.

    Raises:
        UsageError: no such way.
        UserError: there is no message in it.

    >>> sorted(split(message(1, 0x51, data=bytes(861)) + b"\\0").files)
    ['001 global.syx', '002 junk.bin']
    """
    if by not in BY:
        raise UsageError(f"a file cannot be split by {by!r}", "by " + ", ".join(BY))
    files: dict[str, bytes] = {}
    rows = []
    cut = list(pieces(data))
    if not any(piece.is_message for piece in cut):
        raise UserError("there is no exclusive message in it", "F0 ... F7")
    for number, piece in enumerate(cut, 1):
        prefix = f"{number:03}"
        if by != "message" and _divisible(piece, by):
            rows.append(_divided(piece, prefix, by, files))
        else:
            name = f"{prefix} {_word(piece)}"
            files[name] = piece.raw
            rows.append({"files": [name]})
    return Split(files, {"format": _FORMAT, "sha1": hashlib.sha1(data).hexdigest(), "pieces": rows})


def join(index: Mapping[str, Any], read: Callable[[str], bytes]) -> tuple[bytes, bool]:
    """Put together what `split` took apart; parts may have been changed or replaced by others of their size since.

    Args:
        index: of `split`.
        read: gives the bytes of a file by its name.

    Returns:
        The file, and whether it is the one that was split, to the byte.

    Raises:
        UserError: the index or a part cannot be used.

    >>> apart = split(message(1, 0x51, data=bytes(861)))
    >>> join(apart.index, apart.files.__getitem__)[1]
    True
    """
    if index.get("format") != _FORMAT or not isinstance(index.get("pieces"), list) or not index["pieces"]:
        raise UserError("the index is not one of korgm1 syx split", f'"format": "{_FORMAT}" and "pieces"')
    made = bytearray()
    for row in index["pieces"]:
        try:
            names = [str(name) for name in row["files"]]
            if "function" in row:
                code, channel, fields = int(row["function"]), int(row["channel"]), bytes.fromhex(row["fields"])
                made += _whole(code, channel, fields, [_data_of(name, read(name)) for name in names])
            else:
                made += b"".join(read(name) for name in names)
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise UserError(f"a row of the index cannot be used: {row!r}", "as korgm1 syx split wrote it") from error
    return bytes(made), hashlib.sha1(made).hexdigest() == index.get("sha1")


def _whole(code: int, channel: int, fields: bytes, parts: list[tuple[str, bytes]]) -> bytes:
    """A message of joined parts, each kind where it belongs and of the size the message announces."""
    known = {0x50: 3, 0x4C: 1, 0x4D: 1}
    if known.get(code) != len(fields) or not 1 <= channel <= 16 or fields[0] not in COUNTS or max(fields) > 127:
        raise ValueError(code)
    rows = sections(code, fields[0], fields[1] + 128 * fields[2] if code == 0x50 else 0)
    data = b""
    for kind in PARTS:
        own = b"".join(some for part, some in parts if part == kind)
        wants = sum(row.size * row.count for row in rows if row.part == kind)
        if len(own) != wants:
            raise UserError(f"the parts with {kind} are {len(own):,} bytes of data", f"{wants:,}, as announced")
        data += own
    return message(channel, code, fields, data)


def _data_of(name: str, raw: bytes) -> tuple[str, bytes]:
    """Which part of a bank a file's only message carries, and its data."""
    found = list(pieces(raw))
    code = found[0].clean[4] if len(found) == 1 and found[0].closed and found[0].function is not None else 0
    kind = _KINDS.get(code)
    if kind is None:
        raise UserError(f"{name} is not one message of an M1 with a part of a bank",
                        "a dump as korgm1 syx split wrote it", f"korgm1 syx check '{name}'")
    data = found[0].data
    wants = data_size(code, found[0].allocation, found[0].steps)
    if len(data) != wants:
        raise UserError(f"{name} has {len(data):,} bytes of data", f"{wants:,}", f"korgm1 syx check '{name}'")
    return kind, data


def _divisible(piece: Piece, by: str) -> bool:
    """Whether its parts, packed anew, make the same bytes."""
    codes = (0x50,) if by == "part" else (0x50, 0x4C, 0x4D)
    function = piece.function
    if function is None or function.code not in codes or len(piece.fields) != len(function.fields):
        return False
    size = data_size(function.code, piece.allocation, piece.steps)
    return len(piece.data) == size and message(piece.channel, function.code, piece.fields, piece.data) == piece.raw


def _divided(piece: Piece, prefix: str, by: str, files: dict[str, bytes]) -> dict[str, Any]:
    code, data = piece.clean[4], piece.data
    names = []
    for part, own in PARTS.items():
        rows = [row for row in sections(code, piece.allocation, piece.steps) if row.part == part]
        if not rows:
            continue
        start, end = rows[0].start, rows[-1].end
        if by == "sound" and part in _SINGLE:
            single, kind = _SINGLE[part]
            for number in range(rows[0].count):
                record = data[start + number * rows[0].size :][: rows[0].size]
                word = _plain(table(kind).label(record))
                names.append(f"{prefix} {kind} {number:02} {word}".rstrip() + ".syx")
                files[names[-1]] = message(piece.channel, single, data=record)
            continue
        fields = {0x51: b"", 0x48: piece.fields}.get(own, piece.fields[:1])
        names.append(f"{prefix} {part}.syx")
        files[names[-1]] = message(piece.channel, own, fields, data[start:end])
    return {"function": code, "channel": piece.channel, "fields": piece.fields.hex(), "files": names}


def _word(piece: Piece) -> str:
    if not piece.is_message:
        return "junk.bin"
    if piece.function is None:
        return "message.syx"
    label = ""
    if piece.function.code in (0x40, 0x49) and piece.data:
        label = " " + _plain(table(piece.function.name).label(piece.data[:143].ljust(143, b"\0")))
    return f"{piece.function.name}{label}".rstrip() + ".syx"


def _plain(name: str) -> str:
    """A name as part of a file's name on any system.

    >>> _plain("A/B: 16' ")
    "A_B_ 16'"
    """
    return re.sub(r"[^A-Za-z0-9 '+#!&()@=,;_-]", "_", name).strip()

"""Snapshot blocks and their file form: gzip'd JSON, bytes as base64, a format number and a checksum."""

from __future__ import annotations

import base64
import binascii
import gzip
import hashlib
import json
import zlib
from typing import Any

from korgm1.errors import SnapshotError

FORMAT = "korgm1-snapshot"
VERSION = 1

Block = dict[str, Any]
"""What a device's snapshot() returns: ints, strings, lists, dicts, None and bytes."""


def _out(value: Any) -> Any:
    if isinstance(value, bytes | bytearray | memoryview):
        return {"$bytes": base64.b64encode(bytes(value)).decode("ascii")}
    if isinstance(value, dict):
        return {k: _out(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_out(v) for v in value]
    return value


def _in(value: Any) -> Any:
    if isinstance(value, dict):
        if set(value) == {"$bytes"}:
            return base64.b64decode(value["$bytes"])
        return {k: _in(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_in(v) for v in value]
    return value


def encode(blocks: Block) -> bytes:
    """Blocks as a self-checking byte string; the same blocks always give the same bytes.

    >>> decode(encode({"sram": {"data": b"\\x00\\x01"}}))
    {'sram': {'data': b'\\x00\\x01'}}
    """
    body = json.dumps(_out(blocks), separators=(",", ":"))
    head = {"format": FORMAT, "version": VERSION, "sha1": hashlib.sha1(body.encode()).hexdigest()}
    return gzip.compress(json.dumps(head).encode() + b"\n" + body.encode(), compresslevel=6, mtime=0)


def decode(data: bytes) -> Block:
    """The blocks of an encoded snapshot.

    Raises:
        SnapshotError: not a snapshot, another version, or damaged.
    """
    try:
        head_line, _, body = gzip.decompress(data).partition(b"\n")
        head = json.loads(head_line)
        if head.get("format") != FORMAT:
            raise ValueError("another format")
    except (OSError, EOFError, ValueError, AttributeError, zlib.error) as error:
        raise SnapshotError("this is not a korgm1 snapshot", "the bytes Session.snapshot() returned") from error
    if head.get("version") != VERSION:
        raise SnapshotError(f"snapshot format {head.get('version')}", f"format {VERSION}")
    if hashlib.sha1(body).hexdigest() != head.get("sha1"):
        raise SnapshotError("the snapshot is damaged: its checksum does not fit")
    try:
        blocks = _in(json.loads(body))
    except (ValueError, binascii.Error) as error:
        raise SnapshotError("the snapshot is damaged") from error
    if not isinstance(blocks, dict):
        raise SnapshotError("the snapshot is damaged")
    return blocks

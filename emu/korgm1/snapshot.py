"""The snapshot file (docs/snapshot-format.md): gzip'd lines of JSON, a manifest and one versioned block a part.

line 1   {"format", "version", "sha1"}: sha1 of everything behind this line
line 2   the manifest: what the snapshot is of, and "blocks": a list of {"name", "version", "sha1"}
line 3+  the blocks in that order, a line each; bytes are {"$bytes": base64}
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from korgm1.errors import SnapshotError

FORMAT = "korgm1-snapshot"
VERSION = 2
LARGEST = 256 << 20
"""Bytes a snapshot may have unpacked."""

Block = dict[str, Any]
"""What a device's snapshot() returns: ints, strings, lists, dicts, None and bytes."""


@dataclass
class Snapshot:
    """What a snapshot file holds.

    Attributes:
        manifest: model, firmware, engine, clock and so on; "blocks" is made by `encode` and is not in here.
        blocks: by name, what each part's snapshot() gave.
        versions: the layout of each block that is not 1.
    """

    manifest: dict[str, Any] = field(default_factory=dict)
    blocks: dict[str, Block] = field(default_factory=dict)
    versions: dict[str, int] = field(default_factory=dict)

    def version(self, name: str) -> int:
        """The layout of a block."""
        return self.versions.get(name, 1)


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
            return base64.b64decode(value["$bytes"], validate=True)
        return {k: _in(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_in(v) for v in value]
    return value


def line(value: Any) -> bytes:
    """A block or a manifest as its line of the file."""
    return json.dumps(_out(value), separators=(",", ":")).encode() + b"\n"


def encode(snapshot: Snapshot) -> bytes:
    """The snapshot as a self-checking byte string; equal snapshots give equal bytes.

    >>> decode(encode(Snapshot({"clock": 5}, {"sram": {"data": b"\\x00\\x01"}}))).blocks
    {'sram': {'data': b'\\x00\\x01'}}
    """
    lines = [line(block) for block in snapshot.blocks.values()]
    table = [
        {"name": name, "version": snapshot.version(name), "sha1": hashlib.sha1(row).hexdigest()}
        for name, row in zip(snapshot.blocks, lines, strict=True)
    ]
    body = line({**snapshot.manifest, "blocks": table}) + b"".join(lines)
    head = line({"format": FORMAT, "version": VERSION, "sha1": hashlib.sha1(body).hexdigest()})
    packer = zlib.compressobj(6, zlib.DEFLATED, 31)
    return packer.compress(head + body) + packer.flush()


def decode(data: bytes) -> Snapshot:
    """The content of an encoded snapshot.

    Raises:
        SnapshotError: not a snapshot, another format version, or damaged; the message names the damaged block.
    """
    head_line, _, body = _unpack(data).partition(b"\n")
    try:
        head = json.loads(head_line)
        if head.get("format") != FORMAT:
            raise ValueError("another format")
    except (ValueError, AttributeError, RecursionError) as error:
        raise SnapshotError("this is not a korgm1 snapshot", "a file of korgm1 state save") from error
    if head.get("version") != VERSION:
        raise SnapshotError(f"snapshot format {head.get('version')}", f"format {VERSION}")
    if hashlib.sha1(body).hexdigest() != head.get("sha1"):
        raise SnapshotError("the snapshot is damaged: its checksum does not fit" + _where(body))
    try:
        manifest_line, *lines = body.splitlines()
        manifest = _in(json.loads(manifest_line))
        table = manifest.pop("blocks")
        names = [str(row["name"]) for row in table]
        blocks = {name: _in(json.loads(text)) for name, text in zip(names, lines, strict=True)}
        versions = {name: int(row["version"]) for name, row in zip(names, table, strict=True) if row["version"] != 1}
        if not all(isinstance(block, dict) for block in blocks.values()) or len(blocks) != len(names):
            raise ValueError("a block is no object, or is there twice")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, binascii.Error) as error:
        raise SnapshotError("the snapshot is damaged: its manifest or a block is not what the format says") from error
    return Snapshot(manifest, blocks, versions)


def _unpack(data: bytes) -> bytes:
    unpacker = zlib.decompressobj(31)
    try:
        text = unpacker.decompress(data, LARGEST)
    except zlib.error as error:
        raise SnapshotError("this is not a korgm1 snapshot, or it is damaged", "a file of korgm1 state save") from error
    if not unpacker.eof or unpacker.unused_data:
        raise SnapshotError("the snapshot is cut off, or something follows it", "a file of korgm1 state save")
    return text


def _where(body: bytes) -> str:
    """Which block it is whose own checksum does not fit, for the message."""
    try:
        manifest_line, *lines = body.splitlines(keepends=True)
        table = json.loads(manifest_line)["blocks"]
        bad = [
            str(row["name"])
            for row, text in zip(table, lines, strict=True)
            if hashlib.sha1(text).hexdigest() != row["sha1"]
        ]
    except (ValueError, KeyError, TypeError, RecursionError):
        return ""
    return f" (block {', '.join(bad)})" if bad else " (the manifest)"


@dataclass(frozen=True)
class Difference:
    """One field that differs: its block (or "manifest"), its path, and both values; ABSENT where there is none.

    A block that one of them has not got is one difference of the field "(block)"; another layout is "(layout)".
    """

    block: str
    field: str
    left: Any
    right: Any

    def __str__(self) -> str:
        """Both values for people; of long bytes the number that differ, and the first."""
        left, right = self.left, self.right
        if isinstance(left, bytes) and isinstance(right, bytes):
            places = [place for place, (a, b) in enumerate(zip(left, right, strict=False)) if a != b]
            if len(left) != len(right):
                return f"{len(left):,} bytes -> {len(right):,} bytes, {len(places):,} of them differ"
            at = places[0]
            return f"{len(places):,} of {len(left):,} bytes, first at {at:04X}: {left[at]:02X} -> {right[at]:02X}"
        return f"{_short(left)} -> {_short(right)}"


ABSENT = "(not there)"
_SHOWN = 48


def diff(left: Snapshot, right: Snapshot) -> list[Difference]:
    """What differs between two snapshots, block by block.

    >>> one, two = Snapshot(blocks={"pio": {"latch": [1, 2]}}), Snapshot(blocks={"pio": {"latch": [1, 3]}})
    >>> [(d.block, d.field, str(d)) for d in diff(one, two)]
    [('pio', 'latch[1]', '2 -> 3')]
    """
    found = list(_compare("manifest", "", left.manifest, right.manifest))
    for name in [*left.blocks, *(name for name in right.blocks if name not in left.blocks)]:
        both = name in left.blocks and name in right.blocks
        if both and left.version(name) != right.version(name):
            found.append(Difference(name, "(layout)", left.version(name), right.version(name)))
        one, two = (state.blocks.get(name, ABSENT) for state in (left, right))
        found += _compare(name, "" if both else "(block)", one, two)
    return found


def _compare(block: str, path: str, left: Any, right: Any) -> Iterator[Difference]:
    if isinstance(left, dict) and isinstance(right, dict):
        for key in [*left, *(key for key in right if key not in left)]:
            inner = f"{path}.{key}" if path else str(key)
            yield from _compare(block, inner, left.get(key, ABSENT), right.get(key, ABSENT))
    elif isinstance(left, list) and isinstance(right, list) and len(left) == len(right):
        for place, (a, b) in enumerate(zip(left, right, strict=True)):
            yield from _compare(block, f"{path}[{place}]", a, b)
    elif left != right or type(left) is not type(right):
        yield Difference(block, path, left, right)


def _short(value: Any) -> str:
    if isinstance(value, list):
        return f"{len(value):,} items"
    if isinstance(value, dict):
        return f"{len(value):,} field{'s' * (len(value) != 1)}"
    text = value.hex(" ") if isinstance(value, bytes) else str(value)
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "..."

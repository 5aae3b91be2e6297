"""Snapshots of the last minutes, one a second, small: what does not change is kept once.

Bytes of 4,096 and more are kept as what differs from those of the first entry of their group of 30, packed; the rest is
packed as it is.
"""

from __future__ import annotations

import bisect
import marshal
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from korgm1.snapshot import Snapshot

LARGE = 4096
GROUP = 30
LATEST = 100
"""So many of the latest LCD pictures and MIDI OUT bytes an entry remembers."""


@dataclass(frozen=True)
class Entry:
    """A moment: its time on the history's own line, the state, and what a snapshot does not hold."""

    at: int
    packed: bytes
    large: tuple[bytes, ...]
    key: tuple[bytes, ...]
    extra: Any

    @property
    def size(self) -> int:
        """Bytes, without the key it shares with others."""
        return len(self.packed) + sum(map(len, self.large))

    def state(self) -> Snapshot:
        """The snapshot, as it was put in."""
        large = [_unpack(data, key) for data, key in zip(self.large, self.key, strict=True)]
        manifest, blocks, versions = marshal.loads(zlib.decompress(self.packed))
        return Snapshot(manifest, _exchange(blocks, lambda value: value, large), versions)


class History:
    """The latest moments, oldest first.

    Args:
        longest: how many are kept.

    >>> history = History(2)
    >>> for at in (1, 2, 3): history.add(at, Snapshot({"n": at}, {"sram": {"data": bytes([at]) * 5000}}), None)
    >>> [entry.at for entry in history.entries], history.entries[-1].state().blocks["sram"]["data"][:3]
    ([2, 3], b'\\x03\\x03\\x03')
    """

    def __init__(self, longest: int) -> None:
        self.longest = longest
        self.entries: list[Entry] = []
        self._key: tuple[bytes, ...] = ()
        self._in_group = 0

    @property
    def size(self) -> int:
        """Bytes of all entries, and of what they share."""
        keys = {id(part): len(part) for entry in self.entries for part in entry.key}
        return sum(entry.size for entry in self.entries) + sum(keys.values())

    def add(self, at: int, state: Snapshot, extra: Any) -> None:
        """Keep a moment; it is the newest, or replaces one of the same time.

        Args:
            at: its time.
            state: not touched; what it shares with the running machine is copied.
            extra: handed back with it.
        """
        large: list[bytes] = []
        blocks = _exchange(state.blocks, lambda value: _put(value, large), [])
        if self._in_group >= GROUP or len(self._key) != len(large):
            self._key, self._in_group = tuple(large), 0
        self._in_group += 1
        entry = Entry(
            at, zlib.compress(marshal.dumps((state.manifest, blocks, state.versions)), 1),
            tuple(_pack(part, key) for part, key in zip(large, self._key, strict=True)), self._key, extra,
        )
        self.drop(at - 1)
        self.entries.append(entry)
        del self.entries[: -self.longest]

    def before(self, at: int) -> Entry | None:
        """The latest moment at or before a time; the oldest where none is; None where there is nothing."""
        if not self.entries:
            return None
        place = bisect.bisect_right([entry.at for entry in self.entries], at)
        return self.entries[max(0, place - 1)]

    def drop(self, after: int) -> None:
        """Forget the moments after a time."""
        while self.entries and self.entries[-1].at > after:
            self.entries.pop()


_MARK = "$large"


def _put(value: bytes, large: list[bytes]) -> Any:
    if len(value) < LARGE:
        return value
    large.append(value)
    return {_MARK: len(large) - 1}


def _exchange(value: Any, put: Callable[[bytes], Any], large: list[bytes]) -> Any:
    """A copy of plain data, with its bytes handed to `put`, and places filled from `large`."""
    if isinstance(value, bytes | bytearray | memoryview):
        return put(bytes(value))
    if isinstance(value, dict):
        if large and _MARK in value:
            return large[value[_MARK]]
        return {name: _exchange(part, put, large) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_exchange(part, put, large) for part in value]
    return value


def _pack(data: bytes, key: bytes) -> bytes:
    return b"" if data == key else zlib.compress(_changed(data, key), 1)


def _unpack(data: bytes, key: bytes) -> bytes:
    return _changed(zlib.decompress(data), key) if data else key


def _changed(data: bytes, key: bytes) -> bytes:
    """As far as the key goes what differs from it, then the rest; what differs, given again, is the data."""
    common = min(len(data), len(key))
    part = np.frombuffer(data, np.uint8, common) ^ np.frombuffer(key, np.uint8, common)
    return bytes(part.tobytes()) + data[common:]

"""The C side of a profile (cext/profile.h): what a program did, counted from the lines of a trace.

Numbers of tables, not yet what they mean: `korgm1.profiling` has that.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from korgm1.cpu.native import ffi, lib
from korgm1.cpu.trace import BLOCK_SIZE, KINDS

PLACE = np.dtype([("count", "u8"), ("clocks", "u8"), ("place", "u4"), ("length", "u4")])
FUNCTION = np.dtype([("key", "u8"), ("calls", "u8"), ("own", "u8"), ("halted", "u8"), ("whole", "u8"), ("_", "u8")])
EDGE = np.dtype([("count", "u8"), ("clocks", "u8"), ("caller", "u4"), ("callee", "u4")])
NODE = np.dtype([
    ("calls", "u8"), ("own", "u8"), ("halted", "u8"), ("parent", "u4"), ("function", "u4"), ("_", "u8"),
])  # fmt: skip
PORT = np.dtype([("count", "u8"), ("place", "u4"), ("key", "u4")])
WRITE = np.dtype([("clock", "u8"), ("place", "u4"), ("node", "u4"), ("port", "u2"), ("value", "u2"), ("_", "u4")])
_TABLES = {
    "places": ("place", PLACE), "functions": ("function", FUNCTION), "edges": ("edge", EDGE), "nodes": ("node", NODE),
    "ports": ("port", PORT), "writes": ("write", WRITE),
}  # fmt: skip


class ProfileCounter:
    """One `profile` struct. Its 25 MB are memory only where something was counted.

    Args:
        log_writes: keep what the last block sent to ports, in the table "writes".
        watched: physical address of a function whose calls `inside` and `own` tell.

    >>> counter = ProfileCounter()
    >>> counter.feed(bytes.fromhex("0e 00f0 00f0 01 90"), 16000)
    (1, 0, 0, 0, 0, 0, 0)
    >>> [hex(place) for place in counter.table("places")["place"]]
    ['0xf000f000']
    """

    def __init__(self, log_writes: bool = False, watched: int | None = None) -> None:
        self._memory = np.zeros(ffi.sizeof("profile"), np.uint8)
        self.pointer = profile = ffi.cast("profile *", ffi.from_buffer(self._memory))
        profile.log_writes = log_writes
        profile.watching = watched is not None
        profile.watched = watched or 0
        lib.profile_begin(profile)
        self._kinds = ffi.new("uint32_t[]", len(KINDS))

    def feed(self, records: bytes, begins: int) -> tuple[int, ...]:
        """Count the lines of a block of packed records; how many of each of `KINDS` there were.

        Args:
            records: at most `BLOCK_SIZE` bytes.
            begins: the clock of its first line.

        Raises:
            ValueError: the records are damaged; what stands before that is counted.
        """
        if len(records) > BLOCK_SIZE:
            raise ValueError(f"a block of {len(records)} bytes")
        source = ffi.from_buffer("uint8_t[]", records + bytes(lib.TRACE_RECORD))
        if lib.profile_feed(self.pointer, begins, source, len(records), self._kinds):
            raise ValueError("a record that is none")
        return tuple(self._kinds)

    def line(self, clock: int, kind: int, at: int, value: int = 0, length: int = 0, code: bytes = b"") -> None:
        """Count one line.

        Args:
            clock: of the line.
            kind: the number of its kind in `KINDS`.
            at: its place (PS << 16 | PC), address or port.
            value: of an access; the vector of an interrupt, 100h of a wake.
            length: bytes of an access; those of the code, + 80h when there are more than shown.
            code: the bytes shown.
        """
        lib.profile_line(self.pointer, clock, kind, at, value, length, code)

    def mark(self, clock: int) -> None:
        """All that is open ends at this clock, and another stretch begins there."""
        lib.profile_mark(self.pointer, clock)

    @property
    def inside(self) -> bool:
        """Whether the watched function, or what it called, is at work."""
        return bool(lib.profile_is_inside(self.pointer))

    @property
    def own(self) -> bool:
        """Whether the watched function itself is."""
        return bool(lib.profile_is_own(self.pointer))

    def table(self, name: str) -> NDArray[Any]:
        """A copy of the rows of "places", "functions", "edges", "nodes", "ports" or "writes"."""
        field, kind = _TABLES[name]
        rows = int(getattr(self.pointer, name))
        return np.frombuffer(ffi.buffer(getattr(self.pointer, field)), kind, rows).copy()

    def array(self, name: str, kind: Any, shape: tuple[int, ...]) -> NDArray[Any]:
        """A copy of "counts", "touched", "interrupts" or "port_counts"."""
        return np.frombuffer(ffi.buffer(getattr(self.pointer, name)), kind).reshape(shape).copy()

    def path(self, node: int) -> list[int]:
        """The keys of the functions from the outermost to that of a node.

        Raises:
            IndexError: there is no such node.
        """
        profile, keys = self.pointer, []
        if not 0 <= node < profile.nodes:
            raise IndexError(f"node {node} of {profile.nodes}")
        while node:
            keys.append(int(profile.function[profile.node[node].function].key))
            node = int(profile.node[node].parent)
        return keys[::-1]

    def open_calls(self) -> list[tuple[int, int, int]]:
        """The calls that are not over: function, edge + 1 (0: none), and clocks, of the outermost calls of each."""
        rows, total = [], 0
        for n in reversed(range(self.pointer.depth)):
            frame = self.pointer.frame[n]
            total += frame.total
            if frame.outermost:
                rows.append((int(frame.function), int(frame.edge), total))
            if frame.interrupt:
                total = 0
        return rows

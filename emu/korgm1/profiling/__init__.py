"""Profiles: what a program did, counted from a trace or live.

Executions and clocks by place, what memory and ports were used, interrupts, and calls: by function, by pair of caller
and callee, and as the stacks they were made from. Clocks of an instruction are those to the next instruction or
interrupt; HALT's are apart.

Calls are known by their opcodes. What is called is a function; a jump, to a function as well, stays in the one that
was called. A return goes to the innermost open call that waits for it where it goes; one that nobody waits for is a
jump. A program that drops return addresses or its whole stack is followed by the addresses of what its calls push. An
interrupt begins a stack of its own, and its clocks are not part of what it interrupts.

>>> from korgm1.session import Session
>>> profile = Profile(); m1 = Session(); m1.follow(profile); _ = m1.boot(); m1.power_off()
>>> profile.functions()[0].entry.text, profile.span == m1.clock
('FFFF:0000', True)
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from korgm1.cpu.profile import ProfileCounter
from korgm1.cpu.trace import TraceBlock, TraceFilter

_VECTOR, _REST = 1 << 32, 1 << 33
EXECUTED = np.dtype([("ps", "u2"), ("pc", "u2"), ("count", "u8"), ("clocks", "u8"), ("length", "u1")])
"""A row of `Profile.executed`; `length` is the number of bytes of code, at most 16."""
MOST_WRITES = 500_000
"""Bytes to ports that `Profile.port_writes` keeps: the first. A boot of OpenM1 has 3,300."""
READ, WRITTEN = 1, 2
"""Bits of `Profile.touched`."""


class Entry(NamedTuple):
    """What is called: a function by the place of its first instruction, or an interrupt by its vector.

    Attributes:
        ps, pc: the place; 0 of an interrupt.
        vector: of an interrupt 0-FFh; -1 of a function; 256 of all functions there were no tables for.

    >>> Entry(0xF000, 0x123).text, Entry(0, 0, 0x20).text, hex(Entry(0xF000, 0x123).physical)
    ('F000:0123', 'int 20', '0xf0123')
    """

    ps: int
    pc: int
    vector: int = -1

    @property
    def physical(self) -> int:
        """The address of its first byte; -1 of an interrupt."""
        return -1 if self.vector >= 0 else (self.ps * 16 + self.pc) & 0xFFFFF

    @property
    def text(self) -> str:
        """As a trace has it."""
        if self.vector >= 0:
            return f"int {self.vector:02X}" if self.vector < 256 else "(other functions)"
        return f"{self.ps:04X}:{self.pc:04X}"


class Function(NamedTuple):
    """A function or an interrupt.

    Attributes:
        entry: which.
        calls: how often it was called; not how often a program began or was found there.
        own: clocks in it and not in what it calls, without HALT.
        whole: clocks from call to return, HALT and all it calls with it, interrupts aside; in a recursion once. Of an
            interrupt those of its handlers.
        halted: clocks of its own HALTs.
    """

    entry: Entry
    calls: int
    own: int
    whole: int
    halted: int


class Edge(NamedTuple):
    """Calls of one function by another: how many, and their clocks, as `Function.whole`. Interrupts call handlers."""

    caller: Entry
    callee: Entry
    calls: int
    clocks: int


class Stack(NamedTuple):
    """Functions from the outermost to the innermost, and the innermost's clocks when it was called so.

    A function that is called while it is open goes on in its own place, so recursion has no depth.
    """

    entries: tuple[Entry, ...]
    own: int
    halted: int


class PortWrite(NamedTuple):
    """A byte that went to a port, by the instruction at PS:PC that began at this clock; `node` see `Profile.path`."""

    clock: int
    port: int
    value: int
    ps: int
    pc: int
    node: int = 0


class Profile:
    """Counts of what a program did.

    Args:
        port_writes: keep each byte that goes to a port, too, `MOST_WRITES` at most.

    Attributes:
        writes_left_out: bytes beyond them.
        words: what of a trace it was made from; anything but exec and int may be missing.
        firmware: of a trace file, its name, version and SHA-1 in a line, else "".
    """

    def __init__(self, port_writes: bool = False) -> None:
        self.counter = ProfileCounter(port_writes)
        self._writes: list[NDArray[Any]] = []
        self._log = port_writes
        self.writes_left_out = 0
        self.words = TraceFilter.parse("all")
        self.firmware = ""
        self.pending: Callable[[], None] = lambda: None
        """Has what was not handed over yet fed; set by who follows a running program."""

    def feed(self, block: TraceBlock) -> None:
        """Count a block of packed records, from a file or a `Tracer`.

        Raises:
            ValueError: they are damaged; what stands before that is counted.
        """
        if self.counter.feed(block.data, block.begins) != block.counts:
            raise ValueError("other lines than its header says")
        if self._log:
            rows = self.counter.table("writes")
            room = MOST_WRITES - sum(map(len, self._writes))
            if len(rows):
                self.writes_left_out += max(0, len(rows) - room)
                self._writes += [rows[:room]] if room else []

    def mark(self, clock: int) -> None:
        """The clock begins anew, or ends: what is open ends at this clock."""
        self.counter.mark(clock)

    # what came out

    @property
    def span(self) -> int:
        """Clocks that were counted: `own` and `halted` of all functions together."""
        self.pending()
        return int(self.counter.pointer.span)

    @property
    def instructions(self) -> int:
        """How many were executed."""
        self.pending()
        return int(self.counter.pointer.instructions)

    @property
    def lost(self) -> int:
        """Calls, places and port accesses that found no room in the tables: 0, but for programs that run wild."""
        self.pending()
        return int(self.counter.pointer.lost)

    def executed(self) -> NDArray[Any]:
        """Places that were executed, as rows of `EXECUTED`, by PS and PC."""
        self.pending()
        table = np.sort(self.counter.table("places"), order="place")
        rows = np.zeros(len(table), EXECUTED)
        rows["ps"], rows["pc"] = table["place"] >> 16, table["place"] & 0xFFFF
        for name in ("count", "clocks", "length"):
            rows[name] = table[name]
        return rows

    @property
    def counts(self) -> NDArray[np.uint32]:
        """Executions by physical address of an instruction's first byte, of shape (100000h,), at most FFFFFFFFh."""
        self.pending()
        return self.counter.array("counts", np.uint32, (0x100000,))

    @property
    def code(self) -> NDArray[np.bool_]:
        """By physical address, of shape (100000h,): whether the byte was part of an instruction that was executed."""
        rows = self.executed()
        found = np.zeros(0x100000, bool)
        for n in range(int(rows["length"].max(initial=0))):
            some = rows[rows["length"] > n]
            offsets = (some["pc"].astype(np.uint32) + n) & 0xFFFF
            found[(some["ps"].astype(np.uint32) * 16 + offsets) & 0xFFFFF] = True
        return found

    @property
    def touched(self) -> NDArray[np.uint8]:
        """By physical address, of shape (100000h,): `READ` and `WRITTEN` as data."""
        self.pending()
        return self.counter.array("touched", np.uint8, (0x100000,))

    @property
    def interrupts(self) -> dict[int, int]:
        """Interrupts by vector; those that come from outside an instruction."""
        self.pending()
        counts = self.counter.array("interrupts", np.uint64, (256,))
        return {int(vector): int(counts[vector]) for vector in np.flatnonzero(counts)}

    @property
    def ports(self) -> dict[tuple[int, str], int]:
        """Accesses by port and "in" or "out"; a word is one at each of its two ports."""
        self.pending()
        counts = self.counter.array("port_counts", np.uint64, (2, 0x10000))
        return {(int(port), ("in", "out")[way]): int(counts[way, port]) for way, port in np.argwhere(counts)}

    @property
    def port_places(self) -> dict[tuple[int, str], dict[tuple[int, int], int]]:
        """The same by (PS, PC) of the instruction."""
        self.pending()
        places: dict[tuple[int, str], dict[tuple[int, int], int]] = {}
        for count, place, key in self.counter.table("ports").tolist():
            at = places.setdefault((key >> 1, ("in", "out")[key & 1]), {})
            at[place >> 16, place & 0xFFFF] = count
        return places

    @property
    def port_writes(self) -> list[PortWrite]:
        """Each byte that went to a port, in order; empty unless asked for."""
        self.pending()
        return [
            PortWrite(clock, port, value, place >> 16, place & 0xFFFF, node)
            for rows in self._writes
            for clock, place, node, port, value, _ in rows.tolist()
        ]

    def functions(self) -> list[Function]:
        """All that were called or ran, those with the most whole clocks first."""
        self.pending()
        table = self.counter.table("functions")
        for function, _, clocks in self.counter.open_calls():
            table["whole"][function] += clocks
        handlers: Counter[Entry] = Counter()
        for edge in self.edges():
            if 0 <= edge.caller.vector < 256:
                handlers[edge.caller] += edge.clocks
        rows = [
            Function(entry := _entry(key), calls, own, whole + handlers[entry], halted)
            for key, calls, own, halted, whole, _ in table.tolist()
        ]
        rows = [row for row in rows if row.calls or row.own or row.halted or row.whole]
        return sorted(rows, key=lambda row: (-row.whole, -row.calls, row.entry))

    @property
    def called(self) -> frozenset[tuple[int, int]]:
        """PS:PC of all that was called, by an instruction."""
        self.pending()
        rows = ((_entry(key), calls) for key, calls, *_ in self.counter.table("functions").tolist())
        return frozenset((entry.ps, entry.pc) for entry, calls in rows if calls and entry.vector < 0)

    def edges(self) -> list[Edge]:
        """Who called whom, those with the most clocks first."""
        self.pending()
        keys = self._keys()
        table = self.counter.table("edges")
        for _, edge, clocks in self.counter.open_calls():
            if edge:
                table["clocks"][edge - 1] += clocks
        rows = [Edge(keys[caller], keys[callee], count, clocks) for count, clocks, caller, callee in table.tolist()]
        return sorted(rows, key=lambda row: (-row.clocks, -row.calls, row.caller, row.callee))

    def stacks(self) -> list[Stack]:
        """The clocks of each way a function was come to, by its entries; those without any clock are left out."""
        self.pending()
        table = self.counter.table("nodes").tolist()
        paths = self._paths(table)
        return sorted(
            Stack(paths[node], own, halted)
            for node, (_, own, halted, _, _, _) in enumerate(table)
            if node and (own or halted)
        )

    def path(self, node: int) -> tuple[Entry, ...]:
        """The functions that were open, from the outermost, when something with this `PortWrite.node` happened."""
        return tuple(_entry(key) for key in self.counter.path(node))

    def paths(self) -> list[tuple[Entry, ...]]:
        """`path` of every node."""
        return self._paths(self.counter.table("nodes").tolist())

    def _paths(self, nodes: list[tuple[int, ...]]) -> list[tuple[Entry, ...]]:
        """A node's parent is older than it is."""
        keys = self._keys()
        found: list[tuple[Entry, ...]] = [()] * len(nodes)
        for node, (_, _, _, parent, function, _) in enumerate(nodes):
            if node:
                found[node] = (*found[parent], keys[function])
        return found

    def _keys(self) -> list[Entry]:
        return [_entry(int(key)) for key in self.counter.table("functions")["key"]]


def _entry(key: int) -> Entry:
    if key & _REST:
        return Entry(0, 0, 256)
    return Entry(0, 0, key & 0xFF) if key & _VECTOR else Entry(key >> 16, key & 0xFFFF)

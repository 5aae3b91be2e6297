"""What the static analysis of a firmware found: instructions, functions, references, texts, tables, ports, gaps.

All addresses are physical, 00000-FFFFF, and byte addresses; a segment is the value of PS with which the code was found.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from korgm1.cpu.disassembler import Instruction

SECTION = 0x10000
"""Bytes that offsets of one segment reach: the image is shown in sections of this size, at multiples of it."""
JUMPS = ("call", "jump", "branch")
"""Kinds of references that lead to code."""
UNKNOWN_PORT = -1
"""The number under which `Program.ports` keeps accesses whose DX is not known."""


def physical(segment: int, offset: int) -> int:
    """The address segment:offset, wrapped at 1 MB.

    >>> hex(physical(0xF000, 0xFFF0))
    '0xffff0'
    """
    return (segment << 4) + (offset & 0xFFFF) & 0xFFFFF


@dataclass(frozen=True)
class Executed:
    """What a run did.

    Attributes:
        places: PS:PC of instructions that were executed.
        vectors: number -> segment and offset, as installed in RAM.
        called: PS:PC of routines that were called.
        memory: RAM at its end, from 00000 on; empty where that is not known.
        touched: of each of these bytes 1 if it was read, 2 if it was written, 3 both.
    """

    places: frozenset[tuple[int, int]] = frozenset()
    vectors: Mapping[int, tuple[int, int]] = field(default_factory=dict)
    called: frozenset[tuple[int, int]] = frozenset()
    memory: bytes = b""
    touched: bytes = b""


@dataclass(frozen=True)
class Placed:
    """An instruction, and the PS with which it was found; `emulated` is 8080 mode."""

    segment: int
    instruction: Instruction
    emulated: bool = False


@dataclass(frozen=True)
class Block:
    """Instructions that follow each other: entered at `start` alone, left behind the last, `end`, or by it.

    Attributes:
        start: its first byte.
        end: the address behind its last.
        successors: where it leads without calls: addresses of blocks.
    """

    start: int
    end: int
    successors: tuple[int, ...]


@dataclass(frozen=True)
class Function:
    """A routine: what is called, or entered by the CPU itself.

    Attributes:
        entry: its first instruction.
        segment: PS there.
        name: reset, int_20, sub_F0123.
        starts: its blocks, by address; a tail that several routines share belongs to each.
        calls: entries of the routines it calls, or ends in by a jump.
        callers: entries of those that call it so.
        ends: the ends of `starts`, in the same order.
    """

    entry: int
    segment: int
    name: str
    starts: tuple[int, ...]
    calls: tuple[int, ...]
    callers: tuple[int, ...]
    ends: tuple[int, ...]

    @property
    def size(self) -> int:
        """Bytes of code."""
        return sum(end - start for start, end in zip(self.starts, self.ends, strict=True))


@dataclass(frozen=True)
class Xref:
    """Somebody refers to an address.

    Attributes:
        origin: address of the instruction, or of the table's word.
        kind: call, jump, branch, table, read, write, address, vector or reset.
        size: bytes that are read or written; 0: not known.
    """

    origin: int
    kind: str
    size: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Text:
    """Readable characters.

    Attributes:
        address: of the first.
        text: they, without what ends them.
        refs: who refers to the first.
    """

    address: int
    text: str
    refs: tuple[int, ...] = ()


@dataclass(frozen=True)
class Table:
    """Things of one kind at equal distances.

    Attributes:
        address: of the first.
        stride: bytes from one to the next.
        count: how many.
        entries: the names of a table of names, else the addresses its words point to.
        kind: names, texts (pointers to texts) or code (pointers to routines).
        refs: who refers to it.
    """

    address: int
    stride: int
    count: int
    entries: tuple[str | int, ...]
    kind: str
    refs: tuple[int, ...] = ()


@dataclass(frozen=True)
class PortUse:
    """An instruction at `address` reads ("in") or writes ("out") a port."""

    address: int
    way: str


@dataclass(frozen=True)
class Gap:
    """Bytes from `start` to before `end` that nobody reached; `looks`: one value XX, text, data or noise."""

    start: int
    end: int
    looks: str


@dataclass(frozen=True)
class Copy:
    """Bytes of the image that stand in RAM.

    Attributes:
        source: address of the first in the image.
        address: address of the first in RAM.
        size: how many.
    """

    source: int
    address: int
    size: int

    def origin(self, address: int) -> int | None:
        """Where in the image a byte of RAM came from.

        >>> hex(Copy(0xF1000, 0x800, 16).origin(0x80F)), Copy(0xF1000, 0x800, 16).origin(0x810)
        ('0xf100f', None)
        """
        inside = 0 <= address - self.address < self.size
        return self.source + address - self.address if inside else None


@dataclass(frozen=True)
class Program:
    """Everything that was found.

    Attributes:
        image: the bytes.
        base: address of the first.
        instructions: by the address of their first byte.
        blocks: by their start.
        functions: by their entry.
        labels: address -> name, of code and data.
        xrefs: address -> who refers to it.
        texts: by address.
        tables: by address.
        ports: number -> uses; `UNKNOWN_PORT` where DX is not known.
        port_names: names of the ports that have one.
        nec: form's name -> addresses of NEC's own instructions.
        vectors: number -> segment and offset that is installed, as far as it is known.
        unreached: what is neither code nor text nor table.
        copies: data that are copied to RAM at the start, longest first.
        notes: what was odd, as sentences.
        comments: address -> what somebody has written beside it.
        kinds: address -> kind, where somebody has decided it: as in a CSV of symbols.
        words: first address and how many, of words that somebody has told of.
        stacks: instruction that sets SP -> the address behind the stack, where SS is known.
        memory: RAM at the end of a run, from 00000 on; empty without one.
        touched: of each of these bytes 1 if it was read, 2 if it was written, 3 both.
    """

    image: bytes
    base: int
    instructions: dict[int, Placed]
    blocks: dict[int, Block]
    functions: dict[int, Function]
    labels: dict[int, str]
    xrefs: dict[int, tuple[Xref, ...]]
    texts: tuple[Text, ...]
    tables: tuple[Table, ...]
    ports: dict[int, tuple[PortUse, ...]]
    port_names: dict[int, str]
    nec: dict[str, tuple[int, ...]]
    vectors: dict[int, tuple[int, int]]
    unreached: tuple[Gap, ...]
    copies: tuple[Copy, ...]
    notes: tuple[str, ...]
    comments: dict[int, str] = field(default_factory=dict)
    kinds: dict[int, str] = field(default_factory=dict)
    words: dict[int, int] = field(default_factory=dict)
    stacks: dict[int, int] = field(default_factory=dict)
    memory: bytes = b""
    touched: bytes = b""

    def leads(self, address: int) -> bool:
        """Code is there, or somebody jumps there, though it be into the middle of an instruction."""
        refs = self.xrefs.get(address, ())
        return address in self.instructions or any(ref.kind in JUMPS for ref in refs)

    @property
    def end(self) -> int:
        """The address behind the last byte."""
        return self.base + len(self.image)

    def holds(self, address: int) -> bool:
        """It is an address of the image."""
        return self.base <= address < self.base + len(self.image)

"""The firmware's first instructions on a bare V30: RAM, ROM, and ports where nobody answers.

It finds what a linear reading cannot: vectors that a loop installs, and where the V50's units are placed. What lies in
the image is then code to follow, not proof that it is one: a board would answer otherwise.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from korgm1.bus.memory import PAGE, MemoryMap
from korgm1.bus.ports import PortMap
from korgm1.bus.unmapped import UnmappedLog
from korgm1.cpu.v30_engine import V30Engine

CLOCKS = 1_000_000
"""How long it runs: an eighth of a second of the emulated time."""
_ACCESSES = 30_000
_ROM = 0xE0000
_RAM = 0x10000


@dataclass(frozen=True)
class DryRun:
    """What was left behind.

    Attributes:
        vectors: number -> segment and offset, where one was written into 00000-003FF.
        writes: port and value of the bytes written to FFF0-FFFE, in their order.
        ram: the bytes 00000-0FFFF, which were zeros at first.
    """

    vectors: dict[int, tuple[int, int]]
    writes: tuple[tuple[int, int], ...]
    ram: bytes = field(default=b"", repr=False)


class _Patience(UnmappedLog):
    """Counts what goes through Python, and calls `lost` when that is too much."""

    def __init__(self) -> None:
        super().__init__(lambda: 0)
        self.accesses = 0
        self.lost: Callable[[], None] = lambda: None

    def note(self, kind: str, address: int, value: int) -> None:
        self.count()

    def count(self) -> None:
        self.accesses += 1
        if self.accesses > _ACCESSES:
            self.lost()


def dry_run(image: bytes, base: int, clocks: int = CLOCKS) -> DryRun:
    """Run from reset for `clocks` CPU clocks, or until ports and open memory were used too often.

    >>> program = bytes.fromhex("31c08ed8c70680003412 c7068200 00f0 ebfe".replace(" ", ""))
    >>> image = program.ljust(0xFFF0, b"\\x90") + bytes.fromhex("ea000000f0").ljust(16)
    >>> {number: f"{s:X}:{o:X}" for number, (s, o) in dry_run(image, 0xF0000, 1000).vectors.items()}
    {32: 'F000:1234'}
    """
    if not image:
        return DryRun({}, ())
    log = _Patience()
    memory = MemoryMap(log)
    memory.map_ram(0, _ROM)
    memory.image[0:_ROM] = bytes(_ROM)
    first = base - base % PAGE
    rom = bytes(base - first) + image[: 0x100000 - base]
    memory.map_rom(first, rom + b"\xff" * (-len(rom) % PAGE))
    ports = PortMap(log)
    core = V30Engine(memory, ports, lambda: 0)
    log.lost = lambda: core.lower_horizon(0)
    writes: list[tuple[int, int]] = []

    def watch(way: str, port: int, value: int) -> None:
        log.count()
        if way == "out" and port >= 0xFFF0:
            writes.append((port, value))

    ports.watch = watch
    core.reset()
    core.run(clocks)
    low = bytes(memory.image[:0x400])
    vectors = {}
    for number in range(256):
        offset, segment = (int.from_bytes(low[at : at + 2], "little") for at in (number * 4, number * 4 + 2))
        if offset or segment:
            vectors[number] = (segment, offset)
    return DryRun(vectors, tuple(writes[:64]), bytes(memory.image[:_RAM]))

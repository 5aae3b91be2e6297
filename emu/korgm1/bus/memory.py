"""The 1 MB memory map: one page-aligned host image that every CPU engine sees, and devices behind it.

RAM and ROM lie in the image itself; an engine reads them without asking anybody. Pages that are open or belong to a
device, and every write to ROM, come through `device_read` and `device_write`.

Sources: ours; what lies where is facts m1-hardware 2 and comes from the netlist.
"""

from __future__ import annotations

import mmap
from collections.abc import Callable
from typing import Protocol

from korgm1.bus.unmapped import UnmappedLog

SIZE = 0x100000
PAGE = 0x1000
PAGE_OPEN, PAGE_RAM, PAGE_ROM, PAGE_DEVICE = range(4)


class MemoryDevice(Protocol):
    """Something that answers bytes at offsets of its window."""

    def read(self, offset: int) -> int:
        """The byte at `offset`, with side effects."""

    def write(self, offset: int, value: int) -> None:
        """Store `value` (0-255) at `offset`."""

    def peek(self, offset: int) -> int:
        """The byte at `offset`, without side effects."""


class MemoryMap:
    """The map of 00000-FFFFF in pages of 4 KB.

    Args:
        unmapped: where accesses to nothing are written down.

    >>> memory = MemoryMap(UnmappedLog(now=lambda: 0))
    >>> memory.map_ram(0x00000, 0x10000)
    >>> memory.image[0x1234] = 0x56
    >>> hex(memory.peek(0x1234)), hex(memory.device_read(0x20000))
    ('0x56', '0xff')
    """

    def __init__(self, unmapped: UnmappedLog) -> None:
        self.image = mmap.mmap(-1, SIZE)
        """The host image: 1,048,576 bytes, writable, page aligned."""
        self.image[:] = bytes([unmapped.open_bus]) * SIZE
        self.pages = bytearray(SIZE // PAGE)
        """The kind of each 4 KB page: PAGE_OPEN, PAGE_RAM, PAGE_ROM or PAGE_DEVICE."""
        self._devices: dict[int, tuple[int, MemoryDevice]] = {}
        self._unmapped = unmapped
        self.on_change: Callable[[], None] | None = None
        """Called when pages changed their kind."""
        self.on_host_write: Callable[[int, int], None] | None = None
        """Called as on_host_write(start, size) when another bus master than the CPU wrote to RAM."""

    def map_ram(self, start: int, size: int) -> None:
        """Make `size` bytes from `start` plain read-write memory, whose content is the image's."""
        self._set(start, size, PAGE_RAM)

    def map_rom(self, start: int, data: bytes) -> None:
        """Put `data` at `start`; writes to it are dropped and logged."""
        self.image[start : start + len(data)] = data
        self._set(start, len(data), PAGE_ROM)

    def map_device(self, start: int, size: int, device: MemoryDevice) -> None:
        """Let `device` answer `size` bytes from `start` by offset."""
        self._set(start, size, PAGE_DEVICE)
        for page in range(start // PAGE, (start + size) // PAGE):
            self._devices[page] = (start, device)

    def unmap(self, start: int, size: int) -> None:
        """Make it open bus."""
        self._set(start, size, PAGE_OPEN)
        self.image[start : start + size] = bytes([self._unmapped.open_bus]) * size

    def device_read(self, address: int) -> int:
        """What the CPU reads at a page that is no memory."""
        found = self._devices.get(address // PAGE)
        if found is not None:
            return found[1].read(address - found[0])
        if self.pages[address // PAGE] == PAGE_OPEN:
            self._unmapped.note("mem read", address, self._unmapped.open_bus)
            return self._unmapped.open_bus
        return self.image[address]

    def device_write(self, address: int, value: int) -> None:
        """What the CPU writes anywhere but to RAM."""
        found = self._devices.get(address // PAGE)
        if found is not None:
            found[1].write(address - found[0], value)
        elif self.pages[address // PAGE] == PAGE_RAM:
            self.image[address] = value
        else:
            kind = "rom write" if self.pages[address // PAGE] == PAGE_ROM else "mem write"
            self._unmapped.note(kind, address, value)

    def read(self, address: int) -> int:
        """What another bus master (DMA) reads at `address` (0-FFFFF)."""
        plain = self.pages[address // PAGE] in (PAGE_RAM, PAGE_ROM)
        return self.image[address] if plain else self.device_read(address)

    def write(self, address: int, value: int) -> None:
        """What another bus master (DMA) writes."""
        self.device_write(address, value)
        if self.pages[address // PAGE] == PAGE_RAM and self.on_host_write is not None:
            self.on_host_write(address, 1)

    def peek(self, address: int) -> int:
        """The byte at `address` (0-FFFFF) without side effects."""
        found = self._devices.get(address // PAGE)
        return self.image[address] if found is None else found[1].peek(address - found[0])

    def _set(self, start: int, size: int, kind: int) -> None:
        if start % PAGE or size % PAGE or size <= 0 or start + size > SIZE:
            raise ValueError(f"{start:05X}+{size:X} is not whole 4 KB pages of the 1 MB map")
        for page in range(start // PAGE, (start + size) // PAGE):
            self.pages[page] = kind
            self._devices.pop(page, None)
        if self.on_change is not None:
            self.on_change()

"""Memory and ports as GDB addresses them: 00000-FFFFF the V50's memory, from 1000000 on its ports."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice

from korgm1.bus.memory import PAGE, PAGE_ROM
from korgm1.debugging.core import Debugger
from korgm1.debugging.gdb_target import MEMORY_SIZE, PORT_BASE, PORT_COUNT
from korgm1.debugging.gdb_unwind import SIZE, TABLE, rows
from korgm1.debugging.looking import FRAMES, Frame
from korgm1.debugging.stop import PORT, Halt, Stop


class _Calls:
    """Frames, taken from where they come from only as far as somebody looks, as often as he likes."""

    def __init__(self, frames: Iterable[Frame]) -> None:
        self._rest = iter(frames)
        self._found: list[Frame] = []

    def __iter__(self) -> Iterator[Frame]:
        yield from self._found
        for frame in self._rest:
            self._found.append(frame)
            yield frame


class GdbMemory:
    """Looks without touching; writes go to RAM and, where a port is named, to the device.

    Args:
        debugger: whose memory it is.
    """

    def __init__(self, debugger: Debugger) -> None:
        self._debugger = debugger
        self._calls: tuple[object, _Calls] = (None, _Calls(()))

    def range(self, address: int, size: int) -> tuple[bool, int, int] | None:
        """Whether it is ports, first and last address or port, cut at the end; None: nothing is there."""
        if size < 1:
            return None
        if 0 <= address < MEMORY_SIZE:
            return False, address, min(address + size, MEMORY_SIZE) - 1
        if PORT_BASE <= address < PORT_BASE + PORT_COUNT:
            port = address - PORT_BASE
            return True, port, min(port + size, PORT_COUNT) - 1
        return None

    def read(self, address: int, size: int) -> bytes:
        """The bytes there, without side effects; fewer at the end, none where nothing is."""
        if TABLE <= address < TABLE + SIZE and size > 0:
            registers = self._debugger.registers()
            return rows(registers, self._call_stack(registers), address - TABLE, min(size, PAGE))
        where = self.range(address, size)
        if where is None:
            return b""
        ports, first, last = where
        if ports:
            return bytes(self._debugger.peek_port(port) for port in range(first, last + 1))
        return self._debugger.read(first, last - first + 1)

    def _call_stack(self, registers: dict[str, int]) -> _Calls:
        """`Debugger.call_stack`, made once where GDB asks for ten of its numbers, and only as far as it asks."""
        now = (self._debugger.steps, self._debugger.session.clock, registers)
        if self._calls[0] != now:
            self._calls = now, _Calls(islice(self._debugger.callers(), FRAMES))
        return self._calls[1]

    def write(self, address: int, data: bytes) -> bool:
        """Store them; False: such an address does not exist.

        Raises:
            UsageError: it is ROM, or no memory is there.
        """
        self._calls = (None, _Calls(()))
        where = self.range(address, len(data))
        if not data:
            return True
        if where is None:
            return False
        ports, first, last = where
        if last - first + 1 != len(data):
            return False
        if ports:
            for offset, value in enumerate(data):
                self._debugger.port_write(first + offset, value)
            return True
        self._debugger.write(first, data)
        return True

    def find(self, address: int, size: int, wanted: bytes) -> int | None:
        """Where `wanted` lies whole in the `size` bytes from `address` on, first; None: nowhere."""
        place = self.read(address, size).find(wanted) if wanted else -1
        return None if place < 0 else address + place

    @property
    def rom(self) -> list[tuple[int, int]]:
        """First address and size of each ROM."""
        found: list[tuple[int, int]] = []
        for number, kind in enumerate(self._debugger.session.machine.memory.pages):
            if kind != PAGE_ROM:
                continue
            if found and found[-1][0] + found[-1][1] == number * PAGE:
                found[-1] = found[-1][0], found[-1][1] + PAGE
            else:
                found.append((number * PAGE, PAGE))
        return found


def spot(halt: Halt, stop: Stop) -> int:
    """GDB's address of the access that hit this stop: the part of it that lies in the stop's range."""
    first = stop.first if isinstance(stop.first, int) else 0
    for match in halt.matches:
        for address in range(match.address, match.address + 1 + match.word):
            if stop.has(match.kind, address):
                return address + (PORT_BASE if match.kind in PORT else 0)
    return first


def _table() -> tuple[int, ...]:
    rows = []
    for byte in range(256):
        value = byte << 24
        for _ in range(8):
            value = value << 1 ^ (0x04C11DB7 if value & 0x80000000 else 0)
        rows.append(value & 0xFFFFFFFF)
    return tuple(rows)


_CRC = _table()


def crc32(data: bytes) -> int:
    """GDB's CRC of compare-sections: polynomial 04C11DB7, most significant bit first, from FFFFFFFF on, not inverted.

    >>> hex(crc32(b"123456789"))
    '0x376e6e7'
    """
    value = 0xFFFFFFFF
    for byte in data:
        value = (value << 8 & 0xFFFFFFFF) ^ _CRC[value >> 24 ^ byte]
    return value

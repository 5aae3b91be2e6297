"""Memory map, port map and the log of accesses to nothing."""

from __future__ import annotations

import pytest

from korgm1.bus.memory import PAGE_DEVICE, PAGE_OPEN, PAGE_RAM, PAGE_ROM, MemoryMap
from korgm1.bus.ports import NativeSink, PortMap
from korgm1.bus.unmapped import UnmappedLog


class Registers:
    """A device that remembers, and counts reads."""

    def __init__(self, size: int) -> None:
        self.data = bytearray(size)
        self.reads = 0

    def read(self, offset: int) -> int:
        self.reads += 1
        return self.data[offset]

    def write(self, offset: int, value: int) -> None:
        self.data[offset] = value

    def peek(self, offset: int) -> int:
        return self.data[offset]


@pytest.fixture
def log() -> UnmappedLog:
    return UnmappedLog(now=lambda: 42, open_bus=0xA5, keep=3)


def test_kinds_of_page(log: UnmappedLog) -> None:
    memory = MemoryMap(log)
    device = Registers(0x2000)
    memory.map_ram(0, 0x10000)
    memory.map_device(0x50000, 0x2000, device)
    memory.map_rom(0xE0000, bytes(range(256)) * 512)
    assert [memory.pages[p] for p in (0, 0xF, 0x10, 0x50, 0x51, 0x52, 0xDF, 0xE0, 0xFF)] == [
        PAGE_RAM, PAGE_RAM, PAGE_OPEN, PAGE_DEVICE, PAGE_DEVICE, PAGE_OPEN, PAGE_OPEN, PAGE_ROM, PAGE_ROM
    ]
    memory.device_write(0x51234, 0x77)
    assert device.data[0x1234] == 0x77
    assert memory.device_read(0x51234) == 0x77
    assert memory.peek(0x51234) == 0x77
    assert device.reads == 1


def test_open_bus_and_rom_writes_are_dropped_and_logged(log: UnmappedLog) -> None:
    memory = MemoryMap(log)
    memory.map_rom(0xE0000, bytes(0x20000))
    assert memory.device_read(0x20000) == 0xA5
    memory.device_write(0x20000, 1)
    memory.device_write(0xE0005, 2)
    memory.device_write(0xE0005, 3)
    assert memory.image[0x20000] == 0xA5
    assert memory.image[0xE0005] == 0
    assert log.total == 4
    assert [a.kind for a in log.first] == ["mem read", "mem write", "rom write"]
    assert log.by_place["rom write", 0xE0005] == 2


def test_unmapping_gives_open_bus_again_and_tells(log: UnmappedLog) -> None:
    memory = MemoryMap(log)
    told: list[int] = []
    memory.on_change = lambda: told.append(1)
    memory.map_device(0x50000, 0x10000, Registers(0x10000))
    memory.unmap(0x50000, 0x10000)
    assert memory.device_read(0x50000) == 0xA5
    assert len(told) == 2


def test_a_window_must_be_whole_pages(log: UnmappedLog) -> None:
    with pytest.raises(ValueError, match="whole 4 KB"):
        MemoryMap(log).map_ram(0x800, 0x1000)


def test_ports_with_a_step_leave_the_others_open(log: UnmappedLog) -> None:
    ports = PortMap(log)
    pio = Registers(8)
    ports.map(0x0A00, 16, pio, step=2)
    ports.write(0x0A06, 0x12)
    ports.write(0x0A07, 0x34)
    assert pio.data[3] == 0x12
    assert ports.read(0x0A06) == 0x12
    assert ports.read(0x0A07) == 0xA5
    assert log.by_place == {("out", 0x0A07): 1, ("in", 0x0A07): 1}


def test_the_chip_covers_the_board_until_it_goes(log: UnmappedLog) -> None:
    ports = PortMap(log)
    board, chip = Registers(16), Registers(4)
    ports.map(0x100, 16, board)
    ports.map(0x104, 4, chip, onchip=True)
    ports.write(0x105, 9)
    assert (chip.data[1], board.data[5]) == (9, 0)
    ports.unmap(0x104, 4, onchip=True)
    ports.write(0x105, 8)
    assert (chip.data[1], board.data[5]) == (9, 8)


def test_two_board_devices_at_one_port_are_a_mistake(log: UnmappedLog) -> None:
    ports = PortMap(log)
    ports.map(0x100, 4, Registers(4))
    with pytest.raises(ValueError, match="0102"):
        ports.map(0x102, 4, Registers(4))


def test_a_watch_sees_every_access_in_order_and_peek_sees_none(log: UnmappedLog) -> None:
    ports = PortMap(log)
    seen: list[tuple[str, int, int]] = []
    ports.watch = lambda *access: seen.append(access)
    ports.map(0x10, 1, Registers(1))
    ports.write(0x10, 3)
    ports.peek(0x10)
    ports.read(0x10)
    ports.read(0x11)
    assert seen == [("out", 0x10, 3), ("in", 0x10, 3), ("in", 0x11, 0xA5)]


class Native(Registers):
    """A device whose writes C code takes."""

    def __init__(self, sink: NativeSink) -> None:
        super().__init__(16)
        self.native_sink = sink


def taken(ports: PortMap) -> set[int]:
    """The ports whose bit is set."""
    return {port for port in range(0x10000) if ports.sink_ports[port >> 3] >> (port & 7) & 1}


def test_a_native_sink_takes_its_devices_ports_where_the_chip_does_not_cover_them(log: UnmappedLog) -> None:
    ports, told = PortMap(log), list[NativeSink | None]()
    ports.on_sink = lambda: told.append(ports.sink)
    sink = NativeSink("function", "user")
    ports.map(0x0FF, 4, Native(sink))
    ports.map(0x200, 4, Native(sink), step=2)
    ports.map(0x300, 4, Registers(4))
    assert taken(ports) == {0x0FF, 0x100, 0x101, 0x102, 0x200, 0x202} and told == [sink]
    ports.map(0x100, 2, Registers(2), onchip=True)
    assert taken(ports) == {0x0FF, 0x102, 0x200, 0x202}
    ports.unmap(0x100, 2, onchip=True)
    ports.unmap(0x200, 4)
    assert taken(ports) == {0x0FF, 0x100, 0x101, 0x102}


def test_nothing_is_taken_from_who_watches(log: UnmappedLog) -> None:
    ports, told = PortMap(log), list[NativeSink | None]()
    sink = NativeSink("function", "user")
    ports.map(0x100, 1, Native(sink))
    ports.on_sink = lambda: told.append(ports.sink)
    assert ports.sink == sink
    ports.watch = lambda *access: None
    assert ports.sink is None
    ports.watch = None
    assert told == [None, sink]


def test_a_second_sink_is_a_mistake(log: UnmappedLog) -> None:
    ports = PortMap(log)
    ports.map(0x100, 1, Native(NativeSink("function", "user")))
    with pytest.raises(ValueError, match="two native sinks"):
        ports.map(0x200, 1, Native(NativeSink("function", "another")))
    assert 0x200 not in taken(ports)

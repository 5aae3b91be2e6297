"""The C side of the CPU layer: the bus that the V30 core and the Unicorn glue share, wired to Python devices."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from korgm1._native import ffi as ffi
from korgm1._native import lib as lib
from korgm1.cpu.engine import DEFAULTS, CpuOptions

CYCLE_KINDS = ("MEMR", "MEMW", "IOR", "IOW", "INTA")


class Memory(Protocol):
    """What the CPU layer needs of bus.memory.MemoryMap."""

    image: Any
    pages: bytearray

    def device_read(self, address: int) -> int:
        """A read of an address that is neither RAM nor ROM."""
        ...

    def device_write(self, address: int, value: int) -> None:
        """A write to an address that is not RAM."""
        ...

    def peek(self, address: int) -> int:
        """A byte without side effects, for debuggers."""
        ...


class Ports(Protocol):
    """What the CPU layer needs of bus.ports.PortMap."""

    def read(self, port: int) -> int:
        """One byte in."""
        ...

    def write(self, port: int, value: int) -> None:
        """One byte out."""
        ...


@runtime_checkable
class Sinks(Protocol):
    """Ports of which C code takes some writes, as bus.ports.PortMap has it."""

    sink_ports: bytearray

    @property
    def sink(self) -> Any:
        """A function and its user in C that take the writes to `sink_ports`, or None."""
        ...


@dataclass(frozen=True)
class BusCycle:
    """One data cycle: kind of `CYCLE_KINDS`, address, UBE# (0 = the upper lane is in use), both data lanes."""

    kind: str
    address: int
    ube: int
    data: int


class NativeBus:
    """One `board_bus` and its callbacks.

    An exception in a device's callback cannot pass through C: it is kept, `on_error` is called (the engine ends its
    run there), and `raise_pending` raises it again.

    Args:
        memory: the memory map; its image is used in place, 1,048,576 bytes.
        ports: the port map.
        int_ack: called at an interrupt acknowledge, returns the vector number.
    """

    def __init__(self, memory: Memory, ports: Ports, int_ack: Callable[[], int]) -> None:
        self.memory = memory
        self._sinks = ports if isinstance(ports, Sinks) else None
        self.port_in = ports.read
        self.port_out = ports.write
        self.mem_in = memory.device_read
        self.mem_out = memory.device_write
        self.int_ack = int_ack
        self.on_error: Callable[[], None] = lambda: None
        self._error: BaseException | None = None
        self._image = ffi.from_buffer("uint8_t[]", memory.image, require_writable=True)
        if len(self._image) != 0x100000:
            raise ValueError(f"a memory image of {len(self._image)} bytes, not 1,048,576")
        self._handle = ffi.new_handle(self)
        self._trace: Any = None
        self._cycles: Any = None
        self.pointer = bus = ffi.new("board_bus *")
        bus.mem = ffi.cast("uint8_t *", self._image)
        bus.user = self._handle
        bus.port_in = lib.board_port_in
        bus.port_out = lib.board_port_out
        bus.mem_in = lib.board_mem_in
        bus.mem_out = lib.board_mem_out
        bus.int_ack = lib.board_int_ack
        if self._sinks is not None:
            self._sink_ports = ffi.from_buffer("uint8_t[]", self._sinks.sink_ports)
            bus.sink_ports = self._sink_ports
        self.pages_changed()
        self.sink_changed()

    def pages_changed(self) -> None:
        """Take over the kinds of the 256 pages of 4 KB."""
        ffi.buffer(self.pointer.page)[:] = bytes(self.memory.pages)

    def sink_changed(self) -> None:
        """Take over which C code takes writes to ports."""
        sink = None if self._sinks is None else self._sinks.sink
        self.pointer.sink, self.pointer.sink_user = (ffi.NULL, ffi.NULL) if sink is None else sink

    def record(self, capacity: int) -> None:
        """From now on write down up to `capacity` data cycles; 0 ends it."""
        if capacity:
            self._cycles = ffi.new("bus_cycle[]", capacity)
            self._trace = ffi.new("bus_trace *", {"cycles": self._cycles, "capacity": capacity, "count": 0})
            self.pointer.trace = self._trace
        else:
            self.pointer.trace = ffi.NULL

    def clear_recorded(self) -> None:
        """Forget the cycles recorded so far."""
        self._trace.count = 0

    def recorded(self) -> list[BusCycle]:
        """The cycles since the last `clear_recorded`, in order."""
        count = min(self._trace.count, self._trace.capacity)
        return [
            BusCycle(CYCLE_KINDS[cycle.kind], cycle.address, cycle.ube, cycle.data)
            for cycle in self._cycles[0:count]
        ]

    def fail(self, error: BaseException) -> None:
        """Keep the first exception of a callback."""
        if self._error is None:
            self._error = error
        self.on_error()

    def raise_pending(self) -> None:
        """Raise what a callback raised, once."""
        if self._error is not None:
            error, self._error = self._error, None
            raise error


def new_cpu(bus: NativeBus, poll: int = 0, options: CpuOptions = DEFAULTS) -> Any:
    """A `v30` struct on a bus, reset; `poll` is the level of the POLL# pin."""
    cpu = ffi.new("v30 *")
    cpu.bus = bus.pointer
    cpu.poll_line = poll
    chosen = {
        lib.V30_OPTION_UNDEFINED_STOPS: options.undefined == "stop",
        lib.V30_OPTION_POP_SEGMENT_PLAIN: not options.pop_segment_shadow,
        lib.V30_OPTION_8080_FLAGS: options.flags_8080 == "8080",
        lib.V30_OPTION_8080_STATES: options.clocks_8080 == "8080",
        lib.V30_OPTION_CALLN_CLEARS: not options.calln_keeps,
        lib.V30_OPTION_FRESH_QUEUE: not options.stale_queue,
        lib.V30_OPTION_WRITE_OVERLAP: options.write_overlap,
    }
    cpu.options = sum(bit for bit, on in chosen.items() if on)
    lib.v30_reset(cpu)
    return cpu


# Each callback answers FF on an error, like an open bus; the run ends at the next instruction boundary.


@ffi.def_extern()  # type: ignore[untyped-decorator]
def board_port_in(user: Any, port: int) -> int:
    bus: NativeBus = ffi.from_handle(user)
    try:
        return bus.port_in(port)
    except BaseException as error:
        bus.fail(error)
        return 0xFF


@ffi.def_extern()  # type: ignore[untyped-decorator]
def board_port_out(user: Any, port: int, value: int) -> None:
    bus: NativeBus = ffi.from_handle(user)
    try:
        bus.port_out(port, value)
    except BaseException as error:
        bus.fail(error)


@ffi.def_extern()  # type: ignore[untyped-decorator]
def board_mem_in(user: Any, address: int) -> int:
    bus: NativeBus = ffi.from_handle(user)
    try:
        return bus.mem_in(address)
    except BaseException as error:
        bus.fail(error)
        return 0xFF


@ffi.def_extern()  # type: ignore[untyped-decorator]
def board_mem_out(user: Any, address: int, value: int) -> None:
    bus: NativeBus = ffi.from_handle(user)
    try:
        bus.mem_out(address, value)
    except BaseException as error:
        bus.fail(error)


@ffi.def_extern()  # type: ignore[untyped-decorator]
def board_int_ack(user: Any) -> int:
    bus: NativeBus = ffi.from_handle(user)
    try:
        return bus.int_ack()
    except BaseException as error:
        bus.fail(error)
        return 0xFF

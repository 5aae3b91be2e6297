"""The 64 KB I/O map: byte ports, on-chip windows over board ports, open bus where nobody answers.

Sources: facts v50-chip 1 (windows of the on-chip units); the rest is ours.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

from korgm1.bus.unmapped import UnmappedLog


class PortDevice(Protocol):
    """Something that answers registers by number."""

    def read(self, offset: int) -> int:
        """Register `offset`, with side effects."""

    def write(self, offset: int, value: int) -> None:
        """Write `value` (0-255) to register `offset`."""

    def peek(self, offset: int) -> int:
        """Register `offset` without side effects."""


class NativeSink(NamedTuple):
    """C code that takes the writes of a device's ports: `sink` and `sink_user` of cext/bus.h, pointers of cffi.

    It must do with (clock, port, value) what the device's `write` does. A device that has one offers it as
    `native_sink`.
    """

    function: Any
    user: Any


Place = tuple[Callable[[int], int], Callable[[int, int], None], Callable[[int], int], int, bool]


class PortMap:
    """Who answers which port. The CPU splits a word into two bytes, low byte first.

    Two layers: what the board decodes, and over it the V50's own units, which never show on the pins (V50 data book:
    an access to an enabled unit's window stays inside).

    Args:
        unmapped: where accesses to nothing are written down.
    """

    def __init__(self, unmapped: UnmappedLog) -> None:
        self._board: dict[int, Place] = {}
        self._chip: dict[int, Place] = {}
        self._map: dict[int, Place] = {}
        self._unmapped = unmapped
        self._watch: Callable[[str, int, int], None] | None = None
        self._sink: NativeSink | None = None
        self.sink_ports = bytearray(0x2000)
        """A bit for each port whose writes `sink` takes; the same object for good."""
        self.on_sink: Callable[[], None] = lambda: None
        """Called when `sink` has become another."""

    @property
    def watch(self) -> Callable[[str, int, int], None] | None:
        """Called as watch("in" or "out", port, value) after each access, for traces."""
        return self._watch

    @watch.setter
    def watch(self, watch: Callable[[str, int, int], None] | None) -> None:
        self._watch = watch
        self.on_sink()

    @property
    def sink(self) -> NativeSink | None:
        """Where the CPU's writes to `sink_ports` go without passing through here; None while somebody watches."""
        return self._sink if self._watch is None else None

    def map(self, first: int, count: int, device: PortDevice, step: int = 1, onchip: bool = False) -> None:
        """Let `device` answer `count` ports from `first`; offset = (port - first) / step.

        With step 2 the ports between are not the device's. A board window that is taken raises ValueError, and so does
        a second `native_sink`; an on-chip window covers what lies under it.
        """
        layer = self._chip if onchip else self._board
        sink: NativeSink | None = getattr(device, "native_sink", None)
        if sink is not None and self._sink not in (None, sink):
            raise ValueError("two native sinks")
        read, write, peek = device.read, device.write, device.peek
        for offset, distance in enumerate(range(0, count, step)):
            port = (first + distance) & 0xFFFF
            if not onchip and port in layer:
                raise ValueError(f"port {port:04X} has two devices")
            layer[port] = (read, write, peek, offset, sink is not None)
            self._resolve(port)
        if sink is not None and self._sink is None:
            self._sink = sink
            self.on_sink()

    def unmap(self, first: int, count: int, onchip: bool = False) -> None:
        """Take the windows in `count` ports from `first` away."""
        layer = self._chip if onchip else self._board
        for port in range(first, first + count):
            if layer.pop(port & 0xFFFF, None) is not None:
                self._resolve(port & 0xFFFF)

    def read(self, port: int) -> int:
        """IN: the byte at `port`."""
        place = self._map.get(port)
        if place is None:
            value = self._unmapped.open_bus
            self._unmapped.note("in", port, value)
        else:
            value = place[0](place[3])
        if self._watch is not None:
            self._watch("in", port, value)
        return value

    def write(self, port: int, value: int) -> None:
        """OUT: `value` (0-255) to `port`."""
        place = self._map.get(port)
        if place is None:
            self._unmapped.note("out", port, value)
        else:
            place[1](place[3], value)
        if self._watch is not None:
            self._watch("out", port, value)

    def peek(self, port: int) -> int:
        """The byte at `port` without side effects."""
        place = self._map.get(port)
        return self._unmapped.open_bus if place is None else place[2](place[3])

    def _resolve(self, port: int) -> None:
        place = self._chip.get(port) or self._board.get(port)
        if place is None:
            self._map.pop(port, None)
        else:
            self._map[port] = place
        bit = 1 << (port & 7)
        if place is not None and place[4]:
            self.sink_ports[port >> 3] |= bit
        else:
            self.sink_ports[port >> 3] &= ~bit

"""The smallest board a CPU engine runs on: 64 KB RAM, 128 KB ROM, one scheduler. Nothing but the engine costs time."""

from __future__ import annotations

from korgm1.bus.memory import MemoryMap
from korgm1.bus.ports import PortMap
from korgm1.bus.unmapped import UnmappedLog
from korgm1.clock import Scheduler
from korgm1.line import Line
from korgm1.machine.engines import make_engine
from korgm1.machine.machine import Machine

VECTOR = 0x20


class NullPorts:
    """A device on every port that does nothing."""

    def read(self, offset: int) -> int:
        """Always 0."""
        return 0

    def write(self, offset: int, value: int) -> None:
        """Nothing."""

    def peek(self, offset: int) -> int:
        """Always 0."""
        return 0


class Board(Machine):
    """A CPU with its ROM, reset.

    Args:
        rom: 131,072 bytes for E0000-FFFFF.
        engine: one of `korgm1.machine.engines.NAMES`.
    """

    def __init__(self, rom: bytes, engine: str) -> None:
        self.scheduler = Scheduler()
        self.reset_n = Line("/RESET", 1)
        log = UnmappedLog(lambda: self.scheduler.now)
        self.memory = MemoryMap(log)
        self.memory.map_ram(0, 0x10000)
        self.memory.image[:0x10000] = bytes(0x10000)
        self.memory.map_rom(0xE0000, rom)
        self.ports = PortMap(log)
        self.ports.map(0, 0x10000, NullPorts())
        self.engine = make_engine(engine, self.memory, self.ports, self._acknowledge)
        self.scheduler.time_source = lambda: self.engine.clock
        self.scheduler.on_earlier = self.engine.lower_horizon
        self.bus_held = lambda room: 0
        self.devices = {}
        self.reset("power")

    def _acknowledge(self) -> int:
        self.engine.set_int(0)
        return VECTOR

"""The run loop and the whole-machine state, for any netlist."""

from __future__ import annotations

from typing import Protocol

from korgm1.clock import Scheduler
from korgm1.cpu.engine import Engine
from korgm1.errors import SnapshotError
from korgm1.snapshot import Block


class Device(Protocol):
    """The device contract, as far as the machine needs it."""

    def reset(self, kind: str) -> None:
        """"power" or "button"."""

    def snapshot(self) -> Block:
        """The whole state."""

    def restore(self, block: Block) -> None:
        """Take it back."""


class Machine:
    """A board: one scheduler, one CPU engine, devices by name. A netlist makes them and wires them.

    Attributes:
        scheduler: the one timeline.
        engine: the CPU.
        devices: by name, in reset order.
    """

    scheduler: Scheduler
    engine: Engine
    devices: dict[str, Device]

    @property
    def clock(self) -> int:
        """CPU clocks since power-on."""
        return self.engine.clock

    def run_until(self, clock: int) -> None:
        """Run to the first instruction boundary at or after `clock`, all events due by then fired."""
        scheduler, engine = self.scheduler, self.engine
        scheduler.run_due(engine.clock)
        while engine.clock < clock:
            engine.run(engine.clock + scheduler.headroom(clock - engine.clock))
            scheduler.run_due(engine.clock)

    def reset(self, kind: str) -> None:
        """Reset every device, then the CPU."""
        for device in self.devices.values():
            device.reset(kind)
        self.engine.reset()

    def snapshot(self) -> Block:
        """The whole machine, to be taken between two calls of `run_until`."""
        return {
            "scheduler": self.scheduler.snapshot(),
            "cpu": self.engine.snapshot(),
            "devices": {name: device.snapshot() for name, device in self.devices.items()},
        }

    def restore(self, block: Block) -> None:
        """Take a snapshot of the same kind of machine back.

        Raises:
            SnapshotError: it is of another machine.
        """
        if set(block["devices"]) != set(self.devices):
            raise SnapshotError("the snapshot has other devices than this machine", "one of the same model")
        for name, device in self.devices.items():
            device.restore(block["devices"][name])
        self.engine.restore(block["cpu"])
        self.scheduler.restore(block["scheduler"])

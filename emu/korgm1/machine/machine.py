"""The run loop and the whole-machine state, for any netlist."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from korgm1.clock import Scheduler
from korgm1.cpu.engine import Engine
from korgm1.cpu.stops import Stops
from korgm1.errors import SnapshotError
from korgm1.line import Line
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
        reset_n: its /RESET: while it is low, time passes without the CPU.
        bus_held: asked how many of the next clocks another master has the bus and the CPU stands still.
        frozen: why the CPU stands still for good although nothing holds it, a sentence; None while it does not.
        devices: by name, in reset order.
        stops: where a debugger wants the CPU to stop; set by `stop_at`.
    """

    scheduler: Scheduler
    engine: Engine
    reset_n: Line
    bus_held: Callable[[int], int]
    devices: dict[str, Device]
    stops: Stops | None = None

    @property
    def frozen(self) -> str | None:
        """See the class; a netlist with something that freezes says otherwise."""
        return None

    @property
    def clock(self) -> int:
        """CPU clocks since power-on."""
        return self.engine.clock

    def run_until(self, clock: int) -> None:
        """Run to the first instruction boundary at or after `clock`, all events due by then fired; or to a stop."""
        scheduler, engine, reset_n, stops = self.scheduler, self.engine, self.reset_n, self.stops
        bus_held = self.bus_held if self.frozen is None else _whole
        scheduler.run_due(engine.clock)
        while (now := engine.clock) < clock:
            if stops is not None and stops.hit:
                return
            room = scheduler.headroom(clock - now)
            if not reset_n.level:
                engine.pass_time(room)
            elif held := bus_held(room):
                engine.pass_time(held)
            else:
                engine.run(now + room)
            scheduler.run_due(engine.clock)

    def stop_at(self, stops: Stops | None) -> None:
        """From now on runs end early where these say; None: no longer."""
        self.stops = stops
        self.engine.stop_at(stops)

    def reset(self, kind: str) -> None:
        """Reset every device, then the CPU."""
        for device in self.devices.values():
            device.reset(kind)
        self.engine.reset()

    def parts(self) -> dict[str, Device | Engine | Scheduler]:
        """All that has state, by the names of their blocks, in the order in which they are restored."""
        return {**self.devices, "cpu": self.engine, "scheduler": self.scheduler}

    def snapshot(self) -> dict[str, Block]:
        """A block of every part, to be taken between two calls of `run_until`."""
        return {name: part.snapshot() for name, part in self.parts().items()}

    def versions(self) -> dict[str, int]:
        """The layout of each part's block: its attribute `snapshot_version`, 1 without one."""
        return {name: getattr(part, "snapshot_version", 1) for name, part in self.parts().items()}

    def restore(self, blocks: Mapping[str, Block], versions: Mapping[str, int] | None = None) -> None:
        """Take the blocks of the same kind of machine back; blocks of unknown names are left alone.

        An older layout is handed to the part's `upgrade(block, version)`, which returns the present one.

        Args:
            blocks: by part.
            versions: the layouts of those that are not 1.

        Raises:
            SnapshotError: a block is missing, or has a layout this program cannot read.
        """
        mine = self.versions()
        for name, part in self.parts().items():
            if name not in blocks:
                raise SnapshotError(f"the snapshot has no block {name!r}", "a snapshot of the same kind of machine")
            block, version = blocks[name], (versions or {}).get(name, 1)
            if version != mine[name]:
                upgrade = getattr(part, "upgrade", None)
                if version > mine[name] or upgrade is None:
                    raise SnapshotError(
                        f"the snapshot's block {name!r} has layout {version}", f"layout {mine[name]}",
                        "the program version that saved it",
                    )
                block = upgrade(block, version)
            part.restore(block)
        self.engine.host_wrote(0, 0x100000)


def _whole(room: int) -> int:
    """Of the next clocks, all."""
    return room

"""What every CPU engine offers the machine: the V30 core, Unicorn, and both in lockstep."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

REGISTERS = ("aw", "cw", "dw", "bw", "sp", "bp", "ix", "iy", "ds1", "ps", "ss", "ds0", "pc", "psw")
"""Names of `Engine.registers()`, NEC's, in the order of the instruction encoding."""


@dataclass(frozen=True)
class CpuOptions:
    """The guesses about the CPU that can be made otherwise."""

    undefined: str = "ignore"
    """What opcodes nobody documented do: "ignore" (nothing) or "stop" the CPU (H-UNDEFINED)."""

    pop_segment_shadow: bool = True
    """Does POP to a segment register put off interrupts by one instruction, as MOV does (H-POPSEG)?"""

    flags_8080: str = "v30"
    """AC and V in 8080 mode: as native code leaves them ("v30") or as an 8080 does ("8080") (H-8080-FLAGS)."""

    clocks_8080: str = "v30"
    """Clocks in 8080 mode: of like native code ("v30") or an 8080A's states ("8080") (H-8080-CLOCKS)."""

    calln_keeps: bool = True
    """Does CALLN leave IE and BRK as they are (H-CALLN)?"""

    stale_queue: bool = True
    """Do bytes in the queue stay as they were fetched when memory is stored to (H-STALE)?"""

    write_overlap: bool = False
    """Does an instruction begin while the last one's memory write ends, as on a V50 (H-WRITE-OVERLAP)? On a V30, no."""


DEFAULTS = CpuOptions()


class Engine(Protocol):
    """One V50 CPU core on a bus.

    Time is `clock`, absolute 8 MHz CPU clocks since power-on. Inside a port, memory or acknowledge callback it is the
    clock at which the running instruction began. Nothing the emulated program does raises; an exception out of a
    device's callback comes out of `run`.
    """

    name: str

    @property
    def clock(self) -> int:
        """CPU clocks since power-on."""
        ...

    @property
    def instructions(self) -> int:
        """Instructions executed since power-on; a repeated string instruction counts once."""
        ...

    @property
    def halted(self) -> bool:
        """In HALT, waiting for an interrupt."""
        ...

    @property
    def stopped(self) -> str | None:
        """Why the CPU stopped for good, a sentence for people, or None while it runs."""
        ...

    def reset(self) -> None:
        """RESET: PS FFFF, PC 0, PSW F002; the clock goes on, the general registers stay."""
        ...

    def run(self, until: int) -> None:
        """Run to the first instruction boundary at or after the clock `until` (or an earlier `lower_horizon`).

        A halted or stopped CPU lets the time pass: then `clock` is exactly that horizon.
        """
        ...

    def pass_time(self, clocks: int) -> None:
        """Between two runs: `clocks` (0 or more) pass while the CPU stands still, in RESET or without the bus.

        Nothing else changes: its bus unit stands still too, and refreshes asked for meanwhile wait.
        """
        ...

    def lower_horizon(self, clock: int) -> None:
        """From inside a callback: end the current `run` at the first boundary at or after `clock`."""
        ...

    def set_int(self, level: int, since: int | None = None) -> None:
        """The level (0 or 1) of the ICU's INT output, from the clock `since` on (default: for long)."""
        ...

    def nmi(self, since: int | None = None) -> None:
        """A rising edge on NMI at the clock `since` (default: long ago)."""
        ...

    def set_poll(self, level: int) -> None:
        """The level (0 or 1) of the POLL# pin."""
        ...

    @property
    def polling(self) -> bool:
        """POLL has found its pin high and waits."""
        ...

    def set_waits(
        self, lower_end: int, upper_start: int, lower: int, middle: int, upper: int, io: int, onchip_page: int,
        onchip: int,
    ) -> None:
        """Wait states of bus cycles: memory below `lower_end`, from `upper_start` on, between; I/O off the chip.

        Ports on the chip have none: the page FF, and of the page `onchip_page` those whose bit is set in `onchip`.
        """
        ...

    def set_refresh(self, interval: int, waits: int) -> None:
        """A refresh cycle with `waits` is asked for every `interval` clocks; 0 = never."""
        ...

    def prefetch(self, count: int) -> None:
        """Have `count` bytes at PC in the queue and the bus idle; 0: the first was just fetched, as behind a jump."""
        ...

    def registers(self) -> dict[str, int]:
        """All registers by the names in `REGISTERS`."""
        ...

    def set_registers(self, values: dict[str, int]) -> None:
        """Set those named; the others stay."""
        ...

    def host_wrote(self, start: int, size: int) -> None:
        """The host changed memory `start`..`start+size-1`: forget what was translated from it."""
        ...

    def pages_changed(self) -> None:
        """The memory map's page kinds changed."""
        ...

    def sink_changed(self) -> None:
        """Which C code takes writes to ports, if any does, changed."""
        ...

    def trace(self, tracer: Any) -> None:
        """From now on write every step down with a `korgm1.cpu.trace.Tracer`; None ends it."""
        ...

    def stop_at(self, stops: Any) -> None:
        """From now on end a run where a `korgm1.cpu.stops.Stops` says; None ends it.

        A run ends at the boundary at which its `hit` was set, and none begins while it is.
        """
        ...

    def snapshot(self) -> dict[str, Any]:
        """The state of the core, as a snapshot block."""
        ...

    def restore(self, block: dict[str, Any]) -> None:
        """Take a snapshot back."""
        ...

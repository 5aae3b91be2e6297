"""The Engine on our own V30 core (cext/v30*.c): a uPD70216's CPU, complete, 8080 emulation mode included.

State is one C struct. Confirmed: registers, flags (undefined ones too), bus order, by the recordings `korgm1 cpu-check`
runs; clocks too, from a model of the bus unit and its queue (cext/v30_bus_unit.c). Guessed: H-WAITS,
H-REFRESH, H-WRITE-OVERLAP.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from korgm1.cpu.engine import DEFAULTS, REGISTERS, CpuOptions
from korgm1.cpu.native import Memory, NativeBus, Ports, ffi, lib, new_cpu
from korgm1.cpu.stops import Stops
from korgm1.cpu.trace import Tracer
from korgm1.errors import SnapshotError

GENERAL = REGISTERS[:8]
SEGMENTS = REGISTERS[8:12]
_SINCE_2 = ("psw_before", "popped_pc", "popped_at")   # of the block since its layout 2
_SINCE_3 = ("refresh_interval", "refresh_waits", "refresh_next", "refresh_next_early")
_SAVED = (
    "pc", "psw", "clock", "instructions", "int_line", "nmi_latch", "poll_line", "halted", "shadow", "md_writable",
    "trap_armed", "stop", "stop_ps", "stop_pc", "rep_active", "rep_prefix", "rep_opcode", "rep_segment", "rep_next",
    "int_since", "nmi_since", "polling", "bus_unit", "bus_unit_early", "early", *_SINCE_2, *_SINCE_3,
)  # fmt: skip
_LONG = 16   # clocks after which a pin is seen


class V30Engine:
    """One V30 core on a memory map, a port map and an interrupt controller.

    Args:
        memory: see `native.Memory`.
        ports: see `native.Ports`.
        int_ack: returns the vector number of the interrupt being acknowledged.
        poll: level of the POLL# pin; high makes the POLL instruction wait (H-POLL).
        options: the guesses about the CPU.
    """

    name = "v30"
    snapshot_version = 3

    def __init__(
        self,
        memory: Memory,
        ports: Ports,
        int_ack: Callable[[], int],
        *,
        poll: int = 0,
        options: CpuOptions = DEFAULTS,
    ) -> None:
        self.bus = NativeBus(memory, ports, int_ack)
        self.bus.on_error = self._end_run
        self._cpu = new_cpu(self.bus, poll, options)
        self._tracer: Tracer | None = None
        self._stops: Stops | None = None
        self._begin()

    def _begin(self) -> None:
        """What an engine built on this core sets up when the core is there."""

    @property
    def clock(self) -> int:
        """CPU clocks since power-on; in a callback, those at which the instruction began."""
        clock: int = self._cpu.clock
        return clock

    @property
    def instructions(self) -> int:
        """Instructions executed; a repeated string instruction counts once."""
        return int(self._cpu.instructions)

    @property
    def halted(self) -> bool:
        """In HALT."""
        return bool(self._cpu.halted)

    @property
    def stopped(self) -> str | None:
        """Why the CPU stopped for good, or None."""
        cpu = self._cpu
        where = f"at {cpu.stop_ps:04X}:{cpu.stop_pc:04X}"
        code = f"{cpu.stop_code[0]:02X} {cpu.stop_code[1]:02X}"
        if cpu.stop == lib.V30_STOP_UNDEFINED:
            return f"undefined opcode {code} {where}: a V30 runs away or locks up on it"
        if cpu.stop == lib.V30_STOP_PREFIXES:
            return f"nothing but prefix bytes in the whole segment {where}"
        return None

    def reset(self) -> None:
        """RESET; the clock goes on, the general registers stay."""
        lib.v30_reset(self._cpu)

    def run(self, until: int) -> None:
        """Run to the first boundary at or after `until`; raises what a callback raised."""
        self._cpu.horizon = until
        if not self._watched_run():
            lib.v30_run(self._cpu)
        self.bus.raise_pending()

    def pass_time(self, clocks: int) -> None:
        """Between two runs: `clocks` (0 or more) pass while the CPU stands still; refreshes asked for meanwhile wait.

        >>> from korgm1.bus.memory import MemoryMap; from korgm1.bus.ports import PortMap
        >>> from korgm1.bus.unmapped import UnmappedLog; log = UnmappedLog(now=lambda: 0)
        >>> cpu = V30Engine(MemoryMap(log), PortMap(log), lambda: 0)
        >>> cpu.pass_time(1000)
        >>> cpu.clock, cpu.instructions
        (1000, 0)
        """
        self._cpu.clock += clocks

    def lower_horizon(self, clock: int) -> None:
        """End the current run at the first boundary at or after `clock`."""
        if clock < self._cpu.horizon:
            self._cpu.horizon = max(clock, 0)

    def set_int(self, level: int, since: int | None = None) -> None:
        """The INT input, as it is from the clock `since` on (default: for long)."""
        if level and not self._cpu.int_line:
            self._cpu.int_since = self.clock - _LONG if since is None else since
        self._cpu.int_line = 1 if level else 0

    def nmi(self, since: int | None = None) -> None:
        """A rising edge on NMI at the clock `since` (default: long ago)."""
        if not self._cpu.nmi_latch:
            self._cpu.nmi_since = self.clock - _LONG if since is None else since
        self._cpu.nmi_latch = 1

    def set_poll(self, level: int) -> None:
        """The POLL# pin."""
        self._cpu.poll_line = 1 if level else 0

    @property
    def polling(self) -> bool:
        """POLL has found its pin high and waits."""
        return bool(self._cpu.polling)

    def set_waits(
        self, lower_end: int, upper_start: int, lower: int, middle: int, upper: int, io: int, onchip_page: int,
        onchip: int,
    ) -> None:
        """Wait states of bus cycles (H-WAITS); no part of a snapshot: who set them sets them again, best before."""
        waits = {
            "lower_end": lower_end, "upper_start": upper_start, "lower": lower, "middle": middle, "upper": upper,
            "io": io, "onchip_page": onchip_page, "onchip": onchip.to_bytes(32, "little"),
        }  # fmt: skip
        lib.v30_set_waits(self._cpu, ffi.new("v30_waits *", waits))

    def set_refresh(self, interval: int, waits: int) -> None:
        """A refresh cycle every `interval` clocks, 0 = never (H-REFRESH); set again after a restore, it goes on.

        Raises:
            ValueError: an interval that is too short for anything else.
        """
        if 0 < interval < lib.V30_REFRESH_LEAST:
            raise ValueError(f"refresh every {interval} clocks; 0, or at least {lib.V30_REFRESH_LEAST}")
        lib.v30_set_refresh(self._cpu, interval, waits)

    def prefetch(self, count: int) -> None:
        """Have `count` bytes at PC in the queue and the bus idle; 0: as behind a jump."""
        lib.v30_prefetch(self._cpu, count)

    def registers(self) -> dict[str, int]:
        """All registers, by `engine.REGISTERS`."""
        cpu = self._cpu
        values = dict(zip(GENERAL, cpu.r, strict=True))
        values.update(zip(SEGMENTS, cpu.s, strict=True))
        values["pc"] = cpu.pc
        values["psw"] = cpu.psw
        return values

    def set_registers(self, values: dict[str, int]) -> None:
        """Set those named; bits of PSW that cannot be written, MD among them, stay as silicon has them."""
        cpu = self._cpu
        for name, value in values.items():
            if name in GENERAL:
                cpu.r[GENERAL.index(name)] = value
            elif name in SEGMENTS:
                cpu.s[SEGMENTS.index(name)] = value
            elif name == "pc":
                cpu.pc = value
            elif name == "psw":
                cpu.psw = (value & lib.V30_PSW_WRITABLE) | (lib.V30_PSW_ONES ^ (cpu.state & lib.V30_EMULATING) << 15)
            else:
                raise KeyError(name)
        cpu.rep_active = cpu.polling = 0
        lib.v30_flush_queue(cpu)

    def host_wrote(self, start: int, size: int) -> None:
        """Nothing is translated: nothing to forget."""

    def pages_changed(self) -> None:
        """The memory map's page kinds changed."""
        self.bus.pages_changed()

    def sink_changed(self) -> None:
        """Which C code takes writes to ports changed."""
        self.bus.sink_changed()

    def trace(self, tracer: Tracer | None) -> None:
        """From now on write every step down; None ends it."""
        self._tracer = tracer
        if tracer is not None:
            tracer.on_error = self.bus.fail

    def stop_at(self, stops: Stops | None) -> None:
        """From now on end runs where these say; None ends it."""
        self._stops = stops
        if stops is not None:
            stops.attach(self._cpu, self.bus.memory.peek)

    def _watched_run(self) -> bool:
        """Run step by step, if somebody wants to know of them."""
        tracer = ffi.NULL if self._tracer is None else self._tracer.pointer
        if self._stops is not None:
            lib.stops_run(self._stops.pointer, tracer, self._cpu)
        elif tracer:
            lib.trace_run(tracer, self._cpu)
        return self._stops is not None or bool(tracer)

    def snapshot(self) -> dict[str, Any]:
        """The whole core."""
        cpu = self._cpu
        block: dict[str, Any] = {name: int(getattr(cpu, name)) for name in _SAVED}
        count = cpu.stale_count if cpu.state & lib.V30_STALE else 0
        stale = [[cpu.stale[n].address, cpu.stale[n].byte] for n in range(count)]
        return {**block, "r": list(cpu.r), "s": list(cpu.s), "stop_code": list(cpu.stop_code), "stale": stale}

    def restore(self, block: dict[str, Any]) -> None:
        """Take a snapshot back.

        Raises:
            SnapshotError: it is none of a V30 core.
        """
        new = ffi.new("v30 *", self._cpu[0])
        try:
            for name in _SAVED:
                setattr(new, name, block[name])
            if [len(block[name]) for name in ("r", "s", "stop_code")] != [8, 4, 2]:
                raise ValueError("another number of registers")
            stale = block["stale"]
            new.stale = [{"address": address & 0xFFFFF, "byte": byte} for address, byte in stale]
            new.stale_count = len(stale)
            new.state = (0 if new.psw & 0x8000 else lib.V30_EMULATING) | (lib.V30_STALE if stale else 0)
            new.r, new.s, new.stop_code = block["r"], block["s"], block["stop_code"]
            if new.rep_segment > 3 and new.rep_segment != 0xFF:
                raise ValueError(f"segment register {new.rep_segment}")
            if new.stop > lib.V30_STOP_PREFIXES:
                raise ValueError(f"stop reason {new.stop}")
            if 0 < new.refresh_interval < lib.V30_REFRESH_LEAST:
                raise ValueError(f"refresh every {new.refresh_interval} clocks")
            if new.refresh_interval and new.refresh_next > new.clock + new.refresh_interval + _LONG:
                raise ValueError(f"the next refresh at clock {new.refresh_next}, and it is {new.clock}")
            if not (lib.v30_is_bus_unit(new.bus_unit) and lib.v30_is_bus_unit(new.bus_unit_early)):
                raise ValueError(f"a bus unit in state {new.bus_unit:#x}, {new.bus_unit_early:#x}")
            lib.v30_restored(new)
        except ValueError as error:
            raise SnapshotError(f"the CPU's part of the snapshot is damaged: {error}") from None
        except (LookupError, TypeError, OverflowError):
            raise SnapshotError(
                "the CPU's part of the snapshot is damaged: a field is missing, or of a kind this program cannot read"
            ) from None
        self._cpu[0] = new[0]

    def upgrade(self, block: dict[str, Any], version: int) -> dict[str, Any]:
        """Layout 1 knew nothing of a POP PSW just executed, layout 2 nothing of refresh and stale bytes.

        Both packed the bus unit otherwise: its queue is filled again from PC.
        """
        next_pc = block["rep_next"] if block["rep_active"] else block["pc"]
        flushed = 1 << 20 | 1 << 15 | (next_pc & 1) << 14
        interval = self._cpu.refresh_interval   # the system registers are restored before
        tick = block["clock"] + interval
        return {
            **dict.fromkeys(_SINCE_2, 0), **block,
            "bus_unit": flushed, "bus_unit_early": flushed, "early": 0, "stale": [],
            "refresh_interval": interval, "refresh_waits": self._cpu.refresh_waits, "refresh_next": tick,
            "refresh_next_early": tick,
        }  # fmt: skip

    def _end_run(self) -> None:
        self._cpu.horizon = 0

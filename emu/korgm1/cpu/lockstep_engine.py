"""Both engines at once: the V30 core on the board, Unicorn on a copy of its memory, compared block by block.

Device traffic happens once, from the V30 core; Unicorn is fed with what was read. A difference in registers, flags,
clock, data bus cycles, written bytes or traffic ends the run with a report of the instruction in which it began, which
is found by running the block again (cext/lockstep.h).
"""

from __future__ import annotations

from typing import Any

from korgm1.cpu.native import CYCLE_KINDS, ffi, lib
from korgm1.cpu.stops import Stops
from korgm1.cpu.trace import Tracer
from korgm1.cpu.unicorn_engine import make_native
from korgm1.cpu.v30_engine import GENERAL, SEGMENTS, V30Engine
from korgm1.errors import CpuDivergence

_FIRST, _SECOND, _BEFORE = range(3)
_KINDS = ("nothing", "the state", "the data bus cycles", "the traffic with devices", "the memory")
_LATCHES = ("halted", "shadow", "trap_armed", "stop", "rep_active", "int_line", "nmi_latch")
_SHOWN_CYCLES = 8


class LockstepEngine(V30Engine):
    """The V30 core watched by Unicorn; arguments and behaviour as those of `V30Engine`, at a fraction of its speed.

    A register or flag that differs and is overwritten before it has shown in memory, on the bus or in the clock, goes
    unnoticed within a block; `SteppingLockstepEngine` sees it.

    Raises:
        UserError: Unicorn is missing or another version.
    """

    name = "lockstep"
    block_clocks: int = lib.LOCKSTEP_BLOCK
    """Clocks between two comparisons, 1 to 512."""

    def _begin(self) -> None:
        self._lockstep = make_native(lib.lockstep_new, lib.lockstep_free, self._cpu, self.bus.pointer)
        lib.lockstep_by(self._lockstep, self.block_clocks)

    def run(self, until: int) -> None:
        """Run to the first boundary at or after `until`; raises what a callback raised.

        Raises:
            CpuDivergence: the engines differ; the text is the report. The engine stays where the block ended, up to
                512 clocks behind what is reported; the next run begins with both alike.
        """
        self._cpu.horizon = until
        kind = lib.lockstep_run(self._lockstep)
        self.bus.raise_pending()
        if kind:
            raise CpuDivergence(self._report(kind), hint="--engine v30, and report this text")

    def trace(self, tracer: Tracer | None) -> None:
        """From now on write every step of the first engine down; None ends it."""
        super().trace(tracer)
        lib.lockstep_trace(self._lockstep, ffi.NULL if tracer is None else tracer.pointer)

    def stop_at(self, stops: Stops | None) -> None:
        """From now on end runs where these say, both engines compared up to there; None ends it."""
        super().stop_at(stops)
        lib.lockstep_stop_at(self._lockstep, ffi.NULL if stops is None else stops.pointer)

    def host_wrote(self, start: int, size: int) -> None:
        """Take `size` bytes at `start` over into the copy."""
        lib.lockstep_host_wrote(self._lockstep, start, size)

    def pages_changed(self) -> None:
        """The memory map's page kinds, or the content of its ROM, changed."""
        super().pages_changed()
        lib.lockstep_remap(self._lockstep)

    def _report(self, kind: int) -> str:
        before, first, second = (lib.lockstep_state(self._lockstep, which) for which in (_BEFORE, _FIRST, _SECOND))
        code = bytes(
            lib.lockstep_byte(self._lockstep, _FIRST, before.s[1] * 16 + (before.pc + offset & 0xFFFF))
            for offset in range(8)
        )
        if lib.lockstep_is_step(self._lockstep):
            where = f"after instruction {before.instructions + 1}"
        else:
            where = (
                f"after instructions {before.instructions + 1} to {first.instructions}, which do not differ when they "
                "are run again one by one"
            )
        lines = [
            f"the engines differ in {_KINDS[kind]} {where}, begun at clock "
            f"{before.clock}, {before.s[1]:04X}:{before.pc:04X} {code.hex(' ')}",
            f"before   {_state(before)}",
            f"v30      {_state(first)}",
            f"unicorn  {_state(second)}",
            f"v30      {self._cycles(_FIRST)}",
            f"unicorn  {self._cycles(_SECOND)}",
        ]
        address = lib.lockstep_address(self._lockstep)
        if address < len(self.bus.memory.image):
            bytes_there = [lib.lockstep_byte(self._lockstep, which, address) for which in (_FIRST, _SECOND)]
            lines.append(f"memory {address:05X}: v30 {bytes_there[0]:02X}, unicorn {bytes_there[1]:02X}")
        return "\n".join(lines)

    def _cycles(self, which: int) -> str:
        count = lib.lockstep_cycles(self._lockstep, which)
        words: list[str] = []
        for index in range(min(count, _SHOWN_CYCLES)):
            cycle = lib.lockstep_cycle(self._lockstep, which, index)
            if cycle == ffi.NULL:
                return f"{count} bus cycles {'  '.join(words)}, the rest not kept"
            words.append(f"{CYCLE_KINDS[cycle.kind]} {cycle.address:05X}={cycle.data:04X}/{cycle.ube}")
        return f"{count} bus cycles {'  '.join(words)}" + (" ..." if count > _SHOWN_CYCLES else "")


class SteppingLockstepEngine(LockstepEngine):
    """Compares after every instruction, at a fifth of the speed; a fault of Unicorn's longer blocks does not show."""

    block_clocks = 1


def _state(cpu: Any) -> str:
    names = [f"{name}={value:04X}" for name, value in zip(GENERAL + SEGMENTS, [*cpu.r, *cpu.s], strict=True)]
    latches = [f"{name}={getattr(cpu, name)}" for name in _LATCHES if getattr(cpu, name)]
    return " ".join([*names, f"pc={cpu.pc:04X}", f"psw={cpu.psw:04X}", f"clock={cpu.clock}", *latches])

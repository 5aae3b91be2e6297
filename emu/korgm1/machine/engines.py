"""The CPU engines by name; each is imported only when it is asked for."""

from __future__ import annotations

from collections.abc import Callable

from korgm1.bus.memory import MemoryMap
from korgm1.bus.ports import PortMap
from korgm1.cpu.engine import DEFAULTS, CpuOptions, Engine
from korgm1.errors import UsageError

NAMES = ("unicorn", "v30", "lockstep")


def make_engine(
    name: str,
    memory: MemoryMap,
    ports: PortMap,
    int_ack: Callable[[], int],
    poll: int = 0,
    options: CpuOptions = DEFAULTS,
) -> Engine:
    """A CPU of that name on the bus.

    Args:
        name: one of `NAMES`.
        memory, ports: the bus.
        int_ack: the ICU's answer to an interrupt acknowledge.
        poll: level of the POLL# pin.
        options: guesses about the CPU.

    Raises:
        UsageError: no such engine.
        UserError: the engine's library is missing.
    """
    if name == "unicorn":
        from korgm1.cpu.unicorn_engine import UnicornEngine

        return UnicornEngine(memory, ports, int_ack, poll=poll, options=options)
    if name == "v30":
        from korgm1.cpu.v30_engine import V30Engine

        return V30Engine(memory, ports, int_ack, poll=poll, options=options)
    if name == "lockstep":
        from korgm1.cpu.lockstep_engine import LockstepEngine

        return LockstepEngine(memory, ports, int_ack, poll=poll, options=options)
    raise UsageError(f"there is no engine {name!r}", "one of " + ", ".join(NAMES))

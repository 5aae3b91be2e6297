"""The CPU engines by name; each is imported only when it is asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from korgm1.bus.memory import MemoryMap
from korgm1.bus.ports import PortMap
from korgm1.cpu.engine import CpuOptions, Engine
from korgm1.errors import UsageError

NAMES = ("unicorn", "v30", "lockstep")


def make_engine(
    name: str,
    memory: MemoryMap,
    ports: PortMap,
    int_ack: Callable[[], int],
    poll: int = 0,
    options: CpuOptions | None = None,
) -> Engine:
    """A CPU of that name on the bus.

    Args:
        name: one of `NAMES`.
        memory, ports: the bus.
        int_ack: the ICU's answer to an interrupt acknowledge.
        poll: level of the POLL# pin.
        options: guesses about the CPU; the defaults when None.

    Raises:
        UsageError: no such engine.
        UserError: the engine's library is missing.
    """
    guesses: dict[str, Any] = {} if options is None else {"options": options}
    if name == "unicorn":
        from korgm1.cpu.unicorn_engine import UnicornEngine

        return UnicornEngine(memory, ports, int_ack, poll=poll, **guesses)
    if name == "v30":
        from korgm1.cpu.v30_engine import V30Engine

        return V30Engine(memory, ports, int_ack, poll=poll, **guesses)
    if name == "lockstep":
        from korgm1.cpu.lockstep_engine import LockstepEngine

        return LockstepEngine(memory, ports, int_ack, poll=poll, **guesses)
    raise UsageError(f"there is no engine {name!r}", "one of " + ", ".join(NAMES))

"""The CPU: its engines, and the hardware recordings they are checked against."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING

from korgm1.cpu.engine import CpuOptions, Engine
from korgm1.errors import UsageError

if TYPE_CHECKING:
    from korgm1.cpu.native import Memory, Ports

_CLASSES = {
    "unicorn": ("korgm1.cpu.unicorn_engine", "UnicornEngine"),
    "v30": ("korgm1.cpu.v30_engine", "V30Engine"),
    "lockstep": ("korgm1.cpu.lockstep_engine", "LockstepEngine"),
}
ENGINES = tuple(_CLASSES)
"""Names of the engines, the default first."""


def make_engine(
    name: str, memory: Memory, ports: Ports, int_ack: Callable[[], int], options: CpuOptions | None = None
) -> Engine:
    """An engine by its name; only the one asked for is loaded.

    Args:
        name: one of `ENGINES`.
        memory: the memory map, see `native.Memory`.
        ports: the port map, see `native.Ports`.
        int_ack: returns the vector number of the interrupt being acknowledged.
        options: pins and guesses; the defaults when None.

    Raises:
        UsageError: there is no engine of that name.
    """
    if name not in _CLASSES:
        raise UsageError(f"there is no engine {name!r}", "one of " + ", ".join(ENGINES))
    module, class_name = _CLASSES[name]
    engine: Engine = getattr(import_module(module), class_name)(
        memory, ports, int_ack, options=options or CpuOptions()
    )
    return engine

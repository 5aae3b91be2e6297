"""How often the running CPU comes back to Python: once an event, once an access to a device, and never for memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from korgm1.machine.engines import NAMES
from korgm1.session import Session

SECONDS = 0.5
CYCLES = 200_000


def counted(counts: Counter[str], name: str, call: Callable[..., Any]) -> Callable[..., Any]:
    """`call`, counted under `name`."""

    def counting(*args: Any) -> Any:
        counts[name] += 1
        return call(*args)

    return counting


@pytest.mark.parametrize("engine", NAMES)
def test_python_is_entered_once_an_event_and_once_a_device_access(engine: str) -> None:
    session = Session(engine=engine)
    session.boot()
    machine = session.machine
    cpu, bus, counts = machine.engine, machine.engine.bus, Counter[str]()
    for timer in machine.scheduler._timers.values():
        timer._fire = counted(counts, "events", timer._fire)
    for name in ("port_in", "port_out", "mem_in", "mem_out", "int_ack"):
        setattr(bus, name, counted(counts, name, getattr(bus, name)))
    cpu.run = counted(counts, "runs", cpu.run)   # type: ignore[method-assign]
    bus.record(CYCLES)
    session.run(SECONDS)
    cycles = Counter(cycle.kind for cycle in bus.recorded())
    assert 0 < sum(cycles.values()) < CYCLES
    assert 200 < counts["runs"] <= counts["events"] + 1, "no other reason to leave `run` than an event"
    assert counts["port_in"] == cycles["IOR"] > 0 and counts["port_out"] == cycles["IOW"] > 0
    assert counts["int_ack"] == cycles["INTA"] / 2 > 0
    assert counts["mem_in"] == counts["mem_out"] == 0
    assert cycles["MEMR"] > 1000, "memory was used, without Python"

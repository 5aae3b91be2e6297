"""Stops of the CPU against the core and its bus: random programs, with interrupts and traps, on every engine."""

from __future__ import annotations

import random
from typing import Any

import pytest

from korgm1.bus.memory import MemoryMap
from korgm1.bus.ports import PortMap
from korgm1.bus.unmapped import UnmappedLog
from korgm1.cpu.stops import ACCESS, EXEC, LIMIT, VECTOR, Rule, Stops
from korgm1.machine.engines import make_engine

CLOCKS = 4000


def core(engine: str, seed: int) -> tuple[Any, MemoryMap]:
    """A CPU on random memory, its vectors leading anywhere."""
    draw = random.Random(seed)
    log = UnmappedLog(now=lambda: 0)
    memory, ports = MemoryMap(log), PortMap(log)
    memory.map_ram(0, 0x100000)
    memory.image[:] = draw.randbytes(0x1000) * 256
    cpu = make_engine(engine, memory, ports, lambda: 0x20)
    names = ("aw", "dw", "bw", "sp", "ix", "iy", "pc", "ps", "ss")
    cpu.set_registers({name: draw.randrange(0x10000) for name in names})
    cpu.set_registers({"cw": draw.randrange(16), "psw": draw.randrange(0x1000)})
    return cpu, memory


def drive(cpu: Any, seed: int, run: Any) -> None:
    """Stretches of time, with INT and NMI rising and falling between them."""
    draw = random.Random(seed)
    while cpu.clock < CLOCKS:
        run(cpu.clock + draw.randrange(1, 300))
        cpu.set_int(draw.randrange(2), cpu.clock + draw.randrange(-5, 5))
        if draw.randrange(6) == 0:
            cpu.nmi(cpu.clock + draw.randrange(-5, 5))


def state(cpu: Any) -> tuple[Any, ...]:
    return cpu.clock, cpu.instructions, cpu.registers(), cpu.snapshot()


@pytest.mark.parametrize("engine", ["v30", "unicorn", "lockstep"])
@pytest.mark.parametrize("seed", range(12))
def test_stopped_everywhere_it_runs_as_without(engine: str, seed: int) -> None:
    """Every instruction is stopped at once, in front of it, and none that an interrupt pushes aside."""
    plain, plain_memory = core("v30", seed)
    drive(plain, seed, plain.run)
    cpu, memory = core(engine, seed)
    stops = Stops()
    stops.mark([Rule(("exec",), 0, 0xFFFFF)], follow_vectors=True)
    cpu.stop_at(stops)
    halts = 0

    def run(until: int) -> None:
        nonlocal halts
        passed: int | None = None
        while cpu.clock < until:
            stops.begin(**({} if passed is None else {"passed": passed}))
            cpu.run(until)
            if not stops.hit:
                return
            assert stops.hit == EXEC
            assert stops.is_here()
            halts += 1
            before = cpu.instructions
            passed = cpu.registers()["ps"] << 16 | cpu.registers()["pc"]
            stops.begin(limit=stops.steps + 1, passed=passed)
            cpu.run(until)
            assert stops.hit == LIMIT or cpu.stopped is not None
            assert not stops.taken
            assert cpu.instructions - before <= 1
            passed = None

    drive(cpu, seed, run)
    assert state(cpu) == state(plain)
    assert memory.image[:] == plain_memory.image[:]
    assert halts >= cpu.instructions


@pytest.mark.parametrize("seed", range(12))
def test_accesses_are_those_on_the_bus(seed: int) -> None:
    """What is matched, summed up over a run, is what a recorder of the bus writes down."""
    cpu, _ = core("v30", seed)
    cpu.bus.record(1 << 16)
    drive(cpu, seed, cpu.run)
    kinds = {"MEMR": "memr", "MEMW": "memw", "IOR": "in", "IOW": "out"}
    known = [one for one in cpu.bus.recorded() if one.kind in kinds]
    wanted = [(kinds[one.kind], one.address) for one in known if one.address < 0x8000]
    vectors = sum(one.kind == "INTA" for one in cpu.bus.recorded()) // 2
    cpu, _ = core("v30", seed)
    stops = Stops()
    stops.mark([*(Rule((kind,), 0, 0x7FFF) for kind in kinds.values()), Rule(("int",), 0, 0xFF)])
    cpu.stop_at(stops)
    found: list[tuple[str, int]] = []
    taken = 0

    def run(until: int) -> None:
        nonlocal taken
        while cpu.clock < until:
            stops.begin()
            cpu.run(until)
            if stops.hit & ACCESS:
                found.extend((match.kind, match.address) for match in stops.matches)
            taken += bool(stops.hit & VECTOR and stops.taken)

    drive(cpu, seed, run)
    rest = iter(wanted)
    assert all(row in rest for row in found), "all of them, in this order"
    assert len(found) > 0.8 * len(wanted), "of an instruction the first eight"
    assert taken >= vectors

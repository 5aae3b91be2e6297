"""Machines in one process share nothing, in threads either, and a running CPU does not keep Python from running."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator

import pytest

from korgm1.bus.memory import MemoryMap
from korgm1.bus.ports import PortMap
from korgm1.bus.unmapped import UnmappedLog
from korgm1.machine.engines import make_engine
from korgm1.session import Session

MACHINES = 100
SLICES = (0.04, 0.03, 0.02)
"""Emulated seconds; in the second slice a key goes down and a MIDI byte comes in."""
ENGINES = ("unicorn", "v30")
BATTERIES = ("fresh", "low", "dead", "absent")
KEYS = ("INT", "PROG", "UP", "4", "PAGE+", "GLOBAL", "0")

State = tuple[int, int, tuple[str, str], str, bytes, tuple[tuple[str, int, int], ...]]


def life(number: int) -> Iterator[State]:
    """Machine `number`, switched on and run slice by slice; what it has become after each."""
    session = Session(engine=ENGINES[number % 5 % 2], battery=BATTERIES[number % 4], seed=number)
    port_trace: list[tuple[str, int, int]] = []
    session.machine.ports.watch = lambda kind, port, value: port_trace.append((kind, port, value))
    session.power_on()
    for index, seconds in enumerate(SLICES):
        if index == 1:
            session.key_down(KEYS[number % len(KEYS)])
            session.midi_in(bytes([0xC0, number]))
        session.run(seconds)
        cpu = session.machine.engine
        ram = hashlib.sha1(session.sram).hexdigest()
        yield session.clock, cpu.instructions, session.lcd, ram, session.midi_out, tuple(port_trace)


def test_a_hundred_machines_interleaved_are_each_as_alone() -> None:
    alone = [list(life(number)) for number in range(MACHINES)]
    lives = [life(number) for number in range(MACHINES)]
    together = list(zip(*([next(one) for one in lives] for _ in SLICES), strict=True))
    for number in range(MACHINES):
        assert list(together[number]) == alone[number], f"machine {number}"
    # different seeds and cells make different machines, so that a mix-up could not hide
    assert len({states[-1][3] for states in alone}) > MACHINES // 2


def test_threads_do_not_disturb_each_other() -> None:
    numbers = range(6)
    alone = [list(life(number)) for number in numbers]
    found: dict[int, list[State]] = {}

    def run(number: int) -> None:
        found[number] = list(life(number))

    workers = [threading.Thread(target=run, args=(number,)) for number in numbers]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [found.get(number) for number in numbers] == alone


@pytest.mark.parametrize("engine", ENGINES)
def test_python_runs_while_the_cpu_runs(engine: str) -> None:
    """One call of `run`, without a callback, that ends early only if this thread can write into its RAM meanwhile."""
    waits = bytes.fromhex("C606010501 803E000500 74F9 F4")   # MOV [501],1; CMP [500],0; BE back; HALT
    log = UnmappedLog(now=lambda: 0)
    memory, ports = MemoryMap(log), PortMap(log)
    memory.map_ram(0, 0x10000)
    memory.image[0x500:0x502] = bytes(2)
    memory.map_rom(0xF0000, waits.ljust(0xFFF0, b"\x90") + bytes.fromhex("EA000000F0").ljust(16, b"\x90"))
    cpu = make_engine(engine, memory, ports, lambda: 0)
    cpu.set_registers({"ds0": 0})
    worker = threading.Thread(target=cpu.run, args=(3_000_000_000,))
    worker.start()
    while memory.image[0x501] == 0:
        pass
    memory.image[0x500] = 1
    worker.join()
    assert cpu.halted

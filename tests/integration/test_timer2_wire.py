"""TOUT2 -> INTP2 on the netlist: the first rising edge counts, and a restored wire has the right level."""

from __future__ import annotations

from korgm1.board.battery import Battery
from korgm1.hypotheses import Hypotheses
from korgm1.machine.m1 import M1
from korgm1.physics.bench_supply import BenchSupply


def machine() -> M1:
    m1 = M1(bytes(0x20000), "v30", Hypotheses(), Battery(BenchSupply(3.2)))
    m1.reset("power")
    return m1


def program(m1: M1) -> None:
    """ICU at 00, TCU at 08; edge mode, only level 2 open; timer 2 mode 0: low now, high after the count."""
    for port, value in (
        (0xFFFC, 0), (0xFFFA, 0), (0xFFF9, 8), (0xFFFD, 6), (0, 0x13), (2, 0x20), (2, 1), (2, 0xFB),
        (0x0E, 0xB0), (0x0C, 100), (0x0C, 0),
    ):
        m1.ports.write(port, value)


def irq(m1: M1) -> int:
    return m1.icu.peek(0) & 4


def test_the_first_rising_edge_of_timer_2_requests() -> None:
    m1 = machine()
    program(m1)
    assert irq(m1) == 0
    m1.scheduler.time_source = None
    m1.scheduler.run_due(m1.scheduler.now + 300)
    assert irq(m1) == 4


def test_a_fresh_machine_that_is_restored_sees_the_edge_too() -> None:
    m1, twin = machine(), machine()
    program(m1)
    twin.restore(m1.snapshot(), m1.versions())
    assert irq(twin) == 0
    twin.scheduler.time_source = None
    twin.scheduler.run_due(twin.scheduler.now + 300)
    assert irq(twin) == 4

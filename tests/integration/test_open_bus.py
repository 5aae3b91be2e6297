"""H-OPENBUS: everything on the board that nothing drives reads the one value; what a chip drives does not."""

from __future__ import annotations

import pytest

from korgm1.board.battery import Battery
from korgm1.hypotheses import Hypotheses
from korgm1.machine.build import build
from korgm1.machine.m1 import M1
from korgm1.machine.models import model_named
from korgm1.physics.bench_supply import BenchSupply

ROM = bytes(0x20000)


def board(value: int, model: str = "m1", card: bytes | None = None) -> M1:
    guess = Hypotheses({"H-OPENBUS": value})
    machine = build(model_named(model), ROM, "v30", guess, Battery(BenchSupply(3.2)), card)
    machine.power_up(None, 0, 0)
    return machine


@pytest.mark.parametrize("value", [0xFF, 0x5A])
def test_undriven_places_follow_the_hypothesis(value: int) -> None:
    machine = board(value)
    for address in (0x10000, 0x50000, 0x50001, 0xDFFFF):
        assert machine.memory.read(address) == machine.memory.peek(address) == value
    for port in (0x0000, 0x0100, 0x0500, 0x0A01, 0x0A0A, 0x0A0C, 0x0A0E, 0x0B00, 0x1000):
        assert machine.ports.read(port) == machine.ports.peek(port) == value
    assert machine.ports.read(0x0800) == 0, "the M1 has a keyboard"
    assert board(value, "m1r").ports.read(0x0800) == value
    with_card = board(value, card=bytes(range(128)) * 256)
    assert [with_card.memory.read(0x50000 + n) for n in range(4)] == [0, value, 1, value]


def test_an_unanswered_dma_request_reads_open_bus() -> None:
    machine = board(0x5A)
    dmau = machine.dmau
    registers = ((0, 1), (1, 0), (2, 1), (3, 0), (4, 0), (5, 1), (6, 0), (10, 0x45), (15, 0x0E))
    for register, value in registers:                       # two words from I/O to 00100
        dmau.write(register, value)
    dmau.request(0, 1)
    machine.scheduler.run_due(100)
    assert machine.sram.image()[0x100:0x104] == b"\x5a" * 4


def test_reserved_registers_of_the_chip_do_not_follow() -> None:
    machine = board(0x5A)
    assert [machine.ports.read(port) for port in (0xFFF1, 0xFFF3, 0xFFF7, 0xFFFF)] == [0xFF] * 4

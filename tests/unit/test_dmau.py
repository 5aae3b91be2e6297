"""DMAU: registers, directions, modes, steps, end of service, arbitration."""

from __future__ import annotations

import pytest

from korgm1.clock import Scheduler
from korgm1.onchip.dmau import Dmau

DEMAND, SINGLE, BLOCK, CASCADE = 0x00, 0x40, 0x80, 0xC0
IN, OUT, VERIFY = 0x04, 0x08, 0x00
DOWN, AUTO, WORD = 0x20, 0x10, 0x01


class Rig:
    def __init__(self) -> None:
        self.scheduler = Scheduler()
        self.memory = bytearray(n & 0xFF for n in range(1 << 20))
        self.source = iter(range(0xA1B1, 0xFFFF, 0x0101))
        self.log: list[tuple[int, int, int]] = []
        self.ended: list[int] = []
        self.dmau = self.make()
        self.dmau.reset("power")

    def make(self) -> Dmau:
        def read_io(channel: int, word: bool) -> int:
            value = next(self.source) & (0xFFFF if word else 0xFF)
            self.log.append((self.scheduler.now, channel, value))
            return value

        def write_io(channel: int, word: bool, value: int) -> None:
            self.log.append((self.scheduler.now, channel, value))

        return Dmau(
            self.scheduler, self.memory.__getitem__, self.memory.__setitem__, read_io, write_io, self.ended.append
        )

    def program(self, channel: int, mode: int, address: int, transfers: int) -> None:
        count = transfers - 1
        for register, value in (
            (1, channel), (2, count & 0xFF), (3, count >> 8), (4, address & 0xFF), (5, address >> 8 & 0xFF),
            (6, address >> 16), (0xA, mode), (0xF, self.dmau.peek(0xF) & ~(1 << channel)),
        ):
            self.dmau.write(register, value)

    def current(self) -> tuple[int, int]:
        r = self.dmau.peek
        return r(2) | r(3) << 8, r(4) | r(5) << 8 | r(6) << 16

    def clocks(self) -> list[int]:
        return [clock for clock, _, _ in self.log]


def test_registers_and_software_reset() -> None:
    rig = Rig()
    assert [rig.dmau.read(n) for n in (1, 8, 9, 0xA, 0xB, 0xF)] == [0x01, 0, 0, 0, 0, 0x0F]
    assert [rig.dmau.read(n) for n in (0, 7, 0xC, 0xD, 0xE)] == [0xFF] * 5
    rig.program(2, SINGLE | IN, 0xABCDE, 0x1234)
    for register, value in ((8, 0xFF), (9, 0xFF), (0xA, 0xFF)):
        rig.dmau.write(register, value)
    assert [rig.dmau.read(n) for n in (1, 8, 9, 0xA, 0xF)] == [0x04, 0x34, 0x03, 0xFD, 0x0B]
    rig.dmau.write(0, 1)
    assert [rig.dmau.read(n) for n in (1, 8, 9, 0xA, 0xF)] == [0x01, 0, 0, 0, 0x0F]
    rig.dmau.write(1, 2)
    assert rig.current() == (0x1233, 0xABCDE)
    assert rig.dmau.peek(0xA) == 0
    rig.dmau.reset("button")
    rig.dmau.write(1, 2)
    assert rig.current() == (0x1233, 0xABCDE)
    rig.dmau.reset("power")
    rig.dmau.write(1, 2)
    assert rig.current() == (0, 0)


def test_base_and_current() -> None:
    rig = Rig()
    rig.program(1, SINGLE | IN, 0x100, 10)
    rig.dmau.request(1, 1)
    rig.scheduler.run_due(5)
    rig.dmau.request(1, 0)
    rig.scheduler.run_due(100)
    moved = len(rig.log)
    assert rig.current() == (9 - moved, 0x100 + moved)
    rig.dmau.write(1, 0x05)
    assert rig.dmau.read(1) == 0x12
    assert rig.current() == (9, 0x100)
    rig.dmau.write(2, 0x77)
    rig.dmau.write(1, 0x01)
    assert rig.current()[0] == 9 - moved
    rig.dmau.write(2, 0x55)
    assert rig.current()[0] == 0x55
    rig.dmau.write(1, 0x05)
    assert rig.current()[0] == 0x55


def test_io_to_memory_by_bytes() -> None:
    rig = Rig()
    rig.program(0, DEMAND | IN, 0xFFFFE, 4)
    rig.dmau.request(0, 1)
    rig.scheduler.run_due(100)
    assert rig.memory[0xFFFFE:] + rig.memory[:2] == bytes([0xB1, 0xB2, 0xB3, 0xB4])
    assert rig.current() == (0xFFFF, 0x00002)
    assert rig.clocks() == [4, 8, 12, 16]
    assert rig.ended == [0]
    assert rig.dmau.peek(0xF) == 0x0F
    assert [rig.dmau.peek(0xB), rig.dmau.read(0xB), rig.dmau.read(0xB)] == [0x11, 0x11, 0x10]


def test_memory_to_io_by_words_downwards_from_an_odd_address() -> None:
    rig = Rig()
    rig.program(3, DEMAND | OUT | WORD | DOWN, 0x1235, 3)
    rig.dmau.request(3, 1)
    rig.scheduler.run_due(100)
    assert [value for _, _, value in rig.log] == [0x3534, 0x3332, 0x3130]
    assert rig.current() == (0xFFFF, 0x122E)


def test_words_into_memory() -> None:
    rig = Rig()
    rig.program(1, BLOCK | IN | WORD, 0x2000, 2)
    rig.dmau.request(1, 1)
    rig.scheduler.run_due(100)
    assert rig.memory[0x2000:0x2004] == bytes([0xB1, 0xA1, 0xB2, 0xA2])


def test_verify_steps_and_moves_nothing() -> None:
    rig = Rig()
    before = bytes(rig.memory)
    rig.program(0, BLOCK | VERIFY, 0x10, 5)
    rig.dmau.request(0, 1)
    rig.scheduler.run_due(100)
    assert (rig.memory, rig.log, rig.ended) == (before, [], [0])
    assert rig.current() == (0xFFFF, 0x15)


def test_demand_pauses_and_block_does_not() -> None:
    for mode, after in ((DEMAND, 3), (BLOCK, 10)):
        rig = Rig()
        rig.program(0, mode | IN, 0, 10)
        rig.dmau.request(0, 1)
        rig.scheduler.run_due(11)
        rig.dmau.request(0, 0)
        rig.scheduler.run_due(1000)
        assert len(rig.log) == after
        rig.dmau.request(0, 1)
        rig.scheduler.run_due(2000)
        assert len(rig.log) == 10


@pytest.mark.parametrize(("hold", "step"), [(0, 8), (1, 4)])
def test_single_mode_gives_the_bus_back_after_each(hold: int, step: int) -> None:
    rig = Rig()
    rig.dmau.write(9, hold)
    rig.program(0, SINGLE | IN, 0, 4)
    rig.dmau.request(0, 1)
    rig.scheduler.run_due(1000)
    assert rig.clocks() == [4 + step * n for n in range(4)]


def test_autoinitialise_reloads_and_stays_unmasked() -> None:
    rig = Rig()
    rig.program(2, SINGLE | IN | AUTO, 0x500, 2)
    rig.dmau.request(2, 1)
    rig.scheduler.run_due(4 + 8 * 4)
    assert len(rig.log) == 5
    assert rig.ended == [2, 2]
    assert rig.current() == (0, 0x501)
    assert rig.dmau.peek(0xF) == 0x0B


@pytest.mark.parametrize(("control", "order"), [(0x00, [0, 0, 0, 2, 2, 2]), (0x10, [0, 2, 0, 2, 0, 2])])
def test_priority_fixed_and_rotating(control: int, order: list[int]) -> None:
    rig = Rig()
    rig.dmau.write(8, control)
    rig.program(0, SINGLE | IN, 0, 3)
    rig.program(2, SINGLE | IN, 0x100, 3)
    rig.dmau.write(8, control | 4)
    rig.dmau.request(2, 1)
    rig.dmau.request(0, 1)
    rig.dmau.write(8, control)
    rig.scheduler.run_due(1000)
    assert [channel for _, channel, _ in rig.log] == order


def test_mask_disable_and_cascade_hold_transfers_back() -> None:
    rig = Rig()
    rig.program(0, BLOCK | IN, 0, 100)
    rig.dmau.request(0, 1)
    rig.scheduler.run_due(8)
    rig.dmau.write(0xF, 0x0F)
    rig.scheduler.run_due(100)
    assert len(rig.log) == 2
    assert rig.dmau.peek(0xB) == 0x10
    rig.dmau.write(0xF, 0x0E)
    rig.scheduler.run_due(108)
    rig.dmau.write(8, 4)
    rig.scheduler.run_due(200)
    assert len(rig.log) == 4
    rig.program(1, CASCADE | IN, 0, 5)
    rig.dmau.write(0xF, 0x0D)
    rig.dmau.write(8, 0)
    rig.dmau.request(1, 1)
    rig.scheduler.run_due(300)
    assert len(rig.log) == 4


def test_end_pin_finishes_the_service() -> None:
    rig = Rig()
    rig.dmau.end()
    rig.program(0, BLOCK | IN, 0, 100)
    rig.dmau.request(0, 1)
    rig.scheduler.run_due(9)
    rig.dmau.end()
    rig.scheduler.run_due(1000)
    assert len(rig.log) == 3
    assert rig.ended == [0]
    assert rig.dmau.peek(0xF) & 1


def test_channel_3_has_no_pin_while_the_scu_has() -> None:
    rig = Rig()
    rig.dmau.set_serial_pins(1)
    rig.program(3, DEMAND | IN, 0, 2)
    rig.dmau.request(3, 1)
    rig.scheduler.run_due(100)
    assert (rig.log, rig.dmau.peek(0xB)) == ([], 0)
    rig.dmau.set_serial_pins(0)
    rig.scheduler.run_due(200)
    assert len(rig.log) == 2


def test_it_is_quiet_when_nobody_asks() -> None:
    rig = Rig()
    rig.program(0, BLOCK | IN, 0, 100)
    assert rig.scheduler.headroom(10**6) == 10**6


@pytest.mark.parametrize("cut", range(0, 60, 3))
def test_save_and_continue(cut: int) -> None:
    rig, twin = Rig(), Rig()
    for r in (rig, twin):
        r.program(0, SINGLE | OUT, 0x10, 4)
        r.program(1, BLOCK | OUT | AUTO, 0x20, 3)
    rig.dmau.write(8, 0x10)
    rig.dmau.request(0, 1)
    rig.dmau.request(1, 1)
    rig.scheduler.run_due(cut)
    twin.dmau.restore(rig.dmau.snapshot())
    twin.scheduler.restore(rig.scheduler.snapshot())
    here = len(rig.log)
    for r in (rig, twin):
        r.scheduler.run_due(cut + 100)
    assert twin.log == rig.log[here:]
    assert twin.dmau.snapshot() == rig.dmau.snapshot()

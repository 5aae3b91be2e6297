"""DMAU: registers, directions, modes, steps, end of service, arbitration, the CPU's loss."""

from __future__ import annotations

import pytest

from korgm1.clock import Scheduler
from korgm1.onchip.dmau import Dmau

DEMAND, SINGLE, BLOCK, CASCADE = 0x00, 0x40, 0x80, 0xC0
IN, OUT, VERIFY = 0x04, 0x08, 0x00
DOWN, AUTO, WORD = 0x20, 0x10, 0x01


class Rig:
    def __init__(self, waits: int = 0) -> None:
        self.waits = waits
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
            self.scheduler, self.memory.__getitem__, self.memory.__setitem__, read_io, write_io, self.ended.append,
            lambda: self.waits,
        )

    def program(self, channel: int, mode: int, address: int, transfers: int) -> None:
        count = transfers - 1
        for register, value in (
            (1, channel), (2, count & 0xFF), (3, count >> 8), (4, address & 0xFF), (5, address >> 8 & 0xFF),
            (6, address >> 16), (0xA, mode), (0xF, self.dmau.peek(0xF) & ~(1 << channel)),
        ):
            self.dmau.write(register, value)

    def both(self, control: int, mode0: int, mode2: int) -> None:
        """Channels 0 and 2 with three transfers each, asking in the same clock."""
        self.dmau.write(9, control >> 8)
        self.program(0, mode0, 0, 3)
        self.program(2, mode2, 0x100, 3)
        self.dmau.write(8, control & 0xFF | 4)
        self.dmau.request(2, 1)
        self.dmau.request(0, 1)
        self.dmau.write(8, control & 0xFF)

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


@pytest.mark.parametrize("hold", [0, 1])
def test_single_mode_gives_the_bus_back_after_each(hold: int) -> None:
    """Bus hold serves other channels without release, never the same one."""
    rig = Rig()
    rig.dmau.write(9, hold)
    rig.program(0, SINGLE | IN, 0, 4)
    rig.dmau.request(0, 1)
    rig.scheduler.run_due(1000)
    assert rig.clocks() == [4, 12, 20, 28]


def test_bus_hold_serves_the_others_at_once() -> None:
    """Fixed priority, single mode: 0 and 2 take turns, since the channel just served has to wait for another."""
    for hold, order, clocks in (
        (0, [0, 0, 0, 2, 2, 2], [4, 12, 20, 28, 36, 44]), (1, [0, 2, 0, 2, 0, 2], [4, 8, 12, 16, 20, 24]),
    ):
        rig = Rig()
        rig.both(hold << 8, SINGLE | IN, SINGLE | IN)
        rig.scheduler.run_due(1000)
        assert [channel for _, channel, _ in rig.log] == order
        assert rig.clocks() == clocks


@pytest.mark.parametrize(("hold", "mode", "order"), [
    (1, DEMAND, [2, 2, 0, 0, 0, 2]),   # the higher one breaks in
    (0, DEMAND, [2, 2, 2, 0, 0, 0]),   # bus release: "even though other channels are issuing higher-priority requests"
    (1, BLOCK, [2, 2, 2, 0, 0, 0]),
])
def test_a_higher_request_ends_a_demand_service_in_bus_hold(hold: int, mode: int, order: list[int]) -> None:
    rig = Rig()
    rig.dmau.write(9, hold)
    rig.program(0, mode | IN, 0, 3)
    rig.program(2, mode | IN, 0x100, 3)
    rig.dmau.request(2, 1)
    rig.scheduler.run_due(6)
    rig.dmau.request(0, 1)
    rig.scheduler.run_due(1000)
    assert [channel for _, channel, _ in rig.log] == order


def test_an_autoinitialised_block_lets_the_others_or_the_cpu_in() -> None:
    rig = Rig()
    rig.dmau.write(9, 1)
    rig.program(0, BLOCK | IN | AUTO, 0, 2)
    rig.dmau.request(0, 1)
    rig.scheduler.run_due(24)
    assert rig.clocks() == [4, 8, 16, 20]


@pytest.mark.parametrize(("word", "mode", "start", "count", "where", "end"), [
    (0, 0, 0x0FFFE, 4, [0x0FFFE, 0x0FFFF, 0x10000, 0x10001], 0x10002),
    (1, 0, 0x0FFFE, 2, [0x0FFFE, 0x0FFFF, 0x10000, 0x10001], 0x10002),
    (1, 0, 0x0FFFF, 2, [0x0FFFE, 0x0FFFF, 0x10000, 0x10001], 0x10002),
    (0, DOWN, 0x30001, 4, [0x30001, 0x30000, 0x2FFFF, 0x2FFFE], 0x2FFFD),
    (1, DOWN, 0x30000, 2, [0x30000, 0x30001, 0x2FFFE, 0x2FFFF], 0x2FFFC),
    (0, 0, 0xFFFFF, 2, [0xFFFFF, 0x00000], 0x00001),
    (1, DOWN, 0x00001, 2, [0x00000, 0x00001, 0xFFFFE, 0xFFFFF], 0xFFFFC),
])
def test_blocks_run_across_64_kb_and_1_mb(
    word: int, mode: int, start: int, count: int, where: list[int], end: int
) -> None:
    """There is no bank register: all 20 bits of the address step; the count never reaches them."""
    rig = Rig()
    written: list[int] = []
    rig.dmau._write_memory = lambda address, value: written.append(address)
    rig.program(1, BLOCK | IN | mode | word, start, count)
    rig.dmau.request(1, 1)
    rig.scheduler.run_due(100)
    assert written == where
    assert rig.current() == (0xFFFF, end)


def test_a_block_of_65536() -> None:
    rig = Rig()
    rig.program(0, BLOCK | OUT, 0x18000, 0x10000)
    rig.dmau.request(0, 1)
    rig.scheduler.run_due(4 * 0xFFFF)
    assert (len(rig.log), rig.ended) == (0xFFFF, [])
    rig.scheduler.run_due(4 * 0x10000)
    assert (len(rig.log), rig.ended, rig.current()) == (0x10000, [0], (0xFFFF, 0x28000))


@pytest.mark.parametrize(("direction", "wev", "clocks"), [
    (IN, 0, 6), (OUT, 0, 6), (VERIFY, 0, 4), (VERIFY, 2, 6), (0x0C, 0, 4), (0x0C, 2, 6),
])
def test_waits_lengthen_transfers(direction: int, wev: int, clocks: int) -> None:
    rig = Rig(waits=2)
    rig.dmau.write(9, wev)
    rig.program(0, BLOCK | direction, 0, 10)
    rig.dmau.request(0, 1)
    rig.scheduler.run_due(10 * clocks - 1)
    assert rig.ended == []
    rig.scheduler.run_due(10 * clocks)
    assert rig.ended == [0]
    assert [rig.dmau.hold(25), rig.dmau.hold(1000), rig.dmau.hold(1000)] == [25, 10 * clocks - 25, 0]


def test_a_cascade_has_the_bus_until_its_request_ends() -> None:
    rig = Rig()
    rig.dmau.write(9, 1)                                    # bus hold; a cascade releases all the same
    rig.program(1, CASCADE | IN, 0, 5)
    rig.program(2, SINGLE | IN, 0, 5)
    rig.dmau.request(1, 1)
    rig.dmau.request(2, 1)
    rig.scheduler.run_due(100)
    assert (rig.log, rig.dmau.hold(77), rig.dmau.hold(77)) == ([], 77, 77)
    rig.dmau.end()                                          # not for the master
    rig.dmau.request(1, 0)
    assert rig.dmau.hold(77) == 0
    rig.scheduler.run_due(109)
    assert rig.clocks() == [108]
    rig.dmau.write(1, 1)
    assert (rig.current(), rig.ended, rig.dmau.peek(0xB) & 0xF) == ((4, 0), [], 0)


@pytest.mark.parametrize("kind", ["power", "button"])
def test_after_reset_the_cpu_owes_nothing(kind: str) -> None:
    rig = Rig()
    rig.program(0, BLOCK | IN, 0, 5)
    rig.dmau.request(0, 1)
    rig.scheduler.run_due(1000)
    assert rig.dmau.hold(1) == 1, "there was something to pay"
    rig.dmau.reset(kind)
    assert rig.dmau.hold(1000) == 0


@pytest.mark.parametrize("away", ["mask", "disable", "reset", "pins"])
def test_a_cascade_can_be_taken_away(away: str) -> None:
    rig = Rig()
    rig.program(3, CASCADE, 0, 1)
    rig.dmau.request(3, 1)
    assert rig.dmau.hold(9) == 9
    if away == "pins":
        rig.dmau.set_serial_pins(1)
    else:
        rig.dmau.write(*{"mask": (0xF, 0xF), "disable": (8, 4), "reset": (0, 1)}[away])
    assert rig.dmau.hold(9) == 0


def test_the_next_area_is_written_into_the_base_registers_meanwhile() -> None:
    """The data sheet's second use of autoinitialisation: areas one after the other without a gap."""
    rig = Rig()
    rig.program(0, SINGLE | OUT | AUTO, 0x1210, 2)
    rig.dmau.request(0, 1)
    for register, value in ((1, 4), (2, 2), (4, 0x80), (5, 0x34), (6, 0)):
        rig.dmau.write(register, value)
    rig.scheduler.run_due(4 + 8 * 4)
    assert [value for _, _, value in rig.log] == [0x10, 0x11, 0x80, 0x81, 0x82]


def test_fixed_priority_forgets_a_rotation() -> None:
    rig = Rig()
    rig.dmau.write(8, 0x10)
    rig.program(0, SINGLE | IN | AUTO, 0, 1)
    rig.program(1, SINGLE | IN | AUTO, 0, 1)
    rig.dmau.request(0, 1)
    rig.scheduler.run_due(4)
    rig.dmau.request(1, 1)
    rig.dmau.write(8, 0x00)
    rig.scheduler.run_due(12)
    assert [channel for _, channel, _ in rig.log] == [0, 0]


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
    rig.both(control, SINGLE | IN, SINGLE | IN)
    rig.scheduler.run_due(1000)
    assert [channel for _, channel, _ in rig.log] == order


def test_mask_and_disable_hold_transfers_back() -> None:
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


def test_end_pin_finishes_the_service() -> None:
    rig = Rig()
    rig.dmau.end()
    rig.program(0, BLOCK | IN, 0, 100)
    rig.dmau.request(0, 1)
    rig.scheduler.run_due(9)
    rig.dmau.end()
    rig.scheduler.run_due(1000)
    assert len(rig.log) == 3
    assert rig.ended == [], "TC is of the count; END pulls the same pin from outside"
    assert rig.dmau.peek(0xF) & 1
    assert rig.dmau.peek(0xB) & 1


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


def test_a_block_of_the_first_layout() -> None:
    rig, twin = Rig(), Rig()
    rig.program(0, BLOCK | OUT, 0x10, 4)
    rig.dmau.request(0, 1)
    block = rig.dmau.snapshot()
    old = {name: value for name, value in block.items() if name not in ("released", "cascading", "taken")}
    assert twin.dmau.upgrade(old, 1) == block


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

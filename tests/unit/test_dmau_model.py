"""The DMAU against a model of it that was written from the data sheet (tests/models/reference_dmau.py)."""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from reference_dmau import ReferenceDmau

from korgm1.clock import Scheduler
from korgm1.onchip.dmau import Dmau

CHANNELS = st.integers(0, 3)
MODES = st.builds(lambda tmode, tdir, other: tmode << 6 | tdir << 2 | other, CHANNELS, st.sampled_from((0, 1, 1, 2, 3)),
                  st.sampled_from((0x00, 0x00, 0x01, 0x10, 0x20, 0x31)))
FOR_EVER = 1 << 40
EDGES = (0x00000, 0x00001, 0x0FFFE, 0x0FFFF, 0x10000, 0x2FFFF, 0x30001, 0x80000, 0xFFFFC, 0xFFFFD, 0xFFFFE, 0xFFFFF)
IMAGE = bytes(n * 7 + (n >> 8) * 13 & 0xFF for n in range(1 << 20))


class Comparison(RuleBasedStateMachine):
    """Both get the same pins and the same writes; all that can be seen must be equal at every step."""

    def __init__(self) -> None:
        super().__init__()
        self.scheduler = Scheduler()
        self.memory = bytearray(IMAGE)
        self.touched: set[int] = set()
        self.log: list[tuple[int, str, int, int, int]] = []
        self.sent = [0] * 4
        self.address = 0
        self.waits = 0
        self.used = 0
        self.model = ReferenceDmau(bytearray(IMAGE))
        self.dmau = self.make()
        self.dmau.reset("power")

    def make(self) -> Dmau:
        def read_memory(address: int) -> int:
            self.touched.add(address)
            return self.memory[address]

        def write_memory(address: int, value: int) -> None:
            self.touched.add(address)
            self.memory[address] = value

        def read_io(channel: int, word: bool) -> int:
            self.sent[channel] += 1
            value = (channel * 0x3001 + self.sent[channel] * 0x0907) & (0xFFFF if word else 0xFF)
            self.log.append((self.scheduler.now, "in", channel, value, word))
            return value

        def write_io(channel: int, word: bool, value: int) -> None:
            self.log.append((self.scheduler.now, "out", channel, value, word))

        return Dmau(
            self.scheduler, read_memory, write_memory, read_io, write_io,
            lambda channel: self.log.append((self.scheduler.now, "tc", channel, 0, 0)), lambda: self.waits,
        )

    def cpu_has_bus(self) -> bool:
        return isinstance(self.model.bus, str)

    def out(self, register: int, value: int) -> None:
        """The CPU can do so only while the bus is its own; what a write begins ends the row of writes."""
        if self.cpu_has_bus():
            self.dmau.write(register, value)
            self.model.out(register, value)

    @precondition(cpu_has_bus)
    @rule(channel=CHANNELS, mode=MODES, address=st.sampled_from(EDGES), count=st.integers(0, 5),
          base=st.booleans())
    def program(self, channel: int, mode: int, address: int, count: int, base: bool) -> None:
        for register, value in (
            (1, channel | base << 2), (2, count), (3, 0), (4, address & 0xFF), (5, address >> 8 & 0xFF),
            (6, address >> 16), (0xA, mode), (0xF, self.dmau.peek(0xF) & ~(1 << channel)),
        ):
            self.out(register, value)

    @precondition(cpu_has_bus)
    @rule(modes=st.lists(MODES, min_size=4, max_size=4), address=st.sampled_from(EDGES),
          control=st.sampled_from((0x00, 0x10)), bus=st.integers(0, 3), pins=st.integers(0, 15),
          early=CHANNELS, first=st.integers(1, 16), rest=st.integers(1, 60))
    def all_channels(
        self, modes: list[int], address: int, control: int, bus: int, pins: int, early: int, first: int, rest: int
    ) -> None:
        """All four with three transfers each; one request comes early, others later."""
        self.out(8, control | 4)
        for channel, mode in enumerate(modes):
            self.program(channel, mode, address, 2, False)
        self.out(9, bus)
        self.out(8, control)
        self.several_requests(1 << early)
        self.time(first)
        self.several_requests(pins)
        self.time(rest)

    @precondition(cpu_has_bus)
    @rule(register=st.integers(0, 15), value=st.integers(0, 255))
    def write(self, register: int, value: int) -> None:
        if register not in (0, 8) or value < 0x40:      # initialised or disabled less often
            self.out(register, value)

    @precondition(cpu_has_bus)
    @rule(control=st.sampled_from((0x00, 0x10, 0x24, 0x30)), bus=st.integers(0, 3))
    def control(self, control: int, bus: int) -> None:
        self.out(9, bus)
        self.out(8, control)

    @rule(pins=st.integers(0, 15))
    def several_requests(self, pins: int) -> None:
        for channel in (3, 2, 1, 0):
            self.request(channel, bool(pins >> channel & 1))

    @rule(register=st.integers(0, 15))
    def read(self, register: int) -> None:
        assert self.dmau.read(register) == self.model.look(register)

    @rule(channel=CHANNELS, level=st.booleans())
    def request(self, channel: int, level: bool) -> None:
        self.dmau.request(channel, level)
        self.model.set_pin(channel, level)

    @rule()
    def end(self) -> None:
        self.dmau.end()
        self.model.pulse_end()

    @rule(to_scu=st.booleans())
    def pins(self, to_scu: bool) -> None:
        self.dmau.set_serial_pins(to_scu)
        self.model.give_pins(to_scu)

    @precondition(cpu_has_bus)
    @rule(waits=st.integers(0, 3))
    def set_waits(self, waits: int) -> None:
        self.waits = self.model.waits = waits

    @rule(clocks=st.integers(1, 60))
    def time(self, clocks: int) -> None:
        self.scheduler.run_due(self.scheduler.now + clocks)
        for _ in range(clocks):
            self.model.tick()

    @rule()
    def another_one_goes_on(self) -> None:
        block, times = self.dmau.snapshot(), self.scheduler.snapshot()
        self.scheduler = Scheduler()
        self.dmau = self.make()
        self.dmau.restore(block)
        self.scheduler.restore(times)

    @invariant()
    def same_registers(self) -> None:
        assert self.scheduler.now == self.model.clock
        for register in range(16):
            if register != 0xB:
                assert self.dmau.peek(register) == self.model.look(register), f"register {register:X}"

    @invariant()
    def same_transfers(self) -> None:
        theirs = [(clock, what, channel, value) for clock, what, channel, _, value in self.model.log]
        assert [(clock, what, channel, value) for clock, what, channel, value, _ in self.log] == theirs
        places = {(address + n) for _, what, _, address, _ in self.model.log if what != "tc" for n in (0, 1)}
        assert self.touched <= places
        assert all(self.memory[address] == self.model.memory[address] for address in places if address < 1 << 20)

    @invariant()
    def the_cpu_pays_for_whole_transfers(self) -> None:
        held = self.dmau.hold(FOR_EVER)
        owner = self.model.bus
        if isinstance(owner, int) and self.model.channels[owner].tmode == "cascade":
            assert held == FOR_EVER
            return
        self.used += held
        under_way = self.model.cycle(self.model.channels[owner]) - self.model.left if isinstance(owner, int) else 0
        assert self.used == self.model.used - under_way


TestComparison = Comparison.TestCase
TestComparison.settings = settings(max_examples=200, stateful_step_count=30, deadline=None)

"""SCU: against a reference that lives clock by clock; frames as drawn wires; saved and continued, older layouts too."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from reference_scu import Reference
from scu_rig import FE, MIDI, PE, RBRDY, RE, SBRK, TE, Rig

from korgm1.clock import Scheduler
from korgm1.line import Line
from korgm1.onchip.scu import Scu
from korgm1.onchip.scu_clock import format_of
from korgm1.serial_frame import Frame, encode, falling_edge, level, rising_edge, sample


@settings(deadline=None)
@given(
    st.lists(st.integers(0, 255), min_size=1, max_size=4), st.integers(0, 6000), st.integers(200, 300),
    st.lists(st.integers(0, 255), max_size=2),
)
def test_save_and_continue_is_the_same(heard: list[int], cut: int, bit: int, said: list[int]) -> None:
    def play(rigs: list[Rig], events: list[tuple[int, int]], end: int) -> None:
        for at, value in events:
            for rig in rigs:
                rig.hear(value, at, bit)
        for rig in rigs:
            rig.run(end)

    events = [(n * 10 * bit, value) for n, value in enumerate(heard)]
    rig, twin = Rig(simk=0), Rig()
    for value in said:
        rig.scu.write(0, value)
    play([rig], [e for e in events if e[0] <= cut], cut)
    block = rig.scu.snapshot()
    twin.scu.restore(block)
    twin.scheduler.restore(rig.scheduler.snapshot())
    twin.sent += rig.sent
    assert twin.sint.level == rig.sint.level
    play([rig, twin], [e for e in events if e[0] > cut], 40_000)
    assert twin.scu.snapshot() == rig.scu.snapshot()
    assert twin.sent == rig.sent
    assert twin.sint.level == rig.sint.level


class ScuMachine(RuleBasedStateMachine):
    """The SCU and the reference that lives clock by clock, side by side."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0
        self.wire: list[Frame] = []
        self.sent: list[Frame] = []
        self.make()
        self.scu.reset("power")
        self.scu.set_pins(True)
        self.ref = Reference(lambda clock: level(self.wire, clock))

    def make(self) -> None:
        self.scheduler, self.sint, self.srdy = Scheduler(), Line("SINT"), Line("SRDY")
        self.scu = Scu(self.scheduler, self.sint, self.sent.append, srdy=self.srdy)

    def go(self, clocks: int) -> None:
        """Let time pass; never stop at an edge of RTCLK, where the order of two things at once would matter."""
        self.now += clocks
        while self.ref.clock < self.now:
            self.ref.live()
        if self.ref.period and self.ref.next_edge == self.now:
            self.go(1)
        self.scheduler.run_due(self.now)

    @initialize(period=st.integers(2, 4), smd=st.sampled_from([0x4A, 0x4E, 0x5E, 0x7A, 0xFE, 0x4F]))
    def program(self, period: int, smd: int) -> None:
        self.rtclk(period, 1)
        self.mode(smd)
        self.command(TE | RE)

    @rule(clocks=st.one_of(st.integers(1, 60), st.integers(100, 900)))
    def time(self, clocks: int) -> None:
        self.go(clocks)

    @rule(period=st.one_of(st.none(), st.integers(2, 5)), ahead=st.integers(0, 9))
    def rtclk(self, period: int | None, ahead: int) -> None:
        ahead %= period or 1
        self.scu.set_rtclk(period, self.now + ahead)
        self.ref.set_rtclk(period, self.now + ahead)
        self.go(1)

    @rule(smd=st.one_of(st.sampled_from([0x4E, 0x7A]), st.integers(0, 255)))
    def mode(self, smd: int) -> None:
        self.scu.write(2, smd)
        self.ref.write("SMD", smd)

    @rule(scm=st.one_of(st.just(TE | RE), st.integers(0, 63).map(lambda v: v & 0x3D)))
    def command(self, scm: int) -> None:
        self.scu.write(1, scm)
        self.ref.write("SCM", scm)

    @rule(simk=st.integers(0, 255))
    def interrupt_mask(self, simk: int) -> None:
        self.scu.write(3, simk)
        self.ref.write("SIMK", simk)

    @rule(value=st.integers(0, 255))
    def send(self, value: int) -> None:
        self.scu.write(0, value)
        self.ref.write("STB", value)

    @rule()
    def read(self) -> None:
        assert self.scu.read(0) == self.ref.read_srb()

    @rule(value=st.one_of(st.just(0), st.integers(0, 255)), wrong=st.sampled_from([0, 0, 0, 1, 2]),
          drift=st.integers(-3, 3), clocks=st.integers(0, 700))
    def hear(self, value: int, wrong: int, drift: int, clocks: int) -> None:
        """A character of our format, perhaps with another parity or without its stop bit, at about our rate."""
        shape = format_of(self.ref.smd)
        bit = shape.factor * (self.ref.period or 3) * (100 + drift) // 100
        frame = encode(value, self.now, bit, shape.data, shape.parity, 1)
        bits = frame.bits ^ (1 << frame.length - wrong if wrong else 0)
        self.bring(frame._replace(bits=bits), clocks)

    @rule(bit=st.integers(1, 90), length=st.integers(1, 12), bits=st.one_of(st.just(0), st.integers(0, 4095)),
          clocks=st.integers(0, 700))
    def noise(self, bit: int, length: int, bits: int, clocks: int) -> None:
        """Spikes, breaks, other people's rates."""
        self.bring(Frame(self.now, bit, length, bits & (1 << length) - 1), clocks)

    def bring(self, frame: Frame, clocks: int) -> None:
        if not self.wire or self.wire[-1].end <= self.now:
            self.wire.append(frame)
            self.scu.receive_frame(frame)
        if clocks:
            self.go(clocks)

    @rule()
    def reset(self) -> None:
        self.scu.reset("button")
        self.ref.reset()

    @rule()
    def save_and_continue_in_another(self) -> None:
        block, timers = self.scu.snapshot(), self.scheduler.snapshot()
        self.make()
        self.scu.restore(block)
        self.scheduler.restore(timers)
        assert self.scu.snapshot() == block

    @invariant()
    def same_registers_and_lines(self) -> None:
        assert (self.scu.peek(1), self.scu.peek(0)) == (self.ref.sst, self.ref.srb)
        assert (self.sint.level, self.srdy.level) == (self.ref.sint, self.ref.srdy)

    def teardown(self) -> None:
        self.command(0)
        self.go(15_000)
        characters = [frame for frame in self.sent if frame.length > 1]
        assert [frame.start for frame in characters] == [began for began, _, _ in self.ref.sent]
        for frame, (_, end, middles) in zip(characters, self.ref.sent, strict=True):
            assert end - frame.length < frame.end <= end
            assert middles is None or [frame.bits >> n & 1 for n in range(frame.length)] == middles
        pulled: list[tuple[int, int]] = []
        for frame in self.sent:
            if frame.length == 1:
                joins = pulled and pulled[-1][1] == frame.start
                pulled.append((pulled.pop()[0] if joins else frame.start, frame.end))
        assert pulled == self.ref.pulled


ScuMachine.TestCase.settings = settings(max_examples=120, stateful_step_count=40, deadline=None)
TestScuAgainstReference = ScuMachine.TestCase


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 3), st.integers(1, 6), st.integers(1, 5), st.integers(0, 31)), min_size=1, max_size=4
    ),
    st.integers(0, 60), st.integers(1, 9),
)
def test_edges_and_samples_equal_a_drawn_wire(rows: list[tuple[int, int, int, int]], since: int, bit: int) -> None:
    frames, at = [], 5
    for gap, width, length, bits in rows:
        frames.append(Frame(at + gap, width, length, bits & (1 << length) - 1))
        at = frames[-1].end
    wire = [level(frames, clock) for clock in range(-1, 400)]
    falls = [c for c in range(since, 399) if wire[c] > wire[c + 1]]
    assert falling_edge(frames, since) == (falls[0] if falls else None)
    assert rising_edge(frames, since) == next(c for c in range(since, 400) if wire[c + 1])
    for start in (since, frames[0].start):
        middles = [start + bit // 2 + bit * n for n in range(10)]
        assert sample(frames, start, bit, 10) == sum(wire[c + 1] << n for n, c in enumerate(middles))


def test_a_sample_has_as_many_bits_as_asked_for() -> None:
    frame = encode(0x41, 7, 10, stop=2)
    assert sample([frame], 7, 10, 10) == frame.bits & 0x3FF
    assert sample([frame], 7, 10, 14) == frame.bits | 0x3800


def layout_1(**fields: object) -> dict[str, object]:
    """A block as SCUs saved it whose bits began with the write or the fall of RxD."""
    return {
        "rtclk": 16, "pins": True, "smd": MIDI, "scm": TE | RE, "simk": 2, "te_seen": True, "stb": 0, "stb_full": False,
        "stb_goes": False, "tx_left": 0, "break_from": None, "srb": 0x33, "rbrdy": True, "pe": True, "ove": False,
        "fe": True, "low_until": 0, "rx_start": None, "rx_bit": 0, "rx_smd": 0, "rx_probing": False, "tx": None,
        "frames": [], **fields,
    }


def upgraded(clock: int, timers: list[list[object]], **fields: object) -> Rig:
    """An SCU that goes on from such a block."""
    rig = Rig(scm=0)
    rig.scu.restore(rig.scu.upgrade(layout_1(**fields), 1))
    rig.scheduler.restore({"clock": clock, "timers": timers})
    return rig


def test_layout_1_characters_under_way_come_out_when_they_would_have() -> None:
    """One is being sent since 10,007, another waits; one is being received since 10,100, its start bit is not over."""
    rig = upgraded(
        10_200, [["scu.tx", 10_007 + 2560 - 10_200], ["scu.rx", 10_228 - 10_200]], tx=list(encode(0x90, 10_007, 256)),
        stb=0x3C, stb_full=True, stb_goes=True, rx_start=10_100, rx_bit=256, rx_smd=MIDI, rx_probing=True,
        frames=[list(encode(0x41, 10_100, 256))],
    )
    assert (rig.scu.read(0), rig.sst) == (0x33, 0x84 | PE | FE)
    rig.run(10_100 + 128 + 9 * 256 - 16)
    assert not rig.sst & RBRDY
    rig.run(10_100 + 128 + 9 * 256)
    assert (rig.sst & RBRDY, rig.scu.read(0)) == (RBRDY, 0x41)
    rig.run(20_000)
    assert rig.bytes_sent() == [(10_007, 0x90), (10_007 + 2560, 0x3C)]


def test_layout_1_with_rtclk_standing_still() -> None:
    rig = upgraded(20_000, [], rtclk=None, tx=list(encode(0x90, 10_000, 256)), tx_left=40, rbrdy=False)
    rig.run(30_000)
    assert rig.sent == []
    rig.scu.set_rtclk(16, 30_000)
    rig.run(30_000 + 40 * 16 - 1)
    assert rig.sent == []
    rig.run(30_000 + 40 * 16)
    assert len(rig.sent) == 1


def test_layout_1_rtclk_that_changes_stretches_what_is_left() -> None:
    rig = upgraded(10_400, [["scu.tx", 2560 - 400]], tx=list(encode(0x90, 10_000, 256)))
    rig.scu.set_rtclk(32, 10_400)
    rig.run(10_400 + 2 * (2560 - 400) - 1)
    assert rig.sent == []
    rig.run(10_400 + 2 * (2560 - 400))
    assert len(rig.sent) == 1


def test_layout_1_break_covers_only_what_is_still_to_come() -> None:
    rig = upgraded(10_400, [["scu.tx", 2560 - 400]], tx=list(encode(0xFF, 10_000, 256)), break_from=5_000,
                   scm=TE | RE | SBRK, low_until=0)
    rig.run(12_560)
    assert [(frame.start, frame.bits) for frame in rig.sent] == [(10_000, 0)]

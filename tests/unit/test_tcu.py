"""TCU: the data-sheet waveforms of each mode, access logic, exact reads, events, and a tick-by-tick reference model."""

from __future__ import annotations

import pytest
import reference_tcu
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from korgm1.clock import Scheduler
from korgm1.line import Line
from korgm1.onchip.tcu import Tcu
from korgm1.onchip.tcu_counter import Counter


class Rig:
    """A TCU at reset (TCKS 0: a timer clock every 2 CPU clocks), with its edges written down."""

    def __init__(self, tcks: int = 0) -> None:
        self.scheduler = Scheduler()
        self.lines = [Line(f"TOUT{n}") for n in range(3)]
        self.edges: list[list[tuple[int, int]]] = [[], [], []]
        self.periods: list[int | None] = []
        self.tcu = Tcu(self.scheduler, *self.lines, lambda period, fall: self.periods.append(period))
        self.tcu.reset("power")
        self.tcu.set_tcks(tcks)
        for line, edges in zip(self.lines, self.edges, strict=True):
            line.connect(lambda level, edges=edges: edges.append((self.scheduler.now, level)))

    def run(self, clock: int) -> None:
        self.scheduler.run_due(clock)

    def program(self, timer: int, mode: int, count: int, bcd: int = 0) -> None:
        self.tcu.write(3, timer << 6 | 0x30 | mode << 1 | bcd)
        self.tcu.write(timer, count & 0xFF)
        self.tcu.write(timer, count >> 8)

    def count(self, timer: int) -> int:
        self.tcu.write(3, timer << 6)
        return self.tcu.read(timer) | self.tcu.read(timer) << 8

    def status(self, timer: int) -> int:
        self.tcu.write(3, 0xE0 | 2 << timer)
        return self.tcu.read(timer)


def wave(counter: Counter, ticks: int) -> list[tuple[int, int]]:
    seen = []
    for _ in range(ticks):
        counter.advance(1)
        seen.append((counter.value(), counter.out))
    return seen


def programmed(mode: int, count: int, **how: object) -> Counter:
    counter = Counter(**how)  # type: ignore[arg-type]
    counter.control(mode, False)
    counter.write_count(count)
    return counter


def test_mode_0_waveform() -> None:
    counter = programmed(0, 4)
    assert counter.out == 0
    assert wave(counter, 7) == [(4, 0), (3, 0), (2, 0), (1, 0), (0, 1), (0xFFFF, 1), (0xFFFE, 1)]
    counter.write_count(2)
    assert counter.out == 0
    assert wave(counter, 3) == [(2, 0), (1, 0), (0, 1)]


def test_mode_0_gate_low_stops_but_still_loads() -> None:
    counter = programmed(0, 3)
    counter.set_gate(0)
    assert wave(counter, 3) == [(3, 0)] * 3
    counter.set_gate(1)
    assert wave(counter, 3) == [(2, 0), (1, 0), (0, 1)]


def test_mode_1_waveform_with_retrigger() -> None:
    counter = programmed(1, 3, gate=0)
    assert [out for _, out in wave(counter, 3)] == [1, 1, 1]
    counter.set_gate(1)
    assert wave(counter, 2) == [(3, 0), (2, 0)]
    counter.set_gate(0)
    counter.write_count(2)
    counter.set_gate(1)
    assert wave(counter, 4) == [(2, 0), (1, 0), (0, 1), (0xFFFF, 1)]


def test_mode_2_waveform_and_new_count_at_the_reload() -> None:
    counter = programmed(2, 4)
    assert wave(counter, 5) == [(4, 1), (3, 1), (2, 1), (1, 0), (4, 1)]
    counter.write_count(3)
    assert counter.null
    assert wave(counter, 3) == [(3, 1), (2, 1), (1, 0)]
    assert wave(counter, 4) == [(3, 1), (2, 1), (1, 0), (3, 1)]
    assert not counter.null


def test_mode_2_gate_low_lifts_the_output_and_rising_reloads() -> None:
    counter = programmed(2, 3)
    assert wave(counter, 3)[-1] == (1, 0)
    counter.set_gate(0)
    assert counter.out == 1
    assert wave(counter, 2) == [(1, 1), (1, 1)]
    counter.set_gate(1)
    assert wave(counter, 3) == [(3, 1), (2, 1), (1, 0)]


def test_mode_3_even_and_odd() -> None:
    assert wave(programmed(3, 4), 8) == [(4, 1), (2, 1), (4, 0), (2, 0)] * 2
    assert wave(programmed(3, 5), 10) == [(4, 1), (2, 1), (0, 1), (4, 0), (2, 0)] * 2


def test_mode_4_strobe_is_one_tick_and_once() -> None:
    counter = programmed(4, 3)
    assert wave(counter, 6) == [(3, 1), (2, 1), (1, 1), (0, 0), (0xFFFF, 1), (0xFFFE, 1)]


def test_mode_5_strobe_needs_a_trigger() -> None:
    counter = programmed(5, 2, gate=0)
    assert {out for _, out in wave(counter, 5)} == {1}
    counter.set_gate(1)
    assert wave(counter, 4) == [(2, 1), (1, 1), (0, 0), (0xFFFF, 1)]


@pytest.mark.parametrize("mode", [0, 2, 3, 4])
def test_count_zero_is_65536(mode: int) -> None:
    counter = programmed(mode, 0)
    first = counter.next_change()
    assert first == {0: 65537, 2: 65536, 3: 32769, 4: 65537}[mode]


def test_bcd_counts_and_reads_in_decimal() -> None:
    rig = Rig()
    rig.program(0, 2, 0x1000, bcd=1)
    rig.run(2 + 2)
    assert rig.count(0) == 0x0999
    rig.run(2 + 2 * 999)
    assert rig.count(0) == 0x0001
    assert rig.tcu.period(0) == 2000
    rig.program(0, 2, 0, bcd=1)
    assert rig.tcu.period(0) == 20000


def test_count_of_one_is_harmless() -> None:
    for mode in (2, 3):
        counter = programmed(mode, 1)
        assert counter.next_change() is None
        assert {out for _, out in wave(counter, 10)} == {1}
        counter.write_count(4)
        assert counter.next_change() is not None


# --- access logic ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rwm", "written", "expect"), [(1, [0x34], 0x0034), (2, [0x12], 0x1200), (3, [0x34, 0x12], 0x1234)]
)
def test_rwm_selects_the_bytes(rwm: int, written: list[int], expect: int) -> None:
    rig = Rig()
    rig.tcu.write(3, rwm << 4 | 0 << 1)
    for byte in written:
        rig.tcu.write(0, byte)
    rig.run(2)
    got = [rig.tcu.read(0) for _ in range(len(written))]
    assert got == ([expect >> 8] if rwm == 2 else [expect & 0xFF] if rwm == 1 else [expect & 0xFF, expect >> 8])


def test_count_latch_holds_until_read_and_ignores_a_second() -> None:
    rig = Rig()
    rig.program(0, 2, 0x1000)
    rig.run(2 + 2 * 16)
    rig.tcu.write(3, 0x00)
    rig.run(2 + 2 * 0x300)
    rig.tcu.write(3, 0x00)
    assert rig.tcu.peek(0) == 0xF0
    assert [rig.tcu.read(0), rig.tcu.read(0)] == [0xF0, 0x0F]
    assert [rig.tcu.read(0), rig.tcu.read(0)] == [0x00, 0x0D]


@pytest.mark.parametrize(("rwm", "count", "later", "reads"), [(1, 128, 80, [112, 48]), (2, 0x10, 0x140, [0x0F, 0x0E])])
def test_one_read_frees_a_latch_of_one_byte(rwm: int, count: int, later: int, reads: list[int]) -> None:
    rig = Rig()
    rig.tcu.write(3, rwm << 4 | 4)
    rig.tcu.write(0, count)
    rig.run(2 + 2 * 16)
    rig.tcu.write(3, 0x00)
    rig.run(2 + 2 * later)
    assert [rig.tcu.read(0), rig.tcu.read(0)] == reads


@pytest.mark.parametrize("mode", [2, 3])
def test_period_of_the_smallest_count(mode: int) -> None:
    rig = Rig()
    rig.program(1, mode, 2)
    rig.program(1, mode, 1)
    assert rig.periods == [4, None]


def test_a_count_written_inside_the_low_pulse_leaves_its_end() -> None:
    rig = Rig()
    rig.program(0, 2, 10)
    rig.run(2 + 2 * 9)
    assert rig.status(0) >> 7 == 0
    rig.tcu.write(0, 20)
    rig.tcu.write(0, 0)
    assert rig.edges[0][-1] == (20, 0)
    rig.run(62)
    assert rig.edges[0][-3:] == [(22, 1), (62, 0), (62, 1)]


@pytest.mark.parametrize("mode", range(6))
def test_a_jump_is_so_many_ticks(mode: int) -> None:
    for count in range(1, 8):
        for start in range(count + 2):
            for jump in range(25):
                fast, slow = programmed(mode, count, gate=0), programmed(mode, count, gate=0)
                for counter in (fast, slow):
                    counter.set_gate(1)
                    counter.advance(start)
                fast.advance(jump)
                for _ in range(jump):
                    slow.advance(1)
                assert fast.snapshot() == slow.snapshot()


def test_multiple_latch_takes_status_first_then_count() -> None:
    rig = Rig()
    rig.program(0, 3, 10)
    rig.program(2, 2, 0x0200)
    rig.run(2)
    rig.tcu.write(3, 0xC0 | 0b1010)
    rig.run(2 + 2 * 3)
    assert [rig.tcu.read(0) for _ in range(3)] == [0b1011_0110, 10, 0]
    assert [rig.tcu.read(2) for _ in range(3)] == [0b1011_0100, 0x00, 0x02]
    rig.tcu.write(3, 0xFF)
    assert rig.tcu.read(0) == 4


def test_status_alone_latches_no_count() -> None:
    rig = Rig()
    rig.program(0, 2, 100)
    rig.run(2)
    rig.tcu.write(3, 0xE2)
    rig.run(2 + 2 * 30)
    assert [rig.tcu.read(0), rig.tcu.read(0)] == [0xB4, 70]


def test_status_shows_null_count_output_and_the_mode_as_written() -> None:
    rig = Rig()
    rig.tcu.write(3, 0x3E)
    assert rig.status(0) == 0xFE
    rig.tcu.write(0, 4)
    rig.tcu.write(0, 0)
    assert rig.status(0) == 0xFE
    rig.run(2)
    assert rig.status(0) == 0xBE
    rig.run(2 + 2 * 2)
    assert rig.status(0) == 0x3E


def test_first_byte_of_two_stops_mode_0() -> None:
    rig = Rig()
    rig.program(0, 0, 2)
    rig.run(20)
    assert rig.edges[0] == [(6, 1)]
    rig.tcu.write(0, 5)
    assert rig.edges[0][-1] == (20, 0)
    before = rig.count(0)
    rig.run(40)
    assert rig.count(0) == before
    rig.tcu.write(0, 0)
    rig.run(60)
    assert rig.edges[0][-1] == (40 + 2 * 6, 1)


@settings(deadline=None)
@given(st.integers(0, 5), st.integers(0, 0xFFFF), st.integers(0, 200_000), st.sampled_from([0x00, 0xE2, 0xD2, 0xC2]))
def test_peek_is_what_read_gives_and_leaves_every_field_alone(mode: int, count: int, clock: int, latch: int) -> None:
    rig = Rig()
    rig.program(0, mode, count)
    rig.run(clock)
    rig.tcu.write(3, latch)
    rig.run(clock + 77)
    for _ in range(4):
        before = rig.tcu.snapshot()
        seen = rig.tcu.peek(0)
        assert rig.tcu.snapshot() == before
        assert rig.tcu.read(0) == seen


def test_tmd_cannot_be_read_and_peek_changes_nothing() -> None:
    rig = Rig()
    assert rig.tcu.read(3) == rig.tcu.peek(3) == 0xFF
    rig.program(0, 2, 0x1234)
    rig.run(2)
    assert rig.tcu.peek(0) == 0x34
    assert rig.tcu.peek(0) == 0x34
    assert [rig.tcu.read(0), rig.tcu.peek(0), rig.tcu.read(0)] == [0x34, 0x12, 0x12]


# --- clocks, lines, events ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("tcks", "clocks"), [(0, 2), (1, 4), (2, 8), (3, 16)])
def test_prescaler(tcks: int, clocks: int) -> None:
    rig = Rig(tcks)
    rig.program(0, 3, 10)
    rig.run(clocks * 22)
    assert rig.edges[0] == [(0, 1), (clocks * 6, 0), (clocks * 11, 1), (clocks * 16, 0), (clocks * 21, 1)]
    assert rig.tcu.period(0) == clocks * 10


def test_tclk_pin_is_not_connected() -> None:
    rig = Rig(tcks=0b00100)
    rig.program(0, 2, 10)
    rig.program(1, 3, 8)
    rig.run(1000)
    assert rig.edges[0] == [(0, 1)]
    assert rig.tcu.period(0) is None
    assert rig.periods[-1] == 16
    rig.tcu.set_tcks(0b01000)
    assert rig.periods[-1] is None


def test_reads_are_exact_at_every_clock() -> None:
    rig = Rig(tcks=1)
    rig.program(2, 2, 7)
    for clock in range(200):
        rig.run(clock)
        tick = clock // 4
        expect = 0 if tick == 0 else 7 - (tick - 1) % 7
        assert rig.count(2) == expect
        assert rig.status(2) >> 7 == (1 if expect != 1 else 0)


def test_mode_2_costs_one_event_a_period_and_pulses_the_line() -> None:
    rig = Rig()
    rig.program(0, 2, 4000)
    fired = []
    original = rig.scheduler._timers["tcu.0"]._fire
    rig.scheduler._timers["tcu.0"]._fire = lambda: (fired.append(rig.scheduler.now), original())  # type: ignore[assignment]
    rig.run(2 + 3 * 8000)
    assert fired == [8002, 16002, 24002]
    assert rig.edges[0] == [(0, 1), (8002, 0), (8002, 1), (16002, 0), (16002, 1), (24002, 0), (24002, 1)]


def test_reprogramming_inside_the_low_pulse_still_shows_the_pulse() -> None:
    rig = Rig()
    rig.program(0, 2, 4)
    rig.run(2 + 2 * 3)
    assert rig.status(0) >> 7 == 0
    rig.program(0, 2, 100)
    assert rig.edges[0] == [(0, 1), (8, 0), (8, 1)]


def test_rtclk_is_a_period_and_never_an_event() -> None:
    rig = Rig()
    rig.program(1, 3, 8)
    assert rig.periods == [16]
    assert rig.scheduler.headroom(10**9) == 10**9
    assert rig.edges[1] == []
    rig.tcu.listen(1, True)
    rig.run(100)
    assert [clock for clock, level in rig.edges[1] if level] == [0, 18, 34, 50, 66, 82, 98]
    rig.tcu.listen(1, False)
    assert rig.scheduler.headroom(10**9) == 10**9


def test_rtclk_stops_in_an_aperiodic_mode() -> None:
    rig = Rig()
    rig.program(1, 2, 8)
    rig.program(1, 0, 8)
    assert rig.periods == [16, None]


def test_gate_of_timer_2() -> None:
    rig = Rig()
    rig.program(2, 0, 5)
    rig.run(2 + 2 * 2)
    rig.tcu.set_gate(0)
    rig.run(100)
    assert rig.count(2) == 3
    rig.tcu.set_gate(1)
    rig.run(200)
    assert rig.edges[2] == [(106, 1)]


def test_button_reset_leaves_it_running_and_power_stops_it() -> None:
    rig = Rig()
    rig.program(0, 2, 100)
    rig.tcu.reset("button")
    rig.run(1000)
    assert len(rig.edges[0]) > 5
    rig.tcu.reset("power")
    assert rig.lines[0].level == 0
    assert rig.scheduler.headroom(10**9) == 10**9


def test_unlistened_and_unprogrammed_timers_schedule_nothing() -> None:
    rig = Rig()
    assert rig.scheduler.headroom(12345) == 12345


@settings(deadline=None)
@given(
    mode=st.sampled_from([0, 2, 3, 4]), count=st.integers(0, 40), tcks=st.integers(0, 3), cut=st.integers(0, 400),
    latch=st.booleans(),
)
def test_snapshot_in_mid_count_continues_the_same(mode: int, count: int, tcks: int, cut: int, latch: bool) -> None:
    rig, twin = Rig(tcks), Rig()
    rig.program(0, mode, count)
    rig.program(2, 3, count + 2)
    rig.run(cut)
    if latch:
        rig.tcu.write(3, 0x00)
        rig.tcu.read(0)
    twin.tcu.restore(rig.tcu.snapshot())
    twin.scheduler.restore(rig.scheduler.snapshot())
    twin.edges[0].clear()
    twin.edges[2].clear()
    here = [len(edges) for edges in rig.edges]
    for r in (rig, twin):
        r.run(cut + 777)
    for n in (0, 2):
        assert twin.edges[n] == rig.edges[n][here[n]:]
    assert [twin.tcu.read(0) for _ in range(3)] == [rig.tcu.read(0) for _ in range(3)]
    assert twin.tcu.snapshot() == rig.tcu.snapshot()


# --- against a reference that knows nothing but single pulses ------------------------------------------------------


OPS = st.one_of(
    st.tuples(st.just("control"), st.integers(0, 11)),
    st.tuples(st.just("write"), st.integers(0, 9)),
    st.tuples(st.just("write"), st.integers(0, 9999)),
    st.tuples(st.just("half"), st.just(0)),
    st.tuples(st.just("gate"), st.integers(0, 1)),
    st.tuples(st.just("run"), st.integers(1, 40)),
    st.tuples(st.just("run"), st.integers(1, 40)),
)


@settings(deadline=None)
@given(st.lists(OPS, max_size=30))
def test_counter_equals_the_pulse_by_pulse_model(ops: list[tuple[str, int]]) -> None:
    counter, model = Counter(), reference_tcu.Counter()
    for op, value in ops:
        if op == "control":
            counter.control(value % 6, value > 5)
            model.control(value % 6, value > 5)
        elif op == "write":
            counter.write_count(value)
            model.write(value)
        elif op == "half":
            counter.hold()
            model.first_byte_written()
        elif op == "gate":
            counter.set_gate(value)
            model.set_gate(value)
        else:
            change = counter.next_change()
            for tick in range(1, value + 1):
                before = model.out
                model.pulse()
                if change is None or tick < change:
                    assert model.out == before, "the output moved before next_change said so"
            counter.advance(value)
        assert (counter.out, counter.null) == (model.out, model.null)
        if model.running:
            assert counter.value() == model.value()


@pytest.mark.parametrize("mode", [0, 1, 2, 3, 4, 5])
def test_every_change_is_found_by_next_change(mode: int) -> None:
    for count in range(2, 9):
        counter, model = programmed(mode, count, gate=0), reference_tcu.Counter()
        model.gate = 0
        model.control(mode, False)
        model.write(count)
        for c in (counter, model):
            c.set_gate(1)  # type: ignore[attr-defined]
        expected, out = [], model.out
        for tick in range(1, 60):
            model.pulse()
            if model.out != out:
                out = model.out
                expected.append(tick)
        found, tick = [], 0
        while (step := counter.next_change()) is not None and tick + step < 60:
            counter.advance(step)
            tick += step
            found.append(tick)
        assert found == expected


DECIMAL = st.tuples(st.integers(0, 9), st.integers(0, 9)).map(lambda digits: digits[0] << 4 | digits[1])


class TcuMachine(RuleBasedStateMachine):
    """All three timers through their registers, at every stop every count, status and line compared."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0
        self.rig = Rig()
        self.timers = [reference_tcu.Timer() for _ in range(3)]
        self.shift: list[int | None] = [1, 1, 1]
        self.outs = [0, 0, 0]
        self.rises = [0, 0, 0]
        self.listening = False

    def note(self) -> None:
        for n, timer in enumerate(self.timers):
            self.rises[n] += timer.counter.out > self.outs[n]
            self.outs[n] = timer.counter.out

    @rule(n=st.integers(0, 2), access=st.integers(1, 3), mode=st.integers(0, 7), bcd=st.integers(0, 1))
    def mode_word(self, n: int, access: int, mode: int, bcd: int) -> None:
        word = n << 6 | access << 4 | mode << 1 | bcd
        self.rig.tcu.write(3, word)
        self.timers[n].mode_word(word)
        self.note()

    @rule(n=st.integers(0, 2), high=st.integers(0, 1), low=st.one_of(st.sampled_from(range(10)), DECIMAL))
    def whole_count(self, n: int, low: int, high: int) -> None:
        for byte in (low, high) if self.timers[n].access == "both" and not self.timers[n].written else (low,):
            self.write(n, byte)

    @rule(n=st.integers(0, 2), byte=DECIMAL)
    def write(self, n: int, byte: int) -> None:
        self.rig.tcu.write(n, byte)
        self.timers[n].write(byte)
        self.note()

    @rule(n=st.integers(0, 2))
    def latch(self, n: int) -> None:
        self.rig.tcu.write(3, n << 6)
        self.timers[n].latch(True, False)

    @rule(bits=st.integers(0, 63))
    def multiple_latch(self, bits: int) -> None:
        self.rig.tcu.write(3, 0xC0 | bits)
        for n, timer in enumerate(self.timers):
            if bits & 2 << n:
                timer.latch(not bits & 0x20, not bits & 0x10)

    @rule(n=st.integers(0, 2))
    def read(self, n: int) -> None:
        timer = self.timers[n]
        known = timer.status_latch is not None or self.defined(timer)
        assert self.rig.tcu.read(n) == timer.read() or not known

    @staticmethod
    def defined(timer: reference_tcu.Timer) -> bool:
        """The sheet says what a read of the count gives."""
        return timer.counter.running if timer.count_latch is None else timer.defined

    @rule(level=st.integers(0, 1))
    def gate(self, level: int) -> None:
        self.rig.tcu.set_gate(level)
        self.timers[2].counter.set_gate(level)
        self.note()

    @rule(pins=st.one_of(st.just(0), st.integers(0, 7)), prescale=st.integers(0, 3))
    def clocks(self, pins: int, prescale: int) -> None:
        self.rig.tcu.set_tcks(pins << 2 | prescale)
        self.shift = [None if pins >> n & 1 else prescale + 1 for n in range(3)]

    @rule(on=st.booleans())
    def listen_to_timer_1(self, on: bool) -> None:
        self.rig.tcu.listen(1, on)
        self.listening = on
        self.rises[1] = sum(level for _, level in self.rig.edges[1])

    @rule(kind=st.sampled_from(["button", "button", "power"]))
    def reset(self, kind: str) -> None:
        self.rig.tcu.reset(kind)
        if kind == "power":
            for n, timer in enumerate(self.timers):
                self.timers[n] = reference_tcu.Timer(timer.counter.gate)
        self.note()

    @rule(clocks=st.integers(1, 200))
    def run(self, clocks: int) -> None:
        for _ in range(clocks):
            self.now += 1
            for timer, shift in zip(self.timers, self.shift, strict=True):
                if shift is not None and self.now % (1 << shift) == 0:
                    timer.counter.pulse()
            self.note()
        self.rig.run(self.now)

    @rule()
    def save_and_continue_in_another(self) -> None:
        old, self.rig = self.rig, Rig()
        self.rig.tcu.restore(old.tcu.snapshot())
        self.rig.scheduler.restore(old.scheduler.snapshot())
        self.rig.edges[:] = old.edges
        for line, edges in zip(self.rig.lines, self.rig.edges, strict=True):
            line.connect(lambda level, edges=edges: edges.append((self.rig.scheduler.now, level)))

    @invariant()
    def same_counts_and_lines(self) -> None:
        saved = self.rig.tcu.snapshot()
        for n, timer in enumerate(self.timers):
            counter, seen = timer.counter, saved["channels"][n]
            self.rig.tcu.write(3, 0xE0 | 2 << n)
            if timer.status_latch is None:
                assert self.rig.tcu.peek(n) == counter.out << 7 | counter.null << 6 | timer.word
            if self.defined(timer):
                self.rig.tcu.restore({**saved, "channels": [
                    {**seen, "status": None} if place == n else other for place, other in enumerate(saved["channels"])
                ]})
                count = counter.value() if timer.count_latch is None else timer.count_latch
                high = timer.access == "high" or (timer.access == "both" and timer.read_one)
                assert self.rig.tcu.peek(n) == (count >> 8 if high else count & 0xFF)
            self.rig.tcu.restore(saved)
            if n != 1 or self.listening:
                late = counter.mode in (2, 4, 5) and not counter.out
                assert self.rig.lines[n].level == counter.out or late
                assert sum(level for _, level in self.rig.edges[n]) == self.rises[n]


TcuMachine.TestCase.settings = settings(max_examples=120, stateful_step_count=40, deadline=None)
TestTcuAgainstReference = TcuMachine.TestCase


@settings(deadline=None)
@given(
    mode=st.sampled_from([2, 3]), tcks=st.integers(0, 3), start=st.integers(0, 50), counts=st.lists(
        st.tuples(st.integers(2, 9), st.integers(0, 150)), min_size=1, max_size=4
    ),
)
def test_rtclk_is_told_a_fall_that_comes(
    mode: int, tcks: int, start: int, counts: list[tuple[int, int]]
) -> None:
    """Whatever counts are written when, the falls of the output are at the clock told and its periods after it."""
    told: list[tuple[int | None, int]] = []
    scheduler, timer = Scheduler(), reference_tcu.Timer()
    tcu = Tcu(scheduler, Line("0"), Line("1"), Line("2"), lambda period, fall: told.append((period, fall)))
    tcu.set_tcks(tcks)
    now = start
    scheduler.run_due(now)
    tcu.write(3, 0x50 | mode << 1)
    timer.mode_word(0x10 | mode << 1)
    for count, clocks in counts:
        tcu.write(1, count)
        timer.write(count)
        period, fall = told[-1]
        falls = []
        for clock in range(now + 1, now + clocks + 1):
            before = timer.counter.out
            if clock % (2 << tcks) == 0:
                timer.counter.pulse()
            if before and not timer.counter.out:
                falls.append(clock)
        assert period is not None
        first = fall if fall > now else fall + ((now - fall) // period + 1) * period
        assert falls == list(range(first, now + clocks + 1, period))
        now += clocks
        scheduler.run_due(now)

"""TCU: against a model that knows the next pulse only; what is read, saved and told of the future is the same."""

from __future__ import annotations

import pytest
import reference_tcu
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from tcu_rig import Rig, programmed

from korgm1.clock import Scheduler
from korgm1.line import Line
from korgm1.onchip.tcu import Tcu
from korgm1.onchip.tcu_counter import Counter


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

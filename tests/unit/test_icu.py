"""ICU: the scenarios of the data sheet, and a Hypothesis machine against an independent reference model."""

from __future__ import annotations

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from korgm1.line import Line
from korgm1.onchip.icu import Icu

EDGE, LEVEL = 0x13, 0x1B
FI, IRQ, IIS, POLL = 0x20, 0x0A, 0x0B, 0x0C


class Rig:
    def __init__(self, iiw1: int = EDGE, iiw4: int = 0x01, imk: int = 0x00) -> None:
        self.line = Line("INT")
        self.icu = Icu(self.line)
        self.icu.reset("power")
        for level in range(8):
            self.icu.set_input(level, 0)
        self.icu.write(0, iiw1)
        self.icu.write(1, 0x20)
        if not iiw1 & 2:
            self.icu.write(1, 0x20)
        if iiw1 & 1:
            self.icu.write(1, iiw4)
        self.icu.write(1, imk)

    def pulse(self, *levels: int) -> None:
        for level in levels:
            self.icu.set_input(level, 0)
            self.icu.set_input(level, 1)

    def register(self, select: int) -> int:
        self.icu.write(0, select)
        return self.icu.read(0)

    @property
    def int(self) -> int:
        return self.line.level


def test_nothing_happens_before_initialisation_is_complete() -> None:
    line = Line("INT")
    icu = Icu(line)
    icu.reset("power")
    icu.set_input(0, 1)
    assert line.level == 0
    icu.write(0, EDGE)
    icu.set_input(0, 0)
    icu.set_input(0, 1)
    icu.write(1, 0x40)
    assert line.level == 0
    icu.write(1, 0x01)
    assert line.level == 1
    assert icu.acknowledge() == 0x40


def test_iiw3_is_expected_only_without_sngl_and_iiw4_only_with_ii4() -> None:
    icu = Icu(Line("INT"))
    icu.write(0, 0x12)
    icu.write(1, 0x20)
    icu.write(1, 0x55)
    assert icu.read(1) == 0x55
    icu.write(0, 0x11)
    for word in (0x20, 0x00, 0x01, 0xAA):
        icu.write(1, word)
    assert icu.read(1) == 0xAA


def test_edge_mode_needs_an_edge_and_iiw1_resets_the_detectors() -> None:
    rig = Rig()
    rig.pulse(3)
    assert rig.int == 1
    rig.icu.write(0, EDGE)
    rig.icu.write(1, 0x20)
    rig.icu.write(1, 0x01)
    assert rig.int == 0
    assert rig.register(IRQ) == 0
    rig.pulse(3)
    assert (rig.int, rig.icu.acknowledge()) == (1, 0x23)


def test_priority_nesting_and_normal_fi() -> None:
    rig = Rig()
    rig.pulse(4, 2)
    assert rig.icu.acknowledge() == 0x22
    assert rig.int == 0, "4 waits for 2"
    rig.pulse(1)
    assert rig.int == 1
    assert rig.icu.acknowledge() == 0x21
    assert rig.register(IIS) == 0b0110
    rig.icu.write(0, FI)
    assert rig.register(IIS) == 0b0100
    rig.icu.write(0, FI)
    assert (rig.int, rig.icu.acknowledge()) == (1, 0x24)


def test_specific_fi_ends_the_level_named() -> None:
    rig = Rig()
    rig.pulse(5)
    rig.icu.acknowledge()
    rig.pulse(2)
    rig.icu.acknowledge()
    rig.icu.write(0, 0x60 | 5)
    assert rig.register(IIS) == 1 << 2


def test_mask_holds_requests_back_but_not_off() -> None:
    rig = Rig(imk=0x08)
    rig.pulse(3)
    assert rig.int == 0
    assert rig.register(IRQ) == 0x08
    rig.icu.write(1, 0x00)
    assert rig.int == 1


def test_request_withdrawn_before_the_acknowledge_is_delivered_as_level_7() -> None:
    rig = Rig()
    rig.pulse(2)
    rig.icu.set_input(2, 0)
    assert rig.int == 0
    assert rig.icu.acknowledge() == 0x27
    assert rig.register(IIS) == 0
    rig.pulse(7)
    assert rig.icu.acknowledge() == 0x27
    assert rig.register(IIS) == 0x80


def test_one_edge_is_one_interrupt() -> None:
    rig = Rig()
    rig.pulse(0)
    rig.icu.acknowledge()
    rig.icu.write(0, FI)
    assert rig.int == 0
    rig.pulse(0)
    assert rig.int == 1


def test_level_mode_requests_as_long_as_the_input_is_high() -> None:
    rig = Rig(LEVEL)
    rig.icu.set_input(1, 1)
    assert rig.icu.acknowledge() == 0x21
    assert rig.int == 0
    rig.icu.write(0, FI)
    assert rig.int == 1, "not served at the source: again"
    rig.icu.set_input(1, 0)
    assert rig.int == 0


def test_what_the_tcu_feeds_is_edge_triggered_in_level_mode_too() -> None:
    rig = Rig(LEVEL)
    rig.pulse(0)
    rig.icu.acknowledge()
    rig.icu.write(0, FI)
    assert rig.int == 0
    rig.icu.set_edge_only(2, True)
    rig.pulse(2)
    rig.icu.acknowledge()
    rig.icu.write(0, FI)
    assert rig.int == 0
    rig.icu.set_edge_only(2, False)
    assert rig.int == 1


def test_open_intp_pins_read_high() -> None:
    icu = Icu(line := Line("INT"))
    icu.reset("power")
    for word in ((0, LEVEL), (1, 0x20), (1, 0x01), (1, 0x07)):
        icu.write(*word)
    assert line.level == 1
    assert icu.peek(0) == 0xFE
    icu = Icu(line := Line("INT"))
    for word in ((0, EDGE), (1, 0x20), (1, 0x01), (1, 0x00)):
        icu.write(*word)
    assert line.level == 0


def test_self_fi_leaves_nothing_in_service_and_can_rotate() -> None:
    rig = Rig(iiw4=0x03)
    rig.pulse(3, 4)
    assert rig.icu.acknowledge() == 0x23
    assert rig.register(IIS) == 0
    rig.icu.write(0, 0x80)
    assert rig.icu.acknowledge() == 0x24
    rig.pulse(4, 5)
    assert rig.icu.acknowledge() == 0x25, "4 has become the lowest"
    rig.icu.write(0, 0x00)
    assert rig.icu.acknowledge() == 0x24
    rig.pulse(4, 6)
    assert rig.icu.acknowledge() == 0x26, "rotation is off again: 5 is still the lowest"


@pytest.mark.parametrize(("command", "next_vector"), [(0xA0, 0x25), (0xE0 | 5, 0x26), (0x20, 0x24)])
def test_rotation_on_finish(command: int, next_vector: int) -> None:
    rig = Rig()
    rig.pulse(4)
    rig.icu.acknowledge()
    rig.icu.write(0, command)
    rig.icu.write(0, 0x60 | 4)
    rig.pulse(4, 5, 6)
    assert rig.icu.acknowledge() == next_vector


def test_setting_the_lowest_level() -> None:
    rig = Rig()
    rig.icu.write(0, 0xC0 | 2)
    rig.pulse(0, 2, 3)
    order = []
    for _ in range(3):
        order.append(rig.icu.acknowledge())
        rig.icu.write(0, FI)
    assert order == [0x23, 0x20, 0x22]
    rig.icu.write(0, 0x40)
    rig.pulse(2, 3)
    assert rig.icu.acknowledge() == 0x23, "010 does nothing"


def test_exceptional_nesting_lets_lower_levels_in() -> None:
    rig = Rig()
    rig.pulse(2, 5)
    rig.icu.acknowledge()
    assert rig.int == 0
    rig.icu.write(1, 0x04)
    assert rig.int == 0
    rig.icu.write(0, 0x68)
    assert (rig.int, rig.icu.acknowledge()) == (1, 0x25)
    rig.icu.write(0, FI)
    assert rig.register(IIS) == 0x04, "normal FI passes over the masked level"
    rig.pulse(5)
    assert rig.int == 1
    rig.icu.write(0, 0x48)
    assert rig.int == 0


def test_polling_acknowledges_once() -> None:
    rig = Rig()
    rig.pulse(6)
    rig.icu.write(0, POLL)
    assert rig.icu.peek(0) == 0x86
    assert rig.int == 1
    assert rig.icu.read(0) == 0x86
    assert rig.int == 0
    assert rig.icu.read(0) == 0x00, "IRQ again"
    assert rig.register(IIS) == 0x40
    rig.icu.write(0, POLL)
    assert rig.icu.read(0) == 0x00


def test_polling_lasts_until_a_read_and_a_read_of_the_mask_acknowledges_too() -> None:
    rig = Rig()
    rig.pulse(6)
    rig.icu.write(0, POLL)
    rig.icu.write(0, 0x08)
    rig.icu.write(0, FI)
    assert rig.icu.peek(0) == 0x86, "POL = 0 is no operation"
    assert rig.icu.read(1) == 0x00
    assert rig.int == 0
    assert rig.register(IIS) == 0x40


def test_a_withdrawn_request_is_answered_by_the_slave_at_level_7() -> None:
    rig = Rig(iiw1=0x10)
    rig.icu.write(0, 0x10)
    for word in (0x20, 0x80, 0x00):
        rig.icu.write(1, word)
    rig.pulse(2)
    rig.icu.set_input(2, 0)
    assert rig.icu.acknowledge() == 0xFF
    assert rig.register(IIS) == 0


def test_register_selection_is_kept_over_polls_and_commands() -> None:
    rig = Rig()
    rig.pulse(1)
    rig.icu.acknowledge()
    assert rig.register(IIS) == 0x02
    rig.icu.write(0, 0x68)
    assert rig.icu.read(0) == 0x02
    assert rig.register(IRQ) == 0x00


def test_slave_levels_take_their_vector_from_the_bus_and_extended_nesting_lets_them_again() -> None:
    rig = Rig(iiw1=0x11, iiw4=0x11)
    rig.pulse(5)
    assert rig.icu.acknowledge() == 0xFF
    rig.pulse(5)
    assert rig.int == 1
    rig.pulse(6)
    rig.icu.set_input(5, 0)
    assert rig.int == 0
    plain = Rig(iiw1=0x11, iiw4=0x01)
    plain.pulse(5)
    plain.icu.acknowledge()
    plain.pulse(5)
    assert plain.int == 0


def test_reset_by_button_keeps_the_state_and_by_power_does_not() -> None:
    rig = Rig(imk=0xF0)
    rig.pulse(1)
    rig.icu.reset("button")
    assert (rig.int, rig.icu.read(1)) == (1, 0xF0)
    rig.icu.reset("power")
    assert (rig.int, rig.icu.read(1)) == (0, 0x00)


class Reference:
    """The data sheet again, in sets and a priority list instead of bits."""

    def __init__(self) -> None:
        self.inputs: set[int] = set()
        self.rises: set[int] = set()
        self.tcu_fed = {0}
        self.words_due: list[str] | None = None
        self.begin(0x13)
        self.words_due = None
        self.ready = False

    def begin(self, iiw1: int) -> None:
        self.edge = not iiw1 & 8
        self.words_due = ["vector"]
        if not iiw1 & 2:
            self.words_due.append("slaves")
        if iiw1 & 1:
            self.words_due.append("options")
        self.rises.clear()
        self.mask: set[int] = set()
        self.serving: list[int] = []
        self.slaves: set[int] = set()
        self.order = list(range(8))
        self.base = getattr(self, "base", 0)
        self.extended = self.auto = self.auto_rotate = self.special = self.show_serving = self.polling = False
        self.ready = False

    def odd_write(self, value: int) -> None:
        bits = {n for n in range(8) if value >> n & 1}
        if not self.words_due:
            self.mask = bits
            return
        word = self.words_due.pop(0)
        if word == "vector":
            self.base = value // 8 * 8
        elif word == "slaves":
            self.slaves = bits - {0}
        else:
            self.extended, self.auto = 4 in bits, 1 in bits
        self.ready = not self.words_due

    def requests(self) -> list[int]:
        def asks(n: int) -> bool:
            return n in (self.rises if self.edge or n in self.tcu_fed else self.inputs)

        return [n for n in self.order if asks(n)]

    def winner(self) -> int | None:
        for n in self.order:
            busy = n in self.serving and not (self.special and n in self.mask)
            wants = n in self.requests() and n not in self.mask
            if wants and (not busy or (self.extended and n in self.slaves)):
                return n
            if busy:
                return None
        return None

    def take(self, n: int) -> None:
        self.rises.discard(n)
        if not self.auto:
            if n not in self.serving:
                self.serving.append(n)
        elif self.auto_rotate:
            self.make_lowest(n)

    def poll(self) -> int | None:
        """The first read after the polling command, of either register, acknowledges."""
        self.polling = False
        n = self.winner()
        if n is not None:
            self.take(n)
        return n

    def make_lowest(self, n: int) -> None:
        at = self.order.index(n) + 1
        self.order = self.order[at:] + self.order[:at]

    def finish(self, value: int) -> None:
        rp, sil, fi = value >> 7 & 1, value >> 6 & 1, value >> 5 & 1
        if (rp, sil, fi) == (1, 1, 0):
            self.make_lowest(value & 7)
        elif not sil and not fi:
            self.auto_rotate = bool(rp)
        elif fi:
            if sil:
                n: int | None = value & 7
            else:
                n = next((n for n in self.order if n in self.serving and not (self.special and n in self.mask)), None)
            if n is not None:
                if n in self.serving:
                    self.serving.remove(n)
                if rp:
                    self.make_lowest(n)


class IcuMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.line = Line("INT")
        self.icu = Icu(self.line)
        self.icu.reset("power")
        self.ref = Reference()
        for n in range(8):
            self.icu.set_input(n, 0)

    @rule(value=st.integers(0, 15))
    def initialise(self, value: int) -> None:
        self.icu.write(0, 0x10 | value)
        self.ref.begin(0x10 | value)

    @rule(iiw1=st.integers(0, 15), slaves=st.integers(0, 255), iiw4=st.sampled_from([0x01, 0x03, 0x11, 0x13]))
    def initialise_at_once(self, iiw1: int, slaves: int, iiw4: int) -> None:
        self.initialise(iiw1)
        for word in (0x40, *(() if iiw1 & 2 else (slaves,)), *((iiw4,) if iiw1 & 1 else ())):
            self.next_word(word)

    @rule(levels=st.lists(st.integers(0, 7), min_size=1, max_size=3), rotate=st.sampled_from([0x00, 0x80, 0x20]))
    def interrupts(self, levels: list[int], rotate: int) -> None:
        self.finish(rotate)
        for n in levels:
            self.wire(n, 0)
            self.wire(n, 1)
            self.acknowledge()

    @precondition(lambda self: self.ref.words_due)
    @rule(value=st.integers(0, 255))
    def next_word(self, value: int) -> None:
        self.icu.write(1, value)
        self.ref.odd_write(value)

    @rule(value=st.integers(0, 255))
    def mask(self, value: int) -> None:
        self.icu.write(1, value)
        self.ref.odd_write(value)

    @rule(n=st.integers(0, 7), level=st.integers(0, 1))
    def wire(self, n: int, level: int) -> None:
        self.icu.set_input(n, level)
        if level and n not in self.ref.inputs:
            self.ref.rises.add(n)
        if not level:
            self.ref.rises.discard(n)
        (self.ref.inputs.add if level else self.ref.inputs.discard)(n)

    @rule(on=st.booleans())
    def route_timer_1(self, on: bool) -> None:
        self.icu.set_edge_only(2, on)
        (self.ref.tcu_fed.add if on else self.ref.tcu_fed.discard)(2)

    @rule(value=st.integers(0, 255).map(lambda v: v & 0xE7))
    def finish(self, value: int) -> None:
        self.icu.write(0, value)
        self.ref.finish(value)

    @rule(value=st.integers(0, 255).map(lambda v: v & 0xE7 | 8))
    def mode(self, value: int) -> None:
        self.icu.write(0, value)
        if value & 0x40:
            self.ref.special = bool(value & 0x20)
        if value & 2:
            self.ref.show_serving = bool(value & 1)
        self.ref.polling |= bool(value & 4)

    @rule()
    def acknowledge(self) -> None:
        n = self.ref.winner()
        level = 7 if n is None else n
        if n is not None:
            self.ref.take(n)
        assert self.icu.acknowledge() == (0xFF if level in self.ref.slaves else self.ref.base + level)

    @rule()
    def read(self) -> None:
        peeked = self.icu.peek(0)
        if self.ref.polling:
            n = self.ref.poll()
            expect = 0 if n is None else 0x80 | n
        else:
            expect = sum(1 << n for n in (self.ref.serving if self.ref.show_serving else self.ref.requests()))
        assert peeked == self.icu.read(0) == expect

    @rule()
    def read_the_mask(self) -> None:
        assert self.icu.read(1) == sum(1 << n for n in self.ref.mask)
        if self.ref.polling:
            self.ref.poll()

    @rule()
    def save_and_continue_in_another(self) -> None:
        block = self.icu.snapshot()
        self.line = Line("INT")
        self.icu = Icu(self.line)
        self.icu.restore(block)
        assert self.icu.snapshot() == block

    @invariant()
    def same_int_and_mask(self) -> None:
        assert self.line.level == (self.ref.ready and self.ref.winner() is not None)
        assert self.icu.peek(1) == sum(1 << n for n in self.ref.mask)


IcuMachine.TestCase.settings = settings(max_examples=150, stateful_step_count=60, deadline=None)
TestIcuAgainstReference = IcuMachine.TestCase

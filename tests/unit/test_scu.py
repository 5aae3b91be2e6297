"""SCU: registers, exact character times, SINT, errors, wrong baud rates, save and continue."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from reference_scu import Reference

from korgm1.clock import Scheduler
from korgm1.line import Line
from korgm1.onchip.scu import Scu
from korgm1.onchip.scu_clock import format_of
from korgm1.serial_frame import Frame, encode, falling_edge, level, rising_edge, sample

MIDI = 0x4E
TE, RE, SBRK, ECL = 0x01, 0x04, 0x08, 0x10
TBRDY, RBRDY, PE, OVE, FE, BKD = 0x01, 0x02, 0x08, 0x10, 0x20, 0x40


class Rig:
    def __init__(self, smd: int = MIDI, scm: int = TE | RE, rtclk: int | None = 16, simk: int = 3) -> None:
        self.scheduler = Scheduler()
        self.sint = Line("SINT")
        self.sent: list[Frame] = []
        self.scu = Scu(self.scheduler, self.sint, self.sent.append)
        self.scu.reset("power")
        self.scu.set_pins(True)
        self.scu.set_rtclk(rtclk, 0)
        self.scu.write(2, smd)
        self.scu.write(1, scm)
        self.scu.write(3, simk)

    def run(self, clock: int) -> None:
        self.scheduler.run_due(clock)

    def hear(self, value: int, at: int, bit: int = 256, **how: int) -> Frame:
        frame = encode(value, at, bit, **how)  # type: ignore[arg-type]
        self.run(at)
        self.scu.receive_frame(frame)
        return frame

    @property
    def sst(self) -> int:
        assert self.scu.peek(1) == self.scu.read(1)
        return self.scu.read(1)

    def bytes_sent(self) -> list[tuple[int, int]]:
        return [(f.start, sample((f,), f.start, f.bit, f.length) >> 1 & 0xFF) for f in self.sent]


def test_reset_values() -> None:
    rig = Rig(scm=0)
    rig.scu.write(0, 0x55)
    rig.scu.reset("button")
    assert rig.sst == 0b10000100
    assert rig.scu.read(3) == 3
    assert rig.scu.read(2) == 0xFF
    rig.scu.write(1, TE)
    rig.scu.write(0, 0x7F)
    rig.run(10**6)
    assert [frame.length for frame in rig.sent] == [9], "7 bits, 1 stop"
    assert rig.sent[0].bit == 16 * 64


def test_tbrdy_shows_only_after_te_was_set() -> None:
    rig = Rig(scm=0)
    assert not rig.sst & TBRDY
    rig.scu.write(1, TE)
    assert rig.sst & TBRDY
    rig.scu.write(1, 0)
    assert rig.sst & TBRDY
    other = Scu(Scheduler(), Line("SINT"), rig.sent.append, tbrdy_after_te=False)
    assert other.read(1) & TBRDY


def test_transmitter_is_double_buffered_and_exact() -> None:
    rig = Rig()
    rig.run(100)
    rig.scu.write(0, 0x90)
    assert rig.sst & TBRDY, "straight into the idle shifter"
    rig.scu.write(0, 0x3C)
    assert not rig.sst & TBRDY
    rig.run(256 + 2559)
    assert (rig.sent, rig.sst & TBRDY) == ([], 0)
    rig.run(256 + 2560)
    assert len(rig.sent) == 1
    assert rig.sst & TBRDY
    rig.run(256 + 5120)
    assert rig.bytes_sent() == [(256, 0x90), (2816, 0x3C)], "the start bit waits for an edge of the divided RTCLK"
    assert rig.sent[1].end == 256 + 5120


def test_stb_waits_for_te_and_is_sent_after_te_falls() -> None:
    rig = Rig(scm=0)
    rig.scu.write(0, 0x11)
    rig.run(10_000)
    assert rig.sent == []
    rig.scu.write(1, TE)
    rig.scu.write(0, 0x22)
    rig.scu.write(1, 0)
    rig.run(30_000)
    assert rig.bytes_sent() == [(10_240, 0x11), (12_800, 0x22)]
    rig.scu.write(0, 0x33)
    rig.run(60_000)
    assert len(rig.sent) == 2


@pytest.mark.parametrize(("te", "tm", "expect"), [(1, 0, 1), (1, 1, 0), (0, 0, 0)])
def test_sint_of_the_transmitter(te: int, tm: int, expect: int) -> None:
    rig = Rig(scm=TE)
    rig.scu.write(1, TE if te else 0)
    rig.scu.write(3, tm << 1 | 1)
    assert rig.sint.level == expect
    rig.scu.write(0, 1)
    assert rig.sint.level == expect
    rig.scu.write(0, 2)
    assert rig.sint.level == 0


def test_sint_rises_when_stb_is_free_again_and_falls_at_reset() -> None:
    rig = Rig(simk=1)
    edges: list[tuple[int, int]] = []
    rig.sint.connect(lambda level: edges.append((rig.scheduler.now, level)))
    rig.scu.write(0, 1)
    rig.scu.write(0, 2)
    rig.run(2560)
    assert edges == [(0, 0), (2560, 1)]
    rig.scu.set_rtclk(None, 0)
    rig.run(10_000)
    rig.scu.write(0, 3)
    rig.scu.reset("button")
    rig.scu.write(3, 1)
    rig.scu.write(1, TE)
    rig.scu.write(0, 4)
    assert rig.sint.level == 0
    rig.scu.set_rtclk(16, 0)
    assert rig.sint.level == 1
    rig.scu.reset("button")
    assert rig.sint.level == 0


@pytest.mark.parametrize(("re", "rm", "expect"), [(1, 0, 1), (1, 1, 0), (0, 0, 0)])
def test_sint_of_the_receiver(re: int, rm: int, expect: int) -> None:
    rig = Rig(simk=2 | rm)
    rig.hear(0x42, 1000)
    rig.run(5000)
    rig.scu.write(1, RE if re else 0)
    assert rig.sint.level == expect
    assert rig.scu.peek(0) == 0x42
    assert rig.sint.level == expect
    assert rig.scu.read(0) == 0x42
    assert rig.sint.level == 0


def test_character_is_ready_in_the_middle_of_the_stop_bit() -> None:
    rig = Rig(simk=2)
    rig.hear(0xC5, 1000)
    rig.run(1008 + 9 * 256 + 127)
    assert not rig.sst & RBRDY
    rig.run(1008 + 9 * 256 + 128)
    assert rig.sst & (RBRDY | FE | OVE | PE) == RBRDY
    assert (rig.sint.level, rig.scu.read(0)) == (1, 0xC5)
    assert not rig.sst & RBRDY


def test_back_to_back_characters_and_overrun() -> None:
    rig = Rig()
    for n, value in enumerate((1, 2, 3)):
        rig.hear(value, 2560 * n)
    rig.run(10_000)
    assert rig.sst & (RBRDY | OVE) == RBRDY | OVE
    assert rig.scu.read(0) == 3, "the old one is overwritten"
    assert rig.sst & OVE, "until ECL"
    rig.scu.write(1, TE | RE | ECL)
    assert not rig.sst & OVE
    rig.hear(4, 20_000)
    rig.run(30_000)
    assert (rig.sst & (OVE | RBRDY), rig.scu.read(0)) == (RBRDY, 4)


@pytest.mark.parametrize(("ps", "parity"), [(0x10, 1), (0x30, 0)])
@pytest.mark.parametrize(("cl", "data"), [(0x08, 7), (0x0C, 8)])
def test_parity_and_character_length(ps: int, parity: int, cl: int, data: int) -> None:
    rig = Rig(smd=0x42 | ps | cl)
    rig.hear(0xA7, 0, data=data, parity=parity)
    rig.run(5000)
    assert not rig.sst & PE
    assert rig.scu.read(0) == 0xA7 & ((1 << data) - 1)
    rig.hear(0xA7, 10_000, data=data, parity=1 - parity)
    rig.run(15_000)
    assert rig.sst & PE
    rig.scu.write(0, 0xA7)
    rig.run(20_000)
    assert rig.sent == [encode(0xA7, 15_104, 256, data, parity, 1)]


def test_two_stop_bits_and_divide_by_64() -> None:
    rig = Rig(smd=0xCF)
    rig.scu.write(0, 0x81)
    rig.run(11 * 1024 - 1)
    assert rig.sent == []
    rig.run(11 * 1024)
    assert rig.sent == [encode(0x81, 0, 1024, stop=2)]


def test_smd_may_be_rewritten_at_any_time_and_spares_the_running_character() -> None:
    rig = Rig()
    rig.scu.write(0, 0x55)
    rig.run(1000)
    rig.scu.write(2, 0x4F)
    rig.scu.write(0, 0xAA)
    rig.run(2560)
    assert rig.bytes_sent() == [(0, 0x55)]
    rig.run(3072 + 10 * 1024)
    assert rig.bytes_sent()[1] == (3072, 0xAA), "the next bit of 64 RTCLKs begins there"


def test_missing_stop_bit_is_a_framing_error_and_a_low_wire_a_break() -> None:
    rig = Rig()
    rig.scu.receive_frame(Frame(0, 256, 10, 0x41 << 1))
    rig.run(3000)
    assert rig.sst & (FE | BKD | RBRDY) == FE | RBRDY
    assert rig.scu.read(0) == 0x41
    rig.scu.write(1, TE | RE | ECL)
    rig.run(10_000)
    rig.scu.receive_frame(Frame(10_000, 5000, 1, 0))
    rig.run(14_999)
    assert rig.sst & (FE | BKD | RBRDY) == FE | BKD | RBRDY
    assert rig.scu.read(0) == 0
    rig.run(15_000)
    assert not rig.sst & BKD, "the wire is high again"
    rig.hear(0x77, 20_000)
    rig.run(25_000)
    assert rig.scu.read(0) == 0x77


def test_short_spike_is_no_start_bit() -> None:
    rig = Rig()
    rig.scu.receive_frame(Frame(0, 100, 2, 0b10))
    rig.hear(0x12, 300)
    rig.run(304 + 9 * 256 + 128)
    assert (rig.sst & (RBRDY | FE), rig.scu.read(0)) == (RBRDY, 0x12)
    rig.run(10_000)
    assert not rig.sst & RBRDY


@pytest.mark.parametrize("bit", [250, 256, 262])
def test_a_sender_two_percent_off_is_understood(bit: int) -> None:
    rig = Rig()
    at = 100
    for value in (0x00, 0xFF, 0x55, 0xAA, 0x01, 0x80):
        at = rig.hear(value, at, bit).end
        rig.run(at)
        assert (rig.scu.read(0), rig.sst & FE) == (value, 0)


def test_receiver_at_half_the_rate_reads_garbage() -> None:
    rig = Rig(rtclk=32)
    at = 0
    for value in (0x90, 0x3C, 0x40, 0x80):
        at = rig.hear(value, at).end
    rig.run(at + 10_000)
    wire = [encode(value, 2560 * n, 256) for n, value in enumerate((0x90, 0x3C, 0x40, 0x80))]
    first = sum(level(wire, 256 + 512 * n) << n for n in range(10))
    assert first >> 1 & 0xFF != 0x90
    assert rig.sst & (FE | OVE)


def test_receiver_at_twice_the_rate_reads_garbage() -> None:
    rig = Rig(rtclk=8)
    got = []
    rig.sint.connect(lambda high: got.append(rig.scu.read(0)) if high else None)
    rig.scu.write(1, RE)
    rig.scu.write(3, 2)
    rig.hear(0x0F, 0)
    rig.run(5000)
    # the wire in half bits: 00 11111111 00000000 11, so two characters: 0 01111111 1 and 0 00000001 1
    assert got == [0b11111110, 0b10000000]


def test_no_rtclk_no_characters() -> None:
    rig = Rig(rtclk=None)
    rig.scu.write(0, 0x10)
    rig.hear(0x22, 0)
    rig.run(100_000)
    assert (rig.sent, rig.sst & RBRDY) == ([], 0)
    rig.scu.set_rtclk(16, 0)
    rig.run(200_000)
    assert rig.bytes_sent() == [(100_000, 0x10)]


def test_rtclk_changing_stretches_the_character_being_sent() -> None:
    rig = Rig()
    rig.scu.write(0, 0x10)
    rig.run(1280)
    rig.scu.set_rtclk(32, 0)
    rig.run(1280 + 2559)
    assert rig.sent == []
    rig.run(1280 + 2560)
    assert len(rig.sent) == 1
    rig.scu.write(0, 0x20)
    rig.run(rig.scheduler.now + 1000)
    rig.scu.set_rtclk(None, 0)
    rig.run(rig.scheduler.now + 10**6)
    assert len(rig.sent) == 1
    rig.scu.set_rtclk(16, 0)
    rig.run(rig.scheduler.now + 2560)
    assert len(rig.sent) == 2


def test_re_off_hears_nothing_and_re_on_in_mid_character_can_misread() -> None:
    rig = Rig(scm=TE)
    rig.hear(0x42, 0)
    rig.run(5000)
    assert not rig.sst & RBRDY
    rig.hear(0xFF, 10_000)
    rig.run(10_000 + 300)
    rig.scu.write(1, RE)
    rig.run(20_000)
    assert not rig.sst & RBRDY, "no falling edge after the start bit of FF"
    rig.scu.write(1, 0)
    rig.hear(0x0F, 30_000)
    rig.run(30_000 + 300)
    rig.scu.write(1, RE)
    rig.run(40_000)
    assert rig.scu.read(0) == 0xF8, "the fall after the fourth one was taken for a start bit"


def test_re_off_drops_the_character_under_way() -> None:
    rig = Rig()
    rig.hear(0x42, 0)
    rig.run(1000)
    rig.scu.write(1, TE)
    rig.run(1500)
    rig.scu.write(1, TE | RE | ECL)
    rig.run(9000)
    assert rig.scu.peek(0) != 0x42


def test_the_same_command_again_disturbs_nothing() -> None:
    rig = Rig()
    rig.hear(0x42, 0)
    rig.scu.write(0, 0x42)
    rig.run(700)
    rig.scu.write(1, TE | RE | ECL)
    rig.run(9 * 256 + 127)
    assert not rig.sst & RBRDY
    rig.run(2560)
    assert (rig.scu.read(0), rig.sst & FE, rig.bytes_sent()) == (0x42, 0, [(0, 0x42)])


@pytest.mark.parametrize(("smd", "bits"), [(0x4A, 8), (0x5A, 9), (0x4E, 9), (0x7E, 10)])
def test_reception_takes_as_long_as_the_format(smd: int, bits: int) -> None:
    rig = Rig(smd=smd)
    rig.hear(0, 0, data=8 if smd & 4 else 7, parity=0 if smd & 0x10 else None)  # type: ignore[arg-type]
    rig.run(bits * 256 + 127)
    assert not rig.sst & RBRDY
    rig.run(bits * 256 + 128)
    assert rig.sst & RBRDY


def test_a_much_slower_receiver_waits_for_levels_not_yet_known() -> None:
    bit = 352 * 16
    for second, ready in ((0x00, True), (0xFF, False)):
        rig = Rig(rtclk=352)
        rig.hear(0x00, 0)
        rig.hear(second, 2560, 250)
        rig.run(bit // 2 + 9 * bit - 1)
        assert not rig.sst & RBRDY
        rig.run(bit // 2 + 9 * bit)
        assert bool(rig.sst & RBRDY) == ready, "a start bit is one if it is low in its middle"
        assert rig.scu.read(0) == (0xFF if ready else 0)


def test_sbrk_holds_txd_low() -> None:
    rig = Rig()
    rig.scu.write(0, 0xFF)
    rig.run(256 * 5)
    rig.scu.write(1, TE | SBRK)
    rig.run(256 * 6)
    rig.scu.write(1, TE | SBRK)
    rig.run(256 * 8)
    rig.scu.write(1, TE)
    rig.run(2560)
    assert rig.sent[0].bits == 0b11_0001_1110
    rig.scu.write(1, TE | SBRK)
    rig.scu.write(0, 0xFF)
    rig.run(10_000)
    assert rig.sent[1].bits == 0


def test_pins_off_disconnects_both_ways() -> None:
    rig = Rig()
    rig.scu.set_pins(False)
    rig.scu.write(0, 0x42)
    rig.hear(0x42, 0)
    rig.run(5000)
    assert (rig.sent, rig.sst & (TBRDY | RBRDY)) == ([], TBRDY)


def test_mrdy_is_taken_without_effect() -> None:
    rig = Rig(scm=TE | RE | 0x20)
    rig.hear(0x42, 0)
    rig.run(3000)
    assert rig.scu.read(0) == 0x42


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


def test_after_re_nothing_begins_before_a_whole_high_bit() -> None:
    rig = Rig(scm=TE)
    rig.run(10_000)
    rig.scu.receive_frame(Frame(10_000, 240, 8, 0b0101_0100))
    rig.run(10_100)
    rig.scu.write(1, RE)
    rig.run(30_000)
    assert not rig.sst & RBRDY, "its highs were too short"
    rig.scu.receive_frame(Frame(30_000, 256, 10, 0b10_0000_1010))
    rig.run(40_000)
    assert (rig.sst & (RBRDY | FE), rig.scu.read(0)) == (RBRDY, 0x05), "the line had rested for long"


def test_a_first_high_of_a_bit_before_re_is_enough_and_later_ones_may_be_short() -> None:
    rig = Rig(scm=TE)
    rig.scu.receive_frame(Frame(0, 256, 2, 0b10))
    rig.run(511)
    rig.scu.write(1, RE)
    rig.scu.receive_frame(Frame(512, 20, 1, 0))
    rig.run(512 + 40)
    rig.hear(0x3C, 512 + 60)
    rig.run(5000)
    assert (rig.sst & (RBRDY | FE), rig.scu.read(0)) == (RBRDY, 0x3C), "a false start has met the condition"


@pytest.mark.parametrize("stands", [False, True])
@pytest.mark.parametrize(("pieces", "heard"), [(2, False), (24, False), (25, True), (60, True)])
def test_the_first_high_bit_may_come_in_pieces(stands: bool, pieces: int, heard: bool) -> None:
    """A spike, so many stretches of 10 clocks high, a character; RTCLK may stand until that begins."""
    rig = Rig(scm=TE)
    rig.run(1000)
    if stands:
        rig.scu.set_rtclk(None, 0)
    rig.scu.receive_frame(Frame(1000, 16, 1, 0))
    rig.run(1016)
    rig.scu.write(1, TE | RE)
    start = 1016 + 10 * pieces
    for at in range(1016, start, 10):
        rig.run(at)
        rig.scu.receive_frame(Frame(at, 10, 1, 1))
    rig.hear(0xFF, start)
    if stands:
        rig.scu.set_rtclk(16, start + 8)
    rig.run(start + 10 * 256)
    assert bool(rig.sst & RBRDY) == heard


def test_re_off_takes_rbrdy_back_but_not_the_errors() -> None:
    rig = Rig(simk=2)
    rig.scu.receive_frame(Frame(0, 256, 10, 0x41 << 1))
    rig.run(5000)
    assert (rig.sint.level, rig.sst & (RBRDY | FE)) == (1, RBRDY | FE)
    rig.scu.write(1, TE)
    assert (rig.sint.level, rig.sst & (RBRDY | FE)) == (0, FE)
    rig.scu.write(1, TE | RE)
    assert (rig.sst & RBRDY, rig.scu.read(0)) == (0, 0x41)


def test_break_lasts_over_frames_that_hang_together() -> None:
    rig = Rig()
    rig.scu.receive_frame(Frame(0, 2560, 1, 0))
    rig.run(2559)
    assert rig.sst & BKD
    rig.run(2560)
    rig.scu.receive_frame(Frame(2560, 256, 3, 0b100))
    rig.run(2560 + 511)
    assert rig.sst & BKD
    rig.run(2560 + 512)
    assert not rig.sst & BKD
    rig.scu.read(0)
    rig.run(10_000)
    assert not rig.sst & RBRDY, "the second frame was no start bit: RxD had not risen"


@pytest.mark.parametrize(("blocks", "smd", "since"), [
    (1, 0x4E, 9.5), (2, 0x4E, 19.5), (1, 0x7A, 9.5), (2, 0x7A, 19.5), (2, 0x7E, 21.5),
])
def test_break_after_one_or_two_characters_of_low(blocks: int, smd: int, since: float) -> None:
    scheduler = Scheduler()
    scu = Scu(scheduler, Line("SINT"), lambda frame: None, break_blocks=blocks)
    scu.set_pins(True)
    scu.set_rtclk(16, 0)
    scu.write(2, smd)
    scu.write(1, RE)
    scu.receive_frame(Frame(0, 10_000, 1, 0))
    scheduler.run_due(round(since * 256) - 1)
    assert not scu.peek(1) & BKD
    scheduler.run_due(round(since * 256))
    assert scu.peek(1) & BKD
    assert scu.peek(1) & FE
    scheduler.run_due(10_000)
    assert not scu.peek(1) & BKD


def test_a_null_character_with_its_stop_bit_is_no_break() -> None:
    rig = Rig(smd=0x7E)
    rig.hear(0, 0, parity=0)
    rig.run(9999)
    assert rig.sst & (BKD | FE | PE | RBRDY) == RBRDY
    rig.scu.receive_frame(Frame(9999, 256, 10, 0b10_0000_0000))
    rig.run(20_000)
    assert rig.sst & (BKD | PE) == PE, "parity 1: it is not all low"


def test_break_on_an_idle_line_is_on_the_wire_with_and_without_te() -> None:
    rig = Rig(scm=0)
    rig.run(1000)
    rig.scu.write(1, SBRK)
    rig.run(5000)
    rig.scu.write(1, TE | SBRK)
    rig.scu.write(0, 0xFF)
    rig.run(6000)
    rig.scu.write(1, TE)
    rig.run(20_000)
    assert rig.sent == [Frame(1000, 4120, 1, 0), Frame(5120, 256, 10, 0b11_1111_1000)], "three middles were low"


def test_reset_ends_a_break_on_the_wire() -> None:
    rig = Rig()
    rig.scu.write(1, SBRK)
    rig.run(777)
    rig.scu.reset("button")
    assert rig.sent == [Frame(0, 777, 1, 0)]
    rig.run(5000)
    assert len(rig.sent) == 1


def test_srdy_is_low_while_a_character_may_come() -> None:
    srdy, scheduler = Line("SRDY"), Scheduler()
    scu = Scu(scheduler, Line("SINT"), lambda frame: None, srdy=srdy)
    scu.set_pins(True)
    scu.set_rtclk(16, 0)
    scu.write(2, MIDI)
    scu.write(1, RE)
    assert srdy.level == 0
    scu.receive_frame(encode(1, 0, 256))
    scheduler.run_due(5000)
    assert srdy.level == 1, "SRB is full"
    scu.read(0)
    assert srdy.level == 0
    scu.write(1, RE | 0x20)
    assert srdy.level == 1, "MRDY masks"
    twin = Line("SRDY")
    Scu(Scheduler(), Line("SINT"), lambda frame: None, srdy=twin).restore(scu.snapshot())
    assert twin.level == 1


def test_rtclk_changing_goes_on_with_the_character_being_received() -> None:
    rig = Rig()
    rig.scu.receive_frame(Frame(0, 256, 5, 0b1_0110))
    rig.run(5 * 256)
    rig.scu.set_rtclk(32, 5 * 256)
    rig.scu.receive_frame(Frame(5 * 256, 512, 5, 0b1_1001))
    rig.run(5 * 256 + 4 * 512 + 255)
    assert not rig.sst & RBRDY
    rig.run(5 * 256 + 4 * 512 + 256)
    assert (rig.sst & (RBRDY | FE), rig.scu.read(0)) == (RBRDY, 0b1001_1011)


def test_rtclk_changing_in_a_start_bit_moves_the_look_at_its_middle() -> None:
    rig = Rig()
    rig.scu.receive_frame(Frame(0, 150, 2, 0b10))
    rig.run(100)
    rig.scu.set_rtclk(64, 100)
    rig.hear(0x3C, 640, 1024)
    rig.run(20_000)
    assert (rig.sst & (RBRDY | FE), rig.scu.read(0)) == (RBRDY, 0x3C), "it was high there: no start bit"


@pytest.mark.parametrize(("fall", "start"), [(0, 256), (7, 263), (100, 260)])
def test_a_start_bit_begins_at_an_edge_of_the_divided_rtclk(fall: int, start: int) -> None:
    rig = Rig(rtclk=None)
    rig.scu.set_rtclk(16, fall)
    rig.run(fall + 1)
    rig.scu.write(0, 0x5A)
    rig.run(10_000)
    assert rig.sent == [encode(0x5A, start, 256)]


# --- against a reference that lives clock by clock ---------------------------------------------------------------

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


# --- frames -----------------------------------------------------------------------------------------------------


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

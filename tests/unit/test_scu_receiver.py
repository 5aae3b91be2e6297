"""SCU: what the receiver hears, when, and what it takes for errors, breaks and noise; wrong baud rates."""

from __future__ import annotations

import pytest
from scu_rig import BKD, ECL, FE, MIDI, OVE, PE, RBRDY, RE, TE, Rig

from korgm1.clock import Scheduler
from korgm1.line import Line
from korgm1.onchip.scu import Scu
from korgm1.serial_frame import Frame, encode, level


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

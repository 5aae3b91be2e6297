"""SCU: registers, the transmitter and its interrupt, exact character times, formats, breaks sent."""

from __future__ import annotations

import pytest
from scu_rig import ECL, FE, PE, RBRDY, RE, SBRK, TBRDY, TE, Rig

from korgm1.clock import Scheduler
from korgm1.line import Line
from korgm1.onchip.scu import Scu
from korgm1.serial_frame import Frame, encode


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

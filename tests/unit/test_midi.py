"""MIDI sockets: wire times, order, THRU, cables, and the whole way through an SCU and back."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from korgm1.board.midi import BYTE, MidiIn, MidiOut
from korgm1.clock import Scheduler
from korgm1.line import Line
from korgm1.onchip.scu import Scu
from korgm1.onchip.scu_frame import encode


class Rig:
    def __init__(self) -> None:
        self.scheduler = Scheduler()
        self.rx, self.thru = MidiOut(), MidiOut()
        self.midi = MidiIn(self.scheduler, self.rx.receive, self.thru.receive)


def test_bytes_follow_each_other_without_gap() -> None:
    rig = Rig()
    assert rig.midi.send(b"\x90\x3c\x40", at=500) == 500 + 3 * BYTE
    rig.scheduler.run_due(10**5)
    assert rig.rx.received == [(500 + BYTE, 0x90), (500 + 2 * BYTE, 0x3C), (500 + 3 * BYTE, 0x40)]
    assert rig.thru.received == rig.rx.received


def test_a_second_message_waits_for_the_cable_or_its_own_clock() -> None:
    rig = Rig()
    rig.midi.send(b"\x01\x02", at=100)
    rig.midi.send(b"\x03", at=200)
    assert rig.midi.send(b"\x04", at=50_000) == 50_000 + BYTE
    rig.scheduler.run_due(10**5)
    assert [clock - BYTE for clock, _ in rig.rx.received] == [100, 100 + BYTE, 100 + 2 * BYTE, 50_000]


def test_messages_are_ordered_by_their_clock_but_never_torn() -> None:
    rig = Rig()
    rig.midi.send(b"\x05\x06", at=9000)
    rig.midi.send(b"\x01\x02\x03", at=1000)
    rig.midi.send(b"\x04", at=1000)
    rig.scheduler.run_due(2000)
    rig.midi.send(b"\x07")
    rig.scheduler.run_due(10**5)
    assert rig.rx.data == b"\x01\x02\x03\x04\x07\x05\x06"


def test_the_past_is_now() -> None:
    rig = Rig()
    rig.scheduler.run_due(7777)
    rig.midi.send(b"\xfe", at=3)
    rig.scheduler.run_due(20_000)
    assert rig.rx.received == [(7777 + BYTE, 0xFE)]


def test_busy_until_the_last_stop_bit() -> None:
    rig = Rig()
    assert not rig.midi.busy
    rig.midi.send(b"\x01\x02", at=1000)
    assert rig.midi.busy
    rig.scheduler.run_due(1000 + 2 * BYTE - 1)
    assert rig.midi.busy
    assert rig.midi.idle_at == 1000 + 2 * BYTE
    rig.scheduler.run_due(1000 + 2 * BYTE)
    assert not rig.midi.busy
    assert rig.midi.send(b"") == 1000 + 2 * BYTE


def test_unplugged_input_loses_what_is_sent() -> None:
    rig = Rig()
    rig.midi.plugged = False
    rig.midi.send(b"\x01")
    rig.scheduler.run_due(BYTE)
    rig.midi.plugged = True
    rig.midi.send(b"\x02")
    rig.scheduler.run_due(10**5)
    assert rig.rx.data == rig.thru.data == b"\x02"


def test_output_with_listener_cable_and_wrong_rates() -> None:
    heard = []
    out = MidiOut(lambda clock, byte: heard.append((clock, byte)))
    out.receive(encode(0xF8, 0, 256))
    assert heard == out.received == [(BYTE, 0xF8)]
    out.receive(encode(0x00, 10_000, 280))
    assert out.framing_errors == 1
    out.receive(encode(0x3C, 20_000, 128))
    assert out.received[-1][1] != 0x3C
    out.plugged = False
    out.receive(encode(0xF8, 30_000, 256))
    assert len(heard) == 2


@pytest.mark.parametrize("cut", [0, 1, 2559, 2560, 4000, 9000, 50_001])
def test_save_and_continue(cut: int) -> None:
    rig, twin = Rig(), Rig()
    rig.midi.send(bytes(range(4)))
    rig.midi.send(bytes(range(4, 8)), at=50_000)
    rig.scheduler.run_due(cut)
    twin.midi.restore(rig.midi.snapshot())
    twin.rx.restore(rig.rx.snapshot())
    twin.scheduler.restore(rig.scheduler.snapshot())
    for r in (rig, twin):
        assert r.midi.idle_at == 50_000 + 4 * BYTE
        r.scheduler.run_due(10**5)
    assert twin.rx.received == rig.rx.received
    assert len(twin.rx.received) == 8


@settings(deadline=None)
@given(st.binary(min_size=1, max_size=50))
def test_echo_through_the_scu_loses_nothing(data: bytes) -> None:
    """MIDI IN to RxD, a program that copies SRB to STB, TxD to MIDI OUT."""
    scheduler = Scheduler()
    sint, out = Line("SINT"), MidiOut()
    scu = Scu(scheduler, sint, out.receive)
    sint.connect(lambda high: scu.write(0, scu.read(0)) if high else None)
    scu.set_pins(1)
    scu.set_rtclk(16)
    for register, value in ((2, 0x4E), (3, 0x02), (1, 0x05)):
        scu.write(register, value)
    midi = MidiIn(scheduler, scu.receive_frame)
    scheduler.run_due(midi.send(data, at=1234) + 2 * BYTE)
    assert out.data == data
    assert scu.read(1) == 0x85
    first, last = out.received[0][0], out.received[-1][0]
    assert first == 1234 + 9 * 256 + 128 + BYTE
    assert last - first == BYTE * (len(data) - 1)

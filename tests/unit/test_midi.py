"""MIDI sockets: wire times, order, THRU, long queues, and the whole way through an SCU and back."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from korgm1.board.midi import BYTE, MidiIn, MidiOut
from korgm1.clock import Scheduler
from korgm1.line import Line
from korgm1.onchip.scu import Scu
from korgm1.serial_frame import Frame, encode


class Ear(MidiOut):
    """A receiver that remembers the clocks."""

    def __init__(self) -> None:
        self.received: list[tuple[int, int]] = []
        super().__init__(lambda clock, byte: self.received.append((clock, byte)))


class Rig:
    def __init__(self) -> None:
        self.scheduler = Scheduler()
        self.rx, self.thru = Ear(), Ear()
        self.midi = MidiIn(self.scheduler, self.rx.receive, self.thru.receive)


def test_bytes_follow_each_other_without_gap() -> None:
    rig = Rig()
    rig.midi.send(b"\x90\x3c\x40", at=500)
    assert rig.midi.idle_at == 500 + 3 * BYTE
    rig.scheduler.run_due(10**5)
    assert rig.rx.received == [(500 + BYTE, 0x90), (500 + 2 * BYTE, 0x3C), (500 + 3 * BYTE, 0x40)]
    assert rig.thru.received == rig.rx.received


def test_a_second_message_waits_for_the_cable_or_its_own_clock() -> None:
    rig = Rig()
    rig.midi.send(b"\x01\x02", at=100)
    rig.midi.send(b"\x03", at=200)
    rig.midi.send(b"\x04", at=50_000)
    assert rig.midi.idle_at == 50_000 + BYTE
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
    rig.midi.send(b"")
    assert not rig.midi.busy and rig.midi.idle_at == 1000 + 2 * BYTE


class Plain:
    """The queue as a plain list: what is sent next, byte by byte."""

    def __init__(self) -> None:
        self.messages: list[tuple[int, int, bytes]] = []
        self.free = 0

    def run(self, until: int | None) -> list[tuple[int, int]]:
        """The bytes whose start bit begins by `until` (None: all), with the clocks of their ends."""
        out = []
        while self.messages:
            begin, order, data = self.messages[0]
            start = max(begin, self.free)
            if until is not None and start > until:
                break
            self.free = start + BYTE
            out.append((self.free, data[0]))
            # what is under way goes before everything else
            self.messages[:1] = [(-1, order, data[1:])] if len(data) > 1 else []
        return out


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.tuples(st.binary(min_size=1, max_size=4), st.integers(0, 60_000), st.integers(0, 5000)), max_size=12),
    st.booleans(),
)
def test_any_order_of_sending_goes_out_as_from_a_plain_list(
    sends: list[tuple[bytes, int, int]], restored: bool
) -> None:
    rig, plain, clock = Rig(), Plain(), 0
    wanted: list[tuple[int, int]] = []
    for order, (data, at, step) in enumerate(sends):
        rig.midi.send(data, at=at)
        plain.messages = sorted([*plain.messages, (max(at, clock), order, data)])
        if restored:
            rig.midi.restore(rig.midi.snapshot())
            rig.scheduler.restore(rig.scheduler.snapshot())
        clock += step
        rig.scheduler.run_due(clock)
        wanted += plain.run(clock)
        ahead = Plain()
        ahead.messages, ahead.free = list(plain.messages), plain.free
        ahead.run(None)
        assert rig.midi.idle_at == ahead.free
    rig.scheduler.run_due(10**6)
    assert rig.rx.received == wanted + plain.run(None)


@pytest.mark.parametrize("backwards", [False, True])
def test_a_long_queue_costs_no_more_a_message_than_a_short_one(
    backwards: bool
) -> None:
    """Counted, not timed: comparisons of messages while 20,000 are queued and sent."""
    compared = 0

    class Counted(int):
        def __lt__(self, other: int) -> bool:
            nonlocal compared
            compared += 1
            return int(self) < int(other)

        def __le__(self, other: int) -> bool:
            nonlocal compared
            compared += 1
            return int(self) <= int(other)

        def __eq__(self, other: object) -> bool:
            nonlocal compared
            compared += 1
            return int(self) == other

        __hash__ = int.__hash__

    count = 20_000
    rig = Rig()
    for n in range(count):
        rig.midi.send(bytes([n & 0x7F]), at=Counted(BYTE * (count - n if backwards else n)))
        if not backwards:
            assert rig.midi.idle_at == BYTE * (n + 1)
        assert len(rig.scheduler._queue) <= 2
    rig.scheduler.run_due(BYTE * (count + 2))
    assert rig.rx.total == count
    assert compared < 120 * count


def test_output_with_listener_and_wrong_rates() -> None:
    out = Ear()
    out.receive(encode(0xF8, 0, 256))
    assert out.received == [(BYTE, 0xF8)]
    out.receive(encode(0x00, 10_000, 280))
    assert out.framing_errors == 1
    out.receive(encode(0x3C, 20_000, 128))
    assert out.received[-1][1] != 0x3C


def test_low_for_less_than_half_a_bit_is_no_byte() -> None:
    out = Ear()
    out.receive(Frame(0, 127, 1, 0))
    assert (out.received, out.framing_errors) == ([], 0)
    out.receive(Frame(1000, 5 * 256, 1, 0))
    assert out.received == [(2280, 0xF0)], "a short break sounds like a byte"
    out.receive(Frame(10_000, 3000, 1, 0))
    assert out.framing_errors == 1


@pytest.mark.parametrize("keep", [0, 1, 100])
def test_what_is_remembered_is_bounded(keep: int) -> None:
    out, twin = MidiOut(keep=keep), MidiOut(keep=keep)
    for n in range(1000):
        out.receive(encode(n & 0xFF, n * BYTE, 256))
        assert len(out._heard) <= 2 * keep
    assert out.total == 1000
    assert out.data == bytes(n & 0xFF for n in range(1000 - keep, 1000))
    assert len(out.snapshot()["data"]) == keep
    twin.restore(out.snapshot())
    for ear in (out, twin):
        ear.receive(encode(0x55, 0, 256))
    assert twin.snapshot() == out.snapshot()


@pytest.mark.parametrize("cut", [0, 1, 2559, 2560, 4000, 9000, 50_001])
def test_save_and_continue(cut: int) -> None:
    rig, twin = Rig(), Rig()
    rig.midi.send(bytes(range(4)))
    rig.midi.send(bytes(range(4, 8)), at=50_000)
    rig.scheduler.run_due(cut)
    twin.midi.restore(rig.midi.snapshot())
    twin.rx.restore(rig.rx.snapshot())
    twin.rx.received = list(rig.rx.received)
    twin.scheduler.restore(rig.scheduler.snapshot())
    for r in (rig, twin):
        assert r.midi.idle_at == 50_000 + 4 * BYTE
        r.scheduler.run_due(10**5)
    assert twin.rx.received == rig.rx.received
    assert twin.rx.data == rig.rx.data == bytes(range(8))


@settings(deadline=None)
@given(st.binary(min_size=1, max_size=50))
def test_echo_through_the_scu_loses_nothing(data: bytes) -> None:
    """MIDI IN to RxD, a program that copies SRB to STB, TxD to MIDI OUT."""
    scheduler = Scheduler()
    sint, out = Line("SINT"), Ear()
    scu = Scu(scheduler, sint, out.receive)
    sint.connect(lambda high: scu.write(0, scu.read(0)) if high else None)
    scu.set_pins(True)
    scu.set_rtclk(16, 0)
    for register, value in ((2, 0x4E), (3, 0x02), (1, 0x05)):
        scu.write(register, value)
    midi = MidiIn(scheduler, scu.receive_frame)
    midi.send(data, at=1234)
    scheduler.run_due(midi.idle_at + 2 * BYTE)
    assert out.data == data
    assert scu.read(1) == 0x85
    first, last = out.received[0][0], out.received[-1][0]
    assert first == 1248 + 9 * 256 + 128 + 160 + BYTE, "to the next edge of RTCLK, and to the next bit boundary"
    assert last - first == BYTE * (len(data) - 1)

"""Ports at a live instrument: a burst keeps its spacing whatever the loop does, a pulled port is looked for."""

from __future__ import annotations

import itertools
import random
from types import SimpleNamespace
from typing import Any

import pytest

from korgm1.clock import CPU_HZ
from korgm1.errors import UserError
from korgm1.verbs.live_midi import AGAIN, DELAY, OUT_DELAY, LiveMidi, Mapping

BYTE_TIME = 10 / 31_250
FRAME = 1 / 60


class Host:
    """The host's clock, turned by the test."""

    def __init__(self) -> None:
        self.now = 5000.0

    def __call__(self) -> float:
        return self.now


class Desk:
    """As much of a desk as the ports touch; its time follows a quartz of its own.

    Args:
        host: the clock.
        ppm: how much faster its quartz is.
        step: seconds of the blocks its clock counts in; 0: none.
    """

    def __init__(self, host: Host, ppm: float = 0.0, step: float = 0.0) -> None:
        self.host, self.begun, self.rate, self.step = host, host.now, 1 + ppm / 1e6, step
        self.now = 0
        self.got: list[tuple[int, bytes]] = []
        self.said: list[tuple[str, str]] = []
        self.listener: Any = None

    def run(self) -> None:
        """Up to the present."""
        present = (self.host.now - self.begun) * self.rate + 3.0
        if self.step:
            present = present // self.step * self.step
        self.now = max(self.now, round(present * CPU_HZ))

    def midi_in(self, data: bytes, at: int | None = None) -> None:
        assert at is not None and at >= self.now
        self.got.append((at, data))

    def on_midi_out(self, listener: Any) -> None:
        self.listener = listener

    def say(self, text: str, kind: str = "info") -> None:
        self.said.append((kind, text))


class Port:
    """An input or an output."""

    def __init__(self, name: str, in_pieces: bool = False) -> None:
        self.name, self.in_pieces = name, in_pieces
        self.waiting: list[tuple[float, bytes]] = []
        self.sent: list[tuple[bytes, float | None]] = []
        self.there, self.closed = True, False

    def take(self) -> list[tuple[float, bytes]]:
        taken, self.waiting = self.waiting, []
        return taken

    def send(self, message: bytes, at: float | None = None) -> None:
        self.sent.append((message, at))

    def present(self) -> bool:
        return self.there

    def close(self) -> None:
        self.closed = True


def nothing(word: str) -> Port:
    raise UserError(f"there is no {word}")


def live(desk: Desk, inputs: list[Port], outputs: list[Port] | None = None, **options: Any) -> LiveMidi:
    chosen = {"reopen_in": nothing, "reopen_out": nothing, **options}
    return LiveMidi(desk, inputs, outputs or [], desk.host, **chosen)  # type: ignore[arg-type]


def loop(desk: Desk, midi: LiveMidi, seconds: float, jitter: random.Random, events: dict[float, Port]) -> None:
    """The live loop with pauses of 1 to 30 ms; a message comes at each of these host times."""
    end, due = desk.host.now + seconds, sorted(events)
    while desk.host.now < end:
        midi.feed()
        desk.run()
        desk.host.now += jitter.choice((0.001, 0.004, FRAME, FRAME, 0.030))
        while due and due[0] <= desk.host.now:
            events[due[0]].waiting.append((due[0], b"\x90" + bytes([len(due) % 128, 100])))
            due.pop(0)
    midi.feed()
    desk.run()


@pytest.mark.parametrize("ppm", [0.0, 150.0, -150.0])
@pytest.mark.parametrize("step", [0.0, 0.008])
def test_a_burst_keeps_its_spacing(ppm: float, step: float) -> None:
    host, port = Host(), Port("keys")
    desk = Desk(host, ppm, step)
    midi = live(desk, [port])
    jitter = random.Random(1)
    loop(desk, midi, 8.0, jitter, {})
    starts = [host.now + second for second in (0.5, 3.0, 20.0)]
    for start in starts:
        while host.now < start - 0.1:
            loop(desk, midi, 0.1, jitter, {})
        desk.got.clear()
        times = [start + 0.003 * number for number in range(60)]
        loop(desk, midi, 0.4, jitter, dict.fromkeys(times, port))
        at = [clock / CPU_HZ for clock, _ in desk.got]
        assert len(at) == 60
        spacing = [later - first for first, later in itertools.pairwise(at)]
        assert max(abs(gap - 0.003) for gap in spacing) < BYTE_TIME
        assert abs((at[-1] - at[0]) - 0.177) < BYTE_TIME
    assert midi.late == 0 or step


def test_a_burst_keeps_its_spacing_when_sound_has_come_late() -> None:
    """Desk time goes ahead by what the queue of the sound takes, less than what is taken for a jump."""
    host, port = Host(), Port("keys")
    desk = Desk(host)
    midi = live(desk, [port])
    jitter = random.Random(1)
    loop(desk, midi, 2.0, jitter, {})
    desk.begun -= 0.15
    desk.run()
    midi.anew()
    loop(desk, midi, 0.1, jitter, {})
    desk.got.clear()
    times = [host.now + 0.05 + 0.003 * number for number in range(60)]
    loop(desk, midi, 0.4, jitter, dict.fromkeys(times, port))
    at = [clock / CPU_HZ for clock, _ in desk.got]
    assert len(at) == 60 and midi.late == 0
    assert max(abs(later - first - 0.003) for first, later in itertools.pairwise(at)) < BYTE_TIME


def test_the_two_clocks_are_brought_together_slowly() -> None:
    mapping = Mapping()
    mapping.learn(0.0, 10.0)
    for tick in range(1, 100):
        mapping.learn(tick / 60, 10.0 + tick / 60)
    before = mapping.desk(2.0)
    mapping.learn(100 / 60, 10.0 + 100 / 60 + 0.1)
    assert 0 < mapping.desk(2.0) - before < 0.0001
    mapping.learn(2.0, 20.0)
    assert mapping.desk(2.0) == 20.0, "the host slept, or the desk jumped"
    assert mapping.host(20.5) == 2.5


def test_late_ones_go_at_once_and_nothing_is_reordered() -> None:
    host, one, other = Host(), Port("one"), Port("other")
    desk = Desk(host)
    midi = live(desk, [one, other])
    loop(desk, midi, 1.0, random.Random(2), {})
    one.waiting = [(host.now - 0.5, b"\x90<d"), (host.now - 0.001, b"\x80<\0")]
    other.waiting = [(host.now - 0.002, b"\xc0\5")]
    midi.feed()
    assert [data for _, data in desk.got] == [b"\x90<d", b"\xc0\5", b"\x80<\0"]
    assert desk.got[0][0] == desk.now
    assert midi.late == 1
    assert [at for at, _ in desk.got] == sorted(at for at, _ in desk.got)
    assert desk.got[2][0] / CPU_HZ - desk.now / CPU_HZ == pytest.approx(DELAY - 0.001, abs=0.032)


@pytest.mark.parametrize("sensing", [False, True])
def test_active_sensing_passes_only_where_it_is_asked_for(sensing: bool) -> None:
    host, takes, gives = Host(), Port("in"), Port("out")
    desk = Desk(host)
    midi = live(desk, [takes], [gives], sensing=sensing)
    takes.waiting = [(host.now, b"\xfe"), (host.now, b"\xf8")]
    midi.feed()
    for byte in b"\xfe\x90\xfe<d":
        desk.listener(desk.now, byte)
    assert [data for _, data in desk.got] == ([b"\xfe"] if sensing else []) + [b"\xf8"]
    assert [data for data, _ in gives.sent] == ([b"\xfe", b"\xfe"] if sensing else []) + [b"\x90<d"]


def test_what_goes_out_keeps_its_spacing_too() -> None:
    host, whole, pieces = Host(), Port("whole"), Port("pieces", in_pieces=True)
    desk = Desk(host)
    midi = live(desk, [], [whole, pieces])
    loop(desk, midi, 1.0, random.Random(3), {})
    begin = desk.now
    dump = b"\xf0" + bytes(200) + b"\xf7"
    for number, byte in enumerate(b"\x90<d>d" + dump):
        desk.listener(begin + 2560 * number, byte)
    (first, at), (second, later), (third, end) = whole.sent
    assert (first, second, third) == (b"\x90<d", b"\x90>d", dump)
    assert at is not None and later is not None and end is not None
    assert later - at == pytest.approx(2 * BYTE_TIME, abs=1e-9)
    assert end - at == pytest.approx((len(dump) + 2) * BYTE_TIME, abs=1e-9)
    assert at == pytest.approx(host.now + OUT_DELAY, abs=0.032)
    assert b"".join(data for data, _ in pieces.sent) == b"\x90<d\x90>d" + dump
    assert len(pieces.sent) == 6


def test_a_pulled_port_lets_its_notes_go_and_is_looked_for() -> None:
    host, old, new = Host(), Port("UNO 20:0"), Port("UNO 24:0")
    desk, there, asked = Desk(host), SimpleNamespace(port=None), []

    def reopen(word: str) -> Port:
        asked.append(word)
        if there.port is None or word != "UNO":
            raise UserError("not there")
        return there.port

    midi = live(desk, [old], reopen_in=reopen)
    old.waiting = [(host.now, b"\x90<d"), (host.now, b"\xb0@\x7f")]
    midi.feed()
    assert midi.status == "UNO 20:0"
    old.there = False
    host.now += AGAIN
    midi.feed()
    assert old.closed
    assert desk.got[-1][1] == b"\x90<\0\xb0@\0"
    assert desk.said == [("error", "the MIDI input UNO 20:0 has gone; it is looked for")]
    assert midi.status == "(UNO 20:0)"
    host.now += AGAIN - 0.1
    midi.feed()
    assert asked == []
    host.now += 0.2
    midi.feed()
    assert asked == ["UNO 20:0", "UNO"]
    there.port = new
    host.now += AGAIN
    midi.feed()
    assert desk.said[-1] == ("info", "the MIDI input UNO 20:0 is back")
    new.waiting = [(host.now, b"\x90@d")]
    midi.feed()
    assert desk.got[-1][1] == b"\x90@d"
    midi.close()
    assert new.closed
    assert desk.got[-1][1] == b"\x90@\0"


def test_a_port_whose_backend_dies_is_gone_and_thru_repeats() -> None:
    host, takes, thru = Host(), Port("in"), Port("thru")
    desk = Desk(host)
    midi = live(desk, [takes], thru=[thru])
    takes.waiting = [(host.now, b"\x90<d")]
    midi.feed()
    assert thru.sent == [(b"\x90<d", host.now + OUT_DELAY)]

    def broken() -> bool:
        raise OSError("the server has gone")

    thru.present = broken  # type: ignore[method-assign]
    host.now += AGAIN
    midi.feed()
    assert midi.status == "in, (thru)"
    takes.waiting = [(host.now, b"\x80<\0")]
    midi.feed()
    assert len(thru.sent) == 1


def test_a_note_that_is_still_on_its_way_is_let_go_behind_it() -> None:
    host, port = Host(), Port("keys")
    desk = Desk(host)
    midi = live(desk, [port])
    desk.run()
    host.now += AGAIN
    port.waiting, port.there = [(host.now, b"\x90<d")], False
    midi.feed()
    (begun, first), (ended, last) = desk.got
    assert (first, last) == (b"\x90<d", b"\x90<\0") and desk.now < begun <= ended


def test_another_port_is_not_taken_for_the_pulled_one() -> None:
    host, first, second = Host(), Port("UNO 20:0"), Port("UNO 24:0")
    desk, opened = Desk(host), []

    def reopen(word: str) -> Port:
        opened.append(Port("UNO mini 28:0" if len(opened) % 2 else "UNO 24:0"))
        return opened[-1]

    midi = live(desk, [first, second], reopen_in=reopen)
    first.there = False
    for _ in range(3):
        host.now += AGAIN
        midi.feed()
    assert midi.status == "(UNO 20:0), UNO 24:0"
    assert [text for _, text in desk.said] == ["the MIDI input UNO 20:0 has gone; it is looked for"]
    assert len(opened) == 4 and all(port.closed for port in opened) and not second.closed


def test_a_port_that_comes_back_in_the_middle_of_a_dump_gets_none_of_it() -> None:
    host, old, new = Host(), Port("out", in_pieces=True), Port("out", in_pieces=True)
    desk = Desk(host)
    midi = live(desk, [], [old], reopen_out=lambda word: new)

    def sends(data: bytes) -> None:
        for byte in data:
            desk.listener(desk.now, byte)

    sends(b"\xf0" + bytes(100))
    old.there = False
    for _ in range(2):
        host.now += AGAIN
        midi.feed()
        sends(bytes(100))
    sends(b"\xf7\x90<d")
    assert [data for data, _ in old.sent] == [b"\xf0" + bytes(63)]
    assert [data for data, _ in new.sent] == [b"\x90<d"]

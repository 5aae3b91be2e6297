"""korgm1 syx and korgm1 midi as typed; banks to and from the emulated instrument and a stand-in for a real one."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import mido
import pytest
from fake_rtmidi import Host

from korgm1 import syx
from korgm1.cli import main
from korgm1.errors import UsageError
from korgm1.session import Session
from korgm1.verbs.syx_cable import Pace, PortWire, SessionWire
from korgm1.verbs.syx_talk import receive, send

PROGRAM = syx.message(1, 0x40, data=b"My Program" + bytes(133))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_check_tells_what_is_wrong_and_where(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("good.syx").write_bytes(PROGRAM)
    assert main(["syx", "check", "good.syx"]) == 0
    out = capsys.readouterr().out
    assert "40  program, channel 1; 170 bytes" in out
    assert out.endswith("ok\n")
    Path("bad.syx").write_bytes(PROGRAM[:60] + b"\x90" + PROGRAM[61:])
    assert main(["syx", "check", "bad.syx"]) == 1
    assert "00003C (60) error: message 1, program: a status byte 90 inside" in capsys.readouterr().out
    assert main(["syx", "check", "bad.syx", "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert (told["ok"], told["errors"], told["findings"][0]["offset"]) == (False, 1, 60)
    for more, words in ((b"\x05", "05 behind the data;"), (b"\x05\x06\x07", "05 and 2 more behind the data;")):
        Path("long.syx").write_bytes(PROGRAM[:-1] + more + b"\xf7")
        assert main(["syx", "check", "long.syx"]) == 1
        assert f"0000A9 (169) error: message 1, program: {words} expected F7" in capsys.readouterr().out
    odd = syx.message(1, 0x40, data=b"My Program" + bytes([9]) + bytes(132))
    Path("odd.syx").write_bytes(odd)
    assert main(["syx", "check", "odd.syx"]) == 0
    told_of = capsys.readouterr().out
    assert "warning: message 1, edit buffer My Program: Oscillator mode is 9; expected 0 to 2" in told_of
    assert main(["syx", "check", "odd.syx", "--strict"]) == 1


@pytest.mark.parametrize(("content", "words"), [
    (None, "No such file"), (b"", "is empty"), (b"MThd", "no usable standard MIDI file"),
    (b"\xf0" * 20_001, "20,001 exclusive messages"),
])  # fmt: skip
def test_files_that_cannot_be_read(
    folder: Path, capsys: pytest.CaptureFixture[str], content: bytes | None, words: str
) -> None:
    if content is not None:
        Path("x.syx").write_bytes(content)
    for deed in (["check"], ["split", "-o", "out"], ["send", "--emulated"]):
        assert main(["syx", deed[0], "x.syx", *deed[1:]]) == 1
        assert words in capsys.readouterr().err


def test_a_song_with_exclusive_messages_is_a_bank_too(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = mido.MidiFile()
    file.tracks.append(mido.MidiTrack([mido.Message("note_on", note=60), mido.Message("sysex", data=PROGRAM[1:-1])]))
    file.save("bank.mid")
    assert main(["syx", "check", "bank.mid"]) == 0
    assert "40  program" in capsys.readouterr().out
    file.tracks[0].pop()
    file.save("song.mid")
    assert main(["syx", "check", "song.mid"]) == 1
    assert "a song without exclusive messages" in capsys.readouterr().err


def test_split_and_join_a_real_bank(folder: Path, preload: bytes, capsys: pytest.CaptureFixture[str]) -> None:
    Path("bank.syx").write_bytes(preload)
    assert main(["syx", "split", "bank.syx", "-o", "parts", "--by", "sound"]) == 0
    assert (folder / "parts" / "001 program 00 Universe.syx").exists()
    assert main(["syx", "join", "parts", "-o", "again.syx"]) == 0
    assert Path("again.syx").read_bytes() == preload
    assert "as it was split" in capsys.readouterr().out
    assert main(["syx", "split", "bank.syx", "-o", "parts"]) == 1
    assert "there is something in parts" in capsys.readouterr().err
    (folder / "parts" / "001 program 07 Symphonic.syx").unlink()
    assert main(["syx", "join", "parts", "-o", "again.syx"]) == 1
    assert "Symphonic" in capsys.readouterr().err
    index = json.loads((folder / "parts" / "index.json").read_text())
    index["pieces"][0]["files"][0] = "../bank.syx"
    (folder / "parts" / "index.json").write_text(json.dumps(index))
    assert main(["syx", "join", "parts", "-o", "again.syx"]) == 1
    assert "outside of its folder" in capsys.readouterr().err
    (folder / "parts" / "index.json").write_text("[]")
    assert main(["syx", "join", "parts", "-o", "again.syx"]) == 1
    assert Path("again.syx").read_bytes() == preload


def test_a_real_bank_to_the_emulated_instrument_and_back(
    folder: Path, preload: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("bank.syx").write_bytes(preload)
    assert main(["syx", "send", "bank.syx", "--emulated", "--sram", "my.sram"]) == 0
    assert "loaded (reply 23)" in capsys.readouterr().out
    assert main(["syx", "receive", "-o", "back.syx", "--emulated", "--sram", "my.sram", "--request", "all"]) == 0
    assert Path("back.syx").read_bytes() == preload


@pytest.mark.parametrize(("request_", "code"), [("mode", 0x42), ("program", 0x40), ("combi", 0x49), ("global", 0x51)])
def test_what_can_be_asked_for(folder: Path, request_: str, code: int) -> None:
    assert main(["syx", "receive", "-o", "x.syx", "--emulated", "--request", request_, "--json"]) == 0
    data = Path("x.syx").read_bytes()
    assert data[4] == code
    assert syx.check(data).findings == ()


def test_a_refusal_is_told_and_ends_the_sending(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("x.syx").write_bytes(PROGRAM[:-1] + b"\0\xf7" + PROGRAM)
    assert main(["syx", "send", "x.syx", "--emulated"]) == 1
    assert "x.syx is broken: 0000A9" in capsys.readouterr().err
    assert main(["syx", "send", "x.syx", "--emulated", "--anyway", "--pace", "64/50ms"]) == 1
    out = capsys.readouterr().out
    assert "found the form or the size of the data wrong (reply 26)" in out
    assert "1 of 2 messages were not sent" in out
    assert main(["syx", "receive", "-o", "x2.syx", "--emulated", "--request", "drums"]) == 1
    assert "the instrument refused: it has not what is asked for" in capsys.readouterr().err
    assert not Path("x2.syx").exists()
    Path("open.syx").write_bytes(PROGRAM + PROGRAM[:50])
    assert main(["syx", "send", "open.syx", "--emulated", "--anyway"]) == 1
    assert "loaded (reply 23)\n1 of 2 messages were not sent" in capsys.readouterr().out
    Path("open.syx").write_bytes(PROGRAM[:50])
    assert main(["syx", "send", "open.syx", "--emulated", "--anyway"]) == 1
    assert "open.syx has no whole message" in capsys.readouterr().err
    Path("ch2.syx").write_bytes(syx.message(2, 0x40, data=bytes(143)))
    assert main(["syx", "send", "ch2.syx", "--emulated", "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert told["answers"][0]["text"].startswith("no answer: wrong channel")


@pytest.mark.parametrize(("words", "told"), [
    (["send", "x.syx"], "no instrument is named"),
    (["send", "x.syx", "--emulated", "--midi-out", "0"], "--emulated needs no port"),
    (["send", "x.syx", "--midi-out", "0", "--sram", "y"], "are of the emulated instrument"),
    (["send", "x.syx", "--emulated", "--pace", "fast"], "there is no pace 'fast'"),
    (["send", "x.syx", "--emulated", "--pace", "0/1s"], "there is no pace '0/1s'"),
    (["receive", "-o", "y.syx", "--emulated"], "nobody sends anything by hand"),
    (["receive", "-o", "y.syx", "--emulated", "--request", "mode", "--bank", "card"], "mode is of no card"),
    (["receive", "-o", "y.syx", "--emulated", "--bank", "card"], "--bank card asks for nothing"),
    (["receive", "-o", "y.syx"], "there is nothing to receive from"),
    (["receive", "-o", "y.syx", "--emulated", "--request", "all", "--channel", "17"], "there is no channel 17"),
    (["receive", "-o", "y.syx", "--emulated", "--request", "all", "--sram", "y.syx"], "y.syx"),
])  # fmt: skip
def test_command_lines_that_make_no_sense(
    folder: Path, capsys: pytest.CaptureFixture[str], words: list[str], told: str
) -> None:
    Path("x.syx").write_bytes(PROGRAM)
    assert main(["syx", *words]) == 2
    assert told in capsys.readouterr().err


def test_a_request_on_another_channel_says_which(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main("syx receive -o y.syx --emulated --request mode --channel 5 --wait 1".split()) == 1
    told = capsys.readouterr().err
    assert "nothing came to a request on channel 5;" in told and "try: --channel N" in told


def test_midi_list(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    host = Host(("Keys 20:0",), ("Keys 20:0", "Synth 24:0"))
    monkeypatch.setitem(sys.modules, "rtmidi", host)
    assert main(["midi", "list"]) == 0
    assert capsys.readouterr().out == (
        "inputs:\n  0  Keys 20:0\noutputs:\n  0  Keys 20:0\n  1  Synth 24:0\nby ALSA, Jack\n"
    )
    assert main(["midi", "list", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["outputs"] == ["Keys 20:0", "Synth 24:0"]
    host.broken.update({2: "no sequencer", 3: "no server"})
    assert main(["midi", "list"]) == 1
    assert "cannot be used (ALSA: no sequencer; Jack: no server)" in capsys.readouterr().err
    monkeypatch.setitem(sys.modules, "rtmidi", None)
    assert main(["midi", "list"]) == 1
    assert "pip install python-rtmidi" in capsys.readouterr().err


class Instrument:
    """A real instrument's stand-in: both of its ports, with a booted session behind them and a clock that only waits.

    Args:
        session: switched on.
        in_pieces: whether its port takes pieces.
    """

    name = "M1"

    def __init__(self, session: Session, in_pieces: bool) -> None:
        self.wire = SessionWire(session)
        self.session = session
        self.in_pieces = in_pieces
        self.pieces: list[tuple[float, int]] = []

    def clock(self) -> float:
        return self.session.clock / 8e6

    def sleep(self, seconds: float) -> None:
        if seconds > 0:
            self.session.run(seconds)

    def send(self, message: bytes, at: float | None = None) -> None:
        assert message[:1] == b"\xf0" and message[-1:] == b"\xf7"
        self.send_piece(message)

    def send_piece(self, piece: bytes) -> None:
        self.pieces.append((self.clock(), len(piece)))
        self.session.midi_in(piece)

    def drain(self, seconds: float = 60.0) -> None:
        pass

    def take(self) -> list[tuple[float, bytes]]:
        return [(0.0, message) for message in self.wire.came(0.0)]

    def present(self) -> bool:
        return True

    def close(self) -> None:
        pass


@pytest.mark.parametrize("in_pieces", [True, False])
def test_a_real_instrument_is_sent_to_at_its_pace(m1: Session, in_pieces: bool) -> None:
    port = Instrument(m1, in_pieces)
    wire = PortWire(port, [port], port.clock, port.sleep)
    shown: list[tuple[int, int, int]] = []
    bank = [*syx.pieces(PROGRAM + syx.message(1, 0x11, b"\0\7"))]
    answers = send(wire, bank, Pace.parse("64/250ms"), lambda *row: shown.append(row))
    assert [(answer.reply, answer.good) for answer in answers] == [(0x23, True), (0x21, True)]
    assert shown[-1] == (2, 8, 8)
    if in_pieces:
        assert [size for _, size in port.pieces] == [64, 64, 42, 8]
        times = [at for at, _ in port.pieces]
        assert times[1] - times[0] == pytest.approx(0.25, abs=0.01)
        assert times[2] - times[1] == pytest.approx(0.25, abs=0.01)
    else:
        assert [size for _, size in port.pieces] == [170, 8]
    (dump,) = receive(wire, syx.message(1, 0x10))
    assert dump.data[:10] == b"My Program"


def test_without_an_input_nobody_says_what_became_of_it(m1: Session) -> None:
    port = Instrument(m1, True)
    answers = send(PortWire(port, [], port.clock, port.sleep), [*syx.pieces(PROGRAM)], Pace())
    assert [(answer.reply, answer.good) for answer in answers] == [(None, True)]
    assert "nobody hears the answer" in answers[0].text
    assert m1.lcd[0].startswith("Prog I00 My Program")


def test_a_dump_sent_by_hand_is_waited_for(m1: Session) -> None:
    port = Instrument(m1, True)
    m1.midi_in(b"\x90<d\x80<\0" + syx.message(1, 0x10) + syx.message(1, 0x12))
    found = receive(PortWire(None, [port], port.clock, port.sleep), b"")
    assert [piece.clean[4] for piece in found] == [0x40, 0x42]


def test_a_pace_is_read_or_refused() -> None:
    good: Callable[[str], Pace] = Pace.parse
    assert (good("full"), good("1/0.5s")) == (Pace(0, 0.0), Pace(1, 0.5))
    for text in ("", "256", "256/100", "-1/1s", "1/61s", "256/100ms "):
        with pytest.raises(UsageError):
            good(text)

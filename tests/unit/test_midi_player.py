"""Files played into a live instrument: by desk time, one at a time, stopped without a hanging note."""

from __future__ import annotations

from pathlib import Path

import mido
import pytest

from korgm1.clock import CPU_HZ
from korgm1.desk import Desk
from korgm1.desk.commands import perform, typed
from korgm1.errors import UserError
from korgm1.session import Session
from korgm1.verbs.midi_player import MidiPlayer


@pytest.fixture
def desk(m1: Session) -> Desk:
    made = Desk(m1)
    MidiPlayer(made)
    return made


def song(path: Path, tempo: int = 250_000) -> Path:
    """A quarter of a second a beat: C, then E a beat later, each for a beat; on for two beats more."""
    file = mido.MidiFile(ticks_per_beat=480)
    file.tracks.append(mido.MidiTrack([
        mido.MetaMessage("set_tempo", tempo=tempo), mido.Message("note_on", note=60),
        mido.Message("note_off", note=60, time=480), mido.Message("note_on", note=64),
        mido.Message("note_off", note=64, time=960),
    ]))  # fmt: skip
    file.save(path)
    return path


def heard(desk: Desk) -> list[tuple[int, bytes]]:
    """What is sent into MIDI IN from now on."""
    got: list[tuple[int, bytes]] = []
    inner = desk.midi_in

    def listen(data: bytes, at: int | None = None) -> None:
        got.append((desk.now if at is None else at, data))
        inner(data, at)

    desk.midi_in = listen  # type: ignore[method-assign]
    return got


def test_a_song_by_its_own_clock(desk: Desk, tmp_path: Path) -> None:
    got, begin = heard(desk), desk.now
    told = perform(desk, "midi-file", {"path": str(song(tmp_path / "a.mid"))})
    assert told == {"file": str(tmp_path / "a.mid"), "messages": 4, "seconds": 0.75, "tempo": 240.0}
    assert desk.messages[-1].text == "a.mid: 0:00, 4 messages, 240 beats a minute"
    desk.run(begin + CPU_HZ)
    assert [((at - begin) / CPU_HZ, data) for at, data in got] == [
        (0.0, b"\x90<@"), (0.25, b"\x80<@"), (0.25, b"\x90@@"), (0.75, b"\x80@@"),
    ]  # fmt: skip


def test_stop_lets_its_notes_go(desk: Desk, tmp_path: Path) -> None:
    got = heard(desk)
    typed(desk, f"midi-file {song(tmp_path / 'a song.mid')}")
    desk.run(desk.now + CPU_HZ // 10)
    assert typed(desk, "midi-file stop") == {"file": None, "stopped": "a song.mid"}
    assert got[-1][1] == b"\x90<\0"
    desk.run(desk.now + CPU_HZ)
    assert len(got) == 2
    assert typed(desk, "midi-file stop") == {"file": None, "stopped": None}
    assert desk.messages[-1].text == "nothing is played"


def test_another_song_takes_over_and_a_broken_one_does_not(desk: Desk, tmp_path: Path) -> None:
    got = heard(desk)
    typed(desk, f"midi-file {song(tmp_path / 'a.mid')}")
    desk.run(desk.now + CPU_HZ // 10)
    with pytest.raises(UserError):
        typed(desk, f"midi-file {tmp_path / 'none.mid'}")
    (tmp_path / "broken.mid").write_bytes(b"MThd")
    with pytest.raises(UserError, match="no usable standard MIDI file"):
        typed(desk, f"midi-file {tmp_path / 'broken.mid'}")
    desk.run(desk.now + CPU_HZ // 5)
    assert got[-1][1] == b"\x90@@"
    begin = desk.now
    typed(desk, f"midi-file {song(tmp_path / 'b.mid', 125_000)}")
    assert got[-2][1] == b"\x90@\0"
    desk.run(begin + CPU_HZ)
    assert [(at - begin) / CPU_HZ for at, _ in got[-4:]] == [0.0, 0.125, 0.125, 0.375]


def test_a_dump_reaches_the_memory(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "mode.syx").write_bytes(bytes.fromhex("F0 42 30 19 4E 00 00 F7"))
    told = typed(desk, f"midi-file {tmp_path / 'mode.syx'}")
    assert told["tempo"] is None
    assert desk.messages[-1].text == "mode.syx: 8 bytes, 0.0 s of cable"
    desk.run(desk.now + CPU_HZ)
    assert desk.lcd[0].startswith("Combi I00")


def test_the_same_song_at_the_same_time_is_the_same_run(booted: bytes, tmp_path: Path) -> None:
    hashes = set()
    for step in (977_777, 4_000_000):
        session = Session()
        session.restore(booted)
        desk = Desk(session)
        MidiPlayer(desk)
        begin = desk.now
        typed(desk, f"midi-file {song(tmp_path / 'a.mid')}")
        while desk.now < begin + 10_000_000:
            desk.run(min(desk.now + step, begin + 10_000_000))
        hashes.add((session.sram, session.sound_hash))
    assert len(hashes) == 1

"""MIDI input files: raw, standard, and everything that is neither."""

from __future__ import annotations

from pathlib import Path

import mido
import pytest
from hypothesis import given
from hypothesis import strategies as st

from korgm1.errors import M1Error, UserError
from korgm1.verbs.midi_file import load_midi, song_of, tempo

HEADER = b"MThd" + bytes.fromhex("00000006 0000 0001 0060")


def test_raw_bytes_go_as_they_are(tmp_path: Path) -> None:
    path = tmp_path / "x.syx"
    path.write_bytes(b"\xf0\x42\x30\x19\x12\xf7")
    assert load_midi(path) == [(0.0, b"\xf0\x42\x30\x19\x12\xf7")]


def test_a_standard_midi_file_keeps_its_clock(tmp_path: Path) -> None:
    path = tmp_path / "x.mid"
    song = mido.MidiFile(ticks_per_beat=480)
    track = mido.MidiTrack()
    track.append(mido.MetaMessage("set_tempo", tempo=500_000))
    track.append(mido.Message("note_on", note=60, velocity=100, time=0))
    track.append(mido.Message("note_off", note=60, velocity=0, time=480))
    song.tracks.append(track)
    song.save(path)
    assert load_midi(path) == [(0.0, b"\x90\x3c\x64"), (0.5, b"\x80\x3c\x00")]


@pytest.mark.parametrize(
    ("division", "seconds"), [("E728", 96 / 1000), ("E250", 96 / 2400), ("E304", 96 * 1.001 / 120)]
)
def test_a_song_that_counts_frames_of_a_film(tmp_path: Path, division: str, seconds: float) -> None:
    """25 frames of 40 ticks, 30 of 80, 29.97 of 4; the tempo in it means nothing."""
    track = bytes.fromhex("00 FF5103 0F4240 00 903C64 60 803C00 00 FF2F00")
    head = b"MThd" + bytes.fromhex("00000006 0000 0001") + bytes.fromhex(division)
    path = tmp_path / "x.mid"
    path.write_bytes(head + b"MTrk" + len(track).to_bytes(4, "big") + track)
    assert load_midi(path) == [(0.0, b"\x90\x3c\x64"), (pytest.approx(seconds), b"\x80\x3c\x00")]
    assert song_of("x.mid", path.read_bytes()).length == round(seconds * 8_000_000)
    path.write_bytes(path.read_bytes().replace(head, head[:-2] + b"\xf0\x28"))
    with pytest.raises(UserError, match="16 frames a second of 40 ticks"):
        load_midi(path)


@pytest.mark.parametrize(("content", "said"), [(b"", "empty"), (b"hello", "no MIDI status"), (b"MThd\0", "no usable")])
def test_what_is_no_midi_is_said(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "x"
    path.write_bytes(content)
    with pytest.raises(UserError, match=said):
        load_midi(path)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"MThd\0", "ends too early"),
        (HEADER + b"XTrk" + bytes(4), "no MTrk header"),
        (HEADER + b"MTrk" + bytes.fromhex("00000002 00 40"), "running status"),
        (b"MThd" + bytes.fromhex("00000006 0002 0000 0060"), "type 2"),
    ],
    ids=["cut", "header", "status", "type"],
)
def test_a_broken_midi_file_has_a_reason(tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "x.mid"
    path.write_bytes(content)
    with pytest.raises(UserError, match=f"no usable standard MIDI file: .*{reason}"):
        load_midi(path)


@given(st.binary(max_size=300))
def test_only_m1error_escapes(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.mktemp("midi") / "x.mid"
    path.write_bytes(b"MThd" + content)
    try:
        load_midi(path)
    except M1Error:
        pass


def test_a_tempo_of_nothing_is_no_tempo(tmp_path: Path) -> None:
    track = bytes.fromhex("00FF5103000000 00903C64 00FF510307A120 00FF2F00")
    path = tmp_path / "x.mid"
    path.write_bytes(HEADER + b"MTrk" + len(track).to_bytes(4, "big") + track)
    assert tempo(path) == 120 and load_midi(path) == [(0.0, b"\x90\x3c\x64")]

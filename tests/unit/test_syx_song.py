"""Exclusive messages of standard MIDI files: byte for byte, in any number of packets; damaged files are told."""

from __future__ import annotations

import io
import struct

import mido
import pytest
from hypothesis import given
from hypothesis import strategies as st

from korgm1.syx.song import exclusive

END = b"\0\xff\x2f\0"


def number(value: int) -> bytes:
    rows = [value & 0x7F]
    while value := value >> 7:
        rows.append(value & 0x7F | 0x80)
    return bytes(reversed(rows))


def song(*tracks: bytes) -> bytes:
    head = b"MThd" + struct.pack(">IHHh", 6, 1, len(tracks), 96)
    return head + b"".join(b"MTrk" + struct.pack(">I", len(track)) + track for track in tracks)


@given(st.lists(st.tuples(st.binary(min_size=1, max_size=300), st.integers(1, 9), st.integers(0, 20000)), max_size=5))
def test_messages_in_packets_come_out_whole(rows: list[tuple[bytes, int, int]]) -> None:
    """Bytes of no MIDI at all stay, too: what is wrong with a message is not this module's business."""
    wanted, track = [], b"\0\x90\x3c\x40\x10\x3c\0"
    for data, packets, delta in rows:
        data = data.replace(b"\xf7", b"\x77")
        wanted.append(b"\xf0" + data + b"\xf7")
        size = -(-(len(data) + 1) // packets)
        parts = [(data + b"\xf7")[at : at + size] for at in range(0, len(data) + 1, size)]
        for which, part in enumerate(parts):
            track += number(delta) + (b"\xf7" if which else b"\xf0") + number(len(part)) + part
            track += b"\0\xc3\5\1\6\0\xff\x01\x02hi\0\7"
    assert exclusive(song(track + END)) == wanted


def test_times_of_several_tracks_and_what_other_programs_write() -> None:
    first, second = b"\x20\xf0\2\1\xf7" + END, b"\x10\xf0\2\2\xf7\x20\xf7\3\xf0\3\xf7\0\xf7\2\xf3\1" + END
    assert exclusive(song(first, second) + b"junk") == [b"\xf0\2\xf7", b"\xf0\1\xf7", b"\xf0\3\xf7"]
    out, track = io.BytesIO(), mido.MidiTrack([mido.Message("sysex", data=(66, 48, 25, 18)), mido.Message("note_on")])
    mido.MidiFile(tracks=[track]).save(file=out)
    assert exclusive(out.getvalue()) == [bytes.fromhex("F042301912F7")]


@pytest.mark.parametrize(("track", "said"), [
    (b"\0\x3c\x40", "has 3C where a status byte belongs"), (b"\0\xf4\1\0", "status byte F4"),
    (b"\0\xf0\x05\1", "middle of an event"), (b"\0", "middle of an event"), (b"\xff" * 9, "more than four bytes"),
])
def test_what_is_damaged_is_told(track: bytes, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        exclusive(song(track))


@given(st.binary(max_size=80))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    for some in (b"MThd" + data, song(data), song(b"\0\xf0" + data)):
        try:
            assert all(message[:1] == b"\xf0" for message in exclusive(some))
        except ValueError as error:
            assert str(error)

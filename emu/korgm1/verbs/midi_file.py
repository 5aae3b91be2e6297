"""MIDI input from files: .syx and raw bytes back to back, standard MIDI files by their own clock."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

from korgm1.clock import clocks
from korgm1.errors import UserError
from korgm1.files import read_file

if TYPE_CHECKING:
    from korgm1.performance import Song

LIMIT = 4 << 20
"""Bytes; at 31,250 baud that is 22 minutes."""


def load_midi(path: Path) -> list[tuple[float, bytes]]:
    """What to send and when.

    Args:
        path: a standard MIDI file (MThd), or bytes as they go over the wire.

    Returns:
        (seconds from the start, bytes), in order.

    Raises:
        UserError: unreadable, empty, not MIDI, or larger than 4 MB.
    """
    data = read_file(path, "a file of MIDI bytes (.syx) or a standard MIDI file", LIMIT)
    if not data:
        raise UserError(f"{path} is empty", "MIDI bytes")
    if not is_song(data):
        if not any(byte & 0x80 for byte in data):
            raise UserError(f"{path} holds no MIDI status byte at all", "a .syx dump or a standard MIDI file")
        return [(0.0, data)]
    return [(at, data) for at, data in _messages(str(path), data) if data]


def tempo(path: Path) -> float | None:
    """The first tempo of a standard MIDI file in beats a minute; 120 where it names none, None where it is none.

    Raises:
        UserError: unreadable.
    """
    data = read_file(path, "a file of MIDI bytes (.syx) or a standard MIDI file", LIMIT)
    if not is_song(data):
        return None
    events = _read(str(path), data).merged_track
    found: int = next((one.tempo for one in events if one.type == "set_tempo" and one.tempo), 500_000)
    return round(60e6 / found, 2)


def song_of(name: str, data: bytes) -> Song:
    """A standard MIDI file as what is sent and when; it ends with its last event, the end of the longest track too.

    Args:
        name: the file's, for errors.
        data: its content, for which `is_song` is true.

    Raises:
        UserError: damaged, or without anything to send.
    """
    from korgm1.performance import Song

    messages = _messages(name, data)
    events = tuple((clocks(at), data) for at, data in messages if data)
    if not events:
        raise UserError(f"{name} holds nothing to play", "a song (.mid) with notes")
    return Song(events, clocks(messages[-1][0]))


def is_song(data: bytes) -> bool:
    """True for the content of a standard MIDI file.

    >>> is_song(b"MThd..."), is_song(b"hello")
    (True, False)
    """
    return data.startswith(b"MThd")


def _read(name: str, data: bytes) -> Any:
    """mido's view of a standard MIDI file."""
    import mido

    try:
        return mido.MidiFile(file=io.BytesIO(data), clip=True)
    except Exception as error:
        raise UserError(f"{name} is no usable standard MIDI file: {_reason(error)}", "MThd, MTrk chunks") from error


def _messages(name: str, data: bytes) -> list[tuple[float, bytes]]:
    """Seconds and bytes of each event; those that are not sent have none."""
    song = _read(name, data)
    try:
        second = _ticks_a_second(song.ticks_per_beat) if song.ticks_per_beat < 0 else 1
        messages = list(song if second == 1 else song.merged_track)
    except Exception as error:
        raise UserError(f"{name} is no usable standard MIDI file: {_reason(error)}", "MThd, MTrk chunks") from error
    out: list[tuple[float, bytes]] = []
    at = 0.0
    for message in messages:
        at += message.time
        out.append((at / second, b"" if message.is_meta else bytes(message.bytes())))
    return out


def _ticks_a_second(division: int) -> float:
    """Of a file that counts a film's frames, whatever the tempo: minus the frames a second in the high byte of its
    division (29: 30 / 1.001), the ticks of a frame in the low one.

    >>> _ticks_a_second(-25 * 256 + 40)
    1000.0
    """
    frames, ticks = -(division >> 8), division & 0xFF
    if frames not in (24, 25, 29, 30) or not ticks:
        raise ValueError(f"it counts {frames} frames a second of {ticks} ticks")
    return ticks * (30 / 1.001 if frames == 29 else float(frames))


def _reason(error: Exception) -> str:
    """What mido has to say, or what its wordless errors mean."""
    if isinstance(error, EOFError):
        return "it ends too early"
    if isinstance(error, (OSError, ValueError)) and str(error):
        return str(error)
    return "it is damaged" if "type 2" not in str(error) else "it is of type 2, tracks of unrelated times"

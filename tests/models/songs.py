"""Songs for tests, made with mido."""

from __future__ import annotations

from pathlib import Path

import mido


def song_file(path: Path, seconds: float, *messages: tuple[float, mido.Message], ending: float = 0.0) -> Path:
    """A song of that length: a C4 that sounds all through it, or these messages at their seconds.

    Args:
        path: where to.
        seconds: from the begin to the last note's end.
        messages: what is sent, in order.
        ending: seconds from the last message to the end of the track.
    """
    given = messages or (
        (0.0, mido.Message("note_on", note=60, velocity=100)), (seconds, mido.Message("note_off", note=60)),
    )
    song = mido.MidiFile(ticks_per_beat=1000)
    track = mido.MidiTrack()
    song.tracks.append(track)
    track.append(mido.MetaMessage("set_tempo", tempo=1_000_000))
    at = 0
    for when, message in given:
        track.append(message.copy(time=round(when * 1000) - at))
        at = round(when * 1000)
    track.append(mido.MetaMessage("end_of_track", time=round(ending * 1000)))
    song.save(path)
    return path

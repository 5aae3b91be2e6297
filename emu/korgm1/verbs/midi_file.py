"""MIDI input from files: .syx and raw bytes back to back, standard MIDI files by their own clock."""

from __future__ import annotations

import io
from pathlib import Path

from korgm1.errors import UserError
from korgm1.files import read_file

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
    if data[:4] != b"MThd":
        if not any(byte & 0x80 for byte in data):
            raise UserError(f"{path} holds no MIDI status byte at all", "a .syx dump or a standard MIDI file")
        return [(0.0, data)]
    import mido

    try:
        messages = list(mido.MidiFile(file=io.BytesIO(data), clip=True))
    except Exception as error:
        raise UserError(f"{path} is no usable standard MIDI file: {_reason(error)}", "MThd, MTrk chunks") from error
    out: list[tuple[float, bytes]] = []
    at = 0.0
    for message in messages:
        at += message.time
        if not message.is_meta:
            out.append((at, bytes(message.bytes())))
    return out


def _reason(error: Exception) -> str:
    """What mido has to say, or what its wordless errors mean."""
    if isinstance(error, EOFError):
        return "it ends too early"
    if isinstance(error, (OSError, ValueError)) and str(error):
        return str(error)
    return "it is damaged" if "type 2" not in str(error) else "it is of type 2, tracks of unrelated times"

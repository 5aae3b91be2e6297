"""WAV files, written as the sound comes: 16 or 24 bit or float, two channels or four, with a text about their making.

| chunk | holds |
|---|---|
| `fmt ` | plain PCM; float (format 3); four channels: WAVE_FORMATEXTENSIBLE, which gives them no place in a room |
| `fact` | frames, where the samples are float |
| `data` | the samples |
| `LIST` `INFO` | `ISFT` the program, `ICMT` one JSON object |

The text comes last because it may tell what was only known at the end. Whole numbers are rounded to the nearest, halves
to even, without dither: the same sound is the same file.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from korgm1.errors import UserError
from korgm1.files import PartFile
from korgm1.verbs.wav_reading import EXTENSIBLE, FLOAT, GUID, PCM

FORMS = {"16": (2, PCM), "24": (3, PCM), "float": (4, FLOAT)}
"""Bytes of a sample and format tag, by the name of the form."""
LARGEST = 0xFFFF0000
"""Bytes of samples; sizes in a WAV file have 32 bits."""


class WavFile:
    """A WAV file being written: PATH.part until `close`.

    Args:
        path: the file.
        rate: samples a second.
        channels: 2 or 4.
        form: of `FORMS`.

    Attributes:
        channels: as given.
        frames: how many were written.
        peak: the highest level of any of them, 1.0 is full scale.
        clipped: samples that were beyond what the form can hold, and were cut; float holds all.

    Raises:
        UserError: it cannot be written.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     wav = WavFile(Path(folder, "x.wav"), 31250, 2, "16")
    ...     wav.write(np.array([[0.5, -1.0], [1.0, 0.0]])); wav.close({"ISFT": "doctest"})
    ...     Path(folder, "x.wav").read_bytes()[44:52].hex(" "), wav.peak, wav.clipped
    ('00 40 00 80 ff 7f 00 00', 1.0, 1)
    """

    def __init__(self, path: Path, rate: int, channels: int, form: str) -> None:
        self.frames = 0
        self.peak = 0.0
        self.clipped = 0
        self.channels = channels
        self._form = form
        self._size, tag = FORMS[form]
        self._head = _format(rate, channels, self._size, tag)
        self._file = PartFile(path)
        try:
            self._file.write(self._header())
        except UserError:
            self._file.discard()
            raise

    def write(self, signal: npt.NDArray[np.float64]) -> None:
        """The next frames, shape (n, channels), 1.0 is full scale.

        Raises:
            UserError: the disk is full, or the file would be larger than a WAV file can be.
        """
        if not len(signal):
            return
        if (self.frames + len(signal)) * self.channels * self._size > LARGEST:
            raise UserError("the sound is too long for a WAV file", "fewer bits, outputs or samples a second")
        self.frames += len(signal)
        self.peak = max(self.peak, float(np.abs(signal).max()))
        if self._form == "float":
            self._file.write(signal.astype("<f4").tobytes())
            return
        scale = 1 << (8 * self._size - 1)
        whole = np.rint(signal * scale)
        held = np.clip(whole, -scale, scale - 1)
        self.clipped += int(np.count_nonzero(whole != held))
        words = held.astype("<i4")
        self._file.write(
            words.astype("<i2").tobytes() if self._size == 2
            else words.reshape(-1, 1).view(np.uint8)[:, :3].tobytes()
        )  # fmt: skip

    def close(self, info: Mapping[str, str]) -> None:
        """The sound is whole: write the texts, by the four letters of their chunks, and give the file its name.

        Raises:
            UserError: it cannot be written.
        """
        size = self.frames * self.channels * self._size
        texts = b"".join(_chunk(name.encode("ascii"), text.encode("ascii") + b"\0") for name, text in info.items())
        self._file.write(b"\0" * (size % 2) + _chunk(b"LIST", b"INFO" + texts))
        self._file.patch(0, self._header(8 + 4 + len(texts)))
        self._file.close()

    def discard(self) -> None:
        """Leave nothing of it; what stood at PATH before stays."""
        self._file.discard()

    def _header(self, behind: int = 0) -> bytes:
        """All that is in front of the samples, for what was written so far and so many bytes behind it."""
        size = self.frames * self.channels * self._size
        fact = _chunk(b"fact", struct.pack("<I", self.frames)) if self._form == "float" else b""
        body = b"WAVE" + _chunk(b"fmt ", self._head) + fact + b"data" + struct.pack("<I", size)
        return b"RIFF" + struct.pack("<I", len(body) + size + size % 2 + behind) + body


def _format(rate: int, channels: int, size: int, tag: int) -> bytes:
    frame = channels * size
    plain = struct.pack("<HIIHH", channels, rate, rate * frame, frame, 8 * size)
    if channels > 2:
        return struct.pack("<H", EXTENSIBLE) + plain + struct.pack("<HHIH", 22, 8 * size, 0, tag) + GUID
    return struct.pack("<H", tag) + plain + (struct.pack("<H", 0) if tag != PCM else b"")


def _chunk(name: bytes, data: bytes) -> bytes:
    return name + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2)


def info(program: str, facts: Mapping[str, Any]) -> dict[str, str]:
    """The texts of a file: who made it, and a JSON object in ASCII.

    >>> info("korgm1 1", {"rate": 31250})
    {'ISFT': 'korgm1 1', 'ICMT': '{"rate": 31250}'}
    """
    import json

    return {"ISFT": program, "ICMT": json.dumps(facts)}

"""WAV files as they are given: 16, 24 or 32 bit or float, one to eight channels, plain or WAVE_FORMAT_EXTENSIBLE.

The standard library's `wave` does not read float, and the extensible form from Python 3.12 on only. What is no such
file, or is cut off, is a sentence, not a guess.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from korgm1.errors import UserError
from korgm1.files import read_file

WANTED = "a WAV file of 16, 24 or 32 bit or float, 1 to 8 channels"
LARGEST = 1 << 30
"""Bytes of a file."""
PCM, FLOAT, EXTENSIBLE = 1, 3, 0xFFFE
WIDTHS = {(PCM, 16), (PCM, 24), (PCM, 32), (FLOAT, 32), (FLOAT, 64)}
"""Format tag, bits of a sample."""
GUID = bytes.fromhex("000000001000800000AA00389B71")
"""What follows the tag in the extensible form."""
_NONE = np.zeros(0, np.uint8)

Signal = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Wav:
    """A WAV file, or a stretch of one.

    Attributes:
        rate: frames a second.
        form: "16 bit", "24 bit", "32 bit", "float" or "64 bit float".
        frames: of the whole file.
        first: the frame of the file that the samples begin with.
        samples: shape (n, channels), 1.0 is full scale.
    """

    rate: int
    form: str
    frames: int
    first: int
    samples: Signal

    @property
    def channels(self) -> int:
        """Samples of a frame."""
        return int(self.samples.shape[1])

    @property
    def begin(self) -> float:
        """Seconds of the file before the samples."""
        return self.first / self.rate

    @property
    def seconds(self) -> float:
        """How long the samples are."""
        return len(self.samples) / self.rate


def read_wav(path: Path, begin: float = 0.0, end: float | None = None) -> Wav:
    """A WAV file the user named.

    Args:
        path: the file.
        begin, end: seconds; what is before and behind them is left out. None: to the end.

    Raises:
        UserError: it cannot be read, is no WAV file of a kind that is known, is cut off, or holds no numbers.
    """
    data = read_file(path, WANTED, LARGEST)
    try:
        return _parsed(data, begin, end)
    except ValueError as wrong:
        raise UserError(f"{path}: {wrong}", WANTED) from None


def _parsed(data: bytes, begin: float = 0.0, end: float | None = None) -> Wav:
    """The content of a file.

    >>> fmt = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 2, 31250, 125000, 4, 16)
    >>> body = b"WAVE" + fmt + struct.pack("<4sI4h", b"data", 8, 16384, -32768, 0, 1)
    >>> wav = _parsed(b"RIFF" + struct.pack("<I", len(body)) + body)
    >>> wav.rate, wav.form, wav.samples[0].tolist()
    (31250, '16 bit', [0.5, -1.0])
    """
    if data[:4] in (b"RIFX", b"RF64", b"BW64"):
        raise ValueError(f"the form {data[:4].decode()} is not known")
    if data[:4] != b"RIFF" or data[8:12] != b"WAVE":
        raise ValueError("this is no WAV file")
    form: tuple[int, int, int, int] | None = None
    at = 12
    while at + 8 <= len(data):
        name, size = struct.unpack_from("<4sI", data, at)
        at += 8
        if at + size > len(data):
            raise ValueError(f"it is cut off: {len(data) - at:,} of the {size:,} bytes of its chunk {_word(name)}")
        if name == b"fmt " and form is None:
            form = _form(data[at : at + size])
        if name == b"data":
            if form is None:
                raise ValueError("its samples come before their format")
            tag, channels, rate, bits = form
            frame = channels * bits // 8
            if size % frame:
                raise ValueError(f"its {size:,} bytes of samples are no whole number of frames")
            frames = size // frame
            first = min(round(begin * rate), frames)
            last = frames if end is None else max(min(round(end * rate), frames), first)
            part = np.frombuffer(data, np.uint8, (last - first) * frame, at + first * frame) if last > first else _NONE
            name = f"{bits} bit" if tag == PCM else "float" if bits == 32 else "64 bit float"
            return Wav(rate, name, frames, first, _samples(part, tag, bits).reshape(-1, channels))
        at += size + size % 2
    raise ValueError("there are no samples in it" if form else "it ends before its samples")


def _form(chunk: bytes) -> tuple[int, int, int, int]:
    """Format tag, channels, rate and bits."""
    if len(chunk) < 16:
        raise ValueError(f"its format has {len(chunk)} bytes, 16 at least are usual")
    tag, channels, rate, _, frame, bits = struct.unpack_from("<HHIIHH", chunk)
    if tag == EXTENSIBLE:
        if len(chunk) < 40 or chunk[26:40] != GUID:
            raise ValueError("its extended format is not known")
        (tag,) = struct.unpack_from("<H", chunk, 24)
    if (tag, bits) not in WIDTHS:
        raise ValueError(f"its samples have format {tag:04X}h, {bits} bits")
    if not 1 <= channels <= 8 or not 1 <= rate <= 1_000_000 or frame != channels * bits // 8:
        raise ValueError(f"{channels} channels, {rate} samples a second, {frame} bytes a frame")
    return tag, channels, rate, bits


def _samples(part: npt.NDArray[np.uint8], tag: int, bits: int) -> Signal:
    """The bytes as levels, 1.0 is full scale."""
    if tag == FLOAT:
        samples: Signal = part.view(f"<f{bits // 8}").astype(np.float64)
        if not np.isfinite(samples).all():
            raise ValueError("some of its samples are no numbers")
        return samples
    if bits == 24:
        words = np.zeros((len(part) // 3, 4), np.uint8)
        words[:, 1:] = part.reshape(-1, 3)
        return words.view("<i4")[:, 0] / float(1 << 31)
    return part.view(f"<i{bits // 8}") / float(1 << bits - 1)


def _word(name: bytes) -> str:
    """A chunk's name, which can be any four bytes.

    >>> _word(b"data"), _word(bytes([0, 200, 65, 66]))
    ("'data'", '00C84142h')
    """
    text = name.decode("latin-1")
    return repr(text) if text.isascii() and text.isprintable() else name.hex().upper() + "h"

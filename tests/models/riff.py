"""A reader of WAV files for tests, from Microsoft's definition: every size must be right to the byte."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from uuid import UUID

import numpy as np
import numpy.typing as npt

SUBTYPES = {UUID("00000001-0000-0010-8000-00aa00389b71"): 1, UUID("00000003-0000-0010-8000-00aa00389b71"): 3}


@dataclass(frozen=True)
class Wav:
    """A file's content; `samples` has the shape (frames, channels), 1.0 is full scale."""

    rate: int
    samples: npt.NDArray[np.float64]
    float: bool
    bits: int
    extensible: bool
    mask: int
    info: dict[str, str]


def chunks(data: bytes) -> list[tuple[str, bytes]]:
    """The chunks that fill `data`, in order."""
    out, at = [], 0
    while at < len(data):
        name, size = struct.unpack_from("<4sI", data, at)
        body = data[at + 8 : at + 8 + size]
        assert len(body) == size, f"{name!r} is cut"
        out.append((name.decode("ascii"), body))
        at += 8 + size
        if size % 2:
            assert data[at : at + 1] == b"\0", f"{name!r} is not padded"
            at += 1
    return out


def read_wav(data: bytes) -> Wav:
    """All of it, or AssertionError or struct.error."""
    riff, size, kind = struct.unpack_from("<4sI4s", data)
    assert (riff, size, kind) == (b"RIFF", len(data) - 8, b"WAVE")
    parts = dict(chunks(data[12:]))
    tag, channels, rate, per_second, frame, bits = struct.unpack_from("<HHIIHH", parts["fmt "])
    rest = parts["fmt "][16:]
    extensible, mask = tag == 0xFFFE, 0
    if extensible:
        more, valid, mask = struct.unpack_from("<HHI", rest)
        assert (more, valid, len(rest)) == (22, bits, 24)
        tag = SUBTYPES[UUID(bytes_le=rest[8:24])]
    else:
        assert rest == (b"" if tag == 1 else b"\0\0")
    assert tag in (1, 3) and frame == channels * bits // 8 and per_second == rate * frame
    body = parts["data"]
    assert len(body) % frame == 0
    if tag == 3:
        assert bits == 32 and struct.unpack("<I", parts["fact"]) == (len(body) // frame,)
        samples = np.frombuffer(body, "<f4").astype(np.float64)
    elif bits == 16:
        samples = np.frombuffer(body, "<i2") / 32768
    else:
        assert bits == 24
        wide = np.zeros((len(body) // 3, 4), np.uint8)
        wide[:, 1:] = np.frombuffer(body, np.uint8).reshape(-1, 3)
        samples = wide.view("<i4")[:, 0] / 2.0**31
    assert parts["LIST"][:4] == b"INFO"
    info = {}
    for name, text in chunks(parts["LIST"][4:]):
        assert text.endswith(b"\0")
        info[name] = text[:-1].decode("ascii")
    return Wav(rate, samples.reshape(-1, channels), tag == 3, bits, extensible, mask, info)

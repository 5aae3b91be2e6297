"""WAV files byte by byte, good ones and bad ones."""

from __future__ import annotations

import struct

import numpy as np

GUID = bytes.fromhex("000000001000800000AA00389B71")


def chunk(name: bytes, data: bytes) -> bytes:
    return name + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2)


def fmt(tag: int, channels: int, rate: int, bits: int, extensible: bool = False) -> bytes:
    frame = channels * bits // 8
    body = struct.pack("<HIIHH", channels, rate, rate * frame, frame, bits)
    if extensible:
        return struct.pack("<H", 0xFFFE) + body + struct.pack("<HHIH", 22, bits, 0, tag) + GUID
    return struct.pack("<H", tag) + body


def words(samples: np.ndarray, bits: int, tag: int = 1) -> bytes:
    """Samples, 1.0 is full scale, as they lie in a file."""
    if tag == 3:
        return samples.astype(f"<f{bits // 8}").tobytes()
    most = (1 << bits - 1) - 1
    whole = np.clip(np.rint(samples * (1 << bits - 1)), -most - 1, most).astype("<i4" if bits == 32 else "<i8")
    return b"".join(int(word).to_bytes(bits // 8, "little", signed=True) for word in whole.ravel())


def riff(*chunks: bytes) -> bytes:
    body = b"WAVE" + b"".join(chunks)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def wav(samples: np.ndarray, rate: int = 31_250, bits: int = 16, tag: int = 1, extensible: bool = False) -> bytes:
    """A whole file of samples of shape (n, channels)."""
    head = fmt(tag, samples.shape[1], rate, bits, extensible)
    return riff(chunk(b"fmt ", head), chunk(b"data", words(samples, bits, tag)))

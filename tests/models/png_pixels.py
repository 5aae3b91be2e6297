"""The pixels of a PNG that the program wrote."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray


def pixels(path: Path) -> NDArray[np.int16]:
    """An RGB picture without filters, as the program writes them."""
    data, at, header, lines = path.read_bytes(), 8, b"", b""
    while at < len(data):
        (length,) = struct.unpack(">I", data[at : at + 4])
        kind, body = data[at + 4 : at + 8], data[at + 8 : at + 8 + length]
        header, lines = (body, lines) if kind == b"IHDR" else (header, lines + body if kind == b"IDAT" else lines)
        at += 12 + length
    width, height = struct.unpack(">II", header[:8])
    rows = np.frombuffer(zlib.decompress(lines), np.uint8).reshape(height, 1 + 3 * width)
    assert not rows[:, 0].any()
    return rows[:, 1:].reshape(height, width, 3).astype(np.int16)

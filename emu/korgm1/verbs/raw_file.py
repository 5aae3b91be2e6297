"""The stream of samples as a file for numpy, written as it comes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from korgm1.errors import UserError
from korgm1.files import PartFile


class RawFile:
    """The stream as a NumPy file, little-endian int32 of shape (frames, 4).

    Raises:
        UserError: it cannot be written.
    """

    HEAD = 128
    """Bytes in front of the numbers."""

    def __init__(self, path: Path) -> None:
        self._file = PartFile(path)
        self._frames = 0
        try:
            self._file.write(self._header())
        except UserError:
            self._file.discard()
            raise

    def write(self, frames: Any) -> None:
        """The next frames."""
        self._frames += len(frames)
        self._file.write(frames.astype("<i4").tobytes())

    def close(self) -> None:
        """It is whole."""
        self._file.patch(0, self._header())
        self._file.close()

    def discard(self) -> None:
        """Leave nothing of it."""
        self._file.discard()

    def _header(self) -> bytes:
        text = str({"descr": "<i4", "fortran_order": False, "shape": (self._frames, 4)}).encode()
        room = self.HEAD - 10
        return b"\x93NUMPY\x01\x00" + room.to_bytes(2, "little") + text.ljust(room - 1) + b"\n"

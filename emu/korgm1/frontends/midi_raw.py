"""A raw MIDI device as a file (/dev/snd/midiC1D0 on Linux): bytes as they go over the wire, no library between.

Sources: the ALSA documentation of raw MIDI devices; a named pipe does as well.
"""

from __future__ import annotations

import os
import select
import stat
import threading
import time
from collections.abc import Callable
from pathlib import Path

from korgm1.errors import UserError
from korgm1.frontends.midi_receiver import Receiver
from korgm1.frontends.midi_sender import Sender
from korgm1.midi_stream import Assembler

_LOOK = 0.1
"""Host seconds after which a thread looks whether it is to end."""
_PATIENCE = 5.0
"""Host seconds a device may take no byte at all."""


def is_path(word: str) -> bool:
    """Whether a port's name is a device's path.

    >>> is_path("/dev/snd/midiC1D0"), is_path("UNO")
    (True, False)
    """
    return "/" in word and Path(word).is_absolute()


class RawInput(Receiver):
    """An open device that is read.

    Args:
        path: of the device.
        clock: host seconds.

    Raises:
        UserError: it cannot be opened.
    """

    def __init__(self, path: str, clock: Callable[[], float]) -> None:
        super().__init__(path, clock)
        self._file = _open(path, os.O_RDONLY)
        self._assembler = Assembler()
        self._alive = True
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._reader, name="MIDI IN", daemon=True)
        self._thread.start()

    def present(self) -> bool:
        """Whether the device is still there."""
        return self._alive and os.path.exists(self.name)

    def close(self) -> None:
        """Let it go."""
        self._closing.set()
        self._thread.join(2 * _LOOK)

    def _reader(self) -> None:
        try:
            self._read_on()
        finally:
            os.close(self._file)  # by whom it is used: the number may soon be another file's

    def _read_on(self) -> None:
        while not self._closing.is_set():
            try:
                if not select.select([self._file], [], [], _LOOK)[0]:
                    continue
                data = os.read(self._file, 4096)
            except OSError:
                data = b""
            if not data:
                self._alive = False
                return
            now = self.clock()
            self.messages.extend((now, whole) for byte in data for whole in self._assembler.take(byte))


class RawOutput(Sender):
    """An open device that is written to.

    Args:
        path: of the device.
        clock: host seconds.

    Raises:
        UserError: it cannot be opened.
    """

    def __init__(self, path: str, clock: Callable[[], float]) -> None:
        self._file = _open(path, os.O_WRONLY)
        super().__init__(path, clock)

    def write(self, message: bytes) -> None:
        """Write a message now; the device keeps its own pace.

        Raises:
            UserError: it cannot be written, or takes nothing any more.
        """
        left, end = memoryview(message), time.monotonic() + _PATIENCE
        while left:
            try:
                if select.select([], [self._file], [], _LOOK)[1]:
                    left = left[os.write(self._file, left[:256]) :]
                    end = time.monotonic() + _PATIENCE
            except BlockingIOError:
                time.sleep(0.001)
            except OSError as error:
                raise UserError(f"{self.name} cannot be written: {error.strerror or error}", "a MIDI device") from error
            if left and not self._open:
                raise UserError(f"{self.name} was closed before all was sent")
            if left and time.monotonic() > end:
                raise UserError(f"{self.name} takes no more bytes", "a device that is plugged in")

    def send_piece(self, piece: bytes) -> None:
        """Write bytes now; see `write`."""
        self.write(piece)

    def present(self) -> bool:
        """Whether the device is still there."""
        return not self.failed and os.path.exists(self.name)

    def close(self) -> None:
        """Let it go; what is not sent yet is dropped."""
        super().close()
        if not self._thread.is_alive():  # else it would write into whatever file gets this number
            os.close(self._file)


def _open(path: str, flags: int) -> int:
    """A named pipe is opened for both, else it would wait for somebody at its other end."""
    try:
        kind = os.stat(path).st_mode
        if not (stat.S_ISCHR(kind) or stat.S_ISFIFO(kind)):
            raise UserError(f"{path} is no MIDI device", "a device such as /dev/snd/midiC1D0", "korgm1 midi list")
        return os.open(path, (os.O_RDWR if stat.S_ISFIFO(kind) else flags) | os.O_NONBLOCK)
    except OSError as error:
        raise UserError(
            f"the MIDI device {path} cannot be opened: {error.strerror or error}", "a device such as /dev/snd/midiC1D0",
            "korgm1 midi list",
        ) from error

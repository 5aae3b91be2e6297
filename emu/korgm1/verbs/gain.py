"""Louder or softer on the way into a file: a pot behind the outputs, which no M1 has."""

from __future__ import annotations

import argparse
import math
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from korgm1.errors import UserError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from korgm1.verbs.wav_file import WavFile

MOST = 60.0
"""dB, up or down."""
PEAK = -1.0
"""dB of full scale: where `peak` puts the loudest sample."""
PIECE = 1 << 20
"""Samples that are held in memory at once."""


def gain(text: str) -> float | None:
    """Decibels, or None for `peak`.

    Raises:
        argparse.ArgumentTypeError: neither.

    >>> gain("12"), gain("-6.5"), gain("peak")
    (12.0, -6.5, None)
    """
    if text == "peak":
        return None
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not -MOST <= value <= MOST:
        raise argparse.ArgumentTypeError(f"{text!r} is no gain: {-MOST:.0f} to {MOST:.0f} dB, or peak")
    return value


class Amplified:
    """A WAV file behind a pot. For `peak` the sound waits in a file without a name until its loudest sample is known.

    Args:
        wav: where to.
        folder: of the file that waits; there must be room for 8 bytes a sample.
        decibels: of `gain`.

    Attributes:
        decibels: as given; for `peak` what it came to, once `finish` was called. Silence stays as it is.

    Raises:
        UserError: the file that waits cannot be made.
    """

    def __init__(self, wav: WavFile, folder: Path, decibels: float | None) -> None:
        self.decibels = 0.0 if decibels is None else decibels
        self._wav = wav
        self._peak = 0.0
        self._waiting = None
        if decibels is None:
            try:
                self._waiting = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115
            except OSError as error:
                raise _failed(folder, error) from error
        self._folder = folder

    def write(self, signal: npt.NDArray[np.float64]) -> None:
        """The next frames, shape (n, channels), 1.0 is full scale.

        Raises:
            UserError: the disk is full, or see `WavFile.write`.
        """
        if self._waiting is None:
            self._wav.write(signal * 10 ** (self.decibels / 20))
            return
        self._peak = max(self._peak, float(abs(signal).max(initial=0.0)))
        try:
            self._waiting.write(signal.astype("float64").tobytes())
        except OSError as error:
            raise _failed(self._folder, error) from error

    def finish(self) -> None:
        """The sound is whole: what waits is written.

        Raises:
            UserError: see `write`.
        """
        import numpy as np

        if self._waiting is None:
            return
        if self._peak:
            self.decibels = PEAK - 20 * math.log10(self._peak)
        try:
            self._waiting.seek(0)
            while data := self._waiting.read(8 * PIECE):
                samples = np.frombuffer(data).reshape(-1, self._wav.channels)
                self._wav.write(samples * 10 ** (self.decibels / 20))
        except OSError as error:
            raise _failed(self._folder, error) from error
        self.discard()

    def discard(self) -> None:
        """Nothing waits any more."""
        if self._waiting is not None:
            self._waiting.close()


def _failed(folder: Path, error: OSError) -> UserError:
    return UserError(
        f"{folder} cannot hold the sound until its peak is known: {error.strerror or error}",
        "room for 8 bytes a sample there, or --gain with a number",
    )

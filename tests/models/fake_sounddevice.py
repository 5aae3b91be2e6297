"""A stand-in for the sounddevice module: a card whose quartz the test turns, and what it was given."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import numpy.typing as npt


class PortAudioError(Exception):
    """As sounddevice has it."""


class Card:
    """The module. `tick` is the card asking for a block.

    Args:
        rate: its usual rate.
        takes: the rates it can be opened with; None: all.
        outputs: how many it has; 0: there is no device.
    """

    PortAudioError = PortAudioError

    def __init__(self, rate: float = 48000.0, takes: tuple[int, ...] | None = None, outputs: int = 4) -> None:
        self.rate = rate
        self.takes = takes
        self.outputs = outputs
        self.starts: tuple[int, ...] | None = None
        """The rates it can be started with; None: all."""
        self.lag = 0.0
        """Seconds that its driver says it needs."""
        self.opened: dict[str, Any] = {}
        self.played: list[npt.NDArray[np.float32]] = []
        self.closed = False

    def query_devices(self, device: object = None, kind: str | None = None) -> Any:
        rows = [{"name": "Microphone", "max_output_channels": 0, "default_samplerate": 44100.0}]
        if self.outputs:
            rows.append({"name": "Card One", "max_output_channels": self.outputs, "default_samplerate": self.rate})
        if kind is None:
            return rows
        if device is None:
            if not self.outputs:
                raise PortAudioError("Error querying device -1")
            return rows[1]
        for number, row in enumerate(rows):
            if device == number or (isinstance(device, str) and device.lower() in str(row["name"]).lower()):
                return row
        raise ValueError(f"No output device matching {device!r}")

    def get_portaudio_version(self) -> tuple[int, str]:
        return 1, "a fake"

    def OutputStream(self, **options: Any) -> Any:
        if self.takes is not None and options["samplerate"] not in self.takes:
            raise PortAudioError("Invalid sample rate")
        self.opened = options

        def close() -> None:
            self.closed = True

        def start() -> None:
            """PortAudio's thread may ask before this returns."""
            if self.starts is not None and options["samplerate"] not in self.starts:
                raise PortAudioError("Device unavailable")
            self.tick(64)

        return SimpleNamespace(start=start, close=close, latency=self.lag)

    def tick(self, frames: int, underflow: bool = False) -> npt.NDArray[np.float32]:
        """The card asks for so many frames; what it got."""
        out = np.full((frames, self.opened["channels"]), np.nan, np.float32)
        self.opened["callback"](out, frames, None, SimpleNamespace(output_underflow=underflow))
        assert not np.isnan(out).any()
        self.played.append(out)
        return out

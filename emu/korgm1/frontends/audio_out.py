"""Sound to the host's speakers: the one importer of sounddevice.

A callback of PortAudio's thread takes blocks from a queue that the emulation fills. When the queue runs dry it plays
silence, counts a gap, and waits until the queue is half as deep as it is meant to be.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from korgm1.errors import UserError, pip_install

if TYPE_CHECKING:
    from numpy import float32
    from numpy.typing import NDArray

    Block = NDArray[float32]

NO_PORTAUDIO = "sudo apt install libportaudio2 (Debian, Ubuntu), or your system's PortAudio package"
NO_DEVICE = "connect one, or start the sound server"
RATES = (44100, 48000, 88200, 96000)
"""Rates of devices that are taken as they are; any other device is asked for the first that it can do."""
DEPTHS = {"low": 0.04, "high": 0.15}
"""Seconds in the queue by the word of --latency; a block of the emulation is 17 ms."""



def sounddevice() -> Any:
    """The sounddevice module.

    Raises:
        UserError: it or PortAudio below it is missing; the hint says what to install.
    """
    try:
        import sounddevice
    except ImportError:
        raise UserError("sounddevice is not installed", hint=pip_install("sounddevice")) from None
    except OSError:
        raise UserError("there is no PortAudio library", hint=NO_PORTAUDIO) from None
    return sounddevice


def probe() -> str:
    """What `korgm1 doctor` says of the sound output."""
    try:
        library = sounddevice()
    except UserError as error:
        return f"{error.found}: {error.hint}"
    try:
        device = library.query_devices(kind="output")
    except (library.PortAudioError, ValueError):
        return f"PortAudio works, but there is no output device: {NO_DEVICE}"
    return f"{device['name']}, {library.get_portaudio_version()[1]}"


def devices() -> list[str]:
    """The output devices, a line each: number, name, outputs, rate.

    Raises:
        UserError: there is no PortAudio.
    """
    library = sounddevice()
    return [
        f"{number:3}  {row['name']}, {row['max_output_channels']} outputs, {row['default_samplerate']:.0f} Hz"
        for number, row in enumerate(library.query_devices()) if row["max_output_channels"] > 0
    ]


class AudioOut:
    """An open output of the host.

    Args:
        channels: 2 or 4.
        latency: "low", "high", or milliseconds as text.
        device: a number or a part of a name of `devices`; none: the system's choice.
        host: the host's clock, in seconds.

    Attributes:
        rate: samples a second that the device takes.
        depth: seconds of sound that the queue should hold.
        taken: samples of each output that the device took, silence in gaps not counted.
        gaps: how often the queue ran dry, or the system said that it had nothing in time.
        name: the device's.
        lag: seconds from what the device takes to its output, by its driver (PortAudio's figure, not measured).

    Raises:
        UserError: there is no PortAudio, no such device, or it cannot be opened; the hint says what helps.
    """

    def __init__(
        self, channels: int = 2, latency: str = "high", device: str | None = None,
        host: Callable[[], float] = time.monotonic,
    ) -> None:  # fmt: skip
        library = sounddevice()
        self.taken = 0
        self.gaps = 0
        self._host = host
        self._called = host()
        self._queue: deque[Block] = deque()
        self._put = 0
        self._filling = True
        self._draining = False
        self.depth = DEPTHS[latency] if latency in DEPTHS else float(latency) / 1000
        which = int(device) if device is not None and device.isdecimal() else device
        try:
            row = library.query_devices(which, "output")
        except (library.PortAudioError, ValueError) as error:
            if device is None:
                raise UserError("there is no sound output device", hint=NO_DEVICE) from None
            there = "".join(f"\n{line}" for line in devices())
            raise UserError(
                f"--audio-device {device!r} is not there: {str(error).splitlines()[0]}",
                f"one of{there}" if there else "no device named: the host has no output",
            ) from None
        self.name = str(row["name"])
        if row["max_output_channels"] < channels:
            raise UserError(
                f"{self.name} has {row['max_output_channels']} outputs", f"{channels}", "--outputs 2, or another device"
            )
        usual = round(row["default_samplerate"])
        refused: object = None
        for rate in dict.fromkeys([*([usual] if usual in RATES else []), 48000, 44100]):
            self.rate: int = rate
            stream = None
            try:
                stream = library.OutputStream(
                    samplerate=rate, channels=channels, dtype="float32", device=which, callback=self._callback,
                    latency=latency if latency in DEPTHS else self.depth,
                )
                stream.start()
                self._stream = stream
                self.lag = max(0.0, float(stream.latency))
                break
            except (library.PortAudioError, ValueError) as error:
                refused = error
                if stream is not None:
                    stream.close()
        else:
            raise UserError(f"{self.name} cannot be opened: {refused}", hint="--audio-device, or --mute")

    @property
    def waiting(self) -> float:
        """Seconds of sound in the queue."""
        return (self._put - self.taken) / self.rate

    @property
    def alive(self) -> bool:
        """False when the device has not asked for anything for a second (it was pulled out, the server hangs)."""
        return self._host() - self._called < 1.0

    def play(self, block: Block) -> None:
        """Queue samples, shape (n, channels), 1.0 is full scale."""
        if len(block):
            self._queue.append(block)
            self._put += len(block)

    def drain(self) -> None:
        """Nothing follows: what is in the queue is played to its end, and its end is no gap."""
        self._draining = True

    def close(self) -> None:
        """Let the device go; what is in the queue is not played."""
        self._draining = True
        self._stream.close()

    def _callback(self, out: Block, frames: int, _time: object, status: Any) -> None:
        self._called = self._host()
        if getattr(status, "output_underflow", False) and not self._filling and not self._draining:
            self.gaps += 1
        if self._filling:
            if not self._draining and self._put - self.taken < self.depth * self.rate / 2:
                out.fill(0)
                return
            self._filling = False
        at = 0
        while at < frames and self._queue:
            block = self._queue.popleft()
            part = block[: frames - at]
            out[at : at + len(part)] = part
            at += len(part)
            if len(part) < len(block):
                self._queue.appendleft(block[len(part) :])
        self.taken += at
        if at < frames:
            out[at:] = 0
            if not self._draining:
                self.gaps += 1
                self._filling = True

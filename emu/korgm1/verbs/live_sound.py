"""Sound while it is played: the session's frames through a view to the host's output, whose clock is then the pace.

The sound card's quartz is not the host's clock. With sound, time is what the card has taken: the emulation runs so far
that the queue is as deep as it should be, so the queue neither runs dry nor grows, and nothing is resampled to hide a
drift. A card that stops asking is left alone, and the host's clock goes on.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

from korgm1.errors import UserError
from korgm1.verbs.concert import stage

if TYPE_CHECKING:
    from korgm1.desk import Desk
    from korgm1.performance import Frames
    from korgm1.session import Session


LARGEST = 0.1
"""Seconds of the largest block between whose ends the card's clock is filled in."""


class Output(Protocol):
    """An open output of the host, as frontends.audio_out has it."""

    rate: int
    depth: float
    lag: float
    taken: int
    gaps: int
    name: str

    @property
    def waiting(self) -> float:
        """Seconds of sound in the queue."""

    @property
    def alive(self) -> bool:
        """False when the device has stopped asking."""

    def play(self, block: Any) -> None:
        """Queue float32 samples, shape (n, channels)."""

    def drain(self) -> None:
        """Nothing follows."""

    def close(self) -> None:
        """Let the device go."""


class OpenOutput(Protocol):
    """Opens one; UserError where there is none."""

    def __call__(self, channels: int = 2, latency: str = "high", device: str | None = None) -> Output: ...


class LiveSound:
    """The sound of a session that is run live.

    Args:
        session: on or off.
        output: where to.
        view: of `concert.VIEWS`.
        outputs: 2 or 4.
        volume: 0 to 100, a pot behind the outputs: the factor is volume / 100.
        host, sleep: the host's clock and how to wait, in seconds.

    Attributes:
        depth: seconds of sound to be ahead of the card.
    """

    def __init__(
        self, session: Session, output: Output, view: str = "analogue", outputs: int = 2, volume: int = 100,
        host: Callable[[], float] = time.monotonic, sleep: Callable[[float], None] = time.sleep,
    ) -> None:  # fmt: skip
        self._sleep = sleep
        self._output = output
        self._view, self._outputs = view, outputs
        self._stage, self._made_for = stage(session, view, output.rate, outputs), _kind(session)
        self._gain = self._wanted = volume / 100
        self._host = host
        self._given_up: float | None = None
        self._heard = self._last = self._block = 0.0
        self._heard_at = host()
        self.depth = output.depth

    def clock(self) -> float:
        """Seconds of sound that the card took, for `live.Pacer`; the host's clock goes on once the card has stopped.

        A card takes it in blocks; in between the host's clock goes on, for a block at most. Whoever keeps `depth` ahead
        of it keeps the queue full.
        """
        heard, now = self._output.taken / self._output.rate, self._host()
        if self._given_up is None and not self._output.alive:
            self._given_up = now - heard
        if self._given_up is not None:
            return now - self._given_up
        if heard != self._heard:
            self._block, self._heard, self._heard_at = min(heard - self._heard, LARGEST), heard, now
        self._last = max(self._last, heard + min(now - self._heard_at, self._block))
        return self._last

    def feed(self, frames: Frames) -> None:
        """Hand over what the session has made since the last time."""
        self._queue(self._stage.process(frames))

    def follow(self, desk: Desk) -> None:
        """Hand over what a desk has made since the last time, at its volume, and tell it how the sound fares."""
        if _kind(desk.session) != self._made_for:
            self._stage = stage(desk.session, self._view, self._output.rate, self._outputs)
            self._made_for = _kind(desk.session)
        self._wanted = desk.volume / 100
        self.feed(desk.heard())
        live = desk.live
        live.sound, live.trouble = self._output.name, self.status
        live.gaps, live.latency_ms = self._output.gaps, (self.depth + self._output.lag) * 1000

    def _queue(self, signal: Any) -> None:
        """A pot that was turned is followed over the block, so that it does not click."""
        if self._given_up is None:
            gain: Any = self._gain
            if self._wanted != self._gain and len(signal):
                import numpy as np

                gain = np.linspace(self._gain, self._wanted, len(signal))[:, np.newaxis]
                self._gain = self._wanted
            self._output.play((signal * gain).clip(-1.0, 1.0).astype("float32"))

    @property
    def status(self) -> str:
        """What there is to say, or ""."""
        if self._given_up is not None:
            return f"{self._output.name} takes no sound any more: the instrument goes on without"
        gaps = self._output.gaps
        return f"{gaps} gap{'s' * (gaps > 1)} in the sound (--latency high, or more milliseconds)" if gaps else ""

    def finish(self) -> None:
        """The session is over: let the queue be played."""
        self._queue(self._stage.finish())
        self._output.drain()
        late = self._host() + self._output.waiting + 1.0
        while self._output.waiting > 0 and self._output.alive and self._host() < late:
            self._sleep(0.01)

    def close(self) -> None:
        """Let the device go, whatever is still to be played."""
        self._output.close()


def _kind(session: Session) -> tuple[Any, ...]:
    """What the view of the outputs depends on."""
    return session.hypotheses.changed(), session.seed


def add_live_options(group: argparse._ArgumentGroup) -> None:
    """How it gets to the ear."""
    group.add_argument(
        "--latency", type=latency, default="high", metavar="low|high|MS",
        help="how much sound is made ahead: low (40 ms), high (150 ms) or milliseconds; default: high",
    )
    group.add_argument("--audio-device", metavar="DEVICE", help="number or name (korgm1 play --list-devices)")
    group.add_argument("--volume", type=volume, default=100, metavar="0-100", help="of the host's output; default: 100")
    group.add_argument("--mute", action="store_true", help="no sound")


def latency(text: str) -> str:
    """"low", "high" or milliseconds.

    >>> latency("25")
    '25'
    """
    if text in ("low", "high"):
        return text
    try:
        fits = 20 <= float(text) <= 2000
    except ValueError:
        fits = False
    if not fits:
        raise argparse.ArgumentTypeError(f"{text!r} is no latency: low, high, or 20 to 2000 milliseconds")
    return text


def volume(text: str) -> int:
    """0 to 100.

    >>> volume("70")
    70
    """
    if not (text.isascii() and text.isdecimal()) or int(text) > 100:
        raise argparse.ArgumentTypeError(f"{text!r} is no volume: 0 to 100")
    return int(text)


def open_sound(
    session: Session, args: argparse.Namespace, opened: OpenOutput, outputs: int = 2,
    say: Callable[[str], object] = lambda text: print(f"korgm1: {text}", file=sys.stderr),
) -> LiveSound | None:
    """The sound the options ask for; None, with a line that says why, where the host has none, and with --mute.

    Args:
        session: on or off.
        args: with `add_live_options`.
        opened: opens an output.
        outputs: 2 or 4.
        say: says the line; on stderr by default.

    Raises:
        UserError: the device that --audio-device names does not exist or cannot be opened.
    """
    if args.mute:
        return None
    output = None
    try:
        output = opened(channels=outputs, latency=args.latency, device=args.audio_device)
        return LiveSound(session, output, args.dac, outputs, args.volume)
    except UserError as error:
        if output is not None:
            output.close()
        if args.audio_device is not None:
            raise
        hint = f" ({error.hint})" if error.hint else ""
        say(f"no sound: {error.found}{hint}")
        return None

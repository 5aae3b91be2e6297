"""The MIDI sockets: IN through the opto-coupler to RxD, THRU a copy of IN, OUT from TxD.

31,250 baud, 8 data bits, no parity, 1 stop bit: 256 clocks a bit, 2560 a byte (DATASHEET: MIDI 1.0; exact at 8 MHz).
Bytes travel as whole frames (scu_frame), so a firmware that sets another rate sends and hears garbage.
The sockets have no registers: of the device contract they need reset, snapshot and restore.

ASSUMED: the opto-coupler adds no delay. A byte counts as received from OUT when its stop bit is over. A listener at
OUT samples each frame alone: of a frame sent much too slowly it hears only the first byte.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from korgm1.clock import Scheduler
from korgm1.onchip.scu_frame import Frame, encode, sample

BIT = 256
"""Clocks of a MIDI bit."""
BYTE = 10 * BIT
"""Clocks of a byte on the wire."""


class MidiIn:
    """MIDI IN: what the cable will bring, one byte after the other.

    Args:
        scheduler: the timeline.
        rxd: called with each byte's frame when its start bit begins.
        thru: the same, for the THRU socket.

    >>> scheduler = Scheduler()
    >>> midi = MidiIn(scheduler, lambda frame: print(frame.start, hex(frame.bits >> 1 & 0xFF)))
    >>> midi.send(bytes([0xC0, 5]), at=1000)
    6120
    >>> scheduler.run_due(10_000)
    1000 0xc0
    3560 0x5
    >>> midi.busy
    False
    """

    def __init__(
        self, scheduler: Scheduler, rxd: Callable[[Frame], None], thru: Callable[[Frame], None] | None = None
    ) -> None:
        self._scheduler = scheduler
        self._rxd = rxd
        self._thru = thru
        self._timer = scheduler.timer("midi.in", self._next_byte)
        self._queue: list[tuple[int, bytes]] = []
        self._position = 0
        self._free = 0
        self.plugged = True
        """Without the cable the sender goes on unheard."""

    def reset(self, kind: str) -> None:
        """Nothing: the sender at the other end does not know of it."""

    def send(self, data: bytes, at: int | None = None) -> int:
        """Queue bytes to begin at the absolute clock `at` (None or the past: now), or when the cable is free.

        Bytes for an earlier clock go first. Returns `idle_at`.
        """
        now = self._scheduler.now
        begin = now if at is None else max(at, now)
        if data:
            # a message under way is never torn
            place = 1 if self._position else 0
            while place < len(self._queue) and self._queue[place][0] <= begin:
                place += 1
            self._queue.insert(place, (begin, bytes(data)))
            self._schedule()
        return self.idle_at

    @property
    def idle_at(self) -> int:
        """Clock at which the last queued byte's stop bit is over (the past, when nothing is queued)."""
        clock, skip = self._free, self._position
        for begin, data in self._queue:
            clock = max(clock, begin) + BYTE * (len(data) - skip)
            skip = 0
        return clock

    @property
    def busy(self) -> bool:
        """Bytes are queued or on the wire."""
        return bool(self._queue) or self._scheduler.now < self._free

    def snapshot(self) -> dict[str, Any]:
        """The whole state."""
        return {
            "queue": [[begin, data] for begin, data in self._queue],
            "position": self._position,
            "free": self._free,
            "plugged": self.plugged,
        }

    def restore(self, block: dict[str, Any]) -> None:
        """Take a snapshot back."""
        self._queue = [(begin, data) for begin, data in block["queue"]]
        self._position = block["position"]
        self._free = block["free"]
        self.plugged = block["plugged"]

    def _schedule(self) -> None:
        if self._queue:
            self._timer.start_at(max(self._free, self._queue[0][0]))

    def _next_byte(self) -> None:
        data = self._queue[0][1]
        now = self._scheduler.now
        frame = encode(data[self._position], now, BIT)
        self._free = now + BYTE
        self._position += 1
        if self._position == len(data):
            del self._queue[0]
            self._position = 0
        self._schedule()
        if self.plugged:
            self._rxd(frame)
            if self._thru is not None:
                self._thru(frame)


class MidiOut:
    """MIDI OUT (or THRU): what a receiver at 31,250 baud hears.

    Args:
        listener: called as listener(clock, byte) when a byte's frame is over.

    Attributes:
        received: (clock, byte) of everything heard, oldest first.
        framing_errors: frames whose stop bit was not there; their bytes are dropped.

    >>> out = MidiOut()
    >>> out.receive(encode(0xFE, 100, 256))
    >>> out.received, out.data
    ([(2660, 254)], b'\\xfe')
    """

    def __init__(self, listener: Callable[[int, int], None] | None = None) -> None:
        self.listener = listener
        self.received: list[tuple[int, int]] = []
        self.framing_errors = 0
        self.plugged = True

    def reset(self, kind: str) -> None:
        """Nothing: what went out has gone out."""

    @property
    def data(self) -> bytes:
        """All bytes heard."""
        return bytes(byte for _, byte in self.received)

    def receive(self, frame: Frame) -> None:
        """A frame comes out of the socket."""
        if not self.plugged:
            return
        bits = sample((frame,), frame.start, BIT, 10)
        if not bits & 0x200:
            self.framing_errors += 1
            return
        byte = bits >> 1 & 0xFF
        self.received.append((frame.end, byte))
        if self.listener is not None:
            self.listener(frame.end, byte)

    def snapshot(self) -> dict[str, Any]:
        """What was heard so far, and whether the cable is in."""
        return {
            "clocks": [clock for clock, _ in self.received],
            "data": self.data,
            "framing_errors": self.framing_errors,
            "plugged": self.plugged,
        }

    def restore(self, block: dict[str, Any]) -> None:
        """Take a snapshot back."""
        self.received = list(zip(block["clocks"], block["data"], strict=True))
        self.framing_errors = block["framing_errors"]
        self.plugged = block["plugged"]

"""The MIDI sockets: IN through the opto-coupler to RxD, THRU a copy of IN, OUT from TxD.

31,250 baud, 8 data bits, no parity, 1 stop bit: 256 clocks a bit, 2560 a byte (DATASHEET: MIDI 1.0; exact at 8 MHz).
Bytes travel as whole frames (serial_frame), so a firmware that sets another rate sends and hears garbage.
The sockets have no registers: of the device contract they need reset, snapshot and restore.

ASSUMED: the opto-coupler adds no delay. A byte counts as received from OUT when its stop bit is over. A listener at
OUT samples each frame alone: of a frame sent much too slowly it hears only the first byte.
Sources: MIDI 1.0; facts m1-hardware 1.5, v50-chip 2.3.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from typing import Any

from korgm1.clock import Scheduler
from korgm1.serial_frame import Frame, encode, sample

BIT = 256
"""Clocks of a MIDI bit."""
BYTE = 10 * BIT
"""Clocks of a byte on the wire."""
KEEP = 1 << 20
"""Bytes of MIDI OUT that are kept: over five minutes without a gap, or fourteen images of the whole RAM as SysEx."""


class MidiIn:
    """MIDI IN: what the cable will bring, one byte after the other.

    Args:
        scheduler: the timeline.
        rxd: called with each byte's frame when its start bit begins.
        thru: the same, for the THRU socket.

    >>> scheduler = Scheduler()
    >>> midi = MidiIn(scheduler, lambda frame: print(frame.start, hex(frame.bits >> 1 & 0xFF)))
    >>> midi.send(bytes([0xC0, 5]), at=1000)
    >>> midi.idle_at
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
        self._waiting: list[_Message] = []
        self._under_way: _Message | None = None
        self._position = 0
        self._order = 0
        self._free = 0
        self._last_begin = 0
        self._idle_at: int | None = 0

    def reset(self, kind: str) -> None:
        """Nothing: the sender at the other end does not know of it."""

    def send(self, data: bytes, at: int | None = None) -> None:
        """Queue bytes to begin at the absolute clock `at` (None or the past: now), or when the cable is free.

        Bytes for an earlier clock go first, of one clock in the order of the calls; no message is torn.
        """
        if not data:
            return
        now = self._scheduler.now
        begin = now if at is None else max(at, now)
        self._order += 1
        message = begin, self._order, bytes(data)
        heapq.heappush(self._waiting, message)
        if begin < self._last_begin:
            self._idle_at = None
        else:
            self._last_begin = begin
            if self._idle_at is not None:
                self._idle_at = max(self._idle_at, begin) + BYTE * len(data)
        if self._under_way is None and self._waiting[0] is message:
            self._timer.start_at(max(self._free, begin))

    @property
    def idle_at(self) -> int:
        """Clock at which the last queued byte's stop bit is over (the past, when nothing is queued)."""
        if self._idle_at is None:
            clock, sent = self._free, self._position
            for begin, _, data in self._queue():
                clock = max(clock, begin) + BYTE * (len(data) - sent)
                sent = 0
            self._idle_at = clock
        return self._idle_at

    @property
    def busy(self) -> bool:
        """Bytes are queued or on the wire."""
        return self._scheduler.now < self.idle_at

    def snapshot(self) -> dict[str, Any]:
        """The whole state: the messages in the order of sending, the first one under way if `position` is not 0."""
        return {
            "queue": [[begin, data] for begin, _, data in self._queue()],
            "position": self._position,
            "free": self._free,
        }

    def restore(self, block: dict[str, Any]) -> None:
        """Take a snapshot back."""
        queue = [(begin, order, data) for order, (begin, data) in enumerate(block["queue"])]
        self._order = len(queue)
        self._position = block["position"]
        self._free = block["free"]
        self._under_way = queue.pop(0) if self._position else None
        self._waiting = queue
        self._last_begin = queue[-1][0] if queue else 0
        self._idle_at = None

    def _queue(self) -> list[_Message]:
        return [*([self._under_way] if self._under_way is not None else ()), *sorted(self._waiting)]

    def _next_byte(self) -> None:
        message = self._under_way
        if message is None:
            message = self._under_way = heapq.heappop(self._waiting)
        data = message[2]
        now = self._scheduler.now
        frame = encode(data[self._position], now, BIT)
        self._free = now + BYTE
        self._position += 1
        if self._position < len(data):
            self._timer.start_at(self._free)
        else:
            self._under_way = None
            self._position = 0
            if self._waiting:
                self._timer.start_at(max(self._free, self._waiting[0][0]))
        self._rxd(frame)
        if self._thru is not None:
            self._thru(frame)


_Message = tuple[int, int, bytes]
"""The clock at which it may begin, its number, its bytes."""


class MidiOut:
    """MIDI OUT (or THRU): what a receiver at 31,250 baud hears.

    Args:
        listener: called as listener(clock, byte) when a byte's frame is over.
        keep: how many of the latest bytes are remembered.

    Attributes:
        total: how many bytes were heard.
        framing_errors: frames whose stop bit was not there; their bytes are dropped.

    >>> out = MidiOut(lambda clock, byte: print(clock, hex(byte)))
    >>> out.receive(encode(0xFE, 100, 256))
    2660 0xfe
    >>> out.data, out.total
    (b'\\xfe', 1)
    """

    def __init__(self, listener: Callable[[int, int], None] | None = None, keep: int = KEEP) -> None:
        self.listener = listener
        self.total = 0
        self.framing_errors = 0
        self._keep = keep
        self._heard = bytearray()

    def reset(self, kind: str) -> None:
        """Nothing: what went out has gone out."""

    @property
    def data(self) -> bytes:
        """The bytes heard, the latest `keep` of them."""
        return bytes(self._heard[-self._keep :]) if self._keep else b""

    def receive(self, frame: Frame) -> None:
        """A frame comes out of the socket."""
        bits = sample((frame,), frame.start, BIT, 10)
        if bits & 1:                                        # too short for a start bit
            return
        if not bits & 0x200:
            self.framing_errors += 1
            return
        byte = bits >> 1 & 0xFF
        self.total += 1
        self._heard.append(byte)
        if len(self._heard) > 2 * self._keep:
            del self._heard[: len(self._heard) - self._keep]
        if self.listener is not None:
            self.listener(frame.end, byte)

    def snapshot(self) -> dict[str, Any]:
        """What was heard so far."""
        return {"data": self.data, "total": self.total, "framing_errors": self.framing_errors}

    def restore(self, block: dict[str, Any]) -> None:
        """Take a snapshot back."""
        self._heard = bytearray(block["data"])
        self.total = block["total"]
        self.framing_errors = block["framing_errors"]

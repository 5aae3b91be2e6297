"""The receiving half of the SCU: start bit, shifter, SRB and its errors, break.

DATASHEET (uPD70216): a fall of RxD begins a character; it goes to SRB with its errors; break is a null character,
parity 0, without stop bit, and lasts until RxD is high; RxD counts as it is at edges of RTCLK. DATASHEET (uPD71051, of
which the SCU is a part): a start bit must still be low half a bit later; RBRDY, PE, FE and OVE come in the middle of
the first stop bit; OVE overwrites; after RE=1 nothing begins before RxD was high for a bit; RE=0 clears RBRDY.
ASSUMED: that high bit may lie before RE=1; after a missing stop bit RxD must rise and fall again.
H-BREAK: the uPD71051's sheet wants RxD low for two characters before it says break.
A sender at another rate is sampled at our rate, so 2 % off is read well, far off is garbage or FE.
Sources: facts v50-chip 2.3; NEC data book 1991, uPD70216 and uPD71051.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

from korgm1.clock import Scheduler
from korgm1.onchip.scu_clock import BitClock, Format, format_of
from korgm1.serial_frame import Frame, falling_edge, high_since, level, rising_edge, sample

_REMEMBERED = 64
"""Frames that are kept while RTCLK stands still; when it starts again, the stretch of high before it counts."""
_SAVED = (
    "enabled", "srb", "ready", "parity_error", "overrun", "framing_error", "_low_from", "_low_until",
    "_looked", "_seen", "_fresh", "_first", "_probing", "_taken", "_bits",
)


class Receiver:
    """SRB and the shifter.

    Args:
        scheduler: the timeline.
        clock: RTCLK.
        done: called when SRB was filled.
        break_blocks: hypothesis H-BREAK: characters RxD must be low for.

    Attributes:
        enabled: RE.
        srb: the character received.
        ready: it was not read yet.
        parity_error, overrun, framing_error: kept until `clear_errors`.
        format: SMD.

    >>> from korgm1.serial_frame import encode
    >>> scheduler, clock = Scheduler(), BitClock()
    >>> receiver = Receiver(scheduler, clock, lambda: print("at", scheduler.now))
    >>> receiver.format = format_of(0x4E)
    >>> clock.change(0, 16, 0)
    >>> receiver.enable(True)
    >>> receiver.receive(encode(0x41, 0, 256))
    >>> scheduler.run_due(2560)
    at 2432
    >>> hex(receiver.srb)
    '0x41'
    """

    _frames: deque[Frame]

    def __init__(
        self, scheduler: Scheduler, clock: BitClock, done: Callable[[], None], break_blocks: int = 1
    ) -> None:
        self._scheduler = scheduler
        self._clock = clock
        self._done = done
        self._break_blocks = break_blocks
        self._timer = scheduler.timer("scu.rx", self._due)
        self._frames = deque()
        self.format: Format
        self.reset()

    def reset(self) -> None:
        """Off and empty; what the wire brings is the wire's business."""
        self._timer.cancel()
        self.enabled = self.ready = False
        self.srb = 0
        self.clear_errors()
        self._low_from = self._low_until = -1
        self._looked, self._seen = -1, 1
        self._fresh = self._probing = False
        self._first: int | None = None
        self._shape = format_of(0)
        self._taken = self._bits = 0

    def clear_errors(self) -> None:
        """ECL."""
        self.parity_error = self.overrun = self.framing_error = False

    def enable(self, on: bool) -> None:
        """RE; 0 drops the character under way, and the one in SRB is no longer ready."""
        if on == self.enabled:
            return
        self.enabled = on
        if on:
            self._look(self._clock.last(self._scheduler.now - 1))
            self._fresh = True
            self._hunt()
        else:
            self.ready = False
            self._drop()

    def set_format(self, shape: Format) -> None:
        """SMD; a character that has begun keeps the format it began with."""
        self.format = shape
        last = self._clock.last(self._scheduler.now - 1)
        if self._first is None or self._first > last:
            self._drop()
            self._look(last)
            self._hunt()

    def before_clock_changes(self) -> None:
        """RTCLK is about to run otherwise: look at RxD up to now."""
        last = self._clock.last(self._scheduler.now - 1)
        if self._first is not None and self._first <= last:
            self._take(last)
        else:
            self._drop()
        self._look(last)

    def clock_changed(self) -> None:
        """RTCLK runs otherwise."""
        if self._first is None:
            self._hunt()
        elif not self._clock.period:
            self._timer.cancel()
        else:
            self._probing = not self._taken
            self._wait()

    def receive(self, frame: Frame) -> None:
        """A character begins on RxD now."""
        frames, period = self._frames, self._clock.period
        if not period:
            while len(frames) > _REMEMBERED:
                frames.popleft()
        elif self._first is None:
            self._look(self._clock.last(frame.start - 1))
            while len(frames) > 1 and frames[1].end < frame.start - period * self.format.factor:
                frames.popleft()
        frames.append(frame)
        if self._low_until >= frame.start:
            self._low_until = rising_edge(frames, frame.start)
        if self._first is None:
            self._hunt()

    @property
    def break_seen(self) -> bool:
        """BKD."""
        return self._low_from <= self._scheduler.now < self._low_until

    def snapshot(self) -> dict[str, Any]:
        """The whole state; when it looks at RxD again is the scheduler's."""
        block: dict[str, Any] = {name.lstrip("_"): getattr(self, name) for name in _SAVED}
        block["shape"] = list(self._shape)
        block["frames"] = [list(frame) for frame in self._frames]
        return block

    def restore(self, block: dict[str, Any]) -> None:
        """Take a snapshot back."""
        for name in _SAVED:
            setattr(self, name, block[name.lstrip("_")])
        self._shape = Format(*block["shape"])
        self._frames = deque(Frame(*frame) for frame in block["frames"])

    def _look(self, number: int) -> None:
        """See RxD as it was at that edge of RTCLK."""
        at = self._clock.clock(number)
        if number >= self._clock.number and at > self._looked:
            self._looked, self._seen = at, level(self._frames, at)

    def _hunt(self) -> None:
        """Find the next start bit; the levels known so far may already hold it."""
        clock, frames, shape = self._clock, self._frames, self.format
        if not self.enabled or not clock.period or not frames:
            return
        number, seen = clock.first(self._looked + 1), self._seen
        while True:
            at = clock.clock(number)
            if not seen or level(frames, at):
                edge = falling_edge(frames, at + 1)
                if edge is None:
                    return
                number = clock.first(edge)
                at = clock.clock(number)
                if level(frames, at) or not level(frames, at - clock.period):
                    number, seen = number + 1, level(frames, at)
                    continue
            if self._fresh and at - high_since(frames, at) < shape.factor * clock.period:
                number, seen = number + 1, 0
                continue
            middle = clock.clock(number + shape.factor // 2)
            self._probing = middle >= frames[-1].end or level(frames, middle) == 1
            self._first, self._shape = number, shape
            self._taken = self._bits = 0
            self._wait()
            return

    def _sample_number(self, n: int) -> int:
        """The edge of RTCLK in the middle of bit `n` of the character."""
        assert self._first is not None
        factor = self._shape.factor
        return self._first + factor // 2 + n * factor

    def _wait(self) -> None:
        bit = 0 if self._probing else self._shape.received - 1
        self._timer.start_at(self._clock.clock(self._sample_number(bit)))

    def _take(self, last: int) -> None:
        """The bits whose middles are at or before edge `last`."""
        factor = self._shape.factor
        count = min(self._shape.received, (last - self._sample_number(0)) // factor + 1)
        if count > self._taken:
            bit = factor * (self._clock.period or 0)
            start = self._clock.clock(self._sample_number(self._taken)) - bit // 2
            self._bits |= sample(self._frames, start, bit, count - self._taken) << self._taken
            self._taken = count

    def _drop(self) -> None:
        self._first = None
        self._timer.cancel()

    def _due(self) -> None:
        if self._first is None:
            return
        now = self._scheduler.now
        self._fresh = False
        self._take(self._clock.last(now))
        if not self._bits & 1 and self._taken < self._shape.received:
            self._probing = False
            self._wait()
            return
        if not self._bits & 1:
            self._character(now)
        self._first = None
        self._looked, self._seen = now, level(self._frames, now)
        self._hunt()

    def _character(self, now: int) -> None:
        shape, bits = self._shape, self._bits
        self.overrun = self.overrun or self.ready
        self.srb = bits >> 1 & (1 << shape.data) - 1
        if shape.parity is not None:
            ones = (bits >> 1 & (1 << shape.data + 1) - 1).bit_count()
            self.parity_error = self.parity_error or ones & 1 != shape.parity
        if not bits >> shape.received - 1:
            self.framing_error = True
            if not bits:
                block = shape.received * shape.factor * (self._clock.period or 0)
                self._low_from = now + block * (self._break_blocks - 1)
                self._low_until = rising_edge(self._frames, now)
        self.ready = True
        self._done()

"""The sending half of the SCU: STB, the shifter behind it, and the break.

DATASHEET (uPD71051, of which the SCU is a part): a character goes to an idle shifter at once, else at the end of the
last stop bit; what was written while TE=1 is still sent after TE=0; a second character in STB overwrites the first;
bits begin at falling edges of the divided RTCLK; SBRK pulls TxD low whatever is being sent, TE or not.
ASSUMED: the shifter runs on under a break, so only the bits it covers are lost (the sheet: "destroyed"); a change of
RTCLK stretches the character under way. The wire gets whole frames: a character when it is over, and the low stretches
of a break between characters.
Sources: facts v50-chip 2.3; NEC data book 1991, uPD70216 and uPD71051.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from korgm1.clock import Scheduler
from korgm1.onchip.scu_clock import BitClock, Format
from korgm1.serial_frame import Frame, encode

_NEVER = 1 << 62
_SAVED = ("stb", "full", "_goes", "_first", "_end", "_low_from")


class Transmitter:
    """STB and the shifter.

    Args:
        scheduler: the timeline.
        clock: RTCLK.
        txd: called with each frame when it is over.
        done: called when a character is over and STB may be free again.

    Attributes:
        stb: the character in STB.
        full: STB holds one.
        format: SMD.

    >>> from korgm1.onchip.scu_clock import format_of
    >>> scheduler, clock = Scheduler(), BitClock()
    >>> transmitter = Transmitter(scheduler, clock, lambda frame: print(frame.start, bin(frame.bits)), lambda: None)
    >>> transmitter.format = format_of(0x4E)
    >>> clock.change(0, 16, 0)
    >>> transmitter.write(0x41, enabled=True)
    >>> scheduler.run_due(2560)
    0 0b1010000010
    """

    def __init__(
        self, scheduler: Scheduler, clock: BitClock, txd: Callable[[Frame], None], done: Callable[[], None]
    ) -> None:
        self._scheduler = scheduler
        self._clock = clock
        self._txd = txd
        self._done = done
        self._timer = scheduler.timer("scu.tx", self._due)
        self.format: Format
        self._low_from: int | None = None
        self._frame: Frame | None = None
        self.reset()

    def reset(self) -> None:
        """Empty and idle, TxD high; the character under way is lost."""
        self.set_break(False)
        self._timer.cancel()
        self.stb = 0
        self.full = self._goes = False
        self._frame = None
        self._first = self._end = 0

    def write(self, value: int, enabled: bool) -> None:
        """A character into STB; one that waits there is lost."""
        self.stb = value
        self.full = True
        self._goes = enabled
        self._next()

    def enable(self) -> None:
        """TE = 1: what waits in STB goes."""
        self._goes = self.full
        self._next()

    def set_break(self, on: bool) -> None:
        """SBRK."""
        now = self._scheduler.now
        if on and self._low_from is None:
            self._low_from = now
        elif not on and self._low_from is not None:
            self._pull_low(now)
            self._low_from = None

    def clock_changed(self) -> None:
        """RTCLK runs otherwise: the end of the character moves, and its start if that is still to come."""
        clock, frame = self._clock, self._frame
        if frame is None:
            self._next()
            return
        begun = self._first < clock.number
        if clock.period:
            if not begun:
                bit = (self._end - self._first) // frame.length * clock.period
                self._frame = frame._replace(start=clock.clock(self._first), bit=bit)
            self._timer.start_at(clock.clock(self._end))
        else:
            if not begun:
                self._frame = frame._replace(start=_NEVER)
            self._timer.cancel()

    def snapshot(self) -> dict[str, Any]:
        """The whole state; the running character's end is the scheduler's."""
        block: dict[str, Any] = {name.lstrip("_"): getattr(self, name) for name in _SAVED}
        block["frame"] = None if self._frame is None else list(self._frame)
        return block

    def restore(self, block: dict[str, Any]) -> None:
        """Take a snapshot back."""
        for name in _SAVED:
            setattr(self, name, block[name.lstrip("_")])
        self._frame = None if block["frame"] is None else Frame(*block["frame"])

    def _next(self) -> None:
        clock = self._clock
        if self._frame is not None or not (self.full and self._goes and clock.period):
            return
        data, parity, stop, factor = self.format
        self._first = clock.boundary(self._scheduler.now, factor)
        self._frame = encode(self.stb, clock.clock(self._first), factor * clock.period, data, parity, stop)
        self._end = self._first + factor * self._frame.length
        self.full = self._goes = False
        self._timer.start_at(clock.clock(self._end))

    def _due(self) -> None:
        now = self._scheduler.now
        self._pull_low(now)
        frame, self._frame = self._frame, None
        self._next()
        if frame is not None:
            self._txd(frame._replace(bit=(now - frame.start) // frame.length))
        self._done()

    def _pull_low(self, until: int) -> None:
        """The break has lasted until now: low before the running character, and its bits whose middles it covers."""
        low, frame = self._low_from, self._frame
        if low is None:
            return
        idle_until = until if frame is None else min(until, frame.start)
        if low < idle_until:
            self._txd(Frame(low, idle_until - low, 1, 0))
        if frame is not None:
            bits = frame.bits
            for n in range(frame.length):
                if low <= frame.start + n * frame.bit + frame.bit // 2 < until:
                    bits &= ~(1 << n)
            self._frame = frame._replace(bits=bits)
        self._low_from = until

"""TCU, the V50's timer/counter unit (uPD71054 subset): the firmware's tick, the MIDI baud rate, and a spare.

| Offset | Write | Read |
|---|---|---|
| 0 1 2 | TCT0-2: count | count, or status after a status latch |
| 3 | TMD: 7-6 SC, 5-4 RWM, 3-1 CMODE, 0 BD; SC=11 multiple latch | nothing (FF) |

Multiple latch: bit 5 = 0 counts, bit 4 = 0 status, bits 3-1 counters 2-0. Status: 7 OL, 6 NC, 5-4 RWM, 3-1 CMODE, 0 BD.

| Timer | Clock | Gate | Output goes to |
|---|---|---|---|
| 0 | TCKS CS0 | high | INT0 |
| 1 | TCKS CS1 | high | RTCLK of the SCU; INT2 if OPCN says so |
| 2 | TCKS CS2 | pin TCTL2 | pin TOUT2 |

Each clock is CLKOUT / (2, 4, 8, 16) or the pin TCLK, which is not connected here: such a timer stands still.

Events: only an output somebody listens to is scheduled. The SCU is told the period and one fall of RTCLK. The low
pulses of modes 2, 4 and 5, one timer clock long, are delivered when they end, as low and high at once: one event a
tick. The status byte (OL) shows them exactly.

DATASHEET (uPD70216, uPD71054): registers, clocks, gates, routing, latches, status before count.
ASSUMED: the prescaler runs from power-on with its edges at multiples of its period; after power-on all outputs are low
and nothing counts (the data book leaves the unit undefined); RESET changes nothing here; RTCLK takes a new count at
the write, not at the reload; a read of TMD stays inside the chip and gives FF.
Sources: facts v50-chip 1, 2.2; NEC data book 1991, uPD70216 and uPD71054.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from typing import Any

from korgm1.clock import Scheduler
from korgm1.line import Line
from korgm1.onchip.tcu_counter import Counter

_PULSED = (2, 4, 5)
_UNREADABLE = 0xFF


class _Channel:
    """A counter with its access logic, clock and wire."""

    __slots__ = ("at", "control", "counter", "latch", "line", "listened", "read_high", "shift", "status", "write_low")

    def __init__(self, counter: Counter, line: Line, listened: bool) -> None:
        self.counter = counter
        self.line = line
        self.listened = listened
        self.shift: int | None = 1
        self.at = 0
        self.clear(0x30)

    def clear(self, control: int) -> None:
        self.control = control
        self.read_high = False
        self.write_low: int | None = None
        self.latch: int | None = None
        self.status: int | None = None

    def sync(self, now: int) -> None:
        if self.shift is not None:
            tick = now >> self.shift
            self.counter.advance(tick - self.at)
            self.at = tick

    def value(self, now: int) -> int:
        """The byte a read gives at clock `now`; nothing changes."""
        if self.status is not None:
            return self.status
        count = self.latch
        if count is None:
            counter = copy(self.counter)
            if self.shift is not None:
                counter.advance((now >> self.shift) - self.at)
            count = counter.value()
        return count >> 8 if self.high_next else count & 0xFF

    @property
    def high_next(self) -> bool:
        """Whether the next count byte read is the high one."""
        return self.read_high if self.rwm == 3 else self.rwm == 2

    def status_byte(self) -> int:
        return self.counter.out << 7 | self.counter.null << 6 | self.control

    @property
    def rwm(self) -> int:
        return self.control >> 4


class Tcu:
    """Three counters behind four registers.

    Args:
        scheduler: the timeline.
        tout0: driven by timer 0 (to the ICU's INT0).
        tout1: driven by timer 1 while `listen(1, True)`.
        tout2: driven by timer 2 (pin TOUT2).
        rtclk: called with the period of timer 1's output in CPU clocks, or None, and the clock of a fall, whenever
            the period changes.

    >>> scheduler = Scheduler()
    >>> tick = Line("TOUT0")
    >>> tcu = Tcu(scheduler, tick, Line("TOUT1"), Line("TOUT2"), lambda period, fall: None)
    >>> tcu.write(3, 0x34)              # timer 0, low then high byte, mode 2
    >>> tcu.write(0, 0xA0); tcu.write(0, 0x0F)
    >>> tick.connect(lambda level: print(scheduler.now, level) if level else None)
    >>> scheduler.run_due(20_000)       # 4000 x 2 clocks = 1 ms, the load costs one timer clock
    8002 1
    16002 1
    """

    def __init__(
        self, scheduler: Scheduler, tout0: Line, tout1: Line, tout2: Line, rtclk: Callable[[int | None, int], None]
    ) -> None:
        self._scheduler = scheduler
        self._rtclk = rtclk
        self._period: int | None = None
        self._channels = tuple(
            _Channel(Counter(), line, listened=line is not tout1) for line in (tout0, tout1, tout2)
        )
        self._timers = tuple(
            scheduler.timer(f"tcu.{n}", lambda n=n: self._fire(n))  # type: ignore[misc]
            for n in range(3)
        )

    def reset(self, kind: str) -> None:
        """Power: nothing counts, outputs low. Button: the data book lists no effect of RESET on the TCU."""
        if kind != "power":
            return
        for n, channel in enumerate(self._channels):
            channel.clear(0x30)
            channel.at = 0
            channel.counter.control(0, False)
            self._after(n)

    def read(self, offset: int) -> int:
        """A latched status, a latched count or the running count."""
        if offset == 3:
            return _UNREADABLE
        channel = self._channels[offset]
        value = channel.value(self._scheduler.now)
        if channel.status is not None:
            channel.status = None
            return value
        high, both = channel.high_next, channel.rwm == 3
        channel.read_high = both and not high
        if high or not both:
            channel.latch = None
        return value

    def write(self, offset: int, value: int) -> None:
        """TMD or a count byte."""
        now = self._scheduler.now
        if offset < 3:
            self._bring_up(offset, now)
            self._write_count(self._channels[offset], value)
            self._after(offset)
        elif value >> 6 == 3:
            self._multiple_latch(value, now)
        else:
            n = value >> 6
            channel = self._channels[n]
            if not value & 0x30:
                channel.sync(now)
                self._latch_count(channel)
                return
            self._bring_up(n, now)
            mode = value >> 1 & 7
            channel.counter.control(mode & 3 if mode > 5 else mode, bool(value & 1))
            channel.clear(value & 0x3F)
            self._after(n)

    def peek(self, offset: int) -> int:
        """What a read would give, without the effects of one."""
        if offset == 3:
            return _UNREADABLE
        return self._channels[offset].value(self._scheduler.now)

    def set_gate(self, level: int) -> None:
        """Level of the pin TCTL2, the gate of timer 2."""
        self._bring_up(2, self._scheduler.now)
        self._channels[2].counter.set_gate(1 if level else 0)
        self._after(2)

    def set_tcks(self, value: int) -> None:
        """Register TCKS: bits 4-2 take the TCLK pin for timers 2-0, bits 1-0 divide CLKOUT by 2, 4, 8, 16."""
        now = self._scheduler.now
        for n, channel in enumerate(self._channels):
            self._bring_up(n, now)
            channel.shift = None if value & 4 << n else 1 + (value & 3)
            if channel.shift is not None:
                channel.at = now >> channel.shift
            self._after(n)

    def listen(self, timer: int, on: bool) -> None:
        """Whether each change of the timer's output is driven onto its line."""
        channel = self._channels[timer]
        channel.listened = on
        self._bring_up(timer, self._scheduler.now)
        self._after(timer)

    def period(self, timer: int) -> int | None:
        """The period of the timer's output in CPU clocks (modes 2 and 3), None when it is not periodic.

        >>> tcu = Tcu(Scheduler(), Line("TOUT0"), Line("TOUT1"), Line("TOUT2"), lambda period, fall: None)
        >>> tcu.write(3, 0x56); tcu.write(1, 8)
        >>> tcu.period(1)
        16
        """
        channel = self._channels[timer]
        ticks = channel.counter.period()
        return None if ticks is None or channel.shift is None else ticks << channel.shift

    def snapshot(self) -> dict[str, Any]:
        """The whole state; running events are the scheduler's."""
        return {
            "channels": [
                {
                    "counter": channel.counter.snapshot(),
                    "at": channel.at,
                    "shift": channel.shift,
                    "control": channel.control,
                    "read_high": channel.read_high,
                    "write_low": channel.write_low,
                    "latch": channel.latch,
                    "status": channel.status,
                    "listened": channel.listened,
                    "level": channel.line.level,
                }
                for channel in self._channels
            ],
            "period": self._period,
        }

    def restore(self, block: dict[str, Any]) -> None:
        """Take a snapshot back."""
        for channel, saved in zip(self._channels, block["channels"], strict=True):
            channel.counter.restore(saved["counter"])
            for name in ("at", "shift", "control", "read_high", "write_low", "latch", "status", "listened"):
                setattr(channel, name, saved[name])
            channel.line.restore(saved["level"])
        self._period = block["period"]

    def _fire(self, n: int) -> None:
        channel = self._channels[n]
        counter = channel.counter
        channel.sync(self._scheduler.now)
        if counter.mode in _PULSED:
            channel.line.drive(0)
        channel.line.drive(counter.out)
        self._schedule(n)

    def _schedule(self, n: int) -> None:
        channel = self._channels[n]
        ticks = channel.counter.next_change() if channel.listened and channel.shift is not None else None
        if ticks is None or channel.shift is None:
            self._timers[n].cancel()
            return
        if channel.counter.out and channel.counter.mode in _PULSED:
            ticks += 1
        self._timers[n].start_at(channel.at + ticks << channel.shift)

    def _bring_up(self, n: int, now: int) -> None:
        """Before a change: count up to now, and put an undelivered pulse on the line first."""
        channel = self._channels[n]
        channel.sync(now)
        if channel.listened:
            channel.line.drive(channel.counter.out)

    def _after(self, n: int) -> None:
        channel = self._channels[n]
        if channel.listened:
            channel.line.drive(channel.counter.out)
        self._schedule(n)
        if n == 1:
            self._tell_rtclk()

    def _tell_rtclk(self) -> None:
        channel, period = self._channels[1], self.period(1)
        if period != self._period:
            self._period = period
            fall = 0
            if period is not None and channel.shift is not None:
                fall = (channel.at + channel.counter.next_fall()) << channel.shift
            self._rtclk(period, fall)

    @staticmethod
    def _write_count(channel: _Channel, value: int) -> None:
        if channel.rwm == 1:
            count = value
        elif channel.rwm == 2:
            count = value << 8
        elif channel.write_low is None:
            channel.write_low = value
            channel.counter.hold()
            return
        else:
            count = value << 8 | channel.write_low
            channel.write_low = None
        if channel.counter.bcd:
            count = sum((count >> 4 * place & 15) * 10**place for place in range(4))
        channel.counter.write_count(count)

    def _multiple_latch(self, value: int, now: int) -> None:
        for n, channel in enumerate(self._channels):
            if value & 2 << n:
                channel.sync(now)
                if not value & 0x20:
                    self._latch_count(channel)
                if not value & 0x10 and channel.status is None:
                    channel.status = channel.status_byte()

    @staticmethod
    def _latch_count(channel: _Channel) -> None:
        if channel.latch is None:
            channel.latch = channel.counter.value()

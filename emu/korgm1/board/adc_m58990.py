"""M58990P-1 (IC29, as ADC0808): eight analogue inputs, one 8-bit converter; result at I/O 0900.

pin           here
ADD A-C       PIO PA3-5, latched by ALE
ALE, START    PIO PA6, tied together: a rising edge takes the channel and stops a running conversion, the falling starts
CLOCK         1 MHz (CLKOUT / 8 by the gate array, MAME)
EOC           not wired on the M1 as far as known
OE, D0-7      a read of 0900

Conversion: 64 ADC clocks, from the next of its free-running groups of 8 (DATASHEET): 64 to 72 us.
Code: volts x 256 / reference rounded to the nearest, at most 255: with 5 V code 80h begins at 2.4903 V (127.5 / 256).
Confirmed: pin-out and timing (DATASHEET), battery on channel 6, result port (MAME). Guessed: H-VREF; ALE on START.
INFERENCE: rounding, from the +-1/2 LSB of the data sheet; the output latch holds the last result until the next is
ready (MAME reads 00 meanwhile).
ASSUMED: the latch is 00 at power-on; the input is taken where the conversion begins. So its end is no event: a read
looks at the clock.
Sources: facts v50-chip 7.3, m1-hardware 1.2.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from korgm1.clock import Scheduler

ADC_CLOCK = 8
"""CPU clocks of one ADC clock (8 MHz / 1 MHz)."""
PHASE = 8 * ADC_CLOCK
CONVERSION = 64 * ADC_CLOCK


def code(microvolts: int, reference: int) -> int:
    """The code of a voltage, both in microvolts; a half rounds up.

    >>> code(2_490_235, 5_000_000), code(2_490_234, 5_000_000), code(6_000_000, 5_000_000), code(-3, 5_000_000)
    (128, 127, 255, 0)
    """
    return min(255, max(0, (512 * microvolts + reference) // (2 * reference)))


class M58990:
    """The converter.

    Args:
        scheduler: the timeline; the timer "adc.eoc" runs in snapshots of layout 1 only.
        channels: eight callables, the microvolts at IN0 to IN7.
        reference: VREF+ in microvolts (H-VREF).

    >>> scheduler = Scheduler()
    >>> adc = M58990(scheduler, [lambda: 3_200_000] * 8)
    >>> adc.reset("power")
    >>> adc.pins(6, 1); adc.pins(6, 0)
    >>> scheduler.run_due(511); adc.read(0)
    0
    >>> scheduler.run_due(512); adc.read(0)
    164
    """

    snapshot_version = 2

    def __init__(self, scheduler: Scheduler, channels: Sequence[Callable[[], int]], reference: int = 5_000_000) -> None:
        if len(channels) != 8:
            raise ValueError("eight channels")
        self._scheduler = scheduler
        self._channels = list(channels)
        self.reference = reference
        self._timer = scheduler.timer("adc.eoc", self._end)
        self._channel = self._start = self._result = 0
        self._next: int | None = None   # the result under way, ready at the clock _due
        self._due = 0

    def reset(self, kind: str) -> None:
        """"power" only: the part has no reset pin."""
        if kind == "power":
            self._timer.cancel()
            self._channel = self._start = self._result = 0
            self._next = None

    def read(self, offset: int) -> int:
        """The last finished result; the offset does not matter."""
        if self._next is not None and self._scheduler.now >= self._due:
            self._result, self._next = self._next, None
        return self._result

    def write(self, offset: int, value: int) -> None:
        """Nothing: the data pins are outputs."""

    def peek(self, offset: int) -> int:
        """As `read`."""
        return self._result if self._next is None or self._scheduler.now < self._due else self._next

    def snapshot(self) -> dict[str, Any]:
        """Latches, and the conversion under way or done."""
        return {
            "channel": self._channel, "start": self._start, "result": self._result, "next": self._next,
            "due": self._due,
        }

    def restore(self, block: dict[str, Any]) -> None:
        """Take `snapshot` back."""
        self._channel, self._start, self._result = block["channel"], block["start"], block["result"]
        self._next, self._due = block["next"], block["due"]

    def upgrade(self, block: dict[str, Any], version: int) -> dict[str, Any]:
        """In layout 1 a conversion under way is the Scheduler's."""
        return {**block, "next": None, "due": 0}

    def pins(self, channel: int, start: int) -> None:
        """Put levels on ADD C-A (0-7) and on START with ALE (0 or 1)."""
        start = int(bool(start))
        if start > self._start:
            self._channel = channel & 7
            self._timer.cancel()
            self._result, self._next = self.read(0), None
        elif start < self._start:
            now = self._scheduler.now
            self._due = -(-now // PHASE) * PHASE + CONVERSION
            self._next = self._convert()
        self._start = start

    def _convert(self) -> int:
        return code(self._channels[self._channel](), self.reference)

    def _end(self) -> None:
        self._result = self._convert()

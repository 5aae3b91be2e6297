"""An asynchronous character on a wire: start bit, data low bit first, perhaps parity, stop bits.

It is what the SCU and the MIDI sockets hand each other. A sender hands a whole frame over; the receiver looks at it
with its own bit time, so that a wrong baud rate gives the garbage or the framing errors it gives on a wire.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class Frame(NamedTuple):
    """Levels of a wire that rests high.

    Attributes:
        start: clock at which the start bit begins.
        bit: clocks a bit lasts.
        length: how many bits.
        bits: their levels, the first bit of the wire in bit 0.
    """

    start: int
    bit: int
    length: int
    bits: int

    @property
    def end(self) -> int:
        """Clock at which the last bit is over."""
        return self.start + self.bit * self.length


def encode(value: int, start: int, bit: int, data: int = 8, parity: int | None = None, stop: int = 1) -> Frame:
    """A character as a frame: `data` bits of `value`, `parity` None, 0 (even) or 1 (odd), `stop` stop bits.

    >>> bin(encode(0x41, 0, 256).bits)
    '0b1010000010'
    """
    value &= (1 << data) - 1
    bits, length = value << 1, data + 1
    if parity is not None:
        bits |= (value.bit_count() + parity & 1) << length
        length += 1
    bits |= ((1 << stop) - 1) << length
    return Frame(start, bit, length + stop, bits)


def level(frames: Sequence[Frame], clock: int) -> int:
    """Level of the wire at `clock`.

    >>> wire = [encode(0x01, 100, 10)]
    >>> [level(wire, clock) for clock in (99, 100, 110, 120, 190, 200)]
    [1, 0, 1, 0, 1, 1]
    """
    for start, bit, length, bits in frames:
        if 0 <= clock - start < bit * length:
            return bits >> (clock - start) // bit & 1
    return 1


def sample(frames: Sequence[Frame], start: int, bit: int, count: int) -> int:
    """What a receiver sees: `count` levels taken in the middles of bits of its own length `bit`, from `start`."""
    for frame in frames:
        if frame.bit == bit and 0 <= start - frame.start < bit - bit // 2 and frame.length >= count:
            return frame.bits & (1 << count) - 1
    middle = start + bit // 2
    return sum(level(frames, middle + n * bit) << n for n in range(count))


def falling_edge(frames: Sequence[Frame], since: int) -> int | None:
    """Clock of the first change from high to low at or after `since`, or None."""
    end, last = -1, 1
    for start, bit, length, bits in frames:
        if start != end:
            last = 1
        end = start + bit * length
        if end <= since:
            last = bits >> length - 1 & 1
            continue
        first = 0
        if since > start:
            first = (since - start - 1) // bit + 1
            last = bits >> first - 1 & 1
        for n in range(first, length):
            now = bits >> n & 1
            if last and not now:
                return start + n * bit
            last = now
    return None


def high_since(frames: Sequence[Frame], clock: int) -> int:
    """Where the last stretch of high before `clock` began, as far as it is known; -2**63 if nothing low is known.

    >>> wire = [encode(0x01, 100, 10)]
    >>> high_since(wire, 120), high_since(wire, 195), high_since(wire, 50) < -(10**18)
    (110, 190, True)
    """
    since, high, end = -(1 << 63), True, -(1 << 63)
    for frame in frames:
        if not high and end < min(frame.start, clock):
            since, high = end, True
        for n in range(frame.length):
            begin = frame.start + n * frame.bit
            if begin >= clock:
                return since
            now = bool(frame.bits >> n & 1)
            if now and not high:
                since = begin
            high = now
        end = frame.end
    return end if not high and end < clock else since


def rising_edge(frames: Sequence[Frame], since: int) -> int:
    """First clock at or after `since` at which the wire, as far as it is known, is high."""
    for frame in frames:
        if frame.end <= since:
            continue
        if frame.start > since:
            return since
        for n in range((since - frame.start) // frame.bit, frame.length):
            if frame.bits >> n & 1:
                return max(since, frame.start + n * frame.bit)
        since = frame.end
    return since

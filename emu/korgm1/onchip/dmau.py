"""DMAU, the V50's DMA unit (uPD71071 subset): four channels between memory and I/O. Nothing on an M1 asks it.

| Offset | Register |
|---|---|
| 0 | W DICM: 0 RES software reset |
| 1 | DCH: W 2 BASE, 1-0 SELCH; R 4 BASE, 3-0 selected channel, one bit each |
| 2 3 | DBC/DCC count - 1 of the selected channel |
| 4 5 6 | DBA/DCA address, 20 bits |
| 8 9 | DDC: 5 EXW, 4 ROT rotating priority, 2 DDMA off; 9: 1 WEV, 0 BHLD bus hold |
| A | DMD of the selected channel: 7-6 TMODE, 5 ADIR, 4 AUTI, 3-2 TDIR, 0 word |
| B | R DST: 7-4 requests, 3-0 TC, cleared by the read |
| F | DMK: 1 masks a channel |

TMODE: 00 demand (while DMARQ is high), 01 single (one transfer a service), 10 block (to the end, once begun), 11
cascade (the bus is another master's: no transfer here). TDIR: 00 verify, 01 I/O to memory, 10 memory to I/O.

DATASHEET: registers, BASE, steps, end of service, 4 clocks a transfer, channel 3 without a pin while PF bit 1 is set.
RECALL (uPD71071): arbitration between services only; END acts as TC; the count reads FFFF after TC.
ASSUMED: with bus release (BHLD=0) the CPU gets one bus cycle, 4 clocks, between services; TDIR 11 acts as verify;
addresses wrap at 1 MB; reserved and write-only registers read FF (the access stays inside the chip). The CPU is not
slowed by transfers; EXW and WEV are stored only.
Sources: facts v50-chip 2.4 (NEC data book 1991, uPD70216).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from korgm1.clock import Scheduler

TRANSFER_CLOCKS = 4
_UNREADABLE = 0xFF
_DEMAND, _BLOCK, _CASCADE = 0, 2, 3
_TO_MEMORY, _TO_IO = 1, 2


class _Channel:
    """Base and current registers of one channel."""

    __slots__ = ("address", "base_address", "base_count", "count", "mode")

    def __init__(self) -> None:
        self.mode = self.count = self.base_count = self.address = self.base_address = 0


class Dmau:
    """Four DMA channels.

    Args:
        scheduler: the timeline.
        read_memory, write_memory: a byte of the 1 MB space, as read_memory(address), write_memory(address, value).
        read_io, write_io: the device acknowledged by DMAAKn, as read_io(channel, word) and
            write_io(channel, word, value); 16 bits when `word`.
        terminal_count: called with the channel when its count ends (pin TC).

    >>> memory = bytearray(8)
    >>> scheduler = Scheduler()
    >>> io = (lambda n, word: 0x5A, lambda n, word, value: None)
    >>> dmau = Dmau(scheduler, memory.__getitem__, memory.__setitem__, *io)
    >>> for register, value in ((0, 1), (1, 0), (2, 1), (3, 0), (4, 6), (5, 0), (6, 0), (10, 0x44), (15, 0x0E)):
    ...     dmau.write(register, value)
    >>> dmau.request(0, 1)
    >>> scheduler.run_due(100)
    >>> memory.hex(), hex(dmau.read(11)), hex(dmau.read(15))
    ('0000000000005a5a', '0x11', '0xf')
    """

    _selected: int
    _base: bool
    _control: int
    _tc: int
    _mask: int

    def __init__(
        self,
        scheduler: Scheduler,
        read_memory: Callable[[int], int],
        write_memory: Callable[[int, int], None],
        read_io: Callable[[int, bool], int],
        write_io: Callable[[int, bool, int], None],
        terminal_count: Callable[[int], None] = lambda channel: None,
    ) -> None:
        self._read_memory = read_memory
        self._write_memory = write_memory
        self._read_io = read_io
        self._write_io = write_io
        self._terminal_count = terminal_count
        self._timer = scheduler.timer("dmau", self._transfer)
        self._channels = tuple(_Channel() for _ in range(4))
        self._requests = 0
        self._serial_pins = False
        self._clear()

    def reset(self, kind: str) -> None:
        """RESET: modes, mask and selection; addresses and counts keep what they hold, undefined after power-on."""
        if kind == "power":
            self._channels = tuple(_Channel() for _ in range(4))
        self._clear()

    def read(self, offset: int) -> int:
        """A register; reading DST clears its TC bits."""
        value = self.peek(offset)
        if offset == 0xB:
            self._tc = 0
        return value

    def write(self, offset: int, value: int) -> None:
        """A register."""
        channel = self._channels[self._selected]
        if offset == 0 and value & 1:
            self._clear()
        elif offset == 1:
            self._selected, self._base = value & 3, bool(value & 4)
        elif offset in (2, 3):
            channel.base_count = _replace(channel.base_count, offset - 2, value)
            if not self._base:
                channel.count = _replace(channel.count, offset - 2, value)
        elif offset in (4, 5, 6):
            channel.base_address = _replace(channel.base_address, offset - 4, value) & 0xFFFFF
            if not self._base:
                channel.address = _replace(channel.address, offset - 4, value) & 0xFFFFF
        elif offset == 8:
            self._control = self._control & 0xFF00 | value & 0x34
        elif offset == 9:
            self._control = self._control & 0xFF | (value & 3) << 8
        elif offset == 0xA:
            channel.mode = value & 0xFD
        elif offset == 0xF:
            self._mask = value & 0xF
        self._consider()

    def peek(self, offset: int) -> int:
        """A register without side effects."""
        channel = self._channels[self._selected]
        if offset == 1:
            return self._base << 4 | 1 << self._selected
        if offset in (2, 3):
            return (channel.base_count if self._base else channel.count) >> 8 * (offset - 2) & 0xFF
        if offset in (4, 5, 6):
            return (channel.base_address if self._base else channel.address) >> 8 * (offset - 4) & 0xFF
        if offset in (8, 9):
            return self._control >> 8 * (offset - 8) & 0xFF
        if offset == 0xA:
            return channel.mode
        if offset == 0xB:
            return self._asking() << 4 | self._tc
        return self._mask if offset == 0xF else _UNREADABLE

    def request(self, channel: int, level: int) -> None:
        """DMARQ of the channel is now `level`."""
        bit = 1 << channel
        self._requests = self._requests | bit if level else self._requests & ~bit
        self._consider()

    def end(self) -> None:
        """END pin: the service under way ends with the transfer under way, as at TC."""
        self._ending = self._serving is not None

    def set_serial_pins(self, on: int) -> None:
        """OPCN PF bit 1: the pins of channel 3 are the SCU's."""
        self._serial_pins = bool(on)
        self._consider()

    def snapshot(self) -> dict[str, Any]:
        """The whole state."""
        return {
            "channels": [{name: getattr(c, name) for name in _Channel.__slots__} for c in self._channels],
            **{name: getattr(self, "_" + name) for name in _SAVED},
        }

    def restore(self, block: dict[str, Any]) -> None:
        """Take a snapshot back."""
        for channel, saved in zip(self._channels, block["channels"], strict=True):
            for name in _Channel.__slots__:
                setattr(channel, name, saved[name])
        for name in _SAVED:
            setattr(self, "_" + name, block[name])

    def _clear(self) -> None:
        self._timer.cancel()
        self._selected, self._base = 0, False
        self._control = 0
        self._tc = 0
        self._mask = 0xF
        self._lowest = 3
        self._serving: int | None = None
        self._ending = False
        for channel in self._channels:
            channel.mode = 0

    def _asking(self) -> int:
        return self._requests & 7 if self._serial_pins else self._requests

    def _consider(self) -> None:
        """After a change: begin a service, or leave one that was switched off."""
        allowed = 0 if self._control & 4 else ~self._mask & 0xF
        if self._serving is not None and not allowed >> self._serving & 1:
            self._serving = None
            self._timer.cancel()
        if self._serving is None and (channel := self._next(allowed)) is not None:
            self._serving = channel
            self._timer.start(TRANSFER_CLOCKS)

    def _next(self, allowed: int) -> int | None:
        asking = self._asking() & allowed
        for turn in range(1, 5):
            n = self._lowest + turn & 3
            if asking >> n & 1 and self._channels[n].mode >> 6 != _CASCADE:
                return n
        return None

    def _transfer(self) -> None:
        n = self._serving
        if n is None:
            return
        channel = self._channels[n]
        self._move(n, channel)
        done = channel.count == 0 or self._ending
        channel.count = channel.count - 1 & 0xFFFF
        self._ending = False
        tmode = channel.mode >> 6
        if done:
            self._finish(n, channel)
        elif tmode == _BLOCK or (tmode == _DEMAND and self._asking() >> n & 1):
            self._timer.start(TRANSFER_CLOCKS)
            return
        if self._control & 0x10:
            self._lowest = n
        self._serving = None
        self._consider()
        if self._serving is not None and not self._control & 0x100:
            self._timer.start(2 * TRANSFER_CLOCKS)

    def _finish(self, n: int, channel: _Channel) -> None:
        self._tc |= 1 << n
        if channel.mode & 0x10:
            channel.count, channel.address = channel.base_count, channel.base_address
        else:
            self._mask |= 1 << n
        self._terminal_count(n)

    def _move(self, n: int, channel: _Channel) -> None:
        word = bool(channel.mode & 1)
        address = channel.address & ~1 if word else channel.address
        direction = channel.mode >> 2 & 3
        if direction == _TO_MEMORY:
            value = self._read_io(n, word)
            self._write_memory(address, value & 0xFF)
            if word:
                self._write_memory(address + 1, value >> 8 & 0xFF)
        elif direction == _TO_IO:
            value = self._read_memory(address)
            if word:
                value |= self._read_memory(address + 1) << 8
            self._write_io(n, word, value)
        step = 2 if word else 1
        channel.address = address + (-step if channel.mode & 0x20 else step) & 0xFFFFF


_SAVED = ("requests", "serial_pins", "selected", "base", "control", "tc", "mask", "lowest", "serving", "ending")


def _replace(word: int, byte: int, value: int) -> int:
    """`word` with its byte number `byte` set to `value`."""
    return word & ~(0xFF << 8 * byte) | value << 8 * byte

"""DMAU, the V50's DMA unit (uPD71071 subset): four channels between memory and I/O. Nothing on an M1 asks it.

| Offset | Register |
|---|---|
| 0 | W DICM: 0 RES software reset |
| 1 | DCH: W 2 BASE, 1-0 SELCH; R 4 BASE, 3-0 selected channel, one bit each |
| 2 3 | DBC/DCC count - 1 of the selected channel |
| 4 5 6 | DBA/DCA address, 20 bits |
| 8 9 | DDC: 5 EXW, 4 ROT rotating priority, 2 DDMA off; 9: 1 WEV, 0 BHLD bus hold |
| A | DMD of the selected channel: 7-6 TMODE, 5 ADIR, 4 AUTI, 3-2 TDIR, 0 word |
| B | R DST: 7-4 requests, masked ones too, 3-0 TC, cleared by the read |
| F | DMK: 1 masks a channel |

A service begins when the DMAU gets the bus and picks the highest channel that asks. It ends, by TMODE: 00 demand when
DMARQ is low, at the end, or (bus hold) when a higher channel asks; 01 single after one transfer; 10 block at the end;
11 cascade, in which another master has the bus, when DMARQ is low. The end is a count of 0 or the END pin: TC bit, then
mask bit, or with AUTI base registers into current ones. After a service the CPU gets the bus (bus release, and always
after a cascade), or the next of the other channels goes on at once (bus hold). TDIR: 00 verify, 01 I/O to memory, 10
memory to I/O. A transfer moves a byte, or a word at the even address below; the 20-bit address steps by 1 or 2 as a
whole, there is no bank register, the count is 16 bits; so a block runs across 64 KB and from FFFFF to 0.

DATASHEET (V50): registers, BASE, steps, modes, 4 clocks and the waits of WCY2 a transfer, channel 3 without a pin while
PF bit 1 is set. DATASHEET (uPD71071, with which NEC calls it compatible): RQ bits of masked channels, a count of FFFF
after the end, no second service of one channel without the CPU or another channel between, the CPU on every other cycle
(bus release). The 71071's compressed timing, 24-bit addresses, memory to memory and software requests are not in the
V50; the mode that is a uPD71037 came with the V40HL and V50HL.
INFERENCE: the unit sees the programmed waits through READY, so a verify transfer has them with WEV = 1 only.
ASSUMED: the bus is granted in the clock of the request; it is the CPU's for 4 clocks after a release; TDIR 11 acts as
verify; fixed priority forgets the rotation; a channel masked or all disabled in its service stops; reserved and
write-only registers read FF (the access stays inside the chip). EXW, which moves an edge inside the cycle, is stored.
Not here: BUSLOCK, which keeps the DMAU waiting for an instruction's length, and the refresh unit's precedence.
H-DMA-CPU: what `hold` says the CPU pays.
Sources: NEC data book 1991, uPD70216 p. 51-60 and uPD71071 p. 14-30; facts v50-chip 2.4.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from korgm1.clock import Scheduler

TRANSFER_CLOCKS = 4
RELEASE_CLOCKS = 4
_UNREADABLE = 0xFF
_DEMAND, _SINGLE, _BLOCK, _CASCADE = range(4)
_VERIFY, _TO_MEMORY, _TO_IO = range(3)
_ROT, _DDMA, _BHLD, _WEV = 0x10, 0x04, 0x100, 0x200
_WORD, _AUTI, _ADIR = 0x01, 0x10, 0x20


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
        terminal_count: called with the channel whose count ends with the transfer under way (pin TC).
        waits: DMA wait states a transfer, 0-3 (WCY2).

    >>> memory = bytearray(8)
    >>> scheduler = Scheduler()
    >>> io = (lambda n, word: 0x5A, lambda n, word, value: None)
    >>> dmau = Dmau(scheduler, memory.__getitem__, memory.__setitem__, *io)
    >>> for register, value in ((0, 1), (1, 0), (2, 1), (3, 0), (4, 6), (5, 0), (6, 0), (10, 0x44), (15, 0x0E)):
    ...     dmau.write(register, value)
    >>> dmau.request(0, 1)
    >>> scheduler.run_due(100)
    >>> memory.hex(), hex(dmau.read(11)), hex(dmau.read(15)), dmau.hold(100)
    ('0000000000005a5a', '0x11', '0xf', 8)
    """

    snapshot_version = 2
    _selected: int
    _base: bool
    _control: int
    _tc: int
    _mask: int
    _cascading: bool

    def __init__(
        self,
        scheduler: Scheduler,
        read_memory: Callable[[int], int],
        write_memory: Callable[[int, int], None],
        read_io: Callable[[int, bool], int],
        write_io: Callable[[int, bool, int], None],
        terminal_count: Callable[[int], None] = lambda channel: None,
        waits: Callable[[], int] = lambda: 0,
    ) -> None:
        self._read_memory = read_memory
        self._write_memory = write_memory
        self._read_io = read_io
        self._write_io = write_io
        self._terminal_count = terminal_count
        self._waits = waits
        self._timer = scheduler.timer("dmau", self._fire)
        self._channels = tuple(_Channel() for _ in range(4))
        self._requests = 0
        self._serial_pins = False
        self._taken = 0
        self._clear()

    def reset(self, kind: str) -> None:
        """RESET: modes, mask and selection; addresses and counts keep what they hold, undefined after power-on."""
        if kind == "power":
            self._channels = tuple(_Channel() for _ in range(4))
        self._taken = 0
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
            if not value & _ROT:
                self._lowest = 3
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

    def hold(self, room: int) -> int:
        """How many of the next `room` clocks the CPU has to stand still; who asks lets that many pass.

        Each transfer costs its clocks, wherever in the CPU's instruction they fell; a cascade, all until it ends.
        """
        if self._cascading:
            return room
        if not self._taken:
            return 0
        held = min(room, self._taken)
        self._taken -= held
        return held

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

    def upgrade(self, block: dict[str, Any], version: int) -> dict[str, Any]:
        """A block of layout 1, which knew no cascade and no cost, as one of this layout."""
        return {"released": False, "cascading": False, "taken": 0, **block}

    def _clear(self) -> None:
        self._timer.cancel()
        self._selected, self._base = 0, False
        self._control = 0
        self._tc = 0
        self._mask = 0xF
        self._lowest = 3
        self._serving: int | None = None
        self._released = self._cascading = self._ending = False
        for channel in self._channels:
            channel.mode = 0

    def _asking(self) -> int:
        return self._requests & 7 if self._serial_pins else self._requests

    def _candidates(self) -> int:
        """One bit for each channel that may be served: it asks, is not masked, and the unit is enabled."""
        return 0 if self._control & _DDMA else self._asking() & ~self._mask

    def _first(self, channels: int) -> int | None:
        """The one of highest priority of these."""
        order = ((self._lowest + turn) & 3 for turn in range(1, 5))
        return next((n for n in order if channels >> n & 1), None)

    def _consider(self) -> None:
        """After a change of a pin or register: begin a service, end a cascade, or leave one that was switched off."""
        if (n := self._serving) is not None:
            if self._control & _DDMA or self._mask >> n & 1:
                self._timer.cancel()
                self._serving = None
                self._cascading = self._ending = False
            elif self._cascading and not self._asking() >> n & 1:
                self._over(n, hold=False)
        if self._serving is None and not self._released:
            self._begin(self._candidates())

    def _begin(self, channels: int) -> None:
        """The bus is the DMAU's, if one of these channels asks for it."""
        self._serving = n = self._first(channels)
        if n is None:
            return
        self._cascading = self._channels[n].mode >> 6 == _CASCADE
        if not self._cascading:
            self._timer.start(self._cycle(n))

    def _cycle(self, n: int) -> int:
        verify = self._channels[n].mode >> 2 & 3 not in (_TO_MEMORY, _TO_IO)
        return TRANSFER_CLOCKS + (0 if verify and not self._control & _WEV else self._waits())

    def _fire(self) -> None:
        if self._released:
            self._released = False
            self._consider()
        elif (n := self._serving) is not None:
            self._transfer(n)

    def _transfer(self, n: int) -> None:
        channel = self._channels[n]
        self._move(n, channel)
        self._taken += self._cycle(n)
        if channel.count == 0:
            self._terminal_count(n)
        ended = channel.count == 0 or self._ending
        channel.count = channel.count - 1 & 0xFFFF
        hold = bool(self._control & _BHLD)
        if ended:
            self._finish(n, channel)
        elif self._goes_on(n, channel.mode >> 6, hold):
            self._timer.start(self._cycle(n))
            return
        self._over(n, hold)

    def _goes_on(self, n: int, tmode: int, hold: bool) -> bool:
        if tmode == _DEMAND:
            return bool(self._asking() >> n & 1) and not (hold and self._first(self._candidates()) != n)
        return tmode == _BLOCK

    def _over(self, n: int, hold: bool) -> None:
        """The service has ended: another channel's begins, or the CPU has the bus for a while."""
        if self._control & _ROT:
            self._lowest = n
        self._ending = self._cascading = False
        self._serving = None
        if hold:
            self._begin(self._candidates() & ~(1 << n))
        if self._serving is None:
            self._released = True
            self._timer.start(RELEASE_CLOCKS)

    def _finish(self, n: int, channel: _Channel) -> None:
        self._tc |= 1 << n
        if channel.mode & _AUTI:
            channel.count, channel.address = channel.base_count, channel.base_address
        else:
            self._mask |= 1 << n

    def _move(self, n: int, channel: _Channel) -> None:
        word = bool(channel.mode & _WORD)
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
        channel.address = address + (-step if channel.mode & _ADIR else step) & 0xFFFFF


_SAVED = (
    "requests", "serial_pins", "selected", "base", "control", "tc", "mask", "lowest", "serving", "ending", "released",
    "cascading", "taken",
)  # fmt: skip


def _replace(word: int, byte: int, value: int) -> int:
    """`word` with its byte number `byte` set to `value`."""
    return word & ~(0xFF << 8 * byte) | value << 8 * byte

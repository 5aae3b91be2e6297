"""A model of the V50's DMAU, clock by clock, to compare korgm1.onchip.dmau with.

Written from the sheets: NEC data book 1991, uPD70216 p. 51-60 (registers, modes, bus modes, priorities) and uPD71071
p. 14-30 (what the former leaves out). It counts clocks, looks at the pins after each, and knows nothing of events.
"""

from __future__ import annotations

from dataclasses import dataclass, field

VERIFY, WRITE, READ = 0, 1, 2   # as seen from memory
CPU_TURN = 4                    # assumed: one bus cycle of the CPU after a release


@dataclass
class Channel:
    """One channel's programming and pin."""

    tmode: str = "demand"
    down: bool = False
    auto: bool = False
    direction: int = VERIFY
    word: bool = False
    base: list[int] = field(default_factory=lambda: [0, 0])      # address, count
    current: list[int] = field(default_factory=lambda: [0, 0])
    pin: bool = False
    tc: bool = False
    masked: bool = True
    words_from_io: int = 0


TMODES = ("demand", "single", "block", "cascade")


class ReferenceDmau:
    """The unit with 1 MB of memory and four devices.

    Attributes:
        clock: clocks so far.
        log: (clock, what, channel, address, value) of each transfer, "tc" where the pin pulses.
        bus: "cpu", "turn" (the CPU's for a moment, after a release), or the channel that has it.
        used: clocks that transfers took.
    """

    def __init__(self, memory: bytearray) -> None:
        self.memory = memory
        self.clock = 0
        self.log: list[tuple[int, str, int, int, int]] = []
        self.waits = 0
        self.scu_has_pins = False
        self.channels = [Channel() for _ in range(4)]
        self.bus: str | int = "cpu"
        self.left = 0
        self.used = 0
        self.software_reset()

    # what the CPU does

    def software_reset(self) -> None:
        """DICM with RES: figure 38. The request pins, counts and addresses are not touched."""
        self.selected, self.base_only = 0, False
        self.extended = self.rotating = self.disabled = self.verify_waits = self.hold = False
        self.order = [0, 1, 2, 3]
        for channel in self.channels:
            channel.tmode, channel.down, channel.auto, channel.word = "demand", False, False, False
            channel.direction = VERIFY
            channel.tc, channel.masked = False, True
        self.bus, self.left, self.end_seen = "cpu", 0, False

    def out(self, register: int, value: int) -> None:
        """Write one byte."""
        channel = self.channels[self.selected]
        if register == 0x0 and value & 1:
            self.software_reset()
        if register == 0x1:
            self.selected, self.base_only = value & 3, value & 4 != 0
        for first, size, what in ((2, 2, 1), (4, 3, 0)):
            if first <= register < first + size:
                for kept in (channel.base,) if self.base_only else (channel.base, channel.current):
                    text = bytearray(kept[what].to_bytes(size, "little"))
                    text[register - first] = value
                    kept[what] = int.from_bytes(text, "little") % (1 << 20 if size == 3 else 1 << 16)
        if register == 0x8:
            self.extended, self.rotating, self.disabled = value & 32 != 0, value & 16 != 0, value & 4 != 0
            if not self.rotating:
                self.order = [0, 1, 2, 3]
        if register == 0x9:
            self.verify_waits, self.hold = value & 2 != 0, value & 1 != 0
        if register == 0xA:
            channel.tmode, channel.direction = TMODES[value // 64], value // 4 % 4
            channel.down, channel.auto, channel.word = value & 32 != 0, value & 16 != 0, value & 1 != 0
        if register == 0xF:
            for number, one in enumerate(self.channels):
                one.masked = value >> number & 1 == 1
        self.arbitrate()

    def look(self, register: int) -> int:
        """Read one byte."""
        channel = self.channels[self.selected]
        shown = channel.base if self.base_only else channel.current
        count, address = shown[1].to_bytes(2, "little"), shown[0].to_bytes(3, "little")
        status = [c.tc for c in self.channels] + [self.pin(n) for n in range(4)]
        answer = {
            0x1: self.base_only * 16 + 2**self.selected,
            0x2: count[0], 0x3: count[1], 0x4: address[0], 0x5: address[1], 0x6: address[2],
            0x8: self.extended * 32 + self.rotating * 16 + self.disabled * 4,
            0x9: self.verify_waits * 2 + self.hold,
            0xA: TMODES.index(channel.tmode) * 64 + channel.down * 32 + channel.auto * 16 + channel.direction * 4
            + channel.word,
            0xB: sum(2**bit for bit, on in enumerate(status) if on),
            0xF: sum(2**n for n, c in enumerate(self.channels) if c.masked),
        }  # fmt: skip
        if register == 0xB:
            for one in self.channels:
                one.tc = False
        return answer.get(register, 0xFF)

    # pins

    def pin(self, number: int) -> bool:
        """DMARQ; that of channel 3 is RxD while the SCU has the pins."""
        return self.channels[number].pin and not (number == 3 and self.scu_has_pins)

    def set_pin(self, number: int, level: bool) -> None:
        """Drive DMARQ."""
        self.channels[number].pin = level
        self.arbitrate()

    def give_pins(self, to_scu: bool) -> None:
        """OPCN."""
        self.scu_has_pins = to_scu
        self.arbitrate()

    def pulse_end(self) -> None:
        """END goes low for a moment: it ends a service of this unit's own."""
        if isinstance(self.bus, int) and self.channels[self.bus].tmode != "cascade":
            self.end_seen = True

    # the bus

    def asking(self) -> list[int]:
        """Channels with a valid request, the highest first."""
        if self.disabled:
            return []
        return [n for n in self.order if self.pin(n) and not self.channels[n].masked]

    def arbitrate(self) -> None:
        """The slave takes the bus when it is asked; the slave's slave gives it back when it has done."""
        if isinstance(self.bus, int) and self.channels[self.bus].tmode == "cascade" and not self.pin(self.bus):
            self.service_ends(self.bus, may_hold=False)
        if self.bus == "cpu" and (asking := self.asking()):
            self.take(asking[0])

    def take(self, number: int) -> None:
        """The bus is this channel's; its first transfer begins."""
        self.bus = number
        self.left = self.cycle(self.channels[number])

    def cycle(self, channel: Channel) -> int:
        """Clocks of a transfer; a verify looks at READY only if it was told to."""
        moves = channel.direction in (READ, WRITE)
        return 4 + (self.waits if moves or self.verify_waits else 0)

    def tick(self) -> None:
        """One clock."""
        self.clock += 1
        if self.bus == "turn":
            self.left -= 1
            if self.left == 0:
                self.bus = "cpu"
                self.arbitrate()
        elif isinstance(self.bus, int) and self.channels[self.bus].tmode != "cascade":
            self.used += 1
            self.left -= 1
            if self.left == 0:
                self.transfer_ends(self.bus)

    def transfer_ends(self, number: int) -> None:
        """T4 is over: the data are there, the registers step, and it is settled how to go on."""
        channel = self.channels[number]
        address, count = channel.current
        if channel.word and address % 2:
            address -= 1
        size = 2 if channel.word else 1
        if channel.direction == WRITE:
            channel.words_from_io += 1
            value = (number * 0x3001 + channel.words_from_io * 0x0907) % (0x100**size)
            for offset, byte in enumerate(value.to_bytes(size, "little")):
                self.memory[address + offset] = byte
            self.log.append((self.clock, "in", number, address, value))
        elif channel.direction == READ:
            value = int.from_bytes(self.memory[address : address + size], "little")
            self.log.append((self.clock, "out", number, address, value))
        channel.current = [(address + (-size if channel.down else size)) % 2**20, (count - 1) % 2**16]
        if count == 0:
            self.log.append((self.clock, "tc", number, 0, 0))
        ended = count == 0 or self.end_seen
        self.end_seen = False
        if ended:
            channel.tc = True
            if channel.auto:
                channel.current = list(channel.base)
            else:
                channel.masked = True
        if channel.tmode == "single" or ended:
            over = True
        elif channel.tmode == "block":
            over = False
        else:
            over = not self.pin(number) or (self.hold and self.asking()[0] != number)
        if over:
            self.service_ends(number, may_hold=self.hold)
        else:
            self.take(number)

    def service_ends(self, number: int, may_hold: bool) -> None:
        """The last served gets the lowest priority; then another channel, or the CPU, has the bus."""
        if self.rotating:
            place = self.order.index(number) + 1
            self.order = self.order[place:] + self.order[:place]
        others = [n for n in self.asking() if n != number]
        if may_hold and others:
            self.take(others[0])
        else:
            self.bus, self.left = "turn", CPU_TURN

"""The V50's SCU, one CPU clock after the other, from NEC's sheets of the uPD70216 and the uPD71051.

No frames, no arithmetic over stretches of time: a wire that is looked at, an edge of RTCLK that comes or does not.
"""

from __future__ import annotations

from collections.abc import Callable

FAR_PAST = -(10**9)


class Character:
    """What is in a shifter: the format it began with, its bits, the edge at which it began."""

    def __init__(self, smd: int) -> None:
        self.seven = (smd >> 2 & 3) in (0, 2)
        self.parity = {0: None, 1: "odd", 2: None, 3: "even"}[smd >> 4 & 3]
        self.stops = 2 if smd >> 6 in (2, 3) else 1
        self.factor = 64 if smd & 1 else 16
        self.width = 7 if self.seven else 8
        self.bits: list[int] = []
        self.edge: int | None = None
        self.began = 0
        self.stretched = False

    def parity_bit(self, data: list[int]) -> int:
        return sum(data) % 2 if self.parity == "even" else 1 - sum(data) % 2

    def fill(self, value: int) -> None:
        data = [value >> n & 1 for n in range(self.width)]
        self.bits = [0, *data, *([self.parity_bit(data)] if self.parity else []), *[1] * self.stops]

    @property
    def received(self) -> int:
        return 1 + self.width + (1 if self.parity else 0) + 1


class Reference:
    """What happened before `clock` has happened; `live` lets one more clock pass.

    Attributes:
        sent: characters sent: first clock, clock after the last, levels in the middles of their bits (None: RTCLK
            changed meanwhile).
        pulled: stretches of low between characters: first clock, clock after the last.
    """

    def __init__(self, rxd: Callable[[int], int]) -> None:
        self.rxd = rxd
        self.clock = 0
        self.period: int | None = None
        self.next_edge = 0
        self.edges = 0
        self.level, self.level_at_edge, self.rise = 1, 1, FAR_PAST
        self.sent: list[tuple[int, int, list[int] | None]] = []
        self.pulled: list[tuple[int, int]] = []
        self.reset()

    def reset(self) -> None:
        self.smd, self.simk = 0b01001011, 3
        self.te = self.re = self.sbrk = self.mrdy = False
        self.te_seen = False
        self.stb: int | None = None
        self.goes = False
        self.sending: Character | None = None
        self.middles: list[int] = []
        self.srb = 0
        self.ready = self.pe = self.ove = self.fe = self.bkd = False
        self.receiving: Character | None = None
        self.needs_a_high_bit = False

    # the CPU's side

    def write(self, register: str, value: int) -> None:
        if register == "STB":
            self.stb, self.goes = value, self.te
        elif register == "SMD":
            self.smd = value
        elif register == "SIMK":
            self.simk = value & 3
        else:
            self.mrdy, self.sbrk, self.te = bool(value & 32), bool(value & 8), bool(value & 1)
            if value & 16:
                self.pe = self.ove = self.fe = False
            if self.te:
                self.te_seen = True
                self.goes = self.stb is not None
            if bool(value & 4) != self.re:
                self.re = bool(value & 4)
                self.receiving = None
                if self.re:
                    self.needs_a_high_bit = True
                else:
                    self.ready = False
        self.load()

    def read_srb(self) -> int:
        self.ready = False
        return self.srb

    @property
    def tbrdy(self) -> bool:
        return self.stb is None and self.te_seen

    @property
    def sst(self) -> int:
        broken = self.bkd and not self.rxd(self.clock)
        flags = (1, broken, self.fe, self.ove, self.pe, 1, self.ready, self.tbrdy)
        return int("".join("1" if flag else "0" for flag in flags), 2)

    @property
    def sint(self) -> bool:
        received = self.re and self.ready and not self.simk & 1
        return received or (self.te and self.tbrdy and not self.simk & 2)

    @property
    def srdy(self) -> bool:
        return self.mrdy or self.ready

    def set_rtclk(self, period: int | None, first: int) -> None:
        self.period, self.next_edge = period, first
        if self.sending is not None and self.sending.edge is not None:
            self.sending.stretched = True
        self.load()

    # time

    def live(self) -> None:
        clock = self.clock
        level = self.rxd(clock)
        if level and not self.level:
            self.rise = clock
        if level:
            self.bkd = False
        self.level = level
        if self.period and clock == self.next_edge:
            self.transmit()
            self.receive()
            self.level_at_edge = level
            self.edges += 1
            self.next_edge += self.period
        if self.sbrk and (self.sending is None or self.sending.edge is None):
            if self.pulled and self.pulled[-1][1] == clock:
                self.pulled[-1] = self.pulled[-1][0], clock + 1
            else:
                self.pulled.append((clock, clock + 1))
        self.clock += 1

    def load(self) -> None:
        if self.sending is None and self.stb is not None and self.goes and self.period:
            self.sending = Character(self.smd)
            self.sending.fill(self.stb)
            self.stb, self.goes, self.middles = None, False, []

    def transmit(self) -> None:
        character = self.sending
        if character is not None and character.edge is not None:
            gone = self.edges - character.edge
            if gone % character.factor == character.factor // 2:
                self.middles.append(0 if self.sbrk else character.bits[gone // character.factor])
            if gone == character.factor * len(character.bits):
                seen = None if character.stretched else self.middles
                self.sent.append((character.began, self.clock, seen))
                self.sending = None
                self.load()
        character = self.sending
        if character is not None and character.edge is None and self.edges % character.factor == 0:
            character.edge, character.began = self.edges, self.clock

    def receive(self) -> None:
        character = self.receiving
        if character is None:
            if self.re and self.level_at_edge and not self.level:
                started = Character(self.smd)
                assert self.period is not None
                if self.needs_a_high_bit and self.clock - self.rise < started.factor * self.period:
                    return
                self.needs_a_high_bit = False
                started.edge = self.edges
                self.receiving = started
            return
        assert character.edge is not None
        if (self.edges - character.edge) % character.factor != character.factor // 2:
            return
        character.bits.append(self.level)
        if character.bits[0]:
            self.receiving = None
        elif len(character.bits) == character.received:
            self.receiving = None
            self.take(character)

    def take(self, character: Character) -> None:
        data = character.bits[1 : 1 + character.width]
        self.ove = self.ove or self.ready
        if character.parity and character.bits[1 + character.width] != character.parity_bit(data):
            self.pe = True
        if not character.bits[-1]:
            self.fe = True
            if not any(character.bits):
                self.bkd = True
        self.srb = sum(bit << n for n, bit in enumerate(data))
        self.ready = True

"""The V50's TCU one CLK pulse after the other, from NEC's sheets of the uPD70216 and the uPD71054 (tables 5 to 10)."""

from __future__ import annotations


class Counter:
    """A counting element that knows only what the next pulse does. Its count is a plain number, decimal in BCD too."""

    def __init__(self, gate: int = 1) -> None:
        self.gate = gate
        self.count = 0
        self.control(0, False)

    def control(self, mode: int, bcd: bool) -> None:
        self.mode, self.bcd = mode, bcd
        self.out = 0 if mode == 0 else 1
        self.register: int | None = None
        self.transfer_due = self.running = self.reached_zero = self.stopped = False
        self.null = True
        self.n = 0

    @property
    def full(self) -> int:
        return 10_000 if self.bcd else 65_536

    def write(self, count: int) -> None:
        self.register = count or self.full
        self.null, self.stopped = True, False
        if self.mode == 0:
            self.out = 0
        if self.mode in (0, 4) or (self.mode in (2, 3) and not self.running):
            self.transfer_due = True

    def first_byte_written(self) -> None:
        if self.mode == 0:
            self.out, self.stopped = 0, True

    def set_gate(self, level: int) -> None:
        if level and not self.gate and self.mode in (1, 2, 3, 5) and self.register is not None:
            self.transfer_due = True
        if self.gate and not level and self.mode in (2, 3):
            self.out = 1
        self.gate = level

    def value(self) -> int:
        value = self.count % self.full
        return int(f"{value:04d}", 16) if self.bcd else value

    def transfer(self) -> None:
        assert self.register is not None
        self.n, self.null = self.register, False
        self.count = self.n // 2 * 2 if self.mode == 3 else self.n

    def pulse(self) -> None:
        if self.mode in (4, 5):
            self.out = 1
        if self.transfer_due:
            self.transfer_due, self.running, self.reached_zero = False, True, False
            self.transfer()
            self.out = 0 if self.mode in (0, 1) else 1
        elif self.running and (self.gate or self.mode in (1, 5)) and not self.stopped:
            (self.divide if self.mode == 2 else self.square if self.mode == 3 else self.down)()

    def down(self) -> None:
        self.count = (self.count - 1) % self.full
        if self.count == 0 and not self.reached_zero:
            self.reached_zero = True
            self.out = 1 if self.mode < 4 else 0

    def divide(self) -> None:
        if self.count == 1:
            self.transfer()
            self.out = 1
        else:
            self.count -= 1
            self.out = 0 if self.count == 1 else 1

    def square(self) -> None:
        last = 0 if self.n % 2 and self.out else 2
        if self.n == 1 or self.count == last:
            if self.n != 1:
                self.out = 1 - self.out
            self.transfer()
            if self.n == 1:
                self.out = 1
        else:
            self.count -= 2


class Timer:
    """A counter with its bytes and latches."""

    def __init__(self, gate: int = 1) -> None:
        self.counter = Counter(gate)
        self.mode_word(0x30)

    def mode_word(self, word: int) -> None:
        self.word = word & 0x3F
        mode = word >> 1 & 7
        self.counter.control({6: 2, 7: 3}.get(mode, mode), bool(word & 1))
        self.written: list[int] = []
        self.read_one = False
        self.count_latch: int | None = None
        self.status_latch: int | None = None
        self.defined = False

    @property
    def access(self) -> str:
        return {1: "low", 2: "high", 3: "both"}[self.word >> 4]

    def write(self, byte: int) -> None:
        if self.access == "both":
            self.written.append(byte)
            if len(self.written) == 1:
                self.counter.first_byte_written()
                return
            low, high = self.written
            self.written = []
        else:
            low, high = (byte, 0) if self.access == "low" else (0, byte)
        self.counter.write(low + 256 * high if not self.counter.bcd else self.decimal(low) + 100 * self.decimal(high))

    @staticmethod
    def decimal(byte: int) -> int:
        return byte // 16 * 10 + byte % 16

    def latch(self, count: bool, status: bool) -> None:
        if count and self.count_latch is None:
            self.count_latch = self.counter.value()
            self.defined = self.counter.running
        if status and self.status_latch is None:
            self.status_latch = self.counter.out * 128 + self.counter.null * 64 + self.word

    def read(self) -> int:
        if self.status_latch is not None:
            status, self.status_latch = self.status_latch, None
            return status
        count = self.counter.value() if self.count_latch is None else self.count_latch
        high = self.access == "high" or (self.access == "both" and self.read_one)
        self.read_one = self.access == "both" and not high
        if not self.read_one:
            self.count_latch = None
        return count // 256 if high else count % 256

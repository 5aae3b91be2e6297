"""A small model of an 8080, written from Intel's tables and not from the core it checks: bit by bit where it can be.

`flags="8080"`: AC as the chip's adder leaves it, subtraction being the addition of the complement. `flags="v30"`: what
H-8080-FLAGS supposes of a V30: AC is the borrow, 0 after ANA, and set by DAA whenever the low digit was corrected.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache

S, Z, AC, P, CY = 0x80, 0x40, 0x10, 0x04, 0x01
NAMES = "bcdehl-a"


@cache
def adder(a: int, b: int, carry: int) -> tuple[int, int, int]:
    """Eight full adders: sum, carry out of bit 3, carry out of bit 7."""
    total = half = 0
    for bit in range(8):
        x, y = a >> bit & 1, b >> bit & 1
        total |= (x ^ y ^ carry) << bit
        carry = x & y | x & carry | y & carry
        if bit == 3:
            half = carry
    return total, half, carry


@cache
def szp(value: int) -> int:
    """Sign, zero, parity, and bit 1, which is always set."""
    return value & S | (Z if value == 0 else 0) | (P if bin(value).count("1") % 2 == 0 else 0) | 2


@dataclass
class Model:
    """Registers by letter, sp, pc, flags (S Z 0 AC 0 P 1 CY), ie, 64 KB of memory, ports."""

    r: dict[str, int]
    sp: int
    pc: int
    f: int
    memory: bytearray
    flags: str = "8080"
    ie: bool = False
    halted: bool = False
    outputs: list[tuple[int, int]] = field(default_factory=list)
    input: int = 0x5A

    def fetch(self) -> int:
        value = self.memory[self.pc]
        self.pc = self.pc + 1 & 0xFFFF
        return value

    def fetch2(self) -> int:
        return self.fetch() | self.fetch() << 8

    def load2(self, at: int) -> int:
        return self.memory[at] | self.memory[at + 1 & 0xFFFF] << 8

    def store2(self, at: int, value: int) -> None:
        self.memory[at] = value & 0xFF
        self.memory[at + 1 & 0xFFFF] = value >> 8

    def push(self, value: int) -> None:
        self.sp = self.sp - 2 & 0xFFFF
        self.store2(self.sp, value)

    def pop(self) -> int:
        value = self.load2(self.sp)
        self.sp = self.sp + 2 & 0xFFFF
        return value

    def get(self, n: int) -> int:
        return self.memory[self.r["h"] << 8 | self.r["l"]] if n == 6 else self.r[NAMES[n]]

    def put(self, n: int, value: int) -> None:
        if n == 6:
            self.memory[self.r["h"] << 8 | self.r["l"]] = value
        else:
            self.r[NAMES[n]] = value

    def pair(self, n: int) -> int:
        return self.sp if n == 3 else self.r["bdh"[n]] << 8 | self.r["cel"[n]]

    def set_pair(self, n: int, value: int) -> None:
        if n == 3:
            self.sp = value & 0xFFFF
        else:
            self.r["bdh"[n]], self.r["cel"[n]] = value >> 8 & 0xFF, value & 0xFF

    def subtract(self, a: int, b: int, borrow: int) -> tuple[int, int]:
        """Difference and flags."""
        total, half, carry = adder(a, b ^ 0xFF, 1 - borrow)
        half = half if self.flags == "8080" else 1 - half
        return total, szp(total) | half * AC | (1 - carry) * CY

    def alu(self, n: int, b: int) -> None:
        a, cy = self.r["a"], self.f & CY
        if n < 2:
            result, half, carry = adder(a, b, cy if n else 0)
            self.f = szp(result) | half * AC | carry * CY
        elif n in (2, 3, 7):
            result, self.f = self.subtract(a, b, cy if n == 3 else 0)
        else:
            result = (a & b, a ^ b, a | b)[n - 4]
            self.f = szp(result)
            if n == 4 and self.flags == "8080" and (a | b) & 8:
                self.f |= AC
        if n != 7:
            self.r["a"] = result

    def increment(self, n: int) -> None:
        result, half, _ = adder(self.get(n), 0, 1)
        self.f = szp(result) | half * AC | self.f & CY
        self.put(n, result)

    def decrement(self, n: int) -> None:
        result, flags = self.subtract(self.get(n), 1, 0)
        self.f = flags & ~CY | self.f & CY
        self.put(n, result)

    def daa(self) -> None:
        a, cy = self.r["a"], self.f & CY
        low = a & 15 > 9 or bool(self.f & AC)
        if self.flags == "8080":
            after_low = a + (6 if low else 0)
            high = bool(cy) or after_low >> 4 > 9
        else:
            high = bool(cy) or a > (0x9F if self.f & AC else 0x99)
        result, half, _ = adder(a, (6 if low else 0) + (0x60 if high else 0), 0)
        half = half if self.flags == "8080" else int(low)
        self.r["a"], self.f = result, szp(result) | half * AC | high * CY

    def rotate(self, n: int) -> None:
        a, cy = self.r["a"], self.f & CY
        if n in (0, 2):
            out, new = a >> 7, a << 1 & 0xFF | (a >> 7 if n == 0 else cy)
        else:
            out, new = a & 1, a >> 1 | (a & 1 if n == 1 else cy) << 7
        self.r["a"], self.f = new, self.f & ~CY | out

    def condition(self, n: int) -> bool:
        return bool(self.f & (Z, CY, P, S)[n >> 1]) == bool(n & 1)

    def call(self, target: int) -> None:
        self.push(self.pc)
        self.pc = target

    def step(self) -> None:
        """One instruction."""
        code = self.fetch()
        n, pair, low = code >> 3 & 7, code >> 4 & 3, code & 7
        if code == 0x76:
            self.halted = True
        elif 0x40 <= code < 0x80:
            self.put(n, self.get(low))
        elif 0x80 <= code < 0xC0:
            self.alu(n, self.get(low))
        elif code < 0x40:
            self.quarter(code, n, pair, low)
        elif low == 0:
            self.pc = self.pop() if self.condition(n) else self.pc
        elif low == 2:
            target = self.fetch2()
            self.pc = target if self.condition(n) else self.pc
        elif low == 4:
            target = self.fetch2()
            if self.condition(n):
                self.call(target)
        elif low == 6:
            self.alu(n, self.fetch())
        elif low == 7:
            self.call(n * 8)
        else:
            self.rest(code, pair)

    def quarter(self, code: int, n: int, pair: int, low: int) -> None:
        if code & 15 == 1:
            self.set_pair(pair, self.fetch2())
        elif code & 15 == 9:
            total = self.pair(2) + self.pair(pair)
            self.set_pair(2, total)
            self.f = self.f & ~CY | total >> 16
        elif code in (0x02, 0x12):
            self.memory[self.pair(pair)] = self.r["a"]
        elif code in (0x0A, 0x1A):
            self.r["a"] = self.memory[self.pair(pair)]
        elif code == 0x22:
            self.store2(self.fetch2(), self.pair(2))
        elif code == 0x2A:
            self.set_pair(2, self.load2(self.fetch2()))
        elif code == 0x32:
            self.memory[self.fetch2()] = self.r["a"]
        elif code == 0x3A:
            self.r["a"] = self.memory[self.fetch2()]
        elif low == 3:
            self.set_pair(pair, self.pair(pair) + (-1 if code & 8 else 1))
        elif low == 4:
            self.increment(n)
        elif low == 5:
            self.decrement(n)
        elif low == 6:
            self.put(n, self.fetch())
        elif low == 7 and n < 4:
            self.rotate(n)
        elif code == 0x27:
            self.daa()
        elif code == 0x2F:
            self.r["a"] ^= 0xFF
        elif code == 0x37:
            self.f |= CY
        elif code == 0x3F:
            self.f ^= CY

    def rest(self, code: int, pair: int) -> None:
        if code == 0xF1:
            word = self.pop()
            self.r["a"], self.f = word >> 8, word & (S | Z | AC | P | CY) | 2
        elif code & 15 == 1:
            self.set_pair(pair, self.pop())
        elif code == 0xF5:
            self.push(self.r["a"] << 8 | self.f)
        elif code & 15 == 5:
            self.push(self.pair(pair))
        elif code in (0xC3, 0xCB):
            self.pc = self.fetch2()
        elif code in (0xC9, 0xD9):
            self.pc = self.pop()
        elif code in (0xCD, 0xDD, 0xFD):
            self.call(self.fetch2())
        elif code == 0xD3:
            self.outputs.append((self.fetch(), self.r["a"]))
        elif code == 0xDB:
            self.fetch()
            self.r["a"] = self.input
        elif code == 0xE3:
            top = self.load2(self.sp)
            self.store2(self.sp, self.pair(2))
            self.set_pair(2, top)
        elif code == 0xE9:
            self.pc = self.pair(2)
        elif code == 0xEB:
            hl, de = self.pair(2), self.pair(1)
            self.set_pair(2, de)
            self.set_pair(1, hl)
        elif code == 0xF9:
            self.sp = self.pair(2)
        elif code in (0xF3, 0xFB):
            self.ie = code == 0xFB
        else:
            raise NotImplementedError(f"{code:02X} is NEC's")

"""An exerciser of 8080 mode: every instruction over its operands and flags, against the model in tests/models.

    .venv/bin/python tools/exercise_8080.py                      all of it: 3.3 million instructions, a minute or so
    .venv/bin/python tools/exercise_8080.py --part 50            a fiftieth of each group
    .venv/bin/python tools/exercise_8080.py --flags v30          AC and V as H-8080-FLAGS supposes
    .venv/bin/python tools/exercise_8080.py --engine unicorn
    .venv/bin/python tools/exercise_8080.py --com 8080EXM.COM    run a CP/M program instead

No package registry carries one of the known exercisers (8080EXM, 8080PRE, CPUTEST, TST8080); if you have one, --com
runs it under the two functions of CP/M they call: 2 prints a character, 9 a string.

A group makes cases: bytes of code and the registers before them. Cases of equal registers are one program on the core:
each loads its registers from memory by POPs, runs the code and stores all of them.
Exit codes: 0 as the model does, 1 something differs or nothing was compared, 2 usage, 130 stopped by Ctrl-C.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import needs_korgm1  # noqa: F401

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "models"))
from reference_8080 import Model

from korgm1.bus.memory import MemoryMap
from korgm1.bus.unmapped import UnmappedLog
from korgm1.cpu.engine import CpuOptions
from korgm1.cpu.unicorn_engine import UnicornEngine
from korgm1.cpu.v30_engine import V30Engine

ENGINES: dict[str, type[V30Engine]] = {"v30": V30Engine, "unicorn": UnicornEngine}
BASE = 0x10000   # of the 8080's 64 KB
CODE, OUT, DATA, STACK = 0x0100, 0x9A00, 0xF000, 0xF040
BATCH = 2048   # cases a program; one takes 18 bytes of code, or some more where there are few, and 8 of results
BEGIN = CODE + 7   # where the code of the first case lies
_ON_STACK = b"\x31" + STACK.to_bytes(2, "little")   # LXI SP
FLAGS = [f | 2 for f in range(0x100) if not f & 0x2A]
"""All flag bytes an 8080 can have."""
EDGES = (
    0, 1, 2, 0xFF, 0x100, 0x7FF, 0x800, 0xFFF, 0x1000, 0x5555, 0x7FFF, 0x8000, 0xAAAA, 0xF000, 0xFF00, 0xFFFE, 0xFFFF,
)  # fmt: skip
NAMES = "bcdehla"


@dataclass(frozen=True)
class State:
    """Registers before a case; HL points at a byte `m`."""

    a: int = 0
    f: int = 2
    bc: int = 0
    de: int = 0
    hl: int = DATA
    m: int = 0

    def block(self) -> bytes:
        """As POP H, D, B, PSW take it."""
        words = (self.hl, self.de, self.bc, self.a << 8 | self.f)
        return b"".join(word.to_bytes(2, "little") for word in words)


Case = tuple[State, bytes]


class Core:
    """An engine in 8080 mode with 64 KB of its own; output of port 1 is kept."""

    sink = None
    sink_ports = bytearray(0x2000)

    def __init__(self, engine: str, flags: str) -> None:
        self.memory = MemoryMap(UnmappedLog(now=lambda: 0))
        self.memory.map_ram(0, 0x40000)
        self.printed = bytearray()
        options = CpuOptions(flags_8080=flags)
        self.cpu = ENGINES[engine](self.memory, self, lambda: 0, options=options)
        self.memory.image[BASE : BASE + 0x10000] = bytes(_MEMORY[:0x40]) + bytes(0x10000 - 0x40)

    def read(self, port: int) -> int:
        return 0xFF

    def write(self, port: int, value: int) -> None:
        self.printed.append(value)

    def poke(self, at: int, data: bytes) -> None:
        self.memory.image[BASE + at : BASE + at + len(data)] = data
        self.cpu.host_wrote(BASE + at, len(data))

    def start(self, pc: int) -> None:
        """8080 mode at `pc`."""
        registers = [0, 0, 0, 0, 0x8000, 0xBFF0, 0, 0]
        block = {"psw": 0x7002, "md_writable": 1, "pc": pc, "s": [0, BASE >> 4, 0x2000, BASE >> 4], "r": registers}
        self.cpu.restore({**self.cpu.snapshot(), "halted": 0, "shadow": 0, **block})

    def run(self, state: State, codes: list[bytes]) -> list[bytes]:
        """HL, DE, BC, PSW after each of `codes`, all from the same state."""
        program = bytearray()
        for number, code in enumerate(codes):
            out = OUT + 8 * number
            program += b"\x31" + word(DATA + 0x10) + b"\xe1\xd1\xc1\xf1" + code
            program += b"\x22" + word(out) + b"\x31" + word(out + 8) + b"\xf5\xc5\xd5"
        if CODE + len(program) >= OUT:
            raise ValueError(f"a program of {len(program)} bytes for {len(codes)} cases")
        self.poke(CODE, bytes(program) + b"\x76")
        return self.again(state, len(codes))

    def again(self, state: State, count: int) -> list[bytes]:
        """The same program on other registers; what writes to M is meant for one case a program."""
        self.poke(DATA, bytes([state.m]))
        self.poke(DATA + 0x10, state.block())
        self.start(CODE)
        self.cpu.run(self.cpu.clock + 1000 * count + 1000)
        if not self.cpu.halted:
            raise RuntimeError(f"the core did not halt: {self.cpu.registers()}")
        image = self.memory.image
        return [image[BASE + OUT + 8 * number : BASE + OUT + 8 * number + 8] for number in range(count)]


def word(value: int) -> bytes:
    return value.to_bytes(2, "little")


def expected(state: State, code: bytes, flags: str) -> bytes:
    """HL, DE, BC, PSW by the model."""
    r = {"a": state.a, "b": state.bc >> 8, "c": state.bc & 0xFF, "d": state.de >> 8, "e": state.de & 0xFF,
         "h": state.hl >> 8, "l": state.hl & 0xFF}  # fmt: skip
    end = BEGIN + len(code)
    model = Model(r, DATA + 0x18, BEGIN, state.f, _MEMORY, flags)
    _MEMORY[BEGIN:end] = code
    _MEMORY[DATA] = state.m
    for _ in range(_MOST_STEPS):
        if model.pc == end:
            break
        model.step()
    words = (model.pair(2), model.pair(1), model.pair(0), model.r["a"] << 8 | model.f)
    return b"".join(map(word, words))


_MOST_STEPS = 16
_MEMORY = bytearray(0x10000)
for _restart in range(0, 0x40, 8):
    _MEMORY[_restart] = 0xC9
Group = Callable[[], Iterator[tuple[State, list[bytes]]]]


def arithmetic() -> Iterator[tuple[State, list[bytes]]]:
    """ADI ACI SUI SBI ANI XRI ORI CPI: every A, every operand, both carries, both AC."""
    codes = [bytes([0xC6 | n << 3, b]) for n in range(8) for b in range(256)]
    for a in range(256):
        for f in (0x02, 0xC7, 0x52, 0x97):
            yield State(a, f), codes


def arithmetic_registers() -> Iterator[tuple[State, list[bytes]]]:
    """The same from B C D E H L M A: every operand, some A."""
    codes = [bytes([0x80 | n << 3 | r]) for n in range(8) for r in range(8)]
    for a in (0, 1, 0x0F, 0x55, 0x7F, 0x80, 0x99, 0xFF):
        for b in range(256):
            pair, other = b << 8 | b ^ 0xFF, (b * 7 & 0xFF) << 8 | b * 3 & 0xFF
            yield State(a, 0x93, pair, other, DATA, b), codes


def accumulator() -> Iterator[tuple[State, list[bytes]]]:
    """RLC RRC RAL RAR DAA CMA STC CMC INR DCR: every A, all flags."""
    codes = [bytes([op]) for op in (0x07, 0x0F, 0x17, 0x1F, 0x27, 0x2F, 0x37, 0x3F, 0x3C, 0x3D)]
    for a in range(256):
        for f in FLAGS:
            yield State(a, f), codes


def count_registers() -> Iterator[tuple[State, list[bytes]]]:
    """INR DCR of B C D E H L and M: every value, all flags."""
    codes = [bytes([op | r << 3]) for r in range(6) for op in (4, 5)]
    for value in range(256):
        for f in FLAGS:
            pair = value << 8 | value
            yield State(0x11, f, pair, pair, pair), codes
            for op in (0x34, 0x35):
                yield State(0x22, f, m=value), [bytes([op, 0x7E])]


def pairs() -> Iterator[tuple[State, list[bytes]]]:
    """DAD, XCHG on edges; INX DCX on every word."""
    for one in EDGES:
        for two in EDGES:
            for f in (0x02, 0xD7):
                yield State(0x33, f, one, two ^ 0x1234, two), [b"\x09", b"\x19", b"\x29", b"\xeb", b"\x09\x09"]
    codes = [bytes([op | p << 4]) for p in range(3) for op in (0x03, 0x0B)]
    for value in range(0x10000):
        yield State(0x44, 0xD7 if value & 1 else 0x02, value, value, value), codes


def stack_pointer() -> Iterator[tuple[State, list[bytes]]]:
    """LXI SP, INX SP, DCX SP, DAD SP, SPHL: HL + SP."""
    codes = []
    for value in range(0, 0x10000, 211):
        codes += [b"\x31" + word(value) + step + b"\x39" for step in (b"", b"\x33", b"\x3b")]
    for value in (*EDGES, 0x1234):
        yield State(0x55, 0x02, 0, 0, value), codes
        yield State(0x55, 0x02, 0, 0, value), [b"\xf9\x39", b"\xf9\x33\x39", b"\xf9\x3b\x39"]


def moves() -> Iterator[tuple[State, list[bytes]]]:
    """MOV between all registers, MVI, LXI: every value."""
    codes = [bytes([op]) for op in range(0x40, 0x80) if op & 7 != 6 and op >> 3 != 0x0E and op != 0x76]
    loads = [bytes([op]) for op in range(0x46, 0x80, 8) if op != 0x76]
    stores = [bytes([op, 0x7E]) for op in range(0x70, 0x78) if op != 0x76]
    for value in range(256):
        state = State(value, 0x93, (value ^ 0x5A) << 8 | value ^ 0xA5, (value * 5 & 0xFF) << 8 | value * 9 & 0xFF)
        yield State(state.a, state.f, state.bc, state.de, value * 0x0101 ^ 0x3C00), codes
        yield State(state.a, state.f, state.bc, state.de, DATA, value), loads
        for code in stores:
            yield state, [code]
        yield state, [bytes([0x06 | r << 3, value]) for r in range(8) if r != 6]
        yield state, [bytes([0x36, value, 0x7E])]
        yield state, [bytes([0x01 | p << 4, value, value ^ 0xFF]) for p in range(3)]


def flag_bytes() -> Iterator[tuple[State, list[bytes]]]:
    """PUSH PSW and POP of each pair: every word of the stack; the flag byte's fixed bits."""
    ways = ("f5 c1", "f5 d1", "f5 e1", "c5 f1", "d5 f1", "e5 f1", "e5 c1 d5 e1")
    codes = [_ON_STACK + bytes.fromhex(way) for way in ways]
    for value in range(0x10000):
        yield State(value >> 8, value & 0xD5 | 2, value, value ^ 0xFFFF, value * 3 & 0xFFFF), codes


def memory() -> Iterator[tuple[State, list[bytes]]]:
    """LDA STA LHLD SHLD LDAX STAX XTHL: every value, two places, one across the end of a page."""
    for value in range(256):
        state = State(value, 0xC3, DATA, DATA + 1, value << 8 | value ^ 0x7E, value ^ 0x3C)
        for place in (word(DATA + 0x80), word(DATA + 0xFF)):
            codes = [b"\x32" + place + b"\xaf\x3a" + place, b"\x22" + place + b"\x65\x2a" + place, b"\x3a" + word(DATA)]
            yield state, [*codes, b"\x0a", _ON_STACK + b"\xd5\xe3\xc1", _ON_STACK + b"\xc5\xe3\xe3\xd1"]
        for code in (b"\x02\xaf\x0a", b"\x12\xaf\x1a"):
            yield state, [code]


def conditions() -> Iterator[tuple[State, list[bytes]]]:
    """Jumps, calls and returns on each condition, all flags, and without one, RST, PCHL: taken, they skip an INR."""
    for f in FLAGS:
        for n in range(8):
            for op in (0xC2, 0xC4):
                yield State(0x66, f), [_ON_STACK + bytes([op | n << 3]) + word(BEGIN + 7) + b"\x3c"]
            yield State(0x66, f, hl=BEGIN + 6), [_ON_STACK + bytes([0xE5, 0xC0 | n << 3, 0x3C])]
            yield State(0x66, f), [_ON_STACK + bytes([0xC7 | n << 3, 0x3C])]
        for op in (0xC3, 0xCB, 0xCD, 0xDD, 0xFD):
            yield State(0x66, f), [_ON_STACK + bytes([op]) + word(BEGIN + 7) + b"\x3c"]
        for op in (0xC9, 0xD9):
            yield State(0x66, f, hl=BEGIN + 6), [_ON_STACK + bytes([0xE5, op, 0x3C])]
        yield State(0x66, f, hl=BEGIN + 2), [b"\xe9\x3c"]


GROUPS: dict[str, Group] = {
    "alu imm": arithmetic, "alu reg": arithmetic_registers, "accumulator": accumulator, "inr dcr": count_registers,
    "pairs": pairs, "sp": stack_pointer, "moves": moves, "push pop": flag_bytes, "memory": memory,
    "conditions": conditions,
}  # fmt: skip


PARTS = {"alu imm": 32, "alu reg": 8, "accumulator": 8, "inr dcr": 8, "pairs": 64, "push pop": 64, "moves": 4}
"""Every so many programs of a group, for who has seconds only; of the others all."""


def part_of(group: Group, part: int = 1, seed: int = 0) -> Iterator[tuple[State, list[bytes]]]:
    """Every `part`th program of a group; `seed` tells where to begin."""
    return islice(group(), random.Random(seed).randrange(part), None, part)


def exercise(group: Group, core: Core, flags: str, part: int = 1, seed: int = 0) -> tuple[int, str]:
    """Run every `part`th program of a group.

    Returns:
        Instructions compared, and the first difference in words, "" where there is none.
    """
    compared, last = 0, b""
    for state, codes in part_of(group, part, seed):
        for at in range(0, len(codes), BATCH):
            batch = codes[at : at + BATCH]
            key = b"".join(batch)
            found = core.again(state, len(batch)) if key == last else core.run(state, batch)
            last = key
            for code, after in zip(batch, found, strict=True):
                compared += 1
                wanted = expected(state, code, flags)
                if after != wanted:
                    return compared, f"{code.hex(' ')} from {state}: {shown(after)}, expected {shown(wanted)}"
    return compared, ""


def shown(block: bytes) -> str:
    """Registers of a result."""
    hl, de, bc, psw = (int.from_bytes(block[at : at + 2], "little") for at in range(0, 8, 2))
    return f"A={psw >> 8:02X} F={psw & 0xFF:02X} BC={bc:04X} DE={de:04X} HL={hl:04X}"


BDOS = 0xFE00
CPM = {
    0x0000: "76",               # warm boot: HLT
    0x0005: "c3 00 fe",
    BDOS: "79 fe 02 ca 15 fe fe 09 c0 1a fe 24 c8 d3 01 13 c3 09 fe 00 00 7b d3 01 c9",
}
"""Page 0 and the two functions: 2, E to port 1; 9, the string at DE up to $."""


def run_com(path: Path, engine: str, flags: str, most: int, show: Callable[[bytes], None]) -> bool:
    """Run a .COM file; `show` gets what it prints. Returns whether it came to its end within `most` clocks."""
    core = Core(engine, flags)
    for at, code in CPM.items():
        core.poke(at, bytes.fromhex(code))
    core.poke(CODE, path.read_bytes()[: BDOS - CODE])
    core.start(CODE)
    while not core.cpu.halted and core.cpu.clock < most:
        core.cpu.run(min(core.cpu.clock + 20_000_000, most))
        show(bytes(core.printed))
        core.printed.clear()
    return core.cpu.halted


def main(arguments: list[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description="Exercise 8080 mode against the model.")
    parser.add_argument("groups", nargs="*", metavar="GROUP", help=f"default: all of {', '.join(GROUPS)}")
    parser.add_argument("--engine", choices=ENGINES, default="v30")
    parser.add_argument("--flags", choices=("8080", "v30"), default="8080")
    parser.add_argument("--part", type=int, default=1, metavar="N", help="every Nth program of a group")
    parser.add_argument("--com", type=Path, metavar="FILE", help="run this CP/M program instead")
    parser.add_argument("--clocks", type=int, default=10**12, metavar="N", help="with --com: at most so many clocks")
    args = parser.parse_args(arguments)
    unknown = [name for name in args.groups if name not in GROUPS]
    if unknown or args.part < 1:
        parser.error(f"no group {unknown[0]!r}" if unknown else f"--part is {args.part}, expected 1 or more")
    try:
        if args.com:
            return _run_program(args.com, args.engine, args.flags, args.clocks)
        return _run_groups(args.groups or list(GROUPS), Core(args.engine, args.flags), args.flags, args.part)
    except OSError as error:
        parser.error(f"{args.com} cannot be read: {error.strerror}")
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return 130


def _run_program(path: Path, engine: str, flags: str, clocks: int) -> int:
    ended = run_com(path, engine, flags, clocks, show)
    print("" if ended else f"\nstopped after {clocks:,} clocks")
    return 0 if ended else 1


def _run_groups(names: list[str], core: Core, flags: str, part: int) -> int:
    failed, total = False, 0
    for name in names:
        begin = time.perf_counter()
        compared, difference = exercise(GROUPS[name], core, flags, part)
        if difference:
            said = f"DIFFERS: {difference}"
        else:
            said = "ok" if compared else f"nothing compared: it has fewer than {part:,} programs"
        print(f"{name:12} {compared:>9,} {said}  {time.perf_counter() - begin:.1f} s", flush=True)
        failed |= bool(difference)
        total += compared
    return int(failed or not total)


def show(data: bytes) -> None:
    sys.stdout.write(data.decode("latin-1").replace("\r", ""))
    sys.stdout.flush()


if __name__ == "__main__":
    raise SystemExit(main())

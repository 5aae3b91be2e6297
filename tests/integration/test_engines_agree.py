"""The three engines on the same programs of mixed V30 code: registers, memory, clocks and port stamps must be equal.

The programs are seeded: every group of instructions, NEC's own, self-modifying stores, strings, traps, open bus, ROM.
"""

from __future__ import annotations

import hashlib
import random

import pytest

from korgm1.bus.memory import MemoryMap
from korgm1.bus.unmapped import UnmappedLog
from korgm1.cpu.lockstep_engine import LockstepEngine
from korgm1.cpu.unicorn_engine import UnicornEngine
from korgm1.cpu.v30_engine import V30Engine

CODE_SEGMENT = 0x0A00
HANDLER = 0x0500
SEGMENTS = {"ds0": 0x1000, "ds1": 0x2000, "ss": 0x3000}


def _memory(rng: random.Random, reg: int) -> bytes:
    mod, rm = rng.randrange(3), rng.randrange(8)
    head = bytes([mod << 6 | reg << 3 | rm])
    if mod == 1:
        return head + rng.randbytes(1)
    if mod == 2 or rm == 6:
        return head + rng.randbytes(2)
    return head


def _any(rng: random.Random, reg: int | None = None) -> bytes:
    reg = rng.randrange(8) if reg is None else reg
    if rng.random() < 0.5:
        return bytes([0xC0 | reg << 3 | rng.randrange(8)])
    return _memory(rng, reg)


def _prefixed(rng: random.Random, code: bytes) -> bytes:
    return bytes([rng.choice((0x26, 0x2E, 0x36, 0x3E))]) + code if rng.random() < 0.1 else code


def _alu(rng: random.Random) -> bytes:
    opcode = rng.randrange(8) << 3 | rng.randrange(6)
    if opcode & 7 < 4:
        return _prefixed(rng, bytes([opcode]) + _any(rng))
    return bytes([opcode]) + rng.randbytes(1 + (opcode & 1))


def _immediate(rng: random.Random) -> bytes:
    opcode = rng.randrange(0x80, 0x84)
    return _prefixed(rng, bytes([opcode]) + _any(rng) + rng.randbytes(2 if opcode == 0x81 else 1))


def _move(rng: random.Random) -> bytes:
    kind = rng.randrange(6)
    if kind < 2:
        return _prefixed(rng, bytes([rng.randrange(0x84, 0x8C)]) + _any(rng))
    if kind == 2:
        opcode = rng.randrange(0xC6, 0xC8)
        return bytes([opcode]) + _any(rng, 0) + rng.randbytes(1 + (opcode & 1))
    if kind == 3:
        return bytes([rng.randrange(0xB0, 0xB8)]) + rng.randbytes(1)
    if kind == 4:
        return bytes([rng.randrange(0xB8, 0xC0)]) + rng.randbytes(2)
    return _prefixed(rng, bytes([rng.randrange(0xA0, 0xA4)]) + rng.randbytes(2))


def _short(rng: random.Random) -> bytes:
    return bytes([rng.choice((
        *range(0x40, 0x60), *range(0x90, 0x9A), 0x9C, 0x9E, 0x9F, 0x06, 0x0E, 0x16, 0x1E, 0x27, 0x2F, 0x37, 0x3F,
        0x60, 0x61, 0xD6, 0xD7, 0xF5, 0xF8, 0xF9, 0xFA, 0xFB, 0xFC, 0xFD, 0xCC, 0xCE,
    ))])


def _operand(rng: random.Random) -> bytes:
    kind = rng.randrange(9)
    if kind == 0:
        return bytes([rng.randrange(0xD0, 0xD4)]) + _any(rng)
    if kind == 1:
        return bytes([rng.randrange(0xC0, 0xC2)]) + _any(rng) + bytes([rng.randrange(40)])
    if kind == 2:
        reg = rng.randrange(8)
        wide = rng.randrange(2)
        return bytes([0xF6 | wide]) + _any(rng, reg) + (rng.randbytes(1 + wide) if reg < 2 else b"")
    if kind == 3:
        return bytes([0xFE]) + _any(rng, rng.randrange(2))
    if kind == 4:
        return bytes([0xFF]) + _any(rng, rng.choice((0, 1, 6, 7)))
    if kind == 5:
        return bytes([0x8D]) + _memory(rng, rng.randrange(8))
    if kind == 6:
        return bytes([0x8C]) + _any(rng)
    if kind == 7:
        opcode = rng.choice((0x69, 0x6B))
        return bytes([opcode]) + _any(rng) + rng.randbytes(2 if opcode == 0x69 else 1)
    return rng.choice((
        b"\x68" + rng.randbytes(2), b"\x6a" + rng.randbytes(1), b"\x8f" + _any(rng, 0),
        b"\x62" + _memory(rng, rng.randrange(8)), b"\xcd" + rng.randbytes(1), b"\xd4" + rng.randbytes(1),
        b"\xd5" + rng.randbytes(1), b"\xc8" + rng.randbytes(2) + b"\x03\xc9", b"\x8c\xd0\x8e\xd0", b"\x8c\xd8\x8e\xd8",
        b"\x1e\x1f", b"\x06\x07", b"\x16\x17", b"\xfb\xf4",
    ))  # fmt: skip


def _string(rng: random.Random) -> bytes:
    opcode = rng.choice((0xA4, 0xA5, 0xA6, 0xA7, 0xAA, 0xAB, 0xAC, 0xAD, 0xAE, 0xAF, 0x6C, 0x6D, 0x6E, 0x6F))
    if rng.random() < 0.5:
        return bytes([opcode])
    return bytes([0xB9, rng.randrange(9), 0, rng.choice((0xF2, 0xF3, 0x64, 0x65)), opcode])


def _nec(rng: random.Random) -> bytes:
    kind = rng.randrange(5)
    if kind < 2:
        second = rng.randrange(0x10, 0x20)
        return bytes([0x0F, second]) + _any(rng, 0) + (rng.randbytes(1) if second & 8 else b"")
    if kind == 2:
        return bytes([0xB1, rng.randrange(1, 9), 0x0F, rng.choice((0x20, 0x22, 0x26))])
    if kind == 3:
        return bytes([0x0F, rng.choice((0x28, 0x2A))]) + _any(rng, 0)
    second = rng.choice((0x31, 0x33, 0x39, 0x3B))
    return (bytes([0x0F, second, 0xC0 | rng.choice((1, 2, 3, 5, 6)) << 3 | rng.choice((1, 2, 3, 5, 6))])
            + (rng.randbytes(1) if second & 8 else b""))


def _port(rng: random.Random) -> bytes:
    if rng.random() < 0.5:
        return bytes([rng.randrange(0xE4, 0xE8)]) + rng.randbytes(1)
    return bytes([rng.randrange(0xEC, 0xF0)])


def _elsewhere(rng: random.Random) -> bytes:
    """DS1 at open bus, at ROM or across the end of the megabyte, read and written once, then put back."""
    segment = rng.choice((0x5000, 0xE000, 0xF000, 0x0FFF, 0x4FF8))
    access = rng.choice((b"\x8B", b"\x03", b"\x8A", b"\x39", b"\x89", b"\x01", b"\xFE", b"\xFF"))
    operand = _memory(rng, rng.randrange(2) if access in (b"\xFE", b"\xFF") else rng.randrange(8))
    return (b"\x50\xB8" + segment.to_bytes(2, "little") + b"\x8E\xC0\x58\x26" + access + operand
            + b"\x50\xB8" + SEGMENTS["ds1"].to_bytes(2, "little") + b"\x8E\xC0\x58")


def program(seed: int, items: int = 300) -> bytes:
    """An endless loop of about `items` random instructions, for offset 0 of CODE_SEGMENT; a RET lies at offset 2.

    Between them: branches over the next one, calls, MOVs whose immediate byte a later store changes, stores into the
    instruction after next.
    """
    rng = random.Random(seed)
    kinds = (
        (_alu, 30), (_immediate, 8), (_move, 25), (_short, 20), (_operand, 14), (_string, 8), (_nec, 8), (_port, 4),
        (_elsewhere, 2),
    )  # fmt: skip
    makers = [maker for maker, weight in kinds for _ in range(weight)]
    out = bytearray(b"\xeb\x01\xc3")
    patchable: list[int] = []
    for _ in range(items):
        item = rng.choice(makers)(rng)
        dice = rng.random()
        if dice < 0.08:
            out += bytes([rng.choice((*range(0x70, 0x80), 0xE0, 0xE1, 0xE2, 0xE3)), len(item)])
        elif dice < 0.12:
            patchable.append(len(out) + 1)
            out += bytes([0xB6]) + rng.randbytes(1)
        elif dice < 0.16 and patchable:
            out += b"\x2e\xa2" + rng.choice(patchable).to_bytes(2, "little")
        elif dice < 0.19:
            ahead = len(out) + 6 + rng.randrange(2) * 2
            out += b"\x2e\x88\x36" + ahead.to_bytes(2, "little") + b"\xb5\x11\xb5\x22"
        elif dice < 0.22:
            out += b"\xe8" + ((2 - len(out) - 3) & 0xFFFF).to_bytes(2, "little")
        out += item
    return bytes(out) + b"\xe9" + ((-len(out) - 3) & 0xFFFF).to_bytes(2, "little")


class Board:
    """RAM 00000-3FFFF, ROM E0000-FFFFF of noise; ports that answer by clock; events from a seeded list of clocks."""

    sink = None
    sink_ports = bytearray(0x2000)

    def __init__(self, kind: type[V30Engine], seed: int, segments: dict[str, int] = SEGMENTS) -> None:
        rng = random.Random(seed)
        self.log = hashlib.sha1()
        self.memory = MemoryMap(UnmappedLog(now=lambda: 0))
        self.memory.map_ram(0, 0x40000)
        self.memory.map_rom(0xE0000, rng.randbytes(0x20000))
        image = self.memory.image
        image[0x00000:0x40000] = bytes(0x10000) + rng.randbytes(0x30000)
        image[0:0x400] = HANDLER.to_bytes(4, "little") * 0x100
        image[HANDLER : HANDLER + 6] = bytes.fromhex("2e ff 06 f0 05 cf")
        code = program(seed)
        image[CODE_SEGMENT * 16 : CODE_SEGMENT * 16 + len(code)] = code
        self.engine = kind(self.memory, self, self.acknowledge)
        registers = {name: rng.randrange(0x10000) for name in ("aw", "cw", "dw", "bw", "bp", "ix", "iy")}
        registers.update(segments, ps=CODE_SEGMENT, pc=0, sp=rng.randrange(0x10000) & 0xFFFE, psw=0xF202)
        self.engine.set_registers(registers)
        self.events = random.Random(seed + 1)
        self.event = self.events.randrange(50, 2_000)

    def read(self, port: int) -> int:
        self.log.update(b"in %d %d" % (self.engine.clock, port))
        return (port * 37 + self.engine.clock) & 0xFF

    def write(self, port: int, value: int) -> None:
        self.log.update(b"out %d %d %d" % (self.engine.clock, port, value))

    def acknowledge(self) -> int:
        self.log.update(b"ack %d" % self.engine.clock)
        self.engine.set_int(0)
        return 0x21

    def run(self, until: int, most: int) -> None:
        """To `until` in runs of at most `most` clocks; INT or NMI at each event."""
        engine = self.engine
        while engine.clock < until and not engine.stopped:
            engine.run(min(until, self.event, engine.clock + most))
            if engine.clock >= self.event:
                self.log.update(repr((engine.clock, engine.registers())).encode())
                self.event += self.events.randrange(50, 2_000)
                if self.events.random() < 0.9:
                    engine.set_int(1)
                else:
                    engine.nmi()

    def fingerprint(self) -> tuple[object, ...]:
        """All that must be equal; the clock of a stopped CPU is the horizon's and says nothing."""
        engine = self.engine
        clock = None if engine.stopped else engine.clock
        memory = hashlib.sha1(self.memory.image).hexdigest()
        traffic = None if engine.stopped else self.log.hexdigest()
        return clock, engine.instructions, engine.stopped, engine.registers(), memory, traffic


@pytest.mark.parametrize("first", range(0, 40, 10))
def test_lockstep_finds_no_difference(first: int) -> None:
    """Over 100,000 instructions in all; CpuDivergence would end it."""
    instructions = 0
    for seed in range(first, first + 10):
        board = Board(LockstepEngine, seed)
        board.run(80_000, 10_000)
        instructions += board.engine.instructions
    assert instructions > 30_000


@pytest.mark.parametrize("most", [7, 1_000, 100_000])
def test_unicorn_equals_the_v30_core_whatever_the_slices(most: int) -> None:
    for seed in range(100, 112):
        expected, found = Board(V30Engine, seed), Board(UnicornEngine, seed)
        expected.run(60_000, 1_000)
        found.run(60_000, most)
        assert found.fingerprint() == expected.fingerprint(), f"program {seed}"


@pytest.mark.parametrize(
    "segments",
    [
        {"ds0": 0xE000, "ds1": 0x2000, "ss": 0x3000},
        {"ds0": 0x5000, "ds1": 0xE000, "ss": 0x3000},
        {"ds0": 0x3800, "ds1": 0x3C00, "ss": 0x3800},
        {"ds0": 0xF800, "ds1": 0xFFFF, "ss": 0xF400},
        {"ds0": 0x0900, "ds1": 0x0A00, "ss": 0x0A00},
    ],
    ids=["data in ROM", "data on open bus", "across the end of RAM", "across the megabyte", "over the code"],
)
def test_they_agree_where_the_data_lie_badly(segments: dict[str, int]) -> None:
    for seed in range(200, 208):
        expected, found = Board(V30Engine, seed, segments), Board(UnicornEngine, seed, segments)
        expected.run(40_000, 1_000)
        found.run(40_000, 333)
        assert found.fingerprint() == expected.fingerprint(), f"program {seed}"


def test_unicorn_runs_most_of_it() -> None:
    board = Board(UnicornEngine, 103)
    board.run(60_000, 100_000)
    assert isinstance(board.engine, UnicornEngine)
    assert board.engine.instructions > 3_000
    assert board.engine.delegated < 0.6 * board.engine.instructions

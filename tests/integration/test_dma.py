"""DMA under a running program, on every engine: where it lands, that the CPU sees it, what it costs."""

from __future__ import annotations

import hashlib

import pytest

from korgm1.board.battery import Battery
from korgm1.cpu.v30_engine import V30Engine
from korgm1.hypotheses import Hypotheses
from korgm1.machine.m1 import M1
from korgm1.physics.bench_supply import BenchSupply

ENGINES = ("v30", "unicorn", "lockstep")
ROUTINE, RESULT, DONE = 0x0600, 0x0700, 0x99
PASSES = 300
BLOCK, SINGLE, DEMAND, CASCADE, IN, WORD = 0x80, 0x40, 0x00, 0xC0, 0x04, 0x01
INC_AW = 0x40


def out(port: int, value: int) -> bytes:
    """MOV DW,port; MOV AL,value; OUT DW,AL."""
    return b"\xba" + port.to_bytes(2, "little") + bytes([0xB0, value, 0xEE])


def rom(mode: int, address: int, transfers: int, waits: int) -> bytes:
    """A program that sets channel 0 up and calls a routine in RAM again and again; it tells AW at the end."""
    count = transfers - 1
    registers = [
        (0xFFFC, 0x00), (0xFFFB, 0x40), (0xFFFD, 0x01), (0xFFF6, waits << 2),
        (0x40, 1), (0x41, 0), (0x42, count & 0xFF), (0x43, count >> 8), (0x44, address & 0xFF),
        (0x45, address >> 8 & 0xFF), (0x46, address >> 16), (0x4A, mode), (0x4F, 0x0E),
    ]  # fmt: skip
    code = b"".join(out(port, value) for port, value in registers)
    code += b"\x31\xc0\x8e\xd8\x8e\xc0\x8e\xd0\xbc\x00\x05"                 # DS0 = DS1 = SS = 0, SP = 500
    code += b"\xbf" + ROUTINE.to_bytes(2, "little") + b"\xb0\x90\xb9\x10\x00\xf3\xaa"  # 16 NOP
    code += b"\xb0\xcb\xaa\x31\xc0"                                         # RETF; AW = 0
    code += b"\xb9" + PASSES.to_bytes(2, "little")
    code += b"\x9a" + ROUTINE.to_bytes(2, "little") + b"\x00\x00\xe2\xf9"   # CALL 0:600, DBNZ
    code += b"\xa3" + RESULT.to_bytes(2, "little") + b"\xe6" + bytes([DONE]) + b"\xf4"
    image = bytearray(0x20000)
    image[0x10000 : 0x10000 + len(code)] = code
    image[0x1FFF0:0x1FFF5] = b"\xea\x00\x00\x00\xf0"
    return bytes(image)


def run(
    engine: str, image: bytes, asked_at: int = 12_345, pays: bool = True, left_at: int | None = None, waits: bool = True
) -> tuple[M1, list[tuple[int, str, int, int]]]:
    """The program with DMARQ0 going high at one clock (and low at another); the machine, and its port accesses."""
    guess = Hypotheses({"H-OPENBUS": INC_AW, "H-RESET-DELAY": 0, "H-DMA-CPU": pays, "H-WAITS": waits})
    m1 = M1(image, engine, guess, Battery(BenchSupply(3.2)))
    m1.power_up(None, 0, 0)
    accesses: list[tuple[int, str, int, int]] = []
    m1.ports.watch = lambda kind, port, value: accesses.append((m1.scheduler.now, kind, port, value))
    m1.scheduler.timer("test.dmarq", lambda: m1.dmau.request(0, 1)).start(asked_at)
    if left_at is not None:
        m1.scheduler.timer("test.left", lambda: m1.dmau.request(0, 0)).start(left_at)
    while m1.clock < 200_000 and not (accesses and accesses[-1][2] == DONE):
        m1.run_until(m1.clock + 1000)
    assert accesses[-1][2] == DONE, "the program came to its end"
    return m1, accesses


@pytest.mark.parametrize("mode", [BLOCK | IN | WORD, SINGLE | IN, DEMAND | IN | WORD])
def test_code_that_dma_changes_under_the_cpu(mode: int) -> None:
    """Sixteen NOPs become sixteen INC AW while they are called: all engines see it in the same pass."""
    image = rom(mode, ROUTINE, 16 >> (mode & 1), 1)
    seen = {}
    for engine in ENGINES:
        m1, accesses = run(engine, image)
        ram = m1.sram.image()
        assert ram[ROUTINE : ROUTINE + 17] == bytes([INC_AW]) * 16 + b"\xcb"
        seen[engine] = (hashlib.sha1(ram).hexdigest(), accesses, m1.engine.registers(), m1.engine.instructions)
        counted = int.from_bytes(ram[RESULT : RESULT + 2], "little")
        assert 0 < counted < 16 * PASSES
    assert seen["v30"] == seen["unicorn"] == seen["lockstep"]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(("mode", "transfers", "waits"), [
    (BLOCK | IN, 200, 0), (BLOCK | IN | WORD, 200, 3), (SINGLE | IN, 50, 2), (DEMAND | IN, 1, 1),
])
def test_each_transfer_costs_the_cpu_its_clocks(engine: str, mode: int, transfers: int, waits: int) -> None:
    image = rom(mode, 0x2000, transfers, waits)
    ends = [run(engine, image, pays=pays)[1][-1][0] for pays in (True, False)]
    assert ends[0] - ends[1] == transfers * (4 + waits)


@pytest.mark.parametrize("engine", ENGINES)
def test_the_cpu_is_not_saved_and_restored_to_stand_still(engine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object) -> None:
        raise AssertionError("a block of the whole core for each transfer")

    for name in ("snapshot", "restore"):
        monkeypatch.setattr(V30Engine, name, never)
    m1, _ = run(engine, rom(BLOCK | IN, 0x2000, 200, 1))
    assert m1.sram.image()[0x2000 : 0x2000 + 200] == bytes([INC_AW]) * 200


def test_without_h_waits_a_transfer_has_none() -> None:
    image = rom(BLOCK | IN, 0x2000, 200, 3)
    ends = [run("v30", image, pays=pays, waits=False)[1][-1][0] for pays in (True, False)]
    assert ends[0] - ends[1] == 200 * 4


def test_a_cascade_stops_the_cpu_for_as_long_as_it_lasts() -> None:
    image = rom(CASCADE, 0, 1, 0)
    ends = [run("v30", image, left_at=left)[1][-1][0] for left in (20_000, 20_500, 29_000)]
    assert [end - ends[0] for end in ends] == [0, 500, 9_000]


@pytest.mark.parametrize("engine", ENGINES)
def test_dma_goes_on_while_the_cpu_halts(engine: str) -> None:
    m1, _ = run(engine, rom(BLOCK | IN, 0x3000, 4, 0), asked_at=190_000)
    m1.run_until(189_999)
    assert m1.engine.halted and m1.sram.image()[0x3000:0x3004] != bytes([INC_AW]) * 4
    m1.run_until(190_016)
    assert m1.engine.halted and m1.sram.image()[0x3000:0x3004] == bytes([INC_AW]) * 4


@pytest.mark.parametrize("cut", [12_340, 12_346, 12_360, 12_500, 13_000])
def test_a_block_that_is_saved_and_taken_up_elsewhere(cut: int) -> None:
    image = rom(BLOCK | IN, ROUTINE, 16, 3)
    whole, _ = run("v30", image)
    guess = Hypotheses({"H-OPENBUS": INC_AW, "H-RESET-DELAY": 0})
    parts = [M1(image, engine, guess, Battery(BenchSupply(3.2))) for engine in ("unicorn", "v30")]
    for m1 in parts:
        m1.scheduler.timer("test.dmarq", lambda m1=m1: m1.dmau.request(0, 1))   # type: ignore[misc]
    parts[0].power_up(None, 0, 0)
    parts[0].scheduler._timers["test.dmarq"].start(12_345)
    parts[0].run_until(cut)
    parts[1].restore(parts[0].snapshot(), parts[0].versions())
    for m1 in parts:
        m1.run_until(whole.clock)
        assert m1.snapshot() == whole.snapshot()

"""Faults planted in Unicorn: lockstep finds them, and names the instruction that a comparison after every one names.

They are planted by a library between the glue and Unicorn (faulty_unicorn.c), built here.
"""

from __future__ import annotations

import ctypes
import os
import random
import re
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

import korgm1.cpu.unicorn_engine
from fuzz_case import BLOCKS, LOCKSTEP, MEMORY, RAM, Case, Runner, make_engine
from fuzz_cpu import core_of, fuzz, memory_of, write
from korgm1.bus.memory import MemoryMap
from korgm1.bus.unmapped import UnmappedLog
from korgm1.cpu.lockstep_engine import LockstepEngine, SteppingLockstepEngine
from korgm1.cpu.v30_engine import V30Engine
from korgm1.errors import CpuDivergence

SOURCE = Path(__file__).with_name("faulty_unicorn.c")
AX, DX, BX, DI = 3, 18, 8, 14
"""Unicorn's numbers of registers."""
CODE = 0x1000
LOOP = CODE + 6
PAGE_RAM, PAGE_ROM = 1, 2

Plant = Callable[..., None]


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> ctypes.CDLL:
    """The library, in front of the real one; no fault yet."""
    built = tmp_path_factory.mktemp("faulty") / "libunicorn.so.2"
    compiler = os.environ.get("CC", "cc").split()
    try:
        command = [*compiler, "-O1", "-shared", "-fPIC", str(SOURCE), "-o", str(built), "-ldl"]
        done = subprocess.run(command, capture_output=True, text=True)
    except FileNotFoundError:
        pytest.skip("no C compiler")
    assert done.returncode == 0, done.stderr
    loaded = ctypes.CDLL(str(built))
    loaded.plant.argtypes = (
        ctypes.c_int64, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_int64,
        ctypes.c_uint16,
    )  # fmt: skip
    assert loaded.use(os.fsencode(korgm1.cpu.unicorn_engine.library_path()))
    loaded.path = built
    return loaded


@pytest.fixture
def plant(library: ctypes.CDLL, monkeypatch: pytest.MonkeyPatch) -> Iterator[Plant]:
    """Plants a fault in all engines made in the test; see faulty_unicorn.c."""
    monkeypatch.setattr(korgm1.cpu.unicorn_engine, "library_path", lambda: library.path)

    def do(
        address: int = -1, opcode: int = -1, cx: int = -1, nth: int = 0, times: int = -1, register: int = 0,
        place: int = -1, wrong: int = 1,
    ) -> None:  # fmt: skip
        library.plant(address, opcode, cx, nth, times, register, place, wrong)

    do(times=0)
    yield do
    do(times=0)


class Board:
    """64 KB of RAM; the program is a loop of 3,000 turns; ports answer by number of the access. Port 40 stores into
    memory, 41 turns a page of RAM into ROM and back."""

    sink = None
    sink_ports = bytearray(0x2000)

    def __init__(self, kind: type[LockstepEngine], loop: str) -> None:
        body = bytes.fromhex(loop)
        code = bytes.fromhex("bf0030b9b80b") + body + bytes([0xE2, 0xFE - len(body)])  # MOV IY,3000; MOV CW,3000
        self.memory = MemoryMap(UnmappedLog(now=lambda: 0))
        self.memory.map_ram(0, 0x10000)
        self.memory.image[:0x10000] = bytes(0x10000)
        self.memory.image[CODE : CODE + len(code) + 1] = code + b"\xf4"
        self.accesses = 0
        self.engine = kind(self.memory, self, lambda: 0)
        self.engine.set_registers({"ps": CODE >> 4, "pc": 0, "ss": 0, "sp": 0x8000, "ds0": 0, "ds1": 0, "aw": 0})

    def read(self, port: int) -> int:
        self.accesses += 1
        return self.accesses * 7 & 0xFF

    def write(self, port: int, value: int) -> None:
        self.accesses += 1
        if port == 0x40:
            self.memory.image[0x5000] = self.accesses & 0xFF
            self.engine.host_wrote(0x5000, 1)
        elif port == 0x41:
            self.memory.pages[6] ^= PAGE_RAM ^ PAGE_ROM
            self.engine.pages_changed()

    def report(self, clocks: int = 400_000) -> str:
        """What is found within so many clocks."""
        try:
            self.engine.run(clocks)
        except CpuDivergence as difference:
            return str(difference)
        return ""


def clock_of(report: str) -> int:
    """Of the instruction that it names."""
    found = re.search(r"begun at clock (\d+)", report)
    assert found
    return int(found[1])


def both_reports(loop: str) -> tuple[str, str]:
    """By blocks, and step by step."""
    return Board(LockstepEngine, loop).report(), Board(SteppingLockstepEngine, loop).report()


@pytest.mark.parametrize(
    ("loop", "fault", "words"),
    [
        ("40 89 c3 43 90", {"address": LOOP, "register": AX}, "the state"),
        ("b0 11 a2 00 20 b0 00", {"address": LOOP, "register": AX}, "the state"),
        ("b0 11 e6 10 b0 00", {"address": LOOP, "register": AX}, "the state"),
        ("b0 11 aa e4 20 42", {"address": LOOP + 2, "place": 0x3000 + 3000 - 1000}, "the memory"),
        ("b0 00 84 06 00 20 90", {"address": LOOP, "place": 0x2000}, "the data bus cycles"),
        ("e4 20 50 5b 88 d8 e6 21", {"address": LOOP + 3, "register": BX, "wrong": 0x80}, "the state"),
        ("b0 00 6e 90", {"address": LOOP, "place": 3000 - 1000}, "the traffic with devices"),
        ("8a 26 00 50 40 e6 40", {"address": LOOP + 4, "register": DX}, "the state"),
        ("fe 06 00 60 40 e6 41", {"address": LOOP + 4, "register": DX}, "the state"),
        ("a4 4e b3 00", {"address": LOOP, "register": DI, "wrong": 0x4000}, "the state"),
    ],
    ids=[
        "register",
        "stored only",
        "port only",
        "written byte",
        "read byte",
        "from port to port",
        "port only by memory",
        "beside a store by a device",
        "beside a change of pages",
        "pointer",
    ],
)
def test_a_fault_in_the_middle_of_a_block_is_traced_to_its_instruction(
    plant: Plant, loop: str, fault: dict[str, int], words: str
) -> None:
    """In the 2,001st turn; each report says the same as that of an engine that compares every step."""
    assert both_reports(loop) == ("", "")
    plant(cx=1000, **fault)
    by_blocks, by_steps = both_reports(loop)
    assert by_blocks == by_steps
    assert f"differ in {words} after instruction " in by_blocks
    assert "cw=03E8" in by_blocks.splitlines()[1]


def test_what_is_overwritten_unused_shows_in_steps_alone(plant: Plant) -> None:
    """The limit of blocks: BW is wrong until the next turn, and nothing looks at it."""
    plant(address=LOOP + 3, cx=1000, register=BX)
    by_blocks, by_steps = both_reports("e4 20 50 5b e6 21")
    assert by_blocks == ""
    assert "cw=03E8" in by_steps.splitlines()[1]


def test_a_fault_of_longer_blocks_shows_in_blocks_alone(plant: Plant) -> None:
    """Unicorn errs in the 20th instruction since it was started."""
    loop = "40 89 c3 43 90"
    plant(address=LOOP, nth=20, register=AX)
    by_blocks, by_steps = both_reports(loop)
    assert by_steps == ""
    assert "differ in the state after instruction 2" in by_blocks


def test_a_fault_that_does_not_come_again_is_told_of_its_block(plant: Plant) -> None:
    plant(address=LOOP, cx=1000, times=1, register=AX, wrong=0x4000)
    lines = Board(LockstepEngine, "40 89 c3 43 90").report().splitlines()
    found = re.search(r"after instructions (\d+) to (\d+), which do not differ when they are run again", lines[0])
    assert found
    assert int(found[1]) <= 2000 * 5 + 3 <= int(found[2]) < int(found[1]) + 100
    aw = [int(line.split("aw=")[1][:4], 16) for line in lines[2:4]]
    assert aw[0] ^ aw[1] == 0x4000


def test_a_stray_store_is_found_when_all_of_ram_is_compared(plant: Plant) -> None:
    """Nothing in the program ever touches 07777; 65,536 instructions are compared in between."""
    loop = "40 89 c3 43 90" * 20
    plant(address=LOOP, cx=2999, times=1, place=0x7777, wrong=0x5A)
    report = Board(LockstepEngine, loop).report(2_000_000)
    found = re.search(r"differ in the memory after instructions (\d+) to", report)
    assert found and 60_000 < int(found[1]) <= 65_536
    assert "memory 07777: v30 00, unicorn 5A" in report


def test_the_engine_goes_on_behind_a_difference(plant: Plant) -> None:
    """The first engine and its devices are where a run without Unicorn would be, and both begin alike."""
    loop = "e4 20 50 5b 88 d8 e6 21 aa 40"
    plant(address=LOOP + 4, cx=1000, register=AX)
    board = Board(LockstepEngine, loop)
    assert "after instruction" in board.report()
    stopped_at = board.engine.clock
    assert board.report() == ""
    plant(times=0)
    alone = Board(SteppingLockstepEngine, loop)
    assert alone.report(stopped_at) == "" and alone.engine.clock == stopped_at
    assert alone.report() == ""
    assert board.engine.snapshot() == alone.engine.snapshot()
    assert board.memory.image[:] == alone.memory.image[:]
    assert board.accesses == alone.accesses


def test_faults_in_random_code_are_traced_to_the_same_step(plant: Plant) -> None:
    """By the same report; but for those that are overwritten unused, after which another may come."""
    rng = random.Random(1)
    scout, by_blocks, by_steps = (Runner(makers) for makers in ((make_engine(V30Engine),), BLOCKS, LOCKSTEP))
    blank = scout.boards[0].engine.snapshot()
    memory, pages = memory_of(rng)
    alike = later = 0
    for _ in range(400):
        case = Case(memory, pages, core_of(rng, blank), (), 3_000)
        assert scout.check(replace(case, until=rng.randrange(1_900))) == ""
        there = scout.boards[0].engine.registers()
        plant(address=there["ps"] * 16 + there["pc"], register=rng.choice((AX, DX, BX, DI)), wrong=0x4001)
        first, second = by_blocks.check(case), by_steps.check(case)
        if first == second:
            alike += first != ""
        else:
            later += 1
            assert second and (first == "" or clock_of(second) < clock_of(first))
    assert alike > 3 * later and alike > 100


def test_the_fuzzer_finds_a_fault_of_unicorn_by_blocks_and_makes_it_small(plant: Plant, tmp_path: Path) -> None:
    plant(opcode=0x42, register=DX, wrong=0x100)
    _, found = fuzz(100_000, seed=1, mode="blocks")
    assert found is not None and found.fresh
    assert "the engines differ in the state after instruction" in found.difference
    assert MEMORY - found.case.memory.count(0) <= 8
    assert found.case.events == () and found.case.pages == bytes([RAM]) * 256
    path = write(found, 1, tmp_path)
    names: dict[str, object] = {"__file__": str(path.with_suffix(".py"))}
    test = path.with_suffix(".py").read_text("utf-8")
    exec(compile(test, "snippet", "exec"), names)
    again = names[f"test_fuzz_1_{found.episode}"]
    assert callable(again)
    with pytest.raises(AssertionError):
        again()
    plant(times=0)
    again()

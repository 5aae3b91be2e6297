"""Profiles of small programs whose calls, clocks and accesses are known line by line, and of records no CPU makes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import reference_trace
from c_programs import CEXT, compiled, run_sanitised

from korgm1.bus.memory import MemoryMap
from korgm1.bus.ports import PortMap
from korgm1.bus.unmapped import UnmappedLog
from korgm1.cpu.engine import Engine
from korgm1.cpu.trace import KINDS, TraceBlock, TraceFilter, Tracer
from korgm1.cpu.unicorn_engine import UnicornEngine
from korgm1.cpu.v30_engine import V30Engine
from korgm1.profiling import READ, WRITTEN, Entry, Profile

Line = tuple[int, str]
F = 0x1000


def at(pc: int) -> Entry:
    return Entry(F, pc)


def of(lines: list[reference_trace.Event], end: int | None = None) -> Profile:
    """The profile of lines that are written here; `end` is the clock of the mark behind them."""
    profile = Profile(port_writes=True)
    counts = tuple(sum(line[1] == kind for line in lines) for kind in KINDS)
    profile.feed(TraceBlock(reference_trace.pack(lines), lines[0][0], lines[-1][0], counts))
    if end is not None:
        profile.mark(end)
    return profile


def run(clock: int, pc: int, code: str) -> reference_trace.Event:
    return (clock, "exec", F << 16 | pc, bytes.fromhex(code), False, {})


def push(clock: int, address: int) -> reference_trace.Event:
    return (clock, "memw", address, 1, 0x400)


def rows(profile: Profile) -> dict[str, tuple[int, int, int, int]]:
    return {row.entry.text: (row.calls, row.own, row.whole, row.halted) for row in profile.functions()}


def folded(profile: Profile) -> dict[str, tuple[int, int]]:
    return {";".join(entry.text for entry in s.entries): (s.own, s.halted) for s in profile.stacks()}


def test_calls_and_returns() -> None:
    """0400 calls 0500 twice, which calls 0600 once each time."""
    lines = [
        run(100, 0x400, "E8FD00"), run(110, 0x500, "90"), run(113, 0x501, "E8FC00"), run(120, 0x600, "C3"),
        run(130, 0x504, "C3"), run(140, 0x403, "E8FA00"), run(150, 0x500, "90"), run(153, 0x501, "E8FC00"),
        run(161, 0x600, "C3"), run(171, 0x504, "C3"), run(181, 0x406, "90"),
    ]  # fmt: skip
    profile = of(lines, end=185)
    assert rows(profile) == {
        "1000:0400": (0, 10 + 10 + 4, 85, 0), "1000:0500": (2, 3 + 7 + 10 + 3 + 8 + 10, 30 + 31, 0),
        "1000:0600": (2, 20, 20, 0),
    }  # fmt: skip
    assert [(e.caller, e.callee, e.calls, e.clocks) for e in profile.edges()] == [
        (at(0x400), at(0x500), 2, 61), (at(0x500), at(0x600), 2, 20)
    ]  # fmt: skip
    assert folded(profile) == {
        "1000:0400": (24, 0), "1000:0400;1000:0500": (41, 0), "1000:0400;1000:0500;1000:0600": (20, 0)
    }  # fmt: skip
    assert (profile.span, profile.instructions, profile.lost) == (85, 11, 0)
    executed = {row["pc"]: (row["count"], row["clocks"], row["length"]) for row in profile.executed()}
    assert executed[0x500] == (2, 6, 1) and executed[0x501] == (2, 15, 3) and executed[0x406] == (1, 4, 1)
    assert profile.counts[0x10600] == 2 and profile.counts.sum() == 11
    assert profile.code[0x10501:0x10505].all() and not profile.code[0x10505]


def test_what_is_open_has_its_clocks_so_far() -> None:
    profile = of([run(0, 0x400, "E8FD00"), run(10, 0x500, "90"), run(14, 0x501, "90")])
    assert rows(profile) == {"1000:0400": (0, 10, 14, 0), "1000:0500": (1, 4, 4, 0)}
    assert [(e.calls, e.clocks) for e in profile.edges()] == [(1, 4)]


@pytest.mark.parametrize(("call", "back", "length"), [
    ("E8FD00", "C3", 3), ("9A00050010", "CB", 5), ("FFD0", "C20200", 2), ("26FF1E0000", "CA0400", 5), ("CD40", "CF", 2),
    ("CC", "CF", 1), ("2EFF16AA00", "C3", 5),
])  # fmt: skip
def test_every_call_and_return(call: str, back: str, length: int) -> None:
    profile = of([
        run(0, 0x400, call), run(5, 0x500, back), run(9, 0x400 + length, "90"), run(12, 0x401 + length, "90"),
    ])  # fmt: skip
    assert rows(profile) == {"1000:0400": (0, 8, 12, 0), "1000:0500": (1, 4, 4, 0)}


@pytest.mark.parametrize("trap", ["CE", "F7F3", "F6F9", "621E0000", "D400"])
def test_what_calls_only_if_it_traps(trap: str) -> None:
    """BRKV, DIVU, DIV, CHKIND, CVTBD: an interrupt belongs to their line."""
    behind = 0x400 + len(trap) // 2
    assert rows(of([run(0, 0x400, trap), run(5, behind, "90"), run(9, behind + 1, "90")])) == {
        "1000:0400": (0, 9, 9, 0)
    }  # fmt: skip
    trapped = of([run(0, 0x400, trap), run(5, 0x700, "CF"), run(9, behind, "90"), run(12, behind + 1, "90")])
    assert rows(trapped)["1000:0700"] == (1, 4, 4, 0)


@pytest.mark.parametrize("plain", ["FFE0", "FFF0", "EBFE", "F6E3", "0F1032", "74FE", "F3A4", "F7D8"])
def test_jumps_and_the_rest_are_no_calls(plain: str) -> None:
    assert list(rows(of([run(0, 0x400, plain), run(5, 0x500, "90"), run(9, 0x501, "90")]))) == ["1000:0400"]


def test_a_tail_jump_stays_in_the_function_that_was_called() -> None:
    """0500 jumps to 0600, which is a function as well; its RET returns from 0500."""
    profile = of([
        run(0, 0x400, "E8FD00"), run(10, 0x500, "E9FD00"), run(20, 0x600, "C3"), run(30, 0x403, "E8FA01"),
        run(40, 0x600, "C3"), run(50, 0x406, "90"), run(53, 0x407, "90"),
    ])  # fmt: skip
    assert rows(profile) == {"1000:0400": (0, 23, 53, 0), "1000:0500": (1, 20, 20, 0), "1000:0600": (1, 10, 10, 0)}


def test_recursion_counts_its_whole_once_and_has_no_depth() -> None:
    """0500 calls itself once, then a second function calls it back."""
    profile = of([
        run(0, 0x400, "E8FD00"), run(10, 0x500, "E8FDFF"), run(20, 0x500, "E8FD00"), run(30, 0x600, "E8FDFE"),
        run(40, 0x500, "C3"), run(50, 0x603, "C3"), run(60, 0x503, "C3"), run(70, 0x503, "C3"), run(80, 0x403, "90"),
        run(84, 0x404, "90"),
    ])  # fmt: skip
    assert rows(profile) == {"1000:0400": (0, 14, 84, 0), "1000:0500": (3, 50, 70, 0), "1000:0600": (1, 20, 30, 0)}
    assert folded(profile) == {
        "1000:0400": (14, 0), "1000:0400;1000:0500": (50, 0), "1000:0400;1000:0500;1000:0600": (20, 0)
    }  # fmt: skip


def test_an_interrupt_is_no_part_of_what_it_interrupts() -> None:
    """HALT in 0500; interrupt 20 calls the handler 0700, which calls 0600, as 0500 does afterwards."""
    profile = of([
        run(0, 0x400, "E8FD00"), run(10, 0x500, "F4"), (100, "int", F << 16 | 0x501, 0x20), push(100, 0xFFE),
        run(130, 0x700, "E8FDFE"), run(140, 0x600, "C3"), run(150, 0x703, "CF"), run(160, 0x501, "E8FC00"),
        run(170, 0x600, "C3"), run(180, 0x504, "C3"), run(190, 0x403, "90"), run(193, 0x404, "90"),
    ])  # fmt: skip
    assert rows(profile) == {
        "1000:0400": (0, 13, 133, 0), "1000:0500": (1, 20, 120, 90), "1000:0600": (2, 20, 20, 0),
        "1000:0700": (1, 30 + 10 + 10, 60, 0), "int 20": (1, 0, 60, 0),
    }  # fmt: skip
    assert folded(profile)["int 20;1000:0700;1000:0600"] == (10, 0)
    assert folded(profile)["1000:0400;1000:0500"] == (20, 90)
    assert profile.interrupts == {0x20: 1}
    assert (Entry(0, 0, 0x20), at(0x700), 1, 60) in profile.edges()
    assert profile.span == 193 == sum(row.own + row.halted for row in profile.functions())


def test_interrupts_at_a_call_at_a_return_and_at_an_interrupt() -> None:
    """Each comes before the first instruction of where the program went."""
    profile = of([
        run(0, 0x400, "E8FD00"), (10, "int", F << 16 | 0x500, 0x21), (20, "int", F << 16 | 0x700, 2),
        run(30, 0x800, "CF"), run(40, 0x700, "CF"), run(50, 0x500, "C3"), (60, "int", F << 16 | 0x403, 0x21),
        run(70, 0x700, "CF"), run(80, 0x403, "90"), run(84, 0x404, "90"),
    ])  # fmt: skip
    assert rows(profile) == {
        "1000:0400": (0, 14, 24, 0), "1000:0500": (1, 10, 10, 0), "1000:0700": (2, 40, 40, 0),
        "1000:0800": (1, 20, 20, 0), "int 02": (1, 0, 20, 0), "int 21": (2, 0, 40, 0),
    }  # fmt: skip


def test_a_dropped_return_address() -> None:
    """0600 pops its own return address and returns to the caller of 0500."""
    profile = of([
        run(0, 0x400, "E8FD00"), run(10, 0x500, "E8FD00"), run(20, 0x600, "58"), run(30, 0x601, "C3"),
        run(40, 0x403, "90"), run(44, 0x404, "90"),
    ])  # fmt: skip
    assert rows(profile) == {"1000:0400": (0, 14, 44, 0), "1000:0500": (1, 10, 30, 0), "1000:0600": (1, 20, 20, 0)}


def test_a_stack_that_is_thrown_away() -> None:
    """The main loop sets SP anew and jumps back from the depth of two calls, over and over."""
    lines: list[reference_trace.Event] = []
    for n in range(2000):
        clock = 100 * n
        lines += [
            run(clock, 0x400, "BC0010"), run(clock + 4, 0x403, "E8FA00"), push(clock + 4, 0xFFE),
            run(clock + 20, 0x500, "E8FD00"), push(clock + 20, 0xFFC), run(clock + 40, 0x600, "E9FDFD"),
        ]  # fmt: skip
    profile = of(lines, end=200_000)
    assert rows(profile)["1000:0400"][:2] == (0, 4 + 16)
    assert rows(profile)["1000:0500"][0] == 2000
    assert set(folded(profile)) == {"1000:0400", "1000:0400;1000:0500", "1000:0400;1000:0500;1000:0600"}
    assert profile.lost == 0 and profile.span == 200_000


def test_calls_that_never_return_have_a_limit() -> None:
    """The same without the pushes in the trace: the open calls are forgotten, the clocks are not."""
    lines = [run(10 * n, 0x400 + 8 * (n % 700), "E80500") for n in range(6000)]
    profile = of(lines, end=60_000)
    assert profile.span == 60_000 == sum(row.own for row in profile.functions())
    assert profile.lost > 0
    assert max(len(stack.entries) for stack in profile.stacks()) <= 128


def test_a_return_that_nobody_waits_for_is_a_jump() -> None:
    profile = of([run(0, 0x400, "C3"), run(10, 0x500, "90"), run(13, 0x501, "90")])
    assert rows(profile) == {"1000:0400": (0, 13, 13, 0)}


def test_a_reset_begins_anew() -> None:
    reset = (30, "exec", 0xFFFF0000, bytes.fromhex("EA000000F0"), False, {})
    profile = of([run(0, 0x400, "E8FD00"), run(10, 0x500, "90"), reset, run(40, 0x400, "90"), run(43, 0x401, "90")])
    assert rows(profile) == {"1000:0400": (0, 10, 30, 0), "1000:0500": (1, 20, 20, 0), "FFFF:0000": (0, 13, 13, 0)}


def test_8080_code() -> None:
    """BRKEM; CALL, RST, a CALL that is not taken, RET, CALLN and back, HLT, RETEM: natively they mean others."""
    profile = of([
        run(0, 0x400, "0FFF40"), run(10, 0x500, "CD0006"), run(20, 0x600, "C9"), run(30, 0x503, "D7"),
        run(40, 0x610, "C0"), run(45, 0x611, "C8"), run(50, 0x504, "C40006"), run(55, 0x507, "EDED41"),
        run(65, 0x700, "E8FD00"), run(70, 0x800, "C3"), run(75, 0x703, "CF"), run(85, 0x50A, "76"),
        run(95, 0x50B, "E8"), run(100, 0x50C, "EDFD"), run(110, 0x403, "90"), run(113, 0x404, "90"),
    ])  # fmt: skip
    assert rows(profile) == {
        "1000:0400": (0, 13, 113, 0), "1000:0500": (1, 10 + 10 + 5 + 10 + 5 + 10, 100, 10),
        "1000:0600": (1, 10, 10, 0), "1000:0610": (1, 10, 10, 0), "1000:0700": (1, 15, 20, 0),
        "1000:0800": (1, 5, 5, 0),
    }  # fmt: skip


def test_memory_and_ports() -> None:
    profile = of([
        run(0, 0x400, "A30204"), (0, "memw", 0x402, 1, 0x1234), (0, "memr", 0xFFFFF, 0, 1), (0, "memr", 0x403, 0, 1),
        run(10, 0x403, "E705"), (10, "out", 0x10, 1, 0x1234), run(20, 0x405, "E406"), (20, "in", 6, 0, 0xFF),
        run(30, 0x403, "E705"), (30, "out", 0x10, 1, 0xFFFE),
    ])  # fmt: skip
    assert profile.touched[0x402:0x405].tolist() == [WRITTEN, READ | WRITTEN, 0] and profile.touched[0xFFFFF] == READ
    assert profile.ports == {(0x10, "out"): 2, (0x11, "out"): 2, (6, "in"): 1}
    assert profile.port_places[0x11, "out"] == {(F, 0x403): 2}
    assert [tuple(write)[:5] for write in profile.port_writes] == [
        (10, 0x10, 0x34, F, 0x403), (10, 0x11, 0x12, F, 0x403), (30, 0x10, 0xFE, F, 0x403), (30, 0x11, 0xFF, F, 0x403),
    ]  # fmt: skip
    assert profile.path(profile.port_writes[0].node) == (at(0x400),)


def test_writes_to_ports_have_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("korgm1.profiling.MOST_WRITES", 3)
    block = [run(0, 0x400, "E605"), (0, "out", 5, 0, 1), (0, "out", 5, 0, 2)]
    profile = of(block)
    for _ in range(2):
        profile.feed(TraceBlock(reference_trace.pack(block), 0, 0, (1, 0, 0, 0, 0, 0, 2)))
    assert [write.value for write in profile.port_writes] == [1, 2, 1] and profile.writes_left_out == 3


def test_records_that_are_damaged() -> None:
    profile = Profile()
    with pytest.raises(ValueError, match="none"):
        profile.feed(TraceBlock(b"\x0b\x00\x00\x00\x01\x90\x42", 0, 0, (0,) * 7))
    with pytest.raises(ValueError, match="65537 bytes"):
        profile.feed(TraceBlock(bytes(65537), 0, 0, (0,) * 7))
    with pytest.raises(ValueError, match="header"):
        profile.feed(TraceBlock(b"\x80", 0, 0, (0,) * 7))


PROGRAM = bytes.fromhex(
    "BC0080 B90300"      # 0400 MOV SP,8000; MOV CW,3
    "E80600 E2FB F4"     # 0406 CALL 040F; DBNZ 0406; HALT
    "EBFD 90"            # 040C BR 040B; NOP
    "83F901 7506"        # 040F CMP CW,1; BNE 041A
    "CD40 58 90 EBEF"    # 0414 BRK 40; drop the return address; NOP; BR 040B
    "50 58 E80100 C3"    # 041A PUSH AW; POP AW; CALL 0420; RET
    "C3"                 # 0420 RET
)


def engines() -> Iterator[Engine]:
    for kind in (V30Engine, UnicornEngine):
        memory = MemoryMap(UnmappedLog(lambda: 0))
        memory.map_ram(0, 0x20000)
        memory.image[0x100:0x104] = bytes.fromhex("00050010")   # vector 40: 1000:0500
        memory.image[0x80:0x84] = bytes.fromhex("10050010")     # vector 20: 1000:0510
        memory.image[0x10400 : 0x10400 + len(PROGRAM)] = PROGRAM
        memory.image[0x10500:0x10501] = memory.image[0x10510:0x10511] = b"\xcf"
        engine = kind(memory, PortMap(UnmappedLog(lambda: 0)), lambda: 0x20)
        engine.set_registers({"ps": 0x1000, "pc": 0x400, "ss": 0, "sp": 0x8000})
        yield engine


def test_a_program_on_both_engines() -> None:
    seen = []
    for engine in engines():
        profile = Profile()
        tracer = Tracer(TraceFilter.parse(), profile.feed, packed=True)
        begin = engine.clock
        profile.mark(begin)
        engine.trace(tracer)
        engine.run(1000)
        engine.set_registers({"psw": 0xF202})
        engine.set_int(1)
        engine.run(engine.clock + 20)
        engine.set_int(0)
        engine.run(2000)
        engine.trace(None)
        tracer.flush()
        profile.mark(engine.clock)
        found = rows(profile)
        assert {text: row[0] for text, row in found.items()} == {
            "1000:0400": 0, "1000:040F": 3, "1000:0420": 2, "1000:0500": 1, "int 20": 1, "1000:0510": 1,
        }  # fmt: skip
        assert profile.span == engine.clock - begin == sum(own + halted for _, own, _, halted in found.values())
        assert found["1000:0400"][3] + found["1000:040F"][3] > 1400
        assert profile.interrupts == {0x20: 1}
        assert profile.executed()["count"].sum() == engine.instructions == profile.instructions
        assert profile.touched[0x7FFE] == READ | WRITTEN and profile.touched[0x100:0x104].tolist() == [READ] * 4
        seen.append((found, profile.edges(), profile.stacks(), profile.executed().tolist()))
    assert seen[0] == seen[1]


def test_8080_code_that_runs() -> None:
    """BRKEM 40; HALT. 0500: CALL 0510; CALLN 41; RETEM. 0510: RET. 0520, native: CALL 0524; RETI; RET."""
    memory = MemoryMap(UnmappedLog(lambda: 0))
    memory.map_ram(0, 0x20000)
    for place, code in (
        (0x100, "00050010 20050010"), (0x10400, "BD0070 0FFF40 F4"), (0x10500, "CD1005 EDED41 EDFD"), (0x10510, "C9"),
        (0x10520, "E80100 CF C3"),
    ):  # fmt: skip
        data = bytes.fromhex(code)
        memory.image[place : place + len(data)] = data
    engine = V30Engine(memory, PortMap(UnmappedLog(lambda: 0)), lambda: 0x20)
    engine.set_registers({"ps": 0x1000, "pc": 0x400, "ss": 0, "sp": 0x8000})
    profile = Profile()
    tracer = Tracer(TraceFilter.parse(), profile.feed, packed=True)
    engine.trace(tracer)
    engine.run(2000)
    tracer.flush()
    assert {tuple(entry.text for entry in stack.entries) for stack in profile.stacks()} == {
        ("1000:0400",), ("1000:0400", "1000:0500"), ("1000:0400", "1000:0500", "1000:0510"),
        ("1000:0400", "1000:0500", "1000:0520"), ("1000:0400", "1000:0500", "1000:0520", "1000:0524"),
    }  # fmt: skip
    assert all(row.calls == 1 for row in profile.functions()[1:])


def test_random_records_are_clean_under_the_sanitisers(tmp_path: Path) -> None:
    own = sorted(CEXT.glob("profile*.c"))
    for source in own:
        plain = compiled(tmp_path / "x.o", [source], "-O2", "-c")
        assert plain.returncode == 0, plain.stderr
    sources = [Path(__file__).with_name("profile_fuzz.c"), *own]
    taken, lost = map(int, run_sanitised(tmp_path / "x", sources, "6").split())
    assert taken > 1_000_000 and lost > 0

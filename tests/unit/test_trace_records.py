"""The trace against what the bus recorder sees step by step, and packed records against lines."""

from __future__ import annotations

from pathlib import Path

import pytest
import reference_trace
from c_programs import CEXT, compiled, run_sanitised
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tracing_engine import blocks_of, engine_with, traced, unpacked

from korgm1.cpu.engine import CpuOptions
from korgm1.cpu.native import lib
from korgm1.cpu.trace import BLOCK_SIZE, KINDS, NEVER, TraceFilter, TraceReader
from korgm1.cpu.v30_engine import V30Engine


def reference(engine: V30Engine, until: int) -> list[str]:
    """The same lines, made from single steps and recorded bus cycles."""
    lines = []
    engine.bus.record(4096)
    cpu = engine._cpu
    while cpu.clock < until:
        engine.bus.clear_recorded()
        clock, at, before = cpu.clock, f"{cpu.s[1]:04X}:{cpu.pc:04X}", cpu.instructions
        rep = cpu.rep_active
        code = bytes(engine.bus.memory.image[(cpu.s[1] * 16 + (cpu.pc + n & 0xFFFF)) & 0xFFFFF] for n in range(16))
        taken = lib.v30_step(cpu)
        if taken == 0:
            if cpu.stop and cpu.clock == clock and not rep:
                lines.append(f"{clock:04} exec {at} {code.hex().upper()}")
            break
        cycles = engine.bus.recorded()
        interrupt = bool(cycles) and cycles[0].kind == "INTA"
        trap = not rep and cpu.instructions == before and cycles and cycles[0].address in (4, 8)
        if not rep and not cycles and cpu.instructions == before:
            lines.append(f"{clock:04} wake at {at}")
        elif interrupt or trap:
            lines.append(f"{clock:04} int {cycles[0].data & 0xFF if interrupt else cycles[0].address >> 2:02X} at {at}")
        elif not rep:
            lines.append(f"{clock:04} exec {at} {code.hex().upper()}")
        for cycle in cycles:
            if cycle.kind == "INTA":
                continue
            word = not cycle.ube and not cycle.address & 1
            lane = cycle.data >> 8 if cycle.address & 1 else cycle.data & 0xFF
            value = f"{cycle.data:04X}" if word else f"{lane:02X}"
            name = {"MEMR": "memr", "MEMW": "memw", "IOR": "in", "IOW": "out"}[cycle.kind]
            lines.append(f"{clock:04} {name} {cycle.address:0{5 if name[0] == 'm' else 4}X} {value}")
    engine.bus.record(0)
    return lines


def whole(line: str, other: str) -> bool:
    """Equal, but that the reference shows sixteen code bytes, not knowing the length."""
    if " exec " not in line:
        return line == other
    head, _, code = other.rpartition(" ")
    mine, _, shown = line.rpartition(" ")
    return mine == head and code.startswith(shown.removesuffix("..")) and shown != ""


@pytest.mark.parametrize(("stale", "shown"), [(True, "90"), (False, "40")])
def test_a_stale_byte_of_the_queue_is_shown_as_it_is_executed(stale: bool, shown: str) -> None:
    """MOV word [0406],4040 over the two NOPs behind it."""
    engine = engine_with(bytes.fromhex("c7060604404090909090"), options=CpuOptions(stale_queue=stale))
    engine.set_registers({"ds0": 0x1000})
    engine.prefetch(6)
    assert [line.rpartition(" ")[2] for line in traced(engine, "exec", 20)][1:3] == [shown, shown]


@settings(max_examples=150, deadline=None)
@given(st.binary(min_size=1, max_size=60), st.integers(0, 0xFFFF), st.booleans(), st.booleans())
def test_random_code_against_the_recorder(code: bytes, value: int, pending: bool, step: bool) -> None:
    fresh = CpuOptions(stale_queue=False)   # the reference reads memory
    engines = [engine_with(code, options=fresh) for _ in range(3)]
    for engine in engines:
        engine.set_registers({"ix": value, "bw": value ^ 0x5555, "cw": value & 15, "ds0": value & 0xFF,
                              "psw": 0xF002 | (0x200 if pending else 0) | (0x100 if step else 0)})  # fmt: skip
        engine.set_int(int(pending))
    lines, expected = traced(engines[0], "all", 3000), reference(engines[1], 3000)
    assert unpacked(blocks_of(engines[2], "all", 3000, True)) == lines
    assert len(lines) == len(expected)
    for line, other in zip(lines, expected, strict=True):
        assert whole(line, other), (line, other)
    assert engines[0].registers() == engines[1].registers()


ACCESS = st.tuples(
    st.sampled_from(("memr", "memw", "in", "out")), st.integers(0, 300) | st.integers(0, 0xFFFFF), st.integers(0, 1),
    st.sampled_from((0, 1, 0xFF, 0x100, 0x1234, 0xFFFF)),
)  # fmt: skip
PLACE = st.integers(0, 9) | st.integers(0, 0xFFFFFFFF) | st.sampled_from((0x1000, 0x1001000, 0xF0000000, 0xFFFF))
CODE = st.sampled_from((b"\x90", b"\x40", b"\xb8\x34\x12", b"\x2e" * 16))
INSTRUCTION = st.tuples(
    st.just("exec"), PLACE, CODE, st.booleans(), st.dictionaries(st.integers(0, 11), st.integers(0, 0xFFFF), max_size=3)
)
OTHER = st.tuples(st.just("int"), PLACE, st.integers(0, 255)) | st.tuples(st.just("wake"), PLACE)
EVENTS = st.lists(
    st.tuples(st.sampled_from((0, 0, 3, 4, 127, 128, 1 << 31, 1 << 35)), INSTRUCTION | INSTRUCTION | ACCESS | OTHER),
    min_size=1, max_size=60,
)  # fmt: skip


def with_clocks(steps: list[tuple[int, reference_trace.Event]], clock: int) -> list[reference_trace.Event]:
    events = []
    for number, (delta, event) in enumerate(steps):
        clock += delta if number else 0
        if event[0] in reference_trace.ACCESSES:
            kind, address, wide, value = event
            event = (kind, address if kind[0] == "m" else address & 0xFFFF, wide, value if wide else value & 0xFF)
        events.append((clock, *event))
    return events


@settings(max_examples=300, deadline=None)
@given(EVENTS, st.integers(0, 1 << 40))
def test_records_of_any_events_come_back_as_lines(steps: list[tuple[int, reference_trace.Event]], at: int) -> None:
    events = with_clocks(steps, at)
    records = reference_trace.pack(events)
    text, counts = TraceReader(TraceFilter.parse()).text(records, at)
    assert text.decode() == reference_trace.text(events)
    assert counts == tuple(sum(event[1] == kind for event in events) for kind in KINDS)
    assert reference_trace.read(records, at) == events


@settings(max_examples=100, deadline=None)
@given(st.binary(min_size=1, max_size=60), st.integers(0, 0xFFFF), st.booleans())
@example(bytes.fromhex("F3AB EBFC"), 0x300, True)
def test_packed_records_are_what_the_format_says(code: bytes, value: int, registers: bool) -> None:
    words = "all,regs" if registers else "all"
    one, two = engine_with(code), engine_with(code)
    for engine in (one, two):
        engine.set_registers({"ix": value, "bw": value ^ 0x5555, "cw": value & 0xFF, "ds0": value & 0xFF})
    lines, blocks = traced(one, words, 4000), blocks_of(two, words, 4000, True)
    events = [event for block in blocks for event in reference_trace.read(block.data, block.begins)]
    assert reference_trace.text(events).splitlines() == lines
    for block in blocks:
        assert reference_trace.pack(reference_trace.read(block.data, block.begins)) == block.data


def test_every_block_can_be_read_alone_and_is_filled() -> None:
    code = bytes.fromhex("BF0040 B90010 8905 83C703 E2F9 EBF1")
    lines = traced(engine_with(code), "all,regs", 900_000)
    blocks = blocks_of(engine_with(code), "all,regs", 900_000, True)
    assert len(blocks) > 3
    assert all(BLOCK_SIZE - 256 <= len(block.data) <= BLOCK_SIZE for block in blocks[:-1])
    alone = [unpacked([block]) for block in blocks]
    assert [line for some in alone for line in some] == lines
    assert all(block.begins == int(some[0].split()[0]) for block, some in zip(blocks, alone, strict=True))


@pytest.mark.parametrize("words", [
    "exec", "int", "port", "mem=402", "exec=10403-10408,in", "all,from=0.00001,to=0.00002",
])  # fmt: skip
def test_a_reader_keeps_what_a_tracer_would_have_written(words: str) -> None:
    code = bytes.fromhex("B83412 A30204 A10204 E605 E406 CD7F F4")
    blocks = blocks_of(engine_with(code), "all", 400, True)
    assert unpacked(blocks, TraceFilter.parse(words)) == traced(engine_with(code), words, 400)
    assert unpacked(blocks, count=3) == traced(engine_with(code), "all", 400)[:3]


@pytest.mark.parametrize("records", [
    "00", "0C00F00000", "0800", "081100", "08A090", "280190", "86010203", "42", "7F", "40", "400000F000", "0190", "88",
    "C1", "8085", "0811" + "90" * 17, "081F" + "90" * 31,
])  # fmt: skip
def test_records_that_are_none(records: str) -> None:
    data, reader = bytes.fromhex(records), TraceReader(TraceFilter.parse())
    with pytest.raises(ValueError, match="none"):
        reader.text(data, 0)


def test_a_block_that_is_too_large() -> None:
    with pytest.raises(ValueError, match="65537 bytes"):
        TraceReader(TraceFilter.parse()).text(b"\x80" * (BLOCK_SIZE + 1), 0)
    assert TraceReader(TraceFilter.parse()).text(b"\x80" * BLOCK_SIZE, NEVER)[1][3] == BLOCK_SIZE


def test_random_code_and_random_records_are_clean_under_the_sanitisers(tmp_path: Path) -> None:
    sources = [
        Path(__file__).with_name("trace_fuzz.c"), *sorted(CEXT.glob("profile*.c")), *sorted(CEXT.glob("trace*.c")),
        *sorted(CEXT.glob("v30*.c")),
    ]  # fmt: skip
    for source in sorted(CEXT.glob("trace*.c")):
        plain = compiled(tmp_path / "x.o", [source], "-O2", "-c")
        assert plain.returncode == 0, plain.stderr
    printed = run_sanitised(tmp_path / "x", sources, "20")
    lines, refused = map(int, printed.split())
    assert lines > 10_000 and refused > 100

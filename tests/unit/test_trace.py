"""The trace: filters, every line against what the bus recorder sees step by step, and packed records against lines."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
import reference_trace
from c_programs import CEXT, compiled, run_sanitised
from hypothesis import example, given, settings
from hypothesis import strategies as st

from korgm1.bus.memory import MemoryMap
from korgm1.bus.ports import PortMap
from korgm1.bus.unmapped import UnmappedLog
from korgm1.cpu.engine import DEFAULTS, CpuOptions
from korgm1.cpu.native import lib
from korgm1.cpu.trace import BLOCK_SIZE, KINDS, NEVER, TraceBlock, TraceFilter, Tracer, TraceReader
from korgm1.cpu.v30_engine import V30Engine
from korgm1.errors import UsageError

ALL = {"exec": ((0, 0xFFFFF),), "memr": ((0, 0xFFFFF),), "memw": ((0, 0xFFFFF),), "in": ((0, 0xFFFF),),
       "out": ((0, 0xFFFF),)}  # fmt: skip


def engine_with(code: bytes, start: int = 0x10400, options: CpuOptions = DEFAULTS) -> V30Engine:
    """RAM in the low 128 KB, `code` at 1000:0400, a vector table that points into it, open bus above."""
    memory = MemoryMap(UnmappedLog(lambda: 0))
    memory.map_ram(0, 0x20000)
    memory.image[0:0x400] = bytes((0x00, 0x05, 0x00, 0x10)) * 256
    memory.image[start : start + len(code)] = code
    memory.image[0x10500:0x10501] = b"\xcf"
    engine = V30Engine(memory, PortMap(UnmappedLog(lambda: 0)), lambda: 0x20, options=options)
    engine.set_registers({"ps": 0x1000, "pc": 0x400, "ss": 0x0, "sp": 0x8000})
    return engine


def blocks_of(engine: V30Engine, words: str, until: int, packed: bool) -> list[TraceBlock]:
    blocks: list[TraceBlock] = []
    tracer = Tracer(TraceFilter.parse(words), blocks.append, packed)
    engine.trace(tracer)
    engine.run(until)
    engine.trace(None)
    tracer.flush()
    assert tracer.lines == sum(sum(block.counts) for block in blocks)
    return blocks


def traced(engine: V30Engine, words: str, until: int) -> list[str]:
    blocks = blocks_of(engine, words, until, False)
    lines = b"".join(block.data for block in blocks).decode("ascii").splitlines()
    for block in blocks:
        own = block.data.decode().splitlines()
        assert (block.begins, block.ends) == (int(own[0].split()[0]), int(own[-1].split()[0]))
        assert block.counts == tuple(sum(line.split()[1] == kind for line in own) for kind in KINDS)
    return lines


def unpacked(blocks: list[TraceBlock], wanted: TraceFilter | None = None, count: int = NEVER) -> list[str]:
    reader = TraceReader(wanted or TraceFilter.parse(), count)
    lines = b""
    for block in blocks:
        text, counts = reader.text(block.data, block.begins)
        assert counts == block.counts
        lines += text
    return lines.decode("ascii").splitlines()


FORMS = {"text": traced, "packed": lambda engine, words, until: unpacked(blocks_of(engine, words, until, True))}
Lines = Callable[[V30Engine, str, int], list[str]]
both_forms = pytest.mark.parametrize("lines_of", FORMS.values(), ids=FORMS)


# filters


@pytest.mark.parametrize("words", ["", "all", "exec,int,mem,port", "memr,memw,in,out,exec,int", " ALL , "])
def test_everything(words: str) -> None:
    assert TraceFilter.parse(words) == TraceFilter(ALL, True, False, 0, NEVER)


def test_a_filter_of_many_words() -> None:
    wanted = TraceFilter.parse("exec=E0000-EFFFF,exec=FFFF0,out=a00-a0f,mem=402,regs,from=1.5,to=2")
    assert wanted == TraceFilter(
        {"exec": ((0xE0000, 0xEFFFF), (0xFFFF0, 0xFFFF0)), "out": ((0xA00, 0xA0F),), "memr": ((0x402, 0x402),),
         "memw": ((0x402, 0x402),)}, False, True, 12_000_000, 16_000_000,
    )  # fmt: skip
    assert TraceFilter.parse("regs,from=1").ranges == ALL


@pytest.mark.parametrize("words", [
    "code", "exec=", "exec=G", "port=0-10000", "mem=5-4", "mem=100000", "int=5", "all=5", "regs=1", "from", "from=x",
    "to=-1", "from=nan", "exec==5", "=", "out=5-", "form", "form=gz", "form=",
    "from=2,to=1", "exec,from=1,to=1", "to=0",
])  # fmt: skip
def test_a_filter_that_cannot_be_understood(words: str) -> None:
    with pytest.raises(UsageError, match="--trace-filter"):
        TraceFilter.parse(words)


# lines


def strip(lines: list[str]) -> list[str]:
    """Without clocks, which are another test's."""
    return [line.split(" ", 1)[1] for line in lines]


@both_forms
def test_what_lines_say(lines_of: Lines) -> None:
    code = bytes.fromhex("B83412 A30204 A00304 E605 E406 F4")
    assert strip(lines_of(engine_with(code), "all", 400)) == [
        "exec 1000:0400 B83412", "exec 1000:0403 A30204", "memw 00402 1234", "exec 1000:0406 A00304",
        "memr 00403 12", "exec 1000:0409 E605", "out 0005 12", "exec 1000:040B E406", "in 0006 FF",
        "exec 1000:040D F4",
    ]  # fmt: skip


@both_forms
def test_registers_that_changed(lines_of: Lines) -> None:
    lines = strip(lines_of(engine_with(bytes.fromhex("40 40 BB0500 F4")), "exec,regs", 100))
    assert lines == [
        "exec 1000:0400 40 aw=0000 cw=0000 dw=0000 bw=0000 sp=8000 bp=0000 ix=0000 iy=0000 ds1=0000 ss=0000 ds0=0000 "
        "psw=F002",
        "exec 1000:0401 40 aw=0001", "exec 1000:0402 BB0500 aw=0002", "exec 1000:0405 F4 bw=0005",
    ]  # fmt: skip


def test_interrupts_and_wakes() -> None:
    engine = engine_with(bytes.fromhex("F4 FB F4 90 F4"))
    engine.run(50)
    engine.set_int(1)
    blocks: list[TraceBlock] = []
    tracer = Tracer(TraceFilter.parse("int,exec"), blocks.append)
    engine.trace(tracer)
    engine.run(engine.clock + 15)
    engine.run(engine.clock + 60)
    engine.set_int(0)
    engine.nmi()
    engine.run(engine.clock + 100)
    tracer.flush()
    lines = strip(b"".join(block.data for block in blocks).decode().splitlines())
    assert lines[0] == "wake at 1000:0401"
    assert "int 20 at 1000:0403" in lines
    assert any(re.fullmatch(r"int 02 at 1000:0[0-9A-F]{3}", line) for line in lines)


@both_forms
def test_a_repeated_string_instruction_is_one_line_with_all_its_accesses(lines_of: Lines) -> None:
    lines = strip(lines_of(engine_with(bytes.fromhex("B90300 BE0040 BF0050 F3A4 F4")), "all", 400))
    assert lines[3:] == [
        "exec 1000:0409 F3A4", "memr 04000 FF", "memw 05000 FF", "memr 04001 FF", "memw 05001 FF", "memr 04002 FF",
        "memw 05002 FF", "exec 1000:040B F4",
    ]  # fmt: skip


@both_forms
def test_prefixes_without_end_and_code_at_the_wrap(lines_of: Lines) -> None:
    lines = strip(lines_of(engine_with(b"\x2e" * 40 + b"\x90\xf4"), "exec", 300))
    assert lines[0] == "exec 1000:0400 " + "2E" * 16 + ".."
    engine = engine_with(b"\xf4")
    engine.bus.memory.image[0x1FFFF] = 0xB8
    engine.set_registers({"pc": 0xFFFF})
    engine.bus.memory.image[0x10000:0x10003] = b"\x34\x12\xf4"
    assert strip(lines_of(engine, "exec", 60)) == ["exec 1000:FFFF B83412", "exec 1000:0002 F4"]


@both_forms
def test_changed_code_is_shown_as_it_is(lines_of: Lines) -> None:
    #  INC AW; MOV byte [0400],48 (DEC AW) at DS0=1000; BR 0400
    engine = engine_with(bytes.fromhex("40 C606000448 EBF8"))
    engine.set_registers({"ds0": 0x1000})
    lines = [line for line in strip(lines_of(engine, "exec", 60)) if "1000:0400" in line]
    assert lines[:2] == ["exec 1000:0400 40", "exec 1000:0400 48"]
    #  MOV AW,1234; XOR byte [0402],80: the last byte of the first; BR 0400
    engine = engine_with(bytes.fromhex("B83412 8036020480 EBF6"))
    engine.set_registers({"ds0": 0x1000})
    lines = [line for line in strip(lines_of(engine, "exec", 150)) if "1000:0400" in line]
    assert lines[:3] == ["exec 1000:0400 B83412", "exec 1000:0400 B83492", "exec 1000:0400 B83412"]


@pytest.mark.parametrize(("words", "keep"), [
    ("exec", lambda kind, where: kind == "exec"),
    ("int", lambda kind, where: kind in ("int", "wake")),
    ("port", lambda kind, where: kind in ("in", "out")),
    ("mem=402", lambda kind, where: kind in ("memr", "memw") and where == "00402"),
    ("exec=10403-10408,in", lambda kind, where: kind == "in" or where in ("1000:0403", "1000:0406")),
])  # fmt: skip
def test_a_filter_keeps_exactly_its_lines(words: str, keep: Callable[[str, str], bool]) -> None:
    code = bytes.fromhex("B83412 A30204 A10204 E605 E406 CD7F F4")
    everything = traced(engine_with(code), "all", 400)
    wanted = [line for line in everything if keep(line.split()[1], line.split()[2])]
    assert traced(engine_with(code), words, 400) == wanted
    assert wanted or words == "int"


@both_forms
def test_only_some_clocks(lines_of: Lines) -> None:
    code = b"\x40" * 3000
    everything = lines_of(engine_with(code), "exec", 4000)
    clocks = [int(line.split()[0]) for line in everything]
    some = lines_of(engine_with(code), "exec,from=0.0001,to=0.0002", 4000)
    assert some == [line for line, clock in zip(everything, clocks, strict=True) if 800 <= clock < 1600]
    assert some


def test_an_error_of_the_writer_ends_the_run() -> None:
    def full(block: TraceBlock) -> None:
        raise OSError("disk full")

    engine = engine_with(bytes.fromhex("EBFE"))
    tracer = Tracer(TraceFilter.parse("exec"), full)
    engine.trace(tracer)
    with pytest.raises(OSError, match="disk full"):
        engine.run(10**9)
    assert engine.clock < 10**8
    engine.trace(None)
    engine.run(engine.clock + 100)


# against the recorder of the pins


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


# packed records


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


@both_forms
def test_8080_code_is_shown_by_its_own_lengths(lines_of: Lines) -> None:
    #  BRKEM 40: vector table entry 1000:0500. There: MVI A,12; LXI H,1234; XRA A; JMP 0509; NOP; RETEM
    engine = engine_with(bytes.fromhex("0FFF40 F4"))
    engine.bus.memory.image[0x10500:0x1050C] = bytes.fromhex("3E12 213412 AF C30A05 00 EDFD")
    lines = strip(lines_of(engine, "exec", 400))
    assert lines == [
        "exec 1000:0400 0FFF40", "exec 1000:0500 3E12", "exec 1000:0502 213412", "exec 1000:0505 AF",
        "exec 1000:0506 C30A05", "exec 1000:050A EDFD", "exec 1000:0403 F4",
    ]  # fmt: skip


@both_forms
def test_the_same_code_in_native_and_in_8080_mode(lines_of: Lines) -> None:
    #  CALL 0500; BRKEM 40. At 0500: MOV AW,0; RET - or CMP B; NOP; NOP; JMP 050A, where RETEM is
    engine = engine_with(bytes.fromhex("E8FD00 0FFF40 F4"))
    engine.bus.memory.image[0x10500:0x1050C] = bytes.fromhex("B80000 C30A05 00000000 EDFD")
    assert strip(lines_of(engine, "exec", 400)) == [
        "exec 1000:0400 E8FD00", "exec 1000:0500 B80000", "exec 1000:0503 C3", "exec 1000:0403 0FFF40",
        "exec 1000:0500 B8", "exec 1000:0501 00", "exec 1000:0502 00", "exec 1000:0503 C30A05", "exec 1000:050A EDFD",
        "exec 1000:0406 F4",
    ]  # fmt: skip


# the C side alone




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

"""The trace: filters, and what its lines say of code, registers, interrupts and 8080 mode, in both forms."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from tracing_engine import Lines, both_forms, engine_with, traced

from korgm1.cpu.trace import NEVER, TraceBlock, TraceFilter, Tracer
from korgm1.errors import UsageError

ALL = {"exec": ((0, 0xFFFFF),), "memr": ((0, 0xFFFFF),), "memw": ((0, 0xFFFFF),), "in": ((0, 0xFFFF),),
       "out": ((0, 0xFFFF),)}  # fmt: skip


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

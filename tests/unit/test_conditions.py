"""Conditions in C against the monitor's own evaluation; on every engine against steps that are looked at one by one."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from korgm1.bus.memory import MemoryMap
from korgm1.bus.ports import PortMap
from korgm1.bus.unmapped import UnmappedLog
from korgm1.cpu.conditions import Code, compiled, depth
from korgm1.cpu.engine import REGISTERS
from korgm1.cpu.native import NativeBus, ffi, lib, new_cpu
from korgm1.cpu.stops import EXEC, NEVER, Rule, Stops
from korgm1.debugging.expressions import Context, parse
from korgm1.machine.engines import make_engine

ATOMS = st.one_of(
    st.integers(0, 0xFFFFFFFF).map(lambda n: f"0{n:x}"),
    st.sampled_from(["aw", "al", "ah", "cw", "dx", "bl", "sp", "bp", "ix", "di", "ps", "ss", "ds0", "es", "pc", "psw"]),
    st.sampled_from(["cy", "z", "s", "v", "ie", "md", "clock", "steps", "value", "address", "vector", "ss:sp", "es:0"]),
)
SIGNS = ["+", "-", "*", "&", "|", "^", "==", "!=", "<", "<=", ">", ">=", "<<", ">>", "&&", "||", ":"]
TEXTS = st.recursive(ATOMS, lambda inner: st.one_of(
    st.tuples(inner, st.sampled_from(SIGNS), inner).map(lambda t: f"({t[0]}){t[1]}({t[2]})"),
    st.tuples(st.sampled_from(["b", "w", "in", "out"]), inner).map(lambda t: f"{t[0]}[{t[1]}]"),
    st.tuples(st.sampled_from("-~!"), inner).map(lambda t: f"{t[0]}({t[1]})"),
), max_leaves=10).filter(lambda text: len(text) <= 200)
WORDS = st.integers(0, 0xFFFF)


class Shelf:
    """A device on a page of memory."""

    def read(self, offset: int) -> int:
        raise AssertionError("a condition has no side effects")

    def write(self, offset: int, value: int) -> None:
        raise AssertionError("a condition writes nothing")

    def peek(self, offset: int) -> int:
        return offset * 7 & 0xFF


@settings(deadline=None)
@given(TEXTS, st.lists(WORDS, min_size=14, max_size=14), st.integers(0, 1 << 62), st.binary(min_size=1, max_size=64))
def test_c_and_python_agree(text: str, values: list[int], clock: int, data: bytes) -> None:
    expression = parse(text)
    memory = MemoryMap(UnmappedLog(now=lambda: 0))
    memory.map_ram(0, 0x80000)
    memory.image[0:0x80000] = (data * 0x80000)[:0x80000]
    memory.map_device(0xA0000, 0x40000, Shelf())
    bus = NativeBus(memory, PortMap(UnmappedLog(now=lambda: 0)), lambda: 0)
    cpu = new_cpu(bus)
    cpu.r, cpu.s, cpu.pc, cpu.psw, cpu.clock = values[:8], values[8:12], values[12], values[13], clock
    stops = Stops()
    stops.attach(cpu, memory.peek)
    ports = stops.pointer.ports
    for port in range(0, 0x10000, 3):
        ports.seen[port], ports.out[port] = port % 4, port & 0xFF
    about = ffi.new("condition_about *", {
        "cpu": cpu, "ports": ffi.addressof(stops.pointer, "ports"), "steps": values[0], "value": values[1],
        "address": values[2], "vector": -1, "peek": lib.stops_peek, "user": stops.pointer.user,
    })
    names = dict(zip(REGISTERS, values, strict=True))
    context = Context(
        {**names, "clock": clock, "steps": values[0], "value": values[1], "address": values[2], "vector": -1},
        lambda at, size: bytes(memory.peek(at + n & 0xFFFFF) for n in range(size)), stops.last_byte,
    )
    program = expression.number
    assert lib.condition_value(compiled(program), len(program), about) == expression(context).number


def test_every_code_is_one_of_c() -> None:
    assert sorted(Code) == list(range(lib.CONDITION_CODES))


def test_too_deep_is_no_program() -> None:
    program = ((Code.CONSTANT, 1),) * (lib.CONDITION_DEEPEST + 1)
    with pytest.raises(ValueError, match="257 numbers"):
        compiled(program)
    deepest = "1||(1&&(1|(1^(1&(1==(1<<(1+(1*" * 4 + "1" + ")" * 32
    assert depth(parse(deepest).number) < lib.CONDITION_DEEPEST


CODES = st.lists(st.one_of(
    st.binary(min_size=1, max_size=4),
    st.sampled_from([b"\x90", b"\x40", b"\x01\xd8", b"\xa4", b"\xf3\xa4", b"\x50", b"\x58"]),
    st.sampled_from([b"\xee", b"\xec", b"\xe6\x12", b"\xe7\x13", b"\xcc", b"\xe2\xfc", b"\x89\x07", b"\x8b\x07"]),
), min_size=4, max_size=30).map(b"".join)
ASKED = st.one_of(TEXTS, st.sampled_from([
    "aw == bw", "cy && !z", "b[ds1:iy] == al", "w[ss:sp] > 100", "clock > #300", "steps == #20", "out[12] >= 0",
    "in[dw] == 0FF", "pc & 3", "out[13] != -1 && sp & 2",
]))
LONGEST = 3000


class Machine:
    """A core on a short program, repeated through all memory."""

    def __init__(self, engine: str, code: bytes, values: list[int]) -> None:
        self.memory = MemoryMap(UnmappedLog(now=lambda: 0))
        self.memory.map_ram(0, 0x100000)
        self.memory.image[:] = (code * 0x10000)[:0x10000] * 16
        self.ports = PortMap(UnmappedLog(now=lambda: 0))
        self.cpu = make_engine(engine, self.memory, self.ports, lambda: 0x20)
        names = ("aw", "cw", "dw", "bw", "sp", "bp", "ix", "iy", "ds1", "ps", "ss", "ds0", "pc")
        self.cpu.set_registers(dict(zip(names, values, strict=False)))
        self.stops = Stops()
        self.cpu.stop_at(self.stops)

    def context(self) -> Context:
        names = {**self.cpu.registers(), "clock": self.cpu.clock, "steps": self.stops.steps}
        return Context(
            names, lambda at, size: bytes(self.memory.image[at + n & 0xFFFFF] for n in range(size)),
            self.stops.last_byte,
        )

    def seen(self) -> tuple[Any, ...]:
        return self.cpu.clock, self.cpu.registers(), self.stops.steps


@settings(deadline=None, max_examples=60)
@given(CODES, st.lists(WORDS, min_size=13, max_size=13), ASKED)
def test_every_engine_stops_where_steps_say(code: bytes, values: list[int], text: str) -> None:
    """The first boundary at which the condition holds, asked in Python step by step, is where each engine stops."""
    expression = parse(text)
    slow = Machine("v30", code, values)
    slow.stops.mark([Rule(("exec",), 0, 0xFFFFF)])
    passed, found = NEVER, None
    while slow.cpu.clock < LONGEST and slow.cpu.stopped is None:
        slow.stops.begin(passed=passed)
        slow.cpu.run(LONGEST)
        if slow.stops.hit & EXEC and expression(slow.context()).number:
            found = slow.seen()
            break
        passed = slow.cpu.registers()["ps"] << 16 | slow.cpu.registers()["pc"]
    for engine in ("v30", "unicorn", "lockstep"):
        fast = Machine(engine, code, values)
        fast.stops.mark([Rule(("exec",), 0, 0xFFFFF, expression.number)])
        fast.stops.begin()
        fast.cpu.run(LONGEST)
        assert (fast.seen() if fast.stops.hit & EXEC else None) == found
        assert bool(fast.stops.held) == (found is not None)


def test_of_several_rules_those_are_held_whose_condition_holds() -> None:
    """A PUSH, a store of a word: each rule is asked about its own access."""
    machine = Machine("v30", bytes.fromhex("89 07 50"), [0x1234, 0, 0, 0x400, 0x800, *[0] * 8])   # MOV [BW],AW; PUSH AW
    machine.stops.mark([
        Rule(("memw",), 0x400, 0x401, parse("value == 1234 && address == 400").number),
        Rule(("memw",), 0x401, 0x401, parse("value == 12").number),
        Rule(("memw",), 0x000, 0xFFF, parse("address == 7FE").number),
        Rule(("exec",), 0x002, 0x002, parse("value == -1").number),
    ])
    machine.stops.begin()
    machine.cpu.run(LONGEST)
    assert machine.stops.held == {0: 0}
    assert machine.stops.is_here() and machine.stops.held == {0: 0, 3: 0}
    machine.stops.begin(passed=2)
    machine.cpu.run(LONGEST)
    assert machine.stops.held == {2: 0} and machine.stops.matches[0].address == 0x7FE


def test_steps_of_an_access_are_those_behind_it() -> None:
    """As registers and clock are, and as a debugger has them when it stands there."""
    for steps in (7, 8):
        machine = Machine("v30", bytes.fromhex("40 43 89 07"), [0, 0, 0, 0x400, *[0] * 9])   # INC, INC, MOV [BW],AW
        machine.stops.mark([Rule(("memw",), 0, 0xFFFF, parse(f"steps >= {steps}").number)])
        machine.stops.begin()
        machine.cpu.run(LONGEST)
        assert machine.stops.held == {0: 0} and machine.stops.steps == 9
    machine.stops.mark([Rule(("memw",), 0, 0xFFFF, parse("steps == 0C").number)])
    machine.stops.begin()
    machine.cpu.run(LONGEST)
    assert machine.stops.held == {0: 0} and machine.stops.steps == 12


def test_the_last_bytes_of_ports_are_known_quiet_or_not() -> None:
    code = bytes.fromhex("E612 40 E713 EC")   # OUT 12,AL; INC AW; OUT 13,AW; IN AL,DW
    machine = Machine("v30", code, [0x3456, 0, 0x77, *[0] * 10])
    machine.stops.begin(quiet=True, limit=4)
    machine.cpu.run(LONGEST)
    last = machine.stops.last_byte
    assert [last("out", port) for port in (0x12, 0x13, 0x14, 0x15)] == [0x56, 0x57, 0x34, -1]
    assert (last("in", 0x77), last("in", 0x12), last("out", 0x77)) == (0xFF, -1, -1)
    kept = machine.stops.last_bytes()
    machine.stops.put_last_bytes(None)
    assert last("out", 0x12) == -1
    machine.stops.put_last_bytes(kept)
    assert last("out", 0x12) == 0x56

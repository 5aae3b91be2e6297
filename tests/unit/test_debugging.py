"""The debugger on a small program: where each kind of stop stands, stepping, memory and registers, on every engine."""

from __future__ import annotations

import pytest
from debug_program import AT, HANDLER, SUB1, SUB2, TRAP, session

from korgm1.debugging import Debugger, Halt, Stop
from korgm1.debugging.expressions import parse
from korgm1.errors import UsageError
from korgm1.romset.load import RomSet
from korgm1.session import Session

ENGINES = ("v30", "unicorn", "lockstep")
BASE = 0xF0000


@pytest.fixture(params=ENGINES)
def debugger(request: pytest.FixtureRequest) -> Debugger:
    return Debugger(session(request.param))


def at(debugger: Debugger, name: str) -> Halt:
    """Run to one of the program's instructions."""
    return debugger.until(Stop("exec", BASE + AT[name]))


def hits(debugger: Debugger, stop: Stop) -> list[Halt]:
    """All halts at a stop, up to the program's end."""
    debugger.add(stop)
    found = []
    while (halt := debugger.go()).reason == "stop":
        found.append(halt)
    assert halt.reason == "halted"
    return found


def test_an_instruction_is_stopped_at_before_it_runs(debugger: Debugger) -> None:
    halt = at(debugger, "store")
    assert (halt.reason, halt.place, halt.kind) == ("stop", (0xF000, AT["store"]), "exec")
    assert debugger.read(0x700, 2) == b"\0\0"
    debugger.step()
    assert int.from_bytes(debugger.read(0x700, 2), "little") == debugger.registers()["aw"] != 0


def test_a_stop_at_the_present_instruction_is_for_the_next_time(debugger: Debugger) -> None:
    debugger.add(Stop("exec", BASE + SUB2))
    halt = debugger.go()
    assert halt.place == (0xF000, SUB2)
    assert debugger.go().reason == "halted"


def test_accesses_are_stopped_at_behind_the_instruction(debugger: Debugger) -> None:
    words = hits(debugger, Stop("memw", 0x702))
    assert [(halt.place[1], halt.address, halt.value) for halt in words] == [(AT["load"], 0x702, 0x12)]
    assert words[0].began == (0xF000, AT["store_odd"])
    reads = Debugger(session())
    assert [halt.value for halt in hits(reads, Stop("memr", 0x700))] == [0xFF]
    both = Debugger(session())
    assert [halt.kind for halt in hits(both, Stop("mem", 0x700))] == ["memw", "memr"]


def test_ports_and_their_values(debugger: Debugger) -> None:
    found = hits(debugger, Stop("port", 0x0A0B, 0x0A0C))
    first = found[0]
    assert (first.began, first.kind, first.port, first.value) == ((0xF000, AT["out"]), "out", 0x0A0B, 0x34)
    assert [halt.began[1] for halt in found if halt.began] == [AT["out"], AT["out_word"], AT["in"]]


def test_a_trap_is_stopped_at_in_front_of_its_handler(debugger: Debugger) -> None:
    (halt,) = hits(debugger, Stop("int", TRAP))
    assert (halt.place, halt.vector, halt.began) == ((0xF000, HANDLER), TRAP, (0xF000, AT["trap"]))
    assert not hits(Debugger(session()), Stop("int", TRAP + 1))


def test_step_counts_elements_and_over_does_not(debugger: Debugger) -> None:
    at(debugger, "repeat")
    assert debugger.step().place == (0xF000, AT["repeat"])
    assert debugger.registers()["cw"] == 4
    assert debugger.step_over().place == (0xF000, AT["values"])
    debugger.back(5)
    assert debugger.registers()["cw"] == 5


@pytest.mark.parametrize(("name", "behind"), [("call", "trap"), ("trap", "copy"), ("repeat", "values")])
def test_over(debugger: Debugger, name: str, behind: str) -> None:
    at(debugger, name)
    halt = debugger.step_over()
    assert (halt.reason, halt.place) == ("step", (0xF000, AT[behind]))


def test_a_stop_within_ends_over(debugger: Debugger) -> None:
    at(debugger, "call")
    debugger.add(Stop("exec", BASE + SUB2))
    halt = debugger.step_over()
    assert (halt.reason, halt.place) == ("stop", (0xF000, SUB2))


def test_finish_and_call_stack(debugger: Debugger) -> None:
    debugger.until(Stop("exec", BASE + SUB2 + 1))    # something is pushed besides
    assert [(frame.kind, frame.pc) for frame in debugger.call_stack()] == [("near", SUB1), ("near", AT["call"])]
    assert debugger.finish().place == (0xF000, SUB1 + 3)
    assert debugger.finish().place == (0xF000, AT["trap"])
    debugger.until(Stop("exec", BASE + HANDLER))
    assert debugger.call_stack()[0].kind == "interrupt"
    assert debugger.finish().place == (0xF000, AT["copy"])


@pytest.mark.parametrize(("code", "kind", "pushed"), [
    ("E80000", "near", 1), ("FFD0", "near", 1), ("FF5702", "near", 1), ("2EFF97AB01", "near", 1),
    ("9A000000F0", "far", 2), ("2EFF1EAB01", "far", 2), ("0000FFE2", "", 1), ("FF26AB01", "", 1),
])  # fmt: skip
def test_calls_that_a_return_address_may_lie_behind(code: str, kind: str, pushed: int) -> None:
    image = bytearray(b"\x90" * 0x20000)
    image[0x12000 : 0x12000 + len(code) // 2] = bytes.fromhex(code)
    debugger = Debugger(Session(roms=RomSet("test", "1", "0" * 40, bytes(image), "a test"), sram=bytes(0x10000)))
    debugger.power_on()
    back = 0x2000 + len(code) // 2
    debugger.set_registers({"ss": 0, "sp": 0x4000, "ps": 0xF000, "pc": 0x100})
    debugger.write(0x4000, back.to_bytes(2, "little") + b"\x00\xF0"[: 2 * (pushed - 1)])
    frames = [(frame.kind, frame.ps, frame.pc, frame.back, frame.sp) for frame in debugger.call_stack()]
    begin = 0x2001 if code.startswith("2E") else 0x2000    # behind a prefix
    assert frames == ([(kind, 0xF000, begin, back, 0x4000)] if kind else [])


def test_conditions_ignoring_and_once(debugger: Debugger) -> None:
    stop = Stop("exec", 0xF0000, 0xFFFFF, condition=parse("aw == 1234"))
    debugger.add(stop)
    assert debugger.go().place == (0xF000, AT["values"] + 3)
    assert stop.hits == 1
    other = Debugger(session())
    ignored = Stop("memw", 0x600, 0x604, ignore=3)
    assert len(hits(other, ignored)) == 2
    assert ignored.hits == 5
    one = Debugger(session())
    assert len(hits(one, Stop("memw", 0x600, 0x604, once=True))) == 1
    assert not one.stops


def test_several_stops_at_one_boundary_are_all_counted(debugger: Debugger) -> None:
    store, load = Stop("memw", 0x701), Stop("exec", BASE + AT["load"])
    debugger.add(store)
    debugger.add(load)
    halts = [debugger.go(), debugger.go()]
    assert [len(halt.stops) for halt in halts] == [1, 2]    # words at 0700 and 0701
    assert (store.hits, load.hits) == (2, 1)
    assert debugger.go().reason == "halted"


def test_registers_memory_and_ports_are_set_and_undone(debugger: Debugger) -> None:
    at(debugger, "store")
    debugger.set_register("ax", 0x5678)
    debugger.write(0x800, b"abc")
    assert debugger.registers()["aw"] == 0x5678
    debugger.step()
    assert debugger.read(0x700, 2) == b"\x78\x56"
    assert [debugger.undo() for _ in range(3)] == ["step", "write 00800", "registers ax"]
    assert debugger.read(0x800, 3) == b"\0\0\0"
    assert debugger.registers()["aw"] != 0x5678
    debugger.port_write(0x0A00, 0x55)
    assert debugger.undo() == "out 0A00"
    with pytest.raises(UsageError, match="ROM"):
        debugger.write(0xF0000, b"a")
    with pytest.raises(UsageError, match="no memory"):
        debugger.write(0x20000, b"a")
    with pytest.raises(UsageError, match="no register"):
        debugger.set_register("r8", 1)


def test_reading_has_no_side_effects_and_wraps(debugger: Debugger) -> None:
    before = debugger.session.machine.unmapped.total
    assert debugger.read(0x20000, 4) == b"\xff" * 4
    assert debugger.read(0xFFFFE, 4)[2:] == debugger.read(0, 2)
    debugger.peek_port(0x0B00)
    assert debugger.session.machine.unmapped.total == before


def test_the_limit_of_a_run_and_a_wish_to_end_it(debugger: Debugger) -> None:
    halt = debugger.go(limit=1000)
    assert (halt.reason, halt.clock < 1100) == ("time", True)
    assert debugger.go(asked=lambda: True).reason == "asked"
    debugger.power_off()
    assert debugger.step().reason == "off"


def test_back_ends_where_memory_does(debugger: Debugger) -> None:
    debugger.step(3)
    halt = debugger.back(100)
    assert (halt.reason, halt.clock) == ("start", 0)
    with pytest.raises(UsageError, match="0 steps"):
        debugger.step(0)


@pytest.mark.parametrize(("code", "operand"), [
    ("A1 3412", (0x100, 0x1234, 2)), ("A0 3412", (0x100, 0x1234, 1)), ("26 A2 3412", (0x200, 0x1234, 1)),
    ("8B 07", (0x100, 0x10, 2)), ("8A 46 FE", (0x300, 0x2E, 1)), ("2E 89 90 0001", (0xF000, 0x111, 2)),
    ("80 3E 3412 05", (0x100, 0x1234, 1)), ("8B C3", None), ("90", None), ("8B 00", (0x100, 0x11, 2)),
])
def test_the_operand_in_memory(code: str, operand: tuple[int, int, int] | None) -> None:
    debugger = Debugger(session())
    debugger.step(5)
    debugger.set_registers({"ds0": 0x100, "ds1": 0x200, "ss": 0x300, "bw": 0x10, "bp": 0x30, "ix": 1})
    debugger.write(0x4000, bytes.fromhex(code))
    (line,) = debugger.disassemble((0x0400, 0), 1)
    assert debugger.operand(line) == operand

"""What a debugger tells of the past: who did it, the last steps, the last bytes of ports; and stops that only tell."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from korgm1.debugging import Debugger, Stop
from korgm1.debugging.expressions import parse
from korgm1.debugging.monitor import Monitor
from korgm1.errors import M1Error, UsageError
from korgm1.session import Session

TICKS = 0x400
"""A word of OpenM1 that its timer counts up."""


@pytest.fixture(params=["v30", "unicorn", "lockstep"])
def debugger(request: pytest.FixtureRequest) -> Debugger:
    """OpenM1 in its play loop, for three seconds: two states are kept on the way."""
    debugger = Debugger(Session(engine=request.param))
    debugger.power_on()
    debugger.go(limit=24_000_000)
    return debugger


def test_who_wrote_is_the_last_write_and_then_the_one_before(debugger: Debugger) -> None:
    now, held = debugger.steps, debugger.read(TICKS, 2)
    last = debugger.back_to(Stop("memw", TICKS))
    assert last.began is not None and last.match is not None
    assert last.match.value == int.from_bytes(held, "little")
    assert debugger.back_to(Stop("memw", TICKS)).began == last.began, "who stands behind it is told of it"
    before = debugger.back_to(Stop("memw", TICKS), here=False)
    assert before.match is not None and before.match.value == last.match.value - 1
    assert [debugger.undo() for _ in range(3)] == ["back to memw 00400"] * 3
    assert debugger.steps == now


def test_what_happened_right_in_front_of_a_kept_state_is_found(debugger: Debugger) -> None:
    """The last step of a stretch, of which nothing is left in the next one."""
    where = debugger.until(Stop("memw", TICKS))
    for _ in range(2):
        debugger.act("nothing", lambda: None)
    debugger.step(7)
    assert debugger.back_to(Stop("memw", TICKS)).clock == where.clock
    debugger.undo()
    debugger.add(Stop("memw", TICKS))
    assert debugger.back_to_stop().clock == where.clock
    assert debugger.back_to_stop().clock < where.clock


def test_what_never_was_leaves_everything_where_it_is(debugger: Debugger) -> None:
    seen = debugger.steps, debugger.registers(), debugger.session.clock
    number = debugger.add(Stop("out", 0xA08))
    assert debugger.back_to(Stop("memw", 0x12345)).reason == "never"
    assert debugger.back_to(Stop("memw", TICKS, condition=parse("value == 0FFFF"))).reason == "never"
    assert (debugger.steps, debugger.registers(), debugger.session.clock) == seen
    assert list(debugger.stops) == [number]


def test_history_is_what_steps_show(debugger: Debugger) -> None:
    debugger.until(Stop("memw", TICKS))
    places, changed = [], []
    for _ in range(40):
        before = debugger.registers()
        places.append(debugger.where)
        debugger.step()
        after = debugger.registers()
        changed.append({name: (before[name], after[name]) for name in after if after[name] != before[name]})
    now = debugger.steps, debugger.session.clock
    told = debugger.history(40)
    assert [(one.line.ps, one.line.pc) for one in told] == places
    assert [one.changed for one in told] == [{k: v for k, v in one.items() if k != "pc"} for one in changed]
    assert (debugger.steps, debugger.session.clock) == now
    sp = debugger.history(40, "sp")
    assert [one.changed["sp"] for one in sp] == [one["sp"] for one in changed if "sp" in one]


def test_last_bytes_go_back_with_time(debugger: Debugger) -> None:
    accesses = debugger.last_port_accesses(2000)
    for way in ("in", "out"):
        latest = {one.port: one.value for one in accesses if one.way == way}
        assert latest and {port: debugger.last_byte(way, port) for port in latest} == latest
    earlier = next(one for one in reversed(accesses) if one.port == 0x900)
    debugger.until(Stop("in", 0x900, condition=parse(f"value != 0{earlier.value:X}")))
    assert debugger.last_byte("in", 0x900) != earlier.value
    debugger.undo()
    assert debugger.last_byte("in", 0x900) == earlier.value
    debugger.power_off()
    debugger.power_on()
    assert debugger.last_byte("in", 0x900) == -1


def test_a_stop_that_tells_lets_it_run_on(debugger: Debugger) -> None:
    stop, told = Stop("memw", TICKS), []
    debugger.add(stop)
    debugger.told = lambda halt: told.append(halt.value)
    stop.tells = True
    end = debugger.session.clock + 400_000
    assert debugger.go(limit=end).reason == "time" and debugger.session.clock >= end
    first = told[0]
    assert told == list(range(first, first + len(told))) and len(told) == stop.hits > 3


@pytest.fixture
def talk() -> Callable[[str], list[str]]:
    """A monitor on a cell that is low: a command, and what it says."""
    session = Session(battery="low", engine="v30")
    debugger = Debugger(session)
    debugger.power_on()
    said: list[str] = []
    monitor = Monitor(debugger, said.append)

    def do(line: str) -> list[str]:
        said.clear()
        monitor.do(line)
        return list(said)

    return do


def test_a_hunt_in_the_monitor(talk: Callable[[str], list[str]], tmp_path: Path) -> None:
    talk('until "Battery Low"')
    assert "F3E67" in talk("who read F3E67")[0]
    before = talk("print ps:pc")
    assert talk("who wrote 12345") == ["nobody up to here, in what is remembered, which begins at 0.000000 s, clock 0"]
    assert talk("who wrote 12345")[0].startswith("nobody up to here, "), "the same answer as before"
    assert talk("print ps:pc") == before
    talk("undo")
    assert "Battery Low" in talk('who showed "Battery Low"')[0]
    assert talk("who in ADC_DATA")[0].startswith("there: in 0900 ADC_DATA, value ")
    assert "ADC_DATA = " in talk("history 1")[0]
    assert any("ADC_DATA" in line for line in talk("latches"))
    assert talk("label adc_read") and talk("print adc_read")[0].endswith("= adc_read")
    assert talk(f"labels {tmp_path / 'own.csv'}")
    assert (tmp_path / "own.csv").read_text().splitlines()[0] == "address,name"
    assert len(talk("timeline 3")) == 6
    for wrong in (
        "who", "who made tea", "who wrote", "who wrote 5-4", "history xyz", "history ip", "label aw", "label 12",
        "history 10001", "tell 9", "trace",
    ):
        with pytest.raises(M1Error):
            talk(wrong)


def test_changed_by_no_instruction_is_told(talk: Callable[[str], list[str]]) -> None:
    talk("run 2")
    talk("who wrote 00500-00700")
    talk("undo")
    talk("write 00500 AA")
    said = talk("who wrote 00500-00700")
    assert said[0] == "undone: write 00500" and said[-1].startswith("what it holds has been changed since")


def test_stops_tell_expressions(talk: Callable[[str], list[str]]) -> None:
    talk("run 2")
    talk("watch w 400")
    talk("tell 1 w[400] & 0F, al")
    lines = talk("run 0.01")
    assert sum(line.startswith("stop 1: memw 00400") for line in lines) > 3
    assert any(line.startswith("  w[400] & 0F = 0") for line in lines)
    assert "tells" in talk("stops")[0]
    talk("tell 1 off")
    assert "tells" not in talk("stops")[0] and talk("go")[0].startswith("stop 1")


def test_memory_to_a_file_and_back(talk: Callable[[str], list[str]], tmp_path: Path) -> None:
    path = tmp_path / "some bytes.bin"
    talk("write 00800 01 02 03 04")
    talk(f'dump "{path}" 800-803')
    assert path.read_bytes() == b"\1\2\3\4"
    with pytest.raises(M1Error, match="is there"):
        talk(f"dump {path} 800-803")
    before = talk("m 810 4")
    talk(f"put {path} 810")
    assert talk("m 810 4")[0].startswith("00810  01 02 03 04")
    talk("undo")
    assert talk("m 810 4") == before != ["00810  01 02 03 04"]
    with pytest.raises(UsageError, match="ROM"):
        talk(f"put {path} F0000")
    with pytest.raises(M1Error, match="none"):
        talk(f"put {tmp_path / 'none'} 800")


def test_a_trace_has_each_step_once(talk: Callable[[str], list[str]], tmp_path: Path) -> None:
    path = tmp_path / "x.trace"
    talk("run 0.5")
    talk(f"trace {path} exec")
    talk("step 50")
    talk("history 30")
    talk("ports 4")
    talk("who ran ps:pc")
    talk("undo")
    talk("step 50")
    talk("trace off")
    clocks = [int(row.split()[0]) for row in path.read_text().splitlines() if row[0] != "#"]
    assert clocks == sorted(set(clocks)) and 80 < len(clocks) <= 100

"""A debugger on OpenM1: it changes nothing, and every way back leads to exactly what was there."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from korgm1.debugging import Debugger, Halt, Stop
from korgm1.errors import UsageError
from korgm1.session import Session

ENGINES = ("v30", "unicorn", "lockstep")
END = 13_000_000
PRESSED = 1.3
LCD_PORTS = Stop("out", 0x0A06, 0x0A08)


def fingerprint(session: Session) -> dict[str, Any]:
    """All that tells one run from another."""
    return {
        "clock": session.clock, "timeline": session.timeline, "sram": hashlib.sha1(session.sram).hexdigest(),
        "registers": session.machine.engine.registers(), "instructions": session.machine.engine.instructions,
        "midi": session.midi_out, "leds": session.leds, "sound": session.sound_hash,
    }


def begun(engine: str) -> Session:
    session = Session(engine=engine, battery="low")
    session.power_on()
    session.press_at("4", PRESSED)
    session.midi_in(bytes.fromhex("903C64"), at=1.4)
    return session


@pytest.fixture(scope="module")
def plain() -> dict[str, Any]:
    """A run that nobody watches."""
    session = begun("unicorn")
    session.run_until(END)
    return fingerprint(session)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_debugger_changes_nothing(engine: str, plain: dict[str, Any]) -> None:
    session = begun(engine)
    debugger = Debugger(session)
    reasons = [debugger.step(1000).reason]
    for stop in (Stop("out", 0x0A06), Stop("int", None), Stop("memw", 0x0400, 0x04FF), Stop("lcd", "Battery Low")):
        number = debugger.add(stop)
        reasons += [debugger.go().reason for _ in range(1 if stop.kind == "lcd" else 10)]
        debugger.remove(number)
    assert debugger.stops == {}
    assert set(reasons[1:]) == {"stop"}
    assert session.clock > PRESSED * 8_000_000 - 4_000_000
    reasons += [debugger.step_over().reason for _ in range(20)]
    debugger.finish()
    debugger.back(5000)
    debugger.go(limit=END)
    assert fingerprint(session) == plain


@pytest.fixture(scope="module")
def walked() -> tuple[Debugger, list[Halt]]:
    """A debugger at the end of a walk in single steps, from the display's first text on."""
    debugger = Debugger(Session(engine="v30"))
    debugger.power_on()
    debugger.until_lcd("OpenM1", 5)
    return debugger, [debugger.step() for _ in range(400)]


def where(halt: Halt) -> tuple[int, tuple[int, int]]:
    return halt.clock, halt.place


def test_steps_back_are_the_steps_that_were_made(walked: tuple[Debugger, list[Halt]]) -> None:
    debugger, halts = walked
    assert [where(debugger.back()) for _ in range(3)] == [where(halt) for halt in halts[-2:-5:-1]]
    assert where(debugger.back(300)) == where(halts[-304])
    assert where(debugger.step(303)) == where(halts[-1])
    for _ in range(5):
        debugger.undo()
    assert where(debugger._halt("step")) == where(halts[-1])


def test_back_to_a_stop_finds_the_last_one(walked: tuple[Debugger, list[Halt]]) -> None:
    debugger, halts = walked
    end = halts[-1]
    number = debugger.add(Stop("out", 0x0A06, 0x0A08))
    found = [debugger.back_to_stop() for _ in range(4)]
    forward = [debugger.go() for _ in range(3)]
    assert [where(halt) for halt in forward] == [where(halt) for halt in found[2::-1]]
    assert [(halt.port, halt.value) for halt in forward] == [(halt.port, halt.value) for halt in found[2::-1]]
    assert forward[-1].clock < end.clock
    debugger.remove(number)
    for _ in range(7):
        debugger.undo()
    assert where(debugger._halt("step")) == where(end)


def test_a_stop_everywhere_is_found_at_once(walked: tuple[Debugger, list[Halt]]) -> None:
    debugger, halts = walked
    number = debugger.add(Stop("exec", 0, 0xFFFFF))
    assert debugger.back_to_stop().clock == halts[-2].clock
    debugger.remove(number)
    debugger.undo()


def test_inputs_are_undone_on_the_way_back_and_said() -> None:
    session = Session()
    debugger = Debugger(session)
    debugger.power_on()
    debugger.until_lcd("Prog I00", 5)
    debugger.go(limit=session.clock + 8_000_000)
    before, steps = session.lcd, debugger.steps
    debugger.press("4")
    debugger.write(0x8000, b"\xA5")
    debugger.go(limit=session.clock + 4_000_000)
    assert session.lcd != before
    changed = session.lcd
    halt = debugger.back(debugger.steps - steps + 10)
    assert halt.undone == ("write 08000", "press 4")
    assert (session.lcd, debugger.steps) == (before, steps - 10)
    assert debugger.undo() == "back"
    assert (session.lcd, debugger.read(0x8000, 1)) == (changed, b"\xA5")
    debugger.go(limit=session.clock + 400_000)
    debugger.power_off()
    debugger.power_on()
    debugger.step(10)
    halt = debugger.back(11)
    assert halt.undone == ("power on", "power off")
    assert session.powered
    assert session.lcd == changed


def test_reading_past_ports_comes_from_running_again() -> None:
    debugger = Debugger(Session())
    debugger.power_on()
    debugger.until_lcd("OpenM1", 5)
    debugger.add(Stop("port", 0, 0xFFFF))
    said = [debugger.go() for _ in range(6)]
    clock = debugger.session.clock
    past = debugger.last_port_accesses(6)
    assert debugger.session.clock == clock
    assert [(one.way, one.port) for one in past] == [(halt.kind, halt.port) for halt in said]
    assert [(one.ps, one.pc) for one in past] == [halt.began for halt in said]


def test_over_runs_through_the_interrupts_that_come() -> None:
    """In the play loop a step over an instruction never ends in the timer's handler, though it comes all the time."""
    debugger = Debugger(Session())
    debugger.power_on()
    debugger.until_lcd("Prog I00", 5)
    debugger.go(limit=debugger.session.clock + 8_000_000)
    interrupts = Stop("int", None, ignore=1_000_000)
    debugger.add(interrupts)
    sp = set()
    while interrupts.hits < 3:
        debugger.step_over()
        sp.add(debugger.registers()["sp"])
    assert max(sp) - min(sp) < 6, "an interrupt pushes six bytes"


def test_a_trace_and_a_profile_go_on_under_stops(tmp_path: Any) -> None:
    texts = []
    for debugged in (False, True):
        session = Session(engine="v30")
        session.trace(tmp_path / "x.trace", "int,port,exec=F0000-F0100")
        session.power_on()
        if debugged:
            debugger = Debugger(session)
            debugger.add(Stop("out", 0, 0xFFFF))
            while debugger.go(limit=400_000).reason == "stop":
                pass
        session.run_until(400_000)
        session.trace_end()
        texts.append((tmp_path / "x.trace").read_text())
    assert texts[0] == texts[1]


def test_a_recording_knows_no_way_back(tmp_path: Any) -> None:
    session = Session()
    session.record(tmp_path / "x.rec")
    session.power_on()
    debugger = Debugger(session)
    debugger.step(5)
    for command in (debugger.back, debugger.back_to_stop, debugger.undo):
        with pytest.raises(UsageError, match="recording"):
            command()
    debugger.detach()
    session.power_off()
    session.record_end()

"""Random walks with a debugger, forwards and backwards: the same number of steps is always the same moment."""

from __future__ import annotations

import hashlib
import random
from typing import Any

import pytest

from korgm1.debugging import Debugger, Stop
from korgm1.session import Session


def look(debugger: Debugger) -> tuple[Any, ...]:
    """All that a step can change."""
    session = debugger.session
    engine = session.machine.engine
    return (
        engine.registers(), engine.instructions, engine.snapshot()["bus_unit"], hashlib.sha1(session.sram).hexdigest(),
        session.machine.lcd.text(), session.midi_out, session.machine.icu.snapshot(),
    )


@pytest.mark.parametrize("engine", ["v30", "unicorn", "lockstep"])
@pytest.mark.parametrize("seed", range(3))
def test_walks(engine: str, seed: int) -> None:
    draw = random.Random(seed)
    session = Session(engine=engine, battery="low")
    session.power_on()
    session.press_at("4", 0.9, 3.0)
    debugger = Debugger(session)
    known: dict[int, tuple[Any, ...]] = {}
    clocks: dict[int, int] = {}

    def arrived(halts: bool = True) -> None:
        """In HALT time goes on at one count of steps: only where it stands by a step the clock is known."""
        seen = look(debugger)
        assert known.setdefault(debugger.steps, seen) == seen
        if halts:
            assert clocks.setdefault(debugger.steps, debugger.session.clock) == debugger.session.clock

    debugger.go(limit=draw.randrange(1_000_000, 9_000_000))
    debugger.step()
    arrived()
    for _ in range(25):
        deed = draw.choice(["step", "many", "over", "back", "far", "stop", "undo", "finish", "to stop"])
        if deed == "step":
            debugger.step(draw.randrange(1, 40))
        elif deed == "many":
            debugger.step(draw.randrange(1, 60_000))
        elif deed == "over":
            debugger.step_over()
        elif deed == "finish":
            debugger.until(Stop("int", None))
            debugger.finish()
        elif deed == "back":
            debugger.back(draw.randrange(1, 20))
        elif deed == "far":
            debugger.back(draw.randrange(1, 50_000))
        elif deed == "undo":
            debugger.undo()
        else:
            stop = draw.choice([
                Stop("out", 0, 0xFFFF), Stop("memw", 0x400, 0x8FF), Stop("int", 0x20), Stop("exec", 0xF0A00, 0xF0AFF),
            ])
            number = debugger.add(stop)
            if deed == "stop":
                debugger.go(limit=debugger.session.clock + 2_000_000)
            else:
                debugger.back_to_stop()
            debugger.remove(number)
        arrived(deed not in ("stop", "undo"))
        if debugger.steps < 1000:
            debugger.step(1000)
    assert len(known) > 8

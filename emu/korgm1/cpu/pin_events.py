"""Recorded cases in which a pin changes: `evt` = pin (0 INT, 1 NMI, 2 POLL#), hold, trigger, delay; `close_addr`.

Clocks count from the pop of the first byte. The rig drives the pin `delay` clocks behind its trigger: the pop ("fpop"),
or two clocks behind T1 of the first fetch ("fetch"), and that T1 is five clocks before the pop. POLL# is high but for
`hold` clocks. A case ends at `close_addr`, else behind its instruction. All MEASURED.
"""

from __future__ import annotations

from typing import Any

from korgm1.cpu.engine import Engine

INT, NMI, POLL = range(3)
FETCH_BEFORE_POP = 3
"""Clocks from what a "fetch" delay counts from to the pop."""
POLL_SEEN_BEFORE = 1
"""Clocks before the pop of POLL's first byte at which its pin is looked at first."""
POLL_SEEN_AGAIN_BEFORE = 3
"""Clocks before each boundary of a waiting POLL at which it is looked at again."""
STEPS = 10_000


def is_pin_event(case: dict[str, Any]) -> bool:
    """Does a pin (INT, NMI, POLL#) change during the case?"""
    return "evt" in case


def execute(engine: Engine, case: dict[str, Any]) -> None:
    """Run a case from the boundary at which the engine stands to its end, then release all pins."""
    event = case["evt"]
    at = engine.clock + event["delay"] - (FETCH_BEFORE_POP if event["trigger"] == "fetch" else 0)
    if event["pin"] == INT:
        engine.set_int(1, at)
    elif event["pin"] == NMI:
        engine.nmi(at)
    for _ in range(STEPS):
        if event["pin"] == POLL:
            seen = engine.clock - (POLL_SEEN_AGAIN_BEFORE if engine.polling else POLL_SEEN_BEFORE)
            engine.set_poll(0 if at <= seen < at + event["hold"] else 1)
        engine.run(max(engine.clock + 1, at) if engine.halted else engine.clock + 1)
        if _ended(engine, case):
            break
    engine.set_int(0)
    engine.set_poll(0)


def _ended(engine: Engine, case: dict[str, Any]) -> bool:
    registers = engine.registers()
    if "close_addr" in case:
        return bool((registers["ps"] * 16 + registers["pc"]) & 0xFFFFF == case["close_addr"])
    return bool(not (engine.polling or engine.halted) and registers["pc"] != case["regs"]["ip"])

"""What a debugger's stops cost: runs with and without them as ratios, on every engine.

    .venv/bin/python bench/stops_cost.py [--seconds S] [--engines v30,lockstep]

OpenM1's play loop, and a loop that never waits (trace_cost.py). Stops that are never hit: none (steps are counted),
an instruction, a byte of memory, a port, an interrupt; conditions asked at every instruction (`until CONDITION`), a
short one and a long one, and at every write to memory. Seconds of the processor; the least of three. Above 1 is faster
than without: the V30 core outruns the Unicorn engine.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

from korgm1.clock import CPU_HZ
from korgm1.debugging import Debugger, Stop
from korgm1.debugging.expressions import parse
from korgm1.session import Session
from trace_cost import busy_session, idle_session

STOPS: dict[str, tuple[Stop, ...]] = {
    "none": (), "exec": (Stop("exec", 0x20000),), "memw": (Stop("memw", 0x20000),), "out": (Stop("out", 0x0B00),),
    "int": (Stop("int", 0xFF),),
    "until": (Stop("exec", 0, 0xFFFFF, condition=parse("aw == 1234 && cy && clock < 0")),),
    "long": (Stop("exec", 0, 0xFFFFF, condition=parse(
        "b[ss:sp+2] + w[ds0:ix] * 3 == #999999 || dl == 12 && in[900] > 80 && w[400] == bp && clock < 0"
    )),),
    "memw if": (Stop("memw", 0, 0xFFFFF, condition=parse("value == 1234 && address < 0")),),
}


def speed(make: Callable[[str], Session], engine: str, stops: tuple[Stop, ...] | None, seconds: float) -> float:
    """Emulated seconds a second of the processor; None: without a debugger."""
    session = make(engine)
    debugger = None if stops is None else Debugger(session)
    for stop in stops or ():
        assert debugger is not None
        debugger.add(stop)
    best = 0.0
    for _ in range(3):
        begun, clock = time.process_time(), session.clock
        if debugger is None:
            session.run(seconds)
        else:
            debugger.go(limit=clock + round(seconds * CPU_HZ))
        best = max(best, (session.clock - clock) / CPU_HZ / (time.process_time() - begun))
    return best


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=2.0, help="emulated, a run; default: 2")
    parser.add_argument("--engines", default="v30,unicorn,lockstep")
    args = parser.parse_args()
    print(f"{'':20}{'without':>9}" + "".join(f"{name:>8}" for name in STOPS))
    for name, make in (("play loop", idle_session), ("busy loop", busy_session)):
        for engine in args.engines.split(","):
            plain = speed(make, engine, None, args.seconds)
            ratios = "".join(f"{speed(make, engine, stops, args.seconds) / plain:8.2f}" for stops in STOPS.values())
            print(f"{name:10}{engine:10}{plain:8.0f}x{ratios}")


if __name__ == "__main__":
    main()

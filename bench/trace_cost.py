"""What a trace costs: traced and untraced runs of the same instructions as ratios, on every engine.

    python bench/trace_cost.py [--instructions 10000000] [--filters all,exec,port] [--json]

Two firmwares: OpenM1's play loop, which waits most of the time and talks to devices, and a loop that never waits:
moves, arithmetic, memory, calls and jumps. Nothing here is a test; the reach is a ratio below 5.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from korgm1.cpu.engine import Engine
from korgm1.session import Session

BUSY = bytes.fromhex(
    "BE0010 BF0020 B90001"          # MOV IX,1000; MOV IY,2000; MOV CW,256
    "8B04 01D8 D1E0 8905 83C602 83C702"   # load, add, shift, store, two pointers
    "50 E80600 58 E2EB EBE0 90"     # PUSH, CALL, POP, DBNZ, BR, NOP
    "31C3 43 C3".replace(" ", "")   # the subroutine: XOR, INC, RET
)


def busy_session(engine: str) -> Session:
    """An instrument whose ROM is the loop, at F000:0000."""
    session = Session(engine=engine)
    rom = bytearray(session.firmware.image)
    rom[0x10000 : 0x10000 + len(BUSY)] = BUSY
    rom[0x1FFF0:0x1FFF5] = bytes.fromhex("EA000000F0")
    session.power_on()
    session.machine.memory.map_rom(0xE0000, bytes(rom))
    session.machine.engine.set_registers({"ps": 0xF000, "pc": 0, "ss": 0, "sp": 0x8000})
    return session


def idle_session(engine: str) -> Session:
    """OpenM1 in its play loop."""
    session = Session(engine=engine)
    session.boot()
    return session


def seconds_for(session: Session, instructions: int) -> tuple[float, int]:
    """Host seconds, and the instructions that were run in them."""
    cpu: Engine = session.machine.engine
    begin, start = cpu.instructions, time.perf_counter()
    while cpu.instructions - begin < instructions:
        session.run(0.25)
    return time.perf_counter() - start, cpu.instructions - begin


def measure(
    make: Callable[[str], Session], engine: str, words: str, suffix: str, instructions: int
) -> dict[str, float]:
    """One row: host nanoseconds an instruction without and with the trace, and bytes a line."""
    plain, ran = min(seconds_for(make(engine), instructions) for _ in range(2))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"x.trace{suffix}"
        session = make(engine)
        start = time.perf_counter()
        session.trace(path, words)
        _, traced_ran = seconds_for(session, instructions)
        session.trace_end()
        traced = time.perf_counter() - start
        size = path.stat().st_size
    return {
        "instructions": traced_ran,
        "plain_ns": plain / ran * 1e9,
        "traced_ns": traced / traced_ran * 1e9,
        "ratio": traced / traced_ran / (plain / ran),
        "megabytes": size / 1e6,
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--instructions", type=int, default=10_000_000)
    parser.add_argument("--filters", default="all,exec,port", help="which, with commas")
    parser.add_argument("--engines", default="unicorn,v30")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    rows = [
        {"firmware": name, "engine": engine, "filter": words, "form": suffix or "text",
         **measure(make, engine, words, suffix, args.instructions)}
        for name, make in (("OpenM1", idle_session), ("busy loop", busy_session))
        for engine in args.engines.split(",")
        for words in args.filters.split(",")
        for suffix in ("", ".gz")
    ]
    if args.json:
        print(json.dumps(rows, indent=2))
        return 0
    print(f"{args.instructions:,} instructions; reach: a ratio below 5")
    print(
        f"{'firmware':10} {'engine':9} {'filter':8} {'form':5} {'untraced':>10} {'traced':>10} {'ratio':>7} {'file':>9}"
    )
    for row in rows:
        print(
            f"{row['firmware']:10} {row['engine']:9} {row['filter']:8} {row['form']:5} {row['plain_ns']:7.1f} ns "
            f"{row['traced_ns']:7.1f} ns {row['ratio']:7.2f} {row['megabytes']:6.1f} MB"
        )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

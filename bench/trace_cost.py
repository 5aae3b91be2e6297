"""What a trace costs: traced and untraced runs of the same instructions as ratios, on every engine, in both forms.

And what a profile costs that follows the run (`Session.follow`), whose last step is the C that counts.

    .venv/bin/python bench/trace_cost.py [--instructions N] [--engines v30,lockstep] [--filters "all;exec"] [--json]

Three firmwares: OpenM1's play loop, which waits most of the time and talks to devices; a loop that never waits, of
moves, arithmetic, memory, calls and jumps; and one that scatters random values over random addresses, which nothing can
foretell or deflate. Seconds of the processor, not of the wall, so that other work on the host matters less; the runs
take turns, and the least of each counts. Nothing here is a test; the reach is a ratio below 5.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from korgm1.cpu.engine import Engine
from korgm1.profiling import Profile
from korgm1.session import Session

BUSY = bytes.fromhex(
    "BE0010 BF0020 B90001"          # MOV IX,1000; MOV IY,2000; MOV CW,256
    "8B04 01D8 D1E0 8905 83C602 83C702"   # load, add, shift, store, two pointers
    "50 E80600 58 E2EB EBE0 90"     # PUSH, CALL, POP, DBNZ, BR, NOP
    "31C3 43 C3"                    # the subroutine: XOR, INC, RET
)
SCATTER = bytes.fromhex(
    "B83412"                        # MOV AW,1234
    "BA5562 F7E2 051936"            # AW = AW * 6255 + 3619
    "89C3 81E3FE3F 3107 8B0F"       # BW = AW & 3FFE; XOR [BW],AW; MOV CW,[BW]
    "898F0040 A90100 7402 40 41 EBE1"     # MOV [BW+4000],CW; an odd AW: INC both; BR
)


def busy_session(engine: str, code: bytes = BUSY) -> Session:
    """An instrument whose ROM is a loop, at F000:0000."""
    session = Session(engine=engine)
    rom = bytearray(session.firmware.image)
    rom[0x10000 : 0x10000 + len(code)] = code
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


FIRMWARES: dict[str, Callable[[str], Session]] = {
    "OpenM1": idle_session, "busy loop": busy_session, "scatter": partial(busy_session, code=SCATTER),
}  # fmt: skip


def seconds_for(session: Session, instructions: int) -> tuple[float, int]:
    """Seconds of the processor, and the instructions that were run in them."""
    cpu: Engine = session.machine.engine
    begin, start = cpu.instructions, time.process_time()
    while cpu.instructions - begin < instructions:
        session.run(0.25)
    return time.process_time() - start, cpu.instructions - begin


def run(
    make: Callable[[str], Session], engine: str, instructions: int, words: str = "", path: Path = Path(),
    profile: Profile | None = None,
) -> tuple[float, int]:
    """Nanoseconds an instruction, traced if there are words, followed by a profile, and how many ran."""
    session = make(engine)
    start = time.process_time()
    session.follow(profile)
    if words:
        session.trace(path, words)
    seconds, ran = seconds_for(session, instructions)
    if words:
        session.trace_end()
        seconds = time.process_time() - start
    return seconds / ran * 1e9, ran


def measure(
    make: Callable[[str], Session], engine: str, words: str, instructions: int, repeat: int, folder: Path
) -> dict[str, float]:
    """One row: nanoseconds an instruction without and with the trace in each form, and bytes an instruction.

    The profile's ratio is that of all lines, whatever the words are.
    """
    paths = {"text": folder / "x.trace", "kmt": folder / "x.kmt"}
    plain, traced, followed = [], {form: [] for form in paths}, []
    ran = 0
    for _ in range(repeat):
        plain.append(run(make, engine, instructions)[0])
        followed.append(run(make, engine, instructions, profile=Profile())[0])
        for form, path in paths.items():
            took, ran = run(make, engine, instructions, words, path)
            traced[form].append(took)
    row = {"untraced_ns": min(plain), "profile_ratio": min(followed) / min(plain)}
    for form, path in paths.items():
        row[f"{form}_ns"] = min(traced[form])
        row[f"{form}_ratio"] = min(traced[form]) / min(plain)
        row[f"{form}_bytes"] = path.stat().st_size / ran
    return row


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--instructions", type=int, default=10_000_000)
    parser.add_argument("--filters", default="all;all,regs;exec;port", help="which, with semicolons")
    parser.add_argument("--engines", default="unicorn,v30,lockstep")
    parser.add_argument("--firmwares", default=",".join(FIRMWARES), help="which, with commas")
    parser.add_argument("--repeat", type=int, default=2)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    head = (
        f"{'firmware':10} {'engine':9} {'filter':9} {'untraced':>9} {'text':>6} {'kmt':>6} {'text':>9} {'kmt':>8} "
        f"{'profile':>8}"
    )
    if not args.json:
        print(f"{args.instructions:,} instructions; ratios (reach: below 5), bytes an instruction\n{head}")
    rows = []
    for name in args.firmwares.split(","):
        for engine in args.engines.split(","):
            for words in args.filters.split(";"):
                with tempfile.TemporaryDirectory() as folder:
                    row = measure(FIRMWARES[name], engine, words, args.instructions, args.repeat, Path(folder))
                rows.append({"firmware": name, "engine": engine, "filter": words, **row})
                if not args.json:
                    print(
                        f"{name:10} {engine:9} {words:9} {row['untraced_ns']:6.1f} ns {row['text_ratio']:6.2f} "
                        f"{row['kmt_ratio']:6.2f} {row['text_bytes']:7.2f} B {row['kmt_bytes']:6.2f} B "
                        f"{row['profile_ratio']:8.2f}", flush=True,
                    )  # fmt: skip
    if args.json:
        print(json.dumps(rows, indent=2))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

"""What one instruction, port access, event and interrupt cost: each is the difference of two runs, per piece.

    .venv/bin/python bench/costs.py [--clocks 4000000] [--json]

The ports are measured twice: answered by a C function (what the engine's own dispatch costs) and by a Python device
that does nothing (what entering Python costs). Best of three; nanoseconds of CPU time, which other work on the machine
does not enter.
"""

from __future__ import annotations

import argparse
import ctypes
import json
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from board import Board
from firmware import assemble, rom_image
from korgm1.cpu.native import ffi
from korgm1.machine.engines import NAMES

NULL_PORTS = """
#include <stdint.h>
uint8_t null_in(void *user, uint16_t port) { (void)user; (void)port; return 0; }
void null_out(void *user, uint16_t port, uint8_t value) { (void)user; (void)port; (void)value; }
"""

UNROLLED = 64
START = "FA FC 31 C0 8E D8 8E D0 BC 00 80 BA 00 0A\n"    # DI; AW DS0 SS = 0; SP = 8000; DW = 0A00
NOTHING = assemble(START + "loop:" + " 89 D8" * UNROLLED + "\nE9 <<loop")     # MOV AW,BW
PORT_IN = assemble(START + "loop:" + " EC" * UNROLLED + "\nE9 <<loop")        # IN AL,DW
PORT_OUT = assemble(START + "loop:" + " EE" * UNROLLED + "\nE9 <<loop")       # OUT DW,AL
INTERRUPTED = assemble(                                                       # vector 20 -> F000:0180, a RETI
    START + "C7 06 80 00 80 01 C7 06 82 00 00 F0 FB\n loop:" + " 89 D8" * UNROLLED + "\nE9 <<loop"
).ljust(0x180, b"\x90") + b"\xcf"
EVERY = 400
"""Clocks between two events or interrupts: about a hundred instructions."""

Row = dict[str, float]


def build_null_ports(folder: Path) -> ctypes.CDLL:
    """The C functions of NULL_PORTS."""
    source, library = folder / "null.c", folder / "null.so"
    source.write_text(NULL_PORTS)
    subprocess.run(["cc", "-O2", "-shared", "-fPIC", str(source), "-o", str(library)], check=True)
    return ctypes.CDLL(str(library))


def answer_in_c(board: Board, library: ctypes.CDLL) -> None:
    """Let the C functions answer all ports."""
    bus = board.engine.bus.pointer  # type: ignore[attr-defined]
    bus.port_in = ffi.cast("uint8_t (*)(void *, uint16_t)", ctypes.cast(library.null_in, ctypes.c_void_p).value)
    bus.port_out = ffi.cast("void (*)(void *, uint16_t, uint8_t)", ctypes.cast(library.null_out, ctypes.c_void_p).value)


def timed(make: Callable[[], Board], clocks: int) -> tuple[float, int]:
    """CPU seconds for `clocks` (best of three, after a warm-up), and the instructions run in them."""
    best, count = float("inf"), 0
    for _ in range(3):
        board = make()
        board.run_until(clocks // 8)
        before, start = board.engine.instructions, time.process_time()
        board.run_until(clocks // 8 + clocks)
        best = min(best, time.process_time() - start)
        count = board.engine.instructions - before
    return best, count


def with_events(board: Board, fire: Callable[[], None]) -> Board:
    """A timer every EVERY clocks that calls `fire`."""

    def due() -> None:
        fire()
        timer.start(EVERY)

    timer = board.scheduler.timer("bench", due)
    timer.start(EVERY)
    return board


def measure(engine: str, clocks: int, library: ctypes.CDLL) -> Row:
    """Nanoseconds a piece on one engine."""

    def plain(program: bytes) -> Callable[[], Board]:
        return lambda: Board(rom_image(program), engine)

    def in_c(program: bytes) -> Callable[[], Board]:
        def make() -> Board:
            board = Board(rom_image(program), engine)
            answer_in_c(board, library)
            return board

        return make

    def eventful() -> Board:
        return with_events(Board(rom_image(INTERRUPTED), engine), lambda: None)

    def interrupted() -> Board:
        board = Board(rom_image(INTERRUPTED), engine)
        return with_events(board, lambda: board.engine.set_int(1))

    def each(run: tuple[float, int]) -> float:
        return run[0] / run[1] * 1e9

    mixed, move = each(timed(plain(rom_image_program()), clocks)), each(timed(plain(NOTHING), clocks))
    row = {"instruction, mixed": mixed, "instruction, MOV reg,reg": move}
    for name, program in (("IN", PORT_IN), ("OUT", PORT_OUT)):
        row[f"{name}, answered in C"] = each(timed(in_c(program), clocks))
        row[f"{name}, answered in Python"] = each(timed(plain(program), clocks // 4))
    quiet, _ = timed(plain(INTERRUPTED), clocks)
    events = clocks / EVERY
    busy, count = timed(eventful, clocks)
    row["event"] = (busy - quiet) / events * 1e9
    served, less = timed(interrupted, clocks)
    displaced = (count - less) / events + 1
    row["interrupt (INTA, vector, RETI), besides its event"] = (served - busy) / events * 1e9 + displaced * move
    return row


def rom_image_program() -> bytes:
    """The mix alone, without the ROM around it."""
    return rom_image()[0x10000:0x10400]


def all_costs(clocks: int) -> dict[str, Row]:
    """`measure` for every engine, by name."""
    with tempfile.TemporaryDirectory() as folder:
        library = build_null_ports(Path(folder))
        return {engine: measure(engine, clocks, library) for engine in NAMES}


def as_text(rows: dict[str, Row]) -> str:
    """A table, engines across."""
    lines = [f"{'nanoseconds':52}" + "".join(f"{engine:>10}" for engine in rows)]
    lines += [f"{name:52}" + "".join(f"{row[name]:10.0f}" for row in rows.values()) for name in rows["v30"]]
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clocks", type=int, default=4_000_000, help="emulated clocks a run")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    rows = all_costs(args.clocks)
    print(json.dumps(rows) if args.json else as_text(rows))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

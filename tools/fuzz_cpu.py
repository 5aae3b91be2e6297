"""Random programs on two engines that must agree: Unicorn against the V30 core.

    .venv/bin/python tools/fuzz_cpu.py --instructions 10000000 --seed 1
    .venv/bin/python tools/fuzz_cpu.py --seconds 60 --mode lockstep

An episode is 1 MB of random code (RAM with ROM, open bus and device pages in it) on which some dozens of runs begin,
each with registers, interrupts at random clocks and writes by the host of their own. Mode "lockstep" compares after
every instruction, "blocks" every 512 clocks; "free" lets Unicorn run by itself, in slices, and compares the ends;
"all" does them in turn.
A difference is made as small as it goes and written as NAME.json with NAME.py, a test that runs it again.
Exit codes: 0 no difference, 1 a difference, 2 usage, 130 stopped by Ctrl-C.
"""

from __future__ import annotations

import argparse
import math
import os
import random
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import needs_korgm1  # noqa: F401
from fuzz_case import BLOCKS, DEVICE, FREE, LOCKSTEP, MEMORY, OPEN, RAM, ROM, Case, Event, Make, Runner, shrink
from fuzz_code import code
from korgm1.cpu.v30_engine import V30Engine

INSTRUCTIONS = 1_000_000
NO_LIMIT = 1 << 62
RUNS = 40
MOST_CLOCKS = 4_000
MODES = {"lockstep": LOCKSTEP, "blocks": BLOCKS, "free": FREE}
SLICES = (0, 1, 7, 100, 1_000)
RENEW = 64
"""Episodes on one pair of engines: what they have seen before is part of the test."""

SNIPPET = '''"""Made by tools/fuzz_cpu.py: {difference}"""

from pathlib import Path

from fuzz_case import {makers}, Runner, from_json


def test_{name}() -> None:
    case = from_json(Path(__file__).with_suffix(".json"))
    assert Runner({makers}, {slice_clocks}).check(case) == ""
'''


@dataclass
class Found:
    """A difference: in which episode, what, the case (as small as it went), whether fresh engines show it."""

    episode: int
    mode: str
    slice_clocks: int
    difference: str
    case: Case
    fresh: bool


def memory_of(rng: random.Random) -> tuple[bytes, bytes]:
    """1 MB of code and its page kinds; an open page holds FF, as the bus does."""
    pages = bytearray([RAM]) * 256
    for _ in range(rng.randrange(6)):
        first, kind = rng.randrange(256), rng.choice((OPEN, ROM, ROM, DEVICE))
        for page in range(first, min(first + rng.randrange(1, 24), 256)):
            pages[page] = kind
    memory = bytearray(code(rng, MEMORY))
    for page, kind in enumerate(pages):
        if kind == OPEN:
            memory[page * 0x1000 : page * 0x1000 + 0x1000] = b"\xff" * 0x1000
    return bytes(memory), bytes(pages)


def _word(rng: random.Random) -> int:
    return rng.choice((rng.randrange(0x10000), rng.randrange(0x10000), rng.randrange(16), 0xFFFF, 0xFFFE, 0x8000))


def core_of(rng: random.Random, blank: dict[str, Any]) -> dict[str, Any]:
    """Any state between two instructions: segments near the end of memory, or alike; in every third run the pointers
    are near the code, which then writes itself, often at the end of a page."""
    segments = [rng.choice((rng.randrange(0x10000), 0xF000 + rng.randrange(0x1000), 0xFFFF, 0x1000)) for _ in range(4)]
    if rng.random() < 0.4:
        segments[rng.choice((0, 2, 3))] = segments[1]
    if rng.random() < 0.2:
        segments = [segments[1]] * 4
    registers, pc = [_word(rng) for _ in range(8)], _word(rng)
    if rng.random() < 0.33:
        segments = [segments[1]] * 4
        if rng.random() < 0.5:
            pc = (rng.randrange(16) * 0x1000 - segments[1] * 16 - rng.randrange(32)) & 0xFFFF
        for n in range(3, 8):
            registers[n] = pc + rng.randrange(-40, 60) & 0xFFFF
        registers[6 + rng.randrange(2)] &= 0x1F
    return {
        **blank, "r": registers, "s": segments, "pc": pc,
        "psw": 0xF002 | rng.randrange(0x10000) & rng.choice((0x0ED5, 0x0ED5, 0x0FD5)),
        "poll_line": int(rng.random() < 0.03), "waits": rng.randrange(256),
        "refresh_interval": rng.choice((0, 0, 40, 72, 256)), "refresh_waits": rng.randrange(4),
    }  # fmt: skip


def events_of(rng: random.Random, until: int) -> tuple[Event, ...]:
    """Interrupts, and writes by the host, in the order of their clocks."""
    events = []
    for _ in range(rng.choice((0, 0, 1, 3, 12))):
        what = rng.choice(("int", "int", "nmi", "poke"))
        data = rng.randbytes(rng.randrange(1, 5)) if what == "poke" else b""
        at = rng.randrange(MEMORY - 4) if what == "poke" else int(rng.random() < 0.8)
        events.append((rng.randrange(until), what, at, data))
    return tuple(sorted(events))


def pokes_in_ram(events: tuple[Event, ...], pages: bytes) -> Iterator[Event]:
    """Without the writes elsewhere."""
    for event in events:
        _, what, at, data = event
        if what != "poke" or all(pages[address >> 12] == RAM for address in (at, at + len(data) - 1)):
            yield event


def episode(seed: int, runner: Runner, most: int) -> tuple[str, Case] | None:
    """All runs of one episode, up to `most` instructions of the runner; the first difference and its case."""
    rng = random.Random(seed)
    memory, pages = memory_of(rng)
    blank = V30Engine(runner.boards[0], runner.boards[0], lambda: 0).snapshot()
    runner.load(memory, pages)
    for _ in range(RUNS):
        if runner.instructions >= most:
            break
        until = rng.randrange(100, MOST_CLOCKS)
        events = tuple(pokes_in_ram(events_of(rng, until), pages))
        before = runner.boards[0].image[:]
        case = Case(before, pages, core_of(rng, blank), events, until)
        difference = runner.run(case)
        if difference:
            return difference, case
    return None


def fuzz(
    instructions: int, seed: int, seconds: float = 0, mode: str = "all", quiet: bool = True,
    makers: dict[str, tuple[Make, ...]] = MODES,
) -> tuple[int, Found | None]:  # fmt: skip
    """Episodes until so many instructions (or seconds, host time) are done or a difference is found.

    Args:
        instructions: of the V30 core.
        seed: episode n of it is always the same.
        seconds: 0 = no limit.
        mode: one of MODES, or "all".
        makers: the engines of each mode.

    Returns:
        how many instructions were executed, and what was found.
    """
    begun = reported = time.monotonic()
    done = number = 0
    runners: dict[str, Runner] = {}
    while done < instructions and not (seconds and time.monotonic() - begun > seconds):
        name = mode if mode != "all" else tuple(MODES)[number % len(MODES)]
        if number % RENEW < len(MODES) or name not in runners:
            runners[name] = Runner(makers[name])
        runner = runners[name]
        runner.slice_clocks = SLICES[number // len(MODES) % len(SLICES)] if name == "free" else 0
        runner.instructions = 0
        found = episode(seed * 1_000_003 + number, runner, instructions - done)
        done += runner.instructions
        if found:
            difference, case = found
            smaller = shrink(case, makers[name], runner.slice_clocks)
            return done, Found(number, name, runner.slice_clocks, difference, smaller or case, smaller is not None)
        number += 1
        if not quiet and time.monotonic() - reported > 5:
            reported = time.monotonic()
            print(f"{done:,} instructions, {number} episodes, {done / (reported - begun):,.0f} a second", flush=True)
    return done, None


def write(found: Found, seed: int, folder: Path) -> Path:
    """The case and its test; the path of the case."""
    name = f"fuzz_{seed}_{found.episode}"
    path = folder / f"{name}.json"
    path.write_text(found.case.to_json(), "utf-8")
    first_line = found.difference.splitlines()[0].replace('"', "'")
    snippet = SNIPPET.format(
        difference=first_line, name=name, makers=found.mode.upper(), slice_clocks=found.slice_clocks
    )
    path.with_suffix(".py").write_text(snippet, "utf-8")
    return path


def main(arguments: list[str] | None = None) -> int:
    """The command line; 0 when nothing was found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--instructions", type=int, metavar="N", help=f"how many (default: {INSTRUCTIONS:,}, with --seconds no limit)"
    )
    parser.add_argument("--seconds", type=float, default=0, metavar="S", help="or so long (default: no limit)")
    parser.add_argument("--seed", type=int, default=1, help="which programs (default: %(default)s)")
    parser.add_argument("--mode", choices=(*MODES, "all"), default="all", help="default: %(default)s")
    parser.add_argument("--out", type=Path, default=Path("."), metavar="DIR", help="where a found case goes")
    args = parser.parse_args(arguments)
    if args.instructions is not None and args.instructions < 1:
        parser.error(f"--instructions is {args.instructions}, expected 1 or more")
    if not 0 <= args.seconds < math.inf:
        parser.error(f"--seconds is {args.seconds:g}, expected a number from 0")
    try:
        args.out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        parser.error(f"--out {args.out} cannot be used: {error.strerror}")
    if not os.access(args.out, os.W_OK | os.X_OK):
        parser.error(f"--out {args.out} cannot be written to")
    instructions = args.instructions or (NO_LIMIT if args.seconds else INSTRUCTIONS)
    try:
        done, found = fuzz(instructions, args.seed, args.seconds, args.mode, quiet=False)
    except KeyboardInterrupt:
        print("stopped; no difference until then", file=sys.stderr)
        return 130
    if found is None:
        print(f"{done:,} instructions without a difference")
        return 0
    path = write(found, args.seed, args.out)
    print(f"a difference after {done:,} instructions, episode {found.episode}, mode {found.mode}:\n{found.difference}")
    print(f"written: {path}" if found.fresh else f"written whole, fresh engines do not show it: {path}")
    return 1


if __name__ == "__main__":
    sys.exit(main())

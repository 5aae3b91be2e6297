"""korgm1 trace calls|profile|coverage: what a traced program did, counted."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from korgm1.errors import EXIT_OK, M1Error, UserError
from korgm1.files import check_apart, check_writable, write_atomic
from korgm1.verbs.trace_names import add_name_options, symbols_of

if TYPE_CHECKING:
    from korgm1.profiling import Profile
    from korgm1.symbols import Symbols

EXAMPLES = """\
examples:
  korgm1 boot --trace x.kmt --trace-filter exec,int,mem,port    all that a profile can use
  korgm1 trace profile x.kmt --count 20             the functions with the most clocks of their own
  korgm1 trace profile x.kmt --folded x.folded      for flamegraph.pl x.folded > x.svg, and for speedscope.app
  korgm1 trace calls x.kmt | less                   who calls whom, how often, for how long
  korgm1 trace calls x.kmt --dot | dot -Tsvg > calls.svg
  korgm1 trace coverage x.kmt -o map.png            what of ROM and RAM was executed, read, written
  korgm1 trace profile x.kmt --firmware openm1:24   with the names that an analysis of the firmware gives
  korgm1 trace profile x.kmt --symbols names.csv    with your own (columns address and name)

Clocks are 8,000,000 a second. A profile needs every instruction and interrupt (exec,int) in the trace; with memory
accesses (mem), too, dropped return addresses are seen and coverage knows of data. docs/trace-format.md has the rules.
exit code: 1 if the file is damaged or was cut off; what could be read has been counted and printed.
"""


def add_actions(deeds: Any) -> None:
    """Add `calls`, `profile` and `coverage` to the verbs below `trace`."""
    one = _action(deeds, "calls", run_calls, "who calls whom", "Print the call graph with counts and clocks.")
    form = one.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print one JSON object")
    form.add_argument("--dot", action="store_true", help="print the graph for Graphviz")
    one.add_argument("--count", type=_count, metavar="N", help="so many functions at most, those with the most clocks")

    one = _action(deeds, "profile", run_profile, "clocks by function", "Print the clocks of each function.")
    one.add_argument("--json", action="store_true", help="print one JSON object")
    one.add_argument("--folded", metavar="OUT", help="write folded stacks, as flamegraph.pl and speedscope read them")
    one.add_argument("--count", type=_count, metavar="N", help="so many functions at most")

    one = _action(
        deeds, "coverage", run_coverage, "what of the memory was used",
        "Print what of ROM and RAM was executed, read and written, by KB; with -o draw every byte.",
    )  # fmt: skip
    one.add_argument("--json", action="store_true", help="print one JSON object")
    one.add_argument("-o", "--output", metavar="OUT", help="the map, a PNG")


def run_calls(args: argparse.Namespace) -> int:
    """Print the call graph."""
    from korgm1.profiling import tables

    with profile_of(args.file) as profile:
        symbols = symbols_of(args, profile)
        if args.json:
            print(json.dumps(tables.calls_json(profile, symbols), indent=2))
        else:
            print((tables.dot if args.dot else tables.calls_text)(profile, symbols, args.count))
    return EXIT_OK


def run_profile(args: argparse.Namespace) -> int:
    """Write folded stacks, and print clocks by function."""
    from korgm1.profiling import tables

    check_apart([("FILE", args.file), ("--symbols", args.symbols)], [("--folded", args.folded)])
    if args.folded:
        check_writable(Path(args.folded))
    with profile_of(args.file) as profile:
        symbols = symbols_of(args, profile)
        if args.folded:
            write_folded(Path(args.folded), profile, symbols)
        if args.json:
            print(json.dumps(tables.profile_json(profile, symbols), indent=2))
        else:
            print(tables.profile_text(profile, symbols, args.count))
    return EXIT_OK


def run_coverage(args: argparse.Namespace) -> int:
    """Draw what of the memory was used, and print it."""
    from korgm1.profiling import coverage

    check_apart([("FILE", args.file), ("--symbols", args.symbols)], [("-o", args.output)])
    if args.output:
        from korgm1.verbs.coverage_plot import draw
        from korgm1.verbs.plotting import check_picture

        check_picture(Path(args.output))
        check_writable(Path(args.output))
    with profile_of(args.file, whole=False) as profile:
        symbols = symbols_of(args, profile)
        idle, left_out = coverage.idle(profile, symbols), _left_out(profile)
        if args.output:
            draw(Path(args.output), profile, f"What a run used of the memory: {Path(args.file).name}")
        if args.json:
            names = [{"address": f"{address:05X}", "name": name} for address, name in idle]
            block = {**coverage.as_json(profile), "not_in_the_trace": left_out}
            print(json.dumps({**block, "never_executed": names} if symbols.names else block, indent=2))
            return EXIT_OK
        print(coverage.text(profile))
        if left_out:
            print(f"\nnot in this trace, or not all of it: {', '.join(left_out)}")
        if symbols.names:
            print(f"\nfunctions in the ROM that were never executed: {len(idle)} of {len(symbols.functions or ())}")
            print("".join(f"  {address:05X} {name}\n" for address, name in idle), end="")
    return EXIT_OK


def write_folded(path: Path, profile: Profile, symbols: Symbols) -> None:
    """Write folded stacks, all or nothing.

    Raises:
        UserError: the file cannot be written.
    """
    from korgm1.profiling.tables import folded

    write_atomic(path, "".join(f"{line}\n" for line in folded(profile, symbols)).encode())


@contextmanager
def profile_of(path: str, whole: bool = True) -> Iterator[Profile]:
    """The profile of a trace. A fault of the file is raised when what could be read has been used.

    Raises:
        UserError: it is no trace, or leaves out what is needed; or it is damaged.
    """
    from korgm1.profiling import Profile
    from korgm1.trace_reading import open_trace

    profile = Profile()
    fault: M1Error | None = None
    with open_trace(path) as trace:
        try:
            watched(trace.profile(profile, whole), Path(path).stat().st_size)
        except UserError as error:
            if not profile.instructions and whole:
                raise
            fault = error
    yield profile
    if fault is not None:
        raise fault


def watched(steps: Iterator[int], size: int) -> None:
    """Take all steps; on a terminal say how far they have come once it takes longer than a second."""
    begun, shown = time.monotonic(), 0.0
    for done in steps:
        now = time.monotonic()
        if now - begun > 1 and now - shown > 0.1 and sys.stderr.isatty():
            shown = now
            text = f"reading: {100 * done / max(size, 1):5.1f}% of {size:,} bytes"
            print(f"\r{text}", end="", file=sys.stderr, flush=True)
    if shown:
        print("\r" + " " * 60 + "\r", end="", file=sys.stderr, flush=True)


def _left_out(profile: Profile) -> list[str]:
    whole = {"exec": (0, 0xFFFFF), "memr": (0, 0xFFFFF), "memw": (0, 0xFFFFF)}
    words = {"exec": "instructions", "memr": "reads", "memw": "writes"}
    ranges = profile.words.ranges
    return [words[kind] for kind, span in whole.items() if span not in ranges.get(kind, ())]


def _action(deeds: Any, name: str, run: Any, help_: str, description: str) -> argparse.ArgumentParser:
    one: argparse.ArgumentParser = deeds.add_parser(
        name, help=help_, description=description, epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    one.add_argument("file", metavar="FILE", help="a file of --trace, or the .part of a run that was killed")
    add_name_options(one)
    one.set_defaults(run=run)
    return one


def _count(text: str) -> int:
    if not (text.isascii() and text.isdecimal()) or not 0 < int(text) < 1 << 31:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of functions, 1 or more")
    return int(text)

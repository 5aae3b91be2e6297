"""korgm1 scenario: owners' reports, played on the emulated board."""

from __future__ import annotations

import argparse
import json
import sys
import textwrap
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Any

from korgm1.errors import EXIT_OK, Stopped, UsageError
from korgm1.files import check_apart, check_writable, write_atomic
from korgm1.hypotheses import all_hypotheses
from korgm1.verbs.options import ENGINES
from korgm1.verbs.signals import asked_to_stop
from korgm1.verbs.state import DIFFERENT
from korgm1.verbs.words import named

if TYPE_CHECKING:
    from korgm1.scenario.running import PhaseRun, Run

EPILOG = """\
examples:
  korgm1 scenario list                            what can be played, and what not, and why
  korgm1 scenario run dead-cell                   what was reported beside what is emulated
  korgm1 scenario run dead-cell --control         the same without what makes the case
  korgm1 scenario run dead-cell --png lcd.png     the display at the end
  korgm1 scenario run --all                       every one, and a table
  korgm1 scenario run my.toml                     one of your own (docs/scenarios.md has the format)
Exit codes: 0 all expectations hold, 5 at least one does not, 1 a file that cannot be used, 2 usage, 130 Ctrl-C.
"""
LEFT, GAP, RIGHT = 46, 3, 51
"""Columns: what was reported, and what is emulated."""


def add_parser(subparsers: Any) -> None:
    """Put this verb on the command line."""
    parser = subparsers.add_parser(
        "scenario",
        help="play owners' reports, and compare",
        description="Cases made of owners' reports: set up, played, and compared with what was reported.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    deeds = parser.add_subparsers(title="what", dest="deed", metavar="list|run", required=True)
    one = deeds.add_parser("list", help="what there is", description="List all cases.")
    one.add_argument("--json", action="store_true", help="print one JSON object")
    one.set_defaults(run=run_list)
    one = deeds.add_parser("run", help="play some", description="Play cases and print reported beside emulated.")
    one.add_argument("names", nargs="*", metavar="NAME", help="of korgm1 scenario list, or a file NAME.toml")
    one.add_argument("--all", action="store_true", help="every one that can be played")
    one.add_argument("--engine", choices=ENGINES, default=ENGINES[0], help="the CPU; default: unicorn")
    one.add_argument("--control", action="store_true", help="leave out what makes the case: then it must differ")
    one.add_argument("--png", type=named, metavar="FILE", help="draw the last LCD picture of the one NAME dot by dot")
    one.add_argument("--json", action="store_true", help="print one JSON object")
    one.set_defaults(run=run_some)


def run_list(args: argparse.Namespace) -> int:
    """Print the list."""
    from korgm1.scenario.description import all_scenarios

    rows = list(all_scenarios().values())
    if args.json:
        print(json.dumps([
            {
                "name": row.name, "title": row.title, "model": row.model, "cannot": row.cannot or None,
                "sources": [source.where for source in row.sources],
            } for row in rows
        ], indent=2))
        return EXIT_OK
    width = max(len(row.name) for row in rows)
    for row in rows:
        if not row.cannot:
            print(f"{row.name:{width}}  {row.title}")
    print("\nReports that cannot be played yet:")
    for row in rows:
        if row.cannot:
            print(textwrap.fill(
                f"{row.title}: {row.cannot}", 98, initial_indent=f"{row.name:{width}}  ",
                subsequent_indent=" " * (width + 2),
            ))
    return EXIT_OK


def run_some(args: argparse.Namespace) -> int:
    """Play and print."""
    from korgm1.scenario.description import all_scenarios, scenario_named
    from korgm1.scenario.running import run

    if args.all == bool(args.names):
        raise UsageError("no scenario is named" if not args.names else "--all and a NAME exclude each other",
                         "a NAME, or --all", "korgm1 scenario list")
    chosen = [row for row in all_scenarios().values() if not row.cannot] if args.all else [
        scenario_named(name) for name in args.names
    ]
    if args.png and len(chosen) != 1:
        raise UsageError(f"--png with {len(chosen)} scenarios", "one NAME")
    if args.png:
        check_apart([("NAME", args.names[0] if args.names else None)], [("--png", args.png)])
        check_writable(Path(args.png))
    runs: list[Run] = []
    with asked_to_stop() as asked:
        for row in chosen:
            if sys.stderr.isatty():
                print(f"\r{row.name:40}", end="", file=sys.stderr, flush=True)
            try:
                runs.append(run(row, args.engine, args.control, lambda: asked))
            except Stopped as stopped:
                raise Stopped(f"{stopped.found}; {len(runs)} of {len(chosen)} were played to their end") from None
            finally:
                if sys.stderr.isatty():
                    print("\r" + " " * 40 + "\r", end="", file=sys.stderr, flush=True)
            if not args.json:
                print(report(runs[-1]), flush=True)
    if args.png:
        write_atomic(Path(args.png), runs[0].png)
    if args.json:
        print(json.dumps([one.to_dict() for one in runs], indent=2))
    elif len(runs) > 1:
        print(summary(runs))
    return EXIT_OK if all(one.holds for one in runs) else DIFFERENT


def report(run: Run) -> str:
    """A case that was played: reported beside emulated, at most 100 columns wide."""
    row = run.scenario
    lines = ["=" * (LEFT + GAP + RIGHT), *textwrap.wrap(f"{row.name}: {row.title}", LEFT + GAP + RIGHT)]
    if run.control and row.control is not None:
        lines.append(f"the control run: {row.control.says}")
    lines.append("")
    left = ["REPORTED", "", *textwrap.wrap(row.reported, LEFT), ""]
    for source in row.sources:
        says = f"; {source.says}" if source.says else ""
        left += textwrap.wrap(f"{source.where} ({source.confidence}{says})", LEFT, subsequent_indent="  ")
    head = f"EMULATED ({row.model}, {_set_up(run)})"
    right = textwrap.wrap(head, RIGHT, subsequent_indent="  ", break_on_hyphens=False)
    for played in run.phases:
        right += ["", *_phase(played)]
    lines += [
        f"{one:{LEFT}}{' ' * GAP}{other}".rstrip() for one, other in zip_longest(left, right, fillvalue="")
    ]
    for title, texts in (("assumed", [_assumed(text) for text in row.assumed]), ("differs", row.differs)):
        if texts:
            lines.append("")
        for text in texts:
            lines += textwrap.wrap(
                text, LEFT + GAP + RIGHT, initial_indent=f"{title}: ", subsequent_indent=" " * (len(title) + 2)
            )
    lines += ["", f"verdict: {run.verdict}", ""]
    return "\n".join(lines)


def summary(runs: list[Run]) -> str:
    """A table of the cases that were played."""
    width = max(len(one.scenario.name) for one in runs)
    lines = [f"{one.scenario.name:{width}}  {one.verdict}" for one in runs]
    right = sum(one.holds for one in runs)
    return "\n".join(["=" * (LEFT + GAP + RIGHT), *lines, "", f"{right} of {len(runs)} as expected"])


def _set_up(run: Run) -> str:
    setup = run.setup
    parts = [f"cell {setup.battery}", f"{setup.celsius:g} C", *setup.faults]
    parts += [f"{key}={value}" for key, value in setup.hypotheses.items()]
    if setup.sram != "bank":
        parts.append({"init": "memory as initialised", "none": "memory never powered"}[setup.sram])
    if setup.seed:
        parts.append(f"seed {setup.seed}")
    return ", ".join(parts)


def _assumed(text: str) -> str:
    """A hypothesis with the first sentence of its claim; anything else as it is."""
    known = all_hypotheses().get(text)
    return text if known is None else f"{text}, {known.claim.partition('. ')[0].rstrip('.')}"


def _phase(played: PhaseRun) -> list[str]:
    """A phase as lines of the right column."""
    phase = played.phase
    words = " ".join(str(step) for step in phase.steps)
    lines = [*textwrap.wrap(phase.title, RIGHT), *textwrap.wrap(words, RIGHT - 2, break_on_hyphens=False)]
    for number in range(len(textwrap.wrap(phase.title, RIGHT)), len(lines)):
        lines[number] = "> " + lines[number]
    for picture in played.pictures:
        first, second = (line.rstrip() for line in picture.lcd)
        if first or second:
            lines.append(f"{picture.seconds:8.3f} s {first}")
        if second:
            lines.append(" " * 11 + second)
    for check in played.checks:
        if not check.holds:
            text = f"DIFFERS: {check.what}: expected {check.expected}; found {check.found}"
        elif check.what.startswith("LCD") or check.what.startswith("MIDI OUT never"):
            continue
        else:
            text = f"{check.what}: {check.found}"
        lines += textwrap.wrap(text, RIGHT, subsequent_indent="  ")
    return lines

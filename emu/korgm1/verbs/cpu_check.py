"""korgm1 cpu-check: run hardware recordings of single instructions on an engine."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from korgm1.cpu.cases import CaseBoard, CaseRunner, CheckResult, Progress, check
from korgm1.errors import EXIT_OK, UserError
from korgm1.machine.engines import NAMES, make_engine

EPILOG = """\
examples:
  korgm1 cpu-check v30-public.jsonl.gz
  korgm1 cpu-check --engine all *.jsonl.gz
  korgm1 cpu-check --json cases.jsonl
  korgm1 cpu-check --clocks v30-public.jsonl.gz
  korgm1 cpu-check v1_native/

A file holds one case a line, JSON, plain or .gz: op, name, bytes, mask, regs, ram, final_regs, final_ram, and for a V30
bus. A folder, or a file .json or .MOO, plain or .gz, is a SingleStepTests suite (V20, 8086, 8088) as it is published;
its metadata.json, beside the files, masks the flags. A row is printed for each form with a case that fails (--forms:
for all): form, passed/total, the first difference. Opcodes that a suite calls undefined are run and counted apart;
those it calls invalid, and those of an 8086 that a V30 has not got, are not run. The last line is PASSED of TOTAL,
without them. --clocks adds, for the cases that have clocks and queue, a row for each form: how many take just the
recorded clocks, the mean and the worst error; and the share and the error over all. A suite's clocks are of an 8-bit
bus and not compared. --engine all does it on one engine after the other; --json then prints a list. On a terminal the
file that is run is shown; a whole V20 suite takes a quarter of an hour.
Exit codes: 0 all pass, 1 some fail or a file cannot be used (the others are run all the same).
"""


def add_parser(subparsers: Any) -> None:
    """Put this verb on the command line."""
    parser = subparsers.add_parser(
        "cpu-check",
        help="run single-instruction recordings of real chips",
        description="Run single-instruction cases recorded on hardware on one of the CPU engines.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("files", nargs="+", metavar="FILE", type=Path, help="JSON-lines cases, or a suite")
    parser.add_argument("--engine", choices=[*NAMES, "all"], default=NAMES[0], help="which core (default: %(default)s)")
    parser.add_argument("--clocks", action="store_true", help="compare clocks too, and print them by form")
    parser.add_argument("--forms", action="store_true", help="a row for each form, not only for those that fail")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(run=run)


def cpu_check(paths: Sequence[Path], engine: str = NAMES[0], progress: Progress | None = None) -> CheckResult:
    """Run all cases of some files.

    Args:
        paths: JSON-lines files, plain or .gz; folders and files of a SingleStepTests suite.
        engine: one of `korgm1.machine.engines.NAMES`.
        progress: called before each file with it, its number from 1 and how many there are.

    Returns:
        The tally. Its `errors` has the files that are not there, cannot be read, hold no case or have a broken line.

    Raises:
        UsageError: there is no such engine.
    """
    board = CaseBoard()
    core = make_engine(engine, board.memory, board.ports, board.acknowledge)
    return check(paths, CaseRunner(board, core, getattr(core, "bus", None)), progress)


def show_progress(file: Path, number: int, count: int) -> None:
    """The file that is run, on a line of its own that the next one overwrites; after the last the line is empty."""
    print(f"\r\x1b[K{number} of {count}: {file.name}", end="", file=sys.stderr, flush=True)


def run(args: argparse.Namespace) -> int:
    """Print the result of each engine, then what was wrong with files; exit code 0 when all pass, else 1."""
    watched = sys.stderr.isatty()
    results = []
    for engine in NAMES if args.engine == "all" else [args.engine]:
        result = cpu_check(args.files, engine, show_progress if watched else None)
        results.append(result)
        if watched:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)
        if not args.json:
            if args.engine == "all":
                print(f"{engine}:")
            if args.clocks:
                print(clocks_as_text(result))
            print(as_text(result, args.forms), flush=True)
    if args.json:
        found = [as_json(result) for result in results]
        print(json.dumps(found if args.engine == "all" else found[0], indent=2), flush=True)
    for error in results[0].errors:
        print(f"korgm1: {error}", file=sys.stderr)
    passed = all(result.passed == result.total and not result.errors for result in results)
    return EXIT_OK if passed else UserError.exit_code


def as_json(result: CheckResult) -> dict[str, Any]:
    """The result as one JSON object; `failing` has the forms with a case that fails."""
    return {
        "engine": result.engine,
        "passed": result.passed,
        "total": result.total,
        "forms": len(result.forms),
        "failing": {
            name: {"passed": form.passed, "total": form.total, "first": form.first}
            for name, form in result.forms.items()
            if form.passed != form.total
        },
        "clocks": {
            name: {
                "timed": form.timed, "exact": form.exact, "clocks": form.clocks, "errors": form.errors,
                "worst": form.worst, "worst_case": form.worst_case,
            }
            for name, form in result.forms.items()
            if form.timed
        },
        "undefined": {
            name: {"passed": form.passed, "total": form.total, "first": form.first}
            for name, form in result.undefined.items()
        },
        "invalid": result.invalid,
        "other": result.other,
        "errors": [error.found for error in result.errors],
    }


def as_text(result: CheckResult, every: bool = False) -> str:
    """The result as lines; the last is PASSED of TOTAL.

    Args:
        every: a row for each form, not only for those with a case that fails.
    """
    rows = [
        f"{name:8} {form.passed}/{form.total}  {form.first}".rstrip()
        for name, form in result.forms.items()
        if every or form.passed != form.total
    ]
    if result.undefined:
        passed, total = (sum(getattr(form, key) for form in result.undefined.values()) for key in ("passed", "total"))
        rows.append(f"undefined opcodes: {passed} of {total} as recorded ({' '.join(result.undefined)})")
    if result.invalid:
        rows.append(f"invalid opcodes: {sum(result.invalid.values())} not run ({' '.join(result.invalid)})")
    if result.other:
        rows.append(f"not of a V30: {sum(result.other.values())} not run ({' '.join(result.other)})")
    whole = sum(form.passed == form.total for form in result.forms.values())
    if len(result.forms) > 1 and (every or whole < len(result.forms)):
        rows.append(f"forms: {whole} of {len(result.forms)} pass whole")
    rows.append(f"{result.passed} of {result.total}")
    return "\n".join(rows)


def clocks_as_text(result: CheckResult) -> str:
    """The clocks as lines: a row for each form that has some, the last over all of them."""
    forms = {name: form for name, form in result.forms.items() if form.timed}
    rows = [
        f"{name:8} {form.exact}/{form.timed} exact, mean error {form.errors / form.timed:.2f}, worst {form.worst:+d}"
        + (f"  {form.worst_case}" if form.worst_case else "")
        for name, form in forms.items()
    ]
    timed = sum(form.timed for form in forms.values())
    if not timed:
        return "no case has clocks"
    exact = sum(form.exact for form in forms.values())
    errors, clocks = sum(form.errors for form in forms.values()), sum(form.clocks for form in forms.values())
    share, error = 100 * exact / timed, 100 * errors / clocks
    rows.append(f"clocks: {exact} of {timed} exact ({share:.2f} %), total error {error:.3f} %")
    return "\n".join(rows)

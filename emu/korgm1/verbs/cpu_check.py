"""korgm1 cpu-check: run hardware recordings of single instructions on an engine."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from korgm1.cpu.cases import CaseBoard, CaseRunner, CheckResult, check
from korgm1.errors import EXIT_OK
from korgm1.machine.engines import NAMES, make_engine

EPILOG = """\
examples:
  korgm1 cpu-check v30-public.jsonl.gz
  korgm1 cpu-check --engine unicorn *.jsonl.gz
  korgm1 cpu-check --json cases.jsonl
  korgm1 cpu-check v1_native/

A file holds one case a line, JSON, plain or .gz: op, name, bytes, mask, regs, ram, final_regs, final_ram, and for a V30
bus. A folder, or a file .json or .MOO, plain or .gz, is a SingleStepTests suite (V20, 8086, 8088) as it is published;
its metadata.json, beside the files, masks the flags. A row is printed for each form with a case that fails: form,
passed/total, the first difference. Cases in which a pin changes (evt) and opcodes that a suite calls invalid are
counted apart. The last line is PASSED of TOTAL, without them.
Exit codes: 0 all pass, 1 some fail or a file cannot be read.
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
    parser.add_argument("--engine", choices=NAMES, default=NAMES[0], help="which core (default: %(default)s)")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(run=run)


def cpu_check(paths: Sequence[Path], engine: str = NAMES[0]) -> CheckResult:
    """Run all cases of some files.

    Args:
        paths: JSON-lines files, plain or .gz; folders and files of a SingleStepTests suite.
        engine: one of `korgm1.machine.engines.NAMES`.

    Raises:
        UserError: a file that is not there, cannot be read, or has a broken line.
        UsageError: there is no such engine.
    """
    board = CaseBoard()
    core = make_engine(engine, board.memory, board.ports, board.acknowledge)
    return check(paths, CaseRunner(board, core, getattr(core, "bus", None)))


def run(args: argparse.Namespace) -> int:
    """Print the result; exit code 0 when all pass, else 1."""
    result = cpu_check(args.files, args.engine)
    if args.json:
        print(json.dumps(as_json(result), indent=2))
    else:
        print(as_text(result))
    return EXIT_OK if result.passed == result.total else 1


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
        "pin_events": result.pin_events,
        "invalid": result.invalid,
    }


def as_text(result: CheckResult) -> str:
    """The result as lines; the last is PASSED of TOTAL."""
    rows = [
        f"{name:8} {form.passed}/{form.total}  {form.first}"
        for name, form in result.forms.items()
        if form.passed != form.total
    ]
    if result.pin_events:
        rows.append(f"pin events: {sum(result.pin_events.values())} not run ({' '.join(result.pin_events)})")
    if result.invalid:
        rows.append(f"invalid opcodes: {sum(result.invalid.values())} not run ({' '.join(result.invalid)})")
    rows.append(f"{result.passed} of {result.total}")
    return "\n".join(rows)

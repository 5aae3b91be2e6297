"""korgm1 faults: what can be broken on purpose."""

from __future__ import annotations

import argparse
import json
import textwrap
from typing import Any

from korgm1.machine.faults import FAULTS, FaultKind

EPILOG = """\
examples:
  korgm1 faults
  korgm1 faults --json
  korgm1 boot --fault r29-open                                   the warning with a good cell
  korgm1 boot --battery absent --fault node-pull-up=10k --fault fram
  korgm1 boot --fault sram-bit=0x1234.5=1 --fault key-stuck=INT  more than one
"""


def add_parser(subparsers: Any) -> None:
    """Put this verb on the command line."""
    parser = subparsers.add_parser(
        "faults",
        help="list the parts and wires that can be broken with --fault",
        description="List the faults that boot, run, age, sweep and state save take as --fault NAME or NAME=ARGUMENT.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print the list."""
    if args.json:
        print(json.dumps({name: about(kind) for name, kind in FAULTS.items()}, indent=2))
        return 0
    for kind in FAULTS.values():
        print(kind.written)
        texts = {"does": kind.does, "reported": kind.reported, "source": kind.source}
        if kind.example:
            texts["example"] = f"--fault {kind.name}={kind.example}" + (" (may be repeated)" if kind.many else "")
        for label, text in texts.items():
            print(textwrap.fill(text, 108, initial_indent=f"  {label}: ", subsequent_indent="    "))
        print()
    return 0


def about(kind: FaultKind) -> dict[str, Any]:
    """A row as plain values.

    >>> about(FAULTS["key-stuck"])["example"]
    'key-stuck=INT'
    """
    return {
        "argument": kind.argument,
        "written": kind.written,
        "example": f"{kind.name}={kind.example}" if kind.example else kind.name,
        "does": kind.does,
        "reported": kind.reported,
        "source": kind.source,
        "repeatable": kind.many,
    }

"""korgm1 probe: a battery of experiments on one firmware, and the dossier of what they found."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from korgm1.errors import EXIT_OK, Stopped, UsageError
from korgm1.files import check_apart, check_writable, write_atomic
from korgm1.machine.models import MODELS
from korgm1.romset.firmware_file import HELP, files_of, model_of, read_firmware
from korgm1.verbs import signals
from korgm1.verbs.progress import Teller
from korgm1.verbs.words import named

EPILOG = """\
examples:
  korgm1 probe openm1:24                                      all experiments on a build of OpenM1
  korgm1 probe ~/dumps -o dossier.json --markdown dossier.md  your dump; a file for programs, a page for people
  korgm1 probe ic23.bin ic32.bin --only threshold,validity    some of them
  korgm1 probe openm1:06 --model m1r --json                   one JSON object
  korgm1 probe --list                                         the experiments, and what each asks

Everything is found by running the firmware on the emulated board: nothing is read out of its code. Each answer says how
it was found, how sure it is and what it does not show. Where a firmware comes to no page that stands still, each
experiment says so; every boot is bounded. The same firmware gives the same dossier, byte for byte.

exit code: 0 whatever was found, 3 if FIRMWARE is none.
"""


def add_parser(subparsers: Any) -> None:
    """Put this verb on the command line."""
    parser = subparsers.add_parser(
        "probe",
        help="experiments on one firmware: battery threshold, RAM validity, keys, interrupts ...",
        description="Find out by experiments what nobody documents: what a firmware does at its borders.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("firmware", nargs="*", metavar="FIRMWARE", help=HELP)
    parser.add_argument("--model", choices=tuple(MODELS), help="default: the firmware's own, else m1")
    parser.add_argument("--only", metavar="NAME,...", help="these experiments (--list)")
    parser.add_argument("-o", "--out", type=named, metavar="FILE", help="the dossier as JSON")
    parser.add_argument("--markdown", type=named, metavar="FILE", help="the dossier as a page")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--workers", type=int, metavar="N", help="processes; default: one a processor")
    parser.add_argument("--list", action="store_true", help="list the experiments and end")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Do the experiments; returns the exit code."""
    from korgm1.experiments.dossier import EXPERIMENTS, chosen, dossier
    from korgm1.workers import processors

    if args.list:
        for one in EXPERIMENTS:
            print(f"{one.name:10}  {one.question}")
        return EXIT_OK
    if not 1 <= len(args.firmware) <= 2:
        raise UsageError(f"{len(args.firmware)} words name a firmware", HELP, "korgm1 probe openm1:24")
    workers = processors() if args.workers is None else args.workers
    if not 1 <= workers <= 256:
        raise UsageError(f"--workers {workers}", "1 to 256 processes")
    outputs = [("-o", args.out), ("--markdown", args.markdown)]
    firmware = read_firmware(args.firmware)
    check_apart(files_of(args.firmware, firmware), outputs)
    for _, path in outputs:
        if path:
            check_writable(Path(path))
    model = args.model or model_of(firmware)
    only = None if args.only is None else [word.strip() for word in args.only.split(",") if word.strip()]
    names = chosen(only, model)
    if not names:
        raise UsageError("--only names no experiment", "one or more of " + ",".join(one.name for one in EXPERIMENTS))
    for warning in firmware.warnings:
        print(f"warning: {warning}", file=sys.stderr)
    with signals.asked_to_stop() as asked, Teller() as teller:
        try:
            found = dossier(
                firmware, model, names, min(workers, len(names)), teller.show, lambda: min(2, 2 * len(asked)))
        except Stopped:
            raise signals.stopped(when="in the experiments") from None
    if args.out:
        write_atomic(Path(args.out), found.json().encode())
    if args.markdown:
        write_atomic(Path(args.markdown), found.markdown().encode())
    print(found.json() if args.json else found.markdown(), end="")
    return EXIT_OK

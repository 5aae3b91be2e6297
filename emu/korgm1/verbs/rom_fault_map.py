"""korgm1 rom fault-map: flip each bit of a region of a firmware, boot each, and say which bits matter."""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from korgm1.errors import EXIT_OK, UsageError
from korgm1.files import check_apart, check_writable
from korgm1.machine.models import MODELS
from korgm1.romset.firmware_file import HELP, files_of, model_of, read_firmware
from korgm1.verbs.progress import Teller
from korgm1.verbs.signals import INTERRUPTED, asked_to_stop
from korgm1.verbs.words import named

EXAMPLES = """\
examples:
  korgm1 rom fault-map openm1:24 --region FFFF0-FFFF4                     the jump at the reset address
  korgm1 rom fault-map ~/dumps --region F0000-F00FF --out map.csv --png map.png
  korgm1 rom fault-map ic23.bin ic32.bin --region E0000-E0FFF --workers 2 --out map.csv

Each bit is flipped alone, and the instrument switched on with a fresh cell and a RAM that was never powered. Of bytes
that the unharmed boot neither executes nor reads only one bit in 101 is booted, as a check; --all boots every bit.
Ctrl-C keeps what is done in OUT.part, and the same command goes on there; twice ends at once.
"""


def add_action(actions: Any) -> None:
    """Put `rom fault-map` on the command line."""
    parser = actions.add_parser(
        "fault-map",
        help="flip each bit of a region, boot each: which bits kill the boot, which change the LCD",
        description="Flip each bit of a region of a firmware, boot each, and compare with the unharmed boot.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("firmware", nargs="+", metavar="FIRMWARE", help=HELP)
    parser.add_argument("--region", required=True, metavar="FIRST-LAST", help="in hex, within E0000-FFFFF")
    parser.add_argument("--model", choices=tuple(MODELS), help="default: one the firmware is made for, else m1")
    parser.add_argument("--workers", type=int, metavar="N", help="processes; default: one a processor")
    parser.add_argument("--all", action="store_true", help="boot every bit, also of bytes that no boot touches")
    parser.add_argument("--out", type=named, metavar="FILE", help="every bit as a row of a CSV file")
    parser.add_argument("--png", type=named, metavar="FILE", help="the picture of it, address by bit")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Map, write, draw, print; returns the exit code.

    Raises:
        M1Error: firmware that cannot be used, a file that cannot be written, or options that make no sense.
    """
    with asked_to_stop() as asked:
        return _run(args, lambda: len(asked))


def _run(args: argparse.Namespace, asked: Callable[[], int]) -> int:
    from korgm1.faultmap import table
    from korgm1.faultmap.mapping import fault_map, parse_region
    from korgm1.workers import processors

    region = parse_region(args.region)
    if args.workers is not None and not 1 <= args.workers <= 1024:
        raise UsageError(f"--workers {args.workers}", "1 to 1,024 processes")
    journal = Path(f"{args.out}.part") if args.out else None
    firmware = read_firmware(args.firmware)
    check_apart(
        files_of(args.firmware, firmware),
        [("--out", args.out), ("the journal of --out", str(journal) if journal else None), ("--png", args.png)],
    )
    for path in (args.out, args.png):
        if path:
            check_writable(Path(path))
    if args.png:
        from korgm1.verbs.plotting import check_picture

        check_picture(Path(args.png))
    model = args.model or model_of(firmware)
    workers = min(args.workers or processors(), region[1] - region[0] + 1)
    begun = time.monotonic()
    with Teller() as teller:
        found = fault_map(
            firmware, model, region, workers, not args.all, journal, asked,
            lambda done, total: teller.show(done, total, f"{done:,} of {total:,} bytes"),
        )
    if args.out and found.whole:
        table.write(Path(args.out), found)
        if journal is not None:
            journal.unlink(missing_ok=True)
    if args.png and found.rows:
        from korgm1.verbs.rom_pictures import draw_faults

        draw_faults(Path(args.png), found, region)
    if args.json:
        print(json.dumps({**found.description, "whole": found.whole, "boots": found.boots, **table.counts(found),
                          "rows": [row._asdict() for row in found.rows]}))
    else:
        lines = table.summary(found)
        seconds = max(time.monotonic() - begun, 1e-9)
        lines.append(f"{found.boots:,} boots in {seconds:,.1f} s, {found.boots / seconds:,.1f}/s")
        if not found.whole:
            where = f"kept in {journal}; the same command goes on there" if journal else "--out would have kept them"
            lines.append(f"stopped after {len(found.rows) // 8:,} bytes: {where}")
        print("\n".join(lines))
    return EXIT_OK if found.whole else INTERRUPTED

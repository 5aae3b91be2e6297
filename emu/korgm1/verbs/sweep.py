"""korgm1 sweep: boots over a grid of cell volts, times off, temperatures and chips."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from korgm1.errors import EXIT_OK, Stopped, UsageError, UserError
from korgm1.files import check_apart, check_writable
from korgm1.machine.engines import NAMES
from korgm1.machine.models import MODELS
from korgm1.quantities import format_duration, parse_celsius, parse_list, parse_range, parse_times
from korgm1.verbs.options import chosen
from korgm1.verbs.signals import INTERRUPTED, asked_to_stop
from korgm1.verbs.words import named

if TYPE_CHECKING:
    from korgm1.sweep.grid import Grid
    from korgm1.sweep.sweeping import Result
    from korgm1.sweep.template import Template

EVERY = 10.0
"""Seconds between two lines about how far it is, where stderr is no terminal."""
EPILOG = """\
examples:
  korgm1 sweep                                         a first look: OpenM1, 25 degrees, 4 pairs of chips
  korgm1 sweep --volts 3.3:1.0:0.02 --off 0d:20y:60 --temp 15,25,40 --seeds 32 --out s.parquet --plot s.png
  korgm1 sweep --off 1s,5s,1min,1h,1d,30d --out s.csv  a list of times; the axis of the plot is logarithmic then
  korgm1 sweep --roms ~/dumps --sram my.sram --out my.csv       your dump, from your RAM image
  korgm1 sweep --fault r29-open --out open.csv         the same with a broken part (korgm1 faults)
  korgm1 sweep ... --out s.csv --scheduler tcp://10.0.0.1:8786  on a dask.distributed cluster
A point: the instrument was on with the RAM image, was switched off with a CR2032 that reads VOLTS, was left off for a
time at a temperature, and is switched on. What comes of it is play (data intact), warning (intact, battery message),
partial (some data corrupt), init (initialised) or hang (no play page); docs/battery.md has the model.
The table's "warned up to" and "data hit up to" are the highest cell volts at which a battery message was seen, and at
which stored data were not whole or no play page came, whatever the time off and the chips.
Ctrl-C keeps what is done in OUT.part and draws it, and the same command goes on there; twice ends at once. A program
that calls korgm1.sweep.sweeping.sweep with more than one worker needs `if __name__ == "__main__"`.
"""


def add_parser(subparsers: Any) -> None:
    """Put this verb on the command line."""
    parser = subparsers.add_parser(
        "sweep",
        help="boot over a grid of cell volts, times off, temperatures and chips",
        description="Boot with every combination of cell voltage, time off, temperature and RAM chips.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    grid = parser.add_argument_group("the grid")
    grid.add_argument(
        "--volts", default="3.3:1.0:0.1", metavar="A:B:STEP",
        help="of the cell at power-off, without load, at 23 C: from A in whole STEPs as far as B; or a list; "
        "default: 3.3:1.0:0.1",
    )
    grid.add_argument(
        "--off", default="0d:20y:11", metavar="A:B:COUNT",
        help="time left off: COUNT times equally far apart, A and B among them; or a list as 5s,1d,8y; "
        "default: 0d:20y:11",
    )
    grid.add_argument("--temp", default="25", metavar="C,...", help="degrees Celsius meanwhile; default: 25")
    grid.add_argument("--seeds", type=int, default=4, metavar="N", help="how many pairs of RAM chips; default: 4")
    machine = parser.add_argument_group("the instrument")
    machine.add_argument("--model", default="m1", choices=tuple(MODELS), help="default: m1")
    machine.add_argument(
        "--roms", "--firmware", nargs="?", const="", metavar="PATH",
        help="folder, zip or file with your OS dump ($KORGM1_ROMS or roms/ without PATH), or openm1:NN; without --roms "
        "OpenM1 #24 runs",
    )
    machine.add_argument("--engine", choices=NAMES, default="v30", help="the CPU; default: v30, the fastest here")
    machine.add_argument(
        "--sram", type=named, metavar="FILE", help="the RAM at power-off; default: sounds named by their numbers"
    )
    machine.add_argument("--fault", action="append", default=[], metavar="NAME", help="a broken part (korgm1 faults)")
    machine.add_argument(
        "--hypothesis", "--hyp", action="append", default=[], metavar="ID=VALUE",
        help="another guess (korgm1 hypotheses)",
    )
    out = parser.add_argument_group("what comes out")
    out.add_argument("--out", type=named, metavar="FILE", help="every point as a row of a .csv or .parquet file")
    out.add_argument("--plot", type=named, metavar="FILE", help="the picture of it, a PNG")
    out.add_argument("--restart", action="store_true", help="throw away another sweep that stands in --out")
    work = parser.add_argument_group("who computes")
    work.add_argument("--workers", type=int, metavar="N", help="processes; default: one a processor")
    work.add_argument("--scheduler", metavar="tcp://HOST:PORT", help="a running dask.distributed cluster instead")
    work.add_argument("--no-memo", action="store_true", help="boot points anew that begin alike; the rows are the same")
    work.add_argument("--yes", action="store_true", help="more than 10 million points are meant")
    parser.set_defaults(run=run)


def grid_from(args: argparse.Namespace) -> Grid:
    """The grid of the options.

    Raises:
        UsageError: a range that cannot be used, or far too many points.
    """
    from korgm1.sweep.grid import MANY, MOST_SEEDS, Grid

    if not 1 <= args.seeds <= MOST_SEEDS:
        raise UsageError(f"--seeds {args.seeds}", f"1 to {MOST_SEEDS:,} pairs of chips", "--seeds 8")
    volts = [value for part in args.volts.split(",") for value in parse_range(part, highest=3.35)]
    times = [value for part in args.off.split(",") for value in parse_times(part)]
    grid = Grid(volts, times, parse_list(args.temp, parse_celsius), range(args.seeds))
    if len(grid) > MANY and not args.yes:
        raise UsageError(f"the grid has {len(grid):,} points", f"at most {MANY:,}", "larger steps, or --yes")
    return grid


def template_from(args: argparse.Namespace, asked: Callable[[], object] = lambda: False) -> Template:
    """The instrument of the options.

    Raises:
        M1Error: an option, image or dump that cannot be used; Stopped when `asked` was true.
    """
    from korgm1.romset.load import load_os
    from korgm1.session.base import read_image
    from korgm1.sweep.template import template

    image = None
    if args.sram:
        _, image = read_image(args.sram, 0x10000, "an SRAM image")
        if image is None:
            raise UserError(f"{args.sram} is not there", "an SRAM image of 65,536 bytes")
    firmware = load_os(args.roms, args.model)
    return template(
        firmware, args.model, image, Path(args.sram).name if args.sram else "", args.engine, chosen(args), args.fault,
        asked,
    )


def check(args: argparse.Namespace) -> None:
    """Find out before any work what would go wrong after it.

    Raises:
        M1Error: a file that cannot be written, a library that is missing, options that make no sense.
    """
    from korgm1.sweep import table

    if args.workers is not None and not 1 <= args.workers <= 1024:
        raise UsageError(f"--workers {args.workers}", "1 to 1,024 processes")
    if args.scheduler is not None:
        from korgm1.sweep import cluster

        if args.workers is not None:
            raise UsageError("--workers and --scheduler exclude each other", "the cluster has its own workers")
        cluster.check(args.scheduler)
    if args.restart and not args.out:
        raise UsageError("--restart is nothing without --out", "--out FILE")
    journal = f"{args.out}.part" if args.out else None
    outputs = (("--out", args.out), ("the journal of --out", journal), ("--plot", args.plot))
    check_apart([("--sram", args.sram), ("--roms", args.roms)], outputs)
    if args.out:
        table.check_name(Path(args.out))
        check_writable(Path(args.out))
    if args.plot:
        from korgm1.verbs import plotting

        plotting.check_picture(Path(args.plot))
        check_writable(Path(args.plot))


def run(args: argparse.Namespace) -> int:
    """Sweep, write, draw and print."""
    with asked_to_stop() as asked:
        return _run(args, lambda: len(asked))


def _run(args: argparse.Namespace, asked: Callable[[], int]) -> int:
    from korgm1.sweep.sweeping import sweep

    grid = grid_from(args)
    check(args)
    try:
        template = template_from(args, asked)
    except Stopped:
        raise Stopped("stopped before the first point; nothing was written") from None
    output = Path(args.out) if args.out else None
    shown = Progress()
    try:
        result = sweep(
            template, grid, output, args.workers, args.scheduler, not args.no_memo, args.restart, asked, shown
        )
    finally:
        shown.end()
    if args.plot and result.rows and asked() < 2:
        from korgm1.verbs.sweep_plot import draw

        draw(Path(args.plot), result.description, result.rows)
    print(report(result, args))
    return EXIT_OK if result.whole else INTERRUPTED


def report(result: Result, args: argparse.Namespace) -> str:
    """What the sweep came to, for people."""
    from korgm1.sweep.grid import Grid
    from korgm1.sweep.summary import as_text, as_words, title

    lines = [title(result.description), as_words(Grid.described(dict(result.description))), as_text(result.rows)]
    if result.computed:
        speed = result.computed / max(result.seconds, 1e-9)
        lines.append(f"{result.computed:,} points in {format_duration(result.seconds)}, {speed:,.1f} points/s")
    elif result.whole and args.out:
        lines.append(f"all of it was in {args.out}")
    if not result.whole:
        where = f"kept in {args.out}.part; the same command goes on there" if args.out else "--out would have kept them"
        lines.append(f"stopped after {len(result.rows):,} points: {where}")
    return "\n".join(lines)


class Progress:
    """How far a sweep is, on stderr: a bar on a terminal, else a line every ten seconds."""

    def __init__(self) -> None:
        self._begun = self._said = time.monotonic()
        self._bar = sys.stderr.isatty()
        self._shown = False

    def __call__(self, done: int, before: int, total: int) -> None:
        """`done` points are done of `total`, `before` of them by earlier runs."""
        now = time.monotonic()
        if now - self._said < (0.1 if self._bar else EVERY):
            return
        self._said, self._shown = now, True
        speed = (done - before) / (now - self._begun)
        left = f", {format_duration((total - done) / speed)} left" if done > before else ""
        text = f"{done:,} of {total:,} points, {speed:,.1f}/s{left}"
        if self._bar:
            filled = 24 * done // total
            print(f"\r[{'#' * filled}{'.' * (24 - filled)}] {text}\033[K", end="", file=sys.stderr, flush=True)
        else:
            print(text, file=sys.stderr, flush=True)

    def end(self) -> None:
        """Wipe the bar off."""
        if self._bar and self._shown:
            print("\r\033[K", end="", file=sys.stderr, flush=True)

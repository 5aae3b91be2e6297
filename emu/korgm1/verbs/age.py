"""korgm1 age: let the years pass for an instrument, and say what they did to its cell, its supply and its memory."""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from korgm1.board.sram import SIZE
from korgm1.errors import EXIT_CPU_FAULT, EXIT_OK, UsageError, UserError
from korgm1.files import BACKUPS, check_apart, check_writable, write_atomic
from korgm1.verbs import plotting
from korgm1.verbs.options import add_instrument_options, session_from
from korgm1.verbs.signals import asked_to_stop, stopped
from korgm1.verbs.words import named

if TYPE_CHECKING:
    from korgm1.lifetime import Event, Report, Stray
    from korgm1.session import Session

EPILOG = """\
examples:
  korgm1 age --years 12 --temp 28 --use 3h/week                 what is left of a new CR2032 and of the memory
  korgm1 age --years 12 --sram x.sram -o y.sram --plot p.png    an image goes through them; a picture of it
  korgm1 age --off 8y --swap-cell 5s --on --dip 40ms            in this order, with the LCD at power-on
  korgm1 age --years 20 --on --png lcd.png                      the LCD as a picture
  korgm1 age --cell CR2032@2.5 --off 18mo --on                  a cell that reads 2.5 V today
  korgm1 age --then "use=9y:3h/week temp=35 off=6mo on"         the same language as boot --age
Events happen in the order they are written. --cell, --temp and --use hold from the beginning if they are given once,
else each from its place on. The firmware runs at --on and --dip only: during --years with --use the +5 V is there for
that share of the time, but nobody looks at the display. Times: y mo w d h min s ms. What is written with -o is the RAM
as it wakes when +5 V is back, before any firmware ran, unless the power is on at the end; that is the event "look",
which comes last by itself: +5 V comes, the RAM is read, no CPU runs, +5 V goes. The FILE of --sram stays as it was,
unless -o names it, too: then it is written, and what it was is kept as FILE.1 (an older one as FILE.2, FILE.3).
"""


class _Append(argparse.Action):
    """Note an event with its place on the command line."""

    def __call__(
        self, parser: argparse.ArgumentParser, namespace: argparse.Namespace, values: Any, option: str | None = None
    ) -> None:
        """Append (name, value)."""
        namespace.chain = [*namespace.chain, (str(option).lstrip("-"), "" if values in (None, []) else str(values))]


def add_parser(subparsers: Any) -> None:
    """Put this verb on the command line."""
    parser = subparsers.add_parser(
        "age",
        help="let years pass: cell, supply, memory",
        description="Let years pass for an instrument, and say what they did to its cell, its supply and its memory.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    machine = add_instrument_options(parser)
    machine.add_argument(
        "--sram", type=named, metavar="FILE",
        help="the RAM's image at the beginning (65,536 bytes); default: as the firmware initialises it",
    )
    life = parser.add_argument_group("its life, in this order")
    for option, metavar, text in (
        ("--cell", "CELL", "CR2032 (new), CR2032@VOLTS (used, 0 to 3.35), VOLTS (never ages); default: CR2032"),
        ("--temp", "C", "degrees Celsius around it; default: 25"),
        ("--use", "TIME/week", "how long it is switched on: 3h/week, 45min/day, 20h/month; default: never"),
        ("--years", "N", "so many years of that use"),
        ("--off", "TIME", "switched off for so long"),
        ("--cell-out", "TIME", "the cell is out of its holder for so long, and goes back"),
        ("--swap-cell", "TIME[:CELL]", "another cell, with an empty holder for so long; default: a new CR2032"),
        ("--contact", "OHMS", "of the cell's holder, from here on"),
        ("--dip", "TIME", "the mains fails for so long while it is on"),
        ("--then", "EVENTS", "words of the language of boot --age (docs/battery.md)"),
    ):
        life.add_argument(option, action=_Append, metavar=metavar, help=text)
    life.add_argument(
        "--on", action=_Append, nargs="?", metavar="TIME", help="switch on and boot: to its end, or for TIME"
    )
    life.add_argument("--off-switch", action=_Append, nargs=0, help="switch off")
    out = parser.add_argument_group("what comes out")
    out.add_argument(
        "-o", "--output", type=named, metavar="FILE", help="write the RAM as it is at the end; may be that of --sram"
    )
    out.add_argument("--report", type=named, metavar="FILE", help="write everything as JSON")
    out.add_argument("--png", type=named, metavar="FILE", help="draw the LCD at the end, if it is on then")
    out.add_argument("--plot", type=named, metavar="FILE", help="draw it as PNG (needs matplotlib)")
    out.add_argument("--json", action="store_true", help="print what --report writes")
    parser.set_defaults(run=run, chain=[], card=None, battery="CR2032", temp=25.0)


def run(args: argparse.Namespace) -> int:
    """Live, print, write."""
    from korgm1.verbs.age_plan import planned

    events = planned(args.chain)
    with asked_to_stop() as asked:
        _check_files(args, events)
        report, image, display = lived(args, events)
        block = json.dumps(report.to_dict(), indent=2) + "\n" if args.report or args.json else ""

        def plot() -> bytes:
            from korgm1.verbs.age_plot import drawn

            return drawn(report)

        files: list[tuple[str, Callable[[], bytes], int]] = [
            (name, content, backups) for name, content, backups in (
                (args.output, lambda: image, BACKUPS), (args.report, block.encode, 0),
                (args.png, lambda: display, 0), (args.plot, plot, 0),
            ) if name
        ]
        names = [name for name, _, _ in files]
        for place, (name, content, backups) in enumerate(files):
            data = content()
            if asked:
                raise stopped(names[:place], names[place:])
            write_atomic(Path(name), data, backups=backups)
        if asked:
            raise stopped(names)
    if args.json:
        print(block, end="")
    else:
        from korgm1.verbs.age_text import account

        print(account(report))
    halted = any(step.boot is not None and step.boot.stopped for step in report.steps)
    return EXIT_CPU_FAULT if halted else EXIT_OK


def lived(args: argparse.Namespace, events: Sequence[Event]) -> tuple[Report, bytes, bytes]:
    """Live through the events of a command line; no file is written.

    Args:
        args: the options of `add_instrument_options`, and `sram`: a path, or None for RAM as the firmware makes it.
        events: those of `age_plan.planned`.

    Returns:
        The report, and at the end the RAM and the LCD as PNG.

    Raises:
        M1Error: an option that cannot be used.
        KeyboardInterrupt: Ctrl-C or a signal came.
    """
    from korgm1.lifetime import live

    with asked_to_stop() as asked:
        image, note = starting_image(args)
        session = session_from(argparse.Namespace(**{**vars(args), "sram": image}))

        def progress(word: str) -> None:
            if sys.stderr.isatty():
                print(f"\r{word:40.40}", end="", file=sys.stderr, flush=True)

        course = bool(args.plot or args.report or args.json)
        report = live(session, events, progress, course, lambda: asked)
        display = session.screenshot()
        last = switched_off(session)
        sha1 = hashlib.sha1(session.sram).hexdigest()
        if sys.stderr.isatty():
            print("\r" + " " * 40 + "\r", end="", file=sys.stderr, flush=True)
    if asked:
        raise stopped(when="while the years passed")
    report = replace(report, notes=(note, *session.firmware.warnings), last=last, sram_sha1_after=sha1)
    return report, session.sram, display


def aged(args: argparse.Namespace) -> tuple[Session, Report]:
    """The session of `boot --age` after its events, switched off, and what they did; no file is written so far.

    Raises:
        M1Error: an option or an event that cannot be used.
        KeyboardInterrupt: Ctrl-C or a signal came.
    """
    from korgm1.lifetime import live, parse_events

    events = parse_events(args.age)
    if not events:
        raise UsageError("--age has no event", "words with blanks between them", '--age "use=12y:3h/week off=1y"')
    if args.sram:
        check_writable(Path(args.sram))
    with asked_to_stop() as asked:
        image, note = starting_image(args, made=True)
        battery = "CR2032" if args.battery is None else args.battery
        session = session_from(argparse.Namespace(**{**vars(args), "battery": battery, "sram": image}))
        report = live(session, events, course=args.json, asked_to_stop=lambda: asked)
        last = switched_off(session)
        sha1 = hashlib.sha1(session.sram).hexdigest()
        if args.sram:
            session.keep_in(args.sram)
    if asked:
        raise stopped(when="while the years passed")
    return session, replace(report, notes=(note,), last=last, sram_sha1_after=sha1)


def switched_off(session: Session) -> Stray | None:
    """Switch off; what the CPU wrote meanwhile if nothing reset it.

    Raises:
        M1Error: the RAM's or the card's file cannot be written.
    """
    from korgm1.lifetime.looking import stray

    known = len(session.stray_writes)
    session.power_off()
    return stray(session, session.stray_writes[known:])


def starting_image(args: argparse.Namespace, made: bool = False) -> tuple[bytes, str]:
    """The RAM before the first event, and where it comes from, in words.

    Args:
        args: those of `lived`.
        made: whether a file that is not there yet is as good as none.

    Raises:
        M1Error: the image cannot be read, or has another size.
    """
    from korgm1.session.base import read_image

    if args.sram:
        path, image = read_image(args.sram, SIZE, "an SRAM image")
        if image is not None:
            return image, f"the RAM of {path} goes through this"
        if not made:
            raise UserError(f"{path} is not there", f"an SRAM image of {SIZE:,} bytes", "without --sram")
    whole = argparse.Namespace(**{**vars(args), "battery": "fresh", "fault": [], "temp": 25.0, "sram": None})
    with session_from(whole) as session, asked_to_stop() as asked:
        result = session.boot(asked_to_stop=lambda: asked)
    why = f"{args.sram} is not there yet" if args.sram else "no --sram"
    return session.sram, f"{why}: the RAM is as {session.firmware.name} initialises it ({result.lcd[0].strip()})"


def _check_files(args: argparse.Namespace, events: Sequence[Event]) -> None:
    """Find out before any work whether everything can be written."""
    from korgm1.verbs.age_plan import draws, ends_on

    inputs = (
        ("--sram", args.sram), ("--roms", args.roms), ("--waves", args.waves), ("--pcm-card", args.pcm_card),
    )
    outputs = (("--output", args.output), ("--report", args.report), ("--png", args.png), ("--plot", args.plot))
    check_apart(inputs, outputs, over=[("--output", "--sram")])
    for _, name in outputs:
        if name:
            check_writable(Path(name))
    if args.png and not ends_on(events):
        raise UsageError("--png: the power is off at the end, so the LCD is dark", "--on as the last event")
    if args.plot:
        if not draws(events):
            raise UsageError("there is nothing to draw: no time passes with the power off", "--years or --off")
        plotting.check_picture(Path(args.plot))

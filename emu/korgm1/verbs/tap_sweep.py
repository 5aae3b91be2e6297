"""korgm1 tap --sweep: which registers follow a program parameter."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from korgm1.errors import EXIT_OK, UsageError
from korgm1.files import check_writable
from korgm1.verbs import tap_text
from korgm1.verbs.options import power, read_only, say_warnings, session_from
from korgm1.verbs.signals import INTERRUPTED, stopped
from korgm1.verbs.tap_words import count, numbers
from korgm1.verbs.words import named, seconds

if TYPE_CHECKING:
    from korgm1.session import Session
    from korgm1.sram_layout.parameter import Parameter
    from korgm1.tapping.places import Place
    from korgm1.tapping.playing import Note
    from korgm1.tapping.sweeping import Swept
    from korgm1.tapping.trials import Stage

STEPS, STEPS_OF_ALL = 9, 5
LIST, ALL = "list", "all"
ENGINE = "v30"
"""The faster one for sweeps; the others write the same."""
OWN: Mapping[str, Any] = {"values": None, "steps": None, "during": None, "set": [], "workers": None, "plot": None}
"""Options of a sweep, and what they are where nobody gives them."""
NOT_OURS: Mapping[str, Any] = {
    "combi": None, "chips": None, "voice": None, "start": None, "end": None, "seconds": None, "bytes": False,
    "collapse": False,
}
"""Those of a tap that say nothing to a sweep."""


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of a sweep."""
    sweep = parser.add_argument_group("a sweep of a program parameter")
    sweep.add_argument(
        "--sweep", metavar="PARAMETER",
        help="a name of --sweep list, a part of one, a byte of the program (10-142), all, or list",
    )
    values = sweep.add_mutually_exclusive_group()
    values.add_argument("--values", type=numbers, metavar="A,B,...", help="its values, one after the other")
    values.add_argument(
        "--steps", type=count, metavar="N",
        help=f"so many values from its lowest to its highest; default: {STEPS}, with all {STEPS_OF_ALL}",
    )
    sweep.add_argument(
        "--during", type=partial(seconds, longest=60.0), metavar="SECONDS", help="how long the note is held"
    )
    sweep.add_argument(
        "--set", action="append", default=[], metavar="PARAMETER=N",
        help="change the program first, as 'VDF1 EG intensity=99'; may be repeated",
    )
    sweep.add_argument("--workers", type=count, metavar="N", help="processes for --sweep all; default: one a processor")
    sweep.add_argument("--plot", type=named, metavar="FILE", help="a picture of it, a PNG")


def check(args: argparse.Namespace) -> None:
    """Find out before any work what would go wrong after it.

    Raises:
        M1Error: options that make no sense together, a picture that cannot be written.
    """
    if args.sweep is None:
        for name, default in OWN.items():
            if getattr(args, name) != default:
                raise UsageError(f"--{name} is nothing without --sweep", "--sweep PARAMETER")
        return
    for name, default in NOT_OURS.items():
        if getattr(args, name) != default:
            option = {"start": "from", "end": "to"}.get(name, name)
            raise UsageError(f"--{option} is nothing to a sweep", "a tap without --sweep")
    if args.files or len(args.note) > 1:
        raise UsageError("a sweep plays one note", "--note C4 at most", "korgm1 tap --sweep 'VDF1 cutoff' --note C4")
    if not args.sweep.strip():
        raise UsageError("--sweep names no parameter", "a name, a byte, all or list", "--sweep list")
    if args.sweep == LIST and (args.out or args.plot):
        raise UsageError("--sweep list only prints", "no -o and no --plot")
    if args.steps == 1 or (args.values is not None and len(set(args.values)) == 1):
        raise UsageError("a sweep compares values, and there is one", "two at least", "--steps 9")
    if args.sweep == ALL and args.values:
        raise UsageError("--values are those of one parameter", "--steps N with --sweep all")
    if args.plot:
        from korgm1.verbs import plotting

        plotting.check_picture(Path(args.plot))
        check_writable(Path(args.plot))


def run(args: argparse.Namespace) -> int:
    """Boot, sweep, write, draw and print."""
    args.engine = args.engine or ENGINE
    session = session_from(read_only(args))
    say_warnings(session)
    with power(session, args) as asked:
        session.boot(asked_to_stop=lambda: asked)
        if asked:
            raise stopped(when="while the instrument booted")
        stage = stage_from(session, args)
    return _sweep(session, stage, args, lambda: bool(asked))


def stage_from(session: Session, args: argparse.Namespace) -> Stage:
    """What every trial begins with.

    Raises:
        M1Error: a firmware that does not give its program; a change that cannot be made.
    """
    from korgm1.performance import Sound
    from korgm1.tapping.trials import stage

    sound = None if args.program is None else Sound.parse("PROG", args.program)
    return stage(session, note_of(args), sound, args.set, args.channel)


def note_of(args: argparse.Namespace) -> Note:
    """The note of the options; middle C where there is none."""
    from korgm1.tapping.playing import Note

    note: Note = args.note[0] if args.note else Note(60)
    return note if args.during is None else note._replace(seconds=args.during)


def _sweep(session: Session, stage: Stage, args: argparse.Namespace, asked: Callable[[], bool]) -> int:
    from korgm1.tapping import program as programs
    from korgm1.tapping import sweeping
    from korgm1.tapping.places import places
    from korgm1.verbs.tap import decodes
    from korgm1.workers import processors

    everything = programs.parameters(stage.program)
    if args.sweep == LIST:
        print("\n".join(tap_text.listed(everything, stage.program)))
        return EXIT_OK
    chosen = everything if args.sweep == ALL else [programs.find(stage.program, args.sweep)]
    work = [(row, values_of(args, row)) for row in chosen]
    for row, values in work:
        for value in values:
            programs.with_value(stage.program, row, value)
    decoded = decodes(session, args)
    found: list[Swept] = []
    workers = min(args.workers or processors(), len(work))
    for number, swept in enumerate(sweeping.sweep_many(stage, work, workers, asked), 1):
        found.append(swept)
        if len(work) > 1:
            progress(number, len(work), swept)
    if not found:
        raise stopped(when="during the first trial")
    about = sweeping.about(stage, {row.parameter.name: row.values for row in found}, decoded)
    write(args, found, about, places(decoded, session.hypotheses["H-VDF8"]))
    if len(found) < len(work):
        print(f"korgm1: stopped after {len(found)} of {len(work)} parameters; these are there", file=sys.stderr)
        return INTERRUPTED
    return EXIT_OK


def values_of(args: argparse.Namespace, parameter: Parameter) -> Sequence[int]:
    """The values of the options for a parameter."""
    from korgm1.tapping.program import steps

    return args.values or steps(parameter, args.steps or (STEPS_OF_ALL if args.sweep == ALL else STEPS))


def write(
    args: argparse.Namespace, found: Sequence[Swept], about: dict[str, Any], named: Mapping[int, Place]
) -> None:
    """Everything that comes out.

    Raises:
        UserError: a file cannot be written.
    """
    from korgm1.tapping import files
    from korgm1.tapping.sweeping import COLUMNS

    lines = list(text(args, found, about, named))
    if args.out and Path(args.out).suffix == ".txt":
        files.write_lines(Path(args.out), lines)
    elif args.out:
        rows = (row for swept in found for row in swept.rows(named))
        files.write_table(Path(args.out), about, COLUMNS, rows)
    if args.plot:
        from korgm1.verbs import tap_plot

        tap_plot.draw(Path(args.plot), found, about, named)
    if args.json:
        rows = (row for swept in found for row in swept.rows(named))
        table = [dict(zip(COLUMNS, row, strict=True)) for row in rows]
        print(json.dumps({**about, "findings": table}, indent=2))
    else:
        print("\n".join(lines))


def text(
    args: argparse.Namespace, found: Sequence[Swept], about: dict[str, Any], named: Mapping[int, Place]
) -> Iterator[str]:
    """The report for people."""
    decoded = about["decoded"]
    key, velocity, length = about["note"]
    firmware = about["firmware"]
    yield f"{firmware['name']} {firmware['version']}, key {key}, velocity {velocity}, {length:g} s"
    if decoded:
        yield "register names are those of this project's stand-in protocol; the findings need none"
    if args.sweep == ALL:
        for swept in found:
            yield tap_text.matrix_line(swept, named, decoded)
        return
    yield from tap_text.sweep(found[0], named, decoded)


def progress(done: int, total: int, swept: Swept) -> None:
    """How far it is, on stderr."""
    if sys.stderr.isatty():
        end = "\r\033[K" if done == total else ""
        print(f"\r{done}/{total} {swept.parameter.name}\033[K{end}", end="", file=sys.stderr, flush=True)
    elif done % 20 == 0 or done == total:
        print(f"{done} of {total} parameters", file=sys.stderr, flush=True)

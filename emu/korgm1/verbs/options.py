"""Options that every verb with a running machine has, and the session they describe."""

from __future__ import annotations

import argparse
import contextlib
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from korgm1.errors import UsageError
from korgm1.files import check_apart, read_file
from korgm1.machine.engines import NAMES
from korgm1.machine.models import MODELS
from korgm1.verbs.signals import asked_to_stop, stopped
from korgm1.verbs.trace_options import begin_trace
from korgm1.verbs.words import celsius, keys, named, seconds, timed, timed_file

if TYPE_CHECKING:
    from korgm1.session import Session

ENGINES = NAMES
BATTERY = "fresh"
"""What is in the holder where nobody says otherwise."""


def add_instrument_options(parser: argparse.ArgumentParser, engine: str = ENGINES[0]) -> argparse._ArgumentGroup:
    """The options that say which instrument it is, all but its cell, temperature and memory."""
    machine = parser.add_argument_group("the instrument")
    machine.add_argument("--model", default="m1", choices=tuple(MODELS), help="default: m1")
    machine.add_argument(
        "--roms", nargs="?", const="", metavar="PATH",
        help="folder, zip or file with your OS dump ($KORGM1_ROMS or roms/ without PATH), or openm1:NN; without --roms "
        "OpenM1 #24 runs",
    )
    machine.add_argument(
        "--waves", type=named, metavar="PATH",
        help="folder or zip with your dumps of the sample ROMs IC36 to IC43; without --waves the open wave ROM plays",
    )
    machine.add_argument(
        "--pcm-card", type=named, metavar="FILE",
        help="the dump of a PCM card to have in its slot: 16-bit words, low byte first (assumed), up to 524,288 bytes",
    )
    machine.add_argument("--engine", choices=ENGINES, help=f"the CPU; default: {engine}")
    machine.add_argument(
        "--fault", action="append", default=[], metavar="NAME[=ARGUMENT]",
        help="a part or wire that is broken (korgm1 faults); may be repeated",
    )
    machine.add_argument(
        "--seed", type=int, default=0, metavar="N", help="which particular RAM chips, cell and power board; default: 0"
    )
    machine.add_argument(
        "--hypothesis", "--hyp", action="append", default=[], metavar="ID=VALUE",
        help="another guess (korgm1 hypotheses); may be repeated",
    )
    return machine


def add_machine_options(parser: argparse.ArgumentParser) -> None:
    """The options `boot` and `run` share."""
    add_memory_options(add_instrument_options(parser), "read at power-on where it exists, written back at power-off")
    hands = parser.add_argument_group("what is done to it")
    hands.add_argument(
        "--hold", type=keys, default=(), metavar="KEY,...", help="keys held for two seconds from power-on, as INT,CARD"
    )
    add_hands(hands)
    hands.add_argument("--seconds", type=seconds, metavar="S", help="emulated seconds to run")


def add_memory_options(machine: argparse._ArgumentGroup, use: str) -> None:
    """Cell, temperature, RAM and card; `use` says what becomes of the RAM's image."""
    machine.add_argument(
        "--battery", metavar="CELL",
        help="fresh, low, dead, absent or VOLTS: a supply of 3.2, 2.4, 0.4, 0 V or VOLTS in place of the cell; "
        "CR2032 or CR2032@VOLTS: a cell that ages, new or used until it reads VOLTS at 23 C; default: " + BATTERY,
    )
    machine.add_argument(
        "--temp", type=celsius, default=25.0, metavar="C", help="degrees Celsius around the board; default: 25"
    )
    machine.add_argument("--sram", type=named, metavar="FILE", help=f"the RAM's image: {use}")
    card = ", written back if changed" if "written" in use else ""
    machine.add_argument(
        "--card", type=named, metavar="FILE",
        help=f"a program card (32,768 bytes; FILE.toml has its cell and switch; see korgm1 card){card}",
    )


def add_hands(hands: argparse._ArgumentGroup) -> None:
    """Keys and MIDI at their times."""
    hands.add_argument(
        "--press", type=timed, action="append", default=[], metavar="KEY@SECONDS",
        help="a key pressed at that time, as PROG@2; VALUE=0..127@SECONDS moves the slider; may be repeated",
    )
    hands.add_argument(
        "--midi", type=timed_file, action="append", default=[], metavar="FILE[@SECONDS]",
        help="a .syx, .mid or raw file sent into MIDI IN at that time (default 2); may be repeated",
    )


def check_files(args: argparse.Namespace) -> None:
    """Refuse, before any work, two options of a running machine that name one file.

    The RAM's image and the card are both; the .part of a long file is an output. A snapshot may follow the one it goes
    on from.

    Raises:
        UsageError: a picture, a recording, a trace or a snapshot would destroy an input or another output.
    """
    given = vars(args)
    reads = [(f"--{name}", given.get(name)) for name in ("roms", "waves", "replay")]
    reads.append(("--pcm-card", given.get("pcm_card")))
    reads += [("--midi", name) for name, _ in given.get("midi") or ()] + [("FILE", given.get("file"))]
    names = ("sram", "card", "png", "record", "trace", "profile", "coverage", "save")
    writes = [(f"--{name}", given.get(name)) for name in names]
    writes += [("OUT", given.get("out"))]
    if given.get("card"):
        from korgm1.cardfile.card_file import beside

        writes.append(("the .toml of --card", str(beside(Path(given["card"])))))
    writes += parts(*((f"--{name}", given.get(name)) for name in ("record", "trace")))
    check_apart(reads, writes, over=[("--save", "FILE")])


def parts(*files: tuple[str, str | None]) -> list[tuple[str, str]]:
    """The .part of each long file that is written, for `check_apart`.

    >>> parts(("-o", "x.wav"), ("--raw", None))
    [('the .part of -o', 'x.wav.part')]
    """
    return [(f"the .part of {option}", f"{name}.part") for option, name in files if name]


def chosen(args: argparse.Namespace) -> dict[str, str]:
    """The values of `--hypothesis`, by id.

    Raises:
        UsageError: a word without a value.
    """
    choose = {}
    for word in args.hypothesis:
        key, equals, value = word.partition("=")
        if not equals:
            raise UsageError(f"--hypothesis {word!r} has no value", "ID=VALUE", "korgm1 hypotheses")
        choose[key] = value
    return choose


def battery(args: argparse.Namespace) -> str:
    """The text of `--battery`, or of what is there without it."""
    return BATTERY if args.battery is None else str(args.battery)


def read_only(args: argparse.Namespace) -> argparse.Namespace:
    """The options with the RAM's image as bytes and the card without a file, so that their files stay as they are.

    Raises:
        UserError: one cannot be read.
    """
    kept = argparse.Namespace(**vars(args))
    if args.sram is not None:
        kept.sram = read_file(Path(args.sram), "an SRAM image")
    if args.card is not None:
        from korgm1.cardfile.card_file import read_card
        from korgm1.hypotheses import Hypotheses

        kept.card = read_card(Path(args.card), Hypotheses(chosen(args)))
    return kept


def session_from(args: argparse.Namespace) -> Session:
    """The session the options describe, with its key presses and MIDI still to be planned by `plan`.

    Raises:
        M1Error: an option that cannot be used.
    """
    from korgm1.session import Session

    return Session(
        model=args.model, roms=args.roms, engine=args.engine or ENGINES[0], battery=battery(args), sram=args.sram,
        seed=args.seed, hypotheses=chosen(args), card=args.card, celsius=args.temp, faults=args.fault,
        waves=args.waves, pcm_card=args.pcm_card,
    )


def say_warnings(session: Session) -> None:
    """What is odd about the dumps in use, on stderr."""
    for warning in session.dump_warnings:
        print(f"korgm1: {warning}", file=sys.stderr)


@contextlib.contextmanager
def power(session: Session, args: argparse.Namespace) -> Iterator[list[int]]:
    """The instrument switched on as the options say, and in every case off again at the end, its files saved.

    Yields:
        A list that holds something once Ctrl-C or a signal has come (see `asked_to_stop`).

    Raises:
        M1Error: something that cannot be used; then the power was not switched on.
        KeyboardInterrupt: a signal came before it was.
    """
    hand_over = plan(session, args)
    with asked_to_stop() as asked, contextlib.ExitStack() as at_the_end:
        if asked:
            raise stopped(when="before the power was on")
        begin_trace(session, args)
        at_the_end.callback(session.trace_end)
        if getattr(args, "record", None):
            session.record(Path(args.record))
            at_the_end.callback(session.record_end)
        session.power_on(args.hold)
        at_the_end.callback(session.power_off)
        hand_over()
        yield asked


def plan(session: Session, args: argparse.Namespace) -> Callable[[], None]:
    """Check the key presses and MIDI files of the command line.

    Returns:
        A function that hands them to the session, to be called when its power is on.

    Raises:
        M1Error: no such key, or a file that cannot be used.
    """
    from korgm1.verbs.midi_file import load_midi

    panel = session.machine.panel
    for key in getattr(args, "hold", ()):
        panel.check_key(key)
    hands: list[Callable[[], None]] = []
    for what, at in args.press:
        name, equals, value = what.upper().partition("=")
        if name == "VALUE" and equals:
            if not (value.isascii() and value.isdecimal()) or int(value) > 127:
                raise UsageError(f"--press {what!r}: the slider has no position {value!r}", "VALUE=0 to VALUE=127")
            hands.append(partial(session.slide_at, int(value), at))
        elif name == "VALUE":
            raise UsageError(f"--press {what!r}: the slider needs a position", "VALUE=0 to VALUE=127")
        else:
            panel.check_key(what)
            hands.append(partial(session.press_at, what.upper(), at))
    for name, at in args.midi:
        hands += [partial(session.midi_in, data, at + offset) for offset, data in load_midi(Path(name))]

    def carry_out() -> None:
        for hand in hands:
            hand()

    return carry_out

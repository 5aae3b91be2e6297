"""korgm1 tap: what the firmware writes to the sound chips, and which registers follow a program parameter."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from korgm1.clock import CPU_HZ, clocks
from korgm1.errors import EXIT_CPU_FAULT, EXIT_OK, UsageError
from korgm1.files import check_apart
from korgm1.verbs import tap_sweep, tap_text
from korgm1.verbs.options import (
    add_hands,
    add_instrument_options,
    add_memory_options,
    check_files,
    parts,
    power,
    read_only,
    say_warnings,
    session_from,
)
from korgm1.verbs.signals import INTERRUPTED
from korgm1.verbs.tap_words import channel, chips, moment, note, voice
from korgm1.verbs.words import keys, named, seconds

if TYPE_CHECKING:
    from korgm1.performance import Sound
    from korgm1.session import Session
    from korgm1.tapping.playing import Sent
    from korgm1.tapping.rows import Reader, Row, Summary, Wanted, Writes

EPILOG = """\
examples:
  korgm1 tap --note C4                                   every write of a note, registers by name
  korgm1 tap --note C4 --chips TG --collapse             the tone generator only, runs of one register folded
  korgm1 tap song.mid --program I07 -o song.parquet      a file, a row for each byte
  korgm1 tap --note C4:100:2 --roms ~/dumps --bytes      your dump: ports, offsets, values, as they are
  korgm1 tap --sweep list                                the parameters of the program
  korgm1 tap --sweep "VDF1 cutoff" --steps 12 --note C4  which registers follow one, and how
  korgm1 tap --sweep all --roms ~/dumps -o all.csv       every parameter, every register
The registers of these chips are documented nowhere: names and meanings are those of this project's stand-in protocol,
which OpenM1 speaks. Another OS speaks another one, so its writes are shown as they are (--decode forces names on them).
A sweep needs no names: it plays one note from one state with one value after the other and compares what was written.
docs/tapping.md has the columns and the method.
"""


def add_parser(subparsers: Any) -> None:
    """Put this verb on the command line."""
    parser = subparsers.add_parser(
        "tap",
        help="what the firmware writes to the sound chips, and what it follows",
        description="Write down every port write to TG, VDF and MDE while something is played, or find the registers "
        "that follow a program parameter.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    played = parser.add_argument_group("what is played, once the instrument has booted")
    played.add_argument(
        "files", nargs="*", metavar="MIDI", help="banks (.syx), sent first, and standard MIDI files, in turn"
    )
    played.add_argument(
        "--note", type=note, action="append", default=[], metavar="KEY[:VEL[:SECONDS]]",
        help="C4, F#3 or 0-127, velocity 1-127 (100), held so long (1); may be repeated, one is played after the other",
    )
    sounds = played.add_mutually_exclusive_group()
    sounds.add_argument("--program", metavar="I00", help="select it first, over MIDI")
    sounds.add_argument("--combi", metavar="I00", help="the same for a combination")
    played.add_argument("--channel", type=channel, default=1, metavar="N", help="MIDI channel, 1-16; default: 1")
    shown = parser.add_argument_group("what is shown")
    shown.add_argument("-o", "--out", type=named, metavar="FILE", help="a .txt, .csv or .parquet file of it")
    shown.add_argument("--chips", type=chips, metavar="TG,VDF,MDE", help="these only; also VDF1, VDF2")
    shown.add_argument("--voice", type=voice, metavar="N", help="this voice's registers only, 0-15")
    shown.add_argument(
        "--from", dest="start", type=moment, metavar="SECONDS", help="writes from this time after power-on on"
    )
    shown.add_argument("--to", dest="end", type=moment, metavar="SECONDS", help="writes before this time")
    shown.add_argument("--bytes", action="store_true", help="a line for each byte, not for each word or register")
    shown.add_argument("--collapse", action="store_true", help="one line for a register's writes 50 ms apart at most")
    shown.add_argument(
        "--decode", action=argparse.BooleanOptionalAction,
        help="names and meanings of the stand-in protocol; default: for OpenM1 only",
    )
    shown.add_argument("--json", action="store_true", help="print the summary, or the sweep, as one JSON object")
    tap_sweep.add_options(parser)
    add_memory_options(add_instrument_options(parser), "read at power-on; it stays as it is")
    hands = parser.add_argument_group("what is done to it")
    hands.add_argument("--hold", type=keys, default=(), metavar="KEY,...", help="keys held at power-on, as INT,CARD")
    add_hands(hands)
    hands.add_argument(
        "--seconds", type=seconds, metavar="S",
        help="emulated seconds to tap: from where it is played, or from power-on where nothing is",
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Tap, or sweep."""
    check(args)
    if args.sweep is not None:
        return tap_sweep.run(args)
    session = session_from(read_only(args))
    say_warnings(session)
    decoded = decodes(session, args)
    played = score(args)
    with power(session, args) as asked:
        code = _run(session, args, decoded, played, lambda: bool(asked))
        if asked:
            print(f"korgm1: stopped at {session.clock / CPU_HZ:.2f} s; what was written until then is there",
                  file=sys.stderr)
            return INTERRUPTED
        return EXIT_CPU_FAULT if session.stopped else code


def check(args: argparse.Namespace) -> None:
    """Find out before any work what would go wrong after it.

    Raises:
        M1Error: options that make no sense together, a file that cannot be written.
    """
    from korgm1.tapping import files

    check_files(args)
    reads = [("MIDI", name) for name in args.files] + [("--sram", args.sram), ("--card", args.card)]
    check_apart(reads, [("--out", args.out), ("--plot", args.plot), *parts(("--out", args.out))])
    if args.start is not None and args.end is not None and args.start >= args.end:
        raise UsageError(f"--from {args.start:g} --to {args.end:g} is no stretch of time", "--from before --to")
    if args.out:
        files.check_name(Path(args.out))
    tap_sweep.check(args)


def decodes(session: Session, args: argparse.Namespace) -> bool:
    """Whether registers get the stand-in's names: for OpenM1, or where it is asked for."""
    from korgm1.machine.m1 import OPENM1

    return OPENM1 in session.firmware.image if args.decode is None else bool(args.decode)


@dataclass(frozen=True)
class Score:
    """What is played: banks by name, the sound that is selected, then MIDI by its time, and how long that takes."""

    banks: Sequence[tuple[str, bytes]]
    sound: Sound | None
    sent: Sequence[Sent]
    length: float

    def make_ready(self, session: Session, asked: Callable[[], object]) -> None:
        """Load the banks and select the sound.

        Raises:
            UserError: the instrument refused something.
            Stopped: `asked` was true.
        """
        from korgm1.performance import load, select

        for name, data in self.banks:
            load(session, data, name, asked)
        if self.sound is not None:
            select(session, self.sound, asked)


def score(args: argparse.Namespace) -> Score:
    """What the options have it play.

    Raises:
        M1Error: a file that cannot be used, or no such sound.
    """
    from korgm1.performance import Sound
    from korgm1.tapping.playing import plan
    from korgm1.verbs.midi_file import load_midi

    sound = None
    if args.program is not None:
        sound = Sound.parse("PROG", args.program)
    elif args.combi is not None:
        sound = Sound.parse("COMBI", args.combi)
    files = [(name, load_midi(Path(name))) for name in args.files]
    banks = list(takewhile(lambda row: len(row[1]) == 1 and row[1][0][1][:1] == b"\xf0", files))
    songs = [rows for _, rows in files[len(banks) :]]
    return Score([(name, rows[0][1]) for name, rows in banks], sound, *plan(args.note, songs, args.channel))


def wanted(args: argparse.Namespace) -> Wanted:
    """Which writes the options ask for."""
    from korgm1.tapping.rows import Wanted

    end = Wanted.end if args.end is None else clocks(args.end)
    return Wanted(args.chips or (), args.voice, clocks(args.start or 0), end)


def _run(
    session: Session, args: argparse.Namespace, decoded: bool, played: Score, asked: Callable[[], bool]
) -> int:
    from korgm1.tapping import files
    from korgm1.tapping.playing import tapped
    from korgm1.tapping.rows import Reader, Summary

    lasting = None if args.seconds is None else clocks(args.seconds)
    summary = Summary()
    reader = Reader(decoded, wanted(args), session.hypotheses["H-VDF8"])
    pieces = tapped(session, played.sent, played.length, lasting, lambda: played.make_ready(session, asked), asked)
    rows = summary.of(_rows(reader, pieces))
    if args.out and Path(args.out).suffix != ".txt":
        files.write_table(Path(args.out), about(session, args, decoded), files.COLUMNS, rows)
    elif args.out:
        files.write_lines(Path(args.out), _text(session, args, decoded, rows))
    elif args.json:
        for _ in rows:
            pass
    else:
        for line in _text(session, args, decoded, rows):
            print(line)
    clock = session.clock if lasting is None or played.sent else min(session.clock, lasting)
    report(session, args, decoded, summary, clock)
    if not (played.sent or played.banks or played.sound or args.press or args.midi):
        print("korgm1: this is the boot alone; --note C4, or a MIDI file, plays something", file=sys.stderr)
    return EXIT_OK


def _rows(reader: Reader, pieces: Iterator[Writes]) -> Iterator[Row]:
    for piece in pieces:
        yield from reader.rows(piece)


def _text(session: Session, args: argparse.Namespace, decoded: bool, rows: Iterator[Row]) -> Iterator[str]:
    from korgm1.tapping import lines

    found = lines.bytewise(rows, decoded) if args.bytes else lines.joined(rows, decoded)
    if args.collapse:
        found = lines.folded(found)
    yield f"# {tap_text.how(session.firmware, decoded)}"
    yield f"# {lines.head()}"
    for line in found:
        yield f"  {lines.as_text(line)}"


def about(session: Session, args: argparse.Namespace, decoded: bool) -> dict[str, Any]:
    """What a file of the tap is of, as plain values."""
    from korgm1 import __version__

    firmware = session.firmware
    return {
        "what": "tap", "program": __version__, "model": session.model.name,
        "firmware": {"name": firmware.name, "version": firmware.version, "sha1": firmware.sha1},
        "clocks_per_second": CPU_HZ, "decoded": decoded, "hypotheses": session.hypotheses.changed(),
    }


def report(session: Session, args: argparse.Namespace, decoded: bool, summary: Summary, clock: int) -> None:
    """Print what it came to up to a clock."""
    if args.json:
        found = {**about(session, args, decoded), **summary.to_dict(clock)}
        print(json.dumps(found, indent=2))
        return
    if args.out:
        print(f"{args.out}: {tap_text.how(session.firmware, decoded)}")
    for line in tap_text.summary(summary, clock):
        print(line if args.out else f"# {line}")
    if session.stopped:
        print(f"korgm1: the CPU stopped: {session.stopped}", file=sys.stderr)

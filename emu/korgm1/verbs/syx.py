"""korgm1 syx: files of the M1's exclusive messages checked, taken apart, put together, sent and received."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from korgm1.errors import EXIT_OK, UserError

if TYPE_CHECKING:
    from korgm1.verbs.syx_wire import OpenPorts

EPILOG = """\
examples:
  korgm1 syx check bank.syx                          what is in it, and what is wrong with it, byte by byte
  korgm1 syx split bank.syx -o bank --by sound       every program and combination as a file
  korgm1 syx join bank -o bank2.syx                  and back again
  korgm1 syx send bank.syx --emulated --sram my.sram the emulated instrument takes it, into this memory
  korgm1 syx send bank.syx --midi-out m1 --midi-in m1
  korgm1 syx receive -o mine.syx --midi-in m1 --midi-out m1 --request all
A file is .syx, or a standard MIDI file whose exclusive messages are taken. Exit codes: 0 ok, 1 something is wrong with
the file or the instrument refused, 2 usage.
"""
BROKEN = 1
"""Exit code of `check` when there are errors."""
LISTED = 40
"""Findings `check` prints without --all."""
INDEX = "index.json"
"""What `split` writes for `join`."""
LIMIT = 8 << 20
"""Bytes of a file."""
MESSAGES = 20_000
"""In a file; each may become a line, a file, a wait for an answer."""


def add_parser(subparsers: Any, ports: OpenPorts) -> None:
    """Put this verb on the command line.

    Args:
        subparsers: where to.
        ports: opens the host's MIDI ports.
    """
    from korgm1.verbs import syx_wire
    from korgm1.verbs.words import named

    parser = subparsers.add_parser(
        "syx", help="check, split, join, send and receive banks of exclusive messages",
        description="Files of exclusive messages of the M1 and M1R.", epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    deeds = parser.add_subparsers(title="what", dest="deed", metavar="check|split|join|send|receive", required=True)

    one = deeds.add_parser("check", help="what is in a file, and what is wrong with it", description=(
        "Every message, and each thing that is wrong, with its place in the file. Errors: the instrument would refuse "
        "or overlook it. Warnings: values no panel could set. Exit codes: 0 no error, 1 errors."
    ))  # fmt: skip
    one.add_argument("file", metavar="FILE", type=named)
    one.add_argument("--strict", action="store_true", help="warnings are errors, too")
    one.add_argument("--all", action="store_true", help=f"print every finding; else {LISTED}")
    one.add_argument("--json", action="store_true", help="print one JSON object")
    one.set_defaults(run=run_check)

    one = deeds.add_parser("split", help="take a file apart", description=(
        "A file for each message (message), ALL DATA as global, combis, programs and sequences (part, the default), or "
        f"each program and combination, too (sound). Each can be sent alone. {INDEX} says what goes where."
    ))  # fmt: skip
    one.add_argument("file", metavar="FILE", type=named)
    one.add_argument("-o", "--out", metavar="FOLDER", type=named, required=True, help="a new or empty folder")
    one.add_argument("--by", choices=("message", "part", "sound"), default="part", help="how far; default: part")
    one.set_defaults(run=run_split)

    one = deeds.add_parser("join", help="put together what split took apart", description=(
        "The file again, byte for byte; parts may have been replaced by others of their kind in between."
    ))  # fmt: skip
    one.add_argument("folder", metavar="FOLDER", type=named)
    one.add_argument("-o", "--out", metavar="FILE", type=named, required=True)
    one.set_defaults(run=run_join)
    syx_wire.add_parsers(deeds, ports)


def run_check(args: argparse.Namespace) -> int:
    """Print what is in a file and what is wrong with it."""
    from korgm1 import syx
    from korgm1.syx.checking import summary

    report = syx.check(load(args.file))
    bad = len(report.findings) if args.strict else report.errors
    if args.json:
        print(json.dumps({"file": args.file, "ok": not bad, **report.to_dict()}, indent=2))
        return BROKEN if bad else EXIT_OK
    count = len(report.messages)
    print(f"{args.file}: {report.size:,} bytes, {count} message{'s' * (count != 1)}")
    for number, piece in enumerate(report.messages, 1):
        row = summary(piece)
        code = "--" if row["function"] is None else f"{row['function']:02X}"
        print(f"{number:5}  {row['offset']:06X}  {code}  {row['title']}; {row['size']:,} bytes")
    shown = report.findings if args.all else report.findings[:LISTED]
    for finding in shown:
        print(finding)
    if len(shown) < len(report.findings):
        print(f"... and {len(report.findings) - len(shown):,} more (--all)")
    warnings = len(report.findings) - report.errors
    print("ok" if not report.findings else f"{_count(report.errors, 'error')}, {_count(warnings, 'warning')}")
    return BROKEN if bad else EXIT_OK


def run_split(args: argparse.Namespace) -> int:
    """Write the parts of a file."""
    from korgm1 import syx
    from korgm1.files import write_atomic

    apart = syx.split(load(args.file), args.by)
    folder = Path(args.out)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise UserError(f"there is something in {folder}", "a new or an empty folder")
    except OSError as error:
        raise UserError(f"{folder} cannot be used: {error.strerror or error}", "a new or an empty folder") from error
    for name, data in apart.files.items():
        write_atomic(folder / name, data)
    write_atomic(folder / INDEX, (json.dumps(apart.index, indent=2) + "\n").encode())
    print(f"{folder}: {len(apart.files)} files, and {INDEX} for korgm1 syx join")
    return EXIT_OK


def run_join(args: argparse.Namespace) -> int:
    """Write the file the parts make."""
    from korgm1 import syx
    from korgm1.files import check_apart, read_file, write_atomic

    folder = Path(args.folder)
    check_apart([("FOLDER", str(folder / INDEX))], [("OUT", args.out)])
    text = read_file(folder / INDEX, f"the {INDEX} that korgm1 syx split wrote", LIMIT)
    try:
        index = json.loads(text)
        if not isinstance(index, dict):
            raise ValueError("it is no object")
    except (ValueError, RecursionError) as error:
        raise UserError(f"{folder / INDEX} cannot be read: {error}", "as korgm1 syx split wrote it") from error
    data, same = syx.join(index, lambda name: _part(folder, name))
    write_atomic(Path(args.out), data)
    print(f"{args.out}: {len(data):,} bytes, " + ("as it was split" if same else "not as it was split: parts differ"))
    return EXIT_OK


def load(path: str) -> bytes:
    """The exclusive messages of a file: all its bytes, or those of a standard MIDI file's messages.

    Raises:
        UserError: it cannot be read, is empty, or has too many messages.
    """
    from korgm1.files import read_file
    from korgm1.syx.song import exclusive
    from korgm1.verbs.midi_file import is_song

    data = read_file(Path(path), "a .syx file, or a standard MIDI file with exclusive messages", LIMIT)
    if not data:
        raise UserError(f"{path} is empty", "F0 ... F7")
    if is_song(data):
        try:
            data = b"".join(exclusive(data))
        except ValueError as error:
            raise UserError(f"{path} is no usable standard MIDI file: {error}", "MThd, MTrk chunks") from None
        if not data:
            raise UserError(f"{path} is a song without exclusive messages", "F0 ... F7", f"korgm1 run --midi {path}")
    if (count := data.count(0xF0)) > MESSAGES:
        raise UserError(f"{path} has {count:,} exclusive messages", f"{MESSAGES:,} at most")
    return data


def _part(folder: Path, name: str) -> bytes:
    from korgm1.files import read_file

    if Path(name).name != name:
        raise UserError(f"the index names a file outside of its folder: {name!r}", "a file of the folder")
    return read_file(folder / name, "a part of the bank", LIMIT)


def _count(number: int, word: str) -> str:
    return f"{number:,} {word}{'s' * (number != 1)}"

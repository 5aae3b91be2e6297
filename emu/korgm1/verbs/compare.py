"""korgm1 compare: two firmwares or more, what differs in what they are and in what they do."""

from __future__ import annotations

import argparse
import json
import sys
import textwrap
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from korgm1.errors import EXIT_OK, RomError, UsageError, UserError
from korgm1.files import check_apart, check_ending, check_writable, read_file, write_atomic
from korgm1.machine.models import MODELS
from korgm1.verbs.progress import EVERY
from korgm1.verbs.signals import asked_to_stop
from korgm1.verbs.state import DIFFERENT
from korgm1.verbs.words import named

if TYPE_CHECKING:
    from korgm1.comparing import Comparison, Finding
    from korgm1.comparing.family import Family
    from korgm1.comparing.script import Script
    from korgm1.romset.load import RomSet

EPILOG = """\
examples:
  korgm1 compare openm1:19 openm1:24                        what differs between two versions
  korgm1 compare openm1:24 ~/dumps --html report.html       the same with all its evidence, as one page
  korgm1 compare a.bin b.bin --script input.toml            inputs of your own, played on both (docs/compare.md)
  korgm1 compare openm1:06 openm1:12 --model m1rex --json   one JSON object, for programs
  korgm1 compare --a x32.bin x23.bin --b y32.bin y23.bin    each of two halves, in either order
  korgm1 compare openm1:19 openm1:24 openm1:29              three or more: a table with a column for each
FIRMWARE is openm1:NN, a folder, a zip, a 128 KB image, or a half with the other beside it; what would not boot is
compared, too. Exit codes: 0 the same bytes, 5 they differ, 1 a file that cannot be used, 2 usage, 3 no firmware,
130 Ctrl-C.
"""
LINES = 40
"""Lines of the text, as long as nobody asks for --all."""
WIDTH = 118


def add_parser(subparsers: Any) -> None:
    """Put this verb on the command line."""
    parser = subparsers.add_parser(
        "compare", help="compare two firmwares, in code and in what they do",
        description="Compare two firmwares: functions, texts, tables; boots with the same inputs; experiments on both.",
        epilog=EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("firmware", metavar="FIRMWARE", nargs="*", type=named, help="two of them, or more")
    for name in ("a", "b"):
        parser.add_argument(
            f"--{name}", metavar="FIRMWARE", nargs="+", type=named,
            help=f"{name.upper()} by itself: one word, or two halves" + (", with --b" if name == "a" else ""),
        )
    parser.add_argument(
        "--model", choices=tuple(MODELS), help="the instrument all run in; default: one that each is made for, else m1"
    )
    parser.add_argument("--script", metavar="INPUT.TOML", type=named, help="inputs to play on each")
    parser.add_argument("--html", metavar="FILE", type=named, help="write the report, one page with its pictures in it")
    parser.add_argument("--workers", type=int, choices=(1, 2), default=2, help="processes; default: 2")
    parser.add_argument("--all", action="store_true", help=f"print every finding, not {LINES} lines")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Compare, print, write the report."""
    from korgm1.comparing.family import MOST
    from korgm1.comparing.script import parse
    from korgm1.romset.firmware_file import files_of, read_firmware

    words = words_of(args.firmware, args.a, args.b)
    if len(words) > MOST:
        raise UsageError(f"{len(words)} firmwares are more than are compared at once", f"{MOST} at most")
    apart = [("--script", args.script)] if args.script else []
    check_apart([*apart, *(("FIRMWARE", word) for side in words for word in side)], [("--html", args.html)])
    if args.html:
        check_ending(Path(args.html), ".html", "the report is HTML")
        check_writable(Path(args.html))
    script = None
    if args.script:
        try:
            text = read_file(Path(args.script), "a script", 1 << 20).decode("utf-8")
        except UnicodeDecodeError as error:
            what = f"{args.script} is no text: {error.reason} at byte {error.start}"
            raise UserError(what, "TOML in UTF-8") from None
        script = parse(text, Path(args.script).name)
    firmware = [read_firmware(side) for side in words]
    check_apart([row for side, rom in zip(words, firmware, strict=True) for row in files_of(side, rom)],
                [("--html", args.html)])
    return (_pair if len(firmware) == 2 else _family)(args, firmware, script)


def words_of(firmware: Sequence[str], a: Sequence[str] | None, b: Sequence[str] | None) -> list[list[str]]:
    """The words of each firmware.

    Args:
        firmware: one word each.
        a, b: the words of --a and --b, None without.

    Raises:
        UsageError: they do not name two or more.

    >>> words_of(["openm1:19", "dumps"], None, None), words_of([], ["x32.bin", "x23.bin"], ["openm1:24"])
    ([['openm1:19'], ['dumps']], [['x32.bin', 'x23.bin'], ['openm1:24']])
    """
    wanted = "two or more FIRMWARE, or --a and --b with one or two words each"
    if a is None and b is None:
        if len(firmware) < 2:
            raise UsageError(f"{len(firmware)} firmware{'' if len(firmware) == 1 else 's'} named", wanted)
        return [[word] for word in firmware]
    if a is None or b is None or firmware:
        raise UsageError("--a and --b name both by themselves", wanted)
    return [list(a), list(b)]


def _pair(args: argparse.Namespace, firmware: Sequence[RomSet], script: Script | None) -> int:
    from korgm1.comparing import compare

    a, b = firmware
    one, other = models_of(firmware, args.model)
    with asked_to_stop() as wishes:
        shown = _Progress()
        found = compare(a, b, (one, other), script, args.workers, shown.say, lambda: 2 if wishes else 0)
        shown.end()
    if args.html:
        from korgm1.comparing.report import html

        write_atomic(Path(args.html), html(found).encode("utf-8"))
    lines = [] if args.json else as_text(found, None if args.all else LINES)
    return _print(args, found.to_dict() if args.json else {}, lines, found.identical)


def _family(args: argparse.Namespace, firmware: Sequence[RomSet], script: Script | None) -> int:
    from korgm1.comparing.family import compare_family

    models = models_of(firmware, args.model)
    with asked_to_stop() as wishes:
        shown = _Progress()
        found = compare_family(firmware, models, script, args.workers, shown.say, lambda: 2 if wishes else 0)
        shown.end()
    if args.html:
        from korgm1.comparing.report_family import family_html

        write_atomic(Path(args.html), family_html(found).encode("utf-8"))
    lines = [] if args.json else family_text(found, None if args.all else LINES)
    return _print(args, found.to_dict() if args.json else {}, lines, found.identical)


def _print(args: argparse.Namespace, row: dict[str, Any], lines: list[str], identical: bool) -> int:
    print(json.dumps(row, indent=2) if args.json else "\n".join(lines))
    if args.html and not args.json:
        print(f"report: {args.html}")
    return EXIT_OK if identical else DIFFERENT


def models_of(firmware: Sequence[RomSet], asked: str | None) -> tuple[str, ...]:
    """The instruments to run firmwares in: the one asked for, one that all are made for, or each its own.

    Raises:
        RomError: one is not made for the model asked for.
    """
    for rom in firmware:
        if asked and rom.models and asked not in rom.models:
            raise RomError(f"{rom.name} {rom.version} is for {' and '.join(rom.models)}", f"a firmware of {asked}")
    for model in [asked] if asked else MODELS:
        if all(model in (rom.models or MODELS) for rom in firmware):
            return (model,) * len(firmware)
    return tuple((rom.models or ("m1",))[0] for rom in firmware)


def family_text(found: Family, most: int | None = LINES) -> list[str]:
    """Several firmwares' comparison in lines.

    Args:
        found: what is told.
        most: lines; None: all there are.
    """
    from korgm1.comparing.finding import KINDS, shown
    from korgm1.comparing.gathering import LETTERS

    letters = LETTERS[: len(found.firmware)]
    lines = [f"{letter}: {rom.name} {rom.version}, {rom.source}, SHA-1 {rom.sha1}"
             for letter, rom in zip(letters, found.firmware, strict=True)]
    lines += ["", "differences  " + "".join(f"{letter:>5}" for letter in letters)]
    for x, (letter, counts) in enumerate(zip(letters, found.matrix, strict=True)):
        cells = ("-" if x == y else "?" if count is None else count for y, count in enumerate(counts))
        lines.append(f"{letter:>11}  " + "".join(f"{cell:>5}" for cell in cells))
    body: list[str] = []
    for kind, heading in KINDS.items():
        rows = [row for row in found.features if row.kind == kind]
        body += [heading] if rows else []
        for row in rows:
            values = ["?" if value is None else shown(value if len(value) <= 40 else value[:37] + "...", kind)
                      for value in row.values]
            line = f"  {row.what}: {' | '.join(values)}"
            apart = [f"    {letter}: {one}" for letter, one in zip(letters, values, strict=True)]
            body += [line] if len(line) <= WIDTH else [f"  {row.what}:"[:WIDTH], *apart]
    body += [f"A and {pair.letters[1]}: {pair.verdict}" for pair in found.pairs if not pair.related]
    remarks = [f"{name}: {text}" for name, rom in zip(letters, found.firmware, strict=True) for text in rom.warnings]
    remarks += [note for pair in found.pairs for note in pair.notes]
    body += [f"note: {note}" for note in dict.fromkeys(remarks)]
    room = None if most is None else most - len(lines) - 1
    if room is not None and len(body) > room:
        body = [*body[:room], f"... {len(body) - room} more lines: --all, or --html FILE"]
    return [*lines, "", *body]


def as_text(found: Comparison, most: int | None = LINES) -> list[str]:
    """The comparison in lines.

    Args:
        found: what is told.
        most: lines; None: all there are.
    """
    from korgm1.comparing.finding import KINDS

    lines = [
        f"{letter}: {rom.name} {rom.version}, {rom.source}, SHA-1 {rom.sha1}"
        for letter, rom in zip("AB", found.firmware, strict=True)
    ]
    lines += [*textwrap.wrap(found.verdict, WIDTH), *([""] if found.findings or found.notes else [])]
    body: list[str] = []
    for kind, heading in KINDS.items():
        rows = [row for row in found.differences if row.kind == kind]
        if rows:
            body.append(heading)
            body += [line for row in rows for line in _finding(row)]
    if found.consequences:
        number = len(found.consequences)
        others = "1 other follows" if number == 1 else f"{number} others follow"
        body += [f"{others} from these (--html or --json lists them)"]
    remarks = [f"{letter}: {text}" for letter, rom in zip("AB", found.firmware, strict=True) for text in rom.warnings]
    body += [f"note: {note}" for note in (*remarks, *found.notes)]
    room = None if most is None else most - len(lines) - 1
    if room is not None and len(body) > room:
        body = [*body[:room], f"... {len(body) - room} more lines: --all, or --html FILE"]
    return lines + body


def _finding(row: Finding) -> list[str]:
    from korgm1.comparing.finding import shown

    sides = [shown(value if len(value) <= 60 else value[:57] + "...", row.kind) for value in (row.a, row.b)]
    line = f"  {row.what}: {sides[0]} -> {sides[1]}"
    if len(line) <= WIDTH:
        return [line]
    return [f"  {row.what}:"[:WIDTH], *(f"    {letter}: {side}" for letter, side in zip("AB", sides, strict=True))]


class _Progress:
    """What is being done: on a terminal one line, written over and over; elsewhere a line every `EVERY` seconds."""

    def __init__(self) -> None:
        self._now: dict[str, str] = {}
        self._shown = False
        self._told = time.monotonic()

    def say(self, text: str) -> None:
        """Show it."""
        name, colon, what = text.partition(": ")
        if colon:
            self._now[name] = what
        line = text if not colon else "   ".join(f"{side}: {self._now[side]}" for side in sorted(self._now))
        if not sys.stderr.isatty():
            if time.monotonic() - self._told >= EVERY:
                self._told = time.monotonic()
                print(line, file=sys.stderr, flush=True)
            return
        self._shown = True
        print(f"\r{line[:WIDTH]:<{WIDTH}}", end="", file=sys.stderr, flush=True)

    def end(self) -> None:
        """Wipe it off."""
        if self._shown:
            print("\r" + " " * WIDTH + "\r", end="", file=sys.stderr, flush=True)

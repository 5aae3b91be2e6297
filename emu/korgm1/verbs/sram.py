"""korgm1 sram: what a memory image holds, what differs between two, and a map of it."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from korgm1.errors import EXIT_OK, UsageError, UserError

if TYPE_CHECKING:
    from korgm1.sram_layout import Comparison, Layout

EPILOG = """\
examples:
  korgm1 sram show my.sram                          what is in it: programs, combinations, songs by name
  korgm1 sram show my.sram --program 42             every parameter of one program
  korgm1 sram diff before.sram after.sram           which bits turned, in which parameters
  korgm1 sram map before.sram --against after.sram -o map.png
An image is the 65,536 bytes that boot, run and age keep with --sram. Of OpenM1's, all is known; in others, tables of
names are looked for. Exit codes: 0 ok, 1 a file that cannot be used, 2 usage, 5 diff found differences.
"""
DIFFERENT = 5
"""Exit code of `diff` when there are differences, as `state diff` has it."""
LISTED = 60
"""Lines of changes `diff` prints without --all."""
ONE = {"program": "program", "combi": "combination", "song": "song", "kit": "drum_kit"}
"""Option that shows one record -> its kind."""
LISTS = {"programs": "program", "combis": "combination", "songs": "song"}


def add_parser(subparsers: Any) -> None:
    """Put this verb on the command line."""
    from korgm1.verbs.words import named

    parser = subparsers.add_parser(
        "sram", help="show, compare and draw images of the battery-backed memory",
        description="What an image of the 64 KB SRAM holds.", epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    deeds = parser.add_subparsers(title="what", dest="deed", metavar="show|diff|map", required=True)

    one = deeds.add_parser("show", help="what is in an image", description="Programs, combinations, songs by name.")
    one.add_argument("file", metavar="FILE", type=named)
    _add_layout(one)
    what = one.add_mutually_exclusive_group()
    what.add_argument("--programs", action="store_true", help="names of the programs only")
    what.add_argument("--combis", action="store_true", help="names of the combinations only")
    what.add_argument("--songs", action="store_true", help="names of the songs only")
    what.add_argument("--global", dest="globals", action="store_true", help="every global parameter")
    what.add_argument("--program", type=_number, metavar="N", help="every parameter of one program, 0 to 99")
    what.add_argument("--combi", type=_number, metavar="N", help="every parameter of one combination")
    what.add_argument("--song", type=_number, metavar="N", help="every parameter of one song, 0 to 9")
    what.add_argument("--kit", type=_number, metavar="N", help="every entry of one drum kit, 1 to 4")
    one.add_argument("--json", action="store_true", help="print one JSON object")
    one.set_defaults(run=run_show)

    one = deeds.add_parser(
        "diff", help="what differs between two images", description="Bits, bytes, regions, records and parameters that "
        "differ. Exit codes: 0 no difference, 5 they differ, 1 one of them cannot be used.",
    )
    one.add_argument("a", metavar="A", type=named)
    one.add_argument("b", metavar="B", type=named)
    _add_layout(one)
    one.add_argument(
        "--all", action="store_true",
        help=f"list every change by address, the work areas too; else {LISTED}, the most hit sounds first",
    )
    one.add_argument("--json", action="store_true", help="print one JSON object")
    one.set_defaults(run=run_diff)

    one = deeds.add_parser("map", help="draw an image", description="A PNG map of the 64 KB, and of what was hit.")
    one.add_argument("file", metavar="FILE", type=named)
    _add_layout(one)
    one.add_argument("-o", "--out", metavar="PNG", type=named, help="default: FILE with .png at its end")
    one.add_argument("--against", metavar="B", type=named, help="mark what is different in this image")
    one.set_defaults(run=run_map)


def run_show(args: argparse.Namespace) -> int:
    """Print what is in an image."""
    from korgm1.verbs import sram_text

    layout = read(args.file, args.layout)
    chosen = next(((kind, getattr(args, name)) for name, kind in ONE.items() if getattr(args, name) is not None), None)
    if args.globals:
        chosen = "global", 0
    elif chosen is not None and chosen[0] == "drum_kit":
        chosen = "drum_kit", chosen[1] - 1
    if chosen is not None:
        record = _record(layout, args.file, *chosen)
        print(json.dumps(sram_text.record_dict(record), indent=2) if args.json else sram_text.record_text(record))
        return EXIT_OK
    kinds = tuple(kind for name, kind in LISTS.items() if getattr(args, name)) or tuple(LISTS.values())
    if args.json:
        print(json.dumps({"file": args.file, **sram_text.layout_dict(layout, kinds)}, indent=2))
        return EXIT_OK
    if kinds == tuple(LISTS.values()):
        print(sram_text.summary(args.file, layout) + "\n")
    print(sram_text.names(layout, kinds))
    return EXIT_OK


def run_diff(args: argparse.Namespace) -> int:
    """Print what differs between two images."""
    from korgm1.verbs import sram_text

    found = difference(args.a, args.b, args.layout)
    if args.json:
        print(json.dumps({"a": args.a, "b": args.b, **found.to_dict()}, indent=2))
    else:
        print(sram_text.comparison(args.a, args.b, found, None if args.all else LISTED))
    return DIFFERENT if found else EXIT_OK


def run_map(args: argparse.Namespace) -> int:
    """Draw an image."""
    from korgm1.board.lcd_picture import png_bytes
    from korgm1.files import check_apart, write_atomic
    from korgm1.sram_layout.picture import paint

    out = Path(args.out or f"{args.file}.png")
    check_apart([("FILE", args.file), ("--against", args.against)], [("the picture", str(out))])
    title = Path(args.file).name
    if args.against:
        against = difference(args.file, args.against, args.layout)
        picture = paint(against.layout, f"{title} → {Path(args.against).name}", against)
    else:
        picture = paint(read(args.file, args.layout), title)
    write_atomic(out, png_bytes(picture))
    print(f"{out}: {picture.shape[1]} x {picture.shape[0]} pixels")
    return EXIT_OK


def read(path: str, as_layout: str = "auto") -> Layout:
    """An image file, laid out.

    Args:
        path: the file.
        as_layout: "auto", "openm1" or "unknown".

    Raises:
        UserError: missing, a folder, not 65,536 bytes.
    """
    from korgm1 import sram_layout

    return sram_layout.read(_image(path), as_layout)


def difference(a: str, b: str, as_layout: str = "auto") -> Comparison:
    """What differs between two image files.

    Raises:
        UserError: one cannot be used.
    """
    from korgm1 import sram_layout

    return sram_layout.diff(_image(a), _image(b), as_layout)


def _image(path: str) -> bytes:
    from korgm1.board.sram import SIZE
    from korgm1.files import read_file

    data = read_file(Path(path), f"an SRAM image of {SIZE:,} bytes")
    if len(data) == SIZE:
        return data
    what, hint = f"{path} is {len(data):,} bytes", ""
    if data.startswith(b"\xf0"):
        what, hint = f"{path} is a SysEx dump", f"korgm1 boot --sram NEW.sram --midi {path}"
    elif data.startswith((b"PK\x03\x04", b"\x1f\x8b")):
        what, hint = f"{path} is packed", "unpack it"
    elif len(data) < SIZE:
        what += ", cut short"
    raise UserError(what, f"an SRAM image: exactly {SIZE:,} bytes, as boot --sram writes it", hint)


def _add_layout(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--layout", choices=("auto", "openm1", "unknown"), default="auto",
        help="what to read it as; auto (default) recognises it by signature, sums or names",
    )


def _number(text: str) -> int:
    """A record's number, also as the panel shows it: I42."""
    digits = text[1:] if text[:1] in "Ii" else text
    if not (digits.isascii() and digits.isdecimal() and len(digits) <= 4):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number, such as 42 or I42")
    return int(digits)


def _record(layout: Layout, path: str, kind: str, number: int) -> Any:
    rows = list(layout.records(kind))
    name = kind.replace("_", " ")
    if not rows:
        raise UserError(f"in {path} no {name} is known: {layout.how}", "", f"korgm1 sram show {path} --layout openm1")
    if not 0 <= number < len(rows):
        first = 1 if kind == "drum_kit" else 0
        raise UsageError(f"there is no {name} {number + first}", f"{first} to {len(rows) - 1 + first}")
    return rows[number]

"""korgm1 card: program cards and dumps of PCM cards as files: make, look into, age, take the bank out."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from korgm1.errors import EXIT_OK, UserError
from korgm1.files import check_apart, check_ending, check_writable, read_file, write_atomic
from korgm1.verbs.signals import asked_to_stop, stopped
from korgm1.verbs.words import celsius, named

if TYPE_CHECKING:
    from korgm1.board.card import Card
    from korgm1.cardfile.bank import Bank

EPILOG = """\
examples:
  korgm1 card new my.card --from bank.syx         a formatted card with that bank on it
  korgm1 card new songs.card --format seq         a card for 7,700 steps of sequences
  korgm1 card info my.card                        what is on it, and how its cell is
  korgm1 card age my.card --years 15 --temp 28    years in a drawer; lost cells are told
  korgm1 card cell my.card CR2016@2.4             a nearly empty cell
  korgm1 card extract my.card -o bank.syx         its bank as SysEx dumps
  korgm1 run --card my.card                       have it in the slot
A card is FILE, 32,768 raw bytes, and FILE.toml, which tells of its cell and its protect switch (docs/cards.md). Exit
codes: 0 ok, 1 a file that cannot be used, 2 usage.
"""
BLANK = "blank"
FORMATS = ("100", "50", "seq", BLANK)
CHANGE_SECONDS = 5.0
"""Without a cell, when it is changed in the drawer."""
YEARS = 200.0


def add_parser(subparsers: Any) -> None:
    """Put this verb on the command line."""
    parser = subparsers.add_parser(
        "card", help="make, show and age program cards; look into dumps of PCM cards",
        description="Program cards (32 KB of RAM with a cell of their own) and dumps of PCM cards, as files.",
        epilog=EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    deeds = parser.add_subparsers(title="what", dest="deed", metavar="new|info|extract|protect|unprotect|age|cell",
                                  required=True)

    one = deeds.add_parser("new", help="make a card", description="A new card with a new cell, not protected.")
    one.add_argument("file", metavar="FILE", type=named)
    one.add_argument(
        "--format", choices=FORMATS, default="100",
        help="100: 100 programs and combinations (default); 50: 50 of each and 4,200 steps; seq: 7,700 steps; blank: "
        "not formatted, as its RAM woke in the factory",
    )
    one.add_argument(
        "--from", dest="source", metavar="BANK", type=named,
        help="a bank to put on it: SysEx dumps (.syx) or an image of the RAM; else freshly initialised sounds",
    )
    one.add_argument("--seed", type=int, default=0, metavar="N", help="which particular RAM chip and cell; default: 0")
    one.add_argument("--force", action="store_true", help="write over a file that is there (a backup is kept)")
    one.set_defaults(run=run_new)

    one = deeds.add_parser("info", help="what a card holds", description="A program card, or the dump of a PCM card.")
    one.add_argument("file", metavar="FILE", type=named)
    one.add_argument("--pcm", action="store_true", help="it is the dump of a PCM card, though its size is another's")
    one.add_argument("--json", action="store_true", help="print one JSON object")
    one.set_defaults(run=run_info)

    one = deeds.add_parser("extract", help="its bank as SysEx", description="The bank of a card as SysEx dumps; of a "
                           "card nobody knows the format of, the records that are found.")
    one.add_argument("file", metavar="FILE", type=named)
    one.add_argument("-o", "--out", metavar="SYX", type=named, required=True)
    one.set_defaults(run=run_extract)

    for name, on in (("protect", True), ("unprotect", False)):
        one = deeds.add_parser(name, help=f"move its write-protect switch {'on' if on else 'off'}")
        one.add_argument("file", metavar="FILE", type=named)
        one.set_defaults(run=run_protect, protect=on)

    one = deeds.add_parser("age", help="let years pass", description="Years without +5 V; then what the RAM has lost "
                           "is lost. Without -o the card itself is written, with backups.")
    one.add_argument("file", metavar="FILE", type=named)
    one.add_argument("--years", type=years, required=True, metavar="N", help="how long, 0 to 200")
    one.add_argument("--temp", type=celsius, default=25.0, metavar="C", help="how warm; default: 25")
    one.add_argument("--in-slot", action="store_true",
                     help="in the slot of an instrument that is off, which drains the cell; else in a drawer")
    one.add_argument("-o", "--out", metavar="OUT", type=named, help="write it there, and leave FILE as it is")
    one.set_defaults(run=run_age)

    one = deeds.add_parser("cell", help="change its cell", description="Put another cell in, while the card is in an "
                           "instrument that is on, so that nothing is lost.")
    one.add_argument("file", metavar="FILE", type=named)
    one.add_argument("cell", metavar="CELL", help="new, CR2016, CR2016@VOLTS, VOLTS (never ages) or absent")
    one.add_argument("--in-drawer", action="store_true", help="change it on the table: five seconds without any supply")
    one.set_defaults(run=run_cell)


def years(text: str) -> float:
    """A number of years, 0 to 200.

    >>> years("12.5")
    12.5
    """
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not 0 <= number <= YEARS:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of years, 0 to {YEARS:g}")
    return number


def run_new(args: argparse.Namespace) -> int:
    """Make a card."""
    from korgm1.board.card import SIZE, Card
    from korgm1.cardfile.card_file import beside, write_card
    from korgm1.cardfile.card_format import format_named
    from korgm1.verbs.card_text import described

    path, left = Path(args.file), ""
    check_apart([("--from", args.source)], [("FILE", args.file), ("FILE.toml", str(beside(path)))])
    for there in (path, beside(path)):
        if there.exists() and not args.force:
            raise UserError(f"{there} is there already", "the name of a new file", "--force writes over it")
        check_writable(there)
    if args.format == BLANK:
        if args.source:
            raise UserError("a blank card holds nothing of a bank", "--format 100, 50 or seq with --from")
        card = Card(bytes(SIZE), seed=args.seed)
        card.supply.history.stay(0.0, 60.0, 25.0)
        card.settle()
    else:
        form, bank = format_named(args.format), _initialised()
        if args.source:
            given = _source(Path(args.source))
            bank = given.filled(bank)
            left = given.left_out(form)
        card = Card(bank.card(form), seed=args.seed)
    write_card(path, card)
    print(described(args.file, card))
    if left:
        print(f"left out {left}: --format says what a card holds")
    return EXIT_OK


def run_info(args: argparse.Namespace) -> int:
    """Print what a card holds."""
    from korgm1.board.card import SIZE
    from korgm1.cardfile.card_file import read_card
    from korgm1.romset.pcm_card import card_warnings, read_pcm_card
    from korgm1.sram_layout import SIZE as SRAM_SIZE
    from korgm1.sram_layout import describe
    from korgm1.verbs import card_text

    path = Path(args.file)
    size = path.stat().st_size if path.is_file() else SIZE
    looks_pcm = size != SIZE and size % 2 == 0 and 0 < size <= 524_288 and not _is_sysex(path)
    if args.pcm or looks_pcm:
        data = read_pcm_card(path)
        if not args.pcm and len(data) == SRAM_SIZE and describe(data) is not None:
            raise UserError(f"{path} is an image of the RAM", "a card", f"korgm1 sram show {path}")
        if args.json:
            print(json.dumps({"file": args.file, **card_text.pcm_dict(data)}, indent=2))
        else:
            print(card_text.pcm_described(args.file, data))
            print("\n".join(card_warnings(data)))
        return EXIT_OK
    card = read_card(path)
    if args.json:
        print(json.dumps({"file": args.file, **card_text.card_dict(card)}, indent=2))
    else:
        print(card_text.described(args.file, card, names=True))
    return EXIT_OK


def run_extract(args: argparse.Namespace) -> int:
    """Write the bank of a card as SysEx."""
    from korgm1.cardfile import card_format, foreign
    from korgm1.cardfile.bank import of_card
    from korgm1.cardfile.card_file import beside, read_card

    check_apart([("FILE", args.file), ("FILE.toml", str(beside(Path(args.file))))], [("-o", args.out)])
    check_ending(Path(args.out), ".syx", "dumps are SysEx")
    image = bytes(read_card(Path(args.file)).data)
    content = card_format.identify(image)
    notes = []
    if content is not None:
        bank = of_card(content)
        notes += [f"the card is damaged: {problem}" for problem in content.problems]
    else:
        found = foreign.look(image).bank
        if not found.programs and not found.combinations:
            raise UserError(
                f"no programs or combinations are found on {args.file}", "a card with a bank",
                f"korgm1 card info {args.file}",
            )
        bank = found.rounded(_initialised())
        notes.append(
            f"its format is not known; found by their looks: {len(found.programs)} programs, "
            f"{len(found.combinations)} combinations; the dumps are filled up with initialised ones"
        )
    data = bank.sysex()
    write_atomic(Path(args.out), data)
    held = [
        f"{len(bank.programs)} programs, {len(bank.combinations)} combinations" if bank.programs else "",
        f"{bank.step_count:,} steps of sequences" if bank.songs else "",
    ]
    dumps = data.count(0xF7)
    print("\n".join([*notes, f"{args.out}: {len(data):,} bytes, {dumps} SysEx dump{'s' * (dumps != 1)}: "
                     + ", ".join(filter(None, held))]))
    return EXIT_OK


def run_protect(args: argparse.Namespace) -> int:
    """Move the switch on a card."""
    from korgm1.cardfile.card_file import read_card

    path = Path(args.file)
    card = read_card(path)
    card.protected = args.protect
    _write_beside(path, card)
    print(f"{args.file}: {'protected' if card.protected else 'not protected'}")
    return EXIT_OK


def run_age(args: argparse.Namespace) -> int:
    """Let years pass for a card."""
    from korgm1.board.card import CELLS
    from korgm1.cardfile.card_file import beside, read_card, write_card
    from korgm1.quantities import YEAR
    from korgm1.verbs.card_text import cell_text, sum_text

    path, out = Path(args.file), Path(args.out or args.file)
    if args.out:
        check_apart([("FILE", args.file), ("FILE.toml", str(beside(path)))],
                    [("-o", args.out), ("the .toml of -o", str(beside(out)))])
    card = read_card(path)
    card.place(in_slot=args.in_slot)
    card.supply.celsius = args.temp
    card.supply.leave(args.years * YEAR, args.temp)
    before = bytes(card.data)
    card.settle()
    changed = sum((a ^ b).bit_count() for a, b in zip(before, card.data, strict=True))
    card.place(in_slot=False)
    write_card(out, card)
    where = "in a slot without power" if args.in_slot else "in a drawer"
    print(f"{out}: {args.years:g} years {where} at {args.temp:g} C\ncell     {cell_text(card)}")
    print(f"memory   {card.lost:,} of {CELLS:,} cells were lost, {changed:,} bits read differently")
    print(f"content  {sum_text(card)}")
    return EXIT_OK


def run_cell(args: argparse.Namespace) -> int:
    """Put another cell into a card."""
    from korgm1.board.card import CELLS
    from korgm1.cardfile.card_file import cell_named, read_card, write_card
    from korgm1.physics.cell_cr2032 import CoinCell
    from korgm1.verbs.card_text import cell_text, sum_text

    path = Path(args.file)
    card = read_card(path)
    old = card.supply.cell
    cell = cell_named(args.cell, seed=old.seed + 1 if isinstance(old, CoinCell) else card.seed)
    if args.in_drawer:
        card.supply.leave(0.0)
        card.supply.put(None)
        card.supply.leave(CHANGE_SECONDS)
        card.supply.put(cell)
        card.settle()
        write_card(path, card)
    else:
        card.supply.cell = cell
        _write_beside(path, card)
    print(f"{args.file}\ncell     {cell_text(card)}")
    if args.in_drawer:
        print(f"memory   {card.lost:,} of {CELLS:,} cells were lost in {CHANGE_SECONDS:g} s without a supply")
        print(f"content  {sum_text(card)}")
    return EXIT_OK


def _write_beside(path: Path, card: Card) -> None:
    from korgm1.cardfile.card_file import beside, card_text

    write_atomic(beside(path), card_text(card).encode("utf-8"))


def _is_sysex(path: Path) -> bool:
    return read_file(path, "a card").startswith(b"\xf0")


def _initialised() -> Bank:
    """What OpenM1 makes of an empty memory."""
    from korgm1.cardfile.bank import of_sram
    from korgm1.scenario.bank import initialised, making

    with asked_to_stop() as asked:
        for _ in making("init"):
            if asked:
                raise stopped()
        return of_sram(initialised())


def _source(path: Path) -> Bank:
    """The bank of a RAM image, or of dumps as an instrument takes them."""
    from korgm1.board.sram import SIZE
    from korgm1.cardfile.bank import of_sram
    from korgm1.performance.asking import load
    from korgm1.session import Session
    from korgm1.syx import pieces
    from korgm1.syx.layout import PARTS
    from korgm1.verbs.syx import load as load_messages

    data = read_file(path, "SysEx dumps or an image of the RAM")
    if len(data) == SIZE and not data.startswith(b"\xf0"):
        return of_sram(data)
    if not data.startswith((b"\xf0", b"MThd")):
        raise UserError(f"{path} is neither", f"SysEx dumps (F0 ...) or an image of the RAM, {SIZE:,} bytes")
    messages = load_messages(str(path))
    if not {piece.clean[4] for piece in pieces(messages) if piece.korg} & {0x50, *PARTS.values()}:
        raise UserError(
            f"{path} has no dump of a bank; a single program or combination goes to no number",
            "all data, programs, combinations, sequences or global", f"korgm1 syx check {path}",
        )
    with asked_to_stop() as asked, Session() as m1:
        m1.boot(asked_to_stop=lambda: asked)
        load(m1, messages, str(path), lambda: asked)
    return of_sram(m1.sram)

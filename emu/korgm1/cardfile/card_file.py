"""A program card on disk: FILE is the raw image, FILE.toml what an image cannot hold.

protected = false       the switch on the card
seed = 0                which card it is: its RAM chip, and its first cell
power_ups = 3           how often it got +5 V
[cell]                  as `physics` keeps one: kind "CR2016", seed, charge drawn, age ...; kind "supply" with volts;
kind = "CR2016"         kind "none": the holder is empty

Without FILE.toml it is a card with a new cell, not protected. Times and charges are seconds and milliampere-hours.
"""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import Any

from korgm1.board.battery_text import parse_reading, parse_volts
from korgm1.board.card import SIZE, Card
from korgm1.errors import UsageError, UserError
from korgm1.files import BACKUPS, check_writable, read_file, write_atomic
from korgm1.hypotheses import Hypotheses
from korgm1.physics.bench_supply import KINDS, BenchSupply, Cell
from korgm1.physics.cell_cr2016 import Cr2016
from korgm1.physics.cell_law import CellLaw

IMAGE = f"a program card image of {SIZE:,} bytes"
NONE = "none"
"""The kind of a cell that is not there."""
_KEYS = {"protected": bool, "seed": int, "power_ups": int, "cell": dict}
_HEAD = "# What the image of a program card cannot hold; korgm1 card info shows it.\n"


def beside(path: Path) -> Path:
    """The file that tells of the card's cell and switch.

    >>> beside(Path("a/x.card")).as_posix()
    'a/x.card.toml'
    """
    return Path(f"{path}.toml")


def card_text(card: Card) -> str:
    """What is in the file beside the image.

    >>> print(card_text(Card(bytes(SIZE), True, BenchSupply(2.4), 7)).partition("\\n")[2])
    protected = true
    seed = 7
    power_ups = 0
    <BLANKLINE>
    [cell]
    kind = "supply"
    volts = 2.4
    <BLANKLINE>
    """
    cell = card.supply.cell
    rows = {"kind": NONE} if cell is None else cell.snapshot()
    fields = {"protected": card.protected, "seed": card.seed, "power_ups": card.power_ups}
    return (
        _HEAD + "".join(f"{name} = {_value(value)}\n" for name, value in fields.items())
        + "\n[cell]\n" + "".join(f"{name} = {_value(value)}\n" for name, value in rows.items())
    )


def card_of(
    image: bytes, text: str | None, hypotheses: Hypotheses | None = None, name: str = "the card's file"
) -> Card:
    """The card of an image and of what stands beside it.

    Args:
        image: 32,768 bytes.
        text: as `card_text` makes it; None for a new cell, not protected.
        hypotheses: of the laws.
        name: of the file the text is from, for messages.

    Raises:
        UserError: a size no card has, or a text that cannot be understood.

    >>> card = Card(bytes(SIZE), True, seed=3); card.supply.cell.spend(1.0, 0.5, 1e6, 0.01)
    >>> card_of(bytes(SIZE), card_text(card)).snapshot() == card.snapshot()
    True
    """
    if text is None:
        return Card(image, hypotheses=hypotheses)
    guess = hypotheses or Hypotheses()
    try:
        fields = tomllib.loads(text)
        for key, value in fields.items():
            if key not in _KEYS or type(value) is not _KEYS[key]:
                raise ValueError(f"{key} = {value!r}")
        cell = _cell(fields["cell"], guess) if "cell" in fields else "new"
        card = Card(image, fields.get("protected", False), cell, fields.get("seed", 0), guess)
        card.power_ups = fields.get("power_ups", 0)
        if card.power_ups < 0:
            raise ValueError(f"power_ups = {card.power_ups}")
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        what = "too many brackets" if isinstance(error, RecursionError) else str(error)
        raise UserError(f"{name} cannot be understood: {what}", "what korgm1 card writes", _HINT) from error
    except (LookupError, TypeError, ValueError, OverflowError) as error:
        what = f"it has no {error}" if isinstance(error, KeyError) else str(error)
        raise UserError(f"{name} cannot be used: {what}", "protected, seed, power_ups, [cell]", _HINT) from error
    return card


def read_image(path: Path) -> bytes:
    """The image of a card.

    Raises:
        UserError: it is not there, or has another size.
    """
    if not os.path.exists(path):
        raise UserError(f"{path} is not there", IMAGE, f"korgm1 card new {path}")
    data = read_file(path, IMAGE)
    if len(data) == SIZE:
        return data
    hint = ""
    if not data:
        hint = "it is empty; korgm1 card new FILE makes a card"
    elif len(data) == 2 * SIZE and len({*data[1::2]}) == 1:
        hint = "it is the CPU's window, each second byte of it: the card is the even bytes alone"
    elif data.startswith(b"\xf0"):
        hint = f"it is a SysEx dump: korgm1 card new FILE --from {path}"
    elif len(data) == 2 * SIZE:
        hint = f"an SRAM image has this size: korgm1 card new FILE --from {path}"
    raise UserError(f"{path} has {len(data):,} bytes", IMAGE, hint)


def read_text(path: Path) -> str | None:
    """What stands beside the image of a card, or None.

    Raises:
        UserError: it is there and cannot be read.
    """
    if not beside(path).exists():
        return None
    data = read_file(beside(path), "what is known of a card's cell", 1 << 16)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise UserError(f"{beside(path)} is no text", "protected, seed, power_ups, [cell]", _HINT) from error


def read_card(path: Path, hypotheses: Hypotheses | None = None) -> Card:
    """A card from its files.

    Raises:
        UserError: they cannot be read or used.
    """
    return card_of(read_image(path), read_text(path), hypotheses, str(beside(path)))


def write_card(path: Path, card: Card) -> None:
    """Write a card's files, the image with backups.

    Raises:
        UserError: one cannot be written; what was there is still there.
    """
    check_writable(beside(path))
    write_atomic(path, bytes(card.data), backups=BACKUPS)
    write_atomic(beside(path), card_text(card).encode("utf-8"))


def cell_named(text: str, hypotheses: Hypotheses | None = None, seed: int = 0) -> Cell | None:
    """The cell of a word: new or CR2016, CR2016@VOLTS (used until it reads so much), VOLTS (never ages), absent.

    Raises:
        UsageError: no such cell.

    >>> cell_named("CR2016@2.6").open_volts(23.0), cell_named("absent")
    (2.6, None)
    """
    name, at, volts = text.strip().partition("@")
    law = CellLaw.from_hypotheses(hypotheses or Hypotheses())
    if not at and name.lower() == "new":
        return Cr2016(seed, law)
    try:
        if name.upper() == Cr2016.kind:
            return Cr2016.reading(parse_reading(volts), seed, law=law) if at else Cr2016(seed, law)
        number = parse_volts(text)
    except UsageError as error:
        raise UsageError(
            f"no cell of a card is called {text!r}", "new, CR2016, CR2016@VOLTS, VOLTS (never ages) or absent",
            "CR2016@2.6",
        ) from error
    return BenchSupply(number) if number else None


_HINT = "without that file it is a card with a new cell, not protected"


def _value(value: bool | float | str) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f'"{value}"' if isinstance(value, str) else repr(value)


def _cell(block: dict[str, Any], guess: Hypotheses) -> Cell | None:
    kind = block["kind"]
    if kind == NONE:
        return None
    if kind == BenchSupply.kind:
        return BenchSupply(float(block["volts"]))
    if kind not in KINDS:
        raise ValueError(f"no cell is called {kind!r}")
    cell = KINDS[kind](int(block["seed"]), CellLaw.from_hypotheses(guess))
    cell.restore(block)
    return cell

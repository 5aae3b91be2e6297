"""What `korgm1 card` prints: a card and its cell, a foreign card, the dump of a PCM card; as text and plain values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from korgm1.cardfile import card_format, foreign, pcm_dump
from korgm1.physics.cell_cr2032 import CoinCell
from korgm1.quantities import YEAR, format_duration

if TYPE_CHECKING:
    from collections.abc import Sequence

    from korgm1.board.card import Card

PER_LINE = 5
LIMIT_VOLTS = 2.49
"""Below it OpenM1 says that a cell is low (code 80h of 5 V)."""
TEXTS = 12


def described(name: str, card: Card, names: bool = False) -> str:
    """A card for people.

    Args:
        name: of its file.
        card: it.
        names: list the names of what is on it.
    """
    content = card_format.identify(bytes(card.data))
    lines = [f"{name}: " + ("program card, " + content.format.name if content else "program card, not formatted")]
    lines += [f"content  {sum_text(card)}", f"cell     {cell_text(card)}",
              f"switch   {'protected' if card.protected else 'not protected'}"]
    if not names:
        return "\n".join(lines)
    if content is not None:
        lists = {"programs": content.programs, "combinations": content.combinations, "songs": content.songs}
    else:
        found = foreign.look(bytes(card.data))
        lists = {f"{kind}s": found.names(kind) for kind in ("program", "combination", "song")}
        if not any(lists.values()) and found.seen.texts:
            lines += ["", "longest runs of text", *(f"{at:04X}  {text[:100]}" for at, text in found.seen.texts[:TEXTS])]
    for kind, rows in lists.items():
        if rows:
            lines += ["", f"{len(rows)} {kind}", *_columns(rows)]
    return "\n".join(lines)


def sum_text(card: Card) -> str:
    """What is on a card, in a line."""
    content = card_format.identify(bytes(card.data))
    if content is None:
        found = foreign.look(bytes(card.data))
        counts = [
            f"{len(found.names(kind))} {kind}s" for kind in ("program", "combination", "song") if found.names(kind)
        ]
        return ("found by their looks: " + ", ".join(counts)) if counts else found.looks
    state = "sound, its sum fits" if not content.problems else "damaged: " + "; ".join(content.problems)
    steps = f"; {content.steps:,} of {content.format.steps:,} steps in use" if content.format.steps else ""
    return state + steps


def cell_text(card: Card) -> str:
    """A card's cell and what its RAM has, in a line."""
    cell, supply = card.supply.cell, card.supply
    if cell is None:
        return "none: the card forgets without +5 V"
    low = ", low" if supply.cell_volts < LIMIT_VOLTS else ""
    ram = f"{supply.cell_volts:.2f} V{low}; the RAM has {supply.ram_volts:.2f} V in a drawer"
    if not isinstance(cell, CoinCell):
        return f"a supply of {ram}"
    age = f" {format_duration(cell.age_seconds)} old" if cell.age_seconds >= 1 else "" if cell.depth else ", new"
    return f"{cell.kind}{age}, {cell.depth:.0%} of {cell.capacity_mah:.0f} mAh gone, {ram}"


def card_dict(card: Card) -> dict[str, Any]:
    """A card as plain values."""
    content, cell = card_format.identify(bytes(card.data)), card.supply.cell
    found = None if content is not None else foreign.look(bytes(card.data))
    known: dict[str, Any] = {"format": None, "looks": found.looks if found else None, "problems": [], "steps": 0}
    if content is not None:
        known = {
            "format": content.format.name, "looks": None, "problems": list(content.problems), "steps": content.steps,
            "sum": content.sum,
        }
    return {
        "kind": "program card", **known, "protected": card.protected, "seed": card.seed,
        "programs": content.programs if content else found.names("program") if found else [],
        "combinations": content.combinations if content else found.names("combination") if found else [],
        "songs": content.songs if content else found.names("song") if found else [],
        "cell": None if cell is None else {
            "kind": cell.kind, "volts": card.supply.cell_volts, "ram_volts": card.supply.ram_volts,
            "years": cell.age_seconds / YEAR, "used": cell.depth,
        },
    }


def pcm_described(name: str, data: bytes) -> str:
    """The dump of a PCM card for people."""
    seen = pcm_dump.look(data)
    lines = [
        f"{name}: the dump of a PCM card",
        f"words    {seen.words:,} of 16 bits ({len(data):,} bytes), {seen.words / 31_250:.1f} s at 31,250 Hz; the last "
        f"that is used is {seen.full:,}",
        f"level    peak {pcm_dump.decibels(seen.peak):.1f} dB, root mean square {pcm_dump.decibels(seen.rms):.1f} dB "
        f"below full scale; {seen.silence:.0%} silence",
    ]
    if seen.names:
        lines += ["", "runs of text, perhaps names", *(f"{at:06X}  {text[:100]}" for at, text in seen.names[:TEXTS])]
        if len(seen.names) > TEXTS:
            lines.append(f"... {len(seen.names) - TEXTS:,} more")
    return "\n".join(lines)


def pcm_dict(data: bytes) -> dict[str, Any]:
    """The same as plain values."""
    seen = pcm_dump.look(data)
    return {
        "kind": "PCM card", "bytes": len(data), "words": seen.words, "used": seen.full, "peak": seen.peak,
        "rms": seen.rms, "silence": seen.silence, "swapped": seen.swapped,
        "names": [{"at": at, "text": text} for at, text in seen.names],
    }


def _columns(rows: Sequence[str]) -> list[str]:
    cells = [f"{number:02} {name:12}" for number, name in enumerate(rows)]
    return ["".join(cells[at : at + PER_LINE]).rstrip() for at in range(0, len(cells), PER_LINE)]

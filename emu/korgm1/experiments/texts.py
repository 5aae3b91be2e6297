"""Every text the LCD can be brought to show without a menu's knowledge: power-on, cells, cards, each key, PAGE+."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from korgm1.board.card import Card
from korgm1.clock import CPU_HZ
from korgm1.experiments.bench import BAR, Bench, noise, on_bench
from korgm1.experiments.record import Progress, Record, quiet
from korgm1.physics.bench_supply import BenchSupply
from korgm1.romset.load import RomSet
from korgm1.session import Session

MODES = ("COMBI", "EDIT COMBI", "PROG", "EDIT PROG", "SEQ", "GLOBAL")
PAGES = 12
CARD = 32768
SHOWN = 0.6
"""Seconds after which a key's answer is read."""


@dataclass(frozen=True)
class Text(Record):
    """A picture of the LCD.

    Attributes:
        lcd: its two lines, 40 characters each.
        when: the first condition under which it was seen.
        seconds: since power-on, the first time.
        passing: it never stood long enough to be read: perhaps a picture that was not drawn to its end.
    """

    lcd: tuple[str, str]
    when: str
    seconds: float
    passing: bool = False


@dataclass(frozen=True)
class LcdTexts(Record):
    """What the LCD showed.

    Attributes:
        texts: the pictures, each once, in the order in which they were first seen.
        order: the pictures of a boot of a valid RAM with a fresh cell, in order, with their seconds.
        boots: how many it took.
        notes: what else is to be said.
    """

    texts: tuple[Text, ...]
    order: tuple[Text, ...]
    boots: int
    notes: tuple[str, ...]


def lcd_texts(
    firmware: RomSet, model: str = "m1", progress: Progress = quiet, bench: Bench | None = None,
) -> LcdTexts:
    """Collect texts; with a bench that has done other experiments, theirs, too.

    >>> from korgm1.romset.load import load_os
    >>> found = lcd_texts(load_os(None, "m1"))
    >>> [row.lcd[0].rstrip() for row in found.order[2:]]
    ['OpenM1 Music Workstation M1 #24', 'Prog I00 Init Prog']
    """
    bench = on_bench(firmware, model, bench)
    before = bench.boots
    reference = bench.reference
    order = tuple(Text(row.lcd, "power-on", round(row.seconds, 4)) for row in reference.pictures)
    notes = [bench.remark] if bench.remark else []
    if bench.problem:
        notes.append(bench.problem)
    else:
        _power_on(bench, progress)
        _keys(bench, progress)
    shown = sorted(texts_of(bench), key=lambda row: _rank(row.when))
    return LcdTexts(tuple(shown), order, bench.boots - before, tuple(notes))


def texts_of(bench: Bench) -> tuple[Text, ...]:
    """Every picture that was seen on a bench, in the order in which they were first seen."""
    return tuple(
        Text(row.lcd, row.when, round(row.clock / CPU_HZ, 4), row.lcd not in bench.stood)
        for row in bench.shown.values()
    )


def _rank(when: str) -> int:
    return 0 if when.startswith("an initialised RAM") else 1


def _power_on(bench: Bench, progress: Progress) -> None:
    """RAM and cells and cards that a power-on may say something about."""
    image = bench.valid
    tries: list[tuple[str, bytes | None, Callable[[Session], None] | None]] = [
        ("a RAM full of noise", noise(1), None),
        ("a RAM full of FF", b"\xff" * len(image), None),
        ("a cell of 1.5 V", image, lambda one: one.set_battery(1.5)),
        ("no cell", image, lambda one: one.set_battery(None)),
        ("a cell of 5 V", image, lambda one: one.set_battery(5.0)),
        ("an empty card", image, lambda one: one.insert_card(bytes(CARD))),
        ("a card full of noise", image, lambda one: one.insert_card(noise(3, CARD))),
        ("a card with a cell of 1.5 V", image, lambda one: one.insert_card(_weak())),
    ]
    for number, (when, ram, prepare) in enumerate(tries):
        progress(number, len(tries) + len(MODES) + 1, when)
        bench.boot(ram, when, prepare=prepare)


def _weak() -> Card:
    card = Card(bytes(CARD))
    card.supply.put(BenchSupply(1.5))
    return card


def _keys(bench: Bench, progress: Progress) -> None:
    """Each key on the page after power-on; in each mode PAGE+ again and again."""
    session = bench.playing("before keys")
    state = session.take()
    keys = session.machine.panel.keys()
    progress(8, 9 + len(MODES), "pressing each key")
    for key in keys:
        session.restore(state)
        _press(bench, session, key, f"{key} pressed")
    for number, mode in enumerate(MODES):
        progress(9 + number, 9 + len(MODES), f"turning the pages of {mode}")
        session.restore(state)
        _press(bench, session, mode, f"{mode} pressed")
        first = bench.look(session)
        for page in range(PAGES):
            _press(bench, session, "PAGE+", f"{mode}, PAGE+ {page + 1} times")
            if bench.look(session) == first or session.stopped:
                break


def _press(bench: Bench, session: Session, key: str, when: str) -> None:
    session.press(key)
    session.run(SHOWN)
    bench.note_pictures([row for row in session.timeline if BAR not in row.lcd[0]], when)
    if BAR not in session.lcd[0]:
        bench.note_lcd(session.lcd, when, session.clock)


__all__ = ["LcdTexts", "Text", "lcd_texts", "texts_of"]

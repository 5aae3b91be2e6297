"""Inputs of one's own for both firmwares: a TOML file in the words of scenarios (docs/scenarios.md).

    title = "GLOBAL, then program 42"
    battery = "fresh"           # fresh, low, dead, absent, volts, CR2032@2.9
    ram = "initialised"         # or "none": chips that were never powered
    do = "on press=GLOBAL press=PROG press=4 press=2"

or, in place of `do`, tables [[phase]] with `title` and `do`.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from typing import Any

from korgm1.clock import CPU_HZ
from korgm1.errors import M1Error, UserError
from korgm1.result import LcdChange
from korgm1.romset.load import RomSet
from korgm1.scenario.bench import Bench
from korgm1.scenario.steps import parse_steps, powered_after
from korgm1.session import Session

RAMS = ("initialised", "none")
LONGEST = 600.0
"""Emulated seconds of a script at most."""
FIRST = 30
"""Emulated seconds in which a firmware may initialise its RAM."""


@dataclass(frozen=True)
class Phase:
    """A title and the words of its steps."""

    title: str
    do: str


@dataclass(frozen=True)
class Script:
    """Inputs, checked.

    Attributes:
        title: for the report.
        battery: the cell, as `Session` takes it.
        ram: one of `RAMS`.
        phases: what is done.
    """

    title: str
    battery: str
    ram: str
    phases: tuple[Phase, ...]


@dataclass(frozen=True)
class SeenPhase:
    """What a phase showed: LCD pictures, and MIDI OUT without active sensing; `do` is what was done."""

    title: str
    do: str
    pictures: tuple[LcdChange, ...]
    midi: bytes


@dataclass(frozen=True)
class Seen:
    """What a script saw: its title and phases, the RAM at its end, and why it ended early or ""."""

    title: str
    phases: tuple[SeenPhase, ...]
    sram: bytes
    fault: str = ""


def parse(text: str, file: str) -> Script:
    """The script of a TOML text.

    Args:
        text: the file's content.
        file: its name, for messages.

    Raises:
        UserError: it is no TOML, or has something that is no script's; which and what is wanted.

    >>> [phase.do for phase in parse('do = "on press=4"', "x.toml").phases]
    ['on press=4']
    """
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UserError(f"{file}: {error}", "a script in TOML") from None
    known = {"title", "battery", "ram", "do", "phase"}
    if strange := sorted(set(table) - known):
        raise UserError(f"{file} has {strange[0]!r}", "one of " + ", ".join(sorted(known)))
    rows = table.get("phase", [])
    if not isinstance(rows, list):
        raise UserError(f"{file}: phase = {rows!r}", "tables [[phase]]")
    if ("do" in table) == bool(rows):
        raise UserError(f"{file} has {'both' if rows else 'neither'} do and [[phase]]", "one of them")
    rows = rows or [{"title": "inputs", "do": table["do"]}]
    phases, powered = [], False
    for number, row in enumerate(rows, 1):
        where = f"{file}, phase {number}"
        if not isinstance(row, dict) or set(row) - {"title", "do"} or "do" not in row:
            raise UserError(f"{where} cannot be used", "title and do")
        phase = Phase(_text(row, "title", where, f"phase {number}"), _text(row, "do", where, ""))
        try:
            powered = powered_after(parse_steps(phase.do, powered), powered)
        except M1Error as error:
            raise UserError(f"{where}: {error.found}", error.expected) from None
        phases.append(phase)
    ram = _text(table, "ram", file, RAMS[0])
    if ram not in RAMS:
        raise UserError(f"{file}: ram = {ram!r}", "one of " + ", ".join(RAMS))
    return Script(_text(table, "title", file, file), _text(table, "battery", file, "fresh"), ram, tuple(phases))


def _text(table: dict[str, Any], key: str, where: str, default: str) -> str:
    value = table.get(key, default)
    if not isinstance(value, str):
        raise UserError(f"{where}: {key} = {value!r}", "a text in quotes")
    return value


def play(script: Script, firmware: RomSet, model: str) -> Seen:
    """Play a script on a firmware.

    Args:
        script: what is done.
        firmware: who gets it.
        model: the instrument.

    Raises:
        UserError: the cell it names cannot be used.
    """
    ram = None
    if script.ram == "initialised":
        first = Session(model=model, roms=firmware)
        _bounded(first)
        ram = first.sram
    session = Session(model=model, roms=firmware, battery=script.battery, sram=ram)
    bench = Bench(session)
    seen: list[SeenPhase] = []
    powered, fault, left = False, "", LONGEST
    for phase in script.phases:
        bench.mark()
        for step in parse_steps(phase.do, powered):
            try:
                for clock in bench.doing(step):
                    last = session.clock + round(left * CPU_HZ)
                    left -= max(0, min(clock, last) - session.clock) / CPU_HZ
                    session.run_until(min(clock, last))
                    if left <= 0:
                        raise UserError(f"the script takes more than {LONGEST:.0f} emulated seconds")
            except M1Error as error:
                fault = f"{phase.title}, {step}: {error.found}"
                break
            powered = powered_after((step,), powered)
        bench.collect()
        seen.append(SeenPhase(phase.title, phase.do, tuple(bench.pictures), bench.midi))
        if fault:
            break
    return Seen(script.title, tuple(seen), session.sram, fault)


def _bounded(session: Session) -> None:
    session.power_on()
    session.boot(asked_to_stop=lambda: session.clock > FIRST * CPU_HZ)

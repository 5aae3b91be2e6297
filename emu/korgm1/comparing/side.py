"""Everything that is gathered of one firmware before two are compared: its analysis, boots, experiments.

It runs in a process of its own, so all of it can be sent from one to another.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from korgm1 import experiments
from korgm1.analysis import Program, analyse
from korgm1.comparing.script import Script, Seen, play
from korgm1.comparing.writes import Write
from korgm1.errors import M1Error
from korgm1.experiments.bench import Bench
from korgm1.observing import Observation, observe
from korgm1.result import LcdChange
from korgm1.romset.load import RomSet

BOOTS = {
    "first": ("first power-on, the RAM never powered before", "fresh", False),
    "again": ("power-on with an initialised RAM", "fresh", True),
    "low": ("power-on with a low cell", "low", True),
    "dead": ("power-on with a dead cell", "dead", True),
}
"""Boots that are always compared: name -> what it is, the cell, whether the RAM of the first is in."""
FULL = ("first", "again")
"""Those of which every port write is kept."""
EXPERIMENTS = ("battery_threshold", "layout", "initial_contents", "validity", "power_on_keys", "midi_replies",
               "interrupt_map", "lcd_texts")
MOST_WRITES = 200_000
LIMIT = 60.0
"""Emulated seconds of a boot at most."""

Tell = Callable[[str], None]


@dataclass(frozen=True)
class Boot:
    """One power-on.

    Attributes:
        title: what was different from others.
        ended: as `BootResult.ended`.
        clocks: CPU clocks until it stood still.
        pictures: the finished LCD pictures.
        writes: its port writes, none where they were not kept.
        sram: the RAM at the end.
        midi_out: what it sent.
    """

    title: str
    ended: str
    clocks: int
    pictures: tuple[LcdChange, ...]
    writes: tuple[Write, ...] = field(repr=False, default=())
    sram: bytes = field(repr=False, default=b"")
    midi_out: bytes = b""


@dataclass(frozen=True)
class Side:
    """What is known of one firmware.

    Attributes:
        firmware: the image, its names.
        model: the instrument it ran in.
        program: its analysis, with what the boots executed.
        boots: by `BOOTS`.
        experiments: name -> the experiment's result; one that cannot be made is missing, and in `notes`.
        script: what the script saw, None without one.
        notes: what could not be found out, as sentences.
        seconds: how long it took.
    """

    firmware: RomSet
    model: str
    program: Program
    boots: Mapping[str, Boot]
    experiments: Mapping[str, Any]
    script: Seen | None
    notes: tuple[str, ...]
    seconds: float


def gather(firmware: RomSet, model: str, script: Script | None = None, tell: Tell = lambda text: None) -> Side:
    """Find out what can be known of a firmware.

    Args:
        firmware: any 131,072 bytes.
        model: the instrument.
        script: inputs to play at the end.
        tell: told what is being done.
    """
    begin = time.monotonic()
    notes: list[str] = []
    boots: dict[str, Boot] = {}
    executed, ram = None, None
    for name, (title, cell, kept) in BOOTS.items():
        tell(title)
        seen = observe(
            firmware, model, battery=cell, sram=ram if kept else None, profile=name in FULL, seconds=None,
        )
        boots[name] = _boot(title, seen, name in FULL)
        if name == "first":
            ram = seen.sram
        elif name == "again":
            executed = seen.executed
    tell("analysis")
    program = analyse(firmware.image, executed)
    found: dict[str, Any] = {}
    bench = Bench(firmware, model)
    if bench.problem:
        notes.append(bench.problem)
    for name in EXPERIMENTS if not bench.problem else ():
        experiment = getattr(experiments, name, None)
        if experiment is None:
            continue
        tell(name.replace("_", " "))
        try:
            found[name] = experiment(firmware, model, bench=bench)
        except M1Error as error:
            notes.append(f"{name}: {error}")
    seen_by_script = None
    if script is not None:
        tell(script.title)
        seen_by_script = play(script, firmware, model)
    return Side(firmware, model, program, boots, found, seen_by_script, tuple(notes), time.monotonic() - begin)


def _boot(title: str, seen: Observation, full: bool) -> Boot:
    writes = tuple(Write(*row) for row in seen.port_writes[:MOST_WRITES]) if full else ()
    result = seen.result
    return Boot(title, result.ended, result.clocks, tuple(result.timeline), writes, seen.sram, seen.midi_out)

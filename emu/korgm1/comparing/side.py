"""Everything that is gathered of one firmware before two are compared: its analysis, boots, experiments.

It runs in a process of its own, so all of it can be sent from one to another.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial

from korgm1.analysis import Program, analyse
from korgm1.comparing.script import Script, Seen, play
from korgm1.comparing.writes import Write
from korgm1.errors import M1Error, Stopped
from korgm1.experiments.bench import Bench
from korgm1.experiments.initial import initial_contents
from korgm1.experiments.keys import power_on_keys
from korgm1.experiments.midi import midi_replies
from korgm1.experiments.record import Record
from korgm1.experiments.threshold import battery_threshold
from korgm1.experiments.validity import validity
from korgm1.observing import Observation, observe
from korgm1.observing.standing import Cells, merged
from korgm1.result import LcdChange
from korgm1.romset.load import RomSet
from korgm1.syx.functions import REQUESTS

BOOTS = {
    "first": ("first power-on, the RAM never powered before", "fresh", False),
    "again": ("power-on with an initialised RAM", "fresh", True),
    "low": ("power-on with a low cell", "low", True),
    "dead": ("power-on with a dead cell", "dead", True),
}
"""Boots that are always compared: name -> what it is, the cell, whether the RAM of the first is in."""
FULL = ("first", "again")
"""Those of which every port write is kept."""
MODE_CHANGE = 0x4E
CODES = {data[0] for data in REQUESTS.values()}
"""Functions of exclusive messages that are asked: the requests, and a change of mode."""
EXPERIMENTS: Mapping[str, Callable[..., Record]] = {
    "battery threshold": battery_threshold, "initial contents": initial_contents, "validity": validity,
    "power-on keys": power_on_keys, "MIDI replies": partial(midi_replies, codes=(*sorted(CODES), MODE_CHANGE)),
}
"""Name -> experiment; each is given the same bench."""
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
    experiments: Mapping[str, Record]
    script: Seen | None
    notes: tuple[str, ...]
    seconds: float


def gather(firmware: RomSet, model: str, script: Script | None = None, tell: Tell = lambda text: None) -> Side:
    """Find out what can be known of a firmware.

    Args:
        firmware: any 131,072 bytes.
        model: the instrument.
        script: inputs to play at the end.
        tell: told what is being done; what it raises ends the work.

    Raises:
        Stopped: if `tell` does.
    """
    begin = time.monotonic()
    notes: list[str] = []
    boots: dict[str, Boot] = {}
    executed, ram = None, None
    tell("the page it comes to")
    bench = Bench(firmware, model)
    notes += [said for said in (bench.problem, bench.remark) if said]
    for name, (title, cell, kept) in BOOTS.items():
        tell(title)
        seen = observe(
            firmware, model, battery=cell, sram=ram if kept else None, profile=name in FULL, seconds=bench.watched
        )  # fmt: skip
        boots[name] = _boot(title, seen, name in FULL, bench.moving)
        if name == "first":
            ram = seen.sram
        elif name == "again":
            executed = seen.executed
    tell("analysis")
    program = analyse(firmware.image, executed)
    found: dict[str, Record] = {}
    for name, experiment in EXPERIMENTS.items() if not bench.problem else ():
        tell(name)
        try:
            found[name] = experiment(firmware, model, progress=_progress(name, tell), bench=bench)
        except Stopped:
            raise
        except M1Error as error:
            notes.append(f"{name}: {error}")
    seen_by_script = None
    if script is not None:
        tell(script.title)
        seen_by_script = play(script, firmware, model)
    return Side(firmware, model, program, boots, found, seen_by_script, tuple(notes), time.monotonic() - begin)


def _progress(name: str, tell: Tell) -> Callable[[float, float, str], None]:
    return lambda done, of, what: tell(f"{name}, {done / of:.0%}" if of else name)


def _boot(title: str, seen: Observation, full: bool, moving: Cells) -> Boot:
    rows = seen.port_writes[:MOST_WRITES] if full else []
    writes = tuple(Write(row.clock, row.port, row.value, row.ps, row.pc) for row in rows)
    result = seen.result
    return Boot(title, result.ended, result.clocks, merged(result.timeline, moving), writes, seen.sram, seen.midi_out)

"""All experiments on one firmware, as one dossier: question, answer, how it was found, how sure, what it leaves open.

The unknowns are those of the project's collected facts about the hardware: what nobody documents publicly.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from korgm1 import __version__
from korgm1.errors import Stopped, UsageError
from korgm1.experiments.bench import Bench
from korgm1.experiments.hardware import hardware
from korgm1.experiments.initial import initial_contents
from korgm1.experiments.interrupts import interrupt_map
from korgm1.experiments.keys import PowerOnKeys, power_on_keys
from korgm1.experiments.memory_map import layout
from korgm1.experiments.midi import midi_replies
from korgm1.experiments.record import Progress, Record, quiet
from korgm1.experiments.texts import LcdTexts, Text, lcd_texts, texts_of
from korgm1.experiments.threshold import battery_threshold
from korgm1.experiments.validity import validity
from korgm1.experiments.words import lines
from korgm1.romset.load import RomSet
from korgm1.workers import Asked, Work, spread

RACK = "m1r"


@dataclass(frozen=True)
class Experiment:
    """One of the battery.

    Attributes:
        name: for `--only`.
        title: a heading.
        unknowns: the numbers of the unknowns that it is about (facts m1-hardware, "Unknowns").
        question: what is asked.
        how: how the answer is found.
        limits: what it does not show.
        run: with (firmware, model, progress, bench).
    """

    name: str
    title: str
    unknowns: tuple[int, ...]
    question: str
    how: str
    limits: str
    run: Callable[[RomSet, str, Progress, Bench], Record]


def _rack(firmware: RomSet, model: str, progress: Progress, bench: Bench) -> PowerOnKeys:
    return power_on_keys(firmware, RACK, progress)


EXPERIMENTS: tuple[Experiment, ...] = (
    Experiment(
        "validity", "RAM validity", (2, 13), "Which bytes of the RAM decide that it is valid, and how?",
        "bytes are flipped in blocks and alone, each time with a boot; marks in the data tell whether they were kept",
        "checks that need two flips at once; bytes looked at only in some modes; the way of a sum that is none of the "
        "known ones",
        lambda firmware, model, progress, bench: validity(firmware, model, progress, bench),
    ),
    Experiment(
        "keys", "Keys at power-on", (3, 12), "Which keys do something when they are held at power-on?",
        "every key, every pair of a column or with INT, every triple of a column is held for two seconds",
        "other combinations; keys pressed later; what happens without a change of LCD or stored data",
        lambda firmware, model, progress, bench: power_on_keys(firmware, model, progress, bench),
    ),
    Experiment(
        "keys-rack", "Keys at power-on of an M1R", (9, 12), "Does it know other combinations in a rack?",
        "as above, in the netlist of an M1R",
        "as above; the M1R's matrix is taken to be the M1's (H-M1R-MATRIX)", _rack,
    ),
    Experiment(
        "threshold", "Battery threshold", (1,),
        "Below which ADC code is the battery low, when is it measured, how long does the message stay?",
        "bisection of the cell's voltage over the codes; a cell that is low for a part of the time only",
        "volts are as good as H-VREF; a cell that falls in use is watched for 20 seconds",
        lambda firmware, model, progress, bench: battery_threshold(firmware, model, progress, bench),
    ),
    Experiment(
        "midi", "MIDI replies", (2, 18), "What does it answer over MIDI?",
        "the identity request and every request of the published MIDI implementation, from the same state",
        "messages that nobody published; answers that take longer than 25 seconds",
        lambda firmware, model, progress, bench: midi_replies(firmware, model, progress, bench),
    ),
    Experiment(
        "interrupts", "Interrupts", (6,), "Which interrupts are used, and what would raise the others?",
        "vectors, masks and rates on the play page; a request is injected on every level; loops are looked for behind "
        "mode keys",
        "which wire a level has on the board; interrupts used only in modes that were not entered",
        lambda firmware, model, progress, bench: interrupt_map(firmware, model, progress, bench),
    ),
    Experiment(
        "layout", "RAM layout", (13,), "What is the RAM used for?",
        "reads and writes of every byte are counted in a boot of a valid RAM and in one of noise",
        "what is used only later, by playing, recording or a card",
        lambda firmware, model, progress, bench: layout(firmware, model, progress, bench),
    ),
    Experiment(
        "init", "Initial contents", (2, 18), "What does an initialisation write?",
        "two boots with different noise in the RAM: what is the same afterwards was written",
        "what records mean: names of parameters are those of the published dumps, by the records' size",
        lambda firmware, model, progress, bench: initial_contents(firmware, model, progress, bench),
    ),
    Experiment(
        "hardware", "Chips", (6, 7, 8, 9), "What are the chips around it told?",
        "every port access of a boot is counted; mode keys are pressed; conversions are counted on the play page",
        "what answers of real chips would change: SCAN, TG, VDF and MDE are stand-ins here",
        lambda firmware, model, progress, bench: hardware(firmware, model, progress, bench),
    ),
    Experiment(
        "texts", "LCD texts", (3, 4), "What exactly is shown, and in which order?",
        "all pictures of all experiments are collected; every key is pressed once, every mode's pages are turned",
        "texts that need more than one key, a sound bank or a recorded sequence",
        lambda firmware, model, progress, bench: lcd_texts(firmware, model, progress, bench),
    ),
)  # fmt: skip
NAMES = tuple(one.name for one in EXPERIMENTS)


@dataclass(frozen=True)
class Answer:
    """What one experiment found.

    Attributes:
        experiment: which.
        found: its result.
        shown: pictures of the LCD that were seen on the way.
    """

    experiment: str
    found: Record
    shown: tuple[Text, ...]


@dataclass(frozen=True)
class Dossier:
    """What is known of a firmware after all of them.

    Attributes:
        firmware, model: what was looked at.
        answers: in the order of `EXPERIMENTS`.
    """

    firmware: RomSet
    model: str
    answers: tuple[Answer, ...]

    def to_dict(self) -> dict[str, Any]:
        """The object of `korgm1 probe --json`."""
        return {
            "program": __version__, "kind": "dossier",
            "firmware": {"name": self.firmware.name, "version": self.firmware.version, "sha1": self.firmware.sha1},
            "warnings": list(self.firmware.warnings), "model": self.model,
            "experiments": {
                answer.experiment: {
                    "title": one.title, "unknowns": list(one.unknowns), "question": one.question, "how": one.how,
                    "sure": sure(answer.found), "not_shown": one.limits, "result": answer.found.to_dict(),
                }
                for answer, one in self._rows()
            },
        }

    def json(self) -> str:
        """The same as text, the same for the same firmware."""
        return json.dumps(self.to_dict(), indent=2) + "\n"

    def markdown(self) -> str:
        """The dossier as a page."""
        firmware = self.firmware
        rows = [
            f"# Dossier: {firmware.name} {firmware.version}", "",
            f"SHA-1 {firmware.sha1}, run as {self.model.upper()} by korgm1 {__version__}. Everything here is what the "
            "emulated board saw; what real chips would have answered may change it.", "",
        ]
        rows += [f"- warning: {warning}" for warning in firmware.warnings] + [""] * bool(firmware.warnings)
        for answer, one in self._rows():
            rows += [f"## {one.title}", "", one.question, "", "```"]
            rows += [*(lines(answer.found) or ["nothing was found"]), "```", ""]
            rows += [f"- note: {note}" for note in notes(answer.found)]
            rows += [f"- found by: {one.how}", f"- how sure: {sure(answer.found)}", f"- not shown: {one.limits}", ""]
        return "\n".join(rows)

    def _rows(self) -> list[tuple[Answer, Experiment]]:
        known = {one.name: one for one in EXPERIMENTS}
        return [(answer, known[answer.experiment]) for answer in self.answers]


def notes(found: Record) -> tuple[str, ...]:
    """What the result itself says about what is doubtful."""
    rows: tuple[str, ...] = getattr(found, "notes", ())
    return rows


def sure(found: Record) -> str:
    """How sure it is.

    >>> sure(PowerOnKeys("m1", (), 1, 2, ("its CPU stopped",)))
    'doubtful, see the notes'
    """
    boots = getattr(found, "boots", 0)
    if notes(found):
        return "doubtful, see the notes"
    return f"observed in {boots} boots of this emulator, which are the same every time" if boots else "observed"


def chosen(only: Iterable[str] | None, model: str) -> tuple[str, ...]:
    """The experiments that are asked for, in their order.

    Raises:
        UsageError: there is no such experiment.

    >>> chosen(["texts", "threshold"], "m1")
    ('threshold', 'texts')
    >>> "keys-rack" in chosen(None, "m1r")
    False
    """
    if only is None:
        return tuple(name for name in NAMES if name != "keys-rack" or not model.startswith(RACK))
    wanted = list(only)
    for name in wanted:
        if name not in NAMES:
            raise UsageError(f"there is no experiment {name!r}", "one or more of " + ",".join(NAMES))
    return tuple(name for name in NAMES if name in wanted)


def dossier(
    firmware: RomSet, model: str = "m1", only: Sequence[str] | None = None, workers: int = 1,
    progress: Progress = quiet, asked: Asked = lambda: 0,
) -> Dossier:
    """Do experiments and collect what they found.

    Args:
        firmware: any 128 KB firmware.
        model: the instrument.
        only: names of experiments; None: all.
        workers: processes, see `korgm1.workers`.
        progress: told how far it is.
        asked: see `korgm1.workers.Asked`.

    Raises:
        UsageError: no such experiment.
        Stopped: `asked` said so.
        UserError: a process died.

    >>> from korgm1.romset.load import load_os
    >>> found = dossier(load_os(None, "m1"), only=["layout"])
    >>> found.to_dict()["experiments"]["layout"]["result"]["stored_base"]
    4096
    """
    names = chosen(only, model)
    answers: dict[str, Answer] = {}
    within: Progress = quiet if workers > 1 else lambda done, of, what: progress(
        len(answers) + min(0.99, done / (of or 1)), len(names), what
    )
    progress(0, len(names), names[0] if names else "")
    with tempfile.TemporaryDirectory(prefix="korgm1-probe-") as folder:
        wanted = Path(folder) / "wanted"
        wanted.touch()

        def heard() -> int:
            if wish := asked():
                wanted.unlink(missing_ok=True)
            return wish

        make = _plain if workers > 1 else _telling
        args: tuple[Any, ...] = (firmware, model, str(wanted)) if workers > 1 else (firmware, model, within, asked)
        for name, answer in spread(names, make, args, workers, heard, "the experiments"):
            answers[name] = answer
            progress(len(answers), len(names), f"{name} done")
    if len(answers) < len(names):
        raise Stopped("stopped between experiments; nothing written")
    rows = _collected([answers[name] for name in names])
    return Dossier(firmware, model, tuple(rows))


def _plain(firmware: RomSet, model: str, wanted: str) -> Work[str, Answer]:
    """In a process of its own: once the file `wanted` is gone, it ends at the next boot."""
    return _telling(firmware, model, quiet, lambda: int(not os.path.exists(wanted)))


def _telling(firmware: RomSet, model: str, progress: Progress, stop: Asked) -> Work[str, Answer]:
    def heard(done: float, of: float, what: str) -> None:
        if stop():
            raise Stopped("stopped in an experiment; nothing written")
        progress(done, of, what)

    def work(name: str, asked: Asked) -> Answer:
        one = next(row for row in EXPERIMENTS if row.name == name)
        bench = Bench(firmware, model)    # its own, so that its boots do not depend on what was done before
        found = one.run(firmware, model, heard, bench)
        return Answer(name, found, texts_of(bench))

    return work


def _collected(answers: list[Answer]) -> list[Answer]:
    """The texts that were seen in any experiment belong to the experiment about texts."""
    rows = []
    for answer in answers:
        if isinstance(answer.found, LcdTexts):
            texts = {row.lcd: row for row in answer.found.texts}
            for other in answers:
                for seen in other.shown:
                    known = texts.setdefault(seen.lcd, seen)
                    texts[seen.lcd] = replace(known, passing=known.passing and seen.passing)
            found = LcdTexts(tuple(texts.values()), answer.found.order, answer.found.boots, answer.found.notes)
            answer = Answer(answer.experiment, found, ())
        rows.append(answer)
    return rows

"""What a case consists of: who reported what, the instrument, phases with what is done and what must be seen."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from korgm1.scenario.steps import Step
from korgm1.scenario.table import Range

CONFIDENCE = ("measured", "hearsay", "inference", "told")
"""How a report is known: measured, written by an owner, following from both, told but found nowhere."""
IMAGES = ("bank", "init", "none")
DATA = ("kept", "lost", "partial", "bank")
DIPS = ("nothing", "reset", "power cycle", "freeze")
NUMBERS = (
    "cells_lost", "bits_flipped", "lowest_volts", "ram_volts", "adc_code", "different_programs", "names_right",
    "bytes_changed", "notes_sounding",
)


@dataclass(frozen=True)
class Source:
    """Who reported it, and where."""

    where: str
    confidence: str
    says: str = ""


@dataclass(frozen=True)
class Setup:
    """The instrument before the first phase; `sram` is "bank" (named sounds), "init", or "none" (never powered)."""

    battery: str = "fresh"
    celsius: float = 25.0
    seed: int = 0
    sram: str = "bank"
    faults: tuple[str, ...] = ()
    hypotheses: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Picture:
    """What an LCD picture must be: a line as text, as /regular expression/, or None for any; when, in seconds."""

    line1: str | None = None
    line2: str | None = None
    after: float = 0.0
    before: float = 1e9

    def shown(self, lcd: tuple[str, str]) -> bool:
        """Whether these two lines are that picture.

        >>> Picture(line1="Prog I00 Init Prog").shown(("Prog I00 Init Prog      ", "whatever"))
        True
        """
        return all(text is None or like(text, line) for text, line in zip((self.line1, self.line2), lcd, strict=True))

    def __str__(self) -> str:
        lines = " | ".join("..." if text is None else text or "(blank)" for text in (self.line1, self.line2))
        return lines + (f" before {self.before:g} s" if self.before < 1e9 else "") + (
            f" after {self.after:g} s" if self.after else "")


@dataclass(frozen=True)
class Phase:
    """Things done one after the other, and what must be seen during them or at their end."""

    title: str
    steps: tuple[Step, ...]
    lcd: tuple[Picture, ...] = ()
    ends: Picture | None = None
    never: tuple[str, ...] = ()
    leds: tuple[str, ...] | None = None
    data: str = ""
    numbers: Mapping[str, Range] = field(default_factory=dict)
    midi: tuple[bytes, ...] = ()
    midi_never: tuple[bytes, ...] = ()
    dip: str = ""
    frozen: bool | None = None


@dataclass(frozen=True)
class Control:
    """What the control run leaves out; at least one expectation must fail then."""

    says: str
    setup: Setup
    skip: tuple[str, ...] = ()


@dataclass(frozen=True)
class Scenario:
    """One report; `cannot` says why it is listed only, and is empty for those that run."""

    name: str
    title: str
    model: str
    sources: tuple[Source, ...]
    reported: str
    cannot: str = ""
    setup: Setup = Setup()
    phases: tuple[Phase, ...] = ()
    control: Control | None = None
    assumed: tuple[str, ...] = ()
    differs: tuple[str, ...] = ()


def like(text: str, line: str) -> bool:
    """Whether a line of the display is this text, or fits this /regular expression/.

    >>> like("/#2[0-9]/", "M1 #24     "), like("M1", "M1 #24")
    (True, False)
    """
    if len(text) > 1 and text[0] == text[-1] == "/":
        return re.search(text[1:-1], line.rstrip()) is not None
    return text == line.rstrip()

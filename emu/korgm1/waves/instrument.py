"""How one multisound is made: a recipe for one pitch, and the keys up to which each zone reaches."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from korgm1.waves.tone import Take

Recipe = Callable[[float, float], Take]
"""From the pitch wanted in Hz, and the frequency up to which partials can be heard in the whole zone, to a take."""

FINE = (38, 46, 53, 60, 67, 74, 82, 91, 102, 114, 127)
MEDIUM = (43, 55, 66, 78, 91, 108, 127)
FORMANTS = (43, 52, 60, 68, 77, 88, 104, 127)
"""Closer where it matters: a zone carries its formants along."""
SUNG = (45, 55, 65, 76, 91, 109, 127)
COARSE = (48, 61, 75, 92, 110, 127)
BASS = (40, 52, 66, 84, 127)
HALVES = (33, *range(39, 127, 6), 127)
"""Every six keys: single cycles, which cost little."""
ONE = (127,)


@dataclass(frozen=True)
class Instrument:
    """A recipe, its zones, whether its keys can be told by ear, and in words how it is made."""

    recipe: Recipe
    tops: tuple[int, ...]
    made: str
    pitched: bool = True

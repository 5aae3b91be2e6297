"""What each model of the family is: frozen descriptions, no behaviour."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from korgm1.errors import UsageError


@dataclass(frozen=True)
class Model:
    """One model.

    Attributes:
        name: as on the command line.
        title: for people.
        rom_sets: names of the OS sets in the ROM database that belong to it.
        rack: no keys, no joystick (M1R).
        wave_words: 16-bit words of PCM ROM on the board.
    """

    name: str
    title: str
    rom_sets: tuple[str, ...]
    rack: bool
    wave_words: int


_M1_WORDS = 2 << 20

MODELS: Mapping[str, Model] = MappingProxyType({
    model.name: model
    for model in (
        Model("m1", "M1 Music Workstation", ("korgm1", "korgm1p1"), rack=False, wave_words=_M1_WORDS),
        Model("m1ex", "M1 EX Music Workstation", ("korgm1ex",), rack=False, wave_words=2 * _M1_WORDS),
        Model("m1r", "M1R rack module", ("korgm1r",), rack=True, wave_words=_M1_WORDS),
        Model("m1rex", "M1R EX rack module", ("korgm1rex",), rack=True, wave_words=2 * _M1_WORDS),
    )
})
"""All models by name. The EX double the wave memory (facts: m1-hardware 3.4, MAME)."""


def model_named(name: str) -> Model:
    """The model of that name.

    Raises:
        UsageError: there is none.

    >>> model_named("m1r").rack
    True
    """
    try:
        return MODELS[name]
    except KeyError:
        raise UsageError(f"there is no model {name!r}", "one of " + ", ".join(MODELS)) from None

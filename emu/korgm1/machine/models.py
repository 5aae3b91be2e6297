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
        rack: no keys, no joystick (M1R).
        ex: room for a second set of sample ROMs.
    """

    name: str
    title: str
    rack: bool
    ex: bool = False


MODELS: Mapping[str, Model] = MappingProxyType({
    model.name: model
    for model in (
        Model("m1", "M1 Music Workstation", rack=False),
        Model("m1ex", "M1 EX Music Workstation", rack=False, ex=True),
        Model("m1r", "M1R rack module", rack=True),
        Model("m1rex", "M1R EX rack module", rack=True, ex=True),
    )
})
"""All models by name; which OS sets are whose stands in the ROM database."""


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

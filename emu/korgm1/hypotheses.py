"""Every guess of the emulator under an id, with its evidence and its switch (hypotheses.toml)."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from math import isfinite
from typing import Any

from korgm1.errors import UsageError


@dataclass(frozen=True)
class Hypothesis:
    """One guess: what it claims, why, how sure, what would refute it, and the values it can take.

    `pattern` is the regular expression a text must match wholly, `form` says it in words.
    """

    id: str
    claim: str
    evidence: str
    confidence: str
    falsifier: str
    default: Any
    switch: str
    choices: tuple[Any, ...] = ()
    min: float | None = None
    max: float | None = None
    pattern: str = ""
    form: str = ""


SETTLED: Mapping[str, Any] = {
    "H-TCU-ODD": "8254",    # uPD70216 data sheet, figure 22: in mode 3 an odd N reads N-1 ... 0, then N-1 ... 2
    "H-TG-NOTE": "note,velocity",    # OpenM1 does not write notes' numbers any more (H-TGW); it had no other value
}
"""Guesses that are none any more, settled or given up: id -> the value that is left. Files of older versions still name
them."""


def still_open(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values of an older file without the guesses that were settled since.

    Args:
        values: id -> value, as a snapshot or a recording has them.

    Raises:
        UsageError: one was settled the other way, so no machine of this program does what the file's did.

    >>> still_open({"H-TCU-ODD": "8254", "H-VREF": 4.9})
    {'H-VREF': 4.9}
    """
    for key, right in SETTLED.items():
        if key in values and values[key] != right:
            raise UsageError(
                f"the file was made with {key}={values[key]}, a guess that turned out wrong since",
                f"one made with {key}={right}", "the program version that made it",
            )
    return {key: value for key, value in values.items() if key not in SETTLED}


@cache
def all_hypotheses() -> Mapping[str, Hypothesis]:
    """All of them by id, in the order of the file.

    >>> all_hypotheses()["H-VREF"].default
    5.0
    """
    data = tomllib.loads((files("korgm1") / "hypotheses.toml").read_text("utf-8"))
    return {
        key: Hypothesis(id=key, choices=tuple(row.pop("choices", ())), **row) for key, row in data.items()
    }


def hypothesis_named(key: str) -> Hypothesis:
    """The hypothesis of that id.

    Raises:
        UsageError: there is none.
    """
    row = all_hypotheses().get(key)
    if row is None:
        near = key.upper() if key.upper() in all_hypotheses() else "an id of hypotheses.toml"
        raise UsageError(f"there is no hypothesis {key!r}", near, "korgm1 hypotheses")
    return row


class Hypotheses:
    """The values one machine is built with: the defaults, changed by `choose`.

    Args:
        choose: id -> value, as text (from the command line) or as its own type.

    Raises:
        UsageError: an unknown id, a value of the wrong type or outside the choices.

    >>> Hypotheses({"H-VREF": "4.5"})["H-VREF"]
    4.5
    """

    def __init__(self, choose: Mapping[str, Any] | None = None) -> None:
        self._values = {key: row.default for key, row in all_hypotheses().items()}
        for key, value in (choose or {}).items():
            row = hypothesis_named(key)
            try:
                if isinstance(row.default, bool):
                    value = value if isinstance(value, bool) else {"true": True, "false": False}[str(value).lower()]
                elif isinstance(row.default, int) and isinstance(value, str):
                    value = int(value, 0)
                else:
                    value = type(row.default)(value)
            except (TypeError, ValueError, KeyError, OverflowError):
                kind = {bool: "true or false", int: "a whole number", float: "a number"}.get(type(row.default), "text")
                raise UsageError(f"{key}={value!r} cannot be used", kind) from None
            if isinstance(value, float) and not isfinite(value):
                raise UsageError(f"{key}={value!r} cannot be used", "a number")
            low, high = row.min, row.max
            if (low is not None and value < low) or (high is not None and value > high):
                raise UsageError(f"{key}={value!r} is out of range", f"{low:g} to {high:g}")
            if row.choices and value not in row.choices:
                raise UsageError(f"{key}={value!r} is not known", "one of " + ", ".join(map(str, row.choices)))
            if row.pattern and not re.fullmatch(row.pattern, value):
                raise UsageError(f"{key}={value!r} cannot be used", row.form)
            self._values[key] = value

    def __getitem__(self, key: str) -> Any:
        return self._values[key]

    def all(self) -> dict[str, Any]:
        """Every value by id."""
        return dict(self._values)

    def changed(self) -> dict[str, Any]:
        """Those that differ from their default."""
        return {k: v for k, v in self._values.items() if v != all_hypotheses()[k].default}

"""What the commands of the desk take: kinds of arguments, as JSON has them and as they are typed."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from korgm1.errors import UsageError
from korgm1.quantities import parse_duration

REQUIRED = object()
"""The default of an argument that must be given."""


@dataclass(frozen=True)
class Argument:
    """One argument: its name, its kind (of `KINDS`), what it is, what it is without being given."""

    name: str
    kind: str
    help: str
    default: Any = REQUIRED
    choices: tuple[str, ...] = ()

    @property
    def required(self) -> bool:
        """Whether it must be given."""
        return self.default is REQUIRED

    def value(self, given: Any) -> Any:
        """What was given, checked and of this kind.

        Raises:
            UsageError: it is not of this kind.

        >>> Argument("seconds", "seconds", "how long").value("8y")
        252460800.0
        """
        if self.choices and str(given).lower() in self.choices:
            return str(given).lower()
        if self.choices:
            raise UsageError(f"{self.name} {given!r} is not known", "one of " + ", ".join(self.choices))
        try:
            return KINDS[self.kind](given)
        except (ValueError, TypeError, OverflowError):
            raise UsageError(f"{self.name} {given!r} cannot be used", EXPECTED[self.kind]) from None


def _whole(given: Any) -> int:
    if isinstance(given, bool) or (isinstance(given, float) and given != int(given)):
        raise ValueError
    return int(given)


def _number(given: Any) -> float:
    if isinstance(given, bool):
        raise ValueError
    value = float(given)
    if value != value or value in (float("inf"), float("-inf")):
        raise ValueError
    return value


def _seconds(given: Any) -> float:
    if isinstance(given, int | float):
        return _number(given)
    try:
        return _number(given)
    except ValueError:
        return parse_duration(str(given))


def _text(given: Any) -> str:
    if not isinstance(given, str | int | float) or isinstance(given, bool):
        raise ValueError
    if not str(given) or "\x00" in str(given):
        raise ValueError
    os.fsencode(str(given))    # UnicodeEncodeError, which is a ValueError, for half a character
    return str(given)


def _words(given: Any) -> list[str]:
    if isinstance(given, str):
        return given.replace(",", " ").split()
    return [_text(word) for word in given]


def _hex(given: Any) -> bytes:
    if isinstance(given, list):
        return bytes(given)
    return bytes.fromhex(_text(given).replace(",", " "))


KINDS: Mapping[str, Callable[[Any], Any]] = {
    "whole": _whole, "number": _number, "seconds": _seconds, "text": _text, "path": _text, "key": _text,
    "words": _words, "keys": _words, "hex": _hex, "choice": _text,
}
"""What makes a value of what was given."""
EXPECTED: Mapping[str, str] = {
    "whole": "a whole number", "number": "a number", "seconds": "a time as 2, 0.04, 500ms, 3d, 8y", "text": "a text",
    "path": "the name of a file", "key": "the name of a panel key", "words": "words", "keys": "names of panel keys",
    "hex": "hexadecimal bytes as 90 3C 64", "choice": "one of the choices",
}
"""The same in words."""

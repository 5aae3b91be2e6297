"""Words of the command line that several verbs take: times, keys, file names, lengths, temperatures."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import NamedTuple

from korgm1.errors import UsageError
from korgm1.quantities import parse_celsius

LONGEST = 1_000_000
"""Seconds; eleven days."""


class Timed(NamedTuple):
    """A word of the command line with a time: `TEXT@SECONDS`."""

    text: str
    seconds: float


def timed(word: str) -> Timed:
    """`TEXT@SECONDS`.

    >>> timed("INT@2.5")
    Timed(text='INT', seconds=2.5)
    """
    text, at, seconds = word.rpartition("@")
    try:
        value = float(seconds)
    except ValueError:
        value = -1.0
    if not at or not text or not 0 <= value <= LONGEST:
        raise argparse.ArgumentTypeError(f"{word!r} has no time after @: 0 to {LONGEST:,} seconds, such as INT@2.5")
    return Timed(text, value)


def timed_file(word: str) -> Timed:
    """`FILE@SECONDS`, or `FILE` alone, which is at two seconds: OpenM1 has booted by then.

    >>> timed_file("bank.syx")
    Timed(text='bank.syx', seconds=2.0)
    """
    if "@" in word and not Path(word).exists():
        try:
            float(word.rpartition("@")[2])
        except ValueError:
            pass
        else:
            return timed(word)
    if not word:
        raise argparse.ArgumentTypeError("no file is named")
    return Timed(word, 2.0)


def keys(text: str) -> tuple[str, ...]:
    """A comma-separated list of panel keys.

    >>> keys("INT,card")
    ('INT', 'CARD')
    """
    return tuple(word.strip().upper() for word in text.split(",") if word.strip())


def named(text: str) -> str:
    """The name of a file, which is not empty."""
    if not text:
        raise argparse.ArgumentTypeError("no file is named")
    return text


def seconds(text: str, longest: float = LONGEST) -> float:
    """A length of time in seconds, up to the longest."""
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 < value <= longest:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds, above 0 and up to {longest:,.0f}")
    return value


def celsius(text: str) -> float:
    """Degrees Celsius, see `parse_celsius`.

    >>> celsius("-10")
    -10.0
    """
    try:
        return parse_celsius(text)
    except UsageError as error:
        raise argparse.ArgumentTypeError(f"{error.found}; expected {error.expected}") from None

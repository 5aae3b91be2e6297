"""The words of `korgm1 tap`: notes, chips, voices, channels, times, lists of values."""

from __future__ import annotations

import argparse
import re
from functools import partial
from typing import TYPE_CHECKING

from korgm1.verbs.wave import key_number
from korgm1.verbs.words import seconds

if TYPE_CHECKING:
    from korgm1.tapping.playing import Note

MOST = 256
"""Values of a sweep."""
CHIPS = {"TG": ("TG",), "VDF": ("VDF1", "VDF2"), "VDF1": ("VDF1",), "VDF2": ("VDF2",), "MDE": ("MDE",)}


def note(text: str) -> Note:
    """A word of --note.

    >>> note("C4:64:0.5")
    Note(key=60, velocity=64, seconds=0.5)
    """
    from korgm1.tapping.playing import Note

    key, _, rest = text.partition(":")
    velocity, _, length = rest.partition(":")
    if velocity and not (velocity.isascii() and velocity.isdecimal() and 1 <= int(velocity[:9]) <= 127):
        raise argparse.ArgumentTypeError(f"{text!r}: the velocity is 1 to 127")
    if text.count(":") > 2 or text.endswith(":"):
        raise argparse.ArgumentTypeError(f"{text!r} is not KEY[:VEL[:SECONDS]], such as C4:100:1.5")
    return Note(key_number(key), int(velocity or 100), seconds(length, 600.0) if length else 1.0)


def chips(text: str) -> tuple[str, ...]:
    """The chips of a list with commas.

    >>> chips("tg,VDF")
    ('TG', 'VDF1', 'VDF2')
    """
    words = [word.strip().upper() for word in text.split(",")]
    if any(word not in CHIPS for word in words):
        raise argparse.ArgumentTypeError(f"{text!r} has other words than {', '.join(CHIPS)}")
    return tuple(dict.fromkeys(chip for word in words for chip in CHIPS[word]))


def _number(text: str, low: int, high: int, what: str) -> int:
    if not (text.isascii() and text.isdecimal() and low <= int(text[:9]) <= high):
        raise argparse.ArgumentTypeError(f"{text!r} is no {what}, {low} to {high}")
    return int(text)


voice = partial(_number, low=0, high=15, what="voice")
channel = partial(_number, low=1, high=16, what="MIDI channel")


def moment(text: str) -> float:
    """Seconds after power-on, 0 too."""
    return 0.0 if re.fullmatch(r"0+\.?0*", text) else seconds(text)


def numbers(text: str) -> tuple[int, ...]:
    """Whole numbers with commas between them.

    >>> numbers("0,50,-7")
    (0, 50, -7)
    """
    words = [word.strip() for word in text.split(",")]
    if not all(re.fullmatch(r"[+-]?[0-9]{1,5}", word) for word in words) or not 2 <= len(words) <= MOST:
        raise argparse.ArgumentTypeError(f"{text!r} is no list of 2 to {MOST} whole numbers, such as 0,50,99")
    return tuple(map(int, words))


def count(text: str) -> int:
    """How many."""
    if not (text.isascii() and text.isdecimal() and 1 <= int(text[:9]) <= MOST):
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 1 to {MOST}")
    return int(text)

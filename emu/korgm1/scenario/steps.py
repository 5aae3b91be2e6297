"""What is done to the instrument, as words: `cell=2.45 off=2mo hold=INT on press=GLOBAL press=4 send=bank`.

word             what it does
on[=TIME]        switches on and waits until the display stands still, or TIME; keys of `hold` are down meanwhile
hold=KEY,...     keys to hold at the next `on`, for two seconds
off[=TIME]       switches off (if it is on); TIME passes without power
use=TIME:DUTY    switched off, TIME passes with the power on for a share of it, as 12y:3h/week; no firmware looks
temp=CELSIUS     from now on it is so warm
cell=CELL        another cell at once: fresh, low, dead, absent, volts, CR2032, CR2032@2.9
cell-out=TIME    the cell is out of its holder for so long, with the power as it is
swap-cell=TIME[:CELL]   out with the cell, TIME later in with another (CR2032, new)
dip=TIME         the mains fail for so long
run=TIME         time passes with the power on
press=KEY        a panel key, for a tenth of a second; _ for a blank: EDIT_PROG
note-on=KEY[:VELOCITY], note-off=KEY    a key of the keyboard, the low C is 0
send=bank|HEX    MIDI IN: the bank of named sounds as one ALL DATA dump, or these bytes; waits until it is through
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from korgm1.errors import UsageError
from korgm1.quantities import parse_celsius, parse_duration, parse_duty

NEW_CELL = "CR2032"


class Step(NamedTuple):
    """A word with its value as text, and what it came to."""

    word: str
    text: str
    value: Any

    def __str__(self) -> str:
        return f"{self.word}={self.text}" if self.text else self.word


def parse_steps(text: str) -> tuple[Step, ...]:
    """The steps of a text.

    Args:
        text: words with blanks between them.

    Raises:
        UsageError: an unknown word, or one with a value that cannot be used.

    >>> [(step.word, step.value) for step in parse_steps("off=2d on=3s press=EDIT_PROG")]
    [('off', 172800.0), ('on', 3.0), ('press', 'EDIT PROG')]
    """
    steps = []
    for number, written in enumerate(text.split(), 1):
        word, equals, value = written.partition("=")
        known = _WORDS.get(word)
        if known is None:
            raise UsageError(f"word {number}, {written!r}, is not known", "one of " + ", ".join(_WORDS))
        needs, parser = known
        if (needs or equals) and not value:
            raise UsageError(f"word {number}, {written!r}, has no value", _EXAMPLES[word])
        try:
            steps.append(Step(word, value, parser(value) if value else None))
        except UsageError as error:
            raise UsageError(f"word {number}, {written!r}: {error.found}", error.expected) from None
        except ValueError:
            raise UsageError(f"word {number}, {written!r}, cannot be used", _EXAMPLES[word]) from None
    if not steps:
        raise UsageError("nothing is done", "words such as off=2mo on")
    return tuple(steps)


def _use(text: str) -> tuple[float, float]:
    time, _, duty = text.partition(":")
    return parse_duration(time), parse_duty(duty)


def _swap(text: str) -> tuple[float, str]:
    time, colon, cell = text.partition(":")
    return parse_duration(time), cell if colon else NEW_CELL


def _note(text: str) -> tuple[int, int]:
    key, colon, velocity = text.partition(":")
    return int(key), int(velocity) if colon else 100


def _send(text: str) -> bytes | None:
    return None if text == "bank" else bytes.fromhex(text)


def _keys(text: str) -> tuple[str, ...]:
    return tuple(key.replace("_", " ").upper() for key in text.split(","))


_WORDS: dict[str, tuple[bool, Callable[[str], Any]]] = {
    "on": (False, parse_duration),
    "hold": (True, _keys),
    "off": (False, parse_duration),
    "use": (True, _use),
    "temp": (True, parse_celsius),
    "cell": (True, str),
    "cell-out": (True, parse_duration),
    "swap-cell": (True, _swap),
    "dip": (True, parse_duration),
    "run": (True, parse_duration),
    "press": (True, lambda text: text.replace("_", " ").upper()),
    "note-on": (True, _note),
    "note-off": (True, int),
    "send": (True, _send),
}
_EXAMPLES = {
    "on": "on or on=3s", "hold": "hold=INT,CARD", "off": "off or off=8y", "use": "use=12y:3h/week", "temp": "temp=28",
    "cell": "cell=2.45", "cell-out": "cell-out=5s", "swap-cell": "swap-cell=5s:fresh", "dip": "dip=40ms",
    "run": "run=2s", "press": "press=GLOBAL", "note-on": "note-on=24:100", "note-off": "note-off=24",
    "send": "send=bank, or hexadecimal as send=F04230190F00F7",
}

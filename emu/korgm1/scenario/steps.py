"""What is done to the instrument, as words: `cell=2.45 off=2mo hold=INT on press=GLOBAL press=4 send=bank`.

The words of `korgm1.lifetime.events` (cell, temp, contact, off, use, cell-out, swap-cell, on, dip, off-switch, look),
and what hands and cables do:

word                                    power   what it does
hold=KEY,...                            off     keys down for two seconds from the next `on`
run=TIME                                on      time passes
press=KEY                               on      a panel key for a tenth of a second; _ for a blank: EDIT_PROG
note-on=KEY[:VELOCITY], note-off=KEY    on      a key of the keyboard, the low C is 0
send=bank[:BYTES]|HEX                   on      MIDI IN: the bank of named sounds as one ALL DATA dump (cut off after
                                                BYTES), or these bytes; waits until it is through
stray=ADDRESS:BYTE                      on      a pulse of /WR that no program meant, into the RAM; both hexadecimal
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from korgm1.errors import UsageError
from korgm1.lifetime.events import WORDS, Event, parse_events
from korgm1.quantities import parse_duration


class Step(NamedTuple):
    """A word with its value as text, and what it came to: an `Event` for the words of a lifetime."""

    word: str
    text: str
    value: Any

    def __str__(self) -> str:
        return f"{self.word}={self.text}" if self.text else self.word


def parse_steps(text: str, powered: bool = False) -> tuple[Step, ...]:
    """The steps of a text.

    Args:
        text: words with blanks between them.
        powered: whether the power is on before the first.

    Raises:
        UsageError: an unknown word, one with a value that cannot be used, or impossible with the power as it is there.

    >>> [step.word for step in parse_steps("off=2d on=3s press=EDIT_PROG")]
    ['off', 'on', 'press']
    """
    steps: list[Step] = []
    for number, written in enumerate(text.split(), 1):
        try:
            steps.append(_step(written, powered))
        except UsageError as error:
            found = error.found.removeprefix(f"event 1, {written!r}: ")
            raise UsageError(f"word {number}, {written!r}: {found}", error.expected) from None
        powered = powered_after(steps[-1:], powered)
    if not steps:
        raise UsageError("nothing is done", "words such as off=2mo on")
    return tuple(steps)


def powered_after(steps: Iterable[Step], powered: bool) -> bool:
    """Whether the power is on after these steps.

    >>> powered_after(parse_steps("on press=4"), False)
    True
    """
    for step in steps:
        if step.word in ("on", "dip"):
            powered = True
        elif step.word in ("off", "use", "off-switch", "look"):
            powered = False
    return powered


def _step(written: str, powered: bool) -> Step:
    word, _, text = written.partition("=")
    if word in _LIFETIME:
        event: Event = parse_events(written, powered)[0]
        return Step(word, text, event)
    if word not in HANDS:
        raise UsageError("it is not known", "one of " + ", ".join((*HANDS, *_LIFETIME)))
    example, parser = HANDS[word]
    if not text:
        raise UsageError("it has no value", example)
    if powered == (word == "hold"):
        now, wanted = ("on", "off") if powered else ("off", "on")
        raise UsageError(f"the power is {now} there", f"{word} with the power {wanted}")
    try:
        return Step(word, text, parser(text))
    except ValueError:
        raise UsageError("it cannot be used", example) from None


def _note(text: str) -> tuple[int, int]:
    key, colon, velocity = text.partition(":")
    return int(key), int(velocity) if colon else 100


def _send(text: str) -> bytes | int | None:
    """Bytes, or how many of the bank; None for all of it."""
    what, colon, count = text.partition(":")
    if what != "bank":
        return bytes.fromhex(text)
    if not colon:
        return None
    if int(count) < 1:
        raise ValueError
    return int(count)


def _stray(text: str) -> tuple[int, int]:
    address, _, byte = text.partition(":")
    place, value = int(address, 16), int(byte, 16)
    if not (0 <= place <= 0xFFFF and 0 <= value <= 0xFF):
        raise ValueError
    return place, value


def _key(text: str) -> str:
    return text.replace("_", " ").upper()


HANDS: dict[str, tuple[str, Callable[[str], Any]]] = {
    "hold": ("hold=INT,CARD", lambda text: tuple(_key(key) for key in text.split(","))),
    "run": ("run=2s", parse_duration),
    "press": ("press=GLOBAL", _key),
    "note-on": ("note-on=24:100", _note),
    "note-off": ("note-off=24", int),
    "send": ("send=bank, send=bank:5000, or hexadecimal as send=F04230190F00F7", _send),
    "stray": ("stray=0083:E0", _stray),
}
"""The words that are not a lifetime's: an example, and what makes a value of the text."""
_LIFETIME = tuple(dict.fromkeys(word.partition("=")[0] for word in WORDS))

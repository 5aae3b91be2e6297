"""What can happen to an instrument over the years, as words of one text language.

word                    what happens                                                              power afterwards
cell=CELL               the cell in the holder, at once: CR2032 (new), CR2032@2.9, volts, a preset as it was
temp=CELSIUS            the room, from here on                                                    as it was
contact=OHMS            the holder's contact, from here on; 0 is clean                            as it was
off=TIME                switched off for so long                                                  off
use=TIME:DUTY           so many years, with +5 V there for DUTY (3h/week); nobody looks           off
cell-out=TIME           the cell is out of the holder for so long, and goes back                  as it was
swap-cell=TIME[:CELL]   another cell, with the holder empty for so long; default: a new CR2032    as it was
on[=TIME]               switched on, and boots: to its end, or for TIME                           on
dip=TIME                the mains fails for so long                                               on
off-switch              switched off                                                              off
look                    +5 V comes, the RAM is read before the CPU starts, +5 V goes              off

Words stand between blanks or in a list. `off` and `use` switch off first where the power is on.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from korgm1.board.battery import parse_reading, parse_volts
from korgm1.errors import UsageError
from korgm1.quantities import parse_celsius, parse_duration, parse_duty

HIGHEST_OHMS = 1e9
WORDS = (
    "cell=CR2032", "temp=28", "contact=50000", "off=8y", "use=12y:3h/week", "cell-out=10s", "swap-cell=5s", "on",
    "dip=40ms", "off-switch", "look",
)
"""An example of each word."""
LONGEST_ON = 1e6
"""Seconds of firmware at one `on`."""
LONGEST_SWAP = 600.0
"""Seconds the holder may be empty with the power on."""
_NAMES = {word.partition("=")[0] for word in WORDS}
_LASTING = {"off", "use", "cell-out", "swap-cell", "dip"}


@dataclass(frozen=True)
class Event:
    """One word.

    Attributes:
        word, place: as it was written, and the how manieth it is, from 1.
        name: what stands before "=".
        seconds: how long; None for `on` to the end of the boot, 0 for what is done at once.
        share: of the time with +5 V (use).
        cell: what is put into the holder (cell, swap-cell).
        number: degrees Celsius (temp) or ohms (contact).
    """

    word: str
    place: int
    name: str
    seconds: float | None = 0.0
    share: float = 0.0
    cell: str = ""
    number: float = 0.0


def parse_events(text: str | Iterable[str], powered: bool = False) -> list[Event]:
    """The events of a text, or of a list of texts.

    Args:
        text: words as the table above has them.
        powered: whether the power is on before the first.

    Raises:
        UsageError: a word that is not one, has no value or a wrong one, or is impossible with the power as it is
            there; it names the word and its place.

    >>> [(e.name, e.seconds) for e in parse_events("cell=CR2032 off=10d on dip=40ms")]
    [('cell', 0.0), ('off', 864000.0), ('on', None), ('dip', 0.04)]
    """
    parts = [text] if isinstance(text, str) else list(text)
    words = [word for part in parts for word in part.split()]
    events = []
    for place, word in enumerate(words, 1):
        try:
            event = _event(word, place)
            powered = _powered_after(event, powered)
        except UsageError as error:
            raise UsageError(f"event {place}, {word!r}: {error.found}", error.expected, error.hint) from None
        events.append(event)
    return events


def _event(word: str, place: int) -> Event:
    name, equals, value = word.partition("=")
    name = name.lower()
    if name not in _NAMES:
        raise UsageError("nothing is called that", ", ".join(sorted(_NAMES)), " ".join(WORDS[:6]))
    example = next(known for known in WORDS if known.partition("=")[0] == name)
    wants = "=" in example or name == "on"
    if equals and not wants:
        raise UsageError(f"{name} takes no value", name)
    if wants and not value and not (name == "on" and not equals):
        raise UsageError("it has no value", f"a value, as in {example}")
    if name == "cell":
        return Event(word, place, name, cell=check_cell(value))
    if name == "temp":
        return Event(word, place, name, number=parse_celsius(value))
    if name == "contact":
        return Event(word, place, name, number=parse_ohms(value))
    if name == "use":
        time, colon, duty = value.partition(":")
        if not colon:
            raise UsageError(
                f"{value!r} does not say for how much of that time it is switched on",
                f"that behind a colon, as in {example}", f"off={value} if it is never switched on",
            )
        return Event(word, place, name, seconds=_lasting(time, example), share=parse_duty(duty))
    if name == "swap-cell":
        time, colon, cell = value.partition(":")
        return Event(word, place, name, seconds=parse_duration(time), cell=check_cell(cell) if colon else "CR2032")
    if name == "on":
        seconds = _lasting(value, "on=3s") if equals else None
        if seconds is not None and seconds > LONGEST_ON:
            raise UsageError("the firmware would run for very long", f"at most {LONGEST_ON:,.0f} s", "use=1y:3h/week")
        return Event(word, place, name, seconds=seconds)
    return Event(word, place, name, seconds=_lasting(value, example) if name in _LASTING else 0.0)


def _lasting(text: str, example: str) -> float:
    seconds = parse_duration(text)
    if not seconds:
        raise UsageError(f"the time {text!r} is none", "a time above 0", example)
    return seconds


def _powered_after(event: Event, powered: bool) -> bool:
    if event.name == "dip" and not powered:
        raise UsageError("the power is off there, so no mains can fail", "on before it", f"on {event.word}")
    if event.name == "off-switch" and not powered:
        raise UsageError("the power is off there already", "on before it", "on off-switch")
    if powered and event.name in ("cell-out", "swap-cell") and (event.seconds or 0.0) > LONGEST_SWAP:
        raise UsageError("the power is on there, and the firmware would run all that time", "at most 10min")
    if event.name in ("on", "look") and powered:
        raise UsageError("the power is on there already", "off=TIME or off-switch before it", f"off=1d {event.word}")
    if event.name in ("on", "dip"):
        return True
    return powered and event.name not in ("off", "use", "off-switch", "look")


def check_cell(text: str) -> str:
    """The text itself, if it is a cell.

    Raises:
        UsageError: it is none.

    >>> check_cell("CR2032@2.9"), check_cell("low")
    ('CR2032@2.9', 'low')
    """
    name, at, reading = text.strip().partition("@")
    if name.upper() != "CR2032":
        try:
            parse_volts(text)
        except UsageError as error:
            raise UsageError(error.found, error.expected, "CR2032, CR2032@2.9 or 2.4") from None
        return text
    if at:
        parse_reading(reading)
    return text


def parse_ohms(text: str) -> float:
    """Ohms, 0 to 1 G, with or without k or M behind them.

    Raises:
        UsageError: they are none.

    >>> parse_ohms("50000"), parse_ohms("47k"), parse_ohms("3M")
    (50000.0, 47000.0, 3000000.0)
    """
    found = re.fullmatch(r"\s*(\d+\.?\d*)([kM]?)\s*", text, re.ASCII)
    ohms = float(found[1]) * {"": 1.0, "k": 1e3, "M": 1e6}[found[2]] if found else -1.0
    if not 0 <= ohms <= HIGHEST_OHMS:
        raise UsageError(f"{text!r} is no resistance", "ohms from 0 to 1,000M", "contact=50000 or contact=50k")
    return ohms

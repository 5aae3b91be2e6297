"""The options of `korgm1 age` as the events they stand for."""

from __future__ import annotations

from collections.abc import Sequence

from korgm1.errors import UsageError
from korgm1.lifetime.events import Event, parse_events
from korgm1.quantities import parse_duty

STANDING = ("cell", "temp", "use")
"""What holds from the beginning if it is given once."""


def planned(chain: Sequence[tuple[str, str]]) -> list[Event]:
    """The events of options in their order; the last is a look at the RAM, unless it is on then.

    Args:
        chain: (option without its dashes, text), as they were typed.

    Raises:
        UsageError: one cannot be, or says nothing, or there is none.

    >>> [event.word for event in planned([("years", "12"), ("temp", "28"), ("use", "3h/week")])]
    ['temp=28', 'use=12y:3h/week', 'look']
    """
    given = [name for name, _ in chain]
    once = {name for name in STANDING if given.count(name) == 1}
    values = {name: value.replace(" ", "") for name, value in chain if name in once}
    words = [f"{name}={values[name]}" for name in ("cell", "temp") if name in once]
    duty = values.get("use", "0")
    standing = len(words)
    for name, text in chain:
        value = text.replace(" ", "")
        if name == "then":
            words += text.split()
        elif name == "use":
            duty = value
            parse_duty(duty)
        elif name == "years":
            time = value if value[-1:].isalpha() else value + "y"
            words.append(f"use={time}:{duty}" if duty != "0" else f"off={time}")
        elif name not in once:
            words.append(f"{name}={value}" if value else name)
    events = parse_events(words)
    if "use" in given and "years" not in given:
        raise UsageError("--use says nothing without --years", "--years N", "--years 12 --use 3h/week")
    if len(words) == standing:
        raise UsageError("nothing happens to the instrument", "an event", "korgm1 age --years 12 --use 3h/week")
    return events if ends_on(events) or events[-1].name == "look" else parse_events([*words, "look"])


def ends_on(events: Sequence[Event]) -> bool:
    """Whether the power is on behind the last of them."""
    on = False
    for event in events:
        on = event.name in ("on", "dip") or (on and event.name not in ("off", "use", "off-switch", "look"))
    return on


def draws(events: Sequence[Event]) -> bool:
    """Whether time passes in them with the power off, so that there is something to plot."""
    return any(event.name in ("off", "use") or _empties(events, event) for event in events)


def _empties(events: Sequence[Event], event: Event) -> bool:
    return event.name in ("cell-out", "swap-cell") and bool(event.seconds) and not ends_on(events[: event.place - 1])

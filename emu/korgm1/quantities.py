"""Times, shares of time, temperatures and ranges as people write them on a command line.

unit    seconds             unit    seconds
y       31,557,600          h       3,600
mo      2,629,800 (y / 12)  min     60
w       604,800             s       1
d       86,400              ms      0.001
"""

from __future__ import annotations

import re
from collections.abc import Callable
from math import isfinite
from typing import TypeVar

from korgm1.errors import UsageError

YEAR = 31_557_600.0
"""Seconds of 365.25 days."""
UNITS = {"y": YEAR, "mo": YEAR / 12, "w": 604_800.0, "d": 86_400.0, "h": 3600.0, "min": 60.0, "s": 1.0, "ms": 0.001}
"""Seconds of each unit."""
COLDEST, HOTTEST = -40.0, 85.0
"""Degrees Celsius the laws of `physics` are for."""
LONGEST = 200 * YEAR
"""Seconds; nothing here lasts longer."""
MOST_VALUES = 100_000
"""Values of a range."""

_PERIODS = {"day": 86_400.0, "week": 604_800.0, "month": YEAR / 12, "year": YEAR}
_NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)"
_SHOWN = tuple((name, round(UNITS[name] * 1000)) for name in ("y", "mo", "d", "h", "min", "s"))

T = TypeVar("T")


def parse_duration(text: str) -> float:
    """Seconds of a time with its unit; 0 needs none.

    Raises:
        UsageError: no number with a unit, negative, or above 200 years.

    >>> parse_duration("8y"), parse_duration("3.5mo"), parse_duration("40ms"), parse_duration("30min")
    (252460800.0, 9204300.0, 0.04, 1800.0)
    """
    number, unit = _split(text)
    if number is None or not (unit in UNITS or (unit == "" and number == 0)):
        raise UsageError(f"{text!r} is not a time", f"a number and one of {', '.join(UNITS)}", "8y, 10d, 5s, 40ms")
    seconds = number * UNITS.get(unit, 0.0)
    if not 0 <= seconds <= LONGEST:
        raise UsageError(f"the time {text!r} is out of range", "0 to 200 years", "8y, 10d, 5s, 40ms")
    return abs(seconds)


def parse_duty(text: str) -> float:
    """The share of the time, 0 to 1, in `TIME/day`, `/week`, `/month` or `/year`.

    Raises:
        UsageError: no such text, or more time than the period has.

    >>> parse_duty("3h/week") == 3 / 168, parse_duty("6h/day"), parse_duty("0")
    (True, 0.25, 0.0)
    """
    hint = "3h/week, 45min/day, 20h/month or 0"
    time, slash, period = text.strip().partition("/")
    if not slash and _split(text)[0] == 0:
        return 0.0
    if period.strip().lower() not in _PERIODS:
        raise UsageError(f"{text!r} is not a use", "a time and /day, /week, /month or /year", hint)
    share = parse_duration(time) / _PERIODS[period.strip().lower()]
    if share > 1:
        raise UsageError(f"the use {text!r} is more than all of the time", "at most 24h/day", hint)
    return share


def parse_celsius(text: str) -> float:
    """Degrees Celsius, -40 to 85, with or without a C.

    Raises:
        UsageError: no number, or outside of them.

    >>> parse_celsius("28"), parse_celsius("-10"), parse_celsius("30.5C")
    (28.0, -10.0, 30.5)
    """
    number, unit = _split(text)
    if number is None or unit not in ("", "c", "°c"):
        raise UsageError(f"{text!r} is not a temperature", "degrees Celsius", "28 or -10")
    if not COLDEST <= number <= HOTTEST:
        raise UsageError(
            f"the temperature {text!r} is out of range", f"{COLDEST:g} to {HOTTEST:g} degrees Celsius", "28 or -10"
        )
    return number


def parse_range(text: str, lowest: float = 0.0, highest: float = 6.0) -> list[float]:
    """The values of `START:STOP:STEP`, or of a single number: from START in whole steps as far as STOP.

    Args:
        text: the sign of STEP does not matter; STOP is among the values if the steps meet it.
        lowest, highest: what the values must be within (the default: volts).

    Raises:
        UsageError: not one or three numbers, a step of 0, or out of range.

    >>> parse_range("3.3:3.0:0.1"), parse_range("1:2:0.4"), parse_range("2.4")
    ([3.3, 3.2, 3.1, 3.0], [1.0, 1.4, 1.8], [2.4])
    """
    numbers = [number for number, unit in map(_split, text.split(":")) if number is not None and not unit]
    if len(numbers) not in (1, 3) or len(numbers) != text.count(":") + 1:
        raise UsageError(f"{text!r} is not a range", "START:STOP:STEP or a number", "3.3:1.0:0.02")
    start, stop, step = numbers if len(numbers) == 3 else (numbers[0], numbers[0], 1.0)
    for value in (start, stop):
        if not lowest <= value <= highest:
            raise UsageError(f"{value:g} in {text!r} is out of range", f"{lowest:g} to {highest:g}")
    if not step:
        raise UsageError(f"{text!r} has a step of 0", "a step that gets there", "3.3:1.0:0.02")
    steps = abs((stop - start) / step)
    if steps >= MOST_VALUES:
        raise UsageError(f"{text!r} has more than {MOST_VALUES:,} values", "a larger step")
    towards = abs(step) if stop >= start else -abs(step)
    return [round(start + index * towards, 9) for index in range(int(steps + 1e-6) + 1)]


def parse_times(text: str) -> list[float]:
    """Seconds: `START:STOP:COUNT` (equally far apart, both ends among them), or a single time.

    Raises:
        UsageError: none of them, a time out of range, or COUNT not from 2 to 100,000.

    >>> parse_times("0d:2d:3"), parse_times("5s")
    ([0.0, 86400.0, 172800.0], [5.0])
    """
    parts = text.split(":")
    if len(parts) == 1:
        return [parse_duration(text)]
    if len(parts) != 3 or not re.fullmatch(r"\s*\d+\s*", parts[2], re.ASCII):
        raise UsageError(f"{text!r} is not a range of times", "START:STOP:COUNT or a time", "0d:20y:60")
    start, stop, count = parse_duration(parts[0]), parse_duration(parts[1]), int(parts[2].strip()[-9:])
    if not 2 <= count <= MOST_VALUES or len(parts[2].strip()) > 9:
        raise UsageError(f"{text!r} asks for {parts[2].strip()} times", f"2 to {MOST_VALUES:,}", "0d:20y:60")
    return [start + (stop - start) * index / (count - 1) for index in range(count)]


def parse_list(text: str, parser: Callable[[str], T]) -> list[T]:
    """The values of a list with commas.

    Args:
        text: at least one value, none of them empty.
        parser: makes a value of each part, or raises UsageError.

    Raises:
        UsageError: an empty place, or what `parser` says.

    >>> parse_list("15,25,40", parse_celsius)
    [15.0, 25.0, 40.0]
    """
    parts = [part.strip() for part in text.split(",")]
    if "" in parts:
        raise UsageError(f"the list {text!r} has an empty place", "values with commas between them", "15,25,40")
    return [parser(part) for part in parts]


def format_duration(seconds: float) -> str:
    """A time for people, in two units at most; 0 is "0 s" and infinity "for ever". Whole days below a year stay days.

    >>> [format_duration(s) for s in (252460800, 260000000, 5, 0.04, 5400, 86399.9, 60 * 86400, YEAR / 6)]
    ['8 y', '8 y 3 mo', '5 s', '40 ms', '1 h 30 min', '1 d', '60 d', '2 mo']
    """
    if seconds < 0:
        return "-" + format_duration(-seconds)
    if not isfinite(seconds):
        return "for ever"
    thousandths = round(seconds * 1000)
    if thousandths < 1000:
        return "0 s" if not seconds else f"{thousandths} ms" if thousandths else f"{seconds * 1000:.2g} ms"
    if thousandths < 59_950:
        return f"{thousandths / 1000:.3g} s"
    thousandths = max(thousandths, 60_000)
    days, odd = divmod(thousandths, round(UNITS["d"] * 1000))
    if not odd and seconds < YEAR:
        return f"{days} d"
    place = next(index for index, (_, size) in enumerate(_SHOWN) if thousandths >= size)
    (name, size), (small_name, small) = _SHOWN[place : place + 2]
    count, rest = divmod(thousandths, size)
    smalls = round(rest / small)
    if smalls * small >= size - small / 2:
        return format_duration((count + 1) * size / 1000)
    return f"{count} {name}" + (f" {smalls} {small_name}" if smalls else "")


def _split(text: str) -> tuple[float | None, str]:
    found = re.fullmatch(rf"\s*({_NUMBER})\s*([a-z°]*)\s*", text.lower(), re.ASCII)
    if found is None:
        return None, ""
    number = float(found[1])
    return (number if isfinite(number) else None), found[2]


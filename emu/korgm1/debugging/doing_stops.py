"""What the monitor's commands for stops do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from korgm1.debugging.doing_runs import count, quoted
from korgm1.debugging.stop import Stop
from korgm1.errors import UsageError

if TYPE_CHECKING:
    from korgm1.debugging.monitor import Monitor


def break_at(monitor: Monitor, rest: str) -> None:
    """An instruction."""
    _at_code(monitor, rest, once=False)


def once(monitor: Monitor, rest: str) -> None:
    """An instruction, once."""
    _at_code(monitor, rest, once=True)


def _at_code(monitor: Monitor, rest: str, once: bool) -> None:
    place, condition = split(rest)
    if not place:
        place = "ps:pc"
    _add(monitor, Stop("exec", monitor.value(place).number & 0xFFFFF, once=once), condition)


def watch(monitor: Monitor, rest: str) -> None:
    """Memory."""
    kind, text = _kind(rest, {"r": "memr", "w": "memw", "rw": "mem"})
    place, condition = split(text)
    first, last = span(monitor, place, 0xFFFFF)
    _add(monitor, Stop(kind, first, last), condition)


def port(monitor: Monitor, rest: str) -> None:
    """Ports."""
    kind, text = _kind(rest, {"in": "in", "out": "out", "io": "port"})
    place, condition = split(text)
    first, last = span(monitor, place, 0xFFFF)
    _add(monitor, Stop(kind, first, last), condition)


def interrupt(monitor: Monitor, rest: str) -> None:
    """Vectors."""
    vector, condition = split(rest)
    _add(monitor, Stop("int", monitor.value(vector).number if vector else None), condition)


def text(monitor: Monitor, rest: str) -> None:
    """The LCD."""
    _add(monitor, Stop("lcd", quoted(rest)), "")


def stops(monitor: Monitor, rest: str) -> None:
    """The list."""
    known = monitor.debugger.stops.values()
    if not known:
        monitor.say("no stops")
    for stop in known:
        state = "" if stop.enabled else ", disabled"
        state += f", ignored {_times(stop.ignore)} more" if stop.ignore else ""
        state += ", once" if stop.once else ""
        state += ", tells" if stop.tells else ""
        name = monitor.symbols.name(stop.first) if isinstance(stop.first, int) and stop.kind == "exec" else None
        monitor.say(f"{stop.number:3}  {stop.describe()}{f' {name}' if name else ''}, hit {_times(stop.hits)}{state}")


def delete(monitor: Monitor, rest: str) -> None:
    """Forget one or all."""
    for number in list(monitor.debugger.stops) if rest.lower() == "all" else [_number(rest)]:
        monitor.debugger.remove(number)


def enable(monitor: Monitor, rest: str) -> None:
    """On."""
    monitor.debugger.enable(_number(rest), True)


def disable(monitor: Monitor, rest: str) -> None:
    """Off."""
    monitor.debugger.enable(_number(rest), False)


def ignore(monitor: Monitor, rest: str) -> None:
    """Count only."""
    words = rest.split()
    if len(words) != 2:
        raise UsageError("ignore which, and how often?", "ignore N COUNT")
    monitor.debugger.stop(count(words[0])).ignore = count(words[1])


def span(monitor: Monitor, text: str, top: int) -> tuple[int, int]:
    """FIRST, FIRST-LAST or FIRST+SIZE... as two numbers.

    Raises:
        UsageError: it cannot be read, or is no range within 0 to `top`.
    """
    if not text:
        raise UsageError("no address", "FIRST, or FIRST-LAST, hexadecimal")
    first, dash, last = text.partition("-")
    ports = top == 0xFFFF
    low = monitor.value(first, ports).number
    high = monitor.value(last, ports).number if dash else low
    if not 0 <= low <= high <= top:
        raise UsageError(f"{text!r} is no range", f"FIRST-LAST within 0-{top:X}")
    return low, high


def _times(n: int) -> str:
    return f"{n} time{'s' * (n != 1)}"


def _number(rest: str) -> int:
    if not rest:
        raise UsageError("which stop?", "its number; stops lists them")
    return count(rest)


def _kind(rest: str, kinds: dict[str, str]) -> tuple[str, str]:
    word, _, text = rest.partition(" ")
    if word.lower() not in kinds:
        raise UsageError(f"{word!r} is no way of access", "one of " + ", ".join(kinds))
    return kinds[word.lower()], text.strip()


def split(rest: str) -> tuple[str, str]:
    """The words in front of "if", and the condition behind it.

    Raises:
        UsageError: nothing stands behind it.
    """
    words: Sequence[str] = rest.split(" ")
    if "if" not in words:
        return rest.strip(), ""
    at = words.index("if")
    condition = " ".join(words[at + 1 :]).strip()
    if not condition:
        raise UsageError("nothing stands behind if", "a condition as aw == 12")
    return " ".join(words[:at]).strip(), condition


def _add(monitor: Monitor, stop: Stop, condition: str) -> None:
    if condition:
        stop.condition = monitor.expression(condition)
    number = monitor.debugger.add(stop)
    monitor.say(f"stop {number}: {stop.describe()}")

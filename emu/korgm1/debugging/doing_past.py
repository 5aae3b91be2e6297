"""What the monitor's commands about the past do: it is run again, and looked at."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from korgm1.clock import CPU_HZ
from korgm1.debugging import showing
from korgm1.debugging.doing_runs import count, quoted
from korgm1.debugging.doing_stops import span, split
from korgm1.debugging.expressions import HALVES
from korgm1.debugging.looking import INTEL
from korgm1.debugging.stop import Halt, Stop
from korgm1.errors import UsageError

if TYPE_CHECKING:
    from korgm1.debugging.monitor import Monitor

DEEDS = {"wrote": "memw", "read": "memr", "ran": "exec", "out": "out", "in": "in", "took": "int"}
"""What `who` can be asked about, as kinds of stops."""
LONGEST = 10_000
"""Steps that are shown."""
SEARCHED = (1_000, 5_000, 20_000)
"""Steps in which the changes of a register are looked for, the next where there were too few."""
_TOPS = {"memw": 0xFFFFF, "memr": 0xFFFFF, "exec": 0xFFFFF, "out": 0xFFFF, "in": 0xFFFF, "int": 0xFF}


def who(monitor: Monitor, rest: str) -> None:
    """Back to the last time that something was done to a place."""
    stop, debugger = _asked(monitor, rest), monitor.debugger
    first, last = (stop.first, stop.last) if isinstance(stop.first, int) and stop.last is not None else (0, 0)
    held = debugger.read(first, last + 1 - first) if stop.kind == "memw" else b""
    again = monitor.asked_who == (rest, debugger.steps)
    halt = debugger.back_to(stop, monitor.asked, here=not again)
    if halt.reason == "never":
        before = "nobody before" if again else "nobody up to here"
        monitor.say(f"{before}, in what is remembered, which begins at {showing.time(debugger.remembered_since)}")
        return
    monitor.asked_who = rest, debugger.steps
    monitor.show(halt)
    if held and stop.condition is None and halt.match is not None and debugger.read(first, len(held)) != held:
        monitor.say("what it holds has been changed since, but not by the CPU: by DMA, a command or at power-on")


def _asked(monitor: Monitor, rest: str) -> Stop:
    """What `who` is to go back to."""
    word, _, what = rest.partition(" ")
    if word.lower() == "showed":
        return Stop("lcd", quoted(what.strip()))
    if word.lower() not in DEEDS:
        raise UsageError(
            f"who {rest!r}", 'who wrote 400, who read 400, who ran F0123, who out 0A08, who in 0900, who showed "TEXT"'
        )
    place, condition = split(what)
    kind = DEEDS[word.lower()]
    first, last = span(monitor, place, _TOPS[kind])
    return Stop(kind, first, last, condition=monitor.expression(condition) if condition else None)


def timeline(monitor: Monitor, rest: str) -> None:
    """What the LCD has shown."""
    pictures = monitor.session.timeline[-min(count(rest, 10), 1000) :]
    for one in pictures:
        monitor.say(f"{one.seconds:12.6f}  |{one.lcd[0]}|", f"{'':12}  |{one.lcd[1]}|")
    if not pictures:
        monitor.say("no finished picture yet")


def history(monitor: Monitor, rest: str) -> None:
    """The last steps, or those that changed a register."""
    words = rest.split()
    number = count(words.pop()) if words and words[-1].isdecimal() else 16
    if number > LONGEST:
        raise UsageError(f"{number} steps cannot be shown", f"at most {LONGEST:,}")
    if len(words) > 1:
        raise UsageError(f"history {rest!r}", "history [REGISTER] [N]")
    register = _register(words[0]) if words else None
    for searched in (number,) if register is None else SEARCHED:
        steps = monitor.debugger.history(searched, register)[-number:]
        if len(steps) == number or monitor.asked():
            break
    for one in steps:
        monitor.say(showing.past(one, monitor.syntax, monitor.symbols, monitor.ports))
    if not steps:
        changed = f"the last {SEARCHED[-1]:,} steps have not changed {words[0].upper()}" if words else ""
        monitor.say(changed or "nothing was run yet")


def ports(monitor: Monitor, rest: str) -> None:
    """The last accesses, found by running the last stretch again."""
    words = rest.split()
    counted = bool(words) and words[0].isdecimal() and int(words[0]) <= 256
    number = count(words[0]) if counted else 16
    text = " ".join(words[1:]) if counted else rest
    first, last = span(monitor, text, 0xFFFF) if text else (0, 0xFFFF)
    names = monitor.ports
    for one in monitor.debugger.last_port_accesses(number, first, last):
        at = f"{one.ps:04X}:{one.pc:04X}"
        monitor.say(
            f"  {one.clock / CPU_HZ:11.6f} s  {at}  {one.way:<3} {one.port:04X}  {one.value:02X}"
            f"  {names.get(one.port, '')}".rstrip()
        )


def latches(monitor: Monitor, rest: str) -> None:
    """The last byte of each port."""
    first, last = span(monitor, rest, 0xFFFF) if rest else (0, 0xFFFF)
    names, found = monitor.ports, False
    for port in range(first, last + 1):
        read, written = (monitor.debugger.last_byte(way, port) for way in ("in", "out"))
        if read < 0 and written < 0:
            continue
        found = True
        words = [f"in {read:02X}" if read >= 0 else "", f"out {written:02X}" if written >= 0 else ""]
        monitor.say(f"  {port:04X}  {words[0]:5}  {words[1]:6}  {names.get(port, '')}".rstrip())
    if not found:
        monitor.say("nothing was read there or written, since power-on")


def tell(monitor: Monitor, rest: str) -> None:
    """A stop that only tells."""
    number, _, what = rest.partition(" ")
    stop = monitor.debugger.stop(count(number, 0))
    if what.strip().lower() == "off":
        monitor.tells.pop(stop.number, None)
        stop.tells = False
        return
    monitor.tells[stop.number] = tuple(monitor.expression(part) for part in what.split(",") if part.strip())
    stop.tells = True


def told(monitor: Monitor) -> Callable[[Halt], None]:
    """For `Debugger.told`: says what was hit, with the expressions of `tell`."""
    def say(halt: Halt) -> None:
        for line in showing.halt(halt, monitor.ports, monitor.symbols):
            monitor.say(line)
        context = monitor.debugger.context()
        parts = [
            f"{one.text.strip()} = {showing.hexadecimal(one(context).number)}"
            for stop in halt.stops for one in monitor.tells.get(stop.number, ())
        ]
        if parts:
            monitor.say("  " + ", ".join(parts))

    return say


def _register(name: str) -> str:
    small = name.lower()
    small = HALVES[small][0] if small in HALVES else INTEL.get(small, small)
    if small not in ("aw", "bw", "cw", "dw", "sp", "bp", "ix", "iy", "ds0", "ds1", "ss", "ps", "psw"):
        raise UsageError(f"{name!r} is no register that is followed", "one as AW, SP or PSW")
    return small

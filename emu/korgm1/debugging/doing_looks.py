"""What the monitor's commands for looking and changing do."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from korgm1.bus.memory import SIZE
from korgm1.debugging import interrupts, showing
from korgm1.debugging.doing_runs import count, quoted
from korgm1.debugging.doing_stops import span
from korgm1.debugging.expressions import HALVES, Value
from korgm1.debugging.looking import FLAGS
from korgm1.errors import UsageError

if TYPE_CHECKING:
    from korgm1.debugging.monitor import Monitor

FOUND = 40
"""Places of a search that are shown."""
_LONGEST_FUNCTION = 0x1000
DUMPED = 0x1000
"""Bytes of memory that are shown at once."""


def registers(monitor: Monitor, rest: str) -> None:
    """Show all, or set one, half of one, or a flag."""
    name, equals, value = rest.partition("=")
    if not equals:
        name, _, value = rest.partition(" ")
    if value.strip():
        monitor.debugger.set_register(*_whole(monitor, name.strip(), monitor.value(value).number))
    elif name.strip():
        one = monitor.value(name)
        monitor.say(f"{name.strip().upper()}={one.number:04X}")
        return
    monitor.say(*showing.registers(monitor.debugger.registers(), monitor.syntax))


def _whole(monitor: Monitor, name: str, value: int) -> tuple[str, int]:
    """A register and what it becomes when it, its half or its flag becomes `value`."""
    small = name.lower()
    if small in HALVES:
        (whole, shift), mask = HALVES[small], 0xFF
    elif small in FLAGS:
        whole, shift, mask = "psw", FLAGS[small], 1
    else:
        return name, value & 0xFFFF
    if not 0 <= value <= mask:
        raise UsageError(f"{name} cannot be {value:X}", f"0 to {mask:X}")
    return whole, monitor.debugger.registers()[whole] & ~(mask << shift) | value << shift


def disassemble(monitor: Monitor, rest: str) -> None:
    """Instructions."""
    place, number = _place_and_count(rest, 10)
    start = monitor.place(place) if place else monitor.next_line or monitor.debugger.where
    monitor.show_lines(start, min(number, 500))


def syntax(monitor: Monitor, rest: str) -> None:
    """Whose names."""
    if rest.lower() not in ("intel", "nec"):
        raise UsageError(f"there is no syntax {rest!r}", "intel or nec")
    monitor.syntax = rest.lower()


def stack(monitor: Monitor, rest: str) -> None:
    """Words, with a name where one looks like a return address."""
    now = monitor.debugger.registers()
    returns = {one.sp: (one.ps << 4) + one.back & 0xFFFFF for one in monitor.debugger.call_stack()}
    for n in range(min(count(rest, 8), 256)):
        offset = now["sp"] + 2 * n & 0xFFFF
        word = int.from_bytes(monitor.debugger.read(monitor.debugger.address(now["ss"], offset), 2), "little")
        name = monitor.symbols.name(returns[offset]) if offset in returns else None
        monitor.say(f"  {now['ss']:04X}:{offset:04X}  {word:04X}{f'   ; {name}' if name else ''}")


def frames(monitor: Monitor, rest: str) -> None:
    """A guess at who called."""
    found = monitor.debugger.call_stack()
    for place, one in enumerate(found):
        at = f"{one.ps:04X}:{one.pc:04X}"
        name = _function(monitor, (one.ps << 4) + one.pc & 0xFFFFF)
        kind = "interrupted" if one.kind == "interrupt" else f"{one.kind} call"
        end = f"   {name}" if name else ""
        monitor.say(f"  {place:2}  {at}  {kind}, returns to {one.back:04X}, SP {one.sp:04X}{end}")
    if not found:
        monitor.say("nothing on the stack looks like a call")


def _function(monitor: Monitor, address: int) -> str | None:
    """The name of the function a place is in, with the distance behind it; else what it goes by."""
    start = max((at for at in monitor.symbols.functions if at <= address), default=None)
    if start is None or address - start >= _LONGEST_FUNCTION:
        return monitor.symbols.name(address)
    return monitor.symbols.names[start] + (f"+{address - start:X}" if address > start else "")


def memory(monitor: Monitor, rest: str) -> None:
    """Bytes."""
    words = rest.rsplit(" ", 1) if " " in rest else [rest]
    size = monitor.value(words[1]).number if len(words) == 2 else 0x40
    start = monitor.value(words[0]) if words[0] else monitor.next_memory or monitor.value("ds0:ix")
    if not 1 <= size <= DUMPED:
        raise UsageError(f"{size:X} bytes cannot be shown", f"1 to {DUMPED:X}, hexadecimal")
    data = monitor.debugger.read(start.number & 0xFFFFF, size)
    monitor.say(*showing.dump(data, start.number & 0xFFFFF, start.place[0] if start.place else None))
    number, place = start.number + size & 0xFFFFF, None
    if start.place is not None:
        place = start.place[0], start.place[1] + size & 0xFFFF
        number = monitor.debugger.address(*place)
    monitor.next_memory = Value(number, place)


def write(monitor: Monitor, rest: str) -> None:
    """Into RAM."""
    place, _, data = rest.partition(" ")
    if not data.strip():
        raise UsageError("what is to be written, and where?", 'write PLACE BYTES, or write PLACE "TEXT"')
    pattern = _bytes(data.strip())
    if None in pattern:
        raise UsageError("a byte that is any cannot be written", "bytes, hexadecimal")
    monitor.debugger.write(monitor.value(place).number & 0xFFFFF, bytes(byte for byte in pattern if byte is not None))


def search(monitor: Monitor, rest: str) -> None:
    """Where bytes are."""
    where, _, what = (f"0-{SIZE - 1:X} {rest}" if rest[:1] in ("'", '"') else rest).partition(" ")
    first, last = span(monitor, where, SIZE - 1)
    pattern = _bytes(what.strip())
    data = monitor.debugger.read(first, last + 1 - first)
    look = b"".join(b"." if one is None else re.escape(bytes([one])) for one in pattern)
    places = [first + match.start() for match in re.finditer(b"(?=" + look + b")", data, re.S)]
    for place in places[:FOUND]:
        name = monitor.symbols.name(place)
        monitor.say(showing.dump(monitor.debugger.read(place, 16), place)[0] + (f"   {name}" if name else ""))
    more = f"{len(places)} place{'s' * (len(places) != 1)}" + (f", {FOUND} shown" if len(places) > FOUND else "")
    monitor.say(more if places else "nowhere")


def print_value(monitor: Monitor, rest: str) -> None:
    """An expression."""
    one = monitor.value(rest)
    place = f"{one.place[0]:04X}:{one.place[1]:04X} = " if one.place else ""
    name = monitor.symbols.exact(one.number) if one.place or one.number > 0xFFFF else None
    monitor.say(f"{place}{showing.hexadecimal(one.number)} = {one.number}{f' = {name}' if name else ''}")


def symbols(monitor: Monitor, rest: str) -> None:
    """Names."""
    found = monitor.symbols.matching(rest)
    monitor.say(*(f"  {address:05X}  {name}" for address, name in found[:500]))
    monitor.say(f"{len(found)} of {len(monitor.symbols)} symbols" if len(monitor.symbols) else "no symbols (--symbols)")


def lcd(monitor: Monitor, rest: str) -> None:
    """The display."""
    monitor.say(*showing.lcd(monitor.session.lcd))


def irq(monitor: Monitor, rest: str) -> None:
    """The ICU."""
    monitor.say(*interrupts.table(monitor.debugger))


def peek(monitor: Monitor, rest: str) -> None:
    """A port."""
    number = monitor.value(rest, ports=True).number & 0xFFFF
    name = f"{number:04X} {monitor.ports.get(number, '')}".rstrip()
    monitor.say(f"{name}: {monitor.debugger.peek_port(number):02X}")


def where(monitor: Monitor, rest: str) -> None:
    """All at a glance."""
    session = monitor.session
    power = "on" if session.powered else "off"
    monitor.say(f"power {power}, {showing.time(session.clock)}, {monitor.debugger.steps:,} steps")
    monitor.say(*showing.lcd(session.lcd))
    monitor.say(*showing.registers(monitor.debugger.registers(), monitor.syntax))
    monitor.show_lines(monitor.debugger.where, 1)


def _bytes(text: str) -> list[int | None]:
    """Bytes in hex, or a text in quotes; None for .., which is any."""
    if text[:1] in ("'", '"'):
        return list(quoted(text).encode("latin-1", "replace"))
    parts: list[int | None] = []
    for word in text.replace(",", " ").split():
        if word == "..":
            parts.append(None)
            continue
        try:
            parts += bytes.fromhex(word)
        except ValueError:
            raise UsageError(f"{word!r} is no byte", 'hexadecimal as 01 FF, .. for any, or "TEXT"') from None
    if not parts:
        raise UsageError("no bytes", 'hexadecimal as 01 FF, or "TEXT"')
    return parts


def _place_and_count(rest: str, default: int) -> tuple[str, int]:
    """PLACE [N], or N behind a blank only."""
    head, _, last = rest.rpartition(" ")
    if head and last.isdecimal():
        return head, count(last)
    return rest, default

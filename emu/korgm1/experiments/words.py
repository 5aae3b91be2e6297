"""What an experiment found, in lines for people."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from korgm1.experiments.hardware import Hardware
from korgm1.experiments.initial import Initial
from korgm1.experiments.interrupts import InterruptMap
from korgm1.experiments.keys import PowerOnKeys
from korgm1.experiments.memory_map import MemoryMap
from korgm1.experiments.midi import MidiReplies
from korgm1.experiments.record import Range, Record
from korgm1.experiments.texts import LcdTexts
from korgm1.experiments.threshold import Threshold
from korgm1.experiments.validity import Validity

MOST = 40
"""Lines of one list; what is left out is counted."""


def lines(found: Record) -> list[str]:
    """The findings of any experiment, a line each, without its notes.

    >>> lines(PowerOnKeys("m1", (), 233, 240, ()))
    ['no key and no combination tried does anything at power-on (233 tried)']
    """
    words: dict[type[Record], Callable[[Any], list[str]]] = {
        Threshold: _threshold, Validity: _validity, Initial: _initial, PowerOnKeys: _keys, MidiReplies: _midi,
        MemoryMap: _layout, LcdTexts: _texts, InterruptMap: _interrupts, Hardware: _hardware,
    }
    return words[type(found)](found)


def _few(rows: list[str]) -> list[str]:
    return rows if len(rows) <= MOST else [*rows[:MOST], f"... and {len(rows) - MOST} more (in the JSON)"]


def _threshold(found: Threshold) -> list[str]:
    rows = []
    if found.code is None:
        rows.append("no ADC code makes a battery message")
    else:
        rows.append(
            f'codes below {found.code:02X}: "{found.message}"; that is up to {found.volts_low:.3f} V at the cell '
            "(H-VREF)"
        )
        if found.recovers is not None:
            rows.append(f"after a power-on with that message it takes {found.recovers:02X} to be rid of it")
        if found.taken_at is None:
            rows.append("when the code is taken could not be found")
        else:
            first, last = found.taken_at
            rows.append(f"the code that decides is taken between {first * 1000:.1f} and {last * 1000:.1f} ms")
        if found.stays is not None:
            key = f" until {found.gone_by_key} is pressed" if found.gone_by_key else ""
            rows.append(f"the message stands for 20 s and more{key}" if found.stays else "it goes within 20 s")
        if found.watched is not None:
            rows.append(
                "a cell that falls in use is noticed" if found.watched else "a cell that falls in use is not noticed "
                "(20 s, one key)"
            )
    if found.high_code is not None:
        rows.append(f'codes above {found.high_code:02X}: "{found.high_message}"')
    return rows


def _validity(found: Validity) -> list[str]:
    rows = [
        f"{place}: {place.kind}" + (f", {_shown(place.value)}" if place.kind in ("signature", "fixed value") else "")
        + ("" if place.resolved else " (ends not exact)")
        for place in found.places
    ]
    if not found.places and not found.notes:
        rows.append("no byte of the RAM matters when it is flipped alone")
    rows += [f"written anew after a complaint: {', '.join(map(str, found.repaired))}"] if found.repaired else []
    rows += [str(row) for row in found.sums]
    return _few(rows)


def _shown(value: bytes) -> str:
    text = "".join(chr(byte) if 0x20 <= byte < 0x7F else "." for byte in value)
    return f'{value.hex(" ")} "{text}"' if any(chr(byte).isalnum() for byte in value) else value.hex(" ")


def _initial(found: Initial) -> list[str]:
    if not found.image:
        return []
    said = f", and says {' / '.join(found.said)}" if found.said else ""
    rows = [("noise in the RAM makes it initialise" if found.initialised else "noise in the RAM is kept") + said]
    rows.append("written: " + _ranges(found.written) + f" ({found.zeros:,} of the bytes 00)")
    rows.append("not touched: " + _ranges(found.untouched))
    for one in found.tables:
        kind = f"{one.kind}s" if one.kind else "names"
        rows.append(
            f'{kind} from {one.start:04X}: {one.count} of {one.stride} bytes, the first "{one.name}", '
            f"{one.same} like it"
        )
    return _few(rows)


def _ranges(rows: tuple[Range, ...]) -> str:
    shown = ", ".join(map(str, rows[:12]))
    return (shown or "none") + (f", and {len(rows) - 12} more" if len(rows) > 12 else "")


def _keys(found: PowerOnKeys) -> list[str]:
    if not found.found:
        return [f"no key and no combination tried does anything at power-on ({found.tried} tried)"]
    rows = [
        f"{' + '.join(row.keys)}: {row.effect}" + (f", {' / '.join(row.said)}" if row.said else "")
        for row in found.found
    ]
    return _few([*rows, f"{found.tried} combinations tried on an {found.model.upper()}"])


def _midi(found: MidiReplies) -> list[str]:
    if not found.replies:
        return []
    rows = [
        f"{row.name} ({row.request.hex(' ').upper()}): "
        + (f"{row.answer}, {row.length:,} bytes" if row.answer else "no answer")
        + (f" {row.head.hex(' ').upper()}" if 0 < row.length <= 16 else "")
        + (f", data at {row.at:04X}" if row.at is not None else "")
        for row in found.replies
    ]
    channel = "no channel" if found.channel is None else f"channel {found.channel + 1}"
    return [*rows, f"exclusive messages on {channel}; active sensing: {'yes' if found.senses else 'no'}"]


def _layout(found: MemoryMap) -> list[str]:
    if not found.work:
        return []
    rows = ["written at every power-on: " + _ranges(found.work)]
    if found.stored_base is not None and found.stored_end is not None:
        rows.append(f"stored data: {Range(found.stored_base, found.stored_end)}")
    rows.append("read and not written at power-on: " + _ranges(found.checked))
    rows.append("not used in these boots: " + _ranges(found.untouched))
    if found.stack:
        rows.append(f"stack: {found.stack[0]:04X}:{found.stack[1]:04X} while the page stands")
    return rows


def _texts(found: LcdTexts) -> list[str]:
    rows = ["at power-on:"]
    rows += [f"  {row.seconds:7.4f} s |{row.lcd[0]}|{row.lcd[1]}|" for row in found.order]
    rows.append("all texts:")
    rows += [f"  |{row.lcd[0]}|{row.lcd[1]}| {row.when}" for row in found.texts if not row.passing]
    passing = [row for row in found.texts if row.passing]
    rows += ["seen for less than 0.1 s, perhaps half drawn:"] if passing else []
    rows += [f"  |{row.lcd[0]}|{row.lcd[1]}| {row.when}" for row in passing]
    return rows if len(rows) < 2 * MOST else [*rows[: 2 * MOST], f"... and {len(rows) - 2 * MOST} more (in the JSON)"]


def _interrupts(found: InterruptMap) -> list[str]:
    if not found.levels:
        return []
    rows = [found.set_up]
    for row in found.levels:
        state = "masked" if row.masked else f"{row.per_second:g} a second"
        handler = f"{row.handler}{' (one of a row of stubs)' if row.catch_all else ''}" if row.handler else "no vector"
        rows.append(f"level {row.level}, {row.source}: {state}; vector {row.vector:02X} -> {handler}")
        rows.append(f"  a request: {row.request}" + (f"; unmasked: {row.unmasked}" if row.unmasked else ""))
    for seen in found.waiting:
        reads = ", ".join([*(f"port {port}" for port in seen.ports), *(f"RAM {at:04X}" for at in seen.memory)])
        rows.append(
            f"after {seen.key} the CPU waits at {seen.first:05X}-{seen.last:05X} ({seen.share:.0%}), reading "
            f"{reads or 'nothing'}"
        )
    if not found.waiting:
        rows.append("no waiting loop behind a mode key")
    return rows


def _hardware(found: Hardware) -> list[str]:
    rows = ["V50 registers, in their order: " + " ".join(f"{name}={value:02X}" for name, value in
                                                          found.registers.items())]
    for timer in found.timers:
        if timer.mode is None:
            rows.append(f"timer {timer.number}: not set")
        else:
            count = "no count" if timer.count is None else f"count {timer.count}"
            rate = f", {timer.hertz:g} Hz" if timer.hertz else ""
            rows.append(f"timer {timer.number}: mode word {timer.mode:02X}, {count}{rate}")
    if found.serial:
        rows.append("serial unit: " + ", ".join(f"{name} {value:g}" if name == "baud" else f"{name} {int(value):02X}"
                                                for name, value in found.serial.items()))
    rows.append(f"DMA: {'enabled' if found.dma[0] else 'off'}, {found.dma[1]} writes")
    rows.append("PIO outputs: " + " ".join(f"P{port}={mask:02X}" for port, mask in found.pio.items()))
    rows.append("ADC conversions until the page came: " + _counted(found.channels_at_boot))
    rows.append("ADC conversions a second on the page: " + _counted(found.channels))
    if found.reset_released is not None:
        rows.append(f"sound chips let out of reset at {found.reset_released:.4f} s")
    rows += [f"LEDs after {key}: PC={value}" for key, value in found.leds.items()]
    used = [f"{unit.name} {unit.reads} reads {unit.writes} writes" for unit in found.units if unit.ports]
    rows.append("used in a boot: " + (", ".join(used) or "nothing"))
    rows.append("not used in a boot: " + ", ".join(unit.name for unit in found.units if not unit.ports))
    return rows


def _counted(rows: dict[int, int] | dict[int, float]) -> str:
    return ", ".join(f"channel {channel}: {count:g}" for channel, count in rows.items()) or "none"

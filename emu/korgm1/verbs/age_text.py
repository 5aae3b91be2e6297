"""The account of a life, for people: step by step, what the cell, the supply and the memory went through."""

from __future__ import annotations

import textwrap

from korgm1.board.sram import CELLS
from korgm1.lifetime import WARNING_CODE, Mark, Report, Step, Stray, Supply, Woken
from korgm1.physics.cell_cr2032 import HIGHEST
from korgm1.quantities import format_duration
from korgm1.verbs.boot import lcd_box


def account(report: Report) -> str:
    """All of it.

    >>> from korgm1.lifetime import live
    >>> from korgm1.session import Session
    >>> print(account(live(Session(battery="CR2032"), "off=1y", course=False)).splitlines()[2])
    1. off=1y: 1 y at 25 C, switched off
    """
    firmware, guesses = report.firmware, ", ".join(f"{key}={value}" for key, value in report.hypotheses.items())
    lines = [
        f"{report.model}: {firmware['name']} {firmware['version']}, RAM chips and cell of seed {report.seed}",
        *report.notes,
    ]
    lines += ["faults: " + ", ".join(report.faults)] if report.faults else []
    lines += [f"guesses changed: {guesses}"] if guesses else []
    lines.append("")
    for step in report.steps:
        lines += [f"{step.event.place}. {step.event.word}: {_what(step)}", *("     " + line for line in _details(step))]
    if report.last is not None:
        lines += ["at the end: switched off", *("     " + line for line in stray_text(report.last))]
    lines += [
        "",
        f"all of it: {format_duration(report.seconds)}; RAM sha1 {report.sram_sha1_before[:12]} before, "
        f"{report.sram_sha1_after[:12]} after",
    ]
    return "\n".join(lines)


def mark_text(mark: Mark) -> str:
    """What was passed, in words.

    >>> mark_text(Mark(5.0, "first loss"))
    'the first cell of the RAM lost its content'
    """
    return {
        "warning": f"the reading falls below code {WARNING_CODE:02X}h: OpenM1 would warn from here",
        "not guaranteed": "the supply falls below 2.0 V, to which the RAM is guaranteed",
        "first loss": "the first cell of the RAM lost its content",
    }[mark.what]


def _what(step: Step) -> str:
    event, room = step.event, f"at {step.celsius:g} C"
    if event.name == "cell":
        return f"in the holder now: {_cell(step.after)}"
    if event.name == "temp":
        return f"{room} from here on"
    if event.name == "contact":
        return f"the holder's contact has {event.number:,.0f} ohms from here on"
    if event.name == "off":
        return f"{format_duration(step.seconds)} {room}, switched off"
    if event.name == "use":
        return f"{format_duration(step.seconds)} {room}, +5 V there for {step.share:.2%} of it; no firmware looks"
    if event.name == "cell-out":
        return f"the cell is out of its holder for {format_duration(step.seconds)}, {_power(step)}"
    if event.name == "swap-cell":
        return f"the holder is empty for {format_duration(step.seconds)}, {_power(step)}; then {_cell(step.after)}"
    if event.name == "dip":
        effect = {
            "nothing": "too short to be felt", "reset": "the reset pulls, the CPU starts anew",
            "power cycle": "+5 V was gone, a power-on", "freeze": "the CPU lost its footing and stands still",
        }
        what = effect[step.dip or "nothing"]
        if step.dip == "nothing" and step.boot is not None and step.boot.frozen:
            what = "it stands still already"
        elif step.dip == "nothing" and step.stray is not None:
            what = "the CPU runs on, but not without a stumble"
        return f"the mains fails for {format_duration(event.seconds or 0.0)}: {what}"
    switched = {"on": "switched on", "off-switch": "switched off", "look": "+5 V comes, the RAM is read, no CPU runs"}
    return switched[event.name]


def _power(step: Step) -> str:
    return "with the power on, so +5 V keeps the RAM" if step.span is None else "with the power off"


def _cell(supply: Supply) -> str:
    if supply.cell == "none":
        return "nothing"
    if supply.cell == "supply":
        return f"a supply of {supply.open_volts:.2f} V"
    state = "a new CR2032" if not supply.used else f"a CR2032, {supply.used:.0%} used"
    return f"{state} of {supply.capacity_mah:.0f} mAh, {supply.open_volts:.2f} V"


def _judged(adc_code: int) -> str:
    return f" (OpenM1 warns below {WARNING_CODE:02X}h)" if adc_code < WARNING_CODE else ""


def _details(step: Step) -> list[str]:
    lines = []
    before, after = step.before, step.after
    if step.span is not None:
        if after.cell != "none":
            lines.append(
                f"cell    {before.open_volts:.2f} -> {after.open_volts:.2f} V open, {after.meter_volts:.2f} V on a "
                f"meter of 10 Mohm; the ADC would give {after.adc_code:02X}h{_judged(after.adc_code)}"
            )
        if after.cell == "CR2032" and step.event.name in ("off", "use"):
            drawn, self_mah = after.drawn_mah - before.drawn_mah, after.self_mah - before.self_mah
            lines.append(
                f"charge  {drawn - step.sense_mah:.1f} mAh into the RAM's supply, {step.sense_mah:.1f} through the "
                f"sense path, {self_mah:.1f} by itself"
            )
            lines.append(
                f"        {after.used:.0%} of its {after.capacity_mah:.0f} mAh (to 2.0 V) are gone, and "
                f"{after.dry:.0%} of its seal's life"
            )
        supply = step.span.supply_volts
        charged = supply[0] > max(before.ram_volts + 0.1, HIGHEST)
        refed = step.event.name in ("cell-out", "swap-cell") and after.ram_volts > supply[-1]
        lines.append(
            f"supply  {supply[0]:.2f} -> {supply[-1]:.2f} V at the RAM, power off"
            + (f" ({supply[0]:.2f} V is the charge +5 V left in the capacitor)" if charged else "")
            + (f"; {after.ram_volts:.2f} V once the cell is in" if refed else "")
        )
    lines += [f"after {format_duration(mark.seconds)}: {mark_text(mark)}" for mark in step.marks]
    if step.lost and step.span is not None:
        lines.append(f"RAM     {step.lost:,} of {CELLS:,} cells have lost their content")
    if step.stray is not None:
        lines += stray_text(step.stray)
    if step.woken is not None:
        lines += woken_text(step.woken)
    if step.boot is not None:
        lines += [f"{row.seconds:9.4f} s  |{row.lcd[0]}|{row.lcd[1]}|" for row in step.boot.timeline[-12:]]
        if step.dip == "freeze" or step.boot.stopped:
            lines += lcd_box(step.boot.lcd).splitlines()
    return lines


def stray_text(stray: Stray) -> list[str]:
    """What a CPU without a reset IC wrote while +5 V fell.

    >>> from korgm1.session.supply import StrayWrite
    >>> stray_text(Stray((StrayWrite(9, 0x1234, 0, 0xE0),)))
    ['stray   1 byte written by the confused CPU while +5 V fell, 1 of them to another value', 'at      1234:00->E0']
    """
    count, changed = len(stray.writes), sum(write.before != write.after for write in stray.writes)
    lines = [
        f"stray   {count} byte{'s' * (count != 1)} written by the confused CPU while +5 V fell, {changed} of them to "
        "another value"
    ]
    places = [f"{row.address:04X}:{row.before:02X}->{row.after:02X}" for row in stray.writes]
    lines += textwrap.wrap("at      " + _some(places, 12), 110, subsequent_indent=" " * 8)
    if stray.layout:
        lines += textwrap.wrap("hit     " + _hit_names(stray), 110, subsequent_indent=" " * 8)
    return lines


def _hit_names(what: Stray | Woken) -> str:
    return _some([f"{row.name} ({row.bits:,})" for row in what.records], 16) or "nothing with a name"


def woken_text(woken: Woken) -> list[str]:
    """What the RAM was like at power-on.

    >>> woken_text(Woken(None, 0, 0, 0, 0, ()))
    ['RAM     kept everything: its supply stayed above 2.0 V']
    """
    if woken.lowest_volts is None:
        return ["RAM     kept everything: its supply stayed above 2.0 V"]
    if not woken.cells_lost:
        return [f"RAM     kept everything, with a supply of {woken.lowest_volts:.2f} V at the lowest"]
    lines = [
        f"RAM     {woken.cells_lost:,} of {CELLS:,} cells lost their content, lowest supply {woken.lowest_volts:.2f} V",
        f"        {woken.bits_flipped:,} bits in {woken.bytes_changed:,} bytes read differently",
    ]
    if woken.ranges:
        places = [f"{first:04X}" if first == last else f"{first:04X}-{last:04X}" for first, last in woken.ranges]
        lines += textwrap.wrap("at      " + _some(places, 12), 110, subsequent_indent=" " * 8)
    if woken.layout:
        regions = ", ".join(f"{row.name} ({row.bits:,} bits)" for row in woken.regions)
        lines += textwrap.wrap("in      " + regions, 110, subsequent_indent=" " * 8)
        lines += textwrap.wrap("hit     " + _hit_names(woken), 110, subsequent_indent=" " * 8)
    elif woken.bits_flipped:
        lines.append("hit     names are not known: the image's layout is not OpenM1's (korgm1 sram show)")
    return lines


def _some(words: list[str], most: int) -> str:
    more = len(words) - most
    return ", ".join(words[:most]) + (f" and {more:,} more" if more > 0 else "")

"""What a phase must show, looked at: each expectation becomes a `Check` that holds or not, with what was found."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import inf

from korgm1.scenario import bank
from korgm1.scenario.bench import Bench
from korgm1.scenario.case import Phase, Picture, like


@dataclass(frozen=True)
class Check:
    """One expectation: what was looked at, what was expected, what was found."""

    what: str
    expected: str
    found: str
    holds: bool


def check(phase: Phase, bench: Bench, before: bytes) -> list[Check]:
    """Look at everything the phase expects.

    Args:
        phase: it has just been played.
        bench: the instrument now.
        before: its RAM when the scenario began, 65,536 bytes.
    """
    checks = list(_pictures(phase, bench))
    if phase.ends is not None:
        lcd = bench.session.lcd
        checks.append(Check("LCD at the end", str(phase.ends), _lcd(lcd), phase.ends.shown(lcd)))
    for text in phase.never:
        found = next((row.lcd for row in bench.pictures if any(like(text, line) for line in row.lcd)), None)
        checks.append(Check("LCD never", text, "never" if found is None else _lcd(found), found is None))
    if phase.leds is not None:
        lit = {name for name, on in bench.session.leds.items() if on}
        checks.append(_same("LEDs lit", ", ".join(sorted(phase.leds)) or "none", ", ".join(sorted(lit)) or "none"))
    if phase.data:
        states = states_of(bench.session.sram, before)
        found_data = phase.data if phase.data in states else states[0]
        checks.append(_same("stored data", phase.data, found_data))
    for name, (low, high) in phase.numbers.items():
        value = _NUMBERS[name](bench, before)
        expected = _number(name, low) + (f" to {_number(name, high)}" if low != high else "")
        label = name.replace("_", " ").replace("adc", "ADC").replace("ram ", "RAM ")
        found_number = "none" if value is None else _number(name, value)
        if name == "names_right":
            found_number += _names_wrong(bench, before)
        checks.append(Check(label, expected, found_number, value is not None and low <= value <= high))
    at = 0
    for part in phase.midi:
        place = bench.midi.find(part, at)
        checks.append(Check("MIDI OUT", part.hex(" "), _midi(bench.midi), place >= 0))
        at = place + len(part) if place >= 0 else at
    for part in phase.midi_never:
        checks.append(Check("MIDI OUT never", part.hex(" "), _midi(bench.midi), part not in bench.midi))
    if phase.dip:
        checks.append(_same("the dip", phase.dip, bench.dipped))
    if phase.frozen is not None:
        words = ("not stopped by the supply", "stopped by the supply")
        frozen = bench.session.frozen is not None
        checks.append(_same("CPU", words[phase.frozen], words[frozen]))
    return checks


def states_of(image: bytes, before: bytes) -> list[str]:
    """What has become of the stored data, by all its names.

    Returns:
        Of "kept" (as in `before`), "lost" (as after an initialisation) and "bank" (the bank of named sounds) those that
        are true; ["partial"] where none is.

    >>> states_of(bank.initialised(), bank.named())
    ['lost']
    """
    as_in = {"kept": before, "lost": bank.initialised(), "bank": bank.named()}
    return [name for name, other in as_in.items() if image[bank.STORED] == other[bank.STORED]] or ["partial"]


def _pictures(phase: Phase, bench: Bench) -> Iterator[Check]:
    at = 0
    for wanted in phase.lcd:
        rows = bench.pictures
        place = next((n for n in range(at, len(rows)) if wanted.shown(rows[n].lcd)), None)
        if place is None:
            shown = "; ".join(_lcd(row.lcd) for row in rows[at:]) or "nothing more"
            yield Check("LCD shows", str(wanted), shown, False)
            continue
        row, at = rows[place], place + 1
        yield Check(
            "LCD shows", str(wanted), f"{_lcd(row.lcd)} at {row.seconds:.3f} s", _in_time(wanted, row.seconds)
        )


def _in_time(wanted: Picture, seconds: float) -> bool:
    return wanted.after <= seconds <= wanted.before


def _same(what: str, expected: str, found: str) -> Check:
    return Check(what, expected, found, expected == found)


def _number(name: str, value: float) -> str:
    if name.endswith("_volts"):
        return f"{value:.2f} V" if value < inf else "never below 2.0 V"
    return f"{int(value):02X}h" if name == "adc_code" else f"{value:,g}"


def _lcd(lcd: tuple[str, str]) -> str:
    return " | ".join(line.rstrip() or "(blank)" for line in lcd)


def _midi(data: bytes) -> str:
    return (data[:24].hex(" ") + (" ..." if len(data) > 24 else "")) or "nothing"


def _names_right(bench: Bench, before: bytes) -> int:
    pairs = zip(bank.program_names(bench.session.sram), bank.program_names(before), strict=True)
    return sum(now == then for now, then in pairs)


def _names_wrong(bench: Bench, before: bytes, most: int = 4) -> str:
    """Some of the names that are not what they were, in words."""
    pairs = zip(bank.program_names(bench.session.sram), bank.program_names(before), strict=True)
    wrong = [f"I{n:02} {now!r}, was {then!r}" for n, (now, then) in enumerate(pairs) if now != then]
    return f" ({'; '.join(wrong[:most])}{'; ...' if len(wrong) > most else ''})" if wrong else ""


def _bytes_changed(bench: Bench, before: bytes) -> int:
    pairs = zip(bench.session.sram[bank.STORED], before[bank.STORED], strict=True)
    return sum(now != then for now, then in pairs)


def _cells_lost(bench: Bench, before: bytes) -> float | None:
    return None if bench.session.wake is None else bench.session.wake.lost


def _bits_flipped(bench: Bench, before: bytes) -> float | None:
    return None if bench.session.wake is None else bench.session.wake.flipped


def _lowest_volts(bench: Bench, before: bytes) -> float | None:
    return None if bench.session.wake is None else bench.session.wake.lowest_volts


def _notes_sounding(bench: Bench, before: bytes) -> int:
    """Voices the TG was left with: key on, and a level above 0 wanted (H-TGW)."""
    voices = [bench.session.machine.tg.voice(number) for number in range(16)]
    return sum(voice.key and voice.level_target > 0 for voice in voices)


_NUMBERS: dict[str, Callable[[Bench, bytes], float | None]] = {
    "cells_lost": _cells_lost,
    "bits_flipped": _bits_flipped,
    "lowest_volts": _lowest_volts,
    "ram_volts": lambda bench, before: bench.session.battery.ram_volts,
    "adc_code": lambda bench, before: bench.session.machine.battery_code(),
    "different_programs": lambda bench, before: len(set(bank.programs(bench.session.sram))),
    "names_right": _names_right,
    "bytes_changed": _bytes_changed,
    "notes_sounding": _notes_sounding,
}

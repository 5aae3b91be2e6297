"""Stored numbers in words: key names, pans, effect names, rates, program numbers."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from functools import cache
from importlib.resources import files

_NOTES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
_PANS = ("A", *(f"{10 - n}:{n}" for n in range(1, 10)), "B", "C", "C+D", "D")


def key(value: int) -> str:
    """A key number, 24 = C1 (facts m1-hardware 6.3).

    >>> key(24), key(61)
    ('C1', 'C#4')
    """
    return f"{_NOTES[value % 12]}{value // 12 - 1}"


def pan(value: int) -> str:
    """A pan code: A, 9:1 ... 1:9, B, C, C+D, D.

    >>> pan(0), pan(1), pan(13), pan(15)
    ('A', '9:1', 'D', '15')
    """
    return _PANS[value] if value < len(_PANS) else str(value)


def program(value: int) -> str:
    """A program number of a timbre.

    >>> program(7), program(107), program(255)
    ('I07', 'C07', '255')
    """
    return f"{'IC'[value // 100]}{value % 100:02d}" if value < 200 else str(value)


def program_or_off(value: int) -> str:
    """A program number of a song's track, where 0 is off and 1 is I00.

    >>> program_or_off(0), program_or_off(1)
    ('off', 'I00')
    """
    return "off" if value == 0 else program(value - 1)


def rate(value: int) -> str:
    """An effect's LFO rate: 0.03 to 3.00 Hz by 0.03, to 13.0 by 0.1, to 30 by 1 (facts m1-hardware 6.6).

    >>> rate(0), rate(0x63), rate(0x64), rate(0xC8), rate(0xD8)
    ('0.03 Hz', '3.00 Hz', '3.1 Hz', '14 Hz', '30 Hz')
    """
    if value < 100:
        return f"{3 * (value + 1) / 100:.2f} Hz"
    return f"{(value - 69) / 10:.1f} Hz" if value < 200 else f"{value - 186} Hz"


def output_pan(value: int) -> str:
    """Where an effect's output 3 or 4 goes.

    >>> output_pan(0), output_pan(1), output_pan(51), output_pan(101)
    ('off', 'R', '51', 'L')
    """
    return {0: "off", 1: "R", 101: "L"}.get(value, str(value))


@cache
def effect_names() -> tuple[str, ...]:
    """The 33 effects, number 1 first."""
    table = tomllib.loads((files("korgm1.sram_layout") / "effects.toml").read_text("utf-8"))
    return tuple(table["names"])


def effect(value: int) -> str:
    """A type byte: the effect's number less one; 21h is none.

    >>> effect(0), effect(0x21)
    ('1 Hall', 'none')
    """
    names = effect_names()
    if value == len(names):
        return "none"
    return f"{value + 1} {names[value]}" if value < len(names) else f"no effect {value + 1}"


def segments(value: int) -> str:
    """Bits 0-3 as the segments of an envelope: attack, decay, slope, release.

    >>> segments(0b0101)
    'A-S-'
    """
    return "".join(letter if value >> bit & 1 else "-" for bit, letter in enumerate("ADSR"))


def multisound(value: int) -> str:
    """A multisound number; 100 and up are a card's.

    >>> multisound(27), multisound(103)
    ('27', 'card 3')
    """
    return str(value) if value < 100 else f"card {value - 100}"


def drum(value: int) -> str:
    """A drum sound's number, 0 = none."""
    return str(value) if value else "none"


def next_song(value: int) -> str:
    """The song that follows, 20 = none."""
    return "none" if value == 20 else str(value)


SHOWN: Mapping[str, Callable[[int], str]] = {
    "key": key, "pan": pan, "program": program, "program or off": program_or_off, "rate": rate,
    "output pan": output_pan, "effect": effect, "segments": segments, "multisound": multisound, "drum": drum,
    "next song": next_song, "hex": "{:X}h".format,
}
"""What a table's `shown` names."""


def text(data: bytes) -> str:
    """A name as the LCD shows it: codes outside 20-7F are blanks, blanks at the end are dropped.

    >>> text(b"Piano 16'\\0"), text(b"\\xfeabc")
    ("Piano 16'", ' abc')
    """
    return "".join(chr(code) if 0x20 <= code < 0x7F else " " for code in data).rstrip()

"""The tables of OpenM1's sound: the directory of the open wave ROM, and the laws of its voice engine, as NASM source.

    python tools/openm1_tables.py           print the include that tools/build_openm1.py assembles

The directory follows korgm1.waves: other recipes make other tables, so the firmware is built again after the waves are.
The laws are ours, nothing of Korg's is known; each names its hypothesis (emu/korgm1/hypotheses.toml).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from math import log2

import needs_korgm1  # noqa: F401
from korgm1.waves.bank import Bank, open_bank
from korgm1.waves.directory import ROOT_UNIT, Sound, Zone

UPDATE = 0.008
"""Seconds from one update of a voice to the next (H-EG): every fourth tick."""
VALUES = 100
"""A parameter of the panel goes from 0 to 99."""
VDA_EG_UNIT = 165
"""Steps of the VDA's EG in a level of 1: four times 99 of them just fit a word."""
EG_LONGEST = 30.0
"""Seconds a segment of time 99 takes (H-EG-TIME)."""
MG_SLOWEST, MG_FASTEST, MG_POWER = 0.05, 30.0, 4
"""Hertz of an MG at 0 and what 99 adds, with that power of the frequency between (H-MG)."""
MG_DELAY_LONGEST = 5.0
"""Seconds until an MG is at its full depth at delay 99; it is silent for the first half (H-MG)."""
CUTOFF_HERTZ = 30.0
"""Cutoff at 0; at 99 the filter is open (H-CUT99)."""
CUTOFF_OPEN = 134 << 8
"""The code from which on the filter passes everything."""
PITCH_STEPS = 768
"""Steps of an octave in the pitch table; OpenM1 interpolates between them."""
PITCH_EG_SEMITONES, PITCH_MG_SEMITONES = 12, 12
"""What level and intensity 99 do to the pitch (H-EG-DEPTH, H-MG)."""
FIXED_TRACK = 50
TRACK_KEY = 60
"""The cutoff follows the keyboard 1:1 from this key at a track of 0, and from the centre by track / FIXED_TRACK more
(H-TRACK)."""
FLAG_TRACKING = 1
ZONE_LOOPS = 1
MS_NAME_SIZE = 12
"""Characters of a row in the table of multisounds' names; shorter ones are filled with blanks."""


def eg_updates(time: int) -> int:
    """Updates a segment of `time` (0-99) takes: 0 at once, 1 for 1, growing by the same factor over time itself to 99.

    >>> [eg_updates(time) for time in (0, 1, 50, 99)]
    [0, 1, 308, 3750]
    """
    longest = EG_LONGEST / UPDATE
    return round(time * (longest / 99) ** ((time - 1) / 98))


def mg_hertz(frequency: int) -> float:
    """Rate of an MG.

    >>> [round(mg_hertz(frequency), 2) for frequency in (0, 64, 99)]
    [0.05, 5.29, 30.05]
    """
    return MG_SLOWEST + MG_FASTEST * (frequency / 99) ** MG_POWER


def mg_step(frequency: int) -> int:
    """Part of a period, in 1/65536, an MG goes in an update."""
    return round(mg_hertz(frequency) * UPDATE * 65536)


def mg_fade_step(delay: int) -> int:
    """What an MG's fade of 65,536 steps gains in an update."""
    return min(65535, round(65536 * UPDATE / (MG_DELAY_LONGEST * delay / 99))) if delay else 65535


def cutoff_code(cutoff: int) -> int:
    """The VDF's code, 1/256 semitones, for a cutoff of 0 to 99: exponential in Hz.

    >>> hex(cutoff_code(99))
    '0x8600'
    """
    lowest = 256 * (69 + 12 * log2(CUTOFF_HERTZ / 440))
    return round(lowest + (CUTOFF_OPEN - lowest) * cutoff / 99)


def vdf_eg_codes() -> int:
    """What an EG level of 99 does to the cutoff's code at intensity 99: as much as cutoff 99 (H-EG-DEPTH)."""
    return CUTOFF_OPEN - cutoff_code(0)


def pitch_mantissa(step: int) -> int:
    """What 2 to the power of step / 768 is above 1, in 1/65536, held to 16 bits."""
    return min(65535, round(65536 * (2 ** (step / PITCH_STEPS) - 1)))


def words(label: str, values: Iterable[int]) -> Iterator[str]:
    """A table of words, 16 a line."""
    row = list(values)
    yield f"{label}:"
    for start in range(0, len(row), 16):
        yield "        dw      " + ", ".join(str(value) for value in row[start : start + 16])


def zone_record(zone: Zone) -> str:
    """16 bytes: top key, level - 1, START, LOOP, END (3 bytes each), root in 16.16 semitones, flags."""
    root = round(zone.root * 65536 / (100 * ROOT_UNIT))
    data = bytes([zone.top_key, zone.level - 1])
    data += b"".join(value.to_bytes(3, "little") for value in (zone.start, zone.loop_start, zone.loop_end))
    data += root.to_bytes(4, "little") + bytes([ZONE_LOOPS if zone.loop_start < zone.loop_end else 0])
    return "        db      " + ", ".join(str(byte) for byte in data)


def directory(label: str, sounds: Sequence[Sound]) -> Iterator[str]:
    """Four bytes a sound: where its zones are, how many, flags; then the zones."""
    yield f"{label}:                                ; first zone, zones, flags"
    for sound in sounds:
        yield f"        dw      {label}_{sound.number}"
        yield f"        db      {len(sound.zones)}, {FLAG_TRACKING * sound.tracking}"
    for sound in sounds:
        yield f"{label}_{sound.number}:"
        yield from (zone_record(zone) for zone in sound.zones)


def constants() -> Iterator[str]:
    """The numbers that the engine multiplies by."""
    values = {
        "VDA_EG_SCALE": (VDA_EG_UNIT * 64, "1/64 of an EG step a level (H-VDA)"),
        "PITCH_EG_SCALE": (PITCH_EG_SEMITONES * 256 * 64 / 99, "1/64 of 1/256 semitone a level (H-EG-DEPTH)"),
        "VDF_EG_SCALE": (vdf_eg_codes() * 64 / 99, "1/64 of a code a level, at intensity 99 (H-EG-DEPTH)"),
        "PITCH_MG_DEPTH": (PITCH_MG_SEMITONES * 512 * 65536 / (99 * 256), "of 1/512 semitones an intensity (H-MG)"),
        "TRACK_KEY": (TRACK_KEY, "where a track of 0 leaves the cutoff as it is (H-TRACK)"),
        "FIXED_TRACK": (FIXED_TRACK, "what one key is in the track's units (H-TRACK)"),
        "TRACK_LIMIT": (127 * FIXED_TRACK, "most it moves the cutoff: 127 semitones, so that codes fit a word"),
    }
    for name, (value, meaning) in values.items():
        yield f"{name:<23} equ {round(value):<8}; {meaning}"


def include(bank: Bank) -> str:
    """The whole of sound_tables.inc."""
    lines = ["; made by tools/openm1_tables.py from the waves' directory and the laws there", *constants()]
    lines += words("eg_updates", map(eg_updates, range(VALUES)))
    lines += words("mg_steps", map(mg_step, range(VALUES)))
    lines += words("mg_fades", map(mg_fade_step, range(VALUES)))
    lines += words("cutoff_codes", map(cutoff_code, range(VALUES)))
    lines += words("pitch_table", map(pitch_mantissa, range(PITCH_STEPS + 1)))
    lines += directory("ms_table", bank.multisounds)
    lines += directory("drum_table", bank.drums)
    return "\n".join(lines) + "\n"


def names(bank: Bank) -> str:
    """The whole of name_tables.inc: the names of the multisounds, for the versions that show them.

    Raises:
        ValueError: a name is too long, or not of the LCD's ASCII.
    """
    rows = [sound.name for sound in bank.multisounds]
    if any(len(name) > MS_NAME_SIZE or not name.isascii() or '"' in name for name in rows):
        raise ValueError(f"a multisound's name does not fit {MS_NAME_SIZE} characters of ASCII")
    lines = [
        "; made by tools/openm1_tables.py from the waves' directory",
        f"MS_NAMES        equ {len(rows)}", f"MS_NAME_SIZE    equ {MS_NAME_SIZE}", "ms_names:",
    ]
    lines += [f'        db      "{name:{MS_NAME_SIZE}}"' for name in rows]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(include(open_bank()), end="")

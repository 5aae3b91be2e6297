"""The registers of the sound chips as data: which port is which byte of what, and what its value says.

| window | chip | voices |
|---|---|---|
| 0100-01FF, 0200-02FF | VDF I and II, MB87404 | 20h ports each, eight to a chip (H-VDF8) |
| 0500-0503 | MDE, MB87405 | |
| 1000-11FF | TG, MB87402 | 20h ports each, sixteen |

Words are little endian; a register of more than one byte is taken over when its last byte is written.
Confirmed (MAME's driver, at second hand): the windows. Guessed: everything in them. Nothing public says what the
registers mean; here is the stand-in protocol that OpenM1 speaks and the chips decode (H-CUT, and those of each chip).
Sources: facts m1-sound 5, 7; the chips' own modules.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from math import log10

from korgm1.clock import FRAME_RATE
from korgm1.hypotheses import all_hypotheses

OPEN = 134 << 8
"""The cutoff code from which on a filter passes everything."""
UNUSED = "UNUSED"
"""The name of a port that a chip keeps without effect."""
PANS = ("A", "9:1", "8:2", "7:3", "6:4", "5:5", "4:6", "3:7", "2:8", "1:9", "B", "C", "C+D", "D")


@dataclass(frozen=True)
class Row:
    """One register of a voice, or of the MDE: first port, bytes, what it holds, when that is taken over."""

    offset: int
    name: str
    width: int
    holds: str
    taken: str


@dataclass(frozen=True)
class Register:
    """What a port is.

    Attributes:
        chip: "TG", "VDF1", "VDF2" or "MDE".
        voice: 0-15, the voice of the whole instrument; None for the MDE.
        name: of a `Row`, or `UNUSED`.
        part: which byte of the register it is, 0 = lowest.
        width: bytes of the register.
    """

    chip: str
    voice: int | None
    name: str
    part: int
    width: int

    @property
    def last(self) -> bool:
        """Writing this byte takes the register over."""
        return self.part == self.width - 1


TG = (
    Row(0x00, "CONTROL", 1, "bit 0 KEY, bit 1 LOOP", "KEY 0 to 1 starts with START, LOOP and END; LOOP at once"),
    Row(0x01, "PAN", 1, "0 A, 1-9 = 9:1 to 1:9, 10 B, 11 C, 12 C+D, 13 and above D", "at once"),
    Row(0x02, "LEVEL", 2, "amplitude, FFFF = 65535/65536", "begins a ramp"),
    Row(0x04, "LEVEL RAMP", 1, "bits 0-3, n: 2^n frames", "with the next LEVEL"),
    Row(0x05, "PITCH RAMP", 1, "bits 0-3, n: 2^n frames", "with the next INCREMENT"),
    Row(0x06, "INCREMENT", 3, "words a frame, 4.20 bits fixed point", "begins a ramp"),
    Row(0x0A, "START", 3, "address of the first word", "at KEY 0 to 1"),
    Row(0x0E, "LOOP", 3, "address the loop goes back to", "at KEY 0 to 1"),
    Row(0x12, "END", 3, "address behind the last word (H-LOOP)", "at KEY 0 to 1"),
)
VDF = (
    Row(0x00, "CONTROL", 1, "bit 0 RUN", "0 clears filter and ramps and lets samples pass"),
    Row(0x02, "CUTOFF", 2, "code, unsigned: 1/256 semitone, 4500 = 440 Hz", "begins a ramp"),
    Row(0x04, "RAMP", 1, "bits 0-3, n: 2^n frames", "with the next CUTOFF, EG or MG"),
    Row(0x06, "EG", 2, "code, signed, added", "begins a ramp"),
    Row(0x08, "MG", 2, "code, signed, added", "begins a ramp"),
)
MDE = (
    Row(0x00, "INDEX", 1, "0-24, place in the effect block", "at once"),
    Row(0x01, "COMMAND", 1, "anything", "the 25 bytes are taken over; impossible ones change nothing"),
    Row(0x02, "DATA", 1, "a byte of the block", "goes to INDEX, which counts up to 25"),
)
TABLES: Mapping[str, tuple[Row, ...]] = {"TG": TG, "VDF1": VDF, "VDF2": VDF, "MDE": MDE}
WINDOWS: Mapping[str, tuple[int, int]] = {
    "TG": (0x1000, 0x200), "VDF1": (0x0100, 0x100), "VDF2": (0x0200, 0x100), "MDE": (0x0500, 4),
}  # fmt: skip
"""First port and number of ports of each chip."""
VOICE = 0x20
"""Ports of a voice."""


@cache
def decode(port: int, split: str | None = None) -> Register | None:
    """What a port is; None if it belongs to no sound chip.

    Args:
        port: 0-FFFF.
        split: "halves" or "interleaved", which voices are which VDF's (H-VDF8); None: the default.

    >>> decode(0x1043)
    Register(chip='TG', voice=2, name='LEVEL', part=1, width=2)
    >>> decode(0x0222).voice, decode(0x0222, "interleaved").voice, decode(0x0502).name, decode(0x0A00)
    (9, 3, 'DATA', None)
    """
    chip = next((chip for chip, (first, size) in WINDOWS.items() if first <= port < first + size), None)
    if chip is None:
        return None
    offset = port - WINDOWS[chip][0]
    voice = None if chip == "MDE" else _voice(chip, offset // VOICE, split or all_hypotheses()["H-VDF8"].default)
    for row in TABLES[chip]:
        part = offset % VOICE - row.offset
        if 0 <= part < row.width:
            return Register(chip, voice, row.name, part, row.width)
    return Register(chip, voice, UNUSED, 0, 1)


def meaning(name: str, value: int, chip: str = "TG") -> str:
    """A register's value for people, in units.

    Args:
        name: of a `Row`; of others it is the number in hex.
        value: the whole register, 0 to 2^(8 x width) - 1.
        chip: whose CONTROL it is.

    >>> meaning("INCREMENT", 1 << 20), meaning("PAN", 3), meaning("CUTOFF", 0x6280), meaning("EG", 0xFF00)
    ('1.000 words/frame', '7:3', '98.50 semitones = 2.42 kHz', '-1.00 semitones')
    >>> meaning("CONTROL", 3), meaning("CONTROL", 1, "VDF1"), meaning("LEVEL", 0x8000), meaning("RAMP", 8)
    ('key on, loop', 'run', '-6.0 dB', '256 frames = 8.2 ms')
    """
    shown = {
        "CONTROL": _control_vdf if chip.startswith("VDF") else _control_tg, "PAN": _pan, "LEVEL": _level,
        "LEVEL RAMP": _ramp, "PITCH RAMP": _ramp, "RAMP": _ramp, "INCREMENT": _increment, "START": _word,
        "LOOP": _word, "END": _word, "CUTOFF": _cutoff, "EG": _semitones, "MG": _semitones, "INDEX": _index,
        "COMMAND": _command,
    }.get(name)  # fmt: skip
    return shown(value) if shown else f"{value:02X}"


def _voice(chip: str, place: int, split: str) -> int:
    if chip == "TG":
        return place
    which = ("VDF1", "VDF2").index(chip)
    return {"halves": 8 * which + place, "interleaved": 2 * place + which}[split]


def _control_tg(value: int) -> str:
    return f"key {'on' if value & 1 else 'off'}, {'loop' if value & 2 else 'once'}"


def _control_vdf(value: int) -> str:
    return "run" if value & 1 else "pass"


def _pan(value: int) -> str:
    return PANS[min(value, len(PANS) - 1)]


def _level(value: int) -> str:
    return f"{round(20 * log10(value / 65536), 1) + 0.0:.1f} dB" if value else "silent"


def _ramp(value: int) -> str:
    frames = 1 << (value & 15)
    return f"{frames} frame{'s' * (frames > 1)} = {frames * 1000 / FRAME_RATE:.{1 if frames > 31 else 2}f} ms"


def _increment(value: int) -> str:
    return f"{value / (1 << 20):.3f} words/frame"


def _word(value: int) -> str:
    return f"word {value:06X}"


def _cutoff(value: int) -> str:
    if value >= OPEN:
        return "open"
    hertz = 440 * 2 ** ((value / 256 - 69) / 12)
    return f"{value / 256:.2f} semitones = " + (f"{hertz:.0f} Hz" if hertz < 1000 else f"{hertz / 1000:.2f} kHz")


def _semitones(value: int) -> str:
    return f"{(value - 0x10000 * (value >= 0x8000)) / 256:+.2f} semitones"


def _index(value: int) -> str:
    names = ("effect 1", "effect 2", "balance 1 L", "balance 1 R", "balance 2 L", "balance 2 R", "pan of output 3",
             "pan of output 4", "routing")  # fmt: skip
    if value >= 25:
        return "beyond the block"
    return names[value] if value < 9 else f"parameter {(value - 9) % 8 + 1} of effect {(value - 9) // 8 + 1}"


def _command(value: int) -> str:
    return "take the block over"

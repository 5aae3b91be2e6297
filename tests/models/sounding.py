"""What OpenM1 tells the sound chips when it is played, and what is heard; openm1_sound.py has its RAM and MIDI."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import numpy.typing as npt
from openm1_sound import PROG_SIZE, VOICE_SIZE, VOICES, dump, stored

from korgm1.session import Session
from korgm1.sysex import HEAD

FRAMES = 31_250
CLOCKS = 8_000_000
OSC1, OSC2 = 63, 103
SINE = 99
PITCH_EG, VDF, VDF_EG, VDA, VDA_EG, SWITCHES = 0, 8, 15, 23, 29, 36
"""In an oscillator's block."""


def send(session: Session, data: bytes) -> None:
    """A program's 143 bytes into the edit buffer; they have to arrive."""
    dump(session, 0x40, data)
    assert HEAD + b"\x23\xf7" in session.midi_out[-20:]


def load(session: Session, changes: Mapping[int, int] | None = None) -> None:
    """A changed Init Prog into the edit buffer."""
    send(session, stored(session, changes))


def states(session: Session) -> list[int]:
    """Of the 16 voices, as OpenM1 keeps them."""
    return list(session.sram[VOICES : VOICES + 16 * VOICE_SIZE : VOICE_SIZE])


class Chips:
    """What the firmware tells the chips from now on."""

    def __init__(self, session: Session) -> None:
        self.session = session
        session.log_sound(True)

    def writes(self) -> list[tuple[int, int, int]]:
        """Clock, port, value of each byte since the last look."""
        rows = self.session.sound_writes()
        return list(zip(rows["clock"].tolist(), rows["port"].tolist(), rows["value"].tolist(), strict=True))


def values(writes: Iterable[tuple[int, int, int]], port: int, size: int, signed: bool = False) -> list[tuple[int, int]]:
    """Each value a register of `size` bytes was given, with the clock of its last byte."""
    have, found = bytearray(size), []
    for clock, at, value in writes:
        if port <= at < port + size:
            have[at - port] = value
            if at == port + size - 1:
                found.append((clock, int.from_bytes(have, "little", signed=signed)))
    return found


def tg(voice: int, offset: int) -> int:
    """A port of the tone generator."""
    return 0x1000 + 0x20 * voice + offset


def vdf(voice: int, offset: int) -> int:
    """A port of a filter; the second chip's follow the first one's."""
    return 0x0100 + 0x20 * voice + offset


LEVEL, INCREMENT = 0x02, 0x06
CUTOFF, EG, MG = 0x02, 0x06, 0x08


def cents(samples: npt.NDArray[np.int32], hertz: float) -> float:
    """How far the strongest tone lies above `hertz`, in cents: its phase in two windows half the sound apart."""
    size = len(samples) // 2
    window = np.hanning(size) * np.exp(-2j * np.pi * hertz * np.arange(size) / FRAMES)
    first, second = (np.sum(samples[at : at + size] * window) for at in (0, size))
    turn = np.angle(second / first) - 2 * np.pi * hertz * size / FRAMES
    turn = (turn + np.pi) % (2 * np.pi) - np.pi
    return float(1200 * np.log2(1 + turn / (2 * np.pi) * FRAMES / size / hertz))


RICH = {
    10: 1, 12: 91, 13: 0, 14: 99, 15: 0, 16: 7, 17: 5, 18: 2,
    19: 0xE0, 20: 60, 21: 3, 22: 40, 23: 0xE0, 24: 50, 25: 3, 26: 40,
    27: 2, 28: 30, 29: 20, 30: 30, 31: -20, 32: 2, 33: 30, 34: 40, 35: 1, 36: 40, 37: 1,
}
"""DOUBLE, both MGs on both oscillators with key sync, everything moved by aftertouch and joystick."""
RICH_BLOCK = {
    PITCH_EG + 0: 30, PITCH_EG + 1: 8, PITCH_EG + 2: -40, PITCH_EG + 3: 10, PITCH_EG + 4: 8, PITCH_EG + 5: 50,
    PITCH_EG + 6: 30, PITCH_EG + 7: 30,
    VDF + 0: 50, VDF + 1: 60, VDF + 2: 20, VDF + 3: 60, VDF + 4: 40, VDF + 5: 40, VDF + 6: 30,
    VDF_EG + 0: 8, VDF_EG + 1: 70, VDF_EG + 2: 10, VDF_EG + 3: 20, VDF_EG + 4: 10, VDF_EG + 5: -20, VDF_EG + 6: 8,
    VDF_EG + 7: -60,
    VDA + 0: 70, VDA + 1: 60, VDA + 2: 20, VDA + 3: 30, VDA + 4: 40, VDA + 5: 40,
    VDA_EG + 0: 8, VDA_EG + 1: 90, VDA_EG + 2: 10, VDA_EG + 3: 60, VDA_EG + 4: 10, VDA_EG + 5: 70, VDA_EG + 6: 12,
    SWITCHES + 0: 0x5F, SWITCHES + 1: 0x5F, SWITCHES + 2: 0x5F, SWITCHES + 3: 0x5F,
}


def rich_program(times: Mapping[int, int] | None = None) -> bytes:
    """A program in which every parameter matters; `times` changes bytes of both oscillators' blocks."""
    data = bytearray(b"Rich".ljust(PROG_SIZE, b"\0"))
    data[38:40] = b"\x21\x21"
    blocks = {block + at: value for block in (OSC1, OSC2) for at, value in (RICH_BLOCK | dict(times or {})).items()}
    for byte, value in (RICH | blocks).items():
        data[byte] = value & 0xFF
    return bytes(data)

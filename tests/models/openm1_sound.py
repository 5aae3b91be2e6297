"""OpenM1's parts and voices as its RAM has them (roms/openm1/sound.inc), and dumps that set a stage for notes."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from korgm1.session import Session
from korgm1.sysex import HEAD, pack

PARTS, PART_SIZE = 0xF000, 32
VOICES, VOICE_SIZE = 0xF100, 128
NR_PITCH = 0xF100 + 16 * VOICE_SIZE + 12
DOWN, HELD, RELEASED, WAITING = 1, 2, 3, 4
PROG_SIZE, COMBI_SIZE = 143, 124
COMBIS, PROGRAMS = 0x139D, 0x440D
SINGLE, LAYER, SPLIT, SWITCH, MULTI = range(5)


@dataclass(frozen=True)
class Voice:
    """One of the 16, as long as it is not free."""

    number: int
    state: int
    part: int
    key: int
    osc: int
    stamp: int
    amplitude: int
    program: int
    block: int


@dataclass(frozen=True)
class Part:
    """One of the eight."""

    on: bool
    program: int
    channel: int
    flags: int
    level: int
    pan: int
    transpose: int
    detune: int
    keys: tuple[int, int]
    velocities: tuple[int, int]
    bend: int
    mod1: int
    mod2: int
    after: int
    volume: int
    damper: int


def voices(session: Session) -> list[Voice]:
    """Those that are not free, by number."""
    found = []
    for number in range(16):
        start = VOICES + VOICE_SIZE * number
        row = struct.unpack_from("<4B4H", session.sram, start)
        if row[0]:
            found.append(Voice(number, *row))
    return found


def keys(session: Session, *states: int) -> list[int]:
    """Keys of the voices in these states (none named: down or held), sorted."""
    return sorted(voice.key for voice in voices(session) if voice.state in (states or (DOWN, HELD, WAITING)))


def part(session: Session, number: int = 0) -> Part:
    """Part 0-7."""
    row = struct.unpack_from("<BxHBBBBbbBBBBhBBBBB", session.sram, PARTS + PART_SIZE * number)
    return Part(bool(row[0]), *row[1:8], (row[9], row[8]), (row[11], row[10]), *row[12:])


def pitch(session: Session) -> float:
    """Semitones above its zone's root of the note that was started last (nr_pitch)."""
    return float(struct.unpack_from("<i", session.sram, NR_PITCH)[0] / 65536)


def talk(session: Session, data: Iterable[int], seconds: float = 0.02) -> None:
    """Bytes into MIDI IN, the time they take, and some more."""
    data = bytes(data)
    session.midi_in(data)
    session.run(seconds + len(data) / 3125)


def send(session: Session, *data: int, seconds: float = 0.02) -> None:
    """`talk`, byte by byte."""
    talk(session, data, seconds)


def on(session: Session, *struck: int, velocity: int = 100, channel: int = 0) -> None:
    """Keys go down."""
    for key in struck:
        send(session, 0x90 | channel, key, velocity)


def off(session: Session, *released: int, channel: int = 0) -> None:
    """Keys come up."""
    for key in released:
        send(session, 0x80 | channel, key, 64)


def control(session: Session, number: int, value: int = 0, channel: int = 0) -> None:
    """A control change."""
    send(session, 0xB0 | channel, number, value)


def dump(session: Session, function: int, data: bytes) -> None:
    """An edit buffer (40, 49) or GLOBAL (51)."""
    talk(session, HEAD + bytes([function]) + pack(data) + b"\xf7", 0.1)


def stored(session: Session, changes: Mapping[int, int] | None = None, number: int = 0) -> bytes:
    """A stored program, Init Prog if it is a new instrument's, with bytes changed: offset -> value, -128 to 255."""
    start = PROGRAMS + PROG_SIZE * number
    data = bytearray(session.sram[start : start + PROG_SIZE])
    for at, value in (changes or {}).items():
        data[at] = value & 0xFF
    return bytes(data)


def program(session: Session, changes: Mapping[int, int] | None = None, number: int = 0) -> bytes:
    """`stored`, as a sound that goes on while its key is held, and ends soon after."""
    return stored(session, {12: 5, 14: 5} | dict(changes or {}), number)


def play(session: Session, changes: Mapping[int, int] | None = None) -> None:
    """`program` into the edit buffer."""
    dump(session, 0x40, program(session, changes))


def timbre(number: int = 0, level: int = 99, transpose: int = 0, detune: int = 0, pan: int = 5,
           keys: tuple[int, int] = (0, 127), velocities: tuple[int, int] = (0, 127), flags: int = 0xFF,
           channel: int = 0, off: bool = False) -> bytes:
    """A timbre's 11 bytes; windows are (lowest, highest)."""
    return bytes([
        number, level, transpose & 0xFF, detune & 0xFF, pan, keys[1], keys[0], velocities[1], velocities[0], flags,
        channel | off << 4,
    ])


def combination(session: Session, kind: int, *timbres: bytes) -> None:
    """A combination into the edit buffer, in COMBI mode; timbres that are not named are off."""
    session.press("COMBI")
    data = bytearray(session.sram[COMBIS : COMBIS + COMBI_SIZE])
    data[10] = kind
    rows = [*timbres, *[timbre(off=True)] * (8 - len(timbres))]
    data[36:] = b"".join(rows)
    dump(session, 0x49, bytes(data))


def kit(session: Session, *entries: tuple[int, int, int, int, int, int]) -> None:
    """Drum kit 0 by a GLOBAL dump: sound, key, pan, tune, level, decay of each entry."""
    data = bytearray(861)
    for at, entry in enumerate(entries):
        data[21 + 7 * at : 27 + 7 * at] = bytes(value & 0xFF for value in entry)
    dump(session, 0x51, bytes(data))

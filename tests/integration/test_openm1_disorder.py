"""OpenM1 in disorder: floods, bytes and programs without sense, lost bytes. It goes on and leaves nothing sounding."""

from __future__ import annotations

import random

import pytest
from openm1_sound import (
    PROG_SIZE,
    control,
    dump,
    keys,
    off,
    on,
    play,
    send,
    voices,
)

from korgm1.session import Session

MONO = 1
DOUBLE = 1


def test_a_flood_of_notes(m1: Session) -> None:
    """Ten seconds of notes as fast as MIDI carries them; keys and LCD still answer, and nothing is left behind."""
    play(m1, {10: DOUBLE})
    data = bytearray()
    for n in range(10 * 3125 // 6 + 1):
        key = 36 + n * 7 % 61
        data += bytes([0x90, key, 1 + n % 127, 0x80, 36 + (n * 7 + 30) % 61, 64])
    m1.midi_in(bytes(data))
    m1.run(5.0)
    assert len(voices(m1)) == 16
    m1.press("GLOBAL", 0.3)
    assert m1.lcd[0].startswith("GLOBAL 0-1")
    m1.press("PROG", 0.3)
    m1.run(5.0)
    assert (m1.stopped, m1.frozen) == (None, None)
    control(m1, 123)
    m1.run(4.0)
    assert voices(m1) == []
    assert not any(m1.machine.tg.voice(number).key for number in range(16))


@pytest.mark.parametrize("seed", range(4))
def test_bytes_without_sense(m1: Session, seed: int) -> None:
    rng = random.Random(f"notes {seed}")
    channels = (0x80, 0x90, 0x90, 0xA0, 0xB0, 0xC0, 0xD0, 0xE0)
    data = bytes(
        rng.choice(channels) if rng.random() < 0.2 else rng.randrange(0x80) if rng.random() < 0.9
        else rng.choice((0xF1, 0xF2, 0xF3, 0xF6, 0xF7, 0xF8, 0xFA, 0xFF)) for _ in range(6000)
    )
    m1.midi_in(data)
    m1.run(4.0)
    assert (m1.stopped, m1.frozen) == (None, None)
    assert not [place for place in m1.machine.unmapped.by_place if place[0] in ("rom write", "mem write")]
    control(m1, 123)
    m1.run(0.1)
    assert keys(m1) == []
    send(m1, 0xC0, 7)
    assert m1.lcd[0].startswith("Prog I07")


@pytest.mark.parametrize("seed", range(3))
def test_programs_of_random_bytes_play_and_end(m1: Session, seed: int) -> None:
    """No value of a stored program leads the CPU or a voice astray."""
    rng = random.Random(f"program {seed}")
    for _ in range(6):
        dump(m1, 0x40, rng.randbytes(PROG_SIZE))
        bend, after, up, down = (rng.randrange(128) for _ in range(4))
        send(m1, 0xE0, 0, bend, 0xD0, after, 0xB0, 1, up, 2, down)
        on(m1, *(rng.randrange(128) for _ in range(6)))
        control(m1, 120)
        assert voices(m1) == []
    assert (m1.stopped, m1.frozen) == (None, None)
    assert not [place for place in m1.machine.unmapped.by_place if place[0] in ("rom write", "mem write")]


@pytest.mark.parametrize("seed", range(6))
def test_whatever_happened_keys_that_are_up_leave_nothing(m1: Session, seed: int) -> None:
    """Notes, damper, selections, modes, other programs in the edit buffer, MONO and POLY, DOUBLE with a late OSC2."""
    rng = random.Random(f"keys {seed}")
    down: set[int] = set()
    for _ in range(120):
        what, seconds = rng.random(), rng.choice((0, 0, 0.005, 0.1))
        if what < 0.12:
            oscillators = {10: rng.choice((0, DOUBLE)), 12: rng.choice((5, 60, 100)), 18: rng.choice((0, 3, 20, 60))}
            play(m1, oscillators | {11: rng.choice((0, MONO)), 98: rng.choice((0, 30))})
        elif what < 0.16:
            send(m1, 0xC0, rng.randrange(100), seconds=seconds)
        elif what < 0.18:
            m1.press(rng.choice(("COMBI", "PROG", "GLOBAL")))
        elif what < 0.26:
            send(m1, 0xB0, 64, rng.choice((0, 127)), seconds=seconds)
        elif what < 0.6 or not down:
            down.add(key := rng.randrange(30, 90))
            send(m1, 0x90, key, rng.randrange(1, 128), seconds=seconds)
        else:
            down.remove(key := rng.choice(sorted(down)))
            send(m1, 0x80, key, 64, seconds=seconds)
    control(m1, 64, 0)
    off(m1, *rng.sample(sorted(down), len(down)))
    m1.run(0.1)
    assert keys(m1) == []
    m1.run(5.0)
    assert voices(m1) == []
    assert not any(m1.machine.tg.voice(number).key for number in range(16))


def test_lost_bytes_release_every_note(m1: Session) -> None:
    """A dump goes out for five seconds; the receive ring holds 1.3 s, so the end of this note is lost."""
    play(m1)
    on(m1, 60)
    request, filler, end = (bytes.fromhex(text) for text in ("F0 42 30 19 1C 00 F7", "B0 03 00", "80 3C 40"))
    m1.midi_in(request + filler * 1500 + end)
    m1.run(5.0)
    assert keys(m1) == [60]
    m1.run(3.0)
    assert keys(m1) == []


def test_notes_that_are_too_late_are_not_begun(m1: Session) -> None:
    """Those with more than 1 KB waiting behind them; keys that come up count all the same."""
    play(m1)
    on(m1, 60)
    request, filler = bytes.fromhex("F0 42 30 19 1C 00 F7"), bytes.fromhex("B0 03 00")
    m1.midi_in(request + bytes.fromhex("90 3E 64 80 3C 40") + filler * 400 + bytes.fromhex("90 40 64"))
    m1.run(8.0)
    assert keys(m1) == [64]

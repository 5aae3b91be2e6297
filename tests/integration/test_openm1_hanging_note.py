"""OpenM1 hangs while a note is held: what sounds goes on sounding, as owners tell."""

from __future__ import annotations

import numpy as np
import pytest

from korgm1.session import Session

DIVIDE_BY_0, DI_HALT_AGAIN = bytes.fromhex("B0 00 B4 01 F6 F0"), bytes.fromhex("FA F4 EB FD")
CODE_AT, TICK_VECTOR = 0xCC00, 0x20 * 4


def held_note(booted: bytes, engine: str) -> Session:
    """A booted instrument with a key down, and somebody listening."""
    session = Session(engine=engine)
    session.restore(booted)
    session.listen(True)
    session.note_on(24, 100)
    session.run(1.0)
    assert np.abs(session.heard()[-3000:]).max() > 100
    return session


def loudness(session: Session, seconds: float) -> list[int]:
    """The largest word of each tenth of a second from now on."""
    session.heard()
    session.run(seconds)
    frames = np.abs(session.heard()[: round(seconds * 31_250)].max(axis=1))
    return [int(part.max()) for part in np.array_split(frames, round(seconds * 10))]


@pytest.mark.parametrize("engine", ["unicorn", "v30"])
@pytest.mark.parametrize("code", [DIVIDE_BY_0, DI_HALT_AGAIN], ids=["error", "halt"])
def test_the_last_note_sounds_on(booted: bytes, engine: str, code: bytes) -> None:
    """The key comes up and nobody hears of it; ten seconds later the note is there."""
    session = held_note(booted, engine)
    for address, byte in enumerate(code, CODE_AT):
        session.machine.memory.write(address, byte)
    for address, byte in enumerate(CODE_AT.to_bytes(2, "little") + bytes(2), TICK_VECTOR):
        session.machine.memory.write(address, byte)
    session.run(0.1)
    assert not session.machine.engine.registers()["psw"] & 0x0200, "interrupts are off for good"
    session.note_off(24)
    session.log_sound(True)
    session.run(9.0)
    assert min(loudness(session, 1.0)) > 100 and len(session.sound_writes()) == 0


def test_while_the_firmware_runs_it_ends(booted: bytes) -> None:
    session = held_note(booted, "unicorn")
    session.note_off(24)
    session.run(9.0)
    assert max(loudness(session, 1.0)) == 0


def test_a_dip_that_freezes_the_cpu_leaves_the_note() -> None:
    session = Session(hypotheses={"H-SUPERVISOR": "none"})
    session.boot()
    session.listen(True)
    session.note_on(24, 100)
    session.run(0.5)
    assert session.dip(0.0265) == "freeze" and session.frozen is not None
    session.note_off(24)
    assert min(loudness(session, 3.0)) > 100

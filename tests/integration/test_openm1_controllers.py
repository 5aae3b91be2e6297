"""OpenM1's controllers: what MIDI and the panel do to the parts, and what the panel sends."""

from __future__ import annotations

import pytest
from openm1_sound import DOWN, control, keys, off, on, part, play, send, voices

from korgm1.session import Session

MASTER_TUNE = 0x1040


def moved(session: Session, name: str, value: int) -> bytes:
    """A control of the panel is moved; what is sent, without active sensing."""
    before = len(session.midi_out)
    session.move(name, value)
    session.run(0.05)
    return bytes(byte for byte in session.midi_out[before:] if byte != 0xFE)


def tune(session: Session) -> int:
    """Master tune in cents."""
    value = session.sram[MASTER_TUNE]
    return value - 256 if value > 127 else value


def choose(session: Session, high: int, low: int) -> None:
    """A registered parameter."""
    control(session, 101, high)
    control(session, 100, low)


@pytest.mark.parametrize(("low", "high", "bend"), [(0, 0x40, 0), (0, 0, -8192), (0x7F, 0x7F, 8191), (1, 0x40, 1)])
def test_pitch_bend(m1: Session, low: int, high: int, bend: int) -> None:
    send(m1, 0xE0, low, high)
    assert part(m1).bend == bend
    send(m1, 0xE1, 0, 0x20)
    assert part(m1).bend == bend, "another channel"


def test_control_changes_and_aftertouch(m1: Session) -> None:
    assert (part(m1).mod1, part(m1).mod2, part(m1).volume, part(m1).after, part(m1).damper) == (0, 0, 127, 0, 0)
    for number, value in ((1, 10), (2, 20), (7, 30), (64, 127), (3, 99), (91, 99)):
        control(m1, number, value)
    send(m1, 0xD0, 40)
    send(m1, 0xA0, 60, 99)
    assert (part(m1).mod1, part(m1).mod2, part(m1).volume, part(m1).after, part(m1).damper) == (10, 20, 30, 40, 1)


def test_controllers_outlive_a_selection(m1: Session) -> None:
    control(m1, 1, 77)
    send(m1, 0xC0, 5)
    m1.press("COMBI")
    m1.press("PROG")
    assert part(m1).mod1 == 77


def test_reset_of_controllers_leaves_the_volume(m1: Session) -> None:
    for number in (1, 2, 7, 64):
        control(m1, number, 100)
    send(m1, 0xD0, 40, 0xE0, 0, 0)
    play(m1)
    on(m1, 60)
    off(m1, 60)
    control(m1, 121)
    found = part(m1)
    assert (found.bend, found.mod1, found.mod2, found.volume, found.after, found.damper) == (0, 0, 0, 100, 0, 0)
    assert keys(m1) == [], "the damper came up with it"


@pytest.mark.parametrize("number", [123, 124, 125, 126, 127])
def test_all_notes_off_is_for_one_channel(m1: Session, number: int) -> None:
    play(m1)
    on(m1, 60, 64)
    control(m1, number, 0, 4)
    assert keys(m1, DOWN) == [60, 64]
    control(m1, number)
    assert keys(m1) == []


@pytest.mark.parametrize(("high", "low", "cents"), [(0x40, 0, 0), (0, 0, -50), (0x7F, 0x7F, 50), (0x50, 0, 25),
                                                    (0x30, 0, -25), (0x40, 0x52, 1), (0x40, 0x51, 1), (0x40, 0x28, 0)])
def test_fine_tuning_is_master_tune(m1: Session, high: int, low: int, cents: int) -> None:
    choose(m1, 0, 1)
    control(m1, 6, high)
    control(m1, 38, low)
    assert tune(m1) == cents


def test_steps_of_master_tune_and_their_ends(m1: Session) -> None:
    choose(m1, 0, 1)
    control(m1, 96)
    control(m1, 96)
    control(m1, 97)
    assert tune(m1) == 1
    control(m1, 6, 0x7F)
    control(m1, 96)
    assert tune(m1) == 50
    assert m1.sram[0x1014:0x1016] == b"\0\0"
    again = Session(sram=m1.sram)
    again.boot()
    assert not [row for row in again.timeline if "RAM Error" in row.lcd[1]], "stored with its sums"


@pytest.mark.parametrize("parameter", [(0, 0), (0, 2), (1, 1), (0x7F, 0x7F)])
def test_other_parameters_change_nothing(m1: Session, parameter: tuple[int, int]) -> None:
    before = m1.sram[0x1000:0xC800]
    control(m1, 6, 0x10)
    choose(m1, *parameter)
    control(m1, 6, 0x10)
    choose(m1, 0, 1)
    control(m1, 98, 1)
    control(m1, 6, 0x10)
    choose(m1, 0, 1)
    control(m1, 6, 0x10, channel=5)
    assert m1.sram[0x1000:0xC800] == before


def test_the_joystick_bends_and_rests(m1: Session) -> None:
    assert m1.midi_out.strip(b"\xfe") == b""
    assert moved(m1, "joystick_x", 134) == b"", "the rest zone"
    assert moved(m1, "joystick_x", 122) == b""
    assert moved(m1, "joystick_x", 255) == bytes.fromhex("E0 7F 7F")
    assert part(m1).bend == 8191
    assert moved(m1, "joystick_x", 0) == bytes.fromhex("E0 00 00")
    assert part(m1).bend == -8192
    assert moved(m1, "joystick_x", 128) == bytes.fromhex("E0 00 40")
    assert part(m1).bend == 0


def test_the_joystick_bends_evenly(m1: Session) -> None:
    bends = []
    for code in range(0, 256, 15):
        moved(m1, "joystick_x", code)
        bends.append(part(m1).bend)
    assert bends == sorted(bends)
    assert all(abs(bend - max(-8192, min(8191, (code - 128) * 64))) < 500
               for code, bend in zip(range(0, 256, 15), bends, strict=True))


def test_the_joystick_moves_two_modulations(m1: Session) -> None:
    assert moved(m1, "joystick_y", 255) == bytes.fromhex("B0 01 7F")
    assert (part(m1).mod1, part(m1).mod2) == (127, 0)
    assert moved(m1, "joystick_y", 0) == bytes.fromhex("B0 01 00 B0 02 7F")
    assert (part(m1).mod1, part(m1).mod2) == (0, 127)
    assert moved(m1, "joystick_y", 128) == bytes.fromhex("B0 02 00")
    assert (part(m1).mod1, part(m1).mod2) == (0, 0)


def test_aftertouch_of_the_keyboard(m1: Session) -> None:
    assert moved(m1, "aftertouch", 200) == bytes.fromhex("D0 64")
    assert part(m1).after == 100
    assert moved(m1, "aftertouch", 201) == b""
    assert moved(m1, "aftertouch", 0) == bytes.fromhex("D0 00")


def test_pedals_are_damper_and_volume(m1: Session) -> None:
    play(m1)
    assert moved(m1, "pedal1", 255) == bytes.fromhex("B0 40 7F")
    on(m1, 60)
    off(m1, 60)
    assert keys(m1) == [60]
    assert moved(m1, "pedal1", 0) == bytes.fromhex("B0 40 00")
    assert keys(m1) == []
    assert moved(m1, "pedal2", 100) == bytes.fromhex("B0 07 32")
    assert part(m1).volume == 50


def test_controls_that_stand_somewhere_at_power_on_do_nothing() -> None:
    session = Session()
    for name, value in (("joystick_x", 0), ("joystick_y", 255), ("aftertouch", 255), ("pedal1", 255), ("pedal2", 7)):
        session.machine.panel.move(name, value)
    session.boot()
    session.run(0.2)
    found = part(session)
    assert (found.bend, found.mod1, found.after, found.damper, found.volume) == (0, 0, 0, 0, 127)
    assert session.midi_out.strip(b"\xfe") == b""
    assert moved(session, "pedal2", 0) == bytes.fromhex("B0 07 00")
    assert moved(session, "joystick_x", 128) == b"", "it has come to where the parts took it to be"


@pytest.mark.parametrize("model", ["m1r", "m1"])
def test_without_keyboard_and_joystick(model: str) -> None:
    session = Session(model, hypotheses={"H-SCAN": "none"})
    session.boot()
    session.run(0.2)
    assert part(session).bend == 0
    send(session, 0x90, 60, 100)
    assert len(voices(session)) == 1
    assert session.midi_out.strip(b"\xfe") == b""


def test_the_panel_acts_on_the_global_channel(m1: Session) -> None:
    for key in ("GLOBAL", "5", "UP", "UP"):
        m1.press(key)
    assert moved(m1, "joystick_x", 255) == bytes.fromhex("E2 7F 7F")
    assert part(m1).bend == 8191


def test_the_slider_still_selects_while_the_other_controls_move(m1: Session) -> None:
    moved(m1, "joystick_x", 200)
    m1.slide(64)
    m1.run(0.05)
    assert m1.lcd[0].startswith("Prog I50")

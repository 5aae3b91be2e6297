"""OpenM1's notes: which oscillators a key gets, and when they are let go."""

from __future__ import annotations

import pytest
from openm1_sound import (
    DOWN,
    HELD,
    PROG_SIZE,
    RELEASED,
    control,
    keys,
    off,
    on,
    pitch,
    play,
    send,
    voices,
)

from korgm1.session import Session
from korgm1.waves.bank import open_bank

MONO, HOLD = 1, 2
DOUBLE = 1


def test_a_note_takes_an_oscillator_and_gives_it_back(m1: Session) -> None:
    play(m1)
    on(m1, 60)
    voice, = voices(m1)
    assert (voice.state, voice.part, voice.key, voice.osc) == (DOWN, 0, 60, 0)
    assert voice.block == voice.program + 63
    assert m1.machine.tg.voice(voice.number).key
    off(m1, 60)
    assert keys(m1, RELEASED) == [60]
    m1.run(2.0)
    assert voices(m1) == []
    assert not any(m1.machine.tg.voice(number).key for number in range(16))


def test_velocity_0_and_running_status(m1: Session) -> None:
    play(m1)
    send(m1, 0x90, 60, 100, 64, 90, 67, 80)
    assert keys(m1) == [60, 64, 67]
    send(m1, 0x90, 60, 0, 64, 0)
    assert keys(m1) == [67]


def test_another_channel_plays_nothing(m1: Session) -> None:
    on(m1, 60, channel=3)
    assert voices(m1) == []


def test_the_keyboard_plays_and_is_sent(m1: Session) -> None:
    play(m1)
    before = len(m1.midi_out)
    m1.note_on(24, 90)
    m1.run(0.02)
    assert keys(m1) == [60]
    m1.note_off(24)
    m1.run(0.02)
    assert keys(m1) == []
    assert bytes(byte for byte in m1.midi_out[before:] if byte != 0xFE) == bytes.fromhex("90 3C 5A 90 3C 00")


def test_the_keyboard_is_transposed_and_midi_in_is_not(m1: Session) -> None:
    for key in ("GLOBAL", "E", "UP", "UP"):
        m1.press(key)
    m1.note_on(24, 90)
    m1.run(0.02)
    on(m1, 40)
    assert keys(m1) == [40, 62]
    for key in ("DOWN", "DOWN"):
        m1.press(key)
    m1.note_off(24)
    m1.run(0.02)
    assert keys(m1) == [40]


def test_local_control_off_sends_and_does_not_play(m1: Session) -> None:
    play(m1)
    m1.note_on(0, 90)
    m1.run(0.02)
    control(m1, 122, 0)
    m1.note_on(24, 90)
    m1.run(0.02)
    assert keys(m1) == [36]
    assert m1.midi_out.rstrip(b"\xfe").endswith(bytes.fromhex("90 3C 5A"))
    m1.note_off(0)
    m1.run(0.02)
    assert keys(m1) == [], "what it had begun ends"
    control(m1, 122, 127)
    m1.note_on(24, 90)
    m1.run(0.02)
    assert keys(m1) == [60]


def test_sixteen_notes_then_the_oldest_goes(m1: Session) -> None:
    play(m1)
    on(m1, *range(40, 56))
    assert len({voice.number for voice in voices(m1)}) == 16
    on(m1, 70)
    assert keys(m1) == [*range(41, 56), 70]
    on(m1, 71)
    assert keys(m1) == [*range(42, 56), 70, 71]


def test_a_released_voice_goes_before_one_that_is_held(m1: Session) -> None:
    play(m1, {98: 99})
    on(m1, *range(40, 56))
    off(m1, 50)
    assert keys(m1, RELEASED) == [50]
    on(m1, 70)
    assert keys(m1) == [*range(40, 50), *range(51, 56), 70]


def test_of_released_voices_the_quietest_goes_first(m1: Session) -> None:
    play(m1, {98: 99, 89: 99})
    on(m1, *range(40, 46), velocity=127)
    on(m1, 46, velocity=20)
    on(m1, *range(47, 56), velocity=127)
    off(m1, 41, 46, 51)
    released = {voice.key: voice.amplitude for voice in voices(m1) if voice.state == RELEASED}
    assert min(released, key=lambda key: released[key]) == 46
    on(m1, 70)
    assert keys(m1, RELEASED) == [41, 51]


def test_a_voice_the_damper_holds_goes_before_one_whose_key_is_down(m1: Session) -> None:
    play(m1)
    on(m1, *range(40, 56))
    control(m1, 64, 127)
    off(m1, 48, 45)
    assert keys(m1, HELD) == [45, 48]
    on(m1, 70)
    assert keys(m1, HELD) == [48]
    assert keys(m1, DOWN) == [*range(40, 45), 46, 47, *range(49, 56), 70]


def test_the_damper_keeps_notes_and_lets_them_go(m1: Session) -> None:
    play(m1)
    control(m1, 64, 64)
    on(m1, 60, 64)
    off(m1, 60)
    assert (keys(m1, HELD), keys(m1, DOWN)) == ([60], [64])
    control(m1, 64, 63)
    assert (keys(m1, HELD), keys(m1, DOWN)) == ([], [64])


def test_a_key_struck_again_lets_its_first_voice_go(m1: Session) -> None:
    play(m1, {98: 99})
    control(m1, 64, 127)
    for _ in range(3):
        on(m1, 60)
        off(m1, 60)
    assert keys(m1, HELD) == [60]
    assert keys(m1, RELEASED) == [60, 60]


def test_hold_keeps_a_note_until_all_are_ended(m1: Session) -> None:
    play(m1, {11: HOLD})
    on(m1, 60)
    off(m1, 60)
    control(m1, 64, 127)
    control(m1, 64, 0)
    assert keys(m1, HELD) == [60]
    control(m1, 123)
    assert keys(m1) == []


def test_all_sound_off_is_silent_at_once(m1: Session) -> None:
    play(m1, {98: 99})
    on(m1, 60, 64)
    off(m1, 64)
    control(m1, 120)
    assert voices(m1) == []


def test_double_takes_two_with_interval_octave_and_detune(m1: Session) -> None:
    play(m1, {10: DOUBLE, 15: 1, 16: -5, 17: 25})
    on(m1, 60)
    assert [(voice.osc, voice.block - voice.program) for voice in voices(m1)] == [(0, 63), (1, 103)]
    zone = open_bank().multisounds[5].zone(67)
    assert pitch(m1) == pytest.approx(67.25 - zone.root / 100_000, abs=0.0001)
    on(m1, *range(61, 68))
    assert len(voices(m1)) == 16
    off(m1, *range(60, 68))
    assert keys(m1) == []


@pytest.mark.parametrize("delay", [0, 1, 20, 99])
def test_oscillator_2_starts_late(m1: Session, delay: int) -> None:
    play(m1, {10: DOUBLE, 18: delay})
    start = m1.clock
    on(m1, 60)
    second = next(voice.number for voice in voices(m1) if voice.osc)
    while not m1.machine.tg.voice(second).key and m1.clock < start + 8_000_000 * 5:
        m1.run(0.002)
    assert (m1.clock - start) / 8e6 == pytest.approx(0.04 * delay, abs=0.03)


def test_a_key_let_go_before_oscillator_2_starts_takes_it_back(m1: Session) -> None:
    play(m1, {10: DOUBLE, 18: 50})
    on(m1, 60)
    off(m1, 60)
    m1.run(3.0)
    assert voices(m1) == []


def test_the_damper_keeps_an_oscillator_that_waits(m1: Session) -> None:
    play(m1, {10: DOUBLE, 18: 20})
    control(m1, 64, 127)
    on(m1, 60)
    off(m1, 60)
    m1.run(1.5)
    assert [(voice.osc, voice.state) for voice in voices(m1)] == [(0, HELD), (1, HELD)]
    control(m1, 64, 0)
    assert keys(m1) == []


def test_a_damper_that_comes_up_takes_back_an_oscillator_that_waits(m1: Session) -> None:
    """Its key was up before: nothing of it is heard later."""
    play(m1, {10: DOUBLE, 18: 20})
    control(m1, 64, 127)
    on(m1, 60)
    off(m1, 60)
    control(m1, 64, 0)
    assert keys(m1) == []
    m1.log_sound(True)
    m1.run(1.5)
    assert voices(m1) == []
    writes = m1.sound_writes()
    assert not (writes["value"][(writes["port"] >= 0x1000) & (writes["port"] % 0x20 == 0)] & 1).any()


def test_mono_goes_back_to_the_key_still_held(m1: Session) -> None:
    play(m1, {11: MONO})
    sounding = []
    for act, key in ((on, 60), (on, 64), (on, 67), (off, 64), (off, 67), (on, 72), (off, 72), (off, 60)):
        act(m1, key)
        assert len(voices(m1)) <= 1, "one oscillator is enough"
        sounding.append(keys(m1))
    assert sounding == [[60], [64], [67], [67], [60], [72], [60], []]


def test_mono_remembers_nine_keys_and_more_do_no_harm(m1: Session) -> None:
    play(m1, {11: MONO})
    on(m1, *range(40, 60))
    for key in range(59, 51, -1):
        off(m1, key)
    assert keys(m1) == [51]
    off(m1, *range(40, 52))
    assert keys(m1) == []


def test_mono_chosen_while_a_key_is_down_leaves_nothing_behind(m1: Session) -> None:
    play(m1)
    on(m1, 60)
    play(m1, {11: MONO})
    off(m1, 60)
    assert keys(m1) == []


def test_a_mono_key_that_comes_up_in_poly_is_forgotten(m1: Session) -> None:
    """Else it would come back, for ever, when the next MONO key comes up."""
    play(m1, {11: MONO})
    on(m1, 60)
    play(m1)
    off(m1, 60)
    play(m1, {11: MONO})
    on(m1, 64)
    off(m1, 64)
    assert keys(m1) == []


def test_a_mono_key_without_a_sound_leaves_nothing_behind(m1: Session) -> None:
    play(m1, {11: MONO})
    on(m1, 60)
    play(m1, {11: MONO, 12: 100})
    on(m1, 64)
    off(m1, 60, 64)
    assert keys(m1) == []


def test_a_selection_releases_what_sounds_and_leaves_it_its_program(m1: Session) -> None:
    play(m1, {98: 70})
    on(m1, 60)
    old, = voices(m1)
    before = m1.sram[old.program : old.program + PROG_SIZE]
    send(m1, 0xC0, 1)
    now, = voices(m1)
    assert now.state == RELEASED
    assert now.program != old.program
    assert now.block - now.program == 63
    assert m1.sram[now.program : now.program + PROG_SIZE] == before
    on(m1, 64)
    send(m1, 0xC0, 2)
    assert keys(m1) == []
    assert keys(m1, RELEASED) == [64], "two selections ago is over"


def test_an_edit_buffer_dump_goes_on_sounding(m1: Session) -> None:
    play(m1)
    on(m1, 60)
    play(m1, {86: 50})
    assert keys(m1) == [60]


def test_stored_data_are_not_touched_by_playing(m1: Session) -> None:
    before = m1.sram[0x1000:0xC800]
    on(m1, 60, 64, 67)
    for number in (1, 2, 7, 64):
        control(m1, number, 100)
    send(m1, 0xE0, 0, 0x20, 0xD0, 0x50)
    off(m1, 60, 64)
    assert m1.sram[0x1000:0xC800] == before


def test_the_end_of_active_sensing_ends_notes(m1: Session) -> None:
    play(m1)
    send(m1, 0xFE, 0x90, 60, 100)
    m1.run(0.2)
    assert keys(m1) == [60]
    m1.run(0.3)
    assert keys(m1) == []


def test_the_end_of_active_sensing_lets_the_dampers_up(m1: Session) -> None:
    """Else every note of the next sender would be held."""
    play(m1)
    send(m1, 0xFE, 0xB0, 64, 127)
    m1.run(0.5)
    on(m1, 60)
    off(m1, 60)
    assert keys(m1) == []


def test_notes_and_voices_while_a_dump_goes_out(m1: Session) -> None:
    """Notes wait in the receive ring; what sounds goes on: its envelope is looked at all the while."""
    play(m1, {98: 40})
    on(m1, 60)
    off(m1, 60)
    assert keys(m1, RELEASED) == [60]
    m1.midi_in(bytes.fromhex("F0 42 30 19 1C 00 F7 90 40 64"))
    m1.run(4.0)
    assert voices(m1) == [], "the release ended under way"
    m1.run(3.0)
    assert keys(m1) == [64]

"""OpenM1: which words of the wave ROM a key plays and at which pitch: multisounds, octaves, drums."""

from __future__ import annotations

import pytest
from openm1_sound import (
    control,
    keys,
    kit,
    on,
    pitch,
    play,
    voices,
)

from korgm1.session import Session
from korgm1.waves.bank import open_bank

DRUMS = 2


@pytest.mark.parametrize(("octave", "shift"), [(-1, -12), (0, 0), (1, 12), (5, 12), (-100, -12)])
def test_octaves_and_pitch_above_the_zones_root(m1: Session, octave: int, shift: int) -> None:
    play(m1, {12: 99, 13: octave})
    on(m1, 64)
    zone = open_bank().multisounds[99].zone(64 + shift)
    assert pitch(m1) == pytest.approx(64 + shift - zone.root / 100_000, abs=2 / 65536)


@pytest.mark.parametrize(("key", "octave"), [(0, -1), (127, 1), (0, 0), (127, 0)])
def test_the_ends_of_the_keyboard(m1: Session, key: int, octave: int) -> None:
    play(m1, {12: 0, 13: octave})
    on(m1, key)
    assert keys(m1) == [key]
    zone = open_bank().multisounds[0].zone(min(max(key + 12 * octave, 0), 127))
    assert m1.machine.tg.voice(voices(m1)[0].number).start == zone.start


def test_every_multisound_plays_its_own_words(m1: Session) -> None:
    bank = open_bank()
    for number in (0, 24, 43, 50, 77, 99):
        play(m1, {12: number})
        on(m1, 55)
        voice = voices(m1)[-1]
        zone = bank.multisounds[number].zone(55)
        tg = m1.machine.tg.voice(voice.number)
        assert (tg.start, tg.end) == (zone.start, zone.loop_end)
        control(m1, 120)


def test_multisounds_that_do_not_follow_the_keyboard(m1: Session) -> None:
    pitches = []
    for key in (40, 60, 80):
        play(m1, {12: 24})
        on(m1, key)
        pitches.append(pitch(m1))
    assert pitches == [0.0, 0.0, 0.0]


@pytest.mark.parametrize("number", [100, 150, 255])
def test_a_multisound_of_a_card_is_silent(m1: Session, number: int) -> None:
    play(m1, {12: number})
    on(m1, 60)
    assert voices(m1) == []


def test_drums_play_from_their_key_up_to_the_next(m1: Session) -> None:
    kit(m1, (1, 40, 0, 0, 0, 0), (4, 36, 13, 0, 0, 0), (44, 50, 5, 0, 0, 0), (0, 45, 5, 0, 0, 0))
    play(m1, {10: DRUMS, 12: 0, 13: 0})
    drums = open_bank().drums
    for key, number in {35: None, 36: 4, 39: 4, 40: 1, 47: 1, 50: 44, 60: 44}.items():
        on(m1, key)
        starts = [m1.machine.tg.voice(voice.number).start for voice in voices(m1)]
        assert starts == ([] if number is None else [drums[number - 1].zones[0].start]), key
        control(m1, 120)


def test_drums_at_16_feet_lie_where_the_keyboard_is(m1: Session) -> None:
    kit(m1, (1, 24, 5, 0, 0, 0), (2, 84, 5, 0, 0, 0))
    play(m1, {10: DRUMS, 12: 0, 13: -1})
    for key, number in ((0, 1), (60, 2)):
        m1.note_on(key, 100)
        m1.run(0.02)
        assert m1.machine.tg.voice(voices(m1)[-1].number).start == open_bank().drums[number - 1].zones[0].start
        control(m1, 120)


@pytest.mark.parametrize(("tune", "key", "semitones"), [(0, 40, 0), (-38, 40, -3.8), (120, 40, 12), (-128, 40, -12),
                                                        (0, 43, 3), (-16, 43, 1.4)])
def test_drums_tune_and_keys_above(m1: Session, tune: int, key: int, semitones: float) -> None:
    kit(m1, (9, 40, 5, tune, 0, 0))
    play(m1, {10: DRUMS, 12: 0, 13: 0})
    on(m1, key)
    root = open_bank().drums[8].zones[0].root / 100_000
    assert pitch(m1) == pytest.approx(60 + semitones - root, abs=0.0002)


def test_drums_have_their_own_pan_and_level(m1: Session) -> None:
    kit(m1, (1, 40, 3, 0, -99, 0), (1, 41, 200, 0, 0, 0), (1, 42, 9, 0, 99, 0))
    play(m1, {10: DRUMS, 12: 0, 13: 0})
    seen = []
    for key in (40, 41, 42):
        on(m1, key)
        m1.run(0.02)
        voice = m1.machine.tg.voice(voices(m1)[-1].number)
        seen.append((voice.pan, voice.level_target))
        control(m1, 120)
    assert [pan for pan, _ in seen] == [3, 13, 9]
    quiet, middle, loud = (level for _, level in seen)
    assert quiet < 0.02 * loud
    assert middle == pytest.approx(loud / 2, rel=0.05)


@pytest.mark.parametrize("entry", [(0, 60, 5, 0, 0, 0), (45, 60, 5, 0, 0, 0), (255, 60, 5, 0, 0, 0)])
def test_a_drum_that_is_not_there_is_silent(m1: Session, entry: tuple[int, int, int, int, int, int]) -> None:
    kit(m1, entry)
    play(m1, {10: DRUMS, 12: 0, 13: 0})
    on(m1, 60)
    play(m1, {10: DRUMS, 12: 4, 13: 0})
    on(m1, 60)
    assert voices(m1) == []

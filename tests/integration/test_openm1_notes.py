"""OpenM1's notes: which oscillators a key gets, when they are let go, and at what pitch they play."""

from __future__ import annotations

import random

import pytest
from openm1_sound import (
    DOWN,
    HELD,
    PROG_SIZE,
    RELEASED,
    control,
    dump,
    keys,
    kit,
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
DOUBLE, DRUMS = 1, 2


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

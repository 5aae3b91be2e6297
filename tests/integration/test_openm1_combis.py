"""OpenM1's combinations: timbres and their windows, channels, filters; effect blocks; all of the factory bank."""

from __future__ import annotations

import pytest
from openm1_sound import (
    COMBI_SIZE,
    COMBIS,
    HEAD,
    HELD,
    LAYER,
    MULTI,
    PROG_SIZE,
    PROGRAMS,
    RELEASED,
    SINGLE,
    SPLIT,
    SWITCH,
    combination,
    control,
    dump,
    keys,
    kit,
    off,
    on,
    part,
    pitch,
    play,
    program,
    send,
    timbre,
    voices,
)

from korgm1.session import Session
from korgm1.sysex import pack, unpack
from korgm1.waves.bank import open_bank


def struck(session: Session, key: int, velocity: int = 100, channel: int = 0) -> list[int]:
    """The parts a note plays in."""
    on(session, key, velocity=velocity, channel=channel)
    found = sorted(voice.part for voice in voices(session) if voice.key == key)
    control(session, 120, channel=channel)
    return found


def test_prog_has_one_part_of_the_edit_buffer(m1: Session) -> None:
    assert [part(m1, number).on for number in range(8)] == [True] + [False] * 7
    found = part(m1)
    assert (found.channel, found.keys, found.velocities, found.level) == (0, (0, 127), (0, 127), 99)
    play(m1, {10: 1})
    assert m1.sram[found.program + 10] == 1


@pytest.mark.parametrize(("kind", "parts"), [(SINGLE, [0]), (LAYER, [0, 1]), (SPLIT, [0, 1]), (SWITCH, [0, 1]),
                                             (MULTI, [0, 1, 2]), (5, [0]), (255, [0])])
def test_how_many_timbres_a_type_has(m1: Session, kind: int, parts: list[int]) -> None:
    combination(m1, kind, timbre(0), timbre(1), timbre(2))
    assert [number for number in range(8) if part(m1, number).on] == parts
    assert struck(m1, 60) == parts


def test_what_a_timbre_says(m1: Session) -> None:
    combination(m1, LAYER, timbre(7, 50, -12, -50, 9, (20, 90), (5, 120), 0x0A), timbre(99, 0, 100, -128))
    first, second = part(m1, 0), part(m1, 1)
    assert first.program == PROGRAMS + 7 * PROG_SIZE
    assert (first.level, first.transpose, first.detune, first.pan, first.flags) == (50, -12, -50, 9, 0x0A)
    assert (first.keys, first.velocities) == ((20, 90), (5, 120))
    assert second.program == PROGRAMS + 99 * PROG_SIZE
    assert (second.transpose, second.detune) == (12, -50), "held to what a timbre can have"


def test_a_split(m1: Session) -> None:
    combination(m1, SPLIT, timbre(0, keys=(0, 59)), timbre(1, keys=(60, 127)))
    assert [struck(m1, key) for key in (0, 59, 60, 127)] == [[0], [0], [1], [1]]


def test_a_velocity_switch(m1: Session) -> None:
    combination(m1, SWITCH, timbre(0, velocities=(1, 80)), timbre(1, velocities=(81, 127)))
    assert [struck(m1, 60, velocity) for velocity in (1, 80, 81, 127)] == [[0], [0], [1], [1]]


def test_overlapping_windows_and_windows_of_nothing(m1: Session) -> None:
    combination(m1, MULTI, timbre(0, keys=(40, 70)), timbre(1, keys=(60, 80)), timbre(2, keys=(80, 60)))
    assert [struck(m1, key) for key in (39, 50, 65, 75, 81)] == [[], [0], [0, 1], [1], []]


def test_multi_timbres_have_channels_and_others_the_global_one(m1: Session) -> None:
    rows = timbre(0, channel=0), timbre(1, channel=5), timbre(2, channel=5, off=True)
    combination(m1, MULTI, *rows)
    assert [struck(m1, 60, channel=channel) for channel in (0, 5, 7)] == [[0], [1], []]
    m1.note_on(24, 100)
    m1.run(0.02)
    assert [voice.part for voice in voices(m1)] == [0], "the keyboard plays the global channel"
    combination(m1, LAYER, *rows)
    assert [struck(m1, 61, channel=channel) for channel in (0, 5)] == [[0, 1], []]


def test_a_card_program_is_silent(m1: Session) -> None:
    combination(m1, LAYER, timbre(100), timbre(199))
    assert struck(m1, 60) == []


def test_transpose_detune_and_pan(m1: Session) -> None:
    combination(m1, SINGLE, timbre(0))
    on(m1, 60)
    combination(m1, SINGLE, timbre(0, transpose=1, detune=-30, pan=12))
    on(m1, 60)
    voice = next(voice for voice in voices(m1) if voice.state != RELEASED)
    assert pitch(m1) == pytest.approx(60.7 - open_bank().multisounds[0].zone(61).root / 100_000, abs=0.0001)
    assert voice.key == 60
    assert m1.machine.tg.voice(voice.number).pan == 12


def test_level(m1: Session) -> None:
    """In proportion (H-PARTS)."""
    levels = {}
    for level in (0, 50, 99):
        combination(m1, SINGLE, timbre(0, level=level))
        on(m1, 60)
        m1.run(0.03)
        voice = next(voice for voice in voices(m1) if voice.state != RELEASED)
        levels[level] = m1.machine.tg.voice(voice.number).level_target
        control(m1, 120)
    assert levels[0] == 0
    assert levels[50] == pytest.approx(levels[99] * 50 / 99, rel=0.002)


@pytest.mark.parametrize(("pan", "heard"), [(2, 2), (0x82, 7)])
def test_drums_have_the_timbres_pan_or_their_own(m1: Session, pan: int, heard: int) -> None:
    kit(m1, (1, 60, 7, 0, 0, 0))
    play(m1, {10: 2, 12: 0, 13: 0})
    send(m1, *bytes.fromhex("F0 42 30 19 11 00 03 F7"), seconds=0.1)
    combination(m1, SINGLE, timbre(3, pan=pan))
    on(m1, 60)
    assert m1.machine.tg.voice(voices(m1)[0].number).pan == heard


def test_filters_of_a_timbre(m1: Session) -> None:
    for channel in (0, 3):
        for number, value in ((1, 11), (2, 22), (7, 33), (64, 127)):
            control(m1, number, value, channel)
        send(m1, 0xD0 | channel, 44, 0xE0 | channel, 0, 0x50)
    rows = [timbre(0, flags=flags, channel=channel) for flags, channel in ((0xFF, 0), (0xF1, 0), (0x2, 3), (0xC, 3))]
    combination(m1, MULTI, *rows)
    seen = [part(m1, number) for number in range(4)]
    assert [(p.mod1, p.mod2, p.volume, p.damper, p.after) for p in seen] == [
        (11, 22, 33, 1, 44), (0, 0, 127, 0, 0), (0, 0, 127, 1, 0), (11, 22, 33, 0, 44),
    ]
    assert [p.bend for p in seen] == [0x800] * 4


def test_a_damper_the_timbre_does_not_take_holds_nothing(m1: Session) -> None:
    combination(m1, LAYER, timbre(0, flags=0xFD), timbre(1, flags=0xFF))
    control(m1, 64, 127)
    on(m1, 60)
    off(m1, 60)
    assert [voice.part for voice in voices(m1) if voice.state == HELD] == [1]


def test_program_change_of_a_timbre(m1: Session) -> None:
    combination(m1, MULTI, timbre(0, channel=0), timbre(1, channel=5), timbre(2, channel=5, flags=0xFE))
    before = m1.sram[0x1000:0xC800]
    on(m1, 60, channel=5)
    send(m1, 0xC5, 42)
    assert [part(m1, number).program for number in range(3)] == [PROGRAMS + n * PROG_SIZE for n in (0, 42, 2)]
    assert [(voice.part, voice.state == RELEASED) for voice in voices(m1)] == [(1, True), (2, False)]
    send(m1, 0xC5, 142)
    assert m1.lcd[0].startswith("Combi I00")
    assert m1.sram[0x1000:0xC800] == before, "only the edit buffer has it"
    send(m1, 0xC0, 9)
    assert m1.lcd[0].startswith("Combi I09"), "on the global channel it selects a combination"


def test_program_change_of_a_timbre_with_a_card_program(m1: Session) -> None:
    """It is silent, and still the timbre's."""
    combination(m1, MULTI, timbre(0, channel=0), timbre(100, channel=5), timbre(100, channel=5, off=True))
    assert struck(m1, 60, channel=5) == []
    send(m1, 0xC5, 7)
    assert struck(m1, 60, channel=5) == [1]


def test_sound_off_ends_the_tails_of_a_combination_that_was_left(m1: Session) -> None:
    """The second timbre's part is out of use by then."""
    play(m1, {98: 80})
    send(m1, *HEAD, 0x11, 0, 0, 0xF7)
    combination(m1, LAYER, timbre(0), timbre(0))
    on(m1, 60)
    m1.press("PROG")
    assert [(voice.part, voice.state) for voice in voices(m1)] == [(0, RELEASED), (1, RELEASED)]
    control(m1, 120)
    assert voices(m1) == []


def test_the_factory_multis_name_their_timbres_programs(preload: bytes) -> None:
    """What H-PARTS measured: a MULTI's program byte is the program's number, and 0 is a program."""
    data = unpack(preload[8:-1])
    programs = [data[13261 + PROG_SIZE * number :][:9].rstrip(b"\0 ") for number in range(100)]
    multis = {}
    for number in range(100):
        record = data[861 + COMBI_SIZE * number :][:COMBI_SIZE]
        rows = (record[36 + 11 * timbre :][:11] for timbre in range(8))
        if record[10] == MULTI:
            multis[record[:10].rstrip(b"\0 ")] = [row for row in rows if not row[10] & 0x10]
    bass, piano = ([programs[row[0]] for row in multis[name]] for name in (b"MultiBass", b"Piano(L+R)"))
    assert bass == [b"SynthBass", b"Fretless", b"Pick Bass", b"Slap Bass", b"SynthBass"]
    assert piano == 8 * [b"Piano 8'"]
    assert multis[b"ThePlanets"][0][:2] == bytes([0, 50])
    assert (len(multis), sum(map(len, multis.values()))) == (71, 568 - 304)


def test_parts_of_a_combination_stay_in_global(m1: Session) -> None:
    combination(m1, LAYER, timbre(0), timbre(1))
    m1.press("GLOBAL")
    assert struck(m1, 60) == [0, 1]
    m1.press("PROG")
    assert struck(m1, 60) == [0]


def test_another_global_channel_releases_and_moves_the_parts(m1: Session) -> None:
    play(m1)
    for key in ("GLOBAL", "5"):
        m1.press(key)
    on(m1, 60)
    m1.press("UP")
    assert keys(m1) == []
    assert struck(m1, 62, channel=1) == [0]


def test_a_stored_program_overwritten_while_it_sounds(m1: Session) -> None:
    combination(m1, LAYER, timbre(0), timbre(1))
    on(m1, 60)
    random_bytes = bytes(n * 37 % 256 for n in range(100 * PROG_SIZE))
    m1.midi_in(bytes.fromhex("F0 42 30 19 4C 00") + pack(random_bytes) + b"\xf7")
    m1.run(6.0)
    assert (m1.stopped, m1.frozen) == (None, None)
    off(m1, 60)
    assert keys(m1) == []


def test_another_allocation_while_notes_sound(m1: Session) -> None:
    combination(m1, LAYER, timbre(80), timbre(49))
    on(m1, 60)
    body = bytes(861 + 50 * (COMBI_SIZE + PROG_SIZE) + 1522)
    m1.midi_in(bytes.fromhex("F0 42 30 19 50 01 00 00") + pack(body) + b"\xf7")
    m1.run(8.0)
    assert (m1.stopped, m1.frozen) == (None, None)
    combination(m1, LAYER, timbre(80), timbre(49))
    programs = COMBIS + 50 * COMBI_SIZE
    assert [part(m1, number).program for number in (0, 1)] == [programs + 30 * PROG_SIZE, programs + 49 * PROG_SIZE]
    control(m1, 123)
    assert keys(m1) == []


def effect_writes(session: Session) -> list[tuple[int, int]]:
    """Writes to the MDE since the last look."""
    return [(int(port), int(value)) for _, port, value in session.sound_writes() if 0x500 <= port <= 0x503]


def test_the_effect_block_is_sent_when_it_is_another(m1: Session) -> None:
    m1.log_sound(True)
    block = bytes([4, 9, 20, 20, 30, 30, 10, 90, 0x1F, *range(1, 17)])
    changed = program(m1, dict(enumerate(block, 38)))
    dump(m1, 0x40, changed)
    sent = effect_writes(m1)
    assert sent[0] == (0x500, 0)
    assert sent[1:26] == [(0x502, byte) for byte in block]
    assert [port for port, _ in sent[26:]] == [0x501]
    dump(m1, 0x40, changed)
    on(m1, 60)
    send(m1, 0xC5, 1)
    assert effect_writes(m1) == []
    combination(m1, SINGLE, timbre(0))
    assert len(effect_writes(m1)) == 27, "COMBI has its own"
    m1.press("PROG")
    assert effect_writes(m1)[1:26] == [(0x502, byte) for byte in block]


def test_the_effects_are_there_from_power_on(m1: Session) -> None:
    stored = m1.sram[PROGRAMS + 38 : PROGRAMS + 63]
    session = Session(sram=m1.sram)
    session.power_on()
    session.log_sound(True)
    session.run(2.0)
    sent = effect_writes(session)
    assert bytes(value for port, value in sent if port == 0x502) == stored
    assert sent[-1][0] == 0x501


@pytest.mark.parametrize("combis", [False, True], ids=["programs", "combinations"])
def test_every_factory_sound_plays_and_ends(m1: Session, preload: bytes, combis: bool) -> None:
    """Three keys; as many voices as the sound's timbres, windows and oscillators ask for, and none that stays."""
    data = unpack(preload[8:-1])
    session = m1
    session.midi_in(preload)
    session.run(17.0)
    assert session.lcd[0].startswith("Prog I00 Universe")
    if combis:
        session.press("COMBI")
    for number in range(100):
        send(session, 0xC0, number)
        send(session, 0x90, 48, 100, 64, 100, 67, 80, seconds=0)
        seen = set()
        for _ in range(25):
            session.run(0.004)
            seen |= {(voice.part, voice.key, voice.osc) for voice in voices(session)}
        certain, possible = wanted(data, number, combis)
        assert certain <= seen <= possible, number
        send(session, 0x80, 48, 100, 64, 100, 67, 80, seconds=0.05)
        held = {voice.program for voice in voices(session) if voice.state == HELD}
        assert all(session.sram[address + 11] & 2 for address in held), number
        assert all(voice.state in (HELD, RELEASED) for voice in voices(session)), number
        control(session, 120)
        assert voices(session) == [], number
    assert (session.stopped, session.frozen) == (None, None)


def wanted(data: bytes, number: int, combis: bool) -> tuple[set[tuple[int, int, int]], set[tuple[int, int, int]]]:
    """Part, key and oscillator of each voice three keys take, and of those they may take.

    MONO may be seen with its last key only, and a drum kit need not have an entry for a key.
    """
    certain: set[tuple[int, int, int]] = set()
    possible: set[tuple[int, int, int]] = set()
    for key, velocity in ((48, 100), (64, 100), (67, 80)):
        for index, row in timbres(data, number, combis):
            top, bottom, hard, soft = row[5:9]
            record = data[13261 + PROG_SIZE * row[0] :][:PROG_SIZE]
            if bottom <= key <= top and soft <= velocity <= hard:
                taken = {(index, key, osc) for osc in range(2 if record[10] == 1 else 1)}
                possible |= taken
                if record[11] & 1:
                    certain = {voice for voice in certain if voice[0] != index}
                if record[10] != 2:
                    certain |= taken
    return certain, possible


def timbres(data: bytes, number: int, combis: bool) -> list[tuple[int, bytes]]:
    """Numbers and rows of the timbres that play on channel 1."""
    if not combis:
        return [(0, timbre(number))]
    record = data[861 + COMBI_SIZE * number :][:COMBI_SIZE]
    count = {0: 1, 1: 2, 2: 2, 3: 2, 4: 8}[record[10]]
    rows = [(n, record[36 + 11 * n : 47 + 11 * n]) for n in range(count)]
    other = 0x1F if record[10] == MULTI else 0x10
    return [(n, row) for n, row in rows if not row[10] & other]

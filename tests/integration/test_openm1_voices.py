"""OpenM1's voice engine: what a note becomes at the chips. Its laws are guesses; here it does what its tables say."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from openm1_sound import kit, talk
from sounding import (
    CLOCKS,
    CUTOFF,
    EG,
    FRAMES,
    INCREMENT,
    LEVEL,
    MG,
    OSC1,
    PITCH_EG,
    SINE,
    VDA,
    VDA_EG,
    VDF,
    VDF_EG,
    Chips,
    cents,
    load,
    rich_program,
    send,
    states,
    tg,
    values,
    vdf,
)

import openm1_tables as laws
from korgm1.hypotheses import all_hypotheses
from korgm1.session import Session

UPDATE = round(laws.UPDATE * CLOCKS)
PLAIN = {12: SINE}
"""A sine with Init Prog's square envelopes."""
CRASH = 15
"""A drum sound that is long enough."""
UNUSED = 0xFF00
"""ROM that is not used, in the segment of the code: BRK 3."""


def hertz(key: float) -> float:
    return 440.0 * 2 ** ((key - 69) / 12)


def heard(m1: Session, seconds: float) -> np.ndarray:
    m1.listen(True)
    m1.run(seconds)
    return m1.heard()


def level(m1: Session, changes: dict[int, int], velocity: int) -> int:
    """The LEVEL of a note, whichever voice it gets."""
    load(m1, PLAIN | changes)
    chips = Chips(m1)
    talk(m1, [0x90, 60, velocity], 0.1)
    writes = chips.writes()
    (found,) = [value for voice in range(16) for _, value in values(writes, tg(voice, LEVEL), 2)]
    talk(m1, [0xB0, 120, 0], 0.05)
    return found


@pytest.mark.parametrize("key", [36, 47, 60, 69, 84, 96])
def test_a_key_sounds_at_its_pitch(m1: Session, key: int) -> None:
    load(m1, PLAIN)
    talk(m1, [0x90, key, 100])
    assert abs(cents(heard(m1, 1.0)[:, 0], hertz(key))) < 0.1


@pytest.mark.parametrize(("bend", "semitones"), [(16383, 12 * 8191 / 8192), (0, -12), (8192 + 1000, 12 * 1000 / 8192)])
def test_the_joystick_bends(m1: Session, bend: int, semitones: float) -> None:
    load(m1, PLAIN | {32: 12})
    talk(m1, [0x90, 69, 100, 0xE0, bend & 0x7F, bend >> 7], 0.05)
    assert abs(cents(heard(m1, 1.0)[:, 0], hertz(69 + semitones))) < 0.1


def test_the_master_tune_moves_all_by_cents(m1: Session) -> None:
    m1.press("GLOBAL")
    for _ in range(3):
        m1.press("UP")
    m1.press("PROG")
    load(m1, PLAIN)
    talk(m1, [0x90, 69, 100], 0.1)
    assert abs(cents(heard(m1, 1.0)[:, 0], hertz(69.03))) < 0.1


def test_an_increment_is_right_to_a_tenth_of_a_cent(m1: Session) -> None:
    """Over the whole range of the bend, at the register itself."""
    load(m1, PLAIN | {32: 12})
    talk(m1, [0x90, 60, 100])
    zone = laws.open_bank().multisounds[SINE].zone(60)
    chips = Chips(m1)
    for bend in range(0, 16384, 977):
        talk(m1, [0xE0, bend & 0x7F, bend >> 7], 0.02)
        _, increment = values(chips.writes(), tg(0, INCREMENT), 3)[-1]
        wanted = 2 ** ((60 - zone.root / 100_000 + 12 * (bend - 8192) / 8192) / 12) * 2**20
        assert abs(1200 * np.log2(increment / wanted)) < 0.1, bend


def test_init_prog_is_the_first_multisound_at_one_level_until_the_key_comes_up(m1: Session) -> None:
    chips = Chips(m1)
    talk(m1, [0x90, 60, 100], 0.5)
    writes = chips.writes()
    zone = laws.open_bank().multisounds[0].zone(60)
    assert [value for _, value in values(writes, tg(0, 0x0A), 3)] == [zone.start]
    assert [value for _, value in values(writes, tg(0, 0x0E), 3)] == [zone.loop_start]
    assert [value for _, value in values(writes, tg(0, 0x12), 3)] == [zone.loop_end]
    (_, level), = values(writes, tg(0, LEVEL), 2)
    assert level == pytest.approx(65535 * zone.level / 256, rel=0.01)
    assert [value for _, value in values(writes, vdf(0, CUTOFF), 2)] == [laws.CUTOFF_OPEN]
    assert states(m1) == [1] + 15 * [0]


def test_an_attack_of_no_time_is_over_in_a_millisecond(m1: Session) -> None:
    load(m1, PLAIN)
    m1.listen(True)
    talk(m1, [0x90, 81, 100], 0.1)
    sound = np.abs(m1.heard()[:, 0])
    begin = int(np.argmax(sound > 0))
    period = int(FRAMES / hertz(81)) + 1
    assert sound[begin + 32 : begin + 32 + 2 * period].max() > 0.99 * sound.max() > 0


@pytest.mark.parametrize("time", [1, 10, 30])
def test_the_segments_of_the_amplifiers_eg_take_their_times(m1: Session, time: int) -> None:
    """Attack to 99, decay to 50, slope to 80, each in the same time; the level is the square of the EG."""
    eg = dict(zip(range(OSC1 + VDA_EG, OSC1 + VDA_EG + 7), (time, 99, time, 50, time, 80, time), strict=True))
    load(m1, PLAIN | eg)
    chips = Chips(m1)
    updates = laws.eg_updates(time)
    talk(m1, [0x90, 60, 100], 3 * updates * laws.UPDATE + 0.1)
    told = values(chips.writes(), tg(0, LEVEL), 2)
    top = max(value for _, value in told)
    at = [next(clock for clock, value in told if value == top)]
    low = min(value for clock, value in told if clock > at[0])
    at += [next(clock for clock, value in told if value == low and clock > at[0]), told[-1][0]]
    assert [round((b - a) / UPDATE) for a, b in pairwise(at)] == [updates, updates]
    assert abs(at[0] - told[0][0] - updates * UPDATE) <= 1.25 * UPDATE, "up to five ticks until the first update"
    assert low / top == pytest.approx((50 / 99) ** 2, abs=0.001)
    assert told[-1][1] / top == pytest.approx((80 / 99) ** 2, abs=0.001)


def test_a_release_takes_its_time_and_then_the_voice_is_free(m1: Session) -> None:
    time = 30
    load(m1, PLAIN | {OSC1 + VDA_EG + 6: time})
    talk(m1, [0x90, 60, 100], 0.1)
    chips = Chips(m1)
    talk(m1, [0x80, 60, 0], 0.003)
    assert states(m1)[0] == 3
    m1.run(laws.eg_updates(time) * laws.UPDATE + 0.05)
    writes = chips.writes()
    told = values(writes, tg(0, LEVEL), 2)
    ended = next(clock for clock, value in told if value == 0)
    assert round((ended - told[0][0]) / UPDATE) == laws.eg_updates(time) - 1
    assert all(a > b for (_, a), (_, b) in pairwise(told) if a)
    assert states(m1)[0] == 0 and (tg(0, 0), 0) in [(port, value) for _, port, value in writes]
    assert not heard(m1, 0.05).any()


def test_a_sound_without_a_loop_frees_its_voice_when_it_is_through(m1: Session) -> None:
    sounds = laws.open_bank().multisounds
    sound = next(sound for sound in sounds if sound.one_shot and sound.tracking)
    load(m1, {12: sound.number})
    zone = sound.zone(60)
    seconds = zone.words / FRAMES * 2 ** ((zone.root / 100_000 - 60) / 12)
    talk(m1, [0x90, 60, 100], seconds - 0.04)
    assert states(m1)[0] == 1
    m1.run(0.08)
    assert states(m1)[0] == 0


@pytest.mark.parametrize(("sense", "velocity", "part"), [
    (0, 1, 1.0), (99, 64, 64 / 127), (99, 32, 32 / 127), (50, 64, 1 - 50 / 99 * 63 / 127),
    (-99, 64, 63 / 127), (-99, 127, 0.0), (-50, 127, 49 / 99),
])
def test_velocity_moves_the_level(m1: Session, sense: int, velocity: int, part: float) -> None:
    """99 follows it, -99 its opposite, as a part of the level."""
    full = level(m1, {}, velocity)
    if part:
        assert level(m1, {OSC1 + VDA + 3: sense}, velocity) / full == pytest.approx(part, abs=0.001)
    else:
        load(m1, PLAIN | {OSC1 + VDA + 3: sense})
        talk(m1, [0x90, 60, velocity], 0.05)
        assert not heard(m1, 0.1).any()


def cutoffs(m1: Session, changes: dict[int, int], *keys: int) -> list[int]:
    """What the filter is told for each of the keys; it begins at 0."""
    load(m1, PLAIN | changes)
    chips = Chips(m1)
    told = []
    for key in keys:
        talk(m1, [0x90, key, 100], 0.1)
        talk(m1, [0xB0, 120, 0], 0.05)
        writes = chips.writes()
        told.append([0, *(value for voice in range(16) for _, value in values(writes, vdf(voice, CUTOFF), 2))][-1])
    return told


@pytest.mark.parametrize(("track", "a_key"), [(0, 256), (-50, 0), (-99, -256 * 0.98), (50, 512)])
def test_the_cutoff_follows_the_keyboard(m1: Session, track: int, a_key: float) -> None:
    """0 is 1:1 with the pitch, below the middle as above."""
    keys = (36, 47, 59, 60, 61, 72, 84)
    told = cutoffs(m1, {OSC1 + VDF: 50, OSC1 + VDF + 2: track}, *keys)
    assert told == pytest.approx([laws.cutoff_code(50) + a_key * (key - 60) for key in keys], abs=1)


@pytest.mark.parametrize(
    ("centre", "track", "key", "is_open"), [(0, 99, 127, True), (127, 99, 0, False), (127, -99, 0, True)]
)
def test_a_cutoff_far_away_stays_open_or_shut(m1: Session, centre: int, track: int, key: int, is_open: bool) -> None:
    """What the track adds does not run over."""
    told, = cutoffs(m1, {OSC1 + VDF: 50, OSC1 + VDF + 1: centre, OSC1 + VDF + 2: track}, key)
    assert told >= laws.CUTOFF_OPEN if is_open else told == 0


def test_the_filter_of_init_prog_is_open_for_every_key(m1: Session) -> None:
    assert set(cutoffs(m1, {}, 24, 36, 59, 60, 61, 96, 108)) == {laws.CUTOFF_OPEN}


@pytest.mark.parametrize(("track", "semitones"), [(0, 0), (50, -12)])
def test_the_centre_counts_for_the_track_alone(m1: Session, track: int, semitones: int) -> None:
    """An octave up, it takes from the cutoff what the track adds in an octave; nothing where there is no track."""
    near, far = (
        cutoffs(m1, {OSC1 + VDF: 50, OSC1 + VDF + 1: centre, OSC1 + VDF + 2: track}, 67)[0] for centre in (60, 72)
    )
    assert far - near == pytest.approx(256 * semitones, abs=2)


@pytest.mark.parametrize("frequency", [40, 60, 75])
def test_an_mg_has_its_rate_and_depth(m1: Session, frequency: int) -> None:
    """The VDF's, a triangle at full intensity: its register swings by the law, as often as the table says."""
    load(m1, PLAIN | {23: 0xA0, 24: frequency, 26: 99})
    chips = Chips(m1)
    seconds = 8 / laws.mg_hertz(frequency)
    talk(m1, [0x90, 60, 100], seconds)
    told = np.array(values(chips.writes(), vdf(0, MG), 2, signed=True))
    rising = [b for (_, x), (b, y) in pairwise(told) if x < 0 <= y]
    period = (rising[-1] - rising[0]) / (len(rising) - 1)
    assert period / CLOCKS == pytest.approx(1 / laws.mg_hertz(frequency), rel=0.03)
    assert told[:, 1].max() == pytest.approx(99 * 128, rel=0.03)
    assert told[:, 1].min() == pytest.approx(-99 * 128, rel=0.03)


@pytest.mark.parametrize(("decay", "time"), [(0, 10), (10, 20), (-5, 5), (-99, 0)])
def test_a_drums_decay_shifts_the_times(m1: Session, decay: int, time: int) -> None:
    """But for the attack's: here from 99 to 0 in time 10."""
    kit(m1, (CRASH, 60, 0, 0, 0, decay))
    eg = dict(zip(range(OSC1 + VDA_EG, OSC1 + VDA_EG + 7), (0, 99, 10, 0, 0, 0, 0), strict=True))
    load(m1, {10: 2} | eg)
    chips = Chips(m1)
    talk(m1, [0x90, 60, 100], 0.5)
    told = values(chips.writes(), tg(0, LEVEL), 2)
    assert told[0][1] > 0 and told[-1][1] == 0
    ended = next(clock for clock, value in told if value == 0)
    assert abs((ended - told[0][0]) / UPDATE - max(1, laws.eg_updates(time))) <= 1.25


def test_the_pitch_mg_at_its_deepest_is_an_octave_each_way(m1: Session) -> None:
    load(m1, PLAIN | {19: 0xA3, 20: 50, 22: 99})
    chips = Chips(m1)
    talk(m1, [0x90, 60, 100], 2.0)
    told = [value for _, value in values(chips.writes(), tg(0, INCREMENT), 3)]
    zone = laws.open_bank().multisounds[SINE].zone(60)
    plain = 2 ** ((60 - zone.root / 100_000) / 12) * 2**20
    assert max(told) / plain == pytest.approx(2, rel=0.001) and min(told) / plain == pytest.approx(0.5, rel=0.001)


def test_two_keys_share_an_mg_that_runs_free_and_have_their_own_with_key_sync(m1: Session) -> None:
    for switches, same in ((0x20, True), (0xA0, False)):
        load(m1, PLAIN | {23: switches, 24: 50, 26: 99})
        chips = Chips(m1)
        talk(m1, [0x90, 60, 100], 0.2)
        talk(m1, [0x90, 64, 100], 0.2)
        writes = chips.writes()
        last = [values(writes, vdf(voice, MG), 2, signed=True)[-1][1] for voice in range(16) if states(m1)[voice]]
        assert len(last) == 2 and (abs(last[0] - last[1]) < 2000) is same, (switches, last)
        talk(m1, [0xB0, 120, 0], 0.05)


def test_the_filters_eg_goes_to_its_levels(m1: Session) -> None:
    """Attack 99, break -50, sustain 20, then release to -99; at full intensity 99 goes as far as the cutoff itself."""
    eg = dict(zip(range(OSC1 + VDF_EG, OSC1 + VDF_EG + 8), (5, 99, 5, -50, 5, 20, 5, -99), strict=True))
    load(m1, PLAIN | eg | {OSC1 + VDF + 3: 99, OSC1 + VDA_EG + 6: 50})
    chips = Chips(m1)
    talk(m1, [0x90, 60, 127], 0.3)
    talk(m1, [0x80, 60, 0], 0.2)
    writes = chips.writes()
    step = laws.vdf_eg_codes() / 99
    told = [value for _, value in values(writes, vdf(0, EG), 2, signed=True)]
    turns = [b for a, b, c in zip(told, told[1:], told[2:], strict=False) if (b - a) * (c - b) < 0]
    assert [round(turn / step) for turn in (told[0], *turns, told[-1])] == [0, 99, -50, 20, -99]


def test_taking_a_voice_from_a_note_makes_no_click(m1: Session) -> None:
    """17 low sines: the voice that is taken fades before the new note starts; no step is larger than the tones' own."""
    load(m1, PLAIN | {OSC1 + VDA_EG: 20})
    for key in range(36, 52):
        talk(m1, [0x90, key, 100], 0.01)
    m1.run(0.5)
    before = heard(m1, 0.3)[:, 0]
    assert 0 not in states(m1)
    talk(m1, [0x90, 35, 100], 0.1)
    during = m1.heard()[:, 0]
    assert np.abs(np.diff(during)).max() <= 1.1 * np.abs(np.diff(before)).max()


@pytest.mark.parametrize("release", [0, 1, 5])
def test_the_end_of_a_note_makes_no_click(m1: Session, release: int) -> None:
    """A low loud sine: its voice is not cut off before its level is 0, whenever its updates come."""
    load(m1, PLAIN | {OSC1 + VDA_EG + 6: release})
    for wait in range(6):
        talk(m1, [0x90, 28, 127], 0.1 + wait * 0.0013)
        own = np.abs(np.diff(heard(m1, 0.1)[:, 0])).max()
        talk(m1, [0x80, 28, 0], 0.5)
        end = m1.heard()[:, 0]
        assert states(m1) == 16 * [0]
        assert np.abs(np.diff(end)).max() <= 1.2 * own, wait
        assert not end[-1]


@pytest.mark.parametrize("behind", [0, 2, 5])
def test_sound_off_makes_no_click_even_when_the_loop_is_late(m1: Session, behind: int) -> None:
    """A chord that comes with it keeps the loop for some ticks, which are made up for at once."""
    load(m1, PLAIN)
    for key in range(36, 36 + 16 - behind):
        talk(m1, [0x90, key, 100], 0.01)
    own = np.abs(np.diff(heard(m1, 0.2)[:, 0])).max()
    talk(m1, [*(byte for key in range(20, 20 + behind) for byte in (0x90, key, 1)), 0xB0, 120, 0], 0.1)
    assert np.abs(np.diff(m1.heard()[:, 0])).max() <= 1.2 * own
    assert states(m1) == 16 * [0]


def test_all_sound_off_is_silence_in_ten_milliseconds(m1: Session) -> None:
    load(m1, PLAIN | {OSC1 + VDA_EG + 6: 99})
    for key in (48, 52, 55):
        talk(m1, [0x90, key, 100])
    m1.run(0.1)
    talk(m1, [0xB0, 120, 0], 0.01)
    assert states(m1) == 16 * [0]
    assert not heard(m1, 0.05).any()


def test_a_second_oscillator_that_is_delayed_comes_later_or_never(m1: Session) -> None:
    """DOUBLE with OSC2 an octave up: it starts after its delay, unless the key is up by then."""
    load(m1, PLAIN | {10: 1, 14: SINE, 16: 12, 18: 50})
    chips = Chips(m1)
    talk(m1, [0x90, 60, 100], 0.05)
    assert states(m1)[:3] == [1, 4, 0]
    talk(m1, [0x80, 60, 0], 3.0)
    assert (tg(1, 0), 3) not in [(port, value) for _, port, value in chips.writes()]
    assert states(m1) == 16 * [0]
    talk(m1, [0x90, 60, 100], 3.0)
    assert sorted(states(m1), reverse=True)[:3] == [1, 1, 0]


def test_a_note_goes_on_when_the_machine_freezes(m1: Session) -> None:
    """The chips keep what they were told, as on the bench."""
    load(m1, PLAIN)
    talk(m1, [0x90, 69, 100], 0.1)
    m1.machine.engine.set_registers({"pc": UNUSED})
    m1.run(0.01)
    chips = Chips(m1)
    assert abs(cents(heard(m1, 1.0)[:, 0], hertz(69))) < 0.1
    assert m1.machine.engine.halted and not chips.writes()


def test_sixteen_voices_with_everything_moving_leave_the_cpu_time(m1: Session) -> None:
    """Eight keys of a DOUBLE program, all three EGs of each voice on their way, both MGs with key sync.

    The share of the time the CPU is halted, in emulated clocks: 45 %; with 16 plain voices 60 %, without a note 81 %.
    """
    slow = {PITCH_EG + 1: 70, VDF_EG: 85, VDA_EG: 85}
    send(m1, rich_program(slow))
    talk(m1, [0xE0, 0, 80, 0xB0, 1, 90, 0xB0, 2, 70, 0xD0, 60])
    for key in range(48, 72, 3):
        talk(m1, [0x90, key, 100], 0.005)
    m1.run(0.3)
    assert 0 not in states(m1)
    halted = 0
    for _ in range(2000):
        m1.run_until(m1.clock + 1009)
        halted += m1.machine.engine.halted
    assert 0.4 < halted / 2000 < 0.6


def test_a_chord_is_the_same_on_both_engines_and_from_a_snapshot_of_its_middle(booted: bytes) -> None:
    """To the bit, with everything of a program moving."""
    hashes = []
    for engine in ("v30", "unicorn"):
        session = Session(engine=engine)
        session.restore(booted)
        send(session, rich_program())
        talk(session, [0xB0, 1, 90, 0x90, 60, 100, 0x90, 64, 80, 0x90, 67, 60], 0.15)
        middle = session.snapshot()
        talk(session, [0xD0, 60, 0x80, 60, 0, 0x80, 64, 0], 0.3)
        hashes.append(session.sound_hash)
    later = Session()
    later.restore(middle)
    talk(later, [0xD0, 60, 0x80, 60, 0, 0x80, 64, 0], 0.3)
    silent = Session()
    silent.restore(booted)
    silent.run_until(session.clock)
    assert len({*hashes, later.sound_hash}) == 1
    assert silent.sound_hash != hashes[0]


def test_each_law_is_named_where_it_is() -> None:
    """The guesses that OpenM1 makes are in its source, beside what they are about."""
    tool = Path(laws.__file__)
    places = [tool, *(tool.parent.parent / "roms" / "openm1").glob("*.asm")]
    text = "\n".join(path.read_text("utf-8") for path in places)
    for key, row in all_hypotheses().items():
        if "OpenM1" in row.switch:
            assert re.search(rf"\b{key}\b(?!-)", text), key

"""The open wave ROM: a complete directory, in tune, no seams, no aliases, levels matched, the same bits each time."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from korgm1.errors import UserError
from korgm1.waves import cycles, drums
from korgm1.waves.arithmetic import cents, exp2, hertz, log2, sine
from korgm1.waves.bank import FILE, LIMIT, Bank, made_from, open_bank, pack, recipes_sha1, unpack
from korgm1.waves.build import LOUDNESS, build
from korgm1.waves.directory import DRUMS, MULTISOUNDS, RATE, TWINS, UNITY, Sound, Zone
from korgm1.waves.player import play, step

SHA1 = "2609ccbfc95bfb2c1f942d10359f59f3d9fc5653"
"""A regression: the bits of words and directory as they were when this was written. It says nothing about sound."""

Floats = npt.NDArray[np.float64]
BANK = open_bank()
SOUNDS = [*BANK.multisounds, *BANK.drums]
PITCHED = [sound for sound in BANK.multisounds if sound.pitched]
LOOPED = [(sound, zone) for sound in SOUNDS for zone in sound.zones if zone.loop_end > zone.loop_start]


def words(zone: Zone) -> npt.NDArray[np.int64]:
    return BANK.words[zone.start : zone.loop_end].astype(np.int64)


def decibels(ratio: float) -> float:
    return float(20 * np.log10(max(ratio, 1e-12)))


def test_two_builds_are_the_same_bits_and_those_of_the_package() -> None:
    once, twice = build(), build()
    assert once.sha1 == twice.sha1 == BANK.sha1
    assert (once.words == BANK.words).all() and once.multisounds == BANK.multisounds and once.drums == BANK.drums


def test_the_bits_are_those_of_the_last_change() -> None:
    assert BANK.sha1 == SHA1


def test_the_directory_has_every_number_and_name() -> None:
    assert [(sound.number, sound.name) for sound in BANK.multisounds] == list(enumerate(MULTISOUNDS))
    assert [(sound.number, sound.name) for sound in BANK.drums] == list(enumerate(DRUMS, 1))
    assert (len(MULTISOUNDS), len(DRUMS)) == (100, 44)
    assert [MULTISOUNDS[n] for n in (0, 31, 77, 93, 99)] == ["A.Piano", "Strings", "DWGS EP1", "25% Pulse", "DWGS Sine"]
    assert [DRUMS[n - 1] for n in (1, 4, 20, 44)] == ["Kick1", "Snare1", "Cowbell", "Metronome2"]


def test_it_is_four_megabytes_at_most() -> None:
    assert LIMIT * 2 == 4 << 20
    assert len(pack(BANK, "0" * 40)) <= 4 << 20


@pytest.mark.parametrize("sound", SOUNDS, ids=lambda s: s.name)
def test_zones_cover_the_keyboard_in_order_and_lie_inside_the_words(sound: Sound) -> None:
    tops = [zone.top_key for zone in sound.zones]
    assert tops == sorted(set(tops)) and tops[0] >= 0 and tops[-1] == 127
    assert all(sound.zone(key).top_key >= key for key in range(128))
    for zone in sound.zones:
        assert 0 <= zone.start <= zone.loop_start <= zone.loop_end <= len(BANK.words)
        assert zone.start < zone.loop_end and 1 <= zone.level <= UNITY
        assert -50 <= zone.root_cents <= 50 and 0 <= zone.root_key <= 127
        assert (zone.loop_start == zone.loop_end) == sound.one_shot


@pytest.mark.parametrize("sound", PITCHED, ids=lambda s: s.name)
def test_no_key_is_played_more_than_an_octave_above_its_recording(sound: Sound) -> None:
    """Facts m1-sound 2: playback goes to about 64 kHz."""
    assert max(step(zone, zone.top_key) for zone in sound.zones) <= 2.0


def off_tune(heard: Floats, hz: float) -> tuple[float, float]:
    """By how many cents the spectral line next to `hz` is off, and its share of the sound's amplitude.

    From the three points of the spectrum round it, a parabola through their logarithms.
    """
    length = len(heard)
    window = np.hanning(length)
    gap = 0.4 * RATE / length
    turns = np.arange(length) / RATE
    size = [abs(np.dot(heard * window, np.exp(-2j * np.pi * (hz + n * gap) * turns))) for n in (-1, 0, 1)]
    low, mid, high = np.log(size)
    place = gap * 0.5 * (low - high) / (low - 2 * mid + high)
    assert abs(place) <= gap, "the line is not here"
    return 1200 * np.log2((hz + place) / hz), size[1] / (length / 4) / (np.sqrt(2 * np.mean(heard * heard)))


@pytest.mark.parametrize("sound", PITCHED, ids=lambda s: s.name)
def test_every_octave_is_within_a_cent(sound: Sound) -> None:
    for key in (26, 38, 50, 60, 69, 79, 91, 103):
        heard = play(BANK, sound, key, 2.0)[RATE // 2 :]
        wrong, share = off_tune(heard, hertz(key))
        assert abs(wrong) < 1.0, (key, wrong)
        assert share > 0.02, f"key {key}: the fundamental has {share:.3f} of the amplitude"


def test_the_measurement_of_tuning_would_find_a_cent() -> None:
    heard = play(BANK, BANK.multisounds[91], 60, 2.0)[RATE // 2 :]
    assert off_tune(heard, hertz(60) * 2 ** (-1 / 1200))[0] == pytest.approx(1.0, abs=0.05)


def test_a_whole_keyboard_of_saws_is_in_tune() -> None:
    saw = BANK.multisounds[MULTISOUNDS.index("SawWave")]
    for key in range(21, 109):
        assert abs(off_tune(play(BANK, saw, key, 1.5)[RATE // 2 :], hertz(key))[0]) < 0.1


def test_a_low_octave_repeats_after_its_period() -> None:
    """The same, found another way: by the greatest autocorrelation."""
    for number in (8, 26, 31, 32, 89, 91):
        heard = play(BANK, BANK.multisounds[number], 45, 1.0)[RATE // 2 :]
        lags = np.arange(200, 400)
        match = [float(np.dot(heard[:8000], heard[lag : lag + 8000])) for lag in lags]
        assert abs(int(lags[int(np.argmax(match))]) - RATE / 110) < 1.0


@pytest.mark.parametrize(("sound", "zone"), LOOPED, ids=[f"{s.name}-{z.top_key}" for s, z in LOOPED])
def test_no_step_at_the_seam_is_larger_than_the_waves_own(sound: Sound, zone: Zone) -> None:
    played = words(zone)
    begin = zone.loop_start - zone.start
    loop = played[begin:]
    own = int(np.abs(np.diff(loop)).max())
    assert abs(int(loop[0] - loop[-1])) <= 1.05 * own + 2
    if begin > 1:
        before = int(np.abs(np.diff(played[:begin])).max())
        assert abs(int(played[begin] - played[begin - 1])) <= 1.05 * max(own, before) + 2
    if len(loop) > 64:
        curve = int(np.abs(np.diff(loop, 2)).max())
        around = np.concatenate((loop[-2:], loop[:2]))
        assert np.abs(np.diff(around, 2)).max() <= 1.15 * curve + 4


@pytest.mark.parametrize("sound", [s for s in SOUNDS if s.one_shot], ids=lambda s: s.name)
def test_what_ends_ends_in_silence(sound: Sound) -> None:
    for zone in sound.zones:
        assert np.abs(words(zone)[-3:]).max() <= 3
    last = play(BANK, sound, 60, 4.0)[-RATE:]
    assert (last == 0).all()


@pytest.mark.parametrize("name", list(cycles.SHAPES))
def test_no_harmonic_of_a_cycle_can_alias(name: str) -> None:
    """By the words alone: what lies above half the rate at the zone's highest key is 80 dB down (16-bit rounding)."""
    for zone in BANK.multisounds[MULTISOUNDS.index(name)].zones:
        cycle = words(zone)
        level = np.abs(np.fft.rfft(cycle)) / len(cycle)
        limit = int(RATE / 2 / hertz(zone.top_key))
        above = float(np.sqrt((level[limit + 1 :] ** 2).sum())) if limit + 1 < len(level) else 0.0
        assert decibels(above / float(level[1:].max())) < -80, zone.top_key
        assert level[0] < 1.5, "no DC"


@pytest.mark.parametrize(("key", "bound"), [(45, -43.0), (69, -37.0), (87, -33.0), (99, -26.0)])
def test_what_a_straight_line_between_words_adds_stays_below(key: int, bound: float) -> None:
    """At the highest key of a zone, everything that is no harmonic, over the whole: the images of the interpolation."""
    for name in ("SquareWave", "SawWave", "25% Pulse", "10% Pulse", "Digital4", "DWGS Sine", "DWGS Voice"):
        sound = BANK.multisounds[MULTISOUNDS.index(name)]
        assert sound.zone(key).top_key == key
        heard = play(BANK, sound, key, 1.5)[-32_768:]
        spectrum = np.abs(np.fft.rfft(heard * np.kaiser(len(heard), 18))) ** 2
        at = np.fft.rfftfreq(len(heard), 1 / RATE)
        harmonic = np.rint(at / hertz(key))
        near = (np.abs(at - harmonic * hertz(key)) < 8 * RATE / len(heard)) & (harmonic >= 1)
        assert decibels(float(np.sqrt(spectrum[~near].sum() / spectrum.sum()))) < bound, name


def loudest(heard: Floats) -> float:
    window = RATE // 20
    sums = np.concatenate(([0.0], np.cumsum(heard * heard)))
    return float(np.sqrt((sums[window:] - sums[:-window]).max() / window))


@pytest.mark.parametrize("sound", PITCHED, ids=lambda s: s.name)
def test_keys_of_all_multisounds_are_equally_loud(sound: Sound) -> None:
    for key in range(30, 110, 5):
        level = decibels(loudest(play(BANK, sound, key, 0.7)) / LOUDNESS)
        assert -2.0 < level < 2.0, (key, level)


@pytest.mark.parametrize("sound", [s for s in SOUNDS if not s.pitched], ids=lambda s: s.name)
def test_other_sounds_are_as_loud_as_their_peaks_allow(sound: Sound) -> None:
    zone = sound.zone(60)
    key = zone.root_key if sound.tracking else 60
    heard = play(BANK, sound, key, 1.5)
    level = decibels(loudest(heard) / LOUDNESS)
    assert -9.5 < level < 2.0, level
    assert level > -2.0 or zone.level == UNITY, "not as loud as it could be"


@pytest.mark.parametrize("name", ["A.Piano", "Clav", "Guitar2", "Trumpet", "Vibes", "E.Piano1", "Flute", "PingWave"])
def test_the_attack_is_not_the_loop(name: str) -> None:
    """Struck and plucked sounds begin louder and brighter than they go on, blown ones softer."""
    sound = BANK.multisounds[MULTISOUNDS.index(name)]
    heard = play(BANK, sound, 60, 1.0)
    edges = np.diff(heard)
    begins, goes = (float(np.sqrt(np.mean(part * part))) for part in (heard[:470], heard[-4000:]))
    sharp, dull = (float(np.sqrt(np.mean(part * part))) for part in (edges[:470], edges[-4000:]))
    if name in ("Trumpet", "Flute"):
        assert begins < 0.7 * goes
    else:
        assert begins > goes and sharp > 1.3 * dull


def test_a_drum_has_its_own_pitch_at_middle_c() -> None:
    for sound in BANK.drums:
        (zone,) = sound.zones
        assert sound.tracking and step(zone, 60) == 1.0
    by_name = {sound.name: sound.zones for sound in BANK.multisounds}
    for drum, multisound in drums.SHARED.items():
        (zone,) = BANK.drums[DRUMS.index(drum)].zones
        assert zone.start in [one.start for one in by_name[multisound]]


def test_twins_play_the_same_words_on_every_key() -> None:
    assert len(TWINS) == 14
    for name, other in TWINS.items():
        sound, base = (BANK.multisounds[MULTISOUNDS.index(n)] for n in (name, other))
        (zone,) = sound.zones
        assert not sound.tracking and sound.one_shot == base.one_shot
        assert (zone.start, zone.loop_end) in [(one.start, one.loop_end) for one in base.zones]
        assert (play(BANK, sound, 20, 0.2) == play(BANK, sound, 110, 0.2)).all()
        assert not (play(BANK, base, 20, 0.2) == play(BANK, base, 110, 0.2)).all()


@given(st.integers(0, 99), st.integers(0, 127), st.floats(0.0, 0.3))
def test_any_key_of_any_sound_can_be_played(number: int, key: int, seconds: float) -> None:
    heard = play(BANK, BANK.multisounds[number], key, seconds)
    assert len(heard) == round(seconds * RATE) and (np.abs(heard) <= 1.0).all()


@given(st.floats(-1000, 1000), st.floats(1e-6, 1e6))
def test_our_own_functions_are_those_of_the_textbook(x: float, y: float) -> None:
    assert abs(float(sine(np.array([x]))[0]) - np.sin(2 * np.pi * (x - round(x)))) < 3e-15
    assert float(exp2(x / 20)) == pytest.approx(2 ** (x / 20), rel=4e-15)
    assert float(log2(y)) == pytest.approx(np.log2(y), rel=4e-15, abs=4e-15)
    assert cents(hertz(x / 20)) == pytest.approx(5 * x, abs=1e-8)


def test_a_file_comes_back_as_it_was_and_a_damaged_one_is_refused() -> None:
    sound = Sound(0, "x", (Zone(127, 0, 3, 9, 6_000_000, 256),), True, False, True, "y")
    small = Bank(BANK.words[:9].copy(), (sound,), ())
    data = pack(small, "a" * 40)
    back = unpack(data)
    assert (back.words == small.words).all() and back.multisounds == small.multisounds and back.sha1 == small.sha1
    assert made_from(data) == "a" * 40 and made_from(b"") == ""
    for wrong in (data[:-1], b"", b"x" * 100, data[:8] + b"\x63" + data[9:], data[:96] + b"?" + data[97:]):
        with pytest.raises(UserError, match="wave file"):
            unpack(wrong)


def test_the_package_has_the_file_of_these_recipes() -> None:
    from importlib.resources import files

    data = (files("korgm1") / "waves" / FILE).read_bytes()
    assert made_from(data) == recipes_sha1(), "python3 tools/build_waves.py"

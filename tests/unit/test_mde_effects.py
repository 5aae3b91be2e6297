"""What the effects do, measured on their output: times, gains, rates, ramps. The algorithms are ours (H-FXALG)."""

from __future__ import annotations

import numpy as np
import pytest
from mde_patches import Words, alone, block, eight, impulse, noise, silence, tone
from numpy.typing import NDArray

from korgm1.clock import FRAME_RATE
from korgm1.sound.mde_mb87405 import Mde
from korgm1.sound.mde_parameters import Parameter, parameters

SECOND = FRAME_RATE


def frames(ms: float) -> int:
    return int(ms * 31.25 + 0.5)


def rms(words: Words) -> float:
    return float(np.sqrt(np.mean(words.astype(float) ** 2)))


# ---- reverbs

ROOMS = [(number, value) for number in (1, 2, 3, 6, 26) for value in (0, 5, 33, 97)]
ROOMS += [(number, value) for number in (4, 5, 27) for value in (0, 3, 13, 47)]


@pytest.mark.parametrize(("number", "value"), ROOMS)
def test_reverb_time_is_the_time_to_fall_60_db_within_a_tenth(number: int, value: int) -> None:
    """Interrupted noise; the slope from -5 to -35 dB of the energy still to come (backward integration)."""
    wanted = 0.2 + 0.1 * value
    off = {"early_reflection_level": 0, "high_damp": 0} if number < 26 else {"reverb_high_damp": 0}
    mde = alone(number, reverb_time=value, pre_delay=0, **off)
    words = np.vstack([noise(SECOND, 200_000, buses=2), silence(int(SECOND * (0.5 + wanted)))])
    tail = mde.frames(words)[SECOND:, 1].astype(float)
    left = np.cumsum(tail[::-1] ** 2)[::-1]
    fallen = 10 * np.log10(left / left[0] + 1e-12)
    at = [int(np.argmax(fallen < level)) for level in (-5, -35)]
    assert (at[1] - at[0]) / SECOND * 2 == pytest.approx(wanted, rel=0.1)


@pytest.mark.parametrize("number", [1, 2, 3, 4, 5, 6, 26, 27])
def test_high_damp_makes_the_highs_die_sooner_and_leaves_the_lows(number: int) -> None:
    def share(damp: int) -> tuple[float, float]:
        key = "reverb_high_damp" if number > 25 else "high_damp"
        mde = alone(number, reverb_time=20, **{key: damp})
        out = mde.frames(np.vstack([noise(SECOND // 4, 200_000), silence(8192)]))[-4096:, 1].astype(float)
        power = np.abs(np.fft.rfft(out)) ** 2
        return float(power[4:40].sum()), float(power[800:].sum())

    low, high = share(0)
    low_damped, high_damped = share(99)
    assert high_damped < high / 100 and low / 4 < low_damped < low * 4


@pytest.mark.parametrize("number", [1, 2, 3, 4, 5, 6])
def test_the_first_early_reflection_moves_with_the_pre_delay(number: int) -> None:
    first = []
    for ms in (0, 1, 50, 200):
        out = alone(number, reverb_time=0, pre_delay=ms, early_reflection_level=100).frames(impulse(8000))
        first.append(int(np.flatnonzero(out[:, 0])[0]))
    assert [place - first[0] for place in first] == [0, frames(1), frames(50), frames(200)]


def test_reverb_comes_out_on_both_sides_unlike_and_as_loud() -> None:
    left, right = alone(1).frames(noise(2 * SECOND, buses=1))[SECOND:, :2].T
    assert 0.7 < rms(left) / rms(right) < 1.4
    assert abs(np.corrcoef(left, right)[0, 1]) < 0.2


# ---- times, exact to the frame

@pytest.mark.parametrize("ms", [0, 1, 2, 3, 100, 250, 333, 499, 500])
@pytest.mark.parametrize(("number", "left", "right"), [
    (10, "delay_left", "delay_right"), (11, "delay_left", "delay_right"), (29, "delay_left", "delay_right"),
    *((number, "delay", "") for number in (26, 27, 28, 30, 31, 32, 33)),
])
def test_delay_times(number: int, left: str, right: str, ms: int) -> None:
    values = {left: ms, "feedback": 0, "high_damp": 0} | ({right: 500 - ms} if right else {})
    if number == 29:
        values |= {"feedback_right": 0, "high_damp_right": 0}
    out = alone(number, **values).frames(impulse(16_000))
    assert np.flatnonzero(out[:, 0]).tolist() == [frames(ms)] and out[frames(ms), 0] == 400_000
    if right:
        assert np.flatnonzero(out[:, 1]).tolist() == [frames(500 - ms)]


@pytest.mark.parametrize("feedback", [50, -50])
def test_echoes_come_at_multiples_and_cross_where_they_should(feedback: int) -> None:
    for number, side in ((10, 0), (11, 1)):
        mde = alone(number, delay_left=10, delay_right=10, feedback=feedback, high_damp=0)
        out = mde.frames(impulse(1000, right=False))
        step = frames(10)
        assert out[step, 0] == 400_000
        assert out[2 * step, side] == pytest.approx(400_000 * feedback / 100, abs=2)
        assert out[3 * step, 0] == pytest.approx(100_000, abs=2)
        assert np.flatnonzero(out.any(axis=1))[:3].tolist() == [step, 2 * step, 3 * step]


@pytest.mark.parametrize("ms", [0, 1, 2, 50, 200])
def test_chorus_delay_without_depth(ms: int) -> None:
    out = alone(12, delay=ms, depth=0).frames(impulse(7000))
    assert np.flatnonzero(out[:, 0]).tolist() == np.flatnonzero(out[:, 1]).tolist() == [frames(ms)]


@pytest.mark.parametrize(("number", "time", "pre"), [
    *((number, time, pre) for number in (7, 8, 9) for time in (0, 1, 35, 70) for pre in (0, 1, 200)),
    *((28, time, pre) for time in (0, 15, 30) for pre in (0, 150)),
])
def test_early_reflections_begin_behind_the_pre_delay_and_last_their_time(number: int, time: int, pre: int) -> None:
    out = alone(number, early_reflection_time=time, pre_delay=pre).frames(impulse(33_000))
    for side in (0, 1) if number != 28 else (1,):
        heard = np.flatnonzero(out[:, side])
        last = frames(pre) + frames(100 + 10 * time)
        assert (heard[0], heard[-1]) == (frames(pre), min(last, 32_768 - 32 - 15_628 if number == 28 else last))


def test_the_three_early_reflections_fade_stay_and_grow() -> None:
    ends = []
    for number in (7, 8, 9):
        out = np.abs(alone(number).frames(impulse(9000))[:, 0])
        heard = out[out > 0]
        ends.append(heard[-1] / heard[0])
    assert ends[0] < 0.5 and ends[1] == 1 and ends[2] > 2


# ---- equalisers

def gain_db(mde: Mde, hertz: float, side: int = 0, level: float = 20_000) -> float:
    words = tone(hertz, SECOND, level)
    out = mde.frames(words)[SECOND // 2 :, side]
    return 20 * float(np.log10(rms(out) / rms(words[SECOND // 2 :, 0])))


SHELVED = [number for number in range(1, 26) if "EQ low" in parameters(number)]


@pytest.mark.parametrize("db", [-12, -7, -1, 1, 6, 12])
@pytest.mark.parametrize("side", [0, 1])
def test_shelves_are_within_half_a_decibel(db: int, side: int) -> None:
    """On an effect that otherwise lets a tone pass: a delay of 0, and the Equalizer."""
    for number in (10, 20):
        flat = {"delay_left": 0, "delay_right": 0, "feedback": 0} if number == 10 else {}
        assert gain_db(alone(number, EQ_low=db, **flat), 20, side) == pytest.approx(db, abs=0.5)
        assert gain_db(alone(number, EQ_high=db, **flat), 14_500, side) == pytest.approx(db, abs=0.5)
        assert gain_db(alone(number, EQ_low=db, **flat), 14_500, side) == pytest.approx(0, abs=0.5)
        assert gain_db(alone(number, EQ_high=db, **flat), 20, side) == pytest.approx(0, abs=0.5)


@pytest.mark.parametrize("number", SHELVED)
def test_every_effect_with_an_eq_has_its_gains(number: int) -> None:
    """Effects with an LFO stand still at depth 0; the others are linear, so the ratio of two responses tells."""
    depth = {"depth": 0} if "depth" in parameters(number) else {}
    level = 2000.0 if number in (21, 22, 23) else 20_000.0
    for key, hertz in (("EQ_low", 20), ("EQ_high", 14_500)):
        if key.replace("_", " ") in parameters(number):
            flat = gain_db(alone(number, **depth), hertz, level=level)
            raised = gain_db(alone(number, **depth, **{key: 6}), hertz, level=level)
            assert raised - flat == pytest.approx(6, abs=0.5), key


@pytest.mark.parametrize(("mid", "hertz"), [(0, 500), (1, 1000), (2, 2000)])
@pytest.mark.parametrize("db", [-12, -5, 5, 12])
def test_the_mid_band_has_its_gain_at_its_frequency(mid: int, hertz: int, db: int) -> None:
    mde = alone(20, mid_frequency=mid, mid_gain=db)
    assert gain_db(mde, hertz) == pytest.approx(db, abs=0.5)
    assert abs(gain_db(mde, hertz / 16)) < 0.6


@pytest.mark.parametrize(("key", "corners"), [
    ("low_frequency", (250, 500, 1000)), ("high_frequency", (1000, 2000, 4000)),
])
def test_a_shelf_is_half_way_at_its_corner(key: str, corners: tuple[int, ...]) -> None:
    """A first-order shelf of 12 dB: |1 + 2.98 / (1 + j)| = 9.3 dB at its corner."""
    eq = "EQ_low" if "low" in key else "EQ_high"
    for value, hertz in enumerate(corners):
        assert gain_db(alone(20, **{key: value, eq: 12}), hertz) == pytest.approx(9.3, abs=0.3)


# ---- modulation

def spectrum_peak(signal: NDArray[np.float64], rate: float) -> float:
    """Hertz of the strongest line but the steady part, by a parabola through three bins."""
    power = np.abs(np.fft.rfft((signal - signal.mean()) * np.hanning(len(signal)), 8 * len(signal)))
    at = int(power[8:].argmax()) + 8
    a, b, c = np.log(power[at - 1 : at + 2])
    return float((at + (a - c) / (2 * (a - 2 * b + c))) * rate / (8 * len(signal)))


@pytest.mark.parametrize(("speed", "hertz"), [(32, 0.99), (99, 3.0), (120, 5.1), (200, 14.0), (216, 30.0)])
def test_chorus_modulates_a_tone_at_its_rate(speed: int, hertz: float) -> None:
    """The phase of a 1 kHz tone, from its analytic signal."""
    out = alone(12, depth=50, speed=speed, delay=5).frames(tone(1000, 6 * SECOND))[SECOND:, 0].astype(float)
    line = np.fft.fft(out)
    line[len(out) // 2 :] = 0
    drift = np.unwrap(np.angle(np.fft.ifft(line))) - 2 * np.pi * 1000 / SECOND * np.arange(len(out))
    assert spectrum_peak(drift[SECOND // 4 : -SECOND // 4 : 25], SECOND / 25) == pytest.approx(hertz, rel=0.005)


@pytest.mark.parametrize(("speed", "hertz"), [(32, 0.99), (120, 5.1), (216, 30.0)])
@pytest.mark.parametrize("number", [18, 33])
def test_tremolo_moves_the_level_at_its_rate(number: int, speed: int, hertz: float) -> None:
    words = silence(6 * SECOND)
    words[:, :2] = 100_000
    out = alone(number, speed=speed).frames(words)[SECOND:, 1].astype(float)
    assert spectrum_peak(out[::25], SECOND / 25) == pytest.approx(hertz, rel=0.005)
    assert alone(number, speed=speed, depth=99).frames(words)[SECOND:, 1].min() < 1000


def test_an_lfo_turns_exactly_as_often_as_its_rate_says() -> None:
    """5 Hz: sixteen turns are 100,000 frames and whole ticks, so what follows is the same to the last bit."""
    words = silence(100_000 + 6250)
    words[:, :2] = 100_000
    out = alone(18, speed=119, depth=99).frames(words)[:, 0]
    assert np.array_equal(out[32:6250], out[100_032:])
    assert not np.array_equal(out[32:6250], out[100_001 : 100_001 + 6218])


def test_phase_180_turns_the_right_side_over() -> None:
    words = silence(SECOND)
    words[:, :2] = 100_000
    together = alone(18, MG_phase=0, shape=0).frames(words)
    apart = alone(18, MG_phase=1, shape=0).frames(words)
    assert np.array_equal(together[:, 0], together[:, 1]) and np.array_equal(together[:, 0], apart[:, 0])
    assert np.ptp(apart[:, 0] + apart[:, 1]) < 20


# ---- no zipper

HEARD = [(number, row) for number in range(1, 34) for row in parameters(number).values()]


@pytest.mark.parametrize(("number", "row"), HEARD, ids=[f"{number}-{row.name}" for number, row in HEARD])
def test_a_parameter_that_jumps_makes_no_step(number: int, row: Parameter) -> None:
    """200 Hz at -14 dB: beyond what the tone itself does before and after, nothing moves by more than 1.5 % of it."""
    mde = alone(number)
    words = tone(200, 3 * SECOND)
    mde.put(1, row.name, row.low)
    before = mde.frames(words[:SECOND])
    mde.put(1, row.name, row.high)
    after = mde.frames(words[SECOND:])
    whole = np.vstack([before[-SECOND // 2 :], after])[:, :2].astype(float)
    bend = np.abs(np.diff(whole, 2, axis=0))
    calm = max(bend[: SECOND // 2 - 2].max(), bend[-SECOND:].max())
    assert bend.max() <= 1.5 * calm + 0.015 * max(1, np.abs(whole).max())


@pytest.mark.parametrize("change", [(2, 0), (6, 101), (7, 101), (8, 0x0F), (8, 0x1C)])
def test_balance_pan_and_switches_make_no_step(change: tuple[int, int]) -> None:
    mde = Mde()
    mde.load(block(20, 20, eight(20, EQ_low=12), eight(20, EQ_low=-12)))
    words = np.repeat(tone(200, SECOND)[:, :1], 4, axis=1)
    before = mde.frames(words)
    mde.byte(*change)
    after = mde.frames(words)
    bend = np.abs(np.diff(np.vstack([before[-1000:], after]).astype(float), 2, axis=0))
    calm = max(bend[100:900].max(), bend[-1000:].max())
    assert bend.max() <= 1.5 * calm + 1500


# ---- the rest

def test_distortion_and_over_drive_add_harmonics_more_with_drive() -> None:
    for number, key in ((21, "drive"), (22, "distortion")):
        shares = []
        for value in (0, 50, 100):
            out = alone(number, level=50, **{key: value}).frames(tone(500, SECOND))[-10_000:, 0].astype(float)
            power = np.abs(np.fft.rfft(out)) ** 2
            shares.append(1 - power[155:166].sum() / power[1:].sum())
        assert shares[0] < 0.01 < shares[1] < shares[2]


def test_the_exciter_adds_highs_with_the_sign_of_blend() -> None:
    plus, none, minus = (rms(alone(23, blend=value).frames(noise(SECOND))[:, 0]) for value in (99, 0, -99))
    assert plus > 1.3 * none and minus < none
    words = noise(1000)
    assert np.array_equal(alone(23, blend=0).frames(words)[:, :2], words[:, :2])


@pytest.mark.parametrize("number", [1, 2, 3, 4, 5, 6, 7, 8, 9, 21, 22, 24, 25])
def test_mono_in_effects_take_both_sides_alike(number: int) -> None:
    left, right = (alone(number).frames(impulse(9000, right=side, left=not side)) for side in (True, False))
    assert np.array_equal(left, right) and left[:, :2].any()

"""The tone generator's oscillator: pitch, loops, ends, and what lies between two words."""

from __future__ import annotations

from itertools import pairwise
from math import log2, pi, sin

import numpy as np
import pytest
from numpy.typing import NDArray
from tg_scripts import KEY, LOOP, ONE, Words, cycle, noise, play, put, run

from korgm1.sound.tg_mb87402 import Mb87402

SCALE = 2 * 65536 / 65535 / 16
"""Bus A to words: 6 dB and LEVEL FFFF undone."""
ALL = ["linear", "none", "4-point"]


def sound(words: Words, frames: int, interpolation: str = "linear", rule: str = "exclusive",
          **voice: int) -> NDArray[np.float64]:
    """A voice alone, in units of its words."""
    chip = Mb87402(interpolation, rule)
    return run(chip, words, [play(**voice), frames])[:, 0] * SCALE


def turns_a_frame(wave: NDArray[np.float64]) -> float:
    """Frequency by regression on the phase: the wave turned back by a first estimate, averaged, what is left of its
    phase as a straight line."""
    window = np.blackman(len(wave))
    spectrum = np.abs(np.fft.rfft(wave * window, 4 * len(wave)))
    rough = float(np.argmax(spectrum)) / (4 * len(wave))
    turned = wave * np.exp(-2j * pi * rough * np.arange(len(wave)))
    size = len(wave) // 8
    kernel = np.blackman(size) / np.blackman(size).sum()
    smooth = np.convolve(turned, kernel, "valid")
    slope = np.polyfit(np.arange(len(smooth)), np.unwrap(np.angle(smooth)), 1)[0]
    return rough + float(slope) / (2 * pi)


def cents(ratio: float) -> float:
    return 1200 * log2(ratio)


@pytest.mark.parametrize("interpolation", ALL)
@pytest.mark.parametrize("semitones", [-48, -41.3, -36, -24, -17.77, -12, -0.01, 0, 0.01, 7, 12, 24, 33.33, 36, 47.9])
def test_the_pitch_of_a_sine_is_its_increment(interpolation: str, semitones: float) -> None:
    """Eight octaves; within 0.1 cent."""
    increment = round(ONE * 2 ** (semitones / 12))
    wave = sound(cycle(128), 60_000, interpolation, loop=0, end=128, increment=increment, control=KEY | LOOP)
    assert abs(cents(turns_a_frame(wave) * 128 * ONE / increment)) < 0.1


def test_the_measurement_of_pitch_sees_a_fifth_of_a_cent() -> None:
    found = [
        turns_a_frame(sound(cycle(128), 60_000, loop=0, end=128, increment=increment, control=KEY | LOOP))
        for increment in (ONE, round(ONE * 2 ** (0.2 / 1200)))
    ]
    assert cents(found[1] / found[0]) == pytest.approx(0.2, abs=0.02)


def test_a_pitch_under_way_is_the_sum_of_its_increments() -> None:
    """The phase behind a ramp is what a straight way adds up to."""
    chip = Mb87402()
    run(chip, cycle(64), [play(loop=0, end=0x400000, increment=ONE), 1, put(pitch_ramp=8, increment=3 * ONE), 256])
    steps = [1.0] + [1 + 2 * k / 256 for k in range(1, 257)]
    assert chip.voice(0).address == sum(steps)


@pytest.mark.parametrize("interpolation", ALL)
@pytest.mark.parametrize("length", [1, 2, 3, 7, 61])
@pytest.mark.parametrize("increment", [ONE // 3, ONE, ONE * 5 // 4, 5 * ONE, 0xFFFFFF])
def test_a_loop_is_the_same_as_its_words_written_out(interpolation: str, length: int, increment: int) -> None:
    """START, the loop and 3,000 repetitions in a row, played without a loop."""
    words = noise(10 + length)
    frames = min(1000, 3000 * length * ONE // increment)
    straight = np.concatenate([words[:10], np.tile(words[10:], 3003)])
    looped = sound(words, frames, interpolation, loop=10, end=len(words), increment=increment, control=KEY | LOOP)
    assert np.array_equal(looped, sound(straight, frames, interpolation, end=len(straight), increment=increment))


@pytest.mark.parametrize("interpolation", ALL)
@pytest.mark.parametrize("increment", [ONE // 3, ONE, ONE * 5 // 4, 5 * ONE, 0xFFFFFF])
def test_a_sound_without_loop_ends_behind_its_last_word(interpolation: str, increment: int) -> None:
    """As if only zeros followed; what lies behind END is not heard."""
    words = noise(100)
    wave = sound(words, 400, interpolation, start=3, end=40, increment=increment)
    alone = np.concatenate([words[:40], np.zeros(60, np.int16)])
    whole = sound(alone, 400, interpolation, start=3, end=0x10000, increment=increment)
    sounding = -(-(40 - 3) * ONE // increment)
    assert np.array_equal(wave[:sounding], whole[:sounding])
    assert wave[:sounding].any() and not wave[sounding:].any()


@pytest.mark.parametrize("control", [KEY, KEY | LOOP])
@pytest.mark.parametrize("end", [0, 5, 8])
def test_a_start_at_or_behind_the_end_gives_nothing_without_a_loop(control: int, end: int) -> None:
    assert not sound(noise(64), 50, start=8, loop=end, end=end, control=control).any()


@pytest.mark.parametrize("interpolation", ALL)
@pytest.mark.parametrize("start", [20, 25, 30, 45, 0xFFFFFA])
def test_a_start_behind_the_end_is_brought_into_the_loop(interpolation: str, start: int) -> None:
    """It is where whole rounds of 10 words lead, also to the neighbour before the first word."""
    words = noise(64)
    straight = np.concatenate([words[:20], np.tile(words[10:20], 20)])
    wave = sound(words, 99, interpolation, start=start, loop=10, end=20, increment=ONE // 3, control=KEY | LOOP)
    assert np.array_equal(wave, sound(straight, 99, interpolation, start=20 + start % 10, end=220, increment=ONE // 3))


def test_words_outside_the_rom_are_0() -> None:
    """The last one is joined to them by a line; nothing is read behind the ROM."""
    wave = sound(cycle(64) | 1, 20, start=60, end=0xFFFFFF, increment=ONE // 2)
    assert wave[:8].all() and not wave[8:].any()
    assert not sound(noise(16), 20, start=0xFFFF00, loop=0xFFFF00, end=0xFFFFFF, control=KEY | LOOP).any()
    assert not sound(np.zeros(0, np.int16), 20, loop=0, end=5, control=KEY | LOOP).any()


@pytest.mark.parametrize("interpolation", ["linear", "4-point"])
@pytest.mark.parametrize("length", [251, 509, 1021])
@pytest.mark.parametrize("increment", [ONE * 7 // 9, ONE * 31 // 17, ONE * 1000 // 301])
def test_a_loop_has_no_step_larger_than_the_wave_has(interpolation: str, length: int, increment: int) -> None:
    """A sine of prime length, its loop end included in hundreds of rounds; two words for the rounding of words."""
    amplitude, frames = 32000, 300 * length * ONE // increment
    words = np.concatenate([cycle(length, amplitude)[-1:], cycle(length, amplitude)])
    wave = sound(words, frames, interpolation, start=1, loop=1, end=length + 1, increment=increment,
                 control=KEY | LOOP)
    steepest = amplitude * 2 * sin(pi * increment / ONE / length)
    assert np.abs(np.diff(wave)).max() < steepest + 2


def test_the_rule_of_the_loop_end() -> None:
    """A sine is smooth under its own rule, and has a step under the other: one word too many or too few."""
    steps = {}
    for rule in ("exclusive", "inclusive"):
        for end in (250, 251):
            wave = sound(np.tile(cycle(251), 2), 5000, rule=rule, loop=0, end=end, control=KEY | LOOP)
            steps[rule, end] = float(np.abs(np.diff(wave)).max())
    own = 32000 * 2 * sin(pi / 251) + 2
    assert steps["exclusive", 251] < own and steps["inclusive", 250] < own
    assert steps["exclusive", 250] > 1.5 * own > 1.5 * steps["inclusive", 250]
    words = noise(64)
    for rule, last in (("exclusive", 19), ("inclusive", 20)):
        wave = np.rint(sound(words, 30, rule=rule, start=10, loop=10, end=20))
        assert np.array_equal(wave[: last - 9], words[10 : last + 1]) and not wave[last - 9 :].any()
        looped = np.rint(sound(words, 30, rule=rule, start=last, loop=20, end=20, control=KEY | LOOP))
        assert (looped == words[20]).all() if rule == "inclusive" else not looped[1:].any()


def test_between_two_words_in_each_way() -> None:
    """Against the formulas, in floating point; the chip has 8 bits of fraction."""
    words = noise(40)
    increment = round(ONE / 7)
    at = [k * increment // ONE for k in range(200)]
    part = np.array([k * increment % ONE / ONE for k in range(200)])
    l, a, b, c = (np.array([float(words[8 + k + j]) for k in at]) for j in (-1, 0, 1, 2))   # noqa: E741
    cubic = a + part / 2 * ((b - l) + part * ((2 * l - 5 * a + 4 * b - c) + part * (c - l + 3 * (a - b))))
    expected = {"none": a, "linear": a + (b - a) * part, "4-point": np.clip(cubic, -32768, 32767.997)}
    for interpolation, wanted in expected.items():
        wave = sound(words, 200, interpolation, start=8, end=40, increment=increment)
        assert np.abs(wave - wanted).max() < 0.25, interpolation      # half a step of a bus, 1/4 word with level FFFF


def test_the_neighbours_at_a_loop() -> None:
    """4-point: before the first round the word before, then the loop's last; behind the last the loop's first two."""
    words = np.zeros(32, np.int16)
    words[9], words[19] = 16000, -16000      # the word before the loop, and the loop's last
    wave = sound(words, 44, "4-point", start=9, loop=10, end=20, increment=ONE // 2, control=KEY | LOOP)
    middle = [float(wave[2 * k + 1]) for k in range(22)]       # between words 9 + k and 10 + k, loop rounds
    assert [k for k, value in enumerate(middle) if abs(value) > 1] == [0, 1, 8, 9, 10, 11, 18, 19, 20, 21]
    assert np.sign([middle[k] for k in (0, 1, 8, 9, 10, 11)]).tolist() == [1, -1, 1, -1, -1, 1]
    linear = sound(words, 44, start=9, loop=10, end=20, increment=ONE // 2, control=KEY | LOOP)
    assert [k for k in range(22) if abs(linear[2 * k + 1]) > 1] == [0, 9, 10, 19, 20]


IMAGES = {"none": (-36.1, -35.9), "linear": (-72.1, -71.9), "4-point": (-120.0, -100.0)}
"""The strongest partial beside a sine of 64 words played at 749/1024 words a frame, in dB below it. A held word has
images of 1/63 and 1/65 of the sine, a line of their squares: -36.0 and -72.0 dB. The curve's drown in the rounding of
the wave's own words."""


@pytest.mark.parametrize("interpolation", IMAGES)
def test_images_of_a_sine(interpolation: str) -> None:
    """65,536 frames are 749 whole cycles, so each image has a bin of its own and no window is needed."""
    wave = sound(cycle(64), 1 << 17, interpolation, loop=0, end=64, increment=749 * 1024, control=KEY | LOOP)
    power = np.abs(np.fft.rfft(wave[1 << 16 :]))
    assert int(np.argmax(power)) == 749 and power[0] < power[749] * 1e-5
    low, high = IMAGES[interpolation]
    assert low < 20 * np.log10(np.delete(power, 749).max() / power[749]) < high


def test_a_held_wave_has_only_its_words() -> None:
    words = noise(16)
    wave = sound(words, 500, "none", loop=0, end=16, increment=ONE // 5, control=KEY | LOOP)
    assert set(np.rint(wave).tolist()) == set(words.tolist())
    assert sum(a != b for a, b in pairwise(wave.tolist())) == pytest.approx(100, abs=2)


def test_full_scale_is_not_exceeded_by_a_curve() -> None:
    """A cubic overshoots between two extremes; 24 bits hold it."""
    words = np.array([-32768, 32767, 32767, -32768] * 8, np.int16)
    wave = sound(words, 2000, "4-point", loop=0, end=32, increment=ONE // 9, control=KEY | LOOP)
    assert wave.max() == pytest.approx(32768, abs=0.5) and wave.min() == pytest.approx(-32768, abs=0.5)

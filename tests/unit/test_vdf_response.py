"""What the VDF does to frequencies, measured in impulse responses: corner, slope, no resonance (H-CUT, H-VDF12)."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from korgm1.sound.vdf_mb87404 import POLES, Mb87404

ROOT = Path(__file__).resolve().parents[2]
RATE = 31_250
FULL = (1 << 23) - 1
LENGTH = 6000


def hertz(code: float) -> float:
    return float(440 * 2 ** ((code / 256 - 69) / 12))


def filters(codes: list[int], poles: int = 2, law: str = "whole") -> Mb87404:
    """A chip whose voices have these cutoffs."""
    chip = Mb87404(poles, law)
    for voice, code in enumerate(codes):
        for place, value in ((0, 1), (2, code & 255), (3, code >> 8)):
            chip.write(32 * voice + place, value)
    return chip


def impulses(codes: list[int], poles: int = 2, law: str = "whole") -> np.ndarray:
    """The impulse response at each code, 1.0 = the impulse."""
    found = []
    rows = np.zeros((8, LENGTH), np.int32)
    rows[:, 0] = FULL
    for begin in range(0, len(codes), 8):
        part = codes[begin : begin + 8]
        found.append(filters(part, poles, law).samples(rows)[: len(part)] / FULL)
    return np.vstack(found)


def level(response: np.ndarray, at: float) -> float:
    """dB of an impulse response at a frequency."""
    turns = np.exp(-2j * np.pi * at / RATE * np.arange(len(response)))
    return float(20 * np.log10(abs(response @ turns)))


def corner(response: np.ndarray, near: float) -> float:
    """Where an impulse response is at -3.01 dB."""
    low, high = near / 2, min(near * 2, RATE / 2)
    for _ in range(16):
        middle = (low * high) ** 0.5
        low, high = (middle, high) if level(response, middle) > 10 * np.log10(0.5) else (low, middle)
    return float(low)


CODES = [36 << 8, 48 << 8, (60 << 8) + 128, 69 << 8, (81 << 8) + 77, 96 << 8, 108 << 8, 120 << 8, (129 << 8) + 200]


@pytest.mark.parametrize("poles", POLES)
def test_the_filter_is_at_minus_3_db_where_the_code_says(poles: int) -> None:
    for code, response in zip(CODES, impulses(CODES, poles), strict=True):
        assert abs(level(response, hertz(code)) + 3.0103) < 0.03, code / 256


@pytest.mark.parametrize("poles", POLES)
def test_by_the_other_law_each_pole_is(poles: int) -> None:
    for code, response in zip(CODES, impulses(CODES, poles, "pole"), strict=True):
        assert abs(level(response, hertz(code)) + 3.0103 * poles) < 0.03 * poles, code / 256


@pytest.mark.parametrize(("poles", "slope"), [(1, 6.02), (2, 12.04), (4, 24.08)])
def test_the_slope_is_6_db_an_octave_for_each_pole(poles: int, slope: float) -> None:
    (response,) = impulses([48 << 8], poles)
    above = 16 * hertz(48 << 8)
    fall = level(response, above / 2) - level(response, above)
    assert abs(fall - slope) < 0.06 * slope


def test_the_octaves_of_the_page() -> None:
    """docs/sound.md says what each octave above 262 Hz loses: the slope begins soft and flattens towards 15.6 kHz."""
    (response,) = impulses([60 << 8])
    levels = [level(response, hertz(60 << 8) * 2**octave) for octave in range(6)] + [level(response, RATE / 2)]
    said = re.search(r"lose ([0-9., and]+) dB", (ROOT / "docs" / "sound.md").read_text("utf-8"))
    assert said is not None
    told = [float(word) for word in re.findall(r"[0-9]+\.[0-9]", said[1])]
    assert len(told) == 6 and np.abs(-np.diff(levels) - told).max() < 0.06


def test_codes_a_semitone_apart_move_the_corner_by_one() -> None:
    codes = [key << 8 for key in range(45, 125)]
    corners = [corner(response, hertz(code)) for code, response in zip(codes, impulses(codes), strict=True)]
    cents = 1200 * np.log2(np.array(corners[1:]) / corners[:-1])
    assert abs(cents - 100).max() < 2


def test_codes_between_the_keys_are_in_tune_too() -> None:
    codes = [(60 << 8) + part for part in range(0, 257, 16)]
    corners = [corner(response, hertz(code)) for code, response in zip(codes, impulses(codes), strict=True)]
    cents = 1200 * np.log2(np.array(corners) / [hertz(code) for code in codes])
    assert abs(cents).max() < 2


@pytest.mark.parametrize("poles", POLES)
def test_a_higher_code_lets_no_frequency_through_less(poles: int) -> None:
    codes = [key << 8 for key in range(40, 136)]
    levels = np.abs(np.fft.rfft(impulses(codes, poles), axis=1))
    assert (np.diff(levels, axis=0) > -1e-5).all()


@pytest.mark.parametrize("poles", POLES)
def test_there_is_no_resonance(poles: int) -> None:
    """No frequency is louder than it was, and the response falls from 0 Hz on."""
    levels = np.abs(np.fft.rfft(impulses([key << 8 for key in range(40, 136)], poles), axis=1))
    assert levels.max() < 1 + 1e-5
    assert (np.diff(levels, axis=1) < 2e-5).all()


def test_a_step_never_overshoots() -> None:
    for poles in POLES:
        rows = np.full((8, 4000), 1_000_003, np.int32)
        out = filters([key << 8 for key in (20, 60, 90, 110, 125, 130, 132, 133)], poles).samples(rows)
        assert (np.diff(out, axis=1) >= 0).all() and out.max() == 1_000_003

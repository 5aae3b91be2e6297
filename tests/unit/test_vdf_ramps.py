"""The VDF's registers: words taken with their high byte, straight ways of 2^n frames, the sum of three codes."""

from __future__ import annotations

from fractions import Fraction
from math import floor

import numpy as np
import pytest

from korgm1.sound.vdf_mb87404 import Mb87404

CUTOFF, RAMP, EG, MG = 0x02, 0x04, 0x06, 0x08


def running(voice: int = 0) -> Mb87404:
    chip = Mb87404()
    chip.write(32 * voice, 1)
    return chip


def word(chip: Mb87404, place: int, value: int, n: int | None = None, voice: int = 0) -> None:
    """Write a word, low byte first, and RAMP before it."""
    if n is not None:
        chip.write(32 * voice + RAMP, n)
    chip.write(32 * voice + place, value & 255)
    chip.write(32 * voice + place + 1, value >> 8 & 255)


def codes(chip: Mb87404, frames: int, voice: int = 0) -> list[int]:
    """The code in each of so many frames."""
    found = []
    for _ in range(frames):
        chip.samples(np.zeros((8, 1), np.int32))
        found.append(chip.code(voice))
    return found


@pytest.mark.parametrize("n", range(12))
@pytest.mark.parametrize(("begin", "end"), [(0, 0xFFFF), (0xFFFF, 0), (1000, 1001), (5, 3333), (40_000, 39_990)])
def test_a_way_is_straight_and_takes_exactly_2_to_the_n_frames(n: int, begin: int, end: int) -> None:
    chip = running()
    word(chip, CUTOFF, begin, 0)
    assert codes(chip, 1) == [begin]
    word(chip, CUTOFF, end, n)
    expected = [floor(begin + Fraction((end - begin) * frame, 1 << n)) for frame in range(1, (1 << n) + 1)]
    assert codes(chip, (1 << n) + 3) == [*expected, end, end, end]


@pytest.mark.parametrize("n", range(12, 16))
def test_a_long_way_ends_on_its_frame_and_not_before(n: int) -> None:
    chip = running()
    word(chip, CUTOFF, 0x8000, n)
    frames = 1 << n
    assert chip.samples(np.zeros((8, frames // 2), np.int32)).shape == (8, frames // 2) and chip.code(0) == 0x4000
    chip.samples(np.zeros((8, frames // 2 - 1), np.int32))
    assert chip.code(0) < 0x8000
    assert codes(chip, 2) == [0x8000, 0x8000]


def test_only_bits_0_to_3_of_ramp_count() -> None:
    chip = running()
    word(chip, CUTOFF, 400, 0xF2)
    assert codes(chip, 5) == [100, 200, 300, 400, 400]


def test_a_new_target_is_reached_from_where_the_value_is() -> None:
    chip = running()
    word(chip, CUTOFF, 1600, 4)
    assert codes(chip, 4) == [100, 200, 300, 400]
    word(chip, CUTOFF, 0, 2)
    assert codes(chip, 5) == [300, 200, 100, 0, 0]


def test_the_same_target_again_takes_its_time_again() -> None:
    chip = running()
    word(chip, CUTOFF, 800, 3)
    assert codes(chip, 4)[-1] == 400
    word(chip, CUTOFF, 800, 3)
    assert codes(chip, 8) == [450, 500, 550, 600, 650, 700, 750, 800]


def test_ramp_is_taken_with_the_next_word_of_each_kind() -> None:
    chip = running()
    word(chip, CUTOFF, 800, 3)
    chip.write(RAMP, 0)
    assert codes(chip, 2) == [100, 200]
    word(chip, EG, 1000)
    assert codes(chip, 2) == [1300, 1400]


def test_a_low_byte_alone_changes_nothing() -> None:
    chip = running()
    word(chip, CUTOFF, 0x1234, 0)
    chip.write(CUTOFF, 0xFF)
    assert codes(chip, 1) == [0x1234]
    chip.write(CUTOFF + 1, 0x12)
    assert codes(chip, 1) == [0x12FF]


@pytest.mark.parametrize(("cutoff", "eg", "mg", "code"), [
    (1000, 20, 3, 1023), (1000, -20, -3, 977), (1000, -1001, 0, 0), (0, 0x7FFF, 0x7FFF, 0xFFFE),
    (0xFFFF, 1, 0, 0xFFFF), (0xFFFF, 0x7FFF, 0x7FFF, 0xFFFF), (0xFFFF, -0x8000, -0x8000, 0), (0, -0x8000, 0x7FFF, 0),
    (0xFFFF, 0x7FFF, -0x8000, 0xFFFE),
])
def test_the_code_is_the_sum_of_three_saturated_once(cutoff: int, eg: int, mg: int, code: int) -> None:
    chip = running(3)
    for place, value in ((CUTOFF, cutoff), (EG, eg), (MG, mg)):
        word(chip, place, value, 0, voice=3)
    assert codes(chip, 2, voice=3) == [code, code]


def test_three_ways_at_once_add_up_frame_by_frame() -> None:
    chip = running()
    word(chip, CUTOFF, 16_000, 4)
    word(chip, EG, -800, 3)
    word(chip, MG, 40, 1)
    expected = [1000 * f - 100 * min(f, 8) + 20 * min(f, 2) for f in range(1, 17)]
    assert codes(chip, 18) == [*expected, expected[-1], expected[-1]]


def test_saturation_forgets_nothing_of_a_way() -> None:
    """The sum is cut, not the ramps: what comes back from beyond is there in time."""
    chip = running()
    word(chip, CUTOFF, 0xFFFF, 0)
    word(chip, EG, 0x7FFF, 0)
    codes(chip, 1)
    word(chip, EG, 0, 3)
    assert codes(chip, 8) == [0xFFFF] * 8
    word(chip, EG, -800, 3)
    assert codes(chip, 8) == [0xFFFF - 100 * frame for frame in range(1, 9)]


def test_run_0_clears_the_ramps_and_words_written_then_are_kept() -> None:
    chip = running()
    word(chip, CUTOFF, 5000, 5)
    codes(chip, 7)
    chip.write(0, 0)
    assert codes(chip, 40) == [0] * 40
    word(chip, CUTOFF, 700, 0)
    chip.write(0, 1)
    assert codes(chip, 1) == [700]


def test_a_voices_registers_are_its_own() -> None:
    chip = Mb87404()
    for voice in range(8):
        word(chip, CUTOFF, 1000 * voice, voice, voice)
    chip.samples(np.zeros((8, 200), np.int32))
    assert [chip.code(voice) for voice in range(8)] == [1000 * voice for voice in range(8)]
    assert [chip.registers[32 * voice + RAMP] for voice in range(8)] == list(range(8))


def test_other_ports_are_kept_without_effect_and_reads_are_open_bus() -> None:
    chip = Mb87404(open_bus=0xA5)
    before = chip.snapshot()["chip"]
    used = {0, 2, 3, 4, 6, 7, 8, 9}
    for place in set(range(32)) - used:
        chip.write(32 + place, 0x5A)
        assert chip.registers[32 + place] == 0x5A and chip.read(32 + place) == chip.peek(32 + place) == 0xA5
    chip.samples(np.zeros((8, 5), np.int32))
    for place in set(range(32)) - used:
        chip.write(32 + place, 0)
    assert chip.snapshot()["chip"] == before

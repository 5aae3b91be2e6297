"""The LCD's glass: the contrast pot, slow dots, the backlight, and where each dot's pixels are."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from korgm1.board.lcd_glass import OFF, ON, STEPS, UNLIT, Shape, drive, follow, ghost, paint, picture, targets
from korgm1.board.lcd_picture import LIT
from korgm1.errors import UsageError
from korgm1.hypotheses import Hypotheses
from korgm1.physics.el_foil import brightness

BLANK = np.zeros((2, 40, 8, 5), np.float32)


def test_the_waveform_is_the_best_for_sixteen_lines() -> None:
    lines = 16
    assert pytest.approx(((lines**0.5 + 1) / (lines**0.5 - 1)) ** 0.5) == ON / OFF


def test_the_pot_goes_from_faint_to_all_cells_dark() -> None:
    on, off = zip(*(drive(pot) for pot in range(101)), strict=True)
    assert list(on) == sorted(on) and list(off) == sorted(off)
    assert on[0] < 0.2 and off[0] < 0.01, "too low: hardly anything shows"
    assert on[50] == pytest.approx(0.90, abs=0.01) and off[50] == pytest.approx(0.10, abs=0.01)
    assert off[100] > 0.6, "too high: every cell is a block"
    assert max(a - b for a, b in zip(on, off, strict=True)) == pytest.approx(on[50] - off[50], abs=0.02)


def test_the_middle_of_the_pot_is_the_picture_of_render() -> None:
    shades = paint(1.0)
    for level, colour in ((drive(50)[0], LIT.dark), (drive(50)[1], LIT.rest), (0.0, LIT.ground)):
        assert np.abs(shades[round(level * (STEPS - 1))].astype(int) - colour).max() <= 2


def test_a_dot_follows_in_its_time() -> None:
    """150 and 200 ms from 10 to 90 %: after ln 9 time constants."""
    rise, fall = ghost("150,200")
    up, down = np.zeros(1, np.float32), np.ones(1, np.float32)
    at = {0.1: 0.0, 0.9: 0.0}
    for step in range(1000):
        up = follow(up, np.ones(1, np.float32), 0.001, (rise, fall))
        for level in at:
            if not at[level] and up[0] >= level:
                at[level] = step / 1000
    assert at[0.9] - at[0.1] == pytest.approx(0.150, abs=0.003)
    assert follow(down, np.zeros(1, np.float32), fall, (rise, fall))[0] == pytest.approx(1 / np.e, abs=0.001)


def test_time_can_be_cut_as_one_likes() -> None:
    times = ghost("150,200")
    aims = targets(np.random.default_rng(1).random(BLANK.shape) < 0.5, 50, True)
    once = follow(BLANK, aims, 0.1, times)
    often = BLANK
    for _ in range(10):
        often = follow(often, aims, 0.01, times)
    assert np.abs(once - often).max() < 1e-3
    assert np.array_equal(follow(once, aims, 5.0, times), aims), "and it arrives"


def test_without_power_the_glass_goes_clear() -> None:
    assert not targets(np.ones(BLANK.shape, bool), 50, False).any()


def test_no_ghost_is_at_once() -> None:
    aims = targets(np.ones(BLANK.shape, bool), 50, True)
    assert np.array_equal(follow(BLANK, aims, 0.0, ghost("0,0")), aims)


@pytest.mark.parametrize("text", ["", "1", "1,2,3", "a,b", "-1,5", "nan,1", "inf,inf", "10000,1", "1,2\n", "\u0661,2"])
def test_another_text_is_no_ghost(text: str) -> None:
    with pytest.raises(UsageError, match="milliseconds"):
        Hypotheses({"H-LCD-GHOST": text})


def test_what_is_let_through_can_be_used() -> None:
    for text in ("0,0", "9999.9,0.5", "0000,1"):
        assert all(0 <= time < 10 for time in ghost(Hypotheses({"H-LCD-GHOST": text})["H-LCD-GHOST"]))


def test_the_default_guesses_are_these() -> None:
    guesses = Hypotheses()
    assert ghost(guesses["H-LCD-GHOST"]) == ghost("150,200")
    assert brightness(4000, guesses["H-EL-HALF"]) == 0.5


def test_a_foil_fades_ever_slower() -> None:
    light = [brightness(hours, 4000) for hours in range(0, 40_000, 4000)]
    steps = [a - b for a, b in itertools.pairwise(light)]
    assert light[0] == 1 and light[1] == 0.5 and steps == sorted(steps, reverse=True) and light[-1] > 0


@pytest.mark.parametrize("pitch", range(1, 13))
def test_every_dot_is_a_square_in_its_place(pitch: int) -> None:
    shape = Shape.of(pitch)
    side = pitch - shape.gap
    for line, column, row, dot in [(0, 0, 0, 0), (1, 39, 7, 4), (0, 17, 3, 2)]:
        levels = BLANK.copy()
        levels[line, column, row, dot] = 1
        image = picture(levels, shape, 1.0)[..., :3]
        y, x = line * shape.line + row * pitch, column * shape.column + dot * pitch
        dark = (image == paint(1.0)[-1]).all(axis=2)
        assert dark[y : y + side, x : x + side].all() and dark.sum() == side * side
    wide, high = shape.size()
    assert image.shape == (high + shape.line_gap + shape.gap, wide + shape.column_gap + shape.gap, 3)


@pytest.mark.parametrize("pitch", [1, 4, 7])
def test_each_pixel_is_dot_seam_or_ground(pitch: int) -> None:
    levels = np.random.default_rng(pitch).random((2, 3, 8, 5), np.float32)
    shape, shades = Shape.of(pitch), np.round(levels * (STEPS - 1)).astype(int)
    expected = np.zeros((2 * shape.line, 3 * shape.column), int)
    for (line, column, row, dot), shade in np.ndenumerate(shades):
        top, left = line * shape.line + row * pitch, column * shape.column + dot * pitch
        below = min(shade, shades[line, column, row + 1, dot]) // 3 * 2 if row < 7 else 0
        right = min(shade, shades[line, column, row, dot + 1]) // 3 * 2 if dot < 4 else 0
        size = pitch - shape.gap
        expected[top : top + size, left : left + size] = shade
        expected[top + size : top + pitch, left : left + size] = below
        expected[top : top + size, left + size : left + pitch] = right
    np.testing.assert_array_equal(picture(levels, shape, 0.6)[..., :3], paint(0.6)[expected])


def test_dots_side_by_side_are_joined_by_a_fainter_seam() -> None:
    levels = BLANK.copy()
    levels[0, 0, 0, :2] = levels[0, 0, 1, 0] = 1
    image = picture(levels, Shape.of(4), 1.0)[..., :3].astype(int)
    ground, dark = paint(1.0)[0].astype(int), paint(1.0)[-1].astype(int)
    for y, x in [(0, 3), (3, 0)]:
        assert (image[y, x] > dark).all() and (image[y, x] < ground).all()
    assert (image[3, 3] == ground).all() and (image[3, 4] == ground).all()


@pytest.mark.parametrize(("width", "pitch"), [(300, 1), (700, 3), (720, 3), (950, 4), (1360, 6), (1960, 8), (3000, 13)])
def test_the_largest_whole_pitch_that_fits(width: int, pitch: int) -> None:
    shape = Shape.fitting(width, 10_000)
    assert shape.pitch == pitch and (shape.size()[0] <= width or pitch == 1)
    assert Shape.of(pitch + 1).size()[0] > width


def test_light_fades_from_the_foils_colour_to_the_rooms() -> None:
    brightnesses = [int(paint(light / 10)[0].sum()) for light in range(11)]
    assert brightnesses == sorted(brightnesses)
    assert tuple(paint(0.0)[0]) == UNLIT[0] and tuple(paint(1.0)[0]) == LIT.ground

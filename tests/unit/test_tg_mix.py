"""Behind the filters: levels, panpots, and sums of voices."""

from __future__ import annotations

from math import floor, sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from tg_scripts import KEY, LOOP, Write, noise, play, put, run

from korgm1.sound.native import ffi, lib
from korgm1.sound.tg_mb87402 import VOICES, Mb87402

STEADY = np.array([-32768], np.int16)
"""The loudest word there is."""
FULL = 1 << 18
"""A full-scale voice on a bus at 6 dB."""
TENTHS = [(10, 0), (9, 1), (8, 2), (7, 3), (6, 4), (5, 5), (4, 6), (3, 7), (2, 8), (1, 9), (0, 10)]


def steady(voice: int = 0, **values: int) -> list[Write]:
    """The loudest word for ever."""
    return play(voice, loop=0, end=1, increment=0, control=KEY | LOOP, **values)


def buses(script: list[Write], **wiring: object) -> list[int]:
    return run(Mb87402(**wiring), STEADY, [script, 1])[0].tolist()    # type: ignore[arg-type, no-any-return]


def mixed(chip: Mb87402, samples: NDArray[np.int32]) -> NDArray[np.int32]:
    """What comes from the filters, 16 x n samples of 24 bits, on the buses."""
    rows = np.zeros((VOICES, lib.TG_BLOCK), np.int32)
    rows[:, : samples.shape[1]] = samples
    out = np.empty((samples.shape[1], 4), np.int32)
    lib.tg_mix(chip.pointer, ffi.from_buffer("int32_t[]", rows), ffi.from_buffer("int32_t[]", out), samples.shape[1])
    return out


@pytest.mark.parametrize("law", ["ratio", "power"])
@pytest.mark.parametrize("pan", [*range(16), 128, 255])
def test_the_panpot(law: str, pan: int) -> None:
    """Each share within a rounding of 1/32768 of what its name says; above 13 as 13."""
    if pan <= 10:
        wanted = [k / 10 if law == "ratio" else sqrt(k / 10) for k in TENTHS[pan]] + [0.0, 0.0]
    else:
        wanted = {11: [0.0, 0.0, 1.0, 0.0], 12: [0.0, 0.0, 1.0, 1.0]}.get(pan, [0.0, 0.0, 0.0, 1.0])
    found = buses(steady(pan=pan), pan=law)
    for share, bus in zip(wanted, found, strict=True):
        assert abs(bus + FULL * share * 65535 / 65536) <= FULL / 65536 + 0.5
        assert (bus == 0) == (share == 0)


@pytest.mark.parametrize("law", ["ratio", "power"])
@pytest.mark.parametrize("pan", range(11))
def test_left_and_right_are_mirrored(law: str, pan: int) -> None:
    a, b, c, d = buses(steady(pan=pan), pan=law)
    assert buses(steady(pan=10 - pan), pan=law) == [b, a, c, d]


@pytest.mark.parametrize(("headroom", "part"), [(6, 2), (12, 4), (18, 8), (24, 16)])
def test_the_room_above_a_voice(headroom: int, part: int) -> None:
    """A full-scale voice is a half of the bus at 6 dB, and so on; LEVEL FFFF is 65535/65536."""
    exact = -(1 << 19) / part * 65535 / 65536
    assert buses(steady(), headroom=headroom) == [floor(exact + 0.5), 0, 0, 0]


@pytest.mark.parametrize("level", [0, 1, 2, 0x100, 0x1234, 0x8000, 0xFFFF])
def test_a_level_is_a_straight_amplitude_and_halves_are_rounded_up(level: int) -> None:
    for sample in (-32768, -12345, -1, 1, 12345, 32767):
        chip = Mb87402()
        out = run(chip, np.array([sample], np.int16), [steady(level=level), 1])[0, 0]
        assert out == (sample * level * 8 + 0x8000) // 0x10000


def test_a_level_under_way_has_a_fraction() -> None:
    """16 bits would be stairs of 16 frames; 8 bits more are not."""
    wave = run(Mb87402(), STEADY, [steady(level=0), 1, put(level_ramp=12, level=0x100), 4096])[1:, 0]
    exact = -np.arange(1, 4097) * 0x100 / 4096 * FULL / 65536
    assert np.abs(wave - exact).max() < 0.51
    assert len(set(wave.tolist())) == 1025


@pytest.mark.parametrize("n", [1, 2, 31, 32])
def test_samples_of_24_bits_are_taken_whole(n: int) -> None:
    """What the filters send may have any fraction."""
    rng = np.random.default_rng(n)
    samples = rng.integers(-(1 << 23), 1 << 23, (VOICES, n)).astype(np.int32)
    samples[0, 0], samples[1, 0] = -(1 << 23), (1 << 23) - 1
    levels = [int(level) for level in rng.integers(0, 0x10000, VOICES)]
    for bus, pan in enumerate((0, 10, 11, 13)):
        chip = Mb87402(headroom=24)
        for voice, level in enumerate(levels):
            run(chip, STEADY, [put(voice, level=level, pan=pan)])
        parts = (samples.astype(np.int64) * np.array(levels)[:, None] + (1 << 23)) >> 24
        assert np.array_equal(mixed(chip, samples)[:, bus], parts.sum(axis=0))
        assert not np.delete(mixed(chip, samples), bus, 1).any()


def test_a_filter_that_rings_on_is_heard_behind_the_key() -> None:
    chip = Mb87402()
    run(chip, STEADY, [steady(), 1, put(control=0)])
    assert mixed(chip, np.full((VOICES, 3), 1 << 20, np.int32))[:, 0].tolist() == [32768] * 3


@pytest.mark.parametrize("sign", [1, -1])
def test_the_sum_is_cut_off_at_20_bits_and_only_there(sign: int) -> None:
    """Sixteen full voices; and nine against seven, whose sum has room, are exact."""
    full = sign * ((1 << 23) - 1)
    chip = Mb87402()
    for voice in range(VOICES):
        run(chip, STEADY, [put(voice, level=0xFFFF)])
    rows = np.full((VOICES, 1), full, np.int32)
    assert mixed(chip, rows)[0].tolist() == [0x7FFFF if sign > 0 else -0x80000, 0, 0, 0]
    one = int(mixed(chip, np.array([[full]] + [[0]] * 15, np.int32))[0, 0])
    other = int(mixed(chip, np.array([[-full]] + [[0]] * 15, np.int32))[0, 0])
    assert abs(one) == pytest.approx(FULL, rel=1e-4)
    rows[9:] = -full
    assert mixed(chip, rows)[0, 0] == 9 * one + 7 * other


def any_voice(rng: np.random.Generator, voice: int) -> list[Write]:
    start, loop, end = sorted(int(at) for at in rng.integers(0, 500, 3))
    return put(voice, level_ramp=int(rng.integers(0, 11)), pitch_ramp=int(rng.integers(0, 11))) + play(
        voice, start=start, loop=loop, end=end, increment=int(rng.integers(0, 1 << 22)),
        level=int(rng.integers(0, 0x10000)), pan=int(rng.integers(0, 14)), control=int(rng.integers(0, 4)) | KEY)


@given(st.integers(0, 1 << 32), st.sampled_from(["linear", "none", "4-point"]), st.sampled_from(["ratio", "power"]))
@settings(max_examples=40, deadline=None)
def test_sixteen_voices_are_the_sum_of_sixteen_solos(seed: int, interpolation: str, pan: str) -> None:
    """With changes in the middle; 24 dB of room, so nothing is ever cut off."""
    rng = np.random.default_rng(seed)
    words = noise(500, seed)
    first, second = ([any_voice(rng, voice) for voice in range(VOICES)] for _ in range(2))
    wiring = {"interpolation": interpolation, "headroom": 24, "pan": pan}
    together = run(Mb87402(**wiring), words, [*first, 300, *second, 300])    # type: ignore[arg-type]
    solos = [run(Mb87402(**wiring), words, [a, 300, b, 300])                 # type: ignore[arg-type]
             for a, b in zip(first, second, strict=True)]
    assert np.array_equal(together, sum(solos)) and together.any()


def test_the_loudest_sixteen_fit_at_24_db_and_not_at_18() -> None:
    script = [write for voice in range(VOICES) for write in steady(voice)]
    assert buses(script, headroom=24) == [16 * -32767, 0, 0, 0]
    assert buses(script, headroom=18) == [-0x80000, 0, 0, 0]

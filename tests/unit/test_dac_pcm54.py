"""The converter: public coding, the tables of distortion that its model was chosen by, and the C side alone."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from c_programs import CEXT, compiled, run_sanitised
from hypothesis import given
from hypothesis import strategies as st

from korgm1.errors import UsageError
from korgm1.hypotheses import Hypotheses
from korgm1.snapshot import Snapshot, decode, encode
from korgm1.sound.dac_pcm54 import FULL_SCALE, LSB, PROFILES, RANGES, Pcm54, code, slot_order, weight_errors

POINTS, CYCLES = 65536, 997    # coherent, and each point of the sine another phase
ALL = np.arange(-0x80000, 0x80000)
IDEAL = (0.0,) * 16


@cache
def sine(decibels: float, bits: int) -> npt.NDArray[np.int64]:
    """Whole numbers of 20 bits; with 16, the lowest four are 0."""
    top = (1 << bits - 1) - 1
    wave = np.sin(2 * np.pi * CYCLES / POINTS * np.arange(POINTS))
    return np.round(top * 10 ** (decibels / 20) * wave).astype(int) << 20 - bits


def levels(dac: Pcm54, samples: npt.NDArray[np.integer]) -> npt.NDArray[np.int32]:
    """Of samples that go through one converter, all outputs in use."""
    return dac.frames(samples.reshape(-1, 4)).reshape(-1)


def distortion(dac: Pcm54, decibels: float, bits: int) -> float:
    """THD+N of a sine in dB below it, 0 Hz left out."""
    power = np.abs(np.fft.rfft(levels(dac, sine(decibels, bits)))) ** 2
    power[0] = 0
    return float(10 * np.log10((power.sum() - power[CYCLES]) / power[CYCLES]))


def distortions(dac: Pcm54, at: Sequence[float], bits: int) -> list[float]:
    return [distortion(dac, decibels, bits) for decibels in at]


def msb(error: float) -> list[float]:
    return [*IDEAL[:15], error]


# the coding (data sheet)


@pytest.mark.parametrize(("sample", "pins"), [
    (0x7FFF, 0x0000), (1, 0x7FFE), (0, 0x7FFF), (-1, 0x8000), (-0x8000, 0xFFFF),
])
def test_corner_codes_are_those_of_the_data_sheet(sample: int, pins: int) -> None:
    assert code(sample) == pins == ~(sample ^ 0x8000) & 0xFFFF
    assert (Pcm54().words([[sample << 4] * 4]) == pins).all()


def test_every_16_bit_sample_has_the_code_of_the_rule_and_an_ideal_converter_gives_it_back() -> None:
    samples = np.arange(-0x8000, 0x8000)
    dac = Pcm54()
    assert (dac.words((samples << 4).reshape(-1, 4)).reshape(-1) == 0x7FFF - samples).all()
    assert (levels(dac, samples << 4) == samples * LSB).all()
    assert (dac.table()[0x7FFF - samples] == samples * LSB).all()


def test_samples_beyond_20_bits_saturate() -> None:
    for ranges in RANGES:
        dac = Pcm54(ranges=ranges)
        beyond = dac.frames([[1 << 40, -(1 << 40), 0x80000, -0x80001]])
        assert (beyond == dac.frames([[0x7FFFF, -0x80000, 0x7FFFF, -0x80000]])).all()
        assert beyond.max() == 0x7FFF * LSB and beyond.min() == -FULL_SCALE


# the tables of facts 1.2


@pytest.mark.parametrize(("error", "row"), [
    (0.0, (-98.1, -78.1, -38.0)), (0.5, (-97.5, -77.5, -37.6)), (1.0, (-96.1, -76.2, -36.3)),
    (2.0, (-92.9, -73.0, -33.3)), (4.0, (-88.0, -68.1, -28.7)), (8.0, (-82.4, -62.4, -23.6)),
])
def test_an_error_of_the_greatest_weight_gives_the_table_s_distortion(error: float, row: tuple[float, ...]) -> None:
    assert distortions(Pcm54(msb(error)), (0, -20, -60), 16) == pytest.approx(row, abs=0.1)


@pytest.mark.parametrize(("sigma", "median", "worst"), [
    (1.0, (-93.2, -75.6, -36.3), (-89.6, -70.6, -31.0)), (2.0, (-88.4, -71.9, -33.4), (-84.1, -65.2, -25.9)),
])
def test_forty_units_with_random_weights_give_the_table_s_distortion(
    sigma: float, median: tuple[float, ...], worst: tuple[float, ...]
) -> None:
    """The units of the table are numpy's seeds 0 to 39; other draws of 40 differ by up to 2 dB at -60 dB."""
    law = sigma * 2.0 ** ((np.arange(16) - 15) / 2)
    units = [np.random.default_rng(seed).normal(0, 1, 16) * law for seed in range(40)]
    rows = np.array([distortions(Pcm54(list(map(float, unit))), (0, -20, -60), 16) for unit in units])
    assert np.median(rows, axis=0) == pytest.approx(median, abs=0.2)
    assert np.percentile(rows, 95, axis=0) == pytest.approx(worst, abs=0.2)


@pytest.mark.parametrize(("ranges", "row"), [
    ("none", (-98.1, -78.1, -58.0, -37.9)),
    ("x1x2x4x8", (-99.5, -95.4, -75.6, -55.6)),
    ("x1x4x16", (-98.8, -92.1, -82.2, -62.2)),
])
def test_gain_ranging_gives_the_table_s_distortion(ranges: str, row: tuple[float, ...]) -> None:
    assert distortions(Pcm54(ranges=ranges), (0, -20, -40, -60), 20) == pytest.approx(row, abs=0.25)


# ranges


@pytest.mark.parametrize("ranges", RANGES)
def test_every_sample_is_off_by_half_an_lsb_of_its_range_at_most(ranges: str) -> None:
    dac = Pcm54(ranges=ranges)
    gain = 1 << (dac.words(ALL.reshape(-1, 4)).reshape(-1).astype(int) >> 16)
    off = np.abs(levels(dac, ALL).astype(int) - ALL * 256)
    full = np.abs(ALL) >= 0x7FFF0    # the positive end has no code for 32768
    assert (off[~full] * 2 * gain[~full] <= LSB).all()
    assert off[full].max() <= LSB
    assert set(gain) == {"none": {1}, "x1x2x4x8": {1, 2, 4, 8}, "x1x4x16": {1, 4, 16}}[ranges]


@pytest.mark.parametrize("ranges", RANGES)
def test_no_step_between_neighbours_is_larger_than_an_lsb_of_the_coarser_range(ranges: str) -> None:
    dac = Pcm54(ranges=ranges)
    gain = 1 << (dac.words(ALL.reshape(-1, 4)).reshape(-1).astype(int) >> 16)
    steps = np.diff(levels(dac, ALL).astype(int))
    assert (steps >= 0).all()
    assert (steps * np.minimum(gain[1:], gain[:-1]) <= LSB).all()
    changes = np.flatnonzero(np.diff(gain))
    assert len(changes) == 2 * (len(set(gain)) - 1)


@pytest.mark.parametrize("ranges", ["x1x2x4x8", "x1x4x16"])
def test_the_range_is_the_finest_in_which_the_sample_fits(ranges: str) -> None:
    finer = {"x1x2x4x8": 2, "x1x4x16": 4}[ranges]
    gain = 1 << (Pcm54(ranges=ranges).words(ALL.reshape(-1, 4)).reshape(-1).astype(int) >> 16)
    not_finest = gain < gain.max()
    assert (np.abs(ALL[not_finest]) * gain[not_finest] * finer / 16 >= 0x7FFF).all()
    assert (np.abs(ALL) * gain / 16 < 0x8000 + 0.5).all()


@given(st.integers(-0x7FFFF, 0x7FFFF), st.sampled_from(sorted(RANGES)))
def test_an_ideal_converter_is_symmetrical(sample: int, ranges: str) -> None:
    plus, minus = Pcm54(ranges=ranges).frames([[sample, -sample, 0, 0]])[0, :2]
    assert plus == -minus or abs(sample) >= 0x7FFF0 >> 4


# the unit


def test_the_trimmer_takes_the_major_carry_away() -> None:
    worst = weight_errors("h-worst")
    assert (Pcm54(worst, trim=-8.0).table() == Pcm54().table()).all()
    step = np.diff(Pcm54(worst).table())[0x7FFF]    # 7FFF to 8000
    assert step == -(1 + 8) * LSB


def test_profiles_are_what_they_say() -> None:
    assert weight_errors("ideal") == list(IDEAL) and weight_errors("h-worst") == msb(8.0)
    units = np.array([weight_errors("typical", seed) for seed in range(2000)])
    assert units.mean(axis=0) == pytest.approx(msb(1.0), abs=0.05)
    assert units.std(axis=0) == pytest.approx(0.5 * 2.0 ** ((np.arange(16) - 15) / 2), rel=0.06)


def test_the_units_of_a_seed_stay_what_they_are() -> None:
    """A regression: no claim about any converter."""
    counts = [round(error * LSB) for seed in range(50) for error in weight_errors("typical", seed)]
    assert hashlib.sha1(np.array(counts, "<i4").tobytes()).hexdigest() == "5412249bc0043f900307b14e9309d4ffa5bd0433"


@pytest.mark.parametrize("profile", PROFILES)
def test_what_a_unit_gives_stays_what_it_is(profile: str) -> None:
    """A regression: no claim about any converter."""
    given_ = levels(Pcm54(weight_errors(profile, 1), "x1x2x4x8"), ALL[::7][: len(ALL) // 28 * 4])
    expected = {
        "ideal": "320348eff6a9682a65e69f5f168572b0a49efd02",
        "typical": "01cfcf49a7e65f5a54fb85f16fdf0c27f478a6d4",
        "h-worst": "783e67ccff0cde8b408895b25656b4bb84424bd7",
    }[profile]
    assert hashlib.sha1(given_.astype("<i4").tobytes()).hexdigest() == expected


def test_a_zero_error_is_there_in_every_sample_divided_by_its_range() -> None:
    dac = Pcm54(zero=328.0)
    assert set(levels(dac, sine(-20, 20)) - levels(Pcm54(), sine(-20, 20))) == {328 * LSB}
    ranged = Pcm54(zero=328.0, ranges="x1x2x4x8").frames([[0, 0x20000, 0x40000, 0x7FFF0]])[0]
    assert (ranged - Pcm54(ranges="x1x2x4x8").frames([[0, 0x20000, 0x40000, 0x7FFF0]])[0]).tolist() == [
        328 * LSB // 8, 328 * LSB // 2, 328 * LSB, 328 * LSB
    ]


# the demultiplexer


@pytest.mark.parametrize("order", [[0, 1, 2, 3], [3, 0, 2, 1]])
def test_words_come_in_the_order_of_the_slots_and_each_output_holds_its_own(order: list[int]) -> None:
    frame = [[16 * n for n in (100, 200, 300, 400)]]
    dac = Pcm54(slots=order)
    assert dac.words(frame)[0].tolist() == [0x7FFF - 100 * (output + 1) for output in order]
    assert dac.frames(frame)[0].tolist() == [n * LSB for n in (100, 200, 300, 400)] == dac.held()


def test_the_order_of_the_hypothesis_is_read() -> None:
    assert slot_order(" 4, 3,2,1") == [3, 2, 1, 0]
    for text in ("", "1,2,3", "1,2,3,3", "0,1,2,3", "1,2,3,4,1", "a,b,c,d"):
        with pytest.raises(UsageError, match="H-DAC-SLOTS"):
            Pcm54.of(Hypotheses({"H-DAC-SLOTS": text}))


@pytest.mark.parametrize(("key", "value", "sound"), [
    ("H-RANGE", "none", True), ("H-RANGE", "x1x4x16", True), ("H-DAC-ERROR", "ideal", True),
    ("H-DAC-ERROR", "h-worst", True), ("H-DAC-SLOTS", "2,1,3,4", False),
])
def test_each_hypothesis_has_a_switch_that_works(key: str, value: str, sound: bool) -> None:
    plain, other = Pcm54.of(Hypotheses()), Pcm54.of(Hypotheses({key: value}))
    assert (levels(plain, ALL) != levels(other, ALL)).any() == sound
    quiet = np.arange(16).reshape(-1, 4)
    assert (plain.words(quiet) != other.words(quiet)).any() == (key != "H-DAC-ERROR")


# blocks, snapshots, refusals


FRAMES = st.lists(st.tuples(*[st.integers(-0x90000, 0x90000)] * 4), min_size=1, max_size=60)


@given(FRAMES, st.lists(st.integers(0, 60), max_size=5), st.sampled_from(sorted(RANGES)))
def test_blocks_do_not_matter(frames: list[tuple[int, ...]], cuts: list[int], ranges: str) -> None:
    samples = np.array(frames)
    unit = weight_errors("typical", 3)
    whole = Pcm54(unit, ranges).frames(samples)
    dac = Pcm54(unit, ranges)
    parts = [dac.frames(part) for part in np.split(samples, sorted(cut % len(samples) for cut in cuts))]
    assert (np.concatenate(parts) == whole).all()


@given(FRAMES)
def test_a_snapshot_is_the_unit_its_wiring_and_what_it_holds(frames: list[tuple[int, ...]]) -> None:
    dac = Pcm54(weight_errors("typical", 9), "x1x4x16", (2, 0, 1, 3), trim=0.5, zero=-20)
    dac.frames(np.array(frames))
    block = decode(encode(Snapshot({}, {"dac": dac.snapshot()}))).blocks["dac"]
    other = Pcm54()
    other.restore(block)
    assert other.snapshot() == block and other.held() == dac.held() and list(other.slots) == [2, 0, 1, 3]
    assert (other.words(np.array(frames)) == dac.words(np.array(frames))).all()
    assert (other.frames(np.array(frames)) == dac.frames(np.array(frames))).all()


def test_power_on_holds_zero_and_the_button_leaves_it() -> None:
    dac = Pcm54()
    dac.frames([[16, 32, 48, 64]])
    dac.reset("button")
    assert dac.held() == [n * LSB for n in (1, 2, 3, 4)]
    dac.reset("power")
    assert dac.held() == [0, 0, 0, 0]


@pytest.mark.parametrize("arguments", [
    {"errors": IDEAL[:15]}, {"errors": msb(512.1)}, {"zero": -513.0}, {"trim": 600.0}, {"ranges": "x3"},
    {"slots": (0, 1, 2, 2)},
])
def test_a_converter_that_cannot_be_is_refused(arguments: dict[str, object]) -> None:
    with pytest.raises(ValueError):
        Pcm54(**arguments)  # type: ignore[arg-type]


@pytest.mark.parametrize("samples", [[1, 2, 3, 4], [[1, 2, 3]], [[0.5, 0.0, 0.0, 0.0]], [[[1, 2, 3, 4]]]])
def test_samples_of_another_shape_are_refused(samples: object) -> None:
    with pytest.raises(ValueError, match="frames of four"):
        Pcm54().frames(samples)  # type: ignore[arg-type]


# the C side alone


def test_random_settings_and_samples_are_clean_under_the_sanitisers(tmp_path: Path) -> None:
    chip = CEXT / "dac_pcm54.c"
    plain = compiled(tmp_path / "x.o", [chip], "-Wconversion", "-O2", "-c")
    assert plain.returncode == 0, plain.stderr
    fuzz = [Path(__file__).with_name("dac_fuzz.c"), chip]
    printed = run_sanitised(tmp_path / "x", fuzz, "600", "-Wconversion")
    frames, refused = map(int, printed.split())
    assert frames > 50_000 and refused > 100

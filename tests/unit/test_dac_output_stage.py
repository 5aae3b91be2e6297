"""The views of the output: droop, images, filters, rates, and that blocks do not matter."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from korgm1.clock import FRAME_RATE
from korgm1.errors import UserError
from korgm1.hypotheses import Hypotheses, all_hypotheses
from korgm1.sound.dac_pcm54 import LSB, Pcm54
from korgm1.sound.output_filters import Coupling, Reconstruction, check_scipy
from korgm1.sound.output_stage import DEPENDS, LEVEL_SCALE, VIEWS, OutputStage

pytest.importorskip("scipy")

Signal = npt.NDArray[np.float64]
RATES = (31250, 44100, 48000)
HIGH = 125_000
"""A rate at which 15 kHz and its image lie far below the band limit."""


def run(stage: OutputStage, samples: npt.ArrayLike) -> Signal:
    return np.concatenate([stage.process(np.asarray(samples)), stage.finish()])


def gain(view: str, frame_rate: int = FRAME_RATE, **arguments: object) -> Callable[[float], float]:
    """The response of a view in dB at so many Hz, from what one frame of output 1/L becomes."""
    stage = OutputStage(view, Pcm54(), HIGH, frame_rate=frame_rate, outputs=2, **arguments)  # type: ignore[arg-type]
    frames = np.zeros((frame_rate // 10, 4), int)
    frames[500, 0] = 0x40000
    out = run(stage, frames)[:, 0] / 0.5 * frame_rate / HIGH
    times = np.arange(len(out)) / HIGH
    return lambda hertz: float(20 * np.log10(abs(np.sum(out * np.exp(-2j * np.pi * hertz * times)))))


def tone(hertz: float, seconds: float, level: float = 0.9) -> npt.NDArray[np.int64]:
    """The same on all outputs."""
    wave = np.sin(2 * np.pi * hertz / FRAME_RATE * np.arange(round(seconds * FRAME_RATE)))
    return np.repeat(np.round(level * 0x7FFFF * wave).astype(int)[:, np.newaxis], 4, axis=1)


def amplitude(signal: Signal, hertz: float, rate: float) -> complex:
    """Of a sine, from the whole of a signal that holds a whole number of its periods."""
    return complex(2 * np.mean(signal * np.exp(-2j * np.pi * hertz / rate * np.arange(len(signal)))))


# holds (computed from sinc; facts 1.2)


@pytest.mark.parametrize(("frame_rate", "row"), [
    (31250, (-0.37, -0.96, -1.52, -2.22, -3.08, -3.58, -3.92)),
    (32000, (-0.35, -0.91, -1.44, -2.11, -2.93, -3.40, -3.92)),
])
def test_a_held_frame_droops_as_the_table_says(frame_rate: int, row: Sequence[float]) -> None:
    at = gain("zoh", frame_rate)
    points = (5000, 8000, 10000, 12000, 14000, 15000, frame_rate / 2)
    assert [at(hertz) for hertz in points] == pytest.approx(row, abs=0.01)
    assert at(10) == pytest.approx(0, abs=0.001)


def test_a_level_held_for_its_slot_alone_hardly_droops() -> None:
    at = gain("zoh", hold="slot")
    assert [at(hertz) for hertz in (10, 10000, 15000)] == pytest.approx((0, -0.09, -0.21), abs=0.01)


@pytest.mark.parametrize(("frame_rate", "below"), [(31250, 6.5), (32000, 6.9)])
def test_the_image_of_10_khz_is_as_far_below_it_as_computed(frame_rate: int, below: float) -> None:
    at = gain("zoh", frame_rate)
    assert at(10000) - at(frame_rate - 10000) == pytest.approx(below, abs=0.06)


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (2, 3, 1, 0)])
@pytest.mark.parametrize("rate", RATES)
def test_each_output_is_later_by_its_slot(order: tuple[int, ...], rate: int) -> None:
    hertz = 1000
    out = run(OutputStage("zoh", Pcm54(slots=order), rate), tone(hertz, 0.5))
    middle = out[rate // 10 : rate // 10 + rate // 5]    # 200 periods
    phases = [np.angle(amplitude(middle[:, order[slot]], hertz, rate)) for slot in range(4)]
    late = -np.diff(phases) / (2 * np.pi * hertz)
    assert late == pytest.approx([8e-6] * 3, abs=2e-8)


# the filter and the capacitor


@pytest.mark.parametrize("order", [5, 6, 7])
@pytest.mark.parametrize("corner", [12000.0, 14000.0, 15000.0])
def test_the_filter_is_3_db_down_at_its_corner_and_falls_with_its_order(corner: float, order: int) -> None:
    with_, without = gain("analogue", lpf=("butterworth", corner, order), ac=0.01), gain("zoh")
    law = [-10 * np.log10(1 + (hertz / corner) ** (2 * order)) for hertz in (1000, corner, 18000, 21250)]
    assert [with_(hertz) - without(hertz) for hertz in (1000, corner, 18000, 21250)] == pytest.approx(law, abs=0.02)


@pytest.mark.parametrize("order", [5, 6])
def test_the_chebyshev_filter_ripples_half_a_decibel(order: int) -> None:
    with_, without = gain("analogue", lpf=("chebyshev", 14000.0, order), ac=0.01), gain("zoh")
    ripple = [with_(hertz) - without(hertz) for hertz in range(500, 14001, 100)]
    low, high = (-0.5, 0.0) if order % 2 else (0.0, 0.5)
    assert (min(ripple), max(ripple)) == pytest.approx((low, high), abs=0.03)
    assert ripple[-1] == pytest.approx(low, abs=0.03)


def test_without_a_filter_the_analogue_view_is_the_stairs_without_0_hz() -> None:
    with_, without = gain("analogue", lpf=("none", 0.0, 0), ac=0.01), gain("zoh")
    assert [with_(hertz) - without(hertz) for hertz in (1000, 15000, 21250)] == pytest.approx([0] * 3, abs=0.001)


def test_the_capacitor_takes_0_hz_away_and_half_the_power_at_its_corner() -> None:
    rate, hertz = 8000, 2.0
    times = np.arange(4 * rate) / rate
    out = Coupling(hertz, rate, 1).process(np.sin(2 * np.pi * hertz * times)[np.newaxis])
    assert abs(amplitude(out[0, 2 * rate :], hertz, rate)) == pytest.approx(np.sqrt(0.5), abs=1e-3)


def test_a_zero_error_is_in_the_stairs_and_not_behind_the_capacitor() -> None:
    silence = np.zeros((FRAME_RATE * 2, 4), int)
    dac = Pcm54(zero=328.0)
    stairs, coupled = (run(OutputStage(view, dac, 48000, outputs=2), silence) for view in ("zoh", "analogue"))
    assert stairs[24000:72000] == pytest.approx(328 / 0x8000, rel=1e-4)
    assert abs(coupled[-1000:-100]).max() < 1e-9 < abs(coupled[:1000]).max()


# rates


def test_the_digital_view_at_its_own_rate_is_the_samples() -> None:
    samples = np.random.default_rng(1).integers(-0x80000, 0x80000, (1000, 4))
    stage = OutputStage("digital")
    assert stage.rate == FRAME_RATE
    assert (stage.process(samples) * 0x80000 == samples).all()
    assert stage.finish().shape == (0, 4)


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("rate", [44100, 48000])
def test_a_tone_keeps_its_pitch_and_level_at_another_rate(view: str, rate: int) -> None:
    hertz, level = 1000, 0.9
    out = run(OutputStage(view, Pcm54(), rate, outputs=2), tone(hertz, 1.0, level))[:, 0]
    assert len(out) == rate
    middle = out[rate // 10 :][: rate // 2]
    found = abs(amplitude(middle, hertz, rate))
    droop = 1.0 if view == "digital" else np.sinc(hertz / FRAME_RATE)
    assert found == pytest.approx(level * droop, rel=2e-4)
    left = middle - np.real(amplitude(middle, hertz, rate) * np.exp(2j * np.pi * hertz / rate * np.arange(len(middle))))
    if view == "digital":
        assert np.sqrt(np.mean(left**2)) < 1e-5 * found
    spectrum = np.abs(np.fft.rfft(middle * np.hanning(len(middle))))
    assert int(np.argmax(spectrum)) == hertz // 2    # bins of 2 Hz


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("rate", [*RATES, 22050, 32000, 96000])
@pytest.mark.parametrize("frames", [0, 1, 17, 625, 3126])
def test_the_length_is_that_of_the_frames_rounded_up(view: str, rate: int, frames: int) -> None:
    samples = tone(440, frames / FRAME_RATE)
    assert len(samples) == frames
    assert run(OutputStage(view, Pcm54(), rate), samples).shape == (-(-frames * rate // FRAME_RATE), 4)


def test_sample_n_is_the_outputs_at_its_time() -> None:
    """The band limit's delay is taken out: a step is half way up when its frame begins."""
    samples = np.zeros((1000, 4), int)
    samples[500:] = 0x40000
    plain = Reconstruction(FRAME_RATE, HIGH, [0.0], hold=1.0)
    out = np.concatenate([plain.process(samples[:, :1].T / 0x80000), plain.finish()], axis=1)[0]
    assert np.interp(0.25, out[1990:2010], np.arange(1990, 2010)) == pytest.approx(2000, abs=0.1)


@pytest.mark.parametrize("view", VIEWS)
def test_silence_in_is_silence_out(view: str) -> None:
    out = run(OutputStage(view, Pcm54(), 48000), np.zeros((3000, 4), int))
    assert abs(out).max() < 1e-29 if view == "analogue" else not out.any()


def test_two_outputs_are_the_first_two_of_four() -> None:
    samples = np.random.default_rng(2).integers(-0x80000, 0x80000, (2000, 4))
    four, two = (run(OutputStage("analogue", Pcm54(), 44100, outputs=n), samples) for n in (4, 2))
    assert (four[:, :2] == two).all() and two.shape[1] == 2


# blocks


@settings(deadline=None, max_examples=40)
@given(
    st.sampled_from(VIEWS), st.sampled_from(RATES),
    st.lists(st.sampled_from([1, 2, 3, 31, 32, 64, 125, 512, 700]), min_size=1, max_size=40), st.integers(0, 99),
)
def test_blocks_do_not_matter(view: str, rate: int, sizes: list[int], seed: int) -> None:
    samples = np.random.default_rng(seed).integers(-0x80000, 0x80000, (sum(sizes), 4))
    samples[len(samples) // 2 :] //= 1000
    hypotheses = Hypotheses()
    whole = run(OutputStage.of(hypotheses, view, Pcm54.of(hypotheses), rate), samples)
    stage = OutputStage.of(hypotheses, view, Pcm54.of(hypotheses), rate)
    parts = [stage.process(part) for part in np.split(samples, np.cumsum(sizes)[:-1])]
    again = np.concatenate([*parts, stage.finish()])
    assert again.tobytes() == whole.tobytes()


def test_what_comes_late_is_a_few_milliseconds() -> None:
    stage = OutputStage("analogue", Pcm54(), 48000)
    given_ = sum(len(stage.process(part)) for part in np.split(tone(440, 0.512), 500))
    assert 0 <= 0.512 * 48000 - given_ < 48 * 3    # 3 ms


# guesses


OTHER = {
    "H-RANGE": "none", "H-DAC-ERROR": "h-worst", "H-DAC-SLOTS": "4,3,2,1", "H-HOLD": "slot", "H-LPF": "chebyshev",
    "H-LPF-HZ": 12000.0, "H-LPF-ORDER": 5, "H-AC-HZ": 10.0,
}  # fmt: skip


@pytest.mark.parametrize("key", OTHER)
@pytest.mark.parametrize("view", VIEWS)
def test_a_view_changes_with_the_guesses_it_names_and_with_no_other(view: str, key: str) -> None:
    assert set(DEPENDS["analogue"]) == set(OTHER)
    samples = tone(440, 0.05, level=0.3)
    plain, other = (
        run(OutputStage.of(hypotheses, view, Pcm54.of(hypotheses), 48000), samples)
        for hypotheses in (Hypotheses(), Hypotheses({key: OTHER[key]}))
    )
    assert (plain != other).any() == (key in DEPENDS[view])


def test_every_shape_order_and_corner_that_can_be_chosen_gives_a_stable_filter() -> None:
    rows = all_hypotheses()
    samples = tone(440, 0.05)
    for shape in rows["H-LPF"].choices:
        for order in (1, 9):
            for corner in (5000.0, 20000.0):
                hypotheses = Hypotheses({"H-LPF": shape, "H-LPF-ORDER": order, "H-LPF-HZ": corner})
                out = run(OutputStage.of(hypotheses, "analogue", Pcm54(), 44100, outputs=2), samples)
                assert 0.8 < abs(out[500:-500]).max() < 1.1, (shape, order, corner)


# refusals


def test_views_that_cannot_be_are_refused() -> None:
    for view, dac, outputs in (("stairs", Pcm54(), 4), ("zoh", None, 4), ("analogue", None, 4), ("zoh", Pcm54(), 3)):
        with pytest.raises(ValueError):
            OutputStage(view, dac, outputs=outputs)


def test_without_scipy_a_hint_names_it_and_the_plain_view_works(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "scipy.signal", None)
    assert OutputStage("digital").process(np.array([[0x40000, 0, 0, 0]]))[0, 0] == 0.5
    with pytest.raises(UserError, match="-m pip install scipy"):
        OutputStage("zoh", Pcm54(), 48000)
    with pytest.raises(UserError, match="scipy"):
        check_scipy()


def test_the_scale_of_the_levels_is_the_converter_s() -> None:
    assert LEVEL_SCALE == 0x8000 * LSB

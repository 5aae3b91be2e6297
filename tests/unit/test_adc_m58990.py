"""M58990: channel latch, conversion time, abort, and the code of a voltage."""

from fractions import Fraction
from math import floor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from korgm1.board.adc_m58990 import M58990, code
from korgm1.clock import Scheduler


class Bench:
    def __init__(self, reference: int = 5_000_000) -> None:
        self.scheduler = Scheduler()
        self.microvolts = [100_000 * n for n in range(8)]
        self.adc = M58990(self.scheduler, [lambda n=n: self.microvolts[n] for n in range(8)], reference)
        self.adc.reset("power")

    def at(self, clock: int) -> None:
        self.scheduler.run_due(clock)


@pytest.mark.parametrize(("start", "end"), [(0, 512), (1, 576), (63, 576), (64, 576), (65, 640)])
def test_conversion_takes_64_adc_clocks_from_the_next_group_of_8(start: int, end: int) -> None:
    bench = Bench()
    bench.at(start)
    bench.adc.pins(5, 1)
    bench.adc.pins(5, 0)
    bench.at(end - 1)
    assert bench.adc.read(0) == 0
    bench.at(end)
    assert bench.adc.read(0) == bench.adc.peek(0) == 26


def test_channel_is_latched_at_the_rising_edge() -> None:
    bench = Bench()
    bench.adc.pins(7, 0)
    bench.adc.pins(6, 1)
    bench.adc.pins(1, 1)
    bench.adc.pins(1, 0)
    bench.at(1000)
    assert bench.adc.read(0) == 31, "600 mV are 30.72"


def test_old_result_stays_until_the_new_one_and_a_new_start_aborts() -> None:
    bench = Bench()
    bench.adc.pins(4, 1)
    bench.adc.pins(4, 0)
    bench.at(512)
    bench.adc.pins(5, 1)
    bench.adc.pins(5, 0)
    bench.at(1000)
    assert bench.adc.read(0) == 20, "400 mV are 20.48"
    bench.adc.pins(7, 1)
    bench.at(5000)
    assert bench.adc.read(0) == 20
    bench.adc.pins(7, 0)
    bench.at(6000)
    assert bench.adc.read(0) == 36


@given(st.integers(-1_000_000, 20_000_000), st.integers(1_000_000, 6_000_000))
def test_code_is_the_nearest_with_limits(microvolts: int, reference: int) -> None:
    value = code(microvolts, reference)
    assert value == min(255, max(0, floor(Fraction(256 * microvolts, reference) + Fraction(1, 2))))


@pytest.mark.parametrize(
    ("microvolts", "expected"),
    [(2_495_000, 128), (2_490_235, 128), (2_490_234, 127), (9_765, 0), (9_766, 1), (4_999_999, 255)],
)
def test_codes_with_5_volts(microvolts: int, expected: int) -> None:
    assert code(microvolts, 5_000_000) == expected


def test_a_half_rounds_up() -> None:
    assert [code(n, 512) for n in range(8)] == [0, 1, 1, 2, 2, 3, 3, 4]


def test_reference_counts() -> None:
    bench = Bench(reference=2_560_000)
    bench.adc.pins(7, 1)
    bench.adc.pins(7, 0)
    bench.at(600)
    assert bench.adc.read(0) == 70


def test_button_does_not_stop_a_conversion_but_power_does() -> None:
    bench = Bench()
    bench.adc.pins(7, 1)
    bench.adc.pins(7, 0)
    bench.adc.reset("button")
    bench.at(600)
    assert bench.adc.read(0) == 36
    bench.adc.pins(7, 1)
    bench.adc.pins(7, 0)
    bench.adc.reset("power")
    bench.at(2000)
    assert bench.adc.read(0) == 0


def test_snapshot_in_mid_conversion() -> None:
    bench, other = Bench(), Bench()
    bench.adc.pins(3, 1)
    bench.adc.pins(3, 0)
    bench.at(200)
    other.scheduler.restore(bench.scheduler.snapshot())
    other.adc.restore(bench.adc.snapshot())
    other.at(511)
    assert other.adc.read(0) == 0
    other.at(512)
    assert other.adc.read(0) == 15


def test_the_input_counts_where_the_conversion_begins() -> None:
    bench = Bench()
    bench.adc.pins(3, 1)
    bench.adc.pins(3, 0)
    bench.microvolts[3] = 4_000_000
    bench.at(600)
    assert bench.adc.read(0) == 15


def test_a_conversion_under_way_in_a_snapshot_of_layout_1_ends() -> None:
    bench = Bench()
    bench.scheduler.restore({"clock": 200, "timers": [["adc.eoc", 312]]})
    bench.adc.restore(bench.adc.upgrade({"channel": 3, "start": 0, "result": 9}, 1))
    bench.at(511)
    assert bench.adc.read(0) == 9
    bench.at(512)
    assert bench.adc.read(0) == 15

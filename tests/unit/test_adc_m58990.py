"""M58990: channel latch, conversion time, abort, and the code of a voltage."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from korgm1.board.adc_m58990 import M58990, code
from korgm1.clock import Scheduler


class Bench:
    def __init__(self, reference: int = 5000) -> None:
        self.scheduler = Scheduler()
        self.millivolts = [100 * n for n in range(8)]
        self.adc = M58990(self.scheduler, [lambda n=n: self.millivolts[n] for n in range(8)], reference)
        self.adc.reset("power")

    def at(self, clock: int) -> None:
        self.scheduler.run_due(clock)


@pytest.mark.parametrize(("start", "end"), [(0, 512), (1, 576), (63, 576), (64, 576), (65, 640)])
def test_conversion_takes_64_adc_clocks_from_the_next_group_of_8(start: int, end: int) -> None:
    bench = Bench()
    bench.at(start)
    bench.adc.pins(5, 1)
    bench.adc.pins(5, 0)
    assert bench.adc.eoc == 0
    bench.at(end - 1)
    assert bench.adc.read(0) == 0 and bench.adc.eoc == 0
    bench.at(end)
    assert bench.adc.read(0) == bench.adc.peek(0) == 25 and bench.adc.eoc == 1


def test_channel_is_latched_at_the_rising_edge() -> None:
    bench = Bench()
    bench.adc.pins(7, 0)
    bench.adc.pins(6, 1)
    bench.adc.pins(1, 1)
    bench.adc.pins(1, 0)
    bench.at(1000)
    assert bench.adc.read(0) == 600 * 256 // 5000


def test_old_result_stays_until_the_new_one_and_a_new_start_aborts() -> None:
    bench = Bench()
    bench.adc.pins(4, 1)
    bench.adc.pins(4, 0)
    bench.at(512)
    bench.adc.pins(5, 1)
    bench.adc.pins(5, 0)
    bench.at(1000)
    assert bench.adc.read(0) == 20
    bench.adc.pins(7, 1)
    bench.at(5000)
    assert bench.adc.read(0) == 20 and bench.adc.eoc == 0
    bench.adc.pins(7, 0)
    bench.at(6000)
    assert bench.adc.read(0) == 35


@given(st.integers(-1000, 20_000), st.integers(1000, 6000))
def test_code_is_a_floor_with_limits(millivolts: int, reference: int) -> None:
    value = code(millivolts, reference)
    assert 0 <= value <= 255
    if 0 < value < 255:
        assert value * reference <= millivolts * 256 < (value + 1) * reference


def test_reference_counts() -> None:
    bench = Bench(reference=2560)
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
    assert bench.adc.read(0) == 35
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

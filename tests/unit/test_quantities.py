"""Times, shares, temperatures and ranges: what is understood, and what is refused in a sentence."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from korgm1 import quantities
from korgm1.errors import UsageError


@pytest.mark.parametrize(("text", "seconds"), [
    ("8y", 8 * 365.25 * 86_400), ("3.5mo", 3.5 * 365.25 * 86_400 / 12), ("10d", 864_000), ("2w", 14 * 86_400),
    ("5s", 5), ("40ms", 0.04), ("2h", 7200), ("30min", 1800), ("0", 0), (" 1.5 H ", 5400), (".5s", 0.5), ("0y", 0),
    ("200y", 200 * 365.25 * 86_400),
])  # fmt: skip
def test_a_time_is_read_with_its_unit(text: str, seconds: float) -> None:
    assert quantities.parse_duration(text) == pytest.approx(seconds, rel=1e-12)


@pytest.mark.parametrize("text", [
    "", "y", "5", "8 years", "1e3s", "-5s", "201y", "nan", "inf", "infs", "nans", "5s6", "1.2.3s", "5 µs",
    "9" * 400 + "s", "٣s",
])  # fmt: skip
def test_what_is_no_time_is_refused_with_a_hint(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        quantities.parse_duration(text)
    assert caught.value.expected and caught.value.hint


@pytest.mark.parametrize(("text", "share"), [
    ("3h/week", 3 / 168), ("45min/day", 0.03125), ("20h/month", 20 * 3600 * 12 / quantities.YEAR), ("0", 0),
    ("24h/day", 1), ("10d / year", 10 / 365.25), ("0/day", 0),
])  # fmt: skip
def test_a_use_is_a_share_of_the_time(text: str, share: float) -> None:
    assert quantities.parse_duty(text) == pytest.approx(share, rel=1e-12)


@pytest.mark.parametrize("text", ["", "3h", "5", "25h/day", "3h/fortnight", "-1h/day", "3/week", "h/week"])
def test_what_is_no_use_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        quantities.parse_duty(text)


@pytest.mark.parametrize(("text", "celsius"), [("28", 28), ("28C", 28), ("-10", -10), ("30.5 c", 30.5), ("85°C", 85)])
def test_a_temperature_is_celsius(text: str, celsius: float) -> None:
    assert quantities.parse_celsius(text) == celsius


@pytest.mark.parametrize("text", ["", "hot", "86", "-41", "300K", "nan", "28F"])
def test_what_is_no_temperature_of_an_instrument_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        quantities.parse_celsius(text)


@given(st.integers(0, 600), st.integers(0, 600), st.integers(1, 300))
def test_a_range_goes_in_whole_steps_as_far_as_they_fit(start: int, stop: int, step: int) -> None:
    values = quantities.parse_range(f"{start / 100}:{stop / 100}:{step / 100}")
    towards = step if stop >= start else -step
    assert values[0] == start / 100
    assert all(b - a == pytest.approx(towards / 100, abs=1e-8) for a, b in itertools.pairwise(values))
    left = round((stop / 100 - values[-1]) * 100 / (1 if stop >= start else -1), 5)
    assert 0 <= left < step


def test_the_sign_of_a_step_does_not_matter() -> None:
    assert quantities.parse_range("1:0:0.5") == quantities.parse_range("1:0:-0.5") == [1.0, 0.5, 0.0]


@pytest.mark.parametrize("text", ["", "1:2", "1:2:0", "-1:2:1", "1:7:1", "a:b:c", "1:2:1:2", "0:6:0.00001", "1V"])
def test_what_is_no_range_of_volts_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        quantities.parse_range(text)


def test_times_are_equally_far_apart_with_both_ends() -> None:
    times = quantities.parse_times("0d:20y:60")
    assert len(times) == 60 and times[0] == 0 and times[-1] == 20 * quantities.YEAR
    assert max(b - a for a, b in itertools.pairwise(times)) == pytest.approx(20 * quantities.YEAR / 59)


@pytest.mark.parametrize("text", ["", "0d:20y", "0d:20y:1", "0d:20y:x", "0d:20y:-3", "0d:300y:5", "0:1y:999999999999"])
def test_what_is_no_range_of_times_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        quantities.parse_times(text)


@pytest.mark.parametrize("text", ["", "15,,40", "15,", "15,hot"])
def test_a_list_has_no_empty_and_no_wrong_places(text: str) -> None:
    with pytest.raises(UsageError):
        quantities.parse_list(text, quantities.parse_celsius)


@pytest.mark.parametrize(("seconds", "text"), [
    (0, "0 s"), (0.0005, "0.5 ms"), (0.04, "40 ms"), (0.9999, "1 s"), (5, "5 s"), (5.25, "5.25 s"), (59.97, "1 min"),
    (60, "1 min"), (90, "1 min 30 s"), (3599.7, "1 h"), (86_399, "1 d"), (quantities.YEAR, "1 y"),
    (quantities.YEAR * 1.5, "1 y 6 mo"), (quantities.YEAR - 1, "1 y"),
    (45 * 86_400, "45 d"), (45.2 * 86_400, "1 mo 15 d"), (-5, "-5 s"),
    (float("inf"), "for ever"), (60 * 86_400, "60 d"), (60.2 * 86_400, "2 mo"),
])  # fmt: skip
def test_a_time_is_shown_in_two_units_at_most(seconds: float, text: str) -> None:
    assert quantities.format_duration(seconds) == text


@given(st.floats(0.001, quantities.LONGEST))
def test_what_is_shown_is_the_time_to_a_twentieth(seconds: float) -> None:
    words = quantities.format_duration(seconds).split()
    shown = sum(float(n) * quantities.UNITS[unit] for n, unit in zip(words[::2], words[1::2], strict=True))
    assert shown == pytest.approx(seconds, rel=0.05 if seconds >= 1 else 0.5)


@given(st.text(max_size=12))
@pytest.mark.parametrize("parse", [
    quantities.parse_duration, quantities.parse_duty, quantities.parse_celsius, quantities.parse_range,
    quantities.parse_times,
], ids=lambda parse: parse.__name__)  # fmt: skip
def test_no_text_makes_anything_but_a_value_or_a_usage_error(parse: Callable[[str], object], text: str) -> None:
    try:
        parse(text)
    except UsageError as error:
        assert error.found

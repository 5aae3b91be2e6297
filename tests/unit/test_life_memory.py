"""When cells let go along a supply's course, asked of laws that are simple enough to know the answer."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from korgm1.lifetime.memory import first_loss, loss_course
from korgm1.physics.ageing import Span
from korgm1.physics.supply_history import SupplyHistory


def falling(volts: list[float], seconds: float = 100.0) -> Span:
    at = np.linspace(0.0, seconds, len(volts))
    return Span(at, np.array(volts), np.array(volts), np.zeros(len(volts)), 25.0, 0.0)


def below_one_volt_for(seconds: float, history: SupplyHistory) -> int:
    return int(history.below(1.0) >= seconds)


@pytest.mark.parametrize("held", [1.0, 5.0, 20.0])
def test_the_first_loss_is_found_between_the_points_of_a_course(held: float) -> None:
    found = first_loss(lambda h: below_one_volt_for(held, h), SupplyHistory(), falling([2.5, 1.25, 0.0]))
    assert found == pytest.approx(60 + held, abs=50 / 64 + 0.5)


def test_what_was_lost_before_is_lost_at_once_and_what_holds_is_not_lost() -> None:
    before = SupplyHistory()
    before.stay(0.5, 10, 25)
    assert first_loss(lambda h: below_one_volt_for(5, h), before, falling([2.5, 2.5])) == 0.0
    assert first_loss(lambda h: below_one_volt_for(5, h), SupplyHistory(), falling([2.5, 1.5])) is None


def test_an_earlier_stretch_counts_and_stays_as_it_was() -> None:
    before = SupplyHistory()
    before.stay(0.5, 4, 25)
    at = before.snapshot()
    found = first_loss(lambda h: below_one_volt_for(5, h), before, falling([1.5, 0.5]))
    assert found == pytest.approx(51, abs=2.5)
    assert before.snapshot() == at


@given(st.lists(st.integers(0, 3000), min_size=2, max_size=12), st.integers(2, 30))
def test_a_course_begins_and_ends_with_the_stretch_and_never_falls(millivolts: list[int], points: int) -> None:
    span = falling([volts / 1000 for volts in millivolts])
    course = loss_course(lambda h: int(h.below(1.2) * 1000), SupplyHistory(), span, points)
    times, lost = zip(*course, strict=True)
    assert times[0] == 0.0 and times[-1] == 100.0 and list(times) == sorted(set(times))
    assert list(lost) == sorted(lost)
    whole = SupplyHistory()
    whole.span(span)
    assert lost[-1] == pytest.approx(int(whole.below(1.2) * 1000), abs=1)

"""What a dip of the mains does, step by step, and the /RESET that it pulls."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from korgm1.machine.brownout import steps
from korgm1.physics.rail import Rail

RAIL = Rail()


def names(dip: float, supervised: bool, stray: str = "none") -> list[str]:
    return [step.what for step in steps(RAIL, dip, supervised, 1, stray)]


def test_with_a_reset_ic() -> None:
    assert names(0.0, True) == names(0.022, True) == []
    assert names(0.0223, True) == ["hold", "let go"]
    assert names(0.032, True) == ["hold", "lcd off", "lcd on", "let go"]
    assert names(0.036, True) == names(10, True) == ["hold", "power off"]
    hold, let_go = steps(RAIL, 0.030, True)
    assert hold.seconds == pytest.approx(0.02225) and let_go.seconds == pytest.approx(0.03775)


def test_without_one() -> None:
    assert names(0.0259, False) == []
    assert names(0.027, False) == ["freeze"]
    assert names(0.032, False) == ["freeze", "lcd off", "lcd on"]
    assert names(1.0, False) == ["freeze", "power off"]
    assert names(0.027, False, "last") == ["stray", "freeze"]
    written = steps(RAIL, 1.0, False, 3, "poisson")
    assert [step.what for step in written].count("stray") == len(written) - 2 > 0
    assert written == steps(RAIL, 1.0, False, 3, "poisson") != steps(RAIL, 1.0, False, 4, "poisson")


@given(st.floats(0, 0.2), st.booleans(), st.sampled_from(["none", "last", "poisson"]), st.integers(0, 99))
def test_steps_are_in_order_and_a_longer_dip_is_not_kinder(dip: float, reset: bool, stray: str, seed: int) -> None:
    found = steps(RAIL, dip, reset, seed, stray)
    times = [step.seconds for step in found]
    assert times == sorted(times) and all(0.02 <= at <= dip + 0.016 for at in times)
    assert not reset or all(step.what != "stray" for step in found)
    if any(step.what in ("hold", "freeze") for step in found):
        longer = [step.what for step in steps(RAIL, dip + 0.01, reset, seed, stray)]
        assert "hold" in longer or "freeze" in longer

"""The scheduler against a plain list of (clock, order) events."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from korgm1.clock import Scheduler


@given(st.lists(st.integers(0, 1000), max_size=40), st.lists(st.integers(1, 300), min_size=1, max_size=20))
def test_events_fire_in_order_whatever_the_steps(delays: list[int], steps: list[int]) -> None:
    scheduler = Scheduler()
    fired: list[tuple[int, int]] = []
    for number, delay in enumerate(delays):
        scheduler.timer(str(number), lambda n=number: fired.append((scheduler.now, n))).start(delay)  # type: ignore[misc]
    clock = 0
    for step in [*steps, 1001]:
        clock += step
        scheduler.run_due(clock)
        assert scheduler.now == clock
    wanted = sorted((delay, number) for number, delay in enumerate(delays))
    assert fired == wanted


def test_a_restarted_timer_fires_once_at_the_new_time() -> None:
    scheduler = Scheduler()
    fired: list[int] = []
    timer = scheduler.timer("t", lambda: fired.append(scheduler.now))
    timer.start(10)
    timer.start(30)
    scheduler.run_due(100)
    assert fired == [30]
    assert timer.due is None


def test_a_timer_restarted_in_its_own_callback_is_periodic_without_drift() -> None:
    scheduler = Scheduler()
    fired: list[int] = []

    def fire() -> None:
        fired.append(scheduler.now)
        timer.start(7)

    timer = scheduler.timer("t", fire)
    timer.start(7)
    scheduler.run_due(16)
    scheduler.run_due(30)
    assert fired == [7, 14, 21, 28]


def test_headroom_is_the_way_to_the_next_event_and_never_negative() -> None:
    scheduler = Scheduler()
    timer = scheduler.timer("t", lambda: None)
    assert scheduler.headroom(500) == 500
    timer.start(40)
    assert scheduler.headroom(500) == 40
    timer.start_at(-5)
    assert scheduler.headroom(500) == 0
    timer.cancel()
    assert scheduler.headroom(500) == 500


def test_cancelled_entries_do_not_pile_up() -> None:
    scheduler = Scheduler()
    fired: list[str] = []
    timers = [scheduler.timer(name, lambda n=name: fired.append(n)) for name in "abc"]  # type: ignore[misc]
    timers[0].start(5)
    for delay in range(10_000, 1000, -1):
        timers[1].start(delay)
        timers[2].start(delay)
        timers[2].cancel()
        assert len(scheduler._queue) <= 2 * len(timers)
    scheduler.run_due(20_000)
    assert fired == ["a", "b"]
    timers[2].start(1)
    scheduler.restore(scheduler.snapshot())
    scheduler.run_due(20_001)
    assert fired == ["a", "b", "c"]


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(-1, 50)), max_size=200))
def test_any_starts_and_cancels_leave_what_a_plain_list_would(moves: list[tuple[int, int]]) -> None:
    scheduler = Scheduler()
    fired: list[int] = []
    timers = [scheduler.timer(str(n), lambda n=n: fired.append(n)) for n in range(4)]  # type: ignore[misc]
    wanted: dict[int, tuple[int, int]] = {}
    for order, (n, delay) in enumerate(moves):
        wanted.pop(n, None)
        if delay < 0:
            timers[n].cancel()
        else:
            timers[n].start(delay)
            wanted[n] = delay, order
        assert len(scheduler._queue) <= 8
    scheduler.run_due(100)
    assert fired == sorted(wanted, key=wanted.__getitem__)


def test_an_earlier_event_is_announced() -> None:
    scheduler = Scheduler()
    announced: list[int] = []
    scheduler.on_earlier = announced.append
    first, second, third = (scheduler.timer(n, lambda: None) for n in "abc")
    first.start(100)
    second.start(50)
    third.start(70)
    assert announced == [100, 50]


def test_snapshot_keeps_ties_in_order() -> None:
    fired: list[str] = []

    def machine() -> Scheduler:
        scheduler = Scheduler()
        for name in "abc":
            scheduler.timer(name, lambda n=name: fired.append(n))  # type: ignore[misc]
        return scheduler

    one = machine()
    for name in "bac":
        one._timers[name].start(9)
    one.run_due(4)
    other = machine()
    other._timers["c"].start(1)
    other.restore(one.snapshot())
    assert other.now == 4
    other.run_due(8)
    assert fired == []
    other.run_due(9)
    assert fired == ["b", "a", "c"]


def test_two_timers_of_one_name_are_refused() -> None:
    scheduler = Scheduler()
    scheduler.timer("t", lambda: None)
    with pytest.raises(ValueError, match="two timers"):
        scheduler.timer("t", lambda: None)

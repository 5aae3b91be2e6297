"""The pool of processes: order, look-ahead, what Ctrl-C leaves, a process that dies."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Iterator
from functools import partial

import pytest

from korgm1.errors import UserError
from korgm1.workers import AHEAD, Asked, Work, spread


def doubling() -> Work[int, int]:
    def double(job: int, asked: Asked) -> int | None:
        return None if asked() > 1 else 2 * job

    return double


def test_one_worker_does_the_jobs_in_order_and_takes_them_one_by_one() -> None:
    taken: list[int] = []

    def jobs() -> Iterator[int]:
        for number in range(5):
            taken.append(number)
            yield number

    source = spread(jobs(), doubling)
    assert next(source) == (0, 0)
    assert taken == [0]
    assert list(source) == [(1, 2), (2, 4), (3, 6), (4, 8)]


def test_no_other_job_is_begun_once_somebody_asked() -> None:
    wishes: list[int] = []
    source = spread(iter(range(5)), doubling, asked=lambda: len(wishes))
    assert next(source) == (0, 0)
    wishes.append(1)
    assert list(source) == []


def test_a_job_that_was_given_up_is_not_handed_over() -> None:
    answers = iter([0, 2])
    assert list(spread(iter(range(5)), doubling, asked=lambda: next(answers))) == []


def test_processes_do_every_job_and_are_given_few_ahead() -> None:
    taken = 0

    def jobs() -> Iterator[str]:
        nonlocal taken
        for number in range(40):
            taken += 1
            yield str(number)

    source = spread(jobs(), getattr, (str, "format"), workers=2)
    first = next(source)
    assert first[0] == first[1] and taken <= 2 * AHEAD
    assert sorted([first, *source], key=lambda row: int(row[0])) == [(str(n), str(n)) for n in range(40)]


def test_a_queue_reaches_the_processes() -> None:
    """Each job names an attribute of the queue, which is inherited and not pickled."""
    queue = multiprocessing.get_context("spawn").SimpleQueue()
    found = list(spread(iter(["__module__"]), partial, (getattr, queue), workers=2))
    assert found == [("__module__", "multiprocessing.queues")]


def test_a_process_that_dies_is_the_users_error() -> None:
    with pytest.raises(UserError, match="a process of the map was killed"):
        list(spread(iter(range(9)), os._exit, (1,), workers=2, what="the map"))

"""Chunks on the processors of this machine: one process each, or this very process for one worker."""

from __future__ import annotations

import concurrent.futures as futures
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager

from korgm1.errors import UserError
from korgm1.sweep.grid import Grid, Place
from korgm1.sweep.point import Bench, Row
from korgm1.sweep.template import Template

LOOK = 0.2
"""Seconds between two looks at whether somebody asked to stop."""
AHEAD = 2
"""Chunks handed out for each process, so that none waits."""

_bench: Bench | None = None


def processors() -> int:
    """How many this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def compute(
    template: Template,
    grid: Grid,
    numbers: Iterable[int],
    workers: int,
    memo: bool = True,
    asked: Callable[[], int] = lambda: 0,
) -> Generator[tuple[int, list[Row]], None, None]:
    """The rows of chunks, in the order in which they are done.

    Args:
        template, grid: of the sweep.
        numbers: which chunks.
        workers: processes; with 1 none is started. A program that asks for more needs the usual
            `if __name__ == "__main__"`, because they are spawned.
        memo: see `Bench`.
        asked: 1 = begin no other chunk, hand over those under way; 2 = not even them.

    Raises:
        UserError: a process died.
    """
    if workers == 1:
        bench = Bench(template, memo)
        for number in numbers:
            if asked():
                return
            rows = []
            for place in grid.chunk(number):
                if asked() > 1:
                    return
                rows.append(bench.point(place))
            yield number, rows
        return
    pool = futures.ProcessPoolExecutor(
        workers, multiprocessing.get_context("spawn"), initializer=_prepare, initargs=(template, memo)
    )
    try:
        yield from _spread(pool, grid, iter(numbers), workers * AHEAD, asked)
    except (BrokenProcessPool, OSError) as error:    # OSError: its pipes are closed while a chunk is handed over
        raise UserError(
            "a process of the sweep was killed, or could not start", "memory for all of them",
            "the same command again, which goes on where it was; or fewer --workers",
        ) from error
    finally:
        pool.shutdown(wait=asked() < 2, cancel_futures=True)


def _spread(
    pool: futures.Executor, grid: Grid, numbers: Iterator[int], ahead: int, asked: Callable[[], int]
) -> Generator[tuple[int, list[Row]], None, None]:
    running: dict[futures.Future[list[Row]], int] = {}
    while True:
        while not asked() and len(running) < ahead and (number := next(numbers, None)) is not None:
            with terminal_is_not_heard():
                running[pool.submit(_rows, grid.chunk(number))] = number
        if asked():
            running = {future: number for future, number in running.items() if not future.cancel()}
        if not running or asked() > 1:
            return
        done, _ = futures.wait(running, LOOK, futures.FIRST_COMPLETED)
        for future in done:
            yield running.pop(future), future.result()


@contextmanager
def terminal_is_not_heard() -> Iterator[None]:
    """What a terminal sends waits: a process that is started meanwhile is deaf to it from its first instruction on."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT, signal.SIGHUP])
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _prepare(template: Template, memo: bool) -> None:
    global _bench
    serve_the_parent()
    _bench = Bench(template, memo)


def serve_the_parent() -> None:
    """In a new process: what a terminal sends is its parent's business, and it does not outlive it."""
    for name in ("SIGINT", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    if (parent := multiprocessing.parent_process()) is not None:
        threading.Thread(target=_end_with, args=(parent,), daemon=True).start()


def _end_with(parent: multiprocessing.process.BaseProcess) -> None:
    parent.join()
    os._exit(1)


def _rows(places: Sequence[Place]) -> list[Row]:
    assert _bench is not None
    return [_bench.point(place) for place in places]

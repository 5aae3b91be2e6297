"""Jobs on the processors of this machine: one process each, or this very process for one worker.

A worker is made once in each process by a function that can be pickled (one at the top of a module), and then does one
job after the other. Processes are spawned, so a program that asks for more than one worker needs the usual
`if __name__ == "__main__"`. They are deaf to what a terminal sends: Ctrl-C is the business of who asked for them.
"""

from __future__ import annotations

import concurrent.futures as futures
import multiprocessing
import os
import pickle
import signal
import tempfile
import threading
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from korgm1.errors import UserError

LOOK = 0.2
"""Seconds between two looks at whether somebody asked to stop."""
AHEAD = 2
"""Jobs handed out for each process, so that none waits."""

Asked = Callable[[], int]
"""What somebody wants: 0 = go on, 1 = begin no other job and hand over those under way, 2 = not even them."""
Job = TypeVar("Job")
Result = TypeVar("Result")
Work = Callable[[Job, Asked], "Result | None"]
"""Does a job; None: it was given up because `asked` said 2. In a process of its own `asked` always says 0."""

_work: Work[Any, Any] | None = None


def processors() -> int:
    """How many this process may use.

    >>> processors() >= 1
    True
    """
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def spread(
    jobs: Iterable[Job],
    make: Callable[..., Work[Job, Result]],
    args: tuple[Any, ...] = (),
    workers: int = 1,
    asked: Asked = lambda: 0,
    what: str = "the work",
    hint: str = "fewer --workers",
) -> Generator[tuple[Job, Result], None, None]:
    """Jobs with their results, in the order in which they are done.

    Args:
        jobs: taken one by one when a process is about to need one, never all at once.
        make, args: `make(*args)` is a process's worker; both are pickled. A multiprocessing queue may be among them.
        workers: processes; with 1 none is started.
        asked: see `Asked`.
        what, hint: name the work, and what to do next, where a process dies.

    Raises:
        UserError: a process died.

    >>> list(spread([1, 2], lambda: lambda job, asked: job + 1))
    [(1, 2), (2, 3)]
    """
    if workers == 1:
        work = make(*args)
        for job in jobs:
            if asked():
                return
            result = work(job, asked)
            if result is None:
                return
            yield job, result
        return
    with tempfile.TemporaryDirectory(prefix="korgm1-", ignore_cleanup_errors=True) as folder:
        # By a file: a pipe to a process that dies before it has read more than fits in would be waited for for ever.
        parcel = Path(folder, "worker")
        inherited: tuple[Any, ...] = ()
        try:
            parcel.write_bytes(pickle.dumps((make, args)))
        except RuntimeError:    # a queue among `args`, which goes by the pipe only
            inherited = (make, args)
        pool = futures.ProcessPoolExecutor(
            workers, multiprocessing.get_context("spawn"), initializer=_prepare, initargs=(str(parcel), *inherited)
        )
        try:
            yield from _spread(pool, iter(jobs), workers * AHEAD, asked)
        except (BrokenProcessPool, OSError) as error:    # OSError: its pipes are closed while a job is handed over
            raise UserError(
                f"a process of {what} was killed, or could not start", "memory for all of them", hint
            ) from error
        finally:
            pool.shutdown(wait=asked() < 2, cancel_futures=True)


def _spread(
    pool: futures.Executor, jobs: Iterator[Job], ahead: int, asked: Asked
) -> Generator[tuple[Job, Any], None, None]:
    running: dict[futures.Future[Any], Job] = {}
    left = True
    while True:
        while left and not asked() and len(running) < ahead:
            for job in jobs:
                with terminal_is_not_heard():
                    running[pool.submit(_do, job)] = job
                break
            else:
                left = False
        if asked():
            running = {future: job for future, job in running.items() if not future.cancel()}
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


def _prepare(parcel: str, *inherited: Any) -> None:
    global _work
    serve_the_parent()
    if not inherited and not Path(parcel).exists():
        os._exit(1)    # who asked has given up, and cleared away, before this process was ready
    make, args = inherited or pickle.loads(Path(parcel).read_bytes())
    _work = make(*args)


def _do(job: Any) -> Any:
    assert _work is not None
    return _work(job, lambda: 0)

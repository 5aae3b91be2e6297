"""Chunks on a dask.distributed cluster that somebody has started; the only importer of distributed.

    dask scheduler                                            on one machine
    dask worker tcp://HOST:8786 --nworkers -1 --nthreads 1    on each, korgm1 of the same version installed
    korgm1 sweep ... --scheduler tcp://HOST:8786

The template (firmware, RAM image, reference) travels with each chunk, packed to some 50 KB, so a worker that
joins late needs nothing else. The scheduler gives the chunks of a worker that dies to others; a row depends on
its point alone, so it does not matter who computes it, or how often.
Workers run what the scheduler sends them: use a cluster of your own, in a network of your own.
"""

from __future__ import annotations

import importlib.metadata
import pickle
import threading
import zlib
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import suppress
from importlib.util import find_spec
from typing import Any

from korgm1 import __version__
from korgm1.errors import M1Error, UsageError, UserError, pip_install
from korgm1.sweep.grid import Grid, Place
from korgm1.sweep.point import Bench, Row
from korgm1.sweep.template import Template
from korgm1.workers import LOOK

CONNECT = 10
"""Seconds the scheduler has to answer."""
AHEAD = 3
"""Chunks handed out for each thread of the cluster."""
UNDER_WAY = ("pending", "lost")
"""What a future is that will have a result yet: one lost with the worker that held it is computed again. It can
become so at any time, also while the caller looks at another one."""
GONE, STAYS = "the scheduler is gone, or has forgotten a chunk", "a scheduler that stays"
GOES_ON = "the same command again, which goes on where it was"

_mine = threading.local()


def check(address: str) -> None:
    """Say what to do where distributed is missing, or the address is none.

    Raises:
        UsageError: so it is.
    """
    if find_spec("distributed") is None:
        raise UsageError(
            "--scheduler needs dask.distributed, which is not installed", "the extra of that name",
            pip_install("korgm1[cluster]"),
        )
    scheme, found, place = address.partition("://")
    if not (found and scheme in ("tcp", "tls") and place):
        raise UsageError(f"--scheduler {address!r} is not an address", "tcp://HOST:PORT", "tcp://127.0.0.1:8786")


def compute(
    template: Template,
    grid: Grid,
    numbers: Iterable[int],
    address: str,
    memo: bool = True,
    asked: Callable[[], int] = lambda: 0,
) -> Generator[tuple[int, list[Row]], None, None]:
    """The rows of chunks, in the order in which they are done; the arguments are those of `local.compute`.

    Args:
        address: of the scheduler.

    Raises:
        UserError: there is no scheduler, no worker, a worker without the same korgm1, or one of them failed.
    """
    from distributed import Client

    try:
        client = Client(address, timeout=CONNECT, set_as_default=False)
    except (OSError, ValueError) as error:
        raise UserError(
            f"no scheduler answers at {address}: {error}", "a running dask scheduler", "dask scheduler"
        ) from error
    try:
        _check_workers(client, address)
        yield from _spread(client, template, grid, iter(numbers), memo, asked)
    except OSError as error:
        raise UserError(GONE, STAYS, GOES_ON) from error
    finally:
        with suppress(Exception):
            client.close(timeout=CONNECT)


def _check_workers(client: Any, address: str) -> None:
    """Every worker has this version of the program."""
    found = client.run(importlib.metadata.version, "korgm1", on_error="return")
    if not found:
        raise UserError(
            f"the scheduler at {address} has no workers", "at least one",
            f"dask worker {address} --nworkers -1 --nthreads 1",
        )
    for worker, version in sorted(found.items()):
        if isinstance(version, Exception):
            raise UserError(f"the worker {worker} has no korgm1", f"korgm1 {__version__} on every worker",
                            f"pip install korgm1=={__version__} there")
        if version != __version__:
            raise UserError(f"the worker {worker} has korgm1 {version}", f"korgm1 {__version__}, as here",
                            f"pip install korgm1=={__version__} there")


def _spread(
    client: Any, template: Template, grid: Grid, numbers: Iterator[int], memo: bool, asked: Callable[[], int]
) -> Generator[tuple[int, list[Row]], None, None]:
    blob = zlib.compress(pickle.dumps(template), 9)
    running: dict[Any, int] = {}
    done = threading.Event()
    while True:
        ahead = AHEAD * max(1, sum(client.nthreads().values())) if not asked() else 0
        while len(running) < ahead and (number := next(numbers, None)) is not None:
            places = grid.chunk(number)
            future = client.submit(rows, blob, template.key, places, memo, __version__, pure=False)
            future.add_done_callback(lambda future: done.set())
            running[future] = number
        if asked():
            waiting = [future for future in running if future.status in UNDER_WAY]
            if asked() > 1 or not waiting:
                client.cancel(list(running))
                return
        if not running:
            return
        done.wait(LOOK)
        done.clear()
        for future in list(running):
            if future.status not in UNDER_WAY:
                yield running.pop(future), _result(future)


def _result(future: Any) -> list[Row]:
    if future.status == "finished":
        return [Row(*row) for row in future.result()]
    if future.status == "error":
        error = future.exception()
        if isinstance(error, M1Error):
            raise error
        raise UserError(f"a worker failed: {error!r}", "workers that have this korgm1 and stay alive", GOES_ON)
    raise UserError(GONE, STAYS, GOES_ON)


def rows(blob: bytes, key: str, places: Sequence[Place], memo: bool, program: str) -> list[tuple[Any, ...]]:
    """On a worker: the rows of some points.

    Args:
        blob: the template, pickled and compressed.
        key: its key; a thread keeps what it made of the last one.
        places: the points.
        memo: see `Bench`.
        program: the version the sweep belongs to.

    Raises:
        UserError: this worker has another one.
    """
    if program != __version__:
        raise UserError(f"a worker has korgm1 {__version__}", f"korgm1 {program}, as where the sweep was begun")
    if getattr(_mine, "key", None) != (key, memo):
        _mine.bench, _mine.key = Bench(pickle.loads(zlib.decompress(blob)), memo), (key, memo)
    bench: Bench = _mine.bench
    return [tuple(bench.point(Place(*place))) for place in places]

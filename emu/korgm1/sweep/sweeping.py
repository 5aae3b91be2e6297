"""A sweep from its grid to its file: what is done is kept, what is left is computed, the whole is written."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from korgm1.errors import UserError
from korgm1.files import check_writable
from korgm1.sweep import local, table
from korgm1.sweep.grid import Grid
from korgm1.sweep.journal import Journal, difference
from korgm1.sweep.point import Row
from korgm1.sweep.template import Template
from korgm1.workers import processors


@dataclass(frozen=True)
class Result:
    """What a sweep came to.

    Attributes:
        description: what was swept, plain values.
        rows: in the order of the grid; if it was stopped, those of the finished chunks.
        computed: points that were computed now, not in an earlier run.
        seconds: by the wall, that took.
        whole: whether all points are there.
    """

    description: Mapping[str, Any]
    rows: list[Row]
    computed: int
    seconds: float
    whole: bool


def sweep(
    template: Template,
    grid: Grid,
    output: Path | None = None,
    workers: int | None = None,
    scheduler: str | None = None,
    memo: bool = True,
    restart: bool = False,
    asked: Callable[[], int] = lambda: 0,
    progress: Callable[[int, int, int], object] = lambda done, before, total: None,
) -> Result:
    """Compute what is missing of a sweep.

    Args:
        template, grid: what is swept, and where.
        output: a .csv or .parquet file; finished chunks wait in NAME.part beside it. None: only the result.
        workers: processes of this machine; None: one a processor.
        scheduler: compute on this dask.distributed cluster instead.
        memo: see `Bench`; it changes the time, not the rows.
        restart: throw away another sweep that stands in `output` or its journal.
        asked: looked at often; 1 ends the sweep when the chunks under way are done, 2 at once.
        progress: called after each chunk with the points done, those done by earlier runs, and all.

    Raises:
        UserError: the output or its journal belongs to another sweep or cannot be written, or a worker died. What was
            done before is kept.
        UsageError: an output whose name says nothing.

    >>> from korgm1.romset.load import load_os
    >>> from korgm1.session import Session
    >>> from korgm1.sweep.template import template
    >>> firmware = load_os(None, "m1")
    >>> found = sweep(template(firmware, image=Session().sram), Grid([3.0], [0.0], [25.0], [0]), workers=1)
    >>> [(row.outcome, row.cells_lost) for row in found.rows]
    [('play', 0)]
    """
    description = table.describe(template, grid)
    if output is not None:
        table.check_name(output)
        check_writable(output)
        if output.exists() and not restart:
            return _finished(output, description)
    journal = Journal(output, description, grid, restart) if output is not None else None
    try:
        done = dict(journal.done) if journal is not None else {}
        before = sum(grid.size_of(number) for number in done)
        count, begun = before, time.monotonic()
        left = (number for number in range(grid.chunks) if number not in done)
        if scheduler is not None:
            from korgm1.sweep import cluster

            source = cluster.compute(template, grid, left, scheduler, memo, asked)
        else:
            workers = min(workers or processors(), max(1, grid.chunks - len(done)))
            source = local.compute(template, grid, left, workers, memo, asked)
        progress(count, before, len(grid))
        with closing(source):
            for number, rows in source:
                if journal is not None:
                    journal.add(number, rows)
                if number not in done:
                    done[number] = rows
                    count += len(rows)
                progress(count, before, len(grid))
        seconds = time.monotonic() - begun
        rows = [row for number in sorted(done) for row in done[number]]
        whole = len(done) == grid.chunks
        if whole and output is not None and journal is not None:
            table.write(output, description, rows)
            journal.remove()
        return Result(description, rows, count - before, seconds, whole)
    finally:
        if journal is not None:
            journal.close()


def _finished(output: Path, description: Mapping[str, Any]) -> Result:
    """The sweep that stands in `output` already, if it is this one."""
    there, rows = table.read(output)
    if there != description:
        what = difference(json.dumps(there).encode(), json.dumps(description).encode())
        raise UserError(
            f"{output} holds another sweep: {what}", "the command it was made with",
            "--restart, which replaces it, or another --out",
        )
    return Result(description, rows, 0, 0.0, True)

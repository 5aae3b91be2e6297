"""Chunks on the processors of this machine."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from contextlib import closing

from korgm1 import workers as processes
from korgm1.sweep.grid import Grid
from korgm1.sweep.point import Bench, Row
from korgm1.sweep.template import Template


def compute(
    template: Template,
    grid: Grid,
    numbers: Iterable[int],
    workers: int,
    memo: bool = True,
    asked: processes.Asked = lambda: 0,
) -> Generator[tuple[int, list[Row]], None, None]:
    """The rows of chunks, in the order in which they are done.

    Args:
        template, grid: of the sweep.
        numbers: which chunks.
        workers, asked: see `korgm1.workers.spread`.
        memo: see `Bench`.

    Raises:
        UserError: a process died.
    """
    hint = "the same command again, which goes on where it was; or fewer --workers"
    with closing(
        processes.spread(numbers, _worker, (template, grid, memo), workers, asked, "the sweep", hint)
    ) as source:
        yield from source


def _worker(template: Template, grid: Grid, memo: bool) -> processes.Work[int, list[Row]]:
    bench = Bench(template, memo)

    def rows(number: int, asked: processes.Asked) -> list[Row] | None:
        made = []
        for place in grid.chunk(number):
            if asked() > 1:
                return None
            made.append(bench.point(place))
        return made

    return rows

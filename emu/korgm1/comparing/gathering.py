"""Both sides at once: a process for each, or one after the other in this one."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from typing import Any, NamedTuple

from korgm1.comparing.script import Script
from korgm1.comparing.side import Side, gather
from korgm1.errors import Stopped
from korgm1.romset.load import RomSet
from korgm1.workers import Asked, spread


class Job(NamedTuple):
    """Which side it is ("A" or "B"), and what `gather` needs."""

    name: str
    rom: RomSet
    model: str
    script: Script | None


def gather_both(
    firmware: tuple[RomSet, RomSet], models: tuple[str, str], script: Script | None, workers: int,
    tell: Callable[[str], None], asked: Asked = lambda: 0,
) -> tuple[Side, Side]:
    """What can be known of two firmwares; see `side.gather`.

    Raises:
        UserError: a process died.
        Stopped: somebody asked for it.
    """
    jobs = [Job(name, rom, model, script) for name, rom, model in zip("AB", firmware, models, strict=True)]
    if workers < 2:
        found = dict(spread(jobs, _Gather, (tell,), asked=asked, what="the comparison"))
    else:
        said = multiprocessing.get_context("spawn").SimpleQueue()

        def look() -> int:
            while not said.empty():
                tell(said.get())
            return asked()

        found = dict(spread(jobs, _Gather, (said,), 2, look, "the comparison", "the same command with --workers 1"))
    if len(found) < 2:
        raise Stopped("stopped before both were looked into; nothing was written")
    return found[jobs[0]], found[jobs[1]]


class _Gather:
    """Does one side; tells it through a queue from a process of its own."""

    def __init__(self, said: Any) -> None:
        self._put: Callable[[str], None] = said if callable(said) else said.put

    def __call__(self, job: Job, asked: Asked) -> Side | None:
        return gather(job.rom, job.model, job.script, lambda text: self._put(f"{job.name}: {text}"))

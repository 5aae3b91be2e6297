"""Both sides at once: a process for each, or one after the other in this one."""

from __future__ import annotations

import concurrent.futures as futures
import multiprocessing
from collections.abc import Callable
from concurrent.futures.process import BrokenProcessPool
from typing import Any

from korgm1.comparing.script import Script
from korgm1.comparing.side import Side, gather
from korgm1.errors import UserError
from korgm1.romset.load import RomSet
from korgm1.sweep.local import serve_the_parent, terminal_is_not_heard

LOOK = 0.1
"""Seconds between two looks at what the processes say."""

_said: Any = None


def gather_both(
    firmware: tuple[RomSet, RomSet], models: tuple[str, str], script: Script | None, workers: int,
    tell: Callable[[str], None],
) -> tuple[Side, Side]:
    """What can be known of two firmwares; see `side.gather`.

    Raises:
        UserError: a process died.
    """
    jobs = [(name, rom, model, script) for name, rom, model in zip("AB", firmware, models, strict=True)]
    if workers < 2:
        one, other = (gather(rom, model, script, _named(tell, name)) for name, rom, model, _ in jobs)
        return one, other
    context = multiprocessing.get_context("spawn")
    said = context.SimpleQueue()
    pool = futures.ProcessPoolExecutor(2, context, initializer=_prepare, initargs=(said,))
    try:
        with terminal_is_not_heard():
            running = [pool.submit(_gather, *job) for job in jobs]
        while not all(one.done() for one in running):
            futures.wait(running, LOOK)
            while not said.empty():
                tell(said.get())
        one, other = (future.result() for future in running)
        return one, other
    except (BrokenProcessPool, OSError) as error:
        raise UserError(
            "a process of the comparison was killed, or could not start", "memory for two",
            "the same command with --workers 1",
        ) from error
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _named(tell: Callable[[str], None], name: str) -> Callable[[str], None]:
    return lambda text: tell(f"{name}: {text}")


def _prepare(said: Any) -> None:
    global _said
    serve_the_parent()
    _said = said


def _gather(name: str, rom: RomSet, model: str, script: Script | None) -> Side:
    return gather(rom, model, script, _named(_said.put, name))

"""Both sides at once: a process for each, or one after the other in this one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from string import ascii_uppercase
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from korgm1.comparing.script import Script
from korgm1.comparing.side import Side, gather
from korgm1.errors import Stopped
from korgm1.romset.load import RomSet
from korgm1.workers import Asked, spread

LETTERS = ascii_uppercase
"""Names of the sides."""


class Job(NamedTuple):
    """Which side it is ("A", "B", ...), and what `gather` needs."""

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
    one, other = gather_all(firmware, models, script, workers, tell, asked)
    return one, other


def gather_all(
    firmware: Sequence[RomSet], models: Sequence[str], script: Script | None, workers: int,
    tell: Callable[[str], None], asked: Asked = lambda: 0,
) -> tuple[Side, ...]:
    """What can be known of several firmwares; see `side.gather`.

    Raises:
        UserError: a process died.
        Stopped: somebody asked for it.
    """
    jobs = [Job(name, rom, model, script) for name, rom, model in zip(LETTERS, firmware, models, strict=False)]
    with TemporaryDirectory(prefix="korgm1-", ignore_cleanup_errors=True) as folder:
        said = {job.name: Path(folder, job.name) for job in jobs}

        def look() -> int:
            for name, path in said.items():
                if path.exists():
                    tell(f"{name}: {path.read_text('utf-8')}")
            return asked()

        args: tuple[Any, ...] = (folder,) if workers > 1 else (folder, tell, asked)
        hint = "the same command with --workers 1"
        found = dict(spread(jobs, _Gather, args, min(2, workers), look, "the comparison", hint))
    if len(found) < len(jobs):
        raise Stopped("stopped before all were looked into; nothing was written")
    return tuple(found[job] for job in jobs)


class _Gather:
    """Does one side. From a process of its own, what it is at goes into a file of its name, in a folder that is gone
    when nobody waits for it any more: it can share nothing else."""

    def __init__(
        self, folder: str, tell: Callable[[str], None] | None = None, asked: Callable[[], int] = lambda: 0
    ) -> None:
        self._folder, self._tell, self._asked = folder, tell, asked

    def __call__(self, job: Job, asked: Asked) -> Side | None:
        def tell(text: str) -> None:
            if self._asked() or not Path(self._folder).is_dir():
                raise Stopped("stopped")
            if self._tell is not None:
                self._tell(f"{job.name}: {text}")
                return
            with suppress(OSError):
                Path(self._folder, job.name).write_text(text, "utf-8")

        try:
            return gather(job.rom, job.model, job.script, tell)
        except Stopped:
            return None

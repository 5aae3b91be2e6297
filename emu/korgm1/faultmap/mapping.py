"""All bits of a region flipped one by one: a job a byte, on the processors of this machine, with a journal."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from korgm1 import __version__
from korgm1.errors import RomError, UsageError, UserError
from korgm1.faultmap.boots import PATIENCE, Boot, boot, effect, fixed_time
from korgm1.faultmap.touched import touched_by_boot
from korgm1.observing.standing import Cells, named
from korgm1.romset.image import BASE, IMAGE
from korgm1.romset.load import RomSet
from korgm1.workers import Asked, Work, spread

SAMPLE = 101
"""Of so many bits that the boot does not touch one is booted all the same; the first always is."""
BOOTED, UNTOUCHED = "booted", "untouched"


class Row(NamedTuple):
    """What flipping one bit does.

    Attributes:
        address: where the V50 sees the byte.
        bit: 0 to 7.
        was: the bit before it was flipped.
        effect: one of `korgm1.faultmap.boots.EFFECTS`.
        how: "booted", or "untouched": the unharmed boot neither executes nor reads the byte.
        ended: how the boot ended, as in `BootResult`.
        seconds: emulated, until it was over.
        lcd1, lcd2: the last picture.
    """

    address: int
    bit: int
    was: int
    effect: str
    how: str
    ended: str
    seconds: float
    lcd1: str
    lcd2: str


@dataclass(frozen=True)
class FaultMap:
    """The rows of a region, in order, those of a map that was stopped being fewer.

    `description` says of what, `whole` whether all bits are there, `boots` how many were made now.
    """

    description: dict[str, Any]
    unharmed: Boot
    rows: list[Row] = field(repr=False)
    whole: bool
    boots: int


def parse_region(text: str) -> tuple[int, int]:
    """FIRST-LAST as the V50 sees them, in hex.

    Raises:
        UsageError: it is none within E0000-FFFFF.

    >>> parse_region("F0000-F00FF")
    (983040, 983295)
    """
    first, dash, last = text.partition("-")
    try:
        region = int(first, 16), int(last if dash else first, 16)
    except ValueError:
        region = (0, 0)
    if not BASE <= region[0] <= region[1] < BASE + IMAGE:
        raise UsageError(f"--region {text!r} is no region of the ROM", "FIRST-LAST in hex within E0000-FFFFF")
    return region


def fault_map(
    firmware: RomSet,
    model: str,
    region: tuple[int, int],
    workers: int = 1,
    shortcut: bool = True,
    journal: Path | None = None,
    asked: Asked = lambda: 0,
    progress: Callable[[int, int], object] = lambda done, total: None,
) -> FaultMap:
    """Flip each bit of a region, boot, and compare with the unharmed boot.

    A boot without a play page is looked at after a fixed time, a second behind its last picture (`boots.fixed_time`).

    Args:
        firmware: what boots.
        model: m1, m1ex, m1r or m1rex.
        region: first and last address, E0000 to FFFFF.
        workers: processes.
        shortcut: bits of bytes that the unharmed boot does not touch are not booted, but for some of them; if one of
            these does something after all, all are booted.
        journal: finished bytes are kept here, and taken from here if it is of the same map.
        asked: 1 = begin no other byte; 2 = give up those under way.
        progress: called with bytes done and all.

    Raises:
        RomError: the unharmed firmware shows nothing, or its CPU stops.
        UserError: a process died, or the journal is of another map or cannot be written.

    >>> from korgm1.romset.load import load_os
    >>> found = fault_map(load_os(None, "m1"), "m1", (0xFFFF0, 0xFFFF0))
    >>> [row.effect for row in found.rows]
    ['kills', 'kills', 'kills', 'kills', 'kills', 'kills', 'kills', 'kills']
    """
    unharmed, touched = touched_by_boot(firmware, model)
    seconds, blank = fixed_time(unharmed) or (None, frozenset())
    if seconds is not None:
        unharmed, touched = touched_by_boot(firmware, model, seconds, blank)
    elif unharmed.ended != "play page":
        raise RomError(
            f"{firmware.name} does not boot: it shows nothing, or its CPU stops; it ends as {unharmed.ended!r}: "
            f"{unharmed.lcd[0].strip()!r}",
            "firmware that boots", "korgm1 boot --roms PATH",
        )
    if not shortcut:
        touched = np.ones_like(touched)
    description = {
        "program": __version__, "model": model, "firmware": f"{firmware.name} {firmware.version} {firmware.sha1}",
        "region": f"{region[0]:05X}-{region[1]:05X}", "shortcut": shortcut,
        "looked at after": seconds, "left out": named(blank),
    }
    done: dict[int, list[Row]] = _read(journal, description) if journal is not None else {}
    counted = 0
    jobs = _jobs(region, done, touched)
    out = _open(journal, description, bool(done)) if journal is not None else None
    try:
        while True:
            total = region[1] - region[0] + 1
            progress(len(done), total)
            wrong = False
            with closing(spread(
                jobs, _worker, (firmware, model, unharmed, touched, seconds, blank), workers, asked, "the map",
                "the same command again, which goes on where it was; or fewer --workers",
            )) as source:
                for (address, _), rows in source:
                    done[address] = rows
                    counted += sum(row.how == BOOTED for row in rows)
                    wrong = any(
                        row.effect != "nothing" for row in rows if not touched[address - BASE] and row.how == BOOTED
                    )
                    if out is not None and not wrong:
                        _add(out, journal, json.dumps([address, rows]) + "\n")
                    progress(len(done), total)
                    if wrong:
                        break
            if not wrong:
                break
            # Something else than the CPU's instructions reads the ROM: what was taken for untouched is booted.
            done = {at: rows for at, rows in done.items() if all(row.how == BOOTED for row in rows)}
            touched = np.ones_like(touched)
            jobs = _jobs(region, done, touched)
    finally:
        if out is not None:
            out.close()
    rows = [row for address in sorted(done) for row in done[address]]
    return FaultMap(description, unharmed, rows, len(done) == region[1] - region[0] + 1, counted)


def _jobs(
    region: tuple[int, int], done: dict[int, list[Row]], touched: npt.NDArray[np.bool_]
) -> Iterator[tuple[int, int]]:
    """(address, which untouched bit is booted all the same, or -1) of each byte that is not done."""
    untouched = 0
    for address in range(region[0], region[1] + 1):
        sample = -1
        if not touched[address - BASE]:
            sample = next((bit for bit in range(8) if (untouched + bit) % SAMPLE == 0), -1)
            untouched += 8
        if address not in done:
            yield address, sample


def _worker(
    firmware: RomSet, model: str, unharmed: Boot, touched: npt.NDArray[np.bool_], seconds: float | None, blank: Cells,
) -> Work[tuple[int, int], list[Row]]:
    limit = unharmed.clocks + PATIENCE

    def flipped(job: tuple[int, int], asked: Asked) -> list[Row] | None:
        address, sample = job
        rows = []
        for bit in range(8):
            if asked() > 1:
                return None
            image = bytearray(firmware.image)
            was = image[address - BASE] >> bit & 1
            if touched[address - BASE] or bit == sample:
                image[address - BASE] ^= 1 << bit
                made, how = boot(firmware, bytes(image), model, limit, seconds=seconds, blank=blank), BOOTED
            else:
                made, how = unharmed, UNTOUCHED
            first, second = (line.rstrip() for line in made.lcd)
            rows.append(Row(
                address, bit, was, effect(unharmed, made), how, made.ended, round(made.clocks / 8e6, 6), first, second
            ))
        return rows

    return flipped


def _read(path: Path, description: dict[str, Any]) -> dict[int, list[Row]]:
    """The finished bytes of a journal; a line that is not whole and what comes after it do not count."""
    try:
        lines = path.read_text("utf-8").splitlines() if path.exists() else []
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path} cannot be read: {error}", "the journal of a fault map") from error
    if not lines:
        return {}
    with suppress(ValueError):
        if json.loads(lines[0]) == description:
            done: dict[int, list[Row]] = {}
            for line in lines[1:]:
                with suppress(ValueError, TypeError):
                    address, rows = json.loads(line)
                    done[address] = [Row(*row) for row in rows]
            return done
    raise UserError(
        f"{path} belongs to another fault map", "the command it was begun with", "another --out, or remove that file"
    )


def _add(out: Any, path: Path | None, line: str) -> None:
    try:
        out.write(line)
        out.flush()
    except OSError as error:
        raise UserError(f"{path} cannot be written: {error.strerror}", "room on the disk") from error


def _open(path: Path, description: dict[str, Any], goes_on: bool) -> Any:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if goes_on:
            file = path.open("a", encoding="utf-8")
            file.write("\n")    # behind what a killed run left of a line
            return file
        file = path.open("w", encoding="utf-8")
        file.write(json.dumps(description) + "\n")
        return file
    except OSError as error:
        raise UserError(f"{path} cannot be written: {error.strerror}", "a folder you may write to") from error

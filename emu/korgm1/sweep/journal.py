"""The chunks that are done, beside the output: NAME.part. A killed sweep loses the chunks it had not finished.

line 1    JSON: the description of the sweep
others    CRC-32 of the rest in eight hex digits, a blank, JSON [chunk, [[row], ...]]

A line that is cut off or damaged counts as never written. Each is synced before the next chunk is looked at. While a
sweep runs it holds a lock on the file.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any

from korgm1.errors import UserError
from korgm1.sweep.grid import Grid
from korgm1.sweep.point import Row


class Journal:
    """The journal of the sweep that will become `output`.

    Args:
        output: the finished file's name.
        description: of the sweep, plain values (see `table.describe`).
        grid: its points.
        restart: throw away what another sweep left there.

    Attributes:
        done: rows by chunk, those of an earlier run too.

    Raises:
        UserError: another sweep left a journal, one is being written, or it cannot be written.
    """

    def __init__(self, output: Path, description: Mapping[str, Any], grid: Grid, restart: bool = False) -> None:
        self.path = output.with_name(f"{output.name}.part")
        self.done: dict[int, list[Row]] = {}
        self._head = json.dumps(description, separators=(",", ":")).encode() + b"\n"
        try:
            output.parent.mkdir(parents=True, exist_ok=True)
            if self.path.exists() and not self.path.is_file():
                raise UserError(f"{self.path} is a folder or a device", "a name for the journal of a sweep")
            self._file: IO[bytes] = self.path.open("a+b")
        except OSError as error:
            raise self._failed(error) from error
        try:
            self._lock()
            self._take_over(grid, restart)
        except OSError as error:
            self._file.close()
            raise self._failed(error) from error
        except BaseException:
            self._file.close()
            raise

    def add(self, number: int, rows: Sequence[Row]) -> None:
        """A chunk is done: it is on the disk when this returns; one that was there already is left as it was.

        Raises:
            UserError: it cannot be written; what was written before is still there.
        """
        if number in self.done:
            return
        text = json.dumps([number, rows], separators=(",", ":")).encode()
        try:
            self._file.write(b"%08x %s\n" % (zlib.crc32(text), text))
            self._sync()
        except OSError as error:
            raise self._failed(error) from error
        self.done[number] = list(rows)

    def close(self) -> None:
        """Leave it for another run."""
        with contextlib.suppress(OSError):
            self._file.close()

    def remove(self) -> None:
        """The finished file has been written: the journal is not needed any more."""
        with contextlib.suppress(OSError):
            self.path.unlink()
        self.close()

    def _lock(self) -> None:
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise UserError(
                f"another sweep is writing {self.path}", "a sweep of its own for each output", "another --out"
            ) from error

    def _take_over(self, grid: Grid, restart: bool) -> None:
        """Read what is there, cut off what is not whole, and have a first line."""
        self._file.seek(0)
        head = self._file.readline()
        whole = len(head)
        if head.endswith(b"\n") and head != self._head and not restart:
            raise UserError(
                f"{self.path} belongs to another sweep: {difference(head, self._head)}",
                "the command it was begun with", "--restart, which throws it away, or another --out",
            )
        if head == self._head and not restart:
            for line in self._file:
                if not line.endswith(b"\n"):
                    break
                whole += len(line)
                if (chunk := _chunk(line, grid)) is not None:
                    self.done[chunk[0]] = chunk[1]
        else:
            whole = 0
        self._file.truncate(whole)
        if not whole:
            self._file.write(self._head)
        self._sync()

    def _sync(self) -> None:
        self._file.flush()
        os.fsync(self._file.fileno())

    def _failed(self, error: OSError) -> UserError:
        return UserError(f"{self.path} cannot be written: {error.strerror or error}", "a folder you may write to")


def difference(there: bytes, wanted: bytes) -> str:
    """The first thing in which two descriptions differ, in words.

    >>> difference(b'{"model": "m1", "volts": [1]}', b'{"model": "m1r", "volts": [1]}')
    'its model is "m1", not "m1r"'
    """
    try:
        one, two = json.loads(there), json.loads(wanted)
        name = next(name for name in {**two, **one} if one.get(name) != two.get(name))
        if isinstance(one.get(name), list) and len(json.dumps([one[name], two.get(name)])) > 160:
            return f"it has other {name}"
        return f"its {name} is {json.dumps(one.get(name))}, not {json.dumps(two.get(name))}"
    except (ValueError, AttributeError, StopIteration):
        return "it is none of a sweep"


def _chunk(line: bytes, grid: Grid) -> tuple[int, list[Row]] | None:
    """The chunk of a line, if it is whole."""
    crc, _, text = line[:-1].partition(b" ")
    if crc != b"%08x" % zlib.crc32(text):
        return None
    number, rows = json.loads(text)
    return (number, [Row(*row) for row in rows]) if number < grid.chunks else None

"""Finished sweeps as files: comma-separated text, or Parquet by `korgm1.sweep.parquet`.

The text is UTF-8 with one comment line `# korgm1 sweep: {...}` (JSON: what was swept, with which firmware), a line of
column names, and the rows in the order of the grid. Equal sweeps are equal files, whoever computed them.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from korgm1.errors import UsageError, UserError
from korgm1.files import read_file, write_atomic
from korgm1.sweep.grid import CHUNK, Grid
from korgm1.sweep.point import KINDS, Row
from korgm1.sweep.template import Template

MARK = "# korgm1 sweep: "
LIMIT = 8 << 30
"""Bytes of a finished file that is read back."""


def describe(template: Template, grid: Grid) -> dict[str, Any]:
    """What decides the rows of a sweep, as plain values that go into its files."""
    return {"format": "korgm1-sweep", "version": 1, "chunk": CHUNK, **template.describe(), **grid.describe()}


def check_name(path: Path) -> None:
    """Find out before any work whether a finished sweep can go there by its name.

    Raises:
        UsageError: another ending, or Parquet without pyarrow.

    >>> check_name(Path("sweep.csv"))
    """
    if path.suffix == ".parquet":
        from korgm1.sweep import parquet

        parquet.check()
    elif path.suffix != ".csv":
        raise UsageError(f"{str(path)!r} has no ending that says what it is", "a name with .csv or .parquet")


def write(path: Path, description: Mapping[str, Any], rows: Iterable[Row]) -> None:
    """Write a finished sweep.

    Raises:
        UserError: it cannot be written; what was there before still is.
    """
    if path.suffix == ".parquet":
        from korgm1.sweep import parquet

        write_atomic(path, parquet.encode(json.dumps(description), rows))
    else:
        write_atomic(path, to_csv(description, rows))


def read(path: Path) -> tuple[dict[str, Any], list[Row]]:
    """The description and the rows of a finished sweep.

    Raises:
        UserError: it cannot be read, or is none.
        UsageError: see `check_name`.
    """
    check_name(path)
    data = read_file(path, "a file of korgm1 sweep", LIMIT)
    if path.suffix == ".parquet":
        from korgm1.sweep import parquet

        head, rows = parquet.decode(data, str(path))
        return json.loads(head), rows
    return from_csv(data, str(path))


def to_csv(description: Mapping[str, Any], rows: Iterable[Row]) -> bytes:
    """The text of a finished sweep.

    >>> rows = [Row(2.0, 0.0, 25.0, 0, 2.0, 1.7, 3, 1, "partial", 1, "", 1.5, "Prog", 'a "b", c', "00")]
    >>> from_csv(to_csv({"seeds": [0]}, rows), "x.csv") == ({"seeds": [0]}, rows)
    True
    """
    text = io.StringIO()
    text.write(f"{MARK}{json.dumps(description)}\n")
    out = csv.writer(text, lineterminator="\n")
    out.writerow(Row._fields)
    out.writerows(rows)
    return text.getvalue().encode()


def from_csv(data: bytes, name: str) -> tuple[dict[str, Any], list[Row]]:
    """The description and the rows of `to_csv`; `name` is for the message.

    Raises:
        UserError: it is none.
    """
    kinds = [KINDS[field] for field in Row._fields]
    try:
        text = data.decode()
        head, _, rest = text.partition("\n")
        if not head.startswith(MARK):
            raise ValueError("it has no line of its own")
        lines = csv.reader(io.StringIO(rest, newline=""), strict=True)
        if tuple(next(lines)) != Row._fields:
            raise ValueError("other columns")
        rows = [Row(*(kind(word) for kind, word in zip(kinds, line, strict=True))) for line in lines]
        return json.loads(head.removeprefix(MARK)), rows
    except (ValueError, csv.Error, StopIteration) as error:
        raise UserError(f"{name} is no finished sweep", "a file of korgm1 sweep --out", "another --out") from error

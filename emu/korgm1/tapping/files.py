"""Taps and findings as files: aligned text, comma-separated text, or Parquet, by the ending of the name.

They are written as they come, NAME.part until they are whole. CSV is UTF-8 with one comment line in front,
`# korgm1 tap: ` and JSON; nothing stands for None.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from korgm1.errors import UsageError
from korgm1.files import PartFile, check_writable
from korgm1.sweep.parquet import check as check_pyarrow
from korgm1.tapping import parquet

MARK = "# korgm1 tap: "
ENDINGS = (".txt", ".csv", ".parquet")
COLUMNS = {
    "clock": "int64", "seconds": "float64", "port": "uint16", "value": "uint8", "chip": "string", "voice": "int8",
    "register": "string", "part": "uint8", "whole": "int64", "meaning": "string",
}
"""Of a tap, with their kinds in Parquet."""
PIECE = 1 << 16
"""Letters that are written at once."""


def check_name(path: Path) -> None:
    """Find out before any work whether the file can be made.

    Raises:
        UsageError: another ending, or Parquet without pyarrow.
        UserError: it cannot be written.

    >>> check_name(Path("x.csv"))
    """
    if path.suffix not in ENDINGS:
        raise UsageError(f"{str(path)!r} has no ending that says what it is", f"a name with {', '.join(ENDINGS)}")
    if path.suffix == ".parquet":
        check_pyarrow("a .csv or .txt file")
    check_writable(path)


def write_table(
    path: Path, about: Mapping[str, Any], columns: Mapping[str, str], rows: Iterable[Sequence[Any]]
) -> None:
    """Write a .csv or .parquet file of rows as they come.

    Args:
        about: plain values that go into the file.
        columns: name -> kind in Parquet.
        rows: in the order of the columns.

    Raises:
        UserError: it cannot be written.
    """
    file = PartFile(path)
    try:
        if path.suffix == ".parquet":
            parquet.write(file, about, columns, rows)
        else:
            _write_csv(file, about, columns, rows)
    except BaseException:
        file.discard()
        raise
    file.close()


def write_lines(path: Path, lines: Iterable[str]) -> None:
    """Write lines of text as they come.

    Raises:
        UserError: it cannot be written.
    """
    file = PartFile(path)
    try:
        text = io.StringIO()
        for line in lines:
            text.write(line + "\n")
            if text.tell() > PIECE:
                _flush(file, text)
        _flush(file, text)
    except BaseException:
        file.discard()
        raise
    file.close()


def _write_csv(
    file: PartFile, about: Mapping[str, Any], columns: Mapping[str, str], rows: Iterable[Sequence[Any]]
) -> None:
    text = io.StringIO()
    text.write(f"{MARK}{json.dumps(about)}\n")
    out = csv.writer(text, lineterminator="\n")
    out.writerow(columns)
    for row in rows:
        out.writerow(row)
        if text.tell() > PIECE:
            _flush(file, text)
    _flush(file, text)


def _flush(file: PartFile, text: io.StringIO) -> None:
    file.write(text.getvalue().encode())
    text.seek(0)
    text.truncate()

"""Finished sweeps as Parquet; the only importer of pyarrow. The description is in the schema's `korgm1 sweep`."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.util import find_spec

from korgm1.errors import UsageError, UserError, pip_install
from korgm1.sweep.point import KINDS, Row

KEY = b"korgm1 sweep"


def check(instead: str = "a .csv file") -> None:
    """Say what to do where pyarrow is missing; `instead` is what needs nothing.

    Raises:
        UsageError: it is.
    """
    if find_spec("pyarrow") is None:
        raise UsageError(
            "a .parquet file needs pyarrow, which is not installed", f"{instead}, which needs nothing",
            pip_install("korgm1[sweep]"),
        )


def encode(description: str, rows: Iterable[Row]) -> bytes:
    """The file of a description (JSON) and rows; texts that repeat are stored once."""
    import pyarrow
    import pyarrow.parquet

    names = Row._fields
    columns = list(zip(*rows, strict=True)) or [()] * len(names)
    kinds = {float: pyarrow.float64(), int: pyarrow.int64(), str: pyarrow.string()}
    schema = pyarrow.schema(
        [(name, kinds[KINDS[name]]) for name in names], metadata={KEY: description.encode()}
    )
    table = pyarrow.Table.from_pydict(dict(zip(names, map(list, columns), strict=True)), schema)
    sink = pyarrow.BufferOutputStream()
    pyarrow.parquet.write_table(table, sink, compression="zstd")
    return bytes(sink.getvalue().to_pybytes())


def decode(data: bytes, name: str) -> tuple[str, list[Row]]:
    """The description and the rows of `encode`; `name` is for the message.

    Raises:
        UserError: it is none.
    """
    import pyarrow
    import pyarrow.parquet

    try:
        table = pyarrow.parquet.read_table(pyarrow.BufferReader(data))
        description = table.schema.metadata[KEY].decode()
        columns = [table.column(field).to_pylist() for field in Row._fields]
    except (pyarrow.ArrowException, KeyError, TypeError, ValueError, OSError) as error:
        raise UserError(f"{name} is no finished sweep", "a file of korgm1 sweep --out", "another --out") from error
    return description, [Row(*values) for values in zip(*columns, strict=True)]


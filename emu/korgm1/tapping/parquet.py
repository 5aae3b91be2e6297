"""Rows and findings as Parquet files; the only importer of pyarrow here. What they are about is in the schema."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import Any

from korgm1.files import PartFile

KEY = b"korgm1 tap"
GROUP = 1 << 16
"""Rows that are held in memory and written at once."""


class _Sink:
    """A file as pyarrow writes to it."""

    def __init__(self, file: PartFile) -> None:
        self._file = file
        self.closed = False

    def write(self, data: Any) -> int:
        data = bytes(data)
        self._file.write(data)
        return len(data)

    def writable(self) -> bool:
        return True

    def readable(self) -> bool:
        return False

    def seekable(self) -> bool:
        return False

    def flush(self) -> None:
        pass

    def close(self) -> None:
        self.closed = True


def write(
    file: PartFile, about: Mapping[str, Any], columns: Mapping[str, str], rows: Iterable[Sequence[Any]]
) -> None:
    """Write rows as they come, 65,536 of them in memory at most.

    Args:
        file: where to.
        about: plain values for the schema's metadata, under `korgm1 tap`.
        columns: name -> "int64", "uint16", "float64", "string", ...; any value may be None.
        rows: values in the order of the columns.

    Raises:
        UserError: it cannot be written.
    """
    import pyarrow
    import pyarrow.parquet

    schema = pyarrow.schema(
        [(name, pyarrow.type_for_alias(kind)) for name, kind in columns.items()], {KEY: json.dumps(about).encode()}
    )
    source = iter(rows)
    with pyarrow.parquet.ParquetWriter(pyarrow.PythonFile(_Sink(file), "w"), schema, compression="zstd") as out:
        while group := list(islice(source, GROUP)):
            values = zip(*group, strict=True)
            arrays = [pyarrow.array(column, kind) for column, kind in zip(values, schema.types, strict=True)]
            out.write_table(pyarrow.Table.from_arrays(arrays, schema=schema))

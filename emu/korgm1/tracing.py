"""Trace files (docs/trace-format.md): what an engine's `Tracer` writes, with a head, plain or gzip'd."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from pathlib import Path

from korgm1.cpu.trace import TraceFilter, Tracer
from korgm1.files import PartFile
from korgm1.machine.m1 import M1

VERSION = 1


class TraceFile:
    """A trace being written; PATH.part until `close`.

    Args:
        path: the file; gzip'd when it ends in .gz.
        words: the filter's text, see `TraceFilter.parse`.
        about: what the head says: name -> value.

    Raises:
        UsageError: the filter cannot be understood.
        UserError: the file cannot be written.
    """

    def __init__(self, path: Path, words: str, about: Mapping[str, str]) -> None:
        self._tracer = Tracer(TraceFilter.parse(words), self._take)
        self._packer = zlib.compressobj(1, zlib.DEFLATED, 31) if path.suffix == ".gz" else None
        self._file = PartFile(path, sync=False)
        self._machine: M1 | None = None
        self.comment(f"korgm1 trace {VERSION}")
        for name, value in {**about, "filter": words}.items():
            self.comment(f"{name}: {value}")

    def attach(self, machine: M1) -> None:
        """From now on this machine is traced."""
        self.detach()
        self._machine = machine
        machine.engine.trace(self._tracer)
        self.comment(f"begin at clock {machine.clock}")

    def detach(self) -> None:
        """No machine is traced."""
        machine, self._machine = self._machine, None
        if machine is not None:
            machine.engine.trace(None)
            self._tracer.flush()
            why = machine.engine.stopped
            self.comment(f"end at clock {machine.clock}" + (f": {why}" if why else ""))

    def comment(self, text: str) -> None:
        """Write a line that begins with #."""
        self._tracer.flush()
        self._take(f"# {text}\n".encode())

    def close(self) -> None:
        """The trace is whole.

        Raises:
            UserError: the file cannot be written.
        """
        self.detach()
        self.comment(f"{self._tracer.lines} lines")
        if self._packer is not None:
            self._file.write(self._packer.flush())
        self._file.close()

    def _take(self, block: bytes) -> None:
        self._file.write(block if self._packer is None else self._packer.compress(block))

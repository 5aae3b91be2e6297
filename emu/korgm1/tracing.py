"""Writing trace files (docs/trace-format.md): what an engine's `Tracer` hands over, with head, marks and foot."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from korgm1.cpu.trace import KINDS, TraceBlock, TraceFilter, Tracer
from korgm1.errors import UsageError, UserError
from korgm1.files import PartFile
from korgm1.machine.m1 import M1
from korgm1.trace_blocks import START, Kind, encode

VERSION = 1
SUFFIX = ".kmt"
"""A file of this name is binary, any other text."""


class TraceFile:
    """A trace being written; PATH.part until `close`.

    Args:
        path: the file; binary when it ends in .kmt.
        words: the filter's text, see `TraceFilter.parse`.
        about: what the head says: name -> value.

    Raises:
        UsageError: the filter cannot be understood, or the file is to be a .gz.
        UserError: the file cannot be written.
    """

    def __init__(self, path: Path, words: str, about: Mapping[str, str]) -> None:
        wanted = TraceFilter.parse(words)
        if path.suffix == ".gz":
            raise UsageError(
                f"{path}: a trace is not gzip'd while it is made",
                f"a name in {SUFFIX}, which is smaller and costs less time, or plain text",
                f"korgm1 trace show NAME{SUFFIX} | gzip > {path.name}, afterwards",
            )
        self._binary = (wanted.form or ("binary" if path.suffix == SUFFIX else "text")) == "binary"
        self._tracer = Tracer(wanted, self._take, packed=self._binary)
        self._file = PartFile(path, sync=False)
        self._machine: M1 | None = None
        self._blocks = 0
        self._failed: UserError | None = None
        shown = ",".join(word for word in words.split(",") if not word.strip().lower().startswith("form="))
        self._head = {**about, "filter": " ".join(shown.split())}

    def attach(self, machine: M1) -> None:
        """From now on this machine is traced."""
        self.detach()
        self._write_head(machine.clock)
        self._machine = machine
        machine.engine.trace(self._tracer)
        self._write(Kind.MARK, f"begin at clock {machine.clock}", clock=machine.clock)

    def detach(self) -> None:
        """No machine is traced. A file that cannot be written is `close`'s to tell: this must not stop a power-off."""
        machine, self._machine = self._machine, None
        if machine is not None:
            machine.engine.trace(None)
            why = machine.engine.stopped
            with suppress(UserError):
                self._tracer.flush()
                text = f"end at clock {machine.clock}" + (f": {why}" if why else "")
                self._write(Kind.MARK, text, clock=machine.clock)

    def close(self) -> None:
        """The trace is whole.

        Raises:
            UserError: the file cannot be written, or could not be before; PATH.part is still there.
        """
        self.detach()
        with suppress(UserError):
            self._write_head(0)
            self._write(Kind.FOOT, f"{self._tracer.lines} lines")
        if self._failed is not None:
            self._file.abandon()
            raise self._failed
        self._file.close()

    def _write_head(self, clock: int) -> None:
        if self._blocks == 0:
            texts = [f"korgm1 trace {VERSION}", *(f"{name}: {value}" for name, value in self._head.items())]
            self._write(Kind.HEAD, *texts, clock=clock)

    def _write(self, kind: Kind, *texts: str, clock: int = 0) -> None:
        lines = "".join(f"# {text}\n" for text in texts)
        self._take(TraceBlock(lines.encode(), clock, clock, (0,) * len(KINDS)), kind)

    def _take(self, block: TraceBlock, kind: Kind = Kind.RECORDS) -> None:
        if self._failed is not None:
            return
        data = encode(kind, self._blocks, block) if self._binary else block.data
        try:
            self._file.write(START + data if self._binary and self._blocks == 0 else data)
        except UserError as error:
            self._failed = error
            raise
        self._blocks += 1

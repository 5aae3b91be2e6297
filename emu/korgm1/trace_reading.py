"""Reading trace files of either form (docs/trace-format.md): their lines, and what they are about."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Protocol

from korgm1.cpu.trace import KINDS, NEVER, TraceBlock, TraceFilter, TraceReader
from korgm1.errors import UserError
from korgm1.profiling import Profile
from korgm1.profiling.lines import ANYWHERE, EVERYTHING, Calls, Marks, Within, count_line
from korgm1.trace_blocks import MAGIC, BlockFile, Kind

_HEAD = b"# korgm1 trace "
_LONGEST = 1 << 16
"""Bytes of a line of text that is still taken for one."""
_LINE = re.compile(
    rb"([0-9]{4,20}) (?:(exec) ([0-9A-F]{4}):([0-9A-F]{4}) (?:[0-9A-F]{2}){1,16}(?:\.\.)?(?: [a-z0-9]+=[0-9A-F]{4})*"
    rb"|(int [0-9A-F]{2}|wake) at [0-9A-F]{4}:[0-9A-F]{4}"
    rb"|(mem[rw]|in|out) ([0-9A-F]{4,5}) (?:[0-9A-F]{2}){1,2})"
)


@dataclass
class TraceInfo:
    """What a trace is about.

    Attributes:
        form: "text" or "binary".
        about: the head: version, program, model, firmware, engine, filter.
        marks: "begin at clock 0", "end at clock 16400000: ..." and the like.
        counts: lines by `cpu.trace.KINDS`.
        span: the lowest and the highest clock of a line, or None without any.
        size: bytes of the file.
        fault: why it is not whole, or None.
    """

    form: str
    size: int
    about: dict[str, str] = field(default_factory=dict)
    marks: list[str] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(KINDS, 0))
    span: tuple[int, int] | None = None
    fault: UserError | None = None

    @property
    def lines(self) -> int:
        """All of them."""
        return sum(self.counts.values())

    def comment(self, text: str) -> None:
        """Take in a line that begins with #."""
        name, colon, value = text.removeprefix("# ").partition(": ")
        if text.startswith(_HEAD.decode()):
            self.about["version"] = text.removeprefix(_HEAD.decode())
        elif not self.marks and colon and " " not in name:
            self.about[name] = value
        elif text.startswith(("# begin", "# end")):
            self.marks.append(text.removeprefix("# "))

    def clocks(self, first: int, last: int) -> None:
        """Lines of these clocks are there."""
        low, high = self.span or (first, last)
        self.span = min(low, first), max(high, last)


class Trace(Protocol):
    """An opened trace; one of its methods is called once."""

    def text(
        self, wanted: TraceFilter = EVERYTHING, count: int = NEVER, within: Within = ANYWHERE
    ) -> Iterator[bytes]:
        """The wanted lines, `count` at most, in blocks; those that begin with # among them, up to the last wanted one.

        Raises:
            UserError: the file is damaged or was cut off; all that could be read has been given. A function is asked
                for, and instructions or interrupts are left out.
        """
        ...

    def profile(self, into: Profile, whole: bool = True) -> Iterator[int]:
        """Count all lines; how many bytes of the file have been read so far, time and again.

        Args:
            into: what counts.
            whole: refuse a trace that leaves out instructions or interrupts.

        Raises:
            UserError: it does, or the file is damaged or was cut off; what could be read has been counted.
        """
        ...

    def info(self) -> TraceInfo:
        """What it is about; the whole file is read."""
        ...


@contextmanager
def open_trace(path: str | os.PathLike[str]) -> Iterator[Trace]:
    """A trace file of either form; the content tells which.

    Args:
        path: the file.

    Raises:
        UserError: it is none, or cannot be read.

    >>> from korgm1.session import Session; import tempfile; m1 = Session()
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     m1.trace(folder + "/x.kmt", "exec"); m1.power_on(); m1.run(0.001); m1.trace_end()
    ...     with open_trace(folder + "/x.kmt") as trace:
    ...         lines = b"".join(trace.text(count=1)).splitlines()
    >>> lines[-1]
    b'0000 exec FFFF:0000 EA000000F0'
    """
    path = Path(path)
    if path.exists() and not path.is_file():
        raise UserError(f"{path} is a folder, a device or a pipe", "a trace (a file)")
    try:
        file = path.open("rb")
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror or error}", "a trace") from error
    with file:
        start = file.read(len(_HEAD))
        file.seek(0)
        if start.startswith(MAGIC):
            yield _Binary(path, file)
        elif start == _HEAD:
            yield _Text(path, file)
        elif start.startswith(b"\x1f\x8b"):
            raise UserError(
                f"{path} is gzip'd: a snapshot (korgm1 state show tells), or a trace somebody packed",
                "a file of --trace, as it was written",
            )
        else:
            raise UserError(f"{path} is no trace", "a file of --trace")


class _Binary:
    def __init__(self, path: Path, file: BinaryIO) -> None:
        self._file = BlockFile(path, file)
        self._size = os.fstat(file.fileno()).st_size

    def text(
        self, wanted: TraceFilter = EVERYTHING, count: int = NEVER, within: Within = ANYWHERE
    ) -> Iterator[bytes]:
        """The wanted lines of the records, and all comments, a block at a time; see `Trace`."""
        reader = TraceReader(wanted, count)
        calls = Calls(within)
        if calls.counter is not None or within.vector is not None:
            reader.only_within(None if calls.counter is None else calls.counter.pointer, within.own, within.vector)
        file = self._file
        for block in file.blocks():
            if reader.left == 0:
                return
            if block.kind is not Kind.RECORDS:
                lines = self._comments(file.data(block))
                for line in lines:
                    calls.comment(line)
                yield "".join(f"{line}\n" for line in lines).encode()
            elif calls.counter is not None or (block.begins < wanted.end and block.ends >= wanted.start):
                try:
                    text, counts = reader.text(file.data(block), block.begins)
                except ValueError:
                    raise file.damaged(block) from None
                if counts != block.counts:
                    raise file.damaged(block)
                yield text

    def profile(self, into: Profile, whole: bool = True) -> Iterator[int]:
        """A block at a time; see `Trace`."""
        marks, done = Marks(into.counter, whole), 0
        try:
            for block in self._file.blocks():
                data = self._file.data(block)
                if block.kind is not Kind.RECORDS:
                    for line in self._comments(data):
                        marks.comment(line)
                else:
                    try:
                        into.feed(TraceBlock(data, block.begins, block.ends, block.counts))
                    except ValueError:
                        raise self._file.damaged(block) from None
                done += block.stored
                yield done
        finally:
            into.words, into.firmware = marks.wanted, marks.firmware
            marks.end()

    def info(self) -> TraceInfo:
        """See `Trace`; every block is decompressed, no record is read."""
        info = TraceInfo("binary", self._size)
        try:
            for block in self._file.blocks():
                data = self._file.data(block)
                if block.kind is not Kind.RECORDS:
                    for line in self._comments(data):
                        info.comment(line)
                else:
                    info.clocks(block.begins, block.ends)
                    for kind, count in zip(KINDS, block.counts, strict=True):
                        info.counts[kind] += count
        except UserError as error:
            info.fault = error
        return info

    @staticmethod
    def _comments(data: bytes) -> list[str]:
        """Lines that a terminal can take."""
        lines = data.decode("utf-8", "replace").splitlines()
        return ["".join(c if c.isprintable() else "?" for c in line) for line in lines]


class _Text:
    def __init__(self, path: Path, file: BinaryIO) -> None:
        self._path = path
        self._file = file

    def text(
        self, wanted: TraceFilter = EVERYTHING, count: int = NEVER, within: Within = ANYWHERE
    ) -> Iterator[bytes]:
        """The wanted lines, and all comments, one by one; see `Trace`."""
        calls = Calls(within)
        for line, match in self._each():
            if count == 0:
                return
            if match is None:
                calls.comment(line.decode("utf-8", "replace"))
                yield line
            elif calls.take(line) and _is_wanted(match, wanted, within.vector):
                count -= 1
                yield line

    def profile(self, into: Profile, whole: bool = True) -> Iterator[int]:
        """A thousand lines at a time; see `Trace`."""
        marks, done = Marks(into.counter, whole), 0
        try:
            for number, (line, match) in enumerate(self._each()):
                if match is None:
                    marks.comment(line.decode("utf-8", "replace"))
                else:
                    count_line(into.counter, line)
                done += len(line)
                if number % 1000 == 0:
                    yield done
        finally:
            into.words, into.firmware = marks.wanted, marks.firmware
            marks.end()

    def info(self) -> TraceInfo:
        """See `Trace`; a line counts by its second word."""
        info = TraceInfo("text", os.fstat(self._file.fileno()).st_size)
        try:
            for line, match in self._each():
                if match is None:
                    info.comment(line.decode("utf-8", "replace").rstrip("\n"))
                else:
                    clock = int(match[1])
                    info.clocks(clock, clock)
                    info.counts[line.split(None, 2)[1].decode()] += 1
        except UserError as error:
            info.fault = error
        return info

    def _each(self) -> Iterator[tuple[bytes, re.Match[bytes] | None]]:
        lines, foot = 0, b""
        for number in range(1, 1 << 62):
            line = self._file.readline(_LONGEST)
            if not line:
                break
            match = None
            if line.endswith(b"\n") and not line.startswith(b"# "):
                match = _LINE.fullmatch(line, 0, len(line) - 1)
            if not line.endswith(b"\n") and len(line) < _LONGEST:
                raise self._fault(f"is cut off in line {number}")
            if match is None and not line.startswith(b"# "):
                raise self._fault(f"is damaged: line {number} is none of a trace")
            lines += match is not None
            foot = line
            yield line, match
        if foot != f"# {lines} lines\n".encode():
            raise self._fault(f"is cut off behind line {number - 1}, or lines are missing: its foot is not there")

    def _fault(self, what: str) -> UserError:
        return UserError(f"{self._path} {what} (what stands before that can be read)", "a whole trace")


def _is_wanted(line: re.Match[bytes], wanted: TraceFilter, vector: int | None) -> bool:
    clock, code, ps, pc, interrupt, access, where = line.groups()
    if not wanted.start <= int(clock) < wanted.end:
        return False
    if interrupt:
        if vector is not None and interrupt.startswith(b"int"):
            return int(interrupt[4:], 16) == vector
        return wanted.interrupts
    kind = (code or access).decode()
    address = (int(ps, 16) * 16 + int(pc, 16)) & 0xFFFFF if code else int(where, 16)
    return any(first <= address <= last for first, last in wanted.ranges.get(kind, ()))

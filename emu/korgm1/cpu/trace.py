"""Traces of the CPU (docs/trace-format.md): which steps are wanted, and the C side that writes and reads them.

While a trace is made every engine steps with the V30 core and writes down what it does (cext/trace.c); lockstep goes on
comparing. The engines are the same to the clock, so the trace is, too.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

from korgm1.clock import CPU_HZ
from korgm1.cpu.native import ffi, lib
from korgm1.errors import UsageError

_MEMORY = {"exec": lib.TRACE_EXEC, "memr": lib.TRACE_MEMR, "memw": lib.TRACE_MEMW}
_PORT = {"in": lib.TRACE_IN, "out": lib.TRACE_OUT}
_GROUPS = {"mem": ("memr", "memw"), "port": ("in", "out"), "all": ("exec", "int", "memr", "memw", "in", "out")}
WORDS = "exec, int, memr, memw, mem, in, out, port, all, regs, from=SECONDS, to=SECONDS, form=text|binary"
NEVER = (1 << 64) - 1
_new_uncleared = ffi.new_allocator(should_clear_after_alloc=False)
FORMS = ("text", "binary")
"""Of a trace file."""
KINDS = ("exec", "int", "wake", "memr", "memw", "in", "out")
"""What lines there are, in the order of `TraceBlock.counts`."""
BLOCK_SIZE = int(lib.TRACE_BLOCK)
"""Bytes of text or records in a block at most."""


@dataclass(frozen=True)
class TraceFilter:
    """What is to be written down.

    Attributes:
        ranges: by kind (exec, memr, memw, in, out), the wanted (first, last) addresses or ports.
        interrupts: interrupts, too.
        registers: registers behind each instruction, too.
        start, end: only clocks from `start`, before `end`.
        form: of the file: one of `FORMS`, or "" for that of its name.
    """

    ranges: dict[str, tuple[tuple[int, int], ...]]
    interrupts: bool
    registers: bool
    start: int
    end: int
    form: str = ""

    @classmethod
    def parse(cls, text: str = "all") -> TraceFilter:
        """The filter of a text: words with commas, each a kind, a group of kinds, or either with =FIRST-LAST in hex.

        A text without any kind means all of them.

        Raises:
            UsageError: it cannot be understood.

        >>> TraceFilter.parse("int,port=0A00-0A0F,from=1.5").ranges
        {'in': ((2560, 2575),), 'out': ((2560, 2575),)}
        """
        ranges: dict[str, list[tuple[int, int]]] = {}
        interrupts = registers = False
        form = ""
        times = {"from": 0, "to": NEVER}
        words = [word.strip() for word in text.split(",") if word.strip()]
        if not any(word.partition("=")[0].lower() not in ("regs", "from", "to", "form") for word in words):
            words.append("all")
        for word in words:
            name, equals, value = word.partition("=")
            name = name.strip().lower()
            if name in times and equals:
                times[name] = _clock(word, value)
            elif name == "regs" and not equals:
                registers = True
            elif name == "form" and value.strip().lower() in FORMS:
                form = value.strip().lower()
            else:
                if equals and name in ("int", "all"):
                    raise _unknown(word)
                for kind in _GROUPS.get(name, (name,)):
                    if kind == "int":
                        interrupts = True
                    elif kind in _MEMORY or kind in _PORT:
                        top = 0xFFFFF if kind in _MEMORY else 0xFFFF
                        span = hex_range(f"--trace-filter {word!r}", value, top) if equals else (0, top)
                        ranges.setdefault(kind, []).append(span)
                    else:
                        raise _unknown(word)
        if times["from"] >= times["to"]:
            raise UsageError(
                f"--trace-filter {text!r} asks for no stretch of time", "from before to, in seconds since power-on"
            )
        return cls({k: tuple(v) for k, v in ranges.items()}, interrupts, registers, times["from"], times["to"], form)


class TraceBlock(NamedTuple):
    """Whole lines of a trace, in the order of the clock.

    Attributes:
        data: text, or packed records which can be read without any other block.
        begins, ends: clocks of the first and the last line.
        counts: how many lines of each of `KINDS`.
    """

    data: bytes
    begins: int
    ends: int
    counts: tuple[int, ...]


class Tracer:
    """The C side of a trace; hand it to an engine's `trace`.

    Args:
        wanted: what is written down.
        drain: called with a block whenever there is one; may raise, which ends the CPU's run.
        packed: records instead of text.

    >>> blocks = []
    >>> tracer = Tracer(TraceFilter.parse(), blocks.append); tracer.flush(); blocks
    []
    """

    def __init__(self, wanted: TraceFilter, drain: Callable[[TraceBlock], None], packed: bool = False) -> None:
        self._drain = drain
        self._handle = ffi.new_handle(self)
        self.pointer = trace = ffi.new("trace *")
        _fill(trace.wanted, wanted)
        trace.registers = wanted.registers
        trace.accesses = any(kind != "exec" for kind in wanted.ranges)
        trace.packed = packed
        trace.user = self._handle
        trace.drain = lib.trace_drain
        lib.trace_begin(trace)
        self.lines = 0
        """Lines handed over so far."""
        self.on_error: Callable[[BaseException], None] = lambda error: None
        """Called with what `drain` raised; set by the engine."""

    def flush(self) -> None:
        """Hand over what is left."""
        trace = self.pointer
        if trace.used:
            data = bytes(ffi.buffer(trace.block, trace.used))
            block = TraceBlock(data, trace.begins, trace.ends, tuple(trace.counts))
            lib.trace_taken(trace)
            self.lines += sum(block.counts)
            self._drain(block)

    def drain(self) -> None:
        """The C side's block is full."""
        try:
            self.flush()
        except BaseException as error:
            self.on_error(error)


class TraceReader:
    """The C side that makes text of packed records.

    Args:
        wanted: which lines; `registers` does not count, they are shown where they were written.
        count: how many lines at most.

    >>> reader = TraceReader(TraceFilter.parse(), 10)
    >>> reader.text(bytes.fromhex("3e 00f0 00f0 0190 011880 3412 0720 40 00 00f0 01f0 20"), 16000)
    (b'16000 exec F000:F000 90 aw=1234 psw=2007\\n16000 int 20 at F000:F001\\n', (1, 1, 0, 0, 0, 0, 0))
    """

    def __init__(self, wanted: TraceFilter, count: int = NEVER) -> None:
        self._reader = ffi.new("trace_reader *")
        _fill(self._reader.wanted, wanted)
        self._reader.left = count
        self._room = _new_uncleared("uint8_t[]", BLOCK_SIZE * lib.TRACE_EXPANDS + 256)
        lib.trace_reader_begin(self._reader)

    @property
    def left(self) -> int:
        """How many lines may still come."""
        return int(self._reader.left)

    def text(self, records: bytes, begins: int) -> tuple[bytes, tuple[int, ...]]:
        """The wanted lines of a block, and how many of each of `KINDS` there are in it, wanted or not.

        Args:
            records: the block, at most `BLOCK_SIZE` bytes.
            begins: the clock of its first line.

        Raises:
            ValueError: the records are damaged.
        """
        if len(records) > BLOCK_SIZE:
            raise ValueError(f"a block of {len(records)} bytes")
        source = ffi.from_buffer("uint8_t[]", records + bytes(lib.TRACE_RECORD))
        size = lib.trace_read(self._reader, begins, source, len(records), self._room)
        if size < 0:
            raise ValueError("a record that is none")
        return bytes(ffi.buffer(self._room, size)), tuple(self._reader.counts)

    def only_within(self, calls: Any, own: bool, vector: int | None) -> None:
        """Fewer lines.

        Args:
            calls: the `profile` of a function's calls, which follows the blocks from now on: lines while it is at work.
            own: but not while what it calls is.
            vector: of interrupts only these.
        """
        self._reader.calls = ffi.NULL if calls is None else calls
        self._reader.own = own
        self._reader.one_vector = vector is not None
        self._reader.vector = vector or 0


@ffi.def_extern()  # type: ignore[untyped-decorator]
def trace_drain(user: Any) -> None:
    tracer: Tracer = ffi.from_handle(user)
    tracer.drain()


def _fill(native: Any, wanted: TraceFilter) -> None:
    memory, port = bytearray(0x100000), bytearray(0x10000)
    for kind, spans in wanted.ranges.items():
        flags, bit = (memory, _MEMORY[kind]) if kind in _MEMORY else (port, _PORT[kind])
        table = bytes(value | bit for value in range(256))
        for first, last in spans:
            flags[first : last + 1] = flags[first : last + 1].translate(table)
    ffi.buffer(native.memory)[:] = memory
    ffi.buffer(native.port)[:] = port
    native.interrupts = wanted.interrupts
    native.first_clock, native.end_clock = wanted.start, wanted.end


def _clock(word: str, value: str) -> int:
    try:
        seconds = float(value)
        if not 0 <= seconds < 1e6:
            raise ValueError
    except ValueError:
        raise UsageError(f"--trace-filter {word!r} has no number of seconds", "from=1.5 or to=2") from None
    return round(seconds * CPU_HZ)


def hex_range(what: str, value: str, top: int) -> tuple[int, int]:
    """FIRST-LAST in hex, or one number.

    Args:
        what: names it in the error.
        value: the text.
        top: the highest number there is.

    Raises:
        UsageError: it is none.

    >>> hex_range("--ports", "0A00-0A0F", 0xFFFF)
    (2560, 2575)
    """
    first, dash, last = value.partition("-")
    try:
        span = int(first, 16), int(last if dash else first, 16)
    except ValueError:
        raise UsageError(f"{what} has no hex range", "such as 0A00-0A0F or 402") from None
    if not 0 <= span[0] <= span[1] <= top:
        raise UsageError(f"{what} is no range", f"FIRST-LAST within 0-{top:X}")
    return span


def _unknown(word: str) -> UsageError:
    return UsageError(f"--trace-filter {word!r} is not known", f"words of: {WORDS}, a kind with =FIRST-LAST in hex")

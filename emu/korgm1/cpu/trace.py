"""Traces of the CPU (docs/trace-format.md): which steps are wanted, and the C side that writes them down.

While a trace is made every engine steps with the V30 core and writes down what it does (cext/trace.c); lockstep goes on
comparing. The engines are the same to the clock, so the trace is, too.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from korgm1.clock import CPU_HZ
from korgm1.cpu.native import ffi, lib
from korgm1.errors import UsageError

_MEMORY = {"exec": lib.TRACE_EXEC, "memr": lib.TRACE_MEMR, "memw": lib.TRACE_MEMW}
_PORT = {"in": lib.TRACE_IN, "out": lib.TRACE_OUT}
_GROUPS = {"mem": ("memr", "memw"), "port": ("in", "out"), "all": ("exec", "int", "memr", "memw", "in", "out")}
WORDS = "exec, int, memr, memw, mem, in, out, port, all, regs, from=SECONDS, to=SECONDS"
NEVER = (1 << 64) - 1


@dataclass(frozen=True)
class TraceFilter:
    """What is to be written down.

    Attributes:
        ranges: by kind (exec, memr, memw, in, out), the wanted (first, last) addresses or ports.
        interrupts: interrupts, too.
        registers: registers behind each instruction, too.
        start, end: only clocks from `start`, before `end`.
    """

    ranges: dict[str, tuple[tuple[int, int], ...]]
    interrupts: bool
    registers: bool
    start: int
    end: int

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
        times = {"from": 0, "to": NEVER}
        words = [word.strip() for word in text.split(",") if word.strip()]
        if not any(word.partition("=")[0].lower() not in ("regs", "from", "to") for word in words):
            words.append("all")
        for word in words:
            name, equals, value = word.partition("=")
            name = name.strip().lower()
            if name in times and equals:
                times[name] = _clock(word, value)
            elif name == "regs" and not equals:
                registers = True
            else:
                if equals and name in ("int", "all"):
                    raise _unknown(word)
                for kind in _GROUPS.get(name, (name,)):
                    if kind == "int":
                        interrupts = True
                    elif kind in _MEMORY or kind in _PORT:
                        top = 0xFFFFF if kind in _MEMORY else 0xFFFF
                        ranges.setdefault(kind, []).append(_range(word, value, top) if equals else (0, top))
                    else:
                        raise _unknown(word)
        return cls({k: tuple(v) for k, v in ranges.items()}, interrupts, registers, times["from"], times["to"])


class Tracer:
    """The C side of a trace; hand it to an engine's `trace`.

    Args:
        wanted: what is written down.
        drain: called with a block of whole lines whenever there is one; may raise, which ends the CPU's run.

    >>> lines = []
    >>> tracer = Tracer(TraceFilter.parse(), lines.append); tracer.flush(); lines
    []
    """

    def __init__(self, wanted: TraceFilter, drain: Callable[[bytes], None]) -> None:
        self._drain = drain
        self._handle = ffi.new_handle(self)
        self.pointer = trace = ffi.new("trace *")
        memory, port = bytearray(0x100000), bytearray(0x10000)
        for kind, spans in wanted.ranges.items():
            flags, bit = (memory, _MEMORY[kind]) if kind in _MEMORY else (port, _PORT[kind])
            table = bytes(value | bit for value in range(256))
            for first, last in spans:
                flags[first : last + 1] = flags[first : last + 1].translate(table)
        ffi.buffer(trace.memory)[:] = memory
        ffi.buffer(trace.port)[:] = port
        trace.interrupts = wanted.interrupts
        trace.registers = wanted.registers
        trace.accesses = any(kind != "exec" for kind in wanted.ranges)
        trace.first_clock, trace.end_clock = wanted.start, wanted.end
        trace.user = self._handle
        trace.drain = lib.trace_drain
        lib.trace_begin(trace)
        self.on_error: Callable[[BaseException], None] = lambda error: None
        """Called with what `drain` raised; set by the engine."""

    @property
    def lines(self) -> int:
        """Lines written so far."""
        return int(self.pointer.lines)

    def flush(self) -> None:
        """Hand over what is left."""
        used, self.pointer.used = self.pointer.used, 0
        if used:
            self._drain(bytes(ffi.buffer(self.pointer.text, used)))

    def drain(self) -> None:
        """The C side's buffer is full."""
        try:
            self.flush()
        except BaseException as error:
            self.on_error(error)


@ffi.def_extern()  # type: ignore[untyped-decorator]
def trace_drain(user: Any) -> None:
    tracer: Tracer = ffi.from_handle(user)
    tracer.drain()


def _clock(word: str, value: str) -> int:
    try:
        seconds = float(value)
        if not 0 <= seconds < 1e6:
            raise ValueError
    except ValueError:
        raise UsageError(f"--trace-filter {word!r} has no number of seconds", "from=1.5 or to=2") from None
    return round(seconds * CPU_HZ)


def _range(word: str, value: str, top: int) -> tuple[int, int]:
    first, dash, last = value.partition("-")
    try:
        span = int(first, 16), int(last if dash else first, 16)
    except ValueError:
        raise UsageError(f"--trace-filter {word!r} has no hex range", "such as port=0A00-0A0F or mem=1234") from None
    if not 0 <= span[0] <= span[1] <= top:
        raise UsageError(f"--trace-filter {word!r} is no range", f"FIRST-LAST within 0-{top:X}")
    return span


def _unknown(word: str) -> UsageError:
    return UsageError(f"--trace-filter {word!r} is not known", f"words of: {WORDS}, a kind with =FIRST-LAST in hex")

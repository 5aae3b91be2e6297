"""The lines of a trace file for a profile: what those with # mean, and lines of text."""

from __future__ import annotations

from dataclasses import dataclass

from korgm1.cpu.profile import ProfileCounter
from korgm1.cpu.trace import KINDS, NEVER, TraceFilter
from korgm1.errors import M1Error, UserError
from korgm1.profiling.live import is_whole

EVERYTHING = TraceFilter.parse()


@dataclass(frozen=True)
class Within:
    """Which of the wanted lines.

    Attributes:
        vector: of interrupts only those of this vector; None: all.
        function: only while the function at this physical address is an open call; None: always.
        own: but not while what it calls is.
    """

    vector: int | None = None
    function: int | None = None
    own: bool = False


ANYWHERE = Within()


class Marks:
    """What the lines with # mean for a profile.

    Args:
        counter: the profile's.
        whole: refuse a trace that leaves out instructions or interrupts.
    """

    def __init__(self, counter: ProfileCounter, whole: bool) -> None:
        self._counter = counter
        self._whole = whole
        self.wanted = EVERYTHING
        """The trace's own filter."""
        self.firmware = ""
        """What it is of."""

    def comment(self, line: str) -> None:
        """The clock of a mark ends what is open; the filter is in the head."""
        words = line.split()
        if words[1:2] == ["firmware:"]:
            self.firmware = " ".join(words[2:])
        elif words[1:2] == ["filter:"]:
            try:
                self.wanted = TraceFilter.parse(" ".join(words[2:]))
            except M1Error:
                raise UserError(f"the trace's filter {' '.join(words[2:])!r} is not known", "a whole trace") from None
            if self._whole and not is_whole(self.wanted):
                raise UserError(
                    f"this trace has no instructions, not all, or no interrupts: its filter is {' '.join(words[2:])}",
                    "a trace with both", "make it with --trace-filter exec,int,port (or all)",
                )
        elif words[1:2] in (["begin"], ["end"]) and words[2:4] == ["at", "clock"] and words[4:]:
            digits = words[4].rstrip(":")
            if digits.isascii() and digits.isdecimal() and len(digits) < 20:
                self._counter.mark(min(int(digits), self.wanted.end))

    def end(self) -> None:
        """There is no more."""
        self._counter.mark(int(self._counter.pointer.clock))


class Calls:
    """Follows the calls of the function that is asked for, if one is."""

    def __init__(self, within: Within) -> None:
        self.counter = None if within.function is None else ProfileCounter(watched=within.function)
        self._marks = None if self.counter is None else Marks(self.counter, True)
        self._own = within.own

    def comment(self, line: str) -> None:
        """A line with #."""
        if self._marks is not None:
            self._marks.comment(line)

    def take(self, line: bytes) -> bool:
        """The next line: whether the function is at work."""
        if self.counter is None:
            return True
        count_line(self.counter, line)
        return self.counter.own if self._own else self.counter.inside


def count_line(counter: ProfileCounter, line: bytes) -> None:
    """Have a line of text counted, which is known to be one.

    >>> counter = ProfileCounter(); count_line(counter, b"16000 exec F000:0123 90"); counter.pointer.instructions
    1
    """
    words = line.split()
    clock, kind = min(int(words[0]), NEVER), KINDS.index(words[1].decode())
    if kind == 0:
        ps, _, pc = words[2].partition(b":")
        code = bytes.fromhex(words[3].rstrip(b".").decode())
        counter.line(clock, kind, int(ps, 16) << 16 | int(pc, 16), 0, len(code) | 0x80 * words[3].endswith(b"."), code)
    elif kind < 3:
        ps, _, pc = words[-1].partition(b":")
        counter.line(clock, kind, int(ps, 16) << 16 | int(pc, 16), int(words[2], 16) if kind == 1 else 0x100)
    else:
        counter.line(clock, kind, int(words[2], 16), int(words[3], 16), len(words[3]) // 2)

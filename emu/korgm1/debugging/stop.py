"""What a debugger stops at, and what it says when it stands."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from korgm1.cpu.stops import Match
from korgm1.errors import UsageError

MEMORY = {"memr": ("memr",), "memw": ("memw",), "mem": ("memr", "memw")}
PORT = {"in": ("in",), "out": ("out",), "port": ("in", "out")}
KINDS = ("exec", *MEMORY, *PORT, "int", "lcd")
REASONS = ("step", "stop", "time", "halted", "stopped", "frozen", "asked", "start", "off")


@dataclass
class Stop:
    """A place, access, interrupt or LCD text to stop at.

    Attributes:
        kind: of `KINDS`: an instruction, a memory read, write or either, a port read, write or either, an interrupt or
            trap that is taken, a text that appears on the LCD.
        first: the address (physical) or port; the vector, None: any; the text.
        last: the last address or port; None: one.
        enabled: it stops.
        ignore: so many hits are only counted.
        once: it is forgotten after it stopped.
        condition: asked with the registers, by NEC's names, and value, address and vector of what was hit (-1: of
            nothing); None: always.
        shown: the condition as it was typed.
        hits: so often it was there.
        number: given by `Debugger.add`.

    Raises:
        UsageError: no such kind, or no such range.

    >>> Stop("memw", 0x0400, 0x04FF).spans
    [('memw', 1024, 1279)]
    """

    kind: str
    first: int | str | None = None
    last: int | None = None
    enabled: bool = True
    ignore: int = 0
    once: bool = False
    condition: Callable[[Mapping[str, int]], bool] | None = field(default=None, repr=False, compare=False)
    shown: str = ""
    hits: int = 0
    number: int = 0

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise UsageError(f"there is no stop at {self.kind!r}", "one of " + ", ".join(KINDS))
        if self.kind == "lcd":
            if not isinstance(self.first, str) or not self.first.strip():
                raise UsageError("a stop at the LCD has no text", 'as "Battery Low"')
            return
        if self.kind == "int" and self.first is None:
            return
        top = 0xFF if self.kind == "int" else 0xFFFF if self.kind in PORT else 0xFFFFF
        last = self.first if self.last is None else self.last
        if not isinstance(self.first, int) or not isinstance(last, int) or not 0 <= self.first <= last <= top:
            raise UsageError(f"{self.kind} cannot stop at {self.first!r} to {last!r}", f"numbers within 0-{top:X}")
        self.last = last

    @property
    def text(self) -> str:
        """What the LCD is to show."""
        return self.first if isinstance(self.first, str) else ""

    @property
    def spans(self) -> list[tuple[str, int, int]]:
        """What `Stops.mark` marks."""
        if not isinstance(self.first, int) or self.last is None or self.kind == "int":
            return []
        kinds = MEMORY.get(self.kind) or PORT.get(self.kind) or ("exec",)
        return [(kind, self.first, self.last) for kind in kinds]

    def has(self, kind: str, address: int) -> bool:
        """Whether an access of this kind, or an instruction, there is one of its own."""
        return any(kind == mine and first <= address <= last for mine, first, last in self.spans)

    def has_vector(self, vector: int) -> bool:
        """Whether it stops at that interrupt."""
        return self.kind == "int" and (self.first is None or self.first == vector)

    def describe(self) -> str:
        """A few words.

        >>> Stop("out", 0xA00, 0xA0F).describe(), Stop("lcd", "Battery Low").describe()
        ('out 0A00-0A0F', 'lcd "Battery Low"')
        """
        if self.kind == "lcd":
            return f'lcd "{self.text}"'
        if not isinstance(self.first, int):
            return f"{self.kind} any"
        digits = 2 if self.kind == "int" else 4 if self.kind in PORT else 5
        end = "" if self.last == self.first else f"-{self.last:0{digits}X}"
        return f"{self.kind} {self.first:0{digits}X}{end}" + (f" if {self.shown}" if self.shown else "")


@dataclass(frozen=True)
class Halt:
    """Why it stands, and where.

    Attributes:
        reason: "step", "stop", "time" (the limit came), "halted" (nothing wakes the CPU), "stopped" (for good, see
            `Session.stopped`), "frozen", "asked", "start" (of what can be gone back to), "off".
        stop: the first stop that was hit, or None.
        clock: since power-on.
        place: PS and PC of the next instruction.
        stops: all that were hit at this boundary.
        matches: the marked accesses of the instruction before.
        vector: of the interrupt just taken, where one was followed.
        began: PS and PC of the instruction before.
        undone: the inputs that going back has undone, the latest first.
    """

    reason: str
    stop: Stop | None
    clock: int
    place: tuple[int, int]
    stops: tuple[Stop, ...] = ()
    matches: tuple[Match, ...] = ()
    vector: int | None = None
    began: tuple[int, int] | None = None
    undone: tuple[str, ...] = ()

    @property
    def _match(self) -> Match | None:
        stop = self.stop
        for match in self.matches:
            width = 2 if match.word else 1
            if stop is None or any(stop.has(match.kind, match.address + n) for n in range(width)):
                return match
        return None

    @property
    def kind(self) -> str | None:
        """Of the access that was stopped at: "memr", "memw", "in" or "out"; else of the stop; None without."""
        if self.stop is None:
            return None
        return self._match.kind if self._match is not None else self.stop.kind

    @property
    def address(self) -> int | None:
        """Of that access, if it was to memory."""
        match = self._match
        return match.address if match is not None and match.kind in MEMORY else None

    @property
    def port(self) -> int | None:
        """Of that access, if it was to a port."""
        match = self._match
        return match.address if match is not None and match.kind in PORT else None

    @property
    def value(self) -> int | None:
        """What was read or written there, a byte or a word."""
        return None if self._match is None else self._match.value

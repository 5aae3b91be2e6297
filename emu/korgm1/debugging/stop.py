"""What a debugger stops at, and what it says when it stands."""

from __future__ import annotations

from dataclasses import dataclass

from korgm1.cpu.stops import Match, Rule
from korgm1.debugging.expressions import Expression
from korgm1.errors import UsageError

MEMORY = {"memr": ("memr",), "memw": ("memw",), "mem": ("memr", "memw")}
PORT = {"in": ("in",), "out": ("out",), "port": ("in", "out")}
KINDS = ("exec", *MEMORY, *PORT, "int", "lcd")
REASONS = ("step", "stop", "time", "halted", "stopped", "frozen", "asked", "start", "never", "off")


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
        tells: `Debugger.told` is called, and the run goes on.
        condition: of `expressions.parse`, asked with value and address of an access that is hit, or the vector of an
            interrupt; None: always. The LCD's texts have none.
        hits: so often it was there.
        number: given by `Debugger.add`.

    Raises:
        UsageError: no such kind, or no such range.

    >>> Stop("memw", 0x0400, 0x04FF).rule
    Rule(kinds=('memw',), first=1024, last=1279, condition=())
    """

    kind: str
    first: int | str | None = None
    last: int | None = None
    enabled: bool = True
    ignore: int = 0
    once: bool = False
    tells: bool = False
    condition: Expression | None = None
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
    def rule(self) -> Rule | None:
        """What `Stops.mark` takes; None of a text."""
        if self.kind == "lcd":
            return None
        kinds = MEMORY.get(self.kind) or PORT.get(self.kind) or (self.kind,)
        condition = () if self.condition is None else self.condition.number
        if not isinstance(self.first, int) or self.last is None:
            return Rule(kinds, 0, 0xFF, condition)
        return Rule(kinds, self.first, self.last, condition)

    def has(self, kind: str, address: int) -> bool:
        """Whether an access of this kind there is one of its own, its condition aside."""
        rule = self.rule
        return rule is not None and kind in rule.kinds and rule.first <= address <= rule.last

    def describe(self) -> str:
        """A few words.

        >>> Stop("out", 0xA00, 0xA0F).describe(), Stop("lcd", "Battery Low").describe()
        ('out 0A00-0A0F', 'lcd "Battery Low"')
        """
        if self.kind == "lcd":
            return f'lcd "{self.text}"'
        condition = "" if self.condition is None else f" if {self.condition.text}"
        if not isinstance(self.first, int):
            return f"{self.kind} any{condition}"
        if self.condition is not None and (self.kind, self.first, self.last) == ("exec", 0, 0xFFFFF):
            return self.condition.text
        digits = 2 if self.kind == "int" else 4 if self.kind in PORT else 5
        end = "" if self.last == self.first else f"-{self.last:0{digits}X}"
        return f"{self.kind} {self.first:0{digits}X}{end}{condition}"


@dataclass(frozen=True)
class Halt:
    """Why it stands, and where.

    Attributes:
        reason: "step", "stop", "time" (the limit came), "halted" (nothing wakes the CPU), "stopped" (for good, see
            `Session.stopped`), "frozen", "asked", "start" (of what can be gone back to),
            "never" (in what can be gone back to), "off".
        stop: the first stop that was hit, or None.
        clock: since power-on.
        place: PS and PC of the next instruction.
        stops: all that were hit at this boundary.
        matches: the marked accesses of the instruction before.
        vector: of the interrupt just taken, where one was followed.
        began: PS and PC of the instruction before.
        undone: the inputs that going back has undone, the latest first.
        match: the access that hit `stop`, if one did.
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
    match: Match | None = None

    @property
    def kind(self) -> str | None:
        """Of the access that was stopped at: "memr", "memw", "in" or "out"; else of the stop; None without."""
        if self.stop is None:
            return None
        return self.match.kind if self.match is not None else self.stop.kind

    @property
    def address(self) -> int | None:
        """Of that access, if it was to memory."""
        match = self.match
        return match.address if match is not None and match.kind in MEMORY else None

    @property
    def port(self) -> int | None:
        """Of that access, if it was to a port."""
        match = self.match
        return match.address if match is not None and match.kind in PORT else None

    @property
    def value(self) -> int | None:
        """What was read or written there, a byte or a word."""
        return None if self.match is None else self.match.value

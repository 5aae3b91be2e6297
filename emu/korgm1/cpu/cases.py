"""Single-instruction cases recorded on hardware, run on an engine: JSON-lines as the SingleStepTests and NEC suites.

One object a line: `op` (the form), `name`, `bytes`, `mask` (flags to compare), `regs` and `ram` before, `final_regs`
(those that changed) and `final_ram`; memory not listed is 0 and stays so; IN reads FF, or `iord`/`iords` lane by lane.
Cases of a V30 also have `bus`, the data cycles in order. Registers are named as Intel does.

Rules of comparison
- flags under `mask` only; so is the flags word that a divide trap (vector 0) pushes, as undefined bits are in it.
- POP to a register (8F C0-C7): its stack read, if recorded, means nothing and is left out on both sides. A V30 does not
  write the register, an 8086 does: in a case without `bus` or `nec` (not of a V30) that register is not compared.
- of a byte cycle only its own lane counts; an acknowledge cycle has no address.
- a case with `evt` (a pin changes while it runs): see pin_events; its HALT cycle carries no data and is left out.
- a case with `clocks` begins with `queue` bytes in the queue; its clocks are told, they decide about nothing.
- a case whose suite calls its opcode invalid (or that is no instruction of a V30) is counted, not run; one it calls
  undefined is run and counted apart.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from korgm1.bus.memory import MemoryMap
from korgm1.bus.ports import PortMap
from korgm1.bus.unmapped import UnmappedLog
from korgm1.cpu.case_file import NAMES, read_cases
from korgm1.cpu.engine import REGISTERS, Engine
from korgm1.cpu.native import BusCycle
from korgm1.cpu.pin_events import execute as execute_pin_event
from korgm1.cpu.pin_events import is_pin_event
from korgm1.cpu.suites import is_suite, read_suite, suite_files
from korgm1.errors import UserError

_DIVISIONS = ("F6.6", "F6.7", "F7.6", "F7.7")
_PREFIXES = frozenset(b"\x26\x2e\x36\x3e\x64\x65\xf0\xf1\xf2\xf3")
_REPEATS = frozenset(b"\x64\x65\xf2\xf3")
_STRINGS = frozenset(b"\x6c\x6d\x6e\x6f\xa4\xa5\xa6\xa7\xaa\xab\xac\xad\xae\xaf")
_BLANK = bytes(0x100000)


class Recorder(Protocol):
    """The bus of an engine that can write down its data cycles (`native.NativeBus`)."""

    def record(self, capacity: int) -> None:
        """Begin."""
        ...

    def clear_recorded(self) -> None:
        """Forget."""
        ...

    def recorded(self) -> list[BusCycle]:
        """What happened."""
        ...


@dataclass
class Form:
    """The tally of one form: how many passed, and the first difference in words."""

    passed: int = 0
    total: int = 0
    first: str = ""
    clocks: int = 0
    """Recorded clocks of all its cases that have them."""
    timed: int = 0
    """How many those are."""
    exact: int = 0
    """How many of them took just these."""
    errors: int = 0
    """Sum of the differences, each without its sign."""
    worst: int = 0
    """The greatest of them, with its sign."""
    worst_case: str = ""

    def time(self, case: dict[str, Any], took: int) -> None:
        """Take note of the clocks of one case."""
        error = took - case["clocks"]
        self.clocks += case["clocks"]
        self.timed += 1
        self.exact += error == 0
        self.errors += abs(error)
        if abs(error) > abs(self.worst):
            self.worst, self.worst_case = error, f"{case['name']} ({case['bytes']}): {took}, expected {case['clocks']}"


@dataclass
class CheckResult:
    """What `check` found: the forms in the order of the files."""

    engine: str
    forms: dict[str, Form] = field(default_factory=dict)
    undefined: dict[str, Form] = field(default_factory=dict)
    """Forms a suite calls undefined: run, but no part of `passed` and `total`."""
    invalid: dict[str, int] = field(default_factory=dict)
    """Forms a suite calls invalid: how many cases were not run."""
    other: dict[str, int] = field(default_factory=dict)
    """Forms of an 8086 that are other instructions on a V30: the same."""
    errors: list[UserError] = field(default_factory=list)
    """What was wrong with files; the cases before a broken line were run."""

    @property
    def passed(self) -> int:
        """Cases that passed."""
        return sum(form.passed for form in self.forms.values())

    @property
    def total(self) -> int:
        """Cases run."""
        return sum(form.total for form in self.forms.values())


class CaseBoard:
    """The board of the cases: 1 MB of RAM, ports that answer as recorded."""

    def __init__(self) -> None:
        log = UnmappedLog(now=lambda: 0)
        self.memory = MemoryMap(log)
        self.memory.map_ram(0, len(_BLANK))
        self.memory.image[:] = _BLANK
        self.ports = PortMap(log)
        self.ports.map(0, 0x10000, self)
        self.answers: list[int] = []

    def peek(self, port: int) -> int:
        """As `read`, leaving the answers."""
        return 0xFF

    def read(self, port: int) -> int:
        """The recorded word's lane of this port; FF where none was recorded."""
        if not self.answers:
            return 0xFF
        word = self.answers[0]
        if len(self.answers) > 1 and port & 1:
            del self.answers[0]
        return word >> 8 if port & 1 else word & 0xFF

    def write(self, port: int, value: int) -> None:
        """Nothing listens."""

    def acknowledge(self) -> int:
        """Vector FF, as the rig that recorded the cases gives."""
        return 0xFF


class CaseRunner:
    """Runs cases on one engine.

    Args:
        board: what the engine was built on.
        engine: any Engine; it must stop at each instruction boundary when asked to run one clock.
        recorder: its bus, to compare data cycles; None leaves them unchecked.
    """

    def __init__(self, board: CaseBoard, engine: Engine, recorder: Recorder | None) -> None:
        self.board = board
        self.engine = engine
        self.recorder = recorder
        self.took = 0   # clocks of the last case
        if recorder is not None:
            recorder.record(4096)

    def run(self, case: dict[str, Any]) -> str:
        """Run one case; "" when it passes, else the first difference in words."""
        board, engine, recorder = self.board, self.engine, self.recorder
        image = board.memory.image
        ram: list[list[int]] = case["ram"]
        for address, value in ram:
            image[address] = value
        board.answers = list(case.get("iords", [])) or ([case["iord"]] if "iord" in case else [])
        engine.reset()
        engine.set_registers({NAMES[name]: value for name, value in case["regs"].items()})
        for address, _ in ram:
            engine.host_wrote(address, 1)
        if recorder is not None:
            recorder.clear_recorded()
        if "clocks" in case:
            engine.prefetch(case.get("queue", 0))
        begin = engine.clock
        self._execute(case)
        self.took = engine.clock - begin
        difference = self._registers(case) or self._memory(case) or self._bus(case)
        for address, _ in ram + case["final_ram"]:
            image[address] = 0
            engine.host_wrote(address, 1)
        if image[:] != _BLANK:
            stray = next(address for address, value in enumerate(image[:]) if value)
            difference = difference or f"memory {stray:05X}h is {image[stray]:02X}h, expected it unchanged"
            image[:] = _BLANK
        if engine.stopped:
            difference = engine.stopped
        return difference

    def _execute(self, case: dict[str, Any]) -> None:
        """One instruction: a repeated one until it leaves its first prefix byte."""
        engine = self.engine
        if is_pin_event(case):
            execute_pin_event(engine, case)
            return
        engine.run(engine.clock + 1)
        if repeats(bytes.fromhex(case["bytes"])):
            elements = 0
            while engine.registers()["pc"] == case["regs"]["ip"] and elements < 0x10000:
                engine.run(engine.clock + 1)
                elements += 1

    def _registers(self, case: dict[str, Any]) -> str:
        expected = {**case["regs"], **case["final_regs"]}
        actual = self.engine.registers()
        code = bytes.fromhex(case["bytes"])
        popped = REGISTERS[code[-1] & 7] if "bus" not in case and not case.get("nec") and _pops_register(code) else ""
        for name, nec in NAMES.items():
            if nec == popped:
                continue
            mask = case["mask"] if name == "flags" else 0xFFFF
            if (actual[nec] ^ expected[name]) & mask:
                return f"{name} is {actual[nec]:04X}h, expected {expected[name]:04X}h" + (
                    f" (mask {mask:04X}h)" if mask != 0xFFFF else ""
                )
        return ""

    def _memory(self, case: dict[str, Any]) -> str:
        expected: dict[int, int] = dict(case["ram"])
        expected.update((address, value) for address, value in case["final_ram"])
        flags_word = self._pushed_flags(case)
        image = self.board.memory.image
        for address, value in expected.items():
            mask = flags_word.get(address, 0xFF)
            if (image[address] ^ value) & mask:
                return f"memory {address:05X}h is {image[address]:02X}h, expected {value:02X}h"
        return ""

    @staticmethod
    def _pushed_flags(case: dict[str, Any]) -> dict[int, int]:
        """Masks of the two bytes of the flags word a divide trap pushed."""
        final = case["final_regs"]
        if case["op"] not in _DIVISIONS or final.get("cs", case["regs"]["cs"]) != 0 or final.get("ip") != 0x400:
            return {}
        ss, sp = (final.get(name, case["regs"][name]) for name in ("ss", "sp"))
        low, high = ((ss * 16 + (sp + offset & 0xFFFF)) & 0xFFFFF for offset in (4, 5))
        return {low: case["mask"] & 0xFF, high: case["mask"] >> 8}

    def _bus(self, case: dict[str, Any]) -> str:
        if self.recorder is None or "bus" not in case:
            return ""
        cycles = [BusCycle(kind, address, ube, data) for kind, address, ube, data in case["bus"]]
        expected = [_comparable(cycle) for cycle in cycles if cycle.kind != "HALT"]
        actual = [_comparable(cycle) for cycle in self.recorder.recorded()]
        if _pops_register(bytes.fromhex(case["bytes"])):
            expected = [cycle for cycle in expected if cycle[0] != "MEMR"]
            actual = [cycle for cycle in actual if cycle[0] != "MEMR"]
        if expected == actual:
            return ""
        for number, (want, got) in enumerate(zip(expected, actual, strict=False), 1):
            if want != got:
                return f"bus cycle {number} is {_words(got)}, expected {_words(want)}"
        return f"{len(actual)} bus cycles, expected {len(expected)}"


def repeats(code: bytes) -> bool:
    """Is it a string instruction with a repeat prefix?

    >>> repeats(bytes.fromhex("26f3a4")), repeats(bytes.fromhex("f3f7f8"))
    (True, False)
    """
    opcode = next((index for index, byte in enumerate(code) if byte not in _PREFIXES), 0)
    return code[opcode] in _STRINGS and any(byte in _REPEATS for byte in code[:opcode])


def _pops_register(code: bytes) -> bool:
    opcode = next((index for index, byte in enumerate(code) if byte not in _PREFIXES), 0)
    return code[opcode] == 0x8F and code[opcode + 1 : opcode + 2] >= b"\xc0"


def _comparable(cycle: BusCycle) -> tuple[str, int, int, int]:
    if cycle.kind == "INTA":
        return (cycle.kind, 0, cycle.ube, cycle.data & 0xFF)
    if cycle.address & 1:
        return (cycle.kind, cycle.address, cycle.ube, cycle.data & 0xFF00)
    return (cycle.kind, cycle.address, cycle.ube, cycle.data & 0xFF if cycle.ube else cycle.data)


def _words(cycle: tuple[str, int, int, int]) -> str:
    kind, address, ube, data = cycle
    return f"{kind} {address:05X}h UBE#={ube} {data:04X}h"


Progress = Callable[[Path, int, int], None]
"""Called as progress(file, its number from 1, how many) before each file."""


def check(paths: Sequence[Path], runner: CaseRunner, progress: Progress | None = None) -> CheckResult:
    """Run all cases of the files; a file that cannot be used is among the result's `errors`."""
    result = CheckResult(runner.engine.name)
    left_out = {"invalid": result.invalid, "other": result.other}
    for case in _all_cases(paths, result.errors, progress):
        op, status = case["op"], case.get("status")
        if status in left_out:
            left_out[status][op] = left_out[status].get(op, 0) + 1
            continue
        forms = result.undefined if status == "undefined" else result.forms
        form = forms.setdefault(op, Form())
        form.total += 1
        difference = runner.run(case)
        if "clocks" in case:
            form.time(case, runner.took)
        if not difference:
            form.passed += 1
        elif not form.first:
            form.first = f"{case['name']} ({case['bytes']}): {difference}"
    return result


def _all_cases(
    paths: Sequence[Path], errors: list[UserError], progress: Progress | None
) -> Iterator[dict[str, Any]]:
    files: list[Path] = []
    for path in paths:
        try:
            files += suite_files(path) if is_suite(path) else [path]
        except UserError as error:
            errors.append(error)
    for number, file in enumerate(files, 1):
        if progress is not None:
            progress(file, number, len(files))
        try:
            yield from read_suite(file) if is_suite(file) else read_cases(file)
        except UserError as error:
            errors.append(error)

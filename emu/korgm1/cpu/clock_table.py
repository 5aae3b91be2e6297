"""The clocks of every instruction, row by row, found by running the model both engines use: `korgm1 dis --clocks`.

A row is a form (`instruction_table`), one of its operand kinds (register or memory) and one of its ways (taken or not,
a count, a trap). Nothing here is typed: `ClockBench` runs each on the V30 core, with operands at even and at odd
addresses, and again with a wait state; what it runs is in `clock_ways`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from korgm1.cpu.clock_bench import ClockBench, Setup
from korgm1.cpu.clock_ways import REPEATED, SPECIAL, examples, ways
from korgm1.cpu.disassembler import Instruction, decode
from korgm1.cpu.engine import DEFAULTS, CpuOptions
from korgm1.cpu.instruction_table import EMULATED, NATIVE

MICROCODE = "V20 microcode listing"
BY_HAND = "H-8080-CLOCKS"
_MEASURED = {
    "69": "count MEASURED", "6B": "count MEASURED", "F6.5": "count MEASURED", "F7.5": "count MEASURED",
    "0F20": "end MEASURED", "0F22": "end MEASURED", "0F26": "end MEASURED",
    "INT": "pin MEASURED", "NMI": "pin MEASURED", "F4": "MEASURED",
}  # fmt: skip
_NOT_RECORDED = frozenset(("6C", "6D", "6E", "6F", "0FFF", "BRK", "disp8", "disp16"))
_RECORDED_AS = {"9B": "POLL.LO", "F4": "HLT.INT", "INT": "INT.90", "NMI": "NMI.90", "prefix": "26.8B"}
_SHIFT_ALIASES = ("C0.6", "C1.6", "D0.6", "D1.6", "D2.6", "D3.6")
_PROBED = ("0F40", "0F60", "0F80", "0FA0", "0FC0", "0FE4")   # of BRKEM's aliases, the others are like them


@dataclass(frozen=True)
class ClockRow:
    """One row.

    Attributes:
        form: name as in `instruction_table`, `F3A4` for a repeated string, or one of `SPECIAL`.
        example: its instruction, None in SPECIAL rows.
        case: operand kind and way, in words.
        even: fewest and most clocks, operands at even addresses; None where it stops the core.
        odd: the same at odd addresses.
        memory_wait: clocks more with a wait state in each memory cycle, fetches included (the fewest).
        io_wait: clocks more with one in each I/O cycle.
        steps: micro-steps of the fewest, an element each; empty where the clocks are said by hand.
        source: where the row comes from.
    """

    form: str
    example: Instruction | None
    case: str
    even: tuple[int, int] | None
    odd: tuple[int, int] | None
    memory_wait: int
    io_wait: int
    steps: tuple[str, ...]
    source: str


def recorded_as(name: str) -> str:
    """The form under which the public recordings of a V30 (nec_test v0.1) have a form; "" where they have none.

    >>> recorded_as("41"), recorded_as("F7.6"), recorded_as("0FFF")
    ('40', 'F7.6', '')
    """
    if name in _RECORDED_AS:
        return _RECORDED_AS[name]
    form = NATIVE.get(name)
    if form is None:
        return name if name[:2] in ("F3", "64", "65", "F2") and name[2:] not in ("6C", "6D", "6E", "6F") else ""
    if (form.kind and name not in _SHIFT_ALIASES) or name in _NOT_RECORDED:
        return ""
    for first in ("40", "48", "50", "58", "B0", "B8"):
        if len(name) == 2 and int(first, 16) <= int(name, 16) < int(first, 16) + 8:
            return first
    return name


def source_of(name: str) -> str:
    """Where the clocks of a form come from."""
    if name.startswith("8080.") or (name[:2] == "0F" and int(name[2:], 16) >= 0x40):
        return BY_HAND + (", data book" if name[:2] == "0F" or name in ("8080.EDED", "8080.EDFD") else "")
    form = NATIVE.get(name)
    if form is not None and form.kind == "undefined":
        return "H-UNDEFINED"
    parts = [MICROCODE, _MEASURED.get(name, "")]
    recorded = recorded_as(name)
    parts.append(f"recorded: {recorded}" if recorded else "not recorded")
    return ", ".join(filter(None, parts))


def clock_rows(names: Iterable[str] = (), options: CpuOptions = DEFAULTS) -> Iterator[ClockRow]:
    """The rows of some forms, or of all: native, repeated strings, interrupts, 8080 mode.

    Args:
        names: forms, in any case of letters; an opcode (`F7`, `0F`) is all that begin with it, any prefix `prefix`.
        options: guesses about the CPU; H-WRITE-OVERLAP is named as a source of each row it changes.

    Raises:
        KeyError: no form begins with a name.

    >>> [(row.case, row.even, row.odd) for row in clock_rows(["8B"])]
    [('register', (3, 3), (3, 3)), ('memory', (13, 13), (17, 17))]
    """
    chosen: dict[str, None] = {}
    everything = all_names()
    for name in names:
        chosen.update(dict.fromkeys(_found(name.upper(), everything)))
    bench, v30 = ClockBench(options), ClockBench(replace(options, write_overlap=False))
    for name in chosen or everything:
        if not options.write_overlap:
            yield from _rows(bench, name)
            continue
        for row, other in zip(_rows(bench, name), _rows(v30, name), strict=True):
            changed = (row.even, row.odd) != (other.even, other.odd)
            yield replace(row, source=f"{row.source}; H-WRITE-OVERLAP") if changed else row


def _found(name: str, everything: list[str]) -> list[str]:
    form = NATIVE.get(name) or EMULATED.get(name)
    if form is not None and form.kind != "prefix":
        return [name]
    exact = [each for each in everything if each.upper() == name]
    found = exact or [each for each in everything if each.upper().startswith(name)]
    if form is not None:
        found.append("prefix")
    if not found:
        raise KeyError(name)
    return found


def all_names() -> list[str]:
    """Every name `clock_rows` knows, in its order."""
    aliases = {name for name in NATIVE if "0F40" <= name < "0FFF"} - set(_PROBED)
    native = sorted(name for name, form in NATIVE.items() if form.kind != "prefix" and name not in aliases)
    emulated = sorted(name for name, form in EMULATED.items() if form.kind != "undefined")
    return [*native, *(f"F3{name}" for name in REPEATED), *SPECIAL, *emulated]


def clocks_of(bench: ClockBench, instruction: Instruction, emulated: bool = False) -> tuple[int, int] | None:
    """Fewest and most clocks of an instruction as it stands, over all its ways, operands at even addresses.

    >>> clocks_of(ClockBench(), decode(bytes.fromhex("75fe")))
    (4, 13)
    """
    if instruction.form is None:
        return None
    name = instruction.form.name
    if any(byte in (0x64, 0x65, 0xF2, 0xF3) for byte in instruction.prefixes) and name in REPEATED:
        name = f"F3{name}"
    found = []
    for _, setups in ways(name, instruction.code, emulated):
        found += [bench.clocks(setup) for setup in setups]
    known = [clocks for clocks in found if clocks is not None]
    return (min(known), max(known)) if known else None


def _rows(bench: ClockBench, name: str) -> Iterator[ClockRow]:
    if name in ("prefix", "disp8", "disp16"):
        yield _added(bench, name)
        return
    emulated = name.startswith("8080.")
    for code, kind in examples(name):
        example = decode(code, emulated=emulated) if code else None
        for way, setups in ways(name, code, emulated):
            case = ", ".join(filter(None, (kind, way)))
            source = "H-UNDEFINED" if example is not None and example.undefined else source_of(name)
            yield _measured(bench, name, example, case, setups, source)


def _measured(
    bench: ClockBench, name: str, example: Instruction | None, case: str, setups: list[Setup], source: str
) -> ClockRow:
    even = [(bench.clocks(setup), tuple(bench.steps()), setup) for setup in setups]
    known = [(clocks, steps, setup) for clocks, steps, setup in even if clocks is not None]
    if not known:
        return ClockRow(name, example, case, None, None, 0, 0, (), source)
    fewest, steps, setup = min(known, key=lambda row: row[0])
    odd = [bench.clocks(_odd(each)) or 0 for _, _, each in known]
    memory = bench.clocks(replace(setup, memory_waits=1)) or 0
    io = bench.clocks(replace(setup, io_waits=1)) or 0
    most = max(clocks for clocks, _, _ in known)
    return ClockRow(
        name, example, case, (fewest, most), (min(odd), max(odd)), memory - fewest, io - fewest, steps, source
    )


def _odd(setup: Setup) -> Setup:
    """The same with all operands one address higher; direct offsets and ports in the code, too."""
    code = bytearray(setup.code)
    if code and not setup.emulated and (code[0] & 0xFC == 0xA0 or code[0] & 0xFC == 0xE4):
        code[1] |= 1
    memory = {address + 1: data for address, data in setup.memory.items()}
    return replace(setup, code=bytes(code), memory=memory, odd=True)


def _added(bench: ClockBench, name: str) -> ClockRow:
    plain, more = {
        "prefix": ("8bc1", "268bc1"), "disp8": ("8b07", "8b4700"), "disp16": ("8b07", "8b870000"),
    }[name]  # fmt: skip
    base = bench.clocks(Setup(bytes.fromhex(plain))) or 0
    clocks = (bench.clocks(Setup(bytes.fromhex(more))) or 0) - base
    steps = tuple(bench.steps())
    return ClockRow(name, None, SPECIAL[name], (clocks,) * 2, (clocks,) * 2, 0, 0, steps, source_of(name))

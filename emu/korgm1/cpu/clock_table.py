"""The clocks of every instruction, row by row, found by running the model both engines use: `korgm1 dis --clocks`.

A row is a form (`instruction_table`), one of its operand kinds (register or memory) and one of its ways (taken or not,
a count, a trap). Nothing here is typed: `ClockBench` runs each on the V30 core, with operands at even and at odd
addresses, and again with a wait state. Operands of the examples: memory [BW], ports 80 and 81, even targets.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from korgm1.cpu.clock_bench import DS0, DS1, ClockBench, Setup
from korgm1.cpu.disassembler import Instruction, decode
from korgm1.cpu.instruction_table import EMULATED, NATIVE, Form

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
_REPEATED = ("6C", "6D", "6E", "6F", "A4", "A5", "A6", "A7", "AA", "AB", "AC", "AD", "AE", "AF")
_PROBED = ("0F40", "0F60", "0F80", "0FA0", "0FC0", "0FE4")   # of BRKEM's aliases, the others are like them
_AT_BW, _AT_IX, _AT_IY = (DS0 << 4) + 0x10, (DS0 << 4) + 0x20, (DS1 << 4) + 0x40
SPECIAL = {
    "INT": "interrupt, both acknowledge cycles", "NMI": "non-maskable interrupt", "BRK": "single step (BRK flag)",
    "prefix": "added by each prefix", "disp8": "added by an 8-bit displacement", "disp16": "added by a 16-bit one",
}  # fmt: skip
"""Rows that are no instruction, and what they are."""


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


def clock_rows(names: Iterable[str] = ()) -> Iterator[ClockRow]:
    """The rows of some forms, or of all: native, repeated strings, interrupts, 8080 mode.

    Args:
        names: forms, in any case of letters; an opcode (`F7`, `0F`) is all that begin with it, any prefix `prefix`.

    Raises:
        KeyError: no form begins with a name.

    >>> [(row.case, row.even, row.odd) for row in clock_rows(["8B"])]
    [('register', (3, 3), (3, 3)), ('memory', (13, 13), (17, 17))]
    """
    chosen: dict[str, None] = {}
    everything = all_names()
    for name in names:
        chosen.update(dict.fromkeys(_found(name.upper(), everything)))
    bench = ClockBench()
    for name in chosen or everything:
        yield from _rows(bench, name)


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
    return [*native, *(f"F3{name}" for name in _REPEATED), *SPECIAL, *emulated]


def clocks_of(bench: ClockBench, instruction: Instruction, emulated: bool = False) -> tuple[int, int] | None:
    """Fewest and most clocks of an instruction as it stands, over all its ways, operands at even addresses.

    >>> clocks_of(ClockBench(), decode(bytes.fromhex("75fe")))
    (4, 13)
    """
    if instruction.form is None:
        return None
    name = instruction.form.name
    if any(byte in (0x64, 0x65, 0xF2, 0xF3) for byte in instruction.prefixes) and name in _REPEATED:
        name = f"F3{name}"
    found = []
    for _, setups in _ways(name, instruction.code, emulated):
        found += [bench.clocks(setup) for setup in setups]
    known = [clocks for clocks in found if clocks is not None]
    return (min(known), max(known)) if known else None


def _rows(bench: ClockBench, name: str) -> Iterator[ClockRow]:
    if name in ("prefix", "disp8", "disp16"):
        yield _added(bench, name)
        return
    emulated = name.startswith("8080.")
    for code, kind in _examples(name):
        example = decode(code, emulated=emulated) if code else None
        for way, setups in _ways(name, code, emulated):
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


def _examples(name: str) -> Iterator[tuple[bytes, str]]:
    """Example code of a form, and its operand kind in words."""
    if name in SPECIAL:
        yield b"", ""
        return
    if name.startswith("8080."):
        code, form = bytes.fromhex(name[5:]), EMULATED[name]
        yield code + bytes(4)[: sum({"Iw": 2, "Ib": 1}.get(operand, 0) for operand in form.operands[0])], ""
        return
    repeat = b"\xf3" if name[:2] == "F3" and len(name) == 4 else b""
    if repeat:
        yield repeat + bytes.fromhex(name[2:]), ""
        return
    form = NATIVE[name]
    opcode, _, reg = name.partition(".")
    if not form.has_modrm:
        yield bytes.fromhex(opcode) + _tail(form), ""
        return
    field = (int(reg) if reg else 2) << 3
    code = bytes.fromhex(opcode)
    yield code + bytes([0xC1 | field]) + _tail(form), "register"
    yield code + bytes([0x07 | field]) + _tail(form), "memory"


def _tail(form: Form) -> bytes:
    """The immediates of an example."""
    parts = {
        "Ib": "80", "Iw": "1000", "Is": "10", "Ob": "1000", "Ow": "1000", "Ap": "00000010",
        "Jb": "10", "Jw": "1100",
    }  # fmt: skip
    return b"".join(bytes.fromhex(parts[operand]) for operand in form.operands[0] if operand in parts)


def _ways(name: str, code: bytes, emulated: bool) -> list[tuple[str, list[Setup]]]:
    """The ways through a form: what each is called, and what leads there."""
    plain = Setup(code, emulated=emulated)
    if name == "INT":
        return [("", [replace(plain, registers={"psw": 0xF202}, pin="int")])]
    if name in ("NMI", "BRK"):
        return [("", [replace(plain, pin=name.lower())])]
    if emulated:
        return _ways_8080(name, plain)
    if len(name) == 4 and name[:2] == "F3":
        return _ways_repeated(name, plain)
    opcode = int(name[:2], 16)
    if opcode & 0xF0 == 0x70:
        flag = (0x800, 1, 0x40, 1, 0x80, 4, 0x80, 0x40)[opcode >> 1 & 7]
        states = (0xF002, 0xF002 | flag)
        return [
            ("not taken", [replace(plain, registers={"psw": states[opcode & 1]})]),
            ("taken", [replace(plain, registers={"psw": states[1 - (opcode & 1)]})]),
        ]
    if opcode in (0xE0, 0xE1, 0xE2, 0xE3):
        psw = 0xF042 if opcode == 0xE1 else 0xF002
        no, yes = (1, 0) if opcode == 0xE3 else (1, 2)
        return [
            ("not taken", [replace(plain, registers={"psw": psw, "cw": no})]),
            ("taken", [replace(plain, registers={"psw": psw, "cw": yes})]),
        ]
    if opcode == 0x0F:
        return _ways_0f(name, plain)
    if opcode in (0xC0, 0xC1):
        return [(f"count {n}", [replace(plain, code=code[:-1] + bytes([n]))]) for n in (0, 1, 8)]
    if opcode in (0xD2, 0xD3):
        return [(f"count {n}", [replace(plain, registers={"cw": n})]) for n in (0, 1, 8)]
    if name in _PRODUCTS:
        return [("", [_operand(plain, value, left) for value, left in _PRODUCTS[name]])]
    if name in _QUOTIENTS:
        good = [_operand(plain, value, left) for value, left in _QUOTIENTS[name]]
        trap = [_operand(plain, 0, (0x1234, 0x5678))]
        return [("", good), ("trap", trap)]
    if opcode == 0xC8:
        return [(f"level {n}", [replace(plain, code=code[:-1] + bytes([n]))]) for n in (0, 1, 2, 3)]
    if opcode == 0x62:
        return _ways_chkind(plain)
    if opcode == 0xCE:
        return [("V = 0", [plain]), ("V = 1", [replace(plain, registers={"psw": 0xF802})])]
    if opcode == 0x9B:
        return [("pin low", [plain]), ("pin high, each look", [replace(plain, pin="poll")])]
    return [("", [plain])]


_PRODUCTS: dict[str, list[tuple[int, tuple[int, int]]]] = {
    name: [(value, (left, 0)) for value in (0, 1, 0x7F, 0xFFFF, 0x8000) for left in (0, 1, 0x7F, 0xFFFF, 0x8080)]
    for name in ("F6.4", "F6.5", "F7.4", "F7.5", "69", "6B")
}
_QUOTIENTS: dict[str, list[tuple[int, tuple[int, int]]]] = {
    "F6.6": [(0x7F, (0x0102, 0)), (0xFF, (0x00FF, 0)), (0x01, (0x0001, 0))],
    "F6.7": [(0x7F, (0x0102, 0)), (0x81, (0x0102, 0)), (0x7F, (0xFF02, 0)), (0x81, (0xFF02, 0)), (1, (1, 0))],
    "F7.6": [(0x7FFF, (0x0102, 1)), (0xFFFF, (0xFFFF, 0)), (1, (1, 0))],
    "F7.7": [
        (0x7FFF, (0x0102, 1)), (0x8001, (0x0102, 1)), (0x7FFF, (0x0102, 0xFFFF)), (0x8001, (0x0102, 0xFFFF)),
        (1, (1, 0)),
    ],
}  # fmt: skip
"""Form -> values of the operand, and of AW and DW."""


def _operand(setup: Setup, value: int, left: tuple[int, int]) -> Setup:
    """The same with a value in the modrm's operand (CW, or memory at BW) and others in AW and DW."""
    registers = {"cw": value, "aw": left[0], "dw": left[1]}
    return replace(setup, registers=registers, memory={_AT_BW: value.to_bytes(2, "little")})


def _ways_chkind(plain: Setup) -> list[tuple[str, list[Setup]]]:
    if plain.code[-1] >= 0xC0 and len(plain.code) == 2:
        return [("", [plain])]
    bounds = {_AT_BW: bytes.fromhex("10001000")}
    values = (("inside", 0x10), ("below", 0x0F), ("above", 0x11))
    return [(way, [replace(plain, registers={"dw": value}, memory=bounds)]) for way, value in values]


def _ways_0f(name: str, plain: Setup) -> list[tuple[str, list[Setup]]]:
    second = int(name[2:], 16)
    if second in (0x20, 0x22, 0x26):
        no_carry = [(f"{2 * n} digits", [replace(plain, registers={"cw": 2 * n})]) for n in (1, 2)]
        data = {_AT_IX: b"\x99"} | ({_AT_IY: b"\x99"} if second == 0x20 else {})
        return [*no_carry, ("2 digits, carry", [replace(plain, registers={"cw": 2}, memory=data)])]
    if second in (0x31, 0x33, 0x39, 0x3B) and plain.code[2] >= 0xC0:
        some = (0, 1, 7, 8, 14, 15)
        setups = []
        for offset in some:
            for length in some:
                code = plain.code[:3] + bytes([length]) if second & 8 else plain.code
                setups.append(replace(plain, code=code, registers=_field(plain.code[2], offset, length)))
        return [("offsets and lengths 0-15", setups)]
    return [("", [plain])]


def _field(modrm: int, offset: int, length: int) -> dict[str, int]:
    """Registers for INS and EXT: the length in the byte register of the reg field, the offset in the other."""
    values = dict.fromkeys(("aw", "cw", "dw", "bw"), 0)
    for number, value in ((modrm >> 3 & 7, length), (modrm & 7, offset)):
        name, shift = tuple(values)[number & 3], 8 if number & 4 else 0
        values[name] = values[name] & 0xFF00 >> shift | value << shift
    return values


def _ways_repeated(name: str, plain: Setup) -> list[tuple[str, list[Setup]]]:
    psw = 0xF042 if name[2:] in ("A6", "A7", "AE", "AF") else 0xF002
    return [(f"CW = {n}", [replace(plain, registers={"cw": n, "psw": psw})]) for n in (0, 1, 2, 3)]


def _ways_8080(name: str, plain: Setup) -> list[tuple[str, list[Setup]]]:
    opcode = int(name[5:7], 16)
    if opcode >= 0xC0 and opcode & 7 in (0, 2, 4):
        flag = (0x40, 1, 4, 0x80)[opcode >> 4 & 3]
        states = (0xF002, 0xF002 | flag)
        want = opcode >> 3 & 1
        return [
            ("not taken", [replace(plain, registers={"psw": states[1 - want]})]),
            ("taken", [replace(plain, registers={"psw": states[want]})]),
        ]
    return [("", [plain])]

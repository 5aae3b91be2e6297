"""What is run to find the clocks of a form: example code, and the ways through it with the state that leads there.

For `korgm1.cpu.clock_table`. Operands of the examples: memory [BW], ports 80 and 81, even targets.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from korgm1.cpu.clock_bench import DS0, DS1, Setup
from korgm1.cpu.instruction_table import EMULATED, NATIVE, Form

REPEATED = ("6C", "6D", "6E", "6F", "A4", "A5", "A6", "A7", "AA", "AB", "AC", "AD", "AE", "AF")
"""Strings that a repeat prefix repeats."""
SPECIAL = {
    "INT": "interrupt, both acknowledge cycles", "NMI": "non-maskable interrupt", "BRK": "single step (BRK flag)",
    "prefix": "added by each prefix", "disp8": "added by an 8-bit displacement", "disp16": "added by a 16-bit one",
}  # fmt: skip
"""Rows that are no instruction, and what they are."""
_AT_BW, _AT_IX, _AT_IY = (DS0 << 4) + 0x10, (DS0 << 4) + 0x20, (DS1 << 4) + 0x40


def examples(name: str) -> Iterator[tuple[bytes, str]]:
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


def ways(name: str, code: bytes, emulated: bool) -> list[tuple[str, list[Setup]]]:
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

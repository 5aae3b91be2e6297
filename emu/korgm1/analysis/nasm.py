"""One instruction as a NASM statement that assembles back to the same bytes, where there is one.

NEC's own instructions, and the second encoding of a register with a register (`mov.s`), are macros of `macros`. Many
instructions have several encodings, of which NASM takes one. `statement` forces the sizes of immediates and
displacements, and returns None where nothing can force what stands in the code: a general form where a short one
exists, prefixes that do nothing, what nobody documented. Such bytes stay bytes, with the instruction as a comment.
"""

from __future__ import annotations

from dataclasses import dataclass

from korgm1.analysis.macros import SWAPPED
from korgm1.cpu.disassembler import Instruction

_BYTES = ("al", "cl", "dl", "bl", "ah", "ch", "dh", "bh")
_WORDS = ("ax", "cx", "dx", "bx", "sp", "bp", "si", "di")
_SEGMENTS = ("es", "cs", "ss", "ds")
_BASES = ("bx+si", "bx+di", "bp+si", "bp+di", "si", "di", "bp", "bx")
_OVERRIDES = {0x26: "es", 0x2E: "cs", 0x36: "ss", 0x3E: "ds"}
_ARITHMETIC = frozenset("add or adc sbb and sub xor cmp".split())
_STRINGS = frozenset("movsb movsw cmpsb cmpsw stosb stosw lodsb lodsw scasb scasw insb insw outsb outsw".split())
_COMPARING = frozenset("cmpsb cmpsw scasb scasw".split())
_OVERRIDABLE = frozenset("movsb movsw cmpsb cmpsw lodsb lodsw outsb outsw xlatb".split())
_REPEATS = {0x64: "repnc", 0x65: "repc"}


@dataclass(frozen=True)
class Names:
    """Labels to be written in place of numbers; each must have that number's value.

    Attributes:
        target: of a relative jump or call, or the offset of a far one.
        memory: a displacement or direct offset.
        immediate: the immediate word.
    """

    target: str | None = None
    memory: str | None = None
    immediate: str | None = None


NO_NAMES = Names()


def statement(instruction: Instruction, names: Names = NO_NAMES) -> str | None:
    """The statement, or None where NASM has none for these very bytes.

    Args:
        instruction: not of 8080 mode.
        names: what to write instead of numbers. Without a target a relative jump is written by its offset in the
            segment, which is right where the section begins at offset 0.

    >>> from korgm1.cpu.disassembler import decode
    >>> [statement(decode(bytes.fromhex(code))) for code in ("268b4700", "8bc3", "0f1cc003", "ffc0")]
    ['mov ax,[es:byte bx+0x0]', 'mov.s ax,bx', 'set1 al,0x3', None]
    """
    form = instruction.form
    if form is None or instruction.undefined or form.kind or form.name.startswith("8080"):
        return None
    prefixes = _prefixes(instruction)
    if prefixes is None or _another_encoding(instruction):
        return None
    words, segment = prefixes
    operands = [_operand(instruction, n, segment, names) for n in range(len(form.operands[0]))]
    if form.name in ("86", "87") and not instruction.memory:
        operands.reverse()      # NASM puts the first into the reg field
    mnemonic = form.mnemonic[0]
    if not instruction.memory and form.operands[0] in (("Gb", "Eb"), ("Gw", "Ew")) and mnemonic in SWAPPED:
        mnemonic += ".s"
    if form.name == "EB" or (form.operands[0] == ("Jb",) and form.name[0] == "7"):
        mnemonic += " short"
    elif form.name == "E9":
        mnemonic += " near"
    return " ".join([*words, mnemonic, ",".join(operands)]).rstrip()


def _prefixes(instruction: Instruction) -> tuple[list[str], str] | None:
    """Words before the mnemonic and the segment inside the brackets; None where NASM would not write them so."""
    form = instruction.form
    assert form is not None
    left = list(instruction.prefixes)
    mnemonic = form.mnemonic[0]
    words, segment = [], ""
    if left and left[0] in (0xF2, 0xF3) and mnemonic in _STRINGS:
        words.append("repne" if left[0] == 0xF2 else "repe" if mnemonic in _COMPARING else "rep")
        del left[0]
    elif left and left[0] in _REPEATS and mnemonic in _STRINGS:
        words.append(_REPEATS[left[0]])
        del left[0]
    elif left and left[0] == 0xF0 and instruction.memory and mnemonic in ("inc", "dec", "not", "neg"):
        words.append("lock")
        del left[0]
    if left and left[0] in _OVERRIDES:
        name = _OVERRIDES[left[0]]
        if instruction.memory or any(operand[0] == "O" for operand in form.operands[0]):
            segment = name
        elif mnemonic in _OVERRIDABLE:
            words.append(name)
        else:
            return None
        del left[0]
    return None if left else (words, segment)


def _another_encoding(instruction: Instruction) -> bool:
    """NASM would take another for the same operands."""
    form = instruction.form
    assert form is not None
    name, operands, modrm = form.name, form.operands[0], instruction.modrm
    if modrm is None:
        return False
    if name.startswith("0F") and "Gb" not in operands and modrm & 0x38:
        return True
    register = not instruction.memory
    accumulator = modrm & 7 == 0
    if modrm & 0xC7 == 6 and modrm >> 3 & 7 == 0 and name in ("88", "89", "8A", "8B"):
        return True
    if name in ("8C", "8E") and (modrm & 0x20 or (name == "8E" and modrm >> 3 & 7 == 1)):
        return True
    if name == "87":
        return register and (accumulator or modrm >> 3 & 7 == 0)
    if not register:
        return name[:2] in ("C0", "C1") and instruction.values[0] == 1
    if name[:2] in ("80", "81", "F6", "F7") and operands[-1][0] == "I" and accumulator:
        return True
    if name[:2] in ("C0", "C1") and instruction.values[0] == 1:
        return True
    return name in ("8F.0", "C6.0", "C7.0", "FF.0", "FF.1", "FF.6")


def _operand(instruction: Instruction, n: int, segment: str, names: Names) -> str:
    form = instruction.form
    assert form is not None
    operands = form.operands[0]
    operand, modrm = operands[n], instruction.modrm or 0
    kind, size = operand[0], operand[-1]
    if kind in "EM" and instruction.memory:
        return _size(operands, size, form.name) + _memory(instruction, segment, names)
    registers = _BYTES if size == "b" else _WORDS
    if kind in "ER":
        return registers[modrm & 7]
    if kind == "G":
        return registers[modrm >> 3 & 7]
    if operand == "Sw":
        return _SEGMENTS[modrm >> 3 & 3]
    if kind == "Z":
        return registers[int(form.name, 16) & 7]
    if operand == "Fp":
        return f"{(int(form.name, 16) & (7 if form.name[0] == 'D' else 1)) << 3 | modrm >> 3 & 7:#x}"
    if operand in ("al", "ax", "cl", "dx", "1", *_SEGMENTS):
        return operand
    order = [each for each in operands if each[0] in "IOJA" and each != "al"]
    value = instruction.values[order.index(operand)]
    if kind == "J":
        return names.target or f"{instruction.target or 0:#x}"
    if kind == "A":
        return f"{value >> 16:#x}:{names.target or hex(value & 0xFFFF)}"
    if kind == "O":
        inner = names.memory or f"{value:#x}"
        return f"[{segment}:{inner}]" if segment else f"[{inner}]"
    if operand == "Is":
        value -= value >> 7 << 8
        return f"byte {'-' if value < 0 else ''}{abs(value):#x}"
    text = (names.immediate if operand == "Iw" else None) or f"{value:#x}"
    forced = operand == "Iw" and (form.name in ("68", "69") or form.mnemonic[0] in _ARITHMETIC)
    return f"strict word {text}" if forced else text


def _memory(instruction: Instruction, segment: str, names: Names) -> str:
    modrm, displacement = instruction.modrm or 0, instruction.displacement
    before = f"{segment}:" if segment else ""
    if modrm & 0xC7 == 6:
        return f"[{before}{names.memory or hex(displacement or 0)}]"
    base = _BASES[modrm & 7]
    if displacement is None:
        return f"[{before}{base}]"
    if names.memory and instruction.wide:
        return f"[{before}word {base}+{names.memory}]"
    sign = "-" if displacement < 0 else "+"
    return f"[{before}{'word' if instruction.wide else 'byte'} {base}{sign}{abs(displacement):#x}]"


def _size(operands: tuple[str, ...], size: str, name: str) -> str:
    if size == "p":
        return "far " if name in ("FF.3", "FF.5") else ""
    if operands == ("Gw", "M") or any(each in ("Gb", "Gw", "al", "ax") for each in operands):
        return ""
    return {"b": "byte ", "w": "word "}.get(size, "")

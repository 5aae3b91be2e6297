"""Constants in registers, as far as they are known without running: DX at an OUT, DS at a MOV.

A state is a list of 20: the low bytes of AX CX DX BX SP BP SI DI, their high bytes, then ES CS SS DS as words; None is
unknown. What `step` does not know in detail forgets all general registers, so what stays is what a CPU would hold -
under two assumptions: a called routine gives DS, ES and SS back, and nobody jumps into the middle unseen.
"""

from __future__ import annotations

from korgm1.cpu.disassembler import Instruction

State = list[int | None]

ES, CS, SS, DS = 16, 17, 18, 19
DX = 2
_GENERAL = 16
SP = 4
_CX, _SI, _DI = 1, 6, 7
_SEGMENT_OF_PREFIX = {0x26: ES, 0x2E: CS, 0x36: SS, 0x3E: DS}
_READS = frozenset(("cmp", "test", "push", "out", "jmp", "call", "bound", "test1"))
_KEEPS = frozenset(
    "clc stc cli sti cld std cmc nop hlt wait outsb outsw ret retf iret sahf pushf popf into int3 int jcxz".split()
)
_MOVES = {
    "stosb": (_DI,), "stosw": (_DI,), "lodsb": (0, _SI), "lodsw": (0, _SI), "movsb": (_SI, _DI), "movsw": (_SI, _DI),
    "cmpsb": (_SI, _DI), "cmpsw": (_SI, _DI), "scasb": (_DI,), "scasw": (_DI,), "mul": (0, 2), "imul": (0, 2),
    "div": (0, 2), "idiv": (0, 2), "cbw": (0,), "cwd": (2,), "aam": (0,), "aad": (0,), "daa": (0,), "das": (0,),
    "aaa": (0,), "aas": (0,), "lahf": (0,), "xlatb": (0,), "loop": (_CX,), "loope": (_CX,), "loopne": (_CX,),
    "insb": (_DI,), "insw": (_DI,),
}  # fmt: skip
"""Mnemonics without a destination operand: the words they change."""


def unknown(segment: int) -> State:
    """Nothing is known but PS."""
    state: State = [None] * 20
    state[CS] = segment
    return state


def word(state: State, register: int) -> int | None:
    """A general register, AX = 0 ... DI = 7.

    >>> from korgm1.cpu.disassembler import decode
    >>> state = unknown(0xF000); step(state, decode(bytes.fromhex("ba000a"))); hex(word(state, DX))
    '0xa00'
    """
    low, high = state[register], state[register + 8]
    return None if low is None or high is None else high << 8 | low


def set_word(state: State, register: int, value: int | None) -> None:
    """Put a word, or unknown, into a general register."""
    state[register] = None if value is None else value & 0xFF
    state[register + 8] = None if value is None else value >> 8 & 0xFF


def forget(state: State) -> None:
    """The general registers become unknown."""
    state[:_GENERAL] = [None] * _GENERAL


def segment_of(state: State, instruction: Instruction) -> int | None:
    """The segment of its memory operand, if it is known."""
    for byte in reversed(instruction.prefixes):
        if byte in _SEGMENT_OF_PREFIX:
            return state[_SEGMENT_OF_PREFIX[byte]]
    modrm = instruction.modrm
    if modrm is not None and modrm < 0xC0 and modrm & 7 in (2, 3, 6) and modrm & 0xC7 != 6:
        return state[SS]
    return state[DS]


def _value(state: State, instruction: Instruction, operand: str) -> int | None:
    """What a register or immediate operand holds; None for memory and what is unknown."""
    modrm = instruction.modrm or 0
    kind = operand[0]
    if kind == "I" and instruction.values:
        value = instruction.values[-1]
        return value - (value >> 7 << 8) & 0xFFFF if operand == "Is" else value
    if operand in ("Ew", "Gw", "Zw") and not (kind == "E" and instruction.memory):
        return word(state, _number(instruction, kind, modrm))
    if operand in ("Eb", "Gb", "Zb") and not (kind == "E" and instruction.memory):
        return state[_byte(_number(instruction, kind, modrm))]
    if operand == "ax":
        return word(state, 0)
    if operand == "al":
        return state[0]
    return state[16 + (modrm >> 3 & 3)] if operand == "Sw" else state[CS] if operand == "cs" else None


def _number(instruction: Instruction, kind: str, modrm: int) -> int:
    if kind == "Z":
        return instruction.code[len(instruction.prefixes)] & 7
    return modrm >> 3 & 7 if kind == "G" else modrm & 7


def _byte(register: int) -> int:
    """AL CL DL BL AH CH DH BH -> index in a state."""
    return register if register < 4 else register - 4 + 8


def _put(state: State, instruction: Instruction, operand: str, value: int | None) -> None:
    modrm = instruction.modrm or 0
    kind = operand[0]
    if kind in "EGZR" and not (kind == "E" and instruction.memory):
        register = _number(instruction, kind, modrm)
        if operand[-1] == "w":
            set_word(state, register, value)
        else:
            state[_byte(register)] = None if value is None else value & 0xFF
    elif operand == "ax":
        set_word(state, 0, value)
    elif operand == "al":
        state[0] = None if value is None else value & 0xFF
    elif operand == "Sw":
        state[16 + (modrm >> 3 & 3)] = value
    elif operand in ("es", "ss", "ds"):
        state[{"es": ES, "ss": SS, "ds": DS}[operand]] = value


def step(state: State, instruction: Instruction) -> None:
    """Do to `state` what the instruction does."""
    form = instruction.form
    if form is None or form.name.startswith("8080.") or form.kind == "undefined":
        forget(state)
        return
    name, operands = form.mnemonic[0], form.operands[0]
    if (instruction.prefixes and 0xF3 in instruction.prefixes) or 0xF2 in instruction.prefixes:
        set_word(state, _CX, None)
    if name == "call":
        forget(state)
    elif name in _MOVES and not (name == "imul" and len(operands) == 3):
        for register in _MOVES[name]:
            set_word(state, register, None)
    elif name in _KEEPS or name in _READS or name[0] == "j":
        return
    elif name == "mov" or name == "lea":
        value = None if name == "lea" else _value(state, instruction, operands[1])
        if name == "lea" and (instruction.modrm or 0) & 0xC7 == 6:
            value = instruction.displacement
        _put(state, instruction, operands[0], value)
    elif name in ("xor", "sub") and instruction.modrm is not None and _same(instruction, operands):
        _put(state, instruction, operands[0], 0)
    elif name in ("add", "sub", "and", "or", "xor"):
        _put(state, instruction, operands[0], _arithmetic(state, instruction, name, operands))
    elif name in ("inc", "dec"):
        value = _value(state, instruction, operands[0])
        _put(state, instruction, operands[0], None if value is None else value + (1 if name == "inc" else -1) & 0xFFFF)
    elif name == "xchg":
        first, second = _value(state, instruction, operands[0]), _value(state, instruction, operands[1])
        _put(state, instruction, operands[0], second)
        _put(state, instruction, operands[1], first)
    elif name in ("les", "lds"):
        _put(state, instruction, operands[0], None)
        state[ES if name == "les" else DS] = None
    elif operands and name not in ("enter", "leave", "popa", "pusha", "ins", "ext", "brkem"):
        _put(state, instruction, operands[0], None)
    elif name not in ("pusha", "brkem"):
        forget(state)


def _same(instruction: Instruction, operands: tuple[str, ...]) -> bool:
    modrm = instruction.modrm or 0
    return modrm >= 0xC0 and modrm >> 3 & 7 == modrm & 7 and len(operands) == 2 and operands[1][0] in "EG"


def _arithmetic(state: State, instruction: Instruction, name: str, operands: tuple[str, ...]) -> int | None:
    first, second = _value(state, instruction, operands[0]), _value(state, instruction, operands[1])
    if first is None or second is None:
        return None
    results = {"add": first + second, "sub": first - second, "and": first & second, "or": first | second,
               "xor": first ^ second}  # fmt: skip
    return results[name] & 0xFFFF

"""Bytes -> instruction -> text, of a V30 and of its 8080 mode, from `korgm1.cpu.instruction_table`.

`decode` never fails: what is no whole instruction is one byte of data. Lengths are those of the core (a test compares
them over all opcodes and modrm bytes). Nothing here runs code or follows branches.
"""

from __future__ import annotations

from dataclasses import dataclass

from korgm1.cpu.instruction_table import EMULATED, GROUPS, NATIVE, PREFIXES, SYNTAXES, Form

_BYTES = (("al", "cl", "dl", "bl", "ah", "ch", "dh", "bh"), ("AL", "CL", "DL", "BL", "AH", "CH", "DH", "BH"))
_WORDS = (("ax", "cx", "dx", "bx", "sp", "bp", "si", "di"), ("AW", "CW", "DW", "BW", "SP", "BP", "IX", "IY"))
_SEGMENTS = (("es", "cs", "ss", "ds"), ("DS1", "PS", "SS", "DS0"))
_BASES = (
    ("bx+si", "bx+di", "bp+si", "bp+di", "si", "di", "bp", "bx"),
    ("BW+IX", "BW+IY", "BP+IX", "BP+IY", "IX", "IY", "BP", "BW"),
)
_NEC_FIXED = {
    "ax": "AW", "dx": "DW", "al": "AL", "cl": "CL", "es": "DS1", "cs": "PS", "ss": "SS", "ds": "DS0",
}  # fmt: skip
_SIZES = {"b": ("byte ", "BYTE PTR "), "w": ("word ", "WORD PTR "), "p": ("far ", "DWORD PTR ")}
_IMMEDIATES = {"Ib": 1, "Iw": 2, "Is": 1, "Ob": 2, "Ow": 2, "Jb": 1, "Jw": 2, "Ap": 4}
_SEGMENT_PREFIXES = (0x26, 0x2E, 0x36, 0x3E)
_REPEATS = (0xF2, 0xF3)
_COMPARING = ("A6", "A7", "AE", "AF")
_STRINGS = frozenset(("6C", "6D", "6E", "6F", "A4", "A5", *_COMPARING, "AA", "AB", "AC", "AD"))
_ENDS = frozenset(("C2", "C3", "CA", "CB", "CF", "E9", "EA", "EB", "FF.4", "FF.5"))


@dataclass(frozen=True)
class Instruction:
    """One decoded instruction, or a byte of data.

    Attributes:
        pc: offset of its first byte in the code segment.
        code: all its bytes, prefixes included.
        form: its row of the table; None for data.
        prefixes: the prefix bytes in their order.
        modrm: that byte, or None.
        displacement: of the modrm's memory operand, its sign extended, or the address that stands alone; None without.
        wide: the displacement takes two bytes.
        values: immediates, direct offsets, distances and far pointers as they stand in the code, unsigned.
    """

    pc: int
    code: bytes
    form: Form | None = None
    prefixes: bytes = b""
    modrm: int | None = None
    displacement: int | None = None
    wide: bool = False
    values: tuple[int, ...] = ()

    @property
    def next(self) -> int:
        """Offset behind it, wrapped at 64 KB."""
        return self.pc + len(self.code) & 0xFFFF

    @property
    def memory(self) -> bool:
        """Its modrm names memory."""
        return self.modrm is not None and self.modrm < 0xC0

    @property
    def undefined(self) -> bool:
        """Nobody documented it: its length is all that is known, or it is data.

        >>> decode(b"\\x8d\\xc0").undefined, decode(b"\\x8d\\x00").undefined
        (True, False)
        """
        if self.form is None or self.form.kind == "undefined":
            return True
        return self.modrm is not None and ("R" if self.memory else "M") in {each[0] for each in self.form.operands[0]}

    @property
    def target(self) -> int | None:
        """Offset that a relative jump or call, or an 8080's, leads to; None for all others.

        >>> decode(bytes.fromhex("75fe"), pc=0x100).target
        256
        """
        if self.form is None:
            return None
        operands = self.form.operands[0]
        if operands in (("Jb",), ("Jw",)):
            bits = 8 if operands == ("Jb",) else 16
            distance = self.values[0] - (self.values[0] >> bits - 1 << bits)
            return self.next + distance & 0xFFFF
        if self.form.name.startswith("8080.") and operands == ("Iw",) and self.form.mnemonic[0][0] in "JC":
            return self.values[0]
        return None

    @property
    def ends(self) -> bool:
        """What lies behind it is not reached through it: returns and jumps without a condition."""
        if self.form is None:
            return False
        if self.form.name.startswith("8080."):
            return self.form.mnemonic[0] in ("JMP", "RET", "PCHL", "RETEM")
        return self.form.name in _ENDS

    def text(self, syntax: str = "intel") -> str:
        """The instruction as a line of assembler.

        Args:
            syntax: one of `SYNTAXES`; Intel's is NASM's.

        >>> decode(bytes.fromhex("268b87fe12")).text()
        'mov ax,[es:bx+0x12fe]'
        >>> decode(bytes.fromhex("268b87fe12")).text("nec")
        'MOV AW,DS1:[BW+12FEH]'
        >>> decode(bytes.fromhex("0f33c1")).text("nec")
        'EXT CL,AL'
        """
        which = SYNTAXES.index(syntax)
        if self.undefined or self.form is None:
            return ("db ", "DB ")[which] + ",".join(_hex(byte, 2, which) for byte in self.code)
        words, segment = self._prefix_words(which)
        operands = [self._operand(operand, which, segment) for operand in self.form.operands[which]]
        mnemonic = self.form.mnemonic[which]
        if self.form.name in ("EB",):
            mnemonic += (" short", " SHORT")[which]
        return " ".join([*words, mnemonic, ",".join(operands)]).rstrip()

    def _prefix_words(self, which: int) -> tuple[list[str], int | None]:
        """The prefixes that stand before the mnemonic, and the segment that stands in the operand."""
        form = self.form
        segment = None
        if form is not None and (self.memory or (form.operands[0] and any(o[0] == "O" for o in form.operands[0]))):
            segment = next((byte for byte in reversed(self.prefixes) if byte in _SEGMENT_PREFIXES), None)
        words = []
        shown = segment is None
        for byte in reversed(self.prefixes):
            if byte == segment and not shown:
                shown = True
                continue
            word = NATIVE[f"{byte:02X}"].mnemonic[which]
            if byte == 0xF3 and form is not None and form.name in _COMPARING:
                word = ("repe", "REPE")[which]
            words.append(word)
        return words[::-1], None if segment is None else segment >> 3 & 3

    def _operand(self, operand: str, which: int, segment: int | None) -> str:
        modrm = self.modrm or 0
        kind, size = operand[0], operand[-1]
        form = self.form
        if form is None or form.name.startswith("8080."):
            return _hex(self.values[0], 4 if operand == "Iw" else 2, 1) if operand in _IMMEDIATES else operand
        if kind in "EM" and self.memory:
            return self._memory(size, which, segment)
        if kind in "ER":
            return (_BYTES if size == "b" else _WORDS)[which][modrm & 7]
        if kind == "G":
            return (_BYTES if size == "b" else _WORDS)[which][modrm >> 3 & 7]
        if operand == "Sw":
            return _SEGMENTS[which][modrm >> 3 & 3]
        if kind == "Z":
            return (_BYTES if size == "b" else _WORDS)[which][int(form.name, 16) & 7]
        if operand == "Fp":
            return _hex((int(form.name, 16) & (7 if form.name[0] == "D" else 1)) << 3 | modrm >> 3 & 7, 2, which)
        if operand in _IMMEDIATES:
            order = [each for each in form.operands[0] if each in _IMMEDIATES]
            return self._value(operand, self.values[order.index(operand)], which, segment)
        return _NEC_FIXED.get(operand, operand) if which else operand

    def _value(self, operand: str, value: int, which: int, segment: int | None) -> str:
        if operand in ("Jb", "Jw"):
            return _hex(self.target or 0, 4, which)
        if operand == "Ap":
            return f"{_hex(value >> 16, 4, which)}:{_hex(value & 0xFFFF, 4, which)}"
        if operand[0] == "O":
            return _bracketed(_hex(value, 4, which), segment, which)
        if operand == "Is":
            value -= value >> 7 << 8
            if which:
                return _hex(value & 0xFFFF, 4, 1)
            return f"byte {'-' if value < 0 else '+'}{abs(value):#x}"
        word = "word " if self.form is not None and self.form.name in ("68", "69") and not which else ""
        return word + _hex(value, 4 if operand == "Iw" else 2, which)

    def _memory(self, size: str, which: int, segment: int | None) -> str:
        modrm, displacement = self.modrm or 0, self.displacement
        if modrm & 0xC7 == 6:
            inner = _hex(displacement or 0, 4, which)
        else:
            inner = _BASES[which][modrm & 7]
            if displacement is not None:
                sign, digits = "-" if displacement < 0 else "+", _hex(abs(displacement), 4 if self.wide else 2, which)
                if self.wide and not which and -128 <= displacement < 128:
                    inner += "+word " + sign.rstrip("+") + digits
                else:
                    inner += sign + digits
        return self._size(size, which) + _bracketed(inner, segment, which)

    def _size(self, size: str, which: int) -> str:
        """The size, where no register operand tells it."""
        form = self.form
        if form is None or size not in _SIZES:
            return ""
        if size == "p":
            return _SIZES["p"][which] if form.name in ("FF.3", "FF.5") else ""
        others = [operand for operand in form.operands[0] if operand[0] not in "EM"]
        if any(operand in ("Gb", "Gw", "al", "ax", "Sw") for operand in others):
            return ""
        return _SIZES[size][which]


def _hex(value: int, digits: int, which: int) -> str:
    """0x12 for NASM, 12H and 0A2H for NEC's assembler."""
    if not which:
        return f"{value:#x}"
    text = f"{value:0{digits}X}H"
    return "0" + text if text[0] in "ABCDEF" else text


def _bracketed(inner: str, segment: int | None, which: int) -> str:
    if segment is None:
        return f"[{inner}]"
    name = _SEGMENTS[which][segment]
    return f"{name}:[{inner}]" if which else f"[{name}:{inner}]"


def decode(code: bytes, at: int = 0, pc: int | None = None, emulated: bool = False) -> Instruction:
    """The instruction that begins at code[at].

    Args:
        code: the bytes; those of one instruction need not be all there.
        at: index of the first byte.
        pc: its offset in the code segment; default: `at`, modulo 64 KB.
        emulated: 8080 mode.

    Returns:
        The instruction; one byte of data where the bytes end before it does.

    >>> [decode(bytes.fromhex("f3a5eb"), at).text() for at in (0, 2)]
    ['rep movsw', 'db 0xeb']
    >>> decode(bytes.fromhex("21ff12"), emulated=True).text()
    'LXI H,12FFH'
    """
    pc = at & 0xFFFF if pc is None else pc
    try:
        return (_decode_8080 if emulated else _decode)(code, at, pc)
    except IndexError:
        return Instruction(pc, code[at : at + 1])


def _take(code: bytes, at: int, size: int) -> int:
    if at + size > len(code):
        raise IndexError
    return int.from_bytes(code[at : at + size], "little")


def _decode_8080(code: bytes, at: int, pc: int) -> Instruction:
    name, end = f"8080.{code[at]:02X}", at + 1
    if code[at] == 0xED:
        name, end = f"{name}{code[end]:02X}", end + 1
    form = EMULATED[name]
    values = []
    for operand in form.operands[0]:
        if operand in _IMMEDIATES:
            values.append(_take(code, end, _IMMEDIATES[operand]))
            end += _IMMEDIATES[operand]
    return Instruction(pc, code[at:end], form, values=tuple(values))


def _decode(code: bytes, at: int, pc: int) -> Instruction:
    end = at
    while code[end] in PREFIXES:
        end += 1
    prefixes, name = code[at:end], f"{code[end]:02X}"
    opcode = code[end]
    end += 1
    if opcode == 0x0F:
        name += f"{code[end]:02X}"
        end += 1
    elif opcode in GROUPS:
        name += f".{code[end] >> 3 & 7}"
    form = NATIVE[name]
    modrm = displacement = None
    wide = False
    if form.has_modrm:
        modrm = code[end]
        end += 1
        mode = modrm >> 6
        wide = mode == 2 or modrm & 0xC7 == 6
        if wide or mode == 1:
            displacement = _take(code, end, 2 if wide else 1)
            end += 2 if wide else 1
            if modrm & 0xC7 != 6:
                bits = 16 if wide else 8
                displacement -= displacement >> bits - 1 << bits
    values = []
    for operand in form.operands[0]:
        size = _IMMEDIATES.get(operand, 0)
        if size:
            values.append(_take(code, end, size))
            end += size
    return Instruction(pc, code[at:end], form, prefixes, modrm, displacement, wide, tuple(values))

"""Every instruction of a V30 and of its 8080 mode: encoding, operands, Intel's and NEC's mnemonic. One table for all.

A line is an opcode (or a range, or opcode.reg where the modrm's reg field decides), Intel's mnemonic and operands, and
behind | NEC's, whose operands are Intel's where it names none. A mark at the end of the opcode: = another encoding of a
documented instruction, ? undefined, its length known only. Operands:

    Eb Ew       byte, word by the modrm              Gb Gw  register by its reg field       Sw  segment register by it
    M  Mp       memory only: its address, a pointer  Rb     byte register by the modrm, memory undefined
    Ib Iw Is    immediate byte, word, byte widened   Zb Zw  register by the opcode's low three bits
    Ob Ow       memory at a 16-bit offset            Jb Jw  target by a distance            Ap  far target
    Fp          number of a coprocessor's operation  al ax cl dx es cs ss ds, 1, 3, CY ...  just that

Sources: V20/V30 User's Manual (1986) section 12, Intel's 8086 and 8080 manuals; lengths of undefined codes and aliases
as recorded on a uPD70116C-8 (nec_test docs/facts/undocumented_0f.md) and a D70108C-8 (SingleStepTests/v20).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

SYNTAXES = ("intel", "nec")


@dataclass(frozen=True)
class Form:
    """One row: what an opcode is.

    Attributes:
        name: `8B`, `F7.6`, `0F31`; in 8080 mode `8080.C3`.
        mnemonic: by `SYNTAXES`.
        operands: by `SYNTAXES`, the letters of the module's docstring.
        kind: "" documented, "alias" another encoding, "undefined", or "prefix".
    """

    name: str
    mnemonic: tuple[str, str]
    operands: tuple[tuple[str, ...], tuple[str, ...]]
    kind: str = ""

    @property
    def has_modrm(self) -> bool:
        """A modrm byte follows.

        >>> NATIVE["8B"].has_modrm, NATIVE["A1"].has_modrm
        (True, False)
        """
        return not self.name.startswith("8080.") and (
            "." in self.name or any(operand[0] in "EGMRS" for operand in self.operands[0])
        )


_KINDS = {"=": "alias", "?": "undefined", "!": "prefix"}

_ARITHMETIC = ("add", "or", "adc", "sbb", "and", "sub", "xor", "cmp")
_ARITHMETIC_NEC = ("ADD", "OR", "ADDC", "SUBC", "AND", "SUB", "XOR", "CMP")
_SHIFTS = ("rol", "ror", "rcl", "rcr", "shl", "shr", "shl", "sar")
_SHIFTS_NEC = ("ROL", "ROR", "ROLC", "RORC", "SHL", "SHR", "SHL", "SHRA")
_CONDITIONS = "jo jno jc jnc jz jnz jna ja js jns jpe jpo jl jnl jng jg".split()
_CONDITIONS_NEC = "BV BNV BC BNC BE BNE BNH BH BN BP BPE BPO BLT BGE BLE BGT".split()

_TABLE = """
06 push es | PUSH
07 pop es | POP
0E push cs | PUSH
16 push ss | PUSH
17 pop ss | POP
1E push ds | PUSH
1F pop ds | POP
26! es | DS1:
27 daa | ADJ4A
2E! cs | PS:
2F das | ADJ4S
36! ss | SS:
37 aaa | ADJBA
3E! ds | DS0:
3F aas | ADJBS
40-47 inc Zw | INC
48-4F dec Zw | DEC
50-57 push Zw | PUSH
58-5F pop Zw | POP
60 pusha | PUSH R
61 popa | POP R
62 bound Gw Mp | CHKIND
63? db Ew | DB
64! repnc | REPNC
65! repc | REPC
66-67 fpo2 Fp Ew | FPO2
68 push Iw | PUSH
69 imul Gw Ew Iw | MUL
6A push Is | PUSH
6B imul Gw Ew Is | MUL
6C insb | INMB
6D insw | INMW
6E outsb | OUTMB
6F outsw | OUTMW
84 test Eb Gb | TEST
85 test Ew Gw | TEST
86 xchg Eb Gb | XCH
87 xchg Ew Gw | XCH
88 mov Eb Gb | MOV
89 mov Ew Gw | MOV
8A mov Gb Eb | MOV
8B mov Gw Ew | MOV
8C mov Ew Sw | MOV
8D lea Gw M | LDEA
8E mov Sw Ew | MOV
8F.0 pop Ew | POP
8F.1= pop Ew | POP
90 nop | NOP
91-97 xchg ax Zw | XCH
98 cbw | CVTBW
99 cwd | CVTWL
9A call Ap | CALL
9B wait | POLL
9C pushf | PUSH PSW
9D popf | POP PSW
9E sahf | MOV PSW AH
9F lahf | MOV AH PSW
A0 mov al Ob | MOV
A1 mov ax Ow | MOV
A2 mov Ob al | MOV
A3 mov Ow ax | MOV
A4 movsb | MOVBKB
A5 movsw | MOVBKW
A6 cmpsb | CMPBKB
A7 cmpsw | CMPBKW
A8 test al Ib | TEST
A9 test ax Iw | TEST
AA stosb | STMB
AB stosw | STMW
AC lodsb | LDMB
AD lodsw | LDMW
AE scasb | CMPMB
AF scasw | CMPMW
B0-B7 mov Zb Ib | MOV
B8-BF mov Zw Iw | MOV
C2 ret Iw | RET
C3 ret | RET
C4 les Gw Mp | MOV DS1 Gw Mp
C5 lds Gw Mp | MOV DS0 Gw Mp
C6.0 mov Eb Ib | MOV
C6.1= mov Eb Ib | MOV
C7.0 mov Ew Iw | MOV
C7.1= mov Ew Iw | MOV
C8 enter Iw Ib | PREPARE
C9 leave | DISPOSE
CA retf Iw | RETF
CB retf | RETF
CC int3 | BRK 3
CD int Ib | BRK
CE into | BRKV
CF iret | RETI
D4 aam Ib | CVTBD
D5 aad Ib | CVTDB
D6= xlatb | TRANS
D7 xlatb | TRANS
D8-DF esc Fp Ew | FPO1
E0 loopne Jb | DBNZNE
E1 loope Jb | DBNZE
E2 loop Jb | DBNZ
E3 jcxz Jb | BCWZ
E4 in al Ib | IN
E5 in ax Ib | IN
E6 out Ib al | OUT
E7 out Ib ax | OUT
E8 call Jw | CALL
E9 jmp Jw | BR
EA jmp Ap | BR
EB jmp Jb | BR
EC in al dx | IN
ED in ax dx | IN
EE out dx al | OUT
EF out dx ax | OUT
F0! lock | BUSLOCK
F1! lockf1 | BUSLOCKF1
F2! repne | REPNE
F3! rep | REP
F4 hlt | HALT
F5 cmc | NOT1 CY
F6.0 test Eb Ib | TEST
F6.1= test Eb Ib | TEST
F6.2 not Eb | NOT
F6.3 neg Eb | NEG
F6.4 mul Eb | MULU
F6.5 imul Eb | MUL
F6.6 div Eb | DIVU
F6.7 idiv Eb | DIV
F7.0 test Ew Iw | TEST
F7.1= test Ew Iw | TEST
F7.2 not Ew | NOT
F7.3 neg Ew | NEG
F7.4 mul Ew | MULU
F7.5 imul Ew | MUL
F7.6 div Ew | DIVU
F7.7 idiv Ew | DIV
F8 clc | CLR1 CY
F9 stc | SET1 CY
FA cli | DI
FB sti | EI
FC cld | CLR1 DIR
FD std | SET1 DIR
FE.0 inc Eb | INC
FE.1 dec Eb | DEC
FE.2? db Eb | DB
FF.0 inc Ew | INC
FF.1 dec Ew | DEC
FF.2 call Ew | CALL
FF.3 call Mp | CALL
FF.4 jmp Ew | BR
FF.5 jmp Mp | BR
FF.6 push Ew | PUSH
FF.7= push Ew | PUSH
0F00-0F0F? db | DB
0F10 test1 Eb cl | TEST1
0F11 test1 Ew cl | TEST1
0F12 clr1 Eb cl | CLR1
0F13 clr1 Ew cl | CLR1
0F14 set1 Eb cl | SET1
0F15 set1 Ew cl | SET1
0F16 not1 Eb cl | NOT1
0F17 not1 Ew cl | NOT1
0F18 test1 Eb Ib | TEST1
0F19 test1 Ew Ib | TEST1
0F1A clr1 Eb Ib | CLR1
0F1B clr1 Ew Ib | CLR1
0F1C set1 Eb Ib | SET1
0F1D set1 Ew Ib | SET1
0F1E not1 Eb Ib | NOT1
0F1F not1 Ew Ib | NOT1
0F20 add4s | ADD4S
0F21? db | DB
0F22 sub4s | SUB4S
0F23-0F25? db | DB
0F26 cmp4s | CMP4S
0F27? db | DB
0F28 rol4 Eb | ROL4
0F29? db Eb | DB
0F2A ror4 Eb | ROR4
0F2B-0F30? db Eb | DB
0F31 ins Rb Gb | INS
0F32? db Eb | DB
0F33 ext Rb Gb | EXT
0F34-0F38? db Eb | DB
0F39 ins Rb Ib | INS
0F3A? db Eb | DB
0F3B ext Rb Ib | EXT
0F3C-0F3F? db Eb | DB
0F40-0FFE= brkem Ib | BRKEM
0FFF brkem Ib | BRKEM
"""

_TABLE_8080 = """
00 NOP
08= NOP
07 RLC
0F RRC
10= NOP
17 RAL
18= NOP
1F RAR
20= NOP
22 SHLD Iw
27 DAA
28= NOP
2A LHLD Iw
2F CMA
30= NOP
32 STA Iw
37 STC
38= NOP
3A LDA Iw
3F CMC
76 HLT
C3 JMP Iw
CB= JMP Iw
C9 RET
D9= RET
CD CALL Iw
DD= CALL Iw
FD= CALL Iw
D3 OUT Ib
DB IN Ib
E3 XTHL
E9 PCHL
EB XCHG
F3 DI
F9 SPHL
FB EI
"""


def _lines() -> Iterator[str]:
    """The whole native table as lines."""
    for n in range(8):
        intel, nec = _ARITHMETIC[n], _ARITHMETIC_NEC[n]
        for low, operands in enumerate(("Eb Gb", "Ew Gw", "Gb Eb", "Gw Ew", "al Ib", "ax Iw")):
            yield f"{n * 8 + low:02X} {intel} {operands} | {nec}"
        for opcode, operands in (("80", "Eb Ib"), ("81", "Ew Iw"), ("82", "Eb Ib"), ("83", "Ew Is")):
            yield f"{opcode}.{n}{'=' if opcode == '82' else ''} {intel} {operands} | {nec}"
        shifts = (("C0", "Eb Ib"), ("C1", "Ew Ib"), ("D0", "Eb 1"), ("D1", "Ew 1"), ("D2", "Eb cl"), ("D3", "Ew cl"))
        for opcode, operands in shifts:
            yield f"{opcode}.{n}{'=' if n == 6 else ''} {_SHIFTS[n]} {operands} | {_SHIFTS_NEC[n]}"
    for n in range(16):
        yield f"7{n:X} {_CONDITIONS[n]} Jb | {_CONDITIONS_NEC[n]}"
    for n in range(2, 8):
        for opcode in ("8F", "C6", "C7"):
            operands = {"8F": "pop Ew | POP", "C6": "mov Eb Ib | MOV", "C7": "mov Ew Iw | MOV"}[opcode]
            yield f"{opcode}.{n}= {operands}"
        if n > 2:
            yield f"FE.{n}? db Eb | DB"
    yield from _TABLE.split("\n")


def _native() -> dict[str, Form]:
    forms: dict[str, Form] = {}
    for line in _lines():
        if not line:
            continue
        intel, _, nec = line.partition(" | ")
        span, mnemonic, *operands = intel.split()
        kind = _KINDS.get(span[-1], "")
        other, *other_operands = nec.split()
        first, _, last = span.rstrip("=?!").partition("-")
        for opcode in range(int(first, 16), int(last, 16) + 1) if last else (None,):
            name = first if opcode is None else f"{opcode:0{len(first)}X}"
            pair = (tuple(operands), tuple(other_operands or operands))
            forms[name] = Form(name, (mnemonic, other), pair, kind)
    return forms


_REGISTERS_8080 = "BCDEHLMA"
_PAIRS_8080 = ("B", "D", "H", "SP")
_ALU_8080 = ("ADD", "ADC", "SUB", "SBB", "ANA", "XRA", "ORA", "CMP")
_ALU_8080_IMMEDIATE = ("ADI", "ACI", "SUI", "SBI", "ANI", "XRI", "ORI", "CPI")
_CONDITIONS_8080 = ("NZ", "Z", "NC", "C", "PO", "PE", "P", "M")


def _lines_8080() -> Iterator[str]:
    """The whole 8080 table as lines; registers are written out."""
    yield from filter(None, _TABLE_8080.split("\n"))
    for n, name in enumerate(_PAIRS_8080):
        for low, text in ((0x01, "LXI {} Iw"), (0x03, "INX {}"), (0x09, "DAD {}"), (0x0B, "DCX {}")):
            yield f"{low | n << 4:02X} {text.format(name)}"
        if n < 2:
            yield f"{0x02 | n << 4:02X} STAX {name}"
            yield f"{0x0A | n << 4:02X} LDAX {name}"
    for n, name in enumerate(_REGISTERS_8080):
        yield f"{0x04 | n << 3:02X} INR {name}"
        yield f"{0x05 | n << 3:02X} DCR {name}"
        yield f"{0x06 | n << 3:02X} MVI {name} Ib"
        for m, other in enumerate(_REGISTERS_8080):
            if (n, m) != (6, 6):
                yield f"{0x40 | n << 3 | m:02X} MOV {name} {other}"
            yield f"{0x80 | n << 3 | m:02X} {_ALU_8080[n]} {other}"
        yield f"{0xC6 | n << 3:02X} {_ALU_8080_IMMEDIATE[n]} Ib"
        yield f"{0xC7 | n << 3:02X} RST {n}"
        yield f"{0xC0 | n << 3:02X} R{_CONDITIONS_8080[n]}"
        yield f"{0xC2 | n << 3:02X} J{_CONDITIONS_8080[n]} Iw"
        yield f"{0xC4 | n << 3:02X} C{_CONDITIONS_8080[n]} Iw"
    for n, name in enumerate(("B", "D", "H", "PSW")):
        yield f"{0xC1 | n << 4:02X} POP {name}"
        yield f"{0xC5 | n << 4:02X} PUSH {name}"
    for second in range(256):
        text = {0xED: " CALLN Ib", 0xFD: " RETEM"}.get(second, "? DB")
        yield f"ED{second:02X}{text}"


def _emulated() -> dict[str, Form]:
    forms = {}
    for line in _lines_8080():
        code, mnemonic, *operands = line.split()
        name = f"8080.{code.rstrip('=?')}"
        forms[name] = Form(name, (mnemonic, mnemonic), (tuple(operands), tuple(operands)), _KINDS.get(code[-1], ""))
    return forms


NATIVE: dict[str, Form] = _native()
"""Name -> form."""
EMULATED: dict[str, Form] = _emulated()
"""The same of 8080 mode."""

GROUPS = frozenset(int(name[:2], 16) for name in NATIVE if name[2:3] == ".")
"""Opcodes whose reg field decides."""
PREFIXES = frozenset(int(name, 16) for name, form in NATIVE.items() if form.kind == "prefix")
"""Opcodes that only change the instruction behind them."""

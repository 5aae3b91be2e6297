"""Macros for NASM: NEC's instructions by their mnemonics, and second encodings of instructions that NASM knows.

An operand is written as for NASM: a register, or memory in brackets with `byte` or `word` in front where nothing else
says its size. Inside of the brackets `byte` and `word` are the displacement's; without either it is a word, and none is
none. An index stands in front of the displacement.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

SWAPPED = {
    name: 8 * n + 2 for n, name in enumerate(("add", "or", "adc", "sbb", "and", "sub", "xor", "cmp"))
} | {"mov": 0x8A}  # fmt: skip
"""Mnemonic -> opcode whose reg field is the destination. A suffix .s is what GNU's assembler calls that encoding."""

_BYTES = """\
; An instruction that NASM would encode otherwise: its bytes, then what they are.
%macro  v30 1-*
        db      %{1:-1}
%endmacro
"""
_REGISTERS = "".join(
    f"%idefine v30_r_{name} {n}\n" for n, name in enumerate("al cl dl bl ah ch dh bh ax cx dx bx sp bp si di".split())
)
_OPERAND = """\
; What an operand is: v30_mod -1 no register and no memory, 3 a register, else its displacement's bytes; v30_rm; v30_w 0
; a byte, 1 a word, -1 not said; v30_seg its segment's prefix or 0; v30_to the displacement.
%macro  v30_operand 1
    %defstr v30_s %1
    %assign v30_mod -1
    %assign v30_rm -1
    %assign v30_w -1
    %assign v30_seg 0
    %define v30_to 0
    %substr v30_t v30_s 1,5
    %ifidni v30_t,'byte '
        %assign v30_w 0
    %elifidni v30_t,'word '
        %assign v30_w 1
    %endif
    %if v30_w >= 0
        %substr v30_s v30_s 6,-1
    %endif
    %substr v30_t v30_s 1
    %ifidn v30_t,'['
        %substr v30_s v30_s 2,-2
        v30_trim
        v30_memory
    %endif
    %iftoken %1
        %ifid %1
            %ifdef v30_r_%1
                %assign v30_mod 3
                %assign v30_rm v30_r_%1 & 7
                %assign v30_w v30_r_%1 >> 3
            %endif
        %endif
    %endif
%endmacro
%macro  v30_trim 0
    %substr v30_t v30_s 1
    %ifidn v30_t,' '
        %substr v30_s v30_s 2,-1
    %endif
%endmacro
%macro  v30_memory 0
    %assign v30_mod 2
    %substr v30_t v30_s 3
    %ifidn v30_t,':'
        %substr v30_t v30_s 1,2
        %ifidni v30_t,'es'
            %assign v30_seg 0x26
        %elifidni v30_t,'cs'
            %assign v30_seg 0x2e
        %elifidni v30_t,'ss'
            %assign v30_seg 0x36
        %elifidni v30_t,'ds'
            %assign v30_seg 0x3e
        %endif
        %substr v30_s v30_s 4,-1
        v30_trim
    %endif
    %substr v30_t v30_s 1,5
    %ifidni v30_t,'byte '
        %assign v30_mod 1
        %substr v30_s v30_s 6,-1
    %elifidni v30_t,'word '
        %substr v30_s v30_s 6,-1
    %endif
    %define v30_u ''
    %strlen v30_n v30_s
    %assign v30_i 1
    %rep v30_n
        %substr v30_t v30_s v30_i
        %ifnidn v30_t,' '
            %strcat v30_u v30_u,v30_t
        %endif
        %assign v30_i v30_i+1
    %endrep
    v30_base 5,'bx+sibx+dibp+sibp+di',0
    %if v30_rm < 0
        v30_base 2,'si   di   bp   bx   ',4
    %endif
    %if v30_rm < 0
        %assign v30_mod 0
        %assign v30_rm 6
    %endif
    %strlen v30_n v30_u
    %if v30_n
        %strcat v30_u '0+',v30_u
        %deftok v30_to v30_u
    %elif v30_rm == 6 && v30_mod
        %assign v30_mod 1
    %else
        %assign v30_mod 0
    %endif
%endmacro
%macro  v30_base 3
    %assign v30_i 0
    %rep 4
        %substr v30_t %2 5*v30_i+1,%1
        %substr v30_b v30_u 1,%1
        %ifidni v30_t,v30_b
            %substr v30_t v30_u %1+1
            %ifidn v30_t,''
                %assign v30_rm v30_i+%3
            %elifidn v30_t,'+'
                %assign v30_rm v30_i+%3
            %elifidn v30_t,'-'
                %assign v30_rm v30_i+%3
            %endif
        %endif
        %assign v30_i v30_i+1
    %endrep
    %if v30_rm >= 0
        %substr v30_u v30_u %1+1,-1
    %endif
%endmacro
; The bytes: a segment's prefix, the opcode %2, the mod r/m byte with %1 in its middle, a displacement.
%macro  v30_put 2+
    %if v30_mod < 0
        %error this is neither a register nor memory
    %endif
    %if v30_seg
        db      v30_seg
    %endif
        db      %2, v30_mod << 6 | (%1) << 3 | v30_rm
    %if v30_mod == 1
        db      v30_to
    %elif v30_mod == 2 || (v30_mod == 0 && v30_rm == 6)
        dw      v30_to
    %endif
%endmacro
"""
_BITS = """\
%macro  v30_bit 3
        v30_operand %2
    %if v30_w < 0
        %error byte or word?
    %endif
    %ifidni %3,cl
        v30_put 0, 0x0f, %1+v30_w
    %else
        v30_put 0, 0x0f, %1+8+v30_w
        db      %3
    %endif
%endmacro
"""
_FIELD = """\
%macro  v30_field 3
        v30_operand %3
    %if v30_mod == 3
        %assign v30_g v30_rm
        v30_operand %2
        v30_put v30_g, 0x0f, %1
    %else
        v30_operand %2
        v30_put 0, 0x0f, %1+8
        db      %3
    %endif
%endmacro
"""
_SWAP = """\
; Between registers, in the encoding that NASM does not take.
%macro  v30_swap 3
        db      %1+(v30_r_%2 >> 3), 0xc0 | (v30_r_%2 & 7) << 3 | v30_r_%3 & 7
%endmacro
"""
_HELPERS = (_BYTES, _REGISTERS, _OPERAND, _BITS, _FIELD, _SWAP)
_NEEDS = {
    "v30_bit": (_REGISTERS, _OPERAND, _BITS), "v30_field": (_REGISTERS, _OPERAND, _FIELD),
    "v30_swap": (_REGISTERS, _SWAP), "v30_operand": (_REGISTERS, _OPERAND),
}  # fmt: skip


def _bodies() -> dict[str, tuple[str, tuple[str, ...]]]:
    """Mnemonic -> number of operands, and lines."""
    bodies: dict[str, tuple[str, tuple[str, ...]]] = {
        "add4s": ("0", ("db      0x0f, 0x20",)), "sub4s": ("0", ("db      0x0f, 0x22",)),
        "cmp4s": ("0", ("db      0x0f, 0x26",)), "brkem": ("1", ("db      0x0f, 0xff, %1",)),
        "rol4": ("1", ("v30_operand %1", "v30_put 0, 0x0f, 0x28")),
        "ror4": ("1", ("v30_operand %1", "v30_put 0, 0x0f, 0x2a")),
        "ins": ("2", ("v30_field 0x31, %1, %2",)), "ext": ("2", ("v30_field 0x33, %1, %2",)),
        "repnc": ("0-1+", ("db      0x64", "%1")), "repc": ("0-1+", ("db      0x65", "%1")),
        "esc": ("2", ("v30_operand %2", "v30_put (%1) & 7, 0xd8+((%1) >> 3)")),
        "fpo2": ("2", ("v30_operand %2", "v30_put (%1) & 7, 0x66+((%1) >> 3)")),
    }  # fmt: skip
    for n, name in enumerate(("test1", "clr1", "set1", "not1")):
        bodies[name] = "2", (f"v30_bit {0x10 + 2 * n:#x}, %1, %2",)
    for name, opcode in SWAPPED.items():
        bodies[f"{name}.s"] = "2", (f"v30_swap {opcode:#x}, %1, %2",)
    return bodies


BODIES = _bodies()
MACROS = frozenset(BODIES)
"""Words that are macros."""


def macros(statements: Iterable[str]) -> str:
    """The macros that these lines use.

    Args:
        statements: without labels and comments.

    >>> print(macros(["add4s", "xor ax,ax"]))
    %imacro add4s 0
            db      0x0f, 0x20
    %endmacro
    <BLANKLINE>
    """
    words = {word for line in statements for word in line.split(None, 1)[:1]}
    used = [name for name in BODIES if name in words]
    needed = {helper for name in used for line in BODIES[name][1] for helper in _NEEDS.get(line.split()[0], ())}
    if "v30" in words:
        needed.add(_BYTES)
    text = [helper for helper in _HELPERS if helper in needed]
    for name in used:
        count, lines = BODIES[name]
        text.append("\n".join([f"%imacro {name} {count}", *(f"        {line}" for line in lines), "%endmacro\n"]))
    return re.sub(" +$", "", "".join(text), flags=re.MULTILINE)

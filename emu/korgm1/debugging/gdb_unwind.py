"""How GDB finds who called: rules of unwinding for the megabyte, and the table beyond it that the rules look into.

GDB itself unwinds frames of 32-bit code only, which makes `backtrace`, `finish` and `nexti` useless for a V30. Rules in
a `.debug_frame` take its place. Ours, one for all code, look up what the server says of a place on the stack: for each
linear address of the stack's top (SS * 16 + SP) the table has a row of 16 bytes at `TABLE`, made when it is read:

    0   the stack's top behind the return, linear, 32 bits     4   where it returns to, linear, 32 bits; 2: nobody knows
    8   SP behind the return, 16 bits                         10   PS behind the return, 16 bits

GDB 13 has rules of its own for a frame that stands at a RET, which it prefers to ours unless `.debug_info` says that
a compiler made rules for epilogues, too (gdb/i386-tdep.c, i386_epilogue_override_frame_sniffer; gdb/dwarf2/read.c,
process_full_comp_unit): GNU's, from 4.5 on. So `gdb_dwarf` has a unit whose producer calls itself so.

What stands in a row is `Debugger.call_stack`'s guess: the first word on the stack that lies behind a call.

Sources: DWARF Debugging Information Format 4, 6.4 and 7.23; register numbers of the i386 psABI, segments at 40
to 45 (gdb/i386-tdep.c, i386_svr4_dwarf_reg_to_regnum).
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping

from korgm1.debugging.gdb_lines import ADDRESS
from korgm1.debugging.looking import Frame

TABLE = 0x2000000
"""Where GDB reads the table; row n is at TABLE + 16 * n."""
ROW = 16
SIZE = 0x100000 * ROW
CODE = (0x400, 0x100000)
"""Where there may be code: from behind the vectors on."""
NOBODY = 2
"""Where a place returns to whose caller is not known: no code is there. GDB looks at the byte before."""
VECTORS = (1, CODE[0])
"""Where there is no code, but for `NOBODY`."""
_POPPED = {"near": 2, "far": 4, "interrupt": 6}
"""Bytes that a return takes off the stack, by what called."""
_ESP, _EIP, _CS, _SS = 4, 8, 41, 42
_CFA_EXPRESSION, _VAL_EXPRESSION, _UNDEFINED = 0x0F, 0x16, 0x07
_DEREF_SIZE, _CONST2U, _CONST4U, _AND, _LIT0, _PLUS, _SHL, _BREG0, _BREGX = (
    0x94, 0x0A, 0x0C, 0x1A, 0x30, 0x22, 0x24, 0x70, 0x92,
)  # fmt: skip


def rows(registers: Mapping[str, int], frames: Iterable[Frame], offset: int, size: int) -> bytes:
    """`size` bytes of the table from `offset` on.

    A row whose place on the stack has no call above it leads to `NOBODY`, from where GDB goes no further.

    Args:
        registers: by NEC's names.
        frames: who called, the innermost first; looked through once a row.
        offset, size: bytes of the table.

    >>> now = {"ss": 0x100, "ps": 0xF000}
    >>> frame = Frame("near", 0xF000, 0x0200, back=0x0203, sp=0x0FFE)
    >>> [hex(number) for number in struct.unpack("<IIHHI", rows(now, [frame], (0x1000 + 0xFF0) * ROW, ROW))]
    ['0x2000', '0xf0203', '0x1000', '0xf000', '0x0']
    """
    ss, ps = registers["ss"] * 16, registers["ps"]
    first, last = offset // ROW, (offset + size - 1) // ROW
    out = bytearray()
    for top in range(first, last + 1):
        frame = next((frame for frame in frames if (ss + frame.sp) & 0xFFFFF >= top), None)
        if frame is None:
            out += struct.pack("<IIHHI", top + 2, NOBODY, top + 2 - ss & 0xFFFF, ps, 0)
        else:
            sp = frame.sp + _POPPED[frame.kind] & 0xFFFF
            back = frame.ps * 16 + frame.back & 0xFFFFF
            out += struct.pack("<IIHHI", ss + sp & 0xFFFFF, back, sp, frame.ps, 0)
    return bytes(out[offset - first * ROW :][:size])


def debug_frame() -> bytes:
    """The section `.debug_frame`: a common entry, one for all code, one for where nobody knows who called.

    >>> debug_frame()[4:8], len(debug_frame()) % 4
    (b'\\xff\\xff\\xff\\xff', 0)
    """
    code = bytes([_CFA_EXPRESSION]) + _block(_field(0, 4))
    for register, offset, size in ((_ESP, 8, 2), (_EIP, 4, 4), (_CS, 10, 2)):
        code += bytes([_VAL_EXPRESSION, register]) + _block(_field(offset, size))
    common = struct.pack("<IBBBBBBB", 0xFFFFFFFF, 4, 0, ADDRESS, 0, 1, 0x7E, _EIP) + code
    code_entry = _entry(struct.pack("<III", 0, CODE[0], CODE[1] - CODE[0]))
    nobody = struct.pack("<IIIBB", 0, VECTORS[0], VECTORS[1] - VECTORS[0], _UNDEFINED, _EIP)
    return _entry(common) + code_entry + _entry(nobody)


def _field(offset: int, size: int) -> bytes:
    """DWARF's words for a field of the row of SS * 16 + SP. GDB reads 32 bits, the upper ones another register's."""
    sp = bytes([_BREG0 + _ESP, 0, _CONST2U, 0xFF, 0xFF, _AND])
    ss = bytes([_BREGX, _SS, 0, _CONST2U, 0xFF, 0xFF, _AND, _LIT0 + 4, _SHL])
    row = bytes([_PLUS, _CONST4U]) + struct.pack("<I", 0xFFFFF) + bytes([_AND, _LIT0 + 4, _SHL])
    return sp + ss + row + bytes([_CONST4U]) + struct.pack("<I", TABLE + offset) + bytes([_PLUS, _DEREF_SIZE, size])


def _block(data: bytes) -> bytes:
    return bytes([len(data)]) + data


def _entry(data: bytes) -> bytes:
    data += bytes(-len(data) % 4)
    return struct.pack("<I", len(data)) + data

"""What tells GDB who called: the table of the stack, read through the very expressions that GDB gets."""

from __future__ import annotations

import struct

import pytest
from debug_program import AT, HANDLER, SUB1, SUB2, session
from hypothesis import given
from hypothesis import strategies as st

from korgm1.debugging import Debugger, Stop
from korgm1.debugging.gdb_files import NAME, GdbFiles
from korgm1.debugging.gdb_memory import GdbMemory
from korgm1.debugging.gdb_unwind import NOBODY, ROW, SIZE, TABLE, debug_frame

ESP, EIP, CS, SS = 4, 8, 41, 42
BASE = 0xF0000


def uleb(data: bytes, at: int) -> tuple[int, int]:
    assert data[at] < 0x80
    return data[at], at + 1


def evaluate(code: bytes, registers: dict[int, int], read: object) -> int:
    """A DWARF expression (DWARF 4, 2.5), for the words that are used; registers as GDB reads them, 32 bits."""
    stack: list[int] = []
    at = 0
    while at < len(code):
        word = code[at]
        at += 1
        if word == 0x92:
            register, at = uleb(code, at)
            stack.append(registers[register] + code[at])
            at += 1
        elif 0x70 <= word <= 0x8F:
            stack.append(registers[word - 0x70] + code[at])
            at += 1
        elif word in (0x0A, 0x0C):
            size = 2 if word == 0x0A else 4
            stack.append(int.from_bytes(code[at : at + size], "little"))
            at += size
        elif 0x30 <= word <= 0x4F:
            stack.append(word - 0x30)
        elif word == 0x94:
            stack.append(int.from_bytes(read(stack.pop(), code[at]), "little"))    # type: ignore[operator]
            at += 1
        else:
            right, left = stack.pop(), stack.pop()
            stack.append({0x1A: left & right, 0x22: left + right, 0x24: left << right}[word] & 0xFFFFFFFF)
    assert len(stack) == 1
    return stack[0]


def rules() -> dict[int, bytes]:
    """The expressions of the common entry, by register; the frame's address under -1."""
    data = debug_frame()
    size, tag, version = struct.unpack_from("<IIB", data)
    assert tag == 0xFFFFFFFF and version == 4 and data[9:15] == bytes([0, 4, 0, 1, 0x7E, EIP])
    code, found = data[15 : 4 + size].rstrip(b"\0"), {}
    at = 0
    while at < len(code):
        kind, at = code[at], at + 1
        register = -1
        if kind == 0x16:
            register, at = uleb(code, at)
        else:
            assert kind == 0x0F
        length, at = uleb(code, at)
        found[register] = code[at : at + length]
        at += length
    return found


def unwound(debugger: Debugger) -> list[tuple[int, int, int]]:
    """Physical address, PS and SP of each frame, the innermost first, found as GDB does."""
    now, read = debugger.registers(), GdbMemory(debugger).read
    # GDB reads four bytes where two are a register: those above are its neighbour's
    registers = {ESP: now["sp"] | 0xBEEF0000, CS: now["ps"] | 0xBEEF0000, SS: now["ss"] | 0xBEEF0000}
    registers[EIP] = debugger.address(*debugger.where)
    found, expressions = [], rules()
    while registers[EIP] != NOBODY:
        found.append((registers[EIP], registers[CS] & 0xFFFF, registers[ESP] & 0xFFFF))
        values = {register: evaluate(code, registers, read) for register, code in expressions.items()}
        assert values.pop(-1) == (now["ss"] * 16 + values[ESP]) & 0xFFFFF, "the frame's address: the stack behind it"
        registers |= values
    return found


def test_the_way_out_of_calls_and_interrupts() -> None:
    debugger = Debugger(session())
    debugger.until(Stop("exec", BASE + SUB2 + 1))    # a word more is pushed
    callers = [(BASE + SUB1 + 3, 0xF000, 0x3FFE), (BASE + AT["trap"], 0xF000, 0x4000)]
    assert unwound(debugger) == [(BASE + SUB2 + 1, 0xF000, 0x3FFA), *callers]
    debugger.until(Stop("exec", BASE + SUB2 + 2))    # at RET
    assert unwound(debugger) == [(BASE + SUB2 + 2, 0xF000, 0x3FFC), *callers]
    debugger.until(Stop("exec", BASE + HANDLER))
    assert unwound(debugger) == [(BASE + HANDLER, 0xF000, 0x3FFA), (BASE + AT["copy"], 0xF000, 0x4000)]


@given(st.integers(0, SIZE - 1), st.integers(1, 200))
def test_the_table_can_be_read_in_any_pieces(offset: int, size: int) -> None:
    memory = GdbMemory(Debugger(DEBUGGED))
    data = memory.read(TABLE + offset, size)
    assert 0 < len(data) <= size
    row = offset // ROW * ROW
    assert data[: ROW - offset + row] == memory.read(TABLE + row, ROW)[offset - row :][:size]


DEBUGGED = session()


def test_one_file_can_be_read_and_no_other() -> None:
    content = bytes(range(256)) * 100
    files = GdbFiles(content)
    assert files.answer(f"open:{NAME.encode().hex()},0,1c0") == b"F1"
    read = bytearray()
    while part := files.answer(f"pread:1,2000,{len(read):x}").partition(b";")[2]:
        read += part
    assert bytes(read) == content
    head, _, stat = files.answer("fstat:1").partition(b";")
    assert head == b"F40" and len(stat) == 64 and int.from_bytes(stat[28:36], "big") == len(content)
    assert files.answer("close:1") == b"F0"
    for name, flags in (("/etc/passwd", "0"), ("korgm1.elf", "0"), (NAME, "1"), (NAME, "202")):
        assert files.answer(f"open:{name.encode().hex()},{flags},0").startswith(b"F-1,")
    assert files.answer("pread:0,10,0") == b"F-1,9" and files.answer("unlink:2f") == b"" == files.answer("setfs:0")
    for wrong in ("open:", "open:zz,0,0", "pread:1", "pread:1,-1,0", "fstat:x"):
        with pytest.raises(ValueError):
            files.answer(wrong)

"""Registers, memory and code of a session, looked at and changed while it stands."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import NamedTuple

from korgm1.bus.memory import PAGE, PAGE_OPEN, PAGE_ROM, SIZE
from korgm1.cpu.disassembler import Instruction, decode
from korgm1.cpu.engine import REGISTERS
from korgm1.debugging.links import Links
from korgm1.errors import UsageError
from korgm1.session import Session

INTEL = {
    "ax": "aw", "cx": "cw", "dx": "dw", "bx": "bw", "si": "ix", "di": "iy", "es": "ds1", "cs": "ps", "ds": "ds0",
    "ip": "pc", "flags": "psw", "fl": "psw",
}
"""Intel's names of the registers that NEC calls otherwise."""
FLAGS = {"cy": 0, "p": 2, "ac": 4, "z": 6, "s": 7, "brk": 8, "ie": 9, "dir": 10, "v": 11, "md": 15}
"""Bits of PSW (NEC V30 user's manual)."""
LONGEST = 16
"""Bytes of code that are handed to the disassembler at once."""
FRAMES = 32
_STACK = 1024
_BLANK = (b"\xff\xff", b"\0\0")
"""What stands where nothing can be called."""
_STRINGS = frozenset(("6C", "6D", "6E", "6F", "A4", "A5", "A6", "A7", "AA", "AB", "AC", "AD", "AE", "AF"))
_REPEATS = b"\xf2\xf3\x64\x65"
_SEGMENTS = {0x26: "ds1", 0x2E: "ps", 0x36: "ss", 0x3E: "ds0"}
_BASES = (
    ("bw", "ix"), ("bw", "iy"), ("bp", "ix"), ("bp", "iy"), ("ix",), ("iy",), ("bp",), ("bw",),
)
_CALLS = frozenset(("E8", "9A", "FF.2", "FF.3", "CC", "CD", "CE"))


class Line(NamedTuple):
    """An instruction in its place: PS, PC, and what it is."""

    ps: int
    pc: int
    instruction: Instruction

    @property
    def address(self) -> int:
        """Physical."""
        return (self.ps << 4) + self.pc & 0xFFFFF


class Frame(NamedTuple):
    """A guess at who called: by "near" or "far" call or "interrupt", its place, the PC it returns to, SP there."""

    kind: str
    ps: int
    pc: int
    back: int
    sp: int


class Looking:
    """What can be asked of a session that stands."""

    def __init__(self, session: Session) -> None:
        self.session = session

    # registers

    def registers(self) -> dict[str, int]:
        """All registers, by NEC's names in small letters."""
        return self.session.machine.engine.registers()

    def put_registers(self, values: Mapping[str, int]) -> None:
        """Set registers, by either name.

        Raises:
            UsageError: no such register, or value.
        """
        named = {}
        for name, value in values.items():
            small = name.lower()
            nec = INTEL.get(small, small)
            if nec not in REGISTERS:
                raise UsageError(f"there is no register {name!r}", "one of " + ", ".join(REGISTERS))
            if not 0 <= value <= 0xFFFF:
                raise UsageError(f"{name} cannot be {value:#x}", "0 to FFFF")
            named[nec] = value
        self.session.machine.engine.set_registers(named)

    @property
    def where(self) -> tuple[int, int]:
        """PS and PC of the next instruction."""
        registers = self.registers()
        return registers["ps"], registers["pc"]

    @staticmethod
    def address(segment: int, offset: int) -> int:
        """Physical, wrapped at 1 MB."""
        return (segment << 4) + (offset & 0xFFFF) & SIZE - 1

    # memory and ports

    def read(self, physical: int, size: int) -> bytes:
        """Bytes from a physical address on, without side effects; wraps at 1 MB, FF where there is nothing."""
        memory = self.session.machine.memory
        out = bytearray()
        while len(out) < size:
            at = physical + len(out) & SIZE - 1
            count = min(size - len(out), PAGE - at % PAGE)
            if memory.pages[at // PAGE] <= PAGE_ROM:
                out += memory.image[at : at + count]
            else:
                out += bytes(memory.peek(at + n) for n in range(count))
        return bytes(out)

    def check_write(self, physical: int, data: bytes) -> None:
        """Nothing, if these bytes can be written there.

        Raises:
            UsageError: they cannot.
        """
        pages = self.session.machine.memory.pages
        for n in range(len(data)):
            at = physical + n & SIZE - 1
            if pages[at // PAGE] in (PAGE_ROM, PAGE_OPEN):
                what = "ROM" if pages[at // PAGE] == PAGE_ROM else "where no memory is"
                raise UsageError(f"{at:05X} is {what}: nothing can be written there", "an address in RAM")

    def put_memory(self, physical: int, data: bytes) -> None:
        """Write bytes as another bus master would."""
        for n, byte in enumerate(data):
            self.session.machine.memory.write(physical + n & SIZE - 1, byte)

    def peek_port(self, port: int) -> int:
        """What a port would read, without side effects."""
        return self.session.machine.ports.peek(port & 0xFFFF)

    # code

    def disassemble(self, at: tuple[int, int] | None = None, count: int = 1, syntax: str = "intel") -> list[Line]:
        """Instructions from a place (PS, PC) on; default: the next ones.

        Args:
            at: where.
            count: how many.
            syntax: checked, for `Instruction.text`: "intel" or "nec".
        """
        if syntax not in ("intel", "nec"):
            raise UsageError(f"there is no syntax {syntax!r}", "intel or nec")
        ps, pc = self.where if at is None else at
        lines = []
        for _ in range(count):
            lines.append(Line(ps, pc, self.decode(ps, pc)))
            pc = lines[-1].instruction.next
        return lines

    def decode(self, ps: int, pc: int) -> Instruction:
        """The instruction at a place; in 8080 mode an 8080's."""
        code = bytes(self.read(self.address(ps, pc + n), 1)[0] for n in range(LONGEST))
        return decode(code, 0, pc, emulated=not self.registers()["psw"] & 0x8000)

    def operand(self, one: Line) -> tuple[int, int, int] | None:
        """Segment, offset and bytes of an instruction's memory operand, with the registers as they are; or None."""
        instruction, now = one.instruction, self.registers()
        form = instruction.form
        if form is None or instruction.undefined or form.name.startswith("8080."):
            return None
        wide = 1 + int(not any(operand in ("Eb", "Ob") for operand in form.operands[0]))
        if instruction.memory and instruction.modrm is not None:
            direct = instruction.modrm & 0xC7 == 6
            bases = () if direct else _BASES[instruction.modrm & 7]
            offset = sum(now[name] for name in bases) + (instruction.displacement or 0)
            segment = "ss" if "bp" in bases else "ds0"
        elif any(operand in ("Ob", "Ow") for operand in form.operands[0]):
            offset, segment = instruction.values[0], "ds0"
        else:
            return None
        named = [byte for byte in instruction.prefixes if byte in _SEGMENTS]
        return now[_SEGMENTS[named[-1]] if named else segment], offset & 0xFFFF, wide

    def _behind_call(self) -> tuple[int, int] | None:
        """The place behind the next instruction, if that calls, traps or repeats."""
        ps, pc = self.where
        next_one = self.decode(ps, pc)
        if next_one.form is None:
            return None
        name = next_one.form.name
        repeats = name in _STRINGS and any(byte in _REPEATS for byte in next_one.prefixes)
        return (ps, next_one.next) if name in _CALLS or repeats else None

    # stack

    def call_stack(self, depth: int = FRAMES) -> list[Frame]:
        """Who called, guessed from what stands on the stack: words behind a call, and frames of interrupts.

        Data that look like a return address are shown, too, one that was popped is not. Where BP links frames, as
        compilers have it, a return from a routine that opens one counts only above a link (`links`).

        Args:
            depth: frames at most.
        """
        return list(islice(self.callers(), depth))

    def callers(self) -> Iterator[Frame]:
        """The frames of `call_stack`, looked for one after the other; nothing may change meanwhile."""
        registers = self.registers()
        ss, sp, ps = registers["ss"], registers["sp"], registers["ps"]
        whole = min(_STACK, 0x10000 - sp)
        stack = self.read(self.address(ss, sp), whole) + self.read(self.address(ss, 0), _STACK - whole)
        links = Links(self.read, ss, sp, registers["bp"], self.address(ps, registers["pc"]))
        at, stride = 0, 1 if sp & 1 else 2      # a compiler's DEC SP, before its next: callers' words are even
        while at <= _STACK - 6:
            offset, segment, flags = struct.unpack_from("<3H", stack, at)
            frame, size = None, 0
            if flags & 0xF02A == 0xF002 and self._is_code(segment, offset):
                frame, size = Frame("interrupt", segment, offset, offset, sp + at & 0xFFFF), 6
            elif (call := self._call_before(segment, offset, far=True)) is not None:
                frame, size = Frame("far", segment, call, offset, sp + at & 0xFFFF), 4
            elif (call := self._call_before(ps, offset, far=False)) is not None:
                frame, size = Frame("near", ps, call, offset, sp + at & 0xFFFF), 2
            target = None if frame is None else self._called(frame)
            if target is not None and (self.read(target, 2) in _BLANK or not links.allows(target, sp + at & 0xFFFF)):
                frame = None
            if frame is None or self.decode(frame.ps, frame.back).undefined:
                at += stride
                continue
            yield frame
            if frame.kind == "interrupt":
                links.interrupted(self.address(segment, offset), sp + at + size & 0xFFFF)
            ps, stride, at = frame.ps, 2, at + size

    def _called(self, frame: Frame) -> int | None:
        """Physical address of the routine that a direct call leads to."""
        if frame.kind == "interrupt":
            return None
        code = self.read(self.address(frame.ps, frame.pc), 5)
        if code[0] == 0x9A:
            offset, segment = struct.unpack("<HH", code[1:])
            return self.address(segment, offset)
        return self.address(frame.ps, frame.back + struct.unpack("<h", code[1:3])[0]) if code[0] == 0xE8 else None

    def _is_code(self, ps: int, pc: int) -> bool:
        """It may well be: it lies in ROM."""
        return self.session.machine.memory.pages[self.address(ps, pc) // PAGE] == PAGE_ROM

    def _call_before(self, ps: int, pc: int, far: bool) -> int | None:
        """Where a call begins that returns to this place, a prefix of it left out, or None (also at PC 0-4)."""
        if pc < 5 or not self._is_code(ps, pc):
            return None
        before = self.read((ps << 4) + pc - 5, 5)
        direct = (5, 0x9A) if far else (3, 0xE8)
        if before[-direct[0]] == direct[1]:
            return pc - direct[0] & 0xFFFF
        for length in (2, 3, 4):
            if before[-length] != 0xFF:
                continue
            one = self.decode(ps, pc - length & 0xFFFF)
            if one.form is not None and one.form.name == ("FF.3" if far else "FF.2") and one.next == pc:
                return pc - length & 0xFFFF
        return None

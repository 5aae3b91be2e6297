"""The V50 as GDB sees it: the register file, target.xml and the memory map.

GDB takes an 8086 for an i386 in 16-bit mode, and no description without the whole core feature, x87 included
(gdb/i386-tdep.c, i386_validate_tdesc_p). So there are two features:

- `org.gnu.gdb.i386.core` with Intel's names. This is what MAME does for V20 to V53A (mamedev/mame, commit 0386f3fd,
  src/osd/modules/debugger/debuggdbstub.cpp, gdb_register_map_nec; its version at commit 2920f6aa has no such map):
  architecture i8086; AW, CW, DW, BW, SP, BP, IX, IY, PS, SS, DS0, DS1 as 16-bit eax, ecx, edx, ebx, esp, ebp, esi, edi,
  cs, ss, ds, es; PSW as eflags; GENPC, which is PS * 16 + the offset, as a 32-bit eip; fs, gs and the x87 read 0 and
  take no value. MAME's eflags is a number of 16 bits; ours has named flags, and 32 bits, the upper half 0, for GDB
  sets no flags of another width than its int.
- `korgm1.v50` with the names MAME's own debugger shows (commit 076c334b, src/devices/cpu/nec/nec.cpp,
  state_add): aw, cw, dw, bw, ix, iy, ds1, ps, ds0, ip; psw, which it calls F; and, ours, `stack` (SS * 16 + SP) and
  `clock` (CPU clocks since power-on). SP, BP and SS have the same names in both worlds and are GDB's own $sp, $bp and
  $ss. `pc` is GDB's, so it is linear.

eip is linear and of 20 bits, so that `x/i $pc`, `break *0xF0123` and `stepi` work. One that is set keeps PS where that
reaches it, as in MAME (nec.cpp, state_import); else PS becomes the 64 KB page (MAME: the paragraph), which is how GDB
takes jumps.

Ports are memory from 1000000 on: port 0A00 is 1000A00. Reading looks without touching; writing goes to the device.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from korgm1.debugging.gdb_unwind import SIZE as TABLE_SIZE
from korgm1.debugging.gdb_unwind import TABLE
from korgm1.debugging.looking import FLAGS

MEMORY_SIZE = 0x100000
PORT_BASE = 0x1000000
PORT_COUNT = 0x10000
PSW_FIELDS = tuple((name.upper(), bit) for name, bit in FLAGS.items())
"""Flags of PSW and their bits."""
EFLAGS_FIELDS = (
    ("CF", 0), ("PF", 2), ("AF", 4), ("ZF", 6), ("SF", 7), ("TF", 8), ("IF", 9), ("DF", 10), ("OF", 11), ("MD", 15)
)  # fmt: skip
"""The same under Intel's names."""


class Cpu(Protocol):
    """What the register file needs; `Debugger` has it."""

    def registers(self) -> dict[str, int]:
        """All registers by NEC's names."""
        ...

    def set_registers(self, values: dict[str, int]) -> None:
        """Give some a value."""
        ...


@dataclass(frozen=True)
class Register:
    """One line of the register file.

    Attributes:
        name: GDB's name.
        bits: its width.
        type: GDB's type.
        nec: the register of the CPU that it is, or "pc linear", "stack", "clock"; "" reads 0.
        feature: index in `FEATURES`.
    """

    name: str
    bits: int
    type: str
    nec: str
    feature: int = 0


FEATURES = ("org.gnu.gdb.i386.core", "korgm1.v50")
_CORE = (
    ("eax", "aw"), ("ecx", "cw"), ("edx", "dw"), ("ebx", "bw"), ("esp", "sp"), ("ebp", "bp"), ("esi", "ix"),
    ("edi", "iy"), ("eip", "pc linear"), ("eflags", "psw"), ("cs", "ps"), ("ss", "ss"), ("ds", "ds0"), ("es", "ds1"),
)  # fmt: skip
_WORD = {"eip": (32, "code_ptr"), "eflags": (32, "i8086_eflags")}
REGISTERS: tuple[Register, ...] = (
    *(Register(name, *_WORD.get(name, (16, "uint16")), nec) for name, nec in _CORE),
    *(Register(name, 16, "uint16", "") for name in ("fs", "gs")),
    *(Register(f"st{number}", 80, "i387_ext", "") for number in range(8)),
    *(Register(name, 32, "int", "") for name in ("fctrl", "fstat", "ftag", "fiseg", "fioff", "foseg", "fooff", "fop")),
    *(Register(name, 16, "uint16", name, 1) for name in ("aw", "cw", "dw", "bw", "ix", "iy", "ds1", "ps", "ds0")),
    Register("psw", 32, "v30_psw", "psw", 1),
    Register("ip", 16, "uint16", "pc", 1),
    Register("stack", 32, "data_ptr", "stack", 1),
    Register("clock", 64, "uint64", "clock", 1),
)
"""In GDB's order: the place is the number in p and P."""
BY_NAME = {register.name: number for number, register in enumerate(REGISTERS)}
EXPEDITED = tuple(BY_NAME[name] for name in ("esp", "ebp", "eip"))
"""What a stop reply brings along, as MAME's does."""


def linear(segment: int, offset: int) -> int:
    """The 20-bit address of segment:offset.

    >>> hex(linear(0xFFFF, 0x0010))
    '0x0'
    """
    return (segment * 16 + offset) % MEMORY_SIZE


class RegisterFile:
    """The registers as bytes, least significant first.

    Args:
        cpu: whose they are.
        clock: tells the CPU clocks since power-on.
    """

    def __init__(self, cpu: Cpu, clock: Callable[[], int]) -> None:
        self._cpu = cpu
        self._clock = clock

    def value(self, number: int, registers: dict[str, int] | None = None) -> int:
        """The value of register `number`."""
        registers = self._cpu.registers() if registers is None else registers
        nec = REGISTERS[number].nec
        special: dict[str, Callable[[], int]] = {
            "": lambda: 0,
            "pc linear": lambda: linear(registers["ps"], registers["pc"]),
            "stack": lambda: linear(registers["ss"], registers["sp"]),
            "clock": self._clock,
        }
        return special[nec]() if nec in special else registers[nec]

    def get(self, number: int, registers: dict[str, int] | None = None) -> bytes:
        """The bytes of register `number`."""
        return self.value(number, registers).to_bytes(REGISTERS[number].bits // 8, "little")

    def all(self) -> bytes:
        """The bytes of all, one after the other."""
        registers = self._cpu.registers()
        return b"".join(self.get(number, registers) for number in range(len(REGISTERS)))

    def set(self, number: int, data: bytes) -> bool:
        """Give register `number` these bytes; False: they are too few or too many, or it cannot be set."""
        register = REGISTERS[number]
        if len(data) * 8 != register.bits or register.nec in ("clock", "stack"):
            return False
        value = int.from_bytes(data, "little")
        if register.nec == "pc linear":
            if value >= MEMORY_SIZE:
                return False
            self._jump(value)
        elif register.nec and value > 0xFFFF:
            return False
        elif register.nec:
            self._cpu.set_registers({register.nec: value})
        return True

    def set_all(self, data: bytes) -> bool:
        """Give all their bytes; those that are as they were before stay, as several are one and the same."""
        if len(data) * 8 != sum(register.bits for register in REGISTERS):
            return False
        before = self.all()
        done, place = True, 0
        for number, register in enumerate(REGISTERS):
            part = slice(place, place + register.bits // 8)
            place = part.stop
            if data[part] != before[part]:
                done &= self.set(number, data[part])
        return done

    def _jump(self, address: int) -> None:
        segment = self._cpu.registers()["ps"]
        offset = (address - segment * 16) % MEMORY_SIZE
        if offset > 0xFFFF:
            segment, offset = (address & 0xF0000) >> 4, address & 0xFFFF
        self._cpu.set_registers({"ps": segment, "pc": offset})


def target_xml() -> str:
    """The target description, in the words of GDB's gdb-target.dtd.

    >>> "<architecture>i8086</architecture>" in target_xml()
    True
    """
    lines = ['<?xml version="1.0"?>', '<!DOCTYPE target SYSTEM "gdb-target.dtd">', '<target version="1.0">']
    lines += ["<architecture>i8086</architecture>", "<osabi>none</osabi>"]
    for place, feature in enumerate(FEATURES):
        lines.append(f'<feature name="{feature}">')
        lines += _flags("i8086_eflags", EFLAGS_FIELDS) if place == 0 else _flags("v30_psw", PSW_FIELDS)
        for number, register in enumerate(REGISTERS):
            if register.feature == place:
                group = "" if register.type != "i387_ext" and not register.name.startswith("f") else ' group="float"'
                group = group if register.name != "fs" else ""
                lines.append(
                    f'<reg name="{register.name}" bitsize="{register.bits}" type="{register.type}" '
                    f'regnum="{number}"{group}/>'
                )
        lines.append("</feature>")
    return "\n".join([*lines, "</target>", ""])


def _flags(name: str, fields: Sequence[tuple[str, int]]) -> Iterator[str]:
    yield f'<flags id="{name}" size="4">'
    for field, bit in fields:
        yield f'<field name="{field}" start="{bit}" end="{bit}"/>'
    yield "</flags>"


def memory_map_xml(rom: Sequence[tuple[int, int]]) -> str:
    """The memory map: what is no ROM can be tried to be written; ports lie behind it all, then `gdb_unwind`'s table.

    Args:
        rom: first address and size of each ROM, in rising order.

    >>> [line for line in memory_map_xml([(0xE0000, 0x20000)]).splitlines() if 'start="0xe' in line]
    ['<memory type="rom" start="0xe0000" length="0x20000"/>']
    """
    rows, place = [], 0
    for start, size in rom:
        if start > place:
            rows.append(("ram", place, start - place))
        rows.append(("rom", start, size))
        place = start + size
    if place < MEMORY_SIZE:
        rows.append(("ram", place, MEMORY_SIZE - place))
    rows += [("ram", PORT_BASE, PORT_COUNT), ("rom", TABLE, TABLE_SIZE)]
    return "\n".join([
        '<?xml version="1.0"?>',
        '<!DOCTYPE memory-map PUBLIC "+//IDN gnu.org//DTD GDB Memory Map V1.0//EN"',
        ' "http://sourceware.org/gdb/gdb-memory-map.dtd">',
        "<memory-map>",
        *(f'<memory type="{kind}" start="{start:#x}" length="{size:#x}"/>' for kind, start, size in rows),
        "</memory-map>", "",
    ])  # fmt: skip

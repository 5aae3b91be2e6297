"""Ports that are handed to a routine on the stack: compiled firmware has one for IN and one for OUT."""

from __future__ import annotations

from korgm1.analysis.descent import Descent
from korgm1.analysis.flow import Access, Flow
from korgm1.analysis.program import UNKNOWN_PORT, Block, Function
from korgm1.analysis.registers import DX, SP
from korgm1.cpu.disassembler import Instruction

_BX, _BP = 3, 5
_BASE_OF_MODRM = {6: _BP, 7: _BX}
"""r/m of an operand with a displacement -> the register: [BP+n], [BX+n]."""


def ports_handed(
    descent: Descent, blocks: dict[int, Block], functions: dict[int, Function], flow: Flow
) -> list[Access]:
    """Calls of routines that take the number of a port from the stack, with a constant for it: in or out, at the call.

    The routine must find its argument by BX or BP, which was SP in its first block.
    """
    takes = _takers(descent, blocks, functions, flow)
    found = []
    for call in flow.calls:
        for way, offset in takes.get(call.target, ()):
            behind = offset - (4 if call.far else 2)
            if behind < 0 or behind % 2 or behind // 2 >= len(call.pushed):
                continue
            port = call.pushed[-1 - behind // 2]
            if port is not None:
                found.append(Access(call.origin, way, port))
    return found


def _takers(
    descent: Descent, blocks: dict[int, Block], functions: dict[int, Function], flow: Flow
) -> dict[int, set[tuple[str, int]]]:
    """Routine -> in or out, and how many bytes above the return address's begin its port is pushed."""
    unknown = {access.origin: access.kind for access in flow.accesses
               if access.kind in ("in", "out") and access.address == UNKNOWN_PORT}  # fmt: skip
    takers: dict[int, set[tuple[str, int]]] = {}
    for function in functions.values():
        bodies = list(zip(function.starts, function.ends, strict=True))
        if not any(start <= at < end for at in unknown for start, end in bodies):
            continue
        frames = _frames(descent, blocks.get(function.entry))
        for start in function.starts:
            port: int | None = None
            at = start
            while at < blocks[start].end:
                instruction = descent.placed[at].instruction
                if at in unknown and port is not None:
                    takers.setdefault(function.entry, set()).add((unknown[at], port))
                port = _port(instruction, frames, port)
                at += len(instruction.code)
    return takers


def _frames(descent: Descent, block: Block | None) -> dict[int, int]:
    """BX or BP -> how many bytes had been pushed when it became SP, in a routine's first block."""
    frames: dict[int, int] = {}
    depth, at = 0, 0 if block is None else block.start
    while block is not None and at < block.end:
        instruction = descent.placed[at].instruction
        name = "" if instruction.form is None else instruction.form.name
        if len(name) == 2 and (0x50 <= int(name, 16) <= 0x57 or name in ("06", "0E", "16", "1E", "9C")):
            depth += 2
        elif name in ("8B", "89") and (instruction.modrm or 0) >= 0xC0:
            target, source = (instruction.modrm or 0) >> 3 & 7, (instruction.modrm or 0) & 7
            if name == "89":
                target, source = source, target
            if source == SP and target in (_BX, _BP):
                frames[target] = depth
            elif target in frames:
                del frames[target]
        elif name == "8B" and (instruction.modrm or 0) >> 3 & 7 == _BX:
            break
        at += len(instruction.code)
    return frames


def _port(instruction: Instruction, frames: dict[int, int], port: int | None) -> int | None:
    """Where DX comes from behind an instruction: bytes above the return address's begin, or None."""
    form, modrm = instruction.form, instruction.modrm or 0
    if form is None:
        return None
    if form.name == "8B" and modrm >> 3 & 7 == DX and instruction.memory:
        base = _BASE_OF_MODRM.get(modrm & 7)
        if modrm >> 6 in (1, 2) and base in frames and instruction.displacement is not None:
            return instruction.displacement - frames[base]
        return None
    changes = form.mnemonic[0] in ("call", "mul", "imul", "div", "idiv", "cwd", "popa") or _writes_dx(instruction)
    return None if changes else port


def _writes_dx(instruction: Instruction) -> bool:
    form, modrm = instruction.form, instruction.modrm or 0
    if form is None or not form.operands[0]:
        return False
    first = form.operands[0][0]
    if first[0] == "G":
        number = modrm >> 3 & 7
    elif first[0] == "E" and not instruction.memory:
        number = modrm & 7
    elif first[0] == "Z":
        number = instruction.code[len(instruction.prefixes)] & 7
    else:
        return False
    return number == DX or (first[-1] == "b" and number == DX + 4)

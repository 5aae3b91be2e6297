"""Constants carried along the blocks: what each instruction refers to, as far as registers are known there."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass

from korgm1.analysis.descent import Descent
from korgm1.analysis.pointers import JumpTable
from korgm1.analysis.program import UNKNOWN_PORT, Block, Placed, physical
from korgm1.analysis.registers import DS, DX, ES, SP, SS, State, segment_of, set_word, step, unknown, word
from korgm1.cpu.disassembler import Instruction

_VISITS = 8
_PUSHES = ("68", "6A", "FF.6", "9C")
_STACK = frozenset("enter leave pusha popa popf iret".split())
_READ_ONLY = frozenset("cmp test push jmp call bound mul imul div idiv test1 les lds out".split())


@dataclass(frozen=True)
class Access:
    """One instruction's use of memory or a port.

    Attributes:
        origin: the instruction.
        kind: read, write (a change is both: write), in or out; or stack, where SP gets a constant.
        address: physical, or the port; UNKNOWN_PORT where DX is not known.
        value: what is written, if that is known.
        wide: a word.
        indexed: a register is added to the address.
    """

    origin: int
    kind: str
    address: int
    value: int | None = None
    wide: bool = False
    indexed: bool = False


@dataclass(frozen=True)
class Call:
    """A call of a routine in the image.

    Attributes:
        origin: the instruction.
        target: where it leads.
        far: the return address has a segment.
        pushed: the words pushed before it in its block, the last of them last; None where a word is not known.
    """

    origin: int
    target: int
    far: bool
    pushed: tuple[int | None, ...]


@dataclass(frozen=True)
class Flow:
    """What following constants came to.

    Attributes:
        accesses: use of memory and ports, by instruction.
        calls: by instruction.
        data_segment: DS where it is known, most of the time; None if it hardly ever is.
    """

    accesses: list[Access]
    calls: list[Call]
    data_segment: int | None


def follow(descent: Descent, blocks: dict[int, Block], tables: list[JumpTable]) -> Flow:
    """Follow constants to where nothing changes any more, then list what is used.

    A block that several lead to knows what all of them know. Calls, and jumps by one of `tables`, hand DS, ES and SS
    on; what an interrupt enters knows nothing but PS, what only a pointer leads to has the usual segments.
    """
    handed = _handed_on(descent, tables)
    states = _fixpoint(descent, blocks, handed)
    found: list[Access] = []
    calls: list[Call] = []

    def look(address: int, placed: Placed, now: State, pushed: list[int | None]) -> None:
        _uses(address, placed, now, found)
        form = placed.instruction.form
        if form is not None and form.mnemonic[0] == "call" and not placed.emulated:
            far = form.name in ("9A", "FF.3")
            calls.extend(Call(address, target, far, tuple(pushed)) for target in sorted(handed.get(address, ())))

    for start in sorted(blocks):
        state = list(states.get(start) or unknown(descent.placed[start].segment))
        _through(descent, blocks[start], state, look)
    held = Counter(state[DS] for state in states.values() if state[DS] is not None)
    segment = next((value for value, count in held.most_common(1) if 4 * count >= len(states)), None)
    return Flow(found, calls, segment)


def _handed_on(descent: Descent, tables: list[JumpTable]) -> dict[int, set[int]]:
    """Instruction -> where it leads by a call or a table."""
    handed: dict[int, set[int]] = defaultdict(set)
    for target, refs in descent.refs.items():
        for ref in refs:
            if ref.kind == "call" and target in descent.placed:
                handed[ref.origin].add(target)
    for table in tables:
        targets = {table.target(descent.image, descent.base, n) for n in range(table.count)}
        handed[table.origin] |= {target for target in targets if target in descent.placed}
    return handed


def _fixpoint(descent: Descent, blocks: dict[int, Block], handed: dict[int, set[int]]) -> dict[int, State]:
    states: dict[int, State] = {}
    visits: dict[int, int] = {}
    work: list[int] = []
    held: dict[int, Counter[int | None]] = {register: Counter() for register in (ES, SS, DS)}

    def arrive(start: int, state: State) -> None:
        if start not in blocks:
            return
        old = states.get(start)
        new = list(state) if old is None else [a if a == b else None for a, b in zip(old, state, strict=True)]
        if visits.get(start, 0) >= _VISITS:
            new[:16] = [None] * 16
        if new != old:
            states[start] = new
            for register, counts in held.items():
                counts[new[register]] += 1
                if old is not None:
                    counts[old[register]] -= 1
            visits[start] = visits.get(start, 0) + 1
            work.append(start)

    def settle() -> None:
        while work:
            block = blocks[work.pop()]
            state = list(states[block.start])

            def call(address: int, placed: Placed, now: State, pushed: list[int | None]) -> None:
                for target in handed.get(address, ()):
                    arrive(target, [*[None] * 16, now[ES], descent.placed[target].segment, *now[SS:]])

            _through(descent, block, state, call)
            for leads in block.successors:
                arrive(leads, state)

    for start in blocks:
        if any(ref.kind in ("vector", "reset") for ref in descent.refs.get(start, ())):
            arrive(start, unknown(descent.placed[start].segment))
    settle()
    for start in sorted(blocks):
        if start not in states:
            arrive(start, _usual(held, len(states), unknown(descent.placed[start].segment)))
            settle()
    return states


def _usual(held: dict[int, Counter[int | None]], blocks: int, state: State) -> State:
    """ES, SS and DS as nearly all blocks so far have them: what a pointer leads to is called from somewhere."""
    for register, counts in held.items():
        for value, count in counts.most_common(1):
            if value is not None and count * 10 >= 8 * blocks:
                state[register] = value
    return state


def _through(
    descent: Descent, block: Block, state: State, look: Callable[[int, Placed, State, list[int | None]], None]
) -> None:
    """Do a block's instructions to `state`; `look` sees the state before each, and the words pushed in the block."""
    address = block.start
    pushed: list[int | None] = []
    while address < block.end:
        placed = descent.placed[address]
        look(address, placed, state, pushed)
        instruction = placed.instruction
        name = instruction.form.name if instruction.form is not None else ""
        if name in ("06", "0E", "16", "1E"):
            pushed.append(state[16 + (int(name, 16) >> 3)])
        elif name in ("07", "17", "1F"):
            state[16 + (int(name, 16) >> 3)] = pushed.pop() if pushed else None
        elif 0x50 <= int(name[:2] or "0", 16) <= 0x57 and len(name) == 2:
            pushed.append(word(state, int(name, 16) & 7))
        elif 0x58 <= int(name[:2] or "0", 16) <= 0x5F and len(name) == 2:
            set_word(state, int(name, 16) & 7, pushed.pop() if pushed else None)
        else:
            if name in _PUSHES:
                pushed.append(instruction.values[0] & 0xFFFF if name in ("68", "6A") else None)
            elif _moves_stack(instruction):
                pushed.clear()
            step(state, instruction)
        address += len(instruction.code)


def _moves_stack(instruction: Instruction) -> bool:
    """It changes SP otherwise than by one word."""
    form = instruction.form
    if form is None or not form.operands[0]:
        return form is not None and form.mnemonic[0] in _STACK
    first = form.operands[0][0]
    modrm = instruction.modrm
    if form.mnemonic[0] in ("inc", "dec") and modrm is None:
        return instruction.code[-1] & 7 == SP
    if first[0] == "E" and modrm is not None and modrm >= 0xC0 and modrm & 7 == SP and first[-1] == "w":
        return form.mnemonic[0] not in _READ_ONLY
    return (first == "Gw" and modrm is not None and modrm >> 3 & 7 == SP) or form.mnemonic[0] in _STACK


def _uses(address: int, placed: Placed, state: State, found: list[Access]) -> None:
    instruction = placed.instruction
    form = instruction.form
    if form is None or placed.emulated:
        return
    name, operands = form.mnemonic[0], form.operands[0]
    if name in ("in", "out"):
        wide = "ax" in operands
        port = instruction.values[0] if "Ib" in operands else word(state, DX)
        value = None if name == "in" else word(state, 0) if wide else state[0]
        found.append(Access(address, name, UNKNOWN_PORT if port is None else port, value, wide))
        return
    if form.name == "BC" and state[SS] is not None:
        found.append(Access(address, "stack", physical(state[SS] or 0, instruction.values[0])))
        return
    segment = segment_of(state, instruction)
    direct = [value for operand, value in zip(operands, _offsets(operands, instruction.values), strict=True)
              if operand[0] == "O" and value is not None]  # fmt: skip
    if direct:
        place, wide = direct[0], "Ow" in operands
        written = operands[0][0] == "O"
    elif instruction.memory and instruction.displacement is not None and name != "lea":
        if (instruction.modrm or 0) & 0xC7 != 6 and not instruction.wide:
            return
        memory = next(n for n, operand in enumerate(operands) if operand[0] in "EM")
        wide = operands[memory][-1] != "b"
        place = instruction.displacement & 0xFFFF
        written = memory == 0 and name not in _READ_ONLY
    else:
        return
    if segment is None:
        return
    known = None
    if written and name == "mov":
        last = operands[1]
        known = instruction.values[-1] if last[0] == "I" else word(state, 0) if last == "ax" else None
        if last in ("Gw", "Sw"):
            number = (instruction.modrm or 0) >> 3 & 7
            known = state[16 + (number & 3)] if last == "Sw" else word(state, number)
    indexed = not direct and (instruction.modrm or 0) & 0xC7 != 6
    found.append(Access(address, "write" if written else "read", physical(segment, place), known, wide, indexed))


def _offsets(operands: tuple[str, ...], values: tuple[int, ...]) -> list[int | None]:
    """The values beside the operands they belong to."""
    left = list(values)
    return [left.pop(0) if operand[0] in "IOJA" and operand != "Zb" and left else None for operand in operands]

"""Functions without their place: each instruction as a word that stays when code, data and texts move.

What an operand means decides what it is compared by: a target inside the function by the number of the instruction
there, another function or a stretch of data by what that is matched with, a text by its characters, an address of the
RAM and a plain number by their value. Encodings an assembler chooses by distance (short and near jumps, a condition
turned over a jump, a sign-extended immediate) are one word.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import NamedTuple

from korgm1.analysis import Function, Program
from korgm1.comparing.texts import Texts, likely
from korgm1.cpu.disassembler import Instruction

LONGEST = 4000
"""Instructions of a function that are looked at."""
_SIGNED = {"83": "81", "6B": "69", "6A": "68"}
"""The encoding with a byte that is widened -> the one with a word."""


class Operand(NamedTuple):
    """`kind` is "number", "ram", "data", "text", "inside" or "function"; `value` a number, an address, an instruction's
    number in its function, or the text itself, which lies at `address`."""

    kind: str
    value: int | str
    address: int = -1

    @property
    def number(self) -> int:
        """The number or address."""
        return self.value if isinstance(self.value, int) else self.address


class Word(NamedTuple):
    """An instruction: where it is, what it is without its numbers, and those."""

    at: int
    form: str
    operands: tuple[Operand, ...]

    @property
    def loose(self) -> str:
        """What is compared where anything may have changed: the form, and texts by their characters."""
        return " ".join([self.form, *(str(o.value) if o.kind == "text" else o.kind for o in self.operands)])

    @property
    def firm(self) -> str:
        """The same with numbers, addresses of the RAM and places inside the function."""
        return " ".join([self.form, *(
            o.kind if o.kind in ("function", "data") else f"{o.kind}:{o.value}" for o in self.operands
        )])


@dataclass(frozen=True, eq=False)
class Shape:
    """A function as words, in the order of addresses.

    Attributes:
        entry: its physical address.
        name: as the analysis calls it.
        words: its instructions.
    """

    entry: int
    name: str
    words: tuple[Word, ...]

    @cached_property
    def firm(self) -> str:
        """Equal in two functions that differ at most in what their addresses of code and data lead to."""
        return "\n".join(word.firm for word in self.words)

    @cached_property
    def loose(self) -> tuple[str, ...]:
        """One string an instruction, for a likeness."""
        return tuple(word.loose for word in self.words)

    @cached_property
    def called(self) -> tuple[int, ...]:
        """Entries of the functions it calls or jumps to, in the order of its instructions."""
        return tuple(
            o.value for word in self.words for o in word.operands if o.kind == "function" and isinstance(o.value, int)
        )

    @property
    def distinct(self) -> bool:
        """Whether it is long enough, or says something of its own, for its content alone to tell it from others."""
        told = sum(o.kind in ("text", "number", "ram") for word in self.words for o in word.operands)
        return len(self.words) + 2 * told >= 12


class Shapes:
    """All functions of a program.

    Attributes:
        program: what they are of.
        by_entry: entry -> shape, by address.
    """

    def __init__(self, program: Program) -> None:
        self.program = program
        self._uses: dict[int, dict[int, int]] = {}
        self._memory: dict[int, int] = {}
        """Instruction -> the address it reads or writes; in RAM, where that holds what was copied from the image."""
        self._taken: dict[int, int] = {}
        """Instruction -> the address its constant is, in whatever segment."""
        for target, rows in program.xrefs.items():
            for row in rows:
                if row.kind in ("read", "write", "address"):
                    self._uses.setdefault(row.origin, {})[target & 0xFFFF] = target
                if row.kind in ("read", "write"):
                    self._memory[row.origin] = min(target, self._memory.get(row.origin, target))
                if row.kind == "address":
                    self._taken[row.origin] = target
        self._texts = Texts(program)
        self.by_entry = {
            entry: Shape(entry, function.name, self._words(function))
            for entry, function in sorted(program.functions.items())
        }

    def body(self, function: Function) -> list[int]:
        """Physical addresses of a function's instructions, ascending."""
        found: set[int] = set()
        for start, end in zip(function.starts, function.ends, strict=True):
            at = start
            while at < end and at in self.program.instructions and len(found) < LONGEST:
                found.add(at)
                at += len(self.program.instructions[at].instruction.code)
        return sorted(found)

    def _words(self, function: Function) -> tuple[Word, ...]:
        code = {at: self.program.instructions[at] for at in self.body(function)}
        addresses = list(code)
        over = {
            at: following for at, following in pairwise(addresses)
            if _turned_over(code[at].instruction, code[following].instruction)
        }
        jumps = set(over.values())
        numbers, number = {}, -1
        for at in addresses:
            number += at not in jumps
            numbers[at] = number
        words = []
        for at in addresses:
            if at in jumps:
                continue
            form = _form(code[at].instruction)
            if len(form) == 2 and form[0] == "7":
                form = f"J{int(form, 16) ^ (at in over):X}"
            goal = code[over.get(at, at)]
            operands = self._operands(over.get(at, at), goal.segment, goal.instruction, numbers)
            words.append(Word(at, form, tuple(operands)))
        return tuple(words)

    def _operands(self, at: int, segment: int, code: Instruction, numbers: dict[int, int]) -> Iterator[Operand]:
        target = code.target
        if target is None and code.form is not None and code.form.operands[0] == ("Ap",):
            place = (code.values[0] >> 16) * 16 + (code.values[0] & 0xFFFF) & 0xFFFFF
            yield self._place(place, numbers)
            return
        if target is not None:
            yield self._place(segment * 16 + target & 0xFFFFF, numbers)
            return
        uses = self._uses.get(at, {})
        direct = code.form is not None and any(operand[0] == "O" for operand in code.form.operands[0])
        for value in () if direct else code.values:
            used = uses.get(value & 0xFFFF)
            if used is None and at in self._taken and not (self._taken[at] - value) % 16:
                used = self._taken[at]
            yield Operand("number", value & 0xFFFF) if used is None else self._use(used)
        offset = code.values[0] if direct else code.displacement if code.memory else None
        if offset is not None:
            used = self._memory.get(at)
            if used is None or (used - offset) % 16:        # of another segment, or of no operand
                used = uses.get(offset & 0xFFFF)
            yield Operand("number", offset & 0xFFFF) if used is None else self._use(used)

    def _place(self, target: int, numbers: dict[int, int]) -> Operand:
        if target in numbers:
            return Operand("inside", numbers[target])
        return Operand("function", target)

    def _use(self, target: int) -> Operand:
        if target < self.program.base:
            return Operand("ram", target)
        if target in self.program.functions:
            return Operand("function", target)
        text = self._texts.at(target)
        return Operand("text", text, target) if likely(text) else Operand("data", target)


def _form(code: Instruction) -> str:
    """The instruction without its numbers: form, prefixes, and the registers of its modrm."""
    if code.form is None:
        return f"db {code.code.hex()}"
    name = code.form.name
    head, dot, rest = name.partition(".")
    name = _SIGNED.get(head, head) + dot + rest
    name = {"EB": "E9", "EA": "E9"}.get(name, name)
    if code.modrm is not None:
        registers = code.modrm & 0x3F | (0xC0 if code.modrm >= 0xC0 else 0)
        alone = code.modrm & 0xC7 == 6
        name += f"/{registers:02X}{'a' if alone else 'm' if code.modrm < 0xC0 else ''}"
    return (code.prefixes.hex() + " " if code.prefixes else "") + name


def _turned_over(condition: Instruction, jump: Instruction) -> bool:
    """Jcc over a near jump: what NASM makes of a Jcc that does not reach."""
    return (
        condition.form is not None and len(condition.form.name) == 2 and condition.form.name[0] == "7"
        and jump.form is not None and jump.form.name in ("E9", "EB") and condition.next == jump.pc
        and condition.target == jump.next
    )

"""Conditions of stops as programs for a stack of integers, which C asks at every instruction (cext/condition.c).

A number has 64 bits and wraps. A program is made of (code, number) pairs; `Code` names the codes, as the C header does.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Any

from korgm1.cpu.engine import REGISTERS
from korgm1.cpu.native import ffi, lib

DEEPEST = int(lib.CONDITION_DEEPEST)
"""Numbers on the stack at once."""
REGISTER_NUMBERS = {name: number for number, name in enumerate(REGISTERS)}
"""What `Code.REGISTER` calls them."""


class Code(IntEnum):
    """What a step of a program does; see cext/condition.h."""

    CONSTANT = int(lib.CONDITION_CONSTANT)
    REGISTER = int(lib.CONDITION_REGISTER)
    VALUE = int(lib.CONDITION_VALUE)
    ADDRESS = int(lib.CONDITION_ADDRESS)
    VECTOR = int(lib.CONDITION_VECTOR)
    CLOCK = int(lib.CONDITION_CLOCK)
    STEPS = int(lib.CONDITION_STEPS)
    BYTE = int(lib.CONDITION_BYTE)
    WORD = int(lib.CONDITION_WORD)
    LAST_IN = int(lib.CONDITION_LAST_IN)
    LAST_OUT = int(lib.CONDITION_LAST_OUT)
    JOIN = int(lib.CONDITION_JOIN)
    NEGATE = int(lib.CONDITION_NEGATE)
    INVERT = int(lib.CONDITION_INVERT)
    IS_ZERO = int(lib.CONDITION_IS_ZERO)
    SKIP_TRUE = int(lib.CONDITION_SKIP_TRUE)
    SKIP_FALSE = int(lib.CONDITION_SKIP_FALSE)
    OR_ELSE = int(lib.CONDITION_OR_ELSE)
    AND_THEN = int(lib.CONDITION_AND_THEN)
    OR = int(lib.CONDITION_OR)
    XOR = int(lib.CONDITION_XOR)
    AND = int(lib.CONDITION_AND)
    EQUAL = int(lib.CONDITION_EQUAL)
    UNEQUAL = int(lib.CONDITION_UNEQUAL)
    LESS = int(lib.CONDITION_LESS)
    AT_MOST = int(lib.CONDITION_AT_MOST)
    MORE = int(lib.CONDITION_MORE)
    AT_LEAST = int(lib.CONDITION_AT_LEAST)
    LEFT = int(lib.CONDITION_LEFT)
    RIGHT = int(lib.CONDITION_RIGHT)
    ADD = int(lib.CONDITION_ADD)
    SUBTRACT = int(lib.CONDITION_SUBTRACT)
    MULTIPLY = int(lib.CONDITION_MULTIPLY)


Program = tuple[tuple[Code, int], ...]
"""Steps, each with its number (0 where it has none)."""
PUSHES = frozenset((
    Code.CONSTANT, Code.REGISTER, Code.VALUE, Code.ADDRESS, Code.VECTOR, Code.CLOCK, Code.STEPS,
))
"""Codes that put a number on the stack."""
IN_PLACE = frozenset((
    Code.BYTE, Code.WORD, Code.LAST_IN, Code.LAST_OUT, Code.NEGATE, Code.INVERT, Code.IS_ZERO, Code.SKIP_TRUE,
    Code.SKIP_FALSE,
))
"""Codes that look at the top alone; the others make one number out of two."""


def depth(program: Program) -> int:
    """How many numbers lie on the stack at most.

    >>> depth(((Code.CONSTANT, 1), (Code.CONSTANT, 2), (Code.ADD, 0)))
    2
    """
    now = most = 0
    for code, _ in program:
        now += 1 if code in PUSHES else 0 if code in IN_PLACE else -1
        most = max(most, now)
    return most


def compiled(program: Program) -> Any:
    """A program as C reads it; whoever hands it over keeps it."""
    if depth(program) > DEEPEST:
        raise ValueError(f"a program of {depth(program)} numbers, not {DEEPEST}")
    return ffi.new("condition_op[]", [{"code": int(code), "number": number} for code, number in program])

"""Numbers, places and conditions as they are typed. Nothing of Python is evaluated.

Numbers are hexadecimal (12, 0x12, 12h; 0AC where AC would be a name), decimal behind #. Names are registers (NEC's and
Intel's, halves too), flags, symbols, clock, steps, and in conditions value, address and vector of what was hit.
PS:PC is a place; a number alone is a physical address. b[...] and w[...] read memory; in[...] and out[...] are the last
byte read from a port, or written to it (-1: none yet). Operators, loosest first: || && | ^ & == != < <= > >= << >> + -
* and ~ ! -. Numbers have 64 bits, as in C, which asks the same program at every instruction (cpu.conditions).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import NamedTuple

from korgm1.cpu.conditions import DEEPEST, IN_PLACE, REGISTER_NUMBERS, Code, Program, depth
from korgm1.cpu.engine import REGISTERS
from korgm1.debugging.looking import FLAGS, INTEL
from korgm1.errors import UsageError

LONGEST = 200
"""Characters of an expression."""
HALVES = {
    "al": ("aw", 0), "ah": ("aw", 8), "cl": ("cw", 0), "ch": ("cw", 8), "dl": ("dw", 0), "dh": ("dw", 8),
    "bl": ("bw", 0), "bh": ("bw", 8),
}
NAMED = {
    "value": Code.VALUE, "address": Code.ADDRESS, "vector": Code.VECTOR, "clock": Code.CLOCK, "steps": Code.STEPS,
}
"""What is no register; -1 where nothing says what it is."""
INDEXED = {"b": Code.BYTE, "w": Code.WORD, "in": Code.LAST_IN, "out": Code.LAST_OUT}
"""Names in front of [...]."""
_LEVELS: tuple[Mapping[str, Code], ...] = (
    {"||": Code.OR_ELSE}, {"&&": Code.AND_THEN}, {"|": Code.OR}, {"^": Code.XOR}, {"&": Code.AND},
    {"==": Code.EQUAL, "!=": Code.UNEQUAL, "<=": Code.AT_MOST, ">=": Code.AT_LEAST, "<": Code.LESS, ">": Code.MORE},
    {"<<": Code.LEFT, ">>": Code.RIGHT}, {"+": Code.ADD, "-": Code.SUBTRACT}, {"*": Code.MULTIPLY},
)
_SKIPS = {"||": Code.SKIP_TRUE, "&&": Code.SKIP_FALSE}
_UNARY = {"-": Code.NEGATE, "~": Code.INVERT, "!": Code.IS_ZERO}
_TOKEN = re.compile(r"\s*(#\d+|\w[\w.$@?]*|[.$@?][\w.$@?]*|\|\||&&|==|!=|<=|>=|<<|>>|[-+*|^&<>~!():\[\]])")
_DEEPEST = 40


class Value(NamedTuple):
    """A number, and the segment and offset it was said with."""

    number: int
    place: tuple[int, int] | None = None


class Context(NamedTuple):
    """What names mean now: registers, hits, clock and steps by name; memory; the last byte "in" or "out" of a port."""

    names: Mapping[str, int]
    read: Callable[[int, int], bytes]
    last_byte: Callable[[str, int], int] = lambda way, port: -1


class Expression(NamedTuple):
    """What `parse` makes: as it was typed, the program of its number, and whether that is a segment and an offset."""

    text: str
    number: Program
    is_place: bool = False

    def __call__(self, context: Context) -> Value:
        """What it is now."""
        if not self.is_place:
            return Value(_run(self.number, context)[0])
        segment, offset = _run(self.number[:-1], context)
        return Value((segment << 4) + offset & 0xFFFFF, (segment, offset))


def parse(
    text: str, symbol: Callable[[str], int | None] = lambda name: None,
    port: Callable[[str], int | None] = lambda name: None,
) -> Expression:
    """An expression, to be asked as often as wanted.

    Args:
        text: as typed.
        symbol: the address of a name, or None.
        port: the port of a name, or None; within in[...] and out[...].

    Raises:
        UsageError: it cannot be read.

    >>> context = Context({"ps": 0xF000, "pc": 0x10, "aw": 0x1234, "psw": 0xF042}, lambda at, size: bytes([at & 255]))
    >>> parse("ps:pc+2")(context), parse("al == 34 && z")(context).number, parse("#10 << 1")(context).number
    (Value(number=983058, place=(61440, 18)), 1, 20)
    """
    if len(text) > LONGEST:
        raise UsageError(f"an expression of {len(text)} characters", f"at most {LONGEST}")
    reader = _Reader(text, symbol, port)
    node = reader.level(0)
    if reader.tokens:
        raise UsageError(f"{reader.tokens[0]!r} in {text!r} cannot be read", "an expression as aw == 12 && z")
    program = node.number
    if depth(program) > DEEPEST:
        raise UsageError(f"{text!r} goes too deep", "fewer brackets")
    return Expression(text, program, node.is_place)


class _Node(NamedTuple):
    """A part: its program, which leaves a number, or a segment and an offset."""

    program: Program
    is_place: bool = False

    @property
    def number(self) -> Program:
        return self.program + _JOIN if self.is_place else self.program


_JOIN: Program = ((Code.JOIN, 0),)
_WORD: Program = ((Code.CONSTANT, 0xFFFF), (Code.AND, 0))


def _word(number: Program) -> Program:
    """Its lower 16 bits; a register has no others."""
    return number if len(number) == 1 and number[0][0] is Code.REGISTER else number + _WORD


class _Reader:
    def __init__(
        self, text: str, symbol: Callable[[str], int | None], port: Callable[[str], int | None]
    ) -> None:
        self.text, self.memory, self.port = text, symbol, port
        self.symbol = symbol
        self.tokens: list[str] = []
        self.depth = 0
        at = 0
        while text[at:].strip():
            found = _TOKEN.match(text, at)
            if found is None:
                raise UsageError(f"{text[at:].strip()[:1]!r} in {text!r} cannot be read", "numbers, names, operators")
            self.tokens.append(found[1])
            at = found.end()

    def take(self, wanted: Iterable[str]) -> str | None:
        return self.tokens.pop(0) if self.tokens and self.tokens[0] in wanted else None

    def need(self, wanted: str) -> None:
        if self.take((wanted,)) is None:
            raise UsageError(f"{self.text!r} has no {wanted!r} where it belongs", "brackets in pairs")

    def level(self, number: int) -> _Node:
        if number == len(_LEVELS):
            return self.unary()
        left = self.level(number + 1)
        while (sign := self.take(_LEVELS[number])) is not None:
            right, code = self.level(number + 1).number, (_LEVELS[number][sign], 0)
            if left.is_place and sign in ("+", "-"):
                left = _Node((*left.program, *right, code, *_WORD), True)
            elif sign in _SKIPS:
                left = _Node((*left.number, (_SKIPS[sign], len(right) + 1), *right, code))
            else:
                left = _Node((*left.number, *right, code))
        return left

    def unary(self) -> _Node:
        sign = self.take(_UNARY)
        if sign is None:
            return self.pair()
        with self.deeper():
            return _Node((*self.unary().number, (_UNARY[sign], 0)))

    def pair(self) -> _Node:
        first = self.single()
        if self.take((":",)) is None:
            return first
        return _Node(_word(first.number) + _word(self.single().number), True)

    def single(self) -> _Node:
        if not self.tokens:
            raise UsageError(f"{self.text!r} ends where something is missing", "a number or a name")
        token = self.tokens.pop(0)
        if token == "(":
            return self.inner(")")
        code = INDEXED.get(token.lower())
        if code is not None and self.take(("[",)) is not None:
            return _Node((*self.index(code).number, (code, 0)))
        return self.named(token)

    def index(self, code: Code) -> _Node:
        """What stands in [...]: a port or an address."""
        before = self.symbol
        self.symbol = self.port if code in (Code.LAST_IN, Code.LAST_OUT) else self.memory
        node = self.inner("]")
        self.symbol = before
        return node

    def inner(self, end: str) -> _Node:
        with self.deeper():
            node = self.level(0)
        self.need(end)
        return node

    @contextmanager
    def deeper(self) -> Iterator[None]:
        self.depth += 1
        if self.depth > _DEEPEST:
            raise UsageError(f"{self.text!r} goes too deep", f"at most {_DEEPEST} levels")
        yield
        self.depth -= 1

    def named(self, token: str) -> _Node:
        name = token.lower()
        if name.startswith("#"):
            return self.constant(int(name[1:]))
        name = INTEL.get(name, name)
        if name in REGISTERS:
            return _Node(_register(name))
        if name in NAMED:
            return _Node(((NAMED[name], 0),))
        if name in HALVES:
            whole, shift = HALVES[name]
            return _Node(_part(whole, shift, 0xFF))
        if name in FLAGS:
            return _Node(_part("psw", FLAGS[name], 1))
        known = self.symbol(token)
        if known is not None:
            return self.constant(known)
        digits = name.removeprefix("0x").removesuffix("h")
        if re.fullmatch(r"[0-9a-f]{1,16}", digits):
            return self.constant(int(digits, 16))
        raise UsageError(f"{token!r} is no number, register or symbol", "hexadecimal, #decimal, a register, a symbol")

    def constant(self, number: int) -> _Node:
        if number >> 63:
            raise UsageError(f"{number} in {self.text!r} is too large", f"at most #{(1 << 63) - 1}")
        return _Node(((Code.CONSTANT, number),))


def _register(name: str) -> Program:
    return ((Code.REGISTER, REGISTER_NUMBERS[name]),)


def _part(whole: str, shift: int, mask: int) -> Program:
    shifted: Program = ((Code.CONSTANT, shift), (Code.RIGHT, 0)) if shift else ()
    return (*_register(whole), *shifted, (Code.CONSTANT, mask), (Code.AND, 0))


_ONE: Mapping[Code, Callable[[Context, int], int]] = {
    Code.BYTE: lambda context, at: context.read(at & 0xFFFFF, 1)[0],
    Code.WORD: lambda context, at: int.from_bytes(context.read(at & 0xFFFFF, 2), "little"),
    Code.LAST_IN: lambda context, port: context.last_byte("in", port & 0xFFFF),
    Code.LAST_OUT: lambda context, port: context.last_byte("out", port & 0xFFFF),
    Code.NEGATE: lambda context, n: -n, Code.INVERT: lambda context, n: ~n, Code.IS_ZERO: lambda context, n: int(not n),
}
_TWO: Mapping[Code, Callable[[int, int], int]] = {
    Code.JOIN: lambda a, b: (a << 4) + b & 0xFFFFF, Code.OR_ELSE: lambda a, b: int(bool(a or b)),
    Code.AND_THEN: lambda a, b: int(bool(a and b)), Code.OR: lambda a, b: a | b, Code.XOR: lambda a, b: a ^ b,
    Code.AND: lambda a, b: a & b, Code.EQUAL: lambda a, b: int(a == b), Code.UNEQUAL: lambda a, b: int(a != b),
    Code.LESS: lambda a, b: int(a < b), Code.AT_MOST: lambda a, b: int(a <= b), Code.MORE: lambda a, b: int(a > b),
    Code.AT_LEAST: lambda a, b: int(a >= b), Code.LEFT: lambda a, b: a << min(b & 0x3F, 32),
    Code.RIGHT: lambda a, b: a >> (b & 0x3F), Code.ADD: lambda a, b: a + b, Code.SUBTRACT: lambda a, b: a - b,
    Code.MULTIPLY: lambda a, b: a * b,
}
_NUMBERED = tuple(REGISTERS)
_NAMES = {code: name for name, code in NAMED.items()}


def _run(program: Program, context: Context) -> list[int]:
    """What a program leaves on the stack."""
    stack: list[int] = []
    place = -1
    while (place := place + 1) < len(program):
        code, number = program[place]
        if code is Code.CONSTANT:
            stack.append(number)
        elif code is Code.REGISTER:
            stack.append(context.names[_NUMBERED[number]])
        elif code in _NAMES:
            stack.append(context.names.get(_NAMES[code], -1))
        elif code in _SKIPS.values():
            if bool(stack[-1]) is (code is Code.SKIP_TRUE):
                stack[-1], place = int(bool(stack[-1])), place + number
        elif code in IN_PLACE:
            stack[-1] = _wrapped(_ONE[code](context, stack[-1]))
        else:
            right = stack.pop()
            stack[-1] = _wrapped(_TWO[code](stack[-1], right))
    return stack


def _wrapped(number: int) -> int:
    """As 64 bits hold it."""
    return (number + (1 << 63) & (1 << 64) - 1) - (1 << 63)

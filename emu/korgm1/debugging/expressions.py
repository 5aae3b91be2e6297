"""Numbers, places and conditions as they are typed. Nothing of Python is evaluated.

Numbers are hexadecimal (12, 0x12, 12h; 0AC where AC would be a name), decimal behind #. Names are registers (NEC's and
Intel's, halves too), flags, symbols, and in conditions value, address and vector of what was hit. PS:PC is a place; a
number alone is a physical address. b[...] and w[...] read memory. Operators, loosest first: || && | ^ & == != < <= > >=
<< >> + - * and ~ ! -.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import NamedTuple

from korgm1.cpu.engine import REGISTERS
from korgm1.debugging.looking import FLAGS, INTEL
from korgm1.errors import UsageError

LONGEST = 200
"""Characters of an expression."""
HALVES = {
    "al": ("aw", 0), "ah": ("aw", 8), "cl": ("cw", 0), "ch": ("cw", 8), "dl": ("dw", 0), "dh": ("dw", 8),
    "bl": ("bw", 0), "bh": ("bw", 8),
}
HITS = ("value", "address", "vector")
_LEVELS = (("||",), ("&&",), ("|",), ("^",), ("&",), ("==", "!=", "<=", ">=", "<", ">"), ("<<", ">>"), ("+", "-"),
           ("*",))
_TOKEN = re.compile(r"\s*(#\d+|\w[\w.$@?]*|[.$@?][\w.$@?]*|\|\||&&|==|!=|<=|>=|<<|>>|[-+*|^&<>~!():\[\]])")
_DEEPEST = 40


class Value(NamedTuple):
    """A number, and the segment and offset it was said with."""

    number: int
    place: tuple[int, int] | None = None


class Context(NamedTuple):
    """What names mean now: registers and hits by name, and memory."""

    names: Mapping[str, int]
    read: Callable[[int, int], bytes]


Node = Callable[[Context], Value]


def parse(text: str, symbol: Callable[[str], int | None] = lambda name: None) -> Node:
    """An expression, to be asked as often as wanted.

    Args:
        text: as typed.
        symbol: the address of a name, or None.

    Raises:
        UsageError: it cannot be read.

    >>> context = Context({"ps": 0xF000, "pc": 0x10, "aw": 0x1234, "psw": 0xF042}, lambda at, size: bytes([at & 255]))
    >>> parse("ps:pc+2")(context), parse("al == 34 && z")(context).number, parse("#10 << 1")(context).number
    (Value(number=983058, place=(61440, 18)), 1, 20)
    """
    if len(text) > LONGEST:
        raise UsageError(f"an expression of {len(text)} characters", f"at most {LONGEST}")
    reader = _Reader(text, symbol)
    node = reader.level(0)
    if reader.tokens:
        raise UsageError(f"{reader.tokens[0]!r} in {text!r} cannot be read", "an expression as aw == 12 && z")
    return node


class _Reader:
    def __init__(self, text: str, symbol: Callable[[str], int | None]) -> None:
        self.text, self.symbol = text, symbol
        self.tokens: list[str] = []
        self.depth = 0
        at = 0
        while text[at:].strip():
            found = _TOKEN.match(text, at)
            if found is None:
                raise UsageError(f"{text[at:].strip()[:1]!r} in {text!r} cannot be read", "numbers, names, operators")
            self.tokens.append(found[1])
            at = found.end()

    def take(self, *wanted: str) -> str | None:
        return self.tokens.pop(0) if self.tokens and self.tokens[0] in wanted else None

    def need(self, wanted: str) -> None:
        if self.take(wanted) is None:
            raise UsageError(f"{self.text!r} has no {wanted!r} where it belongs", "brackets in pairs")

    def level(self, number: int) -> Node:
        if number == len(_LEVELS):
            return self.unary()
        left = self.level(number + 1)
        while (sign := self.take(*_LEVELS[number])) is not None:
            left = _binary(sign, left, self.level(number + 1))
        return left

    def unary(self) -> Node:
        sign = self.take("-", "~", "!")
        if sign is None:
            return self.pair()
        self.depth += 1
        if self.depth > _DEEPEST:
            raise UsageError(f"{self.text!r} goes too deep", f"at most {_DEEPEST} levels")
        inner = self.unary()
        self.depth -= 1
        deed = _UNARY[sign]
        return lambda context: Value(deed(inner(context).number))

    def pair(self) -> Node:
        first = self.single()
        if self.take(":") is None:
            return first
        second = self.single()

        def place(context: Context) -> Value:
            segment, offset = first(context).number & 0xFFFF, second(context).number & 0xFFFF
            return Value((segment << 4) + offset & 0xFFFFF, (segment, offset))

        return place

    def single(self) -> Node:
        if not self.tokens:
            raise UsageError(f"{self.text!r} ends where something is missing", "a number or a name")
        token = self.tokens.pop(0)
        if token == "(":
            return self.inner(")")
        if token.lower() in ("b", "w") and self.take("[") is not None:
            size, at = 1 + (token.lower() == "w"), self.inner("]")
            return lambda context: Value(int.from_bytes(context.read(at(context).number & 0xFFFFF, size), "little"))
        return self.named(token)

    def inner(self, end: str) -> Node:
        self.depth += 1
        if self.depth > _DEEPEST:
            raise UsageError(f"{self.text!r} goes too deep", f"at most {_DEEPEST} levels")
        node = self.level(0)
        self.depth -= 1
        self.need(end)
        return node

    def named(self, token: str) -> Node:
        name = token.lower()
        if name.startswith("#"):
            return _constant(int(name[1:]))
        name = INTEL.get(name, name)
        if name in REGISTERS or name in HITS:
            return lambda context: Value(context.names.get(name, -1))
        if name in HALVES:
            whole, shift = HALVES[name]
            return lambda context: Value(context.names[whole] >> shift & 0xFF)
        if name in FLAGS:
            bit = FLAGS[name]
            return lambda context: Value(context.names["psw"] >> bit & 1)
        known = self.symbol(token)
        if known is not None:
            return _constant(known)
        digits = name.removeprefix("0x").removesuffix("h")
        if re.fullmatch(r"[0-9a-f]{1,8}", digits):
            return _constant(int(digits, 16))
        raise UsageError(f"{token!r} is no number, register or symbol", "hexadecimal, #decimal, a register, a symbol")


def _constant(number: int) -> Node:
    return lambda context: Value(number)


_UNARY: Mapping[str, Callable[[int], int]] = {"-": lambda n: -n, "~": lambda n: ~n, "!": lambda n: int(not n)}
_DEEDS: Mapping[str, Callable[[int, int], int]] = {
    "||": lambda a, b: int(bool(a or b)), "&&": lambda a, b: int(bool(a and b)), "|": lambda a, b: a | b,
    "^": lambda a, b: a ^ b, "&": lambda a, b: a & b, "==": lambda a, b: int(a == b), "!=": lambda a, b: int(a != b),
    "<=": lambda a, b: int(a <= b), ">=": lambda a, b: int(a >= b), "<": lambda a, b: int(a < b),
    ">": lambda a, b: int(a > b), "<<": lambda a, b: a << min(b & 0x3F, 32), ">>": lambda a, b: a >> (b & 0x3F),
    "+": lambda a, b: a + b, "-": lambda a, b: a - b, "*": lambda a, b: a * b,
}


def _binary(sign: str, left: Node, right: Node) -> Node:
    deed = _DEEDS[sign]

    def both(context: Context) -> Value:
        a, b = left(context), right(context)
        number = deed(a.number, b.number)
        if a.place is None or sign not in "+-":
            return Value(number)
        offset = deed(a.place[1], b.number) & 0xFFFF
        return Value((a.place[0] << 4) + offset & 0xFFFFF, (a.place[0], offset))

    return both

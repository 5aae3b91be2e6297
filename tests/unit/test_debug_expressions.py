"""Expressions of the monitor: against Python's own arithmetic, and rubbish."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from korgm1.debugging.expressions import Context, parse
from korgm1.errors import M1Error, UsageError
from korgm1.symbols import read_symbols

CONTEXT = Context(
    {"aw": 0x12FF, "bw": 0, "cw": 5, "ps": 0xF000, "pc": 0xFFFE, "psw": 0xF043, "ds0": 0x100, "value": 7},
    lambda at, size: bytes([(at + n) & 0xFF for n in range(size)]),
)
NUMBERS = st.integers(0, 0xFFFF)
TREES = st.recursive(
    NUMBERS.map(lambda n: (f"0{n:x}", n)),
    lambda inner: st.tuples(inner, st.sampled_from(["+", "-", "*", "&", "|", "^"]), inner).map(
        lambda t: (f"({t[0][0]}{t[1]}{t[2][0]})", {
            "+": t[0][1] + t[2][1], "-": t[0][1] - t[2][1], "*": t[0][1] * t[2][1],
            "&": t[0][1] & t[2][1], "|": t[0][1] | t[2][1], "^": t[0][1] ^ t[2][1],
        }[t[1]])
    ), max_leaves=8,
)


def ask(text: str) -> int:
    return parse(text)(CONTEXT).number


@given(TREES.filter(lambda tree: len(tree[0]) <= 200))
def test_arithmetic_is_pythons_in_64_bits(tree: tuple[str, int]) -> None:
    assert ask(tree[0]) == (tree[1] + (1 << 63)) % (1 << 64) - (1 << 63)


@pytest.mark.parametrize(("text", "number"), [
    ("10", 0x10), ("#10", 10), ("0x1F", 0x1F), ("0FFh", 0xFF), ("ax", 0x12FF), ("AH", 0x12), ("al", 0xFF),
    ("z && cy", 1),
    ("!z || v", 0), ("1 + 2 * 3", 7), ("cw == 5 && value == 7", 1), ("address", -1), ("b[ds0:2]", 0x02),
    ("w[10]", 0x1110), ("~0", -1), ("1 << 4 | 1", 0x11), ("2 < 3 == 1", 1), ("vector == -1", 1), ("0AC", 0xAC),
])
def test_what_things_are(text: str, number: int) -> None:
    assert ask(text) == number


def test_ports_and_what_has_no_register() -> None:
    ports = {("in", 0x900): 0x55, ("out", 0xA08): 4}
    context = CONTEXT._replace(names={**CONTEXT.names, "clock": 1 << 40, "steps": 7}, last_byte=lambda way, port:
                               ports.get((way, port), -1))
    named = {"adc": 0x900}.get
    numbers = [parse(text, port=lambda name: named(name.lower()))(context).number for text in (
        "in[ADC]", "out[ADC]", "out[0A00+8]", "in[0A08]", "clock", "steps", "in[w[8FF]-8000] != 0",
    )]
    assert numbers == [0x55, -1, 4, -1, 1 << 40, 7, 1]
    with pytest.raises(UsageError):
        parse("in[b[lamp]]", port=lambda name: 0x901)


def test_places_wrap_in_their_segment() -> None:
    assert parse("ps:pc+4")(CONTEXT) == (0xF0002, (0xF000, 2))
    assert parse("FFFF:0010")(CONTEXT).number == 0


@pytest.mark.parametrize("text", [
    "", "(", "1 +", "1 2", "xyz", "b[1", "f000:", "1;2", "__import__('os')", "(" * 60 + "1" + ")" * 60, "-" * 150 + "1",
    "1+" * 150 + "1", "a" * 300, "#9223372036854775808", "in[", "out[]", "in[nothing]",
])
def test_rubbish_is_told(text: str) -> None:
    with pytest.raises(UsageError):
        parse(text)


@given(st.text(max_size=60))
def test_any_text_is_read_or_told(text: str) -> None:
    try:
        parse(text)(CONTEXT)
    except M1Error:
        pass


def test_symbols_from_csv(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("name,kind,address\nmain loop,function,F0D33\nreset,function,F000:0000\n")
    symbols = read_symbols(path)
    assert (symbols.address("MAIN_LOOP"), symbols.name(0xF0D35)) == (0xF0D33, "main_loop+2")
    assert parse("reset+2", symbols.address)(CONTEXT).number == 0xF0002
    path.write_text("F0000,start\n")
    assert read_symbols(path).names == {0xF0000: "start"}
    path.write_text("nothing\n")
    with pytest.raises(M1Error, match="the columns nothing"):
        read_symbols(path)

"""What each byte and bit of a stored record means, read from the tables beside this module.

A table (`program.toml`, ...) has the record's size, its parameters and other tables it uses at offsets ({n} in their
names counts them). Whatever bit no line of a table names becomes a parameter of its own, "Byte 45 bits 2-7", of
unknown meaning: so the parameters always cover every bit once, and nothing that differs goes unseen.

key          of a parameter in a table
name byte    what it is called; its first byte
bits         first and last bit of that byte; default all
width        2 = two bytes, low first
text         number of characters, 20-7F; 00 is a blank
signed       two's complement
min max      the values the panel can set; none: all, no value is impossible
words        what the values 0, 1, ... (min, ...) are called
shown        a function of `words`
factor offset unit   shown as value x factor + offset
when         only there if a byte of the record `is` one of some values, or is `not`, or lies `from` ... `to`
confidence   how sure it is; default the table's
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.resources import files
from typing import Any

from korgm1.errors import UsageError
from korgm1.sram_layout.parameter import Condition, Parameter, Value


@dataclass(frozen=True)
class Table:
    """The parameters of a kind of record."""

    name: str
    size: int
    parameters: tuple[Parameter, ...]
    _cache: dict[bytes, tuple[Parameter, ...]] = field(default_factory=dict, compare=False, repr=False)

    def present(self, record: bytes) -> tuple[Parameter, ...]:
        """The parameters of this record, in the order of their bytes; together they cover each bit once.

        >>> names = [row.name for row in table("program").present(bytes(143))]
        >>> names[0], names[1], names[-1]
        ('Name', 'Oscillator mode', 'VDA2 EG time velocity polarity')
        """
        key = bytes(record[byte] for byte in self._selectors())
        if key not in self._cache:
            rows = [row for row in self.parameters if row.applies(record)]
            self._cache[key] = tuple(sorted(rows + _unnamed(rows, self.size), key=lambda row: (row.byte, row.bits)))
        return self._cache[key]

    def values(self, record: bytes) -> dict[str, Value]:
        """Every parameter's value by name.

        >>> table("pattern").values(bytes([4, 1]))
        {'Beat': 4, 'Length': 1}
        """
        return {row.name: row.value(record) for row in self.present(record)}

    def outside(self, record: bytes) -> dict[str, Value]:
        """The values that no panel could have set.

        >>> table("global").outside(bytes([51, *bytes(20)]))
        {'Master tune': 51}
        """
        return {row.name: row.value(record) for row in self.present(record) if not row.possible(record)}

    def record(self, values: Mapping[str, Value], base: bytes | None = None) -> bytes:
        """A record with these values; `values` read back.

        Args:
            values: parameter -> value, as `values` gives them.
            base: the record they are put into; zeros when None.

        Raises:
            UsageError: a record with these values has no such parameter, or a value of the wrong kind.

        >>> table("pattern").record({"Beat": 4}, base=bytes([3, 2])).hex()
        '0402'
        """
        made = bytearray(self.size) if base is None else bytearray(base)
        left = dict(values)
        deciding = self._selectors()
        for row in self.parameters:
            if row.byte in deciding and row.name in left:
                row.put(made, left[row.name])
        for row in self.present(bytes(made)):
            if row.name in left:
                row.put(made, left.pop(row.name))
        if left:
            raise UsageError(f"a {self.name} has no parameter {next(iter(left))!r}", "a name that sram show prints")
        return bytes(made)

    def wrong(self, values: Mapping[str, Value]) -> dict[str, Value]:
        """Those of some values that no panel could set; `outside` for values that are not stored yet.

        Raises:
            UsageError: a record with these values has no such parameter, or a value of the wrong kind.

        >>> table("program").wrong({"VDF1 cutoff": 100, "OSC2 detune": -50})
        {'VDF1 cutoff': 100}
        """
        rows = {row.name: row for row in self.present(self.record(values))}
        return {name: value for name, value in values.items() if not rows[name].allows(value)}

    def label(self, record: bytes) -> str:
        """The record's name as the LCD shows it, or ""."""
        return next((str(row.value(record)) for row in self.parameters if row.text), "")

    def _selectors(self) -> Sequence[int]:
        return sorted({row.when.byte for row in self.parameters if row.when is not None})


@cache
def table(name: str) -> Table:
    """A table by name: program, combination, global, drum_kit, song, pattern, header, settings, and their parts.

    >>> [(name, table(name).size) for name in ("program", "combination", "global", "song")]
    [('program', 143), ('combination', 124), ('global', 21), ('song', 96)]
    """
    read = tomllib.loads((files("korgm1.sram_layout") / f"{name}.toml").read_text("utf-8"))
    sure = read["confidence"]
    rows = [_parameter(row, sure) for row in read.get("parameters", ())]
    for family in read.get("family", ()):
        rows += _effect_parameters(family, sure)
    for use in read.get("use", ()):
        part = table(use["table"])
        for number, at in enumerate(use["at"], 1):
            rows += [_moved(row, at, number) for row in part.parameters]
    return Table(name, read["size"], tuple(rows))


def _parameter(row: dict[str, Any], sure: str) -> Parameter:
    lists: dict[str, Any] = {key: tuple(row[key]) for key in ("bits", "words") if key in row}
    rule: dict[str, Any] = {"when": _condition(**row["when"])} if "when" in row else {}
    return Parameter(**{"confidence": sure, **row, **lists, **rule})


def _condition(byte: int, **values: Any) -> Condition:
    ((how, what),) = values.items() if "to" not in values else [("is", range(values["from"], values["to"] + 1))]
    listed = frozenset(what)
    return Condition(byte, listed if how == "is" else frozenset(range(256)) - listed)


def _effect_parameters(family: dict[str, Any], sure: str) -> list[Parameter]:
    types = frozenset(number - 1 for number in family["numbers"])
    return [
        replace(base, name=f"Effect {n} {base.name}", byte=base.byte + 9 + 8 * (n - 1), when=Condition(n - 1, types))
        for n in (1, 2)
        for base in (_parameter(row, sure) for row in family["parameters"])
    ]


def _moved(row: Parameter, at: int, number: int) -> Parameter:
    """The parameter of a part where it lies in the whole."""
    rule = row.when and replace(row.when, byte=row.when.byte + at)
    return replace(row, name=row.name.format(n=number), byte=row.byte + at, when=rule)


def _unnamed(rows: Sequence[Parameter], size: int) -> list[Parameter]:
    covered = bytearray(size)
    for row in rows:
        for byte, mask in row.places():
            covered[byte] |= mask
    left = []
    for byte, mask in enumerate(covered):
        bit = 0
        while bit < 8:
            if mask >> bit & 1:
                bit += 1
                continue
            low = bit
            while bit < 8 and not mask >> bit & 1:
                bit += 1
            bits = "" if (low, bit) == (0, 8) else f" bit {low}" if bit == low + 1 else f" bits {low}-{bit - 1}"
            left.append(Parameter(f"Byte {byte}{bits}", byte, (low, bit - 1), confidence="unknown or not used"))
    return left

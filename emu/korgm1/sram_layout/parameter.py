"""One parameter of a stored record: where its bits lie, its value in words, whether a panel could set it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from korgm1.errors import UsageError
from korgm1.sram_layout import words

Value = int | str


@dataclass(frozen=True)
class Condition:
    """A byte and the values it must have."""

    byte: int
    values: frozenset[int]


@dataclass(frozen=True)
class Parameter:
    """One parameter of a record; `sram_layout.parameters` says what its fields are."""

    name: str
    byte: int
    bits: tuple[int, int] = (0, 7)
    width: int = 1
    text: int = 0
    signed: bool = False
    min: int | None = None
    max: int | None = None
    words: tuple[str, ...] = ()
    shown: str = ""
    factor: float = 1
    offset: float = 0
    unit: str = ""
    when: Condition | None = None
    confidence: str = ""

    def places(self) -> Iterator[tuple[int, int]]:
        """Every (byte, mask) of the record it is made of."""
        if self.text or self.width > 1:
            for byte in range(self.byte, self.byte + (self.text or self.width)):
                yield byte, 0xFF
        else:
            low, high = self.bits
            yield self.byte, (2 << high) - (1 << low)

    def value(self, record: bytes) -> Value:
        """Its value: a number, or the text as the LCD shows it."""
        if self.text:
            return words.text(record[self.byte : self.byte + self.text])
        if self.width > 1:
            number, size = int.from_bytes(record[self.byte : self.byte + self.width], "little"), 8 * self.width
        else:
            low, high = self.bits
            size = high - low + 1
            number = record[self.byte] >> low & ((1 << size) - 1)
        return number - (1 << size) if self.signed and number >> (size - 1) else number

    def in_words(self, value: Value) -> str:
        """A value as a person reads it.

        >>> Parameter("Octave", 13, signed=True, min=-1, max=1, words=("16'", "8'", "4'")).in_words(-1)
        "16'"
        """
        if isinstance(value, str):
            return f'"{value}"'
        if self.words:
            index = value - (self.min or 0)
            return self.words[index] if 0 <= index < len(self.words) else str(value)
        if self.shown:
            return words.SHOWN[self.shown](value)
        number = round(value * self.factor + self.offset, 3)
        sign = "+" if self.signed and number > 0 else ""
        return f"{sign}{number:g}{' ' + self.unit if self.unit else ''}"

    def put(self, record: bytearray, value: Value) -> None:
        """Write a value into a record, as `value` reads it; bits that do not fit are cut off, a text is filled up.

        Raises:
            UsageError: a text where a number belongs, or a number for a text, or one with characters outside 20-7F.
        """
        if self.text:
            if not isinstance(value, str) or not all(" " <= letter <= "\x7f" for letter in value):
                raise UsageError(f"{self.name}: {value!r}", f"{self.text} characters, 20 to 7F")
            record[self.byte : self.byte + self.text] = value.encode("ascii").ljust(self.text)[: self.text]
            return
        if isinstance(value, str):
            raise UsageError(f"{self.name}: {value!r}", "a number")
        if self.width > 1:
            size = 8 * self.width
            record[self.byte : self.byte + self.width] = (value & (1 << size) - 1).to_bytes(self.width, "little")
            return
        low, high = self.bits
        mask = (2 << high) - (1 << low)
        record[self.byte] = record[self.byte] & ~mask | value << low & mask

    def possible(self, record: bytes) -> bool:
        """Whether the panel could have set what the record holds."""
        if self.text:
            return all(code == 0 or 0x20 <= code < 0x80 for code in record[self.byte : self.byte + self.text])
        return self.allows(self.value(record))

    def allows(self, value: Value) -> bool:
        """Whether the panel could set a value."""
        if self.text:
            return isinstance(value, str) and len(value) <= self.text and all(" " <= code <= "\x7f" for code in value)
        if isinstance(value, str):
            return False
        size = 8 * self.width if self.width > 1 else self.bits[1] - self.bits[0] + 1
        least, most = (-(1 << size - 1), (1 << size - 1) - 1) if self.signed else (0, (1 << size) - 1)
        low, high = self.range()
        return max(least, least if low is None else low) <= value <= min(most, most if high is None else high)

    def range(self) -> tuple[int | None, int | None]:
        """The lowest and the highest possible value; None where there is no limit."""
        if self.words:
            low = self.min or 0
            return low, low + len(self.words) - 1
        return (0 if self.max is not None and self.min is None else self.min), self.max

    def applies(self, record: bytes) -> bool:
        """Whether a record with these bytes has this parameter."""
        return self.when is None or record[self.when.byte] in self.when.values

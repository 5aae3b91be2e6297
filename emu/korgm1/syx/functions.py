"""The functions of the M1's exclusive messages: their codes, the bytes behind the code, what is answered.

`F0 42 3n 19 ff ... F7`: n the global channel from 0, 19 the family (M1, M1R, M1EX), ff the function.
Sources: facts m1-hardware 6.1 (the published MIDI implementation).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

LOADED, WRITTEN = 0x23, 0x21
REPLIES: Mapping[int, str] = {
    0x21: "written", 0x22: "it could not be written (memory protected, no card, or no such number)",
    0x23: "loaded", 0x24: "it was not loaded (memory protected, exclusive off, or too large for the allocation)",
    0x26: "the instrument found the form or the size of the data wrong",
}
"""What the short replies say."""
GOOD = frozenset((LOADED, WRITTEN))
"""Those of them that are a yes."""
_LOAD, _WRITE = (0x23, 0x24, 0x26), (0x21, 0x22)


@dataclass(frozen=True)
class Field:
    """A byte behind the function code.

    Attributes:
        name: what it says.
        values: those it may have.
        mask: which bits are looked at.
    """

    name: str
    values: frozenset[int] = frozenset(range(128))
    mask: int = 0x7F

    def allows(self, value: int) -> bool:
        """Whether a byte can stand there.

        >>> BANK.allows(1), BANK.allows(2)
        (True, False)
        """
        return value & self.mask in self.values

    @property
    def expected(self) -> str:
        """The values for a person.

        >>> BANK.expected, NUMBER.expected
        ('0, 1', '0 to 99')
        """
        numbers = sorted(self.values)
        if len(numbers) > 8:
            return f"{numbers[0]} to {numbers[-1]}"
        return ", ".join(f"{number:02X}" if self.mask != 0x7F else str(number) for number in numbers)


@dataclass(frozen=True)
class Function:
    """One function.

    Attributes:
        code: its byte.
        name: what it is called.
        fields: the bytes behind the code.
        data: packed data follow those (`korgm1.syx.layout` knows how many).
        replies: functions the instrument may answer with; empty: none.
    """

    code: int
    name: str
    fields: tuple[Field, ...] = ()
    data: bool = False
    replies: tuple[int, ...] = ()

    @property
    def request(self) -> bool:
        """Whether it asks for a dump."""
        return bool(self.replies) and self.replies[0] >= 0x40


def _some(name: str, *values: int, mask: int = 0x7F) -> Field:
    return Field(name, frozenset(values), mask)


BANK = _some("bank (0 internal, 1 card)", 0, 1)
NUMBER = Field("number", frozenset(range(100)))
ALLOCATION = _some("allocation (0 = 100 of each, 1 = 50 of each)", 0, 1)
STEPS = Field("steps, low seven bits"), Field("steps, high seven bits")
MODE = _some("mode", 0, 1, 2, 3, 4, 6)
_ALL = (
    Function(0x0E, "global dump request", (BANK,), replies=(0x51, 0x24)),
    Function(0x0F, "all data request", (BANK,), replies=(0x50, 0x24)),
    Function(0x10, "program parameter request", replies=(0x40, 0x24)),
    Function(0x11, "program write request", (BANK, NUMBER), replies=_WRITE),
    Function(0x12, "mode request", replies=(0x42,)),
    Function(0x16, "multisound names request", replies=(0x45, 0x24)),
    Function(0x18, "all sequences request", (BANK,), replies=(0x48, 0x24)),
    Function(0x19, "combination parameter request", replies=(0x49, 0x24)),
    Function(0x1A, "combination write request", (BANK, NUMBER), replies=_WRITE),
    Function(0x1C, "all programs request", (BANK,), replies=(0x4C, 0x24)),
    Function(0x1D, "all combinations request", (BANK,), replies=(0x4D, 0x24)),
    Function(0x1F, "drum names request", replies=(0x47, 0x24)),
    Function(0x21, "write completed"),
    Function(0x22, "write error"),
    Function(0x23, "data load completed"),
    Function(0x24, "data load error"),
    Function(0x26, "data format error"),
    Function(0x40, "program", data=True, replies=_LOAD),
    Function(0x41, "parameter change", (Field("page"), Field("position"), Field("value, low"), Field("value, high")),
             replies=_LOAD),
    Function(0x42, "mode data", (
        MODE, ALLOCATION, _some("card (30 to 33)", 0x30, mask=0x7C), _some("PCM card (0 off, 1 none, 2 in)", 0, 1, 2),
    )),
    Function(0x45, "multisound names", (Field("number"),), data=True),
    Function(0x47, "drum sound names", (Field("number"),), data=True),
    Function(0x48, "all sequences", (ALLOCATION, *STEPS), data=True, replies=_LOAD),
    Function(0x49, "combination", data=True, replies=_LOAD),
    Function(0x4C, "all programs", (ALLOCATION,), data=True, replies=_LOAD),
    Function(0x4D, "all combinations", (ALLOCATION,), data=True, replies=_LOAD),
    Function(0x4E, "mode change", (MODE, Field("how")), replies=_LOAD),
    Function(0x50, "all data", (ALLOCATION, *STEPS), data=True, replies=_LOAD),
    Function(0x51, "global", data=True, replies=_LOAD),
)  # fmt: skip
FUNCTIONS: Mapping[int, Function] = {function.code: function for function in _ALL}
"""Function code -> what it is."""
REQUESTS: Mapping[str, bytes] = {
    "all": b"\x0f\0", "global": b"\x0e\0", "programs": b"\x1c\0", "combis": b"\x1d\0", "sequences": b"\x18\0",
    "program": b"\x10", "combi": b"\x19", "mode": b"\x12", "multisounds": b"\x16", "drums": b"\x1f",
}
"""What can be asked for, by a word: function code and the bytes behind it; banks of the internal memory."""

"""Several reads of one chip: which bits differ, what they have in common, what most of the reads say.

A chip gives the same bytes each time. A bit that does not is weak: its cell has lost charge, or a contact of the reader
is bad. Which of the two is told by what the weak bits share: a data line, an address line, one of the reads.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from korgm1.errors import UserError
from korgm1.romset.chip_27c512 import DATA_PINS, cpu_address
from korgm1.romset.database import Database
from korgm1.romset.finding import Confidence, Finding

MOST_READS = 16
Bytes = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class WeakBit:
    """A bit that the reads do not agree on.

    Attributes:
        address: in the chip.
        bit: 0 to 7, the number of its data line.
        values: what each read says, in the order of the reads.
    """

    address: int
    bit: int
    values: tuple[int, ...]

    @property
    def pin(self) -> int:
        """The pin of its data line on a 27C512."""
        return DATA_PINS[self.bit]

    @property
    def ones(self) -> int:
        """How many reads say 1."""
        return sum(self.values)

    @property
    def undecided(self) -> bool:
        """Whether as many reads say 1 as 0."""
        return 2 * self.ones == len(self.values)

    def to_dict(self, ic: str = "") -> dict[str, Any]:
        """It as plain values; with the V50's address where the chip is known."""
        where = cpu_address(ic, self.address)
        return {
            "address": self.address, "bit": self.bit, "pin": self.pin, "values": list(self.values),
            "undecided": self.undecided, **({} if where is None else {"cpu_address": where}),
        }


@dataclass(frozen=True)
class Reads:
    """What a comparison of reads came to.

    Attributes:
        names: of the reads.
        size: bytes of each.
        ic: IC32, IC23 or "" where nobody knows.
        addresses, bits, ones: of each weak bit, in the order of addresses; how many reads say 1.
        weak_of: for each read, how many of the weak bits it has otherwise than most reads.
        majority: what most reads say; undecided bits are 0 in it.
        findings: what the weak bits have in common.
    """

    names: tuple[str, ...]
    size: int
    ic: str
    addresses: npt.NDArray[np.int64] = field(repr=False)
    bits: npt.NDArray[np.int64] = field(repr=False)
    ones: npt.NDArray[np.int64] = field(repr=False)
    weak_of: tuple[int, ...]
    majority: bytes = field(repr=False)
    findings: tuple[Finding, ...] = ()
    stack: Bytes = field(repr=False, default_factory=lambda: np.zeros((0, 0), np.uint8))

    @property
    def count(self) -> int:
        """How many weak bits there are."""
        return len(self.addresses)

    @property
    def undecided(self) -> npt.NDArray[np.int64]:
        """The indexes of the weak bits on which the reads are even."""
        return np.flatnonzero(2 * self.ones == len(self.names))

    def weak(self, number: int) -> WeakBit:
        """The weak bit of an index."""
        address, bit = int(self.addresses[number]), int(self.bits[number])
        return WeakBit(address, bit, tuple(int(row[address]) >> bit & 1 for row in self.stack))

    def decided(self, ties: int | None = None) -> bytes:
        """The majority image.

        Args:
            ties: 0 or 1: what the undecided bits are to be.

        Raises:
            UserError: there are undecided bits, and nobody said what they are to be.
        """
        even = self.undecided
        if len(even) and ties is None:
            shown = ", ".join(f"{self.addresses[n]:04X} D{self.bits[n]}" for n in even[:4])
            more = f" and {len(even) - 4:,} more" if len(even) > 4 else ""
            raise UserError(
                f"as many reads say 1 as 0 of {len(even):,} bit{'s' * (len(even) > 1)} ({shown}{more})",
                "an odd number of reads",
                "one more read of the chip; or --ties 0, a guess: cells that lose charge turn from 0 to 1",
            )
        image = np.frombuffer(self.majority, np.uint8).copy()
        if ties:
            np.bitwise_or.at(image, self.addresses[even], (1 << self.bits[even]).astype(np.uint8))
        return image.tobytes()


def known_among(reads: Reads, database: Database) -> tuple[Finding, bytes] | None:
    """The known chip that the reads come to in one of four ways, proved by SHA-1, and its bytes; None: in none.

    Cells that lose their charge turn from 0 to 1, so of a weak bit a single 0 may be right against most reads.
    """
    alone = ((f"{name} alone", row.tobytes()) for name, row in zip(reads.names, reads.stack, strict=True))
    zeros, ones = np.bitwise_and.reduce(reads.stack).tobytes(), np.bitwise_or.reduce(reads.stack).tobytes()
    ways = (
        ("what most reads say", reads.majority), ("0 wherever one read says 0", zeros),
        ("1 wherever one read says 1", ones), *alone,
    )
    for how, data in ways:
        part = database.find(data)
        if part is not None:
            return Finding("known-read", Confidence.NOTE, f"{how} is {part.title}, by its SHA-1"), data
    return None


def compare_reads(reads: Sequence[tuple[str, bytes]], ic: str = "") -> Reads:
    """Compare reads of one chip bit by bit.

    Args:
        reads: (name, bytes) of each; two at least, all of one size.
        ic: which chip it is, for the V50's addresses.

    Raises:
        UserError: fewer than two reads, too many, or of different sizes.

    >>> found = compare_reads([("a", b"\\x01\\x02"), ("b", b"\\x01\\x02"), ("c", b"\\x01\\x06")])
    >>> found.weak(0), found.majority, found.weak_of
    (WeakBit(address=1, bit=2, values=(0, 0, 1)), b'\\x01\\x02', (0, 0, 1))
    """
    if not 2 <= len(reads) <= MOST_READS:
        raise UserError(f"{len(reads)} read{'s' * (len(reads) != 1)} of a chip", f"2 to {MOST_READS} files")
    sizes = {len(data) for _, data in reads}
    if len(sizes) > 1 or 0 in sizes:
        shown = ", ".join(f"{name} {len(data):,}" for name, data in reads[:4])
        raise UserError(f"the reads are not equally long, or empty ({shown} bytes)", "reads of one chip")
    from korgm1.romset.read_patterns import patterns

    stack = np.stack([np.frombuffer(data, np.uint8) for _, data in reads])
    differ = np.bitwise_or.reduce(stack ^ stack[0])
    rows = np.flatnonzero(differ)
    addresses, bits = np.nonzero(differ[rows, None] >> np.arange(8, dtype=np.uint8) & 1)
    addresses = rows[addresses]
    values = stack[:, addresses] >> bits.astype(np.uint8) & 1
    ones = values.sum(axis=0, dtype=np.int64)
    most = (2 * ones > len(reads)).astype(np.uint8)
    majority = np.bitwise_and.reduce(stack)
    np.bitwise_or.at(majority, addresses, most << bits.astype(np.uint8))
    decided = 2 * ones != len(reads)
    weak_of = tuple(int(((row != most) & decided).sum()) for row in values)
    names = tuple(name for name, _ in reads)
    found = Reads(names, stack.shape[1], ic, addresses, bits, ones, weak_of, majority.tobytes(), stack=stack)
    return replace(found, findings=tuple(patterns(found)))

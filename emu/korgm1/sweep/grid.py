"""Which points a sweep has, and in what order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from korgm1.errors import UsageError
from korgm1.quantities import LONGEST

CHUNK = 32
"""Points that are computed, handed back and written down together."""
MANY = 10_000_000
"""Points above which somebody has to say that it is meant."""
MOST_SEEDS = 1_000_000


class Place(NamedTuple):
    """A point of the grid: cell volts, seconds off, degrees Celsius meanwhile, seed of the chips."""

    volts: float
    off_seconds: float
    celsius: float
    seed: int


@dataclass(frozen=True)
class Grid:
    """All combinations of four lists; the time off varies fastest, then the volts, the temperature, the seed.

    So a worker meets the same chips again and again, and what is done first is a whole sweep of fewer chips. Each list
    is kept sorted and without repetitions, so what was asked for in another order is the same sweep.

    Args:
        volts: of the cell at power-off, as a voltmeter reads it, 0 to 3.35.
        off_seconds: how long it is left off.
        celsius: how warm it is meanwhile.
        seeds: which chips (and which cell).

    Raises:
        UsageError: an empty list, or a value out of range.

    >>> grid = Grid([3.0, 2.0], [0.0, 86400.0], [25.0], range(3))
    >>> len(grid), grid.place(11)
    (12, Place(volts=3.0, off_seconds=86400.0, celsius=25.0, seed=2))
    """

    volts: Sequence[float]
    off_seconds: Sequence[float]
    celsius: Sequence[float]
    seeds: Sequence[int]

    def __post_init__(self) -> None:
        limits = {"volts": (0.0, 3.35, "volts"), "off_seconds": (0.0, LONGEST, "seconds off"),
                  "celsius": (-40.0, 85.0, "degrees Celsius"), "seeds": (0, 2**63 - 1, "seeds")}
        for name, (low, high, what) in limits.items():
            values = sorted(set(getattr(self, name)))
            if not values:
                raise UsageError(f"there are no {what}", "at least one value")
            for value in values:
                if not low <= value <= high:
                    raise UsageError(f"{value:g} {what} is out of range", f"{low:g} to {high:g}")
            object.__setattr__(self, name, tuple(values))

    def __len__(self) -> int:
        return len(self.volts) * len(self.off_seconds) * len(self.celsius) * len(self.seeds)

    def place(self, index: int) -> Place:
        """The point of that number, 0 to len - 1."""
        index, off = divmod(index, len(self.off_seconds))
        index, volts = divmod(index, len(self.volts))
        seed, celsius = divmod(index, len(self.celsius))
        return Place(self.volts[volts], self.off_seconds[off], self.celsius[celsius], self.seeds[seed])

    @property
    def chunks(self) -> int:
        """How many chunks of CHUNK points, the last one perhaps shorter."""
        return -(-len(self) // CHUNK)

    def chunk(self, number: int) -> list[Place]:
        """The points of a chunk."""
        return [self.place(index) for index in range(number * CHUNK, min(len(self), (number + 1) * CHUNK))]

    def size_of(self, number: int) -> int:
        """How many points a chunk has."""
        return min(CHUNK, len(self) - number * CHUNK)

    def describe(self) -> dict[str, Any]:
        """The lists, for the file that carries them."""
        return {name: list(getattr(self, name)) for name in ("volts", "off_seconds", "celsius", "seeds")}

    @classmethod
    def described(cls, block: dict[str, Any]) -> Grid:
        """The grid of `describe`.

        Raises:
            LookupError, TypeError: a list is missing or is none.
            UsageError: a list cannot be one of a grid.
        """
        return cls(block["volts"], block["off_seconds"], block["celsius"], block["seeds"])

    def __iter__(self) -> Iterator[Place]:
        return (self.place(index) for index in range(len(self)))

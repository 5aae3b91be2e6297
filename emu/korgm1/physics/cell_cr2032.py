"""The CR2032 in the holder, and coin cells of its kind: lithium and manganese dioxide, from new to dry.

state                                   its law
charge drawn, charge gone inside        position = depth / usable share + drying: `cell_curve`, `cell_decline`
age, share of the seal's life gone      `cell_decline`; of the temperatures it had these two keep what matters
polarisation of an earlier load         `cell_recovery`
resistance                              `cell_resistance`

by seed           law                                             standing, switch
capacity          220 mAh (CR2032) x Normal(1, 0.04)              DATASHEET; spread ASSUMED, H-CELL-SPREAD
life of the seal  `cell_decline`                                  ASSUMED, H-CELL-DRY
sudden death      capacity x 0.5 to 1; between 2 and 20 years a   ASSUMED, off; H-CELL-SUDDEN
                  contact of 1 kohm to 10 Mohm, even over the
                  logarithm

depth = (drawn + gone inside) / capacity, always. A cell newer than new (up to 3.35 V) loses the excess within 1 %.
Sources: facts battery-sram 1.
"""

from __future__ import annotations

from math import exp, isfinite
from typing import Any, ClassVar, Self

import numpy as np

from korgm1.errors import UsageError
from korgm1.physics import cell_curve, cell_decline, cell_recovery, cell_resistance
from korgm1.physics.cell_curve import EMPTY, Floats
from korgm1.physics.cell_decline import YEAR
from korgm1.physics.cell_law import CellLaw
from korgm1.physics.uniform import key, normal, share

__all__ = ["EMPTY", "HIGHEST", "YEAR", "CellLaw", "CoinCell", "Cr2032"]

HIGHEST = 3.35
"""Volts a new cell may read."""

_MOST = (1e9, 1e9, 1e12, 1e9, HIGHEST, HIGHEST)
"""Of each number of a state; more would only make nonsense of what is worked out from it."""
_EXCESS_ENDS = 0.01
_ROUNDING = 1e-3
"""Seconds, more than sums of times are off after 200 years."""
_CAPACITY, _SEAL, _DEATH, _JUMP, _OHMS = range(5)
_STREAM = 0xC2032
"""Chosen so that seed 0 is close to the middle of what is drawn."""


class CoinCell:
    """One cell of a size that a subclass names: a new one.

    Args:
        seed: which one of all that were made.
        law: what is assumed of all of them.

    Attributes:
        kind: its size.
        nominal_share: what cells of its size hold, as a share of a CR2032.
        seed, law: as given.
        capacity_mah: of this cell.
        seal_seconds: life of its seal at 25 C, seconds; inf where it never dries.
        jump_seconds: the age at which its contact turns bad; inf: never.
        drawn_mah, self_discharged_mah: charge that went through its poles, and inside.
        age_seconds: since it was made.
        dry: share of its seal's life that is gone, 0 or more.
        polarised_volts: what an earlier load still takes from its voltage.
        offset_volts: above the curve, in a cell that is newer than new.

    >>> cell = Cr2032()
    >>> cell.open_volts(23.0), round(cell.resistance(23.0)), 200 < cell.capacity_mah < 240
    (3.25, 15, True)
    """

    kind: ClassVar[str]
    nominal_share: ClassVar[float]

    def __init__(self, seed: int = 0, law: CellLaw | None = None) -> None:
        self.seed = seed
        self.law = law = law or CellLaw()
        nominal = law.capacity_mah * self.nominal_share
        self.capacity_mah = nominal * max(0.5, 1 + law.capacity_spread * normal(self._key(_CAPACITY)))
        self.seal_seconds = self.jump_seconds = float("inf")
        self._jump_ohms = 0.0
        if law.seal_years:
            self.seal_seconds = law.seal_years * YEAR * exp(law.seal_spread * normal(self._key(_SEAL)))
        if law.sudden_death:
            self.capacity_mah *= 0.5 + 0.5 * share(self._key(_DEATH))
            self.jump_seconds = (2 + 18 * share(self._key(_JUMP))) * YEAR
            self._jump_ohms = 10 ** (3 + 4 * share(self._key(_OHMS)))
        self.drawn_mah = self.self_discharged_mah = 0.0
        self.age_seconds = self.dry = 0.0
        self.polarised_volts = self.offset_volts = 0.0

    @classmethod
    def reading(
        cls, volts: float, seed: int = 0, celsius: float = cell_curve.REFERENCE_CELSIUS, law: CellLaw | None = None
    ) -> Self:
        """A cell that was used so far that it reads this many volts without load; all of it by a load, none by age.

        Raises:
            UsageError: not 0 to 3.35 V.

        >>> cell = Cr2032.reading(2.44)
        >>> round(cell.depth, 4), round(cell.open_volts(23.0), 4)
        (0.94, 2.44)
        """
        cell = cls(seed, law)
        if not (isfinite(volts) and 0 <= volts <= HIGHEST):
            raise UsageError(f"no {cls.kind} reads {volts:g} V", f"0 to {HIGHEST:g} V", f"{cls.kind}@2.9")
        cell.offset_volts = cell_curve.excess(volts, celsius, cell.law.curve)
        cell.drawn_mah = cell_curve.position_of(volts, celsius, cell.law.curve) * cell.usable_mah(celsius)
        return cell

    @property
    def depth(self) -> float:
        """Share of the capacity that is gone; may exceed 1."""
        return (self.drawn_mah + self.self_discharged_mah) / self.capacity_mah

    def position(self, celsius: float) -> float:
        """Where on the curve it is, 0 (new) to 1.14 (nothing left) and more."""
        return self.depth / cell_curve.usable_share(celsius) + cell_decline.drying(self.dry)

    def usable_mah(self, celsius: float) -> float:
        """Milliampere-hours from position 0 to 1, without what drying takes."""
        return self.capacity_mah * cell_curve.usable_share(celsius)

    def self_mah_per_second(self, celsius: float) -> float:
        """Milliampere-hours that go inside in a second."""
        return self.capacity_mah * cell_decline.self_share_per_second(self.law.self_discharge, celsius)

    def dry_per_second(self, celsius: float) -> float:
        """Share of its seal's life that goes in a second."""
        return cell_decline.dry_per_second(self.seal_seconds, celsius)

    def curve_volts(self, position: Floats, celsius: float) -> Floats:
        """Volts without load, rested, at positions of the curve."""
        excess = self.offset_volts * np.maximum(0.0, 1 - position / _EXCESS_ENDS)
        return cell_curve.volts_at(position, celsius, self.law.curve) + excess

    def curve_ohms(self, position: Floats, celsius: float) -> Floats:
        """Ohms inside at positions of the curve, with its contact of now."""
        jump = self._jump_ohms if self.age_seconds + _ROUNDING >= self.jump_seconds else 0.0
        return cell_resistance.ohms_at(position, celsius) + jump

    def open_volts(self, celsius: float) -> float:
        """Volts without load, now: 0 or more."""
        return max(0.0, float(self.curve_volts(np.array(self.position(celsius)), celsius)) - self.polarised_volts)

    def resistance(self, celsius: float) -> float:
        """Ohms inside, now."""
        return float(self.curve_ohms(np.array(self.position(celsius)), celsius))

    def volts(self, amps: float, celsius: float) -> float:
        """Volts at its poles with a load: 0 or more.

        >>> Cr2032().volts(0.001, 23.0)
        3.235
        """
        return max(0.0, self.open_volts(celsius) - amps * self.resistance(celsius))

    def amps_into(self, ohms: float, celsius: float) -> float:
        """The load line: amperes into a resistor over its poles.

        >>> round(Cr2032().amps_into(1e7, 23.0) * 1e6, 3)
        0.325
        """
        return self.open_volts(celsius) / (self.resistance(celsius) + ohms)

    def spend(self, drawn_mah: float, self_mah: float, seconds: float, dry: float) -> None:
        """Book what a stretch of time took; polarisation fades meanwhile."""
        self.drawn_mah += drawn_mah
        self.self_discharged_mah += self_mah
        self.age_seconds += seconds
        self.dry += dry
        self.polarised_volts = cell_recovery.faded(self.polarised_volts, seconds)

    def load(self, amps: float, seconds: float, celsius: float) -> float:
        """Hold a constant load, such as a meter's resistor.

        Args:
            amps: 0 (a rest) or more.
            seconds: how long.
            celsius: its temperature.

        Returns:
            Volts at its poles at the end, still under load.

        >>> cell = Cr2032.reading(2.58)
        >>> under_load = cell.load(0.025, 5, 23.0)
        >>> round(under_load, 1), round(cell.load(0, 3600, 23.0), 2)
        (0.3, 2.58)
        """
        before, polarised = self.depth, self.polarised_volts
        inside = self.self_mah_per_second(celsius) * seconds
        self.spend(amps * seconds / 3.6, inside, seconds, self.dry_per_second(celsius) * seconds)
        if self.law.recovery:
            self.polarised_volts = cell_recovery.loaded(polarised, amps, seconds, before, self.depth)
        return self.volts(amps, celsius)

    def snapshot(self) -> dict[str, Any]:
        """Seed and state; the law is the machine's."""
        return {
            "kind": self.kind, "seed": self.seed, "drawn_mah": self.drawn_mah, "self_mah": self.self_discharged_mah,
            "age_seconds": self.age_seconds, "dry": self.dry, "polarised_volts": self.polarised_volts,
            "offset_volts": self.offset_volts,
        }

    def restore(self, block: dict[str, Any]) -> None:
        """Take `snapshot`'s state back; seed and law are the constructor's.

        Raises:
            LookupError, TypeError, ValueError: it is none.
        """
        names = ("drawn_mah", "self_mah", "age_seconds", "dry", "polarised_volts", "offset_volts")
        state = [float(block[name]) for name in names]
        if not all(0 <= number <= most for number, most in zip(state, _MOST, strict=True)):
            raise ValueError("a charge, time or voltage that cannot be")
        self.drawn_mah, self.self_discharged_mah, self.age_seconds, self.dry = state[:4]
        self.polarised_volts, self.offset_volts = state[4:]

    def _key(self, which: int) -> int:
        return key(self.seed, _STREAM, which)


class Cr2032(CoinCell):
    """The cell of the instrument."""

    kind = "CR2032"
    nominal_share = 1.0

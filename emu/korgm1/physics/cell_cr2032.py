"""The CR2032: a lithium / manganese dioxide cell of 220 mAh, from new to dry.

Its voltage follows one position on a curve: depth of discharge / usable share at its temperature + what drying took.

depth %   0     1     5     10    20    30    40    50    60    70    75    80    85    90    94    97    100
volts     3.25  3.15  3.05  3.02  3.00  2.98  2.96  2.94  2.91  2.86  2.83  2.78  2.70  2.58  2.44  2.28  2.00
depth %   103   106   110   114
volts     1.50  1.00  0.50  0.00

law                        value                                                       standing, switch
curve "light"              the table, for microamperes                                 ASSUMED blend of the next two;
                                                                                       below 2.0 V nobody says
curve "sheets", "segments" means of makers' sheets at 0.2 mA; a chip maker's segments  DATASHEET; H-CELL-CURVE
capacity                   220 mAh x Normal(1, 0.04) by seed                           DATASHEET; spread ASSUMED,
                                                                                       H-CELL-SPREAD
temperature                +0.4 mV/K around 23 C, fading with the volts below 2.0      ASSUMED
usable share               -20 C 0.90, 0 C 0.97, 23 C and above 1.00                   ASSUMED
resistance                 15 ohms new, 20 at 60 %, 30 at 70 %, 300 at 100 %           to 70 % DATASHEET, then ASSUMED
  by temperature           x 4.5 at -20 C, 3, 2 at 0 C, 1 at 23 C, 0.8, 0.6 at 60 C    ASSUMED
self-discharge             1 % of the capacity a year at 23 C, 0.524 eV (x2 per 10 K)  DATASHEET; law ASSUMED;
                                                                                       H-CELL-SELF
drying through the seal    life LogNormal(25 y, 0.25) at 25 C by seed, 0.95 eV;        life ASSUMED; energy DATASHEET of
                           the position moves on by 1.14 x (share of that life)^8      another type; H-CELL-DRY
polarisation, recovery     0.15 V x depth x load / 0.2 mA (1 at most), tau 600 s       ASSUMED; H-CELL-RECOVERY
sudden death               capacity x 0.5 to 1 by seed; a contact that turns bad       ASSUMED, off; H-CELL-SUDDEN

At microamperes the polarisation stays below a millivolt: it matters for a meter's load only.
Sources: facts battery-sram 1.1-1.5.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, isfinite
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from korgm1.errors import UsageError
from korgm1.physics.arrhenius import energy_of_doubling, factor
from korgm1.physics.uniform import key, normal, share

Floats = npt.NDArray[np.float64]

YEAR = 365.25 * 86_400.0
"""Seconds."""
_TAIL = ((1.03, 1.50), (1.06, 1.00), (1.10, 0.50), (1.14, 0.0))
CURVES: dict[str, tuple[tuple[float, float], ...]] = {
    "light": (
        (0, 3.25), (0.01, 3.15), (0.05, 3.05), (0.10, 3.02), (0.20, 3.00), (0.30, 2.98), (0.40, 2.96), (0.50, 2.94),
        (0.60, 2.91), (0.70, 2.86), (0.75, 2.83), (0.80, 2.78), (0.85, 2.70), (0.90, 2.58), (0.94, 2.44), (0.97, 2.28),
        (1.0, 2.0), *_TAIL,
    ),
    "sheets": (
        (0, 3.0), (0.20, 2.9), (0.40, 2.8), (0.60, 2.7), (0.70, 2.6), (0.80, 2.5), (0.90, 2.4), (1.0, 2.0), *_TAIL,
    ),
    "segments": ((0, 3.0), (0.58, 2.9), (0.82, 2.74), (0.94, 2.44), (1.0, 2.1), *_TAIL),
}
"""Position 0..1.14 and volts without load at 23 C."""
EMPTY = 1.14
"""The position at which the last volt is gone."""
RESISTANCES = ((0, 15.0), (0.60, 20.0), (0.70, 30.0), (0.80, 45.0), (0.90, 90.0), (0.95, 160.0), (1.0, 300.0),
               (1.10, 3000.0))
"""Position and ohms at 23 C."""
RESISTANCE_FACTORS = ((-20, 4.5), (-10, 3.0), (0, 2.0), (23, 1.0), (40, 0.8), (60, 0.6))
USABLE = ((-20, 0.90), (0, 0.97), (23, 1.0))
"""C and share of the capacity."""
HIGHEST = 3.35
"""Volts a new cell may read."""

_CELSIUS = 23.0
_PER_KELVIN = 0.0004
_FADES_BELOW = 2.0
_SELF_ENERGY = energy_of_doubling(_CELSIUS)
_SEAL_ENERGY = 0.95
_STEEPNESS = 8
_POLARISATION = 0.15
_REFERENCE_AMPS = 0.0002
_TAU = 600.0
_OFFSET_ENDS = 0.01
_CAPACITY, _SEAL, _DEATH, _JUMP, _OHMS = range(5)
_STREAM = 0xC2032
"""Chosen so that seed 0 is close to the middle of what is drawn."""


class Guesses(Protocol):
    """`hypotheses.Hypotheses`, as far as the laws look at it."""

    def __getitem__(self, key: str) -> Any: ...


@dataclass(frozen=True)
class CellLaw:
    """The numbers that can be switched.

    Attributes:
        capacity_mah: milliampere-hours down to 2.0 V.
        capacity_spread: standard deviation between cells, as a share (H-CELL-SPREAD).
        curve: a name in CURVES (H-CELL-CURVE).
        self_discharge: percent of the capacity a year at 23 C (H-CELL-SELF).
        seal_years: median life of the seal at 25 C; 0 = it never dries (H-CELL-DRY).
        seal_spread: sigma of its logarithm.
        recovery: whether a load leaves a polarisation that fades (H-CELL-RECOVERY).
        sudden_death: whether cells can fail early (H-CELL-SUDDEN).
    """

    capacity_mah: float = 220.0
    capacity_spread: float = 0.04
    curve: str = "light"
    self_discharge: float = 1.0
    seal_years: float = 25.0
    seal_spread: float = 0.25
    recovery: bool = True
    sudden_death: bool = False

    @classmethod
    def from_hypotheses(cls, guess: Guesses) -> CellLaw:
        """The law as assumed."""
        return cls(
            capacity_spread=guess["H-CELL-SPREAD"], curve=guess["H-CELL-CURVE"], self_discharge=guess["H-CELL-SELF"],
            seal_years=guess["H-CELL-DRY"], recovery=guess["H-CELL-RECOVERY"], sudden_death=guess["H-CELL-SUDDEN"],
        )


class Cr2032:
    """One cell: a new one.

    Args:
        seed: which one of all that were made.
        law: what is assumed of all of them.

    Attributes:
        seed, law: as given.
        capacity_mah: of this cell.
        seal_seconds: life of its seal at 25 C, seconds; inf where it never dries.
        drawn_mah, self_discharged_mah: charge that went through its poles, and inside.
        age_seconds: since it was made.
        dry: share of its seal's life that is gone, 0 or more.
        polarised_volts: what an earlier load still takes from its voltage.
        offset_volts: above the curve, in a cell that is newer than new; gone at 1 % depth.

    >>> cell = Cr2032()
    >>> cell.open_volts(23.0), round(cell.resistance(23.0)), 200 < cell.capacity_mah < 240
    (3.25, 15, True)
    """

    kind = "CR2032"

    def __init__(self, seed: int = 0, law: CellLaw | None = None) -> None:
        self.seed = seed
        self.law = law = law or CellLaw()
        self.capacity_mah = law.capacity_mah * max(0.5, 1 + law.capacity_spread * self._normal(_CAPACITY))
        self.seal_seconds = float("inf")
        if law.seal_years:
            self.seal_seconds = law.seal_years * YEAR * exp(law.seal_spread * self._normal(_SEAL))
        self.jump_seconds, self._jump_ohms = float("inf"), 0.0
        if law.sudden_death:
            self.capacity_mah *= 0.5 + 0.5 * share(key(seed, _STREAM, _DEATH))
            self.jump_seconds = (2 + 18 * share(key(seed, _STREAM, _JUMP))) * YEAR
            self._jump_ohms = 10 ** (3 + 4 * share(key(seed, _STREAM, _OHMS)))
        self.drawn_mah = self.self_discharged_mah = 0.0
        self.age_seconds = self.dry = 0.0
        self.polarised_volts = self.offset_volts = 0.0

    @classmethod
    def reading(cls, volts: float, seed: int = 0, celsius: float = _CELSIUS, law: CellLaw | None = None) -> Cr2032:
        """A cell that was used so far that it reads this many volts without load; all of it by a load, none by age.

        Raises:
            UsageError: not 0 to 3.35 V.

        >>> cell = Cr2032.reading(2.44)
        >>> round(cell.depth, 4), round(cell.open_volts(23.0), 4)
        (0.94, 2.44)
        """
        cell = cls(seed, law)
        if not (isfinite(volts) and 0 <= volts <= HIGHEST):
            raise UsageError(f"no CR2032 reads {volts:g} V", f"0 to {HIGHEST:g} V", "CR2032@2.9")
        shift = _PER_KELVIN * (celsius - _CELSIUS)
        at_23 = volts - shift if volts - shift >= _FADES_BELOW else volts / (1 + shift / _FADES_BELOW)
        positions, curve = cell._curve()
        cell.offset_volts = max(0.0, at_23 - float(curve[0]))
        position = float(np.interp(at_23, curve[::-1], positions[::-1])) if not cell.offset_volts else 0.0
        cell.drawn_mah = position * _at(USABLE, celsius) * cell.capacity_mah
        return cell

    @property
    def depth(self) -> float:
        """Share of the capacity that is gone; may exceed 1."""
        return (self.drawn_mah + self.self_discharged_mah) / self.capacity_mah

    @property
    def left_mah(self) -> float:
        """What is left down to 2.0 V; negative behind that."""
        return self.capacity_mah - self.drawn_mah - self.self_discharged_mah

    def position(self, celsius: float) -> float:
        """Where on the curve it is, 0 (new) to 1.14 (nothing left) and more."""
        return self.depth / _at(USABLE, celsius) + self.drying(self.dry)

    def usable_mah(self, celsius: float) -> float:
        """Milliampere-hours from position 0 to 1."""
        return self.capacity_mah * _at(USABLE, celsius)

    @staticmethod
    def drying(dry: float) -> float:
        """How far a share of the seal's life has moved the position.

        >>> [round(Cr2032.drying(share), 3) for share in (0.0, 0.5, 0.8, 1.0)]
        [0.0, 0.004, 0.191, 1.14]
        """
        return EMPTY * min(1.0, dry) ** _STEEPNESS

    def dry_per_second(self, celsius: float) -> float:
        """Share of its seal's life that goes in a second."""
        return factor(celsius, 25.0, _SEAL_ENERGY) / self.seal_seconds

    def self_mah_per_second(self, celsius: float) -> float:
        """Milliampere-hours that go inside in a second."""
        return self.capacity_mah * self.law.self_discharge / 100 / YEAR * factor(celsius, _CELSIUS, _SELF_ENERGY)

    def curve_volts(self, position: Floats, celsius: float) -> Floats:
        """Volts without load, rested, at positions of the curve."""
        positions, curve = self._curve()
        at_23 = np.interp(position, positions, curve) + self.offset_volts * np.maximum(0, 1 - position / _OFFSET_ENDS)
        shift = _PER_KELVIN * (celsius - _CELSIUS)
        volts: Floats = at_23 + shift * np.minimum(1.0, at_23 / _FADES_BELOW)
        return volts

    def curve_ohms(self, position: Floats, celsius: float, age_seconds: float) -> Floats:
        """Ohms inside at positions of the curve, with the contact of an age."""
        places, ohms = zip(*RESISTANCES, strict=True)
        inner: Floats = np.interp(position, places, ohms) * _at(RESISTANCE_FACTORS, celsius)
        return inner + (self._jump_ohms if age_seconds >= self.jump_seconds else 0.0)

    def open_volts(self, celsius: float) -> float:
        """Volts without load, now: 0 or more."""
        return max(0.0, float(self.curve_volts(np.array(self.position(celsius)), celsius)) - self.polarised_volts)

    def resistance(self, celsius: float) -> float:
        """Ohms inside."""
        return float(self.curve_ohms(np.array(self.position(celsius)), celsius, self.age_seconds))

    def volts(self, amps: float, celsius: float) -> float:
        """Volts at its poles with a load: 0 or more.

        >>> Cr2032().volts(0.001, 23.0)
        3.235
        """
        return max(0.0, self.open_volts(celsius) - amps * self.resistance(celsius))

    def spend(self, drawn_mah: float, self_mah: float, seconds: float, dry: float) -> None:
        """Book what a stretch of time took; polarisation fades meanwhile."""
        self.drawn_mah += drawn_mah
        self.self_discharged_mah += self_mah
        self.age_seconds += seconds
        self.dry += dry
        self.polarised_volts *= exp(-seconds / _TAU)

    def load(self, amps: float, seconds: float, celsius: float) -> float:
        """Hold a constant load, such as a meter's resistor.

        The polarisation p follows dp/dt = (target - p) / 600 s, whose target grows with the depth: the closed form.

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
        drawn, inside = amps * seconds / 3.6, self.self_mah_per_second(celsius) * seconds
        before, p = self.depth, self.polarised_volts
        self.spend(drawn, inside, seconds, self.dry_per_second(celsius) * seconds)
        if self.law.recovery and seconds > 0:
            strength = _POLARISATION * min(1.0, amps / _REFERENCE_AMPS)
            lag = (self.depth - before) / seconds * _TAU
            start, end = strength * (before - lag), strength * (self.depth - lag)
            self.polarised_volts = max(0.0, end + (p - start) * exp(-seconds / _TAU))
        return self.volts(amps, celsius)

    def snapshot(self) -> dict[str, Any]:
        """Seed and state; the law is the machine's."""
        return {
            "kind": self.kind, "seed": self.seed, "drawn_mah": self.drawn_mah, "self_mah": self.self_discharged_mah,
            "age_seconds": self.age_seconds, "dry": self.dry, "polarised_volts": self.polarised_volts,
            "offset_volts": self.offset_volts,
        }

    def restore(self, block: dict[str, Any]) -> None:
        """Take `snapshot`'s state back; seed and law are the constructor's."""
        self.drawn_mah, self.self_discharged_mah = float(block["drawn_mah"]), float(block["self_mah"])
        self.age_seconds, self.dry = float(block["age_seconds"]), float(block["dry"])
        self.polarised_volts = float(block["polarised_volts"])
        self.offset_volts = float(block["offset_volts"])

    def _normal(self, which: int) -> float:
        return normal(key(self.seed, _STREAM, which))

    def _curve(self) -> tuple[Floats, Floats]:
        return _knots(CURVES[self.law.curve])


def _knots(table: tuple[tuple[float, float], ...]) -> tuple[Floats, Floats]:
    points = np.array(table, np.float64)
    return points[:, 0], points[:, 1]


def _at(table: tuple[tuple[float, float], ...], place: float) -> float:
    places, values = zip(*table, strict=True)
    return float(np.interp(place, places, values))

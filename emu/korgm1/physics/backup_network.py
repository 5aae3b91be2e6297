"""What lies between the cell, the +5 V and VCC of the RAMs, solved for its steady state.

cell + --[contact]--+--|>|--[series]--+-- VCC of both RAMs, 10 uF          power off: the cell feeds the RAMs
                    |                 +--|<|-- +5 V                        power on:  +5 V feeds them
                    +--[R29 3 Mohm]-- IC29 IN6

part                 value                        standing, switch
cell diode           silicon or schottky          ASSUMED, H-BATT-DIODE
contact, wire        0 ohms                       a fault raises it
series resistor      1 kohm                       ASSUMED (no sheet of the M1 is public)
capacitor            10 uF                        ASSUMED, of a DX7; H-BACKUP-C
isolation diode      loses 0.6 V                  ASSUMED, H-ISOLATION: with 10 kohm from +5 V to the battery node an
                                                  owner measured about 4.5 V there, held down by this VCC
R29                  3 Mohm                       a repairer's word
sense leak           (volts - 0.6) / 3 Mohm, off  inferred: IC29's input conducts into its dead supply; H-SENSE-LEAK
ADC input, on        leakage x 3 Mohm lost        H-BATT-DIVIDER
dead +5 V rail       100 ohms                     ASSUMED; only seen through a shorted isolation diode

Off:  cell - I x (inside + contact) = b;  I = Id + (b - 0.6) / 3M;  b = v + Id x 1k + n kT/q ln(1 + Id / Is);  Id = G v.
One equation in v, rising and bent downwards: Newton's steps from 0 never pass the root.
Cell out: the node falls as exp(-t / (C / G)), 30 s at 1 uA.
Sources: facts battery-sram 0, 3; m1-hardware 1.2.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, expm1, inf, log

import numpy as np
import numpy.typing as npt

from korgm1.physics import retention_current
from korgm1.physics.bench_supply import Cell
from korgm1.physics.cell_law import Guesses
from korgm1.physics.diode import saturation_amps, slope_volts

Floats = npt.NDArray[np.float64]

R29_OHMS = 3e6
CLAMP_VOLTS = 0.6
"""At which IC29's input begins to conduct into its dead supply."""
RAIL_OHMS = 100.0
"""Of everything on a dead +5 V."""
_WIRE_OHMS = 0.001


@dataclass(frozen=True)
class BackupNetwork:
    """The network of one instrument, faults included.

    Attributes:
        diode: "silicon" or "schottky".
        contact_ohms: between cell and holder; inf is an open contact.
        series_ohms, capacitance: ohms; farads.
        isolation_volts: what the diode from +5 V loses.
        sense_leak: whether R29 drains the cell while the power is off.
        adc_leakage_amps: into IC29's input while the power is on.
        ram_factor: of the RAMs' retention current, 1 = 1 uA.
        cell_diode: "ok", "open" or "short".
        isolation_diode: "ok" or "short".
        sense_open: R29 or its trace is broken.
        pull_up_ohms: a resistor from +5 V to the battery node, or None.

    >>> from korgm1.physics.cell_cr2032 import Cr2032
    >>> network = BackupNetwork()
    >>> round(network.supply_volts(Cr2032.reading(3.0), 25.0), 2)
    2.72
    """

    diode: str = "silicon"
    contact_ohms: float = 0.0
    series_ohms: float = 1000.0
    capacitance: float = 10e-6
    isolation_volts: float = 0.6
    sense_leak: bool = True
    adc_leakage_amps: float = 0.0
    ram_factor: float = 1.0
    cell_diode: str = "ok"
    isolation_diode: str = "ok"
    sense_open: bool = False
    pull_up_ohms: float | None = None

    @classmethod
    def from_hypotheses(cls, guess: Guesses, seed: int = 0) -> BackupNetwork:
        """The sound network of the RAM chips of a seed, as assumed."""
        return cls(
            diode=guess["H-BATT-DIODE"],
            capacitance=guess["H-BACKUP-C"] * 1e-6,
            isolation_volts=guess["H-ISOLATION"],
            sense_leak=guess["H-SENSE-LEAK"],
            adc_leakage_amps=guess["H-BATT-DIVIDER"] * 1e-6,
            ram_factor=guess["H-SRAM-CURRENT"] or retention_current.chip_factor(seed),
        )

    # power off

    def solve(self, open_volts: Floats, ohms: Floats, celsius: float) -> tuple[Floats, Floats]:
        """The steady state with the power off.

        Args:
            open_volts: of the cell without load.
            ohms: inside the cell; an array of the same shape.
            celsius: temperature of everything.

        Returns:
            Amperes out of the cell, and volts at the RAMs' VCC.
        """
        source = np.asarray(ohms, np.float64) + self.contact_ohms
        if self.contact_ohms == inf:
            return np.zeros_like(open_volts), np.zeros_like(open_volts)
        leaks = self.sense_leak and not self.sense_open
        load = self._conductance(celsius)
        above = np.maximum(0.0, open_volts)

        def holder(amps: Floats) -> tuple[Floats, Floats]:
            """Volts at the holder with this current into the diode, and how they change with it."""
            unloaded = above - amps * source
            if not leaks:
                return unloaded, -source
            draws = unloaded > CLAMP_VOLTS
            part = np.where(draws, R29_OHMS / (R29_OHMS + source), 1.0)
            return CLAMP_VOLTS + (unloaded - CLAMP_VOLTS) * part, -source * part

        if self.cell_diode == "open":
            volts = np.zeros_like(above)
            into_ram = volts
        else:
            slope, saturation = slope_volts(self.diode, celsius), saturation_amps(self.diode, celsius)
            if self.cell_diode == "short":
                slope = 0.0
            volts = np.zeros_like(above)
            for _ in range(60):
                into_ram = load * volts
                held, bend = holder(into_ram)
                drop = slope * np.log1p(into_ram / saturation)
                steepness = 1 + slope * load / (saturation + into_ram) + load * self.series_ohms - load * bend
                step = (held - volts - drop - into_ram * self.series_ohms) / steepness
                volts = np.maximum(0.0, volts + step)
                if float(np.max(np.abs(step), initial=0.0)) < 1e-12:
                    break
            into_ram = load * volts
        held, _ = holder(into_ram)
        leak = np.maximum(0.0, held - CLAMP_VOLTS) / R29_OHMS if leaks else 0.0
        return into_ram + leak, volts

    def supply_volts(self, cell: Cell | None, celsius: float) -> float:
        """Volts at the RAMs' VCC while the instrument is off, settled; 0 without a cell."""
        return self._off(cell, celsius)[1]

    def fall_volts(self, from_volts: float, seconds: float, celsius: float) -> float:
        """Volts at VCC some seconds after the capacitor was left alone with the RAMs.

        >>> round(BackupNetwork().fall_volts(2.9, 11.1, 25.0), 2)
        2.0
        """
        return from_volts * exp(-seconds / self.fall_tau(celsius))

    def fall_seconds(self, from_volts: float, to_volts: float, celsius: float) -> float:
        """How long the capacitor lasts from one voltage down to another; inf to 0 V, 0 upwards.

        >>> round(BackupNetwork().fall_seconds(2.9, 1.0, 25.0))
        32
        """
        if from_volts <= to_volts:
            return 0.0
        return self.fall_tau(celsius) * log(from_volts / to_volts) if to_volts > 0 else inf

    def fall_tau(self, celsius: float) -> float:
        """Seconds in which the capacitor falls to 1 / e."""
        return self.capacitance / self._conductance(celsius)

    # both

    def cell_amps(self, cell: Cell | None, celsius: float, on: bool = False) -> float:
        """Amperes out of the cell; with the power on only a shorted cell diode lets any flow, into it: negative."""
        if not on:
            return self._off(cell, celsius)[0]
        if cell is None or self.contact_ohms == inf:
            return 0.0
        open_volts, inner = cell.open_volts(celsius), self._inner_ohms(cell, celsius)
        feeds = [(open_volts, inner)]
        if self.cell_diode == "short":
            feeds.append((self.powered_volts(), max(_WIRE_OHMS, self.series_ohms)))
        if self.pull_up_ohms is not None:
            feeds.append((5.0, max(_WIRE_OHMS, self.pull_up_ohms)))
        feeds = feeds[:1] + [(volts, ohms) for volts, ohms in feeds[1:] if volts > open_volts]
        leak = 0.0 if self.sense_open else self.adc_leakage_amps
        node = (sum(volts / ohms for volts, ohms in feeds) - leak) / sum(1 / ohms for _, ohms in feeds)
        return (open_volts - node) / inner

    # power on

    def powered_volts(self, rail: float = 5.0) -> float:
        """Volts at the RAMs' VCC from a +5 V rail."""
        return max(0.0, rail - (0.0 if self.isolation_diode == "short" else self.isolation_volts))

    def sense_volts(self, cell: Cell | None, celsius: float, on: bool = True) -> float:
        """Volts at IC29's battery input; off, its protection holds it at 0.6 V or less.

        An open input reads 0 (ASSUMED: its leakage discharges it).
        """
        holder = self.holder_volts(cell, celsius, on)
        if self.sense_open:
            return 0.0
        return max(0.0, holder - self.adc_leakage_amps * R29_OHMS) if on else min(holder, CLAMP_VOLTS)

    def holder_volts(self, cell: Cell | None, celsius: float, on: bool = True) -> float:
        """Volts at the battery + node, behind the holder's contact."""
        if cell is None or self.contact_ohms == inf:
            return self._empty_holder_volts(celsius) if on else 0.0
        inner = self._inner_ohms(cell, celsius)
        return max(0.0, cell.open_volts(celsius) - self.cell_amps(cell, celsius, on) * inner)

    def _empty_holder_volts(self, celsius: float) -> float:
        """The node without a cell, +5 V on: what feeds it, against the ADC and the diode to VCC; by halving."""
        vcc, leak = self.powered_volts(), 0.0 if self.sense_open else self.adc_leakage_amps
        if self.cell_diode == "short":
            return max(0.0, vcc - leak * self.series_ohms)
        if self.pull_up_ohms is None:
            return 0.0
        low, high = 0.0, 5.0
        slope, saturation = slope_volts(self.diode, celsius), saturation_amps(self.diode, celsius)
        for _ in range(50):
            volts = (low + high) / 2
            out = leak
            if self.cell_diode == "ok" and volts > vcc:
                out += saturation * expm1((volts - vcc) / slope)
            if volts + out * self.pull_up_ohms > 5.0:
                high = volts
            else:
                low = volts
        return low

    def _off(self, cell: Cell | None, celsius: float) -> tuple[float, float]:
        if cell is None:
            return 0.0, 0.0
        amps, volts = self.solve(np.array(cell.open_volts(celsius)), np.array(cell.resistance(celsius)), celsius)
        return float(amps), float(volts)

    def _inner_ohms(self, cell: Cell, celsius: float) -> float:
        return max(_WIRE_OHMS, cell.resistance(celsius) + self.contact_ohms)

    def _conductance(self, celsius: float) -> float:
        load = retention_current.conductance(celsius, self.ram_factor)
        return load + 1 / RAIL_OHMS if self.isolation_diode == "short" else load

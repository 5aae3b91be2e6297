"""DWGS and synthetic waves: one cycle each, with no harmonic that could alias; a cycle of its own for every six keys.

The names are the manual's; what Korg's cycles look like is nothing we know, these are ours. Square, saw, pulses,
triangle and sine are what their names say.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from korgm1.waves.arithmetic import Floats, exp2, noise, power, sine
from korgm1.waves.partials import formants

MOST = 512
K = np.arange(1, MOST + 1, dtype=np.float64)

Shape = Callable[[], Floats]


def listed(*levels: float) -> Floats:
    """Harmonics 1, 2, 3... as they are given, the rest silent."""
    full = np.zeros(MOST)
    full[: len(levels)] = levels
    return full


def pulse(width: float) -> Floats:
    """A pulse of this share of the cycle, as sines of a wave that begins in the middle of the pulse's edge."""
    return sine(K * (width / 2)) / K


def voice() -> Floats:
    """A vowel over a fundamental of 220 Hz."""
    return power(K, -0.6) * (formants(K * 220, ((700, 130, 1.0), (1150, 150, 0.6), (2600, 300, 0.2))) + 0.005)


def digital(seed: int, slope: float, keep: float) -> Floats:
    """Harmonics by lot: so many of them are there, falling with 1 / k^slope."""
    lot = noise(seed, MOST)
    levels = np.where((lot + 1) / 2 < keep, noise(seed + 1, MOST), 0.0) * power(K, -slope)
    levels[0] = 0.8
    return levels


SHAPES: dict[str, tuple[Shape, str]] = {
    "DWGS EP1": (lambda: listed(1, 0.35, 0.12, 0.05, 0.03, 0.02, 0.12, 0.02), "electric piano, harmonic 7"),
    "DWGS EP2": (lambda: listed(1, 0.55, 0.3, 0.22, 0.1, 0.06, 0.05, 0.04, 0.03, 0.1, 0.02, 0.05), "electric piano"),
    "DWGS EP3": (lambda: listed(1, 0.15, 0.5, 0.05, 0.22, 0.03, 0.1, 0.02, 0.05, 0, 0, 0, 0, 0.12), "electric piano"),
    "DWGS Piano": (lambda: power(K, -0.9) * exp2(-K / 14) * (np.abs(sine(K / 16)) + 0.1), "struck string"),
    "DWGS Clav": (lambda: power(K, -0.35) * exp2(-K / 18) * (np.abs(sine(K * 0.055)) + 0.03), "clavinet"),
    "DWGS Vibe1": (lambda: listed(1, 0.02, 0.05, 0.4, 0, 0, 0, 0, 0, 0.12), "harmonics 1, 4 and 10"),
    "DWGS Bass1": (lambda: power(K, -1.2) * exp2(-K / 10), "soft bass"),
    "DWGS Bass2": (lambda: power(K, -0.7) * (1 + 1.5 / (1 + (K - 6) * (K - 6) / 4)) * exp2(-K / 9), "bass, resonance"),
    "DWGS Bell1": (lambda: listed(1, 0.1, 0.35, 0, 0.45, 0, 0, 0.3, 0, 0, 0.25, 0, 0, 0.18, 0, 0, 0, 0.12), "bell"),
    "DWGS Orgn1": (lambda: listed(1, 0.9, 0.6, 0.7, 0, 0.4, 0, 0.5), "drawbars"),
    "DWGS Orgn2": (lambda: listed(1, 0.2, 0.8, 0.5, 0, 0.25, 0, 0.6, 0, 0.3, 0, 0.3, 0, 0, 0, 0.35), "drawbars, high"),
    "DWGS Voice": (voice, "vowel"),
    "SquareWave": (lambda: pulse(0.5), "square"),
    "Digital1": (lambda: digital(701, 0.9, 0.35), "harmonics by lot"),
    "SawWave": (lambda: 1 / K, "sawtooth"),
    "Digital2": (lambda: digital(703, 0.5, 0.25) * exp2(-K / 24), "harmonics by lot, bright"),
    "25% Pulse": (lambda: pulse(0.25), "pulse"),
    "10% Pulse": (lambda: pulse(0.10), "pulse"),
    "Digital3": (lambda: digital(705, 1.1, 0.6), "harmonics by lot, soft"),
    "Digital4": (lambda: np.where(K % 3 == 1, power(K, -0.8), 0.0), "every third harmonic"),
    "Digital5": (lambda: digital(707, 0.3, 0.15) * exp2(-K / 40), "few harmonics by lot, thin"),
    "DWGS Tri": (lambda: np.where(K % 2 == 1, 1 / (K * K), 0.0) * np.where(K % 4 == 3, -1.0, 1.0), "triangle"),
    "DWGS Sine": (lambda: listed(1), "sine"),
}

COSINES = ("25% Pulse", "10% Pulse", "SquareWave")
"""Pulses are even about the middle of the pulse: their harmonics are cosines."""

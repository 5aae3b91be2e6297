"""Korg M1R, the rack: the M1's board without keys and joystick.

Confirmed (MAME): the same CPU, memory and I/O map, another OS. No keyboard hangs at the scanner port, so it reads as
open bus. MAME calls the matrix slightly different and says no more: H-M1R-MATRIX takes the M1's.
"""

from __future__ import annotations

from korgm1.machine.m1 import M1


class M1R(M1):
    """See `M1`."""

    rack = True

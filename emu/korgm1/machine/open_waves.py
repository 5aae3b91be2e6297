"""The wave ROM of a machine without dumps: the open one, one for all machines of a process."""

from __future__ import annotations

from functools import cache

from korgm1.sound.waverom import WaveRom
from korgm1.waves.bank import open_bank


@cache
def open_wave_rom() -> WaveRom:
    """The words this package was built with.

    Raises:
        UserError: they are missing or damaged.

    >>> open_wave_rom().size
    2097152
    """
    return WaveRom(open_bank().words)

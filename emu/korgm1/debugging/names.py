"""What ports are called on this board."""

from __future__ import annotations

from collections.abc import Mapping

from korgm1.session import Session

_RANGES = ((0x0100, 0x100, "VDF1"), (0x0200, 0x100, "VDF2"), (0x0500, 4, "MDE"), (0x1000, 0x200, "TG"))
_PIO = ("PIO_PA", "PIO_PB", "PIO_PC", "PIO_PD_LCD", "PIO_PE_LCD", "PIO_5", "PIO_DIR_A_D", "PIO_DIR_E")
BOARD = {
    **{first + n: f"{name}_{n:X}" for first, count, name in _RANGES for n in range(count)},
    **{0x0A00 + 2 * n: name for n, name in enumerate(_PIO)}, 0x0800: "SCAN", 0x0900: "ADC_DATA",
}


def port_names(session: Session) -> Mapping[int, str]:
    """Name of every port that has one (machine/m1.py)."""
    return BOARD

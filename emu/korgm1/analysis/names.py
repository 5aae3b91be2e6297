"""Names of the board's ports and memory, as the netlist wires them; the V50's own units where firmware places them.

Sources: machine/m1.py (a test compares), facts m1-hardware 2 and v50-chip 1. The sound chips' registers are guesses
(H-CUT and others) and have numbers here, no names.
"""

from __future__ import annotations

from collections.abc import Iterable

from korgm1.onchip.sysregs import OPHA, OPSEL, SYSTEM_AREA, UNITS

SYSTEM = {
    0xFFF0: "TCKS", 0xFFF2: "RFC", 0xFFF4: "WMB", 0xFFF5: "WCY1", 0xFFF6: "WCY2", 0xFFF8: "SULA", 0xFFF9: "TULA",
    0xFFFA: "IULA", 0xFFFB: "DULA", 0xFFFC: "OPHA", 0xFFFD: "OPSEL", 0xFFFE: "OPCN",
}  # fmt: skip
"""The V50's system area, which never moves."""

UNIT_REGISTERS = {
    "scu": ("SCU_SRB_STB", "SCU_SST_SCM", "SCU_SMD", "SCU_SIMK"),
    "tcu": ("TCU_TCT0", "TCU_TCT1", "TCU_TCT2", "TCU_TMD"),
    "icu": ("ICU_0", "ICU_1"),
    "dmau": tuple(f"DMAU_{n:X}" for n in range(16)),
}
"""Registers of the V50's units, by their offset; two names where reading and writing differ."""

_RANGES = (
    (0x0100, 0x100, "VDF1_{:02X}"), (0x0200, 0x100, "VDF2_{:02X}"), (0x0500, 4, "MDE_{:X}"), (0x0800, 1, "SCAN"),
    (0x0900, 1, "ADC_DATA"), (0x1000, 0x200, "TG_{:03X}"),
)  # fmt: skip
_PIO = ("PIO_PA", "PIO_PB", "PIO_PC", "PIO_PD_LCD", "PIO_PE_LCD", "PIO_5", "PIO_DIR_A_D", "PIO_DIR_E")
BOARD = {
    **{first + n: name.format(n) for first, count, name in _RANGES for n in range(count)},
    **{0x0A00 + 2 * n: name for n, name in enumerate(_PIO)},
}
"""What the board decodes."""

AREAS = (
    (0x00000, 0x00400, "interrupt vectors"), (0x00400, 0x10000, "SRAM"), (0x50000, 0x60000, "program card"),
    (0xE0000, 0x100000, "ROM"),
)  # fmt: skip
"""First address, the one behind the last, what lies there."""


def area(address: int) -> str:
    """What lies at an address; "open" where nothing does.

    >>> area(0x0083), area(0x1234), area(0x20000)
    ('interrupt vectors', 'SRAM', 'open')
    """
    return next((name for first, end, name in AREAS if first <= address < end), "open")


def port_names(writes: Iterable[tuple[int, int]] = ()) -> dict[int, str]:
    """Name of every port that has one.

    Args:
        writes: port and value of bytes written to the system area, in their order: they place the V50's units. A unit
            counts as placed where its address register was written, enabled by OPSEL or not.

    >>> names = port_names([(0xFFFC, 0x00), (0xFFFA, 0x40)])
    >>> names[0x40], names[0x42], names[0xA06]
    ('ICU_0', 'ICU_1', 'PIO_PD_LCD')
    """
    names = {**BOARD, **SYSTEM}
    registers = {port - SYSTEM_AREA: value for port, value in writes if SYSTEM_AREA <= port < SYSTEM_AREA + 15}
    page = registers.get(OPHA)
    if page is None or page == 0xFF:
        return names
    for unit in ("scu", "tcu", "icu", "dmau"):
        register, enabled, mask, stride = UNITS[unit]
        if register not in registers or (OPSEL in registers and not registers[OPSEL] & enabled and unit != "dmau"):
            continue
        value = registers[register]
        first = (page << 8) + (value & mask) + (value & 1 if stride == 2 else 0)
        for n, name in enumerate(UNIT_REGISTERS[unit]):
            port = first + n * stride
            if registers.get(OPSEL, 0) & enabled:
                names[port] = name    # a unit of the V50 covers what the board has there
            else:
                names.setdefault(port, name)
    return names


def ram_name(address: int) -> str:
    """A name for a byte of RAM that code refers to.

    >>> ram_name(0x82), ram_name(0x412)
    ('vector_20_segment', 'ram_00412')
    """
    if address < 0x400 and address % 2 == 0:
        return f"vector_{address >> 2:02X}_{'segment' if address & 2 else 'offset'}"
    return f"ram_{address:05X}"

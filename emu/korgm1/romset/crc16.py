"""The common CRC-16s, by the names of the catalogue of parametrised CRC algorithms (reveng.sourceforge.io).

Their check values are the CRC of "123456789".
"""

from __future__ import annotations

import binascii
from collections.abc import Callable, Mapping
from functools import cache

import numpy as np

from korgm1.romset.image import mirror_bits

Crc = tuple[Callable[[bytes, int], int], int, Callable[[int], int]]
"""What a further stretch of bytes makes of the register; the register at first; the CRC of a register."""


def _reflected_table(polynomial: int) -> tuple[int, ...]:
    table = []
    for value in range(256):
        for _ in range(8):
            value = value >> 1 ^ polynomial if value & 1 else value >> 1
        table.append(value)
    return tuple(table)


_A001 = _reflected_table(0xA001)


@cache
def _two_bytes() -> tuple[int, ...]:
    """What two bytes make of the register, by the register with both of them put in, the first one low."""
    once = [value >> 8 ^ _A001[value & 0xFF] for value in range(0x10000)]
    return tuple(once[value] for value in once)


def _ibm(data: bytes, register: int) -> int:
    table = _two_bytes()
    for word in np.frombuffer(data, "<u2", len(data) // 2).tolist():
        register = table[register ^ word]
    for byte in data[len(data) & ~1 :]:
        register = register >> 8 ^ _A001[(register ^ byte) & 0xFF]
    return register


def _mirrored(data: bytes, register: int) -> int:
    return binascii.crc_hqx(mirror_bits(data), register)


def _mirror16(value: int) -> int:
    return int(f"{value:016b}"[::-1], 2)


CRCS: Mapping[str, Crc] = {
    "CRC-16/XMODEM": (binascii.crc_hqx, 0, int),
    "CRC-16/CCITT-FALSE": (binascii.crc_hqx, 0xFFFF, int),
    "CRC-16/KERMIT": (_mirrored, 0, _mirror16),
    "CRC-16/X-25": (_mirrored, 0xFFFF, lambda register: _mirror16(register) ^ 0xFFFF),
    "CRC-16/ARC": (_ibm, 0, int),
    "CRC-16/MODBUS": (_ibm, 0xFFFF, int),
}
"""By name."""


def crc16(name: str, data: bytes) -> int:
    """The CRC of some bytes.

    >>> f"{crc16('CRC-16/X-25', b'123456789'):04X}"
    '906E'
    """
    update, start, final = CRCS[name]
    return final(update(data, start))

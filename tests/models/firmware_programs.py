"""Small firmware images: a few bytes of code at F0000, entered from reset."""

from __future__ import annotations

import hashlib

from korgm1.romset.load import RomSet

START = 0xF0000


def image(code: bytes) -> bytes:
    """131,072 bytes at E0000-FFFFF: HLT everywhere, `code` at F000:0000, a far jump to it at reset."""
    data = bytearray(b"\xf4" * 0x20000)
    data[0x10000 : 0x10000 + len(code)] = code
    data[0x1FFF0:0x1FFF5] = bytes.fromhex("ea000000f0")
    return bytes(data)


def firmware(code: bytes) -> RomSet:
    """The same as a ROM set."""
    data = image(code)
    return RomSet("test", "1", hashlib.sha1(data).hexdigest(), data, "a test")


POLLS = bytes.fromhex("fa ba020a ec a840 74fb ebfe")
"""CLI; MOV DX,0A02; then IN AL,DX, TEST AL,40 and JZ back to the IN for ever once PB6 is low (a card is in)."""
WAITS_FOR_RAM = bytes.fromhex("fa 31c0 8ed8 803e340500 74f9 f4")
"""CLI; DS = 0; CMP BYTE [0534],0 and JZ back to it for ever."""

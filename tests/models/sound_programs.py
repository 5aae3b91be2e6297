"""A ROM whose program says what a script of port writes says, then hangs for good."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterable

from korgm1.romset.load import RomSet
from korgm1.session import Session

PORTS_ARE_OUTPUTS, PA7 = (0x0A0C, 0x00), (0x0A00, 0x80)
START = 0x10000
"""Of the program in the image: F000:0000."""


def out(port: int, value: int) -> bytes:
    """OUT DX, AL."""
    return b"\xba" + port.to_bytes(2, "little") + bytes([0xB0, value, 0xEE])


def out_word(port: int, value: int) -> bytes:
    """OUT DX, AW; at an odd port too."""
    return b"\xba" + port.to_bytes(2, "little") + b"\xb8" + value.to_bytes(2, "little") + b"\xef"


def wait(loops: int) -> bytes:
    """DBNZ on itself, `loops` times, some 14 clocks each."""
    return b"\xb9" + loops.to_bytes(2, "little") + b"\xe2\xfe"


HANG = b"\xfa\xf4"
"""DI, HALT."""


def rom_of(code: bytes) -> RomSet:
    """The image that runs `code` at F000:0000 from power-on, PA7 being high."""
    head = out(*PORTS_ARE_OUTPUTS) + out(*PA7)
    image = bytearray(0x20000)
    image[START : START + len(head) + len(code)] = head + code
    image[0x1FFF0:0x1FFF5] = bytes.fromhex("EA 00 00 00 F0")
    return RomSet("test", "1", hashlib.sha1(image).hexdigest(), bytes(image), "a test")


def program(writes: Iterable[tuple[int, int]], seed: int = 0, most: int = 300) -> bytes:
    """These writes, some as words and some by OUTM, with waits of up to `most` loops between, then the hang."""
    draw, code = random.Random(seed), b""
    rows = list(writes)
    while rows:
        port, value = rows.pop(0)
        kind = draw.randrange(4)
        if kind == 0 and rows and rows[0][0] == port + 1:
            code += out_word(port, value | rows.pop(0)[1] << 8)
        elif kind == 1:
            # the value behind a jump over it; MOV DS0, PS; MOV IX; REP OUTM once
            at = len(out(0, 0)) * 2 + len(code) + 2
            code += b"\xeb\x01" + bytes([value]) + b"\x8c\xc8\x8e\xd8\xbe" + at.to_bytes(2, "little")
            code += b"\xba" + port.to_bytes(2, "little") + b"\xb9\x01\x00\xf3\x6e"
        else:
            code += out(port, value)
        if draw.randrange(3) == 0:
            code += wait(draw.randrange(1, most))
    assert len(code) < 0xFF00
    return code + HANG


def running(code: bytes, engine: str = "unicorn", **guesses: object) -> Session:
    """An instrument with that ROM, switched on and decoding."""
    session = Session(roms=rom_of(code), engine=engine, hypotheses={"H-TGW": "any", **guesses})
    session.power_on()
    return session

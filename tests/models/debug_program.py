"""A small program that calls, traps, repeats, and touches memory and ports: for a debugger's tests."""

from __future__ import annotations

import hashlib

from korgm1.romset.load import RomSet
from korgm1.session import Session

START, SUB1, SUB2, HANDLER = 0x0000, 0x0100, 0x0110, 0x0120
TRAP = 0x40
PARTS = (   # name, bytes: in this order from F000:0000
    ("begin", "33C0 8ED8 8EC0 8ED0 BC0040"),            # DS0 = DS1 = SS = 0, SP = 4000
    ("vector", "C70600012001 C706020100F0"),            # vector 40 is F000:0120
    ("call", "E8DEFF"),                                 # displacement is put in below
    ("trap", "CD40"),
    ("copy", "BE0005 BF0006 B90500"),                   # IX = 0500, IY = 0600, CW = 5
    ("repeat", "F3A4"),                                 # REP MOVBKB
    ("values", "B83412 BA0B0A"),                        # AW = 1234, DW = 0A0B: nothing answers there
    ("out", "EE"),
    ("out_word", "EF"),
    ("in", "EC"),
    ("store", "A30007"),                                # word 0700
    ("store_odd", "A30107"),                            # word 0701
    ("load", "A00007"),
    ("rest", "F4"),                                     # HALT, with interrupts off
)


def _lay_out() -> tuple[bytes, dict[str, int]]:
    code, places = bytearray(), {}
    for name, text in PARTS:
        places[name] = len(code)
        code += bytes.fromhex(text)
    at = places["call"]
    code[at + 1 : at + 3] = (SUB1 - (at + 3) & 0xFFFF).to_bytes(2, "little")
    return bytes(code), places


CODE, AT = _lay_out()
"""The main part, and the offsets of its instructions."""


def firmware() -> RomSet:
    """It, as firmware."""
    rom = bytearray(b"\x90" * 0x20000)
    base = 0x10000
    rom[base : base + len(CODE)] = CODE
    rom[base + SUB1 : base + SUB1 + 4] = bytes.fromhex(f"E8{SUB2 - SUB1 - 3:02X}00C3")    # CALL SUB2; RET
    rom[base + SUB2 : base + SUB2 + 3] = bytes.fromhex("5058C3")                           # PUSH AW; POP AW; RET
    rom[base + HANDLER : base + HANDLER + 2] = bytes.fromhex("40CF")                       # INC AW; RETI
    rom[0x1FFF0:0x1FFF5] = bytes.fromhex("EA000000F0")
    return RomSet("test", "1", hashlib.sha1(rom).hexdigest(), bytes(rom), "a test")


def session(engine: str = "v30") -> Session:
    """An instrument with it, switched on."""
    m1 = Session(roms=firmware(), engine=engine, sram=bytes(0x10000))
    m1.power_on()
    return m1

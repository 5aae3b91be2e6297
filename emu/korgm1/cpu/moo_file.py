"""Reader of MOO files, the binary form of the SingleStepTests suites, as versions 1.0 and 1.1 have it.

Chunks of {4 letters, u32 length, payload}, little-endian, one behind the other; those not named here are passed over
(META, CYCL, HASH, EXCP, EA32 and what is still to come):

    "MOO "  u8 major, u8 minor, 2 x 0, u32 tests, 4 letters CPU; may grow
    RMSK    in front of the tests or in FINA: like REGS, but bits that are defined; only flags may have undefined ones
    TEST    u32 index, then NAME, BYTS (u32 count, bytes), INIT and FINA
    INIT    REGS (u16 mask, a u16 a bit of it, order `REGISTERS`), RAM (u32 count, {u32 address, u8}), QUEU (as BYTS)

Source: dbalsom/moo doc/moo_format_v1.md; SingleStepTests/v20 test_tools/json2moo.py, which made the V20's files.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Any

REGISTERS = ("ax", "bx", "cx", "dx", "cs", "ss", "ds", "es", "sp", "bp", "si", "di", "ip", "flags")
"""In the order of the mask of a REGS chunk, bit 0 first."""
_ALL = 0xFFFF


class Broken(ValueError):
    """What is wrong with a file, in words."""


def read_header(data: bytes) -> str:
    """The CPU a file names, without spaces.

    Raises:
        Broken: no MOO file, or of another version.

    >>> read_header(b"MOO " + bytes([12, 0, 0, 0, 1, 1, 0, 0, 5, 0, 0, 0]) + b"V20 ")
    'V20'
    """
    if data[:4] != b"MOO ":
        raise Broken(f"it begins with {_letters(data[:4])}, not with 'MOO '")
    header = data[8 : 8 + int.from_bytes(data[4:8], "little")]
    if len(header) < 12:
        raise Broken(f"its header has {len(header)} bytes, not 12 or more")
    if header[0] != 1:
        raise Broken(f"it is of version {header[0]}.{header[1]} of the format, not of 1.x")
    return header[8:12].decode("ascii", "replace").strip()


def read_tests(data: bytes) -> Iterator[dict[str, Any]]:
    """The tests, with the keys of the suites' JSON: name, bytes, initial, final; and `mask`, the defined flags.

    Raises:
        Broken: a chunk that is cut off or too short, or another number of tests than the header says.
    """
    start = 8 + int.from_bytes(data[4:8], "little")
    expected = int.from_bytes(data[12:16], "little")
    number, mask = 0, _ALL
    for tag, chunk in _chunks(data, start, len(data)):
        if tag == "RMSK":
            mask = _flags_mask(chunk)
        elif tag == "TEST":
            test = _test(chunk)
            test["mask"] = test.get("mask", _ALL) & mask
            yield test
            number += 1
        elif tag in ("RM32", "RG32"):
            raise Broken("it has the registers of a 386")
    if number != expected:
        raise Broken(f"it ends after {number} tests, and its header says {expected}")


def _chunks(data: bytes, at: int, end: int) -> Iterator[tuple[str, bytes]]:
    while at < end:
        if at + 8 > end:
            raise Broken(f"its last chunk is cut off after {end - at} bytes")
        length = int.from_bytes(data[at + 4 : at + 8], "little")
        if at + 8 + length > end:
            raise Broken(f"chunk {_letters(data[at : at + 4])} of {length} bytes is cut off")
        yield data[at : at + 4].decode("ascii", "replace").rstrip(), data[at + 8 : at + 8 + length]
        at += 8 + length


def _letters(tag: bytes) -> str:
    return "'" + "".join(chr(byte) if 32 <= byte < 127 else "?" for byte in tag) + "'"


def _test(chunk: bytes) -> dict[str, Any]:
    test: dict[str, Any] = {"name": ""}
    for tag, data in _chunks(chunk, 4, len(chunk)):
        if tag == "NAME":
            test["name"] = _counted(data, 1, tag).decode("utf-8", "replace")
        elif tag == "BYTS":
            test["bytes"] = list(_counted(data, 1, tag))
        elif tag in ("INIT", "FINA"):
            test["initial" if tag == "INIT" else "final"] = _state(data, test)
    return test


def _state(data: bytes, test: dict[str, Any]) -> dict[str, Any]:
    state: dict[str, Any] = {"regs": {}, "ram": [], "queue": []}
    for tag, chunk in _chunks(data, 0, len(data)):
        if tag == "REGS":
            state["regs"] = _registers(chunk, tag)
        elif tag == "RMSK":
            test["mask"] = test.get("mask", _ALL) & _flags_mask(chunk)
        elif tag in ("RG32", "RM32"):
            raise Broken("it has the registers of a 386")
        elif tag == "RAM":
            state["ram"] = [list(entry) for entry in struct.iter_unpack("<IB", _counted(chunk, 5, tag))]
        elif tag == "QUEU":
            state["queue"] = list(_counted(chunk, 1, tag))
    return state


def _registers(chunk: bytes, tag: str) -> dict[str, int]:
    mask = int.from_bytes(chunk[:2], "little")
    names = [name for bit, name in enumerate(REGISTERS) if mask >> bit & 1]
    if len(chunk) < 2 + 2 * len(names):
        raise Broken(f"chunk '{tag}' has {len(chunk)} bytes, not {2 + 2 * len(names)}")
    return dict(zip(names, struct.unpack_from(f"<{len(names)}H", chunk, 2), strict=True))


def _flags_mask(chunk: bytes) -> int:
    masks = _registers(chunk, "RMSK")
    others = [name for name, mask in masks.items() if name != "flags" and mask != _ALL]
    if others:
        raise Broken(f"chunk 'RMSK' leaves bits of {others[0]} undefined, not of the flags only")
    return masks.get("flags", _ALL)


def _counted(data: bytes, size: int, tag: str) -> bytes:
    """What follows a u32 count of entries of `size` bytes."""
    count, there = int.from_bytes(data[:4], "little"), max(0, len(data) - 4) // size
    if len(data) < 4 or count > there:
        raise Broken(f"chunk '{tag}' announces {count} entries and has {there}")
    return data[4 : 4 + count * size]

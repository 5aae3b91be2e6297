"""Random V30 code for tools/fuzz_cpu.py: every opcode, prefixes, short loops, the documented 0F page and a little of
the rest; what stops a V30 for good is rare. All of memory is such code: a jump lands in code wherever it goes."""

from __future__ import annotations

import random

SEGMENT_PREFIXES = (0x26, 0x2E, 0x36, 0x3E)
REPEATS = (0xF2, 0xF3, 0x64, 0x65)
STRINGS = (0x6C, 0x6D, 0x6E, 0x6F, 0xA4, 0xA5, 0xA6, 0xA7, 0xAA, 0xAB, 0xAC, 0xAD, 0xAE, 0xAF)
NEC = (*range(0x10, 0x20), 0x20, 0x22, 0x26, 0x28, 0x2A, 0x31, 0x33, 0x39, 0x3B)
LOOPS = (*range(0x70, 0x80), 0xE0, 0xE1, 0xE2, 0xE3, 0xEB)
_PREFIXES = (*SEGMENT_PREFIXES, *REPEATS, 0xF0, 0xF1)
_MODRM = frozenset((
    *(row | form for row in range(0, 0x40, 8) for form in range(4)), 0x62, 0x63, 0x66, 0x67, 0x69, 0x6B,
    *range(0x80, 0x90), 0xC0, 0xC1, 0xC4, 0xC5, 0xC6, 0xC7, *range(0xD0, 0xD4), *range(0xD8, 0xE0), 0xF6, 0xF7,
    0xFE, 0xFF,
))  # fmt: skip
_RARE = (0x9A, 0xEA, 0xCA, 0xCB, 0x9D, 0xCF, 0xF4, 0x9B, *STRINGS)
_CHUNK = 0x4000


def instruction(rng: random.Random) -> bytes:
    """One instruction, immediates and all; now and then its bytes are anything."""
    dice = rng.random()
    if dice < 0.02:
        return rng.randbytes(rng.randrange(1, 7))
    if dice < 0.06:
        return bytes([rng.choice(LOOPS), rng.randrange(-24, 24) & 0xFF])
    if dice < 0.10:
        string = bytes([rng.choice(STRINGS)])
        if rng.random() < 0.5:
            return string
        count = b"\xb9" + bytes([rng.randrange(20), 0]) if rng.random() < 0.95 else b""
        return count + bytes([rng.choice(REPEATS)]) + string
    if dice < 0.16:
        second = rng.choice(NEC) if rng.random() < 0.95 else rng.randrange(256)
        return b"\x0f" + bytes([second]) + _modrm(rng) + rng.randbytes(rng.randrange(2))
    prefixes = b""
    while rng.random() < 0.1:
        prefixes += bytes([rng.choice(SEGMENT_PREFIXES) if rng.random() < 0.8 else rng.choice(_PREFIXES)])
    opcode = rng.randrange(256)
    while opcode in _PREFIXES or opcode == 0x0F or (opcode in _RARE and rng.random() < 0.8):
        opcode = rng.randrange(256)
    if opcode in LOOPS:
        return prefixes + bytes([opcode]) + rng.randbytes(1)
    code = prefixes + bytes([opcode])
    if opcode == 0xFE:
        return code + _modrm(rng, rng.randrange(2) if rng.random() < 0.95 else None)
    if opcode in _MODRM:
        code += _modrm(rng)
    return code + rng.randbytes(_immediate(opcode, code))


def _modrm(rng: random.Random, reg: int | None = None) -> bytes:
    reg = rng.randrange(8) if reg is None else reg
    mod, rm = rng.choice((0, 1, 2, 3, 3)), rng.randrange(8)
    size = 2 if mod == 2 or (mod == 0 and rm == 6) else mod % 3
    return bytes([mod << 6 | reg << 3 | rm]) + rng.randbytes(size)


def _immediate(opcode: int, code: bytes) -> int:
    """Bytes behind the modrm; where it matters only, wrong ones are just other code."""
    if opcode in (0x80, 0x82, 0x83, 0x6A, 0x6B, 0xC0, 0xC1, 0xC6, 0xCD, 0xD4, 0xD5) or 0xB0 <= opcode < 0xB8:
        return 1
    if opcode in (0x81, 0x69, 0x68, 0xC7, 0xC2, 0xCA, 0xE8, 0xE9) or 0xA0 <= opcode < 0xA4 or 0xB8 <= opcode < 0xC0:
        return 2
    if opcode in (0x9A, 0xEA):
        return 4
    if opcode == 0xC8:
        return 3
    if (opcode < 0x40 and opcode & 7 in (4, 5)) or opcode in (0xA8, 0xA9):
        return 1 + (opcode & 1)
    if opcode in (0xF6, 0xF7) and not code[-1] & 0x30:
        return 1 + (opcode & 1)
    return 1 if 0xE4 <= opcode < 0xE8 else 0


def code(rng: random.Random, size: int) -> bytes:
    """`size` bytes of it: one stretch, taken again and again from different places."""
    stretch = bytearray()
    while len(stretch) < _CHUNK:
        stretch += instruction(rng)
    twice = bytes(stretch[:_CHUNK]) * 2
    out = bytearray()
    while len(out) < size:
        start = rng.randrange(_CHUNK)
        out += twice[start : start + rng.randrange(1, _CHUNK)]
    return bytes(out[:size])
